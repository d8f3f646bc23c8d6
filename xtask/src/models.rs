//! `cargo xtask models`: runs every loom model and says what each has explored.

use crate::exec::{self, RanWithin};
use crate::progress::Progress;
use crate::report::{self, JsonFile};
use crate::workspace::{self, Crate};
use anyhow::Context as _;
use cargo_metadata::Message;
use selvedge_sync::seam::Mutex;
use selvedge_sync::seam::clock::Duration;
use selvedge_sync::seam::thread::available_parallelism;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::process::Command;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only the models of these crates.
    crates: Vec<String>,
    /// Seconds after which a model counts as failed.
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    limit: u64,
    #[command(flatten)]
    json: JsonFile,
}

/// A model that passed: what it proves, within which bound, and what that took.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct Row {
    #[serde(rename = "crate")]
    pub(crate) krate: String,
    #[serde(alias = "name")]
    pub(crate) model: String,
    pub(crate) property: String,
    pub(crate) preemptions: usize,
    pub(crate) iterations: u64,
    pub(crate) seconds: f64,
}

/// A test of a built test program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Test {
    pub(crate) program: PathBuf,
    /// The test target the program was built from.
    pub(crate) target: String,
    pub(crate) name: String,
}

/// A test that failed, with what it printed.
pub(crate) struct Failure {
    pub(crate) test: String,
    pub(crate) output: String,
}

/// What a run of models found.
pub(crate) struct Found {
    pub(crate) rows: Vec<Row>,
    pub(crate) failures: Vec<Failure>,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let crates = workspace::selected(&args.crates)?;
    let found = check(&crates, Duration::from_secs(args.limit))?;
    println!("{}", table(&found.rows));
    for failure in &found.failures {
        println!("\n{} failed:\n{}", failure.test, failure.output.trim_end());
    }
    args.json.write(&found.rows)?;
    let failed = found.failures.len();
    anyhow::ensure!(failed == 0, "{failed} of the model tests failed");
    anyhow::ensure!(!found.rows.is_empty(), "no model was found");
    Ok(())
}

/// The rows as a table.
pub(crate) fn table(rows: &[Row]) -> String {
    report::table(
        &[
            "crate",
            "model",
            "property",
            "preemptions",
            "iterations",
            "seconds",
        ],
        &[3, 4, 5],
        rows.iter().map(|row| {
            vec![
                row.krate.clone(),
                row.model.clone(),
                row.property.clone(),
                row.preemptions.to_string(),
                row.iterations.to_string(),
                format!("{:.2}", row.seconds),
            ]
        }),
    )
}

/// Builds and runs every model of `crates`. A model that takes longer than `limit` has failed.
pub(crate) fn check(crates: &[Crate], limit: Duration) -> anyhow::Result<Found> {
    let with_models = crates.iter().filter(|krate| !krate.model_tests.is_empty());
    let mut tests = Vec::new();
    let building = Progress::endless();
    for krate in with_models {
        building.at(&format!("{}: building the models", krate.package));
        let mut build = exec::loom_cargo();
        build.args(["test", "--package", &krate.package]);
        build.args(krate.model_arguments());
        let built = build_tests(build, &building)?;
        tests.extend(built.into_iter().map(|test| (test, krate.folder.as_path())));
    }
    building.finish();
    let report = tempfile::NamedTempFile::new()?;
    let progress = Progress::counted(tests.len() as u64);
    let failures = run_all(&tests, limit, report.path(), &progress);
    progress.finish();
    let failures = failures?;
    let mut rows = read_report(report.path())?;
    rows.sort_by(|a, b| (&a.krate, &a.model).cmp(&(&b.krate, &b.model)));
    Ok(Found { rows, failures })
}

/// Builds the test programs that `cargo`, a `cargo test` command, names, and lists their tests
/// but for the ignored ones.
pub(crate) fn build_tests(mut cargo: Command, progress: &Progress) -> anyhow::Result<Vec<Test>> {
    cargo.args(["--no-run", "--message-format=json-render-diagnostics"]);
    let built = exec::run(cargo, |line| {
        if !line.starts_with('{') {
            progress.at(line);
        }
    })?;
    let diagnostics = || {
        let plain = built.output.lines().filter(|line| !line.starts_with('{'));
        plain.collect::<Vec<_>>().join("\n")
    };
    anyhow::ensure!(built.success, "the tests do not build:\n{}", diagnostics());
    tests_in(&built.output)
}

/// The tests, but for the ignored ones, of the programs that cargo says it has built.
pub(crate) fn tests_in(messages: &str) -> anyhow::Result<Vec<Test>> {
    let mut tests = Vec::new();
    for message in Message::parse_stream(messages.as_bytes()) {
        if let Message::CompilerArtifact(artifact) = message?
            && artifact.profile.test
            && let Some(program) = artifact.executable
        {
            tests.extend(list(program.as_std_path(), &artifact.target.name)?);
        }
    }
    Ok(tests)
}

fn list(program: &Path, target: &str) -> anyhow::Result<Vec<Test>> {
    let names = |ignored: bool| -> anyhow::Result<Vec<String>> {
        let mut command = Command::new(program);
        command.args(["--list", "--format", "terse"]);
        if ignored {
            command.arg("--ignored");
        }
        let listed = command
            .output()
            .with_context(|| format!("cannot start {}", program.display()))?;
        anyhow::ensure!(
            listed.status.success(),
            "{} cannot list its tests",
            program.display()
        );
        let text = String::from_utf8_lossy(&listed.stdout);
        let tests = text.lines().filter_map(|line| line.strip_suffix(": test"));
        Ok(tests.map(str::to_owned).collect())
    };
    let ignored = names(true)?;
    let all = names(false)?
        .into_iter()
        .filter(|name| !ignored.contains(name));
    let test = |name| Test {
        program: program.to_owned(),
        target: target.to_owned(),
        name,
    };
    Ok(all.map(test).collect())
}

/// Runs one test in a process of its own: a model that fails takes its process with it.
pub(crate) fn run_test(
    test: &Test,
    folder: &Path,
    limit: Duration,
    environment: &[(&str, &std::ffi::OsStr)],
) -> anyhow::Result<RanWithin> {
    let mut command = Command::new(&test.program);
    command
        .args(["--exact", &test.name, "--nocapture"])
        .envs(environment.iter().copied())
        .current_dir(folder);
    exec::run_within(command, limit)
}

fn run_all(
    tests: &[(Test, &Path)],
    limit: Duration,
    report: &Path,
    progress: &Progress,
) -> anyhow::Result<Vec<Failure>> {
    let queue = Mutex::new(tests.iter());
    let failures = Mutex::new(Vec::new());
    let work = || -> anyhow::Result<()> {
        loop {
            let Some((test, folder)) = queue.lock().next() else {
                return Ok(());
            };
            let name = format!("{}::{}", test.target, test.name);
            progress.at(&name);
            let ran = run_test(
                test,
                folder,
                limit,
                &[("SELVEDGE_MODEL_REPORT", report.as_ref())],
            )?;
            if !ran.success {
                let late = format!("it had not ended after {} s", limit.as_secs());
                let output = if ran.timed_out {
                    ran.output + &late
                } else {
                    ran.output
                };
                failures.lock().push(Failure { test: name, output });
            }
            progress.advance();
        }
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..available_parallelism())
            .map(|_| scope.spawn(work))
            .collect();
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().expect("a worker panicked"))
    })?;
    Ok(failures.into_inner())
}

fn read_report(path: &Path) -> anyhow::Result<Vec<Row>> {
    let text = std::fs::read_to_string(path)?;
    let rows = text.lines().map(|line| {
        serde_json::from_str(line).with_context(|| format!("not a model's report: {line}"))
    });
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn report_lines_become_rows() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let line = r#"{"crate":"selvedge-x","name":"m","property":"holds","preemptions":3,"iterations":7,"seconds":0.125}"#;
        std::fs::write(file.path(), format!("{line}\n{line}\n")).unwrap();
        let rows = read_report(file.path()).unwrap();
        assert_eq!(rows.len(), 2);
        assert_eq!((rows[0].model.as_str(), rows[0].iterations), ("m", 7));
        assert!(table(&rows).contains("| selvedge-x | m     | holds"));
        std::fs::write(file.path(), "{\n").unwrap();
        assert!(read_report(file.path()).is_err());
    }
}
