//! Threads that sleep in a queue for each address: `parking_lot_core`'s.

use super::clock::Instant;
use parking_lot_core::{DEFAULT_PARK_TOKEN, DEFAULT_UNPARK_TOKEN, ParkResult};

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
    // SAFETY: the address is one of the caller's own; that the closures neither panic nor park is
    // in the contract, and if they do the process ends or stops, with no memory harmed.
    let parked = unsafe {
        parking_lot_core::park(
            address,
            validate,
            || (),
            |_, was_last| timed_out(was_last),
            DEFAULT_PARK_TOKEN,
            deadline,
        )
    };
    match parked {
        ParkResult::Unparked(_) => Parked::Woken,
        ParkResult::Invalid => Parked::Invalid,
        ParkResult::TimedOut => Parked::TimedOut,
    }
}

/// Wakes the thread that has slept longest in the queue of `address`, if there is one. Before
/// that, `before` is told whether others stay; it runs while nobody joins or leaves the queue, and
/// may not panic, and not park.
pub fn unpark_one(address: usize, before: impl FnOnce(bool)) {
    // SAFETY: as in `park`.
    unsafe {
        parking_lot_core::unpark_one(address, |result| {
            before(result.have_more_threads);
            DEFAULT_UNPARK_TOKEN
        });
    }
}
