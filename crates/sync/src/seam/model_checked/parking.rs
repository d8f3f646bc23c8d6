//! Threads that sleep in a queue for each address: one queue for all of them, under a loom mutex.
//!
//! A timed park does not block: loom tries every point at which the look can happen that decides
//! whether it timed out.

use super::clock::{self, Instant};
use super::model;
use loom::sync::{Condvar, Mutex, MutexGuard};
use std::sync::Arc;

/// How a park ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parked {
    /// Another thread has woken this one.
    Woken,
    /// It did not sleep, since `validate` did not hold.
    Invalid,
    /// The time ran out.
    TimedOut,
}

struct Waiter {
    address: usize,
    woken: Condvar,
}

type Queue = Vec<Arc<Waiter>>;

loom::lazy_static! {
    static ref QUEUE: Mutex<Queue> = Mutex::new(Vec::new());
}

/// Sleeps in the queue of `address` until woken or `deadline`, if `validate` holds. If the time
/// runs out, `timed_out` is told whether this thread was the last in the queue.
///
/// Both closures run while nobody joins or leaves the queue. They may not panic, and not park.
pub fn park(
    address: usize,
    validate: impl FnOnce() -> bool,
    timed_out: impl FnOnce(bool),
    deadline: Option<Instant>,
) -> Parked {
    let mut queue = lock();
    if !validate() {
        return Parked::Invalid;
    }
    model::count_sleep();
    let woken = Condvar::new();
    let waiter = Arc::new(Waiter { address, woken });
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
        return Parked::Woken;
    };
    drop(queue);
    loom::thread::yield_now();
    let mut queue = lock();
    if !is_queued(&queue, &waiter) {
        return Parked::Woken;
    }
    queue.retain(|other| !Arc::ptr_eq(other, &waiter));
    timed_out(!has_waiter(&queue, address));
    drop(queue);
    clock::advance_to(deadline);
    Parked::TimedOut
}

/// Wakes the thread that has slept longest in the queue of `address`, if there is one. Before
/// that, `before` is told whether others stay; it runs while nobody joins or leaves the queue, and
/// may not panic, and not park.
pub fn unpark_one(address: usize, before: impl FnOnce(bool)) {
    let mut queue = lock();
    let first = take_first(&mut queue, address);
    before(has_waiter(&queue, address));
    if let Some(first) = first {
        first.woken.notify_one();
    }
}

/// Wakes up to `count` of those in the queue of `address`; returns how many there were.
pub(super) fn unpark_some(address: usize, count: u32) -> usize {
    let mut queue = lock();
    let mut woken = 0;
    for _ in 0..count {
        let Some(first) = take_first(&mut queue, address) else {
            break;
        };
        first.woken.notify_one();
        woken += 1;
    }
    woken
}

fn take_first(queue: &mut Queue, address: usize) -> Option<Arc<Waiter>> {
    let first = queue.iter().position(|waiter| waiter.address == address)?;
    Some(queue.remove(first))
}

fn has_waiter(queue: &Queue, address: usize) -> bool {
    queue.iter().any(|waiter| waiter.address == address)
}

fn is_queued(queue: &Queue, waiter: &Arc<Waiter>) -> bool {
    queue.iter().any(|other| Arc::ptr_eq(other, waiter))
}

fn lock() -> MutexGuard<'static, Queue> {
    QUEUE
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}
