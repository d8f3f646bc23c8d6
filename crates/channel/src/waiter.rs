//! Those who wait for a channel, in the order in which they came.

use std::collections::VecDeque;

use selvedge_sync::seam::Arc;
use selvedge_sync::seam::cell::UnsafeCell;
use selvedge_sync::seam::clock::Instant;

use crate::signal::{Signal, Spin};

/// A sender that waits, with its message, or a receiver that waits for one.
///
/// While the waiter is on a list, the message cell belongs to whoever holds the channel's mutex.
/// Whoever takes the waiter off the list owns the cell until it finishes the waiter; then the
/// waiting side owns it.
#[derive(Debug)]
pub(crate) struct Waiter<T> {
    signal: Signal,
    message: UnsafeCell<Option<T>>,
}

// SAFETY: messages move between threads through the cell, so `T` has to be `Send`; the cell has
// one owner at a time (see `Waiter`).
unsafe impl<T: Send> Send for Waiter<T> {}
// SAFETY: as above; no `&T` is ever shared.
unsafe impl<T: Send> Sync for Waiter<T> {}

/// The waiting side of a [`Waiter`].
#[derive(Debug)]
pub(crate) struct Ticket<T>(Arc<Waiter<T>>);

impl<T> Ticket<T> {
    /// Waits until the waiter is finished or `deadline` has passed; returns whether it is.
    pub(crate) fn wait(&self, spin: &mut Spin, deadline: Option<Instant>) -> bool {
        self.0.signal.wait(spin, deadline)
    }

    /// What the end of the wait left in the cell: for a receiver its message, for a sender its own
    /// message if it was not sent.
    ///
    /// # Panics
    /// If the waiter has not been finished.
    pub(crate) fn into_message(self) -> Option<T> {
        assert!(self.0.signal.is_over(), "the wait has ended");
        // SAFETY: the finished waiter's cell is this side's, and `self` is the only such side.
        self.0
            .message
            .with_mut(|message| unsafe { (*message).take() })
    }
}

/// A waiter that was taken off its list: it has to be finished, after the mutex is released.
#[derive(Debug)]
#[must_use = "a waiter that is not finished waits for ever"]
pub(crate) struct WakeUp<T>(Option<Arc<Waiter<T>>>);

impl<T> WakeUp<T> {
    /// Nobody is to be woken.
    pub(crate) const NOBODY: Self = Self(None);

    /// Ends the wait.
    #[inline]
    pub(crate) fn fire(self) {
        if let Some(waiter) = self.0 {
            waiter.signal.finish();
        }
    }
}

/// Waiters of one side of a channel, guarded by the channel's mutex.
#[derive(Debug)]
pub(crate) struct Line<T>(VecDeque<Arc<Waiter<T>>>);

impl<T> Line<T> {
    pub(crate) const fn new() -> Self {
        Self(VecDeque::new())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a waiter at the end: with its message for a sender, without for a receiver.
    pub(crate) fn join(&mut self, message: Option<T>) -> Ticket<T> {
        let waiter = Arc::new(Waiter {
            signal: Signal::new(),
            message: UnsafeCell::new(message),
        });
        self.0.push_back(Arc::clone(&waiter));
        Ticket(waiter)
    }

    /// Takes the first waiter, a receiver, off the line and gives it `message`, or returns the
    /// message if nobody waits.
    pub(crate) fn give(&mut self, message: T) -> Result<WakeUp<T>, T> {
        let Some(waiter) = self.0.pop_front() else {
            return Err(message);
        };
        // SAFETY: taken off the list under the mutex, so the cell is ours.
        waiter
            .message
            .with_mut(|cell| unsafe { *cell = Some(message) });
        Ok(WakeUp(Some(waiter)))
    }

    /// Takes the first waiter, a sender, off the line with its message.
    pub(crate) fn take(&mut self) -> Option<(T, WakeUp<T>)> {
        let waiter = self.0.pop_front()?;
        // SAFETY: taken off the list under the mutex, so the cell is ours.
        let message = waiter.message.with_mut(|cell| unsafe { (*cell).take() });
        let message = message.expect("a waiting sender holds its message");
        Some((message, WakeUp(Some(waiter))))
    }

    /// Takes the ticket's waiter off the line, unless somebody else has; then the ticket comes
    /// back and will be finished. Takes time linear in the length of the line.
    pub(crate) fn leave(&mut self, ticket: Ticket<T>) -> Result<Option<T>, Ticket<T>> {
        let at = self
            .0
            .iter()
            .position(|waiter| Arc::ptr_eq(waiter, &ticket.0));
        let Some(at) = at else {
            return Err(ticket);
        };
        self.0.remove(at);
        // SAFETY: taken off the list under the mutex, so the cell is ours.
        Ok(ticket.0.message.with_mut(|cell| unsafe { (*cell).take() }))
    }

    /// Takes every waiter off the line with its cell as it is, to be ended with nothing done.
    pub(crate) fn dismiss(&mut self) -> Vec<WakeUp<T>> {
        self.0
            .drain(..)
            .map(|waiter| WakeUp(Some(waiter)))
            .collect()
    }
}
