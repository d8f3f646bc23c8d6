//! `cargo xtask`: the checks this workspace lives by, a file a command.
//!
//! Every command exits with a failure when what it checks fails, and writes what it prints as
//! JSON to the file named with `--json`.

#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "clippy sees through the seam's re-exports; `tidy` checks that they come from there"
)]

mod bench;
mod ci;
mod conformance;
mod differential;
mod exec;
mod licences;
mod models;
mod mutants;
mod progress;
mod report;
mod sanitize;
mod tidy;
mod workspace;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

#[derive(Parser)]
#[command(
    name = "cargo xtask",
    about = "Checks, models, benchmarks and their tables"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Everything a change has to pass: if this passes here, it passes in CI.
    Ci(ci::Args),
    /// Every loom model, with its property, its bound and the executions it took.
    Models(models::Args),
    /// Takes away each ordering and wake-up, one at a time, and requires somebody to notice.
    Mutants(mutants::Args),
    /// Ours against each peer, measured in alternation.
    Bench(bench::Args),
    /// Random programs on CPython and on ours: every difference, made small.
    Differential(differential::Args),
    /// CPython's own test files on our VM, compared with the committed table.
    Conformance(conformance::Args),
    /// The tests of the primitives under the compiler's address and thread sanitizers.
    Sanitize(sanitize::Args),
    /// Rules of the source tree: models named, files headed and short, unsafe code listed.
    Tidy(tidy::Args),
    /// Licences, bans and duplicates of the dependencies, as deny.toml allows them.
    Licences(licences::Args),
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Ci(args) => ci::run(&args),
        Command::Models(args) => models::run(&args),
        Command::Mutants(args) => mutants::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Differential(args) => differential::run(&args),
        Command::Conformance(args) => conformance::run(&args),
        Command::Sanitize(args) => sanitize::run(&args),
        Command::Tidy(args) => tidy::run(&args),
        Command::Licences(args) => licences::run(&args),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
