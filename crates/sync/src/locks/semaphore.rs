//! A number of permits.

use super::line::Guarded;
use crate::Deadline;
use crate::error::{NotHeld, TooMany};
use crate::seam::clock::Duration;

/// A number of permits that threads take and give, first come, first served: a permit that is given
/// while somebody waits goes to who has waited longest.
///
/// ```
/// use selvedge_sync::locks::Semaphore;
///
/// let permits = Semaphore::new(1);
/// assert!(permits.acquire(None));
/// assert!(!permits.try_acquire());
/// permits.release(2)?;
/// assert_eq!(permits.value(), 2);
/// # Ok::<(), selvedge_sync::TooMany>(())
/// ```
#[derive(Debug)]
pub struct Semaphore {
    /// How many permits there are to take. None while somebody waits.
    permits: Guarded<u32>,
    /// How many there may be.
    bound: u32,
}

impl Semaphore {
    /// With so many permits.
    pub fn new(value: u32) -> Self {
        Self::bounded(value, u32::MAX)
    }

    fn bounded(value: u32, bound: u32) -> Self {
        Self {
            permits: Guarded::new(value),
            bound,
        }
    }

    /// Takes a permit if there is one; returns whether it did.
    #[must_use = "a permit is taken only if this returns true"]
    pub fn try_acquire(&self) -> bool {
        let mut permits = self.permits.lock();
        let left = permits.value.checked_sub(1);
        permits.value = left.unwrap_or(0);
        left.is_some()
    }

    /// Waits for a permit and takes it; returns whether it did before the time ran out.
    #[must_use = "a permit is taken only if this returns true"]
    pub fn acquire(&self, timeout: Option<Duration>) -> bool {
        let mut permits = self.permits.lock();
        if let Some(left) = permits.value.checked_sub(1) {
            permits.value = left;
            return true;
        }
        let place = permits.join();
        drop(permits);
        let deadline = Deadline::after(timeout);
        self.permits.wait(&place, deadline).is_ok()
    }

    /// Gives so many permits.
    ///
    /// # Errors
    /// If there would be more than fit in 32 bits; then none is given.
    pub fn release(&self, count: u32) -> Result<(), TooMany> {
        let mut permits = self.permits.lock();
        // Those that are handed over are not there to take.
        let handed = permits.waiting().min(count as usize);
        let value = permits.value.checked_add(count - handed as u32);
        let is_allowed = |value: &u32| self.bound.checked_sub(*value).is_some();
        permits.value = value.filter(is_allowed).ok_or(TooMany)?;
        let chosen = permits.choose(handed);
        drop(permits);
        chosen.wake();
        Ok(())
    }

    /// How many permits there are to take at this moment.
    pub fn value(&self) -> u32 {
        self.permits.lock().value
    }
}

/// A [`Semaphore`] whose permits are never more than at first.
///
/// ```
/// use selvedge_sync::locks::BoundedSemaphore;
///
/// let places = BoundedSemaphore::new(1);
/// assert!(places.acquire(None));
/// places.release(1)?;
/// assert!(places.release(1).is_err());
/// # Ok::<(), selvedge_sync::TooMany>(())
/// ```
#[derive(Debug)]
pub struct BoundedSemaphore(Semaphore);

impl BoundedSemaphore {
    /// With so many permits.
    pub fn new(bound: u32) -> Self {
        Self(Semaphore::bounded(bound, bound))
    }

    /// As [`Semaphore::try_acquire`].
    #[must_use = "a permit is taken only if this returns true"]
    pub fn try_acquire(&self) -> bool {
        self.0.try_acquire()
    }

    /// As [`Semaphore::acquire`].
    #[must_use = "a permit is taken only if this returns true"]
    pub fn acquire(&self, timeout: Option<Duration>) -> bool {
        self.0.acquire(timeout)
    }

    /// Gives so many permits back.
    ///
    /// # Errors
    /// If there would be more than at first; then none is given.
    pub fn release(&self, count: u32) -> Result<(), TooMany> {
        self.0.release(count)
    }

    /// How many permits there are to take at this moment.
    pub fn value(&self) -> u32 {
        self.0.value()
    }
}

/// Mutual exclusion, first come, first served: who releases it hands it to who has waited longest,
/// so that every thread that waits holds it after as many others as were in line when it came.
///
/// ```
/// use selvedge_sync::locks::FifoLock;
///
/// let lock = FifoLock::new();
/// assert!(lock.acquire(None));
/// assert!(!lock.try_acquire());
/// lock.release()?;
/// assert!(lock.release().is_err());
/// # Ok::<(), selvedge_sync::NotHeld>(())
/// ```
#[derive(Debug)]
pub struct FifoLock(BoundedSemaphore);

impl FifoLock {
    /// A lock that nobody holds.
    pub fn new() -> Self {
        Self(BoundedSemaphore::new(1))
    }

    /// Takes the lock if nobody holds it; returns whether it did.
    #[must_use = "the lock is held only if this returns true"]
    pub fn try_acquire(&self) -> bool {
        self.0.try_acquire()
    }

    /// Waits for the lock and takes it; returns whether it did before the time ran out.
    #[must_use = "the lock is held only if this returns true"]
    pub fn acquire(&self, timeout: Option<Duration>) -> bool {
        self.0.acquire(timeout)
    }

    /// Releases the lock, whoever holds it.
    ///
    /// # Errors
    /// If nobody holds it.
    pub fn release(&self) -> Result<(), NotHeld> {
        self.0.release(1).map_err(|TooMany| NotHeld)
    }

    /// Whether somebody holds the lock at this moment.
    pub fn is_held(&self) -> bool {
        self.0.value() == 0
    }
}

impl Default for FifoLock {
    fn default() -> Self {
        Self::new()
    }
}
