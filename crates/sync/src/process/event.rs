//! A flag that processes wait for.

use super::signal::Signal;
use crate::seam::atomic::{AtomicU32, Ordering};
use crate::seam::clock::Duration;
use core::convert::Infallible;

/// A flag that processes set, clear and wait for, to be put in memory that they
/// [share](super::Shared).
///
/// ```
/// use selvedge_sync::process::Event;
/// use std::time::Duration;
///
/// let event = Event::new();
/// assert!(!event.wait(Some(Duration::ZERO)));
/// event.set();
/// assert!(event.wait(None));
/// ```
#[derive(Debug)]
#[repr(C)]
pub struct Event {
    /// 1 while it is set, else 0.
    flag: AtomicU32,
    changed: Signal,
}

impl Event {
    /// A flag that is not set.
    pub fn new() -> Self {
        Self {
            flag: AtomicU32::new(0),
            changed: Signal::new(),
        }
    }

    /// Sets the flag: all who wait for it go on.
    pub fn set(&self) {
        // Release: who sees the flag sees what was done before.
        self.flag.store(1, Ordering::Release);
        self.changed.notify_all();
    }

    /// Clears the flag.
    pub fn clear(&self) {
        // Relaxed: that it is not set tells nothing else.
        self.flag.store(0, Ordering::Relaxed);
    }

    /// Whether the flag is set.
    pub fn is_set(&self) -> bool {
        // Acquire: pairs with the release in `set`.
        self.flag.load(Ordering::Acquire) == 1
    }

    /// Waits until the flag is set; returns whether it was before the time ran out.
    #[must_use = "whether the event was set decides what to do next"]
    pub fn wait(&self, timeout: Option<Duration>) -> bool {
        let attempt = || self.is_set().then_some(());
        let Ok(set) = self
            .changed
            .wait_for(timeout, attempt, || Ok::<_, Infallible>(()));
        set.is_some()
    }
}

impl Default for Event {
    fn default() -> Self {
        Self::new()
    }
}
