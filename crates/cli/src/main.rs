//! The `selvedge` command: runs Python programs.

use clap::{Parser, ValueEnum};
use selvedge_interp::{Interpreter, Settings, run_file, run_source};
use std::path::PathBuf;
use std::process::ExitCode;

/// Runs a Python program.
#[derive(Debug, Parser)]
#[command(name = "selvedge", version, trailing_var_arg = true)]
struct Command {
    /// Whether the threads of an interpreter take turns under one lock.
    #[arg(long, value_enum, default_value_t = Gil::On)]
    gil: Gil,
    /// Runs this text instead of a file.
    #[arg(short = 'c', value_name = "CODE")]
    code: Option<String>,
    /// The program, and its arguments.
    #[arg(value_name = "PROGRAM", allow_hyphen_values = true)]
    program: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Gil {
    On,
    Off,
}

fn main() -> ExitCode {
    let command = Command::parse();
    let settings = |argv| Settings {
        gil: command.gil == Gil::On,
        argv,
        modules: selvedge_stdlib::modules(),
    };
    let status = match (command.code, command.program) {
        (Some(code), rest) => {
            let argv = std::iter::once("-c".to_owned()).chain(rest).collect();
            Interpreter::run(settings(argv), move |thread| {
                run_source(thread, &code, "<string>")
            })
        }
        (None, program) if program.is_empty() => {
            eprintln!("selvedge: no program given; try 'selvedge --help'");
            2
        }
        (None, program) => {
            let path = PathBuf::from(&program[0]);
            if let Err(error) = std::fs::metadata(&path) {
                eprintln!("selvedge: can't open file '{}': {error}", path.display());
                return ExitCode::from(2);
            }
            Interpreter::run(settings(program), move |thread| run_file(thread, &path))
        }
    };
    ExitCode::from(u8::try_from(status).unwrap_or(1))
}
