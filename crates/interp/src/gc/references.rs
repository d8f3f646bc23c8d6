//! Which references an object holds: what every type says about its layout.

use crate::value::{Ref, Value};

/// What is shown the values that an object holds.
pub type Visit<'a> = dyn FnMut(Value) + 'a;

/// A part of an object that holds references.
pub trait Holds {
    /// Shows `visit` every value whose reference this part has counted, once.
    ///
    /// # Safety
    /// Nobody changes the object meanwhile.
    unsafe fn show<V: FnMut(Value) + ?Sized>(&self, visit: &mut V);

    /// Lets go of what it may let go of while its object is still there. A part that never changes
    /// keeps what it holds: a circle is closed by a change, so it has a part that changes.
    ///
    /// # Safety
    /// Nobody else uses the object.
    unsafe fn let_go(&self) {}
}

impl Holds for Ref {
    unsafe fn show<V: FnMut(Value) + ?Sized>(&self, visit: &mut V) {
        visit(**self);
    }
}

impl<T: Holds> Holds for Option<T> {
    unsafe fn show<V: FnMut(Value) + ?Sized>(&self, visit: &mut V) {
        if let Some(part) = self {
            // SAFETY: the caller's promise.
            unsafe { part.show(visit) };
        }
    }
}

impl<T: Holds> Holds for Vec<T> {
    unsafe fn show<V: FnMut(Value) + ?Sized>(&self, visit: &mut V) {
        for part in self {
            // SAFETY: the caller's promise.
            unsafe { part.show(visit) };
        }
    }
}

/// For an implementation of [`Payload`](crate::object::Payload): which of the fields hold
/// references, and, behind a semicolon, which do not. Every field but `object` is named, so that
/// none is forgotten. Without fields: instances hold no reference that could be part of a circle.
#[macro_export]
macro_rules! references {
    () => {
        const REFERS: bool = false;

        unsafe fn references<V: FnMut($crate::Value) + ?Sized>(&self, _visit: &mut V) {}

        unsafe fn let_go(&self) {}
    };
    ($($field:ident),+; $($plain:ident),*) => {
        const REFERS: bool = true;

        unsafe fn references<V: FnMut($crate::Value) + ?Sized>(&self, visit: &mut V) {
            let Self { object: _, $($field,)+ $($plain: _),* } = self;
            // SAFETY: the caller's promise.
            $(unsafe { $crate::gc::Holds::show($field, visit) };)+
        }

        unsafe fn let_go(&self) {
            let Self { object: _, $($field,)+ $($plain: _),* } = self;
            // SAFETY: the caller's promise.
            $(unsafe { $crate::gc::Holds::let_go($field) };)+
        }
    };
}
