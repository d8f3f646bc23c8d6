//! How the threads of one collection share out work, and learn that none is left.

#[cfg(all(test, selvedge_loom))]
mod crew_models;

use selvedge_sync::seam::atomic::{AtomicUsize, Ordering};
use selvedge_sync::seam::{Condvar, Mutex};

/// Workers, and work that some had too much of.
pub(super) struct Crew<T> {
    workers: usize,
    desk: Mutex<Desk<T>>,
    /// There is work on the desk, or none is left anywhere.
    changed: Condvar,
    /// How many wait for work: a copy of the desk's to look at without the mutex.
    waiting: AtomicUsize,
}

struct Desk<T> {
    shares: Vec<Vec<T>>,
    waiting: usize,
    /// How often none was left.
    rounds: usize,
    given_up: bool,
}

impl<T> Crew<T> {
    pub(super) fn new(workers: usize) -> Self {
        Self {
            workers,
            desk: Mutex::new(Desk {
                shares: Vec::new(),
                waiting: 0,
                rounds: 0,
                given_up: false,
            }),
            changed: Condvar::default(),
            waiting: AtomicUsize::new(0),
        }
    }

    /// How many workers there are.
    pub(super) fn workers(&self) -> usize {
        self.workers
    }

    /// Whether somebody waits for work.
    #[inline]
    pub(super) fn is_waiting(&self) -> bool {
        // Relaxed: a hint. The desk's mutex orders the work itself.
        self.waiting.load(Ordering::Relaxed) > 0
    }

    /// Leaves a share of one's work to others.
    pub(super) fn give(&self, share: Vec<T>) {
        self.desk.lock().shares.push(share);
        self.changed.notify_one();
    }

    /// Work that somebody left; waits for some while anybody has any. `None`, to all workers, when
    /// no one has, and when one has given up. So this is a barrier as well: after it a new round
    /// begins.
    pub(super) fn take(&self) -> Option<Vec<T>> {
        let mut desk = self.desk.lock();
        let round = desk.rounds;
        self.set_waiting(&mut desk, |waiting| waiting + 1);
        loop {
            if desk.given_up || desk.rounds != round {
                return None;
            }
            if let Some(share) = desk.shares.pop() {
                self.set_waiting(&mut desk, |waiting| waiting - 1);
                return Some(share);
            }
            if desk.waiting == self.workers {
                self.set_waiting(&mut desk, |_| 0);
                desk.rounds += 1;
                drop(desk);
                self.changed.notify_all();
                return None;
            }
            self.changed.wait(&mut desk);
        }
    }

    fn set_waiting(&self, desk: &mut Desk<T>, change: impl FnOnce(usize) -> usize) {
        desk.waiting = change(desk.waiting);
        // Relaxed: see `is_waiting`.
        self.waiting.store(desk.waiting, Ordering::Relaxed);
    }

    /// Ends this round for everybody, and all that follow: this worker will not do its part.
    pub(super) fn give_up(&self) {
        self.desk.lock().given_up = true;
        self.changed.notify_all();
    }
}
