//! Threads in line, under the mutex of what they wait for.

use crate::Deadline;
use crate::seam::{Mutex, MutexGuard, Parker, Unparker};
use std::collections::VecDeque;

/// A value, and the threads that wait for it to change in the order in which they came.
#[derive(Debug)]
pub(super) struct Guarded<T>(Mutex<State<T>>);

#[derive(Debug)]
pub(super) struct State<T> {
    pub(super) value: T,
    line: VecDeque<(Ticket, Unparker)>,
    next: Ticket,
}

type Ticket = u64;

/// Threads that were taken off the line, to be woken when the mutex is released.
#[must_use = "who is not woken sleeps on"]
pub(super) struct Chosen(Vec<Unparker>);

/// A thread that is in line.
pub(super) struct Place {
    ticket: Ticket,
    parker: Parker,
}

impl<T> Guarded<T> {
    pub(super) fn new(value: T) -> Self {
        Self(Mutex::new(State {
            value,
            line: VecDeque::new(),
            next: 0,
        }))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.0.lock()
    }

    /// Sleeps until chosen. If the time runs out before, leaves the line and returns the mutex.
    pub(super) fn wait(
        &self,
        place: &Place,
        deadline: Deadline,
    ) -> Result<(), MutexGuard<'_, State<T>>> {
        let Some(instant) = deadline.instant() else {
            place.parker.park();
            return Ok(());
        };
        if place.parker.park_until(instant) {
            return Ok(());
        }
        let mut state = self.lock();
        // Somebody who was chosen just then has been, though it was not woken yet.
        if state.leave(place) {
            Err(state)
        } else {
            Ok(())
        }
    }
}

impl<T> State<T> {
    /// Puts the calling thread at the end of the line.
    pub(super) fn join(&mut self) -> Place {
        let (ticket, parker) = (self.next, Parker::new());
        self.next = ticket.wrapping_add(1);
        self.line.push_back((ticket, parker.unparker()));
        Place { ticket, parker }
    }

    /// Takes a thread off the line; returns whether it was in it.
    pub(super) fn leave(&mut self, place: &Place) -> bool {
        let before = self.line.len();
        self.line.retain(|(ticket, _)| *ticket != place.ticket);
        self.line.len() != before
    }

    /// How many are in line.
    pub(super) fn waiting(&self) -> usize {
        self.line.len()
    }

    /// Takes up to `count` threads off the front of the line.
    pub(super) fn choose(&mut self, count: usize) -> Chosen {
        let count = count.min(self.line.len());
        let chosen = self.line.drain(..count).map(|(_, unparker)| unparker);
        Chosen(chosen.collect())
    }
}

impl Chosen {
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// Wakes them.
    pub(super) fn wake(self) {
        for thread in self.0 {
            thread.unpark();
        }
    }
}
