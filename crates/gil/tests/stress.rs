//! Sixteen threads that do everything at once, under every policy, with and without exclusion.
#![cfg(not(selvedge_loom))]
#![allow(missing_docs)]
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "in production the seam's names stand for these very types"
)]

use selvedge_gil::{Gil, Policy};
use selvedge_sync::seam::atomic::{AtomicBool, AtomicU32, Ordering};
use selvedge_sync::seam::clock::Duration;
use selvedge_sync::seam::{Arc, random, thread};

const THREADS: usize = 16;
const ROUNDS: u32 = 400;

#[derive(Default)]
struct Shared {
    inside: AtomicU32,
    stopped: AtomicBool,
}

impl Shared {
    /// What every attached thread does: it is alone if exclusion is on, and never beside a
    /// stopped world.
    fn visit(&self, exclusive: bool) {
        let before = self.inside.fetch_add(1, Ordering::Relaxed);
        assert!(!exclusive || before == 0, "two threads held the lock");
        assert!(
            !self.stopped.load(Ordering::Relaxed),
            "the world was stopped"
        );
        self.inside.fetch_sub(1, Ordering::Relaxed);
    }
}

fn run(gil: &Gil, shared: &Shared) {
    let exclusive = gil.is_enabled();
    let mut member = gil.register();
    for _ in 0..ROUNDS {
        let Ok(mut attached) = member.attach_timeout(Duration::from_micros(500)) else {
            continue;
        };
        for _ in 0..random::below(20) {
            shared.visit(exclusive);
            match random::below(40) {
                0..8 => attached.detach(|| ()),
                8 => attached.detach(|| thread::sleep(Duration::from_micros(50))),
                9 => {
                    attached.switch();
                }
                10 => {
                    let stopped = gil.stop_the_world(&mut attached);
                    shared.stopped.store(true, Ordering::Relaxed);
                    thread::yield_now();
                    assert_eq!(shared.inside.load(Ordering::Relaxed), 0);
                    shared.stopped.store(false, Ordering::Relaxed);
                    drop(stopped);
                }
                _ => attached.checkpoint(),
            }
        }
    }
}

fn stress(policy: Policy, enabled: bool) {
    let gil = Gil::builder()
        .policy(policy)
        .enabled(enabled)
        .switch_interval(Duration::from_micros(100))
        .build();
    let shared = Arc::new(Shared::default());
    let threads: Vec<_> = (0..THREADS)
        .map(|_| {
            let (gil, shared) = (gil.clone(), Arc::clone(&shared));
            thread::spawn(move || run(&gil, &shared))
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    let mut member = gil.register();
    let mut attached = member.try_attach().expect("nobody is left");
    gil.finalise(&mut attached);
}

#[test]
fn sixteen_threads_under_ticks() {
    stress(Policy::Ticks(5), true);
}

#[test]
fn sixteen_threads_under_interval() {
    stress(Policy::Interval, true);
}

#[test]
fn sixteen_threads_under_fifo() {
    stress(Policy::Fifo, true);
}

#[test]
fn sixteen_threads_under_priority() {
    stress(Policy::Priority, true);
}

#[test]
fn sixteen_threads_without_exclusion() {
    stress(Policy::Interval, false);
}

#[test]
fn sixteen_threads_while_exclusion_is_switched() {
    let gil = Gil::builder()
        .policy(Policy::Priority)
        .switch_interval(Duration::from_micros(100))
        .build();
    let over = Arc::new(AtomicBool::new(false));
    let threads: Vec<_> = (0..THREADS)
        .map(|_| {
            let (gil, over) = (gil.clone(), Arc::clone(&over));
            thread::spawn(move || {
                let mut member = gil.register();
                let mut attached = member.attach();
                while !over.load(Ordering::Relaxed) {
                    attached.checkpoint();
                    attached.detach(|| ());
                }
            })
        })
        .collect();
    let mut member = gil.register();
    for round in 0..200 {
        let mut attached = member.attach();
        let on = round % 2 == 1;
        gil.set_enabled(&mut attached, on);
        assert_eq!(gil.is_enabled(), on);
    }
    over.store(true, Ordering::Relaxed);
    for thread in threads {
        thread.join().unwrap();
    }
}
