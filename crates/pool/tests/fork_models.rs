//! Models of forking and joining (`fork`) and of scopes (`scope`): what is lent to other workers
//! runs once, and nobody leaves before it is over.
#![cfg(selvedge_loom)]
#![allow(missing_docs)]

use selvedge_pool::{Executor, Shutdown, ThreadExecutor};
use selvedge_sync::model;
use selvedge_sync::seam::atomic::{AtomicU32, Ordering};
use selvedge_sync::seam::cell::UnsafeCell;
use selvedge_sync::seam::model::reach;
use selvedge_sync::seam::{Arc, Condvar, Mutex, thread};

selvedge_sync::thread_local! {
    static MARK: u8 = 0;
}

/// Tells the threads of a model apart.
fn this_thread() -> usize {
    MARK.with(|mark| core::ptr::from_ref(mark).addr())
}

/// A number the model watches for accesses that overlap.
struct Watched(UnsafeCell<u32>);

// SAFETY: the model itself reports an access that overlaps.
unsafe impl Sync for Watched {}

impl Watched {
    fn new() -> Self {
        Self(UnsafeCell::new(0))
    }
    fn add(&self, more: u32) {
        // SAFETY: the model reports an access that overlaps.
        self.0.with_mut(|value| unsafe { *value += more });
    }
    fn value(&self) -> u32 {
        // SAFETY: as above.
        self.0.with(|value| unsafe { *value })
    }
}

#[test]
fn forked_job_runs_once_and_is_seen() {
    model!(
        "forked_job_runs_once_and_is_seen",
        "the second function runs once, here or on a thief, and its effect is seen by the joiner"
    )
    .preemptions(1)
    .reaches(&["taken back", "stolen"])
    .check(|| {
        let pool = Arc::new(ThreadExecutor::new(2));
        let inside = Arc::clone(&pool);
        // Wakes, or starts, the second worker.
        let other = pool.submit(|| ()).unwrap();
        let forked = pool
            .submit(move || {
                let effect = Watched::new();
                let (here, there) = inside.join(this_thread, || {
                    effect.add(1);
                    this_thread()
                });
                reach(if here == there {
                    "taken back"
                } else {
                    "stolen"
                });
                effect.value()
            })
            .unwrap();
        assert_eq!(forked.join().unwrap(), 1);
        other.join().unwrap();
    });
}

#[test]
fn sleeping_worker_is_woken_by_a_fork() {
    model!(
        "sleeping_worker_is_woken_by_a_fork",
        "a job that can only end on another worker is never left to sleepers"
    )
    .preemptions(1)
    .reaches(&["the other has run dry"])
    .check(|| {
        let pool = Arc::new(ThreadExecutor::new(2));
        let inside = Arc::clone(&pool);
        let ran = Arc::new(Mutex::new(None));
        let other = {
            let ran = Arc::clone(&ran);
            pool.submit(move || *ran.lock() = Some(this_thread()))
        };
        let forked = pool
            .submit(move || {
                if ran.lock().is_some_and(|ran| ran != this_thread()) {
                    reach("the other has run dry");
                }
                let (promise, future) = selvedge_pool::promise::<(), ()>();
                // `a` waits for `b`: if nobody steals it, this is a deadlock.
                inside.join(|| future.join().is_ok(), || promise.set_result(()))
            })
            .unwrap();
        assert_eq!(forked.join().unwrap(), (true, true));
        other.unwrap().join().unwrap();
    });
}

/// Where three threads meet.
struct Meeting {
    missing: Mutex<u32>,
    complete: Condvar,
}

impl Meeting {
    fn join(&self) {
        let mut missing = self.missing.lock();
        *missing -= 1;
        if *missing == 0 {
            self.complete.notify_all();
        }
        while *missing > 0 {
            self.complete.wait(&mut missing);
        }
    }
}

#[test]
fn third_worker_is_brought_by_the_second() {
    model!(
        "third_worker_is_brought_by_the_second",
        "of two jobs forked at once, each finds a worker, though they can only end together"
    )
    // The largest model of the crate: with no preemption it does not miss the fence of a worker
    // that finds work.
    .preemptions(1)
    .reaches(&["three at once"])
    .check(|| {
        let pool = ThreadExecutor::new(3);
        let meeting = Meeting {
            missing: Mutex::new(3),
            complete: Condvar::new(),
        };
        let meet = || meeting.join();
        pool.join(|| pool.join(meet, meet), meet);
        reach("three at once");
    });
}

#[test]
fn stolen_job_is_waited_for() {
    model!(
        "stolen_job_is_waited_for",
        "whether it is over before its maker looks, before it parks or after, its effect is seen"
    )
    .preemptions(1)
    .reaches(&["seen"])
    .check(|| {
        let pool = Arc::new(ThreadExecutor::new(2));
        let inside = Arc::clone(&pool);
        let (ready, at_the_join) = selvedge_pool::promise::<(), ()>();
        let (go, gate) = selvedge_pool::promise::<(), ()>();
        let whole = pool
            .submit(move || {
                let effect = Watched::new();
                let (begun, theft) = selvedge_pool::promise::<(), ()>();
                inside.join(
                    || theft.join().is_ok() && ready.set_result(()),
                    || {
                        begun.set_result(());
                        gate.join().unwrap();
                        effect.add(1);
                    },
                );
                assert_eq!(effect.value(), 1);
                reach("seen");
            })
            .unwrap();
        at_the_join.join().unwrap();
        go.set_result(());
        whole.join().unwrap();
    });
}

#[test]
fn maker_of_a_stolen_job_helps_its_thief() {
    model!(
        "maker_of_a_stolen_job_helps_its_thief",
        "who waits for a stolen job may run what that job has forked"
    )
    .preemptions(1)
    .reaches(&["helped"])
    .check(|| {
        let pool = Arc::new(ThreadExecutor::new(2));
        let inside = Arc::clone(&pool);
        let whole = pool
            .submit(move || {
                let maker = this_thread();
                let (begun, theft) = selvedge_pool::promise::<(), ()>();
                let (_, kin) = inside.join(
                    || theft.join().is_ok(),
                    || {
                        begun.set_result(());
                        inside.join(|| (), this_thread).1
                    },
                );
                if kin == maker {
                    reach("helped");
                }
            })
            .unwrap();
        whole.join().unwrap();
    });
}

#[test]
fn stranger_waits_for_what_it_installs() {
    model!(
        "stranger_waits_for_what_it_installs",
        "a borrowing function installed from outside is over when the call returns"
    )
    .preemptions(2)
    .reaches(&["on a worker"])
    .check(|| {
        let pool = ThreadExecutor::new(1);
        let effect = Watched::new();
        let me = this_thread();
        pool.install(|| {
            effect.add(1);
            if this_thread() != me {
                reach("on a worker");
            }
        });
        assert_eq!(effect.value(), 1);
    });
}

#[test]
fn scope_ends_when_its_jobs_are_over() {
    model!(
        "scope_ends_when_its_jobs_are_over",
        "two borrowing jobs have run when the scope returns, opened outside the pool"
    )
    .preemptions(2)
    .reaches(&["both on a worker"])
    .check(|| {
        let pool = ThreadExecutor::new(1);
        let me = this_thread();
        let (left, right) = (Watched::new(), Watched::new());
        let add_one = |effect: &Watched| effect.add(if this_thread() == me { 1 } else { 2 });
        pool.scope(|scope| {
            scope.spawn(|| add_one(&left));
            scope.spawn(|| add_one(&right));
        });
        match (left.value(), right.value()) {
            (2, 2) => reach("both on a worker"),
            both => assert!(matches!(both, (1 | 2, 1 | 2)), "ran {both:?}"),
        }
    });
}

#[test]
fn scope_of_the_only_worker_ends() {
    model!(
        "scope_of_the_only_worker_ends",
        "a worker that opens a scope runs what nobody else can"
    )
    .preemptions(2)
    .reaches(&["by the opener"])
    .check(|| {
        let pool = Arc::new(ThreadExecutor::new(1));
        let inside = Arc::clone(&pool);
        let outer = pool
            .submit(move || {
                let runs = AtomicU32::new(0);
                let me = this_thread();
                inside.scope(|scope| {
                    for _ in 0..2 {
                        scope.spawn(|| {
                            runs.fetch_add(1, Ordering::Relaxed);
                            if this_thread() == me {
                                reach("by the opener");
                            }
                        });
                    }
                });
                runs.load(Ordering::Relaxed)
            })
            .unwrap();
        assert_eq!(outer.join().unwrap(), 2);
    });
}

#[test]
fn scope_survives_a_shutdown_that_cancels() {
    model!(
        "scope_survives_a_shutdown_that_cancels",
        "jobs whose tickets are refused or cancelled are run by the opener of the scope"
    )
    .preemptions(2)
    .reaches(&["by the opener", "by a worker"])
    .check(|| {
        let pool = Arc::new(ThreadExecutor::new(1));
        let closing = Arc::clone(&pool);
        let closer = thread::spawn(move || closing.shutdown(Shutdown::IMMEDIATE));
        let me = this_thread();
        let effect = Watched::new();
        pool.scope(|scope| {
            scope.spawn(|| {
                effect.add(1);
                reach(if this_thread() == me {
                    "by the opener"
                } else {
                    "by a worker"
                });
            });
        });
        assert_eq!(effect.value(), 1);
        closer.join().unwrap();
    });
}
