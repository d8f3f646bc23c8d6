//! What an operation on any value does: find the type's slot, call it, word the error.

mod indexing;
mod iterating;
mod membership;
mod sending;

pub use indexing::{as_int, index};
pub(crate) use indexing::{count, index_clamped, is_index, sized};
pub use iterating::{collect, for_each, iter, next};
pub use membership::{is_instance, is_subclass};
pub use sending::{Sent, send};
pub(crate) use sending::{or_returned, or_stop_iteration, show_unraisable, throw, warn};

use crate::error::PyResult;
use crate::object::class;
use crate::object::dict::same_key;
use crate::object::exception;
use crate::object::list::List;
use crate::object::native::Args;
use crate::object::str::Str;

use crate::object::{
    BinaryOp, CompareOp, Type, UnaryOp, downcast, downcast_exact, int, singletons,
};
use crate::thread::Thread;
use crate::value::{Ref, Value};

/// `hash(value)`, as the table of a dictionary wants it.
///
/// # Errors
/// `TypeError` for an unhashable type, and what `__hash__` raises.
#[inline]
pub fn hash(thread: &mut Thread, value: Value) -> PyResult<u64> {
    if let Some(string) = downcast_exact::<Str>(&value) {
        return Ok(string.hash());
    }
    if let Some(int) = value.as_int() {
        return Ok(int::hash_word(int));
    }
    match value.ty().hash() {
        Some(slot) => thread.nested(|thread| slot(thread, value)),
        None => Err(thread.type_error(format!("unhashable type: '{}'", value.ty().name()))),
    }
}

/// As [`hash`], for a value that is to be `role`: an error says so.
///
/// # Errors
/// As [`hash`].
#[inline]
pub(crate) fn hash_as(thread: &mut Thread, value: Value, role: &str) -> PyResult<u64> {
    hash(thread, value).map_err(|raised| {
        let exact = thread
            .raised
            .as_ref()
            .is_some_and(|error| *error.ty() == exception::TYPE_ERROR);
        if !exact {
            return raised;
        }
        let error = thread.take_raised();
        let why = str_text(thread, *error).unwrap_or_default();
        let name = value.ty().full_name();
        thread.type_error(format!("cannot use '{name}' as {role} ({why})"))
    })
}

/// `left == right`, identity counting as equality.
///
/// # Errors
/// What comparing raises.
pub fn equals(thread: &mut Thread, left: Value, right: Value) -> PyResult<bool> {
    if let Some(known) = same_key(left, right) {
        return Ok(known);
    }
    let result = compare(thread, CompareOp::Eq, left, right)?;
    truth(thread, *result)
}

/// `bool(value)`.
///
/// # Errors
/// What `__bool__` or `__len__` raises.
#[inline]
pub fn truth(thread: &mut Thread, value: Value) -> PyResult<bool> {
    if let Some(int) = value.as_int() {
        return Ok(int != 0);
    }
    if let Some(known) = singletons::truth(value) {
        return Ok(known);
    }
    if let Some(list) = downcast_exact::<List>(&value) {
        return Ok(!list.is_empty());
    }
    if let Some(string) = downcast_exact::<Str>(&value) {
        return Ok(!string.is_empty());
    }
    let ty = value.ty();
    if let Some(slot) = ty.truth() {
        return slot(thread, value);
    }
    match ty.len() {
        Some(slot) => Ok(slot(thread, value)? != 0),
        None => Ok(true),
    }
}

/// `repr(value)`.
///
/// # Errors
/// What `__repr__` raises.
pub fn repr(thread: &mut Thread, value: Value) -> PyResult {
    let slot = value.ty().repr().expect("`object` has a repr");
    thread.nested(|thread| slot(thread, value))
}

/// `repr(value)` as text.
///
/// # Errors
/// What `__repr__` raises.
pub fn repr_text(thread: &mut Thread, value: Value) -> PyResult<String> {
    let string = repr(thread, value)?;
    Ok(downcast::<Str>(&string)
        .map(|string| string.to_utf8_lossy().into_owned())
        .unwrap_or_default())
}

/// What `make` makes of a container's `repr`; nothing if that is being made already: the container
/// contains itself.
///
/// # Errors
/// What `make` raises.
pub fn repr_once(
    thread: &mut Thread,
    value: Value,
    make: impl FnOnce(&mut Thread) -> PyResult<String>,
) -> PyResult<Option<String>> {
    if !thread.enter_repr(value) {
        return Ok(None);
    }
    let made = make(thread);
    thread.leave_repr(value);
    made.map(Some)
}

/// `ascii(value)` as text.
///
/// # Errors
/// What `__repr__` raises.
pub(crate) fn ascii_text(thread: &mut Thread, value: Value) -> PyResult<String> {
    let string = repr(thread, value)?;
    let mut out = String::new();
    let escape = |out: &mut String, escape: String| out.push_str(&escape);
    for point in downcast::<Str>(&string)
        .into_iter()
        .flat_map(|string| string.code_points().iter())
    {
        match point {
            0..=0x7f => out.push(char::from(point as u8)),
            0x80..=0xff => escape(&mut out, format!("\\x{point:02x}")),
            0x100..=0xffff => escape(&mut out, format!("\\u{point:04x}")),
            _ => escape(&mut out, format!("\\U{point:08x}")),
        }
    }
    Ok(out)
}

/// `str(value)`.
///
/// # Errors
/// What `__str__` or `__repr__` raises.
pub fn str(thread: &mut Thread, value: Value) -> PyResult {
    if downcast_exact::<Str>(&value).is_some() {
        return Ok(value.to_ref());
    }
    match value.ty().str() {
        Some(slot) => thread.nested(|thread| slot(thread, value)),
        None => repr(thread, value),
    }
}

/// `str(value)` as text.
///
/// # Errors
/// What `__str__` or `__repr__` raises.
pub fn str_text(thread: &mut Thread, value: Value) -> PyResult<String> {
    let string = str(thread, value)?;
    Ok(downcast::<Str>(&string)
        .map(|string| string.to_utf8_lossy().into_owned())
        .unwrap_or_default())
}

/// `value.name`.
///
/// # Errors
/// `AttributeError`, and what a descriptor raises.
pub fn get_attr(thread: &mut Thread, value: Value, name: Value) -> PyResult {
    let slot = value.ty().get_attr().expect("`object` has attributes");
    slot(thread, value, name)
}

/// `value.name` for a name known here.
///
/// # Errors
/// `AttributeError`, and what a descriptor raises.
pub fn get_attr_named(thread: &mut Thread, value: Value, name: &str) -> PyResult {
    let name = thread.interpreter().intern(name);
    get_attr(thread, value, *name)
}

/// `value.name = new`, or `del value.name`.
///
/// # Errors
/// `AttributeError`, and what a descriptor raises.
pub fn set_attr(
    thread: &mut Thread,
    value: Value,
    name: Value,
    new: Option<Value>,
) -> PyResult<()> {
    let slot = value.ty().set_attr().expect("`object` has attributes");
    slot(thread, value, name, new)
}

/// `callee(*args)`.
///
/// # Errors
/// `TypeError` if it cannot be called, and what it raises.
pub fn call(thread: &mut Thread, callee: Value, args: &Args<'_>) -> PyResult {
    match callee.ty().call() {
        Some(slot) => thread.nested(|thread| slot(thread, callee, args)),
        None => Err(not_callable(thread, callee)),
    }
}

#[cold]
pub(crate) fn not_callable(thread: &mut Thread, callee: Value) -> crate::error::Raised {
    thread.type_error(format!("'{}' object is not callable", callee.ty().name()))
}

/// `value.name(*args)`.
///
/// # Errors
/// `AttributeError`, and what the method raises.
pub fn call_method(thread: &mut Thread, value: Value, name: &str, args: &[Value]) -> PyResult {
    let method = get_attr_named(thread, value, name)?;
    call(thread, *method, &Args::new(args))
}

/// `len(value)`.
///
/// # Errors
/// `TypeError` if it has none, and what `__len__` raises.
pub fn len(thread: &mut Thread, value: Value) -> PyResult<usize> {
    match value.ty().len() {
        Some(slot) => slot(thread, value),
        None => Err(thread.type_error(format!(
            "object of type '{}' has no len()",
            value.ty().name()
        ))),
    }
}

/// `value[key]`.
///
/// # Errors
/// `TypeError` if it cannot be subscripted, and what `__getitem__` raises.
pub fn get_item(thread: &mut Thread, value: Value, key: Value) -> PyResult {
    match value.ty().get_item() {
        Some(slot) => slot(thread, value, key),
        None if class::as_type(value).is_some() => class::subscript(thread, value, key),
        None => Err(thread.type_error(format!(
            "'{}' object is not subscriptable",
            value.ty().name()
        ))),
    }
}

/// `value[key] = new`, or `del value[key]`.
///
/// # Errors
/// `TypeError` if it does not support that, and what `__setitem__` or `__delitem__` raises.
pub fn set_item(thread: &mut Thread, value: Value, key: Value, new: Option<Value>) -> PyResult<()> {
    match value.ty().set_item() {
        Some(slot) => slot(thread, value, key, new),
        None => {
            let verb = if new.is_some() {
                "assignment"
            } else {
                "deletion"
            };
            Err(thread.type_error(format!(
                "'{}' object does not support item {verb}",
                value.ty().name()
            )))
        }
    }
}

/// `item in container`.
///
/// # Errors
/// `TypeError` if it is no container, and what comparing raises.
pub fn contains(thread: &mut Thread, container: Value, item: Value) -> PyResult<bool> {
    if let Some(slot) = container.ty().contains() {
        return slot(thread, container, item);
    }
    if container.ty().iter().is_none() && container.ty().get_item().is_none() {
        let name = container.ty().name();
        return Err(thread.type_error(format!(
            "argument of type '{name}' is not a container or iterable"
        )));
    }
    let iterator = iter(thread, container)?;
    while let Some(candidate) = next(thread, *iterator)? {
        if equals(thread, *candidate, item)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// `left op right`.
///
/// # Errors
/// `TypeError` if neither knows how, and what either raises.
pub fn binary(thread: &mut Thread, op: BinaryOp, left: Value, right: Value) -> PyResult {
    match binary_or_none(thread, op, left, right)? {
        Some(result) => Ok(result),
        None => Err(unsupported(thread, op.symbol(), left, right)),
    }
}

/// `left op= right`.
///
/// # Errors
/// As [`binary`].
pub fn inplace(thread: &mut Thread, op: BinaryOp, left: Value, right: Value) -> PyResult {
    if let Some(slot) = left.ty().inplace()
        && let Some(result) = slot(thread, op, left, right)?
    {
        return Ok(result);
    }
    match binary_or_none(thread, op, left, right)? {
        Some(result) => Ok(result),
        None => Err(unsupported(thread, shown_operator(op, true), left, right)),
    }
}

/// `left op right`, where a method of `left`'s class has been asked and does not know how.
///
/// # Errors
/// As [`binary`].
pub(crate) fn binary_otherwise(
    thread: &mut Thread,
    op: BinaryOp,
    inplace: bool,
    left: Value,
    right: Value,
) -> PyResult {
    let result = if core::ptr::eq(left.ty(), right.ty()) {
        None
    } else {
        class::reflected(thread, op, left, right)?
    };
    match result {
        Some(result) => Ok(result),
        None => Err(unsupported(
            thread,
            shown_operator(op, inplace),
            left,
            right,
        )),
    }
}

/// An operator as messages show it.
fn shown_operator(op: BinaryOp, inplace: bool) -> &'static str {
    match (op, inplace) {
        (_, false) => op.symbol(),
        (BinaryOp::Pow, true) => "**=",
        (_, true) => op.inplace_symbol(),
    }
}

fn binary_or_none(
    thread: &mut Thread,
    op: BinaryOp,
    left: Value,
    right: Value,
) -> PyResult<Option<Ref>> {
    let (left_type, right_type) = (left.ty(), right.ty());
    let left_slot = left_type.binary();
    // A slot that both have asks both.
    let right_slot = right_type
        .binary()
        .filter(|right| left_slot.is_none_or(|left| !core::ptr::fn_addr_eq(left, *right)));
    // A subclass on the right goes first: it knows more.
    let right_first = right_slot.is_some() && right_type.is_subtype(left_type);
    let slots = if right_first {
        [right_slot, left_slot]
    } else {
        [left_slot, right_slot]
    };
    for slot in slots.into_iter().flatten() {
        if let Some(result) = slot(thread, op, left, right)? {
            return Ok(Some(result));
        }
    }
    Ok(None)
}

#[cold]
fn unsupported(
    thread: &mut Thread,
    symbol: &str,
    left: Value,
    right: Value,
) -> crate::error::Raised {
    let repeats = |value: Value| {
        let ty = value.ty();
        !ty.is_heap() && matches!(ty.name(), "str" | "list" | "tuple" | "bytes" | "bytearray")
    };
    if matches!(symbol, "*" | "*=") && (repeats(left) || repeats(right)) {
        let count = if repeats(left) { right } else { left };
        return thread.type_error(format!(
            "can't multiply sequence by non-int of type '{}'",
            count.ty().name()
        ));
    }
    thread.type_error(format!(
        "unsupported operand type(s) for {symbol}: '{}' and '{}'",
        left.ty().name(),
        right.ty().name()
    ))
}

/// `op value`.
///
/// # Errors
/// `TypeError` if the type does not support it, and what the method raises.
pub fn unary(thread: &mut Thread, op: UnaryOp, value: Value) -> PyResult {
    if let Some(slot) = value.ty().unary()
        && let Some(result) = slot(thread, op, value)?
    {
        return Ok(result);
    }
    Err(thread.type_error(format!(
        "bad operand type for unary {}: '{}'",
        op.symbol(),
        value.ty().name()
    )))
}

/// `left op right` of a comparison.
///
/// # Errors
/// `TypeError` if the two cannot be ordered, and what the methods raise.
pub fn compare(thread: &mut Thread, op: CompareOp, left: Value, right: Value) -> PyResult {
    let (left_type, right_type) = (left.ty(), right.ty());
    let right_first = !core::ptr::eq(left_type, right_type) && right_type.is_subtype(left_type);
    if right_first
        && let Some(slot) = right_type.compare()
        && let Some(result) = thread.nested(|thread| slot(thread, op.swapped(), right, left))?
    {
        return Ok(result);
    }
    if let Some(slot) = left_type.compare()
        && let Some(result) = thread.nested(|thread| slot(thread, op, left, right))?
    {
        return Ok(result);
    }
    if !right_first
        && let Some(slot) = right_type.compare()
        && let Some(result) = thread.nested(|thread| slot(thread, op.swapped(), right, left))?
    {
        return Ok(result);
    }
    match op {
        CompareOp::Eq => Ok(singletons::bool(left.is(right))),
        CompareOp::Ne => Ok(singletons::bool(!left.is(right))),
        _ => Err(thread.type_error(format!(
            "'{}' not supported between instances of '{}' and '{}'",
            op.symbol(),
            left_type.name(),
            right_type.name()
        ))),
    }
}

/// What `builtins` has under this name.
///
/// # Errors
/// `NameError` if a program has deleted it.
pub fn builtin(thread: &mut Thread, name: &str) -> PyResult {
    let key = thread.interpreter().intern(name);
    let found = thread.interpreter().builtins().get_name(*key);
    found.ok_or_else(|| {
        let text = format!("name '{name}' is not defined");
        thread.raise_text(&exception::NAME_ERROR, text)
    })
}

/// The text of a string argument.
///
/// # Errors
/// `TypeError` if it is no string.
pub fn text(thread: &mut Thread, value: Value, what: &str) -> PyResult<String> {
    match downcast::<Str>(&value) {
        Some(string) => Ok(string.to_utf8_lossy().into_owned()),
        None => Err(thread.type_error(format!("{what} must be str, not {}", value.ty().name()))),
    }
}

/// The type that `value` is, or an error.
pub(crate) fn require_type(
    thread: &mut Thread,
    value: Value,
    what: &str,
) -> PyResult<&'static Type> {
    class::as_type(value).ok_or_else(|| {
        thread.type_error(format!("{what} must be a type, not {}", value.ty().name()))
    })
}
