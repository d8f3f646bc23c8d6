//! Building, unpacking and formatting.

use super::Frame;
use crate::error::PyResult;
use crate::object::code::Code;
use crate::object::dict::{Dict, methods};
use crate::object::function::{Extras, Function};
use crate::object::list::List;
use crate::object::list::methods::extend_by;
use crate::object::set::{self, SET_TYPE, Set};
use crate::object::str::{Str, name_text};
use crate::object::tuple::Tuple;
use crate::object::{class, downcast, downcast_exact, exception};
use crate::operations;
use crate::thread::Thread;
use crate::value::{Ref, Value};
use selvedge_compiler::Instruction;

/// The collection in a register that the compiler made there.
#[inline(always)]
pub(in crate::run) fn collection<'a, T: crate::object::Payload>(
    thread: &mut Thread,
    frame: Frame,
    register: usize,
) -> PyResult<&'a T> {
    let value = frame.operand(thread, register)?;
    // SAFETY: the compiler builds the collection in this register, which keeps it alive.
    Ok(unsafe { crate::object::cast(value) })
}

#[inline(never)]
pub(in crate::run) fn build_set(
    thread: &mut Thread,
    frame: Frame,
    word: Instruction,
) -> PyResult<()> {
    let items = frame.take_many(thread, usize::from(word.b()), usize::from(word.c()))?;
    let new = Set::empty(&SET_TYPE);
    let set = downcast_exact::<Set>(&new).expect("just made");
    for item in items {
        set.add(thread, item)?;
    }
    frame.set(usize::from(word.a()), new);
    Ok(())
}

#[inline(never)]
pub(in crate::run) fn set_add(
    thread: &mut Thread,
    frame: Frame,
    word: Instruction,
) -> PyResult<()> {
    let item = frame.take(thread, usize::from(word.b()))?;
    collection::<Set>(thread, frame, usize::from(word.a()))?
        .add(thread, item)
        .map(drop)
}

#[inline(never)]
pub(in crate::run) fn set_update(
    thread: &mut Thread,
    frame: Frame,
    word: Instruction,
) -> PyResult<()> {
    let iterable = frame.take(thread, usize::from(word.b()))?;
    let target: &Set = collection(thread, frame, usize::from(word.a()))?;
    set::update_from(thread, target, *iterable)
}

#[inline(never)]
pub(in crate::run) fn build_dict(
    thread: &mut Thread,
    frame: Frame,
    word: Instruction,
) -> PyResult<()> {
    let mut items = frame
        .take_many(thread, usize::from(word.b()), 2 * usize::from(word.c()))?
        .into_iter();
    let new = Dict::with_capacity(usize::from(word.c()));
    while let (Some(key), Some(value)) = (items.next(), items.next()) {
        class::dict_of(&new).set(thread, key, value)?;
    }
    frame.set(usize::from(word.a()), new);
    Ok(())
}

#[inline(never)]
pub(in crate::run) fn build_string(
    thread: &mut Thread,
    frame: Frame,
    word: Instruction,
) -> PyResult<()> {
    let parts = frame.take_many(thread, usize::from(word.b()), usize::from(word.c()))?;
    let strings: Vec<&Str> = parts
        .iter()
        .filter_map(|part| downcast::<Str>(part))
        .collect();
    debug_assert_eq!(
        strings.len(),
        parts.len(),
        "the parts of an f-string are strings"
    );
    frame.set(usize::from(word.a()), Str::join_all(&strings));
    Ok(())
}

#[inline(never)]
pub(in crate::run) fn list_extend(
    thread: &mut Thread,
    frame: Frame,
    word: Instruction,
) -> PyResult<()> {
    let iterable = frame.take(thread, usize::from(word.b()))?;
    let list = collection(thread, frame, usize::from(word.a()))?;
    if let Err(raised) = extend_by(thread, list, *iterable) {
        if thread.raised_is(&exception::TYPE_ERROR) && iterable.ty().iter().is_none() {
            thread.swallow(raised, &exception::TYPE_ERROR)?;
            let name = iterable.ty().name();
            return Err(thread.type_error(format!("Value after * must be an iterable, not {name}")));
        }
        return Err(raised);
    }
    Ok(())
}

#[inline(never)]
pub(in crate::run) fn list_to_tuple(
    thread: &mut Thread,
    frame: Frame,
    word: Instruction,
) -> PyResult<()> {
    let list = frame.take(thread, usize::from(word.b()))?;
    let items = downcast::<List>(&list)
        .map(List::to_vec)
        .unwrap_or_default();
    frame.set(usize::from(word.a()), Tuple::from_refs(items));
    Ok(())
}

#[inline(never)]
pub(in crate::run) fn dict_set(
    thread: &mut Thread,
    frame: Frame,
    word: Instruction,
) -> PyResult<()> {
    let (key, value) = (
        frame.take(thread, usize::from(word.b()))?,
        frame.take(thread, usize::from(word.c()))?,
    );
    collection::<Dict>(thread, frame, usize::from(word.a()))?.set(thread, key, value)
}

#[inline(never)]
pub(in crate::run) fn dict_update(
    thread: &mut Thread,
    frame: Frame,
    word: Instruction,
) -> PyResult<()> {
    let source = frame.take(thread, usize::from(word.b()))?;
    if downcast::<Dict>(&source).is_none() && !class::has_special(source.ty(), thread, "keys") {
        let name = source.ty().name();
        return Err(thread.type_error(format!("'{name}' object is not a mapping")));
    }
    let dict = collection(thread, frame, usize::from(word.a()))?;
    methods::merge(thread, dict, *source)
}

#[inline(never)]
pub(in crate::run) fn dict_merge(
    thread: &mut Thread,
    frame: Frame,
    word: Instruction,
) -> PyResult<()> {
    let source = frame.take(thread, usize::from(word.b()))?;
    let function = frame.operand(thread, usize::from(word.c()))?;
    let new = Dict::new();
    if downcast::<Dict>(&source).is_none() && !class::has_special(source.ty(), thread, "keys") {
        let (name, ty) = (called(thread, function)?, source.ty().name());
        return Err(thread.type_error(format!(
            "{name} argument after ** must be a mapping, not {ty}"
        )));
    }
    methods::merge(thread, class::dict_of(&new), *source)?;
    let target: &Dict = collection(thread, frame, usize::from(word.a()))?;
    for (key, value) in class::dict_of(&new).to_vec() {
        if downcast::<Str>(&key).is_none() {
            return Err(thread.type_error("keywords must be strings"));
        }
        if target.get_name(*key).is_some() {
            let (name, key) = (called(thread, function)?, name_text(&key));
            return Err(thread.type_error(format!(
                "{name} got multiple values for keyword argument '{key}'"
            )));
        }
        target.set_name(key, value);
    }
    Ok(())
}

/// What is called, as an error about its arguments shows it: `module.name()`.
pub(super) fn called(thread: &mut Thread, callee: Value) -> PyResult<String> {
    let text = |thread: &mut Thread, name: &str| {
        let name = thread.interpreter().intern(name);
        let found = class::find_attr(thread, callee, *name).or_else(|raised| {
            thread.swallow(raised, &exception::ATTRIBUTE_ERROR)?;
            Ok(None)
        })?;
        Ok(found.and_then(|found| Some(downcast::<Str>(&found)?.to_utf8_lossy().into_owned())))
    };
    let Some(name) = text(thread, "__qualname__")? else {
        return operations::str_text(thread, callee);
    };
    Ok(match text(thread, "__module__")? {
        Some(module) if module != "builtins" => format!("{module}.{name}()"),
        _ => format!("{name}()"),
    })
}

/// The items of something that is unpacked, up to one more than `most`.
fn items_of(thread: &mut Thread, value: Value, most: usize) -> PyResult<Vec<Ref>> {
    if downcast_exact::<Tuple>(&value).is_some() || downcast_exact::<List>(&value).is_some() {
        return operations::collect(thread, value);
    }
    if value.ty().iter().is_none() && value.ty().get_item().is_none() {
        let name = value.ty().name();
        return Err(thread.type_error(format!("cannot unpack non-iterable {name} object")));
    }
    let iterator = operations::iter(thread, value)?;
    let mut items = Vec::new();
    while items.len() <= most
        && let Some(item) = operations::next(thread, *iterator)?
    {
        items.push(item);
    }
    Ok(items)
}

#[inline(never)]
pub(in crate::run) fn unpack_sequence(
    thread: &mut Thread,
    frame: Frame,
    word: Instruction,
) -> PyResult<()> {
    let (a, wanted) = (usize::from(word.a()), usize::from(word.c()));
    let value = frame.take(thread, usize::from(word.b()))?;
    if let Some(tuple) = downcast_exact::<Tuple>(&value)
        && tuple.items().len() == wanted
    {
        for (index, item) in tuple.items().iter().enumerate() {
            frame.set(a + index, item.to_ref());
        }
        return Ok(());
    }
    let items = items_of(thread, *value, wanted)?;
    let got = items.len();
    if got < wanted {
        return Err(thread.value_error(format!(
            "not enough values to unpack (expected {wanted}, got {got})"
        )));
    }
    if got > wanted {
        let sized =
            downcast_exact::<Tuple>(&value).is_some() || downcast_exact::<List>(&value).is_some();
        let got = if sized {
            format!(", got {got}")
        } else {
            String::new()
        };
        return Err(thread.value_error(format!(
            "too many values to unpack (expected {wanted}{got})"
        )));
    }
    for (index, item) in items.into_iter().enumerate() {
        frame.set(a + index, item);
    }
    Ok(())
}

#[inline(never)]
pub(in crate::run) fn unpack_star(
    thread: &mut Thread,
    frame: Frame,
    word: Instruction,
    before: usize,
    after: usize,
) -> PyResult<()> {
    let a = usize::from(word.a());
    let value = frame.take(thread, usize::from(word.b()))?;
    let mut items = items_of(thread, *value, usize::MAX - 1)?;
    let (got, wanted) = (items.len(), before + after);
    if got < wanted {
        return Err(thread.value_error(format!(
            "not enough values to unpack (expected at least {wanted}, got {got})"
        )));
    }
    let last = items.split_off(got - after);
    let middle = items.split_off(before);
    for (index, item) in items
        .into_iter()
        .chain([List::from_refs(middle)])
        .chain(last)
        .enumerate()
    {
        frame.set(a + index, item);
    }
    Ok(())
}

#[inline(never)]
pub(in crate::run) fn format(thread: &mut Thread, frame: Frame, word: Instruction) -> PyResult<()> {
    let b = usize::from(word.b());
    let value = frame.take(thread, b)?;
    let converted = match word.c() & 0b11 {
        0 => value,
        1 => operations::str(thread, *value)?,
        _ => operations::repr(thread, *value)?,
    };
    let spec = if word.c() & 0b100 != 0 {
        let spec = frame.take(thread, b + 1)?;
        operations::text(thread, *spec, "format specification")?
    } else {
        String::new()
    };
    let text = crate::format::format(thread, *converted, &spec)?;
    frame.set(usize::from(word.a()), text);
    Ok(())
}

#[inline(never)]
pub(in crate::run) fn make_function(
    thread: &mut Thread,
    frame: Frame,
    word: Instruction,
    code: &Ref,
) -> PyResult<()> {
    debug_assert!(downcast::<Code>(code).is_some());
    let mut next = usize::from(word.b());
    let mut part = |thread: &mut Thread, bit: u8| -> PyResult<Option<Ref>> {
        if word.c() & bit == 0 {
            return Ok(None);
        }
        next += 1;
        frame.take(thread, next - 1).map(Some)
    };
    let extras = Extras {
        defaults: part(thread, 1)?,
        keyword_defaults: part(thread, 2)?,
        annotate: part(thread, 4)?,
        closure: part(thread, 8)?,
    };
    let globals = frame.function().globals_value().to_ref();
    frame.set(
        usize::from(word.a()),
        Function::new(code.clone(), globals, extras),
    );
    Ok(())
}
