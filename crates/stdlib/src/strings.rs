//! The module `_string`: format strings taken apart.

use selvedge_interp::object::list::List;
use selvedge_interp::object::module::Module;
use selvedge_interp::object::native::{Args, NativeDef};
use selvedge_interp::object::str::Str;
use selvedge_interp::object::tuple::Tuple;
use selvedge_interp::object::{downcast, int, singletons};
use selvedge_interp::{PyResult, Ref, Thread, operations};

static FUNCTIONS: &[NativeDef] = &[
    NativeDef::function("formatter_field_name_split", split_name),
    NativeDef::function("formatter_parser", parse),
];

pub(crate) fn make(thread: &mut Thread) -> PyResult {
    Ok(Module::new(thread, "_string", FUNCTIONS))
}

/// The code points of the one argument, a string.
fn points(thread: &mut Thread, args: &Args<'_>, function: &str) -> PyResult<Vec<u32>> {
    let [text] = args.exactly(thread, function)?;
    match downcast::<Str>(&text) {
        Some(text) => Ok(text.code_points().iter().collect()),
        None => {
            let got = text.ty().name();
            Err(thread.type_error(format!("expected str, got {got}")))
        }
    }
}

const fn point(c: char) -> u32 {
    c as u32
}

/// A part of a name, as an index if it is one.
fn index_or_text(part: &[u32]) -> Ref {
    let digits: Option<i64> = part.iter().try_fold(0_i64, |value, digit| {
        let digit = char::from_u32(*digit)?.to_digit(10)?;
        value.checked_mul(10)?.checked_add(i64::from(digit))
    });
    match digits.filter(|_| !part.is_empty()) {
        Some(index) => int::from_i64(index),
        None => Str::from_code_points(part),
    }
}

/// `formatter_field_name_split(name)`: the first part, and an iterator of the rest, each with
/// whether it is an attribute.
fn split_name(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let name = points(thread, args, "formatter_field_name_split")?;
    let separates = |c: &u32| *c == point('.') || *c == point('[');
    let end = name.iter().position(separates).unwrap_or(name.len());
    let first = index_or_text(&name[..end]);
    let (mut rest, mut at) = (Vec::new(), end);
    while at < name.len() {
        let is_attribute = name[at] == point('.');
        at += 1;
        let end = if is_attribute {
            let end = name[at..].iter().position(separates);
            end.map_or(name.len(), |end| at + end)
        } else {
            match name[at..].iter().position(|c| *c == point(']')) {
                Some(end) => at + end,
                None => return Err(thread.value_error("Missing ']' in format string")),
            }
        };
        if end == at {
            return Err(thread.value_error("Empty attribute in format string"));
        }
        let part = if is_attribute {
            Str::from_code_points(&name[at..end])
        } else {
            index_or_text(&name[at..end])
        };
        rest.push(Tuple::from_refs(vec![singletons::bool(is_attribute), part]));
        at = if is_attribute { end } else { end + 1 };
        if !is_attribute && name.get(at).is_some_and(|c| !separates(c)) {
            let text = "Only '.' or '[' may follow ']' in format field specifier";
            return Err(thread.value_error(text));
        }
    }
    let rest = List::from_refs(rest);
    let rest = operations::iter(thread, *rest)?;
    Ok(Tuple::from_refs(vec![first, rest]))
}

/// `formatter_parser(text)`: an iterator of literal text, field name, specification, conversion.
fn parse(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let text = points(thread, args, "formatter_parser")?;
    let (mut parts, mut at) = (Vec::new(), 0);
    while at < text.len() {
        let (literal, end, is_field) = take_literal(thread, &text, at)?;
        at = end;
        let literal = Str::from_code_points(&literal);
        let none = singletons::none;
        let mut part = vec![literal, none(), none(), none()];
        if is_field {
            let (field, end) = take_field(thread, &text, at)?;
            at = end;
            part.splice(1.., field);
        }
        parts.push(Tuple::from_refs(part));
    }
    let parts = List::from_refs(parts);
    operations::iter(thread, *parts)
}

/// The literal text from `at` on, where it ends, and whether a field begins there.
fn take_literal(
    thread: &mut Thread,
    text: &[u32],
    mut at: usize,
) -> PyResult<(Vec<u32>, usize, bool)> {
    let mut literal = Vec::new();
    while let Some(c) = text.get(at) {
        at += 1;
        let doubled = text.get(at) == Some(c);
        if *c == point('{') || *c == point('}') {
            if doubled {
                // One of the two stands for itself, and ends the part.
                literal.push(*c);
                return Ok((literal, at + 1, false));
            }
            if *c == point('}') {
                return Err(thread.value_error("Single '}' encountered in format string"));
            }
            if at == text.len() {
                return Err(thread.value_error("Single '{' encountered in format string"));
            }
            return Ok((literal, at, true));
        }
        literal.push(*c);
    }
    Ok((literal, at, false))
}

/// The field whose text begins at `at`: name, specification and conversion, and where it ends.
fn take_field(thread: &mut Thread, text: &[u32], start: usize) -> PyResult<(Vec<Ref>, usize)> {
    let (mut depth, mut end) = (1, start);
    while depth > 0 {
        match text.get(end) {
            Some(c) if *c == point('{') => depth += 1,
            Some(c) if *c == point('}') => depth -= 1,
            Some(_) => {}
            None => return Err(thread.value_error("expected '}' before end of string")),
        }
        end += 1;
    }
    let field = &text[start..end - 1];
    let mut in_brackets = false;
    let name_end = field.iter().position(|c| {
        in_brackets = match char::from_u32(*c) {
            Some('[') => true,
            Some(']') => false,
            _ => in_brackets,
        };
        !in_brackets && (*c == point('!') || *c == point(':'))
    });
    let name_end = name_end.unwrap_or(field.len());
    let name = Str::from_code_points(&field[..name_end]);
    let mut rest = &field[name_end..];
    let mut conversion = singletons::none();
    if let [mark, after @ ..] = rest
        && *mark == point('!')
    {
        let [kind, after @ ..] = after else {
            let text = "end of string while looking for conversion specifier";
            return Err(thread.value_error(text));
        };
        conversion = Str::from_code_points(&[*kind]);
        rest = after;
        if rest.first().is_some_and(|c| *c != point(':')) {
            return Err(thread.value_error("expected ':' after conversion specifier"));
        }
    }
    let specification = Str::from_code_points(rest.get(1..).unwrap_or(&[]));
    Ok((vec![name, specification, conversion], end))
}
