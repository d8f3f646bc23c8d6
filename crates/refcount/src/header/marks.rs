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
        self.mark(TRACKED);
    }

    /// Hides the object from collections: before it is taken apart or its slot is freed.
    #[inline(always)]
    pub fn untrack(&self) {
        // Relaxed: the stopping of the world orders it for the collector; see `mark`.
        let marks = self.gc.load(Ordering::Relaxed);
        if marks & FINALISED == 0 {
            self.gc.store(0, Ordering::Relaxed);
        } else {
            self.gc.fetch_and(!(TRACKED | FROZEN), Ordering::Relaxed);
        }
    }

    /// Whether collections look at the object.
    #[inline(always)]
    pub fn is_tracked(&self) -> bool {
        // Relaxed: the stopping of the world orders it for the collector.
        self.gc.load(Ordering::Relaxed) & (TRACKED | FROZEN) == TRACKED
    }

    /// Whether the object's finaliser has begun.
    pub fn is_finalised(&self) -> bool {
        // Relaxed: whoever asks holds the object.
        self.gc.load(Ordering::Relaxed) & FINALISED != 0
    }

    /// Notes that the finaliser begins; returns whether it is the first time, and so whether it
    /// is to run.
    #[must_use = "a finaliser runs only if this returns true"]
    pub fn begin_finalising(&self) -> bool {
        // Relaxed: of two that try, one is first.
        self.gc.fetch_or(FINALISED, Ordering::Relaxed) & FINALISED == 0
    }

    pub(crate) fn freeze(&self) -> bool {
        self.is_tracked() && self.mark(FROZEN) & FROZEN == 0
    }

    pub(crate) fn unfreeze(&self) -> bool {
        // Relaxed: the world is stopped.
        self.gc.fetch_and(!FROZEN, Ordering::Relaxed) & FROZEN != 0
    }

    #[inline(always)]
    fn mark(&self, bits: u8) -> u8 {
        // Relaxed: marks order nothing themselves.
        self.gc.fetch_or(bits, Ordering::Relaxed)
    }
}
