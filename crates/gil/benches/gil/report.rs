//! Rows: measured, printed, written as JSON.

use std::fmt::Write as _;

/// What the command line asks for.
pub(crate) struct Options {
    pub(crate) quick: bool,
    json: Option<String>,
    /// Only scenarios whose name holds this.
    only: Option<String>,
}

impl Options {
    pub(crate) fn from_args() -> Self {
        let mut options = Self {
            quick: false,
            json: None,
            only: None,
        };
        let mut args = std::env::args().skip(1);
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--quick" => options.quick = true,
                "--json" => options.json = Some(args.next().expect("--json takes a file")),
                "--only" => {
                    options.only = Some(args.next().expect("--only takes a part of a name"));
                }
                // What cargo itself passes to a bench.
                "--bench" => {}
                other => panic!("unknown argument {other}"),
            }
        }
        options
    }
}

/// Whether more or less of the unit is better.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Better {
    More,
    Less,
}

struct Row {
    scenario: String,
    ours: f64,
    peer: f64,
    peer_name: String,
    unit: String,
    ratio: f64,
}

pub(crate) struct Report<'o> {
    options: &'o Options,
    rows: Vec<Row>,
}

impl<'o> Report<'o> {
    pub(crate) fn new(options: &'o Options) -> Self {
        println!(
            "{:<52} {:>12} {:>12} {:>6}  unit, peer",
            "scenario", "ours", "peer", "ratio"
        );
        Self {
            options,
            rows: Vec::new(),
        }
    }

    pub(crate) fn quick(&self) -> bool {
        self.options.quick
    }

    pub(crate) fn wants(&self, scenario: &str) -> bool {
        let only = self.options.only.as_deref();
        only.is_none_or(|part| scenario.contains(part))
    }

    pub(crate) fn rounds(&self) -> usize {
        if self.options.quick { 3 } else { 7 }
    }

    /// Adds a row.
    pub(crate) fn row(
        &mut self,
        scenario: &str,
        (ours, peer): (f64, f64),
        peer_name: &str,
        unit: &str,
        better: Better,
    ) {
        let ratio = match better {
            Better::More => ours / peer,
            Better::Less => peer / ours,
        };
        println!("{scenario:<52} {ours:>12.2} {peer:>12.2} {ratio:>6.2}  {unit}, {peer_name}");
        self.rows.push(Row {
            scenario: scenario.into(),
            ours,
            peer,
            peer_name: peer_name.into(),
            unit: unit.into(),
            ratio,
        });
    }

    /// Runs ours and the peers in turn, several rounds, and adds a row for each peer.
    pub(crate) fn compare(
        &mut self,
        scenario: &str,
        unit: &str,
        better: Better,
        ours: &dyn Fn() -> f64,
        peers: &[(&str, &dyn Fn() -> f64)],
    ) {
        if !self.wants(scenario) {
            return;
        }
        let mut measured = vec![Vec::new(); peers.len() + 1];
        for _ in 0..self.rounds() {
            measured[0].push(ours());
            for (times, (_, peer)) in measured[1..].iter_mut().zip(peers) {
                times.push(peer());
            }
        }
        let mut medians = measured.into_iter().map(median);
        let ours = medians.next().expect("ours was measured");
        for (peer, (name, _)) in medians.zip(peers) {
            self.row(scenario, (ours, peer), name, unit, better);
        }
    }

    pub(crate) fn finish(self) {
        let Some(path) = &self.options.json else {
            return;
        };
        let mut text = String::from("[");
        for (at, row) in self.rows.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            write!(
                text,
                "{comma}\n{{\"crate\":\"gil\",\"scenario\":{:?},\"ours\":{},\"peer\":{},\"peer_name\":{:?},\"unit\":{:?},\"ratio\":{}}}",
                row.scenario, row.ours, row.peer, row.peer_name, row.unit, row.ratio
            )
            .expect("a string can be written to");
        }
        text.push_str("\n]\n");
        std::fs::write(path, text).expect("the JSON file can be written");
    }
}

pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
