//! What a channel does for an operation that is a case of a choice.

use selvedge_sync::seam::Arc;

use crate::chan::{Chan, Grant, Unreceived};
use crate::flavors::{Buffer, Hitch};
use crate::patience::Patience;
use crate::spin::StandBy;
use crate::waiter::{Cell, Choice, Ticket, WakeUp};

impl<T, B: Buffer<T>> Chan<T, B> {
    /// A way to send one message without waiting, if there is one.
    pub(crate) fn try_grant(&self) -> Option<Grant<T>> {
        let mut stand_by = StandBy::new();
        let mut granted = self.buffer.reserve().map(Grant::Place);
        loop {
            match granted {
                Ok(grant) => return Some(grant),
                Err(Hitch::Unable) => return None,
                Err(Hitch::Midway) => {
                    stand_by.wait();
                    granted = self.buffer.reserve().map(Grant::Place);
                }
                Err(Hitch::Gated) => {
                    let mut wake_up = WakeUp::nobody();
                    granted = self.grant(&mut self.lock(), &mut wake_up);
                    wake_up.fire();
                }
            }
        }
    }

    /// Sends a message as it was granted, or gives it back if the channel is closed.
    pub(crate) fn complete(&self, grant: Grant<T>, message: T) -> Result<(), T> {
        let mut wake_up = WakeUp::nobody();
        let sent = self.honour(grant, message, &mut wake_up);
        wake_up.fire();
        sent
    }

    /// Joins the waiting senders as a case of `choice`, unless a send could be done now.
    pub(crate) fn enlist_sender(
        &self,
        choice: &Arc<Choice>,
        index: usize,
        watches: bool,
    ) -> Option<Ticket<T>> {
        let mut locked = self.lock();
        locked.close_gates();
        if self.may_send(&locked.state, Some(choice)) {
            return None;
        }
        Some(locked.state.senders.join_choice(choice, index, watches))
    }

    /// Joins the waiting receivers as a case of `choice`, unless a receive could be done now.
    pub(crate) fn enlist_receiver(
        &self,
        choice: &Arc<Choice>,
        index: usize,
        watches: bool,
    ) -> Option<Ticket<T>> {
        let mut locked = self.lock();
        locked.close_gates();
        if self.may_receive(&locked.state, Some(choice)) {
            return None;
        }
        Some(locked.state.receivers.join_choice(choice, index, watches))
    }

    /// Whether a send could be done now, or would fail.
    pub(crate) fn is_ready_to_send(&self) -> bool {
        let mut locked = self.lock();
        locked.close_gates();
        self.may_send(&locked.state, None)
    }

    /// Whether a receive could be done now, or would fail.
    pub(crate) fn is_ready_to_receive(&self) -> bool {
        let mut locked = self.lock();
        locked.close_gates();
        self.may_receive(&locked.state, None)
    }

    /// Leaves the waiting senders, if still there.
    pub(crate) fn delist_sender(&self, ticket: Ticket<T>) {
        // A case that lost, and brought nothing: what its cell holds is empty.
        let _ = self.lock().state.senders.leave(ticket);
    }

    /// Leaves the waiting receivers, if still there.
    pub(crate) fn delist_receiver(&self, ticket: Ticket<T>) {
        let _ = self.lock().state.receivers.leave(ticket);
    }

    /// The outcome of a sender's case that was chosen.
    pub(crate) fn granted(ticket: Ticket<T>) -> Grant<T> {
        match ticket.into_cell() {
            Cell::Place(place) => Grant::Place(place),
            Cell::Meeting(receiver) => Grant::Receiver(receiver),
            Cell::Empty | Cell::Message(_) => Grant::Closed,
        }
    }

    /// The outcome of a receiver's case that was chosen: `Empty` if whoever chose it gave up.
    pub(crate) fn received(&self, ticket: Ticket<T>) -> Result<T, Unreceived> {
        match ticket.into_cell() {
            Cell::Message(message) => Ok(message),
            _ => self.recv(Patience::None),
        }
    }
}
