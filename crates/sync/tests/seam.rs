//! The production side of the seam: that it wakes whom it says, and waits no longer.
#![cfg(not(selvedge_loom))]
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "clippy sees through the seam's re-exports"
)]

use selvedge_sync::seam::atomic::{AtomicU64, Ordering};
use selvedge_sync::seam::clock::{Duration, Instant};
use selvedge_sync::seam::memory::zeroed_slice;
use selvedge_sync::seam::parking::{self, Parked};
use selvedge_sync::seam::{Arc, ByteMutex, Condvar, Mutex, Parker, random, thread};

/// Long enough that only what will never happen has not happened by then.
const FOREVER: Duration = Duration::from_secs(30);
const SHORT: Duration = Duration::from_millis(20);

fn soon() -> Instant {
    Instant::now() + SHORT
}

#[test]
fn a_park_waits_for_its_wake_up() {
    let parker = Parker::new();
    let unparker = parker.unparker();
    let started = Instant::now();
    let other = thread::spawn(move || {
        thread::sleep(SHORT);
        unparker.unpark();
    });
    assert!(parker.park_until(started + FOREVER));
    let waited = started.elapsed();
    assert!(SHORT <= waited && waited < FOREVER, "waited {waited:?}");
    other.join().unwrap();
}

#[test]
fn a_wake_up_before_the_park_ends_it_and_no_other() {
    let parker = Parker::new();
    parker.unparker().unpark();
    parker.unparker().unpark();
    parker.park();
    assert!(!parker.park_until(soon()));
}

#[test]
fn a_foreign_unpark_of_the_thread_ends_no_park() {
    let parker = Parker::new();
    let unparker = parker.unparker();
    let (this, started) = (std::thread::current(), Instant::now());
    let other = thread::spawn(move || {
        this.unpark();
        thread::sleep(SHORT);
        unparker.unpark();
    });
    parker.park();
    assert!(started.elapsed() >= SHORT);
    other.join().unwrap();
}

#[test]
fn a_park_ends_at_its_deadline_and_not_before() {
    let deadline = soon();
    assert!(!Parker::new().park_until(deadline));
    assert!(Instant::now() >= deadline);
}

#[test]
fn a_thread_in_the_queue_of_an_address_is_woken_or_late() {
    let joining = Arc::new(AtomicU64::new(0));
    let address = Arc::as_ptr(&joining).addr();
    let sleeper = {
        let joining = Arc::clone(&joining);
        thread::spawn(move || {
            let join = || {
                // Relaxed: only a mark.
                joining.store(1, Ordering::Relaxed);
                true
            };
            parking::park(address, join, |_| (), Some(Instant::now() + FOREVER))
        })
    };
    while joining.load(Ordering::Relaxed) == 0 {
        thread::yield_now();
    }
    // From here on it is in the queue, or nobody else gets at the queue until it is.
    let mut others_stayed = None;
    parking::unpark_one(address, |others_stay| others_stayed = Some(others_stay));
    assert_eq!(others_stayed, Some(false));
    assert_eq!(sleeper.join().unwrap(), Parked::Woken);
    let mut was_last = None;
    let late = parking::park(address, || true, |last| was_last = Some(last), Some(soon()));
    assert_eq!((late, was_last), (Parked::TimedOut, Some(true)));
    assert_eq!(
        parking::park(address, || false, |_| (), None),
        Parked::Invalid
    );
}

/// A number that is to become 2, and who waits for that.
#[derive(Default)]
struct Count {
    waiting: Mutex<(u32, bool)>,
    changed: Condvar,
}

#[test]
fn notify_one_wakes_one_and_notify_all_the_rest() {
    let count = Arc::new(Count::default());
    let waiter = || {
        let count = Arc::clone(&count);
        thread::spawn(move || {
            let mut waiting = count.waiting.lock();
            waiting.0 += 1;
            let late = count
                .changed
                .wait_until(&mut waiting, Instant::now() + FOREVER);
            waiting.0 -= 1;
            !late
        })
    };
    let waiters = [waiter(), waiter(), waiter()];
    let wait_for = |number| {
        let started = Instant::now();
        while count.waiting.lock().0 != number && started.elapsed() < FOREVER {
            thread::yield_now();
        }
        assert_eq!(count.waiting.lock().0, number);
    };
    wait_for(3);
    count.changed.notify_one();
    wait_for(2);
    count.changed.notify_all();
    for waiter in waiters {
        assert!(waiter.join().unwrap(), "woken, not late");
    }
}

#[test]
fn an_untimed_wait_takes_the_mutex_again() {
    let count = Arc::new(Count::default());
    let other = {
        let count = Arc::clone(&count);
        thread::spawn(move || {
            let mut waiting = count.waiting.lock();
            while !waiting.1 {
                count.changed.wait(&mut waiting);
            }
            count.waiting.try_lock().is_none()
        })
    };
    count.waiting.lock().1 = true;
    count.changed.notify_one();
    assert!(other.join().unwrap());
}

#[test]
fn a_byte_mutex_excludes_until_it_is_unlocked() {
    let mutex = Arc::new(ByteMutex::new());
    mutex.lock();
    assert!(mutex.is_locked() && !mutex.try_lock());
    let other = {
        let mutex = Arc::clone(&mutex);
        thread::spawn(move || {
            mutex.lock();
            // SAFETY: locked above.
            unsafe { mutex.unlock() };
        })
    };
    // SAFETY: locked above.
    unsafe { mutex.unlock() };
    other.join().unwrap();
    assert!(mutex.try_lock());
}

#[test]
fn a_zeroed_slice_is_as_it_would_have_been_made() {
    // SAFETY: a zero is all zero bytes.
    let slice = unsafe { zeroed_slice(1000, || AtomicU64::new(0)) };
    assert_eq!(slice.len(), 1000);
    assert!(slice.iter().all(|word| word.load(Ordering::Relaxed) == 0));
    slice[999].store(7, Ordering::Relaxed);
    // SAFETY: a slice of nothing holds no invalid value.
    assert!(unsafe { zeroed_slice(0, || 0_u8) }.is_empty());
}

#[test]
fn chance_reaches_every_number_below_its_bound() {
    let mut drawn = [false; 4];
    for _ in 0..10_000 {
        drawn[random::below(4) as usize] = true;
    }
    assert_eq!(drawn, [true; 4]);
}
