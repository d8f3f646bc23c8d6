//! Models of async sends and receives that are dropped at any await point.
#![cfg(selvedge_loom)]
#![allow(missing_docs)]
#![allow(
    clippy::disallowed_types,
    reason = "a waker is made of the standard library's `Arc`"
)]

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Wake, Waker};

use selvedge_channel::{Receiver, Sender, bounded, unbounded};
use selvedge_sync::model;
use selvedge_sync::seam::model::{reach, reach_asleep};
use selvedge_sync::seam::thread::spawn;
use selvedge_sync::seam::{Parker, Unparker};

struct Unpark(Unparker);

impl Wake for Unpark {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.unpark();
    }
}

/// The outcome, and how often the future was polled for it; `state` is marked if the thread slept.
fn block_on<F: Future>(future: F, state: &'static str) -> (F::Output, usize) {
    let parker = Parker::new();
    let waker = Waker::from(std::sync::Arc::new(Unpark(parker.unparker())));
    let mut future = pin!(future);
    let mut polls = 0;
    loop {
        polls += 1;
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return (output, polls),
            Poll::Pending => reach_asleep(state, || parker.park()),
        }
    }
}

fn poll_once<F: Future>(future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    match future
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
    {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

type Make = fn() -> (Sender<Box<u32>>, Receiver<Box<u32>>);

const KINDS: [Make; 3] = [|| bounded(0), || bounded(1), unbounded];

#[test]
fn async_receive_is_woken() {
    for make in KINDS {
        model!(
            "async_receive_is_woken",
            "a task that awaits a message is woken by a send, between polls or while it is polled"
        )
        .reaches(&["slept until woken", "need not wait"])
        .check(move || {
            let (sender, receiver) = make();
            let sending = spawn(move || sender.send(Box::new(1)).unwrap());
            let (received, polls) = block_on(receiver.recv_async(), "slept until woken");
            assert_eq!(*received.unwrap(), 1);
            if polls == 1 {
                reach("need not wait");
            }
            sending.join().unwrap();
        });
    }
}

#[test]
fn dropped_receive_loses_nothing() {
    for make in KINDS {
        model!(
            "dropped_receive_loses_nothing",
            "a receive polled once and dropped at any point leaves messages to others, in order"
        )
        .preemptions(1)
        .reaches(&["received", "dropped"])
        .check(move || {
            let (sender, receiver) = make();
            let sending = spawn(move || {
                sender.send(Box::new(1)).unwrap();
                sender.send(Box::new(2)).unwrap();
            });
            let mut expected = 1..=2;
            if let Some(message) = poll_once(receiver.recv_async()) {
                reach("received");
                assert_eq!(*message.unwrap(), expected.next().unwrap());
            } else {
                reach("dropped");
            }
            assert!(receiver.iter().map(|message| *message).eq(expected));
            sending.join().unwrap();
        });
    }
}

#[test]
fn dropped_send_is_sent_or_gives_up_its_place() {
    model!(
        "dropped_send_is_sent_or_gives_up_its_place",
        "of a send polled once and dropped at any point nothing is left, or it was sent"
    )
    .preemptions(1)
    .reaches(&["sent", "dropped"])
    .check(|| {
        let (sender, receiver) = bounded(1);
        sender.send(Box::new(1)).unwrap();
        let receiving = spawn(move || receiver.iter().map(|message| *message).collect::<Vec<_>>());
        if poll_once(sender.send_async(Box::new(2))).is_some() {
            reach("sent");
        } else {
            reach("dropped");
        }
        sender.send(Box::new(3)).unwrap();
        drop(sender);
        let received = receiving.join().unwrap();
        assert!(received == [1, 2, 3] || received == [1, 3]);
    });
}

#[test]
fn close_wakes_a_task() {
    model!(
        "close_wakes_a_task",
        "tasks that await a message or room are woken when the channel closes"
    )
    .preemptions(2)
    .reaches(&["the end met a receiving task", "the end met a sending task"])
    .check(|| {
        let (sender, receiver) = bounded::<Box<u32>>(1);
        let closing = spawn(move || drop(sender));
        let (received, _) = block_on(receiver.recv_async(), "the end met a receiving task");
        assert!(received.is_err());
        closing.join().unwrap();
        let (sender, receiver) = bounded(0);
        let closing = spawn(move || drop(receiver));
        let (sent, _) = block_on(sender.send_async(Box::new(7)), "the end met a sending task");
        assert_eq!(*sent.unwrap_err().into_inner(), 7);
        closing.join().unwrap();
    });
}
