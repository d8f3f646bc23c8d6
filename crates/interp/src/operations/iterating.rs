//! What iterates over any value.

use crate::error::PyResult;
use crate::object::iterators::SequenceIterator;
use crate::object::list::List;
use crate::object::tuple::{Tuple, check_size};
use crate::object::{class, downcast_exact, exception};
use crate::thread::Thread;
use crate::value::{Ref, Value};

/// `iter(value)`.
///
/// # Errors
/// `TypeError` if it cannot be iterated, and what `__iter__` raises.
pub fn iter(thread: &mut Thread, value: Value) -> PyResult {
    let ty = value.ty();
    if let Some(slot) = ty.iter() {
        return slot(thread, value);
    }
    if ty.get_item().is_some() && class::has_special(ty, thread, "__getitem__") {
        return Ok(SequenceIterator::new(value.to_ref()));
    }
    Err(thread.type_error(format!("'{}' object is not iterable", ty.name())))
}

/// `next(iterator)`, or `None` at the end.
///
/// # Errors
/// `TypeError` if it is no iterator, and what `__next__` raises.
#[inline]
pub fn next(thread: &mut Thread, iterator: Value) -> PyResult<Option<Ref>> {
    if let Some(item) =
        downcast_exact::<SequenceIterator>(&iterator).and_then(SequenceIterator::next_at_hand)
    {
        return Ok(Some(item));
    }
    match iterator.ty().next() {
        Some(slot) => slot(thread, iterator),
        None => Err(thread.type_error(format!(
            "'{}' object is not an iterator",
            iterator.ty().name()
        ))),
    }
}

/// Calls `f` with each item of the iterable `value`.
///
/// # Errors
/// What iterating or `f` raises.
pub fn for_each(
    thread: &mut Thread,
    value: Value,
    mut f: impl FnMut(&mut Thread, Ref) -> PyResult<()>,
) -> PyResult<()> {
    let iterator = iter(thread, value)?;
    while let Some(item) = next(thread, *iterator)? {
        f(thread, item)?;
    }
    Ok(())
}

/// The items of the iterable `value`.
///
/// # Errors
/// What iterating raises.
pub fn collect(thread: &mut Thread, value: Value) -> PyResult<Vec<Ref>> {
    if let Some(tuple) = downcast_exact::<Tuple>(&value) {
        return Ok(tuple.items().iter().map(|item| item.to_ref()).collect());
    }
    if let Some(list) = downcast_exact::<List>(&value) {
        return Ok(list.to_vec());
    }
    let mut items = Vec::new();
    if let Some(len) = value.ty().len()
        && !value.ty().is_heap()
    {
        let len = len(thread, value)?;
        check_size(thread, len, 1, size_of::<Value>())?;
        items.reserve(len);
    }
    for_each(thread, value, |thread, item| {
        // An iterable without end must not end the process.
        if items.try_reserve(1).is_err() {
            return Err(thread.raise_with(&exception::MEMORY_ERROR, &[]));
        }
        items.push(item);
        Ok(())
    })?;
    Ok(items)
}
