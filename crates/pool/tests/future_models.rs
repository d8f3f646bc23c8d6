//! Models of a future's states: completing, cancelling, waiting, calling back, waking.
//!
//! They cover `completion` and `shared` (the state and the result) and `task` (the counts).
#![cfg(selvedge_loom)]
#![allow(
    clippy::disallowed_types,
    reason = "a waker of the standard library is made of its Arc"
)]
#![allow(missing_docs)]

mod watched;

use core::future::Future as _;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use selvedge_pool::{Error, Future, Promise, as_completed, promise};
use selvedge_sync::model;
use selvedge_sync::seam::atomic::{AtomicU32, Ordering};
use selvedge_sync::seam::model::{reach, reach_asleep};
use selvedge_sync::seam::{Arc, Mutex, Parker, Unparker, thread};
use watched::{Half, SOON, Watched, run};

#[test]
fn waiter_is_woken_and_sees_the_result() {
    model!(
        "waiter_is_woken_and_sees_the_result",
        "a result set at any moment ends the wait and is seen in full"
    )
    .reaches(&["slept"])
    .check(|| {
        let (promise, future): Half = promise();
        let worker = run(promise, 7);
        assert_eq!(
            reach_asleep("slept", || future.result(None))
                .map(Watched::read)
                .ok(),
            Some(7)
        );
        assert!(worker.join().unwrap());
        future.join().ok().unwrap().write(8);
    });
}

#[test]
fn cancel_and_run_exclude_each_other() {
    model!(
        "cancel_and_run_exclude_each_other",
        "either the cancelling succeeds or the task runs, and everybody agrees which"
    )
    .reaches(&["cancelled", "ran"])
    .check(|| {
        let (promise, future): Half = promise();
        let worker = run(promise, 7);
        let cancelled = future.cancel();
        reach(if cancelled { "cancelled" } else { "ran" });
        assert_eq!(future.cancelled(), cancelled);
        let result = future.join();
        assert_eq!(worker.join().unwrap(), !cancelled);
        match result {
            Ok(value) => assert!(!cancelled && value.read() == 7),
            Err(error) => assert!(cancelled && error == Error::Cancelled),
        }
    });
}

#[test]
fn cancel_and_set_without_running_exclude_each_other() {
    model!(
        "cancel_and_set_without_running_exclude_each_other",
        "a result set while the future is pending and a cancel: one of them is told it came late"
    )
    .reaches(&["cancelled", "finished"])
    .check(|| {
        let (promise, future): Half = promise();
        let setter = thread::spawn(move || promise.set_result(Watched::new(1)));
        let cancelled = future.cancel();
        let finished = future.join().is_ok();
        assert_eq!(setter.join().unwrap(), !cancelled);
        assert_eq!(finished, !cancelled);
        reach(if cancelled { "cancelled" } else { "finished" });
    });
}

#[test]
fn two_cancellers_call_back_once() {
    model!(
        "two_cancellers_call_back_once",
        "of two threads that cancel, both succeed and callbacks run once"
    )
    .reaches(&["the other came first", "the other came later"])
    .check(|| {
        let (promise, future): Half = promise();
        let calls = Arc::new(AtomicU32::new(0));
        let seen = Arc::clone(&calls);
        future.add_done_callback(move |outcome| {
            assert!(matches!(outcome, Err(Error::Cancelled)));
            seen.fetch_add(1, Ordering::Relaxed);
        });
        let future = Arc::new(future);
        let other = Arc::clone(&future);
        let other = thread::spawn(move || assert!(other.cancel()));
        // See `done_says_that_the_work_is_over`.
        thread::yield_now();
        reach(if future.cancelled() {
            "the other came first"
        } else {
            "the other came later"
        });
        assert!(future.cancel());
        other.join().unwrap();
        assert_eq!(calls.load(Ordering::Relaxed), 1);
        assert!(!promise.set_running_or_notify_cancel());
    });
}

#[test]
fn abandoned_future_wakes_its_waiter() {
    model!(
        "abandoned_future_wakes_its_waiter",
        "a promise dropped at any moment ends the wait with an error"
    )
    .reaches(&["slept"])
    .check(|| {
        let (promise, future): Half = promise();
        let dropper = thread::spawn(move || drop(promise));
        let outcome = reach_asleep("slept", || future.join());
        assert!(matches!(outcome, Err(Error::Abandoned)));
        dropper.join().unwrap();
    });
}

#[test]
fn timed_wait_can_be_repeated() {
    model!(
        "timed_wait_can_be_repeated",
        "a wait that timed out leaves the future intact, and a later wait gets the result"
    )
    .reaches(&["timed out", "in time"])
    .check(|| {
        let (promise, future): Half = promise();
        let worker = run(promise, 3);
        match future.result(SOON) {
            Ok(value) => {
                reach("in time");
                assert_eq!(value.read(), 3);
            }
            Err(error) => {
                reach("timed out");
                assert_eq!(error, Error::TimedOut);
            }
        }
        assert_eq!(future.result(None).map(Watched::read).ok(), Some(3));
        worker.join().unwrap();
    });
}

#[test]
fn callback_runs_exactly_once() {
    model!(
        "callback_runs_exactly_once",
        "a callback added at any moment runs once, on one of the two threads, with the result"
    )
    .reaches(&["on the completing thread", "at once"])
    .check(|| {
        let (promise, future): Half = promise();
        let worker = run(promise, 5);
        let calls = Arc::new(AtomicU32::new(0));
        let seen = Arc::clone(&calls);
        future.add_done_callback(move |outcome| {
            assert_eq!(outcome.map(Watched::read).ok(), Some(5));
            seen.fetch_add(1, Ordering::Relaxed);
        });
        reach(if calls.load(Ordering::Relaxed) == 0 {
            "on the completing thread"
        } else {
            "at once"
        });
        worker.join().unwrap();
        assert_eq!(calls.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn taker_waits_for_callbacks() {
    model!(
        "taker_waits_for_callbacks",
        "the result is moved out only when no callback looks at it any more"
    )
    .reaches(&["slept"])
    .check(|| {
        let (promise, future): Half = promise();
        future.add_done_callback(|outcome| assert_eq!(outcome.map(Watched::read).ok(), Some(5)));
        let worker = run(promise, 5);
        // A write that overlaps with the callback's read is reported.
        let result = reach_asleep("slept", || future.join());
        result.ok().unwrap().write(6);
        worker.join().unwrap();
    });
}

#[test]
fn late_callback_and_taker_do_not_meet() {
    model!(
        "late_callback_and_taker_do_not_meet",
        "a callback added while the future completes has run when the result is moved out"
    )
    .reaches(&["added before", "added after"])
    .check(|| {
        let (promise, future): Half = promise();
        let worker = run(promise, 5);
        let completed = future.done();
        future.add_done_callback(move |outcome| {
            assert_eq!(outcome.map(Watched::read).ok(), Some(5));
            reach(if completed {
                "added after"
            } else {
                "added before"
            });
        });
        future.join().ok().unwrap().write(6);
        worker.join().unwrap();
    });
}

#[test]
fn dropped_handle_frees_the_result() {
    model!(
        "dropped_handle_frees_the_result",
        "the handle and the promise go at the same time and nothing leaks"
    )
    .reaches(&["handle first", "result first"])
    .check(|| {
        let (promise, future): Half = promise();
        let worker = run(promise, 5);
        reach(if future.done() {
            "result first"
        } else {
            "handle first"
        });
        drop(future);
        assert!(worker.join().unwrap());
    });
}

/// Work that a thread does and whose completion it then announces, with an empty result.
fn watched_work() -> (Arc<Watched>, Future<(), ()>, thread::JoinHandle<bool>) {
    let (promise, future) = promise();
    let work = Arc::new(Watched::new(0));
    let seen = Arc::clone(&work);
    let worker = thread::spawn(move || {
        work.write(7);
        promise.set_result(())
    });
    (seen, future, worker)
}

#[test]
fn done_says_that_the_work_is_over() {
    model!(
        "done_says_that_the_work_is_over",
        "who finds a future done sees what came before its completion, result or not"
    )
    .reaches(&["done", "not yet"])
    .check(|| {
        let (seen, future, worker) = watched_work();
        // The explorer does not see on its own that this load may come after the completion: that
        // begins with a load of the same word, and only a word's last access is compared.
        thread::yield_now();
        if future.done() {
            reach("done");
            assert_eq!(seen.read(), 7);
        } else {
            reach("not yet");
        }
        assert!(worker.join().unwrap());
    });
}

#[test]
fn yielded_future_says_that_the_work_is_over() {
    model!(
        "yielded_future_says_that_the_work_is_over",
        "who is given a future as completed sees what came before its completion"
    )
    .reaches(&["slept"])
    .check(|| {
        let (seen, future, worker) = watched_work();
        let completed = reach_asleep("slept", || as_completed([&future], None).next());
        assert!(completed.is_some_and(|completed| completed.is_ok()));
        assert_eq!(seen.read(), 7);
        assert!(worker.join().unwrap());
    });
}

/// A result whose end is a write that the model watches.
struct Ending(Watched);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.write(0);
    }
}

#[test]
fn result_is_freed_after_everybody_looked() {
    model!(
        "result_is_freed_after_everybody_looked",
        "the last of handle and promise frees the result, and what the other did comes before"
    )
    .reaches(&["looked"])
    .check(|| {
        let (promise, future) = promise::<Ending, ()>();
        let setter = thread::spawn(move || promise.set_result(Ending(Watched::new(1))));
        // See `done_says_that_the_work_is_over`.
        thread::yield_now();
        if let Some(outcome) = future.outcome() {
            reach("looked");
            assert_eq!(outcome.ok().unwrap().0.read(), 1);
        }
        drop(future);
        assert!(setter.join().unwrap());
    });
}

#[test]
fn waker_is_dropped_with_no_mutex_held() {
    /// Its end completes the future that it waits for.
    struct Last(Mutex<Option<Promise<(), ()>>>);
    impl std::task::Wake for Last {
        fn wake(self: std::sync::Arc<Self>) {}
    }
    impl Drop for Last {
        fn drop(&mut self) {
            let promise = self.0.lock().take().unwrap();
            assert!(promise.set_result(()));
        }
    }
    model!(
        "waker_is_dropped_with_no_mutex_held",
        "a waker that completes the very future it is taken from does not deadlock"
    )
    .reaches(&["dropped"])
    .check(|| {
        let (promise, mut future) = promise::<(), ()>();
        let last = std::sync::Arc::new(Last(Mutex::new(Some(promise))));
        assert!(poll(&mut future, &Waker::from(last)).is_pending());
        drop(future);
        reach("dropped");
    });
}

/// A waker that ends a park, and counts.
struct Alarm {
    thread: Mutex<Unparker>,
    rung: AtomicU32,
}

impl std::task::Wake for Alarm {
    fn wake(self: std::sync::Arc<Self>) {
        self.rung.fetch_add(1, Ordering::Relaxed);
        self.thread.lock().unpark();
    }
}

fn alarm(parker: &Parker) -> std::sync::Arc<Alarm> {
    std::sync::Arc::new(Alarm {
        thread: Mutex::new(parker.unparker()),
        rung: AtomicU32::new(0),
    })
}

fn poll<T, E>(future: &mut Future<T, E>, waker: &Waker) -> Poll<Result<T, Error<E>>> {
    Pin::new(future).poll(&mut Context::from_waker(waker))
}

#[test]
fn waker_is_called() {
    model!(
        "waker_is_called",
        "a task that polled too early is woken, and its next poll is ready"
    )
    .reaches(&["had to wait"])
    .check(|| {
        let (promise, mut future): Half = promise();
        let worker = run(promise, 5);
        let parker = Parker::new();
        let waker = Waker::from(alarm(&parker));
        let value = loop {
            match poll(&mut future, &waker) {
                Poll::Ready(result) => break result.ok().unwrap(),
                Poll::Pending => {
                    reach("had to wait");
                    parker.park();
                }
            }
        };
        value.write(6);
        worker.join().unwrap();
    });
}

#[test]
fn last_waker_counts() {
    model!(
        "last_waker_counts",
        "of two polls with different wakers, the second one's is called"
    )
    .reaches(&["pending twice"])
    .check(|| {
        let (promise, mut future): Half = promise();
        let worker = run(promise, 5);
        let (early, late) = (Parker::new(), Parker::new());
        let pending = poll(&mut future, &Waker::from(alarm(&early))).is_pending();
        if pending {
            let waker = Waker::from(alarm(&late));
            while poll(&mut future, &waker).is_pending() {
                reach("pending twice");
                late.park();
            }
        }
        worker.join().unwrap();
    });
}

#[test]
fn polled_taker_waits_for_callbacks() {
    model!(
        "polled_taker_waits_for_callbacks",
        "polling gives the result away only when no callback looks at it, and is woken then"
    )
    .preemptions(2)
    .reaches(&["had to wait"])
    .check(|| {
        let (promise, mut future): Half = promise();
        future.add_done_callback(|outcome| assert_eq!(outcome.map(Watched::read).ok(), Some(5)));
        let worker = run(promise, 5);
        let parker = Parker::new();
        let waker = Waker::from(alarm(&parker));
        let value = loop {
            match poll(&mut future, &waker) {
                Poll::Ready(result) => break result.ok().unwrap(),
                Poll::Pending => {
                    reach("had to wait");
                    parker.park();
                }
            }
        };
        value.write(6);
        worker.join().unwrap();
    });
}

#[test]
fn waiter_that_comes_while_a_task_is_taken_back_is_woken() {
    model!(
        "waiter_that_comes_while_a_task_is_taken_back_is_woken",
        "who begins to wait just as a begun task is taken back is woken when it has run"
    )
    .reaches(&["slept"])
    .check(|| {
        let (promise, future): Half = promise();
        let worker = thread::spawn(move || {
            assert!(promise.set_running_or_notify_cancel());
            promise.take_back_running();
            run(promise, 7).join().unwrap()
        });
        reach_asleep("slept", || {
            assert_eq!(future.join().ok().map(|value| value.read()), Some(7));
        });
        assert!(worker.join().unwrap());
    });
}

#[test]
fn task_that_was_taken_back_is_cancelled_or_run() {
    model!(
        "task_that_was_taken_back_is_cancelled_or_run",
        "a task that is begun, taken back and begun again is cancelled or run, and everybody \
         agrees which"
    )
    .reaches(&["cancelled", "ran"])
    .check(|| {
        let (promise, future): Half = promise();
        let worker = thread::spawn(move || {
            if !promise.set_running_or_notify_cancel() {
                return false;
            }
            promise.take_back_running();
            run(promise, 7).join().unwrap()
        });
        let cancelled = future.cancel();
        let ran = worker.join().unwrap();
        reach(if ran { "ran" } else { "cancelled" });
        assert_eq!(cancelled, !ran);
        assert_eq!(future.cancelled(), cancelled);
        assert_eq!(
            future.join().ok().map(|value| value.read()),
            ran.then_some(7)
        );
    });
}
