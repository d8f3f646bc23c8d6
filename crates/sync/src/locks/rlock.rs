//! A lock that its holder may take again.

use super::lock::Lock;
use crate::error::NotHeld;
use crate::reentrant::Reentrant;
use crate::releasable::{Releasable, sealed::Sealed};
use crate::seam::clock::Duration;
use core::convert::Infallible;

/// A [`Lock`] that belongs to a thread: it may take it again, is to release it as often, and nobody
/// else may.
///
/// ```
/// use selvedge_sync::locks::RLock;
///
/// let lock = RLock::new();
/// assert!(lock.acquire(None) && lock.acquire(None));
/// lock.release()?;
/// lock.release()?;
/// assert!(lock.release().is_err());
/// # Ok::<(), selvedge_sync::NotHeld>(())
/// ```
#[derive(Debug)]
pub struct RLock(Reentrant<Lock>);

impl RLock {
    /// A lock that nobody holds.
    pub fn new() -> Self {
        Self(Reentrant::new(Lock::new()))
    }

    /// Takes the lock, once more if this thread holds it already, if nobody else holds it;
    /// returns whether it did.
    ///
    /// # Panics
    /// If this thread has taken it 2³² − 1 times.
    #[must_use = "the lock is held only if this returns true"]
    pub fn try_acquire(&self) -> bool {
        self.take(Lock::try_acquire)
    }

    /// Waits for the lock and takes it, once more if this thread holds it already; returns
    /// whether it did before the time ran out.
    ///
    /// # Panics
    /// If this thread has taken it 2³² − 1 times.
    #[must_use = "the lock is held only if this returns true"]
    pub fn acquire(&self, timeout: Option<Duration>) -> bool {
        self.take(|lock| lock.acquire(timeout))
    }

    fn take(&self, take: impl FnOnce(&Lock) -> bool) -> bool {
        let taken = self.0.acquire(|lock| take(lock).then_some(()).ok_or(()));
        taken.is_ok()
    }

    /// Takes back one acquisition; the last one releases the lock.
    ///
    /// # Errors
    /// If this thread does not hold it.
    pub fn release(&self) -> Result<(), NotHeld> {
        self.0.release()
    }

    /// Whether this thread holds the lock.
    pub fn is_mine(&self) -> bool {
        self.0.is_mine()
    }

    /// Whether somebody holds the lock at this moment.
    pub fn is_held(&self) -> bool {
        self.0.lock.is_held()
    }
}

impl Default for RLock {
    fn default() -> Self {
        Self::new()
    }
}

impl Sealed for RLock {}

impl Releasable for RLock {
    type Held = u32;
    type Lost = Infallible;

    fn leave(&self) -> Result<u32, NotHeld> {
        self.0.release_fully()
    }

    fn enter(&self, depth: u32) -> Result<(), Infallible> {
        self.0.lock.enter(())?;
        self.0.own(depth);
        Ok(())
    }
}
