//! Models of selecting among operations.
#![cfg(selvedge_loom)]
#![allow(missing_docs)]

use core::future::Future;
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use std::panic::{AssertUnwindSafe, catch_unwind};

use selvedge_channel::{
    Receiver, Select, SelectedOperation, Sender, bounded, select, select_biased, unbounded,
};
use selvedge_sync::model;
use selvedge_sync::seam::clock::Duration;
use selvedge_sync::seam::model::{reach, reach_asleep};
use selvedge_sync::seam::thread::spawn;

type Make = fn() -> (Sender<Box<u32>>, Receiver<Box<u32>>);

const SOON: Duration = Duration::from_millis(1);

#[test]
fn select_of_two_takes_one() {
    model!(
        "select_of_two_takes_one",
        "with a message in each of two channels on the way, a select takes one and leaves the other"
    )
    .preemptions(1)
    .reaches(&["first", "second"])
    .check(|| {
        let (one, from_one) = bounded(1);
        let (other, from_other) = unbounded();
        let sending = spawn(move || one.send(Box::new(1)).unwrap());
        let also_sending = spawn(move || other.send(Box::new(2)).unwrap());
        select_biased! {
            recv(from_one) -> got => {
                reach("first");
                assert_eq!(*got.unwrap(), 1);
                assert_eq!(*from_other.recv().unwrap(), 2);
            },
            recv(from_other) -> got => {
                reach("second");
                assert_eq!(*got.unwrap(), 2);
                assert_eq!(*from_one.recv().unwrap(), 1);
            }
        }
        sending.join().unwrap();
        also_sending.join().unwrap();
    });
}

#[test]
fn selecting_sender_sends_once() {
    model!(
        "selecting_sender_sends_once",
        "a select between two full channels sends in the one that is received from"
    )
    .preemptions(2)
    .reaches(&["first", "second"])
    .check(|| {
        let (one, from_one) = bounded(1);
        let (other, from_other) = bounded(1);
        one.send(Box::new(0)).unwrap();
        other.send(Box::new(0)).unwrap();
        let receiving = spawn(move || {
            from_one.recv().unwrap();
            from_one
        });
        let also_receiving = spawn(move || {
            from_other.recv().unwrap();
            from_other
        });
        let first = select_biased! {
            send(one, Box::new(1)) -> sent => { sent.unwrap(); true },
            send(other, Box::new(1)) -> sent => { sent.unwrap(); false }
        };
        reach(if first { "first" } else { "second" });
        let from_one = receiving.join().unwrap();
        let from_other = also_receiving.join().unwrap();
        assert_eq!(from_one.try_recv().is_ok(), first);
        assert_eq!(from_other.try_recv().is_ok(), !first);
    });
}

#[test]
fn two_selects_meet() {
    model!(
        "two_selects_meet",
        "a selecting sender and a selecting receiver without a buffer meet"
    )
    .preemptions(2)
    .reaches(&["the sender had to wait", "the receiver had to wait"])
    .check(|| {
        let (sender, receiver) = bounded(0);
        let (_idle, nothing) = bounded::<u8>(1);
        let sending = spawn(move || {
            reach_asleep("the sender had to wait", || {
                select! {
                    send(sender, Box::new(9)) -> sent => sent.unwrap(),
                    recv(nothing) -> _ => unreachable!("nobody sends there"),
                }
            });
        });
        let (_other_idle, other_nothing) = bounded::<u8>(1);
        reach_asleep("the receiver had to wait", || {
            select! {
                recv(receiver) -> got => assert_eq!(*got.unwrap(), 9),
                recv(other_nothing) -> _ => unreachable!("nobody sends there"),
            }
        });
        sending.join().unwrap();
    });
}

#[test]
fn timed_select_loses_nothing() {
    model!(
        "timed_select_loses_nothing",
        "a select that times out at any point takes the message or leaves it"
    )
    .preemptions(2)
    .reaches(&["taken", "left"])
    .check(|| {
        let (sender, receiver) = bounded(1);
        let sending = spawn(move || sender.send(Box::new(5)).unwrap());
        let taken = select! {
            recv(receiver) -> got => { assert_eq!(*got.unwrap(), 5); true },
            default(SOON) => false
        };
        reach(if taken { "taken" } else { "left" });
        sending.join().unwrap();
        assert_eq!(receiver.recv().is_ok(), !taken);
    });
}

#[test]
fn a_case_that_loses_does_not_hold_up_the_line() {
    model!(
        "a_case_that_loses_does_not_hold_up_the_line",
        "a receiver behind a select that is decided elsewhere gets the message"
    )
    .preemptions(1)
    .reaches(&["had to wait", "decided here", "decided elsewhere"])
    .check(|| {
        let (one, from_one) = bounded::<Box<u32>>(1);
        let (other, from_other) = bounded::<Box<u32>>(1);
        let behind = from_one.clone();
        let selecting = spawn(move || {
            select_biased! {
                // Closed, if the other receiver was served and the sender is gone.
                recv(from_one) -> got => *got.or_else(|_| from_other.recv()).unwrap(),
                recv(from_other) -> got => *got.unwrap(),
            }
        });
        let sending = spawn(move || {
            other.send(Box::new(2)).unwrap();
            one.send(Box::new(1)).unwrap();
        });
        let got = reach_asleep("had to wait", || behind.recv());
        let got = got.ok().map(|message| *message);
        let selected = selecting.join().unwrap();
        assert_eq!(got, (selected == 2).then_some(1));
        reach(if selected == 2 {
            "decided elsewhere"
        } else {
            "decided here"
        });
        sending.join().unwrap();
    });
}

#[test]
fn close_ends_a_select() {
    model!(
        "close_ends_a_select",
        "a select is woken by a close at any point, and its message comes back"
    )
    .preemptions(2)
    .reaches(&["the close met a waiting select"])
    .check(|| {
        let (sender, receiver) = bounded::<Box<u32>>(0);
        let closing = spawn(move || {
            receiver.close();
            receiver
        });
        reach_asleep("the close met a waiting select", || {
            select! {
                send(sender, Box::new(3)) -> sent => assert_eq!(*sent.unwrap_err().into_inner(), 3)
            }
        });
        closing.join().unwrap();
    });
}

#[test]
fn watcher_is_told() {
    model!(
        "watcher_is_told",
        "a thread that waits for readiness is woken by a send, which it leaves where it is"
    )
    .preemptions(2)
    .reaches(&["the send met a watcher"])
    .check(|| {
        let (sender, receiver) = bounded(1);
        let sending = spawn(move || sender.send(Box::new(4)).unwrap());
        let mut select = Select::new();
        select.recv(&receiver);
        let ready = reach_asleep("the send met a watcher", || select.ready());
        assert_eq!(ready, 0);
        sending.join().unwrap();
        assert_eq!(*receiver.try_recv().unwrap(), 4);
    });
}

#[test]
fn watcher_is_woken_by_a_selecting_sender() {
    model!(
        "watcher_is_woken_by_a_selecting_sender",
        "who waits for a channel to have something hears of a message that a select has sent"
    )
    .preemptions(1)
    .reaches(&["ready"])
    .check(|| {
        let (sender, receiver) = bounded(1);
        let watching = spawn(move || {
            let mut select = Select::new();
            select.recv(&receiver);
            select.ready();
            reach("ready");
            assert_eq!(receiver.recv(), Ok(1));
        });
        let mut select = Select::new();
        select.send(&sender);
        select.select().send(&sender, 1).unwrap();
        watching.join().unwrap();
    });
}

#[test]
fn watcher_hides_nobody() {
    model!(
        "watcher_hides_nobody",
        "a receiver in line behind one that only watches gets the message of the next sender"
    )
    .preemptions(2)
    .reaches(&["both"])
    .check(|| {
        let (sender, receiver) = bounded(0);
        let behind = receiver.clone();
        let watching = spawn(move || {
            let mut select = Select::new();
            select.recv(&receiver);
            // Whether it was told is of no matter here: it takes nothing.
            let _ = select.ready_timeout(SOON);
        });
        let plain = spawn(move || behind.recv());
        sender.send(1).unwrap();
        assert_eq!(plain.join().unwrap(), Ok(1));
        watching.join().unwrap();
        reach("both");
    });
}

/// Drops an operation that was not completed.
fn give_up(operation: SelectedOperation<'_>) {
    let dropped = catch_unwind(AssertUnwindSafe(|| drop(operation)));
    assert!(dropped.is_err(), "an operation has to be completed");
}

#[test]
fn place_given_up_holds_up_nobody() {
    const KINDS: [Make; 2] = [|| bounded(2), unbounded];
    for make in KINDS {
        model!(
            "place_given_up_holds_up_nobody",
            "a receiver gets what was sent behind a place that a select gives up, then the end"
        )
        .preemptions(2)
        .reaches(&["received before the sender went", "received after"])
        .check(move || {
            let (sender, receiver) = make();
            let sending = spawn(move || {
                let mut select = Select::new();
                select.send(&sender);
                let operation = select.select();
                sender.try_send(Box::new(1)).unwrap();
                give_up(operation);
                reach(if sender.is_empty() {
                    "received before the sender went"
                } else {
                    "received after"
                });
            });
            assert!(receiver.iter().map(|message| *message).eq([1]));
            sending.join().unwrap();
        });
    }
}

#[test]
fn place_given_up_goes_to_a_waiting_sender() {
    model!(
        "place_given_up_goes_to_a_waiting_sender",
        "a sender that waits for room is served when a select gives up the only place"
    )
    .preemptions(2)
    .reaches(&["received"])
    .check(|| {
        let (sender, receiver) = bounded(1);
        let mut select = Select::new();
        select.send(&sender);
        let operation = select.select();
        // A future that was polled once stands in line for certain.
        let mut waiting = pin!(sender.send_async(Box::new(1)));
        let mut poll = || {
            let mut context = Context::from_waker(Waker::noop());
            waiting.as_mut().poll(&mut context)
        };
        assert!(poll().is_pending());
        let receiving = spawn(move || receiver.try_recv().map(|message| *message));
        give_up(operation);
        assert!(matches!(poll(), Poll::Ready(Ok(()))));
        if receiving.join().unwrap() == Ok(1) {
            reach("received");
        }
    });
}

#[test]
fn message_given_up_goes_to_the_next_receiver() {
    const KINDS: [Make; 3] = [|| bounded(0), || bounded(1), unbounded];
    for make in KINDS {
        model!(
            "message_given_up_goes_to_the_next_receiver",
            "what came to a select that did not complete it goes to a receiver that waits, or asks"
        )
        .preemptions(2)
        .reaches(&["waited", "asked later"])
        .check(move || {
            let (sender, receiver) = make();
            let other = receiver.clone();
            let sending = spawn(move || sender.send(Box::new(1)).unwrap());
            let mut select = Select::new();
            select.recv(&receiver);
            let operation = select.select();
            let receiving = spawn(move || reach_asleep("waited", || other.recv()));
            give_up(operation);
            if let Ok(message) = receiver.try_recv() {
                reach("asked later");
                assert_eq!(*message, 1);
                assert!(receiving.join().unwrap().is_err());
            } else {
                assert_eq!(*receiving.join().unwrap().unwrap(), 1);
            }
            sending.join().unwrap();
        });
    }
}
