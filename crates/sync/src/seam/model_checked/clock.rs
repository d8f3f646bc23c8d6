//! Time in a model: a clock for each thread, which moves only when that thread's wait times out.
//!
//! A clock shared by all threads would let one thread's time-out change another's course where
//! loom does not see that the two depend on each other.

use std::cell::Cell;
use std::ops::{Add, Sub};
pub use std::time::Duration;

loom::thread_local! {
    // Not the beginning of what can be represented, so that `Duration::MAX` from now lies beyond
    // its end, as it does in production.
    static NOW: Cell<Instant> = Cell::new(Instant(Duration::from_secs(1)));
}

/// A point of the calling thread's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(Duration);

impl Instant {
    /// The calling thread's time.
    pub fn now() -> Self {
        NOW.with(Cell::get)
    }

    /// How much later this point is than `earlier`, or zero.
    pub fn duration_since(&self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }

    /// Like [`duration_since`](Self::duration_since).
    pub fn saturating_duration_since(&self, earlier: Self) -> Duration {
        self.duration_since(earlier)
    }

    /// How long ago this point was.
    pub fn elapsed(&self) -> Duration {
        Self::now().duration_since(*self)
    }

    /// This point and `duration`, unless the sum cannot be represented.
    pub fn checked_add(&self, duration: Duration) -> Option<Self> {
        self.0.checked_add(duration).map(Self)
    }
}

impl Add<Duration> for Instant {
    type Output = Self;
    fn add(self, duration: Duration) -> Self {
        Self(self.0 + duration)
    }
}

impl Sub<Instant> for Instant {
    type Output = Duration;
    fn sub(self, earlier: Self) -> Duration {
        self.duration_since(earlier)
    }
}

/// Moves the calling thread's clock forward to `deadline`, if that lies ahead.
pub(super) fn advance_to(deadline: Instant) {
    NOW.with(|now| now.set(now.get().max(deadline)));
}
