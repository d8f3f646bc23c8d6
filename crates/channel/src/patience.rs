//! How long an operation may wait.

use selvedge_sync::seam::clock::{Duration, Instant};

/// How long an operation may wait.
#[derive(Clone, Copy)]
pub(crate) enum Patience {
    /// Not at all.
    None,
    /// Up to a deadline.
    Until(Instant),
    /// Until the operation succeeds or the channel closes.
    Endless,
}

impl Patience {
    /// Up to `timeout` from now; a point in time beyond what the clock can tell is never reached.
    pub(crate) fn from_now(timeout: Duration) -> Self {
        Instant::now()
            .checked_add(timeout)
            .map_or(Self::Endless, Self::Until)
    }

    pub(crate) fn may_wait(self) -> bool {
        !matches!(self, Self::None)
    }

    /// Whether there is nothing left to wait for.
    pub(crate) fn is_over(self) -> bool {
        match self {
            Self::None => true,
            Self::Until(deadline) => Instant::now() >= deadline,
            Self::Endless => false,
        }
    }

    pub(crate) fn deadline(self) -> Option<Instant> {
        match self {
            Self::Until(deadline) => Some(deadline),
            Self::None | Self::Endless => None,
        }
    }
}
