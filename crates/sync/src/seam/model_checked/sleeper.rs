//! Putting one thread of a model to sleep, on loom's condition variable.

use super::clock::{self, Duration, Instant};
use super::model;
use loom::sync::{Condvar, Mutex, MutexGuard};

/// Where one thread sleeps, the one that made it.
#[derive(Debug, Default)]
pub(in crate::seam) struct Sleeper {
    woken: Mutex<bool>,
    changed: Condvar,
}

impl Sleeper {
    /// For the calling thread.
    pub(in crate::seam) fn new() -> Self {
        Self::default()
    }

    /// Sleeps until woken; returns at once if woken since the last sleep.
    pub(in crate::seam) fn sleep(&self) {
        let mut woken = self.lock();
        if !*woken {
            model::count_sleep();
            woken = self
                .changed
                .wait(woken)
                .unwrap_or_else(std::sync::PoisonError::into_inner);
        }
        *woken = false;
    }

    /// Like [`sleep`](Self::sleep), but may time out. It does not block: loom tries every point
    /// at which the look can happen that decides whether it did.
    pub(in crate::seam) fn sleep_for(&self, time: Duration) {
        model::count_sleep();
        loom::thread::yield_now();
        let woken = core::mem::take(&mut *self.lock());
        if !woken {
            clock::advance_to(Instant::now() + time);
        }
    }

    /// Wakes the thread, or makes its next sleep return at once.
    pub(in crate::seam) fn wake(&self) {
        *self.lock() = true;
        self.changed.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, bool> {
        self.woken
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
