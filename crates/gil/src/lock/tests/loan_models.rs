//! Models of lending the lock. Within the crate, since only the lock's word tells that it was lent.

use crate::gil::Gil;
use crate::word::QUEUED;
use selvedge_sync::model;
use selvedge_sync::seam::atomic::{AtomicBool, Ordering};
use selvedge_sync::seam::clock::Duration;
use selvedge_sync::seam::model::{Model, reach};
use selvedge_sync::seam::{Arc, thread};

/// A thread makes two short calls and then one that blocks until the other has been served. The
/// other waits as under the interval `before`, the calls are made under the usual one.
fn blocking_call_after_short_ones(model: Model, before: Duration) {
    let model = model.reaches(&["free beside a sleeper when the call blocks"]);
    model.check(move || {
        let gil = Gil::builder().switch_interval(before).build();
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
        while gil.stats().total().waits == 0 {
            thread::yield_now();
        }
        gil.set_switch_interval(Gil::DEFAULT_INTERVAL);
        // Two calls beside a waiter that were short make the third expected to be so, too; that
        // one blocks.
        let mut short_calls = 0;
        for _ in 0..2 {
            attached.detach(|| short_calls += u32::from(left_free(&gil)));
        }
        attached.detach(|| {
            if short_calls == 2 && left_free(&gil) {
                reach("free beside a sleeper when the call blocks");
            }
            while !served.load(Ordering::Relaxed) {
                thread::yield_now();
            }
        });
        drop(attached);
        waiter.join().unwrap();
    });
}

/// Whether nobody holds the lock although somebody waits for it.
fn left_free(gil: &Gil) -> bool {
    gil.core.word.load(Ordering::Relaxed) == QUEUED
}

#[test]
fn lent_lock_is_taken_by_a_sleeper_that_looks_again() {
    let model = model!(
        "lent_lock_is_taken_by_a_sleeper_that_looks_again",
        "a lock that was lent for a call expected to be short is taken by a waiter, told or not"
    );
    blocking_call_after_short_ones(model.preemptions(3), Gil::DEFAULT_INTERVAL);
}

#[test]
fn lock_is_not_lent_to_a_sleeper_that_never_looks_again() {
    let model = model!(
        "lock_is_not_lent_to_a_sleeper_that_never_looks_again",
        "a waiter that fell asleep without a time limit is told that the lock is free, though the \
         interval is a short one by now"
    );
    blocking_call_after_short_ones(model.preemptions(2), Duration::MAX);
}
