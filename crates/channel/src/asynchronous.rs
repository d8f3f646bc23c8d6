//! Sending and receiving from async code, on the same channels and in the same lines.

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

use crate::chan::{Chan, Offer, Taking, Unsent};
use crate::channel::{on_receiver, on_sender};
use crate::error::{RecvError, SendError};
use crate::flavors::{Buffer, Hitch};
use crate::spin::{Spin, StandBy};
use crate::waiter::{Cell, Ticket};
use crate::{Receiver, Sender};

/// A send that waits while the channel is full; see [`Sender::send_async`].
#[must_use = "a future does nothing until it is polled"]
pub struct SendFuture<'a, T> {
    sender: &'a Sender<T>,
    progress: Progress<T>,
}

/// How far a send has come.
enum Progress<T> {
    Begins(T),
    Waits(Ticket<T>),
    Done,
}

/// A receive that waits while the channel is empty; see [`Receiver::recv_async`].
#[must_use = "a future does nothing until it is polled"]
pub struct RecvFuture<'a, T> {
    receiver: &'a Receiver<T>,
    ticket: Option<Ticket<T>>,
}

impl<T> Sender<T> {
    /// Sends a message from async code, waiting while the channel is full.
    ///
    /// The future may be dropped at any point: a message that is not sent by then is dropped with
    /// it, and its place in the line is given up.
    pub fn send_async(&self, message: T) -> SendFuture<'_, T> {
        SendFuture {
            sender: self,
            progress: Progress::Begins(message),
        }
    }
}

impl<T> Receiver<T> {
    /// Receives the oldest message from async code, waiting while the channel is empty.
    ///
    /// The future may be dropped at any point, and no message is lost: one that came to it by
    /// then goes to the next receiver, in its order.
    ///
    /// # Panics
    /// When polled, if the receiver was made by [`after`](crate::after), [`at`](crate::at) or
    /// [`tick`](crate::tick): nobody would wake the task.
    pub fn recv_async(&self) -> RecvFuture<'_, T> {
        RecvFuture {
            receiver: self,
            ticket: None,
        }
    }
}

impl<T, B: Buffer<T>> Chan<T, B> {
    fn poll_send(
        &self,
        progress: &mut Progress<T>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), SendError<T>>> {
        match core::mem::replace(progress, Progress::Done) {
            Progress::Begins(message) => match self.begin_send(message) {
                Offer::Sent => Poll::Ready(Ok(())),
                Offer::Unsent(Unsent::Full(message) | Unsent::Closed(message)) => {
                    Poll::Ready(Err(SendError(message)))
                }
                Offer::Midway(_) => unreachable!("tried until it was not"),
                Offer::Waits(ticket) => poll_ticket(progress, ticket, cx),
            },
            Progress::Waits(ticket) => poll_ticket(progress, ticket, cx),
            Progress::Done => panic!("a send was polled after it had ended"),
        }
    }

    fn poll_recv(
        &self,
        waiting: &mut Option<Ticket<T>>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<T, RecvError>> {
        loop {
            let ticket = match waiting.take() {
                Some(ticket) => ticket,
                None => match self.begin_recv() {
                    Taking::Received(message) => return Poll::Ready(Ok(message)),
                    Taking::Unreceived(_) => return Poll::Ready(Err(RecvError)),
                    Taking::Midway => unreachable!("tried until it was not"),
                    Taking::Waits(ticket) | Taking::Meets(ticket) => ticket,
                },
            };
            if !ticket.poll(cx.waker()) {
                *waiting = Some(ticket);
                return Poll::Pending;
            }
            if let Cell::Message(message) = ticket.into_cell() {
                return Poll::Ready(Ok(message));
            }
            // Woken with nothing: the channel was closed, or whoever called this receiver gave
            // up. Another look shows which.
        }
    }

    /// Sends, or joins the line; waits only for a thread that is midway.
    fn begin_send(&self, mut message: T) -> Offer<T> {
        let mut stand_by = StandBy::new();
        loop {
            let offer = match self.buffer.push(message) {
                Ok(()) => Offer::Sent,
                Err((message, Hitch::Midway)) => Offer::Midway(message),
                Err((message, Hitch::Unable | Hitch::Gated)) => {
                    let (offer, wake_up) = self.send_locked(message, true);
                    wake_up.fire();
                    offer
                }
            };
            let Offer::Midway(back) = offer else {
                return offer;
            };
            message = back;
            stand_by.wait();
        }
    }

    /// Receives, or joins the line; waits only for a thread that is midway.
    fn begin_recv(&self) -> Taking<T> {
        let mut stand_by = StandBy::new();
        loop {
            let taking = match self.buffer.pop() {
                Ok(message) => Taking::Received(message),
                Err(Hitch::Midway) => Taking::Midway,
                Err(Hitch::Unable | Hitch::Gated) => {
                    let (taking, wake_up) = self.recv_locked(true);
                    wake_up.fire();
                    taking
                }
            };
            if !matches!(taking, Taking::Midway) {
                return taking;
            }
            stand_by.wait();
        }
    }

    /// Gives up a receive that waits; a message that came to it goes back.
    fn abandon_recv(&self, ticket: Ticket<T>) {
        let order = ticket.order();
        let left = self.lock().state.receivers.leave(ticket);
        let Err(ticket) = left else {
            return;
        };
        // Somebody has called this receiver, and is about to wake it with a message.
        let over = ticket.wait(&mut Spin::new(), None);
        debug_assert!(over, "a wait without a deadline ends");
        if let Cell::Message(message) = ticket.into_cell() {
            self.give_back(order, message);
        }
    }

    /// Gives up a send that waits, unless its message was taken.
    fn abandon_send(&self, ticket: Ticket<T>) {
        // What is still in the cell is dropped here, outside the mutex.
        let left = self.lock().state.senders.leave(ticket);
        drop(left);
    }
}

fn poll_ticket<T>(
    progress: &mut Progress<T>,
    ticket: Ticket<T>,
    cx: &Context<'_>,
) -> Poll<Result<(), SendError<T>>> {
    if !ticket.poll(cx.waker()) {
        *progress = Progress::Waits(ticket);
        return Poll::Pending;
    }
    Poll::Ready(match ticket.into_cell() {
        Cell::Message(message) => Err(SendError(message)),
        _ => Ok(()),
    })
}

impl<T> Future for SendFuture<'_, T> {
    type Output = Result<(), SendError<T>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { sender, progress } = self.get_mut();
        on_sender!(sender, chan => chan.poll_send(progress, cx))
    }
}

impl<T> Future for RecvFuture<'_, T> {
    type Output = Result<T, RecvError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { receiver, ticket } = self.get_mut();
        on_receiver!(
            receiver,
            chan => chan.poll_recv(ticket, cx),
            _timer => panic!("a timer cannot be received from in async code"),
            Poll::Pending
        )
    }
}

// The message is moved, never pinned.
impl<T> Unpin for SendFuture<'_, T> {}
impl<T> Unpin for RecvFuture<'_, T> {}

impl<T> Drop for SendFuture<'_, T> {
    fn drop(&mut self) {
        if let Progress::Waits(ticket) = core::mem::replace(&mut self.progress, Progress::Done) {
            on_sender!(self.sender, chan => chan.abandon_send(ticket));
        }
    }
}

impl<T> Drop for RecvFuture<'_, T> {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket.take() {
            on_receiver!(self.receiver, chan => chan.abandon_recv(ticket), _timer => (), ());
        }
    }
}

impl<T> fmt::Debug for SendFuture<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("SendFuture { .. }")
    }
}

impl<T> fmt::Debug for RecvFuture<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("RecvFuture { .. }")
    }
}
