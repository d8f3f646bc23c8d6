//! What is dropped, and when: code, results, workers, wakers, and every allocation.
#![cfg(not(selvedge_loom))]
#![allow(missing_docs)]

#[path = "../../../tests/support/heap.rs"]
mod heap;

use core::future::Future as _;
use core::pin::Pin;
use core::task::{Context, Waker};
use heap::{alone, leaves_nothing};
use selvedge_pool::deque::{Deque, Entry};
use selvedge_pool::{
    Builder, Executor, Future, Seat, Shutdown, ThreadExecutor, Worker, as_completed, promise,
};
use selvedge_sync::seam::atomic::{AtomicBool, Ordering};
use selvedge_sync::seam::clock::Duration;
use selvedge_sync::seam::{Arc, thread};

struct Number(Box<u32>);

// SAFETY: a box is one pointer, and its content may go to another thread.
unsafe impl Entry for Number {
    fn into_raw(self) -> *mut () {
        Box::into_raw(self.0).cast()
    }
    unsafe fn from_raw(pointer: *mut ()) -> Self {
        // SAFETY: the pointer came from the box above.
        Self(unsafe { Box::from_raw(pointer.cast()) })
    }
}

#[test]
fn deque_frees_its_buffers() {
    leaves_nothing(|| {
        let deque = Deque::new();
        // SAFETY: this thread is the owner.
        unsafe {
            for n in 0..200 {
                deque.push(Number(Box::new(n)), 0);
            }
            while let Some(Number(number)) = deque.pop() {
                assert!(*number < 200);
            }
        }
    });
}

#[test]
fn task_frees_what_it_was_made_of() {
    leaves_nothing(|| {
        let pool = ThreadExecutor::new(2);
        let (go, gate) = promise::<(), ()>();
        let text = String::from("taken by the code");
        let first = pool.submit(move || (gate.join(), text)).unwrap();
        let text = String::from("never run");
        let cancelled = pool.submit(move || text).unwrap();
        cancelled.cancel();
        go.set_result(());
        drop(first);
        pool.execute(|| ()).unwrap();
        pool.scope(|scope| scope.spawn(|| ()));
        assert_eq!(pool.join(|| 1, || 2), (1, 2));
        pool.shutdown(Shutdown::GRACEFUL);
    });
}

#[test]
fn abandoned_iterations_leave_nothing_with_the_futures() {
    let (_promise, future) = promise::<(), ()>();
    leaves_nothing(|| {
        let mut completed = as_completed([&future], Some(Duration::ZERO));
        assert!(matches!(completed.next(), Some(Err(_))));
        drop(as_completed([&future], None));
    });
}

#[test]
fn cancelled_task_drops_its_code_at_once() {
    let _alone = alone();
    let pool = ThreadExecutor::new(1);
    let (go, gate) = promise::<(), ()>();
    pool.submit(move || gate.join()).unwrap();
    let witness = Arc::new(());
    let held = Arc::clone(&witness);
    let future = pool.submit(move || drop(held)).unwrap();
    assert!(future.cancel());
    assert_eq!(Arc::strong_count(&witness), 1);
    go.set_result(());
}

#[test]
fn result_that_nobody_takes_is_dropped_with_its_handle() {
    let _alone = alone();
    let pool = ThreadExecutor::new(1);
    let witness = Arc::new(());
    let held = Arc::clone(&witness);
    let future = pool.submit(move || held).unwrap();
    assert!(future.result(None).is_ok());
    drop(future);
    pool.shutdown(Shutdown::GRACEFUL);
    assert_eq!(Arc::strong_count(&witness), 1);
}

#[test]
fn worker_is_dropped_by_its_thread_when_the_pool_ends() {
    struct Tool(Arc<AtomicBool>);
    impl Worker for Tool {}
    impl Drop for Tool {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Release);
        }
    }
    let _alone = alone();
    let dropped = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&dropped);
    let pool = Builder::new(move |_: &Seat| Ok(Tool(Arc::clone(&flag))))
        .max_workers(1)
        .build();
    pool.submit(|| ()).unwrap().join().unwrap();
    assert!(!dropped.load(Ordering::Acquire));
    pool.shutdown(Shutdown::GRACEFUL);
    assert!(dropped.load(Ordering::Acquire));
}

#[test]
fn dropped_map_cancels_what_nobody_has_begun() {
    let _alone = alone();
    let pool = ThreadExecutor::new(1);
    let (go, gate) = promise::<(), ()>();
    let busy = pool.submit(move || gate.join()).unwrap();
    while !busy.running() {
        thread::yield_now();
    }
    let ran = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&ran);
    drop(pool.map((0..3).map(|_| {
        let flag = Arc::clone(&flag);
        move || flag.store(true, Ordering::Relaxed)
    })));
    go.set_result(());
    pool.shutdown(Shutdown::GRACEFUL);
    assert!(!ran.load(Ordering::Relaxed));
}

struct Silent;

impl std::task::Wake for Silent {
    fn wake(self: Arc<Self>) {}
}

fn poll<T, E>(future: &mut Future<T, E>, waker: &Arc<Silent>) -> bool {
    let waker = Waker::from(Arc::clone(waker));
    let ready = Pin::new(future).poll(&mut Context::from_waker(&waker));
    ready.is_ready()
}

#[test]
fn dropped_handle_lets_go_of_its_waker() {
    let _alone = alone();
    let (promise, mut future) = promise::<(), ()>();
    let waker = Arc::new(Silent);
    assert!(!poll(&mut future, &waker));
    assert_eq!(Arc::strong_count(&waker), 2);
    drop(future);
    assert_eq!(Arc::strong_count(&waker), 1);
    promise.set_result(());
}

#[test]
#[should_panic = "polled to completion"]
fn result_is_moved_out_by_one_poll() {
    let _alone = alone();
    let (promise, mut future) = promise::<(), ()>();
    let waker = Arc::new(Silent);
    assert!(future.cancel());
    assert!(poll(&mut future, &waker));
    drop(promise);
    poll(&mut future, &waker);
}
