//! Mutual exclusion in one byte.

use crate::Deadline;
use crate::error::NotHeld;
use crate::reentrant::Exclusive;
use crate::releasable::{Releasable, sealed::Sealed};
use crate::seam::atomic::{AtomicU8, Ordering};
use crate::seam::clock::Duration;
use crate::seam::parking::{self, Parked};
use crate::seam::{bounds, hint, thread};
use core::convert::Infallible;

/// Somebody holds the lock.
const HELD: u8 = 1;
/// Somebody may sleep until it is released.
const ASLEEP: u8 = 2;

/// Mutual exclusion between threads, in one byte. Whoever knows it may release it.
///
/// | state | to | by |
/// | --- | --- | --- |
/// | not held | held, others may sleep or not as before | acquire |
/// | held | held, somebody may sleep | who is about to sleep |
/// | held, nobody sleeps | free | release |
/// | held, somebody may sleep | not held, somebody may sleep if others stay asleep | release, in the queue of sleepers |
/// | somebody may sleep | nobody does | the last sleeper, when its time runs out, in the queue |
///
/// A sleeper joins the queue only if the lock is held and marked; both releases of a marked lock
/// and time-outs happen in the queue, which one thread is in at a time. So a mark is there while
/// somebody sleeps, and whoever releases wakes one.
///
/// ```
/// use selvedge_sync::locks::Lock;
/// use std::time::Duration;
///
/// let lock = Lock::new();
/// assert!(lock.acquire(None));
/// assert!(!lock.acquire(Some(Duration::ZERO)));
/// lock.release()?;
/// assert!(lock.release().is_err());
/// # Ok::<(), selvedge_sync::NotHeld>(())
/// ```
#[derive(Debug)]
pub struct Lock(AtomicU8);

impl Lock {
    crate::const_fn! {
        /// A lock that nobody holds.
        pub fn new() -> Self {
            Self(AtomicU8::new(0))
        }
    }

    /// Takes the lock if nobody holds it; returns whether it did.
    #[inline]
    #[must_use = "the lock is held only if this returns true"]
    pub fn try_acquire(&self) -> bool {
        // Acquire: sees what was done under the lock. Relaxed: nothing was taken.
        let taken = self
            .0
            .fetch_update(Ordering::Acquire, Ordering::Relaxed, |state| {
                (state & HELD == 0).then_some(state | HELD)
            });
        taken.is_ok()
    }

    /// Waits for the lock and takes it; returns whether it did before the time ran out.
    #[inline]
    #[must_use = "the lock is held only if this returns true"]
    pub fn acquire(&self, timeout: Option<Duration>) -> bool {
        // Acquire: sees what was done under the lock. Relaxed: nothing was taken.
        let taken = self
            .0
            .compare_exchange(0, HELD, Ordering::Acquire, Ordering::Relaxed);
        taken.is_ok() || self.acquire_slowly(Deadline::after(timeout))
    }

    #[cold]
    fn acquire_slowly(&self, deadline: Deadline) -> bool {
        let mut looks = match thread::available_parallelism() {
            1 => 0,
            _ => bounds::ATTEMPTS,
        };
        loop {
            if self.try_acquire() {
                return true;
            }
            if let Some(left) = looks.checked_sub(1) {
                looks = left;
                hint::spin_loop();
                continue;
            }
            // Relaxed: only a mark.
            self.0.fetch_or(ASLEEP, Ordering::Relaxed);
            // Relaxed: nobody else wakes or leaves meanwhile, and an acquire follows.
            let is_held = || self.0.load(Ordering::Relaxed) == HELD | ASLEEP;
            let unmark = |was_last: bool| {
                if was_last {
                    // mutant: equivalent, bit: a mark that nobody sleeps behind stays only until
                    // the next release, which finds the queue empty and clears it.
                    self.0.fetch_and(!ASLEEP, Ordering::Relaxed);
                }
            };
            if parking::park(self.address(), is_held, unmark, deadline.instant())
                == Parked::TimedOut
            {
                return self.try_acquire();
            }
        }
    }

    /// Releases the lock, whoever holds it.
    ///
    /// # Errors
    /// If nobody holds it.
    #[inline]
    pub fn release(&self) -> Result<(), NotHeld> {
        // Release: the next holder sees what was done under the lock. Relaxed: nothing was
        // released.
        let released = self
            .0
            .compare_exchange(HELD, 0, Ordering::Release, Ordering::Relaxed);
        match released {
            Ok(_) => Ok(()),
            Err(state) if state & HELD == 0 => Err(NotHeld),
            Err(_) => self.release_slowly(),
        }
    }

    #[cold]
    fn release_slowly(&self) -> Result<(), NotHeld> {
        let mut released = Err(NotHeld);
        parking::unpark_one(self.address(), |others_stay| {
            let left = if others_stay { ASLEEP } else { 0 };
            // Release: as in `release`. The mark may be set again at any time, by who then looks
            // again in the queue.
            let before = self.0.swap(left, Ordering::Release);
            if before & HELD != 0 {
                released = Ok(());
            }
        });
        released
    }

    /// Whether somebody holds the lock at this moment.
    pub fn is_held(&self) -> bool {
        // Relaxed: it may have changed when the caller looks at it.
        self.0.load(Ordering::Relaxed) & HELD != 0
    }

    fn address(&self) -> usize {
        core::ptr::from_ref(self).addr()
    }
}

#[cfg(not(selvedge_loom))]
const _: () = assert!(size_of::<Lock>() == 1);

impl Default for Lock {
    fn default() -> Self {
        Self::new()
    }
}

impl Exclusive for Lock {
    fn may_be_held_here(&self) -> bool {
        // There is no other process.
        true
    }

    fn release(&self) -> Result<(), NotHeld> {
        Self::release(self)
    }
}

impl Sealed for Lock {}

impl Releasable for Lock {
    type Held = ();
    type Lost = Infallible;

    fn leave(&self) -> Result<(), NotHeld> {
        self.release()
    }

    fn enter(&self, (): ()) -> Result<(), Infallible> {
        // Without a time limit it does not run out.
        let _ = self.acquire(None);
        Ok(())
    }
}
