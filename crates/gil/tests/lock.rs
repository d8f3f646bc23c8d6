//! Taking and dropping the lock, on real threads.
#![cfg(not(selvedge_loom))]
#![allow(missing_docs)]
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "in production the seam's names stand for these very types"
)]

use selvedge_gil::{AttachError, Event, EventKind, Gil, Policy, Requests};
use selvedge_sync::seam::atomic::{AtomicBool, AtomicU32, Ordering};
use selvedge_sync::seam::clock::Duration;
use selvedge_sync::seam::{Arc, thread};

#[test]
fn a_computing_thread_is_made_to_switch() {
    let gil = Gil::builder()
        .policy(Policy::Interval)
        .switch_interval(Duration::from_millis(1))
        .build();
    let done = Arc::new(AtomicBool::new(false));
    let mut member = gil.register();
    let mut attached = member.attach();
    let other = {
        let (gil, done) = (gil.clone(), Arc::clone(&done));
        thread::spawn(move || {
            let mut member = gil.register();
            let _attached = member.attach();
            done.store(true, Ordering::Relaxed);
        })
    };
    while !done.load(Ordering::Relaxed) {
        attached.checkpoint();
    }
    drop(attached);
    other.join().unwrap();
}

#[test]
fn try_attach_and_timeout_report_a_held_lock() {
    let gil = Gil::builder().build();
    let mut member = gil.register();
    let attached = member.attach();
    let other = {
        let gil = gil.clone();
        thread::spawn(move || {
            let mut member = gil.register();
            assert_eq!(member.try_attach().unwrap_err(), AttachError::Timeout);
            let timeout = Duration::from_millis(2);
            assert_eq!(
                member.attach_timeout(timeout).unwrap_err(),
                AttachError::Timeout
            );
        })
    };
    other.join().unwrap();
    drop(attached);
}

#[test]
fn requests_reach_the_embedder() {
    let gil = Gil::builder().build();
    let mut member = gil.register();
    let handle = member.handle();
    let mut attached = member.attach();
    handle.post(Requests::SIGNAL | Requests::user(2));
    assert_ne!(attached.requests().load(Ordering::Relaxed), 0);
    assert_eq!(attached.serve(), Requests::SIGNAL | Requests::user(2));
    assert_eq!(attached.take_requests(Requests::SIGNAL), Requests::SIGNAL);
    assert_eq!(attached.take_requests(Requests::SIGNAL), Requests::NONE);
    assert_eq!(attached.serve(), Requests::user(2));
}

#[test]
fn detach_reattaches_when_the_work_panics() {
    let gil = Gil::builder().build();
    let mut member = gil.register();
    let mut attached = member.attach();
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        attached.detach(|| panic!("work failed"));
    }));
    assert!(panicked.is_err());
    assert_eq!(
        gil.register().try_attach().unwrap_err(),
        AttachError::Timeout
    );
    drop(attached);
    drop(gil.register().try_attach().unwrap());
}

#[test]
fn without_exclusion_threads_are_attached_together() {
    let gil = Gil::builder().enabled(false).build();
    let inside = Arc::new(AtomicU32::new(0));
    let threads: Vec<_> = (0..3)
        .map(|_| {
            let (gil, inside) = (gil.clone(), Arc::clone(&inside));
            thread::spawn(move || {
                let mut member = gil.register();
                let _attached = member.attach();
                inside.fetch_add(1, Ordering::Relaxed);
                while inside.load(Ordering::Relaxed) < 3 {
                    thread::yield_now();
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
}

#[test]
fn a_thread_offers_the_lock_at_each_so_manyth_safe_point() {
    for (ticks, expected) in [(3, 4), (1, 12), (0, 12)] {
        let offered = Arc::new(AtomicU32::new(0));
        let gil = {
            let offered = Arc::clone(&offered);
            Gil::builder()
                .policy(Policy::Ticks(ticks))
                .observer(move |event: Event| {
                    if event.kind == EventKind::Detached {
                        offered.fetch_add(1, Ordering::Relaxed);
                    }
                })
                .build()
        };
        let mut member = gil.register();
        let mut attached = member.attach();
        for _ in 0..12 {
            attached.checkpoint();
        }
        assert_eq!(offered.load(Ordering::Relaxed), expected);
        assert_eq!(attached.serve(), Requests::NONE, "the count is the lock's");
    }
}
