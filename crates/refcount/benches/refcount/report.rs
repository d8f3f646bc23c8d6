//! Rows of results, as a table and as JSON.

use crate::turns::{Contestant, medians};
use serde_json::{Value, json};

pub(crate) struct Report {
    rounds: usize,
    rows: Vec<Value>,
}

impl Report {
    pub(crate) fn new(rounds: usize) -> Self {
        Self {
            rounds,
            rows: Vec::new(),
        }
    }

    /// Measures the first contestant, which is ours, against the others: nanoseconds for each of
    /// `operations` operations.
    pub(crate) fn race(&mut self, scenario: &str, operations: u64, mut all: Vec<Contestant<'_>>) {
        let times = medians(&mut all, self.rounds);
        let each = |index: usize| times[index].as_secs_f64() * 1e9 / operations as f64;
        for (index, peer) in all.iter().enumerate().skip(1) {
            self.row(scenario, each(0), each(index), peer.name, "ns");
        }
    }

    /// Adds a row in which less is better.
    pub(crate) fn row(&mut self, scenario: &str, ours: f64, peer: f64, name: &str, unit: &str) {
        let ratio = peer / ours;
        println!("{scenario:<44} {ours:>10.2} {peer:>10.2} {unit:<6} {ratio:>6.2}x  {name}");
        self.rows.push(json!({
            "crate": "refcount", "scenario": scenario, "ours": ours, "peer": peer,
            "peer_name": name, "unit": unit, "ratio": ratio,
        }));
    }

    pub(crate) fn print(&self) {
        let ratio = |row: &Value| row["ratio"].as_f64().expect("every row has one");
        let logs: f64 = self.rows.iter().map(|row| ratio(row).ln()).sum();
        let mean = (logs / self.rows.len() as f64).exp();
        let worst = self
            .rows
            .iter()
            .min_by(|a, b| ratio(a).total_cmp(&ratio(b)));
        if let Some(worst) = worst {
            println!("worst {:.2}x: {worst}", ratio(worst));
        }
        println!("geometric mean {mean:.2}x over {} rows", self.rows.len());
    }

    pub(crate) fn write(&self, file: &str) {
        let text = serde_json::to_string_pretty(&self.rows).expect("rows are plain values");
        std::fs::write(file, text).expect("the file can be written");
    }
}
