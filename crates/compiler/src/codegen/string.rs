//! String literals, f-strings and t-strings.

use super::{Dst, Gen, Reg};
use crate::code::{Const, Text};
use crate::error::Result;
use crate::literal;
use crate::nesting::deeper;
use crate::op::Op;
use crate::source::Source;
use ruff_python_ast::*;
use ruff_text_size::{Ranged, TextRange};

/// The most parts that are joined at once.
const MOST_JOINED: usize = 32;

/// The text of a string literal.
pub(super) fn value(literal: &ExprStringLiteral, source: &Source<'_>) -> Text {
    let text = literal.value.to_str();
    if !text.contains(char::REPLACEMENT_CHARACTER) {
        return Text::Utf8(text.into());
    }
    let mut points = Vec::new();
    for part in &literal.value {
        let is_raw = part.flags.prefix().is_raw();
        let opener = u32::from(part.flags.opener_len());
        let closer = u32::from(part.flags.closer_len());
        let inner = TextRange::new(
            part.start() + ruff_text_size::TextSize::from(opener),
            part.end() - ruff_text_size::TextSize::from(closer),
        );
        literal::decode(source.slice(inner), &part.value, is_raw, &mut points);
    }
    literal::text(points)
}

/// A body's docstring, its indentation taken off.
pub(super) fn docstring(body: &[Stmt], source: &Source<'_>) -> Option<(Text, TextRange)> {
    let Some(Stmt::Expr(statement)) = body.first() else {
        return None;
    };
    let Expr::StringLiteral(literal) = &*statement.value else {
        return None;
    };
    let text = match value(literal, source) {
        Text::Utf8(text) => Text::Utf8(literal::clean_docstring(&text).into()),
        text @ Text::CodePoints(_) => text,
    };
    Some((text, literal.range))
}

/// A part of an f-string: text, or something formatted.
#[derive(Clone)]
enum Piece<'a> {
    Text(Text, TextRange),
    Formatted(&'a InterpolatedElement),
}

fn conversion(flag: ConversionFlag) -> Reg {
    match flag {
        ConversionFlag::None => 0,
        ConversionFlag::Str => 1,
        ConversionFlag::Repr => 2,
        ConversionFlag::Ascii => 3,
    }
}

/// The bit of [`Op::Format`] for a specification.
const HAS_SPECIFICATION: Reg = 4;

impl<'a> Gen<'a> {
    pub(super) fn f_string(&mut self, e: &'a ExprFString, dst: Dst) -> Result<()> {
        let mut pieces = Vec::new();
        for part in &e.value {
            match part {
                FStringPart::Literal(literal) => {
                    let opener =
                        ruff_text_size::TextSize::from(u32::from(literal.flags.opener_len()));
                    let closer =
                        ruff_text_size::TextSize::from(u32::from(literal.flags.closer_len()));
                    let inner = TextRange::new(literal.start() + opener, literal.end() - closer);
                    let is_raw = literal.flags.prefix().is_raw();
                    pieces.push(Piece::Text(
                        self.literal_text(&literal.value, inner, is_raw),
                        literal.range,
                    ));
                }
                FStringPart::FString(string) => {
                    self.pieces(&string.elements, is_raw(string.flags), &mut pieces);
                }
            }
        }
        self.join(&merge(pieces), e.range, dst)
    }

    /// The text of a literal, whose surrogates the parser has lost.
    fn literal_text(&self, parsed: &str, range: TextRange, is_raw: bool) -> Text {
        if !parsed.contains(char::REPLACEMENT_CHARACTER) {
            return Text::Utf8(parsed.into());
        }
        let mut points = Vec::new();
        literal::decode(
            self.program.source.slice(range),
            parsed,
            is_raw,
            &mut points,
        );
        literal::text(points)
    }

    fn pieces(
        &self,
        elements: &'a InterpolatedStringElements,
        is_raw: bool,
        pieces: &mut Vec<Piece<'a>>,
    ) {
        for element in elements {
            match element {
                InterpolatedStringElement::Literal(literal) => {
                    let text = self.literal_text(&literal.value, literal.range, is_raw);
                    pieces.push(Piece::Text(text, literal.range));
                }
                InterpolatedStringElement::Interpolation(interpolation) => {
                    if let Some(debug) = &interpolation.debug_text {
                        let text = literal::without_comments(debug.as_str());
                        pieces.push(Piece::Text(Text::Utf8(text.into()), interpolation.range));
                    }
                    pieces.push(Piece::Formatted(interpolation));
                }
            }
        }
    }

    /// Joins pieces into `dst`.
    fn join(&mut self, pieces: &[Piece<'a>], range: TextRange, dst: Dst) -> Result<()> {
        let base = self.depth;
        match pieces {
            [] => {
                let to = self.settle(base, dst, range)?;
                self.at(range);
                return self.load_str(to, "", range);
            }
            [piece] => {
                self.piece(piece)?;
                return self.deliver(base, dst, range);
            }
            _ => {}
        }
        let size = pieces.len().div_ceil(MOST_JOINED).max(1);
        let groups = pieces.chunks(if size > 1 {
            pieces.len().div_ceil(MOST_JOINED)
        } else {
            1
        });
        let mut count = 0;
        for group in groups {
            count += 1;
            if let [piece] = group {
                self.piece(piece)?;
            } else {
                deeper(|| self.join(group, range, Dst::Top))?;
            }
        }
        let to = self.settle(base, dst, range)?;
        self.at(range);
        self.out.op(Op::BuildString, to, base, count);
        Ok(())
    }

    /// Evaluates a piece into a new temporary.
    fn piece(&mut self, piece: &Piece<'a>) -> Result<()> {
        match piece {
            Piece::Text(text, range) => {
                let to = self.push(*range)?;
                self.at(*range);
                self.load_const(to, Const::Str(text.clone()), *range)
            }
            Piece::Formatted(element) => {
                let base = self.depth;
                let range = element.range;
                let mut how = conversion(element.conversion);
                if element.debug_text.is_some() && element.format_spec.is_none() && how == 0 {
                    how = conversion(ConversionFlag::Repr);
                }
                if let Some(spec) = &element.format_spec {
                    self.argument(&element.expression)?;
                    self.specification(spec)?;
                    how |= HAS_SPECIFICATION;
                    self.settle(base, Dst::Top, range)?;
                    self.at(range);
                    self.out.op(Op::Format, base, base, how);
                } else {
                    let value = self.operand(&element.expression, true)?;
                    self.settle(base, Dst::Top, range)?;
                    self.at(range);
                    self.out.op(Op::Format, base, value, how);
                }
                Ok(())
            }
        }
    }

    /// Evaluates a format specification into a new temporary.
    fn specification(&mut self, spec: &'a InterpolatedStringFormatSpec) -> Result<()> {
        let mut pieces = Vec::new();
        self.pieces(&spec.elements, false, &mut pieces);
        deeper(|| self.join(&merge(pieces), spec.range, Dst::Top))
    }

    /// `"…%s…" % (a, b)` as an f-string, where the format asks for nothing else. Says whether it
    /// does.
    pub(super) fn percent_format(
        &mut self,
        e: &'a ExprBinOp,
        format: &'a ExprStringLiteral,
        arguments: &'a ExprTuple,
        dst: Dst,
    ) -> Result<bool> {
        if arguments.elts.is_empty() || arguments.elts.iter().any(Expr::is_starred_expr) {
            return Ok(false);
        }
        let Text::Utf8(text) = value(format, self.program.source) else {
            return Ok(false);
        };
        let Some(parts) = literal::percent_parts(&text) else {
            return Ok(false);
        };
        let wanted = parts.iter().filter(|part| part.is_err()).count();
        if wanted != arguments.elts.len() || parts.len() > MOST_JOINED || parts.len() < 2 {
            return Ok(false);
        }
        let base = self.depth;
        let mut values = arguments.elts.iter();
        for part in &parts {
            match part {
                Ok(text) => {
                    let to = self.push(format.range)?;
                    self.at(format.range);
                    self.load_str(to, text, format.range)?;
                }
                Err(flag) => {
                    let argument = values.next().expect("arguments were counted");
                    let place = self.depth;
                    let value = self.operand(argument, true)?;
                    self.settle(place, Dst::Top, argument.range())?;
                    self.at(argument.range());
                    self.out.op(Op::Format, place, value, conversion(*flag));
                }
            }
        }
        let to = self.settle(base, dst, e.range)?;
        self.at(e.range);
        self.out.op(Op::BuildString, to, base, parts.len() as Reg);
        Ok(true)
    }

    pub(super) fn t_string(&mut self, e: &'a ExprTString, dst: Dst) -> Result<()> {
        let base = self.depth;
        let mut pieces = Vec::new();
        for string in &e.value {
            self.pieces(
                &string.elements,
                matches!(string.flags.prefix(), str_prefix::TStringPrefix::Raw { .. }),
                &mut pieces,
            );
        }
        let mut texts = Vec::new();
        let mut interpolations = Vec::new();
        let mut pending = Text::Utf8("".into());
        for piece in merge(pieces) {
            match piece {
                Piece::Text(text, _) => pending = text,
                Piece::Formatted(element) => {
                    texts.push(std::mem::replace(&mut pending, Text::Utf8("".into())));
                    interpolations.push(element);
                }
            }
        }
        texts.push(pending);
        let mut count = 0;
        for (at, text) in texts.into_iter().enumerate() {
            let to = self.push(e.range)?;
            self.at(e.range);
            self.load_const(to, Const::Str(text), e.range)?;
            count += 1;
            if let Some(element) = interpolations.get(at) {
                self.interpolation(element)?;
                count += 1;
            }
        }
        let to = self.settle(base, dst, e.range)?;
        self.at(e.range);
        self.out.op(Op::BuildTemplate, to, base, count);
        Ok(())
    }

    fn interpolation(&mut self, element: &'a InterpolatedElement) -> Result<()> {
        let base = self.depth;
        self.argument(&element.expression)?;
        let source = self.program.source;
        let text = match &element.debug_text {
            Some(debug) => debug.expression().to_owned(),
            None => source.slice(self.expression_text(element)).to_owned(),
        };
        let to = self.push(element.range)?;
        self.load_str(to, &text, element.range)?;
        let mut how = conversion(element.conversion);
        if element.debug_text.is_some() && element.format_spec.is_none() && how == 0 {
            how = conversion(ConversionFlag::Repr);
        }
        if let Some(spec) = &element.format_spec {
            self.specification(spec)?;
        } else {
            let to = self.push(element.range)?;
            self.load_str(to, "", element.range)?;
        }
        self.settle(base, Dst::Top, element.range)?;
        self.at(element.range);
        self.out
            .op(Op::BuildInterpolation, base, base, how | HAS_SPECIFICATION);
        Ok(())
    }

    /// Where the text of an interpolated expression is: all between the brace and what follows.
    fn expression_text(&self, element: &InterpolatedElement) -> TextRange {
        let text = self.program.source.slice(element.range);
        let after = usize::from(element.expression.end() - element.start());
        let rest = &text[after..];
        let end = after + rest.find(['}', ':', '!']).unwrap_or(rest.len());
        let inner = &text[1..end];
        let start = 1 + (inner.len() - inner.trim_start().len());
        let end = 1 + inner.trim_end().len();
        TextRange::new(
            element.start() + ruff_text_size::TextSize::from(start as u32),
            element.start() + ruff_text_size::TextSize::from(end as u32),
        )
    }
}

fn is_raw(flags: FStringFlags) -> bool {
    matches!(flags.prefix(), str_prefix::FStringPrefix::Raw { .. })
}

/// Joins neighbouring texts and leaves out empty ones.
fn merge(pieces: Vec<Piece<'_>>) -> Vec<Piece<'_>> {
    let mut merged: Vec<Piece<'_>> = Vec::new();
    for piece in pieces {
        match (merged.last_mut(), piece) {
            (_, Piece::Text(Text::Utf8(text), _)) if text.is_empty() => {}
            (Some(Piece::Text(before, range)), Piece::Text(text, end)) => {
                *before = literal::concatenate(before, &text);
                *range = range.cover(end);
            }
            (_, piece) => merged.push(piece),
        }
    }
    merged
}
