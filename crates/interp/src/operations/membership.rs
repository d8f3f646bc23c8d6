//! `isinstance` and `issubclass`.

use super::{call, truth};
use crate::error::PyResult;
use crate::object::class;
use crate::object::exception;
use crate::object::native::{Args, GETTER_TYPE};
use crate::object::tuple::Tuple;
use crate::object::union;
use crate::object::{Type, downcast};
use crate::thread::Thread;
use crate::value::Value;

/// Whether `value` is an instance of `class`, a class or a tuple of classes.
///
/// # Errors
/// `TypeError` if `class` is neither.
pub fn is_instance(thread: &mut Thread, value: Value, class: Value) -> PyResult<bool> {
    let members = union::members(class);
    if let Some(tuple) = downcast::<Tuple>(members.as_deref().unwrap_or(&class)) {
        for class in tuple.items() {
            if thread.nested(|thread| is_instance(thread, value, *class))? {
                return Ok(true);
            }
        }
        return Ok(false);
    }
    if value.ty().value().is(class) {
        return Ok(true);
    }
    if let Some(verdict) = ask_metaclass(thread, class, "__instancecheck__", value)? {
        return Ok(verdict);
    }
    match class::as_type(class) {
        Some(ty) => Ok(value.ty().is_subtype(ty) || claims_class(thread, value, ty)?),
        None => {
            Err(thread
                .type_error("isinstance() arg 2 must be a type, a tuple of types, or a union"))
        }
    }
}

/// Whether `value.__class__`, where that is not simply its type, derives from `class`.
fn claims_class(thread: &mut Thread, value: Value, class: &'static Type) -> PyResult<bool> {
    let (ty, name) = (value.ty(), thread.interpreter().intern("__class__"));
    let simple = ty
        .lookup(*name)
        .is_some_and(|found| found.is_exactly(&GETTER_TYPE));
    if simple && class::reads_generically(thread, ty) {
        return Ok(false);
    }
    match super::get_attr(thread, value, *name) {
        Ok(claimed) => Ok(class::as_type(*claimed).is_some_and(|ty| ty.is_subtype(class))),
        Err(raised) => {
            thread.swallow(raised, &exception::ATTRIBUTE_ERROR)?;
            Ok(false)
        }
    }
}

/// What the class of a class, written in Python, says of a value or class; nothing if it has no
/// say.
fn ask_metaclass(
    thread: &mut Thread,
    class: Value,
    hook: &str,
    what: Value,
) -> PyResult<Option<bool>> {
    if !class.ty().is_heap() {
        return Ok(None);
    }
    match class::special_method(thread, class, hook)? {
        Some(method) => {
            let verdict = call(thread, *method, &Args::new(&[what]))?;
            truth(thread, *verdict).map(Some)
        }
        None => Ok(None),
    }
}

/// Whether the class `class` derives from `base`, a class or a tuple of classes.
///
/// # Errors
/// `TypeError` if either is no class, and what a metaclass raises.
pub fn is_subclass(thread: &mut Thread, class: Value, base: Value) -> PyResult<bool> {
    let members = union::members(base);
    if let Some(tuple) = downcast::<Tuple>(members.as_deref().unwrap_or(&base)) {
        for base in tuple.items() {
            if thread.nested(|thread| is_subclass(thread, class, *base))? {
                return Ok(true);
            }
        }
        return Ok(false);
    }
    if let Some(verdict) = ask_metaclass(thread, base, "__subclasscheck__", class)? {
        return Ok(verdict);
    }
    let Some(ty) = class::as_type(class) else {
        return Err(thread.type_error("issubclass() arg 1 must be a class"));
    };
    match class::as_type(base) {
        Some(base) => Ok(ty.is_subtype(base)),
        None => {
            Err(thread
                .type_error("issubclass() arg 2 must be a class, a tuple of classes, or a union"))
        }
    }
}
