//! `str.format`: texts with fields to fill in.

use super::format;
use crate::error::{PyResult, Raised};
use crate::object::native::Args;
use crate::object::str::Str;
use crate::object::{downcast, exception, int};
use crate::operations;
use crate::thread::Thread;
use crate::value::Value;

/// What fields are filled from.
struct Sources<'a> {
    args: &'a Args<'a>,
    mapping: Option<Value>,
    /// The number of the next field without one; nothing once a field had one.
    automatic: Option<usize>,
    /// Whether some field had no number.
    used_automatic: bool,
}

/// The template with its fields filled in from the arguments, or from the mapping.
///
/// # Errors
/// `ValueError` for a malformed template, `IndexError` and `KeyError` for a field that nothing
/// was given for, and what looking up and formatting raises.
pub(crate) fn template(
    thread: &mut Thread,
    text: &Str,
    args: &Args<'_>,
    mapping: Option<Value>,
) -> PyResult {
    let points: Vec<char> = text.to_utf8_lossy().chars().collect();
    let mut sources = Sources {
        args,
        mapping,
        automatic: Some(0),
        used_automatic: false,
    };
    fill(thread, &points, &mut sources, 2).map(|text| Str::new(&text))
}

fn fill(
    thread: &mut Thread,
    text: &[char],
    sources: &mut Sources<'_>,
    depth: usize,
) -> PyResult<String> {
    if depth == 0 {
        return Err(thread.value_error("Max string recursion exceeded"));
    }
    let (mut out, mut at) = (String::new(), 0);
    while let Some(c) = text.get(at) {
        at += 1;
        match (c, text.get(at)) {
            ('{', Some('{')) | ('}', Some('}')) => {
                out.push(*c);
                at += 1;
            }
            ('}', _) => return Err(thread.value_error("Single '}' encountered in format string")),
            ('{', None) => {
                return Err(thread.value_error("Single '{' encountered in format string"));
            }
            ('{', Some(_)) => {
                let end = end_of_field(thread, text, at)?;
                out.push_str(&field(thread, &text[at..end], sources, depth)?);
                at = end + 1;
            }
            (c, _) => out.push(*c),
        }
    }
    Ok(out)
}

/// Where the brace is that closes the field that begins at `at`.
fn end_of_field(thread: &mut Thread, text: &[char], at: usize) -> PyResult<usize> {
    let (mut open, mut bracket) = (1, false);
    for (place, c) in text.iter().enumerate().skip(at) {
        match c {
            '[' => bracket = true,
            ']' => bracket = false,
            '{' if !bracket => open += 1,
            '}' if !bracket => {
                open -= 1;
                if open == 0 {
                    return Ok(place);
                }
            }
            _ => {}
        }
    }
    Err(thread.value_error("expected '}' before end of string"))
}

/// One field: what it names, converted and formatted.
fn field(
    thread: &mut Thread,
    text: &[char],
    sources: &mut Sources<'_>,
    depth: usize,
) -> PyResult<String> {
    let mut bracket = false;
    let end = text.iter().position(|c| {
        bracket = if *c == '[' {
            true
        } else {
            bracket && *c != ']'
        };
        !bracket && matches!(c, '!' | ':')
    });
    let end = end.unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    if name.contains(&'{') {
        return Err(thread.value_error("unexpected '{' in field name"));
    }
    let (conversion, spec) = match rest {
        ['!', conversion, ':', spec @ ..] => (Some(*conversion), spec),
        ['!', conversion] => (Some(*conversion), &[][..]),
        ['!'] => return Err(thread.value_error("unmatched '{' in format spec")),
        ['!', ..] => return Err(thread.value_error("expected ':' after conversion specifier")),
        [':', spec @ ..] => (None, spec),
        _ => (None, &[][..]),
    };
    let value = look_up(thread, name, sources)?;
    let value = match conversion {
        None => value,
        Some('s') => operations::str(thread, *value)?,
        Some('r') => operations::repr(thread, *value)?,
        Some('a') => Str::new(&operations::ascii_text(thread, *value)?),
        Some(other) => {
            return Err(thread.value_error(format!("Unknown conversion specifier {other}")));
        }
    };
    let spec = if spec.contains(&'{') || spec.contains(&'}') {
        fill(thread, spec, sources, depth - 1)?
    } else {
        spec.iter().collect()
    };
    let shown = format(thread, *value, &spec)?;
    Ok(downcast::<Str>(&shown)
        .map(|shown| shown.to_utf8_lossy().into_owned())
        .unwrap_or_default())
}

/// The value that a field names: an argument, and attributes and items of it.
fn look_up(thread: &mut Thread, name: &[char], sources: &mut Sources<'_>) -> PyResult {
    let end = name
        .iter()
        .position(|c| matches!(c, '.' | '['))
        .unwrap_or(name.len());
    let first: String = name[..end].iter().collect();
    let mut value = argument(thread, &first, sources)?;
    let mut rest = &name[end..];
    while let Some((mark, after)) = rest.split_first() {
        let attribute = *mark == '.';
        let end = if attribute {
            after
                .iter()
                .position(|c| matches!(c, '.' | '['))
                .unwrap_or(after.len())
        } else if *mark == '[' {
            match after.iter().position(|c| *c == ']') {
                Some(end) => end,
                None => return Err(thread.value_error("Missing ']' in format string")),
            }
        } else {
            return Err(
                thread.value_error("Only '.' or '[' may follow ']' in format field specifier")
            );
        };
        let part: String = after[..end].iter().collect();
        if part.is_empty() {
            return Err(thread.value_error("Empty attribute in format string"));
        }
        if attribute {
            value = operations::get_attr_named(thread, *value, &part)?;
            rest = &after[end..];
        } else {
            let key = number(&part).map_or_else(|| Str::new(&part), int::from_usize);
            value = operations::get_item(thread, *value, *key)?;
            rest = &after[end + 1..];
        }
    }
    Ok(value)
}

fn number(text: &str) -> Option<usize> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())
        .flatten()
}

fn argument(thread: &mut Thread, name: &str, sources: &mut Sources<'_>) -> PyResult {
    let switched = |thread: &mut Thread, from: &str, to: &str| -> Raised {
        thread.value_error(format!("cannot switch from {from} to {to}"))
    };
    const MANUAL: &str = "manual field specification";
    const AUTOMATIC: &str = "automatic field numbering";
    let index = if name.is_empty() {
        let Some(next) = sources.automatic else {
            return Err(switched(thread, MANUAL, AUTOMATIC));
        };
        sources.automatic = Some(next + 1);
        sources.used_automatic = true;
        Some(next)
    } else {
        let index = number(name);
        if index.is_some() {
            if sources.used_automatic {
                return Err(switched(thread, AUTOMATIC, MANUAL));
            }
            sources.automatic = None;
        }
        index
    };
    match (index, sources.mapping) {
        (Some(_), Some(_)) => Err(thread.value_error("Format string contains positional fields")),
        (Some(index), None) => match sources.args.positional().get(index) {
            Some(value) => Ok(value.to_ref()),
            None => {
                let text =
                    format!("Replacement index {index} out of range for positional args tuple");
                Err(thread.raise_text(&exception::INDEX_ERROR, text))
            }
        },
        (None, Some(mapping)) => operations::get_item(thread, mapping, *Str::new(name)),
        (None, None) => {
            let found = sources
                .args
                .keywords()
                .find(|(keyword, _)| crate::object::str::name_text(keyword) == name);
            match found {
                Some((_, value)) => Ok(value.to_ref()),
                None => Err(thread.raise_with(&exception::KEY_ERROR, &[*Str::new(name)])),
            }
        }
    }
}
