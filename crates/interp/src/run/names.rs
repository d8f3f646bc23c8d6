//! Global, builtin and class-body names, found through one-word caches.

use super::frame::Frame;
use crate::cache::{Cached, Caches};
use crate::error::{PyResult, Raised};
use crate::object::cell::Cell;
use crate::object::code::Code;
use crate::object::dict::{DICT_TYPE, Dict};
use crate::object::str::name_text;
use crate::object::{cast, downcast, exception};
use crate::operations;
use crate::thread::Thread;
use crate::value::{Ref, Value};
use selvedge_sync::seam::atomic::AtomicU64;

/// The entry of the name in the globals, whose keys are those that `version` names.
const GLOBAL: u8 = 1;
/// The entry of the name in the builtins; `version` is that of the keys of the globals, which do
/// not have it.
const BUILTIN: u8 = 2;
/// In the cache of an instruction that sets a name: its entry; `version` says nothing.
const PLACE: u8 = 3;

/// A global or builtin name, through the cache.
#[inline(always)]
pub(super) fn get_global(
    thread: &mut Thread,
    frame: Frame,
    name: Value,
    cache: &Caches,
) -> PyResult {
    let globals = frame.function().globals();
    let cached = Cached::load(&cache.first);
    if cached.kind == GLOBAL {
        if let Some(value) = globals.numbered(cached.slot as usize, cached.version) {
            return Ok(value);
        }
    } else if cached.kind == BUILTIN && globals.has_keys(cached.version) {
        let builtins = thread.interpreter().builtins();
        if let Some(value) = builtins.hinted(cached.slot as usize, name) {
            return Ok(value);
        }
    }
    // One that is several instructions' may know the entry of another name.
    let own = (!frame.code().is_shared(cache)).then_some(&cache.first);
    get_global_slowly(thread, globals, name, own)
}

#[cold]
#[inline(never)]
fn get_global_slowly(
    thread: &mut Thread,
    globals: &Dict,
    name: Value,
    cache: Option<&AtomicU64>,
) -> PyResult {
    let learn = |kind, number, version| {
        if let Some(cache) = cache {
            Cached::store(kind, number, version, cache);
        }
    };
    let in_dict = |dict: &Dict| {
        dict.locked(|table| {
            table
                .find_name(name)
                .map(|number| (number, table.entries()[number].value.to_ref()))
        })
    };
    let globals_value = Value::uncounted(core::ptr::from_ref(globals).cast());
    if !globals_value.is_exactly(&DICT_TYPE) {
        // What derives from a dictionary may make what is missing.
        match operations::get_item(thread, globals_value, name) {
            Ok(value) => return Ok(value),
            Err(raised) => thread.swallow(raised, &exception::KEY_ERROR)?,
        }
        return match in_dict(thread.interpreter().builtins()) {
            Some((_, value)) => Ok(value),
            None => Err(undefined(thread, name)),
        };
    }
    let found = globals.locked(|table| {
        let number = table.find_name(name)?;
        let value = table.entries()[number].value.to_ref();
        Some((number, table.keys_version(), value))
    });
    if let Some((number, version, value)) = found {
        learn(GLOBAL, number, version);
        return Ok(value);
    }
    let version = globals.locked(|table| table.keys_version());
    match in_dict(thread.interpreter().builtins()) {
        Some((number, value)) => {
            learn(BUILTIN, number, version);
            Ok(value)
        }
        None => Err(undefined(thread, name)),
    }
}

/// A global or builtin name where there is no cache.
pub(super) fn get_global_uncached(thread: &mut Thread, globals: &Dict, name: Value) -> PyResult {
    get_global_slowly(thread, globals, name, None)
}

#[cold]
pub(super) fn undefined(thread: &mut Thread, name: Value) -> Raised {
    let text = format!("name '{}' is not defined", name_text(&name));
    let raised = thread.raise_text(&exception::NAME_ERROR, text);
    thread.describe_raised(&[("name", name)]);
    raised
}

/// Sets a name in a namespace, through the cache.
#[inline(always)]
pub(super) fn set_global(globals: &Dict, name: Value, value: Ref, cache: &AtomicU64) {
    let cached = Cached::load(cache);
    if cached.kind == PLACE {
        let mut value = Some(value);
        let old = globals.locked(|table| {
            let entry = table.hinted_mut(cached.slot as usize, name)?;
            let new = value.take().expect("not given away yet");
            Some(core::mem::replace(&mut entry.value, new.into_value()))
        });
        match (old, value) {
            (Some(old), _) => drop(Ref::adopt(old)),
            (None, Some(value)) => set_global_slowly(globals, name, value, cache),
            (None, None) => {}
        }
    } else {
        set_global_slowly(globals, name, value, cache);
    }
}

#[cold]
#[inline(never)]
fn set_global_slowly(globals: &Dict, name: Value, value: Ref, cache: &AtomicU64) {
    let number = globals.set_name(name.to_ref(), value);
    Cached::store(PLACE, number, 1, cache);
}

pub(super) fn delete(thread: &mut Thread, namespace: &Dict, name: Value) -> PyResult<()> {
    match namespace.remove_name(name) {
        Some(_) => Ok(()),
        None => Err(undefined(thread, name)),
    }
}

/// The namespace of a class body or module as a value.
pub(super) fn namespace_value(frame: Frame) -> Value {
    frame
        .function()
        .namespace()
        .expect("code with names of its own has a namespace")
}

/// The namespace of a class body or module, if it is a plain dictionary.
fn plain_namespace<'a>(frame: Frame) -> Option<&'a Dict> {
    let value = namespace_value(frame);
    // SAFETY: a dictionary; the function, which the frame owns, keeps it alive.
    value
        .is_exactly(&DICT_TYPE)
        .then(|| unsafe { cast::<Dict>(value) })
}

/// What a namespace that is no plain dictionary has under a name.
fn get_from_mapping(thread: &mut Thread, frame: Frame, name: Value) -> PyResult<Option<Ref>> {
    match operations::get_item(thread, namespace_value(frame), name) {
        Ok(found) => Ok(Some(found)),
        Err(raised) => {
            thread.swallow(raised, &exception::KEY_ERROR)?;
            Ok(None)
        }
    }
}

/// A name of a class body or module.
#[inline(never)]
pub(super) fn get_name(thread: &mut Thread, frame: Frame, name: Value, cache: &Caches) -> PyResult {
    let globals = frame.function().globals();
    let found = match plain_namespace(frame) {
        Some(namespace) if core::ptr::eq(namespace, globals) => None,
        Some(namespace) => namespace.get_name(name),
        None => get_from_mapping(thread, frame, name)?,
    };
    match found {
        Some(found) => Ok(found),
        None => get_global(thread, frame, name, cache),
    }
}

/// A name of a class body that is a free variable too.
#[inline(never)]
pub(super) fn get_name_or_cell(
    thread: &mut Thread,
    frame: Frame,
    name: Value,
    cell: usize,
) -> PyResult {
    let found = match plain_namespace(frame) {
        Some(namespace) => namespace.get_name(name),
        None => get_from_mapping(thread, frame, name)?,
    };
    match found {
        Some(found) => Ok(found),
        None => get_cell(thread, frame, cell),
    }
}

/// Sets a name of a class body or module.
#[inline(always)]
pub(super) fn set_name(
    thread: &mut Thread,
    frame: Frame,
    name: Value,
    value: Ref,
    cache: &AtomicU64,
) -> PyResult<()> {
    match plain_namespace(frame) {
        Some(namespace) => {
            set_global(namespace, name, value, cache);
            Ok(())
        }
        None => operations::set_item(thread, namespace_value(frame), name, Some(*value)),
    }
}

/// Deletes a name of a class body or module.
pub(super) fn delete_name(thread: &mut Thread, frame: Frame, name: Value) -> PyResult<()> {
    match plain_namespace(frame) {
        Some(namespace) => delete(thread, namespace, name),
        None => match operations::set_item(thread, namespace_value(frame), name, None) {
            Err(raised) if thread.raised_is(&exception::KEY_ERROR) => {
                thread.swallow(raised, &exception::KEY_ERROR)?;
                Err(undefined(thread, name))
            }
            result => result,
        },
    }
}

/// The cell in a register.
pub(super) fn cell<'a>(frame: Frame, register: usize) -> &'a Cell {
    // SAFETY: a register of the frame.
    let value = unsafe { *frame.register(register) };
    let cell: *const Cell =
        downcast::<Cell>(&value).expect("the register of a shared variable holds a cell");
    // SAFETY: the register keeps it alive as long as the frame runs.
    unsafe { &*cell }
}

/// The content of the cell in a register.
pub(super) fn get_cell(thread: &mut Thread, frame: Frame, register: usize) -> PyResult {
    cell(frame, register)
        .get()
        .ok_or_else(|| empty_cell(thread, frame.code(), register))
}

#[cold]
pub(super) fn empty_cell(thread: &mut Thread, code: &Code, register: usize) -> Raised {
    let name = code
        .source
        .local_names
        .get(register)
        .map_or("?", |name| name);
    let first_free = code.first_temp - code.source.free_count;
    if register as u32 >= first_free {
        let text = format!(
            "cannot access free variable '{name}' where it is not associated with a value in enclosing scope"
        );
        thread.raise_text(&exception::NAME_ERROR, text)
    } else {
        let text = format!(
            "cannot access local variable '{name}' where it is not associated with a value"
        );
        thread.raise_text(&exception::UNBOUND_LOCAL_ERROR, text)
    }
}
