//! The published table, `MUTANTS.md`: a section for each crate, made from a whole run of it.
//!
//! A section says by a hash which code it is about, so that CI can see without running anything
//! whether it is current.

use super::content;
use super::mutant::{Kind, Outcome, Row};
use crate::{report, workspace};
use anyhow::Context as _;
use std::collections::BTreeMap;
use std::path::PathBuf;

const INTRODUCTION: &str = "# Mutants

Each row is a change that takes away something the code is said to need: an ordering weakened by a
step, a wake-up dropped, a re-check removed. It was put in alone, and the crate's loom models and
then its tests were run until one failed; that one is named, and for a model the execution that
failed. *Equivalent* are changes that no execution can tell, *argued* those that only an execution
can tell which the memory model allows and nothing here runs; the reason stands beside the code.
`cargo xtask mutants` makes this file. Lines are those of the run.

";

pub(super) fn path() -> PathBuf {
    workspace::root().join("MUTANTS.md")
}

/// Puts the section of `krate` into the file, in the place of an older one.
pub(super) fn publish(krate: &str, rows: &[Row]) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(path()).unwrap_or_default();
    let mut sections = sections(&text);
    sections.insert(
        krate.to_owned(),
        section(krate, &content::hash(krate)?, rows),
    );
    let summary = summary(&sections);
    let body: Vec<_> = sections.into_values().collect();
    let text = format!("{INTRODUCTION}{summary}\n\n{}", body.join("\n"));
    std::fs::write(path(), text).context("cannot write MUTANTS.md")
}

/// The crates of `wanted` whose section is missing or about other code.
pub(super) fn stale(wanted: &[&str]) -> anyhow::Result<Vec<String>> {
    let text = std::fs::read_to_string(path()).unwrap_or_default();
    let sections = sections(&text);
    let mut stale = Vec::new();
    for krate in wanted {
        let mark = mark(krate, &content::hash(krate)?);
        if !sections
            .get(*krate)
            .is_some_and(|section| section.starts_with(&mark))
        {
            stale.push((*krate).to_owned());
        }
    }
    Ok(stale)
}

/// The crates whose section lists survivors.
pub(super) fn with_survivors() -> anyhow::Result<Vec<String>> {
    let text = std::fs::read_to_string(path()).context("cannot read MUTANTS.md")?;
    let survived = Outcome::Survived.name();
    let sections = sections(&text).into_iter();
    let unsettled = sections.filter(|(_, section)| section.contains(survived));
    Ok(unsettled.map(|(krate, _)| krate).collect())
}

fn mark(krate: &str, hash: &str) -> String {
    format!("## {krate}\n\n<!-- code: {hash} -->\n")
}

fn sections(text: &str) -> BTreeMap<String, String> {
    let parts = text.split("\n## ").skip(1);
    let section = |part: &str| {
        let name = part.lines().next().unwrap_or_default().to_owned();
        (name, format!("## {}\n", part.trim_end()))
    };
    parts.map(section).collect()
}

/// The last line of each section's counts.
fn summary(sections: &BTreeMap<String, String>) -> String {
    let rows = sections.iter().filter_map(|(krate, section)| {
        let all = section
            .lines()
            .find_map(|line| line.strip_prefix("| all "))?;
        let numbers = all.trim().trim_matches('|').split('|');
        let numbers = numbers.map(|number| number.trim().to_owned());
        Some(std::iter::once(krate.clone()).chain(numbers).collect())
    });
    let mut columns = COLUMNS;
    columns[0] = "crate";
    report::table(&columns, &NUMBERS, rows)
}

fn section(krate: &str, hash: &str, rows: &[Row]) -> String {
    let details = report::table(
        &["place", "change", "outcome", "by"],
        &[],
        rows.iter().map(|row| {
            let file = row
                .file
                .strip_prefix(&format!("crates/{krate}/src/"))
                .unwrap_or(&row.file);
            let place = format!("{file}:{}", row.line);
            vec![
                place,
                escaped(&row.change),
                row.outcome.name().to_owned(),
                escaped(&row.by),
            ]
        }),
    );
    format!("{}\n{}\n\n{details}\n", mark(krate, hash), counts(rows))
}

/// A bar would end the cell.
fn escaped(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

/// The columns of counts.
const COLUMNS: [&str; 9] = [
    "kind",
    "mutants",
    "by a model",
    "by a test",
    "by the compiler",
    "by time-out",
    "equivalent",
    "argued",
    "survived",
];

/// Those of them that are numbers.
const NUMBERS: [usize; 8] = [1, 2, 3, 4, 5, 6, 7, 8];

/// How many mutants of each kind there are, and what became of them.
pub(super) fn counts(rows: &[Row]) -> String {
    let line = |label: &str, rows: &[&Row]| {
        let killed = |by: &str| {
            let is = |row: &&&Row| row.outcome == Outcome::Killed && row.by.starts_with(by);
            rows.iter().filter(is).count()
        };
        let outcome = |outcome: Outcome| rows.iter().filter(|row| row.outcome == outcome).count();
        let numbers = [
            rows.len(),
            killed("model"),
            killed("test"),
            killed("compiler"),
            killed("time-out"),
            outcome(Outcome::Equivalent),
            outcome(Outcome::Argued),
            outcome(Outcome::Survived),
        ];
        let cells =
            std::iter::once(label.to_owned()).chain(numbers.map(|number| number.to_string()));
        cells.collect::<Vec<_>>()
    };
    let of_kind = |kind: &Kind| {
        let rows: Vec<_> = rows.iter().filter(|row| row.kind == *kind).collect();
        (!rows.is_empty()).then(|| line(kind.name(), &rows))
    };
    let all = line("all", &rows.iter().collect::<Vec<_>>());
    report::table(
        &COLUMNS,
        &NUMBERS,
        Kind::ALL.iter().filter_map(of_kind).chain([all]),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(outcome: Outcome, by: &str) -> Row {
        Row {
            krate: "x".to_owned(),
            file: "crates/x/src/a.rs".to_owned(),
            line: 7,
            kind: Kind::Bit,
            change: "`A | B`".to_owned(),
            outcome,
            by: by.to_owned(),
        }
    }

    #[test]
    fn a_section_is_found_again() {
        let rows = [
            row(Outcome::Killed, "model `m::t`"),
            row(Outcome::Survived, "all pass"),
        ];
        let one = section("x", "abc", &rows);
        assert!(one.contains("| a.rs:7 | `A \\| B` | killed"), "{one}");
        let two = section("y", "def", &rows);
        let found = sections(&format!("{INTRODUCTION}{one}\n{two}"));
        assert_eq!(found["x"], one);
        assert_eq!(found["y"], two);
        assert!(found["x"].starts_with(&mark("x", "abc")));
    }

    #[test]
    fn the_summary_has_a_line_for_each_crate() {
        let rows = [
            row(Outcome::Killed, "model `m::t`"),
            row(Outcome::Survived, "all pass"),
        ];
        let sections = [("x", &rows[..]), ("y", &rows[..1])]
            .map(|(krate, rows)| (krate.to_owned(), section(krate, "abc", rows)));
        let summary = summary(&BTreeMap::from(sections));
        let lines: Vec<Vec<_>> = summary
            .lines()
            .skip(2)
            .map(|line| line.split('|').map(str::trim).collect())
            .collect();
        assert_eq!(
            lines,
            [
                ["", "x", "2", "1", "0", "0", "0", "0", "0", "1", ""],
                ["", "y", "1", "1", "0", "0", "0", "0", "0", "0", ""],
            ]
        );
    }

    #[test]
    fn counts_are_by_kind_and_killer() {
        let rows = [
            row(Outcome::Killed, "model `m::t`"),
            row(Outcome::Killed, "test `m::t`"),
            row(Outcome::Killed, "time-out of test `m::t`"),
            row(Outcome::Equivalent, "since"),
        ];
        let counts = counts(&rows);
        let numbers: Vec<_> = counts
            .lines()
            .nth(2)
            .unwrap()
            .split('|')
            .map(str::trim)
            .collect();
        assert_eq!(
            numbers,
            ["", "bit", "4", "1", "1", "0", "1", "1", "0", "0", ""]
        );
    }
}
