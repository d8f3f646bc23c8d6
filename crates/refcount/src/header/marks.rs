//! The byte that the cycle collector keeps its marks in.
//!
//! | bit | meaning | changed by |
//! | --- | --- | --- |
//! | 0 | tracked: collections look at the object | whoever makes or destroys it |
//! | 1 | finalised: its finaliser has begun | whoever runs finalisers |
//! | 2 | frozen: collections do not look at it although it is tracked | the collector, in a stopped world |

use super::Header;
use selvedge_sync::seam::atomic::Ordering;

const TRACKED: u8 = 1;
const FINALISED: u8 = 2;
const FROZEN: u8 = 4;

impl Header {
    /// Lets collections look at the object: when all its references can be traversed. It lies in
    /// a slot of [`Kind::Walked`](crate::Kind::Walked).
    #[inline(always)]
    pub fn track(&self) {
        self.set_marks(self.marks() | TRACKED);
    }

    /// Hides the object from collections: before it is taken apart or its slot is freed.
    #[inline(always)]
    pub fn untrack(&self) {
        self.set_marks(self.marks() & !(TRACKED | FROZEN));
    }

    /// Whether collections look at the object.
    #[inline(always)]
    pub fn is_tracked(&self) -> bool {
        self.marks() & (TRACKED | FROZEN) == TRACKED
    }

    /// Whether the object's finaliser has begun.
    pub fn is_finalised(&self) -> bool {
        self.marks() & FINALISED != 0
    }

    /// Notes that the finaliser begins; returns whether it is the first time, and so whether it
    /// is to run.
    #[must_use = "a finaliser runs only if this returns true"]
    pub fn begin_finalising(&self) -> bool {
        // Relaxed: of two that try, one is first.
        self.gc.fetch_or(FINALISED, Ordering::Relaxed) & FINALISED == 0
    }

    pub(crate) fn is_frozen(&self) -> bool {
        self.marks() & FROZEN != 0
    }

    pub(crate) fn freeze(&self) -> bool {
        let tracked = self.is_tracked();
        if tracked {
            self.set_marks(self.marks() | FROZEN);
        }
        tracked
    }

    pub(crate) fn unfreeze(&self) -> bool {
        let marks = self.marks();
        self.set_marks(marks & !FROZEN);
        marks & FROZEN != 0
    }

    /// Relaxed: marks order nothing themselves; the stopping of the world orders them for the
    /// collector.
    #[inline(always)]
    fn marks(&self) -> u8 {
        self.gc.load(Ordering::Relaxed)
    }

    /// A plain store: of those who track, untrack, freeze and unfreeze, there is one at a time.
    #[inline(always)]
    fn set_marks(&self, marks: u8) {
        // Relaxed: see `marks`.
        self.gc.store(marks, Ordering::Relaxed);
    }
}

#[cfg(all(test, not(selvedge_loom)))]
mod tests {
    use super::*;
    use crate::Token;

    #[test]
    fn untracked_object_is_no_longer_frozen() {
        let header = Header::new(Token::NOBODY, core::ptr::null());
        header.track();
        assert!(header.freeze() && !header.is_tracked());
        header.untrack();
        assert!(!header.is_tracked());
        header.track();
        assert!(header.is_tracked());
    }
}
