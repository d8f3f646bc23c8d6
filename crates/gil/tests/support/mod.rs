//! What the models share.

use selvedge_gil::{Attached, Gil};
use selvedge_sync::seam::Arc;
use selvedge_sync::seam::cell::UnsafeCell;
use selvedge_sync::seam::model::reach;

/// Marks that a thread had to wait for the lock, or for the world to go on.
pub(crate) fn note_waits(gil: &Gil) {
    if gil.stats().total().waits > 0 {
        reach("waited");
    }
}

/// A number that only attached threads touch: loom reports accesses that overlap, or that are
/// not ordered by the lock.
pub(crate) struct Guarded(UnsafeCell<u32>);

// SAFETY: only reached through a proof of being attached; the models report it if that fails.
unsafe impl Sync for Guarded {}
// SAFETY: as above.
unsafe impl Send for Guarded {}

impl Guarded {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(UnsafeCell::new(0)))
    }

    /// Adds 1 and returns the sum.
    pub(crate) fn add(&self, _: &Attached<'_>) -> u32 {
        // SAFETY: attached, and mutual exclusion is on or the world stopped.
        self.0.with_mut(|value| unsafe {
            *value += 1;
            *value
        })
    }
}
