//! What a future promises, on real threads.
#![cfg(not(selvedge_loom))]
#![allow(missing_docs)]

use core::task::{Context, Poll, Waker};
use selvedge_pool::{
    Error, Executor, Panic, ReturnWhen, Shutdown, ThreadExecutor, as_completed, promise, wait,
};
use selvedge_sync::seam::clock::{Duration, Instant};
use selvedge_sync::seam::{Arc, Mutex, thread};

const SHORT: Duration = Duration::from_millis(20);

#[test]
fn states_follow_the_promise() {
    let (promise, future) = promise::<i32, String>();
    assert!(!future.running() && !future.done() && !future.cancelled());
    assert!(promise.set_running_or_notify_cancel());
    assert!(future.running() && !future.done());
    assert!(!future.cancel(), "too late");
    assert!(promise.set_exception("no".into()));
    assert!(future.done() && !future.running() && !future.cancelled());
    assert_eq!(future.result(None), Err(Error::Failed(&"no".into())));
    assert_eq!(future.exception(None), Ok(Some(&"no".into())));
    assert_eq!(future.join(), Err(Error::Failed("no".into())));
}

#[test]
fn value_is_lent_any_number_of_times_and_then_given() {
    let (promise, future) = promise::<String, ()>();
    promise.set_result("value".into());
    assert_eq!(future.result(None).unwrap(), "value");
    assert_eq!(future.result(None).unwrap(), "value");
    assert_eq!(future.exception(None), Ok(None));
    assert_eq!(future.join().unwrap(), "value");
}

#[test]
fn cancelled_future_says_so_and_refuses_its_result() {
    let (promise, future) = promise::<i32, ()>();
    assert!(future.cancel() && future.cancel());
    assert!(future.cancelled() && future.done() && promise.cancelled());
    assert!(!promise.set_running_or_notify_cancel());
    assert!(!promise.set_result(1));
    assert_eq!(future.result(None), Err(Error::Cancelled));
    assert_eq!(future.exception(None), Err(Error::Cancelled));
}

#[test]
fn result_times_out_in_time() {
    let (promise, future) = promise::<i32, ()>();
    let begun = Instant::now();
    assert_eq!(future.result(Some(SHORT)), Err(Error::TimedOut));
    assert!(begun.elapsed() >= SHORT);
    assert_eq!(future.result(Some(Duration::ZERO)), Err(Error::TimedOut));
    promise.set_result(1);
    assert_eq!(future.result(Some(Duration::ZERO)), Ok(&1));
}

#[test]
fn dropped_promise_abandons_its_future() {
    let (promise, future) = promise::<i32, ()>();
    drop(promise);
    assert_eq!(future.join(), Err(Error::Abandoned));
}

#[test]
fn callbacks_run_in_order_though_one_panics() {
    let (promise, future) = promise::<i32, ()>();
    let log = Arc::new(Mutex::new(Vec::new()));
    for n in 0..3 {
        let log = Arc::clone(&log);
        future.add_done_callback(move |outcome| {
            log.lock().push((n, outcome.copied().ok()));
            assert_ne!(n, 1, "the middle one fails");
        });
    }
    promise.set_result(9);
    let late = Arc::clone(&log);
    future.add_done_callback(move |_| late.lock().push((3, None)));
    let seen = log.lock().clone();
    assert_eq!(seen, [(0, Some(9)), (1, Some(9)), (2, Some(9)), (3, None)]);
}

#[test]
fn dropping_the_handle_does_not_cancel() {
    let pool = ThreadExecutor::new(1);
    let (started, go) = promise::<(), ()>();
    let (done, seen) = promise::<i32, ()>();
    drop(pool.submit(move || go.join()).unwrap());
    drop(pool.submit(move || done.set_result(5)).unwrap());
    started.set_result(());
    assert_eq!(seen.join(), Ok(5));
}

#[test]
fn panic_arrives_with_message_and_payload() {
    let pool = ThreadExecutor::new(1);
    let text = pool.submit(|| panic!("no {}", "luck")).unwrap();
    let Err(Error::Failed(panic)) = text.result(None) else {
        panic!("failed")
    };
    assert_eq!(panic.message(), "no luck");
    let odd = pool.submit(|| std::panic::panic_any(17_u8)).unwrap();
    let Err(Error::Failed(panic)) = odd.join() else {
        panic!("failed")
    };
    let payload = panic.take_payload().expect("first to take it");
    assert_eq!(payload.downcast_ref::<u8>(), Some(&17));
    assert!(panic.take_payload().is_none());
}

/// Drives a future the plainest way there is.
fn block_on<T, E>(future: selvedge_pool::Future<T, E>) -> Result<T, Error<E>> {
    struct Unpark(std::thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    #[allow(
        clippy::disallowed_methods,
        reason = "what an executor of async code does"
    )]
    fn park() {
        std::thread::park();
    }
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut future = core::pin::pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(result) => return result,
            Poll::Pending => park(),
        }
    }
}

use core::future::Future as _;

#[test]
fn awaits_like_any_future() {
    let pool = ThreadExecutor::new(1);
    let slow = pool
        .submit(|| {
            thread::sleep(SHORT);
            String::from("slept")
        })
        .unwrap();
    assert_eq!(block_on(slow).unwrap(), "slept");
}

#[test]
fn wait_returns_at_once_for_a_future_that_was_cancelled_before() {
    // python/cpython#92001: there, such a wait hung.
    let (_promise, cancelled) = promise::<i32, ()>();
    cancelled.cancel();
    for until in [
        ReturnWhen::FirstCompleted,
        ReturnWhen::FirstException,
        ReturnWhen::AllCompleted,
    ] {
        let waited = wait([&cancelled], None, until);
        assert_eq!((waited.done.len(), waited.not_done.len()), (1, 0));
    }
    assert_eq!(as_completed([&cancelled], None).count(), 1);
}

#[test]
fn wait_for_the_first_failure_ignores_cancelling_and_success() {
    let (good, first) = promise::<i32, ()>();
    let (_held, second) = promise::<i32, ()>();
    let (bad, third) = promise::<i32, ()>();
    let (_never, fourth) = promise::<i32, ()>();
    good.set_result(1);
    second.cancel();
    let failing = thread::spawn(move || {
        thread::sleep(SHORT);
        bad.set_exception(());
    });
    let all = [first, second, third, fourth];
    let waited = wait(&all, None, ReturnWhen::FirstException);
    assert_eq!((waited.done.len(), waited.not_done.len()), (3, 1));
    assert!(core::ptr::eq(waited.not_done[0], &raw const all[3]));
    failing.join().unwrap();
}

#[test]
fn wait_on_nothing_ends() {
    let none: [selvedge_pool::Future<i32, Panic>; 0] = [];
    let waited = wait(none, None, ReturnWhen::AllCompleted);
    assert!(waited.done.is_empty() && waited.not_done.is_empty());
}

#[test]
fn wait_times_out_with_what_is_done() {
    let (promise, done) = promise::<i32, ()>();
    let (_never, open) = selvedge_pool::promise::<i32, ()>();
    promise.set_result(1);
    let waited = wait([&done, &open], Some(SHORT), ReturnWhen::AllCompleted);
    assert_eq!((waited.done.len(), waited.not_done.len()), (1, 1));
}

#[test]
fn as_completed_yields_in_the_order_of_completion() {
    let pool = ThreadExecutor::new(2);
    let slow = pool
        .submit(|| {
            thread::sleep(2 * SHORT);
            "slow"
        })
        .unwrap();
    let quick = pool.submit(|| "quick").unwrap();
    let order: Vec<_> = as_completed([slow, quick], None)
        .map(|future| future.unwrap().join().unwrap())
        .collect();
    assert_eq!(order, ["quick", "slow"]);
    pool.shutdown(Shutdown::GRACEFUL);
}

#[test]
fn as_completed_times_out_once() {
    let (_never, open) = promise::<i32, ()>();
    let mut iteration = as_completed([&open], Some(SHORT));
    assert_eq!(iteration.next().unwrap().unwrap_err().unfinished, 1);
    assert!(iteration.next().is_none());
}

#[test]
fn iteration_knows_when_nothing_is_left() {
    let (promise, future) = promise::<(), ()>();
    let mut completed = as_completed([&future], None);
    assert_eq!(completed.size_hint(), (1, Some(1)));
    promise.set_result(());
    assert!(completed.next().is_some());
    assert_eq!(completed.size_hint(), (0, Some(0)));
}
