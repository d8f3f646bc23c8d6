//! Models of each policy's promise.
#![cfg(selvedge_loom)]
#![allow(missing_docs)]

use selvedge_gil::{Gil, Policy, Requests, ThreadStats};
use selvedge_sync::model;
use selvedge_sync::seam::atomic::{AtomicBool, AtomicU32, Ordering};
use selvedge_sync::seam::clock::Duration;
use selvedge_sync::seam::model::reach;
use selvedge_sync::seam::{Arc, Condvar, Mutex, thread};

fn gil(policy: Policy) -> Gil {
    Gil::builder().policy(policy).build()
}

/// Attaches, notes the turn that the thread was given in `turn`, and detaches.
fn has_a_turn(gil: &Gil, turns: &AtomicU32, turn: &AtomicU32) {
    let mut member = gil.register();
    let _attached = member.attach();
    turn.store(turns.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
}

/// A thread that has a turn.
fn waiter(gil: &Gil, turns: &Arc<AtomicU32>, turn: &Arc<AtomicU32>) -> thread::JoinHandle<()> {
    let (gil, turns, turn) = (gil.clone(), Arc::clone(turns), Arc::clone(turn));
    thread::spawn(move || has_a_turn(&gil, &turns, &turn))
}

/// Passes safe points until the flag is set.
fn compute_until(gil: &Gil, over: &Arc<AtomicBool>) -> thread::JoinHandle<()> {
    let (gil, over) = (gil.clone(), Arc::clone(over));
    thread::spawn(move || {
        let mut member = gil.register();
        let mut attached = member.attach();
        while !over.load(Ordering::Relaxed) {
            attached.checkpoint();
            thread::yield_now();
        }
    })
}

fn requester_is_served(policy: Policy, name: &'static str) {
    model!(
        name,
        "a computing holder that is asked lets the waiter have its turn before it goes on"
    )
    .preemptions(2)
    .reaches(&["asked"])
    .check(move || {
        let gil = gil(policy);
        let (turns, turn) = (Arc::default(), Arc::default());
        let mut member = gil.register();
        let mut attached = member.attach();
        let waiter = waiter(&gil, &turns, &turn);
        while turns.load(Ordering::Relaxed) == 0 {
            if attached.requests().load(Ordering::Relaxed) & Requests::DROP.bits() != 0 {
                reach("asked");
                attached.checkpoint();
                assert_eq!(
                    turns.load(Ordering::Relaxed),
                    1,
                    "had the lock back at once"
                );
            } else {
                thread::yield_now();
            }
        }
        drop(attached);
        waiter.join().unwrap();
    });
}

#[test]
fn interval_serves_a_requester() {
    requester_is_served(Policy::Interval, "interval_serves_a_requester");
}

#[test]
fn fifo_serves_a_requester() {
    requester_is_served(Policy::Fifo, "fifo_serves_a_requester");
}

#[test]
fn priority_serves_a_computing_requester() {
    requester_is_served(Policy::Priority, "priority_serves_a_computing_requester");
}

#[test]
fn ticks_offer_the_lock_to_whoever_is_awake() {
    model!(
        "ticks_offer_the_lock_to_whoever_is_awake",
        "a waiter gets the lock of a holder that passes safe points and is never asked"
    )
    .preemptions(3)
    .reaches(&["had to wait"])
    .check(|| {
        let gil = gil(Policy::Ticks(2));
        let over = Arc::new(AtomicBool::new(false));
        let computing = compute_until(&gil, &over);
        let mut member = gil.register();
        drop(member.attach());
        over.store(true, Ordering::Relaxed);
        computing.join().unwrap();
        let stats = gil.stats();
        if stats.threads[0].waits > 0 {
            reach("had to wait");
        }
        assert_eq!(stats.total().drop_requests, 0);
    });
}

#[test]
fn fifo_serves_in_the_order_of_arrival() {
    model!(
        "fifo_serves_in_the_order_of_arrival",
        "a thread that came first is served before one that came while it waited, though the \
         lock was free for a moment"
    )
    .preemptions(2)
    .reaches(&["came when the holder had left"])
    .check(|| {
        let gil = Gil::builder()
            .policy(Policy::Fifo)
            .switch_interval(Duration::MAX)
            .build();
        let turns = Arc::new(AtomicU32::new(0));
        let each = [(); 2].map(|()| Arc::new(AtomicU32::new(0)));
        let left = Arc::new(AtomicBool::new(false));
        let mut member = gil.register();
        let attached = member.attach();
        let first = waiter(&gil, &turns, &each[0]);
        while gil.stats().total().waits == 0 {
            thread::yield_now();
        }
        let second = {
            let (gil, turns, turn) = (gil.clone(), Arc::clone(&turns), Arc::clone(&each[1]));
            let left = Arc::clone(&left);
            thread::spawn(move || {
                if left.load(Ordering::Relaxed) && turns.load(Ordering::Relaxed) == 0 {
                    reach("came when the holder had left");
                }
                has_a_turn(&gil, &turns, &turn);
            })
        };
        drop(attached);
        left.store(true, Ordering::Relaxed);
        first.join().unwrap();
        second.join().unwrap();
        assert_eq!(each[0].load(Ordering::Relaxed), 1);
        assert_eq!(each[1].load(Ordering::Relaxed), 2);
    });
}

#[test]
fn returning_thread_goes_before_a_computing_one() {
    model!(
        "returning_thread_goes_before_a_computing_one",
        "a thread back from blocking work is served at the holder's next safe point, with no \
         interval to help, before one that computes and came first"
    )
    .preemptions(1)
    .reaches(&["both waited"])
    .check(|| {
        let gil = Gil::builder()
            .policy(Policy::Priority)
            .switch_interval(Duration::MAX)
            .build();
        let turns = Arc::new(AtomicU32::new(0));
        let each = [(); 2].map(|()| Arc::new(AtomicU32::new(0)));
        let go = Arc::new(AtomicBool::new(false));
        // Attached first, so that it can detach.
        let returning = {
            let (gil, turns, turn, go) = (
                gil.clone(),
                Arc::clone(&turns),
                Arc::clone(&each[0]),
                Arc::clone(&go),
            );
            thread::spawn(move || {
                let mut member = gil.register();
                let mut attached = member.attach();
                attached.detach(|| {
                    while !go.load(Ordering::Relaxed) {
                        thread::yield_now();
                    }
                });
                turn.store(turns.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
            })
        };
        while gil.stats().total().takes == 0 {
            thread::yield_now();
        }
        let mut member = gil.register();
        let mut attached = member.attach();
        let waits = gil.stats().total().waits;
        let computing = waiter(&gil, &turns, &each[1]);
        while gil.stats().total().waits == waits {
            thread::yield_now();
        }
        go.store(true, Ordering::Relaxed);
        while gil.stats().total().waits == waits + 1 {
            thread::yield_now();
        }
        reach("both waited");
        attached.checkpoint();
        assert_eq!(each[0].load(Ordering::Relaxed), 1, "not served first");
        drop(attached);
        returning.join().unwrap();
        computing.join().unwrap();
    });
}

/// Two threads wait, one after the other, for a thread that lets go once.
fn those_who_wait_are_served_before_who_let_go(policy: Policy, name: &'static str) {
    model!(
        name,
        "a thread that lets go has the lock back after both that waited, each of which was \
         overtaken by nobody who came later"
    )
    .preemptions(1)
    .reaches(&["let go"])
    .check(move || {
        let gil = Gil::builder()
            .policy(policy)
            .switch_interval(Duration::MAX)
            .build();
        let turns = Arc::new(AtomicU32::new(0));
        let each = [(); 2].map(|()| Arc::new(AtomicU32::new(0)));
        let mut member = gil.register();
        let mut attached = member.attach();
        let waiters: Vec<_> = (1..)
            .zip(&each)
            .map(|(count, turn)| {
                let waiter = waiter(&gil, &turns, turn);
                while gil.stats().total().waits < count {
                    thread::yield_now();
                }
                waiter
            })
            .collect();
        assert!(attached.switch());
        reach("let go");
        assert_eq!(turns.load(Ordering::Relaxed), 2, "had the lock back early");
        assert_eq!(each[0].load(Ordering::Relaxed), 1);
        drop(attached);
        for waiter in waiters {
            waiter.join().unwrap();
        }
    });
}

#[test]
fn interval_serves_those_who_wait_before_who_let_go() {
    let name = "interval_serves_those_who_wait_before_who_let_go";
    those_who_wait_are_served_before_who_let_go(Policy::Interval, name);
}

#[test]
fn fifo_serves_those_who_wait_before_who_let_go() {
    let name = "fifo_serves_those_who_wait_before_who_let_go";
    those_who_wait_are_served_before_who_let_go(Policy::Fifo, name);
}

#[test]
fn priority_serves_those_who_compute_before_who_let_go() {
    let name = "priority_serves_those_who_compute_before_who_let_go";
    those_who_wait_are_served_before_who_let_go(Policy::Priority, name);
}

#[test]
fn ticks_promise_no_turn() {
    model!(
        "ticks_promise_no_turn",
        "a holder that offers the lock may have it back before the thread that waits is up"
    )
    .preemptions(2)
    .reaches(&["had it back first"])
    .check(|| {
        let gil = gil(Policy::Ticks(1));
        let (turns, turn) = (Arc::default(), Arc::default());
        let mut member = gil.register();
        let mut attached = member.attach();
        let waiter = waiter(&gil, &turns, &turn);
        while turns.load(Ordering::Relaxed) == 0 {
            let waits = gil.stats().total().waits > 0;
            // Time to fall asleep.
            thread::yield_now();
            thread::yield_now();
            attached.checkpoint();
            if waits && turns.load(Ordering::Relaxed) == 0 {
                reach("had it back first");
            }
        }
        drop(attached);
        waiter.join().unwrap();
    });
}

/// A door that opens once.
#[derive(Default)]
struct Door(Mutex<bool>, Condvar);

impl Door {
    fn open(&self) {
        *self.0.lock() = true;
        self.1.notify_all();
    }

    fn wait(&self) {
        let mut open = self.0.lock();
        while !*open {
            self.1.wait(&mut open);
        }
    }
}

#[test]
fn priority_lets_so_many_overtake_and_no_more() {
    model!(
        "priority_lets_so_many_overtake_and_no_more",
        "of two threads back from blocking work that wait beside one that computes, the bound \
         being one, the second is served after the one that computes"
    )
    .preemptions(0)
    .reaches(&["all waited"])
    .check(|| {
        assert_eq!(Policy::OVERTAKES, 1);
        let gil = Gil::builder()
            .policy(Policy::Priority)
            .switch_interval(Duration::MAX)
            .build();
        let turns = Arc::new(AtomicU32::new(0));
        let each = [(); 3].map(|()| Arc::new(AtomicU32::new(0)));
        let doors = [(); 2].map(|()| Arc::new(Door::default()));
        let returning = |nth: usize| {
            let (gil, turns, turn) = (gil.clone(), Arc::clone(&turns), Arc::clone(&each[nth]));
            let door = Arc::clone(&doors[nth]);
            thread::spawn(move || {
                let mut member = gil.register();
                let mut attached = member.attach();
                attached.detach(|| door.wait());
                turn.store(turns.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
            })
        };
        let others = [returning(0), returning(1)];
        let until = |done: &dyn Fn(&ThreadStats) -> bool| {
            while !done(&gil.stats().total()) {
                thread::yield_now();
            }
        };
        until(&|total| total.takes == 2);
        let mut member = gil.register();
        let attached = member.attach();
        let before = gil.stats().total().waits;
        let computing = waiter(&gil, &turns, &each[2]);
        until(&|total| total.waits == before + 1);
        for (door, count) in doors.iter().zip(2..) {
            door.open();
            until(&|total| total.waits == before + count);
        }
        reach("all waited");
        drop(attached);
        computing.join().unwrap();
        for other in others {
            other.join().unwrap();
        }
        let order = each.map(|turn| turn.load(Ordering::Relaxed));
        assert_eq!(order, [1, 3, 2]);
    });
}
