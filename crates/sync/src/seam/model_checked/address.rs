//! Waiting on a word: in the queue of its address, joined if it holds what is expected, in one
//! step, as the system does it.

use super::atomic::{AtomicU32, Ordering};
use super::clock::Instant;
use super::parking::{self, Parked};

/// As the production side on a system that has it.
pub const AVAILABLE: bool = true;

/// Sleeps while `word` holds `expected`, until woken or `deadline`. Returns `false` if the time
/// ran out; `true` otherwise.
#[must_use = "whether the wait timed out decides what to do next"]
pub fn wait(word: &AtomicU32, expected: u32, deadline: Option<Instant>) -> bool {
    // Relaxed: whoever wakes changes the word before it comes to the queue.
    let validate = || word.load(Ordering::Relaxed) == expected;
    parking::park(address(word), validate, |_| (), deadline) != Parked::TimedOut
}

/// Wakes up to `count` of those who wait on `word`; returns how many there were.
pub fn wake(word: &AtomicU32, count: u32) -> usize {
    parking::unpark_some(address(word), count)
}

fn address(word: &AtomicU32) -> usize {
    core::ptr::from_ref(word).addr()
}
