//! A point that processes wait for each other at.

use super::signal::Signal;
use crate::error::{BrokenBarrier, TooMany};
use crate::seam::atomic::{AtomicU64, Ordering};
use crate::seam::clock::Duration;

/// How many wait at most.
const MOST: u32 = 0xffff;
/// Rounds of which it is remembered how they ended.
const REMEMBERED: u32 = 32;
/// Rounds are counted up to this, and then from 0.
const ROUNDS: u32 = 1 << 15;

/// A point at which a number of processes wait for each other, to be put in memory that they
/// [share](super::Shared).
///
/// One word says all, so that nobody who dies leaves it half-changed; a process that dies while it
/// waits has arrived.
///
/// | bits | meaning |
/// | --- | --- |
/// | 0–15 | how many have arrived in this round |
/// | 16 | this round is broken |
/// | 17–31 | the round's number |
/// | 32–63 | for each of the last 32 rounds, whether a reset ended it; the last one lowest |
///
/// | change | by |
/// | --- | --- |
/// | arrived + 1 | a wait, unless it is the last |
/// | next round, nobody arrived | the last wait |
/// | broken | a wait that times out; an abort |
/// | next round, nobody arrived, not broken, remembered as reset | a reset |
///
/// A waiter that wakes only after 32 more rounds have ended is told that its own was broken: it
/// has been stopped while others went on in its place.
#[derive(Debug)]
#[repr(C)]
pub struct Barrier {
    word: AtomicU64,
    parties: u32,
    changed: Signal,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Round {
    arrived: u32,
    broken: bool,
    number: u32,
    resets: u32,
}

impl Round {
    fn unpack(word: u64) -> Self {
        Self {
            arrived: word as u32 & MOST,
            broken: word & (1 << 16) != 0,
            number: word as u32 >> 17,
            resets: (word >> 32) as u32,
        }
    }

    fn pack(self) -> u64 {
        // The fields do not overlap.
        u64::from(self.arrived)
            + (u64::from(self.broken) << 16)
            + (u64::from(self.number) << 17)
            + (u64::from(self.resets) << 32)
    }

    fn next(self, by_reset: bool) -> Self {
        Self {
            arrived: 0,
            broken: false,
            number: (self.number + 1) % ROUNDS,
            resets: (self.resets << 1) + u32::from(by_reset),
        }
    }

    /// How the round of this number ended, if it has.
    fn outcome_of(self, number: u32) -> Option<Result<(), BrokenBarrier>> {
        let since = (self.number + ROUNDS - number) % ROUNDS;
        match since.checked_sub(1) {
            None => self.broken.then_some(Err(BrokenBarrier)),
            Some(age @ 0..REMEMBERED) if (self.resets >> age) & 1 == 0 => Some(Ok(())),
            Some(_) => Some(Err(BrokenBarrier)),
        }
    }
}

impl Barrier {
    /// For so many processes.
    ///
    /// # Errors
    /// If there are more than 65,535.
    ///
    /// # Panics
    /// If there are none.
    pub fn new(parties: u32) -> Result<Self, TooMany> {
        assert_ne!(parties, 0, "a barrier is for somebody");
        if parties > MOST {
            return Err(TooMany);
        }
        Ok(Self {
            word: AtomicU64::new(0),
            parties,
            changed: Signal::new(),
        })
    }

    /// Waits until all have come. Returns in which place this one came, counted from 0.
    ///
    /// # Errors
    /// If the barrier is broken, or breaks; it does if the time runs out.
    pub fn wait(&self, timeout: Option<Duration>) -> Result<u32, BrokenBarrier> {
        let round = self.arrive()?;
        if round.arrived == self.parties - 1 {
            self.changed.notify_all();
            return Ok(round.arrived);
        }
        let attempt = || self.round().outcome_of(round.number);
        let check = || Ok::<_, core::convert::Infallible>(());
        let Ok(ended) = self.changed.wait_for(timeout, attempt, check);
        let ended = ended.unwrap_or_else(|| self.give_up(round.number));
        ended.map(|()| round.arrived)
    }

    /// Counts this one in; returns the round as it was before.
    fn arrive(&self) -> Result<Round, BrokenBarrier> {
        self.change(|round| {
            let arrived = round.arrived + 1;
            if round.broken {
                None
            } else if arrived == self.parties {
                Some(round.next(false))
            } else {
                Some(Round { arrived, ..round })
            }
        })
        .ok_or(BrokenBarrier)
    }

    /// Breaks the round of this number, unless it has just ended. How it did.
    fn give_up(&self, number: u32) -> Result<(), BrokenBarrier> {
        let is_open = |round: Round| round.outcome_of(number).is_none();
        let broken = self.change(|round| {
            is_open(round).then_some(Round {
                broken: true,
                ..round
            })
        });
        match broken {
            Some(_) => {
                self.changed.notify_all();
                Err(BrokenBarrier)
            }
            None => self.round().outcome_of(number).unwrap_or(Ok(())),
        }
    }

    /// Breaks the barrier: those who wait, and those who come, fail, until it is
    /// [reset](Self::reset).
    pub fn abort(&self) {
        let broken = true;
        self.change(|round| Some(Round { broken, ..round }));
        self.changed.notify_all();
    }

    /// Begins anew, not broken. Those who wait fail.
    pub fn reset(&self) {
        self.change(|round| Some(round.next(true)));
        self.changed.notify_all();
    }

    /// For how many it is.
    pub fn parties(&self) -> u32 {
        self.parties
    }

    /// How many wait at this moment.
    pub fn waiting(&self) -> u32 {
        self.round().arrived
    }

    /// Whether it is broken.
    pub fn is_broken(&self) -> bool {
        self.round().broken
    }

    fn round(&self) -> Round {
        // Acquire: whoever leaves sees what the others did before they came.
        Round::unpack(self.word.load(Ordering::Acquire))
    }

    /// Changes the round, if `change` has another for it; returns what it was.
    fn change(&self, change: impl Fn(Round) -> Option<Round>) -> Option<Round> {
        // Release: what this one did before it came is seen by those who leave. Acquire: the last
        // one sees what the others did. Relaxed: nothing was changed.
        // mutant: equivalent, ordering to Release: the last one, and each whose change is more than
        // its arrival, notifies next, and the fence of that comes between this and what it reads.
        let changed = self
            .word
            .fetch_update(Ordering::AcqRel, Ordering::Relaxed, |word| {
                change(Round::unpack(word)).map(Round::pack)
            });
        changed.ok().map(Round::unpack)
    }
}

#[cfg(all(test, not(selvedge_loom)))]
mod tests {
    use super::*;

    const ROUND: Round = Round {
        arrived: MOST,
        broken: true,
        number: ROUNDS - 1,
        resets: u32::MAX,
    };

    #[test]
    fn a_round_is_packed_whole() {
        for round in [ROUND, ROUND.next(true), ROUND.next(false)] {
            assert_eq!(Round::unpack(round.pack()), round);
        }
        let broken = false;
        assert_eq!(Round { broken, ..ROUND }.pack(), u64::MAX - (1 << 16));
        assert_eq!(ROUND.pack(), u64::MAX);
    }

    #[test]
    fn how_a_round_ended_is_known_for_thirty_two_more() {
        for (by_reset, outcome) in [(true, Err(BrokenBarrier)), (false, Ok(()))] {
            let mut round = Round {
                broken: false,
                ..ROUND
            };
            assert_eq!(round.outcome_of(ROUND.number), None);
            round = round.next(by_reset);
            for _ in 0..REMEMBERED {
                assert_eq!(round.outcome_of(ROUND.number), Some(outcome));
                round = round.next(!by_reset);
            }
            assert_eq!(round.outcome_of(ROUND.number), Some(Err(BrokenBarrier)));
        }
    }
}
