//! Formatting: the format language of f-strings and `format`, and `%` of strings.

use crate::error::{PyResult, Raised};
use crate::object::dict::Dict;
use crate::object::float::{float_of, repr_text};
use crate::object::str::Str;
use crate::object::tuple::Tuple;
use crate::object::{class, downcast, int};
use crate::operations;
use crate::thread::Thread;
use crate::value::{Ref, Value};

/// A parsed format specification: `[[fill]align][sign][z][#][0][width][grouping][.precision][type]`.
#[derive(Clone, Copy, Debug)]
struct Spec {
    fill: char,
    align: Option<char>,
    sign: char,
    alternate: bool,
    width: usize,
    grouping: Option<char>,
    precision: Option<usize>,
    kind: Option<char>,
}

fn parse(text: &str) -> Option<Spec> {
    let mut chars = text.chars().peekable();
    let mut spec = Spec {
        fill: ' ',
        align: None,
        sign: '-',
        alternate: false,
        width: 0,
        grouping: None,
        precision: None,
        kind: None,
    };
    let is_align = |c: char| matches!(c, '<' | '>' | '^' | '=');
    let mut ahead = text.chars();
    match (ahead.next(), ahead.next()) {
        (Some(fill), Some(align)) if is_align(align) => {
            (spec.fill, spec.align) = (fill, Some(align));
            chars.nth(1);
        }
        (Some(align), _) if is_align(align) => {
            spec.align = Some(align);
            chars.next();
        }
        _ => {}
    }
    if let Some(sign) = chars.next_if(|c| matches!(c, '+' | '-' | ' ')) {
        spec.sign = sign;
    }
    spec.alternate = chars.next_if_eq(&'#').is_some();
    if chars.next_if_eq(&'0').is_some() && spec.align.is_none() {
        (spec.fill, spec.align) = ('0', Some('='));
    }
    let number = |chars: &mut core::iter::Peekable<core::str::Chars<'_>>| {
        let mut number: Option<usize> = None;
        while let Some(digit) = chars.next_if(char::is_ascii_digit) {
            number = Some(
                number
                    .unwrap_or(0)
                    .checked_mul(10)?
                    .checked_add(digit as usize - '0' as usize)?,
            );
        }
        number
    };
    spec.width = number(&mut chars).unwrap_or(0);
    spec.grouping = chars.next_if(|c| matches!(c, ',' | '_'));
    if chars.next_if_eq(&'.').is_some() {
        spec.precision = Some(number(&mut chars)?);
    }
    spec.kind = chars.next();
    chars.next().is_none().then_some(spec)
}

/// `format(value, spec)`.
///
/// # Errors
/// `ValueError` for a specification that the type does not know, and what `__format__` raises.
pub(crate) fn format(thread: &mut Thread, value: Value, spec: &str) -> PyResult {
    if value.ty().is_heap() && class::has_special(value.ty(), thread, "__format__") {
        let spec = Str::new(spec);
        return operations::call_method(thread, value, "__format__", &[*spec]);
    }
    if spec.is_empty() {
        return operations::str(thread, value);
    }
    let name = value.ty().name();
    let Some(parsed) = parse(spec) else {
        return Err(thread.value_error(format!(
            "Invalid format specifier '{spec}' for object of type '{name}'"
        )));
    };
    if let Some(string) = downcast::<Str>(&value) {
        return format_str(thread, &string.to_utf8_lossy(), &parsed);
    }
    if int::to_i64(value).is_some() {
        return match parsed.kind {
            Some('e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%') => {
                let float = crate::object::float::require(thread, value)?;
                format_float(thread, float, &parsed)
            }
            _ => format_int(thread, value, &parsed),
        };
    }
    if let Some(float) = float_of(value) {
        return format_float(thread, float, &parsed);
    }
    Err(thread.type_error(format!(
        "unsupported format string passed to {name}.__format__"
    )))
}

fn unknown(thread: &mut Thread, kind: char, ty: &str) -> Raised {
    thread.value_error(format!(
        "Unknown format code '{kind}' for object of type '{ty}'"
    ))
}

fn format_str(thread: &mut Thread, text: &str, spec: &Spec) -> PyResult {
    if let Some(kind) = spec.kind.filter(|kind| *kind != 's') {
        return Err(unknown(thread, kind, "str"));
    }
    if spec.align == Some('=') {
        return Err(thread.value_error("'=' alignment not allowed in string format specifier"));
    }
    let cut: String = text
        .chars()
        .take(spec.precision.unwrap_or(usize::MAX))
        .collect();
    Ok(Str::new(&pad("", &cut, spec, '<')))
}

fn format_int(thread: &mut Thread, value: Value, spec: &Spec) -> PyResult {
    if spec.precision.is_some() {
        return Err(thread.value_error("Precision not allowed in integer format specifier"));
    }
    let (negative, magnitude) = {
        let (sign, magnitude) = int::big(value)
            .expect("checked to be an int")
            .into_owned()
            .into_parts();
        (sign == dashu_int::Sign::Negative, magnitude)
    };
    let (digits, prefix, group) = match spec.kind {
        None | Some('d' | 'n') => (magnitude.to_string(), "", 3),
        Some('x') => (magnitude.in_radix(16).to_string(), "0x", 4),
        Some('X') => (magnitude.in_radix(16).to_string().to_uppercase(), "0X", 4),
        Some('o') => (magnitude.in_radix(8).to_string(), "0o", 4),
        Some('b') => (magnitude.in_radix(2).to_string(), "0b", 4),
        Some('c') => {
            let point = u32::try_from(&magnitude).ok().and_then(char::from_u32);
            return match point {
                Some(c) if !negative => Ok(Str::new(&pad("", &c.to_string(), spec, '<'))),
                _ => Err(thread.raise_text(
                    &crate::object::exception::OVERFLOW_ERROR,
                    "%c arg not in range(0x110000)",
                )),
            };
        }
        Some(kind) => return Err(unknown(thread, kind, "int")),
    };
    let sign = sign_of(negative, spec);
    let prefix = if spec.alternate { prefix } else { "" };
    let digits = spec.grouping.map_or(digits.clone(), |separator| {
        grouped(&digits, separator, group)
    });
    Ok(Str::new(&pad(
        &format!("{sign}{prefix}"),
        &digits,
        spec,
        '>',
    )))
}

fn sign_of(negative: bool, spec: &Spec) -> &'static str {
    match (negative, spec.sign) {
        (true, _) => "-",
        (false, '+') => "+",
        (false, ' ') => " ",
        _ => "",
    }
}

fn grouped(digits: &str, separator: char, size: usize) -> String {
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(size) {
            out.push(separator);
        }
        out.push(digit);
    }
    out
}

fn format_float(thread: &mut Thread, float: f64, spec: &Spec) -> PyResult {
    let magnitude = float.abs();
    let precision = spec.precision.unwrap_or(6);
    let body = if float.is_nan() {
        "nan".into()
    } else if float.is_infinite() {
        "inf".into()
    } else {
        match spec.kind {
            Some('f' | 'F') => format!("{magnitude:.precision$}"),
            Some('%') => format!("{:.precision$}%", magnitude * 100.0),
            Some('e' | 'E') => exponent_form(magnitude, precision),
            Some('g' | 'G' | 'n') => general_form(magnitude, precision.max(1), spec.alternate),
            None => match spec.precision {
                Some(precision) => {
                    let text = general_form(magnitude, precision.max(1), false);
                    if text.contains(['.', 'e']) || precision == 0 {
                        text
                    } else {
                        format!("{text}.0")
                    }
                }
                None => repr_text(magnitude),
            },
            Some(kind) => return Err(unknown(thread, kind, "float")),
        }
    };
    let body = if matches!(spec.kind, Some('E' | 'G' | 'F')) {
        body.to_uppercase()
    } else {
        body
    };
    let body = match spec.grouping {
        Some(separator) => {
            let end = body.find(['.', 'e', '%']).unwrap_or(body.len());
            format!("{}{}", grouped(&body[..end], separator, 3), &body[end..])
        }
        None => body,
    };
    let sign = sign_of(float.is_sign_negative() && !float.is_nan(), spec);
    Ok(Str::new(&pad(sign, &body, spec, '>')))
}

fn exponent_form(magnitude: f64, precision: usize) -> String {
    let text = format!("{magnitude:.precision$e}");
    let (mantissa, exponent) = text.split_once('e').expect("the format has an exponent");
    let exponent: i32 = exponent.parse().expect("the exponent is a number");
    format!(
        "{mantissa}e{}{:02}",
        if exponent < 0 { '-' } else { '+' },
        exponent.abs()
    )
}

fn general_form(magnitude: f64, precision: usize, keep_zeros: bool) -> String {
    let scientific = exponent_form(magnitude, precision - 1);
    let (_, exponent) = scientific
        .split_once('e')
        .expect("the format has an exponent");
    let exponent: i64 = exponent.parse().expect("the exponent is a number");
    let trim = |text: &str| {
        if keep_zeros || !text.contains('.') {
            text.to_owned()
        } else {
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
    };
    if exponent < -4 || exponent >= precision as i64 {
        let (mantissa, exponent) = scientific
            .split_once('e')
            .expect("the format has an exponent");
        return format!("{}e{exponent}", trim(mantissa));
    }
    let decimals = (precision as i64 - 1 - exponent).max(0) as usize;
    trim(&format!("{magnitude:.decimals$}"))
}

fn pad(sign: &str, body: &str, spec: &Spec, default: char) -> String {
    let missing = spec
        .width
        .saturating_sub(sign.chars().count() + body.chars().count());
    let fill = |count: usize| core::iter::repeat_n(spec.fill, count).collect::<String>();
    match spec.align.unwrap_or(default) {
        '<' => format!("{sign}{body}{}", fill(missing)),
        '^' => format!(
            "{}{sign}{body}{}",
            fill(missing / 2),
            fill(missing - missing / 2)
        ),
        '=' => format!("{sign}{}{body}", fill(missing)),
        _ => format!("{}{sign}{body}", fill(missing)),
    }
}

/// `format % arguments`.
///
/// # Errors
/// `TypeError` and `ValueError` as the format and the arguments disagree.
pub(crate) fn percent(thread: &mut Thread, format: &Str, arguments: Value) -> PyResult {
    let text = format.to_utf8_lossy();
    let positional: Vec<Value> = match downcast::<Tuple>(&arguments) {
        Some(tuple) => tuple.items().to_vec(),
        None => vec![arguments],
    };
    let mut given = positional.iter();
    let mut out = String::new();
    let mut rest = &*text;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let mut value = None;
        if let Some(keyed) = rest.strip_prefix('(') {
            let Some((key, after)) = keyed.split_once(')') else {
                return Err(thread.value_error("incomplete format key"));
            };
            if downcast::<Dict>(&arguments).is_none() {
                return Err(thread.type_error("format requires a mapping"));
            }
            value = Some(operations::get_item(thread, arguments, *Str::new(key))?);
            rest = after;
        }
        let Some(end) = rest.find(|c: char| c.is_alphabetic() || c == '%') else {
            return Err(thread.value_error("incomplete format"));
        };
        let kind = rest[end..].chars().next().expect("found a character");
        let flags = &rest[..end];
        rest = &rest[end + kind.len_utf8()..];
        if kind == '%' {
            out.push('%');
            continue;
        }
        let value = match value {
            Some(value) => value,
            None => match given.next() {
                Some(value) => value.to_ref(),
                None => return Err(thread.type_error("not enough arguments for format string")),
            },
        };
        out.push_str(&convert(thread, flags, kind, &value)?);
    }
    out.push_str(rest);
    let all_used = given.next().is_none()
        || downcast::<Tuple>(&arguments).is_none() && downcast::<Dict>(&arguments).is_some();
    if all_used {
        Ok(Str::new(&out))
    } else {
        Err(thread.type_error("not all arguments converted during string formatting"))
    }
}

/// One conversion of `%`, by way of the format language.
fn convert(thread: &mut Thread, flags: &str, kind: char, value: &Ref) -> PyResult<String> {
    let size = flags.trim_start_matches(['-', '+', ' ', '#', '0']);
    let has = |flag: char| flags[..flags.len() - size.len()].contains(flag);
    let align = if has('-') {
        "<"
    } else if has('0') && kind != 's' {
        ""
    } else {
        ">"
    };
    let sign = if has('+') {
        "+"
    } else if has(' ') {
        " "
    } else {
        ""
    };
    let sign = if matches!(kind, 's' | 'r' | 'a' | 'c') {
        ""
    } else {
        sign
    };
    let alternate = if has('#') { "#" } else { "" };
    let zero = if has('0') && !has('-') && !matches!(kind, 's' | 'r' | 'a' | 'c') {
        "0"
    } else {
        ""
    };
    let (value, kind) = match kind {
        's' => (operations::str(thread, **value)?, 's'),
        'r' | 'a' => (operations::repr(thread, **value)?, 's'),
        'd' | 'i' | 'u' => match float_of(**value) {
            Some(float) => (int::from_float(thread, float.trunc())?, 'd'),
            None if int::to_i64(**value).is_some() => (value.clone(), 'd'),
            None => {
                let name = value.ty().name();
                return Err(thread.type_error(format!(
                    "%{kind} format: a real number is required, not {name}"
                )));
            }
        },
        'c' if downcast::<Str>(value).is_some() => (value.clone(), 's'),
        other => (value.clone(), other),
    };
    let spec = format!("{align}{sign}{alternate}{zero}{size}{kind}");
    let text = format(thread, *value, &spec)?;
    operations::str_text(thread, *text)
}
