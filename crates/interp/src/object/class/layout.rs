//! Changing an instance's class.

use super::as_type;
use crate::error::PyResult;
use crate::object::instance::Instance;
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
    let Some(instance) = Instance::of(&value) else {
        return Err(thread.type_error(
            "__class__ assignment only supported for mutable types or ModuleType subclasses",
        ));
    };
    let old = value.ty();
    let alike = match (ty.layout(), old.layout()) {
        (Some(new), Some(old)) => {
            new.members() == old.members() && new.has_dict() == old.has_dict()
        }
        _ => false,
    };
    if !alike {
        let (new, old) = (ty.name(), old.name());
        return Err(thread.type_error(format!(
            "__class__ assignment: '{new}' object layout differs from '{old}'"
        )));
    }
    drop(instance.set_class(ty));
    Ok(())
}
