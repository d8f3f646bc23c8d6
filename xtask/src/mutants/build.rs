//! Building the copy in which all mutants that allow it are switched at run time.
//!
//! A switch may be wrong where the mutant is right, since its branches have to be of one type. The
//! compiler says where; those mutants lose their switch and are built alone.

use super::copy::{Copy, Purpose, Seam};
use super::instrument::{self, Instrumented};
use super::mutant::Mutant;
use crate::exec;
use crate::models::{self, Test};
use crate::progress::Progress;
use crate::workspace;
use cargo_metadata::Message;
use cargo_metadata::diagnostic::{Diagnostic, DiagnosticLevel};
use std::collections::{BTreeMap, BTreeSet};

/// How often mutants may lose their switches until the copy builds.
const ATTEMPTS: usize = 20;

/// The built programs of one crate.
pub(super) struct Programs {
    pub(super) models: Vec<Test>,
    pub(super) tests: Vec<Test>,
}

/// Builds the copy of `crates` with all switches, and the programs of those that are `wanted`.
/// `mutants` are numbered from 1; those that cannot be switched lose their switch.
pub(super) fn switched(
    mutants: &mut [Mutant],
    texts: &BTreeMap<String, String>,
    wanted: &BTreeSet<String>,
    crates: &BTreeSet<String>,
    progress: &Progress,
) -> anyhow::Result<(Copy, BTreeMap<String, Programs>)> {
    for _ in 0..ATTEMPTS {
        let files = instrument_all(mutants, texts);
        let mut changed = texts.clone();
        changed.extend(
            files
                .iter()
                .map(|(path, file)| (path.clone(), file.text.clone())),
        );
        add_switch(&mut changed)?;
        let copy = Copy::write(Purpose::Switched, crates, &changed)?;
        let mut culprits = BTreeSet::new();
        let mut programs = BTreeMap::new();
        for krate in wanted {
            let built = build(&copy, krate, progress)?;
            match built {
                Ok(built) => drop(programs.insert(krate.clone(), built)),
                Err(errors) => culprits.extend(blame(&errors, &files)?),
            }
        }
        if culprits.is_empty() {
            return Ok((copy, programs));
        }
        for number in culprits {
            mutants[number as usize - 1].switch = None;
        }
    }
    anyhow::bail!("the copy with all switches does not build after {ATTEMPTS} attempts")
}

/// Builds the models and tests of a crate of a copy, or returns the compiler's errors.
fn build(
    copy: &Copy,
    krate: &str,
    progress: &Progress,
) -> anyhow::Result<Result<Programs, Vec<Diagnostic>>> {
    let mut programs = Programs {
        models: Vec::new(),
        tests: Vec::new(),
    };
    for seam in [Seam::Loom, Seam::Native] {
        match tests(copy, krate, seam, progress)? {
            Ok(tests) if seam == Seam::Loom => programs.models = tests,
            Ok(tests) => programs.tests = tests,
            Err(errors) => return Ok(Err(errors)),
        }
    }
    Ok(Ok(programs))
}

/// The tests of a crate of a copy with one implementation of the seam: with loom its models, else
/// its other tests. If it does not build, the compiler's errors.
pub(super) fn tests(
    copy: &Copy,
    krate: &str,
    seam: Seam,
    progress: &Progress,
) -> anyhow::Result<Result<Vec<Test>, Vec<Diagnostic>>> {
    progress.at(&format!("building {krate} with {seam:?}"));
    let found = workspace::selected(&[krate.to_owned()])?;
    let member = &found[0];
    let mut cargo = copy.cargo_test(seam);
    cargo.args([
        "--no-run",
        "--message-format=json",
        "--package",
        &member.package,
    ]);
    match seam {
        Seam::Loom if member.model_tests.is_empty() => return Ok(Ok(Vec::new())),
        Seam::Loom => {
            cargo.args(member.model_arguments());
        }
        Seam::Native => {
            cargo.args(["--lib", "--bins", "--tests"]);
        }
    }
    let built = exec::run(cargo, |line| {
        if !line.starts_with('{') {
            progress.at(line);
        }
    })?;
    if built.success {
        return Ok(Ok(models::tests_in(&built.output)?));
    }
    let errors = errors(&built.output)?;
    anyhow::ensure!(
        !errors.is_empty(),
        "cargo failed without an error of the compiler:\n{}",
        built.output
    );
    Ok(Err(errors))
}

fn errors(output: &str) -> anyhow::Result<Vec<Diagnostic>> {
    let mut errors = Vec::new();
    for message in Message::parse_stream(output.as_bytes()) {
        if let Message::CompilerMessage(message) = message?
            && message.message.level == DiagnosticLevel::Error
        {
            errors.push(message.message);
        }
    }
    Ok(errors)
}

/// The files with the switches of their mutants.
fn instrument_all(
    mutants: &[Mutant],
    texts: &BTreeMap<String, String>,
) -> BTreeMap<String, Instrumented> {
    let mut by_file: BTreeMap<&str, Vec<(u32, &Mutant)>> = BTreeMap::new();
    for (number, mutant) in (1..).zip(mutants) {
        by_file
            .entry(&mutant.file)
            .or_default()
            .push((number, mutant));
    }
    let mut files = BTreeMap::new();
    for (path, mutants) in by_file {
        let module = if path.starts_with("crates/sync/") {
            "crate::seam::mutants"
        } else {
            "::selvedge_sync::seam::mutants"
        };
        files.insert(
            path.to_owned(),
            instrument::instrument(&texts[path], &mutants, module),
        );
    }
    files
}

/// Adds the module that says which mutant is there to the copy of the seam.
fn add_switch(changed: &mut BTreeMap<String, String>) -> anyhow::Result<()> {
    const SEAM: &str = "crates/sync/src/seam/mod.rs";
    let seam = match changed.remove(SEAM) {
        Some(text) => text,
        None => std::fs::read_to_string(workspace::root().join(SEAM))?,
    };
    changed.insert(
        SEAM.to_owned(),
        format!("{seam}\n#[doc(hidden)]\npub mod mutants;\n"),
    );
    changed.insert(
        "crates/sync/src/seam/mutants.rs".to_owned(),
        include_str!("switch.rs").to_owned(),
    );
    Ok(())
}

/// The mutants that the compiler's errors are about: those whose text it points at, or else the
/// innermost around what it points at.
fn blame(
    errors: &[Diagnostic],
    files: &BTreeMap<String, Instrumented>,
) -> anyhow::Result<BTreeSet<u32>> {
    let mut culprits = BTreeSet::new();
    for error in errors {
        let mut touched = BTreeSet::new();
        let mut around: Option<(usize, u32)> = None;
        for span in &error.spans {
            let Some(file) = files.get(&span.file_name) else {
                continue;
            };
            let (start, end) = (span.byte_start as usize, span.byte_end as usize);
            for (number, place) in &file.places {
                if place.start <= start && end <= place.end {
                    touched.insert(*number);
                }
            }
            for (number, place) in enclosing(file, start, end) {
                if around.is_none_or(|(width, _)| place < width) {
                    around = Some((place, number));
                }
            }
        }
        match around {
            Some((_, number)) if touched.is_empty() => drop(culprits.insert(number)),
            _ => culprits.extend(touched),
        }
    }
    let text: Vec<_> = errors
        .iter()
        .map(|error| error.rendered.as_deref().unwrap_or(&error.message))
        .collect();
    anyhow::ensure!(
        !culprits.is_empty(),
        "the copy does not build, and not because of a switch:\n{}",
        text.join("\n")
    );
    Ok(culprits)
}

/// The mutants whose switch goes around the bytes from `start` to `end`, with its width.
fn enclosing(file: &Instrumented, start: usize, end: usize) -> Vec<(u32, usize)> {
    let mut open: BTreeMap<u32, usize> = BTreeMap::new();
    let mut found = Vec::new();
    for (number, place) in &file.places {
        match open.remove(number) {
            None => drop(open.insert(*number, place.start)),
            Some(opened) if opened <= start && end <= place.end => {
                found.push((*number, place.end - opened));
            }
            Some(_) => {}
        }
    }
    found
}
