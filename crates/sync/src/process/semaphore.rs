//! A number of permits that processes share.

use super::error::{AcquireError, HolderDied};
use super::signal::Signal;
use crate::error::{NotHeld, TooMany};
use crate::seam::atomic::{AtomicU32, AtomicU64, Ordering};
use crate::seam::clock::Duration;
use crate::seam::process;
use core::convert::Infallible;

/// A number of permits that processes take and give, to be put in memory that they
/// [share](super::Shared).
///
/// A permit belongs to nobody, as one process may give what another takes: what a process took
/// before it died is not given back. Where permits are places that are held, take a
/// [`BoundedSemaphore`].
///
/// ```
/// use selvedge_sync::process::Semaphore;
///
/// let permits = Semaphore::new(1);
/// assert!(permits.acquire(None));
/// assert!(!permits.try_acquire());
/// permits.release(2)?;
/// assert_eq!(permits.value(), 2);
/// # Ok::<(), selvedge_sync::process::TooMany>(())
/// ```
#[derive(Debug)]
#[repr(C)]
pub struct Semaphore {
    /// How many permits there are to take.
    value: AtomicU32,
    released: Signal,
}

impl Semaphore {
    /// With so many permits.
    pub fn new(value: u32) -> Self {
        Self {
            value: AtomicU32::new(value),
            released: Signal::new(),
        }
    }

    /// Takes a permit if there is one; returns whether it did.
    #[must_use = "a permit is taken only if this returns true"]
    pub fn try_acquire(&self) -> bool {
        // Acquire: sees what was done before the permit was given. Relaxed: nothing was taken.
        let taken = self
            .value
            .fetch_update(Ordering::Acquire, Ordering::Relaxed, |value| {
                value.checked_sub(1)
            });
        taken.is_ok()
    }

    /// Waits for a permit and takes it; returns whether it did before the time ran out.
    #[must_use = "a permit is taken only if this returns true"]
    pub fn acquire(&self, timeout: Option<Duration>) -> bool {
        let attempt = || self.try_acquire().then_some(());
        let Ok(taken) = self
            .released
            .wait_for(timeout, attempt, || Ok::<_, Infallible>(()));
        taken.is_some()
    }

    /// Gives so many permits.
    ///
    /// # Errors
    /// If there would be more than fit in 32 bits; then none is given.
    pub fn release(&self, count: u32) -> Result<(), TooMany> {
        // Release: who takes a permit sees what was done before.
        let given = self
            .value
            .fetch_update(Ordering::Release, Ordering::Relaxed, |value| {
                value.checked_add(count)
            });
        given.map_err(|_| TooMany)?;
        self.released.notify(count);
        Ok(())
    }

    /// How many permits there are to take at this moment.
    pub fn value(&self) -> u32 {
        // Relaxed: it may have changed when the caller looks at it.
        self.value.load(Ordering::Relaxed)
    }
}

/// How many places a [`BoundedSemaphore`] has at most.
const MOST: usize = 128;

/// A number of places that processes hold, to be put in memory that they
/// [share](super::Shared).
///
/// Each place says who took it. Any process may release one: its own if it holds one, else
/// somebody's. When all are held, those who wait are told of a holder that is dead, until its
/// places are [recovered](Self::recover). Each place has the states of a [`Lock`](super::Lock).
///
/// ```
/// use selvedge_sync::process::BoundedSemaphore;
///
/// let places = BoundedSemaphore::new(1)?;
/// places.acquire(None)?;
/// assert!(!places.try_acquire());
/// places.release()?;
/// assert!(places.release().is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[repr(C)]
pub struct BoundedSemaphore {
    bound: usize,
    released: Signal,
    /// Who holds each place, or 0; those from the bound on are not used.
    holders: [AtomicU64; MOST],
}

impl BoundedSemaphore {
    /// With so many places.
    ///
    /// # Errors
    /// If there are more than 128.
    pub fn new(bound: usize) -> Result<Self, TooMany> {
        if bound > MOST {
            return Err(TooMany);
        }
        Ok(Self {
            bound,
            released: Signal::new(),
            holders: core::array::from_fn(|_| AtomicU64::new(0)),
        })
    }

    /// Takes a place if there is one; returns whether it did.
    #[must_use = "a place is taken only if this returns true"]
    pub fn try_acquire(&self) -> bool {
        let this = process::identity();
        self.exchange_any(|holder| (holder == 0).then_some(this))
    }

    /// Waits for a place and takes it.
    ///
    /// # Errors
    /// `Timeout`; `HolderDied` if one of the holders is dead, which is noticed within a tenth of
    /// a second.
    pub fn acquire(&self, timeout: Option<Duration>) -> Result<(), AcquireError> {
        let attempt = || self.try_acquire().then_some(());
        let check = || {
            let mut holders = self.places().iter();
            // Relaxed: only told, not acted on.
            holders.try_for_each(|place| HolderDied::check(place.load(Ordering::Relaxed)))
        };
        let taken = self.released.wait_for(timeout, attempt, check)?;
        taken.ok_or(AcquireError::Timeout)
    }

    /// Releases a place: one of this process's own if it holds one, else another's.
    ///
    /// # Errors
    /// If none is held.
    pub fn release(&self) -> Result<(), NotHeld> {
        let this = process::identity();
        let own = self.exchange_any(|holder| (holder == this).then_some(0));
        if own || self.exchange_any(|holder| (holder != 0).then_some(0)) {
            self.released.notify(1);
            return Ok(());
        }
        Err(NotHeld)
    }

    /// Releases the places that dead processes hold; returns how many there were.
    pub fn recover(&self) -> u32 {
        let died = |holder| HolderDied::check(holder).is_err();
        let mut count = 0;
        while self.exchange_any(|holder| died(holder).then_some(0)) {
            count += 1;
        }
        self.released.notify(count);
        count
    }

    /// How many places there are to take at this moment.
    pub fn value(&self) -> usize {
        // Relaxed: it may have changed when the caller looks at it.
        let is_free = |place: &&AtomicU64| place.load(Ordering::Relaxed) == 0;
        self.places().iter().filter(is_free).count()
    }

    /// How many places there are in all.
    pub fn bound(&self) -> usize {
        self.bound
    }

    fn places(&self) -> &[AtomicU64] {
        &self.holders[..self.bound]
    }

    /// Changes the first place that `change` has something else for; returns whether there was
    /// one.
    fn exchange_any(&self, change: impl Fn(u64) -> Option<u64>) -> bool {
        self.places().iter().any(|place| {
            // Acquire: who takes a place sees what was done by who held it. Release: and is seen
            // by who takes it next. Relaxed: nothing was changed.
            let changed = place.fetch_update(Ordering::AcqRel, Ordering::Relaxed, &change);
            changed.is_ok()
        })
    }
}
