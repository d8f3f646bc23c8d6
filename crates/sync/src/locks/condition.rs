//! Waiting, without a lock, for what is changed under it.

use super::line::Guarded;
use crate::Deadline;
use crate::error::NotHeld;
use crate::releasable::Releasable;
use crate::seam::clock::Duration;
use core::convert::Infallible;

#[cfg(doc)]
use super::{Lock, RLock};

/// A place to wait for a change of what a [`Lock`] or an [`RLock`] guards. Those who wait are
/// notified in the order in which they came.
///
/// ```
/// use selvedge_sync::locks::{Condition, Lock};
/// use std::time::Duration;
///
/// let (lock, changed) = (Lock::new(), Condition::new());
/// assert!(lock.acquire(None));
/// assert!(!changed.wait(&lock, Some(Duration::ZERO))?);
/// assert_eq!(changed.notify(1), 0);
/// lock.release()?;
/// # Ok::<(), selvedge_sync::NotHeld>(())
/// ```
#[derive(Debug)]
pub struct Condition(Guarded<()>);

impl Condition {
    /// A place nobody waits at.
    pub fn new() -> Self {
        Self(Guarded::new(()))
    }

    /// Releases the lock, waits to be notified, and takes the lock again, as often as it was
    /// held. Returns whether it was notified before the time ran out.
    ///
    /// # Errors
    /// If the lock is not held; then nothing was done.
    pub fn wait<L: Releasable<Lost = Infallible>>(
        &self,
        lock: &L,
        timeout: Option<Duration>,
    ) -> Result<bool, NotHeld> {
        let place = self.0.lock().join();
        let Ok(held) = lock.leave() else {
            if !self.0.lock().leave(&place) {
                // Notified just then: that is for another.
                self.notify(1);
            }
            return Err(NotHeld);
        };
        let notified = self.0.wait(&place, Deadline::after(timeout)).is_ok();
        let Ok(()) = lock.enter(held);
        Ok(notified)
    }

    /// Waits until `predicate`, which is called with the lock held, is true. Returns whether it
    /// was before the time ran out.
    ///
    /// # Errors
    /// As [`wait`](Self::wait).
    pub fn wait_for<L: Releasable<Lost = Infallible>>(
        &self,
        lock: &L,
        timeout: Option<Duration>,
        mut predicate: impl FnMut() -> bool,
    ) -> Result<bool, NotHeld> {
        let deadline = Deadline::after(timeout);
        while !predicate() {
            if deadline.has_passed() || !self.wait(lock, deadline.remaining())? {
                return Ok(predicate());
            }
        }
        Ok(true)
    }

    /// Notifies up to `count` of those who wait; returns how many.
    ///
    /// Call it with the lock held, or somebody may come to wait between your change and it.
    pub fn notify(&self, count: usize) -> usize {
        let chosen = self.0.lock().choose(count);
        let count = chosen.count();
        chosen.wake();
        count
    }

    /// Notifies all who wait; returns how many.
    pub fn notify_all(&self) -> usize {
        self.notify(usize::MAX)
    }

    /// How many wait at this moment, and have not been notified.
    pub fn waiting(&self) -> usize {
        self.0.lock().waiting()
    }
}

impl Default for Condition {
    fn default() -> Self {
        Self::new()
    }
}
