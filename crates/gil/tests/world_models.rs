//! Models of what concerns all threads at once: stopping, finalising, switching exclusion, forking.
#![cfg(selvedge_loom)]
#![allow(missing_docs)]

mod support;

use selvedge_gil::{AttachError, Gil, Requests};
use selvedge_sync::model;
use selvedge_sync::seam::cell::UnsafeCell;
use selvedge_sync::seam::clock::Duration;
use selvedge_sync::seam::model::reach;
use selvedge_sync::seam::{Arc, thread};
use support::{Guarded, note_waits};

fn free() -> Gil {
    Gil::builder().enabled(false).build()
}

#[test]
fn stopped_world_stands_still() {
    model!(
        "stopped_world_stands_still",
        "without exclusion, what one thread does in a stopped world overlaps with nothing that \
         others do attached, and they go on afterwards"
    )
    .preemptions(3)
    .reaches(&["stopped beside an attached thread", "kept at a safe point"])
    .check(|| {
        let (gil, guarded) = (free(), Guarded::new());
        let other = {
            let (gil, guarded) = (gil.clone(), Arc::clone(&guarded));
            thread::spawn(move || {
                let mut member = gil.register();
                let mut attached = member.attach();
                guarded.add(&attached);
                let stops = attached.handle().pending().contains(Requests::STOP);
                attached.checkpoint();
                if stops {
                    reach("kept at a safe point");
                    assert!(attached.handle().pending().is_empty(), "asked for ever");
                }
                guarded.add(&attached);
            })
        };
        let mut member = gil.register();
        let mut attached = member.attach();
        {
            let stopped = gil.stop_the_world(&mut attached);
            if guarded.add(&stopped) == 2 {
                reach("stopped beside an attached thread");
            }
        }
        drop(attached);
        other.join().unwrap();
    });
}

#[test]
fn stop_waits_neither_for_the_detached_nor_lets_them_in() {
    model!(
        "stop_waits_neither_for_the_detached_nor_lets_them_in",
        "a thread that detaches and attaches while the world is stopped stays out until the end"
    )
    .preemptions(3)
    .reaches(&["waited"])
    .check(|| {
        let (gil, guarded) = (free(), Guarded::new());
        let other = {
            let (gil, guarded) = (gil.clone(), Arc::clone(&guarded));
            thread::spawn(move || {
                let mut member = gil.register();
                let mut attached = member.attach();
                attached.detach(|| ());
                guarded.add(&attached);
            })
        };
        let mut member = gil.register();
        let mut attached = member.attach();
        guarded.add(&gil.stop_the_world(&mut attached));
        drop(attached);
        other.join().unwrap();
        note_waits(&gil);
    });
}

#[test]
fn two_stops_at_once_follow_each_other() {
    model!(
        "two_stops_at_once_follow_each_other",
        "two threads that stop the world at once each get a stopped world, one after the other"
    )
    .preemptions(3)
    .reaches(&["waited"])
    .check(|| {
        let (gil, guarded) = (free(), Guarded::new());
        let other = {
            let (gil, guarded) = (gil.clone(), Arc::clone(&guarded));
            thread::spawn(move || {
                let mut member = gil.register();
                let mut attached = member.attach();
                guarded.add(&gil.stop_the_world(&mut attached));
            })
        };
        let mut member = gil.register();
        let mut attached = member.attach();
        guarded.add(&gil.stop_the_world(&mut attached));
        drop(attached);
        other.join().unwrap();
        note_waits(&gil);
    });
}

#[test]
fn finalised_lock_lets_nobody_in() {
    model!(
        "finalised_lock_lets_nobody_in",
        "once finalising returns nobody else is attached or will be; who waited is told"
    )
    .preemptions(3)
    .reaches(&["refused", "attached before"])
    .check(|| {
        // With no interval to wake who waits.
        let gil = Gil::builder().switch_interval(Duration::MAX).build();
        let guarded = Guarded::new();
        let mut member = gil.register();
        let mut attached = member.attach();
        let other = {
            let (gil, guarded) = (gil.clone(), Arc::clone(&guarded));
            thread::spawn(move || {
                let mut member = gil.register();
                match member.attach_timeout(Duration::MAX) {
                    Ok(attached) => {
                        reach("attached before");
                        guarded.add(&attached);
                    }
                    Err(error) => {
                        assert_eq!(error, AttachError::Finalising);
                        reach("refused");
                    }
                }
            })
        };
        attached.detach(thread::yield_now);
        gil.finalise(&mut attached);
        guarded.add(&attached);
        attached.detach(|| ());
        guarded.add(&attached);
        drop(attached);
        other.join().unwrap();
        assert!(gil.is_finalising());
    });
}

#[test]
fn finalising_without_exclusion_waits_for_the_attached() {
    model!(
        "finalising_without_exclusion_waits_for_the_attached",
        "without exclusion, what the finalising thread does afterwards overlaps with nothing"
    )
    .preemptions(3)
    .reaches(&["refused", "attached before"])
    .check(|| {
        let (gil, guarded) = (free(), Guarded::new());
        let mut member = gil.register();
        let mut attached = member.attach();
        let other = {
            let (gil, guarded) = (gil.clone(), Arc::clone(&guarded));
            thread::spawn(move || {
                let mut member = gil.register();
                if let Ok(attached) = member.try_attach() {
                    reach("attached before");
                    guarded.add(&attached);
                } else {
                    reach("refused");
                }
            })
        };
        gil.finalise(&mut attached);
        guarded.add(&attached);
        drop(attached);
        other.join().unwrap();
    });
}

#[test]
fn exclusion_switched_on_excludes() {
    model!(
        "exclusion_switched_on_excludes",
        "after exclusion was switched on two threads no longer overlap, and both are served"
    )
    .preemptions(2)
    .reaches(&["switched while it was attached"])
    .check(|| {
        let (gil, guarded) = (free(), Guarded::new());
        let mut member = gil.register();
        let mut attached = member.attach();
        let other = {
            let (gil, guarded) = (gil.clone(), Arc::clone(&guarded));
            thread::spawn(move || {
                let mut member = gil.register();
                let mut attached = member.attach();
                let before = gil.is_enabled();
                attached.checkpoint();
                if gil.is_enabled() {
                    if !before {
                        reach("switched while it was attached");
                    }
                    guarded.add(&attached);
                }
            })
        };
        gil.set_enabled(&mut attached, true);
        guarded.add(&attached);
        drop(attached);
        other.join().unwrap();
        guarded.add(&gil.register().attach());
    });
}

#[test]
fn exclusion_switched_off_lets_waiters_in() {
    model!(
        "exclusion_switched_off_lets_waiters_in",
        "who waits for the lock when exclusion is switched off is attached beside the holder"
    )
    .preemptions(3)
    .reaches(&["waited"])
    .check(|| {
        let gil = Gil::builder().build();
        let mut member = gil.register();
        let mut attached = member.attach();
        let other = {
            let gil = gil.clone();
            thread::spawn(move || drop(gil.register().attach()))
        };
        gil.set_enabled(&mut attached, false);
        // The holder stays attached: the other must not need it to leave.
        other.join().unwrap();
        drop(gil.stop_the_world(&mut attached));
        note_waits(&gil);
    });
}

#[test]
fn what_was_done_before_exclusion_was_switched_off_is_seen() {
    model!(
        "what_was_done_before_exclusion_was_switched_off_is_seen",
        "a thread that attaches without exclusion sees what the holder did before that was so"
    )
    .preemptions(3)
    .reaches(&["attached without exclusion"])
    .check(|| {
        let gil = Gil::builder().build();
        let done = Arc::new(UnsafeCell::new(0));
        let mut member = gil.register();
        let mut attached = member.attach();
        let other = {
            let (gil, done) = (gil.clone(), Arc::clone(&done));
            thread::spawn(move || {
                let mut member = gil.register();
                let Ok(_attached) = member.try_attach() else {
                    return;
                };
                if !gil.is_enabled() {
                    reach("attached without exclusion");
                    // SAFETY: written before exclusion was switched off, and never again.
                    done.with(|done| assert_eq!(unsafe { *done }, 1));
                }
            })
        };
        // SAFETY: attached, with mutual exclusion; loom reports it if somebody reads meanwhile.
        done.with_mut(|done| unsafe { *done = 1 });
        gil.set_enabled(&mut attached, false);
        drop(attached);
        other.join().unwrap();
    });
}
