//! A field of an object that may change: a value or nothing.

use crate::gc::Holds;
use crate::object::Object;
use crate::sharing::guarded;
use crate::value::{Ref, Value};
use selvedge_sync::seam::cell::UnsafeCell;

/// A field that owns its value, guarded by the lock of the object that it is a field of.
pub(crate) struct Field(UnsafeCell<Value>);

impl Field {
    pub(crate) fn new(value: Option<Ref>) -> Self {
        Self(UnsafeCell::new(
            value.map_or(Value::UNBOUND, Ref::into_value),
        ))
    }

    /// The value; `object` is the object that holds this field.
    #[inline]
    pub(crate) fn get(&self, object: &Object) -> Option<Ref> {
        guarded(object, || {
            self.0.with(|value| {
                // SAFETY: guarded by the object's lock, or the interpreter's.
                let value = unsafe { *value };
                value.is_bound().then(|| value.to_ref())
            })
        })
    }

    /// Replaces the value; `object` is the object that holds this field.
    pub(crate) fn set(&self, object: &Object, new: Option<Ref>) {
        drop(self.replace(object, new));
    }

    /// Replaces the value and returns the old one.
    pub(crate) fn replace(&self, object: &Object, new: Option<Ref>) -> Option<Ref> {
        let new = new.map_or(Value::UNBOUND, Ref::into_value);
        let old = guarded(object, || {
            // SAFETY: guarded by the object's lock, or the interpreter's.
            self.0
                .with_mut(|value| unsafe { core::mem::replace(&mut *value, new) })
        });
        Ref::adopt_bound(old)
    }

    /// Shows `f` the value, or unbound, where it is.
    ///
    /// # Safety
    /// The lock of the object that holds this field is held, or the interpreter's, until `f`
    /// returns; `f` runs no Python code.
    #[inline(always)]
    pub(crate) unsafe fn peek<R>(&self, f: impl FnOnce(Value) -> R) -> R {
        // SAFETY: by contract.
        self.0.with(|value| f(unsafe { *value }))
    }

    /// The value, set first if there is none.
    pub(crate) fn get_or_set(&self, object: &Object, make: impl FnOnce() -> Ref) -> Ref {
        if let Some(value) = self.get(object) {
            return value;
        }
        let made = make();
        let (value, _unused) = guarded(object, || {
            self.0.with_mut(|value| {
                // SAFETY: guarded by the object's lock, or the interpreter's.
                let value = unsafe { &mut *value };
                if value.is_bound() {
                    (value.to_ref(), Some(made))
                } else {
                    *value = made.into_value();
                    (value.to_ref(), None)
                }
            })
        });
        value
    }
}

impl Holds for Field {
    unsafe fn show<V: FnMut(Value) + ?Sized>(&self, visit: &mut V) {
        self.0.with(|value| {
            // SAFETY: nobody changes the field, says the caller.
            let value = unsafe { *value };
            if value.is_bound() {
                visit(value);
            }
        });
    }

    unsafe fn let_go(&self) {
        let old = self.0.with_mut(|value| {
            // SAFETY: nobody else uses the object, says the caller.
            core::mem::replace(unsafe { &mut *value }, Value::UNBOUND)
        });
        drop(Ref::adopt_bound(old));
    }
}

impl Drop for Field {
    fn drop(&mut self) {
        self.0.with_mut(|value| {
            // SAFETY: the object is being freed; nobody else sees the field.
            drop(Ref::adopt_bound(unsafe { *value }));
        });
    }
}
