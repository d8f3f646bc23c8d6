//! What caches are to say: found by looking attributes up, without running Python code.

use super::{
    ADD, CLASS_METHOD, CLASS_PLAIN, CLASS_STATIC, Learnt, METHOD, MISSING, MODULE, PLAIN, PROPERTY,
    STATIC, is_extended, plain_class, wrapped,
};
use crate::object::class::{self, MEMBER_TYPE, Member};
use crate::object::function::Function;
use crate::object::instance::{Instance, SLOT, Shape};
use crate::object::method::{CLASS_METHOD_TYPE, PROPERTY_TYPE, STATIC_METHOD_TYPE};
use crate::object::module::Module;
use crate::object::native::{Binding, Native};
use crate::object::str::name_text;
use crate::object::{Type, downcast_exact, singletons};
use crate::thread::Thread;
use crate::value::Value;

/// What a cache for `value.name` is to say: kind, slot and version. Runs no Python code.
pub(super) fn learn_to_get(thread: &mut Thread, value: Value, name: Value) -> Learnt {
    if let Some(class) = plain_class(value) {
        return learn_of_class(thread, class, name);
    }
    if let Some(module) = downcast_exact::<Module>(&value) {
        let number = module.namespace().locked(|table| {
            table
                .find_name(name)
                .filter(|number| table.hinted(*number, name).is_some())
        })?;
        return Some((MODULE, number, 1));
    }
    let ty = value.ty();
    if !class::reads_generically(thread, ty) {
        return None;
    }
    // Other threads may give the instance another shape at any time: what is learnt is about this.
    let shape = Instance::of(&value).map(Instance::shape);
    let version = match shape {
        Some(shape) => shape.make_version(),
        None if is_extended(value) => return None,
        None => ty.make_version(),
    };
    let found = ty.resolve(name);
    if let Some((number, attribute)) = found
        && class::is_data_descriptor(thread, attribute)
    {
        if let Some(member) = downcast_exact::<Member>(&attribute) {
            return Some((SLOT, member.slot_in(value)?, version));
        }
        let getter = (attribute.is_exactly(&PROPERTY_TYPE)).then(|| wrapped(attribute))??;
        let known = !singletons::is_none(getter) && class::has_no_fallback(ty);
        return known.then_some((PROPERTY, number, version));
    }
    if let Some(shape) = shape {
        if shape.has_dict() {
            return None;
        }
        if let Some(slot) = shape.slot_of(name) {
            return Some((SLOT, slot, version));
        }
    }
    let Some((number, attribute)) = found else {
        return learn_of_missing(thread, ty, name, version);
    };
    let kind = if is_function(attribute) {
        METHOD
    } else if attribute.is_exactly(&STATIC_METHOD_TYPE) {
        STATIC
    } else if is_as_it_is(thread, attribute) {
        PLAIN
    } else {
        return None;
    };
    Some((kind, number, version))
}

/// What a cache is to say where neither a value nor its type `ty` has the attribute.
fn learn_of_missing(thread: &mut Thread, ty: &'static Type, name: Value, version: u32) -> Learnt {
    // An instance has this one without a name for it.
    if name_text(&name) == "__dict__" {
        return None;
    }
    let hook = thread.interpreter().intern("__getattr__");
    let (number, hook) = ty.resolve(*hook)?;
    downcast_exact::<Function>(&hook).map(|_| (MISSING, number, version))
}

fn learn_of_class(thread: &mut Thread, class: &'static Type, name: Value) -> Learnt {
    if name_text(&name).starts_with("__annot") {
        // These are the class's own, not those of a base.
        return None;
    }
    let version = class.make_version();
    let (number, attribute) = class.resolve(name)?;
    let is_class_method = attribute.is_exactly(&CLASS_METHOD_TYPE)
        || downcast_exact::<Native>(&attribute).is_some_and(|native| {
            native.def().binding == Binding::ClassMethod && native.is_plain()
        });
    let kind = if is_class_method {
        CLASS_METHOD
    } else if attribute.is_exactly(&STATIC_METHOD_TYPE) {
        CLASS_STATIC
    } else if is_function(attribute)
        || attribute.is_exactly(&MEMBER_TYPE)
        || attribute.is_exactly(&PROPERTY_TYPE)
        || is_as_it_is(thread, attribute)
    {
        CLASS_PLAIN
    } else {
        return None;
    };
    Some((kind, number, version))
}

/// Whether an attribute of a type is called with the receiver as first argument.
fn is_function(attribute: Value) -> bool {
    downcast_exact::<Function>(&attribute).is_some()
        || downcast_exact::<Native>(&attribute)
            .is_some_and(|native| native.def().binding == Binding::Method && native.is_plain())
}

/// Whether an attribute of a type is found as it is.
fn is_as_it_is(thread: &mut Thread, attribute: Value) -> bool {
    class::is_plain_attribute(thread, attribute)
        || downcast_exact::<Native>(&attribute)
            .is_some_and(|native| native.def().binding == Binding::Function || !native.is_plain())
}

/// What a cache for `target.name = …` is to say where that is a property of the target's type.
pub(super) fn learn_property(target: Value, name: Value) -> Learnt {
    let version = match Instance::of(&target) {
        Some(instance) => instance.shape().make_version(),
        None if is_extended(target) => return None,
        None => target.ty().make_version(),
    };
    let (number, _) = target.ty().resolve(name)?;
    Some((PROPERTY, number, version))
}

/// What a cache for `target.name = …` is to say, after it was done to an instance of the shape
/// `before`.
pub(super) fn learn_to_set(
    thread: &mut Thread,
    target: Value,
    before: &Shape,
    name: Value,
) -> Learnt {
    let ty = target.ty();
    let after = Instance::of(&target)?.shape();
    if !class::writes_generically(ty) {
        return None;
    }
    if let Some(attribute) = ty.lookup(name)
        && class::is_data_descriptor(thread, attribute)
    {
        let member = downcast_exact::<Member>(&attribute)?;
        return Some((SLOT, member.slot_in(target)?, after.make_version()));
    }
    if core::ptr::eq(before, after) {
        let slot = after.slot_of(name)?;
        return Some((SLOT, slot, after.make_version()));
    }
    let number = before.child_number(name)?;
    let child = before.child(number)?;
    core::ptr::eq(child, after).then(|| (ADD, number, before.make_version()))
}
