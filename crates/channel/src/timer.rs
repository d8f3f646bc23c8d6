//! Receivers whose messages come from the clock.

use selvedge_sync::seam::Mutex;
use selvedge_sync::seam::Parker;
use selvedge_sync::seam::clock::{Duration, Instant};

use crate::chan::Unreceived;
use crate::patience::Patience;

/// A source of points in time: one, many, or none at all.
pub(crate) struct Timer<T> {
    /// When the next message is due, if one is to come.
    due: Mutex<Option<Instant>>,
    period: Option<Duration>,
    /// A message of a point in time.
    message: fn(Instant) -> T,
}

impl Timer<Instant> {
    /// One message at `due`.
    pub(crate) fn once(due: Option<Instant>) -> Self {
        Self::new(due, None)
    }

    /// A message every `period`, beginning one from now.
    pub(crate) fn every(period: Duration) -> Self {
        Self::new(Instant::now().checked_add(period), Some(period))
    }

    fn new(due: Option<Instant>, period: Option<Duration>) -> Self {
        Self {
            due: Mutex::new(due),
            period,
            message: core::convert::identity,
        }
    }
}

impl<T> Timer<T> {
    /// When a receiver should look next, if ever.
    pub(crate) fn due(&self) -> Option<Instant> {
        *self.due.lock()
    }

    pub(crate) fn recv(&self, patience: Patience) -> Result<T, Unreceived> {
        let parker = Parker::new();
        loop {
            let due = match self.take() {
                Ok(message) => return Ok(message),
                Err(due) => due,
            };
            let limit = match patience {
                Patience::None => return Err(Unreceived::Empty),
                Patience::Until(deadline) => Some(deadline),
                Patience::Endless => None,
            };
            match (due, limit) {
                (Some(due), Some(limit)) => {
                    if limit < due {
                        let _ = parker.park_until(limit);
                        return Err(Unreceived::Empty);
                    }
                    let _ = parker.park_until(due);
                }
                (None, Some(limit)) => {
                    let _ = parker.park_until(limit);
                    return Err(Unreceived::Empty);
                }
                (Some(due), None) => {
                    let _ = parker.park_until(due);
                }
                // Nothing will ever come, and nobody can wake this parker.
                (None, None) => parker.park(),
            }
        }
    }

    /// The message that is due, or when one is.
    fn take(&self) -> Result<T, Option<Instant>> {
        let mut next = self.due.lock();
        let now = Instant::now();
        let due = next.filter(|due| *due <= now).ok_or(*next)?;
        // Ticks that nobody took are not made up for.
        *next = self.period.and_then(|period| now.checked_add(period));
        Ok((self.message)(due))
    }

    pub(crate) fn len(&self) -> usize {
        usize::from(self.due().is_some_and(|due| due <= Instant::now()))
    }
}
