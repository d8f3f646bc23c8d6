//! Items of containers, by any key or by a constant one.

use super::super::frame::Frame;
use super::super::items;
use super::super::special::{self, Rest};
use crate::cache::Cached;
use crate::error::PyResult;
use crate::object::dict::Dict;
use crate::object::downcast_exact;
use crate::object::list::List;
use crate::object::str::Str;
use crate::operations;
use crate::thread::Thread;
use crate::value::{Ref, Value};
use selvedge_compiler::Instruction;
use selvedge_sync::seam::atomic::AtomicU64;

#[inline(never)]
pub(in crate::run) fn get_item(
    thread: &mut Thread,
    frame: Frame,
    word: Instruction,
) -> PyResult<Rest> {
    let (b, c) = (usize::from(word.b()), usize::from(word.c()));
    let (container, key) = (frame.operand(thread, b)?, frame.operand(thread, c)?);
    let result = match items::get(container, key) {
        Some(item) => item,
        None => {
            if let Some(begun) = special::get_item(thread, frame, container, key)? {
                return Ok(Some(begun));
            }
            operations::get_item(thread, container, key)?
        }
    };
    frame.consume(b);
    frame.consume(c);
    frame.set(usize::from(word.a()), result);
    Ok(None)
}

#[inline(never)]
pub(in crate::run) fn set_item(
    thread: &mut Thread,
    frame: Frame,
    word: Instruction,
) -> PyResult<()> {
    let (a, b, c) = (
        usize::from(word.a()),
        usize::from(word.b()),
        usize::from(word.c()),
    );
    let (container, key, value) = (
        frame.operand(thread, a)?,
        frame.operand(thread, b)?,
        frame.operand(thread, c)?,
    );
    if let Some(dict) = downcast_exact::<Dict>(&container) {
        let (key, value) = (key.to_ref(), frame.take(thread, c)?);
        dict.set(thread, key, value)?;
    } else {
        operations::set_item(thread, container, key, Some(value))?;
        frame.consume(c);
    }
    frame.consume(b);
    frame.consume(a);
    Ok(())
}

#[cold]
#[inline(never)]
pub(in crate::run) fn delete_item(
    thread: &mut Thread,
    frame: Frame,
    word: Instruction,
) -> PyResult<()> {
    let (a, b) = (usize::from(word.a()), usize::from(word.b()));
    let (container, key) = (frame.operand(thread, a)?, frame.operand(thread, b)?);
    operations::set_item(thread, container, key, None)?;
    frame.consume(b);
    frame.consume(a);
    Ok(())
}

/// In the cache of an item access: the number of the key's entry.
const ENTRY: u8 = 1;

/// The item of a constant key, if the cache knows where it is.
#[inline(always)]
pub(in crate::run) fn cached_item(dict: &Dict, key: Value, cache: &AtomicU64) -> Option<Ref> {
    dict.hinted(Cached::load(cache).slot as usize, key)
}

/// Sets the item of a constant key, if the cache knows where it is.
#[inline(always)]
pub(in crate::run) fn set_cached_item(
    dict: &Dict,
    key: Value,
    value: Value,
    cache: &AtomicU64,
) -> bool {
    let cached = Cached::load(cache);
    let new = value.to_ref();
    let old = dict.locked(|table| match table.hinted_mut(cached.slot as usize, key) {
        Some(entry) => Ok(core::mem::replace(&mut entry.value, new.into_value())),
        None => Err(new),
    });
    match old {
        Ok(old) => {
            drop(Ref::adopt(old));
            true
        }
        Err(_) => false,
    }
}

fn remember_entry(container: Value, key: Value, cache: &AtomicU64) {
    if let Some(dict) = downcast_exact::<Dict>(&container)
        && downcast_exact::<Str>(&key).is_some()
    {
        let number = dict.locked(|table| {
            table
                .find_name(key)
                .filter(|number| table.hinted(*number, key).is_some())
        });
        if let Some(number) = number {
            Cached::store(ENTRY, number, 1, cache);
        }
    }
}

#[inline(never)]
pub(in crate::run) fn get_item_const(
    thread: &mut Thread,
    frame: Frame,
    word: Instruction,
    key: Value,
    cache: &AtomicU64,
) -> PyResult<Rest> {
    let b = usize::from(word.b());
    let container = frame.operand(thread, b)?;
    let result = match items::get(container, key) {
        Some(item) => item,
        None => {
            if let Some(begun) = special::get_item(thread, frame, container, key)? {
                return Ok(Some(begun));
            }
            operations::get_item(thread, container, key)?
        }
    };
    remember_entry(container, key, cache);
    frame.consume(b);
    frame.set(usize::from(word.a()), result);
    Ok(None)
}

#[inline(never)]
pub(in crate::run) fn set_item_const(
    thread: &mut Thread,
    frame: Frame,
    word: Instruction,
    key: Value,
    cache: &AtomicU64,
) -> PyResult<()> {
    let (a, b) = (usize::from(word.a()), usize::from(word.b()));
    let (container, value) = (frame.operand(thread, a)?, frame.operand(thread, b)?);
    let in_list = downcast_exact::<List>(&container)
        .is_some_and(|list| items::set_in_list(list, key, value.to_ref()).is_ok());
    if !in_list {
        operations::set_item(thread, container, key, Some(value))?;
    }
    remember_entry(container, key, cache);
    frame.consume(b);
    frame.consume(a);
    Ok(())
}
