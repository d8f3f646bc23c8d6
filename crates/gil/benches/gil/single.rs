//! One thread by itself: taking and dropping, safe points, observed events.

use crate::report::{Better, Report};
use selvedge_gil::{Event, Gil};
use std::hint::black_box;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Instant;

pub(crate) fn run(report: &mut Report<'_>) {
    let count = if report.quick() { 300_000 } else { 3_000_000 };
    attach_and_detach(report, count);
    checkpoint(report, count * 10);
    observed(report, count / 10);
}

/// Nanoseconds for each of `count` runs of `f`.
fn each(count: u32, mut f: impl FnMut()) -> f64 {
    let start = Instant::now();
    for _ in 0..count {
        f();
    }
    start.elapsed().as_nanos() as f64 / f64::from(count)
}

fn attach_and_detach(report: &mut Report<'_>, count: u32) {
    let gil = Gil::builder().build();
    let parking_lot = parking_lot::Mutex::new(0_u64);
    let fair = parking_lot::FairMutex::new(0_u64);
    let std = std::sync::Mutex::new(0_u64);
    report.compare(
        "attach and detach, nobody else",
        "ns",
        Better::Less,
        &|| {
            let mut member = gil.register();
            each(count, || {
                black_box(&member.attach());
            })
        },
        &[
            ("parking_lot Mutex", &|| {
                each(count, || *black_box(&parking_lot).lock() += 1)
            }),
            ("parking_lot FairMutex", &|| {
                each(count, || *black_box(&fair).lock() += 1)
            }),
            ("std Mutex", &|| {
                each(count, || *black_box(&std).lock().unwrap() += 1)
            }),
        ],
    );
    report.compare(
        "detach around a call that does nothing, nobody else",
        "ns",
        Better::Less,
        &|| {
            let mut member = gil.register();
            let mut attached = member.attach();
            each(count, || attached.detach(|| black_box(())))
        },
        &[("parking_lot MutexGuard::unlocked", &|| {
            let mut guard = parking_lot.lock();
            each(count, || {
                parking_lot::MutexGuard::unlocked(&mut guard, || black_box(()));
            })
        })],
    );
}

fn checkpoint(report: &mut Report<'_>, count: u32) {
    let gil = Gil::builder().build();
    let word = AtomicU32::new(0);
    report.compare(
        "checkpoint, nothing pending",
        "ns",
        Better::Less,
        &|| {
            let mut member = gil.register();
            let mut attached = member.attach();
            each(count, || attached.checkpoint())
        },
        &[("relaxed load and branch", &|| {
            each(count, || {
                if word.load(Ordering::Relaxed) != 0 {
                    cold();
                }
            })
        })],
    );
}

#[cold]
#[inline(never)]
fn cold() {
    black_box(());
}

fn observed(report: &mut Report<'_>, count: u32) {
    static SEEN: AtomicU64 = AtomicU64::new(0);
    let plain = Gil::builder().build();
    let watched = Gil::builder()
        .observer(|event: Event| {
            black_box(event);
            SEEN.fetch_add(1, Ordering::Relaxed);
        })
        .build();
    let cost = |gil: &Gil| {
        let mut member = gil.register();
        each(count, || {
            black_box(&member.attach());
        })
    };
    report.compare(
        "an event to an observer (limit: 50)",
        "ns",
        Better::Less,
        &|| (cost(&watched) - cost(&plain)) / 2.0,
        &[("limit", &|| 50.0)],
    );
}
