//! Where one thread waits: a word of its own to look at, and a parker to sleep on.
//!
//! | state | meaning | set by |
//! | --- | --- | --- |
//! | `AWAKE` | not waiting, or waiting and looking at the word | the thread |
//! | `PARKED` | waiting, asleep or about to be | the thread, from `AWAKE` only |
//! | `NUDGED` | the lock is free: come and take it | a releasing thread, under the mutex, from `PARKED` |
//! | `GRANTED` | you are attached | whoever attached it, under the mutex |
//! | `AGAIN` | mutual exclusion was switched on: queue for the lock | whoever switched it on, under the mutex |
//! | `REFUSED` | finalising: you will never be attached | the finalising thread, under the mutex |
//!
//! A thread goes to sleep by exchanging `AWAKE` for `PARKED`, and whoever changes `PARKED` to
//! anything else owes it a [`Wake`]. So either the exchange fails and the thread does not sleep,
//! or the one who comes after sees `PARKED` and wakes it: covered by
//! `waiter_about_to_park_is_woken`.

use selvedge_sync::seam::Unparker;
use selvedge_sync::seam::atomic::{AtomicU32, Ordering};

pub(crate) const AWAKE: u32 = 0;
pub(crate) const PARKED: u32 = 1;
pub(crate) const NUDGED: u32 = 2;
pub(crate) const GRANTED: u32 = 3;
pub(crate) const REFUSED: u32 = 4;
pub(crate) const AGAIN: u32 = 5;

#[derive(Debug)]
pub(crate) struct Seat {
    state: AtomicU32,
    unparker: Unparker,
}

/// Wake-ups that are owed, to be fired once the mutex is released.
#[derive(Debug, Default)]
#[must_use = "a sleeping thread is woken only when this is fired"]
pub(crate) struct Wake {
    first: Option<Unparker>,
    rest: Vec<Unparker>,
}

impl Wake {
    pub(crate) fn none() -> Self {
        Self::default()
    }

    /// Owes one more wake-up.
    pub(crate) fn add(&mut self, sleeper: Option<&Unparker>) {
        let Some(sleeper) = sleeper else { return };
        if self.first.is_none() {
            self.first = Some(sleeper.clone());
        } else {
            self.rest.push(sleeper.clone());
        }
    }

    /// Owes the other's wake-ups as well.
    pub(crate) fn append(&mut self, other: &Self) {
        for sleeper in other.first.iter().chain(&other.rest) {
            self.add(Some(sleeper));
        }
    }

    pub(crate) fn fire(self) {
        for sleeper in self.first.iter().chain(&self.rest) {
            sleeper.unpark();
        }
    }
}

impl Seat {
    pub(crate) fn new(unparker: Unparker) -> Self {
        Self {
            state: AtomicU32::new(AWAKE),
            unparker,
        }
    }

    /// What the waiting thread finds. Acquire: `GRANTED` brings what the last holder did.
    #[inline]
    pub(crate) fn look(&self) -> u32 {
        self.state.load(Ordering::Acquire)
    }

    /// Sits down to wait, or to look on. Relaxed: only this thread and holders of the mutex,
    /// which the caller holds, act on it.
    pub(crate) fn sit(&self) {
        self.state.store(AWAKE, Ordering::Relaxed);
    }

    /// Whether the thread sleeps or is about to. Relaxed: a hint about whom to choose.
    pub(crate) fn is_parked(&self) -> bool {
        self.state.load(Ordering::Relaxed) == PARKED
    }

    /// Whether the thread was told that the lock is free and has not acted on it. Relaxed: it
    /// acts under the mutex, which the caller holds.
    pub(crate) fn is_nudged(&self) -> bool {
        self.state.load(Ordering::Relaxed) == NUDGED
    }

    /// Whether the thread looks at its seat, unless it falls asleep just now. Relaxed: a hint.
    pub(crate) fn is_awake(&self) -> bool {
        self.state.load(Ordering::Relaxed) == AWAKE
    }

    /// The thread answers a nudge, or is awake anyhow. Returns whether its wait is unsettled.
    pub(crate) fn rouse(&self) -> bool {
        // Relaxed: under the mutex only this thread, which is the caller, changes these states.
        match self.state.load(Ordering::Relaxed) {
            AWAKE => true,
            NUDGED => {
                self.sit();
                true
            }
            _ => false,
        }
    }

    /// Goes to sleep unless something has happened.
    pub(crate) fn try_park(&self) -> bool {
        // Relaxed: on failure the caller looks again, with acquire.
        self.state
            .compare_exchange(AWAKE, PARKED, Ordering::Relaxed, Ordering::Relaxed)
            .is_ok()
    }

    /// Gets up by itself unless something has happened.
    pub(crate) fn try_rise(&self) -> bool {
        // Relaxed: on failure the caller looks again, with acquire.
        self.state
            .compare_exchange(PARKED, AWAKE, Ordering::Relaxed, Ordering::Relaxed)
            .is_ok()
    }

    /// Settles the wait, with `GRANTED`, `REFUSED` or `AGAIN`.
    pub(crate) fn settle(&self, outcome: u32) -> Option<&Unparker> {
        // Release: the thread is to see what the granting one did while it was attached.
        let before = self.state.swap(outcome, Ordering::Release);
        (before == PARKED).then_some(&self.unparker)
    }

    /// Tells a sleeping thread that the lock is free.
    pub(crate) fn nudge(&self) -> Option<&Unparker> {
        if !self.is_parked() {
            return None;
        }
        // Relaxed: the thread will take the mutex to act on it. A plain store: all that the thread
        // does meanwhile is to get up by itself, and then it is on its way to the mutex, to look
        // whether it can have the lock, as it does for a nudge.
        self.state.store(NUDGED, Ordering::Relaxed);
        Some(&self.unparker)
    }
}
