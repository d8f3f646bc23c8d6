//! What forking, installing and scopes promise, on real threads.
#![cfg(not(selvedge_loom))]
#![allow(missing_docs)]

use selvedge_pool::{Executor, Shutdown, ThreadExecutor, promise};
use selvedge_sync::seam::atomic::{AtomicU64, Ordering};
use selvedge_sync::seam::{Arc, Condvar, Mutex, thread};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Where a number of threads meet.
struct Barrier {
    missing: Mutex<u32>,
    complete: Condvar,
}

impl Barrier {
    fn new(size: u32) -> Self {
        Self {
            missing: Mutex::new(size),
            complete: Condvar::new(),
        }
    }

    fn wait(&self) {
        let mut missing = self.missing.lock();
        *missing -= 1;
        self.complete.notify_all();
        while *missing > 0 {
            self.complete.wait(&mut missing);
        }
    }
}

fn fibonacci(pool: &ThreadExecutor, n: u64) -> u64 {
    if n < 2 {
        return n;
    }
    let (left, right) = pool.join(|| fibonacci(pool, n - 1), || fibonacci(pool, n - 2));
    left + right
}

#[test]
fn deep_forks_add_up() {
    for workers in [1, 2, 4] {
        assert_eq!(fibonacci(&ThreadExecutor::new(workers), 20), 6765);
    }
}

#[test]
fn both_sides_of_a_fork_run_at_once() {
    let pool = ThreadExecutor::new(2);
    let (promise, future) = promise::<(), ()>();
    // The first side ends only when the second has run elsewhere.
    let (received, sent) = pool.join(|| future.join().is_ok(), || promise.set_result(()));
    assert!(sent && received);
}

#[test]
fn three_sides_of_two_forks_run_at_once() {
    // Workers that have yet to be started, and workers that sleep: both are brought one by one,
    // each by the one before it.
    for _ in 0..200 {
        let pool = ThreadExecutor::new(3);
        for _ in 0..3 {
            let meeting = Barrier::new(3);
            let meet = || meeting.wait();
            pool.join(|| pool.join(meet, meet), meet);
        }
    }
}

#[test]
fn given_up_job_ends_with_the_reason_and_is_dropped() {
    let pool = Arc::new(ThreadExecutor::new(1));
    let (go, gate) = promise::<(), ()>();
    let busy = pool.submit(move || gate.join()).unwrap();
    while !busy.running() {
        thread::yield_now();
    }
    let witness = Arc::new(());
    let (inside, held) = (Arc::clone(&pool), Arc::clone(&witness));
    let stranger = thread::spawn(move || {
        catch_unwind(AssertUnwindSafe(|| inside.install(move || drop(held))))
    });
    while pool.queued() == 0 {
        thread::yield_now();
    }
    pool.shutdown(Shutdown {
        wait: false,
        cancel_futures: true,
    });
    let payload = stranger.join().unwrap().unwrap_err();
    let reason: &String = payload.downcast_ref().unwrap();
    assert_eq!(reason, "the executor gave the job up");
    assert_eq!(Arc::strong_count(&witness), 1);
    go.set_result(());
}

#[test]
fn panic_of_either_side_arrives_when_both_are_over() {
    let pool = ThreadExecutor::new(2);
    for side in ["first", "second"] {
        let caught = catch_unwind(AssertUnwindSafe(|| {
            pool.join(
                || assert_ne!(side, "first", "boom"),
                || assert_ne!(side, "second", "boom"),
            )
        }));
        assert!(caught.is_err(), "{side}");
    }
    assert_eq!(pool.join(|| 1, || 2), (1, 2), "the pool is none the worse");
}

#[test]
fn helper_of_a_thief_runs_kin_only() {
    // Many independent forks, each of which joins under a lock of its own tree that its second
    // side must not find held by the thread that runs it.
    let pool = ThreadExecutor::new(2);
    let done = AtomicU64::new(0);
    pool.scope(|scope| {
        for _ in 0..200 {
            scope.spawn(|| {
                let lock = Mutex::new(());
                pool.join(
                    || {
                        let guard = lock.lock();
                        assert_eq!(fibonacci(&pool, 12), 144);
                        drop(guard);
                    },
                    || {
                        drop(lock.lock());
                        assert_eq!(fibonacci(&pool, 12), 144);
                    },
                );
                done.fetch_add(1, Ordering::Relaxed);
            });
        }
    });
    assert_eq!(done.load(Ordering::Relaxed), 200);
}

#[test]
fn scope_borrows_and_reports_a_panic_at_its_end() {
    let pool = ThreadExecutor::new(2);
    let runs = AtomicU64::new(0);
    let caught = catch_unwind(AssertUnwindSafe(|| {
        pool.scope(|scope| {
            scope.spawn(|| panic!("boom"));
            for _ in 0..50 {
                scope.spawn(|| {
                    runs.fetch_add(1, Ordering::Relaxed);
                });
            }
        });
    }));
    assert_eq!(caught.unwrap_err().downcast_ref(), Some(&"boom"));
    assert_eq!(runs.load(Ordering::Relaxed), 50);
}

#[test]
fn jobs_of_a_scope_spawn_more() {
    let pool = ThreadExecutor::new(2);
    let runs = AtomicU64::new(0);
    pool.scope(|scope| {
        for _ in 0..10 {
            scope.spawn(|| {
                for _ in 0..10 {
                    scope.spawn(|| {
                        runs.fetch_add(1, Ordering::Relaxed);
                    });
                }
            });
        }
    });
    assert_eq!(runs.load(Ordering::Relaxed), 100);
}

#[test]
fn closed_pool_still_runs_what_must_run() {
    let pool = ThreadExecutor::new(1);
    pool.shutdown(Shutdown::GRACEFUL);
    let mut ran = 0;
    pool.scope(|scope| scope.spawn(|| ran += 1));
    assert_eq!(pool.join(|| 1, || 2), (1, 2));
    assert_eq!((ran, pool.install(|| 3)), (1, 3));
}

#[test]
fn executed_jobs_run_and_their_panics_end_nothing() {
    let pool = ThreadExecutor::new(2);
    let runs = Arc::new(AtomicU64::new(0));
    for n in 0..100 {
        let runs = runs.clone();
        pool.execute(move || {
            runs.fetch_add(1, Ordering::Relaxed);
            assert_ne!(n, 50);
        })
        .unwrap();
    }
    pool.shutdown(Shutdown::GRACEFUL);
    assert_eq!(runs.load(Ordering::Relaxed), 100);
    let refused = pool.execute(|| ()).unwrap_err();
    (refused.job)();
}

#[test]
fn collected_elements_are_in_their_places() {
    let pool = ThreadExecutor::new(2);
    for length in [0, 1, 2, 31, 32, 33, 1000, 4097] {
        let squares = pool.collect(length, |n| n * n);
        assert!(squares.iter().copied().eq((0..length).map(|n| n * n)));
    }
    // On one that takes no more tasks, and from within.
    assert_eq!(pool.install(|| pool.collect(3, |n| n)), [0, 1, 2]);
    pool.shutdown(Shutdown::GRACEFUL);
    assert_eq!(pool.collect(3, |n| n), [0, 1, 2]);
}

#[test]
fn elements_are_collected_by_several_workers() {
    let pool = ThreadExecutor::new(2);
    let meeting = Barrier::new(2);
    pool.collect(2, |_| meeting.wait());
}

#[test]
fn panic_while_collecting_drops_each_element_once() {
    let pool = ThreadExecutor::new(2);
    let alive = Arc::new(());
    let made = AtomicU64::new(0);
    let caught = catch_unwind(AssertUnwindSafe(|| {
        pool.collect(1000, |n| {
            assert_ne!(n, 700, "boom");
            made.fetch_add(1, Ordering::Relaxed);
            Arc::clone(&alive)
        })
    }));
    assert!(caught.is_err());
    assert!(made.load(Ordering::Relaxed) > 0);
    assert_eq!(Arc::strong_count(&alive), 1);
    assert_eq!(pool.collect(5, |_| Arc::clone(&alive)).len(), 5);
    assert_eq!(Arc::strong_count(&alive), 1);
}
