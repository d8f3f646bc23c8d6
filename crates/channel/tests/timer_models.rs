//! Models of the channels whose messages come from the clock.
#![cfg(selvedge_loom)]

use selvedge_channel::{after, tick};
use selvedge_sync::model;
use selvedge_sync::seam::clock::Duration;
use selvedge_sync::seam::model::reach;
use selvedge_sync::seam::thread;

const DUE: Duration = Duration::from_millis(1);

#[test]
fn one_message_goes_to_one_receiver() {
    model!(
        "one_message_goes_to_one_receiver",
        "of two receivers of a timer's one message, exactly one gets it and the other times out"
    )
    .preemptions(3)
    .reaches(&["here", "there"])
    .check(|| {
        let timer = after(DUE);
        let other = timer.clone();
        let there = thread::spawn(move || other.recv_timeout(2 * DUE).is_ok());
        let here = timer.recv_timeout(2 * DUE).is_ok();
        let there = there.join().unwrap();
        assert!(here != there, "here: {here}, there: {there}");
        reach(if here { "here" } else { "there" });
    });
}

#[test]
fn ticks_are_never_handed_out_twice() {
    model!(
        "ticks_are_never_handed_out_twice",
        "two receivers of a ticking timer get different points in time"
    )
    .preemptions(2)
    .reaches(&["here first", "there first"])
    .check(|| {
        let timer = tick(DUE);
        let other = timer.clone();
        let there = thread::spawn(move || other.recv().unwrap());
        let here = timer.recv().unwrap();
        let there = there.join().unwrap();
        assert_ne!(here, there);
        reach(if here < there {
            "here first"
        } else {
            "there first"
        });
    });
}

#[test]
fn message_is_there_at_its_very_instant() {
    model!(
        "message_is_there_at_its_very_instant",
        "a timer's message counts from the instant on at which it is due"
    )
    .reaches(&["there"])
    .check(|| {
        // Time stands still in a model while nobody waits.
        let timer = after(Duration::ZERO);
        assert_eq!(timer.len(), 1);
        reach("there");
        assert!(timer.try_recv().is_ok());
        assert_eq!(timer.len(), 0);
    });
}
