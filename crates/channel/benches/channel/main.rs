//! Our channels against others: the same scenarios in one process, in alternation.
//!
//! `--quick` measures fewer and shorter rounds; `--json FILE` writes the rows.
#![cfg_attr(selvedge_loom, allow(unused))]
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "peers and the harness use the system's own threads and clock"
)]

mod crossbeam;
mod flume;
mod kanal;
mod ours;
#[cfg(unix)]
mod processes;
mod scenario;
mod std_mpsc;

use scenario::{Scenario, measure};
use serde::Serialize;

/// A kind of channel to measure. `None` as capacity means unbounded.
trait Channel {
    type Sender: Clone + Send + 'static;
    type Receiver: Send + 'static;
    /// A channel of that capacity.
    fn new(capacity: Option<usize>) -> (Self::Sender, Self::Receiver);
    fn send(sender: &Self::Sender, message: usize);
    /// Receives, or returns `None` once all senders are gone.
    fn recv(receiver: &Self::Receiver) -> Option<usize>;
    /// Another receiver, if there may be many.
    fn share(receiver: &Self::Receiver) -> Option<Self::Receiver>;
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

type Measure = fn(&Scenario) -> Option<f64>;

const PEERS: [(&str, Measure); 4] = [
    ("crossbeam-channel", measure::<crossbeam::Crossbeam>),
    ("kanal", measure::<kanal::Kanal>),
    ("flume", measure::<flume::Flume>),
    ("std::sync::mpsc", measure::<std_mpsc::Std>),
];

fn main() {
    #[cfg(unix)]
    processes::serve_if_child();
    let args: Vec<String> = std::env::args().collect();
    let quick = args.iter().any(|arg| arg == "--quick");
    let value_of = |name: &str| {
        let at = args.iter().position(|arg| arg == name)?;
        args.get(at + 1)
    };
    let only = value_of("--only");
    let rounds = if quick { 3 } else { 9 };
    let mut rows = Vec::new();
    println!(
        "{:<28} {:>9}  peers, ns a message (ratio)",
        "scenario", "ours"
    );
    for scenario in scenario::all(quick) {
        if only.is_some_and(|only| !scenario.name.contains(only.as_str())) {
            continue;
        }
        let found = compare(&scenario, rounds);
        print_row(&found);
        rows.extend(found);
    }
    #[cfg(unix)]
    for row in processes::compare(quick, only) {
        print_row(std::slice::from_ref(&row));
        rows.push(row);
    }
    summarise(&rows);
    if let Some(path) = value_of("--json") {
        let json = serde_json::to_string_pretty(&rows).expect("rows are plain data");
        std::fs::write(path, json).expect("the file named by --json can be written");
    }
}

/// Measures ours and every peer that has the scenario, round by round, and takes medians.
fn compare(scenario: &Scenario, rounds: usize) -> Vec<Row> {
    let mut times = vec![Vec::new(); PEERS.len() + 1];
    for _ in 0..rounds {
        times[0].extend(measure::<ours::Ours>(scenario));
        for (times, (_, measure)) in times[1..].iter_mut().zip(PEERS) {
            times.extend(measure(scenario));
        }
    }
    let ours = median(&mut times[0]).expect("ours has every scenario");
    let peers = PEERS.iter().zip(&mut times[1..]);
    peers
        .filter_map(|((peer_name, _), times)| {
            let peer = median(times)?;
            Some(Row {
                krate: "channel",
                scenario: scenario.name.clone(),
                ours,
                peer,
                peer_name,
                unit: "ns",
                ratio: peer / ours,
            })
        })
        .collect()
}

fn median(times: &mut [f64]) -> Option<f64> {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied()
}

fn print_row(rows: &[Row]) {
    print!("{:<28} {:>9.1} ", rows[0].scenario, rows[0].ours);
    for row in rows {
        print!(" {} {:.1} ({:.2})", row.peer_name, row.peer, row.ratio);
    }
    println!();
}

/// How ours stands against the best peer of each scenario.
fn summarise(rows: &[Row]) {
    let mut best: Vec<(&str, f64)> = Vec::new();
    for row in rows {
        match best.iter_mut().find(|(name, _)| *name == row.scenario) {
            Some((_, ratio)) => *ratio = ratio.min(row.ratio),
            None => best.push((&row.scenario, row.ratio)),
        }
    }
    let Some(worst) = best.iter().min_by(|a, b| a.1.total_cmp(&b.1)) else {
        return;
    };
    let mean = (best.iter().map(|(_, ratio)| ratio.ln()).sum::<f64>() / best.len() as f64).exp();
    println!(
        "against the best peer: geometric mean {mean:.2}, worst {:.2} ({})",
        worst.1, worst.0
    );
}
