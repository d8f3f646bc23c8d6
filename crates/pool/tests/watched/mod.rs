//! Futures whose result the model watches.

use selvedge_pool::{Future, Promise};
use selvedge_sync::seam::cell::UnsafeCell;
use selvedge_sync::seam::clock::Duration;
use selvedge_sync::seam::{Arc, thread};

/// A limit that a wait may run out of.
pub(crate) const SOON: Option<Duration> = Some(Duration::from_millis(5));

/// A result that the model watches: leaks of it and races on it are reported.
pub(crate) struct Watched(Arc<UnsafeCell<u32>>);

// SAFETY: the model itself reports an access that overlaps.
unsafe impl Send for Watched {}
// SAFETY: see above.
unsafe impl Sync for Watched {}

impl Watched {
    pub(crate) fn new(value: u32) -> Self {
        Self(Arc::new(UnsafeCell::new(value)))
    }
    pub(crate) fn read(&self) -> u32 {
        // SAFETY: the model reports a write that overlaps.
        self.0.with(|value| unsafe { *value })
    }
    pub(crate) fn write(&self, value: u32) {
        // SAFETY: the model reports an access that overlaps.
        self.0.with_mut(|cell| unsafe { *cell = value });
    }
}

/// The two ends of a future whose result is watched.
pub(crate) type Half = (Promise<Watched, u32>, Future<Watched, u32>);

/// Runs a task that returns `value`, unless it is cancelled; says whether it ran.
pub(crate) fn run(promise: Promise<Watched, u32>, value: u32) -> thread::JoinHandle<bool> {
    thread::spawn(move || {
        promise.set_running_or_notify_cancel() && promise.set_result(Watched::new(value))
    })
}
