//! Models of channels with a bounded buffer.
#![cfg(selvedge_loom)]
#![allow(missing_docs)]

mod properties;

use selvedge_channel::bounded;
use selvedge_sync::model;

#[test]
fn bounded_loses_and_duplicates_nothing() {
    properties::loses_and_duplicates_nothing(
        model!(
            "bounded_loses_and_duplicates_nothing",
            "two senders and two receivers on one place pass each message once"
        )
        .preemptions(1)
        .reaches(&[
            "kept",
            "crossed",
            "the buffer was full",
            "a receiver had to wait",
        ]),
        || bounded(1),
    );
}

#[test]
fn bounded_keeps_the_order_of_one_sender() {
    properties::one_senders_messages_arrive_in_order(
        model!(
            "bounded_keeps_the_order_of_one_sender",
            "three messages through two places arrive in order, then the end"
        )
        .preemptions(2)
        .reaches(&["the sender had to wait", "the receiver had to wait"]),
        || bounded(2),
        3,
    );
}

#[test]
fn bounded_hand_over_wakes_the_receiver() {
    properties::hand_over_wakes_the_receiver(
        model!(
            "bounded_hand_over_wakes_the_receiver",
            "a receiver waiting, asleep or about to be, is woken by a send"
        )
        .reaches(&["the receiver had to wait"]),
        || bounded(1),
    );
}

#[test]
fn bounded_disconnect_wakes_the_receiver() {
    properties::disconnect_wakes_the_receiver(
        model!(
            "bounded_disconnect_wakes_the_receiver",
            "the last of two senders to go ends the receiver's wait"
        )
        .preemptions(2)
        .reaches(&["the end met a waiting receiver"]),
        || bounded(1),
    );
}

#[test]
fn bounded_disconnect_gives_the_message_back() {
    properties::disconnect_gives_the_message_back(
        model!(
            "bounded_disconnect_gives_the_message_back",
            "the last receiver to go ends a sender's wait, and the message comes back"
        )
        .preemptions(2)
        .reaches(&["the end met a waiting sender"]),
        || bounded(1),
    );
}

#[test]
fn bounded_close_drains_what_was_sent() {
    properties::close_drains_what_was_sent(
        model!(
            "bounded_close_drains_what_was_sent",
            "after a close at any point, exactly what was sent is received"
        )
        .preemptions(1)
        .reaches(&["closed while sending"]),
        || bounded(1),
    );
}

#[test]
fn bounded_timed_receive_loses_nothing() {
    properties::timed_receive_loses_nothing(
        model!(
            "bounded_timed_receive_loses_nothing",
            "a receive that times out at any point leaves the message to the next"
        )
        .preemptions(2)
        .reaches(&["received in time", "timed out"]),
        || bounded(1),
    );
}

#[test]
fn bounded_timed_send_is_sent_or_comes_back() {
    properties::timed_send_is_sent_or_comes_back(
        model!(
            "bounded_timed_send_is_sent_or_comes_back",
            "a send that times out at any point gives the message back, else it arrives"
        )
        .preemptions(1)
        .reaches(&["sent in time", "timed out"]),
        || bounded(1),
        1,
    );
}

#[test]
fn bounded_timed_receiver_leaves_the_line() {
    properties::timed_receiver_leaves_the_line(
        model!(
            "bounded_timed_receiver_leaves_the_line",
            "a waiting receiver behind one that times out at any point is served"
        )
        .preemptions(2)
        .reaches(&["timed out"]),
        || bounded(1),
    );
}

#[test]
fn bounded_attempts_tell_the_truth() {
    properties::attempts_tell_the_truth(
        model!(
            "bounded_attempts_tell_the_truth",
            "a try_send that succeeds is seen by exactly one try_recv"
        )
        .reaches(&["received early", "received late"]),
        || bounded(1),
    );
}
