//! Locks and signals between threads: results, limits, time, order.
#![cfg(not(selvedge_loom))]
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "clippy sees through the seam's re-exports"
)]

use selvedge_sync::locks::{
    Barrier, BoundedSemaphore, Condition, Event, FifoLock, Lock, RLock, Semaphore,
};
use selvedge_sync::seam::clock::{Duration, Instant};
use selvedge_sync::seam::{Arc, Mutex, thread};
use selvedge_sync::{BrokenBarrier, NotHeld, TooMany};

/// Long enough that only what will never happen has not happened by then.
const LONG: Option<Duration> = Some(Duration::from_secs(30));
const SHORT: Option<Duration> = Some(Duration::from_millis(20));
const NOW: Option<Duration> = Some(Duration::ZERO);

#[test]
fn a_lock_is_one_byte_and_excludes() {
    assert_eq!(size_of::<Lock>(), 1);
    let shared = Arc::new((Lock::new(), Mutex::new(())));
    let threads = [(); 4].map(|()| {
        let shared = Arc::clone(&shared);
        thread::spawn(move || {
            for _ in 0..10_000 {
                assert!(shared.0.acquire(None));
                drop(shared.1.try_lock().expect("nobody else is here"));
                shared.0.release().unwrap();
            }
        })
    });
    for thread in threads {
        thread.join().unwrap();
    }
    assert!(!shared.0.is_held());
}

#[test]
fn what_is_not_held_is_not_released() {
    let (lock, fifo, rlock) = (Lock::default(), FifoLock::default(), RLock::default());
    assert_eq!(lock.release(), Err(NotHeld));
    assert_eq!(fifo.release(), Err(NotHeld));
    assert_eq!(rlock.release(), Err(NotHeld));
    assert!(lock.acquire(NOW) && fifo.acquire(NOW) && rlock.acquire(NOW));
    assert!(lock.is_held() && fifo.is_held() && rlock.is_held());
    assert!(!lock.try_acquire() && !fifo.try_acquire() && rlock.try_acquire());
    let (lock, fifo, rlock) = thread::spawn(move || {
        // By another thread: a lock may be, an owned one may not.
        lock.release().unwrap();
        fifo.release().unwrap();
        assert_eq!(rlock.release(), Err(NotHeld));
        assert!(!rlock.try_acquire() && !rlock.acquire(SHORT));
        (lock, fifo, rlock)
    })
    .join()
    .unwrap();
    assert_eq!(lock.release(), Err(NotHeld));
    assert_eq!(fifo.release(), Err(NotHeld));
    rlock.release().unwrap();
    rlock.release().unwrap();
    assert_eq!(rlock.release(), Err(NotHeld));
}

#[test]
fn time_limits_are_kept() {
    let (lock, fifo, permits) = (Lock::new(), FifoLock::new(), Semaphore::new(0));
    let (event, changed, barrier) = (Event::new(), Condition::new(), Barrier::new(2));
    assert!(lock.try_acquire() && fifo.try_acquire());
    let checks: [(&str, &dyn Fn() -> bool); 7] = [
        ("lock", &|| !lock.acquire(SHORT)),
        ("fifo", &|| !fifo.acquire(SHORT)),
        ("permit", &|| !permits.acquire(SHORT)),
        ("event", &|| !event.wait(SHORT)),
        ("condition", &|| changed.wait(&lock, SHORT) == Ok(false)),
        ("predicate", &|| {
            changed.wait_for(&lock, SHORT, || false) == Ok(false)
        }),
        ("barrier", &|| barrier.wait(SHORT) == Err(BrokenBarrier)),
    ];
    for (what, is_late) in checks {
        let started = Instant::now();
        assert!(is_late(), "{what}");
        let waited = started.elapsed();
        assert!(SHORT.unwrap() <= waited && waited < LONG.unwrap(), "{what}");
    }
    assert!(lock.is_held() && !lock.acquire(NOW));
    lock.release().unwrap();
    assert!(lock.acquire(NOW));
}

#[test]
fn permits_have_their_limits() {
    let permits = Semaphore::new(u32::MAX - 1);
    permits.release(1).unwrap();
    assert_eq!(permits.release(1), Err(TooMany));
    assert_eq!(permits.value(), u32::MAX);
    let bounded = BoundedSemaphore::new(2);
    assert_eq!(bounded.release(1), Err(TooMany));
    assert!(bounded.acquire(NOW) && bounded.try_acquire() && !bounded.try_acquire());
    assert_eq!(bounded.release(3), Err(TooMany));
    assert_eq!(bounded.value(), 0);
    bounded.release(2).unwrap();
    assert_eq!(bounded.value(), 2);
}

/// Starts threads that run `body` one after the other, each when the one before waits.
fn in_line<T: Send + Sync + 'static>(
    shared: &Arc<T>,
    count: usize,
    waiting: impl Fn(&T) -> usize,
    body: impl Fn(&T, usize) + Copy + Send + 'static,
) -> Vec<thread::JoinHandle<()>> {
    let start = |number: usize| {
        let thread = {
            let shared = Arc::clone(shared);
            thread::spawn(move || body(&shared, number))
        };
        let started = Instant::now();
        while waiting(shared) != number + 1 {
            assert!(started.elapsed() < LONG.unwrap());
            thread::yield_now();
        }
        thread
    };
    (0..count).map(start).collect()
}

#[test]
fn a_condition_notifies_in_the_order_of_the_line() {
    let shared = Arc::new((Lock::new(), Condition::new(), Mutex::new(Vec::new())));
    let threads = in_line(
        &shared,
        4,
        |shared| shared.1.waiting(),
        |(lock, changed, order), number| {
            assert!(lock.acquire(LONG));
            assert!(changed.wait(lock, LONG).unwrap());
            order.lock().push(number);
            lock.release().unwrap();
        },
    );
    let (lock, changed, order) = &*shared;
    for number in 0..2 {
        assert!(lock.acquire(LONG));
        assert_eq!(changed.notify(1), 1);
        lock.release().unwrap();
        let started = Instant::now();
        while order.lock().len() != number + 1 {
            assert!(started.elapsed() < LONG.unwrap());
            thread::yield_now();
        }
    }
    assert_eq!(changed.notify_all(), 2);
    assert_eq!(changed.notify_all(), 0);
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(order.lock()[..2], [0, 1]);
}

#[test]
fn a_fifo_lock_is_handed_over_in_the_order_of_the_line() {
    let shared = Arc::new((FifoLock::new(), Mutex::new((0, Vec::new()))));
    assert!(shared.0.acquire(NOW));
    let threads = in_line(
        &shared,
        4,
        |shared| shared.1.lock().0,
        |(lock, order), number| {
            order.lock().0 += 1;
            assert!(lock.acquire(LONG));
            order.lock().1.push(number);
            lock.release().unwrap();
        },
    );
    // The last one may not be in line yet, and comes last all the same.
    shared.0.release().unwrap();
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(shared.1.lock().1.len(), 4);
}

#[test]
fn a_condition_wants_its_lock_held() {
    let (changed, lock, rlock) = (Condition::new(), Lock::new(), RLock::new());
    assert_eq!(changed.wait(&lock, NOW), Err(NotHeld));
    assert_eq!(changed.wait(&rlock, NOW), Err(NotHeld));
    assert_eq!(changed.waiting(), 0);
    assert!(rlock.acquire(NOW));
    assert_eq!(changed.wait_for(&rlock, NOW, || true), Ok(true));
    assert_eq!(changed.wait(&rlock, NOW), Ok(false));
    assert!(rlock.is_mine());
}

#[test]
fn a_barrier_serves_round_after_round() {
    let barrier = Arc::new(Barrier::new(3));
    assert_eq!(barrier.parties(), 3);
    let threads = [(); 3].map(|()| {
        let barrier = Arc::clone(&barrier);
        thread::spawn(move || (0..200).map(|_| barrier.wait(LONG).unwrap()).sum::<u32>())
    });
    let sum: u32 = threads
        .into_iter()
        .map(|thread| thread.join().unwrap())
        .sum();
    assert_eq!(sum, 200 * 3);
    barrier.abort();
    assert_eq!(barrier.wait(None), Err(BrokenBarrier));
    barrier.reset();
    assert!(!barrier.is_broken());
    assert!(std::panic::catch_unwind(|| Barrier::new(0)).is_err());
}
