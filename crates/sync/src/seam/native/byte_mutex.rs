//! A mutex of one byte around nothing, for a field in an object's header.

/// Mutual exclusion in one byte; what it guards is the caller's business.
#[repr(transparent)]
pub struct ByteMutex(parking_lot::Mutex<()>);

impl ByteMutex {
    /// Unlocked.
    #[inline]
    pub const fn new() -> Self {
        Self(parking_lot::Mutex::new(()))
    }

    /// Waits for the mutex and takes it.
    #[inline]
    pub fn lock(&self) {
        core::mem::forget(self.0.lock());
    }

    /// Takes the mutex if it is free; returns whether it did.
    #[inline]
    #[must_use = "the mutex is held only if this returns true"]
    pub fn try_lock(&self) -> bool {
        self.0.try_lock().map(core::mem::forget).is_some()
    }

    /// Whether somebody holds the mutex at this moment.
    #[inline]
    pub fn is_locked(&self) -> bool {
        self.0.is_locked()
    }

    /// Releases the mutex.
    ///
    /// # Safety
    /// The caller holds the mutex, from this thread.
    #[inline]
    pub unsafe fn unlock(&self) {
        // SAFETY: the caller holds the mutex.
        unsafe {
            self.0
                .force_unlock(parking_lot::lock_api::GuardNoSend::new());
        }
    }
}

const _: () = assert!(size_of::<ByteMutex>() == 1);

impl Default for ByteMutex {
    fn default() -> Self {
        Self::new()
    }
}

impl core::fmt::Debug for ByteMutex {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("ByteMutex")
            .field("locked", &self.is_locked())
            .finish()
    }
}
