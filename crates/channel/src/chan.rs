//! What all kinds of channel share: a buffer, a mutex, and two lines of waiters.
//!
//! An operation first tries the buffer, without a lock. Whoever cannot go on closes the buffer's
//! gates under the mutex, and then either finishes there or joins a line. While somebody waits,
//! the gates stay closed, so that nobody overtakes: a sender gives its message to the receiver
//! that has waited longest, and a receiver that takes a message moves up the message of the sender
//! that has waited longest. The invariants, with the mutex free:
//!
//! 1. Receivers wait: the buffer is empty and the gate for pushes is closed.
//! 2. Senders wait: the buffer is full and both gates are closed.
//! 3. The channel is closed: the gate for pushes is closed, and nobody waits.
//! 4. Messages were returned: no receiver waits, and the gate for pops is closed.

use core::marker::PhantomData;
use core::mem;
use std::collections::VecDeque;

use selvedge_sync::seam::atomic::{AtomicUsize, Ordering};
use selvedge_sync::seam::{Arc, Mutex, MutexGuard};

use crate::flavors::{Buffer, Hitch, Place};
use crate::patience::Patience;
use crate::spin::{Spin, StandBy};
use crate::waiter::{Called, Cell, Choice, Line, Ticket, WakeUp};

/// A channel with messages in a `B`.
pub(crate) struct Chan<T, B: Buffer<T>> {
    pub(crate) buffer: B,
    state: Mutex<State<T>>,
    senders: AtomicUsize,
    receivers: AtomicUsize,
    /// How many messages were returned: a copy of what the mutex guards, for counting alone.
    returned: AtomicUsize,
}

/// What the mutex guards.
pub(crate) struct State<T> {
    pub(crate) senders: Line<T>,
    pub(crate) receivers: Line<T>,
    /// Messages that came to receivers which then gave up, with their places in the line: older
    /// than what is in the buffer.
    returned: VecDeque<(u64, T)>,
    /// Closed by hand, or by the end of one side.
    closed: bool,
    push_gate_closed: bool,
    pop_gate_closed: bool,
}

/// What a receiver gets from a sender that it called.
fn meet<T>(mut sender: Called<T>, buffer: &impl Buffer<T>, wake_up: &mut WakeUp<T>) -> Taking<T> {
    let taking = if let Cell::Message(message) = sender.take() {
        buffer.passed_by();
        Taking::Received(message)
    } else {
        // A selecting sender, which knows its message only once it is chosen.
        let (ticket, receiver) = Ticket::meeting();
        sender.put(Cell::Meeting(receiver));
        Taking::Meets(ticket)
    };
    wake_up.add(sender);
    taking
}

/// Why a send failed; the message comes back.
pub(crate) enum Unsent<T> {
    /// There is no room, now or up to the deadline.
    Full(T),
    Closed(T),
}

/// Why a receive failed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unreceived {
    /// There is no message, now or up to the deadline.
    Empty,
    Closed,
}

/// How an attempt to send under the mutex ended.
pub(crate) enum Offer<T> {
    Sent,
    Unsent(Unsent<T>),
    Waits(Ticket<T>),
    /// The next slot is being emptied: to be tried again.
    Midway(T),
}

/// How an attempt to receive under the mutex ended.
pub(crate) enum Taking<T> {
    Received(T),
    Unreceived(Unreceived),
    Waits(Ticket<T>),
    /// A selecting sender was called, and will bring its message at once.
    Meets(Ticket<T>),
    /// The oldest message is being written: to be tried again.
    Midway,
}

/// A decided way to send one message.
pub(crate) enum Grant<T> {
    /// Into this place of the buffer.
    Place(Place),
    /// To this receiver.
    Receiver(Called<T>),
    /// Not at all: the channel is closed.
    Closed,
}

impl<T, B: Buffer<T>> Chan<T, B> {
    /// An empty channel with one sender and one receiver.
    pub(crate) fn new(buffer: B) -> Self {
        Self {
            buffer,
            state: Mutex::new(State {
                senders: Line::new(),
                receivers: Line::new(),
                returned: VecDeque::new(),
                closed: false,
                push_gate_closed: false,
                pop_gate_closed: false,
            }),
            senders: AtomicUsize::new(1),
            receivers: AtomicUsize::new(1),
            returned: AtomicUsize::new(0),
        }
    }

    #[inline]
    pub(crate) fn send(&self, message: T, patience: Patience) -> Result<(), Unsent<T>> {
        match self.buffer.push(message) {
            Ok(()) => Ok(()),
            Err((back, Hitch::Unable)) if !patience.may_wait() => Err(Unsent::Full(back)),
            Err((back, hitch)) => self.send_hitched(back, hitch, patience),
        }
    }

    #[inline]
    pub(crate) fn recv(&self, patience: Patience) -> Result<T, Unreceived> {
        match self.buffer.pop() {
            Ok(message) => Ok(message),
            Err(Hitch::Unable) if !patience.may_wait() => Err(Unreceived::Empty),
            Err(hitch) => self.recv_hitched(hitch, patience),
        }
    }

    /// Goes on looking for room a while, then does under the mutex what is left to do.
    #[cold]
    fn send_hitched(
        &self,
        mut message: T,
        mut hitch: Hitch,
        patience: Patience,
    ) -> Result<(), Unsent<T>> {
        let (mut spin, mut stand_by) = (Spin::new(), StandBy::new());
        loop {
            match hitch {
                Hitch::Midway => stand_by.wait(),
                Hitch::Unable if !patience.may_wait() => return Err(Unsent::Full(message)),
                Hitch::Unable if spin.pause() => {}
                Hitch::Unable | Hitch::Gated => {
                    let (offer, wake_up) = self.send_locked(message, patience.may_wait());
                    wake_up.fire();
                    match offer {
                        Offer::Sent => return Ok(()),
                        Offer::Unsent(unsent) => return Err(unsent),
                        Offer::Waits(ticket) => {
                            return self.wait_for_room(ticket, &mut spin, patience);
                        }
                        Offer::Midway(back) => {
                            message = back;
                            hitch = Hitch::Midway;
                            continue;
                        }
                    }
                }
            }
            match self.buffer.push(message) {
                Ok(()) => return Ok(()),
                Err((back, next)) => (message, hitch) = (back, next),
            }
        }
    }

    /// Goes on looking for a message a while, then does under the mutex what is left to do.
    #[cold]
    fn recv_hitched(&self, mut hitch: Hitch, patience: Patience) -> Result<T, Unreceived> {
        let (mut spin, mut stand_by) = (Spin::new(), StandBy::new());
        loop {
            match hitch {
                Hitch::Midway => stand_by.wait(),
                Hitch::Unable if !patience.may_wait() => return Err(Unreceived::Empty),
                Hitch::Unable if spin.pause() => {}
                Hitch::Unable | Hitch::Gated => {
                    let (taking, wake_up) = self.recv_locked(patience.may_wait());
                    wake_up.fire();
                    let received = match taking {
                        Taking::Received(message) => return Ok(message),
                        Taking::Unreceived(unreceived) => return Err(unreceived),
                        Taking::Waits(ticket) => {
                            self.wait_for_message(ticket, &mut spin, patience)?
                        }
                        Taking::Meets(ticket) => {
                            self.wait_for_message(ticket, &mut spin, Patience::Endless)?
                        }
                        Taking::Midway => {
                            hitch = Hitch::Midway;
                            continue;
                        }
                    };
                    if let Some(message) = received {
                        return Ok(message);
                    }
                    // Woken with nothing: the channel was closed, or whoever called this receiver
                    // gave up. Under the mutex it shows which.
                    continue;
                }
            }
            match self.buffer.pop() {
                Ok(message) => return Ok(message),
                Err(next) => hitch = next,
            }
        }
    }

    /// Decides under the mutex how one message may be sent: [`Hitch::Unable`] if only by waiting.
    pub(crate) fn grant(
        &self,
        locked: &mut Locked<'_, T, B>,
        wake_up: &mut WakeUp<T>,
    ) -> Result<Grant<T>, Hitch> {
        if locked.state.closed {
            return Ok(Grant::Closed);
        }
        if let Some(receiver) = locked.state.receivers.call(wake_up) {
            return Ok(Grant::Receiver(receiver));
        }
        if !locked.state.senders.is_empty() {
            return Err(Hitch::Unable);
        }
        locked.close_gates();
        self.buffer.reserve_gated().map(Grant::Place)
    }

    /// Sends a message as it was granted, or gives it back if the channel is closed. The receiver
    /// that gets it is added to those to wake.
    pub(crate) fn honour(
        &self,
        grant: Grant<T>,
        message: T,
        wake_up: &mut WakeUp<T>,
    ) -> Result<(), T> {
        match grant {
            Grant::Closed => return Err(message),
            // SAFETY: the place was claimed in this channel's buffer.
            Grant::Place(place) => unsafe { self.buffer.fill(place, message) },
            Grant::Receiver(mut receiver) => {
                self.buffer.passed_by();
                receiver.put(Cell::Message(message));
                wake_up.add(receiver);
            }
        }
        Ok(())
    }

    /// Sends under the mutex, or joins the waiting senders if `join` and there is no room.
    pub(crate) fn send_locked(&self, message: T, join: bool) -> (Offer<T>, WakeUp<T>) {
        let mut wake_up = WakeUp::nobody();
        let mut locked = self.lock();
        let offer = match self.grant(&mut locked, &mut wake_up) {
            Ok(grant) => match self.honour(grant, message, &mut wake_up) {
                Ok(()) => Offer::Sent,
                Err(message) => Offer::Unsent(Unsent::Closed(message)),
            },
            Err(Hitch::Midway) => Offer::Midway(message),
            Err(_) if join => Offer::Waits(locked.state.senders.join(Cell::Message(message))),
            Err(_) => Offer::Unsent(Unsent::Full(message)),
        };
        (offer, wake_up)
    }

    /// Receives under the mutex, or joins the waiting receivers if `join` and there is no message.
    pub(crate) fn recv_locked(&self, join: bool) -> (Taking<T>, WakeUp<T>) {
        let mut wake_up = WakeUp::nobody();
        let mut locked = self.lock();
        if let Some((_, message)) = locked.state.returned.pop_front() {
            self.count_returned(&locked.state);
            return (Taking::Received(message), wake_up);
        }
        locked.close_gates();
        self.trim(&mut locked, &mut wake_up);
        let taking = match self.buffer.pop_gated() {
            Ok(message) => {
                self.trim(&mut locked, &mut wake_up);
                Taking::Received(message)
            }
            Err(Hitch::Midway) => Taking::Midway,
            Err(_) => {
                if let Some(sender) = locked.state.senders.call(&mut wake_up) {
                    meet(sender, &self.buffer, &mut wake_up)
                } else if locked.state.closed {
                    Taking::Unreceived(Unreceived::Closed)
                } else if join {
                    Taking::Waits(locked.state.receivers.join(Cell::Empty))
                } else {
                    Taking::Unreceived(Unreceived::Empty)
                }
            }
        };
        (taking, wake_up)
    }

    /// Behind closed gates, frees the places at the head that were given up, and gives those that
    /// are free to the first waiting senders.
    fn trim(&self, locked: &mut Locked<'_, T, B>, wake_up: &mut WakeUp<T>) {
        self.buffer.trim_gated();
        while self.has_room()
            && let Some(mut sender) = locked.state.senders.call(wake_up)
        {
            let place = self
                .buffer
                .reserve_gated()
                .expect("room was made behind closed gates, while senders waited");
            if let Cell::Message(message) = sender.take() {
                wake_up.add(sender);
                // SAFETY: claimed just now in this buffer.
                unsafe { self.buffer.fill(place, message) };
            } else {
                // A selecting sender, which knows its message only once it is chosen.
                sender.put(Cell::Place(place));
                wake_up.add(sender);
            }
        }
    }

    /// Whether there is room in the buffer; the gates are closed.
    fn has_room(&self) -> bool {
        let capacity = self.buffer.capacity();
        capacity.is_none_or(|capacity| self.buffer.len() < capacity)
    }

    /// Lets go of a grant without sending: others go on as if it had never been. A receiver that
    /// was called looks again.
    pub(crate) fn renounce(&self, grant: Grant<T>) {
        let mut wake_up = WakeUp::nobody();
        match grant {
            Grant::Closed => {}
            Grant::Place(place) => {
                let mut locked = self.lock();
                locked.close_gates();
                // SAFETY: the place was claimed in this channel's buffer.
                unsafe { self.buffer.give_up(place) };
                self.trim(&mut locked, &mut wake_up);
            }
            Grant::Receiver(receiver) => wake_up.add(receiver),
        }
        wake_up.fire();
    }

    fn wait_for_room(
        &self,
        ticket: Ticket<T>,
        spin: &mut Spin,
        patience: Patience,
    ) -> Result<(), Unsent<T>> {
        match self.wait(ticket, spin, patience, |state| &mut state.senders) {
            Ok(Cell::Message(message)) => Err(Unsent::Closed(message)),
            Ok(_) => Ok(()),
            Err(Cell::Message(message)) => Err(Unsent::Full(message)),
            Err(_) => unreachable!("a sender in line holds its message"),
        }
    }

    /// The message that ended the wait, or `None` if it ended without one.
    fn wait_for_message(
        &self,
        ticket: Ticket<T>,
        spin: &mut Spin,
        patience: Patience,
    ) -> Result<Option<T>, Unreceived> {
        match self.wait(ticket, spin, patience, |state| &mut state.receivers) {
            Ok(Cell::Message(message)) => Ok(Some(message)),
            Ok(_) => Ok(None),
            Err(_) => Err(Unreceived::Empty),
        }
    }

    /// Waits for the ticket's end, or leaves the line at the deadline with what the cell holds.
    fn wait(
        &self,
        ticket: Ticket<T>,
        spin: &mut Spin,
        patience: Patience,
        line: impl Fn(&mut State<T>) -> &mut Line<T>,
    ) -> Result<Cell<T>, Cell<T>> {
        if ticket.wait(spin, patience.deadline()) {
            return Ok(ticket.into_cell());
        }
        let left = line(&mut self.lock().state).leave(ticket);
        left.map_or_else(
            |ticket| {
                // Somebody has called this waiter and is about to wake it.
                let over = ticket.wait(spin, None);
                debug_assert!(over, "a wait without a deadline ends");
                Ok(ticket.into_cell())
            },
            Err,
        )
    }

    /// Takes back a message that came to a receiver which gave up: the next receiver gets it,
    /// before all that came after it.
    pub(crate) fn give_back(&self, order: u64, message: T) {
        let mut wake_up = WakeUp::nobody();
        let mut locked = self.lock();
        if let Some(mut receiver) = locked.state.receivers.call(&mut wake_up) {
            receiver.put(Cell::Message(message));
            wake_up.add(receiver);
        } else {
            locked.close_gates();
            let returned = &mut locked.state.returned;
            // mutant: equivalent, bound: no two have the same place in the line.
            let at = returned.partition_point(|(other, _)| *other < order);
            returned.insert(at, (order, message));
            self.count_returned(&locked.state);
        }
        drop(locked);
        wake_up.fire();
    }

    fn count_returned(&self, state: &State<T>) {
        // Relaxed: a figure for `len`.
        self.returned.store(state.returned.len(), Ordering::Relaxed);
    }

    /// Closes the channel: from now on sends fail, and receives once the channel is empty. Senders
    /// that wait get their messages back. Returns whether it was open.
    pub(crate) fn close(&self) -> bool {
        let mut locked = self.lock();
        if mem::replace(&mut locked.state.closed, true) {
            return false;
        }
        locked.close_gates();
        let mut wake_up = WakeUp::nobody();
        locked.state.senders.dismiss(&mut wake_up);
        locked.state.receivers.dismiss(&mut wake_up);
        drop(locked);
        wake_up.fire();
        true
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.state.lock().closed
    }

    pub(crate) fn len(&self) -> usize {
        self.buffer.len() + self.returned.load(Ordering::Relaxed)
    }

    pub(crate) fn capacity(&self) -> Option<usize> {
        self.buffer.capacity()
    }

    pub(crate) fn add_sender(&self) {
        // Relaxed: a handle is cloned from a live one, and what is sent through it is ordered by
        // the channel.
        self.senders.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn add_receiver(&self) {
        // Relaxed: as for senders.
        self.receivers.fetch_add(1, Ordering::Relaxed);
    }

    /// Closes the channel if this was the last sender.
    pub(crate) fn remove_sender(&self) {
        // Relaxed: the closing of the gates, a read-modify-write of the position, comes after
        // every other sender's claim, and whoever finds the channel closed has the mutex after
        // that. So no message is missed, and one not yet written is waited for.
        if self.senders.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.close();
        }
    }

    /// Closes the channel if this was the last receiver, and drops the messages that nobody will
    /// receive.
    pub(crate) fn remove_receiver(&self) {
        // Relaxed: as for senders; what other receivers have claimed is theirs to read, and the
        // memory is freed with the last handle, by another count.
        if self.receivers.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.close();
            while let Ok(message) = self.recv(Patience::None) {
                drop(message);
            }
        }
    }

    /// Whether a send could be done now, or would fail, but for the cases of `own`; the gates are
    /// closed.
    pub(crate) fn may_send(&self, state: &State<T>, own: Option<&Arc<Choice>>) -> bool {
        state.closed
            || state.receivers.has_partner(own)
            || (state.senders.is_empty() && self.has_room())
    }

    /// Whether a receive could be done now, or would fail, but for the cases of `own`; the gates
    /// are closed.
    pub(crate) fn may_receive(&self, state: &State<T>, own: Option<&Arc<Choice>>) -> bool {
        state.closed
            || !state.returned.is_empty()
            || self.buffer.len() > 0
            || state.senders.has_partner(own)
    }

    pub(crate) fn lock(&self) -> Locked<'_, T, B> {
        Locked {
            state: self.state.lock(),
            buffer: &self.buffer,
            messages: PhantomData,
        }
    }
}

/// The mutex is held; on release, gates open that nobody needs closed.
pub(crate) struct Locked<'a, T, B: Buffer<T>> {
    pub(crate) state: MutexGuard<'a, State<T>>,
    buffer: &'a B,
    messages: PhantomData<T>,
}

impl<T, B: Buffer<T>> Locked<'_, T, B> {
    /// Turns every fast path away until the mutex is released.
    pub(crate) fn close_gates(&mut self) {
        if !mem::replace(&mut self.state.push_gate_closed, true) {
            self.buffer.close_push();
        }
        if !mem::replace(&mut self.state.pop_gate_closed, true) {
            self.buffer.close_pop();
        }
    }
}

impl<T, B: Buffer<T>> Drop for Locked<'_, T, B> {
    fn drop(&mut self) {
        let state = &mut *self.state;
        let senders_wait = !state.senders.is_empty();
        if state.pop_gate_closed && !senders_wait && state.returned.is_empty() {
            state.pop_gate_closed = false;
            self.buffer.open_pop();
        }
        let keep = state.closed || senders_wait || !state.receivers.is_empty();
        if state.push_gate_closed && !keep {
            state.push_gate_closed = false;
            self.buffer.open_push();
        }
    }
}

#[cfg(all(test, not(selvedge_loom)))]
mod tests {
    use super::*;
    use crate::flavors::bounded::Ring;

    #[test]
    fn gates_open_again_when_nobody_needs_them_closed() {
        let chan = Chan::new(Ring::new(2));
        let mut locked = chan.lock();
        locked.close_gates();
        assert!(matches!(chan.buffer.push(1), Err((1, Hitch::Gated))));
        drop(locked);
        assert!(chan.buffer.push(1).is_ok());
        assert_eq!(chan.buffer.pop().ok(), Some(1));
    }
}
