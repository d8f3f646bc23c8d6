//! The lock step by step: several registrations driven from one thread, so that each state is
//! reached for certain.

use super::super::*;
use crate::gil::Gil;
use crate::thread::Pace;
use crate::word::QUEUED;
use selvedge_sync::seam::{Arc, Mutex};

/// A lock held by `holder` while `waiter` waits, asleep.
struct Contended {
    core: Core,
    holder: Local,
    waiter: Local,
    wait: Wait,
}

impl Contended {
    fn new(policy: Policy) -> Self {
        let interval = Gil::DEFAULT_INTERVAL;
        let core = Core::new(policy, true, interval, Watch::default(), false);
        let (holder, waiter) = (core.register(), core.register());
        assert!(core.attach_at_once(&holder.thread, Arrival::Fresh));
        let wait = Self::queues(&core, &waiter, Arrival::Fresh);
        assert!(waiter.thread.seat.try_park());
        Self {
            core,
            holder,
            waiter,
            wait,
        }
    }

    fn queues(core: &Core, thread: &Local, arrival: Arrival) -> Wait {
        thread.thread.set_interval(core.interval());
        let (admission, wake) = core
            .queue
            .with(|queue| queue.admit(&core.word, &thread.thread, arrival, Patience::Forever))
            .expect("nobody finalises");
        wake.fire();
        match admission {
            Admission::Waits(wait) => wait,
            Admission::Attached => panic!("the lock was held"),
        }
    }

    fn word(&self) -> u64 {
        self.core.word.load(Ordering::Relaxed)
    }

    fn waiter_claims(&self) -> bool {
        self.waiter_claims_with(&mut { self.wait })
    }

    fn waiter_claims_with(&self, wait: &mut Wait) -> bool {
        self.core
            .queue
            .with(|queue| queue.claim(&self.core.word, &self.waiter.thread, wait))
    }

    fn holder_is_back(&self) {
        self.core
            .attach_slowly(&self.holder, Arrival::Returning, Patience::Forever)
            .expect("nobody finalises");
    }
}

#[test]
fn a_sleeper_that_was_told_takes_the_free_lock_and_clears_the_flag() {
    let it = Contended::new(Policy::Interval);
    assert_eq!(it.word(), it.holder.thread.held() | QUEUED);
    it.core.detach_slowly(&it.holder);
    assert_eq!(it.word(), QUEUED);
    assert!(it.waiter.thread.seat.is_nudged());
    assert!(it.waiter_claims());
    assert_eq!(it.word(), it.waiter.thread.held());
}

#[test]
fn a_waiter_that_is_awake_is_handed_the_lock_and_the_flag_is_cleared() {
    let it = Contended::new(Policy::Interval);
    assert!(it.waiter.thread.seat.try_rise());
    it.core.detach_slowly(&it.holder);
    assert_eq!(it.waiter.thread.seat.look(), seat::GRANTED);
    assert_eq!(it.word(), it.waiter.thread.held());
}

#[test]
fn the_flag_stays_while_another_waits_and_goes_with_the_last_that_gives_up() {
    let it = Contended::new(Policy::Interval);
    let last = it.core.register();
    Contended::queues(&it.core, &last, Arrival::Fresh);
    let gives_up = |thread: &Local| {
        it.core
            .queue
            .with(|queue| queue.give_up(&it.core.word, &thread.thread))
    };
    assert!(!gives_up(&it.waiter), "it sleeps");
    assert!(it.waiter.thread.seat.try_rise());
    assert!(gives_up(&it.waiter));
    assert_eq!(it.word(), it.holder.thread.held() | QUEUED);
    assert!(gives_up(&last));
    assert_eq!(it.word(), it.holder.thread.held());
}

#[test]
fn switching_exclusion_off_counts_everybody_in_and_clears_the_flag() {
    let it = Contended::new(Policy::Interval);
    let wake = it.core.queue.with(|queue| queue.open(&it.core.word));
    wake.fire();
    assert_eq!(it.word(), FREE | (2 * ONE));
    assert_eq!(it.waiter.thread.seat.look(), seat::GRANTED);
}

#[test]
fn a_thread_that_let_go_is_queued_when_the_next_has_the_lock() {
    let it = Contended::new(Policy::Interval);
    let (_, wake) = it
        .core
        .queue
        .with(|queue| queue.yield_to_next(&it.core.word, &it.holder.thread, true));
    wake.fire();
    assert_eq!(it.word(), it.waiter.thread.held() | QUEUED);
}

#[test]
fn short_calls_beside_a_waiter_cost_no_switch_and_no_wake_up() {
    for policy in [Policy::Interval, Policy::Fifo, Policy::Priority] {
        let it = Contended::new(policy);
        let call = |took: Duration| {
            it.core.detach_slowly(&it.holder);
            it.holder.learn(took, Duration::MAX);
            it.holder_is_back();
        };
        let mut told = Vec::new();
        for _ in 0..20 {
            call(Duration::ZERO);
            told.push(it.waiter.thread.seat.is_nudged());
            if told.last() == Some(&true) {
                assert!(!it.waiter_claims(), "the holder was back first");
                assert!(it.waiter.thread.seat.try_park());
            }
        }
        // Until two were short it was told.
        assert!(told[0] && !told[2..].contains(&true), "{told:?}");
        assert_eq!(it.holder.thread.counts.waits.get(), 0);
        assert_eq!(it.holder.thread.counts.forced.get(), 0);
        // One that sleeps for longer than the longest loan has to be told.
        let longer = LONGEST_LOAN + Duration::from_nanos(1);
        it.waiter.thread.set_interval(longer);
        call(Duration::ZERO);
        assert!(it.waiter.thread.seat.is_nudged(), "{policy:?}");
    }
}

#[test]
fn a_thread_is_taken_to_do_what_it_came_for_whoever_watches() {
    for times in [false, true] {
        let interval = Gil::DEFAULT_INTERVAL;
        let core = Core::new(Policy::Priority, true, interval, Watch::default(), times);
        let me = core.register();
        for (arrival, pace) in [
            (Arrival::Returning, Pace::Burst),
            (Arrival::Fresh, Pace::Computes),
            (Arrival::Returning, Pace::Burst),
            (Arrival::Forced, Pace::Computes),
        ] {
            assert_eq!(core.attach_at_once(&me.thread, arrival), !times);
            if times {
                core.attach_slowly(&me, arrival, Patience::Forever)
                    .expect("nobody finalises");
            }
            assert_eq!(me.thread.pace(), pace, "{arrival:?}, {times}");
            core.detach_slowly(&me);
        }
    }
}

#[test]
fn nothing_is_lent_where_nobody_looks_again() {
    let it = Contended::new(Policy::Ticks(1));
    it.holder.learn(Duration::ZERO, Duration::ZERO);
    it.holder.learn(Duration::ZERO, Duration::ZERO);
    it.core.detach_slowly(&it.holder);
    assert!(it.waiter.thread.seat.is_nudged());
}

#[test]
fn a_waiter_that_came_too_late_looks_if_the_holder_is_elsewhere_now() {
    let it = Contended::new(Policy::Interval);
    let mut wait = it.wait;
    for (processor, elsewhere) in [(1, true), (0, false)] {
        it.waiter.thread.is_on(Some(0));
        it.holder.thread.is_on(Some(processor));
        assert!(it.waiter.thread.seat.nudge().is_some());
        assert!(!it.waiter_claims_with(&mut wait));
        assert_eq!(wait.looks, elsewhere);
        assert!(it.waiter.thread.seat.try_park());
    }
}

#[test]
fn a_waiter_looks_for_as_long_as_it_has_learnt_unless_that_is_to_be_long() {
    let mut it = Contended::new(Policy::Interval);
    let looks = |it: &Contended, wait: Wait| {
        let (waiter, core) = (&it.waiter, &it.core);
        [false, true].map(|long| core.looks(waiter, wait, long))
    };
    it.waiter.spin.learn(false);
    it.wait.looks = true;
    it.core.spins = true;
    assert_eq!(looks(&it, it.wait), [LONG_SPINS / 2, LONG_SPINS]);
    it.wait.looks = false;
    assert_eq!(looks(&it, it.wait), [0, 0]);
    it.wait.looks = true;
    it.core.spins = false;
    assert_eq!(looks(&it, it.wait), [0, 0]);
}

#[test]
fn looking_pays_with_more_than_one_processor() {
    assert!(!pays_to_look(0) && !pays_to_look(1));
    assert!(pays_to_look(2));
}

#[test]
fn a_waiter_that_asked_at_once_goes_to_sleep_all_the_same() {
    let gil = Gil::builder().policy(Policy::Priority).build();
    let mut member = gil.register();
    // The other thread's handle, once it is detached, and what it then waits for.
    let (handle, blocked) = (Arc::new(Mutex::new(None)), Arc::new(Mutex::new(())));
    let blocks = blocked.lock();
    let returning = {
        let (gil, out, blocked) = (gil.clone(), Arc::clone(&handle), Arc::clone(&blocked));
        thread::spawn(move || {
            let mut member = gil.register();
            let mut attached = member.attach();
            let handle = attached.handle();
            attached.detach(|| {
                *out.lock() = Some(handle);
                drop(blocked.lock());
            });
        })
    };
    let handle = loop {
        if let Some(handle) = handle.lock().take() {
            break handle;
        }
        thread::yield_now();
    };
    let attached = member.attach();
    drop(blocks);
    // It asks again and again, but sleeps in between.
    let started = Instant::now();
    while !handle.0.seat.is_parked() {
        assert!(
            started.elapsed() < Duration::from_secs(20),
            "it never sleeps"
        );
        thread::yield_now();
    }
    drop(attached);
    returning.join().unwrap();
}

#[test]
fn a_wake_up_that_comes_late_does_not_end_the_next_sleep() {
    let it = Contended::new(Policy::Interval);
    let seat = &it.waiter.thread.seat;
    // Told that the lock is free, it got up before the wake-up came, and found the lock taken.
    seat.nudge().expect("it sleeps").unpark();
    assert!(!it.waiter_claims());
    let interval = Duration::from_millis(30);
    it.waiter.thread.set_interval(interval);
    let started = Instant::now();
    let woken = sleep(&it.waiter, Asks::AfterInterval, Patience::Forever);
    assert!(!woken && started.elapsed() >= interval);
}
