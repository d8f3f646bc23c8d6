//! Classes as objects: calling them, and their own attributes.

use super::{
    annotations, bind, call_get, is_descriptor_with, is_plain_attribute, names, no_attribute,
    set_by_descriptor, ty,
};
use crate::error::PyResult;
use crate::interpreter::Interpreter;
use crate::object::method::{
    CLASS_METHOD_TYPE, Method, PROPERTY_TYPE, STATIC_METHOD_TYPE, descriptor,
};
use crate::object::native::{Args, Binding, GETTER_TYPE, Native};
use crate::object::str::{Str, name_text};
use crate::object::{Type, singletons};
use crate::thread::Thread;
use crate::value::{Ref, Value};

pub(super) fn repr_type(_: &mut Thread, value: Value) -> PyResult {
    Ok(Str::new(&format!("<class '{}'>", ty(value).full_name())))
}

pub(super) fn call_type(thread: &mut Thread, callee: Value, args: &Args<'_>) -> PyResult {
    let class = ty(callee);
    match class.construct() {
        Some(construct) if !class.is_heap() => construct(thread, class, args),
        Some(construct) if super::specials::has_new(construct) => construct(thread, class, args),
        Some(_) => super::derived::construct(thread, class, args),
        None => Err(thread.type_error(format!("cannot create '{}' instances", class.name()))),
    }
}

pub(super) fn get_type_attr(thread: &mut Thread, value: Value, name: Value) -> PyResult {
    let (class, meta) = (ty(value), value.ty());
    if let Some(attribute) = meta_descriptor(thread, meta, name) {
        return bind(thread, attribute, value, meta);
    }
    if class.is_heap()
        && let Some(found) = annotations::of_class(thread, class, name)?
    {
        return Ok(found);
    }
    if let Some(found) = names::own_attribute(class, name) {
        return Ok(found);
    }
    if let Some(attribute) = class.lookup(name)
        && let Some(found) = class_attribute(thread, attribute, value)?
    {
        return Ok(found);
    }
    match meta.lookup(name) {
        Some(attribute) => bind(thread, attribute, value, meta),
        None => Err(no_attribute(thread, value, name)),
    }
}

/// The attribute that a metaclass written in Python has for this name, if it comes before what
/// the class has.
fn meta_descriptor(thread: &mut Thread, meta: &'static Type, name: Value) -> Option<Value> {
    if !meta.is_heap() {
        return None;
    }
    let attribute = meta.lookup(name)?;
    let first = attribute.is_exactly(&PROPERTY_TYPE)
        || is_descriptor_with(attribute, thread, &["__set__", "__delete__"])
            && !attribute.is_exactly(&GETTER_TYPE);
    first.then_some(attribute)
}

/// An attribute of a class, read through the class; nothing for what `object` has for instances
/// and classes have from `type`.
fn class_attribute(thread: &mut Thread, attribute: Value, value: Value) -> PyResult<Option<Ref>> {
    if let Some(native) = Native::of(&attribute) {
        return Ok(match native.def().binding {
            Binding::ClassMethod => Some(Native::bound(native.def(), value.to_ref())),
            _ => Some(attribute.to_ref()),
        });
    }
    if let Some(wrapper) = descriptor(&attribute) {
        return Ok(Some(if attribute.is_exactly(&CLASS_METHOD_TYPE) {
            Method::new(wrapper.get.clone(), value.to_ref())
        } else if attribute.is_exactly(&STATIC_METHOD_TYPE) {
            wrapper.get.clone()
        } else {
            attribute.to_ref()
        }));
    }
    if is_descriptor_with(attribute, thread, &["__get__"]) {
        return call_get(thread, attribute, singletons::none_value(), ty(value)).map(Some);
    }
    Ok(Some(attribute.to_ref()))
}

pub(super) fn set_type_attr(
    thread: &mut Thread,
    value: Value,
    name: Value,
    new: Option<Value>,
) -> PyResult<()> {
    let class = ty(value);
    if meta_descriptor(thread, value.ty(), name).is_some()
        && set_by_descriptor(thread, value, name, new)?
    {
        return Ok(());
    }
    if !class.is_heap() {
        let (name, class) = (name_text(&name), class.name());
        return Err(thread.type_error(format!(
            "cannot set '{name}' attribute of immutable type '{class}'"
        )));
    }
    if names::set_own_attribute(thread, class, name, new)? {
        return Ok(());
    }
    if new.is_none() && class.attributes.get(name).is_none() {
        return Err(no_attribute(thread, value, name));
    }
    let name = thread.interpreter().intern_string(name.to_ref());
    let new = new.map(Value::to_ref);
    let plain = match (&new, class.attributes.get(*name)) {
        // Instances go on finding the new value where they found the old one.
        (Some(new), Some(old)) => {
            is_plain_attribute(thread, **new) && is_plain_attribute(thread, old)
        }
        _ => false,
    };
    let old = thread.alone(|interpreter| {
        let old = match new {
            // SAFETY: nobody else runs Python code of the interpreter.
            Some(new) => unsafe { class.attributes.set(name.clone(), new) },
            None => {
                // A table that was noted by name forgets it before the name may go.
                forget(interpreter, class);
                // SAFETY: as above.
                unsafe { class.attributes.remove(*name) }
            }
        };
        if plain {
            refresh(interpreter, class, *name);
        } else {
            forget(interpreter, class);
        }
        if name_text(&name).starts_with("__") {
            update_slots(interpreter, class);
        }
        old
    });
    // Releasing it may run Python code.
    drop(old);
    Ok(())
}

/// Makes caches forget what they know of a class and of those that derive from it. The caller is
/// alone.
pub(super) fn forget(interpreter: &Interpreter, class: &'static Type) {
    class.forget();
    for derived in interpreter.subclasses.of(class) {
        forget(interpreter, ty(*derived));
    }
}

/// Lets caches find the present value of a class attribute. The caller is alone.
fn refresh(interpreter: &Interpreter, class: &'static Type, name: Value) {
    class.refresh(name);
    for derived in interpreter.subclasses.of(class) {
        refresh(interpreter, ty(*derived), name);
    }
}

/// Makes the slots of a class and of those that derive from it follow their attributes. The
/// caller is alone.
fn update_slots(interpreter: &Interpreter, class: &'static Type) {
    // SAFETY: nobody else runs Python code of the interpreter.
    unsafe { super::build::update_slots(interpreter, class) };
    for derived in interpreter.subclasses.of(class) {
        update_slots(interpreter, ty(*derived));
    }
}
