//! Asking for memory before it is needed.
//!
//! A collection follows every reference of a heap that is larger than the caches. One by one, each
//! would wait for what it leads to. So what is to be looked at goes through a short line first: it
//! is asked for when it joins, and looked at when it leaves.

/// How long the lines are: about as many places as a core can ask for at once.
const LENGTH: usize = 16;

/// A line of things whose places in memory have been asked for.
pub(super) struct Ahead<T> {
    line: [Option<T>; LENGTH],
    joined: usize,
    left: usize,
}

impl<T: Copy> Ahead<T> {
    /// An empty line.
    pub(super) fn new() -> Self {
        Self {
            line: [None; LENGTH],
            joined: 0,
            left: 0,
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.joined - self.left == LENGTH
    }

    /// Asks for a place, which may be any, and has `thing` join the line. If that is full the
    /// first leaves it.
    #[inline(always)]
    pub(super) fn push<P>(&mut self, thing: T, place: *const P) -> Option<T> {
        ask_for(place);
        let first = if self.is_full() { self.pop() } else { None };
        self.line[self.joined % LENGTH] = Some(thing);
        self.joined += 1;
        first
    }

    /// Has the first leave the line.
    #[inline(always)]
    pub(super) fn pop(&mut self) -> Option<T> {
        if self.joined == self.left {
            return None;
        }
        self.left += 1;
        self.line[(self.left - 1) % LENGTH]
    }
}

/// Has the processor fetch what is at an address. Elsewhere than on `x86_64` stable Rust has no
/// way to say so.
#[inline(always)]
fn ask_for<P>(place: *const P) {
    #[cfg(target_arch = "x86_64")]
    {
        use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: every processor of the architecture can do this, and it has no effect that a
        // program could notice, whatever the address.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(place.cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = place;
}

#[cfg(all(test, not(selvedge_loom)))]
mod tests {
    use super::*;

    #[test]
    fn who_came_first_leaves_first() {
        let mut line = Ahead::new();
        let place = [0_u8; 40];
        let left: Vec<_> = (0..40)
            .filter_map(|n| line.push(n, &raw const place[n]))
            .collect();
        assert!(line.is_full());
        let rest: Vec<_> = core::iter::from_fn(|| line.pop()).collect();
        assert_eq!(rest.len(), LENGTH);
        assert!(left.into_iter().chain(rest).eq(0..40));
        assert!(!line.is_full() && line.pop().is_none());
    }
}
