//! The `selvedge` command: runs Python programs.

use clap::{Parser, ValueEnum};
use selvedge_gil::Policy;
use selvedge_interp::{Interpreter, Settings, run_file, run_module, run_source};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Runs a Python program.
#[derive(Debug, Parser)]
#[command(name = "selvedge", version, trailing_var_arg = true)]
struct Command {
    /// Whether the threads of an interpreter take turns under one lock.
    #[arg(long, value_enum, default_value_t = Gil::On)]
    gil: Gil,
    /// How that lock chooses among the threads that want it.
    #[arg(long, value_enum, default_value_t = GilPolicy::Priority)]
    gil_policy: GilPolicy,
    /// Runs this text instead of a file.
    #[arg(short = 'c', value_name = "CODE")]
    code: Option<String>,
    /// Runs this module, found as imports are, instead of a file.
    #[arg(short = 'm', value_name = "MODULE", conflicts_with = "code")]
    module: Option<String>,
    /// The program, and its arguments: a file, or a folder that has a `__main__.py`.
    #[arg(value_name = "PROGRAM", allow_hyphen_values = true)]
    program: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Gil {
    On,
    Off,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum GilPolicy {
    /// The holder offers the lock at every hundredth safe point, as CPython did before 3.2.
    Ticks,
    /// Whoever has waited a switch interval has the holder let go, as in CPython since 3.2.
    Interval,
    /// As interval, strictly in the order of arrival.
    Fifo,
    /// Who returns from blocking work goes before who computes.
    Priority,
}

impl From<GilPolicy> for Policy {
    fn from(policy: GilPolicy) -> Self {
        match policy {
            GilPolicy::Ticks => Self::Ticks(100),
            GilPolicy::Interval => Self::Interval,
            GilPolicy::Fifo => Self::Fifo,
            GilPolicy::Priority => Self::Priority,
        }
    }
}

fn main() -> ExitCode {
    let command = Command::parse();
    let settings = |argv, first: String| Settings {
        gil: command.gil == Gil::On,
        gil_policy: command.gil_policy.into(),
        argv,
        modules: selvedge_stdlib::modules(),
        path: search_path(first),
        library: Some(selvedge_stdlib::library()),
    };
    if let Some(module) = command.module {
        let argv = std::iter::once("-m".to_owned())
            .chain(command.program)
            .collect();
        let here = std::env::current_dir().unwrap_or_default();
        let settings = settings(argv, here.to_string_lossy().into_owned());
        let status = Interpreter::run(settings, move |thread| run_module(thread, &module));
        return exit_code(status);
    }
    let status = match (command.code, command.program) {
        (Some(code), rest) => {
            let argv = std::iter::once("-c".to_owned()).chain(rest).collect();
            Interpreter::run(settings(argv, String::new()), move |thread| {
                run_source(thread, &code, "<string>")
            })
        }
        (None, program) if program.is_empty() => {
            eprintln!("selvedge: no program given; try 'selvedge --help'");
            2
        }
        (None, program) => {
            let given = PathBuf::from(&program[0]);
            let path = if given.is_dir() {
                given.join("__main__.py")
            } else {
                given
            };
            if let Err(error) = std::fs::metadata(&path) {
                eprintln!("selvedge: can't open file '{}': {error}", path.display());
                return ExitCode::from(2);
            }
            let settings = settings(program, folder_of(&path));
            Interpreter::run(settings, move |thread| run_file(thread, &path))
        }
    };
    exit_code(status)
}

fn exit_code(status: i32) -> ExitCode {
    ExitCode::from(u8::try_from(status).unwrap_or(1))
}

/// The folder that a program's own modules are in.
fn folder_of(program: &Path) -> String {
    let real = program
        .canonicalize()
        .unwrap_or_else(|_| program.to_path_buf());
    let folder = real.parent().map(Path::to_string_lossy);
    folder.unwrap_or_default().into_owned()
}

/// Where modules are looked for: in the program's folder, where `PYTHONPATH` says, and in the
/// library.
fn search_path(first: String) -> Vec<String> {
    let named = std::env::var("PYTHONPATH").unwrap_or_default();
    let named = named.split(':').filter(|entry| !entry.is_empty());
    std::iter::once(first)
        .chain(named.map(str::to_owned))
        .chain([selvedge_stdlib::library().root.to_owned()])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_policy_has_its_name() {
        let policy = |arguments: &[&str]| {
            let command = Command::parse_from([&["selvedge"], arguments].concat());
            Policy::from(command.gil_policy)
        };
        assert_eq!(policy(&[]), Policy::Priority);
        assert_eq!(policy(&["--gil-policy=ticks"]), Policy::Ticks(100));
        assert_eq!(policy(&["--gil-policy=interval"]), Policy::Interval);
        assert_eq!(policy(&["--gil-policy", "fifo", "x.py"]), Policy::Fifo);
        assert_eq!(policy(&["--gil-policy=priority"]), Policy::Priority);
    }
}
