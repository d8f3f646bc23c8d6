//! The parser's errors in Python's words.

use super::brackets::{Brackets, point};
use super::target;
use crate::error::Rejection;
use crate::source::Source;
use ruff_python_ast::token::{Token, TokenKind, Tokens};
use ruff_python_parser::{
    InterpolatedStringErrorType, LexicalErrorType, ParseError, ParseErrorType,
    UnsupportedSyntaxError, UnsupportedSyntaxErrorKind,
};
use ruff_text_size::{Ranged, TextRange, TextSize};

/// An error with what is needed to word it.
struct Context<'a> {
    range: TextRange,
    tokens: &'a Tokens,
    source: &'a Source<'a>,
}

/// What Python says of `error`.
pub(super) fn reword(
    error: &ParseError,
    tokens: &Tokens,
    brackets: &Brackets,
    source: &Source<'_>,
) -> Rejection {
    let context = Context {
        range: error.location,
        tokens,
        source,
    };
    if let Some(mismatch) = &brackets.mismatch
        && mismatch.range.start() <= error.location.start()
    {
        return mismatch.clone();
    }
    let rejection = context.reword(&error.error);
    let is_vague = rejection.message == "invalid syntax" || rejection.message == "expected ':'";
    match (brackets.open, &brackets.mismatch) {
        (Some(open), _) if is_vague && context.is_past(open) => context.never_closed(open),
        (_, Some(mismatch)) if rejection.message == "invalid syntax" => mismatch.clone(),
        _ => rejection,
    }
}

/// What Python says of `error`, syntax of later versions.
pub(super) fn later(error: &UnsupportedSyntaxError) -> Rejection {
    let message = error.to_string();
    let message = match error.kind {
        UnsupportedSyntaxErrorKind::UnpackingInComprehension(_)
            if message.contains("dictionary") =>
        {
            "dict unpacking cannot be used in dict comprehension".into()
        }
        UnsupportedSyntaxErrorKind::UnpackingInComprehension(_) => {
            "iterable unpacking cannot be used in comprehension".into()
        }
        UnsupportedSyntaxErrorKind::LazyImportStatement => "invalid syntax".into(),
        _ => message,
    };
    Rejection::new(error.range, message)
}

fn is_trivia(kind: TokenKind) -> bool {
    matches!(kind, TokenKind::Comment | TokenKind::NonLogicalNewline)
}

fn starts_expression(kind: TokenKind) -> bool {
    matches!(
        kind,
        TokenKind::Name
            | TokenKind::Int
            | TokenKind::Float
            | TokenKind::Complex
            | TokenKind::String
            | TokenKind::FStringStart
            | TokenKind::TStringStart
            | TokenKind::None
            | TokenKind::True
            | TokenKind::False
    )
}

impl Context<'_> {
    /// Whether the error shows only after `open` could have been closed.
    fn is_past(&self, open: TextRange) -> bool {
        let is_at_end = self.source.text[usize::from(self.range.start())..]
            .trim()
            .is_empty();
        is_at_end || self.source.line(self.range.start()) > self.source.line(open.start())
    }

    fn never_closed(&self, open: TextRange) -> Rejection {
        Rejection::new(
            point(open),
            format!("'{}' was never closed", self.source.slice(open)),
        )
    }

    /// The first token at the error or after it.
    fn token(&self) -> Option<&Token> {
        let start = self.range.start();
        self.tokens
            .iter()
            .find(|token| token.end() > start && !is_trivia(token.kind()))
    }

    fn token_before(&self, at: TextSize) -> Option<&Token> {
        self.tokens.iter().rev().find(|token| {
            token.end() <= at && !is_trivia(token.kind()) && !token.range().is_empty()
        })
    }

    /// Where Python shows that it did not understand.
    fn token_range(&self) -> TextRange {
        let at_end = TextRange::empty(self.range.start());
        self.token().map_or(at_end, |token| match token.kind() {
            TokenKind::Newline | TokenKind::EndOfFile => TextRange::empty(token.start()),
            _ => token.range(),
        })
    }

    fn here(&self, message: impl Into<String>) -> Rejection {
        Rejection::new(self.range, message)
    }

    fn invalid(&self) -> Rejection {
        Rejection::new(self.token_range(), "invalid syntax")
    }

    fn reword(&self, error: &ParseErrorType) -> Rejection {
        match error {
            ParseErrorType::Lexical(error) => self.lexical(error),
            ParseErrorType::FStringError(error) => self.interpolated(error, "f-string"),
            ParseErrorType::TStringError(error) => self.interpolated(error, "t-string"),
            ParseErrorType::ExpectedToken { expected, found } => self.expected(*expected, *found),
            ParseErrorType::SimpleStatementsOnSameLine => self.same_line(),
            ParseErrorType::UnexpectedIndentation => {
                let last = TextRange::empty(
                    self.range.end() - TextSize::from(u32::from(!self.range.is_empty())),
                );
                Rejection::indentation(last, "unexpected indent")
            }
            ParseErrorType::OtherError(message) => self.other(message),
            ParseErrorType::InvalidAssignmentTarget => self.assignment_target(),
            ParseErrorType::InvalidDeleteTarget => {
                self.here(format!("cannot delete {}", self.target()))
            }
            ParseErrorType::InvalidAugmentedAssignmentTarget => self.here(format!(
                "'{}' is an illegal expression for augmented assignment",
                self.target()
            )),
            ParseErrorType::InvalidNamedAssignmentTarget => self.here(format!(
                "cannot use assignment expressions with {}",
                self.target()
            )),
            ParseErrorType::InvalidAnnotatedAssignmentTarget => {
                self.here("illegal target for annotation")
            }
            ParseErrorType::PositionalAfterKeywordArgument => {
                self.after("positional argument follows keyword argument")
            }
            ParseErrorType::PositionalAfterKeywordUnpacking => {
                self.after("positional argument follows keyword argument unpacking")
            }
            ParseErrorType::InvalidArgumentUnpackingOrder => {
                self.here("iterable argument unpacking follows keyword argument unpacking")
            }
            ParseErrorType::IterableUnpackingInComprehension => {
                self.here("iterable unpacking cannot be used in comprehension")
            }
            ParseErrorType::NonDefaultParamAfterDefaultParam => {
                self.here("parameter without a default follows parameter with a default")
            }
            ParseErrorType::ParamAfterVarKeywordParam => {
                self.here("arguments cannot follow var-keyword argument")
            }
            ParseErrorType::ExpectedKeywordParam => self.here("named arguments must follow bare *"),
            ParseErrorType::UnparenthesizedGeneratorExpression => {
                self.here("Generator expression must be parenthesized")
            }
            ParseErrorType::InvalidStarredExpressionUsage => {
                self.here("cannot use starred expression here")
            }
            ParseErrorType::EmptyImportNames
                if self
                    .source
                    .slice(self.line_before())
                    .trim_start()
                    .starts_with("from") =>
            {
                self.here("Expected one or more names after 'import'")
            }
            ParseErrorType::EmptyTypeParams => self.here("Type parameter list cannot be empty"),
            ParseErrorType::InvalidMatchPatternTarget => self.here("cannot use '_' as a target"),
            ParseErrorType::ExpectedRealNumber => {
                self.here("real number required in complex literal")
            }
            ParseErrorType::ExpectedImaginaryNumber => {
                self.here("imaginary number required in complex literal")
            }
            ParseErrorType::ExpectedExpression => self.expected_expression(),
            _ => self.invalid(),
        }
    }

    /// What precedes the error on its line.
    fn line_before(&self) -> TextRange {
        let start = self.source.line_start(self.source.line(self.range.start()));
        TextRange::new(start, self.range.start())
    }

    /// An error that Python finds at the token behind.
    fn after(&self, message: &str) -> Rejection {
        let next = self
            .tokens
            .iter()
            .find(|token| token.start() >= self.range.end() && !is_trivia(token.kind()));
        Rejection::new(next.map_or(self.range, Ranged::range), message)
    }

    fn target(&self) -> &'static str {
        target::name_of(self.source.slice(self.range)).unwrap_or("expression")
    }

    fn assignment_target(&self) -> Rejection {
        let name = self.target();
        if name == "yield expression" {
            return self.here("assignment to yield expression not possible");
        }
        let next = self
            .tokens
            .iter()
            .find(|token| token.start() >= self.range.end() && !is_trivia(token.kind()));
        let is_assigned = next.is_some_and(|token| token.kind() == TokenKind::Equal);
        if is_assigned && target::may_be_compared(name) {
            return self.here(format!(
                "cannot assign to {name} here. Maybe you meant '==' instead of '='?"
            ));
        }
        self.here(format!("cannot assign to {name}"))
    }

    fn expected_expression(&self) -> Rejection {
        let is_in_string = self.tokens.iter().any(|token| {
            token.kind() == TokenKind::FStringStart && token.end() <= self.range.start()
        });
        let found = self.token();
        if is_in_string && found.is_some_and(|token| token.kind() == TokenKind::Rbrace) {
            let before = self.token_before(self.range.start());
            if before.is_some_and(|token| token.kind() == TokenKind::Lbrace) {
                return self.here("f-string: valid expression required before '}'");
            }
        }
        self.invalid()
    }

    fn expected(&self, expected: TokenKind, found: TokenKind) -> Rejection {
        match (expected, found) {
            (_, TokenKind::Equal) if matches!(expected, TokenKind::Colon | TokenKind::Rpar) => {
                let before = self
                    .token_before(self.range.start())
                    .map_or(self.range, Ranged::range);
                let next = self
                    .tokens
                    .iter()
                    .find(|token| token.start() >= self.range.end());
                let range = before.cover(next.map_or(self.range, Ranged::range));
                Rejection::new(
                    range,
                    "invalid syntax. Maybe you meant '==' or ':=' instead of '='?",
                )
            }
            (TokenKind::Colon, TokenKind::Newline | TokenKind::EndOfFile) => {
                Rejection::new(TextRange::empty(self.range.start()), "expected ':'")
            }
            (TokenKind::Else, _) => self.here("expected 'else' after 'if' expression"),
            (TokenKind::Comma | TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace, found)
                if starts_expression(found) =>
            {
                self.forgotten_comma()
            }
            _ => self.invalid(),
        }
    }

    fn forgotten_comma(&self) -> Rejection {
        let before = self.token_before(self.range.start());
        match before {
            Some(before) if starts_expression(before.kind()) => {
                let range = before.range().cover(self.token_range());
                Rejection::new(range, "invalid syntax. Perhaps you forgot a comma?")
            }
            _ => self.invalid(),
        }
    }

    /// A second statement on a line, which Python does not see as one.
    fn same_line(&self) -> Rejection {
        let Some(before) = self.token_before(self.range.start()) else {
            return self.invalid();
        };
        if matches!(
            before.kind(),
            TokenKind::Int | TokenKind::Float | TokenKind::Complex
        ) && before.end() == self.range.start()
        {
            return self.number(before.range());
        }
        let word = self.source.slice(before.range());
        if matches!(word, "print" | "exec") && self.source.slice(self.line_before()).trim() == word
        {
            let line_end = self.tokens.iter().find(|token| {
                token.start() >= self.range.start() && token.kind() == TokenKind::Newline
            });
            let end = line_end.map_or(self.range.end(), Ranged::start);
            let message =
                format!("Missing parentheses in call to '{word}'. Did you mean {word}(...)?");
            return Rejection::new(TextRange::new(before.start(), end), message);
        }
        self.invalid()
    }

    /// A number that something is stuck to.
    fn number(&self, number: TextRange) -> Rejection {
        let text = self.source.slice(number);
        let next = self.source.text[usize::from(number.end())..]
            .chars()
            .next()
            .unwrap_or_default();
        let last = TextRange::empty(number.end() - TextSize::from(1));
        let kind = match text.get(..2).map(str::to_ascii_lowercase).as_deref() {
            Some("0b") => "binary",
            Some("0o") => "octal",
            Some("0x") => "hexadecimal",
            _ => "decimal",
        };
        match next {
            '0'..='9' if kind != "decimal" => Rejection::new(
                TextRange::empty(number.end()),
                format!("invalid digit '{next}' in {kind} literal"),
            ),
            next if next.is_alphanumeric() || next == '_' => {
                Rejection::new(last, format!("invalid {kind} literal"))
            }
            _ => self.invalid(),
        }
    }

    fn lexical(&self, error: &LexicalErrorType) -> Rejection {
        match error {
            LexicalErrorType::UnclosedStringError => self.unterminated("", self.range.start()),
            LexicalErrorType::FStringError(error) => self.interpolated(error, "f-string"),
            LexicalErrorType::TStringError(error) => self.interpolated(error, "t-string"),
            LexicalErrorType::IndentationError => {
                let line = self.source.line(self.range.start());
                let text = self.source.line_text(line).unwrap_or_default().trim_end();
                let end = self.source.line_start(line) + TextSize::of(text);
                Rejection::indentation(
                    TextRange::empty(end),
                    "unindent does not match any outer indentation level",
                )
            }
            LexicalErrorType::InvalidByteLiteral => {
                self.here("bytes can only contain ASCII literal characters")
            }
            LexicalErrorType::LineContinuationError => {
                let after = TextRange::empty(self.range.start() + TextSize::from(1));
                Rejection::new(
                    after,
                    "unexpected character after line continuation character",
                )
            }
            LexicalErrorType::UnrecognizedToken { tok } => match tok {
                '$' | '?' | '!' | '`' => self.invalid(),
                tok if tok.is_control() || tok.is_whitespace() => Rejection::new(
                    point(self.range),
                    format!("invalid non-printable character U+{:04X}", u32::from(*tok)),
                ),
                tok => Rejection::new(
                    point(self.range),
                    format!("invalid character '{tok}' (U+{:04X})", u32::from(*tok)),
                ),
            },
            LexicalErrorType::OtherError(message)
                if message.starts_with("Invalid decimal integer literal") =>
            {
                let message = "leading zeros in decimal integer literals are not permitted; \
                               use an 0o prefix for octal integers";
                Rejection::new(point(self.range), message)
            }
            LexicalErrorType::OtherError(message) if message.contains("ParseIntError") => {
                self.number(TextRange::new(self.range.start(), self.range.end()))
            }
            LexicalErrorType::UnicodeError
            | LexicalErrorType::MissingUnicodeLbrace
            | LexicalErrorType::MissingUnicodeRbrace => self
                .here("(unicode error) 'unicodeescape' codec can't decode bytes: malformed escape"),
            _ => self.invalid(),
        }
    }

    /// A string that does not end.
    fn unterminated(&self, kind: &str, start: TextSize) -> Rejection {
        let text = &self.source.text[usize::from(start)..];
        let quoted = text.trim_start_matches(|character: char| character.is_ascii_alphabetic());
        let is_triple = quoted.starts_with("'''") || quoted.starts_with("\"\"\"");
        let (what, line) = if is_triple {
            (
                "unterminated triple-quoted ",
                self.source
                    .line(TextSize::of(self.source.text.trim_end_matches('\n'))),
            )
        } else {
            ("unterminated ", self.source.line(self.range.start()))
        };
        Rejection::new(
            TextRange::empty(start),
            format!("{what}{kind}string literal (detected at line {line})"),
        )
    }

    fn interpolated(&self, error: &InterpolatedStringErrorType, kind: &str) -> Rejection {
        match error {
            InterpolatedStringErrorType::UnterminatedString
            | InterpolatedStringErrorType::UnterminatedTripleQuotedString => {
                let starts = |token: &&Token| {
                    matches!(
                        token.kind(),
                        TokenKind::FStringStart | TokenKind::TStringStart
                    )
                };
                let opened = self
                    .tokens
                    .iter()
                    .rev()
                    .filter(starts)
                    .find(|token| token.end() <= self.range.start());
                self.unterminated(
                    &kind.replace("string", ""),
                    opened.map_or(self.range.start(), Ranged::start),
                )
            }
            InterpolatedStringErrorType::UnclosedLbrace
                if self
                    .token()
                    .is_some_and(|token| starts_expression(token.kind())) =>
            {
                self.forgotten_comma()
            }
            InterpolatedStringErrorType::UnclosedLbrace => {
                Rejection::new(point(self.range), format!("{kind}: expecting '}}'"))
            }
            InterpolatedStringErrorType::SingleRbrace => Rejection::new(
                point(self.range),
                format!("{kind}: single '}}' is not allowed"),
            ),
            InterpolatedStringErrorType::InvalidConversionFlag => {
                match self.token() {
                    Some(token) if token.kind() == TokenKind::Name => {
                        let flag = self.source.slice(token.range());
                        self.here(format!("{kind}: invalid conversion character '{flag}': expected 's', 'r', or 'a'"))
                    }
                    _ => self.here(format!("{kind}: missing conversion character")),
                }
            }
            InterpolatedStringErrorType::LambdaWithoutParentheses => self.here(format!(
                "{kind}: lambda expressions are not allowed without parentheses"
            )),
            InterpolatedStringErrorType::ConversionFlagNotImmediatelyAfterExclamation => self.here(
                format!("{kind}: conversion type must come right after the exclamation mark"),
            ),
            InterpolatedStringErrorType::NewlineInFormatSpec => self.here(format!(
                "{kind}: newlines are not allowed in format specifiers for single quoted {kind}s"
            )),
        }
    }

    fn other(&self, message: &str) -> Rejection {
        if let Some(what) = message.strip_prefix("Expected an indented block after ") {
            return self.missing_block(what);
        }
        let known = [
            (
                "Expected `except` or `finally`",
                "expected 'except' or 'finally' block",
            ),
            (
                "Trailing comma not allowed",
                "trailing comma not allowed without surrounding parentheses",
            ),
            ("Only one '*' parameter", "* argument may appear only once"),
            ("Only one '/' separator", "/ may appear only once"),
            ("'/' parameter must appear", "/ must be ahead of *"),
            (
                "Only single target (not tuple)",
                "only single target (not tuple) can be annotated",
            ),
            (
                "Only single target (not list)",
                "only single target (not list) can be annotated",
            ),
            (
                "Cannot have both 'except'",
                "cannot have both 'except' and 'except*' on the same 'try'",
            ),
            (
                "Expected one or more exception types",
                "expected one or more exception types",
            ),
            (
                "Bytes literal cannot be mixed",
                "cannot mix bytes and nonbytes literals",
            ),
            (
                "Cannot mix t-string literals",
                "cannot mix t-string literals with string or bytes literals",
            ),
        ];
        if let Some((_, words)) = known.iter().find(|(start, _)| message.starts_with(start)) {
            return self.here(*words);
        }
        if message == "Expected a parameter name" {
            return match self.source.slice(self.range) {
                constant @ ("None" | "True" | "False") => {
                    self.here(format!("cannot assign to {constant}"))
                }
                _ => self.here("expression cannot contain assignment, perhaps you meant \"==\"?"),
            };
        }
        self.invalid()
    }

    /// A statement without the block that it needs.
    fn missing_block(&self, what: &str) -> Rejection {
        let what = what.replace('`', "'").replace(" clause", " statement");
        let what = if what.contains("'class'") {
            "class definition".into()
        } else {
            what
        };
        let colon =
            self.tokens.iter().rev().find(|token| {
                token.kind() == TokenKind::Colon && token.end() <= self.range.start()
            });
        let header = colon.and_then(|colon| {
            let before = self
                .tokens
                .iter()
                .rev()
                .skip_while(|token| token.start() >= colon.start());
            before
                .take_while(|token| {
                    !matches!(
                        token.kind(),
                        TokenKind::Newline | TokenKind::Indent | TokenKind::Dedent
                    )
                })
                .filter(|token| !is_trivia(token.kind()))
                .last()
        });
        let line = self
            .source
            .line(header.map_or(self.range.start(), Ranged::start));
        let place = self.token_range();
        Rejection::indentation(
            place,
            format!("expected an indented block after {what} on line {line}"),
        )
    }
}
