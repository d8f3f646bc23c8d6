//! Items of exact lists, tuples, dictionaries, sets and strings, without asking their types' slots.
//!
//! Each function gives `None` where the general way has to say what happens: other containers and
//! keys, a position out of range, a key that is absent or that only Python code can compare.

use crate::object::dict::{Dict, same_key};
use crate::object::downcast_exact;
use crate::object::list::{LIST_TYPE, List};
use crate::object::set::Set;
use crate::object::str::Str;
use crate::object::tuple::{TUPLE_TYPE, Tuple};
use crate::value::{Ref, Value};

/// The position that `index` means in a sequence of `len` items.
#[inline(always)]
fn position(index: i64, len: usize) -> Option<usize> {
    let from_start = if index < 0 { index + len as i64 } else { index };
    usize::try_from(from_start).ok().filter(|at| *at < len)
}

/// The item of a list or tuple at an integer in a word.
#[inline(always)]
pub(super) fn of_sequence(container: Value, key: Value) -> Option<Ref> {
    let index = key.as_int()?;
    if let Some(list) = downcast_exact::<List>(&container) {
        return list.briefly(index, |items, index| {
            Some(items[position(index, items.len())?].to_ref())
        });
    }
    let items = downcast_exact::<Tuple>(&container)?.items();
    Some(items[position(index, items.len())?].to_ref())
}

/// Whether this is an exact list or tuple.
#[inline(always)]
pub(super) fn is_sequence(value: Value) -> bool {
    value.is_exactly(&LIST_TYPE) || value.is_exactly(&TUPLE_TYPE)
}

/// The item at `index` of what [`is_sequence`]; nothing if there are not as many.
#[inline(always)]
pub(super) fn at(sequence: Value, index: usize) -> Option<Ref> {
    if let Some(list) = downcast_exact::<List>(&sequence) {
        return list.get(index);
    }
    let items = downcast_exact::<Tuple>(&sequence)?.items();
    Some(items.get(index)?.to_ref())
}

/// The item of any of the containers of this module.
#[inline(always)]
pub(super) fn get(container: Value, key: Value) -> Option<Ref> {
    if let Some(dict) = downcast_exact::<Dict>(&container) {
        return dict.get_simple(key);
    }
    if let Some(string) = downcast_exact::<Str>(&container) {
        let at = position(key.as_int()?, string.len())?;
        return Some(Str::from_code_point(string.code_points().at(at)));
    }
    of_sequence(container, key)
}

/// Whether a container has `key`.
#[inline(always)]
pub(super) fn contains(container: Value, key: Value) -> Option<bool> {
    if let Some(set) = downcast_exact::<Set>(&container) {
        return set.contains_simple(key);
    }
    if let Some(list) = downcast_exact::<List>(&container) {
        return list.locked(|items| is_among(items, key));
    }
    if let Some(tuple) = downcast_exact::<Tuple>(&container) {
        return is_among(tuple.items(), key);
    }
    downcast_exact::<Dict>(&container)?.contains_simple(key)
}

/// Whether `key` is one of these items, if no Python code has to compare them.
#[inline(always)]
fn is_among(items: &[Value], key: Value) -> Option<bool> {
    for item in items {
        if same_key(*item, key)? {
            return Some(true);
        }
    }
    Some(false)
}

/// The items of two tuples in one.
#[inline(always)]
pub(super) fn joined(left: Value, right: Value) -> Option<Ref> {
    let left = downcast_exact::<Tuple>(&left)?;
    Some(left.with(downcast_exact::<Tuple>(&right)?))
}

/// Puts `item` in a list at an integer in a word; gives it back if that is not what is asked for.
#[inline(always)]
pub(super) fn set_in_list(list: &List, key: Value, item: Ref) -> Result<(), Ref> {
    let Some(index) = key.as_int() else {
        return Err(item);
    };
    let old = list.briefly((index, item), |items, (index, item)| {
        match position(index, items.len()) {
            Some(at) => Ok(core::mem::replace(&mut items[at], item.into_value())),
            None => Err(item),
        }
    })?;
    drop(Ref::adopt(old));
    Ok(())
}
