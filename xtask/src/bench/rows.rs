//! What benchmarks yield: a row a scenario and peer; their worst and mean by crate and by peer.

use crate::report;
use serde::{Deserialize, Serialize};

/// Ours against one peer in one scenario. A ratio above 1 means that ours is better.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Row {
    #[serde(rename = "crate")]
    pub(super) krate: String,
    pub(super) scenario: String,
    pub(super) ours: f64,
    pub(super) peer: f64,
    pub(super) peer_name: String,
    pub(super) unit: String,
    pub(super) ratio: f64,
}

/// The ratios of one crate, or of all, against one peer or against all.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Summary {
    #[serde(rename = "crate")]
    krate: String,
    peer: String,
    rows: usize,
    worst: f64,
    worst_scenario: String,
    geometric_mean: f64,
}

/// Stands for every crate, or every peer.
const ALL: &str = "all";

/// Worst and mean a crate and peer, in the order in which they come, a crate against all of its
/// peers if it has several, and of everything at the end.
pub(super) fn summarise(rows: &[Row]) -> Vec<Summary> {
    let mut summaries = Vec::new();
    let rows: Vec<_> = rows.iter().collect();
    for (krate, of_crate) in grouped(&rows, |row| &row.krate) {
        let by_peer = grouped(&of_crate, |row| &row.peer_name);
        for (peer, of_peer) in &by_peer {
            summaries.extend(summary(krate, peer, of_peer));
        }
        if by_peer.len() > 1 {
            summaries.extend(summary(krate, ALL, &of_crate));
        }
    }
    summaries.extend(summary(ALL, ALL, &rows));
    summaries
}

/// The rows by `key`, in the order in which the keys come.
fn grouped<'a>(rows: &[&'a Row], key: impl Fn(&'a Row) -> &'a str) -> Vec<(&'a str, Vec<&'a Row>)> {
    let mut groups: Vec<(&str, Vec<&Row>)> = Vec::new();
    for &row in rows {
        match groups.iter_mut().find(|(other, _)| *other == key(row)) {
            Some((_, group)) => group.push(row),
            None => groups.push((key(row), vec![row])),
        }
    }
    groups
}

fn summary(krate: &str, peer: &str, rows: &[&Row]) -> Option<Summary> {
    let worst = rows.iter().min_by(|a, b| a.ratio.total_cmp(&b.ratio))?;
    let logarithms: f64 = rows.iter().map(|row| row.ratio.ln()).sum();
    Some(Summary {
        krate: krate.to_owned(),
        peer: peer.to_owned(),
        rows: rows.len(),
        worst: worst.ratio,
        worst_scenario: format!("{} against {}", worst.scenario, worst.peer_name),
        geometric_mean: (logarithms / rows.len() as f64).exp(),
    })
}

pub(super) fn table(rows: &[Row]) -> String {
    report::table(
        &[
            "crate",
            "scenario",
            "ours",
            "peer",
            "peer name",
            "unit",
            "ratio",
        ],
        &[2, 3, 6],
        rows.iter().map(|row| {
            vec![
                row.krate.clone(),
                row.scenario.clone(),
                number(row.ours),
                number(row.peer),
                row.peer_name.clone(),
                row.unit.clone(),
                format!("{:.2}", row.ratio),
            ]
        }),
    )
}

pub(super) fn summary_table(summaries: &[Summary]) -> String {
    report::table(
        &[
            "crate",
            "peer",
            "rows",
            "worst",
            "geometric mean",
            "worst scenario",
        ],
        &[2, 3, 4],
        summaries.iter().map(|summary| {
            vec![
                summary.krate.clone(),
                summary.peer.clone(),
                summary.rows.to_string(),
                format!("{:.2}", summary.worst),
                format!("{:.2}", summary.geometric_mean),
                summary.worst_scenario.clone(),
            ]
        }),
    )
}

/// Four digits that matter, whatever the size.
fn number(value: f64) -> String {
    let digits = 3 - value.abs().max(f64::MIN_POSITIVE).log10().floor() as i32;
    format!("{value:.*}", digits.clamp(0, 6) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(krate: &str, scenario: &str, ratio: f64) -> Row {
        Row {
            krate: krate.to_owned(),
            scenario: scenario.to_owned(),
            ours: 1.0,
            peer: ratio,
            peer_name: "peer".to_owned(),
            unit: "ns".to_owned(),
            ratio,
        }
    }

    #[test]
    fn worst_and_mean_are_by_crate_and_peer_and_of_all() {
        let mut other = row("a", "x", 0.5);
        other.peer_name = "other".to_owned();
        let rows = [
            row("a", "x", 2.0),
            row("b", "z", 0.5),
            row("a", "y", 8.0),
            other,
        ];
        let summaries = summarise(&rows);
        let shown: Vec<_> = summaries
            .iter()
            .map(|s| (&*s.krate, &*s.peer, s.rows, s.worst, s.geometric_mean))
            .collect();
        let expected = [
            ("a", "peer", 2, 2.0, 4.0),
            ("a", "other", 1, 0.5, 0.5),
            ("a", "all", 3, 0.5, 2.0),
            ("b", "peer", 1, 0.5, 0.5),
            ("all", "all", 4, 0.5, 2.0_f64.sqrt()),
        ];
        for (shown, expected) in shown.iter().zip(expected) {
            assert_eq!(
                (shown.0, shown.1, shown.2, shown.3),
                (expected.0, expected.1, expected.2, expected.3)
            );
            assert!((shown.4 - expected.4).abs() < 1e-9);
        }
        assert_eq!(shown.len(), expected.len());
        assert_eq!(summaries[3].worst_scenario, "z against peer");
    }

    #[test]
    fn nothing_measured_has_no_summary() {
        assert!(summarise(&[]).is_empty());
    }

    #[test]
    fn numbers_show_four_digits() {
        assert_eq!(number(1.23456), "1.235");
        assert_eq!(number(123456.7), "123457");
        assert_eq!(number(0.012345), "0.01235");
    }
}
