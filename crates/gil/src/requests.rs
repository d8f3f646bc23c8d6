//! What a thread may be asked to do at its next safe point.

use core::ops::{BitAnd, BitOr, Not};

/// A set of requests to one thread, one bit each, kept in the thread's request word.
///
/// | bit | who sets it | who clears it |
/// | --- | --- | --- |
/// | `DROP` | a waiter, under the queue's mutex | the thread, at a safe point or when it gives the lock up |
/// | `STOP` | whoever stops the world or finalises, under the mutex | the thread, at a safe point |
/// | `TICK` | registration, where a policy counts safe points | nobody |
/// | all others | anybody, through a [`ThreadHandle`](crate::ThreadHandle) | the thread, with [`take_requests`](crate::Attached::take_requests) |
///
/// ```
/// use selvedge_gil::Requests;
/// let both = Requests::SIGNAL | Requests::user(3);
/// assert!(both.contains(Requests::SIGNAL) && !both.contains(Requests::GC));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Requests(u32);

impl Requests {
    /// No request.
    pub const NONE: Self = Self(0);
    /// Somebody waits for the lock and has waited long enough.
    pub const DROP: Self = Self(1 << 0);
    /// The world is being stopped, or finalisation has begun.
    pub const STOP: Self = Self(1 << 1);
    /// Always set under a policy that counts safe points, so that each one is served.
    pub const TICK: Self = Self(1 << 2);
    /// A signal has arrived.
    pub const SIGNAL: Self = Self(1 << 3);
    /// A call was queued to be made by this thread.
    pub const PENDING_CALL: Self = Self(1 << 4);
    /// An exception is to be raised in this thread.
    pub const ASYNC_EXCEPTION: Self = Self(1 << 5);
    /// A garbage collection is due.
    pub const GC: Self = Self(1 << 6);
    /// How many user bits there are.
    pub const USER_BITS: u32 = 16;
    /// What the lock itself serves; the rest is the embedder's.
    pub const OWN: Self = Self(Self::DROP.0 | Self::STOP.0 | Self::TICK.0);

    /// The user's own request number `bit`.
    ///
    /// # Panics
    /// Unless `bit` is below [`USER_BITS`](Self::USER_BITS).
    #[must_use]
    pub const fn user(bit: u32) -> Self {
        assert!(bit < Self::USER_BITS, "no such user bit");
        Self(1 << (32 - Self::USER_BITS + bit))
    }

    /// The bits as they stand in the request word.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// The set with the bits of a request word.
    #[must_use]
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// Whether nothing is requested.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether all of `other` is requested.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether any of `other` is requested.
    #[must_use]
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

impl BitOr for Requests {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitAnd for Requests {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl Not for Requests {
    type Output = Self;
    fn not(self) -> Self {
        Self(!self.0)
    }
}
