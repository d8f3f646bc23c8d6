//! A lock that its holder may take again.

use super::error::{AcquireError, HolderDied, NotHeld};
use super::lock::Lock;
use crate::identity::current_thread;
use crate::seam::atomic::{AtomicU32, AtomicU64, Ordering};
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
pub struct RLock {
    lock: Lock,
    /// The thread of the holding process, or 0. Written by who holds the lock only: a thread that
    /// finds itself here has written that, and not taken it back, so it is the holder.
    thread: AtomicU64,
    /// How often the holder has taken it. The holder's own.
    depth: AtomicU32,
}

impl RLock {
    /// A lock that nobody holds.
    pub fn new() -> Self {
        Self {
            lock: Lock::new(),
            thread: AtomicU64::new(0),
            depth: AtomicU32::new(0),
        }
    }

    /// Takes the lock, once more if this thread holds it already, if nobody else holds it;
    /// returns whether it did.
    ///
    /// # Panics
    /// If this thread has taken it 2³² − 1 times.
    #[must_use = "the lock is held only if this returns true"]
    pub fn try_acquire(&self) -> bool {
        if self.is_mine() {
            self.deepen();
            return true;
        }
        let taken = self.lock.try_acquire();
        if taken {
            self.own(1);
        }
        taken
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
        if self.is_mine() {
            self.deepen();
            return Ok(());
        }
        self.lock.acquire(timeout)?;
        self.own(1);
        Ok(())
    }

    /// Takes back one acquisition; the last one releases the lock.
    ///
    /// # Errors
    /// If this thread does not hold it.
    pub fn release(&self) -> Result<(), NotHeld> {
        if !self.is_mine() {
            return Err(NotHeld);
        }
        match self.depth() {
            1 => self.disown(),
            more => {
                self.set_depth(more.saturating_sub(1));
                Ok(())
            }
        }
    }

    /// Takes the lock over from a holder that is dead, once. Returns who that was, or `None` if
    /// nobody holds the lock or its holder lives; then nothing is taken.
    #[must_use = "the lock is held only if somebody was dead"]
    pub fn recover(&self) -> Option<HolderDied> {
        let died = self.lock.recover()?;
        self.own(1);
        Some(died)
    }

    /// Whether this thread holds the lock.
    pub fn is_mine(&self) -> bool {
        // Relaxed: only this thread writes its own number there.
        self.lock.is_held_here() && self.thread.load(Ordering::Relaxed) == current_thread()
    }

    /// Whether somebody holds the lock at this moment, dead or alive.
    pub fn is_held(&self) -> bool {
        self.lock.is_held()
    }

    /// Releases the lock, however often it was taken; returns how often that was.
    pub(super) fn release_fully(&self) -> Result<u32, NotHeld> {
        if !self.is_mine() {
            return Err(NotHeld);
        }
        let depth = self.depth();
        self.disown()?;
        Ok(depth)
    }

    /// Waits for the lock and takes it, so often at once.
    pub(super) fn acquire_fully(&self, depth: u32) -> Result<(), HolderDied> {
        match self.lock.acquire(None) {
            Err(AcquireError::HolderDied(died)) => Err(died),
            // Without a time limit it does not run out.
            Ok(()) | Err(AcquireError::Timeout) => {
                self.own(depth);
                Ok(())
            }
        }
    }

    fn own(&self, depth: u32) {
        self.set_depth(depth);
        // Relaxed, as all of these: see the fields.
        self.thread.store(current_thread(), Ordering::Relaxed);
    }

    fn disown(&self) -> Result<(), NotHeld> {
        self.thread.store(0, Ordering::Relaxed);
        self.lock.release()
    }

    fn deepen(&self) {
        let deeper = self.depth().checked_add(1);
        self.set_depth(deeper.expect("a lock is not taken that often"));
    }

    fn depth(&self) -> u32 {
        self.depth.load(Ordering::Relaxed)
    }

    fn set_depth(&self, depth: u32) {
        self.depth.store(depth, Ordering::Relaxed);
    }
}

impl Default for RLock {
    fn default() -> Self {
        Self::new()
    }
}
