//! A condition variable: `parking_lot`'s, whose waiters are woken in the order in which they came.

use super::MutexGuard;
use super::clock::Instant;

/// A place to wait for a change of what a [`Mutex`](super::Mutex) guards.
///
/// A wait ends when it is notified; callers still re-check their condition, since another thread
/// may have taken the mutex first.
#[derive(Debug, Default)]
pub struct Condvar(parking_lot::Condvar);

impl Condvar {
    /// A condition variable nobody waits on.
    #[inline]
    pub const fn new() -> Self {
        Self(parking_lot::Condvar::new())
    }

    /// Releases the mutex, waits to be notified, and takes the mutex again.
    #[inline]
    pub fn wait<T: ?Sized>(&self, guard: &mut MutexGuard<'_, T>) {
        self.0.wait(&mut guard.0);
    }

    /// Like [`wait`](Self::wait), up to `deadline`. Returns whether it timed out; a wait that
    /// timed out has consumed no notification.
    #[inline]
    #[must_use = "whether the wait timed out decides what to do next"]
    pub fn wait_until<T: ?Sized>(&self, guard: &mut MutexGuard<'_, T>, deadline: Instant) -> bool {
        self.0.wait_until(&mut guard.0, deadline).timed_out()
    }

    /// Wakes the waiter that has waited longest, if there is one.
    #[inline]
    pub fn notify_one(&self) {
        self.0.notify_one();
    }

    /// Wakes every waiter.
    #[inline]
    pub fn notify_all(&self) {
        self.0.notify_all();
    }
}
