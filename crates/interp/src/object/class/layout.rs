//! What instances have room for: slots, and changing an instance's class.

use super::{OBJECT_TYPE, as_type, instance};
use crate::error::PyResult;
use crate::object::str::{Str, name_text};
use crate::object::{Type, downcast};
use crate::operations;
use crate::thread::Thread;
use crate::value::Value;

/// `value.__class__ = new`.
pub(super) fn set_class(thread: &mut Thread, value: Value, new: Option<Value>) -> PyResult<()> {
    let Some(new) = new else {
        return Err(thread.type_error("can't delete __class__ attribute"));
    };
    let Some(ty) = as_type(new) else {
        let got = new.ty().name();
        return Err(thread.type_error(format!(
            "__class__ must be set to a class, not '{got}' object"
        )));
    };
    let (Some(this), old) = (instance(&value), value.ty()) else {
        return Err(thread.type_error(
            "__class__ assignment only supported for mutable types or ModuleType subclasses",
        ));
    };
    let alike = ty.is_heap() && core::ptr::fn_addr_eq(ty.dealloc(), OBJECT_TYPE.dealloc());
    if !alike || ty.has_only_slots() != old.has_only_slots() {
        let (new, old) = (ty.name(), old.name());
        return Err(thread.type_error(format!(
            "__class__ assignment: '{new}' object layout differs from '{old}'"
        )));
    }
    // The instance's reference moves from the old class to the new one.
    let _counted = new.to_ref().into_value();
    this.object.header.set_ty(core::ptr::from_ref(ty).cast());
    // SAFETY: the instance held a reference to its class.
    unsafe { crate::value::release(Value::owned(&raw const old.object)) };
    Ok(())
}

/// Whether a class or one of its bases has a slot of this name.
pub(super) fn is_slot(thread: &mut Thread, ty: &'static Type, name: Value) -> bool {
    let key = thread.interpreter().intern("__slots__");
    ty.mro()
        .filter_map(|ty| ty.attributes.get(*key))
        .any(|names| {
            if let Some(one) = downcast::<Str>(&names) {
                return downcast::<Str>(&name).is_some_and(|name| name.equals(one));
            }
            let names = operations::collect(thread, names).unwrap_or_else(|_| {
                drop(thread.take_raised());
                Vec::new()
            });
            names
                .iter()
                .any(|one| one.is(name) || name_text(one) == name_text(&name))
        })
}
