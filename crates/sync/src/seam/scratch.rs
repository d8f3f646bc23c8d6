//! Words of a scratch pad.

#![allow(
    clippy::disallowed_types,
    reason = "the seam is the one place that may name what it stands for"
)]

use core::sync::atomic::{AtomicU32, Ordering};

/// A number that threads may change at once, each change at one moment, and that orders nothing:
/// who wants to know what others did before has to learn that from something else.
///
/// The same in a model, which does not watch it. It is for pads of thousands of such numbers, each
/// access to which would multiply what a model has to explore.
#[derive(Debug, Default)]
pub struct Scratch(AtomicU32);

impl Scratch {
    /// A word that holds `value`.
    #[inline]
    pub const fn new(value: u32) -> Self {
        Self(AtomicU32::new(value))
    }

    /// What it holds.
    #[inline]
    pub fn get(&self) -> u32 {
        // Relaxed, here and below: see the type.
        self.0.load(Ordering::Relaxed)
    }

    /// Has it hold `value`.
    #[inline]
    pub fn set(&self, value: u32) {
        self.0.store(value, Ordering::Relaxed);
    }

    /// Has it hold `value`; returns what it held.
    #[inline]
    pub fn replace(&self, value: u32) -> u32 {
        self.0.swap(value, Ordering::Relaxed)
    }

    /// Takes one off, wrapping around at 0; returns what it held.
    #[inline]
    pub fn decrement(&self) -> u32 {
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
        assert_eq!((word.replace(7), word.get()), (2, 7));
        word.set(0);
        assert_eq!((word.decrement(), word.get()), (0, u32::MAX));
    }
}
