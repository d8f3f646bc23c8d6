//! Models of taking and dropping the lock: exclusion, service, wake-ups, forced switches.
#![cfg(selvedge_loom)]
#![allow(missing_docs)]

mod support;

use selvedge_gil::{Gil, Policy, Requests};
use selvedge_sync::model;
use selvedge_sync::seam::atomic::{AtomicBool, Ordering};
use selvedge_sync::seam::clock::Duration;
use selvedge_sync::seam::model::reach;
use selvedge_sync::seam::{Arc, thread};
use support::{Guarded, note_waits};

fn gil() -> Gil {
    Gil::builder().policy(Policy::Interval).build()
}

#[test]
fn two_threads_never_hold_at_once() {
    model!(
        "two_threads_never_hold_at_once",
        "what two threads do while attached never overlaps, and each sees what the other did"
    )
    .preemptions(3)
    .reaches(&["waited"])
    .check(|| {
        let (gil, guarded) = (gil(), Guarded::new());
        let other = {
            let (gil, guarded) = (gil.clone(), Arc::clone(&guarded));
            thread::spawn(move || guarded.add(&gil.register().attach()))
        };
        guarded.add(&gil.register().attach());
        other.join().unwrap();
        assert_eq!(guarded.add(&gil.register().attach()), 3);
        note_waits(&gil);
    });
}

#[test]
fn three_threads_never_hold_at_once() {
    model!(
        "three_threads_never_hold_at_once",
        "three threads that attach and detach are all served, one at a time"
    )
    .preemptions(1)
    .reaches(&["waited"])
    .check(|| {
        let (gil, guarded) = (gil(), Guarded::new());
        let others = [(); 2].map(|()| {
            let (gil, guarded) = (gil.clone(), Arc::clone(&guarded));
            thread::spawn(move || guarded.add(&gil.register().attach()))
        });
        guarded.add(&gil.register().attach());
        for other in others {
            other.join().unwrap();
        }
        assert_eq!(guarded.add(&gil.register().attach()), 4);
        note_waits(&gil);
    });
}

#[test]
fn requester_is_served() {
    model!(
        "requester_is_served",
        "a thread that only ever passes safe points lets a waiter have the lock"
    )
    .preemptions(2)
    .reaches(&["drop request seen"])
    .check(|| {
        let gil = gil();
        let served = Arc::new(AtomicBool::new(false));
        let mut member = gil.register();
        let mut attached = member.attach();
        let waiter = {
            let (gil, served) = (gil.clone(), Arc::clone(&served));
            thread::spawn(move || {
                let mut member = gil.register();
                let _attached = member.attach();
                served.store(true, Ordering::Relaxed);
            })
        };
        while !served.load(Ordering::Relaxed) {
            if attached.handle().pending().contains(Requests::DROP) {
                reach("drop request seen");
                attached.checkpoint();
                assert!(
                    served.load(Ordering::Relaxed),
                    "the holder had the lock back before the waiter had it"
                );
            } else {
                thread::yield_now();
            }
        }
        drop(attached);
        waiter.join().unwrap();
    });
}

#[test]
fn waiter_about_to_park_is_woken() {
    model!(
        "waiter_about_to_park_is_woken",
        "a waiter gets the lock of a holder that detaches at any moment, with no interval to help"
    )
    .preemptions(6)
    .reaches(&["waited"])
    .check(|| {
        let gil = Gil::builder().switch_interval(Duration::MAX).build();
        let mut member = gil.register();
        let attached = member.attach();
        let waiter = {
            let gil = gil.clone();
            thread::spawn(move || drop(gil.register().attach()))
        };
        drop(attached);
        waiter.join().unwrap();
        note_waits(&gil);
    });
}

#[test]
fn nudged_waiter_takes_the_lock_or_stays_queued() {
    model!(
        "nudged_waiter_takes_the_lock_or_stays_queued",
        "a waiter woken for a lock that was taken again first is served at the next release"
    )
    .preemptions(4)
    .reaches(&["taken again first"])
    .check(|| {
        let gil = Gil::builder().switch_interval(Duration::MAX).build();
        let guarded = Guarded::new();
        let mut member = gil.register();
        let mut attached = member.attach();
        let waiter = {
            let (gil, guarded) = (gil.clone(), Arc::clone(&guarded));
            thread::spawn(move || guarded.add(&gil.register().attach()))
        };
        while gil.stats().total().waits == 0 {
            thread::yield_now();
        }
        attached.detach(|| ());
        if guarded.add(&attached) == 1 {
            reach("taken again first");
        }
        drop(attached);
        waiter.join().unwrap();
        assert_eq!(guarded.add(&gil.register().attach()), 3);
    });
}

#[test]
fn thread_that_let_go_is_served_again() {
    model!(
        "thread_that_let_go_is_served_again",
        "a thread that let go at a safe point has the lock back once the other leaves, however \
         soon that is, with no interval to help"
    )
    .preemptions(3)
    .reaches(&["let go"])
    .check(|| {
        let gil = Gil::builder().switch_interval(Duration::MAX).build();
        let mut member = gil.register();
        let mut attached = member.attach();
        let other = {
            let gil = gil.clone();
            thread::spawn(move || drop(gil.register().attach()))
        };
        while !attached.switch() {
            thread::yield_now();
        }
        reach("let go");
        drop(attached);
        other.join().unwrap();
    });
}

#[test]
fn lock_left_as_its_waiter_gives_up_brings_what_was_done() {
    model!(
        "lock_left_as_its_waiter_gives_up_brings_what_was_done",
        "a thread that gives up and then finds the lock free sees what the last holder did"
    )
    .preemptions(3)
    .reaches(&["gave up, then attached"])
    .check(|| {
        let (gil, guarded) = (gil(), Guarded::new());
        let mut member = gil.register();
        let attached = member.attach();
        let other = {
            let (gil, guarded) = (gil.clone(), Arc::clone(&guarded));
            thread::spawn(move || {
                let mut member = gil.register();
                if member.attach_timeout(Duration::from_micros(1)).is_err()
                    && let Ok(attached) = member.try_attach()
                {
                    guarded.add(&attached);
                    reach("gave up, then attached");
                }
            })
        };
        guarded.add(&attached);
        thread::yield_now();
        thread::yield_now();
        drop(attached);
        other.join().unwrap();
    });
}

#[test]
fn timed_out_waiter_leaves_no_trace() {
    model!(
        "timed_out_waiter_leaves_no_trace",
        "a waiter that gives up neither keeps the lock nor keeps another waiter from it"
    )
    .preemptions(4)
    .reaches(&["gave up", "served"])
    .check(|| {
        let gil = gil();
        let mut member = gil.register();
        let attached = member.attach();
        let waiter = {
            let gil = gil.clone();
            thread::spawn(move || {
                let mut member = gil.register();
                let result = member.attach_timeout(Duration::from_micros(1));
                reach(if result.is_ok() { "served" } else { "gave up" });
            })
        };
        for _ in 0..2 {
            thread::yield_now();
        }
        drop(attached);
        waiter.join().unwrap();
        drop(member.try_attach().expect("the lock is free"));
    });
}
