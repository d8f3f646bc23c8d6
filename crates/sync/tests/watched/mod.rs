//! What models of locks share: threads beside the model's own, and what loom watches.

use selvedge_sync::seam::cell::UnsafeCell;
use selvedge_sync::seam::{Arc, thread};

/// Runs `body` in another thread.
pub(crate) fn beside<T: Send + Sync + 'static>(
    shared: &Arc<T>,
    body: impl FnOnce(&T) + 'static,
) -> thread::JoinHandle<()> {
    let shared = Arc::clone(shared);
    thread::spawn(move || body(&shared))
}

/// A number that loom watches: two who reach it at once are reported.
pub(crate) struct Number(UnsafeCell<u32>);

// SAFETY: loom reports it if two threads reach it at once.
unsafe impl Sync for Number {}
// SAFETY: as above.
unsafe impl Send for Number {}

impl Number {
    pub(crate) fn new() -> Self {
        Self(UnsafeCell::new(0))
    }

    pub(crate) fn add(&self) {
        // SAFETY: loom reports an access that overlaps.
        self.0.with_mut(|number| unsafe { *number += 1 });
    }

    pub(crate) fn get(&self) -> u32 {
        // SAFETY: loom reports an access that overlaps.
        self.0.with(|number| unsafe { *number })
    }
}
