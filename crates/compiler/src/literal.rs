//! The text of string literals: what the parser does not say.

use crate::code::Text;
use ruff_python_ast::ConversionFlag;

/// Appends the code points of the literal `source`, which the parser read as `parsed` with a
/// replacement character for each lone surrogate.
pub(crate) fn decode(source: &str, parsed: &str, is_raw: bool, points: &mut Vec<u32>) {
    let mut surrogates = if is_raw {
        Vec::new()
    } else {
        replacements(source)
    }
    .into_iter();
    for character in parsed.chars() {
        let point = u32::from(character);
        let is_replacement = character == char::REPLACEMENT_CHARACTER;
        points.push(if is_replacement {
            surrogates.next().unwrap_or(point)
        } else {
            point
        });
    }
}

/// The code points that stand where the parser put replacement characters.
fn replacements(source: &str) -> Vec<u32> {
    let mut found = Vec::new();
    let mut rest = source;
    while let Some(at) = rest.find(['\\', char::REPLACEMENT_CHARACTER]) {
        if !rest[at..].starts_with('\\') {
            found.push(u32::from(char::REPLACEMENT_CHARACTER));
            rest = &rest[at + char::REPLACEMENT_CHARACTER.len_utf8()..];
            continue;
        }
        let escape = &rest[at + 1..];
        let digits = match escape.chars().next() {
            Some('u') => 4,
            Some('U') => 8,
            _ => 0,
        };
        if let Some(point) = escape
            .get(1..=digits)
            .and_then(|digits| u32::from_str_radix(digits, 16).ok())
            && (0xd800..0xe000).contains(&point) | (point == u32::from(char::REPLACEMENT_CHARACTER))
        {
            found.push(point);
        }
        let next = escape.chars().next().map_or(0, char::len_utf8);
        rest = &escape[next..];
    }
    found
}

/// The text with these code points.
pub(crate) fn text(points: Vec<u32>) -> Text {
    match points
        .iter()
        .map(|&point| char::from_u32(point))
        .collect::<Option<String>>()
    {
        Some(text) => Text::Utf8(text.into()),
        None => Text::CodePoints(points.into()),
    }
}

/// One text after the other.
pub(crate) fn concatenate(first: &Text, second: &Text) -> Text {
    if let (Text::Utf8(first), Text::Utf8(second)) = (first, second) {
        return Text::Utf8(format!("{first}{second}").into());
    }
    let points = |text: &Text| match text {
        Text::Utf8(text) => text.chars().map(u32::from).collect(),
        Text::CodePoints(points) => points.to_vec(),
    };
    Text::CodePoints([points(first), points(second)].concat().into())
}

/// The text of a self-documenting expression, without its comments.
pub(crate) fn without_comments(text: &str) -> String {
    if !text.contains('#') {
        return text.into();
    }
    let mut kept = String::new();
    let mut quote = None;
    let mut is_comment = false;
    for character in text.chars() {
        match (quote, character) {
            _ if is_comment => is_comment = character != '\n',
            (None, '#') => is_comment = true,
            (None, '\'' | '"') => quote = Some(character),
            (Some(open), close) if open == close => quote = None,
            _ => {}
        }
        if !is_comment {
            kept.push(character);
        }
    }
    kept
}

/// Takes the common indentation off all lines of a docstring but the first.
pub(crate) fn clean_docstring(text: &str) -> String {
    let expanded = expand_tabs(text);
    let mut lines: Vec<&str> = expanded.split('\n').collect();
    let indent_of = |line: &&str| line.len() - line.trim_start_matches(' ').len();
    let indented = lines
        .iter()
        .skip(1)
        .filter(|line| !line.trim_start_matches(' ').is_empty());
    let margin = indented.map(indent_of).min().unwrap_or(0);
    for (at, line) in lines.iter_mut().enumerate() {
        *line = if at == 0 {
            line.trim_start_matches(' ')
        } else {
            line.get(margin..).unwrap_or_default()
        };
    }
    lines.join("\n")
}

fn expand_tabs(text: &str) -> String {
    let mut expanded = String::with_capacity(text.len());
    let mut column = 0;
    for character in text.chars() {
        match character {
            '\t' => {
                let spaces = 8 - column % 8;
                expanded.extend(std::iter::repeat_n(' ', spaces));
                column += spaces;
                continue;
            }
            '\n' | '\r' => column = 0,
            _ => column += 1,
        }
        expanded.push(character);
    }
    expanded
}

/// The parts of a `%` format that asks for nothing but `%s`, `%r` and `%a`: texts, and conversions
/// as errors.
pub(crate) fn percent_parts(format: &str) -> Option<Vec<Result<String, ConversionFlag>>> {
    let mut parts = Vec::new();
    let mut text = String::new();
    let mut characters = format.chars();
    while let Some(character) = characters.next() {
        if character != '%' {
            text.push(character);
            continue;
        }
        let flag = match characters.next()? {
            '%' => {
                text.push('%');
                continue;
            }
            's' => ConversionFlag::Str,
            'r' => ConversionFlag::Repr,
            'a' => ConversionFlag::Ascii,
            _ => return None,
        };
        if !text.is_empty() {
            parts.push(Ok(std::mem::take(&mut text)));
        }
        parts.push(Err(flag));
    }
    if !text.is_empty() {
        parts.push(Ok(text));
    }
    Some(parts)
}
