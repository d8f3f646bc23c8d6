//! `cargo xtask ci`: everything a change has to pass, in steps.
//!
//! A step that fails does not keep the others from running, so that one run shows all there is to
//! repair. The cheap steps come first.

use crate::exec;
use crate::licences;
use crate::models;
use crate::mutants;
use crate::progress::{Progress, minutes};
use crate::report::{self, JsonFile};
use crate::tidy;
use crate::workspace;
use selvedge_sync::seam::clock::{Duration, Instant};
use serde::Serialize;
use std::process::Command;

#[derive(clap::Args, Default)]
pub(crate) struct Args {
    /// Only these steps, by name.
    #[arg(value_name = "STEP")]
    steps: Vec<String>,
    /// Mutants of what has changed since this revision are judged anew.
    #[arg(long, value_name = "REV", default_value = "HEAD^")]
    since: String,
    #[command(flatten)]
    json: JsonFile,
}

/// A step: its name, and what it does. What it returns is said beside its success; an error is
/// its failure.
struct Step {
    name: &'static str,
    run: fn(&Progress, &Args) -> anyhow::Result<String>,
}

const STEPS: [Step; 12] = [
    Step {
        name: "format",
        run: format,
    },
    Step {
        name: "tidy",
        run: tidy,
    },
    Step {
        name: "licences",
        run: licences,
    },
    Step {
        name: "advisories",
        run: advisories,
    },
    Step {
        name: "mutants",
        run: mutants,
    },
    Step {
        name: "clippy",
        run: clippy,
    },
    Step {
        name: "clippy-models",
        run: clippy_models,
    },
    Step {
        name: "build",
        run: build,
    },
    Step {
        name: "tests",
        run: tests,
    },
    Step {
        name: "doc-tests",
        run: doc_tests,
    },
    Step {
        name: "docs",
        run: docs,
    },
    Step {
        name: "models",
        run: loom_models,
    },
];

/// After this long a single model counts as failed: the models together have to stay bounded.
const MODEL_LIMIT: Duration = Duration::from_mins(5);

/// What became of a step.
#[derive(Serialize)]
struct Outcome {
    step: &'static str,
    passed: bool,
    seconds: f64,
    /// What there is to say: counts, or why it failed.
    detail: String,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    for name in &args.steps {
        let names: Vec<_> = STEPS.iter().map(|step| step.name).collect();
        anyhow::ensure!(
            names.contains(&name.as_str()),
            "there is no step {name}, only {}",
            names.join(", ")
        );
    }
    let is_wanted =
        |step: &&Step| args.steps.is_empty() || args.steps.iter().any(|name| name == step.name);
    let outcomes: Vec<_> = STEPS
        .iter()
        .filter(is_wanted)
        .map(|step| perform(step, args))
        .collect();
    println!("\n{}", table(&outcomes));
    args.json.write(&outcomes)?;
    let failed: Vec<_> = outcomes
        .iter()
        .filter(|outcome| !outcome.passed)
        .map(|outcome| outcome.step)
        .collect();
    anyhow::ensure!(failed.is_empty(), "failed: {}", failed.join(", "));
    Ok(())
}

fn perform(step: &Step, args: &Args) -> Outcome {
    println!("== {}", step.name);
    let progress = Progress::endless();
    let started = Instant::now();
    let result = (step.run)(&progress, args);
    let seconds = started.elapsed().as_secs_f64();
    progress.finish();
    let (passed, detail) = match result {
        Ok(detail) => (true, detail),
        Err(error) => (false, format!("{error:#}")),
    };
    let word = if passed { "ok" } else { "FAILED" };
    println!(
        "   {word} after {seconds:.1} s{}{detail}",
        if detail.is_empty() { "" } else { ": " }
    );
    Outcome {
        step: step.name,
        passed,
        seconds,
        detail,
    }
}

fn table(outcomes: &[Outcome]) -> String {
    let row = |step: &str, word: &str, seconds: f64| {
        vec![step.to_owned(), word.to_owned(), minutes(seconds)]
    };
    let rows = outcomes.iter().map(|outcome| {
        let word = if outcome.passed { "ok" } else { "FAILED" };
        row(outcome.step, word, outcome.seconds)
    });
    let all = outcomes.iter().map(|outcome| outcome.seconds).sum();
    report::table(
        &["step", "outcome", "time"],
        &[2],
        rows.chain([row("all", "", all)]),
    )
}

/// Runs a command; its output is shown only if it fails, and the lines that `keep` picks always.
fn pass(command: Command, progress: &Progress, keep: fn(&str) -> bool) -> anyhow::Result<String> {
    let arguments: Vec<_> = command
        .get_args()
        .map(|text| text.to_string_lossy().into_owned())
        .collect();
    let ran = exec::run(command, |line| {
        progress.at(line);
        if keep(line) {
            progress.line(line);
        }
    })?;
    if !ran.success {
        progress.line(ran.output.trim_end());
    }
    anyhow::ensure!(ran.success, "cargo {}", arguments.join(" "));
    Ok(String::new())
}

fn nothing(_: &str) -> bool {
    false
}

/// The lines of libtest that say which program ran and what came of it.
fn test_lines(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("Running ")
        || line.starts_with("Doc-tests ")
        || line.starts_with("test result:")
}

fn format(progress: &Progress, _: &Args) -> anyhow::Result<String> {
    let mut cargo = exec::cargo();
    cargo.args(["fmt", "--all", "--check", "--", "--color", "never"]);
    pass(cargo, progress, nothing)
}

fn tidy(progress: &Progress, _: &Args) -> anyhow::Result<String> {
    let (problems, files) = tidy::check(&workspace::root())?;
    if !problems.is_empty() {
        progress.line(&tidy::table(&problems));
        anyhow::bail!("{} places break a rule", problems.len());
    }
    Ok(format!("{files} files"))
}

fn licences(progress: &Progress, _: &Args) -> anyhow::Result<String> {
    let (problems, count) = licences::check()?;
    if !problems.is_empty() {
        progress.line(&licences::table(&problems));
        anyhow::bail!("deny.toml does not allow {} of {count}", problems.len());
    }
    Ok(format!("{count} dependencies"))
}

fn advisories(progress: &Progress, _: &Args) -> anyhow::Result<String> {
    let Some(database) = licences::Database::find() else {
        let text = "nothing was checked: there is no local copy of the RustSec database";
        return Ok(text.to_owned());
    };
    let policy = licences::policy()?;
    let metadata = licences::resolved(&policy)?;
    let packages = metadata
        .packages
        .iter()
        .map(|package| (package.name.as_str(), &package.version));
    let problems = licences::check_advisories(&database, packages, &policy.advisories)?;
    if !problems.is_empty() {
        progress.line(&licences::table(&problems));
        anyhow::bail!("{} advisories concern us", problems.len());
    }
    Ok(format!(
        "none of {} concerns us",
        database.folder().display()
    ))
}

/// How many mutants of each crate are judged anew: with all of a large change, CI would not end in
/// time.
const JUDGED_ANEW: usize = 12;

/// Whether the published table is about the code as it is, and says the truth about the mutants of
/// what has changed last. Judging all of them takes much longer than the rest of CI.
fn mutants(progress: &Progress, args: &Args) -> anyhow::Result<String> {
    if !mutants::is_published() {
        return Ok("no table is published yet".to_owned());
    }
    let stale = mutants::stale()?;
    anyhow::ensure!(
        stale.is_empty(),
        "MUTANTS.md is not current: run `cargo xtask mutants {}`",
        stale.join(" ")
    );
    progress.finish();
    mutants::judge_changed(&args.since, JUDGED_ANEW)
}

fn clippy(progress: &Progress, _: &Args) -> anyhow::Result<String> {
    let mut cargo = exec::cargo();
    cargo.args([
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ]);
    pass(cargo, progress, nothing)
}

fn clippy_models(progress: &Progress, _: &Args) -> anyhow::Result<String> {
    let mut cargo = exec::loom_cargo();
    // Benchmarks measure what ships: they are not built for models.
    cargo.args(["clippy", "--lib", "--tests"]);
    for krate in workspace::members()?
        .iter()
        .filter(|krate| !krate.model_tests.is_empty())
    {
        cargo.args(["--package", &krate.package]);
    }
    cargo.args(["--", "-D", "warnings"]);
    // Here the seam is loom's, so that whatever names these goes past it.
    for lint in ["types", "methods", "macros"] {
        cargo.args(["-D", &format!("clippy::disallowed_{lint}")]);
    }
    pass(cargo, progress, nothing)
}

/// What a user builds. The other profiles are built by the tests, and all targets by clippy.
fn build(progress: &Progress, _: &Args) -> anyhow::Result<String> {
    let mut cargo = exec::cargo();
    cargo.args(["build", "--release"]);
    pass(cargo, progress, nothing)
}

fn tests(progress: &Progress, _: &Args) -> anyhow::Result<String> {
    let mut cargo = exec::cargo();
    cargo.args([
        "test",
        "--workspace",
        "--no-fail-fast",
        "--lib",
        "--bins",
        "--tests",
        "--examples",
    ]);
    pass(cargo, progress, test_lines)
}

fn doc_tests(progress: &Progress, _: &Args) -> anyhow::Result<String> {
    let mut cargo = exec::cargo();
    cargo.args(["test", "--workspace", "--no-fail-fast", "--doc"]);
    pass(cargo, progress, test_lines)
}

fn docs(progress: &Progress, _: &Args) -> anyhow::Result<String> {
    let mut cargo = exec::cargo();
    cargo.env("RUSTDOCFLAGS", "-D warnings");
    cargo.args(["doc", "--workspace", "--no-deps"]);
    pass(cargo, progress, nothing)
}

fn loom_models(progress: &Progress, _: &Args) -> anyhow::Result<String> {
    // Models are counted: they show a progress of their own.
    progress.finish();
    let found = models::check(&workspace::members()?, MODEL_LIMIT)?;
    progress.line(&models::table(&found.rows));
    for failure in &found.failures {
        progress.line(&format!(
            "\n{} failed:\n{}",
            failure.test,
            failure.output.trim_end()
        ));
    }
    let failed = found.failures.len();
    anyhow::ensure!(failed == 0, "{failed} of the model tests failed");
    Ok(format!("{} models", found.rows.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_step_is_refused() {
        let args = Args {
            steps: vec!["formatting".to_owned()],
            ..Args::default()
        };
        assert!(
            run(&args)
                .unwrap_err()
                .to_string()
                .contains("there is no step formatting")
        );
    }

    #[test]
    fn a_failed_step_says_what_failed() {
        let step = Step {
            name: "sample",
            run: |_, _| anyhow::bail!("for a reason"),
        };
        let outcome = perform(&step, &Args::default());
        assert!(!outcome.passed);
        assert_eq!(outcome.detail, "for a reason");
        assert!(table(&[outcome]).contains("FAILED"));
    }

    #[test]
    fn closing_lines_of_tests_are_kept() {
        assert!(test_lines("test result: ok. 3 passed; 0 failed"));
        assert!(test_lines(
            "     Running unittests src/lib.rs (target/debug/deps/x)"
        ));
        assert!(!test_lines("test a ... ok"));
    }
}
