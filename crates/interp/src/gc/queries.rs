//! What the module `gc` can be asked about objects.

use super::embedder::{Vm, each_reference};
use crate::object::tuple::Tuple;
use crate::object::{DOOMED, Object, downcast_exact};
use crate::thread::{Thread, current_token};
use crate::value::{Ref, Value};
use selvedge_refcount::Header;

fn header_of(value: &Value) -> Option<&Header> {
    // SAFETY: a bound pointer word points to a live object.
    value.as_object().map(|object| unsafe { &(*object).header })
}

/// Whether collections look at the object: it may be part of a circle. Tuples of what is not may
/// not either.
pub fn is_tracked(value: Value) -> bool {
    let Some(header) = header_of(&value) else {
        return false;
    };
    if value.is_exactly(&crate::object::class::OBJECT_TYPE) {
        return false;
    }
    if let Some(tuple) = downcast_exact::<Tuple>(&value) {
        return tuple.items().iter().any(|item| is_tracked(*item));
    }
    let ty = value.ty();
    header.is_tracked() || ty.slots().references.is_some() && !header.is_immortal()
}

/// Whether the object's finaliser has run.
pub fn is_finalised(value: Value) -> bool {
    header_of(&value).is_some_and(Header::is_finalised)
}

/// Counts a reference to an object that collections look at: one that has some.
fn held(header: &Header) -> Ref {
    header.incref(current_token());
    Ref::adopt(Value::owned(core::ptr::from_ref(header).cast::<Object>()))
}

/// Every object that collections look at.
pub fn objects(thread: &mut Thread) -> Vec<Ref> {
    let interpreter = thread.interpreter().clone();
    let vm = Vm::new(thread, &interpreter);
    let mut all = Vec::new();
    interpreter.collection().collector().each(&vm, |header| {
        if header.flags() & DOOMED == 0 {
            all.push(held(header));
        }
    });
    all
}

/// What the object refers to directly.
pub fn referents(thread: &mut Thread, value: Value) -> Vec<Ref> {
    let mut all = Vec::new();
    if let Some(header) = header_of(&value) {
        thread.alone(|interpreter| {
            // SAFETY: nobody else runs.
            unsafe {
                each_reference(interpreter, header, &mut |value| all.push(value.to_ref()));
            }
        });
    }
    all
}

/// Objects that collections look at and that refer directly to one of the values.
pub fn referrers(thread: &mut Thread, values: &[Value]) -> Vec<Ref> {
    let interpreter = thread.interpreter().clone();
    let vm = Vm::new(thread, &interpreter);
    let mut all = Vec::new();
    interpreter.collection().collector().each(&vm, |header| {
        let mut refers = false;
        // SAFETY: the world is stopped.
        unsafe {
            each_reference(&interpreter, header, &mut |held| {
                refers |= held.is_pointer() && values.iter().any(|value| value.is(held));
            });
        }
        if refers && header.flags() & DOOMED == 0 {
            all.push(held(header));
        }
    });
    all
}
