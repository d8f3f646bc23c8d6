//! `cargo xtask bench`: ours against each peer, in the same process or in alternation.
//!
//! A crate's own benchmark is its bench target of the crate's name; it writes its rows to the
//! file it is given with `--json`. `interp` is measured here: see [`interp`].

mod interp;
mod rows;

use crate::exec;
use crate::progress::Progress;
use crate::report::JsonFile;
use crate::workspace::{self, Crate};
use anyhow::Context as _;
use rows::{Row, Summary};
use serde::Serialize;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only the benchmarks of these crates; `interp` stands for whole Python programs.
    crates: Vec<String>,
    /// Fewer and shorter rounds: shows that everything runs, measures roughly.
    #[arg(long)]
    quick: bool,
    #[command(flatten)]
    json: JsonFile,
}

#[derive(Serialize)]
struct Report {
    rows: Vec<Row>,
    summary: Vec<Summary>,
    not_measured: Vec<String>,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let crates = workspace::selected(&args.crates)?;
    let progress = Progress::endless();
    let measured = measure(&crates, args.quick, &progress);
    progress.finish();
    let (rows, not_measured) = measured?;
    let summary = rows::summarise(&rows);
    println!("{}\n", rows::table(&rows));
    println!("{}", rows::summary_table(&summary));
    for reason in &not_measured {
        println!("not measured: {reason}");
    }
    let report = Report {
        rows,
        summary,
        not_measured,
    };
    args.json.write(&report)?;
    anyhow::ensure!(!report.rows.is_empty(), "nothing was measured");
    Ok(())
}

fn measure(
    crates: &[Crate],
    quick: bool,
    progress: &Progress,
) -> anyhow::Result<(Vec<Row>, Vec<String>)> {
    let (mut rows, mut not_measured) = (Vec::new(), Vec::new());
    for krate in crates {
        if krate.benches.contains(&krate.name) {
            rows.extend(of_crate(krate, quick, progress)?);
        } else if krate.name == "interp" {
            let (of_programs, missing) = interp::measure(quick, progress)?;
            rows.extend(of_programs);
            not_measured.extend(missing);
        }
    }
    Ok((rows, not_measured))
}

fn of_crate(krate: &Crate, quick: bool, progress: &Progress) -> anyhow::Result<Vec<Row>> {
    let file = tempfile::NamedTempFile::new()?;
    let mut bench = exec::cargo();
    bench.args([
        "bench",
        "--package",
        &krate.package,
        "--bench",
        &krate.name,
        "--",
    ]);
    if quick {
        bench.arg("--quick");
    }
    bench.arg("--json").arg(file.path());
    progress.line(&format!("== {}", krate.package));
    let ran = exec::run(bench, |line| progress.at(line))?;
    anyhow::ensure!(
        ran.success,
        "{}'s benchmark failed:\n{}",
        krate.package,
        ran.output
    );
    let text = std::fs::read_to_string(file.path())?;
    let rows: Vec<Row> = serde_json::from_str(&text).with_context(|| {
        format!(
            "{}'s benchmark wrote something else than rows",
            krate.package
        )
    })?;
    anyhow::ensure!(
        !rows.is_empty(),
        "{}'s benchmark measured nothing",
        krate.package
    );
    Ok(rows)
}
