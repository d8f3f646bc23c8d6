//! What the compiler says about a program that it rejects.

use crate::source::Source;
use ruff_text_size::TextRange;
use std::fmt;

/// Which exception a rejected program raises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// `SyntaxError`
    Syntax,
    /// `IndentationError`
    Indentation,
    /// `TabError`
    Tab,
}

/// Why a program was rejected, with all that Python's `SyntaxError` tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// The exception's class.
    pub kind: ErrorKind,
    /// The message.
    pub message: String,
    /// The file, as given.
    pub filename: String,
    /// `lineno`, from 1.
    pub line: u32,
    /// `offset`: characters, from 1.
    pub offset: u32,
    /// `end_lineno`
    pub end_line: u32,
    /// `end_offset`
    pub end_offset: u32,
    /// `text`: the line, with its line end.
    pub text: Option<String>,
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} ({}, line {})",
            self.message, self.filename, self.line
        )
    }
}

impl std::error::Error for SyntaxError {}

/// An error within the compiler: where, in bytes of the source.
#[derive(Clone, Debug)]
pub(crate) struct Rejection {
    pub(crate) kind: ErrorKind,
    pub(crate) message: String,
    pub(crate) range: TextRange,
}

pub(crate) type Result<T, E = Rejection> = std::result::Result<T, E>;

impl Rejection {
    pub(crate) fn new(range: TextRange, message: impl Into<String>) -> Self {
        Self {
            kind: ErrorKind::Syntax,
            message: message.into(),
            range,
        }
    }

    pub(crate) fn indentation(range: TextRange, message: impl Into<String>) -> Self {
        Self {
            kind: ErrorKind::Indentation,
            ..Self::new(range, message)
        }
    }

    pub(crate) fn locate(self, source: &Source<'_>, filename: &str) -> SyntaxError {
        let (line, offset) = source.line_and_offset(self.range.start());
        let (end_line, end_offset) = source.line_and_offset(self.range.end());
        SyntaxError {
            kind: self.kind,
            message: self.message,
            filename: filename.into(),
            line,
            offset,
            end_line,
            end_offset,
            text: source.line_text(line).map(Into::into),
        }
    }
}

/// Rejects what `range` covers.
pub(crate) fn reject<T>(range: TextRange, message: impl Into<String>) -> Result<T> {
    Err(Rejection::new(range, message))
}
