//! Putting one thread to sleep: the system's park.

use super::clock::Duration;

/// Where one thread sleeps, the one that made it.
#[derive(Debug)]
pub(in crate::seam) struct Sleeper(std::thread::Thread);

impl Sleeper {
    /// For the calling thread.
    pub(in crate::seam) fn new() -> Self {
        Self(std::thread::current())
    }

    /// Sleeps until woken; returns at once if woken since the last sleep. May return early.
    pub(in crate::seam) fn sleep(&self) {
        self.require_owner();
        std::thread::park();
    }

    /// Like [`sleep`](Self::sleep), for at most `time`.
    pub(in crate::seam) fn sleep_for(&self, time: Duration) {
        self.require_owner();
        std::thread::park_timeout(time);
    }

    /// Wakes the thread, or makes its next sleep return at once.
    pub(in crate::seam) fn wake(&self) {
        self.0.unpark();
    }

    /// The system's park is the calling thread's, whichever sleeper it is asked through.
    fn require_owner(&self) {
        debug_assert_eq!(self.0.id(), std::thread::current().id());
    }
}
