//! Finalisation, numbers, events and misuse, on real threads.
#![cfg(not(selvedge_loom))]
#![allow(missing_docs)]
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "in production the seam's names stand for these very types"
)]

use selvedge_gil::{AttachError, Event, EventKind, Gil, Policy, Requests};
use selvedge_sync::seam::clock::Duration;
use selvedge_sync::seam::{Arc, Mutex, thread};
use std::panic::{AssertUnwindSafe, catch_unwind};

#[test]
fn finalisation_unwinds_a_thread_that_comes_back() {
    let gil = Gil::builder().build();
    let (out, finalised) = (Arc::new(Mutex::new(false)), Arc::new(Mutex::new(false)));
    let shut_out = {
        let (gil, out, finalised) = (gil.clone(), Arc::clone(&out), Arc::clone(&finalised));
        thread::spawn(move || {
            let mut member = gil.register();
            let mut attached = member.attach();
            let unwound = catch_unwind(AssertUnwindSafe(|| {
                attached.detach(|| {
                    *out.lock() = true;
                    while !*finalised.lock() {
                        thread::yield_now();
                    }
                });
            }));
            let payload = unwound.expect_err("the thread is shut out");
            assert_eq!(
                payload.downcast_ref::<AttachError>(),
                Some(&AttachError::Finalising)
            );
            // The proof is void: every use of it says so again.
            assert!(catch_unwind(AssertUnwindSafe(|| attached.switch())).is_err());
            drop(attached);
            assert_eq!(member.try_attach().unwrap_err(), AttachError::Finalising);
            assert!(catch_unwind(AssertUnwindSafe(|| drop(member.attach()))).is_err());
        })
    };
    while !*out.lock() {
        thread::yield_now();
    }
    let mut member = gil.register();
    let mut attached = member.attach();
    gil.finalise(&mut attached);
    gil.finalise(&mut attached);
    *finalised.lock() = true;
    attached.detach(|| shut_out.join().unwrap());
    drop(attached);
    drop(member.attach());
    assert!(gil.is_finalising());
}

#[test]
fn a_proof_of_another_lock_is_refused() {
    let (one, other) = (Gil::builder().build(), Gil::builder().build());
    let mut member = one.register();
    let mut attached = member.attach();
    let stops = catch_unwind(AssertUnwindSafe(|| {
        drop(other.stop_the_world(&mut attached));
    }));
    assert!(stops.is_err());
    let finalises = catch_unwind(AssertUnwindSafe(|| other.finalise(&mut attached)));
    assert!(finalises.is_err() && !other.is_finalising());
}

#[test]
fn an_interval_below_a_microsecond_is_refused() {
    let gil = Gil::builder().build();
    gil.set_switch_interval(Duration::from_micros(1));
    assert_eq!(gil.switch_interval(), Gil::SHORTEST_INTERVAL);
    let refused = catch_unwind(AssertUnwindSafe(|| {
        gil.set_switch_interval(Duration::from_nanos(999));
    }));
    assert!(refused.is_err());
    assert_eq!(gil.switch_interval(), Gil::SHORTEST_INTERVAL);
}

#[test]
fn only_the_lock_posts_its_own_requests() {
    let gil = Gil::builder().build();
    let member = gil.register();
    let handle = member.handle();
    for own in [Requests::DROP, Requests::STOP, Requests::TICK] {
        assert!(catch_unwind(AssertUnwindSafe(|| handle.post(own))).is_err());
    }
    assert!(handle.pending().is_empty());
}

#[test]
fn every_event_is_told_in_order() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let gil = {
        let told = Arc::clone(&told);
        Gil::builder()
            .observer(move |event: Event| told.lock().push((event.thread, event.kind)))
            .build()
    };
    let mut member = gil.register();
    let me = member.id();
    let mut attached = member.attach();
    attached.detach(|| ());
    drop(gil.stop_the_world(&mut attached));
    gil.set_enabled(&mut attached, false);
    gil.finalise(&mut attached);
    drop(attached);
    drop(member);
    let kinds: Vec<_> = told
        .lock()
        .iter()
        .map(|(thread, kind)| {
            assert_eq!(*thread, me);
            *kind
        })
        .collect();
    use EventKind::*;
    assert_eq!(
        kinds,
        [
            Registered,
            Attached,
            Detached,
            Attached,
            WorldStopped,
            WorldResumed,
            Exclusion(false),
            WorldStopped,
            Finalises,
            Detached,
            Departed
        ]
    );
}

#[test]
fn numbers_add_up() {
    let gil = Gil::builder()
        .policy(Policy::Fifo)
        .switch_interval(Duration::from_micros(100))
        .histograms(true)
        .build();
    let mut member = gil.register();
    let mut attached = member.attach();
    let other = {
        let gil = gil.clone();
        thread::spawn(move || {
            let mut member = gil.register();
            let mut attached = member.attach();
            attached.detach(|| ());
        })
    };
    while !other.is_finished() {
        attached.checkpoint();
    }
    attached.detach(|| other.join().unwrap());
    let stats = gil.stats();
    let mine = &stats.threads[0];
    assert_eq!(mine.id, Some(attached.id()));
    assert_eq!(mine.takes, 2);
    assert!(mine.forced_switches >= 1);
    assert_eq!(stats.threads.len(), 1);
    assert_eq!(stats.departed.takes, 2);
    assert!(stats.departed.waits >= 1 && stats.departed.drop_requests >= 1);
    let total = stats.total();
    assert_eq!(total.takes, 4);
    // Each hold that ended, and the waits, are in the histograms.
    let hold = total.hold.expect("holds are timed");
    assert_eq!(hold.len(), 3 + total.forced_switches);
    let wait = total.wait.expect("waits are timed");
    assert_eq!(wait.len(), total.waits);
}
