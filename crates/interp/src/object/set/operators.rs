//! The operators of sets, and what the methods of the same meaning share with them.

use super::{FROZEN_SET_TYPE, SET_TYPE, Set, expect, is_frozen, set_of};
use crate::error::PyResult;
use crate::object::dict::Dict;
use crate::object::{BinaryOp, CompareOp, Type, downcast_exact, singletons};
use crate::operations;
use crate::thread::Thread;
use crate::value::{Ref, Value};

/// The type of what an operation on `value` makes: `set` or `frozenset`, never a subclass.
pub(super) fn plain_type(value: Value) -> &'static Type {
    if is_frozen(value) {
        &FROZEN_SET_TYPE
    } else {
        &SET_TYPE
    }
}

/// A copy of a set, as type `ty`.
pub(super) fn copy(thread: &mut Thread, set: &Set, ty: &'static Type) -> PyResult {
    let new = Set::empty(ty);
    expect(&new).merge(thread, set)?;
    Ok(new)
}

/// Adds the items of an iterable.
pub(super) fn update(thread: &mut Thread, set: &Set, iterable: Value) -> PyResult<()> {
    if let Some(other) = set_of(&iterable) {
        return set.merge(thread, other);
    }
    if let Some(dict) = downcast_exact::<Dict>(&iterable) {
        set.locked(|table| table.reserve(dict.len()));
    }
    operations::for_each(thread, iterable, |thread, item| {
        set.add(thread, item).map(drop)
    })
}

/// A set of the items of an iterable, or the set that it is.
pub(super) fn as_set(thread: &mut Thread, iterable: Value) -> PyResult {
    if set_of(&iterable).is_some() {
        return Ok(iterable.to_ref());
    }
    let new = Set::empty(&SET_TYPE);
    update(thread, expect(&new), iterable)?;
    Ok(new)
}

/// The keys of a set that are items of an iterable too.
pub(super) fn intersection(
    thread: &mut Thread,
    set: &Set,
    iterable: Value,
    ty: &'static Type,
) -> PyResult {
    let new = Set::empty(ty);
    if let Some(other) = set_of(&iterable) {
        let (small, large) = if other.len() > set.len() {
            (set, other)
        } else {
            (other, set)
        };
        for (hash, key) in small.hashed() {
            if large.contains_hashed(thread, hash, *key)? {
                expect(&new).add_hashed(thread, hash, key)?;
            }
        }
        return Ok(new);
    }
    operations::for_each(thread, iterable, |thread, item| {
        let hash = super::element_hash(thread, *item)?;
        if set.contains_hashed(thread, hash, *item)? {
            expect(&new).add_hashed(thread, hash, item)?;
        }
        Ok(())
    })?;
    Ok(new)
}

/// Removes the items of an iterable.
pub(super) fn subtract(thread: &mut Thread, set: &Set, iterable: Value) -> PyResult<()> {
    if let Some(other) = set_of(&iterable) {
        if core::ptr::eq(set, other) {
            set.clear();
            return Ok(());
        }
        for (hash, key) in other.hashed() {
            set.discard_hashed(thread, hash, *key)?;
        }
        return Ok(());
    }
    operations::for_each(thread, iterable, |thread, item| {
        let hash = super::element_hash(thread, *item)?;
        set.discard_hashed(thread, hash, *item).map(drop)
    })
}

/// The keys of a set that are not items of an iterable.
pub(super) fn difference(
    thread: &mut Thread,
    set: &Set,
    iterable: Value,
    ty: &'static Type,
) -> PyResult {
    if let Some(other) = set_of(&iterable)
        && set.len() / 4 <= other.len()
    {
        let new = Set::empty(ty);
        for (hash, key) in set.hashed() {
            if !other.contains_hashed(thread, hash, *key)? {
                expect(&new).add_hashed(thread, hash, key)?;
            }
        }
        return Ok(new);
    }
    let new = copy(thread, set, ty)?;
    subtract(thread, expect(&new), iterable)?;
    Ok(new)
}

/// Adds the items of an iterable that are absent and removes those that are present.
pub(super) fn toggle(thread: &mut Thread, set: &Set, iterable: Value) -> PyResult<()> {
    let other = as_set(thread, iterable)?;
    if core::ptr::eq(set, expect(&other)) {
        set.clear();
        return Ok(());
    }
    for (hash, key) in expect(&other).hashed() {
        if !set.discard_hashed(thread, hash, *key)? {
            set.add_hashed(thread, hash, key)?;
        }
    }
    Ok(())
}

/// Whether all keys of a set are keys of another.
pub(super) fn is_subset(thread: &mut Thread, set: &Set, other: &Set) -> PyResult<bool> {
    if set.len() > other.len() {
        return Ok(false);
    }
    for (hash, key) in set.hashed() {
        if !other.contains_hashed(thread, hash, *key)? {
            return Ok(false);
        }
    }
    Ok(true)
}

pub(super) fn binary(
    thread: &mut Thread,
    op: BinaryOp,
    left: Value,
    right: Value,
) -> PyResult<Option<Ref>> {
    let (Some(a), Some(_)) = (set_of(&left), set_of(&right)) else {
        return Ok(None);
    };
    let ty = plain_type(left);
    Ok(Some(match op {
        BinaryOp::Or => {
            let new = copy(thread, a, ty)?;
            update(thread, expect(&new), right)?;
            new
        }
        BinaryOp::And => intersection(thread, a, right, ty)?,
        BinaryOp::Sub => difference(thread, a, right, ty)?,
        BinaryOp::Xor => {
            let new = copy(thread, expect(&right), ty)?;
            toggle(thread, expect(&new), left)?;
            new
        }
        _ => return Ok(None),
    }))
}

pub(super) fn inplace(
    thread: &mut Thread,
    op: BinaryOp,
    left: Value,
    right: Value,
) -> PyResult<Option<Ref>> {
    let (Some(a), Some(_)) = (set_of(&left), set_of(&right)) else {
        return Ok(None);
    };
    match op {
        BinaryOp::Or => update(thread, a, right)?,
        BinaryOp::And => intersect(thread, a, right)?,
        BinaryOp::Sub => subtract(thread, a, right)?,
        BinaryOp::Xor => toggle(thread, a, right)?,
        _ => return Ok(None),
    }
    Ok(Some(left.to_ref()))
}

/// Keeps only the items of an iterable.
pub(super) fn intersect(thread: &mut Thread, set: &Set, iterable: Value) -> PyResult<()> {
    let kept = intersection(thread, set, iterable, &SET_TYPE)?;
    let new = expect(&kept).locked(|table| table.swap(super::Table::new()));
    let mut old = set.locked(|table| table.swap(new));
    drop(old.take());
    Ok(())
}

pub(super) fn compare(
    thread: &mut Thread,
    op: CompareOp,
    left: Value,
    right: Value,
) -> PyResult<Option<Ref>> {
    let (Some(a), Some(b)) = (set_of(&left), set_of(&right)) else {
        return Ok(None);
    };
    let result = match op {
        CompareOp::Eq => a.len() == b.len() && is_subset(thread, a, b)?,
        CompareOp::Ne => !(a.len() == b.len() && is_subset(thread, a, b)?),
        CompareOp::Le => is_subset(thread, a, b)?,
        CompareOp::Lt => a.len() < b.len() && is_subset(thread, a, b)?,
        CompareOp::Ge => is_subset(thread, b, a)?,
        CompareOp::Gt => a.len() > b.len() && is_subset(thread, b, a)?,
    };
    Ok(Some(singletons::bool(result)))
}
