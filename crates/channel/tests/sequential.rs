//! Each kind of channel against a plain queue: one thread, any operations, the same answers.
#![cfg(not(selvedge_loom))]
#![allow(missing_docs)]

use std::collections::VecDeque;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use proptest::prelude::*;
use selvedge_channel::{
    Receiver, RecvError, RecvTimeoutError, Select, SelectedOperation, SendError, SendTimeoutError,
    Sender, TryRecvError, TrySendError, bounded, unbounded,
};

#[derive(Debug, Clone, Copy)]
enum Op {
    TrySend,
    SendTimeout,
    SendAsync,
    SelectSend,
    GiveUpSend,
    TryRecv,
    RecvTimeout,
    RecvAsync,
    SelectRecv,
    GiveUpRecv,
    Ready,
    TryIter,
    CloneSender,
    DropSender,
    CloneReceiver,
    DropReceiver,
    Close,
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let op = prop_oneof![
        6 => Just(Op::TrySend),
        4 => Just(Op::SendTimeout),
        4 => Just(Op::SendAsync),
        4 => Just(Op::SelectSend),
        2 => Just(Op::GiveUpSend),
        4 => Just(Op::TryRecv),
        2 => Just(Op::RecvTimeout),
        2 => Just(Op::RecvAsync),
        2 => Just(Op::SelectRecv),
        2 => Just(Op::GiveUpRecv),
        2 => Just(Op::Ready),
        1 => Just(Op::TryIter),
        1 => Just(Op::CloneSender),
        1 => Just(Op::DropSender),
        1 => Just(Op::CloneReceiver),
        1 => Just(Op::DropReceiver),
        1 => Just(Op::Close),
    ];
    prop::collection::vec(op, 1..80)
}

/// What a channel should be: a queue, its bound, and whether it is closed.
struct Reference {
    queue: VecDeque<u32>,
    /// How many of them came back from a receiver: their places may have been taken meanwhile.
    returned: usize,
    capacity: Option<usize>,
    closed: bool,
}

/// Why a message is not taken.
#[derive(Debug, PartialEq)]
enum Refusal {
    Full,
    Closed,
}

impl Reference {
    fn refusal(&self) -> Option<Refusal> {
        let in_the_buffer = self.queue.len() - self.returned;
        let is_full = || self.capacity.is_some_and(|most| in_the_buffer >= most);
        if self.closed {
            Some(Refusal::Closed)
        } else {
            is_full().then_some(Refusal::Full)
        }
    }

    fn send(&mut self, message: u32) -> Result<(), Refusal> {
        if let Some(refusal) = self.refusal() {
            return Err(refusal);
        }
        self.queue.push_back(message);
        Ok(())
    }

    fn recv(&mut self) -> Result<u32, Refusal> {
        let refusal = if self.closed {
            Refusal::Closed
        } else {
            Refusal::Full
        };
        self.returned = self.returned.saturating_sub(1);
        self.queue.pop_front().ok_or(refusal)
    }
}

struct Ends {
    senders: Vec<Sender<u32>>,
    receivers: Vec<Receiver<u32>>,
    next: u32,
}

fn poll_once<F: Future>(future: F) -> Option<F::Output> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

/// Unwinds past an operation that was not completed.
fn give_up(operation: SelectedOperation<'_>) {
    let unwound: Result<(), _> = catch_unwind(AssertUnwindSafe(|| {
        let _operation = operation;
        resume_unwind(Box::new(()))
    }));
    assert!(unwound.is_err());
}

/// Sends one message in the way of `op`; the message comes back in the error.
fn send(sender: &Sender<u32>, op: Op, message: u32) -> Result<(), (Refusal, u32)> {
    match op {
        Op::TrySend => sender.try_send(message).map_err(|error| match error {
            TrySendError::Full(back) => (Refusal::Full, back),
            TrySendError::Disconnected(back) => (Refusal::Closed, back),
        }),
        Op::SendTimeout => {
            sender
                .send_timeout(message, Duration::ZERO)
                .map_err(|error| match error {
                    SendTimeoutError::Timeout(back) => (Refusal::Full, back),
                    SendTimeoutError::Disconnected(back) => (Refusal::Closed, back),
                })
        }
        Op::SendAsync => match poll_once(sender.send_async(message)) {
            None => Err((Refusal::Full, message)),
            Some(sent) => sent.map_err(|SendError(back)| (Refusal::Closed, back)),
        },
        _ => {
            let mut select = Select::new();
            select.send(sender);
            match select.try_select() {
                Err(_) => Err((Refusal::Full, message)),
                Ok(operation) => operation
                    .send(sender, message)
                    .map_err(|SendError(back)| (Refusal::Closed, back)),
            }
        }
    }
}

/// Receives one message in the way of `op`.
fn recv(receiver: &Receiver<u32>, op: Op) -> Result<u32, Refusal> {
    match op {
        Op::TryRecv => receiver.try_recv().map_err(|error| match error {
            TryRecvError::Empty => Refusal::Full,
            TryRecvError::Disconnected => Refusal::Closed,
        }),
        Op::RecvTimeout => receiver
            .recv_timeout(Duration::ZERO)
            .map_err(|error| match error {
                RecvTimeoutError::Timeout => Refusal::Full,
                RecvTimeoutError::Disconnected => Refusal::Closed,
            }),
        Op::RecvAsync => match poll_once(receiver.recv_async()) {
            None => Err(Refusal::Full),
            Some(received) => received.map_err(|RecvError| Refusal::Closed),
        },
        _ => {
            let (_idle, nothing) = bounded::<()>(1);
            let mut select = Select::new();
            select.recv(&nothing);
            let index = select.recv(receiver);
            match select.try_select() {
                Err(_) => Err(Refusal::Full),
                Ok(operation) => {
                    assert_eq!(operation.index(), index);
                    operation
                        .recv(receiver)
                        .map_err(|RecvError| Refusal::Closed)
                }
            }
        }
    }
}

impl Ends {
    /// Does `op` to both, and compares the answers.
    fn step(&mut self, reference: &mut Reference, op: Op) {
        match op {
            Op::TrySend | Op::SendTimeout | Op::SendAsync | Op::SelectSend => {
                let Some(sender) = self.senders.last() else {
                    return;
                };
                self.next += 1;
                let expected = reference.send(self.next);
                let sent = send(sender, op, self.next);
                assert_eq!(sent, expected.map_err(|refusal| (refusal, self.next)));
            }
            Op::TryRecv | Op::RecvTimeout | Op::RecvAsync | Op::SelectRecv => {
                if let Some(receiver) = self.receivers.last() {
                    assert_eq!(recv(receiver, op), reference.recv());
                }
            }
            Op::GiveUpSend => self.give_up_send(reference),
            Op::GiveUpRecv | Op::Ready | Op::TryIter => self.look(reference, op),
            Op::CloneSender => self.senders.extend(self.senders.last().cloned()),
            Op::CloneReceiver => self.receivers.extend(self.receivers.last().cloned()),
            Op::DropSender => {
                if self.senders.pop().is_some() && self.senders.is_empty() {
                    reference.closed = true;
                }
            }
            Op::DropReceiver => {
                if self.receivers.pop().is_some() && self.receivers.is_empty() {
                    reference.closed = true;
                    reference.returned = 0;
                    reference.queue.clear();
                }
            }
            Op::Close => {
                let closed = match (self.senders.first(), self.receivers.first()) {
                    (Some(sender), _) => sender.close(),
                    (None, Some(receiver)) => receiver.close(),
                    (None, None) => return,
                };
                assert_eq!(closed, !reference.closed);
                reference.closed = true;
            }
        }
    }

    fn give_up_send(&self, reference: &Reference) {
        // Behind a message a place stays taken, which the reference knows nothing of.
        if !reference.queue.is_empty() {
            return;
        }
        let Some(sender) = self.senders.last() else {
            return;
        };
        let mut select = Select::new();
        select.send(sender);
        match select.try_select() {
            Ok(operation) => {
                assert_ne!(reference.refusal(), Some(Refusal::Full));
                give_up(operation);
            }
            Err(_) => assert_eq!(reference.refusal(), Some(Refusal::Full)),
        }
    }

    /// Operations on a receiver that leave nothing behind, or empty the channel.
    fn look(&self, reference: &mut Reference, op: Op) {
        let Some(receiver) = self.receivers.last() else {
            return;
        };
        let mut select = Select::new();
        select.recv(receiver);
        let can = !reference.queue.is_empty() || reference.closed;
        match op {
            Op::GiveUpRecv => match select.try_select() {
                Ok(operation) => {
                    assert!(can);
                    give_up(operation);
                    reference.returned = reference.returned.max(1).min(reference.queue.len());
                }
                Err(_) => assert!(!can),
            },
            Op::Ready => assert_eq!(select.try_ready().is_ok(), can),
            _ => {
                reference.returned = 0;
                assert!(receiver.try_iter().eq(reference.queue.drain(..)));
            }
        }
    }

    /// Compares what the ends tell of their channel.
    fn compare(&self, reference: &Reference) {
        let len = reference.queue.len();
        let is_full = reference.capacity.is_some_and(|most| len >= most);
        let tell = [
            self.senders.last().map(|end| {
                (
                    end.len(),
                    end.is_empty(),
                    end.is_full(),
                    end.capacity(),
                    end.is_closed(),
                )
            }),
            self.receivers.last().map(|end| {
                (
                    end.len(),
                    end.is_empty(),
                    end.is_full(),
                    end.capacity(),
                    end.is_closed(),
                )
            }),
        ];
        for told in tell.into_iter().flatten() {
            let expected = (len, len == 0, is_full, reference.capacity, reference.closed);
            assert_eq!(told, expected);
        }
    }
}

fn agree(capacity: Option<usize>, ops: &[Op]) {
    let (sender, receiver) = capacity.map_or_else(unbounded, bounded);
    let mut ends = Ends {
        senders: vec![sender],
        receivers: vec![receiver],
        next: 0,
    };
    let mut reference = Reference {
        queue: VecDeque::new(),
        returned: 0,
        capacity,
        closed: false,
    };
    for op in ops {
        ends.step(&mut reference, *op);
        ends.compare(&reference);
    }
}

proptest! {
    #[test]
    fn rendezvous_is_a_queue_without_room(ops in ops()) {
        agree(Some(0), &ops);
    }

    #[test]
    fn bounded_is_a_queue_with_a_bound(capacity in 1..6_usize, ops in ops()) {
        agree(Some(capacity), &ops);
    }

    #[test]
    fn unbounded_is_a_queue(ops in ops()) {
        agree(None, &ops);
    }
}
