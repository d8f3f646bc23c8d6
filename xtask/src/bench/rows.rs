//! What benchmarks yield: a row a scenario and peer, and their worst and mean.

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

/// The ratios of one crate, or of all.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Summary {
    #[serde(rename = "crate")]
    krate: String,
    rows: usize,
    worst: f64,
    worst_scenario: String,
    geometric_mean: f64,
}

/// Worst and mean a crate, in the order in which the crates come, and of all at the end.
pub(super) fn summarise(rows: &[Row]) -> Vec<Summary> {
    let mut crates: Vec<&str> = Vec::new();
    for row in rows {
        if !crates.contains(&row.krate.as_str()) {
            crates.push(&row.krate);
        }
    }
    let of_crate = |krate: &&str| {
        let rows: Vec<_> = rows.iter().filter(|row| row.krate == *krate).collect();
        summary(krate, &rows)
    };
    let mut summaries: Vec<_> = crates.iter().filter_map(of_crate).collect();
    summaries.extend(summary("all", &rows.iter().collect::<Vec<_>>()));
    summaries
}

fn summary(krate: &str, rows: &[&Row]) -> Option<Summary> {
    let worst = rows.iter().min_by(|a, b| a.ratio.total_cmp(&b.ratio))?;
    let logarithms: f64 = rows.iter().map(|row| row.ratio.ln()).sum();
    Some(Summary {
        krate: krate.to_owned(),
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
        &["crate", "rows", "worst", "geometric mean", "worst scenario"],
        &[1, 2, 3],
        summaries.iter().map(|summary| {
            vec![
                summary.krate.clone(),
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
    fn worst_and_mean_are_per_crate_and_of_all() {
        let rows = [row("a", "x", 2.0), row("b", "z", 0.5), row("a", "y", 8.0)];
        let summaries = summarise(&rows);
        let shown: Vec<_> = summaries
            .iter()
            .map(|s| (s.krate.as_str(), s.rows, s.worst, s.geometric_mean))
            .collect();
        assert_eq!(shown[0], ("a", 2, 2.0, 4.0));
        assert_eq!(shown[1], ("b", 1, 0.5, 0.5));
        assert_eq!(shown[2].0, "all");
        assert!((shown[2].3 - 2.0).abs() < 1e-9);
        assert_eq!(summaries[2].worst_scenario, "z against peer");
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
