//! A lock that the thread which holds it may take again, above one that it may not.

use crate::error::NotHeld;
use crate::identity::current_thread;
use crate::seam::atomic::{AtomicU32, AtomicU64, Ordering};

/// Mutual exclusion that does not say which thread holds it.
pub(crate) trait Exclusive {
    /// Whether a thread of this process may hold it.
    fn may_be_held_here(&self) -> bool;

    /// Releases it; the caller holds it.
    fn release(&self) -> Result<(), NotHeld>;
}

/// A lock, and which thread has taken it how often.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Reentrant<L> {
    pub(crate) lock: L,
    /// The thread that holds the lock, or 0. Written by who holds the lock only: a thread that
    /// finds itself here has written that, and not taken it back, so it is the holder.
    thread: AtomicU64,
    /// How often the holder has taken it. The holder's own.
    depth: AtomicU32,
}

impl<L: Exclusive> Reentrant<L> {
    /// Nobody has taken it.
    pub(crate) fn new(lock: L) -> Self {
        Self {
            lock,
            thread: AtomicU64::new(0),
            depth: AtomicU32::new(0),
        }
    }

    /// Takes the lock once more if this thread holds it, else by `take`, which may fail.
    ///
    /// # Panics
    /// If this thread has taken it 2³² − 1 times.
    pub(crate) fn acquire<E>(&self, take: impl FnOnce(&L) -> Result<(), E>) -> Result<(), E> {
        if self.is_mine() {
            let deeper = self.depth().checked_add(1);
            self.set_depth(deeper.expect("a lock is not taken that often"));
            return Ok(());
        }
        take(&self.lock)?;
        self.own(1);
        Ok(())
    }

    /// Takes back one acquisition; the last one releases the lock.
    pub(crate) fn release(&self) -> Result<(), NotHeld> {
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

    /// Whether this thread holds the lock.
    pub(crate) fn is_mine(&self) -> bool {
        // Relaxed: only this thread writes its own number there.
        self.lock.may_be_held_here() && self.thread.load(Ordering::Relaxed) == current_thread()
    }

    /// Releases the lock, however often it was taken; returns how often that was.
    pub(crate) fn release_fully(&self) -> Result<u32, NotHeld> {
        if !self.is_mine() {
            return Err(NotHeld);
        }
        let depth = self.depth();
        self.disown()?;
        Ok(depth)
    }

    /// Makes this thread, which has just taken the lock, its owner, so many times.
    pub(crate) fn own(&self, depth: u32) {
        self.set_depth(depth);
        // Relaxed, as all of these: see the fields.
        self.thread.store(current_thread(), Ordering::Relaxed);
    }

    fn disown(&self) -> Result<(), NotHeld> {
        self.thread.store(0, Ordering::Relaxed);
        self.lock.release()
    }

    fn depth(&self) -> u32 {
        self.depth.load(Ordering::Relaxed)
    }

    fn set_depth(&self, depth: u32) {
        self.depth.store(depth, Ordering::Relaxed);
    }
}
