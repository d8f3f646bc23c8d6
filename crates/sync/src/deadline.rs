//! Until when to wait.

use crate::seam::clock::{Duration, Instant};

/// Until when a blocking call waits: some point of time, or as long as it takes.
///
/// ```
/// use selvedge_sync::Deadline;
/// use std::time::Duration;
///
/// assert!(!Deadline::after(None).has_passed());
/// assert!(Deadline::after(Some(Duration::ZERO)).has_passed());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline(Option<Instant>);

impl Deadline {
    /// Never.
    pub const NEVER: Self = Self(None);

    /// After `timeout` from now; without one, or if it ends beyond what can be represented, never.
    pub fn after(timeout: Option<Duration>) -> Self {
        Self(timeout.and_then(|timeout| Instant::now().checked_add(timeout)))
    }

    /// The point of time, if there is one.
    pub fn instant(self) -> Option<Instant> {
        self.0
    }

    /// How long it is until then: nothing if it has passed, `None` if it never comes.
    pub fn remaining(self) -> Option<Duration> {
        Some(self.0?.saturating_duration_since(Instant::now()))
    }

    /// Whether it has passed.
    pub fn has_passed(self) -> bool {
        self.remaining() == Some(Duration::ZERO)
    }

    /// The earlier of the two.
    #[must_use]
    pub fn min(self, other: Self) -> Self {
        match (self.0, other.0) {
            (Some(one), Some(other)) => Self(Some(one.min(other))),
            (one, other) => Self(one.or(other)),
        }
    }
}
