//! `cargo xtask sanitize`: the primitives' tests under the address and thread sanitizers, for
//! what loom cannot see: memory that it does not watch, and the machine's own threads.
//!
//! The compiler's sanitizers are not stable, so they are asked for as the compiler's own build asks
//! (`RUSTC_BOOTSTRAP`); a toolchain without their runtime fails to build, and says so. The standard
//! library is built with the sanitizer as well, or its fences and queues would be taken for races:
//! that takes its source, which `rustup component add rust-src` brings.

use crate::exec;
use crate::models;
use crate::progress::Progress;
use crate::report::{self, JsonFile};
use crate::workspace::{self, Crate};
use selvedge_sync::seam::clock::{Duration, Instant};
use serde::Serialize;
use std::ffi::OsStr;
use std::process::Command;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only the tests of these crates; of the primitives otherwise.
    crates: Vec<String>,
    /// Only this sanitizer; both otherwise.
    #[arg(long, value_enum)]
    only: Option<Sanitizer>,
    /// Seconds after which a test counts as failed.
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    limit: u64,
    #[command(flatten)]
    json: JsonFile,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Sanitizer {
    /// Memory that is used after it was freed, beyond its end, or never freed.
    Address,
    /// Accesses that race.
    Thread,
}

impl Sanitizer {
    const ALL: [Self; 2] = [Self::Address, Self::Thread];

    fn name(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Thread => "thread",
        }
    }

    /// Cargo, building with this sanitizer in a folder of its own.
    fn cargo(self) -> Command {
        let name = self.name();
        let flags = format!("-Zsanitizer={name} -Cunsafe-allow-abi-mismatch=sanitizer");
        let target = workspace::target().join("sanitized").join(name);
        let mut command = exec::cargo();
        command
            .env("RUSTC_BOOTSTRAP", "1")
            .env("RUSTFLAGS", flags)
            .env("CARGO_TARGET_DIR", target)
            // For a named target alone, or macros, which the compiler loads, would be sanitized.
            .args(["test", "-Zbuild-std", "--target", "host-tuple", "--tests"]);
        command
    }
}

/// Tests that leak what they say they leak.
const MEANT_LEAKS: &str = "leak:world_outlived_by_a_pointer\n";

/// What the tests of a crate did under a sanitizer.
#[derive(Serialize)]
struct Row {
    #[serde(rename = "crate")]
    krate: String,
    sanitizer: &'static str,
    tests: usize,
    failed: usize,
    seconds: f64,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let primitives = || workspace::PRIMITIVES.map(str::to_owned).to_vec();
    let wanted = if args.crates.is_empty() {
        primitives()
    } else {
        args.crates.clone()
    };
    let crates = workspace::selected(&wanted)?;
    let sanitizers = args.only.map_or(Sanitizer::ALL.to_vec(), |only| vec![only]);
    let mut rows = Vec::new();
    for sanitizer in sanitizers {
        for krate in &crates {
            rows.push(check(sanitizer, krate, Duration::from_secs(args.limit))?);
        }
    }
    println!("{}", table(&rows));
    args.json.write(&rows)?;
    let failed: usize = rows.iter().map(|row| row.failed).sum();
    anyhow::ensure!(failed == 0, "{failed} tests failed under a sanitizer");
    Ok(())
}

/// Runs each test of a crate in its own process, and prints what the failing ones said.
fn check(sanitizer: Sanitizer, krate: &Crate, limit: Duration) -> anyhow::Result<Row> {
    let building = Progress::endless();
    building.at(&format!(
        "{}: building for {}",
        krate.name,
        sanitizer.name()
    ));
    let mut build = sanitizer.cargo();
    build.args(["--package", &krate.package]);
    let tests = models::build_tests(build, &building)?;
    building.finish();
    anyhow::ensure!(!tests.is_empty(), "{} has no tests", krate.package);
    let started = Instant::now();
    let meant_leaks = tempfile::NamedTempFile::new()?;
    std::fs::write(meant_leaks.path(), MEANT_LEAKS)?;
    let leaks = format!(
        "print_suppressions=0 suppressions={}",
        meant_leaks.path().display()
    );
    let progress = Progress::counted(tests.len() as u64);
    let mut failed = 0;
    for test in &tests {
        progress.at(&format!("{}::{}", test.target, test.name));
        let options = [
            // The first report of a race ends the process; later ones follow from it.
            ("TSAN_OPTIONS", OsStr::new("halt_on_error=1")),
            ("LSAN_OPTIONS", OsStr::new(&leaks)),
        ];
        let ran = models::run_test(test, &krate.folder, limit, &options)?;
        if !ran.success {
            failed += 1;
            progress.line(&format!("{}::{} failed:", test.target, test.name));
            progress.line(&ran.output);
        }
        progress.advance();
    }
    progress.finish();
    Ok(Row {
        krate: krate.name.clone(),
        sanitizer: sanitizer.name(),
        tests: tests.len(),
        failed,
        seconds: started.elapsed().as_secs_f64(),
    })
}

fn table(rows: &[Row]) -> String {
    report::table(
        &["crate", "sanitizer", "tests", "failed", "seconds"],
        &[2, 3, 4],
        rows.iter().map(|row| {
            vec![
                row.krate.clone(),
                row.sanitizer.to_owned(),
                row.tests.to_string(),
                row.failed.to_string(),
                format!("{:.1}", row.seconds),
            ]
        }),
    )
}
