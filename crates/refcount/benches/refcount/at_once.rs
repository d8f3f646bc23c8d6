//! Counting on two cores at the same time.

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use std::hint::{black_box, spin_loop};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::scope;
use std::time::{Duration, Instant};

/// Clones and drops this thread's pointer `pairs` times while another thread, on a core of its own
/// if there is one, does so with the pointer that `other` makes there. Returns the time in which
/// each would have done `pairs` had both been equally fast.
pub(crate) fn run<P: Clone, Q: Clone>(
    pairs: u64,
    pointer: &P,
    other: impl FnOnce() -> Q + Send,
) -> Duration {
    let (ready, stop) = (AtomicU32::new(0), AtomicBool::new(false));
    let before = sched_getaffinity(None).expect("a thread may ask where it runs");
    let time = scope(|scope| {
        let there = scope.spawn(|| {
            pin(&before, 1);
            let other = other();
            meet(&ready);
            let mut pairs = 0_u64;
            while !stop.load(Ordering::Relaxed) {
                churn(64, &other);
                pairs += 64;
            }
            pairs
        });
        pin(&before, 0);
        meet(&ready);
        let start = Instant::now();
        churn(pairs, pointer);
        let time = start.elapsed();
        stop.store(true, Ordering::Relaxed);
        let theirs = there.join().expect("counting does not panic");
        time.mul_f64(2.0 * pairs as f64 / (pairs + theirs) as f64)
    });
    sched_setaffinity(None, &before).expect("a thread may run where it ran before");
    time
}

fn churn<P: Clone>(pairs: u64, pointer: &P) {
    for _ in 0..pairs {
        black_box(black_box(pointer).clone());
    }
}

/// Waits for the other without sleeping, so that neither is ahead by a wake-up.
fn meet(ready: &AtomicU32) {
    ready.fetch_add(1, Ordering::Relaxed);
    while ready.load(Ordering::Relaxed) < 2 {
        spin_loop();
    }
}

/// Runs this thread on the `index`th of the cores in `allowed`, or on any if there are too few.
fn pin(allowed: &CpuSet, index: usize) {
    let mut cores = (0..CpuSet::MAX_CPU).filter(|&core| allowed.is_set(core));
    if let Some(core) = cores.nth(index) {
        let mut one = CpuSet::new();
        one.set(core);
        sched_setaffinity(None, &one).expect("a thread may choose among its cores");
    }
}
