//! Who of the workers sleeps and who spins, in one word, for those who have work and not the mutex
//! of the desk.
//!
//! | bits | name | meaning |
//! | --- | --- | --- |
//! | 0–19 | `spinning` | workers that are awake without work |
//! | 20–39 | `asleep` | workers that can be woken |
//! | 40–59 | `to_start` | workers that could be started |
//! | 60 | `manned` | there is a worker |
//!
//! The desk alone writes it, whole, with its mutex held, so there are no transitions to list. Who
//! reads it without the mutex has pushed work and passed a fence, and the desk passes one between
//! a write that lowers `spinning` and its look for work: see README.md. Covering models:
//! `no_worker_sleeps_while_work_waits`, `sleeping_worker_is_woken_by_a_fork`.

use selvedge_sync::seam::atomic::{AtomicU64, Ordering};

const FIELD: u32 = 20;
/// What a field can say: more counts as this.
const MOST: usize = (1 << FIELD) - 1;

/// The word. On cache lines of its own: it is read with every push, and seldom written.
#[repr(align(128))]
pub(super) struct Roll(AtomicU64);

/// What the word says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entries {
    pub(super) manned: bool,
    pub(super) to_start: usize,
    pub(super) asleep: usize,
    pub(super) spinning: usize,
}

impl Roll {
    /// Of an executor that may start `to_start` workers and has none.
    pub(super) fn new(to_start: usize) -> Self {
        let entries = Entries {
            manned: false,
            to_start,
            asleep: 0,
            spinning: 0,
        };
        Self(AtomicU64::new(pack(entries)))
    }

    // Relaxed, both: ordered by fences where it matters.
    #[inline]
    pub(super) fn read(&self) -> Entries {
        unpack(self.0.load(Ordering::Relaxed))
    }

    pub(super) fn write(&self, entries: Entries) {
        self.0.store(pack(entries), Ordering::Relaxed);
    }
}

fn pack(entries: Entries) -> u64 {
    let Entries {
        manned,
        to_start,
        asleep,
        spinning,
    } = entries;
    [usize::from(manned), to_start, asleep, spinning]
        .into_iter()
        .fold(0, |word, field| word << FIELD | field.min(MOST) as u64)
}

#[inline]
fn unpack(word: u64) -> Entries {
    let field = |index: u32| (word >> (index * FIELD)) as usize & MOST;
    Entries {
        manned: field(3) > 0,
        to_start: field(2),
        asleep: field(1),
        spinning: field(0),
    }
}

#[cfg(all(test, not(selvedge_loom)))]
mod tests {
    use super::*;

    #[test]
    fn entries_are_read_as_written() {
        for manned in [false, true] {
            for [to_start, asleep, spinning] in [[0, 0, 0], [1, 2, 4], [MOST, 0, 7], [0, MOST, 0]] {
                let entries = Entries {
                    manned,
                    to_start,
                    asleep,
                    spinning,
                };
                assert_eq!(unpack(pack(entries)), entries);
                let roll = Roll::new(9);
                assert_eq!((roll.read().manned, roll.read().to_start), (false, 9));
                roll.write(entries);
                assert_eq!(roll.read(), entries);
            }
        }
    }

    #[test]
    fn more_than_a_field_can_say_counts_as_the_most() {
        let entries = Entries {
            manned: true,
            to_start: usize::MAX,
            asleep: MOST + 1,
            spinning: 3,
        };
        let said = unpack(pack(entries));
        assert_eq!((said.to_start, said.asleep, said.spinning), (MOST, MOST, 3));
        assert!(said.manned);
    }
}
