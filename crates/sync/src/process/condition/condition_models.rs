//! Models of a waiter that dies where only the condition itself can stop it.

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
