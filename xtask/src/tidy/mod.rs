//! `cargo xtask tidy`: what the source tree promises, checked.
//!
//! The rules are functions in [`rules`]; what they except, and why, stands in `xtask/tidy.toml`.
//! An exception that nothing needs any more is a problem too.

mod rules;
mod source;

use crate::report::{self, JsonFile};
use crate::workspace;
use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use source::Tree;
use std::path::Path;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    json: JsonFile,
}

/// A place where the tree breaks a rule.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct Problem {
    pub(crate) file: String,
    /// Counted from 1; 0 stands for the file as a whole.
    pub(crate) line: usize,
    pub(crate) text: String,
}

/// The exceptions to the rules: lists of files, each with the reason.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Exceptions {
    /// Files longer than a file should be.
    long: Vec<Exception>,
    /// Modules that hold unsafe code.
    #[serde(rename = "unsafe")]
    unsafe_code: Vec<Exception>,
    /// Modules that share state and have no model of their own.
    unmodelled: Vec<Exception>,
    /// Files that name what only the seam may name.
    beside_the_seam: Vec<Exception>,
}

/// A file that a rule does not hold for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Exception {
    file: String,
    reason: String,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let (problems, files) = check(&workspace::root())?;
    print!("{}", table(&problems));
    args.json.write(&problems)?;
    anyhow::ensure!(
        problems.is_empty(),
        "{} places break a rule",
        problems.len()
    );
    println!("{files} files keep every rule");
    Ok(())
}

/// The problems as lines; empty if there are none.
pub(crate) fn table(problems: &[Problem]) -> String {
    if problems.is_empty() {
        return String::new();
    }
    let rows = problems.iter().map(|found| {
        let place = match found.line {
            0 => found.file.clone(),
            line => format!("{}:{line}", found.file),
        };
        vec![place, found.text.clone()]
    });
    report::table(&["place", "problem"], &[], rows) + "\n"
}

/// Every problem of the tree at `root`, and how many files were looked at.
pub(crate) fn check(root: &Path) -> anyhow::Result<(Vec<Problem>, usize)> {
    let path = root.join("xtask/tidy.toml");
    let text = std::fs::read_to_string(&path).context("xtask/tidy.toml cannot be read")?;
    let exceptions: Exceptions =
        toml::from_str(&text).context("xtask/tidy.toml is not understood")?;
    let tree = Tree::read(root)?;
    let mut problems = Vec::new();
    for rule in rules::ALL {
        problems.extend(rule(&tree, &exceptions));
    }
    problems.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    Ok((problems, tree.files.len()))
}

#[cfg(test)]
mod tests;
