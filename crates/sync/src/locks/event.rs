//! A flag that threads wait for.

use super::line::Guarded;
use crate::Deadline;
use crate::seam::clock::Duration;

/// A flag that threads set, clear and wait for.
///
/// ```
/// use selvedge_sync::locks::Event;
/// use std::time::Duration;
///
/// let event = Event::new();
/// assert!(!event.wait(Some(Duration::ZERO)));
/// event.set();
/// assert!(event.wait(None));
/// ```
#[derive(Debug)]
pub struct Event(Guarded<bool>);

impl Event {
    /// A flag that is not set.
    pub fn new() -> Self {
        Self(Guarded::new(false))
    }

    /// Sets the flag: all who wait for it go on, though it be cleared at once.
    pub fn set(&self) {
        let mut flag = self.0.lock();
        flag.value = true;
        let chosen = flag.choose(usize::MAX);
        drop(flag);
        chosen.wake();
    }

    /// Clears the flag.
    pub fn clear(&self) {
        self.0.lock().value = false;
    }

    /// Whether the flag is set.
    pub fn is_set(&self) -> bool {
        self.0.lock().value
    }

    /// Waits until the flag is set; returns whether it was before the time ran out.
    #[must_use = "whether the event was set decides what to do next"]
    pub fn wait(&self, timeout: Option<Duration>) -> bool {
        let mut flag = self.0.lock();
        if flag.value {
            return true;
        }
        let place = flag.join();
        drop(flag);
        self.0.wait(&place, Deadline::after(timeout)).is_ok()
    }
}

impl Default for Event {
    fn default() -> Self {
        Self::new()
    }
}
