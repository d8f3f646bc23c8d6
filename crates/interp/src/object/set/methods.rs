//! Making and showing sets, and their methods.

use super::operators::{
    as_set, copy, difference, intersect, intersection, is_subset, plain_type, subtract, toggle,
    update,
};
use super::{FROZEN_SET_TYPE, SET_TYPE, Set, expect, is_frozen, set_of};
use crate::error::PyResult;
use crate::object::native::{Args, NativeDef};
use crate::object::str::Str;
use crate::object::{Type, class, exception, singletons};
use crate::operations;
use crate::thread::Thread;
use crate::value::{Ref, Value};

macro_rules! shared {
    ($($more:expr),* $(,)?) => {
        &[
            $($more,)*
    NativeDef::class_method("__class_getitem__", crate::object::class::generic_alias),
            NativeDef::method("copy", copied),
            NativeDef::method("difference", |thread, args| {
                each(thread, args, "difference", |thread, set, other, ty| difference(thread, set, other, ty))
            }),
            NativeDef::method("intersection", |thread, args| {
                each(thread, args, "intersection", |thread, set, other, ty| intersection(thread, set, other, ty))
            }),
            NativeDef::method("isdisjoint", is_disjoint),
            NativeDef::method("issubset", |thread, args| {
                let (this, other) = one(thread, args, "issubset")?;
                let other = as_set(thread, other)?;
                Ok(singletons::bool(is_subset(thread, expect(&this), expect(&other))?))
            }),
            NativeDef::method("issuperset", |thread, args| {
                let (this, other) = one(thread, args, "issuperset")?;
                let other = as_set(thread, other)?;
                Ok(singletons::bool(is_subset(thread, expect(&other), expect(&this))?))
            }),
            NativeDef::method("symmetric_difference", |thread, args| {
                let (this, other) = one(thread, args, "symmetric_difference")?;
                let ty = plain_type(this);
                let new = Set::empty(ty);
                update(thread, expect(&new), other)?;
                toggle(thread, expect(&new), this)?;
                Ok(new)
            }),
            NativeDef::method("union", |thread, args| {
                each(thread, args, "union", |thread, set, other, ty| {
                    let new = copy(thread, set, ty)?;
                    update(thread, expect(&new), other)?;
                    Ok(new)
                })
            }),
        ]
    };
}

pub(super) static FROZEN_METHODS: &[NativeDef] = shared![];

pub(super) static SET_METHODS: &[NativeDef] = shared![
    NativeDef::method("add", |thread, args| {
        let (this, key) = one(thread, args, "add")?;
        add(thread, this, key)
    })
    .two(add),
    NativeDef::method("clear", |thread, args| {
        let (this, rest) = receiver(thread, args, "clear")?;
        let [] = rest.exactly(thread, "set.clear")?;
        expect(&this).clear();
        Ok(singletons::none())
    }),
    NativeDef::method("difference_update", |thread, args| change(
        thread,
        args,
        "difference_update",
        subtract
    )),
    NativeDef::method("discard", |thread, args| {
        let (this, key) = one(thread, args, "discard")?;
        discard(thread, this, key)
    })
    .two(discard),
    NativeDef::method("intersection_update", |thread, args| change(
        thread,
        args,
        "intersection_update",
        intersect
    )),
    NativeDef::method("pop", |thread, args| {
        let (this, rest) = receiver(thread, args, "pop")?;
        let [] = rest.exactly(thread, "set.pop")?;
        match expect(&this).locked(super::Table::pop) {
            Some(key) => Ok(key),
            None => Err(thread.raise_text(&exception::KEY_ERROR, "pop from an empty set")),
        }
    }),
    NativeDef::method("remove", |thread, args| {
        let (this, key) = one(thread, args, "remove")?;
        remove(thread, this, key)
    })
    .two(remove),
    NativeDef::method("symmetric_difference_update", |thread, args| {
        let (this, other) = one(thread, args, "symmetric_difference_update")?;
        toggle(thread, expect(&this), other)?;
        Ok(singletons::none())
    }),
    NativeDef::method("update", |thread, args| change(
        thread, args, "update", update
    )),
];

fn add(thread: &mut Thread, this: Value, key: Value) -> PyResult {
    expect(&this).add(thread, key.to_ref())?;
    Ok(singletons::none())
}

fn discard(thread: &mut Thread, this: Value, key: Value) -> PyResult {
    expect(&this).discard(thread, key)?;
    Ok(singletons::none())
}

fn remove(thread: &mut Thread, this: Value, key: Value) -> PyResult {
    if expect(&this).discard(thread, key)? {
        Ok(singletons::none())
    } else {
        Err(thread.raise_with(&exception::KEY_ERROR, &[key]))
    }
}

fn receiver<'a>(thread: &mut Thread, args: &Args<'a>, method: &str) -> PyResult<(Value, Args<'a>)> {
    let (this, rest) = args.split_receiver();
    if set_of(&this).is_none() {
        let name = this.ty().name();
        let text =
            format!("descriptor '{method}' for 'set' objects doesn't apply to a '{name}' object");
        return Err(thread.type_error(text));
    }
    Ok((this, rest))
}

/// The receiver and the one argument.
fn one(thread: &mut Thread, args: &Args<'_>, method: &str) -> PyResult<(Value, Value)> {
    let (this, rest) = receiver(thread, args, method)?;
    if let ([other], []) = (rest.positional(), rest.names()) {
        return Ok((this, *other));
    }
    let owner = plain_type(this).name();
    let [other] = rest.exactly(thread, &format!("{owner}.{method}"))?;
    Ok((this, other))
}

/// A new set: the receiver combined with one argument after the other.
fn each(
    thread: &mut Thread,
    args: &Args<'_>,
    method: &str,
    step: fn(&mut Thread, &Set, Value, &'static Type) -> PyResult,
) -> PyResult {
    let (this, rest) = receiver(thread, args, method)?;
    let ty = plain_type(this);
    rest.no_keywords(thread, &format!("{}.{method}", ty.name()))?;
    let mut result: Option<Ref> = None;
    for other in rest.positional() {
        let so_far = result.as_deref().copied().unwrap_or(this);
        result = Some(step(thread, expect(&so_far), *other, ty)?);
    }
    match result {
        Some(result) => Ok(result),
        None => copy(thread, expect(&this), ty),
    }
}

/// Changes the receiver by one argument after the other.
fn change(
    thread: &mut Thread,
    args: &Args<'_>,
    method: &str,
    step: fn(&mut Thread, &Set, Value) -> PyResult<()>,
) -> PyResult {
    let (this, rest) = receiver(thread, args, method)?;
    rest.no_keywords(thread, &format!("set.{method}"))?;
    for other in rest.positional() {
        step(thread, expect(&this), *other)?;
    }
    Ok(singletons::none())
}

fn copied(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let (this, rest) = receiver(thread, args, "copy")?;
    let [] = rest.exactly(thread, &format!("{}.copy", plain_type(this).name()))?;
    if *this.ty() == FROZEN_SET_TYPE {
        return Ok(this.to_ref());
    }
    copy(thread, expect(&this), plain_type(this))
}

fn is_disjoint(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let (this, other) = one(thread, args, "isdisjoint")?;
    let iterator = operations::iter(thread, other)?;
    while let Some(item) = operations::next(thread, *iterator)? {
        if expect(&this).contains(thread, *item)? {
            return Ok(singletons::false_());
        }
    }
    Ok(singletons::true_())
}

/// Adds the items of an iterable to the set that is being built.
///
/// # Errors
/// What iterating raises, and what hashing or comparing keys raises.
pub(crate) fn update_from(thread: &mut Thread, set: &Set, iterable: Value) -> PyResult<()> {
    update(thread, set, iterable)
}

pub(super) fn construct_set(thread: &mut Thread, ty: &'static Type, args: &Args<'_>) -> PyResult {
    let new = Set::empty(ty);
    if class::initialise(thread, ty, &new, args)? {
        return Ok(new);
    }
    if let [iterable] = args.between(thread, "set", 0, 1)? {
        update(thread, expect(&new), *iterable)?;
    }
    Ok(new)
}

pub(super) fn construct_frozen(
    thread: &mut Thread,
    ty: &'static Type,
    args: &Args<'_>,
) -> PyResult {
    let given = args.between(thread, "frozenset", 0, 1)?;
    if let [iterable] = given
        && *ty == FROZEN_SET_TYPE
        && core::ptr::eq(iterable.ty(), ty)
    {
        return Ok(iterable.to_ref());
    }
    let new = Set::empty(ty);
    if let [iterable] = given {
        update(thread, expect(&new), *iterable)?;
    }
    class::initialise(thread, ty, &new, args)?;
    Ok(new)
}

pub(super) fn repr(thread: &mut Thread, value: Value) -> PyResult {
    let name = value.ty().name();
    let keys = expect(&value).to_vec();
    if keys.is_empty() {
        return Ok(Str::new(&format!("{name}()")));
    }
    if !thread.enter_repr(value) {
        return Ok(Str::new(&format!("{name}(...)")));
    }
    let shown: PyResult<Vec<String>> = keys
        .iter()
        .map(|key| operations::repr_text(thread, **key))
        .collect();
    thread.leave_repr(value);
    let shown = format!("{{{}}}", shown?.join(", "));
    let plain = *value.ty() == SET_TYPE && !is_frozen(value);
    Ok(Str::new(&if plain {
        shown
    } else {
        format!("{name}({shown})")
    }))
}
