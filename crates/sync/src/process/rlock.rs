//! A lock that its holder may take again.

use super::error::{AcquireError, HolderDied};
use super::lock::Lock;
use crate::error::NotHeld;
use crate::reentrant::Reentrant;
use crate::releasable::{Releasable, sealed::Sealed};
use crate::seam::clock::Duration;

/// A [`Lock`] that belongs to a thread of a process: it may take it again, is to release it as
/// often, and nobody else may.
///
/// ```
/// use selvedge_sync::process::RLock;
///
/// let lock = RLock::new();
/// lock.acquire(None)?;
/// lock.acquire(None)?;
/// lock.release()?;
/// lock.release()?;
/// assert!(lock.release().is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[repr(C)]
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
        let take = |lock: &Lock| lock.try_acquire().then_some(()).ok_or(());
        self.0.acquire(take).is_ok()
    }

    /// Waits for the lock and takes it, once more if this thread holds it already.
    ///
    /// # Errors
    /// `Timeout`; `HolderDied` if who holds it is dead, which is noticed within a tenth of a
    /// second.
    ///
    /// # Panics
    /// If this thread has taken it 2³² − 1 times.
    pub fn acquire(&self, timeout: Option<Duration>) -> Result<(), AcquireError> {
        self.0.acquire(|lock| lock.acquire(timeout))
    }

    /// Takes back one acquisition; the last one releases the lock.
    ///
    /// # Errors
    /// If this thread does not hold it.
    pub fn release(&self) -> Result<(), NotHeld> {
        self.0.release()
    }

    /// Takes the lock over from a holder that is dead, once. Returns who that was, or `None` if
    /// nobody holds the lock or its holder lives; then nothing is taken.
    #[must_use = "the lock is held only if somebody was dead"]
    pub fn recover(&self) -> Option<HolderDied> {
        let died = self.0.lock.recover()?;
        self.0.own(1);
        Some(died)
    }

    /// Whether this thread holds the lock.
    pub fn is_mine(&self) -> bool {
        self.0.is_mine()
    }

    /// Whether somebody holds the lock at this moment, dead or alive.
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
    type Lost = HolderDied;

    fn leave(&self) -> Result<u32, NotHeld> {
        self.0.release_fully()
    }

    fn enter(&self, depth: u32) -> Result<(), HolderDied> {
        self.0.lock.enter(())?;
        self.0.own(depth);
        Ok(())
    }
}
