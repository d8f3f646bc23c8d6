//! Mutual exclusion between processes.

use super::error::{AcquireError, HolderDied};
use super::signal::Signal;
use crate::error::NotHeld;
use crate::reentrant::Exclusive;
use crate::releasable::{Releasable, sealed::Sealed};
use crate::seam::atomic::{AtomicU64, Ordering};
use crate::seam::clock::Duration;
use crate::seam::process;

/// Mutual exclusion between processes, to be put in memory that they [share](super::Shared).
///
/// Like the lock of Python's `multiprocessing`, whoever knows it may release it. A process that
/// waits and is not woken, because who should have woken it was killed, looks again after a tenth
/// of a second; then it also looks whether the holder lives. Waiters are not served in any
/// particular order. The end of a thread alone, in a process that lives on, is not noticed.
///
/// | holder | to | by | ordering |
/// | --- | --- | --- | --- |
/// | 0 | a process | acquire | acquire |
/// | a process | 0 | release, by anybody | release |
/// | a dead process | another | recover | acquire |
///
/// ```
/// use selvedge_sync::process::{Lock, Shared};
///
/// let lock = Shared::new(Lock::new())?;
/// let same = Shared::<Lock>::from_fd(lock.try_clone_fd()?)?;
/// lock.acquire(None)?;
/// assert!(!same.try_acquire());
/// same.release()?;
/// assert!(lock.release().is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[repr(C, align(8))]
pub struct Lock {
    /// Who holds it, or 0.
    holder: AtomicU64,
    released: Signal,
}

impl Lock {
    /// A lock that nobody holds.
    pub fn new() -> Self {
        Self {
            holder: AtomicU64::new(0),
            released: Signal::new(),
        }
    }

    /// Takes the lock if nobody holds it; returns whether it did.
    #[must_use = "the lock is held only if this returns true"]
    pub fn try_acquire(&self) -> bool {
        // Acquire: sees what was done under the lock before. Relaxed: nothing was taken.
        let taken = self.holder.compare_exchange(
            0,
            process::identity(),
            Ordering::Acquire,
            Ordering::Relaxed,
        );
        taken.is_ok()
    }

    /// Waits for the lock and takes it.
    ///
    /// # Errors
    /// `Timeout`; `HolderDied` if who holds it is dead, which is noticed within a tenth of a
    /// second.
    pub fn acquire(&self, timeout: Option<Duration>) -> Result<(), AcquireError> {
        let attempt = || self.try_acquire().then_some(());
        let taken = self
            .released
            .wait_for(timeout, attempt, || HolderDied::check(self.holder()))?;
        taken.ok_or(AcquireError::Timeout)
    }

    /// Releases the lock, whoever holds it.
    ///
    /// # Errors
    /// If nobody holds it.
    pub fn release(&self) -> Result<(), NotHeld> {
        // Release: the next holder sees what was done under the lock.
        if self.holder.swap(0, Ordering::Release) == 0 {
            return Err(NotHeld);
        }
        self.released.notify(1);
        Ok(())
    }

    /// Takes the lock over from a holder that is dead. Returns who that was, or `None` if nobody
    /// holds the lock or its holder lives; then nothing is taken.
    #[must_use = "the lock is held only if somebody was dead"]
    pub fn recover(&self) -> Option<HolderDied> {
        let holder = self.holder();
        let died = HolderDied::check(holder).err()?;
        // Acquire: sees what the dead process did. It is one of many who may try, and may have
        // been released by another since.
        let taken = self.holder.compare_exchange(
            holder,
            process::identity(),
            // mutant: argued, ordering: what was done under the lock before the dead one took it
            // could be missed. But whoever knows of a death sees what happened before it: in a model
            // by an acquire of its own, in production by the system call that looks.
            Ordering::Acquire,
            Ordering::Relaxed,
        );
        taken.is_ok().then_some(died)
    }

    /// Whether somebody holds the lock at this moment, dead or alive.
    pub fn is_held(&self) -> bool {
        self.holder() != 0
    }

    /// Whether this process holds the lock.
    pub fn is_held_here(&self) -> bool {
        self.holder() == process::identity()
    }

    fn holder(&self) -> u64 {
        // Relaxed: what is found here is acted on by an exchange, or is this process's own doing.
        self.holder.load(Ordering::Relaxed)
    }
}

impl Default for Lock {
    fn default() -> Self {
        Self::new()
    }
}

impl Exclusive for Lock {
    fn may_be_held_here(&self) -> bool {
        self.is_held_here()
    }

    fn release(&self) -> Result<(), NotHeld> {
        Self::release(self)
    }
}

impl Sealed for Lock {}

impl Releasable for Lock {
    type Held = ();
    type Lost = HolderDied;

    fn leave(&self) -> Result<(), NotHeld> {
        if self.is_held_here() {
            self.release()
        } else {
            Err(NotHeld)
        }
    }

    fn enter(&self, (): ()) -> Result<(), HolderDied> {
        match self.acquire(None) {
            Err(AcquireError::HolderDied(died)) => Err(died),
            // Without a time limit it does not run out.
            Ok(()) | Err(AcquireError::Timeout) => Ok(()),
        }
    }
}
