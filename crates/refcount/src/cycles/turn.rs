//! Whose turn it is to collect.

use selvedge_sync::seam::{Condvar, Mutex};

/// Held by one at a time. Who does not get it does something else, or waits until it is given up.
#[derive(Default)]
pub(super) struct Turn {
    taken: Mutex<bool>,
    given_up: Condvar,
}

/// Proof that it is one's turn; gives it up when dropped.
#[must_use = "the turn is given up as soon as this is dropped"]
pub(super) struct Taken<'a>(&'a Turn);

impl Turn {
    /// Takes the turn unless somebody has it.
    pub(super) fn take(&self) -> Option<Taken<'_>> {
        let mut taken = self.taken.lock();
        let free = !std::mem::replace(&mut *taken, true);
        free.then(|| Taken(self))
    }

    /// Waits until the turn has perhaps been given up: the caller has to try again, since this may
    /// have been the one wake-up for all who wait.
    pub(super) fn wait(&self) {
        let mut taken = self.taken.lock();
        if *taken {
            self.given_up.wait(&mut taken);
        }
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        *self.0.taken.lock() = false;
        // One is enough: it tries again, and wakes the next when it gives the turn up in its turn.
        self.0.given_up.notify_one();
    }
}
