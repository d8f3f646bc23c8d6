//! Formatting: the format language of f-strings and `format`, and `%` of strings.

use crate::error::{PyResult, Raised};
use crate::object::complex::complex_of;
use crate::object::float::{float_of, repr_text};
use crate::object::str::Str;
use crate::object::tuple::check_size;
use crate::object::{class, downcast, int};
use crate::operations;
use crate::thread::Thread;
use crate::value::Value;

mod floats;
mod percent;
mod template;

use floats::{exponent_form, fixed_form, general_form, short_form};
pub(crate) use percent::{percent, percent_bytes};
pub(crate) use template::template;

/// A parsed format specification:
/// `[[fill]align][sign][z][#][0][width][grouping][.[precision][grouping]][type]`.
#[derive(Clone, Copy, Debug)]
struct Spec {
    fill: char,
    align: Option<char>,
    sign: char,
    no_negative_zero: bool,
    alternate: bool,
    width: usize,
    grouping: Option<char>,
    precision: Option<usize>,
    fraction_grouping: Option<char>,
    kind: Option<char>,
}

impl Default for Spec {
    fn default() -> Self {
        Self {
            fill: ' ',
            align: None,
            sign: '\0',
            no_negative_zero: false,
            alternate: false,
            width: 0,
            grouping: None,
            precision: None,
            fraction_grouping: None,
            kind: None,
        }
    }
}

type Chars<'a> = core::iter::Peekable<core::str::Chars<'a>>;

/// A number; `Err` if it has too many digits.
fn number(thread: &mut Thread, chars: &mut Chars<'_>) -> PyResult<Option<usize>> {
    let mut number: Option<usize> = None;
    while let Some(digit) = chars.next_if(char::is_ascii_digit) {
        let next = number
            .unwrap_or(0)
            .saturating_mul(10)
            .saturating_add(digit as usize - '0' as usize);
        if next > isize::MAX as usize {
            return Err(thread.value_error("Too many decimal digits in format string"));
        }
        number = Some(next);
    }
    Ok(number)
}

/// Refuses a precision that is no `int` of C.
fn check_precision(thread: &mut Thread, precision: Option<usize>) -> PyResult<()> {
    if precision.is_some_and(|precision| precision > i32::MAX as usize) {
        return Err(thread.value_error("precision too big"));
    }
    check_size(thread, precision.unwrap_or(0), 1, 4)
}

fn parse(thread: &mut Thread, text: &str, ty: &str) -> PyResult<Spec> {
    let mut chars = text.chars().peekable();
    let mut spec = Spec::default();
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
    spec.no_negative_zero = chars.next_if_eq(&'z').is_some();
    spec.alternate = chars.next_if_eq(&'#').is_some();
    let filled = spec
        .align
        .is_some_and(|_| text.chars().nth(1).is_some_and(is_align));
    if chars.peek() == Some(&'0') {
        if !filled {
            spec.fill = '0';
            spec.align = spec.align.or(Some('='));
        }
        chars.next();
    }
    spec.width = number(thread, &mut chars)?.unwrap_or(0);
    check_size(thread, spec.width, 1, size_of::<char>())?;
    spec.grouping = grouping(thread, &mut chars)?;
    if chars.next_if_eq(&'.').is_some() {
        spec.precision = number(thread, &mut chars)?;
        check_precision(thread, spec.precision)?;
        spec.fraction_grouping = grouping(thread, &mut chars)?;
        if spec.precision.is_none() && spec.fraction_grouping.is_none() {
            return Err(thread.value_error("Format specifier missing precision"));
        }
    }
    spec.kind = chars.next();
    if chars.next().is_some() {
        return Err(thread.value_error(format!(
            "Invalid format specifier '{text}' for object of type '{ty}'"
        )));
    }
    if let (Some(separator), Some(kind)) = (spec.grouping, spec.kind) {
        let allowed = matches!(kind, 'd' | 'e' | 'f' | 'g' | 'E' | 'G' | '%' | 'F')
            || separator == '_' && matches!(kind, 'b' | 'o' | 'x' | 'X');
        if !allowed {
            return Err(thread.value_error(format!("Cannot specify '{separator}' with '{kind}'.")));
        }
    }
    Ok(spec)
}

fn grouping(thread: &mut Thread, chars: &mut Chars<'_>) -> PyResult<Option<char>> {
    let separator = chars.next_if(|c| matches!(c, ',' | '_'));
    match (separator, chars.peek()) {
        (Some(_), Some(',' | '_')) => {
            let twice = chars.peek() == separator.as_ref();
            let c = separator.unwrap_or(',');
            Err(thread.value_error(if twice {
                format!("Cannot specify '{c}' with '{c}'.")
            } else {
                "Cannot specify both ',' and '_'.".into()
            }))
        }
        _ => Ok(separator),
    }
}

/// `format(value, spec)`.
///
/// # Errors
/// `ValueError` for a specification that the type does not know, and what `__format__` raises.
pub(crate) fn format(thread: &mut Thread, value: Value, spec: &str) -> PyResult {
    if value.ty().is_heap() && class::has_special(value.ty(), thread, "__format__") {
        let spec = Str::new(spec);
        let made = operations::call_method(thread, value, "__format__", &[*spec])?;
        if downcast::<Str>(&made).is_none() {
            let got = made.ty().name();
            let text = format!("__format__ must return a str, not {got}");
            return Err(thread.type_error(text));
        }
        return Ok(made);
    }
    default_format(thread, value, spec)
}

/// As [`format`], whatever the value's class says.
///
/// # Errors
/// `TypeError` for a specification where the type takes none, `ValueError` for one that it does
/// not know.
pub(crate) fn default_format(thread: &mut Thread, value: Value, spec: &str) -> PyResult {
    if spec.is_empty() {
        return operations::str(thread, value);
    }
    let name = value.ty().name();
    let known = downcast::<Str>(&value).is_some()
        || int::to_i64(value).is_some()
        || float_of(value).is_some()
        || complex_of(value).is_some();
    if !known {
        return Err(thread.type_error(format!(
            "unsupported format string passed to {name}.__format__"
        )));
    }
    let parsed = parse(thread, spec, name)?;
    if let Some((real, imaginary)) = complex_of(value) {
        return format_complex(thread, real, imaginary, &parsed);
    }
    if let Some(string) = downcast::<Str>(&value) {
        return format_str(thread, &string.to_utf8_lossy(), &parsed);
    }
    if int::to_i64(value).is_some() {
        return match parsed.kind {
            Some('e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%') => {
                let float = crate::object::float::require(thread, value)?;
                format_float_text(thread, float, &parsed).map(|text| Str::new(&text))
            }
            _ => format_int_text(thread, value, &parsed).map(|text| Str::new(&text)),
        };
    }
    if let Some(float) = float_of(value) {
        return format_float_text(thread, float, &parsed).map(|text| Str::new(&text));
    }
    unreachable!("checked to be one of these")
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
    let refused = [
        (
            spec.sign != '\0',
            if spec.sign == ' ' {
                "Space not allowed in string format specifier"
            } else {
                "Sign not allowed in string format specifier"
            },
        ),
        (
            spec.no_negative_zero,
            "Negative zero coercion (z) not allowed in string format specifier",
        ),
        (
            spec.alternate,
            "Alternate form (#) not allowed in string format specifier",
        ),
        (
            spec.align == Some('=') && spec.fill != '0',
            "'=' alignment not allowed in string format specifier",
        ),
    ];
    if let Some((_, text)) = refused.iter().find(|(refused, _)| *refused) {
        return Err(thread.value_error(text));
    }
    if let Some(separator) = spec.grouping {
        return Err(thread.value_error(format!("Cannot specify '{separator}' with 's'.")));
    }
    let spec = &Spec {
        align: spec.align.filter(|align| *align != '='),
        ..*spec
    };
    Ok(Str::new(&pad("", cut(text, spec.precision), spec, '<')))
}

fn format_int_text(thread: &mut Thread, value: Value, spec: &Spec) -> PyResult<String> {
    if spec.precision.is_some() || spec.fraction_grouping.is_some() {
        return Err(thread.value_error("Precision not allowed in integer format specifier"));
    }
    if spec.no_negative_zero {
        return Err(thread
            .value_error("Negative zero coercion (z) not allowed in integer format specifier"));
    }
    let mut text = String::new();
    if let Some(int) = value.as_int()
        && put_word(&mut text, int, spec)
    {
        return Ok(text);
    }
    let (negative, magnitude) = {
        let (sign, magnitude) = int::big(value)
            .expect("checked to be an int")
            .into_owned()
            .into_parts();
        (sign == dashu_int::Sign::Negative, magnitude)
    };
    let (digits, prefix, group) = match spec.kind {
        None | Some('d' | 'n') => (int::decimal(thread, &magnitude)?, "", 3),
        Some('x') => (magnitude.in_radix(16).to_string(), "0x", 4),
        Some('X') => (magnitude.in_radix(16).to_string().to_uppercase(), "0X", 4),
        Some('o') => (magnitude.in_radix(8).to_string(), "0o", 4),
        Some('b') => (magnitude.in_radix(2).to_string(), "0b", 4),
        Some('c') => {
            let long = int::to_i64(value).and_then(Result::ok);
            return format_character(thread, long, spec);
        }
        Some(kind) => return Err(unknown(thread, kind, value.ty().name())),
    };
    let sign = sign_of(negative, spec);
    let prefix = if spec.alternate { prefix } else { "" };
    Ok(pad_grouped(
        &format!("{sign}{prefix}"),
        &digits,
        "",
        group,
        spec,
    ))
}

/// Writes an integer in a word, if its kind is a base and no prefix is asked for; says whether it
/// did. There is no precision.
fn put_word(out: &mut String, int: i64, spec: &Spec) -> bool {
    let (base, capitals) = match spec.kind {
        None | Some('d') => (10, false),
        Some('x') => (16, false),
        Some('X') => (16, true),
        Some('o') => (8, false),
        Some('b') => (2, false),
        Some(_) => return false,
    };
    if spec.alternate && base != 10 {
        return false;
    }
    let mut buffer = [0; u64::BITS as usize];
    let digits = digits(&mut buffer, int.unsigned_abs(), base, capitals);
    let sign = sign_of(int < 0, spec);
    if spec.grouping.is_some() {
        let size = if base == 10 { 3 } else { 4 };
        out.push_str(&pad_grouped(sign, digits, "", size, spec));
    } else {
        pad_into(out, sign, digits, spec, '>');
    }
    true
}

/// The digits of a number, at the end of `buffer`.
fn digits(buffer: &mut [u8; 64], mut number: u64, base: u64, capitals: bool) -> &str {
    let mut at = buffer.len();
    loop {
        // Dividing by a known number is a multiplication.
        let (rest, digit) = match base {
            10 => (number / 10, number % 10),
            16 => (number / 16, number % 16),
            _ => (number / base, number % base),
        };
        at -= 1;
        buffer[at] = match digit as u8 {
            digit @ 0..=9 => b'0' + digit,
            digit if capitals => b'A' + digit - 10,
            digit => b'a' + digit - 10,
        };
        number = rest;
        if number == 0 {
            break;
        }
    }
    core::str::from_utf8(&buffer[at..]).expect("digits are ASCII")
}

fn format_character(thread: &mut Thread, long: Option<i64>, spec: &Spec) -> PyResult<String> {
    if spec.sign != '\0' {
        return Err(thread.value_error("Sign not allowed with integer format specifier 'c'"));
    }
    if spec.alternate {
        return Err(
            thread.value_error("Alternate form (#) not allowed with integer format specifier 'c'")
        );
    }
    if long.is_none() {
        return Err(thread.raise_text(
            &crate::object::exception::OVERFLOW_ERROR,
            "Python int too large to convert to C long",
        ));
    }
    match long
        .and_then(|point| u32::try_from(point).ok())
        .and_then(char::from_u32)
    {
        Some(c) => Ok(pad("", &c.to_string(), spec, '>')),
        None => Err(thread.raise_text(
            &crate::object::exception::OVERFLOW_ERROR,
            "%c arg not in range(0x110000)",
        )),
    }
}

/// Digits in groups, padded. Zeros that fill up to the width are grouped too.
fn pad_grouped(sign: &str, digits: &str, rest: &str, size: usize, spec: &Spec) -> String {
    let Some(separator) = spec.grouping else {
        if rest.is_empty() {
            return pad(sign, digits, spec, '>');
        }
        return pad(sign, &[digits, rest].concat(), spec, '>');
    };
    let mut digits = digits.to_owned();
    if spec.fill == '0' && spec.align == Some('=') {
        let room = spec
            .width
            .saturating_sub(sign.chars().count() + rest.chars().count());
        let fits = |len: usize| len + (len - 1) / size;
        let mut len = digits.len().max(1);
        while fits(len) < room {
            len += 1;
        }
        digits = format!("{digits:0>len$}");
    }
    pad(
        sign,
        &format!("{}{rest}", grouped(&digits, separator, size)),
        spec,
        '>',
    )
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

fn format_float_text(thread: &mut Thread, float: f64, spec: &Spec) -> PyResult<String> {
    if let Some(kind) = spec.kind
        && !matches!(kind, 'e' | 'E' | 'f' | 'F' | 'g' | 'G' | 'n' | '%')
    {
        return Err(unknown(thread, kind, "float"));
    }
    let body = float_body(float.abs(), spec);
    let mut negative = float.is_sign_negative() && !float.is_nan();
    if spec.no_negative_zero && !body.bytes().any(|byte| matches!(byte, b'1'..=b'9' | b'i')) {
        negative = false;
    }
    let end = body
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(body.len());
    let (whole, rest) = body.split_at(end);
    Ok(if whole.is_empty() {
        pad(sign_of(negative, spec), &body, spec, '>')
    } else {
        pad_grouped(
            sign_of(negative, spec),
            whole,
            &group_fraction(rest, spec),
            3,
            spec,
        )
    })
}

/// The digits behind the point in groups from the left, if the specification asks for it.
fn group_fraction(rest: &str, spec: &Spec) -> String {
    let (Some(separator), Some(digits)) = (spec.fraction_grouping, rest.strip_prefix('.')) else {
        return rest.into();
    };
    let end = digits
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(digits.len());
    let mut out = String::from(".");
    for (at, digit) in digits[..end].chars().enumerate() {
        if at > 0 && at % 3 == 0 {
            out.push(separator);
        }
        out.push(digit);
    }
    out.push_str(&digits[end..]);
    out
}

/// A magnitude as the specification says, without sign, groups and padding.
fn float_body(magnitude: f64, spec: &Spec) -> String {
    let precision = spec.precision.unwrap_or(6);
    let point = |text: String| {
        if spec.alternate && !text.contains('.') {
            format!("{text}.")
        } else {
            text
        }
    };
    let body = if magnitude.is_finite() {
        match spec.kind {
            Some('f' | 'F') => point(fixed_form(magnitude, precision)),
            Some('%') => format!("{}%", point(fixed_form(magnitude * 100.0, precision))),
            Some('e' | 'E') => exponent_form(magnitude, precision, spec.alternate),
            Some(_) => general_form(magnitude, precision.max(1), spec.alternate),
            None => match spec.precision {
                Some(precision) => short_form(magnitude, precision.max(1), spec.alternate),
                None => repr_text(magnitude),
            },
        }
    } else {
        let text = if magnitude.is_nan() { "nan" } else { "inf" };
        if spec.kind == Some('%') {
            format!("{text}%")
        } else {
            text.into()
        }
    };
    if matches!(spec.kind, Some('E' | 'G' | 'F')) {
        body.to_uppercase()
    } else {
        body
    }
}

/// A complex number: both parts by the same specification, padded together.
fn format_complex(thread: &mut Thread, real: f64, imaginary: f64, spec: &Spec) -> PyResult {
    if spec.fill == '0' {
        return Err(thread.value_error("Zero padding is not allowed in complex format specifier"));
    }
    if spec.align == Some('=') {
        return Err(
            thread.value_error("'=' alignment flag is not allowed in complex format specifier")
        );
    }
    if let Some(kind) = spec.kind
        && !matches!(kind, 'e' | 'E' | 'f' | 'F' | 'g' | 'G' | 'n')
    {
        return Err(unknown(thread, kind, "complex"));
    }
    let part = |float: f64, sign: char| {
        let bare = Spec { sign, ..*spec };
        let body = match (spec.kind, spec.precision) {
            (None, Some(precision)) => general_form(float.abs(), precision.max(1), spec.alternate),
            (None, None) => repr_text(float.abs()).trim_end_matches(".0").to_owned(),
            _ => float_body(float.abs(), spec),
        };
        let end = body
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(body.len());
        let whole = spec
            .grouping
            .filter(|_| end > 0)
            .map_or(body[..end].to_owned(), |c| grouped(&body[..end], c, 3));
        format!(
            "{}{whole}{}",
            sign_of(float.is_sign_negative() && !float.is_nan(), &bare),
            &body[end..]
        )
    };
    let text = if spec.kind.is_none() && real == 0.0 && real.is_sign_positive() {
        format!("{}j", part(imaginary, spec.sign))
    } else {
        let both = format!("{}{}j", part(real, spec.sign), part(imaginary, '+'));
        if spec.kind.is_none() {
            format!("({both})")
        } else {
            both
        }
    };
    Ok(Str::new(&pad("", &text, spec, '>')))
}

/// The first characters of a text, as many as a precision says.
fn cut(text: &str, precision: Option<usize>) -> &str {
    let end = precision.and_then(|most| text.char_indices().nth(most));
    end.map_or(text, |(end, _)| &text[..end])
}

fn pad(sign: &str, body: &str, spec: &Spec, default: char) -> String {
    let mut text = String::new();
    pad_into(&mut text, sign, body, spec, default);
    text
}

/// Writes a sign and what follows it, filled up to the width.
fn pad_into(out: &mut String, sign: &str, body: &str, spec: &Spec, default: char) {
    let missing = if spec.width == 0 {
        0
    } else {
        let used = sign.chars().count() + body.chars().count();
        spec.width.saturating_sub(used)
    };
    let (before, between) = match spec.align.unwrap_or(default) {
        '<' => (0, 0),
        '^' => (missing / 2, 0),
        '=' => (0, missing),
        _ => (missing, 0),
    };
    out.reserve(sign.len() + body.len() + missing * spec.fill.len_utf8());
    let fill = |out: &mut String, count: usize| {
        for _ in 0..count {
            out.push(spec.fill);
        }
    };
    fill(out, before);
    out.push_str(sign);
    fill(out, between);
    out.push_str(body);
    fill(out, missing - before - between);
}
