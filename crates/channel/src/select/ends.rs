//! The two ends of a channel as cases.

use selvedge_sync::seam::Arc;
use selvedge_sync::seam::clock::Instant;

use super::operation::{Outcome, Receiving, Sending};
use super::{Case, Entry};
use crate::chan::{Chan, Grant, Unreceived};
use crate::channel::{on_receiver, on_sender};
use crate::error::{RecvError, SendError};
use crate::flavors::Buffer;
use crate::patience::Patience;
use crate::waiter::{Choice, Ticket};
use crate::{Receiver, Sender};

/// A sender in line.
struct SendEntry<'a, T, B: Buffer<T>> {
    sender: &'a Sender<T>,
    chan: &'a Chan<T, B>,
    ticket: Ticket<T>,
}

/// A receiver in line.
struct RecvEntry<'a, T, B: Buffer<T>> {
    receiver: &'a Receiver<T>,
    chan: &'a Chan<T, B>,
    ticket: Ticket<T>,
}

/// A receiver that waits for the clock alone.
struct TimeEntry;

impl<T> Sender<T> {
    /// Completes a send that was granted.
    pub(super) fn complete(&self, grant: Grant<T>, message: T) -> Result<(), SendError<T>> {
        on_sender!(self, chan => chan.complete(grant, message)).map_err(SendError)
    }

    /// Lets go of a send that was granted.
    pub(super) fn renounce(&self, grant: Grant<T>) {
        on_sender!(self, chan => chan.renounce(grant));
    }
}

impl<T> Receiver<T> {
    /// Takes back a message that came to this receiver when it stood at `order` in the line.
    pub(super) fn give_back(&self, order: u64, message: T) {
        // A timer's message is a point in time, which others can tell as well.
        on_receiver!(self, chan => chan.give_back(order, message), _timer => (), ());
    }

    /// The outcome of a receive, unless it would have had to wait.
    fn outcome<'a>(
        &'a self,
        order: u64,
        result: Result<T, Unreceived>,
    ) -> Option<Box<dyn Outcome + 'a>> {
        let result = match result {
            Ok(message) => Ok(message),
            Err(Unreceived::Closed) => Err(RecvError),
            Err(Unreceived::Empty) => return None,
        };
        Some(Box::new(Receiving {
            receiver: self,
            order,
            result,
        }))
    }
}

impl<T> Case for Sender<T> {
    fn try_start<'a>(&'a self) -> Option<Box<dyn Outcome + 'a>> {
        let grant = on_sender!(self, chan => chan.try_grant())?;
        Some(Box::new(Sending {
            sender: self,
            grant,
        }))
    }

    fn is_ready(&self) -> bool {
        on_sender!(self, chan => chan.is_ready_to_send())
    }

    fn enlist<'a>(
        &'a self,
        choice: &Arc<Choice>,
        index: usize,
        watches: bool,
    ) -> Option<Box<dyn Entry<'a> + 'a>> {
        on_sender!(self, chan => {
            let ticket = chan.enlist_sender(choice, index, watches)?;
            Some(Box::new(SendEntry {
                sender: self,
                chan,
                ticket,
            }))
        })
    }
}

impl<T> Case for Receiver<T> {
    fn try_start<'a>(&'a self) -> Option<Box<dyn Outcome + 'a>> {
        // What needed no waiting was older than what came to those who waited.
        self.outcome(0, self.recv_as(Patience::None))
    }

    fn is_ready(&self) -> bool {
        on_receiver!(
            self,
            chan => chan.is_ready_to_receive(),
            timer => timer.len() > 0,
            false
        )
    }

    fn enlist<'a>(
        &'a self,
        choice: &Arc<Choice>,
        index: usize,
        watches: bool,
    ) -> Option<Box<dyn Entry<'a> + 'a>> {
        on_receiver!(
            self,
            chan => {
                let ticket = chan.enlist_receiver(choice, index, watches)?;
                Some(Box::new(RecvEntry {
                    receiver: self,
                    chan,
                    ticket,
                }))
            },
            _timer => Some(Box::new(TimeEntry)),
            Some(Box::new(TimeEntry))
        )
    }

    fn due(&self) -> Option<Instant> {
        on_receiver!(self, _chan => None, timer => timer.due(), None)
    }
}

impl<'a, T, B: Buffer<T>> Entry<'a> for SendEntry<'a, T, B> {
    fn leave(self: Box<Self>) {
        self.chan.delist_sender(self.ticket);
    }

    fn outcome(self: Box<Self>) -> Option<Box<dyn Outcome + 'a>> {
        Some(Box::new(Sending {
            sender: self.sender,
            grant: Chan::<T, B>::granted(self.ticket),
        }))
    }
}

impl<'a, T, B: Buffer<T>> Entry<'a> for RecvEntry<'a, T, B> {
    fn leave(self: Box<Self>) {
        self.chan.delist_receiver(self.ticket);
    }

    fn outcome(self: Box<Self>) -> Option<Box<dyn Outcome + 'a>> {
        let order = self.ticket.order();
        self.receiver
            .outcome(order, self.chan.received(self.ticket))
    }
}

impl<'a> Entry<'a> for TimeEntry {
    fn leave(self: Box<Self>) {}

    fn outcome(self: Box<Self>) -> Option<Box<dyn Outcome + 'a>> {
        // Nobody chooses this case; it comes due.
        None
    }
}
