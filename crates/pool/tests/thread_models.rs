//! Models of the thread executor: sleeping, waking, starting, closing (`crew`), and taking tasks
//! over (`task`).
#![cfg(selvedge_loom)]
#![allow(missing_docs)]

use selvedge_pool::{Bare, StartBare};
use selvedge_pool::{Builder, Error, Executor, InitError, Refusal, Seat, Shutdown, ThreadExecutor};
use selvedge_sync::model;
use selvedge_sync::seam::atomic::{AtomicU32, Ordering};
use selvedge_sync::seam::model::{reach, sleeps};
use selvedge_sync::seam::{Arc, thread};

fn pool(workers: usize) -> Builder<StartBare> {
    ThreadExecutor::builder().max_workers(workers)
}

#[test]
fn no_worker_sleeps_while_work_waits() {
    model!(
        "no_worker_sleeps_while_work_waits",
        "a task submitted before, while or after the only worker falls asleep runs"
    )
    .preemptions(2)
    .reaches(&["awake", "woken"])
    .check(|| {
        let pool = pool(1).build();
        assert_eq!(pool.submit(|| 1).unwrap().join().unwrap(), 1);
        // The worker has run dry by now, or is about to.
        let slept = pool.submit(sleeps).unwrap().join().unwrap();
        reach(if slept == 0 { "awake" } else { "woken" });
    });
}

#[test]
fn queued_tasks_run_one_after_the_other() {
    model!(
        "queued_tasks_run_one_after_the_other",
        "two tasks are queued for one worker, which runs both and sleeps in between only if it must"
    )
    .preemptions(2)
    .reaches(&["together", "apart"])
    .check(|| {
        let pool = pool(1).build();
        let first = pool.submit(|| 1).unwrap();
        reach(if first.done() { "apart" } else { "together" });
        let second = pool.submit(|| 2).unwrap();
        assert_eq!(second.join().unwrap(), 2);
        assert!(first.done(), "the first task begins first");
    });
}

#[test]
fn two_submitters_wake_one_worker() {
    model!(
        "two_submitters_wake_one_worker",
        "two threads submit to one worker at once and both tasks run"
    )
    .preemptions(1)
    .reaches(&["woken"])
    .check(|| {
        let pool = Arc::new(pool(1).build());
        let submitter = {
            let pool = Arc::clone(&pool);
            thread::spawn(move || pool.submit(sleeps).unwrap().join().unwrap())
        };
        let mine = pool.submit(sleeps).unwrap().join().unwrap();
        if submitter.join().unwrap().max(mine) > 0 {
            reach("woken");
        }
    });
}

#[test]
fn two_workers_run_each_task_once() {
    model!(
        "two_workers_run_each_task_once",
        "two tasks on two workers run once each"
    )
    .preemptions(1)
    .reaches(&["on two workers", "on one worker"])
    .check(|| {
        let pool = pool(2).build();
        let runs = Arc::new(AtomicU32::new(0));
        let task = |add: u32| {
            let runs = Arc::clone(&runs);
            move || {
                runs.fetch_add(add, Ordering::Relaxed);
                loom_thread()
            }
        };
        let futures = [
            pool.submit(task(1)).unwrap(),
            pool.submit(task(16)).unwrap(),
        ];
        let [left, right] = futures.map(|future| future.join().unwrap());
        reach(if left == right {
            "on one worker"
        } else {
            "on two workers"
        });
        assert_eq!(runs.load(Ordering::Relaxed), 17);
    });
}

#[test]
fn blocked_task_does_not_hold_up_the_next() {
    model!(
        "blocked_task_does_not_hold_up_the_next",
        "a task that waits for the next one does not keep it from the other worker"
    )
    .preemptions(1)
    .reaches(&["blocked"])
    .check(|| {
        let pool = pool(2).build();
        let (promise, future) = selvedge_pool::promise::<(), ()>();
        let first = pool.submit(move || {
            if !future.done() {
                reach("blocked");
            }
            future.join().is_ok()
        });
        pool.execute(move || assert!(promise.set_result(())))
            .unwrap();
        assert!(first.unwrap().join().unwrap());
    });
}

#[test]
fn shutdown_and_submit_agree() {
    model!(
        "shutdown_and_submit_agree",
        "a task submitted while the executor shuts down is refused or run, and the shutdown ends"
    )
    .preemptions(2)
    .reaches(&["refused", "run"])
    .check(|| {
        let pool = Arc::new(pool(1).build());
        let submitter = {
            let pool = Arc::clone(&pool);
            thread::spawn(move || match pool.submit(|| 1) {
                Ok(future) => {
                    reach("run");
                    assert_eq!(future.join().unwrap(), 1);
                }
                Err(error) => {
                    reach("refused");
                    assert!(matches!(error.reason, Refusal::ShutDown));
                }
            })
        };
        pool.shutdown(Shutdown::GRACEFUL);
        assert_eq!(pool.workers(), 0);
        submitter.join().unwrap();
    });
}

#[test]
fn immediate_shutdown_leaves_nothing_pending() {
    model!(
        "immediate_shutdown_leaves_nothing_pending",
        "when a shutdown that cancels has returned, each task has run or is cancelled"
    )
    .preemptions(2)
    .reaches(&["cancelled", "run"])
    .check(|| {
        let pool = pool(1).build();
        let future = pool.submit(|| 1).unwrap();
        pool.shutdown(Shutdown::IMMEDIATE);
        assert!(future.done());
        match future.join() {
            Ok(value) => {
                reach("run");
                assert_eq!(value, 1);
            }
            Err(error) => {
                reach("cancelled");
                assert!(matches!(error, Error::Cancelled));
            }
        }
    });
}

#[test]
fn bounded_queue_lets_the_next_one_in() {
    model!(
        "bounded_queue_lets_the_next_one_in",
        "a submitter that waits for room is woken when there is some"
    )
    .preemptions(2)
    .reaches(&["no room"])
    .check(|| {
        let pool = pool(1).capacity(1).build();
        let first = pool.submit(|| 0).unwrap();
        let second = pool.submit(|| 1).unwrap();
        if !second.running() && !second.done() {
            reach("no room");
        }
        let third = pool.submit(|| 2).unwrap();
        let results = [first, second, third].map(|future| future.join().unwrap());
        assert_eq!(results, [0, 1, 2]);
    });
}

#[test]
fn shutdown_frees_a_submitter_that_waits_for_room() {
    model!(
        "shutdown_frees_a_submitter_that_waits_for_room",
        "a submitter blocked on a full queue is let in or refused, never forgotten"
    )
    .preemptions(2)
    .reaches(&["refused", "let in"])
    .check(|| {
        let pool = Arc::new(pool(1).capacity(1).build());
        let submitter = {
            let pool = Arc::clone(&pool);
            thread::spawn(move || {
                for _ in 0..2 {
                    reach(if pool.submit(|| ()).is_ok() {
                        "let in"
                    } else {
                        "refused"
                    });
                }
            })
        };
        pool.shutdown(Shutdown::IMMEDIATE);
        submitter.join().unwrap();
    });
}

#[test]
fn worker_runs_what_it_waits_for() {
    model!(
        "worker_runs_what_it_waits_for",
        "the only worker submits a task and waits for it without deadlock"
    )
    .preemptions(2)
    .reaches(&["by the waiter"])
    .check(|| {
        let pool = Arc::new(pool(1).build());
        let inner = Arc::clone(&pool);
        let outer = pool
            .submit(move || {
                let runner = inner.submit(loom_thread).unwrap().join().unwrap();
                if runner == loom_thread() {
                    reach("by the waiter");
                }
            })
            .unwrap();
        outer.join().unwrap();
    });
}

#[test]
fn helper_and_worker_do_not_both_run_a_task() {
    model!(
        "helper_and_worker_do_not_both_run_a_task",
        "a task that its waiter takes over and that another worker finds in the queue runs once"
    )
    .preemptions(1)
    .reaches(&["by the waiter", "by the other"])
    .check(|| {
        let pool = Arc::new(pool(2).build());
        let inner = Arc::clone(&pool);
        let outer = pool
            .submit(move || {
                let runs = Arc::new(AtomicU32::new(0));
                let seen = Arc::clone(&runs);
                let me = loom_thread();
                let future = inner
                    .submit(move || {
                        seen.fetch_add(1, Ordering::Relaxed);
                        loom_thread()
                    })
                    .unwrap();
                let it = future.join().unwrap();
                reach(if me == it {
                    "by the waiter"
                } else {
                    "by the other"
                });
                runs.load(Ordering::Relaxed)
            })
            .unwrap();
        assert_eq!(outer.join().unwrap(), 1);
    });
}

selvedge_sync::thread_local! {
    static MARK: u8 = 0;
}

/// Tells the threads of a model apart.
fn loom_thread() -> usize {
    MARK.with(|mark| core::ptr::from_ref(mark).addr())
}

#[test]
fn every_shutdown_that_waits_is_woken() {
    model!(
        "every_shutdown_that_waits_is_woken",
        "two threads wait for the same executor to end, and both return"
    )
    .preemptions(1)
    .reaches(&["worker had to end"])
    .check(|| {
        let pool = Arc::new(pool(1).build());
        pool.execute(|| ()).unwrap();
        let closers = [(); 2].map(|()| {
            let pool = Arc::clone(&pool);
            thread::spawn(move || {
                if pool.workers() > 0 {
                    reach("worker had to end");
                }
                pool.shutdown(Shutdown::GRACEFUL);
            })
        });
        for closer in closers {
            closer.join().unwrap();
        }
        assert_eq!(pool.workers(), 0);
    });
}

#[test]
fn shutdown_frees_every_submitter_that_waits_for_room() {
    model!(
        "shutdown_frees_every_submitter_that_waits_for_room",
        "two submitters blocked on a full queue are both told that the executor has shut down"
    )
    .preemptions(1)
    .reaches(&["both refused"])
    .check(|| {
        let pool = Arc::new(pool(1).capacity(1).build());
        let (go, gate) = selvedge_pool::promise::<(), ()>();
        let busy = pool.submit(move || gate.join().is_ok()).unwrap();
        while !busy.running() {
            thread::yield_now();
        }
        let queued = pool.submit(|| ()).unwrap();
        let submitters = [(); 2].map(|()| {
            let pool = Arc::clone(&pool);
            thread::spawn(move || pool.submit(|| ()).is_err())
        });
        pool.shutdown(Shutdown {
            wait: false,
            cancel_futures: true,
        });
        let refused = submitters.map(|submitter| submitter.join().unwrap());
        if refused == [true, true] {
            reach("both refused");
        }
        assert!(queued.done());
        go.set_result(());
        assert!(busy.join().unwrap());
    });
}

#[test]
fn idle_worker_is_used_again() {
    model!(
        "idle_worker_is_used_again",
        "a worker that is awake without work, or asleep, gets the next task: no second one starts"
    )
    .preemptions(1)
    .reaches(&["used again"])
    .check(|| {
        let pool = pool(2).build();
        pool.submit(|| ()).unwrap().join().unwrap();
        pool.submit(|| ()).unwrap().join().unwrap();
        if pool.workers() == 1 {
            reach("used again");
        }
    });
}

#[test]
fn failed_initialiser_fails_what_is_queued() {
    model!(
        "failed_initialiser_fails_what_is_queued",
        "a worker that cannot start leaves no task pending and no submitter waiting"
    )
    .preemptions(2)
    .reaches(&["refused"])
    .check(|| {
        let pool = Builder::new(|_: &Seat| Err::<Bare, _>(InitError::new("no licence")))
            .max_workers(1)
            .build();
        for _ in 0..2 {
            match pool.submit(|| ()) {
                Ok(future) => assert!(matches!(future.join(), Err(Error::Broken(_)))),
                Err(error) => {
                    reach("refused");
                    assert!(matches!(error.reason, Refusal::Broken(_)));
                }
            }
        }
        pool.shutdown(Shutdown::GRACEFUL);
    });
}
