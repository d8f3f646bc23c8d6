//! Values as integers: indices, counts and sizes.

use super::call_method;
use crate::error::PyResult;
use crate::object::{Type, class, exception, int};
use crate::thread::Thread;
use crate::value::Value;

/// Whether the value can be an index: an integer, or anything with `__index__`.
pub(crate) fn is_index(thread: &mut Thread, value: Value) -> bool {
    value.is_int()
        || int::to_i64(value).is_some()
        || class::has_special(value.ty(), thread, "__index__")
}

/// `operator.index(value)`: an `int`.
///
/// # Errors
/// `TypeError` if it is no integer, and what `__index__` raises.
pub fn as_int(thread: &mut Thread, value: Value) -> PyResult {
    if int::to_i64(value).is_some() {
        return Ok(value.to_ref());
    }
    let name = value.ty().name();
    if !class::has_special(value.ty(), thread, "__index__") {
        return Err(thread.type_error(format!(
            "'{name}' object cannot be interpreted as an integer"
        )));
    }
    let index = call_method(thread, value, "__index__", &[])?;
    if int::to_i64(*index).is_none() {
        let got = index.ty().name();
        return Err(thread.type_error(format!("{name}.__index__() must return an int, not {got}")));
    }
    Ok(index)
}

/// As [`index`], with the nearest integer that fits in place of one that does not.
///
/// # Errors
/// `TypeError` if it is no integer, and what `__index__` raises.
pub(crate) fn index_clamped(thread: &mut Thread, value: Value) -> PyResult<i64> {
    let int = as_int(thread, value)?;
    Ok(match int::to_i64(*int) {
        Some(Ok(index)) => index,
        _ if int::big(*int).is_some_and(|int| *int < dashu_int::IBig::ZERO) => i64::MIN / 2,
        _ => i64::MAX / 2,
    })
}

/// The value as an index or count: any integer that fits.
///
/// # Errors
/// `TypeError` if it is no integer, `IndexError` if it does not fit.
pub fn index(thread: &mut Thread, value: Value) -> PyResult<i64> {
    if let Some(int) = value.as_int() {
        return Ok(int);
    }
    index_or(thread, value, &exception::INDEX_ERROR)
}

/// As [`index`] for the size of something.
///
/// # Errors
/// `TypeError` if it is no integer, `OverflowError` if it does not fit.
pub(crate) fn sized(thread: &mut Thread, value: Value) -> PyResult<i64> {
    index_or(thread, value, &exception::OVERFLOW_ERROR)
}

/// As [`sized`], with 0 in place of what is negative.
///
/// # Errors
/// As [`sized`].
pub(crate) fn count(thread: &mut Thread, value: Value) -> PyResult<usize> {
    Ok(usize::try_from(sized(thread, value)?).unwrap_or(0))
}

/// As [`index`], with an exception of type `ty` for what does not fit.
fn index_or(thread: &mut Thread, value: Value, ty: &'static Type) -> PyResult<i64> {
    match int::to_i64(value) {
        Some(Ok(int)) => Ok(int),
        Some(Err(())) => Err(thread.raise_text(ty, "cannot fit 'int' into an index-sized integer")),
        None => {
            let int = as_int(thread, value)?;
            index_or(thread, *int, ty)
        }
    }
}
