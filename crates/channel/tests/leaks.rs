//! Nothing stays on the heap: messages, segments, lines.
#![cfg(not(selvedge_loom))]
#![allow(missing_docs)]

#[path = "../../../tests/support/heap.rs"]
mod heap;

use heap::{alone, leaves_nothing};
use selvedge_channel::{bounded, unbounded};
use selvedge_sync::seam::thread;

#[test]
fn channel_goes_with_its_messages() {
    leaves_nothing(|| {
        for (sender, receiver) in [bounded(4), unbounded()] {
            for number in 0..3 {
                sender.send(Box::new(number)).unwrap();
            }
            assert_eq!(receiver.recv().as_deref(), Ok(&0));
        }
    });
}

#[test]
fn segments_that_two_receivers_empty_are_freed() {
    // So many that the receivers meet in a segment, however busy the machine is.
    const MESSAGES: usize = 40_000;
    leaves_nothing(|| {
        let (sender, receiver) = unbounded();
        for number in 0..MESSAGES {
            sender.send(number).unwrap();
        }
        drop(sender);
        let receivers = [receiver.clone(), receiver]
            .map(|receiver| thread::spawn(move || receiver.iter().count()));
        let received = receivers.map(|receiver| receiver.join().unwrap());
        assert_eq!(received.iter().sum::<usize>(), MESSAGES);
    });
    drop(alone());
}
