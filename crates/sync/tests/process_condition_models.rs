//! Models of the condition between processes: each thread of a model is a process.
#![cfg(selvedge_loom)]
#![allow(missing_docs)]

mod watched;

use selvedge_sync::model;
use selvedge_sync::process::{Condition, Lock, RLock};
use selvedge_sync::seam::Arc;
use selvedge_sync::seam::atomic::{AtomicU32, Ordering};
use selvedge_sync::seam::clock::Duration;
use selvedge_sync::seam::model::{reach, reach_asleep};
use watched::{Number, beside};

const SHORT: Option<Duration> = Some(Duration::from_millis(1));

type Guarded<L> = Arc<(L, Condition, Number)>;

fn guarded<L: Default>() -> Guarded<L> {
    Arc::new((L::default(), Condition::new(), Number::new()))
}

#[test]
fn condition_ends_the_wait_of_one_it_notifies() {
    model!(
        "condition_ends_the_wait_of_one_it_notifies",
        "who waits for a change sees it when it is notified, and holds the lock"
    )
    .preemptions(2)
    .reaches(&["had to wait"])
    .check(|| {
        let shared: Guarded<Lock> = guarded();
        let other = beside(&shared, |(lock, changed, number)| {
            lock.acquire(None).unwrap();
            number.add();
            changed.notify(1);
            lock.release().unwrap();
        });
        let (lock, changed, number) = &*shared;
        lock.acquire(None).unwrap();
        reach_asleep("had to wait", || {
            changed.wait_for(lock, None, || number.get() == 1).unwrap()
        });
        assert!(lock.is_held_here());
        lock.release().unwrap();
        other.join().unwrap();
        assert_eq!(changed.waiting(), 0);
    });
}

#[test]
fn condition_notifies_as_many_as_it_says() {
    model!(
        "condition_notifies_as_many_as_it_says",
        "two who wait are both notified, by two single notifications or by one for all"
    )
    .preemptions(2)
    .reaches(&["two waited", "one waited"])
    .check(|| {
        let shared: Guarded<Lock> = guarded();
        let wait = |(lock, changed, number): &(Lock, Condition, Number)| {
            lock.acquire(None).unwrap();
            changed.wait_for(lock, None, || number.get() == 2).unwrap();
            lock.release().unwrap();
        };
        let others = [beside(&shared, wait), beside(&shared, wait)];
        let (lock, changed, number) = &*shared;
        lock.acquire(None).unwrap();
        number.add();
        number.add();
        match changed.waiting() {
            2 => {
                reach("two waited");
                assert_eq!(changed.notify(1), 1);
                assert_eq!(changed.notify(2), 1);
            }
            waiting => {
                if waiting == 1 {
                    reach("one waited");
                }
                assert_eq!(changed.notify_all(), waiting);
            }
        }
        lock.release().unwrap();
        for other in others {
            other.join().unwrap();
        }
    });
}

#[test]
fn condition_restores_how_deep_an_rlock_was_held() {
    model!(
        "condition_restores_how_deep_an_rlock_was_held",
        "a lock held twice is free while its holder waits, and held twice after that"
    )
    .preemptions(2)
    .reaches(&["had to wait"])
    .check(|| {
        let shared: Guarded<RLock> = guarded();
        let other = beside(&shared, |(lock, changed, number)| {
            lock.acquire(None).unwrap();
            number.add();
            changed.notify(1);
            lock.release().unwrap();
        });
        let (lock, changed, number) = &*shared;
        lock.acquire(None).unwrap();
        lock.acquire(None).unwrap();
        reach_asleep("had to wait", || {
            changed.wait_for(lock, None, || number.get() == 1).unwrap()
        });
        lock.release().unwrap();
        assert!(lock.is_mine());
        lock.release().unwrap();
        assert!(!lock.is_mine());
        other.join().unwrap();
    });
}

#[test]
fn condition_wait_that_timed_out_was_not_notified() {
    model!(
        "condition_wait_that_timed_out_was_not_notified",
        "a notification that finds somebody ends a wait by notification, and one that times out \
         sees what the notifier of another did"
    )
    .preemptions(2)
    .reaches(&["timed out", "notified"])
    .check(|| {
        let shared: Arc<(Lock, Condition, AtomicU32, Number)> = Arc::new((
            Lock::new(),
            Condition::new(),
            AtomicU32::new(0),
            Number::new(),
        ));
        // Without the lock, so that the time may run out beside it.
        let other = beside(&shared, |(_, changed, found, number)| {
            number.add();
            found.store(changed.notify(1) as u32, Ordering::Relaxed);
        });
        let (lock, changed, found, number) = &*shared;
        lock.acquire(None).unwrap();
        let notified = changed.wait(lock, SHORT).unwrap();
        // Before the release, whose fence would order it.
        if notified {
            assert_eq!(number.get(), 1);
        }
        lock.release().unwrap();
        other.join().unwrap();
        assert_eq!(u32::from(notified), found.load(Ordering::Relaxed));
        reach(if notified { "notified" } else { "timed out" });
    });
}

#[test]
fn condition_waits_on_when_notified_without_a_change() {
    model!(
        "condition_waits_on_when_notified_without_a_change",
        "a wait for a predicate ends when that is true, not when it is notified"
    )
    .preemptions(2)
    .reaches(&["notified without a change"])
    .check(|| {
        let shared: Guarded<Lock> = guarded();
        let other = beside(&shared, |(lock, changed, number)| {
            lock.acquire(None).unwrap();
            if changed.notify(1) == 1 {
                reach("notified without a change");
            }
            lock.release().unwrap();
            lock.acquire(None).unwrap();
            number.add();
            changed.notify(1);
            lock.release().unwrap();
        });
        let (lock, changed, number) = &*shared;
        lock.acquire(None).unwrap();
        assert!(changed.wait_for(lock, None, || number.get() == 1).unwrap());
        assert_eq!(number.get(), 1);
        lock.release().unwrap();
        other.join().unwrap();
    });
}
