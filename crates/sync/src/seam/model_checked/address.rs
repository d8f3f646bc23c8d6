//! Waiting on a word: a queue of those who wait, for all addresses, under a loom mutex.
//!
//! The word is compared and the waiter queued in one step, as the system does it. A timed wait
//! does not block: loom tries every point at which the look can happen that decides whether it
//! timed out.

use super::atomic::{AtomicU32, Ordering};
use super::clock::{self, Instant};
use super::model;
use loom::sync::{Condvar, Mutex, MutexGuard};
use std::sync::Arc;

/// As the production side on a system that has it.
pub const AVAILABLE: bool = true;

struct Waiter {
    address: usize,
    woken: Condvar,
}

loom::lazy_static! {
    static ref QUEUE: Mutex<Vec<Arc<Waiter>>> = Mutex::new(Vec::new());
}

/// Sleeps while `word` holds `expected`, until woken or `deadline`. Returns `false` if the time
/// ran out; `true` otherwise.
#[must_use = "whether the wait timed out decides what to do next"]
pub fn wait(word: &AtomicU32, expected: u32, deadline: Option<Instant>) -> bool {
    let mut queue = lock();
    // Relaxed: whoever wakes changes the word before it takes the queue.
    if word.load(Ordering::Relaxed) != expected {
        return true;
    }
    model::count_sleep();
    let waiter = Arc::new(Waiter {
        address: address(word),
        woken: Condvar::new(),
    });
    queue.push(Arc::clone(&waiter));
    let Some(deadline) = deadline else {
        // mutant: equivalent, re-check: loom wakes nobody unless notified, and a notifier takes
        // the waiter off the queue first.
        while is_queued(&queue, &waiter) {
            queue = waiter
                .woken
                .wait(queue)
                .unwrap_or_else(std::sync::PoisonError::into_inner);
        }
        return true;
    };
    drop(queue);
    loom::thread::yield_now();
    let mut queue = lock();
    let timed_out = is_queued(&queue, &waiter);
    queue.retain(|other| !Arc::ptr_eq(other, &waiter));
    drop(queue);
    if timed_out {
        clock::advance_to(deadline);
    }
    !timed_out
}

/// Wakes up to `count` of those who wait on `word`; returns how many there were.
pub fn wake(word: &AtomicU32, count: u32) -> usize {
    let mut queue = lock();
    let mut left = count as usize;
    let mut woken = Vec::new();
    queue.retain(|waiter| {
        let is_meant = waiter.address == address(word) && left != 0;
        if is_meant {
            left -= 1;
            woken.push(Arc::clone(waiter));
        }
        !is_meant
    });
    for waiter in &woken {
        waiter.woken.notify_one();
    }
    woken.len()
}

fn address(word: &AtomicU32) -> usize {
    core::ptr::from_ref(word).addr()
}

fn is_queued(queue: &[Arc<Waiter>], waiter: &Arc<Waiter>) -> bool {
    queue.iter().any(|other| Arc::ptr_eq(other, waiter))
}

fn lock() -> MutexGuard<'static, Vec<Arc<Waiter>>> {
    QUEUE
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}
