//! Models of the order in which those who wait are served.
//!
//! A future that was polled once stands in line for certain, which a thread does not tell; so the
//! first in line is a future, and those who come later are threads.
#![cfg(selvedge_loom)]
#![allow(missing_docs)]

use core::future::Future;
use core::pin::{Pin, pin};
use core::task::{Context, Poll, Waker};

use selvedge_channel::{Receiver, Sender, bounded, unbounded};
use selvedge_sync::model;
use selvedge_sync::seam::model::reach;
use selvedge_sync::seam::thread::spawn;

fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

type Make = fn() -> (Sender<Box<u32>>, Receiver<Box<u32>>);

#[test]
fn newcomers_do_not_overtake_a_waiting_receiver() {
    const KINDS: [Make; 3] = [|| bounded(0), || bounded(1), unbounded];
    for make in KINDS {
        model!(
            "newcomers_do_not_overtake_a_waiting_receiver",
            "the first message goes to the receiver that waits, whoever else asks meanwhile"
        )
        .preemptions(2)
        .reaches(&["asked in vain", "asked late"])
        .check(move || {
            let (sender, receiver) = make();
            let newcomer = receiver.clone();
            let mut first = pin!(receiver.recv_async());
            assert!(poll(first.as_mut()).is_pending());
            let receiving = spawn(move || {
                let got = newcomer.try_recv();
                reach(if got.is_ok() {
                    "asked late"
                } else {
                    "asked in vain"
                });
                *got.or_else(|_| newcomer.recv()).unwrap()
            });
            sender.send(Box::new(1)).unwrap();
            sender.send(Box::new(2)).unwrap();
            let Poll::Ready(Ok(message)) = poll(first.as_mut()) else {
                panic!("whoever waits first is served first");
            };
            assert_eq!(*message, 1);
            assert_eq!(receiving.join().unwrap(), 2);
        });
    }
}

#[test]
fn newcomers_do_not_overtake_a_waiting_sender() {
    const KINDS: [(Make, u32); 2] = [(|| bounded(0), 0), (|| bounded(1), 1)];
    for (make, fill) in KINDS {
        model!(
            "newcomers_do_not_overtake_a_waiting_sender",
            "the message of the sender that waits arrives before that of one who came later"
        )
        .preemptions(2)
        .reaches(&["offered in vain", "offered late"])
        .check(move || {
            let (sender, receiver) = make();
            for _ in 0..fill {
                sender.try_send(Box::new(0)).unwrap();
            }
            let newcomer = sender.clone();
            let mut first = pin!(sender.send_async(Box::new(1)));
            assert!(poll(first.as_mut()).is_pending());
            let sending = spawn(move || match newcomer.try_send(Box::new(2)) {
                Ok(()) => reach("offered late"),
                Err(error) => {
                    reach("offered in vain");
                    newcomer.send(error.into_inner()).unwrap();
                }
            });
            for expected in (0..fill).map(|_| 0).chain([1, 2]) {
                assert_eq!(*receiver.recv().unwrap(), expected);
            }
            assert!(matches!(poll(first.as_mut()), Poll::Ready(Ok(()))));
            sending.join().unwrap();
        });
    }
}
