//! Freeing objects: what happens when a last reference goes.

use super::{CURRENT, INTERPRETER, Thread, current_token};
use crate::object::generator::Generator;
use crate::object::{EXTENDED, Object, Type, WATCHED, extension, weak};
use crate::value::Value;
use core::cell::{Cell, RefCell};
use selvedge_refcount::Released;

selvedge_sync::thread_local! {
    /// Objects whose last reference went while another was being freed, and how deep that is.
    static FREEING: Cell<u32> = Cell::new(0);
    static TO_FREE: RefCell<Vec<Doomed>> = RefCell::new(Vec::new());
    /// Whether there are any: a look at this is all that freeing most objects takes.
    static ANY_TO_FREE: Cell<bool> = Cell::new(false);
}

/// An object that waits to be freed.
struct Doomed {
    object: *mut Object,
    /// Whether collections looked at it. They do not while it waits: it has no references, but
    /// what it refers to is to stay until it goes.
    was_tracked: bool,
}

/// How many objects are freed inside one another before the rest is put on a list.
const FREEING_DEPTH: u32 = 64;

/// Puts freeing off, until [`resume`] is called with the result.
pub(super) fn put_off() -> u32 {
    FREEING.replace(FREEING_DEPTH)
}

/// Goes on as before [`put_off`].
pub(super) fn resume(freeing: u32) {
    FREEING.set(freeing);
    if freeing == 0 && ANY_TO_FREE.get() {
        free_listed();
    }
}

/// Frees an object whose last reference is gone.
///
/// Objects that this frees in turn are freed inside it to a fixed depth, and one after the other
/// from there on: a list a million deep does not need a million native frames.
///
/// # Safety
/// Nobody holds a reference to `object`.
#[cold]
#[inline(never)]
pub(crate) unsafe fn release_last(object: *mut Object) {
    let depth = FREEING.get();
    if depth >= FREEING_DEPTH {
        // SAFETY: an object without references is still whole.
        let header = unsafe { &(*object).header };
        let was_tracked = header.is_tracked();
        header.untrack();
        ANY_TO_FREE.set(true);
        TO_FREE.with_borrow_mut(|list| {
            list.push(Doomed {
                object,
                was_tracked,
            });
        });
        return;
    }
    FREEING.set(depth + 1);
    // SAFETY: by contract.
    unsafe { free_now(object) };
    if depth == 0 && ANY_TO_FREE.get() {
        free_listed();
    }
    FREEING.set(depth);
}

/// Frees what was put on the list.
#[cold]
#[inline(never)]
fn free_listed() {
    while let Some(next) = TO_FREE.with_borrow_mut(Vec::pop) {
        // SAFETY: the list holds objects without references. Whoever revives one finds it as it
        // was.
        unsafe {
            if next.was_tracked {
                (*next.object).header.track();
            }
            free_now(next.object);
        }
    }
    ANY_TO_FREE.set(false);
}

/// Runs `f`, which may run Python code, while an object is released; not if there is no thread to
/// run it.
pub(crate) fn within_release(f: impl FnOnce(&mut Thread)) {
    let current = CURRENT.get();
    if current.is_null() {
        return;
    }
    // SAFETY: set by `with_finalisers` of this system thread, up the stack. Functions between
    // here and there hold the same borrow, and see what it was: what `f` changes of the thread is
    // put back.
    let thread = unsafe { &mut *current.cast::<Thread>() };
    thread.aside(f);
}

/// Whether something is done before an object is freed.
#[inline]
pub(crate) fn has_finaliser(value: Value) -> bool {
    let ty: &Type = value.ty();
    ty.has_finaliser() && !Generator::is_done(value)
}

/// Finalises an object without references, once; says whether somebody holds one afterwards.
///
/// # Safety
/// Nobody holds a reference to `object`.
#[cold]
unsafe fn revived_by_finaliser(object: *mut Object, finalise: fn(&mut Thread, Value)) -> bool {
    let current = CURRENT.get();
    // SAFETY: an object without references is still whole, and this thread was told so.
    unsafe {
        if current.is_null() || !(*object).header.begin_finalising() {
            return false;
        }
        (*object).header.revive(current_token());
    }
    within_release(|thread| finalise(thread, Value::uncounted(object)));
    // SAFETY: the reference given by `revive`.
    match unsafe { (*object).header.decref(current_token()) } {
        Released::Last => false,
        Released::Alive => true,
        Released::Queue => {
            // SAFETY: the one call for this result.
            unsafe { release_queued(object) };
            true
        }
    }
}

/// # Safety
/// Nobody holds a reference to `object`.
#[inline(always)]
unsafe fn free_now(object: *mut Object) {
    // SAFETY: an object without references is still whole.
    let ty = unsafe { (*object).ty() };
    if has_finaliser(Value::uncounted(object))
        && let Some(finalise) = ty.finalise()
        // SAFETY: by contract.
        && unsafe { revived_by_finaliser(object, finalise) }
    {
        return;
    }
    // SAFETY: nobody holds a reference to the object, which is still whole.
    unsafe {
        // Collections may come while it is taken apart.
        (*object).header.untrack();
        if (*object).header.flags() & (WATCHED | EXTENDED) != 0 {
            weak::release_of(object);
            extension::release_of(object);
        }
    }
    // SAFETY: the type says how its instances are freed.
    unsafe { (ty.dealloc())(object) };
    if ty.is_heap() {
        // SAFETY: the reference that the instance held on its class.
        unsafe { crate::value::release(Value::owned(&raw const ty.object)) };
    }
}

/// Brings an object that only its owner still counts to that owner.
///
/// # Safety
/// `object` was released with [`Released::Queue`], and this is the one call for it.
#[cold]
#[inline(never)]
pub(crate) unsafe fn release_queued(object: *mut Object) {
    let interpreter = INTERPRETER.get();
    assert!(
        !interpreter.is_null(),
        "references are counted by attached threads"
    );
    // SAFETY: set by `Thread::enter`, reset before the interpreter goes; the queue's reference
    // keeps the object alive.
    unsafe {
        let owner = (*object).header.owner();
        if (*interpreter).owners.queue(&raw const (*object).header) == Released::Last {
            release_last(object);
        } else {
            (*interpreter).request_merge(owner);
        }
    }
}
