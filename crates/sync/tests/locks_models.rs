//! Models of the locks and signals between threads: lock, reentrant, semaphore, condition, event
//! and barrier, and the line that most of them wait in.
#![cfg(selvedge_loom)]
#![allow(missing_docs)]

mod watched;

use selvedge_sync::locks::{
    Barrier, BoundedSemaphore, Condition, Event, FifoLock, Lock, RLock, Semaphore,
};
use selvedge_sync::seam::atomic::{AtomicU32, Ordering};
use selvedge_sync::seam::clock::Duration;
use selvedge_sync::seam::model::{reach, reach_asleep, sleeps};
use selvedge_sync::seam::{Arc, thread};
use selvedge_sync::{BrokenBarrier, NotHeld, model};
use watched::{Number, beside};

const SHORT: Option<Duration> = Some(Duration::from_millis(1));

#[test]
fn lock_excludes_and_wakes() {
    model!(
        "lock_excludes_and_wakes",
        "two threads take the lock in turn, and each sees what the other did under it"
    )
    .reaches(&["had to wait"])
    .check(|| {
        let shared = Arc::new((Lock::new(), Number::new()));
        let add = |shared: &(Lock, Number)| {
            assert!(reach_asleep("had to wait", || shared.0.acquire(None)));
            shared.1.add();
            shared.0.release().unwrap();
        };
        let other = beside(&shared, add);
        add(&shared);
        other.join().unwrap();
        assert_eq!(shared.1.get(), 2);
        assert!(!shared.0.is_held());
    });
}

#[test]
fn lock_wakes_one_of_several_and_the_next_after_it() {
    model!(
        "lock_wakes_one_of_several_and_the_next_after_it",
        "of three threads each gets the lock, though a release wakes one"
    )
    .preemptions(2)
    .reaches(&["two slept"])
    .check(|| {
        let shared = Arc::new((Lock::new(), Number::new(), AtomicU32::new(0)));
        let add = |shared: &(Lock, Number, AtomicU32)| {
            let before = sleeps();
            assert!(shared.0.acquire(None));
            if sleeps() > before && shared.2.fetch_add(1, Ordering::Relaxed) == 1 {
                reach("two slept");
            }
            shared.1.add();
            shared.0.release().unwrap();
        };
        let others = [beside(&shared, add), beside(&shared, add)];
        add(&shared);
        for other in others {
            other.join().unwrap();
        }
        assert_eq!(shared.1.get(), 3);
    });
}

#[test]
fn lock_tried_beside_a_sleeper_excludes() {
    model!(
        "lock_tried_beside_a_sleeper_excludes",
        "a try that succeeds beside a thread that sleeps sees what was done, and wakes it after"
    )
    .preemptions(2)
    .reaches(&["took it", "had to wait"])
    .check(|| {
        let shared = Arc::new((Lock::new(), Number::new()));
        assert!(shared.0.try_acquire());
        let sleeper = beside(&shared, |(lock, number)| {
            assert!(reach_asleep("had to wait", || lock.acquire(None)));
            number.add();
            lock.release().unwrap();
        });
        let trier = beside(&shared, |(lock, number)| {
            if lock.try_acquire() {
                reach("took it");
                number.add();
                lock.release().unwrap();
            }
        });
        shared.1.add();
        shared.0.release().unwrap();
        sleeper.join().unwrap();
        trier.join().unwrap();
        assert!(shared.1.get() >= 2);
    });
}

#[test]
fn lock_that_timed_out_is_not_held() {
    model!(
        "lock_that_timed_out_is_not_held",
        "an acquire that times out takes nothing, and keeps no other from being woken"
    )
    .preemptions(2)
    .reaches(&["timed out", "acquired"])
    .check(|| {
        let lock = Arc::new(Lock::new());
        assert!(lock.try_acquire());
        let timed = beside(&lock, |lock| {
            if lock.acquire(SHORT) {
                reach("acquired");
                lock.release().unwrap();
            } else {
                reach("timed out");
            }
        });
        let patient = beside(&lock, |lock| {
            assert!(lock.acquire(None));
            lock.release().unwrap();
        });
        thread::yield_now();
        lock.release().unwrap();
        timed.join().unwrap();
        patient.join().unwrap();
        assert!(!lock.is_held());
    });
}

#[test]
fn lock_is_released_once() {
    model!(
        "lock_is_released_once",
        "of two releases of a lock that is held once, beside one who sleeps, one fails or comes \
         after the next acquire"
    )
    .preemptions(2)
    .reaches(&["one failed"])
    .check(|| {
        let lock = Arc::new(Lock::new());
        assert!(lock.try_acquire());
        let sleeper = beside(&lock, |lock| assert!(lock.acquire(None)));
        let other = {
            let lock = Arc::clone(&lock);
            thread::spawn(move || lock.release())
        };
        let first = lock.release();
        let second = other.join().unwrap();
        sleeper.join().unwrap();
        let released = u32::from(first.is_ok()) + u32::from(second.is_ok());
        if released == 1 {
            reach("one failed");
        }
        assert!(released >= 1);
        // Taken twice: what was not released is still held.
        assert_eq!(lock.is_held(), released == 1);
    });
}

#[test]
fn rlock_is_its_owners_until_the_last_release() {
    model!(
        "rlock_is_its_owners_until_the_last_release",
        "a lock taken twice excludes the other until it is released twice"
    )
    .reaches(&["had to wait"])
    .check(|| {
        let shared = Arc::new((RLock::new(), Number::new()));
        let twice = |(lock, number): &(RLock, Number)| {
            assert!(reach_asleep("had to wait", || lock.acquire(None)));
            assert!(lock.try_acquire());
            number.add();
            lock.release().unwrap();
            assert!(lock.is_mine());
            number.add();
            lock.release().unwrap();
            assert!(!lock.is_mine());
            assert_eq!(lock.release(), Err(NotHeld));
        };
        let other = beside(&shared, twice);
        twice(&shared);
        other.join().unwrap();
        assert_eq!(shared.1.get(), 4);
    });
}

#[test]
fn fifo_lock_excludes_and_hands_over() {
    model!(
        "fifo_lock_excludes_and_hands_over",
        "a thread that waits has the lock when it is released, and no newcomer"
    )
    .preemptions(2)
    .reaches(&["had to wait", "refused"])
    .check(|| {
        let shared = Arc::new((FifoLock::new(), Number::new()));
        let add = |shared: &(FifoLock, Number)| {
            assert!(reach_asleep("had to wait", || shared.0.acquire(None)));
            shared.1.add();
            shared.0.release().unwrap();
        };
        assert!(shared.0.try_acquire());
        let other = beside(&shared, add);
        shared.1.add();
        shared.0.release().unwrap();
        if !shared.0.try_acquire() {
            reach("refused");
            assert!(shared.0.acquire(None));
        }
        shared.1.add();
        shared.0.release().unwrap();
        other.join().unwrap();
        assert_eq!(shared.1.get(), 3);
        assert_eq!(shared.0.release(), Err(NotHeld));
    });
}

#[test]
fn semaphore_hands_each_permit_to_one_who_waits() {
    model!(
        "semaphore_hands_each_permit_to_one_who_waits",
        "two permits that are given at once wake two who wait, who see what was done before"
    )
    .preemptions(2)
    .reaches(&["had to wait"])
    .check(|| {
        let shared = Arc::new((Semaphore::new(0), Number::new()));
        let take = |shared: &(Semaphore, Number)| {
            assert!(reach_asleep("had to wait", || shared.0.acquire(None)));
            assert_eq!(shared.1.get(), 1);
        };
        let others = [beside(&shared, take), beside(&shared, take)];
        shared.1.add();
        shared.0.release(2).unwrap();
        for other in others {
            other.join().unwrap();
        }
        assert_eq!(shared.0.value(), 0);
    });
}

#[test]
fn semaphore_that_timed_out_took_nothing() {
    model!(
        "semaphore_that_timed_out_took_nothing",
        "a permit is taken by an acquire that says so, and else is still there"
    )
    .reaches(&["timed out", "acquired"])
    .check(|| {
        let permits = Arc::new(BoundedSemaphore::new(1));
        assert!(permits.try_acquire());
        let other = beside(&permits, |permits| permits.release(1).unwrap());
        let taken = permits.acquire(SHORT);
        reach(if taken { "acquired" } else { "timed out" });
        other.join().unwrap();
        assert_eq!(permits.value(), u32::from(!taken));
        assert_eq!(permits.release(1).is_err(), !taken);
    });
}

#[test]
fn event_wakes_all_who_wait() {
    model!(
        "event_wakes_all_who_wait",
        "two who wait go on when the event is set, though it is cleared at once, and see what was \
         done before"
    )
    .preemptions(2)
    .reaches(&["had to wait"])
    .check(|| {
        let shared = Arc::new((Event::new(), Number::new()));
        let wait = |shared: &(Event, Number)| {
            assert!(reach_asleep("had to wait", || shared.0.wait(None)));
            assert_eq!(shared.1.get(), 1);
        };
        let others = [beside(&shared, wait), beside(&shared, wait)];
        shared.1.add();
        shared.0.set();
        for other in others {
            other.join().unwrap();
        }
    });
}

#[test]
fn event_that_timed_out_was_not_set() {
    model!(
        "event_that_timed_out_was_not_set",
        "a wait ends by the event or by the time, and says which"
    )
    .reaches(&["timed out", "set"])
    .check(|| {
        let event = Arc::new(Event::new());
        let other = beside(&event, |event| {
            event.set();
            event.clear();
        });
        let set = event.wait(SHORT);
        reach(if set { "set" } else { "timed out" });
        other.join().unwrap();
        assert!(!event.is_set());
    });
}

#[test]
fn condition_ends_the_wait_of_one_it_notifies() {
    model!(
        "condition_ends_the_wait_of_one_it_notifies",
        "who waits for a change, its lock held twice, sees it when it is notified, and holds the \
         lock twice"
    )
    .preemptions(2)
    .reaches(&["had to wait"])
    .check(|| {
        let shared = Arc::new((RLock::new(), Condition::new(), Number::new()));
        let other = beside(&shared, |(lock, changed, number)| {
            assert!(lock.acquire(None));
            number.add();
            changed.notify(1);
            lock.release().unwrap();
        });
        let (lock, changed, number) = &*shared;
        assert!(lock.acquire(None) && lock.acquire(None));
        let seen = reach_asleep("had to wait", || {
            changed.wait_for(lock, None, || number.get() == 1)
        });
        assert_eq!(seen, Ok(true));
        lock.release().unwrap();
        assert!(lock.is_mine());
        lock.release().unwrap();
        other.join().unwrap();
        assert_eq!(changed.waiting(), 0);
    });
}

#[test]
fn condition_looks_again_when_notified_before_the_change() {
    model!(
        "condition_looks_again_when_notified_before_the_change",
        "who waits for a change is not done when it is notified, but when there is the change"
    )
    .preemptions(2)
    .reaches(&["notified before the change"])
    .check(|| {
        let shared = Arc::new((Lock::new(), Condition::new(), Number::new()));
        let other = beside(&shared, |(lock, changed, number)| {
            if changed.notify(1) == 1 {
                reach("notified before the change");
            }
            assert!(lock.acquire(None));
            number.add();
            changed.notify(1);
            lock.release().unwrap();
        });
        let (lock, changed, number) = &*shared;
        assert!(lock.acquire(None));
        let seen = changed.wait_for(lock, None, || number.get() == 1);
        assert_eq!((seen, number.get()), (Ok(true), 1));
        lock.release().unwrap();
        other.join().unwrap();
    });
}

#[test]
fn condition_wait_that_timed_out_was_not_notified() {
    model!(
        "condition_wait_that_timed_out_was_not_notified",
        "a notification that finds somebody ends a wait by notification, never by time"
    )
    .preemptions(2)
    .reaches(&["timed out", "notified"])
    .check(|| {
        let shared = Arc::new((Lock::new(), Condition::new(), AtomicU32::new(0)));
        // Without the lock, so that the time may run out beside it.
        let other = beside(&shared, |(_, changed, found)| {
            found.store(changed.notify(1) as u32, Ordering::Relaxed);
        });
        let (lock, changed, found) = &*shared;
        assert!(lock.acquire(None));
        let notified = changed.wait(lock, SHORT).unwrap();
        lock.release().unwrap();
        other.join().unwrap();
        assert_eq!(u32::from(notified), found.load(Ordering::Relaxed));
        reach(if notified { "notified" } else { "timed out" });
    });
}

#[test]
fn condition_passes_on_what_came_for_one_who_did_not_wait() {
    model!(
        "condition_passes_on_what_came_for_one_who_did_not_wait",
        "a notification that meets a wait which is refused goes to the next in line"
    )
    .preemptions(2)
    .reaches(&["had to wait", "notified who is refused"])
    .check(|| {
        let shared = Arc::new((Lock::new(), RLock::new(), Condition::new()));
        assert!(shared.0.try_acquire());
        let refused = beside(&shared, |(_, never_held, changed)| {
            assert_eq!(changed.wait(never_held, None), Err(NotHeld));
        });
        // So that the one above may be in line first.
        thread::yield_now();
        let (lock, _, changed) = &*shared;
        let is_second = changed.waiting() == 1;
        // Comes to the lock when the one below waits.
        let notifier = beside(&shared, move |(lock, _, changed)| {
            assert!(lock.acquire(None));
            if is_second && changed.waiting() == 2 {
                reach("notified who is refused");
            }
            changed.notify(1);
            lock.release().unwrap();
        });
        assert!(reach_asleep("had to wait", || {
            changed.wait(lock, None).unwrap()
        }));
        lock.release().unwrap();
        refused.join().unwrap();
        notifier.join().unwrap();
    });
}

#[test]
fn barrier_lets_all_go_when_the_last_has_come() {
    model!(
        "barrier_lets_all_go_when_the_last_has_come",
        "three threads wait for each other, each in a place of its own, and see what the others \
         did before"
    )
    .preemptions(1)
    .reaches(&["had to wait"])
    .check(|| {
        let numbers = [Number::new(), Number::new(), Number::new()];
        let shared = Arc::new((Barrier::new(3), numbers, AtomicU32::new(0)));
        let meet = |(barrier, numbers, places): &(Barrier, [Number; 3], AtomicU32), own: usize| {
            numbers[own].add();
            let place = reach_asleep("had to wait", || barrier.wait(None).unwrap());
            places.fetch_add(1 << (8 * place), Ordering::Relaxed);
            assert!(numbers.iter().all(|number| number.get() == 1));
        };
        let others = [
            beside(&shared, move |shared| meet(shared, 1)),
            beside(&shared, move |shared| meet(shared, 2)),
        ];
        meet(&shared, 0);
        for other in others {
            other.join().unwrap();
        }
        assert_eq!(shared.2.load(Ordering::Relaxed), 0x0001_0101);
        assert_eq!(shared.0.waiting(), 0);
    });
}

#[test]
fn barrier_breaks_for_all_when_one_gives_up() {
    model!(
        "barrier_breaks_for_all_when_one_gives_up",
        "of two who wait, one with a time limit, both pass or both fail"
    )
    .preemptions(2)
    .reaches(&["passed", "broken"])
    .check(|| {
        let shared = Arc::new((Barrier::new(2), AtomicU32::new(0)));
        let other = beside(&shared, |(barrier, passed)| {
            if barrier.wait(SHORT).is_ok() {
                passed.store(1, Ordering::Relaxed);
            }
        });
        thread::yield_now();
        let own = shared.0.wait(None).is_ok();
        other.join().unwrap();
        assert_eq!(u32::from(own), shared.1.load(Ordering::Relaxed));
        assert_eq!(own, !shared.0.is_broken());
        reach(if own { "passed" } else { "broken" });
    });
}

#[test]
fn barrier_wakes_the_others_when_one_gives_up() {
    model!(
        "barrier_wakes_the_others_when_one_gives_up",
        "of three, one of whom does not come, the one without a time limit goes on when the other \
         gives up"
    )
    .preemptions(2)
    .reaches(&["had to wait"])
    .check(|| {
        let barrier = Arc::new(Barrier::new(3));
        let other = beside(&barrier, |barrier| {
            assert_eq!(barrier.wait(SHORT), Err(BrokenBarrier));
        });
        let broken = reach_asleep("had to wait", || barrier.wait(None));
        assert_eq!(broken, Err(BrokenBarrier));
        other.join().unwrap();
    });
}

/// How one who waits at a barrier fares when another does `what` to it meanwhile.
fn disturbed(what: fn(&Barrier)) {
    let barrier = Arc::new(Barrier::new(3));
    let wait = |barrier: &Barrier| {
        let broken = reach_asleep("had to wait", || barrier.wait(None));
        assert_eq!(broken, Err(BrokenBarrier));
    };
    let disturber = beside(&barrier, move |barrier| {
        while barrier.waiting() != 2 {
            thread::yield_now();
        }
        what(barrier);
    });
    let other = beside(&barrier, wait);
    wait(&barrier);
    other.join().unwrap();
    disturber.join().unwrap();
}

#[test]
fn barrier_that_is_aborted_wakes_all_who_wait() {
    model!(
        "barrier_that_is_aborted_wakes_all_who_wait",
        "who waits at a barrier that is aborted fails, and who comes after it"
    )
    .preemptions(1)
    .reaches(&["had to wait"])
    .check(|| {
        disturbed(|barrier| {
            barrier.abort();
            assert_eq!(barrier.wait(None), Err(BrokenBarrier));
        });
    });
}

#[test]
fn barrier_that_is_reset_wakes_all_who_wait() {
    model!(
        "barrier_that_is_reset_wakes_all_who_wait",
        "who waits at a barrier that is reset fails, and the barrier is not broken"
    )
    .preemptions(1)
    .reaches(&["had to wait"])
    .check(|| {
        disturbed(|barrier| {
            barrier.reset();
            assert!(!barrier.is_broken());
        });
    });
}
