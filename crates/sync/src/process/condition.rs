//! Waiting, without a lock, for what is changed under it.

use super::error::{HolderDied, WaitError};
use super::signal::Signal;
#[cfg(doc)]
use super::{Lock, RLock};
use crate::Deadline;
use crate::releasable::Releasable;
use crate::seam::atomic::{AtomicU32, AtomicU64, Ordering};
use crate::seam::clock::Duration;
use crate::seam::{bounds, process};
use core::convert::Infallible;

/// A seat nobody has.
const FREE: u32 = 0;
/// Its owner waits.
const WAITING: u32 = 1;
/// Its owner was notified, and has not left yet.
const CHOSEN: u32 = 2;

/// A place to wait for a change of what a [`Lock`] or an [`RLock`] guards, to be put in memory
/// that they [share](super::Shared).
///
/// Those who wait are notified in the order in which they came, and one who has died meanwhile is
/// passed over. Up to 128 may wait at a time.
///
/// ```
/// use selvedge_sync::process::{Condition, Lock};
/// use std::time::Duration;
///
/// let (lock, changed) = (Lock::new(), Condition::new());
/// lock.acquire(None)?;
/// assert!(!changed.wait(&lock, Some(Duration::ZERO))?);
/// assert_eq!(changed.notify(1), 0);
/// lock.release()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[repr(C)]
pub struct Condition {
    /// The next one to come gets this number.
    next: AtomicU64,
    seats: [Seat; bounds::SEATS],
}

/// Where one waits.
///
/// | state | to | by |
/// | --- | --- | --- |
/// | free | waiting | the owner |
/// | waiting | chosen | a notifier, which then notifies the owner |
/// | waiting | free | the owner, when its time runs out |
/// | chosen | free | the owner |
///
/// The owner changes from nobody, or from somebody dead, to who takes the seat, and back. While
/// somebody has it, it is theirs; what a dead one has left is cleared by who takes it next.
#[derive(Debug)]
#[repr(C)]
struct Seat {
    owner: AtomicU64,
    number: AtomicU64,
    state: AtomicU32,
    chosen: Signal,
}

impl Condition {
    /// A place nobody waits at.
    pub fn new() -> Self {
        Self {
            next: AtomicU64::new(0),
            seats: core::array::from_fn(|_| Seat::new()),
        }
    }

    /// Releases the lock, waits to be notified, and takes the lock again, as often as it was
    /// held. Returns whether it was notified before the time ran out.
    ///
    /// # Errors
    /// `NotHeld` if the caller does not hold the lock, `TooManyWaiters`: then nothing was done.
    /// `HolderDied` if the lock cannot be taken again: then the caller does not hold it.
    pub fn wait<L: Releasable<Lost = HolderDied>>(
        &self,
        lock: &L,
        timeout: Option<Duration>,
    ) -> Result<bool, WaitError> {
        let seat = self.take_seat().ok_or(WaitError::TooManyWaiters)?;
        let Ok(held) = lock.leave() else {
            seat.vacate();
            return Err(WaitError::NotHeld);
        };
        let notified = seat.wait(timeout);
        seat.vacate();
        lock.enter(held)?;
        Ok(notified)
    }

    /// Waits until `predicate`, which is called with the lock held, is true. Returns whether it
    /// was before the time ran out.
    ///
    /// # Errors
    /// As [`wait`](Self::wait).
    pub fn wait_for<L: Releasable<Lost = HolderDied>>(
        &self,
        lock: &L,
        timeout: Option<Duration>,
        mut predicate: impl FnMut() -> bool,
    ) -> Result<bool, WaitError> {
        let deadline = Deadline::after(timeout);
        while !predicate() {
            if deadline.has_passed() || !self.wait(lock, deadline.remaining())? {
                return Ok(predicate());
            }
        }
        Ok(true)
    }

    /// Notifies up to `count` of those who wait; returns how many.
    ///
    /// Call it with the lock held, or somebody may come to wait between your change and it.
    pub fn notify(&self, count: usize) -> usize {
        (0..count).take_while(|_| self.notify_one()).count()
    }

    /// Notifies all who wait; returns how many.
    pub fn notify_all(&self) -> usize {
        self.notify(usize::MAX)
    }

    /// How many wait at this moment, and have not been notified.
    pub fn waiting(&self) -> usize {
        self.seats.iter().filter(|seat| seat.is_waiting()).count()
    }

    /// Notifies the one that has waited longest and lives; returns whether there is one.
    fn notify_one(&self) -> bool {
        loop {
            let waiting = self.seats.iter().filter(|seat| seat.is_waiting());
            // Relaxed: written before the seat's state.
            let longest = waiting.min_by_key(|seat| seat.number.load(Ordering::Relaxed));
            let Some(longest) = longest else {
                return false;
            };
            if longest.choose() {
                return true;
            }
        }
    }

    fn take_seat(&self) -> Option<&Seat> {
        let seat = self.seats.iter().find(|seat| seat.take())?;
        // Relaxed: the order is that of the lock, under which numbers are drawn.
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        seat.number.store(number, Ordering::Relaxed);
        // Release: who finds the seat taken sees its number.
        seat.state.store(WAITING, Ordering::Release);
        Some(seat)
    }
}

impl Default for Condition {
    fn default() -> Self {
        Self::new()
    }
}

impl Seat {
    fn new() -> Self {
        Self {
            owner: AtomicU64::new(0),
            number: AtomicU64::new(0),
            state: AtomicU32::new(FREE),
            chosen: Signal::new(),
        }
    }

    /// Takes the seat, if nobody has it who lives.
    fn take(&self) -> bool {
        // Acquire: what the one before did to the seat is over.
        let taken = self
            .owner
            .fetch_update(Ordering::Acquire, Ordering::Relaxed, |owner| {
                let is_free = owner == 0 || HolderDied::check(owner).is_err();
                is_free.then(process::identity)
            });
        taken.is_ok()
    }

    /// Whether its owner waits and has not been chosen.
    fn is_waiting(&self) -> bool {
        // Acquire: pairs with the release that made it wait.
        self.state.load(Ordering::Acquire) == WAITING
    }

    /// Chooses the owner; returns whether it did, and the owner lives.
    fn choose(&self) -> bool {
        // Release: who is chosen sees what was done before. Relaxed: nobody was.
        let chosen =
            self.state
                .compare_exchange(WAITING, CHOSEN, Ordering::Release, Ordering::Relaxed);
        // One that was asleep lives. Relaxed: the owner was there before the state was.
        let is_awake = self.chosen.notify(1) == 0;
        let owner = || self.owner.load(Ordering::Relaxed);
        chosen.is_ok() && !(is_awake && HolderDied::check(owner()).is_err())
    }

    /// Waits to be chosen; returns whether it was before the time ran out.
    fn wait(&self, timeout: Option<Duration>) -> bool {
        let attempt = || (!self.is_waiting()).then_some(());
        let check = || Ok::<_, Infallible>(());
        let Ok(chosen) = self.chosen.wait_for(timeout, attempt, check);
        // Whoever is chosen after its time ran out has been notified. Acquire: and sees what was
        // done before.
        chosen.is_some() || self.state.swap(FREE, Ordering::Acquire) == CHOSEN
    }

    fn vacate(&self) {
        // Relaxed: ordered by the release of the seat below.
        self.state.store(FREE, Ordering::Relaxed);
        // Release: who takes the seat next sees that it is free.
        self.owner.store(0, Ordering::Release);
    }
}

#[cfg(all(test, selvedge_loom))]
mod condition_models;
