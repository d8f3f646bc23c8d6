//! In a model each thread is a process of its own; one that has called
//! [`model::die`](super::model::die) is dead.

use super::clock::Duration;
use super::model;
use loom::sync::atomic::{AtomicU64, Ordering};
use std::cell::Cell;

/// A time, in a model that is [mortal](super::model::Model::mortal). In others nobody looks, so
/// that a lost wake-up is not made good by looking again.
pub fn check_interval() -> Option<Duration> {
    model::is_mortal().then_some(Duration::from_millis(100))
}

loom::thread_local! {
    static IDENTITY: Cell<u64> = Cell::new(0);
}

loom::lazy_static! {
    /// A bit for each thread that is dead.
    static ref DEAD: AtomicU64 = AtomicU64::new(0);
}

/// This thread, as a process.
pub fn identity() -> u64 {
    IDENTITY.with(|identity| {
        if identity.get() == 0 {
            identity.set(model::next_number());
        }
        identity.get()
    })
}

/// The process id in an identity.
pub fn pid(identity: u64) -> u32 {
    identity as u32
}

/// Whether the thread has not died.
pub fn is_alive(identity: u64) -> bool {
    // Acquire: what a process did before it died has happened for those who know of its death.
    DEAD.load(Ordering::Acquire) & (1 << identity) == 0
}

pub(super) fn die() {
    DEAD.fetch_or(1 << identity(), Ordering::Release);
}
