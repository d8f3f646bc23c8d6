//! A condition variable with timed waits that may time out at any point at which they wait.
//!
//! loom's own timed wait never times out, so the queue of waiters is kept here, under a loom
//! mutex. An untimed waiter sleeps on a loom condition variable of its own until a notifier takes
//! it off the queue. A timed waiter never sleeps: it lets other threads run, then looks whether a
//! notifier has taken it off the queue; if not, it takes itself off and has timed out. loom tries
//! every point at which the look can happen, so every time-out a clock could cause is explored,
//! among them the one that falls between a notification to somebody else and taking the mutex
//! again.

use super::MutexGuard;
use super::clock::{self, Instant};
use super::model;
use std::collections::VecDeque;
use std::sync::Arc;

/// A place to wait for a change of what a [`Mutex`](super::Mutex) guards.
#[derive(Debug)]
pub struct Condvar {
    queue: loom::sync::Mutex<VecDeque<Arc<Waiter>>>,
}

#[derive(Debug)]
struct Waiter {
    woken: loom::sync::Condvar,
}

impl Condvar {
    /// A condition variable nobody waits on.
    pub fn new() -> Self {
        Self {
            queue: loom::sync::Mutex::new(VecDeque::new()),
        }
    }

    /// Releases the mutex, waits to be notified, and takes the mutex again.
    pub fn wait<T>(&self, guard: &mut MutexGuard<'_, T>) {
        let (waiter, mut queue) = self.enqueue();
        model::count_sleep();
        guard.unlocked(|| {
            // mutant: equivalent, re-check: loom wakes nobody unless notified, and a notifier takes
            // the waiter off the queue first.
            while is_queued(&queue, &waiter) {
                queue = waiter
                    .woken
                    .wait(queue)
                    .unwrap_or_else(std::sync::PoisonError::into_inner);
            }
            drop(queue);
        });
    }

    /// Like [`wait`](Self::wait), but may time out. Returns whether it did; a wait that timed out
    /// has consumed no notification.
    #[must_use = "whether the wait timed out decides what to do next"]
    pub fn wait_until<T>(&self, guard: &mut MutexGuard<'_, T>, deadline: Instant) -> bool {
        let (waiter, queue) = self.enqueue();
        drop(queue);
        model::count_sleep();
        let timed_out = guard.unlocked(|| {
            loom::thread::yield_now();
            let mut queue = self.lock();
            let timed_out = is_queued(&queue, &waiter);
            queue.retain(|other| !Arc::ptr_eq(other, &waiter));
            timed_out
        });
        if timed_out {
            clock::advance_to(deadline);
        }
        timed_out
    }

    /// Wakes the waiter that has waited longest, if there is one.
    pub fn notify_one(&self) {
        let mut queue = self.lock();
        if let Some(waiter) = queue.pop_front() {
            waiter.woken.notify_one();
        }
    }

    /// Wakes every waiter.
    pub fn notify_all(&self) {
        for waiter in self.lock().drain(..) {
            waiter.woken.notify_one();
        }
    }

    fn enqueue(
        &self,
    ) -> (
        Arc<Waiter>,
        loom::sync::MutexGuard<'_, VecDeque<Arc<Waiter>>>,
    ) {
        let waiter = Arc::new(Waiter {
            woken: loom::sync::Condvar::new(),
        });
        let mut queue = self.lock();
        queue.push_back(Arc::clone(&waiter));
        (waiter, queue)
    }

    fn lock(&self) -> loom::sync::MutexGuard<'_, VecDeque<Arc<Waiter>>> {
        self.queue
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Default for Condvar {
    fn default() -> Self {
        Self::new()
    }
}

fn is_queued(queue: &VecDeque<Arc<Waiter>>, waiter: &Arc<Waiter>) -> bool {
    queue.iter().any(|other| Arc::ptr_eq(other, waiter))
}
