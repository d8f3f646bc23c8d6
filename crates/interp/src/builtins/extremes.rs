//! `min` and `max`.

use crate::error::PyResult;
use crate::object::native::Args;
use crate::object::{CompareOp, singletons};
use crate::operations;
use crate::thread::Thread;
use crate::value::{Ref, Value};

/// `min` or `max` of two values.
pub(super) fn better_of(
    thread: &mut Thread,
    better: CompareOp,
    first: Value,
    second: Value,
) -> PyResult {
    let replaces = if first.are_ints(second) {
        better.holds(second.int().cmp(&first.int()))
    } else {
        // Comparing may run Python code, which may let go of what an argument was read from.
        let (_first, _second) = (first.to_ref(), second.to_ref());
        let verdict = operations::compare(thread, better, second, first)?;
        operations::truth(thread, *verdict)?
    };
    Ok(if replaces { second } else { first }.to_ref())
}

/// `min` or `max` of what it is called with.
pub(super) fn extreme(
    thread: &mut Thread,
    args: &Args<'_>,
    name: &str,
    better: CompareOp,
) -> PyResult {
    let mut key = None;
    let mut default = None;
    for (keyword, value) in args.keywords() {
        match &*crate::object::str::name_text(&keyword) {
            "key" => key = Some(value).filter(|key| !singletons::is_none(*key)),
            "default" => default = Some(value),
            other => {
                return Err(thread.type_error(format!(
                    "{name}() got an unexpected keyword argument '{other}'"
                )));
            }
        }
    }
    let items = match args.positional() {
        [] => return Err(thread.type_error(format!("{name} expected at least 1 argument, got 0"))),
        [iterable] => operations::collect(thread, *iterable)?,
        many => many.iter().map(|item| item.to_ref()).collect(),
    };
    let mut best: Option<(Ref, Ref)> = None;
    for item in items {
        let rank = match key {
            Some(key) => operations::call(thread, key, &Args::new(&[*item]))?,
            None => item.clone(),
        };
        let replaces = match &best {
            Some((best, _)) => {
                let verdict = operations::compare(thread, better, *rank, **best)?;
                operations::truth(thread, *verdict)?
            }
            None => true,
        };
        if replaces {
            best = Some((rank, item));
        }
    }
    match (best, default) {
        (Some((_, item)), _) => Ok(item),
        (None, Some(default)) => Ok(default.to_ref()),
        (None, None) => Err(thread.value_error(format!("{name}() iterable argument is empty"))),
    }
}
