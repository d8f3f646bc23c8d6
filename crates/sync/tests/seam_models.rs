//! Models of the seam itself: that it finds what it is there to find.
#![cfg(selvedge_loom)]
#![allow(missing_docs)]

use selvedge_sync::model;
use selvedge_sync::seam::atomic::{AtomicU32, AtomicU64, Ordering};
use selvedge_sync::seam::cell::UnsafeCell;
use selvedge_sync::seam::clock::{Duration, Instant};
use selvedge_sync::seam::model::{die, reach, reach_asleep};
use selvedge_sync::seam::{Arc, ByteMutex, Condvar, Mutex, Parker, process, thread};

type Flag = Arc<(Mutex<bool>, Condvar)>;

fn set_and(notify: fn(&Condvar), flag: &Flag) -> thread::JoinHandle<()> {
    let flag = Arc::clone(flag);
    thread::spawn(move || {
        *flag.0.lock() = true;
        notify(&flag.1);
    })
}

#[test]
fn notified_waiter_sees_the_change() {
    model!(
        "notified_waiter_sees_the_change",
        "a waiter that re-checks its condition is woken"
    )
    .reaches(&["had to wait"])
    .check(|| {
        let flag: Flag = Arc::default();
        let setter = set_and(Condvar::notify_one, &flag);
        let mut set = flag.0.lock();
        while !*set {
            reach_asleep("had to wait", || flag.1.wait(&mut set));
        }
        drop(set);
        setter.join().unwrap();
    });
}

/// A found defect ends the process, since loom's own destructors panic while it unwinds: so the
/// defective model runs in a process of its own, and its report is read.
fn assert_found(defective_model: &str, report: &str) {
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", defective_model, "--ignored", "--nocapture"])
        .env_remove("SELVEDGE_MODEL_REPORT")
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{defective_model} passed");
    assert!(
        printed.contains(report),
        "{defective_model} failed otherwise: {printed}"
    );
    let named = printed.split("failed in execution ").nth(1);
    assert!(
        named.is_some_and(|rest| rest.starts_with(|first| first > '0')),
        "{printed}"
    );
}

#[test]
fn lost_wake_up_is_found() {
    assert_found("defective_setter_forgets_to_notify", "deadlock");
}

#[test]
#[ignore = "defective on purpose: lost_wake_up_is_found runs it"]
fn defective_setter_forgets_to_notify() {
    model!(
        "defective_setter_forgets_to_notify_wake_up_is_found",
        "a setter that forgets to notify is reported as a deadlock"
    )
    .reaches(&["waited"])
    .check(|| {
        let flag: Flag = Arc::default();
        let setter = set_and(|_| (), &flag);
        let mut set = flag.0.lock();
        while !*set {
            reach("waited");
            flag.1.wait(&mut set);
        }
        drop(set);
        setter.join().unwrap();
    });
}

#[test]
fn check_outside_the_mutex_is_found() {
    assert_found("defective_waiter_checks_outside_the_mutex", "deadlock");
}

#[test]
#[ignore = "defective on purpose: check_outside_the_mutex_is_found runs it"]
fn defective_waiter_checks_outside_the_mutex() {
    model!(
        "defective_waiter_checks_outside_the_mutex",
        "a waiter that checks before it takes the mutex misses a notification in between"
    )
    .reaches(&["waited"])
    .check(|| {
        let flag: Flag = Arc::default();
        let setter = set_and(Condvar::notify_one, &flag);
        let set = *flag.0.lock();
        if !set {
            let mut set = flag.0.lock();
            reach("waited");
            flag.1.wait(&mut set);
        }
        setter.join().unwrap();
    });
}

#[test]
fn timed_wait_ends_either_way() {
    model!(
        "timed_wait_ends_either_way",
        "a timed wait is explored as notified, as timed out before the change and after it"
    )
    .reaches(&[
        "notified",
        "timed out before the change",
        "timed out after the change",
    ])
    .check(|| {
        let flag: Flag = Arc::default();
        let setter = set_and(Condvar::notify_one, &flag);
        let deadline = Instant::now() + Duration::from_millis(5);
        let mut set = flag.0.lock();
        if !*set {
            let timed_out = flag.1.wait_until(&mut set, deadline);
            assert_eq!(timed_out, Instant::now() >= deadline);
            reach(match (timed_out, *set) {
                (false, true) => "notified",
                (true, false) => "timed out before the change",
                (true, true) => "timed out after the change",
                (false, false) => unreachable!("nobody notifies without setting the flag"),
            });
        }
        drop(set);
        setter.join().unwrap();
    });
}

#[test]
fn timed_out_waiter_consumes_no_notification() {
    model!(
        "timed_out_waiter_consumes_no_notification",
        "one notification with a timed and an untimed waiter always ends a wait"
    )
    .reaches(&["timed out"])
    .check(|| {
        let turns: Arc<(Mutex<u32>, Condvar)> = Arc::default();
        let timed = {
            let turns = Arc::clone(&turns);
            thread::spawn(move || {
                let mut left = turns.0.lock();
                if *left == 0
                    && turns
                        .1
                        .wait_until(&mut left, Instant::now() + Duration::from_millis(1))
                {
                    reach("timed out");
                } else {
                    // Was notified, or came late: passes the notification on.
                    turns.1.notify_one();
                }
            })
        };
        let giver = {
            let turns = Arc::clone(&turns);
            thread::spawn(move || {
                *turns.0.lock() = 1;
                turns.1.notify_one();
            })
        };
        let mut left = turns.0.lock();
        while *left == 0 {
            turns.1.wait(&mut left);
        }
        drop(left);
        timed.join().unwrap();
        giver.join().unwrap();
    });
}

#[test]
fn notify_all_wakes_every_waiter() {
    model!(
        "notify_all_wakes_every_waiter",
        "two waiters are both woken by one notify_all"
    )
    .preemptions(2)
    .reaches(&["two waited"])
    .check(|| {
        let flag: Flag = Arc::default();
        let waiters = Arc::new(Mutex::new(0));
        let wait = |flag: &Flag, waiters: &Mutex<u32>| {
            let mut set = flag.0.lock();
            while !*set {
                *waiters.lock() += 1;
                flag.1.wait(&mut set);
            }
        };
        let other = {
            let (flag, waiters) = (Arc::clone(&flag), Arc::clone(&waiters));
            thread::spawn(move || wait(&flag, &waiters))
        };
        let setter = set_and(Condvar::notify_all, &flag);
        wait(&flag, &waiters);
        other.join().unwrap();
        setter.join().unwrap();
        if *waiters.lock() == 2 {
            reach("two waited");
        }
    });
}

#[test]
fn unpark_is_not_lost() {
    model!(
        "unpark_is_not_lost",
        "one park returns, and only one, whether unpark comes before or after it"
    )
    .reaches(&["slept"])
    .check(|| {
        let parker = Parker::new();
        let unparker = parker.unparker();
        let other = thread::spawn(move || unparker.unpark());
        reach_asleep("slept", || parker.park());
        other.join().unwrap();
        let late = parker.park_until(Instant::now() + Duration::from_millis(1));
        assert!(!late, "one wake-up ends one park");
    });
}

#[test]
fn timed_park_keeps_a_late_wake_up() {
    model!(
        "timed_park_keeps_a_late_wake_up",
        "a wake-up that comes after a timed park has timed out ends the next park"
    )
    .reaches(&["timed out"])
    .check(|| {
        let parker = Parker::new();
        let unparker = parker.unparker();
        let other = thread::spawn(move || unparker.unpark());
        if !parker.park_until(Instant::now() + Duration::from_millis(1)) {
            reach("timed out");
            parker.park();
        }
        other.join().unwrap();
    });
}

#[test]
fn park_sees_what_happened_before_its_wake_up() {
    model!(
        "park_sees_what_happened_before_its_wake_up",
        "what a waker did before it woke is seen by the park that ends, slept or not"
    )
    .reaches(&["slept"])
    .check(|| {
        let parker = Parker::new();
        let unparker = parker.unparker();
        let shared = Arc::new(UnsafeCell::new(0));
        let other = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                // SAFETY: read only after the wake-up; loom reports it if that is not so.
                shared.with_mut(|value| unsafe { *value = 1 });
                unparker.unpark();
            })
        };
        reach_asleep("slept", || parker.park());
        // SAFETY: written before the wake-up.
        shared.with(|value| assert_eq!(unsafe { *value }, 1));
        other.join().unwrap();
    });
}

#[test]
fn second_wake_up_is_not_lost_beside_the_first() {
    model!(
        "second_wake_up_is_not_lost_beside_the_first",
        "a thread that parks until it has seen two steps ends, whenever the wake-up that follows \
         each comes"
    )
    .reaches(&["parked again"])
    .check(|| {
        let parker = Parker::new();
        let unparker = parker.unparker();
        let steps = Arc::new(AtomicU32::new(0));
        let other = {
            let steps = Arc::clone(&steps);
            thread::spawn(move || {
                for step in 1..=2 {
                    steps.store(step, Ordering::Relaxed);
                    unparker.unpark();
                }
            })
        };
        parker.park();
        while steps.load(Ordering::Relaxed) < 2 {
            reach("parked again");
            parker.park();
        }
        other.join().unwrap();
    });
}

#[test]
fn byte_mutex_excludes() {
    model!(
        "byte_mutex_excludes",
        "two holders of a byte mutex never overlap"
    )
    .reaches(&["the other came between"])
    .check(|| {
        let shared = Arc::new((ByteMutex::new(), UnsafeCell::new(0)));
        let add_one = |shared: &(ByteMutex, UnsafeCell<i32>)| {
            shared.0.lock();
            // SAFETY: the byte mutex is held; loom reports an access that overlaps.
            let sum = shared.1.with_mut(|value| unsafe {
                *value += 1;
                *value
            });
            // SAFETY: locked above.
            unsafe { shared.0.unlock() };
            sum
        };
        // Twice, so that a holder may be back before the waiter that it woke.
        let add = move |shared: &_| {
            let first = add_one(shared);
            if add_one(shared) > first + 1 {
                reach("the other came between");
            }
        };
        let other = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || add(&shared))
        };
        add(&shared);
        other.join().unwrap();
        // SAFETY: the other thread is gone.
        shared.1.with(|value| assert_eq!(unsafe { *value }, 4));
    });
}

#[test]
fn what_a_process_did_is_seen_by_who_knows_of_its_death() {
    model!(
        "what_a_process_did_is_seen_by_who_knows_of_its_death",
        "who finds a process dead sees what it did while it lived, and finds it dead again"
    )
    .mortal()
    .reaches(&["alive", "dead"])
    .check(|| {
        // First of all, since who is first to ask or to die makes what the others look at, and all
        // that it did before is seen by them.
        assert!(process::is_alive(process::identity()));
        let shared = Arc::new((AtomicU64::new(0), UnsafeCell::new(0)));
        let doomed = {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                shared.0.store(process::identity(), Ordering::Relaxed);
                // SAFETY: read only after the death; loom reports it if that is not so.
                shared.1.with_mut(|value| unsafe { *value = 1 });
                die();
            })
        };
        match shared.0.load(Ordering::Relaxed) {
            0 => {}
            identity if process::is_alive(identity) => reach("alive"),
            _ => {
                reach("dead");
                // SAFETY: written before the death.
                shared.1.with(|value| assert_eq!(unsafe { *value }, 1));
            }
        }
        doomed.join().unwrap();
        assert!(!process::is_alive(shared.0.load(Ordering::Relaxed)));
    });
}

#[test]
fn two_that_die_at_once_are_both_dead() {
    model!(
        "two_that_die_at_once_are_both_dead",
        "of two processes that die neither is taken to live, nor a third that lives to be dead"
    )
    .mortal()
    .reaches(&["the first was first", "the second was first"])
    .check(|| {
        let dying = || {
            thread::spawn(|| {
                die();
                process::identity()
            })
        };
        let (first, second) = (dying(), dying());
        let first = first.join().unwrap();
        assert!(!process::is_alive(first));
        let second = second.join().unwrap();
        reach(if first < second {
            "the first was first"
        } else {
            "the second was first"
        });
        assert!(!process::is_alive(first) && !process::is_alive(second));
        assert!(process::is_alive(process::identity()));
    });
}

#[test]
fn five_threads_can_run() {
    model!(
        "five_threads_can_run",
        "a model has room for four threads beside its own"
    )
    .preemptions(0)
    .reaches(&["all at once"])
    .check(|| {
        let flag: Flag = Arc::default();
        let waiters = Arc::new(Mutex::new(0));
        let others = [(); 4].map(|()| {
            let (flag, waiters) = (Arc::clone(&flag), Arc::clone(&waiters));
            thread::spawn(move || {
                let mut set = flag.0.lock();
                *waiters.lock() += 1;
                while !*set {
                    flag.1.wait(&mut set);
                }
            })
        });
        while *waiters.lock() < 4 {
            thread::yield_now();
        }
        reach("all at once");
        *flag.0.lock() = true;
        flag.1.notify_all();
        for other in others {
            other.join().unwrap();
        }
    });
}

#[test]
#[should_panic(expected = "it names no state")]
fn model_without_a_state_is_refused() {
    model!(
        "model_without_a_state_is_refused",
        "a model that does not say what it must reach fails"
    )
    .check(|| ());
}

#[test]
#[should_panic(expected = "no execution reached")]
fn vacuous_model_is_refused() {
    model!(
        "vacuous_model_is_refused",
        "a model that never reaches its state fails"
    )
    .reaches(&["somewhere"])
    .check(|| ());
}

#[test]
#[should_panic(expected = "proves nothing")]
fn park_that_need_not_wait_is_no_sleep() {
    model!(
        "park_that_need_not_wait_is_no_sleep",
        "a park that returns at once does not count as having slept"
    )
    .reaches(&["slept"])
    .check(|| {
        let parker = Parker::new();
        parker.unparker().unpark();
        reach_asleep("slept", || parker.park());
    });
}
