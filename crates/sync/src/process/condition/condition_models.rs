//! Models of what only the condition itself can bring about: a waiter that dies, or leaves, or comes
//! without the lock, at a given point.

use super::*;
use crate::model;
use crate::process::Lock;
use crate::seam::model::{die, reach};
use crate::seam::{Arc, thread};

#[test]
fn condition_passes_over_one_who_died_waiting() {
    model!(
        "condition_passes_over_one_who_died_waiting",
        "a notification goes to who lives, and the seats of the dead are taken again"
    )
    .mortal()
    .preemptions(2)
    .reaches(&["notified"])
    .check(|| {
        let shared = Arc::new((Lock::new(), Condition::new()));
        let doomed = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                assert!(shared.1.take_seat().is_some());
                die();
            })
        };
        doomed.join().unwrap();
        let waiter = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                let (lock, changed) = &*shared;
                lock.acquire(None).unwrap();
                assert!(changed.wait(lock, None).unwrap());
                lock.release().unwrap();
            })
        };
        let (lock, changed) = &*shared;
        let mut notified = 0;
        while notified == 0 {
            thread::yield_now();
            lock.acquire(None).unwrap();
            notified = changed.notify(1);
            lock.release().unwrap();
        }
        reach("notified");
        waiter.join().unwrap();
        assert_eq!(changed.waiting(), 0);
    });
}

#[test]
fn condition_gives_the_seats_of_the_dead_to_others() {
    model!(
        "condition_gives_the_seats_of_the_dead_to_others",
        "when all seats were taken and one of their owners has died, one more may wait"
    )
    .mortal()
    .reaches(&["took a seat"])
    .check(|| {
        let changed = Arc::new(Condition::new());
        let doomed = {
            let changed = Arc::clone(&changed);
            thread::spawn(move || {
                assert!(changed.take_seat().is_some());
                die();
            })
        };
        doomed.join().unwrap();
        for _ in 0..bounds::SEATS {
            assert!(changed.take_seat().is_some());
            reach("took a seat");
        }
        assert!(changed.take_seat().is_none());
    });
}

#[test]
fn condition_notifies_first_who_came_first() {
    model!(
        "condition_notifies_first_who_came_first",
        "who waits in the last seat is notified before one that takes the first seat after it, \
         though the notifier does not hold the lock"
    )
    .preemptions(2)
    .reaches(&["both waited", "one waited"])
    .check(|| {
        let changed = Arc::new(Condition::new());
        let left = changed.take_seat().unwrap();
        let longest = changed.take_seat().unwrap();
        left.vacate();
        let other = {
            let changed = Arc::clone(&changed);
            thread::spawn(move || assert!(changed.take_seat().is_some()))
        };
        assert_eq!(changed.notify(1), 1);
        assert!(!longest.is_waiting());
        let waiting = changed.waiting();
        reach(if waiting == 1 {
            "both waited"
        } else {
            "one waited"
        });
        other.join().unwrap();
        assert_eq!(changed.waiting(), 1);
    });
}

#[test]
fn condition_gives_two_at_once_different_seats_and_numbers() {
    model!(
        "condition_gives_two_at_once_different_seats_and_numbers",
        "who comes to wait without the lock, and is refused, meanwhile disturbs nobody"
    )
    .reaches(&["the other was first"])
    .check(|| {
        let changed = Arc::new(Condition::new());
        let number = |changed: &Condition| {
            let seat = changed.take_seat().unwrap();
            seat.number.load(Ordering::Relaxed)
        };
        let other = {
            let changed = Arc::clone(&changed);
            thread::spawn(move || number(&changed))
        };
        let own = number(&changed);
        let others = other.join().unwrap();
        if others < own {
            reach("the other was first");
        }
        assert_eq!(own + others, 1);
        assert_eq!(changed.waiting(), 2);
    });
}

#[test]
fn condition_seat_that_is_left_waits_for_the_next() {
    model!(
        "condition_seat_that_is_left_waits_for_the_next",
        "who takes a seat that another leaves is not taken for notified"
    )
    .reaches(&["took the seat that was left"])
    .check(|| {
        let changed = Arc::new(Condition::new());
        let left = changed.take_seat().unwrap();
        let other = {
            let changed = Arc::clone(&changed);
            thread::spawn(move || {
                let seat = changed.take_seat().unwrap();
                assert!(seat.is_waiting());
                if core::ptr::eq(seat, &raw const changed.seats[0]) {
                    reach("took the seat that was left");
                }
            })
        };
        left.vacate();
        other.join().unwrap();
        assert_eq!(changed.waiting(), 1);
    });
}
