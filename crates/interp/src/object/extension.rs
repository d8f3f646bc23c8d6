//! Attributes of instances that are laid out as a builtin type's, where there is no place for
//! them: of a class that derives from `int` or `list`, for example.
//!
//! The interpreter keeps a dictionary for each such instance that has attributes, by its address;
//! a flag in the header says that there is one, so that no other object pays for it.

use super::dict::Dict;
use super::{EXTENDED, Object, class};
use crate::interpreter::Interpreter;
use crate::thread::with_interpreter;
use crate::value::{Ref, Value};
use selvedge_sync::seam::Mutex;
use std::collections::HashMap;

/// The dictionaries of an interpreter's objects, by address.
#[derive(Default)]
pub(crate) struct Extensions(Mutex<HashMap<usize, Ref>>);

impl Extensions {
    /// Releases every dictionary, for a thread that is attached for the last time.
    pub(crate) fn clear(&self) {
        // Released after the unlocking: that may look for an extension.
        let known = core::mem::take(&mut *self.0.lock());
        drop(known);
    }
}

fn find(value: Value) -> Option<Ref> {
    let object = value.as_object()?;
    // SAFETY: a bound pointer word points to a live object.
    if unsafe { (*object).header.flags() } & EXTENDED == 0 {
        return None;
    }
    with_interpreter(|interpreter| {
        let known = interpreter.extensions.0.lock();
        known.get(&(object as usize)).cloned()
    })?
}

/// The attribute `name` that a value has by itself.
pub(crate) fn get(value: Value, name: Value) -> Option<Ref> {
    class::dict_of(&find(value)?).get_name(name)
}

/// Shows `visit` the dictionary of an object's attributes, which the interpreter holds for it.
pub(crate) fn show(
    interpreter: &Interpreter,
    object: *const Object,
    visit: &mut impl FnMut(Value),
) {
    if let Some(dict) = interpreter.extensions.0.lock().get(&(object as usize)) {
        visit(**dict);
    }
}

/// The dictionary of a value's attributes, made if there is none.
pub(crate) fn dict(value: Value) -> Ref {
    if let Some(known) = find(value) {
        return known;
    }
    let made = Dict::new();
    let dict = change(value, |entry| entry.get_or_insert(made).clone());
    dict.expect("objects are used by attached threads")
}

/// Makes `dict` the dictionary of a value's attributes.
pub(crate) fn set_dict(value: Value, dict: Ref) {
    drop(change(value, |entry| entry.replace(dict)));
}

/// The names of the attributes that a value has by itself.
pub(crate) fn names(value: Value) -> Vec<Ref> {
    let entries = find(value).map(|dict| class::dict_of(&dict).to_vec());
    entries
        .into_iter()
        .flatten()
        .map(|(name, _)| name)
        .collect()
}

/// Changes the place of a value's dictionary in the table; `f` releases nothing.
fn change<R>(value: Value, f: impl FnOnce(&mut Option<Ref>) -> R) -> Option<R> {
    let object = value.as_object()?;
    with_interpreter(|interpreter| {
        let mut known = interpreter.extensions.0.lock();
        let mut entry = known.remove(&(object as usize));
        let result = f(&mut entry);
        if let Some(dict) = entry {
            known.insert(object as usize, dict);
        }
        // SAFETY: the caller's value is alive. The entry is there before the flag says so.
        unsafe { (*object).header.set_flags(EXTENDED) };
        result
    })
}

/// Releases the attributes of an object that is being freed.
///
/// # Safety
/// Nobody holds a reference to `object`, which is whole.
pub(crate) unsafe fn release_of(object: *mut Object) {
    // SAFETY: by contract.
    if unsafe { (*object).header.flags() } & EXTENDED != 0 {
        let dict = with_interpreter(|interpreter| {
            interpreter.extensions.0.lock().remove(&(object as usize))
        });
        // Released without the table's mutex: that may run Python code.
        drop(dict);
    }
}
