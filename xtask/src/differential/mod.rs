//! `cargo xtask differential`: random programs, run on CPython and on ours.
//!
//! Many programs run in one process. Where the outputs differ the program is made smaller as long
//! as they do, and shown. Differences by design are in `xtask/differences.toml`, with the reason.

mod generate;
mod minimise;
mod random;
mod run;
mod statements;
mod templates;

use crate::progress::Progress;
use crate::report::JsonFile;
use crate::workspace;
use anyhow::Context as _;
use run::{Interpreter, differing};
use selvedge_sync::seam::clock::Duration;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::path::PathBuf;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// How many programs.
    #[arg(long, default_value_t = 20_000)]
    count: usize,
    /// Another seed gives other programs.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// CPython 3.14.
    #[arg(long, default_value = "python3.14")]
    python: PathBuf,
    /// The VM; by default the release build.
    #[arg(long)]
    selvedge: Option<PathBuf>,
    /// How many kinds of difference are made small and shown.
    #[arg(long, default_value_t = 20)]
    show: usize,
    #[command(flatten)]
    json: JsonFile,
}

/// Programs of one process.
const BATCH: usize = 100;

/// A difference that is meant.
#[derive(Deserialize)]
struct Meant {
    /// What the first line that differs contains, on CPython and on ours.
    theirs: String,
    ours: String,
    /// Why.
    #[serde(rename = "reason")]
    _reason: String,
}

#[derive(Deserialize)]
struct MeantFile {
    difference: Vec<Meant>,
}

#[derive(Serialize)]
struct Difference {
    seed: u64,
    number: usize,
    /// How many programs differ in this way.
    programs: usize,
    program: String,
    ours: String,
    theirs: String,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let path = workspace::root().join("xtask/differences.toml");
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("cannot read {}", path.display()))?;
    let meant: MeantFile = toml::from_str(&text)?;
    let ours = args
        .selvedge
        .clone()
        .unwrap_or_else(|| workspace::target().join("release/selvedge"));
    let limit = Duration::from_secs(20);
    let pair = Pair {
        ours: Interpreter {
            program: ours,
            limit,
        },
        theirs: Interpreter {
            program: args.python.clone(),
            limit,
        },
        meant: meant.difference,
    };
    let progress = Progress::endless();
    let found = search(args, &pair, &progress);
    progress.finish();
    let (found, kinds) = found?;
    for difference in &found {
        println!(
            "== program {} of seed {} ({} programs differ so)\n{}-- CPython\n{}-- ours\n{}",
            difference.number,
            difference.seed,
            difference.programs,
            difference.program,
            difference.theirs,
            difference.ours
        );
    }
    println!(
        "{} programs of seed {}: {kinds} kinds of difference, {} shown",
        args.count,
        args.seed,
        found.len()
    );
    args.json.write(&found)?;
    anyhow::ensure!(kinds == 0, "the outputs differ");
    Ok(())
}

struct Pair {
    ours: Interpreter,
    theirs: Interpreter,
    meant: Vec<Meant>,
}

impl Pair {
    /// What each of the programs prints on ours and on CPython.
    fn outputs(&self, programs: &[String]) -> anyhow::Result<(Vec<String>, Vec<String>)> {
        Ok((self.ours.outputs(programs)?, self.theirs.outputs(programs)?))
    }

    fn is_meant(&self, ours: &str, theirs: &str) -> bool {
        let (ours, theirs) = first_difference(ours, theirs);
        self.meant
            .iter()
            .any(|meant| ours.contains(&meant.ours) && theirs.contains(&meant.theirs))
    }

    /// The smallest program found that still differs in the same way.
    fn minimise(&self, program: String, kind: &str) -> anyhow::Result<(String, String, String)> {
        let mut smallest = program;
        loop {
            let candidates = minimise::smaller(&smallest);
            let (ours, theirs) = self.outputs(&candidates)?;
            let next = (0..candidates.len())
                .find(|&at| ours[at] != theirs[at] && self::kind(&ours[at], &theirs[at]) == kind);
            match next {
                Some(at) => smallest.clone_from(&candidates[at]),
                None => break,
            }
        }
        let (ours, theirs) = self.outputs(std::slice::from_ref(&smallest))?;
        Ok((smallest, ours.concat(), theirs.concat()))
    }
}

/// The differences found, the first of each kind made small, and how many kinds there are.
fn search(
    args: &Args,
    pair: &Pair,
    progress: &Progress,
) -> anyhow::Result<(Vec<Difference>, usize)> {
    let mut kinds: HashMap<String, (usize, usize)> = HashMap::new();
    for start in (0..args.count).step_by(BATCH) {
        progress.at(&format!(
            "{start} of {} programs, {} kinds of difference",
            args.count,
            kinds.len()
        ));
        let numbers = start..(start + BATCH).min(args.count);
        let programs: Vec<String> = numbers
            .map(|number| generate::program(args.seed, number))
            .collect();
        let (ours, theirs) = pair.outputs(&programs)?;
        for (at, (ours, theirs)) in differing(&ours, &theirs) {
            if !pair.is_meant(ours, theirs) {
                let entry = kinds.entry(kind(ours, theirs)).or_insert((start + at, 0));
                *entry = (entry.0.min(start + at), entry.1 + 1);
            }
        }
    }
    let mut all: Vec<(String, (usize, usize))> = kinds.into_iter().collect();
    all.sort_by_key(|(_, (number, programs))| (core::cmp::Reverse(*programs), *number));
    let mut found = Vec::new();
    for (kind, (number, programs)) in all.iter().take(args.show) {
        progress.at(&format!("making program {number} smaller"));
        let (program, ours, theirs) = pair.minimise(generate::program(args.seed, *number), kind)?;
        found.push(Difference {
            seed: args.seed,
            number: *number,
            programs: *programs,
            program,
            ours,
            theirs,
        });
    }
    Ok((found, all.len()))
}

/// The first lines that differ, ours and theirs.
fn first_difference<'a>(ours: &'a str, theirs: &'a str) -> (&'a str, &'a str) {
    let (mut ours, mut theirs) = (ours.lines(), theirs.lines());
    loop {
        match (ours.next(), theirs.next()) {
            (Some(a), Some(b)) if a == b => {}
            (None, None) => return ("", ""),
            (a, b) => return (a.unwrap_or(""), b.unwrap_or("")),
        }
    }
}

/// What differences of one cause have in common: the words of the first lines that differ.
fn kind(ours: &str, theirs: &str) -> String {
    let (ours, theirs) = first_difference(ours, theirs);
    let words = |line: &str| -> String {
        let mut quoted = false;
        line.chars()
            .filter(|c| {
                quoted ^= *c == '\'';
                !quoted && (c.is_ascii_alphabetic() || *c == ' ')
            })
            .take(60)
            .collect()
    };
    format!("{}|{}", words(theirs), words(ours))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_lines_that_differ_are_found() {
        assert_eq!(first_difference("a\nb\nc\n", "a\nx\nc\n"), ("b", "x"));
        assert_eq!(first_difference("a\n", "a\nx\n"), ("", "x"));
    }

    #[test]
    fn a_kind_is_the_words_without_what_is_quoted() {
        assert_eq!(kind("TypeError 'int' 5\n", "no\n"), "no|TypeError  ");
    }
}
