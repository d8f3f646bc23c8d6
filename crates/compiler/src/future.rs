//! `from __future__ import …`: features must exist and come first.

use crate::error::{Result, reject};
use crate::symbols::Symbols;
use ruff_python_ast::{Stmt, StmtImportFrom};

/// Features that need no doing: the language has them.
const MANDATORY: &[&str] = &[
    "nested_scopes",
    "generators",
    "division",
    "absolute_import",
    "with_statement",
    "print_function",
    "unicode_literals",
    "generator_stop",
];

/// Finds the features that a module asks for at its beginning. One asked for later is an error of
/// the statement, which [`check_place`] raises.
pub(crate) fn apply(body: &[Stmt], symbols: &mut Symbols) -> Result<()> {
    let mut is_past_docstring = false;
    for stmt in body {
        match stmt {
            Stmt::ImportFrom(import) if is_future(import) => turn_on(import, symbols)?,
            Stmt::Expr(expr) if !is_past_docstring && expr.value.is_string_literal_expr() => {}
            _ => return Ok(()),
        }
        is_past_docstring = true;
    }
    Ok(())
}

pub(crate) fn is_future(import: &StmtImportFrom) -> bool {
    import.level == 0
        && import
            .module
            .as_ref()
            .is_some_and(|module| module == "__future__")
}

fn turn_on(import: &StmtImportFrom, symbols: &mut Symbols) -> Result<()> {
    for alias in &import.names {
        match alias.name.as_str() {
            "annotations" => symbols.future_annotations = true,
            "barry_as_FLUFL" => symbols.future_flufl = true,
            "braces" => return reject(import.range, "not a chance"),
            name if MANDATORY.contains(&name) => {}
            name => {
                return reject(
                    import.range,
                    format!("future feature {name} is not defined"),
                );
            }
        }
    }
    Ok(())
}

/// The last of the statements at the beginning that may be future imports, as an index.
pub(crate) fn prologue(body: &[Stmt]) -> usize {
    let starts_with_docstring =
        matches!(body.first(), Some(Stmt::Expr(expr)) if expr.value.is_string_literal_expr());
    let skipped = usize::from(starts_with_docstring);
    let imports = body[skipped..]
        .iter()
        .take_while(|stmt| matches!(stmt, Stmt::ImportFrom(import) if is_future(import)));
    skipped + imports.count()
}
