//! Stopping the world: who is attached, and who wants everybody else to stand still.

#[cfg(all(test, selvedge_loom))]
mod stop_models;

use selvedge_sync::seam::atomic::{AtomicBool, Ordering};
use selvedge_sync::seam::{Condvar, Mutex};

#[derive(Default)]
struct Crowd {
    /// Mutators that are running, the one that stops the others not included.
    running: usize,
    stopping: bool,
}

/// The crowd of a world's mutators.
#[derive(Default)]
pub(super) struct Stop {
    crowd: Mutex<Crowd>,
    /// Nobody runs any more: for the one that stops the world.
    still: Condvar,
    /// The world goes on: for those who want to join.
    resumed: Condvar,
    /// A copy of `stopping` to look at without the mutex.
    requested: AtomicBool,
}

impl Stop {
    /// Joins those who run, once nobody stops the world.
    pub(super) fn attach(&self) {
        let mut crowd = self.crowd.lock();
        while crowd.stopping {
            self.resumed.wait(&mut crowd);
        }
        crowd.running += 1;
    }

    /// Leaves those who run.
    pub(super) fn detach(&self) {
        let mut crowd = self.crowd.lock();
        crowd.running -= 1;
        let still = crowd.running == 0;
        drop(crowd);
        if still {
            self.still.notify_one();
        }
    }

    /// Whether somebody waits for a running mutator.
    #[inline]
    pub(super) fn is_requested(&self) -> bool {
        // Relaxed: a hint, seen sooner or later; the mutex orders the rest.
        self.requested.load(Ordering::Relaxed)
    }

    /// Stops everybody else. The caller is attached, and at a safe point: of two that stop the
    /// world, one first stands still for the other.
    pub(super) fn stop(&self) {
        self.detach();
        let mut crowd = self.crowd.lock();
        while crowd.stopping {
            self.resumed.wait(&mut crowd);
        }
        crowd.stopping = true;
        // Relaxed: see `is_requested`.
        self.requested.store(true, Ordering::Relaxed);
        // mutant: equivalent, re-check: it is notified when nobody runs any more, and nobody joins
        // while the world is being stopped.
        while crowd.running > 0 {
            self.still.wait(&mut crowd);
        }
    }

    /// Lets everybody run again, the caller included.
    pub(super) fn resume(&self) {
        // Relaxed: see `is_requested`.
        self.requested.store(false, Ordering::Relaxed);
        let mut crowd = self.crowd.lock();
        crowd.running += 1;
        crowd.stopping = false;
        drop(crowd);
        self.resumed.notify_all();
    }
}

#[cfg(all(test, not(selvedge_loom)))]
mod tests {
    use super::*;

    #[test]
    fn request_ends_with_the_stop() {
        let stop = Stop::default();
        stop.attach();
        assert!(!stop.is_requested());
        stop.stop();
        assert!(stop.is_requested());
        stop.resume();
        assert!(!stop.is_requested());
        stop.detach();
    }
}
