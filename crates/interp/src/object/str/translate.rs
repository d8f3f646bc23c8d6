//! Replacing code points by a table.

use super::Str;
use super::methods::{receiver, require_str, string};
use crate::error::PyResult;
use crate::object::dict::Dict;
use crate::object::native::Args;
use crate::object::{class, downcast, downcast_exact, exception, int, singletons};
use crate::operations;
use crate::thread::Thread;
use crate::value::{Ref, Value};

pub(super) fn translate(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let (this, rest) = receiver(thread, args, "translate")?;
    let [table] = rest.exactly(thread, "str.translate")?;
    let mut out = Vec::with_capacity(string(&this).len());
    for point in string(&this).code_points().iter() {
        let found = match operations::get_item(thread, table, Value::small(i64::from(point))) {
            Ok(found) => found,
            Err(raised) => {
                thread.swallow(raised, &exception::LOOKUP_ERROR)?;
                out.push(point);
                continue;
            }
        };
        if let Some(text) = downcast::<Str>(&found) {
            out.extend(text.code_points().iter());
        } else if let Some(number) = int::to_i64(*found) {
            match number
                .ok()
                .and_then(|number| u32::try_from(number).ok())
                .filter(|point| *point <= 0x10_ffff)
            {
                Some(point) => out.push(point),
                None => {
                    return Err(thread.value_error("character mapping must be in range(0x110000)"));
                }
            }
        } else if !singletons::is_none(*found) {
            return Err(thread.type_error("character mapping must return integer, None or str"));
        }
    }
    Ok(Str::from_code_points(&out))
}

/// `str.maketrans(x[, y[, z]])`
pub(super) fn make_table(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let given = args.between(thread, "maketrans", 1, 3)?;
    let table = Dict::new();
    let dict = class::dict_of(&table);
    let number = |point: u32| Ref::small(i64::from(point));
    let [from, to, rest @ ..] = given else {
        return table_of(thread, given[0]);
    };
    if downcast::<Str>(from).is_none() {
        return Err(thread.type_error(
            "first maketrans argument must be a string if there is a second argument",
        ));
    }
    require_str(thread, *to, "maketrans() argument 2")?;
    let (from, to) = (string(from), string(to));
    if from.len() != to.len() {
        return Err(thread.value_error("the first two maketrans arguments must have equal length"));
    }
    for (from, to) in from.code_points().iter().zip(to.code_points().iter()) {
        dict.set(thread, number(from), number(to))?;
    }
    if let [removed] = rest {
        require_str(thread, *removed, "maketrans() argument 3")?;
        for point in string(removed).code_points().iter() {
            dict.set(thread, number(point), singletons::none())?;
        }
    }
    Ok(table)
}

fn table_of(thread: &mut Thread, source: Value) -> PyResult {
    let Some(source) = downcast_exact::<Dict>(&source) else {
        return Err(
            thread.type_error("if you give only one argument to maketrans it must be a dict")
        );
    };
    let table = Dict::new();
    for (key, value) in source.to_vec() {
        let key = match downcast::<Str>(&key) {
            Some(text) if text.len() == 1 => Ref::small(i64::from(text.code_points().at(0))),
            Some(_) => {
                return Err(
                    thread.value_error("string keys in translate table must be of length 1")
                );
            }
            None if int::to_i64(*key).is_some() => key,
            None => {
                return Err(
                    thread.type_error("keys in translate table must be strings or integers")
                );
            }
        };
        class::dict_of(&table).set(thread, key, value)?;
    }
    Ok(table)
}
