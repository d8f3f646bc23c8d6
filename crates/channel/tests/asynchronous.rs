//! Sending and receiving from async code, polled by hand.
#![cfg(not(selvedge_loom))]
#![allow(missing_docs)]
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "these tests are about real threads, and wakers want the standard library's `Arc`"
)]

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

use selvedge_channel::{Receiver, RecvError, SendError, Sender, bounded, never, unbounded};

/// Counts how often it is woken.
#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

struct Unpark(thread::Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn block_on<F: Future>(future: F) -> F::Output {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

/// Polls once, waking `count`.
fn poll<F: Future + Unpin>(future: &mut F, count: &Arc<Count>) -> Poll<F::Output> {
    let waker = Waker::from(Arc::clone(count));
    pin!(future).poll(&mut Context::from_waker(&waker))
}

fn every_kind<T>() -> Vec<(Sender<T>, Receiver<T>)> {
    vec![bounded(0), bounded(1), bounded(3), unbounded()]
}

#[test]
fn receivers_in_line_are_served_in_order_and_woken_once() {
    for (sender, receiver) in every_kind() {
        let counts: [Arc<Count>; 3] = Default::default();
        let mut futures = [0; 3].map(|_| receiver.recv_async());
        for (future, count) in futures.iter_mut().zip(&counts) {
            assert!(poll(future, count).is_pending());
            assert!(poll(future, count).is_pending(), "still in its place");
        }
        for number in 0..3 {
            sender.try_send(number).unwrap();
        }
        for (number, (future, count)) in futures.iter_mut().zip(&counts).enumerate() {
            assert_eq!(count.0.load(Ordering::Relaxed), 1);
            assert_eq!(poll(future, count), Poll::Ready(Ok(number)));
        }
    }
}

#[test]
fn a_dropped_receive_loses_nothing_and_keeps_the_order() {
    for forwards in [true, false] {
        for (sender, receiver) in every_kind() {
            let count = Arc::default();
            let mut first = receiver.recv_async();
            let mut second = receiver.recv_async();
            assert!(poll(&mut first, &count).is_pending());
            assert!(poll(&mut second, &count).is_pending());
            sender.try_send(1).unwrap();
            sender.try_send(2).unwrap();
            if sender.capacity() != Some(0) {
                sender.try_send(3).unwrap();
            }
            if forwards {
                drop(first);
                drop(second);
            } else {
                drop(second);
                drop(first);
            }
            assert!(!receiver.is_empty());
            assert_eq!(receiver.recv(), Ok(1));
            assert_eq!(receiver.try_recv(), Ok(2));
            drop(sender);
            let rest = usize::from(receiver.capacity() != Some(0));
            assert_eq!(receiver.len(), rest);
            assert_eq!(receiver.iter().count(), rest);
        }
    }
}

#[test]
fn a_dropped_receive_passes_its_message_to_who_waits() {
    let (sender, receiver) = bounded(1);
    let counts: [Arc<Count>; 2] = Default::default();
    let mut first = receiver.recv_async();
    let mut second = receiver.recv_async();
    assert!(poll(&mut first, &counts[0]).is_pending());
    assert!(poll(&mut second, &counts[1]).is_pending());
    sender.try_send(1).unwrap();
    drop(first);
    assert_eq!(counts[1].0.load(Ordering::Relaxed), 1);
    assert_eq!(poll(&mut second, &counts[1]), Poll::Ready(Ok(1)));
}

#[test]
fn a_dropped_send_gives_up_its_place() {
    let (sender, receiver) = bounded(1);
    let count = Arc::default();
    sender.send(0).unwrap();
    let mut first = sender.send_async(1);
    let mut second = sender.send_async(2);
    assert!(poll(&mut first, &count).is_pending());
    assert!(poll(&mut second, &count).is_pending());
    drop(first);
    assert_eq!(receiver.try_recv(), Ok(0));
    assert_eq!(poll(&mut second, &count), Poll::Ready(Ok(())));
    assert_eq!(receiver.try_recv(), Ok(2));
}

#[test]
fn close_ends_futures() {
    for (sender, receiver) in every_kind() {
        let count = Arc::default();
        let mut receiving = receiver.recv_async();
        assert!(poll(&mut receiving, &count).is_pending());
        sender.close();
        assert_eq!(poll(&mut receiving, &count), Poll::Ready(Err(RecvError)));
        assert_eq!(block_on(sender.send_async(1)), Err(SendError(1)));
    }
    let (sender, receiver) = bounded(0);
    let count = Arc::default();
    let mut sending = sender.send_async(4);
    assert!(poll(&mut sending, &count).is_pending());
    drop(receiver);
    assert_eq!(poll(&mut sending, &count), Poll::Ready(Err(SendError(4))));
    assert!(poll(&mut never::<u8>().recv_async(), &count).is_pending());
}

#[test]
fn async_and_blocking_ends_mix() {
    for (sender, receiver) in every_kind() {
        let other = sender.clone();
        let blocking = thread::spawn(move || {
            for number in 0..2_000 {
                other.send(number).unwrap();
            }
        });
        let sending = thread::spawn(move || {
            block_on(async {
                for number in 2_000..4_000 {
                    sender.send_async(number).await.unwrap();
                }
            });
        });
        let also = receiver.clone();
        let receiving = thread::spawn(move || also.iter().collect::<Vec<_>>());
        let mut all = block_on(async {
            let mut all = Vec::new();
            while let Ok(message) = receiver.recv_async().await {
                all.push(message);
            }
            all
        });
        all.extend(receiving.join().unwrap());
        all.sort_unstable();
        assert!(all.into_iter().eq(0..4_000));
        blocking.join().unwrap();
        sending.join().unwrap();
    }
}
