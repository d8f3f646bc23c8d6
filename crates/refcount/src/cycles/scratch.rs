//! Words of a scratch pad.

#![allow(
    clippy::disallowed_types,
    reason = "a model does not watch these words: they are too many"
)]

use core::sync::atomic::{AtomicU32, Ordering};

/// A number that threads may change at once, each change at one moment, and that orders nothing:
/// who wants to know what others did before has to learn that from something else.
///
/// The same in a model, which does not watch it. It is for pads of thousands of such numbers, each
/// access to which would multiply what a model has to explore.
#[derive(Debug, Default)]
pub(super) struct Scratch(AtomicU32);

impl Scratch {
    /// A word that holds `value`.
    #[inline]
    pub(super) const fn new(value: u32) -> Self {
        Self(AtomicU32::new(value))
    }

    /// What it holds.
    #[inline]
    pub(super) fn get(&self) -> u32 {
        // Relaxed, here and below: see the type.
        self.0.load(Ordering::Relaxed)
    }

    /// Has it hold `value`.
    #[inline]
    pub(super) fn set(&self, value: u32) {
        self.0.store(value, Ordering::Relaxed);
    }

    /// Takes one off, wrapping around at 0; returns what it held.
    #[inline]
    pub(super) fn decrement(&self) -> u32 {
        self.0.fetch_sub(1, Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_return_what_was_there() {
        let word = Scratch::new(3);
        assert_eq!((word.decrement(), word.get()), (3, 2));
        word.set(0);
        assert_eq!((word.decrement(), word.get()), (0, u32::MAX));
    }

    #[test]
    #[cfg(not(selvedge_loom))]
    fn no_change_of_two_threads_is_lost() {
        // Long enough that either is stopped many times between any two instructions, if there is
        // but one processor for them.
        const TIMES: u32 = 40_000_000;
        let word = Scratch::new(2 * TIMES);
        let both_are_there = std::sync::Barrier::new(2);
        let decrement = || {
            both_are_there.wait();
            for _ in 0..TIMES {
                word.decrement();
            }
        };
        std::thread::scope(|scope| {
            scope.spawn(decrement);
            decrement();
        });
        assert_eq!(word.get(), 0);
    }
}
