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

use core::marker::PhantomData;
use core::mem;

use selvedge_sync::seam::atomic::{AtomicUsize, Ordering};
use selvedge_sync::seam::clock::{Duration, Instant};
use selvedge_sync::seam::{Mutex, MutexGuard};

use crate::flavors::{Buffer, Hitch};
use crate::signal::{Spin, stand_by};
use crate::waiter::{Line, Ticket, WakeUp};

/// A channel with messages in a `B`.
pub(crate) struct Chan<T, B: Buffer<T>> {
    buffer: B,
    state: Mutex<State<T>>,
    senders: AtomicUsize,
    receivers: AtomicUsize,
}

/// What the mutex guards.
struct State<T> {
    senders: Line<T>,
    receivers: Line<T>,
    /// Closed by hand, or by the end of one side.
    closed: bool,
    push_gate_closed: bool,
    pop_gate_closed: bool,
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

/// How long an operation may wait.
#[derive(Clone, Copy)]
pub(crate) enum Patience {
    /// Not at all.
    None,
    /// Up to a deadline.
    Until(Instant),
    /// Until the operation succeeds or the channel closes.
    Endless,
}

impl Patience {
    /// Up to `timeout` from now; a point in time beyond what the clock can tell is never reached.
    pub(crate) fn from_now(timeout: Duration) -> Self {
        Instant::now()
            .checked_add(timeout)
            .map_or(Self::Endless, Self::Until)
    }

    fn may_wait(self) -> bool {
        !matches!(self, Self::None)
    }

    fn deadline(self) -> Option<Instant> {
        match self {
            Self::Until(deadline) => Some(deadline),
            Self::None | Self::Endless => None,
        }
    }
}

/// How an attempt to send under the mutex ended.
enum Offer<T> {
    Sent(WakeUp<T>),
    Unsent(Unsent<T>),
    Waits(Ticket<T>),
    /// The next slot is being emptied: to be tried again.
    Midway(T),
}

/// How an attempt to receive under the mutex ended.
enum Taking<T> {
    Received(T, WakeUp<T>),
    Unreceived(Unreceived),
    Waits(Ticket<T>),
    /// The oldest message is being written: to be tried again.
    Midway,
}

impl<T, B: Buffer<T>> Chan<T, B> {
    /// An empty channel with one sender and one receiver.
    pub(crate) fn new(buffer: B) -> Self {
        Self {
            buffer,
            state: Mutex::new(State {
                senders: Line::new(),
                receivers: Line::new(),
                closed: false,
                push_gate_closed: false,
                pop_gate_closed: false,
            }),
            senders: AtomicUsize::new(1),
            receivers: AtomicUsize::new(1),
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
        let mut spin = Spin::new();
        loop {
            match hitch {
                Hitch::Midway => stand_by(&mut spin),
                Hitch::Unable if !patience.may_wait() => return Err(Unsent::Full(message)),
                Hitch::Unable if spin.pause() => {}
                Hitch::Unable | Hitch::Gated => {
                    match self.send_locked(message, patience.may_wait()) {
                        Offer::Sent(wake_up) => {
                            wake_up.fire();
                            return Ok(());
                        }
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
        let mut spin = Spin::new();
        loop {
            match hitch {
                Hitch::Midway => stand_by(&mut spin),
                Hitch::Unable if !patience.may_wait() => return Err(Unreceived::Empty),
                Hitch::Unable if spin.pause() => {}
                Hitch::Unable | Hitch::Gated => match self.recv_locked(patience.may_wait()) {
                    Taking::Received(message, wake_up) => {
                        wake_up.fire();
                        return Ok(message);
                    }
                    Taking::Unreceived(unreceived) => return Err(unreceived),
                    Taking::Waits(ticket) => {
                        return self.wait_for_message(ticket, &mut spin, patience);
                    }
                    Taking::Midway => {
                        hitch = Hitch::Midway;
                        continue;
                    }
                },
            }
            match self.buffer.pop() {
                Ok(message) => return Ok(message),
                Err(next) => hitch = next,
            }
        }
    }

    /// Sends under the mutex, or joins the waiting senders if `join` and there is no room.
    fn send_locked(&self, message: T, join: bool) -> Offer<T> {
        let mut locked = self.lock();
        if locked.state.closed {
            return Offer::Unsent(Unsent::Closed(message));
        }
        let message = match locked.state.receivers.give(message) {
            Ok(wake_up) => return Offer::Sent(wake_up),
            Err(message) => message,
        };
        let message = if locked.state.senders.is_empty() {
            locked.close_gates();
            match self.buffer.push_gated(message) {
                Ok(()) => return Offer::Sent(WakeUp::NOBODY),
                Err((message, Hitch::Midway)) => return Offer::Midway(message),
                Err((message, Hitch::Unable | Hitch::Gated)) => message,
            }
        } else {
            message
        };
        if join {
            Offer::Waits(locked.state.senders.join(Some(message)))
        } else {
            Offer::Unsent(Unsent::Full(message))
        }
    }

    /// Receives under the mutex, or joins the waiting receivers if `join` and there is no message.
    fn recv_locked(&self, join: bool) -> Taking<T> {
        let mut locked = self.lock();
        locked.close_gates();
        match self.buffer.pop_gated() {
            Ok(message) => {
                let wake_up = match locked.state.senders.take() {
                    None => WakeUp::NOBODY,
                    Some((next, wake_up)) => {
                        let moved_up = self.buffer.push_gated(next);
                        assert!(moved_up.is_ok(), "the pop made room behind closed gates");
                        wake_up
                    }
                };
                return Taking::Received(message, wake_up);
            }
            Err(Hitch::Midway) => return Taking::Midway,
            Err(Hitch::Unable | Hitch::Gated) => {}
        }
        if let Some((message, wake_up)) = locked.state.senders.take() {
            return Taking::Received(message, wake_up);
        }
        if locked.state.closed {
            Taking::Unreceived(Unreceived::Closed)
        } else if join {
            Taking::Waits(locked.state.receivers.join(None))
        } else {
            Taking::Unreceived(Unreceived::Empty)
        }
    }

    fn wait_for_room(
        &self,
        ticket: Ticket<T>,
        spin: &mut Spin,
        patience: Patience,
    ) -> Result<(), Unsent<T>> {
        let ticket = match self.wait(ticket, spin, patience, |state| &mut state.senders) {
            Ok(ticket) => ticket,
            Err(message) => {
                let message = message.expect("a waiting sender holds its message");
                return Err(Unsent::Full(message));
            }
        };
        match ticket.into_message() {
            None => Ok(()),
            Some(message) => Err(Unsent::Closed(message)),
        }
    }

    fn wait_for_message(
        &self,
        ticket: Ticket<T>,
        spin: &mut Spin,
        patience: Patience,
    ) -> Result<T, Unreceived> {
        match self.wait(ticket, spin, patience, |state| &mut state.receivers) {
            Ok(ticket) => ticket.into_message().ok_or(Unreceived::Closed),
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
    ) -> Result<Ticket<T>, Option<T>> {
        if ticket.wait(spin, patience.deadline()) {
            return Ok(ticket);
        }
        let left = line(&mut self.lock().state).leave(ticket);
        match left {
            Ok(message) => Err(message),
            Err(ticket) => {
                // Somebody has taken this waiter off the line and is about to finish it.
                let over = ticket.wait(spin, None);
                debug_assert!(over, "a wait without a deadline ends");
                Ok(ticket)
            }
        }
    }

    /// Closes the channel: from now on sends fail, and receives once the channel is empty. Senders
    /// that wait get their messages back. Returns whether it was open.
    pub(crate) fn close(&self) -> bool {
        let mut locked = self.lock();
        if mem::replace(&mut locked.state.closed, true) {
            return false;
        }
        locked.close_gates();
        let senders = locked.state.senders.dismiss();
        let receivers = locked.state.receivers.dismiss();
        drop(locked);
        for wake_up in senders.into_iter().chain(receivers) {
            wake_up.fire();
        }
        true
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.state.lock().closed
    }

    pub(crate) fn len(&self) -> usize {
        self.buffer.len()
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
        // Release: what this sender pushed is in the buffer for whoever finds it closed. Acquire:
        // the last one closes after all others' pushes.
        if self.senders.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.close();
        }
    }

    /// Closes the channel if this was the last receiver, and drops the messages that nobody will
    /// receive.
    pub(crate) fn remove_receiver(&self) {
        // As for senders; in addition all other receivers' pops are over.
        if self.receivers.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.close();
            while let Ok(message) = self.recv(Patience::None) {
                drop(message);
            }
        }
    }

    fn lock(&self) -> Locked<'_, T, B> {
        Locked {
            state: self.state.lock(),
            buffer: &self.buffer,
            messages: PhantomData,
        }
    }
}

/// The mutex is held; on release, gates open that nobody needs closed.
struct Locked<'a, T, B: Buffer<T>> {
    state: MutexGuard<'a, State<T>>,
    buffer: &'a B,
    messages: PhantomData<T>,
}

impl<T, B: Buffer<T>> Locked<'_, T, B> {
    /// Turns every fast path away until the mutex is released.
    fn close_gates(&mut self) {
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
        if state.pop_gate_closed && !senders_wait {
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
