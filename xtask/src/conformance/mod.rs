//! `cargo xtask conformance`: CPython's own test files on our VM.
//!
//! The tests come from an installed CPython, the library they test from ours. A test that ends
//! the process, or its time, counts as crashed, and the rest of its module is run without it. The
//! counts are compared with the committed table, `tests/conformance.json`.

mod told;

use crate::exec;
use crate::progress::Progress;
use crate::report::{JsonFile, table, write_json};
use crate::workspace;
use anyhow::Context as _;
use selvedge_sync::seam::clock::Duration;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::process::Command;
use told::{Told, Verdict};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// CPython's library folder, the one with `test` in it.
    #[arg(long, value_name = "LIBDIR")]
    cpython: PathBuf,
    /// Test modules, such as `test_int`; by default those of the committed table.
    modules: Vec<String>,
    /// The VM; by default the release build.
    #[arg(long)]
    selvedge: Option<PathBuf>,
    /// Seconds that one process may take.
    #[arg(long, default_value_t = 300)]
    limit: u64,
    /// Write the counts into the committed table.
    #[arg(long)]
    update: bool,
    /// Print what failing tests print.
    #[arg(long)]
    verbose: bool,
    #[command(flatten)]
    json: JsonFile,
}

/// What became of the tests of one module.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
struct Row {
    module: String,
    ran: usize,
    passed: usize,
    failed: usize,
    skipped: usize,
    crashed: usize,
}

impl Row {
    fn new(module: &str, told: &Told) -> Self {
        let passed = told.count(Verdict::Passed);
        let failed = told.count(Verdict::Failed);
        let crashed = told.count(Verdict::Crashed);
        Self {
            module: module.to_owned(),
            ran: passed + failed + crashed,
            passed,
            failed,
            skipped: told.count(Verdict::Skipped),
            crashed,
        }
    }

    /// Whether fewer tests pass than in `before`, or more crash.
    fn is_worse_than(&self, before: &Self) -> bool {
        self.passed < before.passed || self.crashed > before.crashed
    }

    fn cells(self) -> Vec<String> {
        let counts = [
            self.ran,
            self.passed,
            self.failed,
            self.skipped,
            self.crashed,
        ];
        let counts = counts.map(|count| count.to_string());
        [self.module].into_iter().chain(counts).collect()
    }
}

pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let path = workspace::root().join("tests/conformance.json");
    let mut committed = read_table(&path)?;
    let modules = if args.modules.is_empty() {
        committed.iter().map(|row| row.module.clone()).collect()
    } else {
        args.modules.clone()
    };
    let place = Place::new(args)?;
    let progress = Progress::counted(modules.len() as u64);
    let mut rows = Vec::new();
    for module in modules {
        progress.at(&module);
        let row = Row::new(&module, &place.run_module(&module)?);
        progress.line(&format!("{row:?}"));
        rows.push(row);
        progress.advance();
    }
    progress.finish();
    let header = ["module", "ran", "passed", "failed", "skipped", "crashed"];
    let cells = rows.iter().cloned().map(Row::cells);
    println!("{}", table(&header, &[1, 2, 3, 4, 5], cells));
    args.json.write(&rows)?;
    if args.update {
        merge(&mut committed, rows);
        return write_json(&path, &committed);
    }
    let worse: Vec<_> = rows
        .iter()
        .filter(|row| {
            committed
                .iter()
                .any(|it| it.module == row.module && row.is_worse_than(it))
        })
        .map(|row| row.module.as_str())
        .collect();
    anyhow::ensure!(
        worse.is_empty(),
        "worse than the committed table: {}",
        worse.join(", ")
    );
    Ok(())
}

fn read_table(path: &Path) -> anyhow::Result<Vec<Row>> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(serde_json::from_str(&text)?)
}

/// Puts `rows` in the place of those of the same modules in `committed`, sorted by module.
fn merge(committed: &mut Vec<Row>, rows: Vec<Row>) {
    committed.retain(|old| rows.iter().all(|new| new.module != old.module));
    committed.extend(rows);
    committed.sort_by(|one, other| one.module.cmp(&other.module));
}

/// A folder in which our VM finds CPython's tests and nothing else of it.
struct Place<'a> {
    folder: tempfile::TempDir,
    program: PathBuf,
    args: &'a Args,
}

impl<'a> Place<'a> {
    fn new(args: &'a Args) -> anyhow::Result<Self> {
        let tests = args.cpython.join("test");
        let tests = std::fs::canonicalize(&tests)
            .with_context(|| format!("{} has no tests in it", args.cpython.display()))?;
        let folder = tempfile::tempdir()?;
        std::os::unix::fs::symlink(tests, folder.path().join("test"))?;
        std::fs::write(folder.path().join("driver.py"), include_str!("driver.py"))?;
        let program = match &args.selvedge {
            Some(program) => std::path::absolute(program)?,
            None => workspace::target().join("release/selvedge"),
        };
        Ok(Self {
            folder,
            program,
            args,
        })
    }

    /// Runs the module, again and again as long as a test ends the process before the rest ran.
    fn run_module(&self, module: &str) -> anyhow::Result<Told> {
        let module = format!("test.{module}");
        let mut told = Told::default();
        loop {
            let judged = told.verdicts.len();
            let ids: Vec<_> = told.verdicts.keys().map(String::as_str).collect();
            std::fs::write(self.folder.path().join("left_out"), ids.join("\n"))?;
            let mut command = Command::new(&self.program);
            command
                .args(["driver.py", &module])
                .current_dir(self.folder.path());
            let ran = exec::run_within(command, Duration::from_secs(self.args.limit))?;
            if self.args.verbose {
                println!("{}", ran.output);
            }
            let ended = told.take_in(&module, &ran.output);
            // Nothing new came, or the module itself cannot be run: once more would be the same.
            let stuck = told.verdicts.len() == judged || told.verdicts.contains_key(&module);
            if ended || stuck {
                return Ok(told);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(module: &str, passed: usize, crashed: usize) -> Row {
        Row {
            module: module.to_owned(),
            ran: passed + crashed,
            passed,
            failed: 0,
            skipped: 0,
            crashed,
        }
    }

    #[test]
    fn fewer_passed_or_more_crashed_is_worse() {
        assert!(row("m", 1, 0).is_worse_than(&row("m", 2, 0)));
        assert!(row("m", 2, 1).is_worse_than(&row("m", 2, 0)));
        assert!(!row("m", 3, 0).is_worse_than(&row("m", 2, 0)));
    }

    #[test]
    fn new_rows_replace_those_of_their_modules() {
        let mut committed = vec![row("a", 1, 0), row("c", 1, 0)];
        merge(&mut committed, vec![row("c", 2, 0), row("b", 3, 0)]);
        assert_eq!(committed, [row("a", 1, 0), row("b", 3, 0), row("c", 2, 0)]);
    }
}
