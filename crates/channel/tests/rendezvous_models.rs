//! Models of channels without a buffer.
#![cfg(selvedge_loom)]
#![allow(missing_docs)]

mod properties;

use selvedge_channel::bounded;
use selvedge_sync::model;

#[test]
fn rendezvous_loses_and_duplicates_nothing() {
    properties::both_senders_are_heard(
        model!(
            "rendezvous_loses_and_duplicates_nothing",
            "a receiver meets each of two senders once"
        )
        .preemptions(2)
        .reaches(&["a sender had to wait", "a receiver had to wait"]),
        || bounded(0),
    );
}

#[test]
fn rendezvous_keeps_the_order_of_one_sender() {
    properties::one_senders_messages_arrive_in_order(
        model!(
            "rendezvous_keeps_the_order_of_one_sender",
            "three messages from hand to hand arrive in order, then the end"
        )
        .preemptions(2)
        .reaches(&["the sender had to wait", "the receiver had to wait"]),
        || bounded(0),
        3,
    );
}

#[test]
fn rendezvous_hand_over_wakes_the_receiver() {
    properties::hand_over_wakes_the_receiver(
        model!(
            "rendezvous_hand_over_wakes_the_receiver",
            "a receiver waiting, asleep or about to be, is woken by a send"
        )
        .reaches(&["the receiver had to wait"]),
        || bounded(0),
    );
}

#[test]
fn rendezvous_disconnect_wakes_the_receiver() {
    properties::disconnect_wakes_the_receiver(
        model!(
            "rendezvous_disconnect_wakes_the_receiver",
            "the last of two senders to go ends the receiver's wait"
        )
        .preemptions(2)
        .reaches(&["the end met a waiting receiver"]),
        || bounded(0),
    );
}

#[test]
fn rendezvous_disconnect_gives_the_message_back() {
    properties::disconnect_gives_the_message_back(
        model!(
            "rendezvous_disconnect_gives_the_message_back",
            "the last receiver to go ends a sender's wait, and the message comes back"
        )
        .preemptions(2)
        .reaches(&["the end met a waiting sender"]),
        || bounded(0),
    );
}

#[test]
fn rendezvous_close_drains_what_was_sent() {
    properties::close_drains_what_was_sent(
        model!(
            "rendezvous_close_drains_what_was_sent",
            "after a close at any point, exactly what was sent is received"
        )
        .preemptions(1)
        .reaches(&["closed while sending"]),
        || bounded(0),
    );
}

#[test]
fn rendezvous_timed_send_is_sent_or_comes_back() {
    properties::timed_send_is_sent_or_comes_back(
        model!(
            "rendezvous_timed_send_is_sent_or_comes_back",
            "a send that times out at any point gives the message back, else it arrives"
        )
        .preemptions(1)
        .reaches(&["sent in time", "timed out"]),
        || bounded(0),
        0,
    );
}

#[test]
fn rendezvous_timed_receiver_leaves_the_line() {
    properties::timed_receiver_leaves_the_line(
        model!(
            "rendezvous_timed_receiver_leaves_the_line",
            "a waiting receiver behind one that times out at any point is served"
        )
        .preemptions(2)
        .reaches(&["timed out"]),
        || bounded(0),
    );
}

#[test]
fn rendezvous_attempts_tell_the_truth() {
    properties::attempts_tell_the_truth(
        model!(
            "rendezvous_attempts_tell_the_truth",
            "a try_send that succeeds is seen by exactly one try_recv"
        )
        .reaches(&["refused"]),
        || bounded(0),
    );
}
