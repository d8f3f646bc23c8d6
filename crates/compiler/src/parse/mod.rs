//! Parsing, with the parser's errors in Python's words.

mod brackets;
mod target;
mod wording;

use crate::codegen::Mode;
use crate::error::Result;
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
    let brackets = brackets::check(parsed.tokens(), source);
    let error = parsed
        .errors()
        .iter()
        .min_by_key(|error| error.location.start());
    let rejection = match error {
        Some(error) => Some(wording::reword(error, parsed.tokens(), &brackets, source)),
        None => brackets.mismatch.or_else(|| {
            parsed
                .unsupported_syntax_errors()
                .first()
                .map(wording::later)
        }),
    };
    match rejection {
        None => Ok(parsed.into_syntax()),
        Some(rejection) => {
            crate::nesting::dispose(parsed.into_syntax());
            Err(rejection)
        }
    }
}
