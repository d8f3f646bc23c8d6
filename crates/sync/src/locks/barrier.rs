//! A point that threads wait for each other at.

use super::line::{Chosen, Guarded, State};
use crate::Deadline;
use crate::error::BrokenBarrier;
use crate::seam::Arc;
use crate::seam::atomic::{AtomicBool, Ordering};
use crate::seam::clock::Duration;

/// A point at which a number of threads wait for each other.
///
/// ```
/// use selvedge_sync::locks::Barrier;
///
/// let barrier = Barrier::new(1);
/// assert_eq!(barrier.wait(None), Ok(0));
/// barrier.abort();
/// assert!(barrier.wait(None).is_err());
/// barrier.reset();
/// assert!(barrier.wait(None).is_ok());
/// ```
#[derive(Debug)]
pub struct Barrier {
    parties: u32,
    round: Guarded<Round>,
}

/// What goes on at a barrier. Who waits for the end of a round is in line.
#[derive(Debug)]
struct Round {
    /// Whether the round of those who wait is broken; each of them keeps it. Written under the
    /// mutex before they are chosen, and read after.
    is_broken: Arc<AtomicBool>,
}

impl Round {
    fn new() -> Self {
        Self {
            is_broken: Arc::new(AtomicBool::new(false)),
        }
    }
}

/// Whether the flag of a round is set. Relaxed: the mutex, or the wake-up, orders it.
fn is_set(flag: &AtomicBool) -> bool {
    flag.load(Ordering::Relaxed)
}

/// Breaks the round that goes on.
fn break_round(round: &mut State<Round>) -> Chosen {
    // Relaxed: as in `is_set`.
    round.value.is_broken.store(true, Ordering::Relaxed);
    round.choose(usize::MAX)
}

impl Barrier {
    /// For so many threads.
    ///
    /// # Panics
    /// If there are none.
    pub fn new(parties: u32) -> Self {
        assert_ne!(parties, 0, "a barrier is for somebody");
        Self {
            parties,
            round: Guarded::new(Round::new()),
        }
    }

    /// Waits until all have come. Returns in which place this one came, counted from 0.
    ///
    /// # Errors
    /// If the barrier is broken, or breaks; it does if the time runs out.
    pub fn wait(&self, timeout: Option<Duration>) -> Result<u32, BrokenBarrier> {
        let deadline = Deadline::after(timeout);
        let mut round = self.round.lock();
        if is_set(&round.value.is_broken) {
            return Err(BrokenBarrier);
        }
        let arrived = round.waiting() as u32;
        if arrived == self.parties - 1 {
            let chosen = round.choose(usize::MAX);
            drop(round);
            chosen.wake();
            return Ok(arrived);
        }
        let (place, is_broken) = (round.join(), Arc::clone(&round.value.is_broken));
        drop(round);
        if let Err(mut round) = self.round.wait(&place, deadline) {
            let chosen = break_round(&mut round);
            drop(round);
            chosen.wake();
        }
        if is_set(&is_broken) {
            return Err(BrokenBarrier);
        }
        Ok(arrived)
    }

    /// Breaks the barrier: those who wait, and those who come, fail, until it is
    /// [reset](Self::reset).
    pub fn abort(&self) {
        let mut round = self.round.lock();
        let chosen = break_round(&mut round);
        drop(round);
        chosen.wake();
    }

    /// Begins anew, not broken. Those who wait fail.
    pub fn reset(&self) {
        let mut round = self.round.lock();
        let chosen = break_round(&mut round);
        round.value = Round::new();
        drop(round);
        chosen.wake();
    }

    /// For how many it is.
    pub fn parties(&self) -> u32 {
        self.parties
    }

    /// How many wait at this moment.
    pub fn waiting(&self) -> u32 {
        self.round.lock().waiting() as u32
    }

    /// Whether it is broken.
    pub fn is_broken(&self) -> bool {
        is_set(&self.round.lock().value.is_broken)
    }
}
