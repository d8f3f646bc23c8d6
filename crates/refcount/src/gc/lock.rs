//! A mutex for what lies in a world, which the collector reads without locking.

use super::trace::{Trace, Visitor};
use core::fmt;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};
use selvedge_sync::seam::ByteMutex;
use selvedge_sync::seam::cell::UnsafeCell;

/// Mutual exclusion around the part of a value that changes. One byte; not poisoned by a panic.
///
/// Like `std::sync::Mutex`, but the collector need not lock it to trace what it guards: when the
/// world is stopped, nobody has a reference to it.
#[derive(Default)]
pub struct GcMutex<T> {
    lock: ByteMutex,
    value: UnsafeCell<T>,
}

// SAFETY: the value is handed to one thread at a time.
unsafe impl<T: Send> Sync for GcMutex<T> {}
// SAFETY: it owns its value.
unsafe impl<T: Send> Send for GcMutex<T> {}

/// Proof that a [`GcMutex`] is held; releases it when dropped.
#[must_use = "the mutex is released as soon as the guard is dropped"]
pub struct GcMutexGuard<'a, T> {
    mutex: &'a GcMutex<T>,
    /// Released by the thread that took it.
    not_send: PhantomData<*const ()>,
}

impl<T> GcMutex<T> {
    selvedge_sync::const_fn! {
        /// Wraps `value`, unlocked.
        #[inline]
        pub fn new(value: T) -> Self {
            Self {
                lock: ByteMutex::new(),
                value: UnsafeCell::new(value),
            }
        }
    }

    /// Waits for the mutex and takes it. A thread that holds it does not take it again, nor come
    /// to a safe point: the borrow of its mutator sees to the latter.
    #[inline]
    pub fn lock(&self) -> GcMutexGuard<'_, T> {
        self.lock.lock();
        GcMutexGuard {
            mutex: self,
            not_send: PhantomData,
        }
    }
}

impl<T> Deref for GcMutexGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the guard holds the mutex for as long as the result is borrowed.
        self.mutex.value.with(|value| unsafe { &*value })
    }
}

impl<T> DerefMut for GcMutexGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as above.
        self.mutex.value.with_mut(|value| unsafe { &mut *value })
    }
}

impl<T> Drop for GcMutexGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: taken by this thread when the guard was made.
        unsafe { self.mutex.lock.unlock() };
    }
}

impl<T> fmt::Debug for GcMutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("GcMutex").field(&self.lock).finish()
    }
}

// SAFETY: owns its value. Values are traced in a stopped world only, in which nobody has a
// reference to the mutex, since that takes a mutator which is not at a safe point: so no guard is
// left that could be used, and whoever held one before has stopped since.
unsafe impl<T: Trace> Trace for GcMutex<T> {
    #[inline]
    fn trace(&self, visitor: &mut Visitor<'_>) {
        // SAFETY: as said.
        self.value.with(|value| unsafe { &*value }.trace(visitor));
    }
}
