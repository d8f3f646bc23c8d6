//! Keeping a builtin container consistent where no interpreter lock does.
//!
//! With an interpreter lock, whoever runs is alone. Without one, a container's one-byte mutex is
//! held for each operation on it, never while Python code runs.

use crate::object::Object;
use selvedge_sync::seam::atomic::{AtomicBool, Ordering};
use selvedge_sync::seam::cell::UnsafeCell;

/// Whether containers have to lock: set once, before the first thread runs Python code.
static FREE_THREADED: AtomicBool = AtomicBool::new(false);

/// Switches container locks on for the whole process.
pub(crate) fn enable_container_locks() {
    // Relaxed: the threads that must see it are started afterwards.
    FREE_THREADED.store(true, Ordering::Relaxed);
}

/// Whether threads of one interpreter run at the same time.
#[inline(always)]
pub(crate) fn is_free_threaded() -> bool {
    // Relaxed: see `enable_container_locks`.
    FREE_THREADED.load(Ordering::Relaxed)
}

/// Runs `f` while no other thread is in a `guarded` of the same object. `f` runs no Python code.
#[inline(always)]
pub(crate) fn guarded<R>(object: &Object, f: impl FnOnce() -> R) -> R {
    // One call of `f`, for it to be inlined.
    let _held = is_free_threaded().then(|| Held::lock(object));
    f()
}

/// As [`guarded`], for what is small, runs often and uses what is in `cell`: where there is a lock
/// nothing is around `f`. It should capture nothing and be `given` all that it needs, of which two
/// words stay in registers.
///
/// # Safety
/// The object's mutex, or the interpreter's lock, guards the cell. `f` runs no Python code and does
/// not come back to the cell.
#[inline(always)]
pub(crate) unsafe fn briefly<T, A, R>(
    object: &Object,
    cell: &UnsafeCell<T>,
    given: A,
    f: impl FnOnce(&mut T, A) -> R,
) -> R {
    if is_free_threaded() {
        // SAFETY: by contract.
        unsafe { guarded_apart(object, cell, given, f) }
    } else {
        // SAFETY: the interpreter's lock is held, and `f` does not come back.
        cell.with_mut(|inside| f(unsafe { &mut *inside }, given))
    }
}

/// # Safety
/// As for [`briefly`].
#[cold]
#[inline(never)]
unsafe fn guarded_apart<T, A, R>(
    object: &Object,
    cell: &UnsafeCell<T>,
    given: A,
    f: impl FnOnce(&mut T, A) -> R,
) -> R {
    let _held = Held::lock(object);
    // SAFETY: the mutex is held, and `f` does not come back.
    cell.with_mut(|inside| f(unsafe { &mut *inside }, given))
}

/// As [`guarded`], with an interpreter lock too: for what interpreters share.
#[inline]
pub(crate) fn locked<R>(object: &Object, f: impl FnOnce() -> R) -> R {
    let _held = Held::lock(object);
    f()
}

/// Proof that an object's mutex is held.
pub(crate) struct Held<'a>(&'a Object);

impl<'a> Held<'a> {
    #[inline]
    fn lock(object: &'a Object) -> Self {
        object.header.lock().lock();
        Self(object)
    }
}

impl Drop for Held<'_> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: locked by `lock`, on this thread: the proof does not leave `guarded`.
        unsafe { self.0.header.lock().unlock() };
    }
}
