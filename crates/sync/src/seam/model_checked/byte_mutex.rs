//! A mutex around nothing. It is not one byte here; what guards what is all that is checked.

use super::{Condvar, Mutex};

/// Mutual exclusion; what it guards is the caller's business.
#[derive(Debug, Default)]
pub struct ByteMutex {
    locked: Mutex<bool>,
    released: Condvar,
}

impl ByteMutex {
    /// Unlocked.
    pub fn new() -> Self {
        Self::default()
    }

    /// Waits for the mutex and takes it.
    pub fn lock(&self) {
        let mut locked = self.locked.lock();
        while *locked {
            self.released.wait(&mut locked);
        }
        *locked = true;
    }

    /// Takes the mutex if it is free; returns whether it did.
    #[must_use = "the mutex is held only if this returns true"]
    pub fn try_lock(&self) -> bool {
        !core::mem::replace(&mut *self.locked.lock(), true)
    }

    /// Whether somebody holds the mutex at this moment.
    pub fn is_locked(&self) -> bool {
        *self.locked.lock()
    }

    /// Releases the mutex.
    ///
    /// # Safety
    /// The caller holds the mutex, from this thread.
    pub unsafe fn unlock(&self) {
        *self.locked.lock() = false;
        self.released.notify_one();
    }
}
