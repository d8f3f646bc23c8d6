//! Reading and writing attributes as `object` does: descriptors, then what the instance has by
//! itself, then what its class has.

use super::members::{MEMBER_TYPE, Member};
use super::{as_type, dict_of, has_special, members};
use crate::error::{PyResult, Raised};
use crate::object::dict::Dict;
use crate::object::function::{FUNCTION_TYPE, Function};
use crate::object::instance::Instance;
use crate::object::method::{
    CLASS_METHOD_TYPE, Method, PROPERTY_TYPE, STATIC_METHOD_TYPE, descriptor,
};
use crate::object::native::{self, Args, Binding, GETTER_TYPE, NATIVE_TYPE, Native};
use crate::object::str::name_text;
use crate::object::wrapper::{self, WRAPPER_TYPE};
use crate::object::{Type, downcast, downcast_exact, exception, extension, singletons};
use crate::operations;
use crate::thread::Thread;
use crate::value::{Ref, Value};

#[cold]
pub(crate) fn no_attribute(thread: &mut Thread, value: Value, name: Value) -> Raised {
    let (ty, shown) = (value.ty().name(), name_text(&name));
    let text = match as_type(value) {
        Some(class) => format!("type object '{}' has no attribute '{shown}'", class.name()),
        None => format!("'{ty}' object has no attribute '{shown}'"),
    };
    let raised = thread.raise_text(&exception::ATTRIBUTE_ERROR, text);
    thread.describe_raised(&[("name", name), ("obj", value)]);
    raised
}

/// `value.name` as `object` looks it up: data descriptors of the type, then the instance's own
/// attributes, then the type's, then `__getattr__`.
pub(crate) fn generic_get_attr(thread: &mut Thread, value: Value, name: Value) -> PyResult {
    match generic_find_attr(thread, value, name)? {
        Some(found) => Ok(found),
        None => Err(no_attribute(thread, value, name)),
    }
}

/// As [`generic_get_attr`], but nothing if there is no such attribute.
fn generic_find_attr(thread: &mut Thread, value: Value, name: Value) -> PyResult<Option<Ref>> {
    let ty = value.ty();
    let found = ty.lookup(name);
    if let Some(attribute) = found
        && is_data_descriptor(thread, attribute)
    {
        if let Some(property) = descriptor(&attribute)
            && singletons::is_none(*property.get)
        {
            let (owner, name) = (ty.name(), name_text(&name));
            let text = format!("property '{name}' of '{owner}' object has no getter");
            return Err(thread.raise_text(&exception::ATTRIBUTE_ERROR, text));
        }
        return bind(thread, attribute, value, ty).map(Some);
    }
    if let Some(own) = own_attribute(value, name) {
        return Ok(Some(own));
    }
    match found {
        Some(attribute) => bind(thread, attribute, value, ty).map(Some),
        None if ty.is_open() && name_text(&name) == "__dict__" => Ok(Some(own_dict(value))),
        None => Ok(None),
    }
}

/// The attribute `name` that a value has by itself.
fn own_attribute(value: Value, name: Value) -> Option<Ref> {
    match Instance::of(&value) {
        Some(instance) => instance.get(name),
        None => extension::get(value, name),
    }
}

/// The dictionary of the attributes of a value whose type allows some.
fn own_dict(value: Value) -> Ref {
    match Instance::of(&value) {
        Some(instance) => instance.dict(),
        None => extension::dict(value),
    }
}

/// The names of the attributes that a value has by itself.
pub(crate) fn own_names(value: Value) -> Vec<String> {
    let names = match Instance::of(&value) {
        Some(instance) => instance.names(),
        None => extension::names(value),
    };
    names
        .iter()
        .map(|name| name_text(name).into_owned())
        .collect()
}

/// Whether a value, found as an attribute of a class, has one of these methods of descriptors.
pub(super) fn is_descriptor_with(value: Value, thread: &mut Thread, names: &[&str]) -> bool {
    value.ty().may_be_descriptor()
        && names
            .iter()
            .any(|name| has_special(value.ty(), thread, name))
}

/// How the type's layout reads attributes, whatever special methods it has.
fn default_reader(value: Value) -> fn(&mut Thread, Value, Value) -> PyResult {
    let solid = value.ty().mro().find(|ty| !ty.is_heap());
    solid.and_then(Type::get_attr).unwrap_or(generic_get_attr)
}

/// Reads an attribute as the type's layout does, whatever special methods it has.
pub(crate) fn default_get_attr(thread: &mut Thread, value: Value, name: Value) -> PyResult {
    default_reader(value)(thread, value, name)
}

/// As [`default_get_attr`], but nothing where that is sure to mean that there is no such attribute.
pub(super) fn default_find_attr(
    thread: &mut Thread,
    value: Value,
    name: Value,
) -> PyResult<Option<Ref>> {
    let (reader, generic) = (
        default_reader(value),
        generic_get_attr as fn(&mut Thread, Value, Value) -> PyResult,
    );
    if core::ptr::fn_addr_eq(reader, generic) {
        generic_find_attr(thread, value, name)
    } else {
        reader(thread, value, name).map(Some)
    }
}

/// Reads an attribute, or nothing where there is no need to raise that there is none.
///
/// # Errors
/// What reading it raises, `AttributeError` among it.
pub(crate) fn find_attr(thread: &mut Thread, value: Value, name: Value) -> PyResult<Option<Ref>> {
    let reader = value.ty().get_attr().expect("`object` has attributes");
    let generic = generic_get_attr as fn(&mut Thread, Value, Value) -> PyResult;
    if core::ptr::fn_addr_eq(reader, generic) {
        generic_find_attr(thread, value, name)
    } else {
        reader(thread, value, name).map(Some)
    }
}

/// Sets an attribute as the type's layout does, whatever special methods it has.
pub(crate) fn default_set_attr(
    thread: &mut Thread,
    value: Value,
    name: Value,
    new: Option<Value>,
) -> PyResult<()> {
    let solid = value.ty().mro().find(|ty| !ty.is_heap());
    let slot = solid.and_then(Type::set_attr).unwrap_or(generic_set_attr);
    slot(thread, value, name, new)
}

/// Whether an attribute found on a type comes before what an instance has by itself.
pub(crate) fn is_data_descriptor(thread: &mut Thread, attribute: Value) -> bool {
    attribute.is_exactly(&PROPERTY_TYPE)
        || downcast_exact::<Member>(&attribute).is_some()
        || attribute.is_exactly(&GETTER_TYPE)
        || is_descriptor_with(attribute, thread, &["__set__", "__delete__"])
}

/// Whether a class attribute is what it is, on an instance as well.
pub(crate) fn is_plain_attribute(thread: &mut Thread, value: Value) -> bool {
    let ty = value.ty();
    let binds = [
        &FUNCTION_TYPE,
        &GETTER_TYPE,
        &NATIVE_TYPE,
        &WRAPPER_TYPE,
        &PROPERTY_TYPE,
        &CLASS_METHOD_TYPE,
        &STATIC_METHOD_TYPE,
        &MEMBER_TYPE,
    ];
    !binds.contains(&ty)
        && !is_descriptor_with(value, thread, &["__get__", "__set__", "__delete__"])
}

/// What an attribute found on a type is, read through `receiver`.
pub(super) fn bind(
    thread: &mut Thread,
    attribute: Value,
    receiver: Value,
    ty: &'static Type,
) -> PyResult {
    if downcast_exact::<Function>(&attribute).is_some() {
        return Ok(Method::new(attribute.to_ref(), receiver.to_ref()));
    }
    if let Some(native) = Native::of(&attribute) {
        return match native.def().binding {
            Binding::Method if native.is_plain() => {
                Ok(Native::bound(native.def(), receiver.to_ref()))
            }
            Binding::ClassMethod if native.is_plain() => {
                Ok(Native::bound(native.def(), ty.value().to_ref()))
            }
            Binding::Getter => native.call(thread, &Args::new(&[receiver])),
            _ => Ok(attribute.to_ref()),
        };
    }
    if let Some(bound) = wrapper::bind(attribute, receiver) {
        return Ok(bound);
    }
    if let Some(member) = downcast_exact::<Member>(&attribute) {
        return members::get(thread, member, receiver);
    }
    if let Some(wrapper) = descriptor(&attribute) {
        return if attribute.is_exactly(&PROPERTY_TYPE) {
            if singletons::is_none(*wrapper.get) {
                let text = "property has no getter";
                return Err(thread.raise_text(&exception::ATTRIBUTE_ERROR, text));
            }
            operations::call(thread, *wrapper.get, &Args::new(&[receiver]))
        } else if attribute.is_exactly(&CLASS_METHOD_TYPE) {
            Ok(Method::new(wrapper.get.clone(), ty.value().to_ref()))
        } else {
            Ok(wrapper.get.clone())
        };
    }
    if is_descriptor_with(attribute, thread, &["__get__"]) {
        return call_get(thread, attribute, receiver, ty);
    }
    Ok(attribute.to_ref())
}

/// What a builtin function found on the class `owner` is, read through the class.
pub(crate) fn bind_class_method(attribute: Value, owner: &'static Type) -> PyResult {
    Ok(match Native::of(&attribute) {
        Some(native) if native.def().binding == Binding::ClassMethod && native.is_plain() => {
            Native::bound(native.def(), owner.value().to_ref())
        }
        _ => attribute.to_ref(),
    })
}

/// `attribute.__get__(receiver, owner)`.
pub(super) fn call_get(
    thread: &mut Thread,
    attribute: Value,
    receiver: Value,
    owner: &'static Type,
) -> PyResult {
    let name = thread.interpreter().intern("__get__");
    match attribute.ty().lookup(*name) {
        Some(get) => operations::call(
            thread,
            get,
            &Args::new(&[attribute, receiver, owner.value()]),
        ),
        None => Ok(attribute.to_ref()),
    }
}

/// Whether the attributes of a type's instances are found as `object` finds them, if they are
/// found at all.
pub(crate) fn reads_generically(thread: &mut Thread, ty: &'static Type) -> bool {
    let Some(slot) = ty.get_attr() else {
        return false;
    };
    let same =
        |other: fn(&mut Thread, Value, Value) -> PyResult| core::ptr::fn_addr_eq(slot, other);
    let generic = generic_get_attr as fn(&mut Thread, Value, Value) -> PyResult;
    if same(generic) {
        return true;
    }
    // `__getattr__` is asked for what is not found; `__getattribute__` for everything.
    same(super::specials::get_attr)
        && ty.layout().is_some()
        && !defines(thread, ty, &["__getattribute__"])
}

/// Whether nobody is asked for attributes that are not found, or whose getters raise
/// `AttributeError`: there is no `__getattr__`.
pub(crate) fn has_no_fallback(ty: &'static Type) -> bool {
    let generic = generic_get_attr as fn(&mut Thread, Value, Value) -> PyResult;
    ty.get_attr()
        .is_some_and(|slot| core::ptr::fn_addr_eq(slot, generic))
}

/// Whether the attributes of a type's instances are set as `object` sets them.
pub(crate) fn writes_generically(ty: &'static Type) -> bool {
    let generic = generic_set_attr as fn(&mut Thread, Value, Value, Option<Value>) -> PyResult<()>;
    ty.set_attr()
        .is_some_and(|slot| core::ptr::fn_addr_eq(slot, generic))
}

/// Whether a class of the type's line that was made at run time has one of these attributes.
fn defines(thread: &mut Thread, ty: &'static Type, names: &[&str]) -> bool {
    names.iter().any(|name| {
        let name = thread.interpreter().intern(name);
        let mut classes = ty.mro().filter(|ty| ty.is_heap());
        classes.any(|ty| ty.attributes.get(*name).is_some())
    })
}

/// `value.name = new` as `object` does it.
pub(crate) fn generic_set_attr(
    thread: &mut Thread,
    value: Value,
    name: Value,
    new: Option<Value>,
) -> PyResult<()> {
    if set_by_descriptor(thread, value, name, new)? {
        return Ok(());
    }
    let ty = value.ty();
    if ty.is_open() && name_text(&name) == "__dict__" {
        return set_dict(thread, value, new);
    }
    if !ty.is_open() {
        return Err(no_place(thread, value, name));
    }
    let removed = match (Instance::of(&value), new) {
        (Some(instance), Some(new)) => {
            instance.set(thread, name, new.to_ref());
            return Ok(());
        }
        (None, Some(new)) => {
            dict_of(&extension::dict(value)).set_name(name.to_ref(), new.to_ref());
            return Ok(());
        }
        (Some(instance), None) => instance.remove(name),
        (None, None) => dict_of(&extension::dict(value)).remove_name(name),
    };
    match removed {
        Some(_) => Ok(()),
        None => Err(no_attribute(thread, value, name)),
    }
}

/// `value.name = new` where the type has a descriptor that does it; says whether it has.
pub(crate) fn set_by_descriptor(
    thread: &mut Thread,
    value: Value,
    name: Value,
    new: Option<Value>,
) -> PyResult<bool> {
    let Some(attribute) = value.ty().lookup(name) else {
        return Ok(false);
    };
    if attribute.is_exactly(&PROPERTY_TYPE) {
        set_property(thread, attribute, value, name, new)?;
    } else if let Some(member) = downcast_exact::<Member>(&attribute) {
        members::set(thread, member, value, new)?;
    } else if attribute.is_exactly(&GETTER_TYPE)
        && let Some(getter) = Native::of(&attribute)
    {
        native::set_through(thread, getter, value, new)?;
    } else if is_descriptor_with(attribute, thread, &["__set__", "__delete__"]) {
        call_set(thread, attribute, value, new)?;
    } else {
        return Ok(false);
    }
    Ok(true)
}

#[cold]
fn no_place(thread: &mut Thread, value: Value, name: Value) -> Raised {
    let (ty, shown) = (value.ty().name(), name_text(&name));
    let text = if value.ty().lookup(name).is_some() {
        format!("'{ty}' object attribute '{shown}' is read-only")
    } else {
        format!(
            "'{ty}' object has no attribute '{shown}' and no __dict__ for setting new attributes"
        )
    };
    let raised = thread.raise_text(&exception::ATTRIBUTE_ERROR, text);
    thread.describe_raised(&[("name", name), ("obj", value)]);
    raised
}

/// The function that sets a property, if `attribute` is one that has it.
pub(crate) fn property_setter(attribute: Value) -> Option<Value> {
    let property = descriptor(&attribute).filter(|_| attribute.is_exactly(&PROPERTY_TYPE))?;
    Some(*property.set)
}

fn set_property(
    thread: &mut Thread,
    attribute: Value,
    value: Value,
    name: Value,
    new: Option<Value>,
) -> PyResult<()> {
    let property = descriptor(&attribute).expect("a property is a descriptor");
    let (function, verb) = if new.is_some() {
        (&property.set, "setter")
    } else {
        (&property.delete, "deleter")
    };
    if singletons::is_none(**function) {
        let (owner, name) = (value.ty().name(), name_text(&name));
        let text = format!("property '{name}' of '{owner}' object has no {verb}");
        return Err(thread.raise_text(&exception::ATTRIBUTE_ERROR, text));
    }
    let arguments: &[Value] = match &new {
        Some(new) => &[value, *new],
        None => &[value],
    };
    operations::call(thread, **function, &Args::new(arguments)).map(drop)
}

/// `attribute.__set__(value, new)`, or `attribute.__delete__(value)`.
fn call_set(
    thread: &mut Thread,
    attribute: Value,
    value: Value,
    new: Option<Value>,
) -> PyResult<()> {
    let (hook, arguments): (&str, &[Value]) = match &new {
        Some(new) => ("__set__", &[attribute, value, *new]),
        None => ("__delete__", &[attribute, value]),
    };
    let interned = thread.interpreter().intern(hook);
    match attribute.ty().lookup(*interned) {
        Some(method) => operations::call(thread, method, &Args::new(arguments)).map(drop),
        None => Err(thread.raise_text(&exception::ATTRIBUTE_ERROR, hook)),
    }
}

/// `value.__dict__ = new`, where there is room for a dictionary.
fn set_dict(thread: &mut Thread, value: Value, new: Option<Value>) -> PyResult<()> {
    let new = match new {
        Some(new) if downcast::<Dict>(&new).is_none() => {
            let got = new.ty().name();
            return Err(thread.type_error(format!(
                "__dict__ must be set to a dictionary, not a '{got}'"
            )));
        }
        Some(new) => new.to_ref(),
        None => Dict::new(),
    };
    match Instance::of(&value) {
        Some(instance) => instance.set_dict(&new),
        None => extension::set_dict(value, new),
    }
    Ok(())
}
