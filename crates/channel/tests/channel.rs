//! What every kind of channel does, with real threads.
#![cfg(not(selvedge_loom))]
#![allow(missing_docs)]
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "these tests are about real threads and real time"
)]

use std::thread;
use std::time::{Duration, Instant};

use selvedge_channel::{
    Receiver, RecvError, RecvTimeoutError, SendError, SendTimeoutError, Sender, TryRecvError,
    TrySendError, bounded, unbounded,
};

type Ends<T> = (Sender<T>, Receiver<T>);

fn every_kind<T>() -> Vec<Ends<T>> {
    vec![bounded(0), bounded(1), bounded(3), bounded(64), unbounded()]
}

fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// Runs `body` on a thread, and returns when that sleeps in it.
fn asleep_in<T: Send + 'static>(
    body: impl FnOnce() -> T + Send + 'static,
) -> thread::JoinHandle<T> {
    let (tell, told) = std::sync::mpsc::channel();
    let thread = thread::spawn(move || {
        tell.send(rustix::thread::gettid()).unwrap();
        body()
    });
    wait_until_asleep(told.recv().unwrap());
    thread
}

#[cfg(target_os = "linux")]
fn wait_until_asleep(thread: rustix::process::Pid) {
    let file = format!("/proc/self/task/{}/stat", thread.as_raw_nonzero());
    // After the name, which is in parentheses, comes the state.
    while !std::fs::read_to_string(&file).is_ok_and(|stat| stat.contains(") S ")) {
        thread::yield_now();
    }
}

#[cfg(not(target_os = "linux"))]
fn wait_until_asleep(_: rustix::process::Pid) {
    thread::sleep(ms(30));
}

#[test]
fn sizes_are_told() {
    let (sender, receiver) = bounded(3);
    assert_eq!(sender.capacity(), Some(3));
    assert!(sender.is_empty() && !sender.is_full());
    for number in 0..7 {
        for i in 0..3 {
            assert_eq!(receiver.len(), i);
            sender.send(number).unwrap();
        }
        assert!(receiver.is_full() && !receiver.is_empty());
        assert_eq!(sender.len(), 3);
        assert_eq!(sender.try_send(9), Err(TrySendError::Full(9)));
        // Two, then one: the ring turns by a number that its size does not divide.
        for left in [2, 1, 0] {
            receiver.recv().unwrap();
            assert_eq!(receiver.len(), left);
        }
        sender.send(0).unwrap();
        receiver.recv().unwrap();
    }
    let (sender, receiver) = unbounded();
    assert_eq!(sender.capacity(), None);
    for number in 0..100 {
        assert_eq!(sender.len(), number);
        sender.send(number).unwrap();
        assert!(!sender.is_full());
    }
    for number in 0..100 {
        assert_eq!(receiver.recv(), Ok(number));
        assert_eq!(receiver.len(), 99 - number);
    }
    let (sender, _receiver) = bounded::<()>(0);
    assert_eq!(sender.capacity(), Some(0));
    assert!(sender.is_full() && sender.is_empty());
}

#[test]
fn attempts_do_not_wait() {
    for (sender, receiver) in every_kind() {
        assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
        let fits = sender.capacity().unwrap_or(1000);
        for number in 0..fits {
            sender.try_send(number).unwrap();
        }
        if sender.capacity().is_some() {
            assert_eq!(sender.try_send(fits), Err(TrySendError::Full(fits)));
        }
        assert_eq!(
            receiver.try_iter().collect::<Vec<_>>(),
            (0..fits).collect::<Vec<_>>()
        );
        drop(sender);
        assert_eq!(receiver.try_recv(), Err(TryRecvError::Disconnected));
    }
}

#[test]
fn timeouts_take_their_time() {
    for (sender, receiver) in every_kind() {
        let start = Instant::now();
        assert_eq!(
            receiver.recv_timeout(ms(20)),
            Err(RecvTimeoutError::Timeout)
        );
        assert_eq!(
            receiver.recv_deadline(Instant::now() + ms(20)),
            Err(RecvTimeoutError::Timeout)
        );
        assert!(start.elapsed() >= ms(40));
        let Some(capacity) = sender.capacity() else {
            continue;
        };
        for _ in 0..capacity {
            sender.send(0).unwrap();
        }
        let start = Instant::now();
        assert_eq!(
            sender.send_timeout(1, ms(20)),
            Err(SendTimeoutError::Timeout(1))
        );
        assert_eq!(
            sender.send_deadline(2, Instant::now() + ms(20)),
            Err(SendTimeoutError::Timeout(2))
        );
        assert!(start.elapsed() >= ms(40));
        // The senders that gave up left nothing behind.
        assert_eq!(receiver.try_iter().count(), capacity);
    }
}

#[test]
fn every_message_arrives_once() {
    const EACH: usize = 20_000;
    for (sender, receiver) in every_kind() {
        let senders: Vec<_> = (0..3)
            .map(|id| {
                let sender = sender.clone();
                thread::spawn(move || {
                    for number in 0..EACH {
                        sender.send((id, Box::new(number))).unwrap();
                    }
                })
            })
            .collect();
        drop(sender);
        let receivers: Vec<_> = (0..3)
            .map(|_| {
                let receiver = receiver.clone();
                thread::spawn(move || receiver.into_iter().collect::<Vec<_>>())
            })
            .collect();
        drop(receiver);
        let mut all = Vec::new();
        for receiving in receivers {
            let got = receiving.join().unwrap();
            for id in 0..3 {
                assert!(
                    got.iter()
                        .filter(|message| message.0 == id)
                        .is_sorted_by_key(|message| &message.1),
                    "one sender's messages arrive in order"
                );
            }
            all.extend(got);
        }
        for sending in senders {
            sending.join().unwrap();
        }
        all.sort();
        let expected = (0..3).flat_map(|id| (0..EACH).map(move |number| (id, Box::new(number))));
        assert!(all.into_iter().eq(expected));
    }
}

#[test]
fn waiting_receivers_are_served_in_the_order_they_came() {
    for (sender, receiver) in every_kind() {
        let waiting: Vec<_> = (0..4)
            .map(|_| {
                let receiver = receiver.clone();
                asleep_in(move || receiver.recv().unwrap())
            })
            .collect();
        for number in 0..4 {
            sender.send(number).unwrap();
        }
        for (number, waits) in waiting.into_iter().enumerate() {
            assert_eq!(waits.join().unwrap(), number);
        }
    }
}

#[test]
fn waiting_senders_are_served_in_the_order_they_came() {
    for capacity in [0, 1, 3] {
        let (sender, receiver) = bounded(capacity);
        for number in 0..capacity {
            sender.send(number).unwrap();
        }
        let waiting: Vec<_> = (capacity..capacity + 4)
            .map(|number| {
                let sender = sender.clone();
                asleep_in(move || sender.send(number).unwrap())
            })
            .collect();
        drop(sender);
        assert_eq!(
            receiver.iter().collect::<Vec<_>>(),
            (0..capacity + 4).collect::<Vec<_>>()
        );
        for waits in waiting {
            waits.join().unwrap();
        }
    }
}

#[test]
fn close_ends_every_wait_and_drains() {
    for (sender, receiver) in every_kind() {
        let fits = sender.capacity().unwrap_or(5);
        for number in 0..fits {
            sender.send(number).unwrap();
        }
        let waits = sender.capacity().map(|_| {
            let sender = sender.clone();
            thread::spawn(move || sender.send(100))
        });
        thread::sleep(ms(20));
        assert!(!sender.is_closed());
        assert!(receiver.close());
        assert!(!sender.close(), "it was closed before");
        assert!(sender.is_closed() && receiver.is_closed());
        if let Some(waits) = waits {
            assert_eq!(waits.join().unwrap(), Err(SendError(100)));
        }
        assert_eq!(sender.try_send(7), Err(TrySendError::Disconnected(7)));
        assert_eq!(
            sender.send_timeout(7, ms(1)),
            Err(SendTimeoutError::Disconnected(7))
        );
        assert_eq!(
            receiver.iter().collect::<Vec<_>>(),
            (0..fits).collect::<Vec<_>>()
        );
        assert_eq!(receiver.recv(), Err(RecvError));
        assert_eq!(
            receiver.recv_timeout(ms(1)),
            Err(RecvTimeoutError::Disconnected)
        );
    }
}

#[test]
fn close_wakes_waiting_receivers() {
    for (sender, receiver) in every_kind::<u8>() {
        let waits = thread::spawn(move || receiver.recv());
        thread::sleep(ms(20));
        sender.close();
        assert_eq!(waits.join().unwrap(), Err(RecvError));
    }
}

#[test]
fn messages_nobody_receives_are_dropped_with_the_last_receiver() {
    for (sender, receiver) in every_kind() {
        let message = std::rc::Rc::new(());
        for _ in 0..sender.capacity().unwrap_or(100) {
            sender.send(message.clone()).unwrap();
        }
        let other = receiver.clone();
        drop(receiver);
        drop(other);
        assert_eq!(std::rc::Rc::strong_count(&message), 1);
        let back = sender.send(message).unwrap_err().into_inner();
        assert_eq!(std::rc::Rc::strong_count(&back), 1);
    }
}

#[test]
fn messages_left_in_a_closed_channel_are_dropped_once() {
    struct Counted<'a>(&'a std::cell::Cell<u32>);
    impl Drop for Counted<'_> {
        fn drop(&mut self) {
            self.0.set(self.0.get() + 1);
        }
    }
    for turns in [0, 1, 2, 30, 31, 32, 63] {
        let drops = std::cell::Cell::new(0);
        for (sender, receiver) in [bounded(70), unbounded()] {
            for _ in 0..turns {
                sender.send(Counted(&drops)).unwrap();
                receiver.recv().unwrap();
            }
            for _ in 0..40 {
                sender.send(Counted(&drops)).unwrap();
            }
            drops.set(0);
            drop(sender);
            drop(receiver);
            assert_eq!(drops.get(), 40);
        }
    }
}

#[test]
fn ends_know_their_channel() {
    for (sender, receiver) in every_kind::<u8>() {
        for (other_sender, other_receiver) in every_kind::<u8>() {
            assert!(!sender.same_channel(&other_sender));
            assert!(!receiver.same_channel(&other_receiver));
        }
        assert!(sender.same_channel(&sender.clone()));
        assert!(receiver.same_channel(&receiver.clone()));
        assert_eq!(
            format!("{sender:?} {receiver:?}"),
            "Sender { .. } Receiver { .. }"
        );
    }
}

#[test]
fn large_capacity_costs_nothing_until_used() {
    let (sender, receiver) = bounded::<[u64; 16]>(1 << 26);
    assert_eq!(sender.capacity(), Some(1 << 26));
    sender.send([7; 16]).unwrap();
    assert_eq!(receiver.recv(), Ok([7; 16]));
    let status = std::fs::read_to_string("/proc/self/statm").unwrap();
    let resident_pages: usize = status.split(' ').nth(1).unwrap().parse().unwrap();
    assert!(
        resident_pages < 1 << 16,
        "{resident_pages} pages are resident"
    );
}

#[test]
fn messages_without_size_are_counted() {
    for (sender, receiver) in [bounded(100), unbounded()] {
        for _ in 0..100 {
            sender.send(()).unwrap();
        }
        assert_eq!(receiver.len(), 100);
        assert_eq!(receiver.try_iter().count(), 100);
    }
}
