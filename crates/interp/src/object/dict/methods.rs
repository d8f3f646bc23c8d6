//! The methods of dictionaries, and the views they give.

use super::Dict;
use super::views::{self, DictIterator, Shows};
use crate::error::PyResult;
use crate::object::native::{Args, NativeDef};
use crate::object::str::Str;
use crate::object::tuple::Tuple;
use crate::object::{BinaryOp, CompareOp, Slots, Type, class, downcast, exception, singletons};
use crate::operations;
use crate::thread::Thread;
use crate::value::{Ref, Value};

pub(super) const SLOTS: Slots = Slots {
    repr: Some(repr),
    len: Some(|_, value| Ok(dict(&value).len())),
    iter: Some(|_, value| Ok(DictIterator::new(value.to_ref(), Shows::Keys, false))),
    get_item: Some(get_item),
    set_item: Some(set_item),
    contains: Some(|thread, value, key| Ok(dict(&value).get(thread, key)?.is_some())),
    construct: Some(construct),
    binary: Some(binary),
    inplace: Some(inplace),
    compare: Some(compare),
    hash: Some(crate::object::list::methods::unhashable),
    ..Slots::of::<Dict>()
};

pub(super) static METHODS: &[NativeDef] = &[
    NativeDef::class_method("__class_getitem__", class::generic_alias),
    NativeDef::method("__reversed__", reversed),
    NativeDef::method("clear", clear),
    NativeDef::method("copy", copy),
    NativeDef::class_method("fromkeys", fromkeys),
    NativeDef::method("get", get).two(get_or_none),
    NativeDef::method("items", |thread, args| {
        view(thread, args, "items", Shows::Items)
    }),
    NativeDef::method("keys", |thread, args| {
        view(thread, args, "keys", Shows::Keys)
    }),
    NativeDef::method("pop", pop),
    NativeDef::method("popitem", popitem),
    NativeDef::method("setdefault", setdefault),
    NativeDef::method("update", update),
    NativeDef::method("values", |thread, args| {
        view(thread, args, "values", Shows::Values)
    }),
];

fn dict(value: &Value) -> &Dict {
    downcast::<Dict>(value).expect("methods of dictionaries are called with dictionaries")
}

fn receiver<'a>(thread: &mut Thread, value: &'a Value, method: &str) -> PyResult<&'a Dict> {
    downcast::<Dict>(value).ok_or_else(|| {
        let name = value.ty().name();
        thread.type_error(format!(
            "descriptor '{method}' for 'dict' objects doesn't apply to a '{name}' object"
        ))
    })
}

fn repr(thread: &mut Thread, value: Value) -> PyResult {
    if !thread.enter_repr(value) {
        return Ok(Str::new("{...}"));
    }
    let mut shown = Vec::new();
    let mut result = Ok(());
    for (key, item) in dict(&value).to_vec() {
        let pair = operations::repr_text(thread, *key)
            .and_then(|key| Ok(format!("{key}: {}", operations::repr_text(thread, *item)?)));
        match pair {
            Ok(pair) => shown.push(pair),
            Err(raised) => {
                result = Err(raised);
                break;
            }
        }
    }
    thread.leave_repr(value);
    result.map(|()| Str::new(&format!("{{{}}}", shown.join(", "))))
}

fn get_item(thread: &mut Thread, value: Value, key: Value) -> PyResult {
    if let Some(found) = dict(&value).get(thread, key)? {
        return Ok(found);
    }
    if value.ty().is_heap() && class::has_special(value.ty(), thread, "__missing__") {
        return operations::call_method(thread, value, "__missing__", &[key]);
    }
    Err(thread.raise_with(&exception::KEY_ERROR, &[key]))
}

fn set_item(thread: &mut Thread, value: Value, key: Value, new: Option<Value>) -> PyResult<()> {
    match new {
        Some(new) => dict(&value).set(thread, key.to_ref(), new.to_ref()),
        None => match dict(&value).remove(thread, key)? {
            Some(_) => Ok(()),
            None => Err(thread.raise_with(&exception::KEY_ERROR, &[key])),
        },
    }
}

fn construct(thread: &mut Thread, _: &'static Type, args: &Args<'_>) -> PyResult {
    let new = Dict::new();
    update_from(thread, dict(&new), args, "dict")?;
    Ok(new)
}

fn update_from(thread: &mut Thread, dict: &Dict, args: &Args<'_>, function: &str) -> PyResult<()> {
    match args.positional() {
        [] => {}
        [source] => merge(thread, dict, *source)?,
        more => {
            let got = more.len();
            return Err(
                thread.type_error(format!("{function} expected at most 1 argument, got {got}"))
            );
        }
    }
    for (name, value) in args.keywords() {
        dict.set(thread, name.to_ref(), value.to_ref())?;
    }
    Ok(())
}

/// Sets the keys of a mapping, or of an iterable of pairs.
///
/// # Errors
/// What reading the source raises, and `ValueError` for an item that is no pair.
pub(crate) fn merge(thread: &mut Thread, dict: &Dict, source: Value) -> PyResult<()> {
    if let Some(other) = downcast::<Dict>(&source) {
        for (key, value) in other.to_vec() {
            dict.set(thread, key, value)?;
        }
        return Ok(());
    }
    if class::has_special(source.ty(), thread, "keys") {
        let keys = operations::call_method(thread, source, "keys", &[])?;
        return operations::for_each(thread, *keys, |thread, key| {
            let value = operations::get_item(thread, source, *key)?;
            dict.set(thread, key, value)
        });
    }
    let mut number = 0;
    operations::for_each(thread, source, |thread, item| {
        if item.ty().iter().is_none() && item.ty().get_item().is_none() {
            return Err(thread.type_error("object is not iterable"));
        }
        let pair = operations::collect(thread, *item)?;
        let len = pair.len();
        let Ok([key, value]) = <[Ref; 2]>::try_from(pair) else {
            return Err(thread.value_error(format!(
                "dictionary update sequence element #{number} has length {len}; 2 is required"
            )));
        };
        number += 1;
        dict.set(thread, key, value)
    })
}

fn binary(thread: &mut Thread, op: BinaryOp, left: Value, right: Value) -> PyResult<Option<Ref>> {
    match (op, downcast::<Dict>(&left), downcast::<Dict>(&right)) {
        (BinaryOp::Or, Some(left), Some(_)) => {
            let both = duplicate(left);
            merge(thread, dict(&both), right)?;
            Ok(Some(both))
        }
        _ => Ok(None),
    }
}

fn inplace(thread: &mut Thread, op: BinaryOp, left: Value, right: Value) -> PyResult<Option<Ref>> {
    if op != BinaryOp::Or {
        return Ok(None);
    }
    merge(thread, dict(&left), right)?;
    Ok(Some(left.to_ref()))
}

fn compare(thread: &mut Thread, op: CompareOp, left: Value, right: Value) -> PyResult<Option<Ref>> {
    let (Some(left), Some(right)) = (downcast::<Dict>(&left), downcast::<Dict>(&right)) else {
        return Ok(None);
    };
    let same = match op {
        CompareOp::Eq | CompareOp::Ne => equal(thread, left, right)?,
        _ => return Ok(None),
    };
    Ok(Some(singletons::bool(same == (op == CompareOp::Eq))))
}

fn equal(thread: &mut Thread, left: &Dict, right: &Dict) -> PyResult<bool> {
    if left.len() != right.len() {
        return Ok(false);
    }
    for (key, value) in left.to_vec() {
        match right.get(thread, *key)? {
            Some(other) if operations::equals(thread, *value, *other)? => {}
            _ => return Ok(false),
        }
    }
    Ok(true)
}

fn duplicate(dict: &Dict) -> Ref {
    let new = Dict::with_capacity(dict.len());
    let entries = dict.locked(|table| {
        let bound = table.entries().iter().filter(|entry| entry.key.is_bound());
        bound
            .map(|entry| (entry.hash, entry.key.to_ref(), entry.value.to_ref()))
            .collect::<Vec<_>>()
    });
    downcast::<Dict>(&new).expect("just made").locked(|table| {
        for (hash, key, value) in entries {
            table.insert(hash, key.into_value(), value.into_value());
        }
    });
    new
}

fn clear(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let this = alone(thread, args, "clear")?;
    dict(&this).clear();
    Ok(singletons::none())
}

fn copy(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let this = alone(thread, args, "copy")?;
    Ok(duplicate(dict(&this)))
}

fn get(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let (this, rest) = args.split_receiver();
    let this = receiver(thread, &this, "get")?;
    let rest = rest.between(thread, "get", 1, 2)?;
    match this.get(thread, rest[0])? {
        Some(found) => Ok(found),
        None => Ok(rest
            .get(1)
            .map_or_else(singletons::none, |default| default.to_ref())),
    }
}

fn get_or_none(thread: &mut Thread, this: Value, key: Value) -> PyResult {
    let dict = dict(&this);
    if let Some(found) = dict.get_simple(key) {
        return Ok(found);
    }
    Ok(dict.get(thread, key)?.unwrap_or_else(singletons::none))
}

fn pop(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let (this, rest) = args.split_receiver();
    let this = receiver(thread, &this, "pop")?;
    let rest = rest.between(thread, "pop", 1, 2)?;
    match (this.remove(thread, rest[0])?, rest.get(1)) {
        (Some(found), _) => Ok(found),
        (None, Some(default)) => Ok(default.to_ref()),
        (None, None) => Err(thread.raise_with(&exception::KEY_ERROR, &[rest[0]])),
    }
}

fn popitem(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let this = alone(thread, args, "popitem")?;
    match dict(&this).pop_last() {
        Some((key, value)) => Ok(Tuple::from_refs(vec![key, value])),
        None => Err(thread.raise_text(&exception::KEY_ERROR, "popitem(): dictionary is empty")),
    }
}

fn setdefault(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let (this, rest) = args.split_receiver();
    let this = receiver(thread, &this, "setdefault")?;
    let rest = rest.between(thread, "setdefault", 1, 2)?;
    let default = rest
        .get(1)
        .map_or_else(singletons::none, |default| default.to_ref());
    this.set_default(thread, rest[0].to_ref(), default)
}

fn update(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let (this, rest) = args.split_receiver();
    let this = receiver(thread, &this, "update")?;
    update_from(thread, this, &rest, "update")?;
    Ok(singletons::none())
}

fn view(thread: &mut Thread, args: &Args<'_>, name: &str, shows: Shows) -> PyResult {
    let this = alone(thread, args, name)?;
    Ok(views::view(this.to_ref(), shows))
}

/// The receiver of a method without other arguments.
fn alone(thread: &mut Thread, args: &Args<'_>, method: &str) -> PyResult<Value> {
    let (this, rest) = args.split_receiver();
    receiver(thread, &this, method)?;
    let [] = rest.exactly(thread, &format!("dict.{method}"))?;
    Ok(this)
}

fn reversed(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let this = alone(thread, args, "__reversed__")?;
    Ok(DictIterator::new(this.to_ref(), Shows::Keys, true))
}

/// `dict.fromkeys(iterable, value=None)`
fn fromkeys(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let (class, rest) = args.split_receiver();
    let given = rest.between(thread, "fromkeys", 1, 2)?;
    let value = given.get(1).copied().unwrap_or(singletons::none_value());
    let new = operations::call(thread, class, &Args::new(&[]))?;
    operations::for_each(
        thread,
        given[0],
        |thread, key| match crate::object::downcast_exact::<Dict>(&new) {
            Some(dict) => dict.set(thread, key, value.to_ref()),
            None => operations::set_item(thread, *new, *key, Some(value)),
        },
    )?;
    Ok(new)
}
