//! Parsing, with the parser's errors in Python's words.

use crate::codegen::Mode;
use crate::error::{Rejection, Result};
use crate::source::Source;
use ruff_python_ast::{Mod, PythonVersion};
use ruff_python_parser::{ParseOptions, parse_unchecked};

/// Parses a program.
pub(crate) fn parse(source: &Source<'_>, mode: Mode) -> Result<Mod> {
    let mode = match mode {
        Mode::Eval => ruff_python_parser::Mode::Expression,
        Mode::Exec | Mode::Single => ruff_python_parser::Mode::Module,
    };
    let options = ParseOptions::from(mode).with_target_version(PythonVersion::PY314);
    let parsed = parse_unchecked(source.text, options);
    if let Some(error) = parsed.errors().first() {
        return Err(Rejection::new(error.location, error.error.to_string()));
    }
    if let Some(error) = parsed.unsupported_syntax_errors().first() {
        return Err(Rejection::new(error.range, error.to_string()));
    }
    Ok(parsed.into_syntax())
}
