//! Models of waiting for many futures (`gather`).
#![cfg(selvedge_loom)]
#![allow(missing_docs)]

mod watched;

use selvedge_pool::{Future, Promise, ReturnWhen, as_completed, promise, wait};
use selvedge_sync::model;
use selvedge_sync::seam::model::{reach, reach_asleep};
use selvedge_sync::seam::{Arc, thread};
use watched::{Half, SOON, Watched, run};

type Halves = (Vec<Promise<Watched, u32>>, Vec<Future<Watched, u32>>);

fn two() -> Halves {
    (0..2).map(|_| promise()).unzip()
}

#[test]
fn wait_for_all_is_woken_by_the_last() {
    model!(
        "wait_for_all_is_woken_by_the_last",
        "waiting for two futures ends when both are done, one finished and one cancelled"
    )
    .preemptions(2)
    .reaches(&["slept"])
    .check(|| {
        let (promises, futures) = two();
        let futures: Vec<_> = futures.into_iter().map(Arc::new).collect();
        let cancelled = Arc::clone(&futures[1]);
        let mut promises = promises.into_iter();
        let worker = run(promises.next().unwrap(), 1);
        let canceller = thread::spawn(move || assert!(cancelled.cancel()));
        let waited = reach_asleep("slept", || wait(&futures, None, ReturnWhen::AllCompleted));
        assert_eq!((waited.done.len(), waited.not_done.len()), (2, 0));
        worker.join().unwrap();
        canceller.join().unwrap();
    });
}

#[test]
fn wait_for_the_first_ends_with_the_first() {
    model!(
        "wait_for_the_first_ends_with_the_first",
        "waiting for the first of two futures ends though the other never does"
    )
    .reaches(&["slept"])
    .check(|| {
        let (promises, futures) = two();
        let mut promises = promises.into_iter();
        let never = promises.next().unwrap();
        let worker = run(promises.next().unwrap(), 1);
        let waited = reach_asleep("slept", || wait(&futures, None, ReturnWhen::FirstCompleted));
        assert!(core::ptr::eq(waited.done[0], &raw const futures[1]));
        assert_eq!(waited.not_done.len(), 1);
        worker.join().unwrap();
        drop(never);
    });
}

#[test]
fn timed_wait_tells_done_from_not_done() {
    model!(
        "timed_wait_tells_done_from_not_done",
        "a timed wait returns each future once, and what it calls done is done"
    )
    .reaches(&["timed out", "in time"])
    .check(|| {
        let (promise, future): Half = promise();
        let worker = run(promise, 1);
        let waited = wait([&future], SOON, ReturnWhen::AllCompleted);
        assert_eq!(waited.done.len() + waited.not_done.len(), 1);
        assert!(waited.done.iter().all(|future| future.done()));
        reach(if waited.done.is_empty() {
            "timed out"
        } else {
            "in time"
        });
        worker.join().unwrap();
    });
}

#[test]
fn as_completed_yields_each_once() {
    model!(
        "as_completed_yields_each_once",
        "two futures completed by two threads are each yielded once, done"
    )
    .preemptions(2)
    .reaches(&["slept"])
    .check(|| {
        let (promises, futures) = two();
        let workers: Vec<_> = promises
            .into_iter()
            .map(|promise| run(promise, 1))
            .collect();
        let mut sum = 0;
        let mut completed = as_completed(futures, None);
        while let Some(future) = reach_asleep("slept", || completed.next()) {
            let future = future.unwrap();
            assert!(future.done());
            let result = future.join().ok().unwrap();
            sum += result.read();
            // A result that was moved out is nobody else's; an access that overlaps is reported.
            result.write(0);
        }
        assert_eq!(sum, 2);
        for worker in workers {
            worker.join().unwrap();
        }
    });
}

#[test]
fn timed_as_completed_ends() {
    model!(
        "timed_as_completed_ends",
        "a timed iteration yields the future or says that time was up, and ends"
    )
    .reaches(&["timed out", "in time"])
    .check(|| {
        let (promise, future): Half = promise();
        let worker = run(promise, 1);
        let items: Vec<_> = as_completed([&future], SOON).collect();
        match items[..] {
            [Ok(_)] => reach("in time"),
            [Err(late)] => {
                assert_eq!(late.unfinished, 1);
                reach("timed out");
            }
            _ => panic!("one item"),
        }
        worker.join().unwrap();
    });
}
