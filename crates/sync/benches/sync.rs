//! The locks beside their peers: `[--quick] [--json FILE]`.
//!
//! Ours and each peer run in alternation in this one process; a figure is the median of several
//! rounds, and a ratio above 1 means that ours is better.
#![cfg_attr(selvedge_loom, allow(unused))]
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "peers and the harness use the system's own threads and clock"
)]

use std::hint::black_box;
use std::time::Instant;

use selvedge_sync::locks::{FifoLock, Lock};
use serde::Serialize;

/// Mutual exclusion.
trait Exclude: Sync + Default {
    /// Runs `body` alone.
    fn alone(&self, body: impl FnOnce());
}

impl Exclude for Lock {
    fn alone(&self, body: impl FnOnce()) {
        assert!(self.acquire(None));
        body();
        self.release().expect("it is held");
    }
}

impl Exclude for FifoLock {
    fn alone(&self, body: impl FnOnce()) {
        assert!(self.acquire(None));
        body();
        self.release().expect("it is held");
    }
}

#[cfg(unix)]
impl Exclude for selvedge_sync::process::Lock {
    fn alone(&self, body: impl FnOnce()) {
        self.acquire(None).expect("its holder lives");
        body();
        self.release().expect("it is held");
    }
}

impl Exclude for parking_lot::Mutex<()> {
    fn alone(&self, body: impl FnOnce()) {
        let _held = self.lock();
        body();
    }
}

impl Exclude for std::sync::Mutex<()> {
    fn alone(&self, body: impl FnOnce()) {
        let _held = self.lock().expect("nobody panics");
        body();
    }
}

#[derive(Serialize)]
struct Row {
    #[serde(rename = "crate")]
    krate: &'static str,
    scenario: String,
    ours: f64,
    peer: f64,
    peer_name: &'static str,
    unit: &'static str,
    ratio: f64,
}

/// Nanoseconds a turn of `threads` threads that take turns as fast as they can.
fn measure<L: Exclude>(threads: usize, turns: usize) -> f64 {
    let lock = L::default();
    let start = Instant::now();
    std::thread::scope(|scope| {
        let work = || {
            for turn in 0..turns / threads {
                lock.alone(|| {
                    black_box(turn);
                });
            }
        };
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
    start.elapsed().as_nanos() as f64 / turns as f64
}

type Measure = fn(usize, usize) -> f64;

#[cfg(unix)]
const OURS: &[(&str, Measure)] = &[
    ("lock", measure::<Lock>),
    ("fifo-lock", measure::<FifoLock>),
    ("process-lock", measure::<selvedge_sync::process::Lock>),
];

#[cfg(not(unix))]
const OURS: &[(&str, Measure)] = &[
    ("lock", measure::<Lock>),
    ("fifo-lock", measure::<FifoLock>),
];

const PEERS: [(&str, Measure); 2] = [
    ("parking_lot", measure::<parking_lot::Mutex<()>>),
    ("std", measure::<std::sync::Mutex<()>>),
];

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let quick = args.iter().any(|arg| arg == "--quick");
    let (rounds, turns) = if quick { (3, 100_000) } else { (15, 1_000_000) };
    let mut rows = Vec::new();
    for threads in [1, 2] {
        let mut times = vec![Vec::new(); OURS.len() + PEERS.len()];
        for _ in 0..rounds {
            for ((_, measure), times) in OURS.iter().chain(&PEERS).zip(&mut times) {
                times.push(measure(threads, turns));
            }
        }
        let medians: Vec<f64> = times.iter_mut().map(|times| median(times)).collect();
        let (ours, peers) = medians.split_at(OURS.len());
        for ((name, _), ours) in OURS.iter().zip(ours) {
            for ((peer_name, _), peer) in PEERS.iter().zip(peers) {
                let row = Row {
                    krate: "sync",
                    scenario: format!("{name}/{threads}"),
                    ours: *ours,
                    peer: *peer,
                    peer_name,
                    unit: "ns",
                    ratio: peer / ours,
                };
                println!(
                    "{:<16} {:>8.1} {} {:.1} ({:.2})",
                    row.scenario, row.ours, row.peer_name, row.peer, row.ratio
                );
                rows.push(row);
            }
        }
    }
    if let Some(at) = args.iter().position(|arg| arg == "--json") {
        let json = serde_json::to_string_pretty(&rows).expect("rows are plain data");
        std::fs::write(&args[at + 1], json).expect("the file named by --json can be written");
    }
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
