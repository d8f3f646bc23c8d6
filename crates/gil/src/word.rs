//! The word that says who is attached.
//!
//! | bits | name | meaning | who may change it |
//! | --- | --- | --- | --- |
//! | 0 | `QUEUED` | threads wait for the lock: nobody may pass by the mutex | under the mutex |
//! | 1 | `WATCHED` | takes and drops are reported or timed | set when built |
//! | 2 | `CLOSED` | finalising: only the finalising thread attaches | set once, under the mutex |
//! | 3 | `STOPPED` | a thread stops, or has stopped, the world | under the mutex |
//! | 4 | `FREE` | mutual exclusion is switched off | under the mutex, world stopped |
//! | 32.. | occupancy | `FREE`: how many are attached; else 1 + the holder's slot, 0 if free | see below |
//!
//! Occupancy changes in these ways:
//!
//! | from | to | by | model |
//! | --- | --- | --- | --- |
//! | `0` | mine, no flags but `WATCHED` | attach, without the mutex | `two_threads_never_hold_at_once` |
//! | mine, no flags but `WATCHED` | `0` | detach, without the mutex | `two_threads_never_hold_at_once` |
//! | `0`, `QUEUED` | mine | attach or an awake waiter, under the mutex | `nudged_waiter_takes_the_lock_or_stays_queued` |
//! | mine, `QUEUED` | another's, or `0` | the holder, under the mutex | `requester_is_served` |
//! | n, `FREE` | n ± 1 | attach and detach; under the mutex if `STOPPED` or `CLOSED` | `stopped_world_stands_still` |
//!
//! Whoever passes by the mutex does so by a compare-exchange of the whole word, and insists on
//! finding none of `QUEUED`, `CLOSED` and `STOPPED`, nor another holder. So a thread that holds the
//! mutex knows that the word stands still if one of these is set, or if it is itself the holder; it
//! then changes the word by a plain store.

use selvedge_sync::seam::atomic::{AtomicU64, Ordering};

pub(crate) const QUEUED: u64 = 1 << 0;
pub(crate) const WATCHED: u64 = 1 << 1;
pub(crate) const CLOSED: u64 = 1 << 2;
pub(crate) const STOPPED: u64 = 1 << 3;
pub(crate) const FREE: u64 = 1 << 4;
/// The flags that nobody passes by without the mutex.
pub(crate) const BARS: u64 = QUEUED | CLOSED | STOPPED;
const OCCUPANCY_SHIFT: u32 = 32;
/// One more thread attached, where mutual exclusion is off.
pub(crate) const ONE: u64 = 1 << OCCUPANCY_SHIFT;
const FLAGS: u64 = ONE - 1;

/// The occupancy that says that the thread in `slot` holds the lock.
pub(crate) const fn held_by(slot: u32) -> u64 {
    (slot as u64 + 1) << OCCUPANCY_SHIFT
}

/// The flags without the occupancy.
pub(crate) const fn flags(word: u64) -> u64 {
    word & FLAGS
}

/// The slot of the thread that holds the lock.
pub(crate) const fn holder(word: u64) -> Option<u32> {
    ((word >> OCCUPANCY_SHIFT) as u32).checked_sub(1)
}

/// How many threads are attached.
pub(crate) const fn attached(word: u64) -> u32 {
    let occupancy = (word >> OCCUPANCY_SHIFT) as u32;
    if word & FREE != 0 {
        occupancy
    } else {
        (occupancy != 0) as u32
    }
}

/// Replaces the word by what `next` makes of it, until that succeeds or `next` declines; returns
/// the word that was replaced, or the one declined.
pub(crate) fn update(
    word: &AtomicU64,
    success: Ordering,
    mut next: impl FnMut(u64) -> Option<u64>,
) -> Result<u64, u64> {
    // Relaxed: a stale value only makes the exchange fail, which brings the present one.
    let mut seen = word.load(Ordering::Relaxed);
    loop {
        let Some(wanted) = next(seen) else {
            return Err(seen);
        };
        // Failure relaxed: nothing is read through the value but the next attempt.
        match word.compare_exchange_weak(seen, wanted, success, Ordering::Relaxed) {
            Ok(_) => return Ok(seen),
            Err(now) => seen = now,
        }
    }
}
