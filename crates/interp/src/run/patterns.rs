//! What a `match` statement asks of its subject.

use super::frame::Frame;
use crate::error::PyResult;
use crate::object::class::as_type;
use crate::object::dict::Dict;
use crate::object::range::RANGE_TYPE;
use crate::object::str::{STR_TYPE, Str, name_text};
use crate::object::tuple::{TUPLE_TYPE, Tuple};
use crate::object::{class, dict, downcast, exception, float, int, list, singletons};
use crate::operations;
use crate::thread::Thread;
use crate::value::{Ref, Value};
use selvedge_compiler::Instruction;

#[inline(never)]
pub(super) fn is_mapping(thread: &mut Thread, frame: Frame, word: Instruction) -> PyResult<bool> {
    let value = frame.operand(thread, usize::from(word.a()))?;
    let ty = value.ty();
    Ok(ty.is_subtype(&dict::DICT_TYPE) || is_registered(thread, value, "Mapping"))
}

#[inline(never)]
pub(super) fn is_sequence(thread: &mut Thread, frame: Frame, word: Instruction) -> PyResult<bool> {
    let value = frame.operand(thread, usize::from(word.a()))?;
    let ty = value.ty();
    if ty.is_subtype(&STR_TYPE) || matches!(ty.name(), "bytes" | "bytearray") && !ty.is_heap() {
        return Ok(false);
    }
    let known =
        ty.is_subtype(&list::LIST_TYPE) || ty.is_subtype(&TUPLE_TYPE) || ty.is_subtype(&RANGE_TYPE);
    Ok(known || is_registered(thread, value, "Sequence"))
}

/// Whether the value's class derives from, or is registered with, the abstract class of that
/// name, where that has been imported.
fn is_registered(thread: &mut Thread, value: Value, name: &str) -> bool {
    let module = thread.interpreter().intern("_collections_abc");
    let Some(module) = thread.interpreter().modules().get_name(*module) else {
        return false;
    };
    let found = operations::get_attr_named(thread, *module, name)
        .and_then(|class| operations::is_instance(thread, value, *class));
    found.unwrap_or_else(|_| {
        drop(thread.take_raised());
        false
    })
}

#[inline(never)]
pub(super) fn get_len(thread: &mut Thread, frame: Frame, word: Instruction) -> PyResult<()> {
    let value = frame.operand(thread, usize::from(word.b()))?;
    let len = operations::len(thread, value)?;
    frame.set(usize::from(word.a()), int::from_usize(len));
    Ok(())
}

#[inline(never)]
pub(super) fn match_keys(thread: &mut Thread, frame: Frame, word: Instruction) -> PyResult<()> {
    let mapping = frame.operand(thread, usize::from(word.b()))?.to_ref();
    let keys = frame.operand(thread, usize::from(word.c()))?.to_ref();
    let keys = downcast::<Tuple>(&keys)
        .expect("the keys of a pattern are a tuple")
        .items()
        .to_vec();
    let result = values_of(thread, *mapping, &keys)?;
    frame.set(
        usize::from(word.a()),
        result.map_or_else(singletons::none, Tuple::from_refs),
    );
    Ok(())
}

fn values_of(thread: &mut Thread, mapping: Value, keys: &[Value]) -> PyResult<Option<Vec<Ref>>> {
    let seen = Dict::new();
    let missing = list::List::from_refs(Vec::new());
    let mut values = Vec::with_capacity(keys.len());
    for key in keys {
        let seen = class::dict_of(&seen);
        if seen.get(thread, *key)?.is_some() {
            let key = operations::repr_text(thread, *key)?;
            return Err(thread.value_error(format!("mapping pattern checks duplicate key ({key})")));
        }
        seen.set(thread, key.to_ref(), singletons::none())?;
        let found = match downcast::<Dict>(&mapping) {
            Some(dict) => dict.get(thread, *key)?,
            None => {
                let found = operations::call_method(thread, mapping, "get", &[*key, *missing])?;
                (!found.is(*missing)).then_some(found)
            }
        };
        match found {
            Some(value) => values.push(value),
            None => return Ok(None),
        }
    }
    Ok(Some(values))
}

#[inline(never)]
pub(super) fn match_class(
    thread: &mut Thread,
    frame: Frame,
    word: Instruction,
    positional: usize,
    names: Value,
) -> PyResult<()> {
    let subject = frame.operand(thread, usize::from(word.b()))?.to_ref();
    let class = frame.take(thread, usize::from(word.c()))?;
    let names = downcast::<Tuple>(&names)
        .expect("the names of a pattern are a tuple")
        .items();
    let result = attributes_of(thread, *subject, *class, positional, names)?;
    frame.set(
        usize::from(word.a()),
        result.map_or_else(singletons::none, Tuple::from_refs),
    );
    Ok(())
}

/// Whether a class pattern's one positional part is the subject itself.
fn matches_itself(class: Value) -> bool {
    let Some(ty) = as_type(class) else {
        return false;
    };
    let own = |name: &str| matches!(name, "bytearray" | "bytes" | "frozenset" | "set");
    let known = [
        &float::FLOAT_TYPE,
        &int::INT_TYPE,
        &STR_TYPE,
        &dict::DICT_TYPE,
        &list::LIST_TYPE,
        &TUPLE_TYPE,
    ];
    known.iter().any(|known| ty.is_subtype(known))
        || ty.mro().any(|base| !base.is_heap() && own(base.name()))
}

fn attributes_of(
    thread: &mut Thread,
    subject: Value,
    class: Value,
    positional: usize,
    names: &[Value],
) -> PyResult<Option<Vec<Ref>>> {
    let Some(ty) = as_type(class) else {
        return Err(thread.type_error("called match pattern must be a class"));
    };
    if !operations::is_instance(thread, subject, class)? {
        return Ok(None);
    }
    let mut found = Vec::with_capacity(positional + names.len());
    let mut seen: Vec<String> = Vec::new();
    if positional > 0 {
        let parts = positional_names(thread, class)?;
        let allowed = match &parts {
            Some(parts) => parts.len(),
            None => usize::from(matches_itself(class)),
        };
        if allowed < positional {
            let plural = if allowed == 1 { "" } else { "s" };
            let text = format!(
                "{}() accepts {allowed} positional sub-pattern{plural} ({positional} given)",
                ty.name()
            );
            return Err(thread.type_error(text));
        }
        match parts {
            None => found.push(subject.to_ref()),
            Some(parts) => {
                for part in &parts[..positional] {
                    if downcast::<Str>(part).is_none() {
                        let name = part.ty().name();
                        let text = format!("__match_args__ elements must be strings (got {name})");
                        return Err(thread.type_error(text));
                    }
                    match attribute(thread, subject, **part, ty.name(), &mut seen)? {
                        Some(value) => found.push(value),
                        None => return Ok(None),
                    }
                }
            }
        }
    }
    for name in names {
        match attribute(thread, subject, *name, ty.name(), &mut seen)? {
            Some(value) => found.push(value),
            None => return Ok(None),
        }
    }
    Ok(Some(found))
}

/// `__match_args__`, if the class has them.
fn positional_names(thread: &mut Thread, class: Value) -> PyResult<Option<Vec<Ref>>> {
    match operations::get_attr_named(thread, class, "__match_args__") {
        Ok(parts) => match downcast::<Tuple>(&parts) {
            Some(parts) => Ok(Some(
                parts.items().iter().map(|part| part.to_ref()).collect(),
            )),
            None => {
                let name = as_type(class).map_or("?", |ty| ty.name());
                let got = parts.ty().name();
                Err(thread.type_error(format!("{name}.__match_args__ must be a tuple (got {got})")))
            }
        },
        Err(raised) => thread
            .swallow(raised, &exception::ATTRIBUTE_ERROR)
            .map(|()| None),
    }
}

fn attribute(
    thread: &mut Thread,
    subject: Value,
    name: Value,
    class: &str,
    seen: &mut Vec<String>,
) -> PyResult<Option<Ref>> {
    let text = name_text(&name).to_string();
    if seen.contains(&text) {
        let text = format!("{class}() got multiple sub-patterns for attribute '{text}'");
        return Err(thread.type_error(text));
    }
    seen.push(text);
    match operations::get_attr(thread, subject, name) {
        Ok(value) => Ok(Some(value)),
        Err(raised) => thread
            .swallow(raised, &exception::ATTRIBUTE_ERROR)
            .map(|()| None),
    }
}

#[inline(never)]
pub(super) fn copy_dict_without(
    thread: &mut Thread,
    frame: Frame,
    word: Instruction,
) -> PyResult<()> {
    let mapping = frame.operand(thread, usize::from(word.b()))?.to_ref();
    let keys = frame.take(thread, usize::from(word.c()))?;
    let copy = Dict::new();
    dict::methods::merge(thread, class::dict_of(&copy), *mapping)?;
    for key in downcast::<Tuple>(&keys)
        .expect("the keys of a pattern are a tuple")
        .items()
    {
        class::dict_of(&copy).remove(thread, *key)?;
    }
    frame.set(usize::from(word.a()), copy);
    Ok(())
}
