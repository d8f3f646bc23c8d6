//! Selecting among operations, with real threads and real time.
#![cfg(not(selvedge_loom))]
#![allow(missing_docs)]
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "these tests are about real threads and real time"
)]

use std::future::Future;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use selvedge_channel::{
    Receiver, RecvError, Select, SelectTimeoutError, SendError, Sender, TryRecvError,
    TrySelectError, after, at, bounded, never, select, select_biased, tick, unbounded,
};

fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

#[test]
fn the_one_that_can_is_chosen() {
    let (numbers, number) = unbounded::<u32>();
    let (words, word) = bounded::<&str>(1);
    for round in 0..20 {
        if round % 2 == 0 {
            numbers.send(round).unwrap();
        } else {
            words.send("word").unwrap();
        }
        select! {
            recv(number) -> got => assert_eq!((got, round % 2), (Ok(round), 0)),
            recv(word) -> got => {
                assert_eq!(got, Ok("word"));
                assert_eq!(round % 2, 1);
            }
        }
    }
    let chosen = select! {
        recv(number) -> _ => "number",
        send(words, "sent") -> sent => { sent.unwrap(); "send" }
    };
    assert_eq!(chosen, "send");
    assert_eq!(word.recv(), Ok("sent"));
}

#[test]
fn default_arms_do_not_wait_or_wait_so_long() {
    let (full, receiver) = bounded(1);
    full.send(0).unwrap();
    let (_sender, empty) = bounded::<()>(0);
    let arm = select! {
        recv(empty) -> _ => 1,
        send(full, 5) -> _ => 2,
        default => 3
    };
    assert_eq!(arm, 3);
    let start = Instant::now();
    let arm = select! {
        recv(empty) -> _ => 1,
        default(ms(20)) => 2,
    };
    assert_eq!(arm, 2);
    assert!(start.elapsed() >= ms(20));
    let arm = select! { default => 7 };
    assert_eq!(arm, 7);
    // The sends that were not done left nothing behind.
    assert_eq!(receiver.try_iter().collect::<Vec<_>>(), [0]);
}

#[test]
fn closed_channels_are_ready() {
    let (sender, receiver) = bounded::<u8>(1);
    drop(sender);
    select! { recv(receiver) -> got => assert_eq!(got, Err(RecvError)) }
    let (sender, receiver) = bounded(0);
    drop(receiver);
    select! { send(sender, 4) -> sent => assert_eq!(sent, Err(SendError(4))) }
    for capacity in [0, 1] {
        let (sender, receiver) = bounded(capacity);
        for _ in 0..capacity {
            sender.send(1).unwrap();
        }
        let closer = thread::spawn(move || {
            thread::sleep(ms(20));
            receiver.close();
            receiver
        });
        select! { send(sender, 4) -> sent => assert_eq!(sent, Err(SendError(4))) }
        closer.join().unwrap();
    }
}

#[test]
fn biased_selects_take_the_first() {
    let (sender, receiver) = unbounded();
    for round in 0..100 {
        sender.send(round).unwrap();
        select_biased! {
            recv(receiver) -> got => assert_eq!(got, Ok(round)),
            recv(after(Duration::ZERO)) -> _ => unreachable!(),
            default => unreachable!(),
        }
    }
    let mut firsts = 0;
    for _ in 0..200 {
        let (one, other) = (unbounded(), unbounded());
        one.0.send(()).unwrap();
        other.0.send(()).unwrap();
        select! {
            recv(one.1) -> _ => firsts += 1,
            recv(other.1) -> _ => {}
        }
    }
    assert!((20..180).contains(&firsts), "{firsts} of 200");
}

#[test]
fn waiting_selects_pass_every_message_once() {
    const EACH: usize = 5_000;
    for capacity in [Some(0), Some(1), Some(3), None] {
        let make = || capacity.map_or_else(unbounded, bounded);
        let channels: Vec<(Sender<usize>, Receiver<usize>)> = vec![make(), make()];
        let senders: Vec<_> = (0..2)
            .map(|id| {
                let (one, other) = (channels[0].0.clone(), channels[1].0.clone());
                thread::spawn(move || {
                    for number in 0..EACH {
                        let message = id * EACH + number;
                        select! {
                            send(one, message) -> sent => sent.unwrap(),
                            send(other, message) -> sent => sent.unwrap()
                        }
                    }
                })
            })
            .collect();
        let receivers: Vec<_> = (0..2)
            .map(|_| {
                let (one, other) = (channels[0].1.clone(), channels[1].1.clone());
                thread::spawn(move || {
                    let mut got = Vec::new();
                    let (mut one, mut other) = (one, other);
                    let mut open = 2;
                    while open > 0 {
                        select! {
                            recv(one) -> message => if let Ok(message) = message {
                                got.push(message);
                            } else {
                                one = never();
                                open -= 1;
                            },
                            recv(other) -> message => if let Ok(message) = message {
                                got.push(message);
                            } else {
                                other = never();
                                open -= 1;
                            },
                        }
                    }
                    got
                })
            })
            .collect();
        drop(channels);
        for sender in senders {
            sender.join().unwrap();
        }
        let mut all: Vec<usize> = receivers
            .into_iter()
            .flat_map(|receiver| receiver.join().unwrap())
            .collect();
        all.sort_unstable();
        assert!(all.into_iter().eq(0..2 * EACH), "capacity {capacity:?}");
    }
}

#[test]
fn a_select_does_not_meet_itself() {
    let (sender, receiver) = bounded::<u8>(0);
    let arm = select! {
        send(sender, 1) -> _ => 1,
        recv(receiver) -> _ => 2,
        default(ms(20)) => 3
    };
    assert_eq!(arm, 3);
}

#[test]
fn ready_tells_without_doing() {
    let (sender, receiver) = bounded(0);
    let mut select = Select::new();
    let index = select.recv(&receiver);
    assert!(select.try_ready().is_err());
    assert!(select.ready_timeout(ms(5)).is_err());
    let sending = thread::spawn(move || {
        thread::sleep(ms(20));
        sender.send(8).unwrap();
    });
    assert_eq!(select.ready(), index);
    assert_eq!(receiver.try_recv(), Ok(8));
    sending.join().unwrap();

    let (sender, receiver) = bounded(1);
    sender.send(1).unwrap();
    let mut select = Select::new();
    let index = select.send(&sender);
    assert!(select.try_ready().is_err());
    let receiving = thread::spawn(move || {
        thread::sleep(ms(20));
        receiver.recv().unwrap();
        receiver
    });
    assert_eq!(select.ready(), index);
    sender.try_send(2).unwrap();
    receiving.join().unwrap();
}

#[test]
fn operations_are_added_removed_and_timed() {
    let (sender, receiver) = bounded::<u8>(1);
    let other = never::<u8>();
    let mut select = Select::new();
    let first = select.recv(&other);
    let second = select.recv(&receiver);
    assert_eq!(select.try_select().err(), Some(TrySelectError));
    assert_eq!(select.select_timeout(ms(5)).err(), Some(SelectTimeoutError));
    select.remove(first);
    sender.send(1).unwrap();
    let operation = select.select();
    assert_eq!(operation.index(), second);
    assert_eq!(operation.recv(&receiver), Ok(1));
}

#[test]
#[should_panic(expected = "dropped without being completed")]
fn operations_have_to_be_completed() {
    let (sender, receiver) = unbounded();
    sender.send(1).unwrap();
    let mut select = Select::new();
    select.recv(&receiver);
    drop(select.select());
}

#[test]
#[should_panic(expected = "added with another end")]
fn operations_are_completed_with_their_end() {
    let (sender, receiver) = unbounded();
    sender.send(1).unwrap();
    let mut select = Select::new();
    select.recv(&receiver);
    let _ = select.select().recv(&receiver.clone());
}

#[test]
fn timers_come_due() {
    let start = Instant::now();
    let once = after(ms(30));
    assert_eq!(once.try_recv(), Err(TryRecvError::Empty));
    assert!(once.is_empty() && !once.is_full());
    assert_eq!(once.capacity(), Some(1));
    let due = once.recv().unwrap();
    assert!(due >= start + ms(30) && start.elapsed() >= ms(30));
    assert!(once.recv_timeout(ms(5)).is_err(), "one message only");

    let when = Instant::now() + ms(10);
    let (one, other) = (at(when), at(when));
    assert_eq!(one.recv(), Ok(when));
    assert!(other.is_full());
    assert!(!one.same_channel(&other) && one.same_channel(&one.clone()));
    select! { recv(other) -> got => assert_eq!(got, Ok(when)) }

    let start = Instant::now();
    let ticks = tick(ms(10));
    for _ in 0..3 {
        select! {
            recv(ticks) -> got => assert!(got.is_ok()),
            recv(never::<u8>()) -> _ => unreachable!()
        }
    }
    assert!(start.elapsed() >= ms(30));
    assert!(!ticks.close() && !ticks.is_closed());

    let nothing = never::<u8>();
    assert_eq!(nothing.try_recv(), Err(TryRecvError::Empty));
    assert!(nothing.recv_timeout(ms(5)).is_err());
    assert!(nothing.same_channel(&never()));
}

#[test]
fn receiver_of_a_dropped_operation_looks_again() {
    let (sender, receiver) = bounded(0);
    let receiving = thread::spawn(move || receiver.recv());
    let mut select = Select::new();
    select.send(&sender);
    let operation = loop {
        match select.try_select() {
            Ok(operation) => break operation,
            Err(TrySelectError) => thread::yield_now(),
        }
    };
    // The receiver was called for it.
    let dropped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(operation)));
    assert!(dropped.is_err(), "an operation has to be completed");
    sender.send(1).unwrap();
    assert_eq!(receiving.join().unwrap(), Ok(1));
}

#[test]
fn message_that_is_due_at_the_deadline_comes_before_it() {
    for _ in 0..5 {
        let due = Instant::now() + ms(2);
        assert_eq!(at(due).recv_deadline(due), Ok(due));
    }
}

/// A message that cannot be made.
fn fail() -> u32 {
    panic!("no message");
}

/// Runs a select whose message is never made.
fn fail_to_make_the_message(sender: &Sender<u32>) {
    let failed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        select! { send(sender, fail()) -> _ => {} }
    }));
    assert!(failed.is_err());
}

#[test]
fn message_that_cannot_be_made_leaves_no_hole() {
    for make in [|| bounded(1), || bounded(2), unbounded] {
        let (sender, receiver) = make();
        for round in 0..100 {
            fail_to_make_the_message(&sender);
            sender.send(round).unwrap();
            assert_eq!(receiver.recv(), Ok(round));
        }
        // Also when it is the last place that was ever claimed.
        fail_to_make_the_message(&sender);
        assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
        drop(sender);
        assert_eq!(receiver.recv(), Err(RecvError));
    }
}

#[test]
fn place_that_was_given_up_goes_to_a_waiting_sender() {
    let (sender, receiver) = bounded(1);
    let mut select = Select::new();
    select.send(&sender);
    let operation = select.select();
    let other = sender.clone();
    let waiting = thread::spawn(move || other.send(1));
    while !sender.is_full() {
        thread::yield_now();
    }
    thread::sleep(ms(20));
    let dropped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(operation)));
    assert!(dropped.is_err(), "an operation has to be completed");
    // Nobody has received anything.
    waiting.join().unwrap().unwrap();
    assert_eq!(receiver.recv(), Ok(1));
}

#[test]
fn place_given_up_keeps_others_in_line() {
    let (sender, receiver) = bounded(1);
    let mut select = Select::new();
    select.send(&sender);
    let operation = select.select();
    let mut poll = {
        let mut waiting = [1, 2].map(|message| Box::pin(sender.send_async(message)));
        move |which: usize| {
            let mut context = Context::from_waker(Waker::noop());
            waiting[which].as_mut().poll(&mut context)
        }
    };
    assert!(poll(0).is_pending() && poll(1).is_pending());
    let dropped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(operation)));
    assert!(dropped.is_err(), "an operation has to be completed");
    assert_eq!(poll(0), Poll::Ready(Ok(())));
    assert!(poll(1).is_pending());
    // The next moves up as soon as there is room.
    assert_eq!(receiver.try_recv(), Ok(1));
    assert_eq!(poll(1), Poll::Ready(Ok(())));
    assert_eq!(receiver.try_recv(), Ok(2));
}

#[test]
fn places_given_up_between_messages_are_passed_over() {
    let (sender, receiver) = bounded(3);
    let (other_sender, other_receiver) = unbounded();
    sender.send(0).unwrap();
    other_sender.send(0).unwrap();
    for end in [&sender, &other_sender] {
        fail_to_make_the_message(end);
        end.send(1).unwrap();
    }
    let other = sender.clone();
    let waiting = thread::spawn(move || {
        other.send(2).unwrap();
        other.send(3).unwrap();
    });
    for end in [receiver, other_receiver] {
        assert_eq!(end.recv(), Ok(0));
        assert_eq!(end.recv(), Ok(1));
        if end.capacity().is_some() {
            assert_eq!((end.recv(), end.recv()), (Ok(2), Ok(3)));
        }
        assert!(end.is_empty());
    }
    waiting.join().unwrap();
}

#[test]
fn dropped_operation_gives_its_message_back() {
    for make in [|| bounded(0), || bounded(3), unbounded] {
        let (sender, receiver) = make();
        let sending = thread::spawn(move || (0..3).try_for_each(|number| sender.send(number)));
        let mut select = Select::new();
        select.recv(&receiver);
        let operation = select.select();
        let dropped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(operation)));
        assert!(dropped.is_err(), "an operation has to be completed");
        assert_eq!(receiver.iter().collect::<Vec<_>>(), [0, 1, 2]);
        sending.join().unwrap().unwrap();
    }
}

#[test]
fn message_is_dropped_on_no_thread_that_may_not_have_it() {
    /// Not `Send`, and particular about it.
    struct Homely(thread::ThreadId, std::marker::PhantomData<*const ()>);

    impl Drop for Homely {
        fn drop(&mut self) {
            assert_eq!(self.0, thread::current().id(), "dropped far from home");
        }
    }

    let (sender, receiver) = unbounded();
    let homely = Homely(thread::current().id(), std::marker::PhantomData);
    sender.send(homely).unwrap();
    let mut select = Select::new();
    select.recv(&receiver);
    // A select goes to other threads, as do references to it, whatever its messages are.
    thread::scope(|scope| {
        let moved = scope.spawn(move || drop(select.select()));
        let panic = moved.join().expect_err("an operation has to be completed");
        assert_eq!(
            panic.downcast_ref::<&str>(),
            Some(&"a selected operation was dropped without being completed")
        );
    });
    assert!(receiver.try_recv().is_ok());
}
