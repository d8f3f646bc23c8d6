//! Brackets that do not pair.

use crate::error::Rejection;
use crate::source::Source;
use ruff_python_ast::token::{TokenKind, Tokens};
use ruff_text_size::{Ranged, TextRange};

/// How deep brackets may be nested.
const DEEPEST: usize = 200;
/// How deep blocks may be nested.
const DEEPEST_INDENTATION: usize = 100;

/// What the brackets of a program say.
#[derive(Debug, Default)]
pub(super) struct Brackets {
    /// The first that does not fit, or that is too deep.
    pub(super) mismatch: Option<Rejection>,
    /// The innermost that is still open at the end.
    pub(super) open: Option<TextRange>,
}

fn closes(open: TokenKind, close: TokenKind) -> bool {
    matches!(
        (open, close),
        (TokenKind::Lpar, TokenKind::Rpar)
            | (TokenKind::Lsqb, TokenKind::Rsqb)
            | (TokenKind::Lbrace, TokenKind::Rbrace)
    )
}

/// Pairs the brackets of a program.
pub(super) fn check(tokens: &Tokens, source: &Source<'_>) -> Brackets {
    let mut open: Vec<(TokenKind, TextRange)> = Vec::new();
    let mut indentation = 0;
    let mut mismatch = None;
    for token in tokens {
        let range = token.range();
        match token.kind() {
            TokenKind::Indent => {
                indentation += 1;
                if indentation >= DEEPEST_INDENTATION {
                    mismatch = Some(Rejection::indentation(
                        range,
                        "too many levels of indentation",
                    ));
                }
            }
            TokenKind::Dedent => indentation -= 1,
            TokenKind::Lpar | TokenKind::Lsqb | TokenKind::Lbrace => {
                open.push((token.kind(), range));
                if open.len() >= DEEPEST {
                    mismatch = Some(Rejection::new(range, "too many nested parentheses"));
                }
            }
            close @ (TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace) => match open.pop() {
                Some((kind, _)) if closes(kind, close) => {}
                Some((_, before)) => mismatch = Some(unlike(before, range, source)),
                None => {
                    mismatch = Some(Rejection::new(
                        point(range),
                        format!("unmatched '{}'", source.slice(range)),
                    ));
                }
            },
            _ => {}
        }
        if mismatch.is_some() {
            return Brackets {
                mismatch,
                open: None,
            };
        }
    }
    Brackets {
        mismatch: None,
        open: open.pop().map(|(_, range)| range),
    }
}

/// A place without extent.
pub(super) fn point(range: TextRange) -> TextRange {
    TextRange::empty(range.start())
}

fn unlike(open: TextRange, close: TextRange, source: &Source<'_>) -> Rejection {
    let line = source.line(open.start());
    let place = if line == source.line(close.start()) {
        String::new()
    } else {
        format!(" on line {line}")
    };
    let (opener, closer) = (source.slice(open), source.slice(close));
    Rejection::new(
        point(close),
        format!(
            "closing parenthesis '{closer}' does not match opening parenthesis '{opener}'{place}"
        ),
    )
}
