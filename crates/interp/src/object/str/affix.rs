//! `startswith` and `endswith`.

use super::Str;
use super::methods::{bounds, receiver, string};
use crate::error::PyResult;
use crate::object::native::Args;
use crate::object::tuple::Tuple;
use crate::object::{downcast, downcast_exact, singletons};
use crate::thread::Thread;
use crate::value::Value;

/// Whether a string begins or ends with another; nothing where that is no string.
fn has_affix(this: Value, part: Value, at_end: bool) -> Option<bool> {
    let (this, part) = (
        string(&this).code_points(),
        downcast_exact::<Str>(&part)?.code_points(),
    );
    let room = this.len().checked_sub(part.len());
    Some(room.is_some_and(|room| this.has_at(part, if at_end { room } else { 0 })))
}

/// `method`, with one argument.
pub(super) fn of_one(
    thread: &mut Thread,
    this: Value,
    part: Value,
    method: &str,
    at_end: bool,
) -> PyResult {
    match has_affix(this, part, at_end) {
        Some(truth) => Ok(singletons::bool(truth)),
        None => of_any(thread, &Args::new(&[this, part]), method, at_end),
    }
}

/// `method`, with any arguments.
pub(super) fn of_any(thread: &mut Thread, args: &Args<'_>, method: &str, at_end: bool) -> PyResult {
    let (this, rest) = receiver(thread, args, method)?;
    let given = rest.between(thread, method, 1, 3)?;
    let (start, end) = bounds(thread, &given[1..], string(&this).len())?;
    let parts = match downcast::<Tuple>(&given[0]) {
        Some(tuple) => tuple.items(),
        None => &given[..1],
    };
    for part in parts {
        let Some(part) = downcast::<Str>(part) else {
            let name = part.ty().name();
            return Err(
                thread.type_error(if downcast::<Tuple>(&given[0]).is_some() {
                    format!("tuple for {method} must only contain str, not {name}")
                } else {
                    format!("{method} first arg must be str or a tuple of str, not {name}")
                }),
            );
        };
        if start > end {
            continue;
        }
        let (points, part) = (
            string(&this).code_points().part(start, end),
            part.code_points(),
        );
        let place = if at_end {
            points.len().checked_sub(part.len())
        } else {
            Some(0)
        };
        if place.is_some_and(|place| points.has_at(part, place)) {
            return Ok(singletons::true_());
        }
    }
    Ok(singletons::false_())
}
