//! Stopping the world: who is attached, and who wants everybody else to stand still.

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
    /// Somebody began or ceased to run, or to stop the world.
    changed: Condvar,
    /// A copy of `stopping` to look at without the mutex.
    requested: AtomicBool,
}

impl Stop {
    /// Joins those who run, once nobody stops the world.
    pub(super) fn attach(&self) {
        let mut crowd = self.crowd.lock();
        while crowd.stopping {
            self.changed.wait(&mut crowd);
        }
        crowd.running += 1;
    }

    /// Leaves those who run.
    pub(super) fn detach(&self) {
        self.crowd.lock().running -= 1;
        self.changed.notify_all();
    }

    /// Whether somebody waits for a running mutator.
    #[inline]
    pub(super) fn is_requested(&self) -> bool {
        // Relaxed: a hint, seen sooner or later; the mutex orders the rest.
        self.requested.load(Ordering::Relaxed)
    }

    /// Stops everybody else. The caller is attached, and must be at a safe point itself: another
    /// may have been first, and then stops the caller until it is done.
    pub(super) fn stop(&self) {
        let mut crowd = self.crowd.lock();
        crowd.running -= 1;
        if crowd.stopping {
            self.changed.notify_all();
        }
        while crowd.stopping {
            self.changed.wait(&mut crowd);
        }
        crowd.stopping = true;
        // Relaxed: see `is_requested`.
        self.requested.store(true, Ordering::Relaxed);
        while crowd.running > 0 {
            self.changed.wait(&mut crowd);
        }
    }

    /// Lets everybody run again, the caller included.
    pub(super) fn resume(&self) {
        let mut crowd = self.crowd.lock();
        crowd.running += 1;
        crowd.stopping = false;
        // Relaxed: see `is_requested`.
        self.requested.store(false, Ordering::Relaxed);
        drop(crowd);
        self.changed.notify_all();
    }
}
