//! What went wrong in other channels, each as a program that would show it here.
#![cfg(not(selvedge_loom))]
#![allow(missing_docs)]
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "these tests are about real threads and real time"
)]

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicIsize, Ordering};
use std::sync::{Arc, Barrier};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use selvedge_channel::{Receiver, Sender, bounded, select, unbounded};

/// Counts those of its kind that are alive.
struct Counted(Arc<AtomicIsize>);

impl Counted {
    fn new(alive: &Arc<AtomicIsize>) -> Self {
        alive.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(alive))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// crossbeam-channel 0.5.12 to 0.5.14: the last receiver, going while a sender is in the middle of
/// the first message of a segment, freed what the channel's own end freed again.
#[test]
fn receivers_that_go_while_senders_send_free_everything_once() {
    for make in [|| bounded(1), || bounded(40), unbounded] {
        let alive = Arc::new(AtomicIsize::new(0));
        for round in 0..300 {
            let (sender, receiver) = make();
            let start = Barrier::new(3);
            thread::scope(|scope| {
                for _ in 0..2 {
                    let sender = sender.clone();
                    let (start, alive) = (&start, &alive);
                    scope.spawn(move || {
                        start.wait();
                        // More than a segment holds, or until the receiver is gone.
                        for _ in 0..40 {
                            if sender.send(Counted::new(alive)).is_err() {
                                break;
                            }
                        }
                    });
                }
                let start = &start;
                scope.spawn(move || {
                    start.wait();
                    for _ in 0..round % 40 {
                        if receiver.recv().is_err() {
                            break;
                        }
                    }
                    drop(receiver);
                });
            });
            drop(sender);
            assert_eq!(alive.load(Ordering::Relaxed), 0, "round {round}");
        }
    }
}

/// The processor time that this thread has used.
#[cfg(target_os = "linux")]
fn processor_time() -> Duration {
    let mut used = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the clock exists, and `used` is there to be written.
    let result = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut used) };
    assert_eq!(result, 0, "the clock is there");
    Duration::new(
        used.tv_sec.try_into().expect("time goes forward"),
        used.tv_nsec.try_into().expect("less than a second"),
    )
}

/// crossbeam-channel spins and yields while it waits, std's old channel likewise: with sender and
/// receiver on one processor they keep the one from running that they wait for.
#[cfg(target_os = "linux")]
#[test]
fn who_waits_uses_no_processor() {
    for make in [|| bounded(0), || bounded(1), unbounded] {
        let (sender, receiver): (Sender<u8>, Receiver<u8>) = make();
        let waiting = thread::spawn(move || {
            let before = processor_time();
            let received = receiver.recv_timeout(Duration::from_millis(300));
            (received, processor_time().saturating_sub(before))
        });
        let (received, used) = waiting.join().unwrap();
        assert!(received.is_err(), "nothing was sent");
        assert!(used < Duration::from_millis(30), "used {used:?} waiting");
        drop(sender);
    }
}

/// The same with a sender that is blocked, and in a select.
#[cfg(target_os = "linux")]
#[test]
fn who_waits_for_room_or_among_several_uses_no_processor() {
    let (sender, receiver) = bounded(1);
    sender.send(0).unwrap();
    let (_idle, nothing) = unbounded::<u8>();
    let waiting = thread::spawn(move || {
        let before = processor_time();
        let sent = sender.send_timeout(1, Duration::from_millis(200));
        assert!(sent.is_err());
        select! {
            send(sender, 2) -> _ => unreachable!("there is no room"),
            recv(nothing) -> _ => unreachable!("nothing was sent"),
            default(Duration::from_millis(200)) => {}
        }
        processor_time().saturating_sub(before)
    });
    let used = waiting.join().unwrap();
    assert!(used < Duration::from_millis(30), "used {used:?} waiting");
    drop(receiver);
}

/// flume's selector: a message that came to a case which then lost, or to a selector that was
/// dropped, was gone.
#[test]
fn selects_lose_no_message() {
    const MESSAGES: usize = 300;
    for make in [|| bounded(0), || bounded(1), unbounded] {
        let (one, from_one) = make();
        let (other, from_other) = make();
        let received = thread::scope(|scope| {
            for sender in [one, other] {
                scope.spawn(move || {
                    for number in 0..MESSAGES {
                        sender.send(number).unwrap();
                    }
                });
            }
            let mut next = [0; 2];
            while next != [MESSAGES; 2] {
                // Times out again and again, with cases in line.
                select! {
                    recv(from_one) -> got => if let Ok(got) = got {
                        assert_eq!(got, next[0]);
                        next[0] += 1;
                    },
                    recv(from_other) -> got => if let Ok(got) = got {
                        assert_eq!(got, next[1]);
                        next[1] += 1;
                    },
                    default(Duration::from_micros(1)) => {}
                }
            }
            next
        });
        assert_eq!(received, [MESSAGES; 2]);
    }
}

/// kanal's receive future: dropped after a sender had handed it a message, which the sender had
/// reported as sent, it took the message with it.
#[test]
fn message_sent_to_a_receive_that_is_dropped_stays() {
    for make in [|| bounded(0), || bounded(1), unbounded] {
        let (sender, receiver) = make();
        let mut first = Box::pin(receiver.recv_async());
        assert!(
            first
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()))
                .is_pending()
        );
        // Handed over, and reported as sent.
        sender.try_send(1).unwrap();
        drop(first);
        assert_eq!(receiver.try_recv(), Ok(1));
    }
}

/// The same under load: every message that was reported as sent arrives.
#[test]
fn receives_that_are_dropped_lose_nothing() {
    const MESSAGES: usize = 300;
    for make in [|| bounded(0), || bounded(1), unbounded] {
        let (sender, receiver) = make();
        thread::scope(|scope| {
            scope.spawn(move || {
                for number in 0..MESSAGES {
                    sender.send(number).unwrap();
                }
            });
            // In here, so that a failure lets the sender go.
            let receiver = receiver;
            let mut expected = 0;
            while expected < MESSAGES {
                let polled =
                    pin!(receiver.recv_async()).poll(&mut Context::from_waker(Waker::noop()));
                match polled {
                    Poll::Ready(got) => {
                        assert_eq!(got, Ok(expected));
                        expected += 1;
                    }
                    // Dropped in line.
                    Poll::Pending => thread::yield_now(),
                }
            }
            assert!(receiver.recv().is_err());
        });
    }
}

/// kanal's `recv_timeout` waited for its time busily, or not for all of it.
#[test]
fn timeouts_last_as_long_as_they_say() {
    let (_sender, receiver) = bounded::<u8>(1);
    let start = Instant::now();
    assert!(receiver.recv_timeout(Duration::from_millis(50)).is_err());
    assert!(start.elapsed() >= Duration::from_millis(50));
}
