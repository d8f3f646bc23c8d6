//! Models of the locks between processes: each thread of a model is a process.
//!
//! lock, rlock, semaphore, event and barrier by name; signal is what all of them wait on.
#![cfg(selvedge_loom)]
#![allow(missing_docs)]

mod watched;

use selvedge_sync::model;
use selvedge_sync::process::{
    AcquireError, Barrier, BoundedSemaphore, BrokenBarrier, Event, HolderDied, Lock, NotHeld,
    RLock, Semaphore, Signal,
};
use selvedge_sync::seam::atomic::{AtomicU32, Ordering};
use selvedge_sync::seam::clock::Duration;
use selvedge_sync::seam::model::{die, reach, reach_asleep};
use selvedge_sync::seam::{Arc, thread};
use watched::{Number, beside};

const SHORT: Option<Duration> = Some(Duration::from_millis(1));

#[test]
fn lock_excludes_and_wakes() {
    model!(
        "lock_excludes_and_wakes",
        "two processes take the lock in turn, and each sees what the other did under it"
    )
    .reaches(&["had to wait"])
    .check(|| {
        let shared = Arc::new((Lock::new(), Number::new()));
        let add = |shared: &(Lock, Number)| {
            reach_asleep("had to wait", || shared.0.acquire(None).unwrap());
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
        "of three processes each gets the lock, though a release wakes one"
    )
    .preemptions(3)
    .reaches(&["two slept"])
    .check(|| {
        let shared = Arc::new((Lock::new(), Number::new(), AtomicU32::new(0)));
        let add = |shared: &(Lock, Number, AtomicU32)| {
            let before = selvedge_sync::seam::model::sleeps();
            shared.0.acquire(None).unwrap();
            if selvedge_sync::seam::model::sleeps() > before
                && shared.2.fetch_add(1, Ordering::Relaxed) == 1
            {
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
fn lock_that_timed_out_is_not_held() {
    model!(
        "lock_that_timed_out_is_not_held",
        "an acquire that times out takes nothing, and one that does not has the lock"
    )
    .reaches(&["timed out", "acquired"])
    .check(|| {
        let lock = Arc::new(Lock::new());
        assert!(lock.try_acquire());
        let other = beside(&lock, |lock| match lock.acquire(SHORT) {
            Ok(()) => {
                reach("acquired");
                lock.release().unwrap();
            }
            Err(error) => {
                assert_eq!(error, AcquireError::Timeout);
                reach("timed out");
            }
        });
        lock.release().unwrap();
        lock.acquire(None).unwrap();
        other.join().unwrap();
        lock.release().unwrap();
    });
}

#[test]
fn lock_is_released_once() {
    model!(
        "lock_is_released_once",
        "of two releases of a lock that is held once, one fails"
    )
    .reaches(&["the other was first"])
    .check(|| {
        let shared = Arc::new((Lock::new(), AtomicU32::new(0)));
        assert!(shared.0.try_acquire());
        let other = beside(&shared, |shared| {
            if shared.0.release().is_ok() {
                shared.1.fetch_add(1, Ordering::Relaxed);
            }
        });
        let first = shared.0.release();
        other.join().unwrap();
        if first == Err(NotHeld) {
            reach("the other was first");
        }
        let others = shared.1.load(Ordering::Relaxed);
        assert_eq!(others + u32::from(first.is_ok()), 1);
    });
}

#[test]
fn lock_of_a_dead_holder_is_told_and_recovered_once() {
    model!(
        "lock_of_a_dead_holder_is_told_and_recovered_once",
        "who waits for a lock whose holder dies is told its name; one of two takes it over, and \
         sees what the dead one did"
    )
    .mortal()
    .preemptions(2)
    .reaches(&["told", "the other recovered"])
    .check(|| {
        let shared = Arc::new((Lock::new(), Number::new()));
        let doomed = beside(&shared, |(lock, number)| {
            lock.acquire(None).unwrap();
            number.add();
            die();
        });
        doomed.join().unwrap();
        let add = |(lock, number): &(Lock, Number)| match lock.acquire(None) {
            Ok(()) => {
                number.add();
                lock.release().unwrap();
            }
            Err(error) => {
                let AcquireError::HolderDied(died) = error else {
                    unreachable!("without a time limit it does not run out");
                };
                reach("told");
                let Some(recovered) = lock.recover() else {
                    reach("the other recovered");
                    return;
                };
                assert_eq!(recovered, died);
                number.add();
                lock.release().unwrap();
            }
        };
        let other = beside(&shared, add);
        add(&shared);
        other.join().unwrap();
        assert!(!shared.0.is_held());
        assert!(shared.1.get() >= 2);
    });
}

#[test]
fn lock_whose_holder_dies_while_others_wait_is_told() {
    model!(
        "lock_whose_holder_dies_while_others_wait_is_told",
        "a waiter sleeps until the holder has died, and not longer"
    )
    .mortal()
    .preemptions(2)
    .reaches(&["told after sleeping"])
    .check(|| {
        let lock = Arc::new(Lock::new());
        let doomed = beside(&lock, |lock| {
            if lock.try_acquire() {
                die();
            }
        });
        match reach_asleep("told after sleeping", || lock.acquire(None)) {
            Ok(()) => lock.release().unwrap(),
            Err(error) => assert!(matches!(error, AcquireError::HolderDied(_))),
        }
        doomed.join().unwrap();
    });
}

#[test]
fn signal_that_two_give_at_once_is_not_lost() {
    model!(
        "signal_that_two_give_at_once_is_not_lost",
        "who waits for two changes, where a mark says that somebody sleeps, sees both"
    )
    .reaches(&["had to wait"])
    .check(|| {
        let shared = Arc::new((AtomicU32::new(0), Signal::new()));
        // Leaves the mark behind.
        assert_eq!(
            shared.1.wait_for(SHORT, || None::<()>, || Ok::<_, ()>(())),
            Ok(None)
        );
        let change = |(changes, changed): &(AtomicU32, Signal)| {
            changes.fetch_add(1, Ordering::Relaxed);
            changed.notify(1);
        };
        let others = [beside(&shared, change), beside(&shared, change)];
        let (changes, changed) = &*shared;
        let both = || (changes.load(Ordering::Relaxed) == 2).then_some(());
        let seen = reach_asleep("had to wait", || {
            changed.wait_for(None, both, || Ok::<_, ()>(()))
        });
        assert_eq!(seen, Ok(Some(())));
        for other in others {
            other.join().unwrap();
        }
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
        let twice = |shared: &(RLock, Number)| {
            let (lock, number) = shared;
            reach_asleep("had to wait", || lock.acquire(None).unwrap());
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
fn semaphore_gives_each_permit_once() {
    model!(
        "semaphore_gives_each_permit_once",
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
        let permits = Arc::new(Semaphore::new(0));
        let other = beside(&permits, |permits| permits.release(1).unwrap());
        let taken = permits.acquire(SHORT);
        reach(if taken { "acquired" } else { "timed out" });
        other.join().unwrap();
        assert_eq!(permits.value(), u32::from(!taken));
    });
}

#[test]
fn bounded_semaphore_holds_no_more_than_its_bound() {
    model!(
        "bounded_semaphore_holds_no_more_than_its_bound",
        "a place is one process's at a time, and who gets it sees what was done in it"
    )
    .reaches(&["had to wait"])
    .check(|| {
        let shared = Arc::new((BoundedSemaphore::new(1).unwrap(), Number::new()));
        let add = |shared: &(BoundedSemaphore, Number)| {
            reach_asleep("had to wait", || shared.0.acquire(None).unwrap());
            shared.1.add();
            shared.0.release().unwrap();
        };
        let other = beside(&shared, add);
        add(&shared);
        other.join().unwrap();
        assert_eq!(shared.1.get(), 2);
        assert_eq!(shared.0.release(), Err(NotHeld));
    });
}

#[test]
fn bounded_semaphore_gives_back_what_the_dead_held() {
    model!(
        "bounded_semaphore_gives_back_what_the_dead_held",
        "a waiter that is told of a dead holder gets its place when that is recovered, by it or \
         by another"
    )
    .mortal()
    .preemptions(2)
    .reaches(&["told", "the other recovered"])
    .check(|| {
        let shared = Arc::new((BoundedSemaphore::new(1).unwrap(), Number::new()));
        let doomed = beside(&shared, |(places, number)| {
            places.acquire(None).unwrap();
            number.add();
            die();
        });
        doomed.join().unwrap();
        let other = beside(&shared, |(places, _)| {
            places.recover();
        });
        let (places, number) = &*shared;
        if let Err(error) = places.acquire(None) {
            assert!(matches!(error, AcquireError::HolderDied(HolderDied { .. })));
            reach("told");
            places.recover();
            places.acquire(None).unwrap();
        } else {
            reach("the other recovered");
        }
        number.add();
        other.join().unwrap();
        assert_eq!(places.value(), 0);
    });
}

#[test]
fn bounded_semaphore_wakes_who_waits_for_a_place_of_the_dead() {
    // Nobody looks from time to time: the recovery itself has to wake.
    model!(
        "bounded_semaphore_wakes_who_waits_for_a_place_of_the_dead",
        "who sleeps until there is a place is woken when one is recovered, and sees what the dead \
         did in it"
    )
    .preemptions(2)
    .reaches(&["had to wait"])
    .check(|| {
        let shared = Arc::new((BoundedSemaphore::new(1).unwrap(), Number::new()));
        let doomed = beside(&shared, |(places, number)| {
            assert!(places.try_acquire());
            number.add();
            die();
        });
        doomed.join().unwrap();
        let other = beside(&shared, |(places, number)| {
            reach_asleep("had to wait", || places.acquire(None).unwrap());
            assert_eq!(number.get(), 1);
        });
        assert_eq!(shared.0.recover(), 1);
        other.join().unwrap();
        assert_eq!(shared.0.value(), 0);
    });
}

#[test]
fn event_wakes_all_who_wait() {
    model!(
        "event_wakes_all_who_wait",
        "two who wait go on when the event is set, and see what was done before"
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
        shared.0.clear();
        assert!(!shared.0.is_set());
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
        let other = beside(&event, Event::set);
        reach(if event.wait(SHORT) {
            "set"
        } else {
            "timed out"
        });
        other.join().unwrap();
        assert!(event.wait(SHORT));
    });
}

#[test]
fn barrier_lets_all_go_when_the_last_has_come() {
    model!(
        "barrier_lets_all_go_when_the_last_has_come",
        "three processes wait for each other, each in a place of its own, and see what the \
         others did before"
    )
    .preemptions(2)
    .reaches(&["had to wait"])
    .check(|| {
        let numbers = [Number::new(), Number::new(), Number::new()];
        let shared = Arc::new((Barrier::new(3).unwrap(), numbers, AtomicU32::new(0)));
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
fn barrier_serves_round_after_round() {
    model!(
        "barrier_serves_round_after_round",
        "two processes meet twice"
    )
    .preemptions(2)
    .reaches(&["had to wait"])
    .check(|| {
        let barrier = Arc::new(Barrier::new(2).unwrap());
        let meet = |barrier: &Barrier| {
            for _ in 0..2 {
                reach_asleep("had to wait", || barrier.wait(None).unwrap());
            }
        };
        let other = beside(&barrier, meet);
        meet(&barrier);
        other.join().unwrap();
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
        let shared = Arc::new((Barrier::new(2).unwrap(), AtomicU32::new(0)));
        let other = beside(&shared, |(barrier, passed)| {
            if barrier.wait(SHORT).is_ok() {
                passed.store(1, Ordering::Relaxed);
            }
        });
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
        let barrier = Arc::new(Barrier::new(3).unwrap());
        let other = beside(&barrier, |barrier| {
            assert_eq!(barrier.wait(SHORT), Err(BrokenBarrier));
        });
        let broken = reach_asleep("had to wait", || barrier.wait(None));
        assert_eq!(broken, Err(BrokenBarrier));
        other.join().unwrap();
    });
}

/// How one who waits at a barrier fares when another does `what` to it meanwhile, and after.
fn disturbed(what: fn(&Barrier)) {
    let barrier = Arc::new(Barrier::new(2).unwrap());
    let other = beside(&barrier, move |barrier| {
        while barrier.waiting() == 0 {
            thread::yield_now();
        }
        what(barrier);
    });
    let broken = reach_asleep("had to wait", || barrier.wait(None));
    assert_eq!(broken, Err(BrokenBarrier));
    other.join().unwrap();
}

#[test]
fn barrier_that_is_aborted_wakes_who_waits() {
    model!(
        "barrier_that_is_aborted_wakes_who_waits",
        "who waits at a barrier that is aborted fails, and who comes after it"
    )
    .reaches(&["had to wait"])
    .check(|| {
        disturbed(|barrier| {
            barrier.abort();
            assert_eq!(barrier.wait(None), Err(BrokenBarrier));
        });
    });
}

#[test]
fn barrier_that_is_reset_wakes_who_waits() {
    model!(
        "barrier_that_is_reset_wakes_who_waits",
        "who waits at a barrier that is reset fails, and the barrier is not broken"
    )
    .reaches(&["had to wait"])
    .check(|| {
        disturbed(|barrier| {
            barrier.reset();
            assert!(!barrier.is_broken());
        });
    });
}
