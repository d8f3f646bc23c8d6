//! What has changed since a revision: lines of sources, and crates whose tests are others.

use super::mutant::Mutant;
use crate::workspace;
use anyhow::Context as _;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::process::{Command, Output};

/// Changes since a revision.
#[derive(Default)]
pub(super) struct Changes {
    /// Changed lines, counted from 1, by file.
    lines: BTreeMap<String, Vec<Range<usize>>>,
    /// Crates with changed tests: all their mutants may have got away.
    crates: BTreeSet<String>,
}

fn run_git(arguments: &[&str]) -> anyhow::Result<Output> {
    Command::new("git")
        .current_dir(workspace::root())
        .args(arguments)
        .output()
        .context("cannot start git")
}

/// What git prints.
fn git(arguments: &[&str]) -> anyhow::Result<String> {
    let ran = run_git(arguments)?;
    let complaint = String::from_utf8_lossy(&ran.stderr);
    anyhow::ensure!(
        ran.status.success(),
        "git {}: {complaint}",
        arguments.join(" ")
    );
    Ok(String::from_utf8_lossy(&ran.stdout).into_owned())
}

/// Whether the repository holds `revision`: a shallow clone lacks the parents of its last commit.
pub(super) fn is_known(revision: &str) -> anyhow::Result<bool> {
    let commit = format!("{revision}^{{commit}}");
    let ran = run_git(&["rev-parse", "--quiet", "--verify", &commit])?;
    Ok(ran.status.success())
}

/// The changes since `revision`, those that are not committed among them.
pub(super) fn since(revision: &str) -> anyhow::Result<Changes> {
    let differences = git(&[
        "diff",
        "--unified=0",
        "--no-color",
        "--no-ext-diff",
        revision,
        "--",
        "crates",
    ])?;
    let mut changes = read(&differences);
    for file in git(&["ls-files", "--others", "--exclude-standard", "--", "crates"])?.lines() {
        changes.add(file, 1..usize::MAX);
    }
    Ok(changes)
}

fn read(differences: &str) -> Changes {
    let mut changes = Changes::default();
    let mut file = String::new();
    for line in differences.lines() {
        if let Some(path) = line.strip_prefix("+++ ") {
            path.strip_prefix("b/")
                .unwrap_or_default()
                .clone_into(&mut file);
        } else if let Some(path) = line.strip_prefix("--- a/") {
            // A deleted test concerns its crate as much as a changed one.
            changes.add(path, 0..0);
        } else if let Some(range) = line.strip_prefix("@@ ").and_then(new_lines) {
            changes.add(&file, range);
        }
    }
    changes
}

/// The lines after the change, from a hunk's head: `-1,2 +3,4 @@`.
fn new_lines(head: &str) -> Option<Range<usize>> {
    let (_, new) = head.split_once('+')?;
    let (new, _) = new.split_once(' ')?;
    let (start, count) = new.split_once(',').unwrap_or((new, "1"));
    let (start, count): (usize, usize) = (start.parse().ok()?, count.parse().ok()?);
    // Where lines were only deleted, the line before and the line after are what is left.
    Some(if count == 0 {
        start..start + 2
    } else {
        start..start + count
    })
}

impl Changes {
    fn add(&mut self, file: &str, lines: Range<usize>) {
        let below = file
            .strip_prefix("crates/")
            .and_then(|path| path.split_once('/'));
        if let Some((krate, path)) = below
            && path.starts_with("tests/")
        {
            self.crates.insert(krate.to_owned());
        }
        self.lines.entry(file.to_owned()).or_default().push(lines);
    }

    /// Whether a mutant may have another verdict since.
    pub(super) fn concern(&self, mutant: &Mutant) -> bool {
        let lines = self.lines.get(&mutant.file);
        let in_lines =
            lines.is_some_and(|lines| lines.iter().any(|range| range.contains(&mutant.line)));
        in_lines || self.crates.contains(&mutant.krate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mutants::find::mutants_of;

    const DIFFERENCES: &str = "--- a/crates/x/src/a.rs\n+++ b/crates/x/src/a.rs\n@@ -1,0 +2,1 @@ fn\n+line\n@@ -9,3 +4,0 @@\n-gone\n--- a/crates/y/tests/t.rs\n+++ /dev/null\n@@ -1,2 +0,0 @@\n";

    fn concerned(krate: &str, file: &str) -> Vec<usize> {
        let text = "fn f(a: u8) { a < 1; }\n".repeat(6);
        let mutants = mutants_of(krate, file, &text).unwrap().0;
        let changes = read(DIFFERENCES);
        mutants
            .iter()
            .filter(|mutant| changes.concern(mutant))
            .map(|mutant| mutant.line)
            .collect()
    }

    #[test]
    fn changed_lines_and_those_around_deleted_ones_concern() {
        assert_eq!(concerned("x", "crates/x/src/a.rs"), [2, 4, 5]);
        assert_eq!(concerned("x", "crates/x/src/b.rs"), [0; 0]);
    }

    #[test]
    fn a_changed_test_concerns_its_whole_crate() {
        assert_eq!(concerned("y", "crates/y/src/a.rs"), [1, 2, 3, 4, 5, 6]);
    }
}
