//! What the thread executor promises, on real threads.
#![cfg(not(selvedge_loom))]
#![allow(missing_docs)]

use selvedge_pool::{
    Builder, Error, Executor, InitError, Job, MapError, MapOptions, Panic, Refusal, Seat, Shutdown,
    ThreadExecutor, Worker, promise,
};
use selvedge_sync::seam::atomic::{AtomicU32, Ordering};
use selvedge_sync::seam::clock::Duration;
use selvedge_sync::seam::{Arc, Mutex, thread};
use std::cell::Cell;

const SHORT: Duration = Duration::from_millis(20);

#[test]
fn workers_are_started_on_demand_up_to_the_maximum_and_reused() {
    let pool = ThreadExecutor::new(3);
    assert_eq!(pool.workers(), 0);
    for _ in 0..50 {
        pool.submit(|| ()).unwrap().join().unwrap();
        thread::sleep(Duration::from_micros(200));
    }
    let calm = pool.workers();
    let blocked: Vec<_> = (0..9)
        .map(|_| pool.submit(|| thread::sleep(SHORT)).unwrap())
        .collect();
    assert_eq!(pool.workers(), 3);
    for future in blocked {
        future.join().unwrap();
    }
    assert!(calm < 3, "idle workers were not reused: {calm}");
}

#[test]
fn tasks_begin_in_order() {
    let pool = ThreadExecutor::new(1);
    let log = Arc::new(Mutex::new(Vec::new()));
    for n in 0..1000 {
        let log = Arc::clone(&log);
        pool.submit(move || log.lock().push(n)).unwrap();
    }
    pool.shutdown(Shutdown::GRACEFUL);
    assert!(log.lock().iter().copied().eq(0..1000));
}

#[test]
fn initialiser_runs_on_each_thread_with_its_seat() {
    let seats = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&seats);
    let pool = ThreadExecutor::builder()
        .max_workers(2)
        .name_prefix("crew")
        .initializer(move |seat| {
            assert_eq!(std::thread::current().name(), Some(&*seat.name));
            seen.lock().push(seat.name.clone());
            Ok(())
        })
        .build();
    for _ in 0..2 {
        pool.submit(|| thread::sleep(SHORT)).unwrap();
    }
    pool.shutdown(Shutdown::GRACEFUL);
    let mut seats = seats.lock().clone();
    seats.sort();
    assert_eq!(seats, ["crew_0", "crew_1"]);
}

#[test]
fn failing_initialiser_breaks_the_pool_with_its_cause() {
    for fails in [
        (|| Err(InitError::new("no licence"))) as fn() -> Result<(), InitError>,
        || panic!("no licence"),
    ] {
        let pool = ThreadExecutor::builder()
            .max_workers(1)
            .initializer(move |_| {
                thread::sleep(SHORT);
                fails()
            })
            .build();
        let queued = pool.submit(|| 1).unwrap();
        let Err(Error::Broken(cause)) = queued.join() else {
            panic!("broken")
        };
        assert!(cause.to_string().contains("no licence"));
        let refused = pool.submit(|| 1).unwrap_err();
        assert!(matches!(refused.reason, Refusal::Broken(_)));
        assert_eq!((refused.job)(), 1, "the job comes back");
    }
}

struct Counter(Cell<u32>);

impl Worker for Counter {
    fn run(&self, job: Job<'_, Self>) {
        self.0.set(self.0.get() + 1);
        job.run(self);
    }
}

/// An error of the worker's own kind.
#[derive(Debug)]
struct Odd(String);

impl From<Panic> for Odd {
    fn from(panic: Panic) -> Self {
        Odd(panic.message().into())
    }
}

#[test]
fn worker_is_lent_to_its_jobs() {
    let pool = Builder::new(|_: &Seat| Ok(Counter(Cell::new(0))))
        .max_workers(1)
        .build();
    let count = |counter: &Counter| match counter.0.get() {
        3 => Err(Odd("three".into())),
        4 => panic!("four"),
        n => Ok(n),
    };
    let futures: Vec<_> = (0..5).map(|_| pool.submit_with(count).unwrap()).collect();
    let results: Vec<_> = futures
        .into_iter()
        .map(|future| future.join().map_err(|error| error.map(|odd| odd.0)))
        .collect();
    let failed = |text: &str| Err(Error::Failed(String::from(text)));
    assert_eq!(
        results,
        [Ok(1), Ok(2), failed("three"), failed("four"), Ok(5)]
    );
}

#[test]
fn worker_that_panics_outside_a_job_breaks_the_pool() {
    struct Rotten;
    impl Worker for Rotten {
        fn run(&self, job: Job<'_, Self>) {
            drop(job);
            panic!("rotten");
        }
    }
    let pool = Builder::new(|_: &Seat| Ok(Rotten)).max_workers(1).build();
    let dropped = pool.submit(|| 1).unwrap();
    assert!(matches!(dropped.join(), Err(Error::Cancelled)));
    pool.shutdown(Shutdown::GRACEFUL);
    assert!(matches!(
        pool.submit(|| 1).unwrap_err().reason,
        Refusal::Broken(_)
    ));
}

#[test]
fn graceful_shutdown_runs_what_is_queued() {
    let pool = ThreadExecutor::new(2);
    let runs = Arc::new(AtomicU32::new(0));
    for _ in 0..200 {
        let runs = Arc::clone(&runs);
        pool.submit(move || runs.fetch_add(1, Ordering::Relaxed))
            .unwrap();
    }
    pool.shutdown(Shutdown::GRACEFUL);
    assert_eq!(runs.load(Ordering::Relaxed), 200);
    assert_eq!(pool.workers(), 0);
    assert!(matches!(
        pool.submit(|| ()).unwrap_err().reason,
        Refusal::ShutDown
    ));
}

#[test]
fn immediate_shutdown_cancels_what_is_queued() {
    let pool = ThreadExecutor::new(1);
    let running = pool.submit(|| thread::sleep(SHORT)).unwrap();
    while !running.running() {
        thread::yield_now();
    }
    let queued: Vec<_> = (0..5).map(|_| pool.submit(|| ()).unwrap()).collect();
    pool.shutdown(Shutdown::IMMEDIATE);
    assert!(running.join().is_ok());
    assert!(queued.iter().all(selvedge_pool::Future::cancelled));
}

#[test]
fn worker_may_shut_its_own_pool_down() {
    // python/cpython#125492: a shutdown from inside must not wait for itself.
    let pool = Arc::new(ThreadExecutor::new(1));
    let inside = Arc::clone(&pool);
    let task = pool
        .submit(move || inside.shutdown(Shutdown::GRACEFUL))
        .unwrap();
    task.join().unwrap();
    pool.shutdown(Shutdown::GRACEFUL);
}

#[test]
fn dropped_pool_still_runs_its_queue() {
    let (go, started) = promise::<(), ()>();
    let pool = ThreadExecutor::new(1);
    pool.submit(move || started.join()).unwrap();
    let last = pool.submit(|| 3).unwrap();
    drop(pool);
    go.set_result(());
    assert_eq!(last.join().unwrap(), 3);
}

#[test]
fn full_queue_refuses_waits_or_times_out() {
    let pool = ThreadExecutor::builder().max_workers(1).capacity(1).build();
    let (go, gate) = promise::<(), ()>();
    let busy = pool.submit(move || gate.join().unwrap()).unwrap();
    while !busy.running() {
        thread::yield_now();
    }
    let queued = pool.submit(|| 1).unwrap();
    assert!(matches!(
        pool.try_submit(|| 2).unwrap_err().reason,
        Refusal::Full
    ));
    let late = pool.submit_timeout(|| 2, SHORT).unwrap_err();
    assert!(matches!(late.reason, Refusal::Full));
    let opener = thread::spawn(move || {
        thread::sleep(SHORT);
        go.set_result(())
    });
    assert_eq!(pool.submit(|| 3).unwrap().join().unwrap(), 3);
    assert_eq!(queued.join().unwrap(), 1);
    opener.join().unwrap();
}

#[test]
fn workers_are_exempt_from_the_bound() {
    let pool = Arc::new(ThreadExecutor::builder().max_workers(1).capacity(1).build());
    let inside = Arc::clone(&pool);
    let sum = pool
        .submit(move || {
            let futures: Vec<_> = (0..10).map(|n| inside.submit(move || n).unwrap()).collect();
            futures
                .into_iter()
                .map(|future| future.join().unwrap())
                .sum::<i32>()
        })
        .unwrap();
    assert_eq!(sum.join().unwrap(), 45);
}

#[test]
fn large_submissions_pass_through_a_small_queue() {
    // python/cpython#105829: submitting very many tasks must not deadlock with the queue.
    let pool = ThreadExecutor::builder().max_workers(2).capacity(2).build();
    let futures: Vec<_> = (0..20_000)
        .map(|n| pool.submit(move || n).unwrap())
        .collect();
    let sum: u64 = futures
        .into_iter()
        .map(|future| future.join().unwrap())
        .sum();
    assert_eq!(sum, 20_000 * 19_999 / 2);
}

#[test]
fn worker_waits_only_by_running_the_awaited_task() {
    // A worker that waits under a lock must not pick up unrelated work that wants the lock.
    let pool = Arc::new(ThreadExecutor::new(1));
    let lock = Arc::new(Mutex::new(()));
    let (inside, held) = (Arc::clone(&pool), Arc::clone(&lock));
    let outer = pool
        .submit(move || {
            let guard = held.lock();
            let wants = Arc::clone(&held);
            let unrelated = inside.submit(move || drop(wants.lock())).unwrap();
            let awaited = inside.submit(|| 1).unwrap();
            let value = awaited.join().unwrap();
            drop(guard);
            (value, unrelated)
        })
        .unwrap();
    let (value, unrelated) = outer.join().unwrap();
    assert_eq!(value, 1);
    unrelated.join().unwrap();
}

#[test]
fn deep_nesting_needs_no_more_workers() {
    fn depth(pool: &Arc<ThreadExecutor>, left: u32) -> u32 {
        if left == 0 {
            return 0;
        }
        let inside = Arc::clone(pool);
        let below = pool.submit(move || depth(&inside, left - 1)).unwrap();
        below.join().unwrap() + 1
    }
    let pool = Arc::new(ThreadExecutor::new(2));
    let inside = Arc::clone(&pool);
    let all = pool.submit(move || depth(&inside, 100)).unwrap();
    assert_eq!(all.join().unwrap(), 100);
}

#[test]
fn map_keeps_the_order_in_every_shape() {
    let pool = ThreadExecutor::new(2);
    for chunk_size in [1, 3, 100] {
        for buffer in [None, Some(1), Some(4)] {
            let options = MapOptions {
                chunk_size,
                buffer,
                ..MapOptions::default()
            };
            let jobs = (0..50).map(|n| move || n * n);
            let squares: Vec<_> = pool.map_with(jobs, options).map(Result::unwrap).collect();
            assert!(squares.into_iter().eq((0..50).map(|n| n * n)));
        }
    }
}

#[test]
fn bounded_map_draws_no_more_jobs_than_its_buffer() {
    let pool = ThreadExecutor::new(1);
    let drawn = Cell::new(0);
    let jobs = (0..100).map(|n| {
        drawn.set(drawn.get() + 1);
        move || n
    });
    let options = MapOptions {
        buffer: Some(5),
        ..MapOptions::default()
    };
    let mut map = pool.map_with(jobs, options);
    assert_eq!(drawn.get(), 5);
    assert_eq!(map.next().unwrap().unwrap(), 0);
    assert_eq!(drawn.get(), 6);
}

#[test]
fn failed_job_of_a_map_fails_alone() {
    let pool = ThreadExecutor::new(1);
    for chunk_size in [1, 4] {
        let options = MapOptions {
            chunk_size,
            ..MapOptions::default()
        };
        let jobs = (0..4).map(|n| {
            move || {
                assert_ne!(n, 1);
                n
            }
        });
        let good: Vec<_> = pool.map_with(jobs, options).map(Result::ok).collect();
        assert_eq!(good, [Some(0), None, Some(2), Some(3)]);
    }
}

#[test]
fn map_times_out_once_and_cancels_the_rest() {
    let pool = ThreadExecutor::new(1);
    let runs = Arc::new(AtomicU32::new(0));
    let jobs = (0..4).map(|_| {
        let runs = Arc::clone(&runs);
        move || {
            runs.fetch_add(1, Ordering::Relaxed);
            thread::sleep(2 * SHORT);
        }
    });
    let options = MapOptions {
        timeout: Some(SHORT),
        ..MapOptions::default()
    };
    let items: Vec<_> = pool.map_with(jobs, options).collect();
    assert!(matches!(items[..], [Err(MapError::Task(Error::TimedOut))]));
    pool.shutdown(Shutdown::GRACEFUL);
    assert_eq!(runs.load(Ordering::Relaxed), 1);
}

#[test]
fn map_of_a_closed_pool_says_so_and_ends() {
    let pool = ThreadExecutor::new(1);
    pool.shutdown(Shutdown::GRACEFUL);
    let items: Vec<_> = pool.map([|| 1, || 2]).collect();
    assert!(matches!(
        items[..],
        [Err(MapError::Refused(Refusal::ShutDown))]
    ));
}
