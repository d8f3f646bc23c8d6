//! Models of channels without a bound: segments hold two messages in a model, so that these cross
//! the end of one.
#![cfg(selvedge_loom)]
#![allow(missing_docs)]

mod properties;

use selvedge_channel::{Select, unbounded};
use selvedge_sync::model;
use selvedge_sync::seam::bounds::SEGMENT_SLOTS;
use selvedge_sync::seam::model::reach;
use selvedge_sync::seam::thread;

#[test]
fn unbounded_loses_and_duplicates_nothing() {
    properties::loses_and_duplicates_nothing(
        model!(
            "unbounded_loses_and_duplicates_nothing",
            "two senders and two receivers over one segment pass each message once"
        )
        .preemptions(1)
        .reaches(&["kept", "crossed", "a receiver had to wait"]),
        unbounded,
    );
}

#[test]
fn unbounded_keeps_the_order_of_one_sender() {
    properties::one_senders_messages_arrive_in_order(
        model!(
            "unbounded_keeps_the_order_of_one_sender",
            "three messages through two segments arrive in order, then the end"
        )
        .preemptions(2)
        .reaches(&["the receiver had to wait"]),
        unbounded,
        3,
    );
}

#[test]
fn unbounded_hand_over_wakes_the_receiver() {
    properties::hand_over_wakes_the_receiver(
        model!(
            "unbounded_hand_over_wakes_the_receiver",
            "a receiver waiting, asleep or about to be, is woken by a send"
        )
        .reaches(&["the receiver had to wait"]),
        unbounded,
    );
}

#[test]
fn unbounded_disconnect_wakes_the_receiver() {
    properties::disconnect_wakes_the_receiver(
        model!(
            "unbounded_disconnect_wakes_the_receiver",
            "the last of two senders to go ends the receiver's wait"
        )
        .preemptions(2)
        .reaches(&["the end met a waiting receiver"]),
        unbounded,
    );
}

#[test]
fn unbounded_close_drains_what_was_sent() {
    properties::close_drains_what_was_sent(
        model!(
            "unbounded_close_drains_what_was_sent",
            "after a close at any point, exactly what was sent is received"
        )
        .preemptions(1)
        .reaches(&["closed while sending"]),
        unbounded,
    );
}

#[test]
fn unbounded_timed_receive_loses_nothing() {
    properties::timed_receive_loses_nothing(
        model!(
            "unbounded_timed_receive_loses_nothing",
            "a receive that times out at any point leaves the message to the next"
        )
        .preemptions(2)
        .reaches(&["received in time", "timed out"]),
        unbounded,
    );
}

#[test]
fn unbounded_timed_receiver_leaves_the_line() {
    properties::timed_receiver_leaves_the_line(
        model!(
            "unbounded_timed_receiver_leaves_the_line",
            "a waiting receiver behind one that times out at any point is served"
        )
        .preemptions(2)
        .reaches(&["timed out"]),
        unbounded,
    );
}

#[test]
fn unbounded_attempts_tell_the_truth() {
    properties::attempts_tell_the_truth(
        model!(
            "unbounded_attempts_tell_the_truth",
            "a try_send that succeeds is seen by exactly one try_recv"
        )
        .reaches(&["received early", "received late"]),
        unbounded,
    );
}

#[test]
fn unbounded_senders_cross_into_the_next_segment() {
    model!(
        "unbounded_senders_cross_into_the_next_segment",
        "a sender that finds the position beyond a lap's end writes into the segment of that lap"
    )
    .preemptions(2)
    .reaches(&["crossed"])
    .check(|| {
        let (sender, receiver) = unbounded();
        let other = sender.clone();
        let filler = thread::spawn(move || {
            for number in 0..SEGMENT_SLOTS {
                other.send(number).unwrap();
            }
        });
        thread::yield_now();
        sender.send(100).unwrap();
        filler.join().unwrap();
        drop(sender);
        let mut received: Vec<_> = receiver.iter().collect();
        if received.last() == Some(&100) {
            reach("crossed");
        }
        received.sort_unstable();
        assert!(received.into_iter().eq((0..SEGMENT_SLOTS).chain([100])));
    });
}

#[test]
fn unbounded_gates_move_while_a_segment_is_linked() {
    model!(
        "unbounded_gates_move_while_a_segment_is_linked",
        "a receiver that waits, again and again, gets all messages across the end of a segment"
    )
    .preemptions(2)
    .reaches(&["all"])
    .check(|| {
        let (sender, receiver) = unbounded();
        let thread = thread::spawn(move || {
            for number in 0..=SEGMENT_SLOTS {
                sender.send(number).unwrap();
            }
        });
        for number in 0..=SEGMENT_SLOTS {
            assert_eq!(receiver.recv(), Ok(number));
        }
        reach("all");
        thread.join().unwrap();
        assert!(receiver.recv().is_err());
    });
}

#[test]
fn unbounded_receivers_cross_into_the_next_segment() {
    model!(
        "unbounded_receivers_cross_into_the_next_segment",
        "a receiver that finds the position beyond a lap's end reads from the segment of that lap"
    )
    .preemptions(2)
    .reaches(&["crossed"])
    .check(|| {
        let (sender, receiver) = unbounded();
        for number in 0..=SEGMENT_SLOTS {
            sender.send(number).unwrap();
        }
        let other = receiver.clone();
        let emptier = thread::spawn(move || {
            let mut sum = 0;
            for _ in 0..SEGMENT_SLOTS {
                sum += other.try_recv().unwrap_or(0);
            }
            sum
        });
        thread::yield_now();
        let mut sum = match receiver.try_recv() {
            Ok(SEGMENT_SLOTS) => {
                reach("crossed");
                SEGMENT_SLOTS
            }
            other => other.unwrap_or(0),
        };
        sum += emptier.join().unwrap();
        drop(sender);
        sum += receiver.iter().sum::<usize>();
        assert_eq!(sum, (0..=SEGMENT_SLOTS).sum());
    });
}

#[test]
fn unbounded_stays_closed_while_a_segment_is_linked() {
    model!(
        "unbounded_stays_closed_while_a_segment_is_linked",
        "a channel closed while a sender crosses the end of a segment lets no later message in"
    )
    .preemptions(2)
    .reaches(&["closed midway"])
    .check(|| {
        let (sender, receiver) = unbounded();
        let other = sender.clone();
        let thread = thread::spawn(move || {
            (0..SEGMENT_SLOTS)
                .filter(|number| other.send(*number).is_ok())
                .count()
        });
        thread::yield_now();
        sender.close();
        let sent = thread.join().unwrap();
        if sent < SEGMENT_SLOTS {
            reach("closed midway");
        }
        assert!(sender.send(100).is_err());
        assert_eq!(receiver.iter().count(), sent);
    });
}

#[test]
fn unbounded_position_survives_the_gates() {
    model!(
        "unbounded_position_survives_the_gates",
        "gates that close and open while a sender crosses the end of a segment lose no position"
    )
    .preemptions(2)
    .reaches(&["all"])
    .check(|| {
        let (sender, receiver) = unbounded();
        let thread = thread::spawn(move || {
            for number in 0..=SEGMENT_SLOTS {
                sender.send(number).unwrap();
            }
        });
        thread::yield_now();
        let mut select = Select::new();
        select.recv(&receiver);
        // Looks behind closed gates.
        let _ = select.try_ready();
        thread.join().unwrap();
        assert!(receiver.iter().eq(0..=SEGMENT_SLOTS));
        reach("all");
    });
}

#[test]
fn handles_made_and_dropped_at_once_are_all_counted() {
    model!(
        "handles_made_and_dropped_at_once_are_all_counted",
        "a channel is open as long as both sides have a handle, and closed when one has none"
    )
    .preemptions(2)
    .reaches(&["open", "closed"])
    .check(|| {
        let (sender, receiver) = unbounded();
        let others = [(); 2].map(|()| {
            let (sender, receiver) = (sender.clone(), receiver.clone());
            thread::spawn(move || {
                drop((sender.clone(), receiver.clone()));
                drop((sender, receiver));
            })
        });
        for other in others {
            other.join().unwrap();
        }
        assert!(sender.send(1).is_ok());
        reach("open");
        drop(receiver);
        assert!(sender.send(2).is_err());
        reach("closed");
    });
}
