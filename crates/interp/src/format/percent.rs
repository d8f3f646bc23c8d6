//! The operator `%` of strings and bytes.

use super::{Spec, cut, format_float_text, format_int_text, pad, put_word};
use crate::error::PyResult;
use crate::object::bytes::{Bytes, bytes_of};
use crate::object::float::float_of;
use crate::object::str::Str;
use crate::object::tuple::{Tuple, check_size};
use crate::object::{class, downcast, downcast_exact, exception, int};
use crate::operations;
use crate::thread::Thread;
use crate::value::{Ref, Value};
use core::fmt::Write;

/// One conversion: `%[(key)][flags][width][.precision]kind`.
#[derive(Default, PartialEq, Eq)]
struct Conversion {
    left: bool,
    plus: bool,
    blank: bool,
    alternate: bool,
    zero: bool,
    width: usize,
    precision: Option<usize>,
}

impl Conversion {
    /// The same as a format specification.
    fn spec(&self, kind: char) -> Spec {
        Spec {
            fill: if self.zero && !self.left { '0' } else { ' ' },
            align: Some(if self.left {
                '<'
            } else if self.zero {
                '='
            } else {
                '>'
            }),
            sign: if self.plus {
                '+'
            } else if self.blank {
                ' '
            } else {
                '-'
            },
            alternate: self.alternate,
            width: self.width,
            precision: self.precision,
            kind: Some(if matches!(kind, 'i' | 'u') { 'd' } else { kind }),
            ..Spec::default()
        }
    }
}

/// The format: characters, or bytes that stand for those of their numbers.
#[derive(Clone, Copy)]
struct Text<'a, C>(&'a [C]);

impl<C: Copy + Into<char>> Text<'_, C> {
    #[inline(always)]
    fn get(self, at: usize) -> Option<char> {
        self.0.get(at).map(|c| (*c).into())
    }
}

/// The values to convert, taken one after the other.
struct Arguments<'a> {
    whole: Value,
    items: &'a [Value],
    is_tuple: bool,
    next: usize,
}

impl Arguments<'_> {
    fn next(&mut self, thread: &mut Thread) -> PyResult<Value> {
        let Some(value) = self.items.get(self.next) else {
            return Err(thread.type_error("not enough arguments for format string"));
        };
        self.next += 1;
        Ok(*value)
    }
}

/// `format % arguments`.
///
/// # Errors
/// `TypeError` and `ValueError` as the format and the arguments disagree.
pub(crate) fn percent(thread: &mut Thread, format: &Str, arguments: Value) -> PyResult {
    let text = match format.as_ascii() {
        Some(text) => convert_all(thread, Text(text.as_bytes()), arguments, false),
        None => {
            let text: Vec<char> = format.to_utf8_lossy().chars().collect();
            convert_all(thread, Text(&text), arguments, false)
        }
    };
    text.map(|text| Str::new(&text))
}

/// `format % arguments` of bytes.
///
/// # Errors
/// As [`percent`].
pub(crate) fn percent_bytes(
    thread: &mut Thread,
    format: &[u8],
    arguments: Value,
) -> PyResult<Vec<u8>> {
    // Each byte stands for the character of its number on the way.
    let text = convert_all(thread, Text(format), arguments, true)?;
    Ok(text.chars().map(|c| u32::from(c) as u8).collect())
}

fn convert_all<C: Copy + Into<char>>(
    thread: &mut Thread,
    text: Text<'_, C>,
    arguments: Value,
    bytes: bool,
) -> PyResult<String> {
    let whole = [arguments];
    let tuple = downcast::<Tuple>(&arguments);
    let items = tuple.map_or(&whole[..], Tuple::items);
    let mut given = Arguments {
        whole: arguments,
        items,
        is_tuple: tuple.is_some(),
        next: 0,
    };
    let (mut out, mut at) = (String::new(), 0);
    let mut keyed = false;
    while let Some(c) = text.get(at) {
        at += 1;
        if c == '%' {
            convert(
                thread, text, &mut at, &mut given, &mut keyed, bytes, &mut out,
            )?;
        } else {
            out.push(c);
        }
    }
    let ty = arguments.ty();
    let mapping = !given.is_tuple
        && downcast::<Str>(&arguments).is_none()
        && bytes_of(&arguments).is_none()
        && ty.get_item().is_some();
    if given.next < given.items.len() && !keyed && !mapping {
        let kind = if bytes { "bytes" } else { "string" };
        return Err(thread.type_error(format!(
            "not all arguments converted during {kind} formatting"
        )));
    }
    Ok(out)
}

/// One conversion, the text of which goes on at `at`.
fn convert<C: Copy + Into<char>>(
    thread: &mut Thread,
    text: Text<'_, C>,
    at: &mut usize,
    given: &mut Arguments<'_>,
    keyed: &mut bool,
    bytes: bool,
    out: &mut String,
) -> PyResult<()> {
    let incomplete = |thread: &mut Thread| thread.value_error("incomplete format");
    let mut value: Option<Ref> = None;
    if text.get(*at) == Some('(') {
        let (start, mut open) = (*at + 1, 1);
        let mut end = start;
        while let Some(c) = text.get(end) {
            open += match c {
                '(' => 1,
                ')' => -1,
                _ => 0,
            };
            if open == 0 {
                break;
            }
            end += 1;
        }
        if open != 0 {
            return Err(thread.value_error("incomplete format key"));
        }
        if given.is_tuple
            || downcast::<Str>(&given.whole).is_some()
            || given.whole.ty().get_item().is_none()
        {
            return Err(thread.type_error("format requires a mapping"));
        }
        let key: String = (start..end).filter_map(|at| text.get(at)).collect();
        let key = if bytes {
            Bytes::new(key.as_bytes())
        } else {
            Str::new(&key)
        };
        value = Some(operations::get_item(thread, given.whole, *key)?);
        *keyed = true;
        *at = end + 1;
    }
    let mut conversion = Conversion::default();
    while let Some(flag) = text.get(*at) {
        match flag {
            '-' => conversion.left = true,
            '+' => conversion.plus = true,
            ' ' => conversion.blank = true,
            '#' => conversion.alternate = true,
            '0' => conversion.zero = true,
            _ => break,
        }
        *at += 1;
    }
    if let Some(width) = size(thread, text, at, given, ("width", i64::MAX))? {
        conversion.left |= width < 0;
        conversion.width = usize::try_from(width.unsigned_abs()).unwrap_or(usize::MAX);
    }
    if text.get(*at) == Some('.') {
        *at += 1;
        let precision = size(thread, text, at, given, ("precision", i32::MAX.into()))?.unwrap_or(0);
        conversion.precision = Some(usize::try_from(precision).unwrap_or(0));
    }
    while matches!(text.get(*at), Some('h' | 'l' | 'L')) {
        *at += 1;
    }
    let Some(kind) = text.get(*at) else {
        return Err(incomplete(thread));
    };
    *at += 1;
    if kind == '%' {
        out.push('%');
        return Ok(());
    }
    let value = match value {
        Some(value) => value,
        None => given.next(thread)?.to_ref(),
    };
    if conversion == Conversion::default() && push_as_it_is(out, kind, *value, bytes) {
        return Ok(());
    }
    let spec = conversion.spec(kind);
    if let (Some(int), 'd' | 'i' | 'u' | 'x' | 'X' | 'o', None) =
        (value.as_int(), kind, spec.precision)
        && put_word(out, int, &spec)
    {
        return Ok(());
    }
    out.push_str(&one(thread, &conversion, kind, &value, bytes, *at - 1)?);
    Ok(())
}

/// Writes what takes no more than that: an integer in a word, or ASCII text. Says whether it did.
fn push_as_it_is(out: &mut String, kind: char, value: Value, bytes: bool) -> bool {
    let decimal = matches!(kind, 'd' | 'i' | 'u') || kind == 's' && !bytes;
    if let Some(int) = value.as_int().filter(|_| decimal) {
        // Writing to a string does not fail.
        return write!(out, "{int}").is_ok();
    }
    if kind != 's' || bytes {
        return false;
    }
    let text = downcast_exact::<Str>(&value).and_then(Str::as_ascii);
    if let Some(text) = text {
        out.push_str(text);
    }
    text.is_some()
}

/// A width or precision: digits, or `*` for the next argument.
fn size<C: Copy + Into<char>>(
    thread: &mut Thread,
    text: Text<'_, C>,
    at: &mut usize,
    given: &mut Arguments<'_>,
    (what, most): (&str, i64),
) -> PyResult<Option<i64>> {
    if text.get(*at) == Some('*') {
        *at += 1;
        let value = given.next(thread)?;
        return match int::to_i64(value) {
            Some(Ok(size)) => {
                let wanted = usize::try_from(size.unsigned_abs()).unwrap_or(usize::MAX);
                check_size(thread, wanted, 1, size_of::<char>())?;
                Ok(Some(size))
            }
            _ => Err(thread.type_error("* wants int")),
        };
    }
    let mut size: Option<i64> = None;
    while let Some(digit) = text.get(*at).and_then(|c| c.to_digit(10)) {
        *at += 1;
        size = Some(
            size.unwrap_or(0)
                .checked_mul(10)
                .and_then(|size| size.checked_add(i64::from(digit)))
                .filter(|size| *size <= most)
                .ok_or_else(|| thread.value_error(format!("{what} too big")))?,
        );
    }
    let wanted = usize::try_from(size.unwrap_or(0)).unwrap_or(0);
    check_size(thread, wanted, 1, size_of::<char>())?;
    Ok(size)
}

fn one(
    thread: &mut Thread,
    conversion: &Conversion,
    kind: char,
    value: &Ref,
    bytes: bool,
    at: usize,
) -> PyResult<String> {
    let spec = conversion.spec(kind);
    let plain = |text: &str| {
        let align = Some(if conversion.left { '<' } else { '>' });
        pad(
            "",
            cut(text, conversion.precision),
            &Spec {
                fill: ' ',
                align,
                ..spec
            },
            '>',
        )
    };
    Ok(match kind {
        's' | 'b' if bytes => {
            let data = content(thread, value)?;
            plain(&data.into_iter().map(char::from).collect::<String>())
        }
        'r' if bytes => plain(&operations::ascii_text(thread, **value)?),
        's' => plain(&operations::str_text(thread, **value)?),
        'r' => plain(&operations::repr_text(thread, **value)?),
        'a' => plain(&operations::ascii_text(thread, **value)?),
        'd' | 'i' | 'u' | 'x' | 'X' | 'o' => {
            let int = integer(thread, value, kind)?;
            integer_text(thread, *int, &spec)?
        }
        'e' | 'E' | 'f' | 'F' | 'g' | 'G' => {
            let float = real(thread, value)?;
            format_float_text(thread, float, &spec)?
        }
        'c' => {
            let text = character(thread, value, bytes)?;
            pad(
                "",
                &text,
                &Spec {
                    fill: ' ',
                    align: Some(if conversion.left { '<' } else { '>' }),
                    ..spec
                },
                '>',
            )
        }
        other => {
            let (code, shown) = (
                u32::from(other),
                if other.is_ascii_graphic() { other } else { '?' },
            );
            return Err(thread.value_error(format!(
                "unsupported format character '{shown}' ({code:#x}) at index {at}"
            )));
        }
    })
}

/// The bytes that `%b` writes.
fn content(thread: &mut Thread, value: &Ref) -> PyResult<Vec<u8>> {
    if let Some(data) = bytes_of(value) {
        return Ok(data.into_owned());
    }
    if class::has_special(value.ty(), thread, "__bytes__") {
        let made = operations::call_method(thread, **value, "__bytes__", &[])?;
        if let Some(data) = bytes_of(&made) {
            return Ok(data.into_owned());
        }
    }
    let name = value.ty().name();
    Err(thread.type_error(format!(
        "%b requires a bytes-like object, or an object that implements __bytes__, not '{name}'"
    )))
}

fn integer(thread: &mut Thread, value: &Ref, kind: char) -> PyResult {
    if int::to_i64(**value).is_some() {
        return Ok(value.clone());
    }
    let name = value.ty().name();
    if matches!(kind, 'x' | 'X' | 'o') {
        if class::has_special(value.ty(), thread, "__index__") {
            return operations::as_int(thread, **value);
        }
        let text = format!("%{kind} format: an integer is required, not {name}");
        return Err(thread.type_error(text));
    }
    if let Some(float) = float_of(**value) {
        return int::from_float(thread, float.trunc());
    }
    for special in ["__int__", "__index__"] {
        if class::has_special(value.ty(), thread, special) {
            return operations::call_method(thread, **value, special, &[]);
        }
    }
    Err(thread.type_error(format!(
        "%{kind} format: a real number is required, not {name}"
    )))
}

/// An integer of `%`: a precision is the least number of digits.
fn integer_text(thread: &mut Thread, value: Value, spec: &Spec) -> PyResult<String> {
    let Some(digits) = spec.precision else {
        return format_int_text(thread, value, spec);
    };
    let bare = Spec {
        width: 0,
        precision: None,
        ..*spec
    };
    let text = format_int_text(thread, value, &bare)?;
    let start = text.len() - text.trim_start_matches(['+', '-', ' ']).len();
    let prefix = if spec.alternate && !matches!(spec.kind, Some('d')) {
        start + 2
    } else {
        start
    };
    let (sign, number) = text.split_at(prefix);
    let zeros = "0".repeat(digits.saturating_sub(number.len()));
    Ok(pad(sign, &format!("{zeros}{number}"), spec, '>'))
}

fn real(thread: &mut Thread, value: &Ref) -> PyResult<f64> {
    if float_of(**value).is_none() && class::has_special(value.ty(), thread, "__float__") {
        let made = operations::call_method(thread, **value, "__float__", &[])?;
        return crate::object::float::require(thread, *made);
    }
    crate::object::float::require(thread, **value)
}

fn character(thread: &mut Thread, value: &Ref, bytes: bool) -> PyResult<String> {
    let point = int::to_i64(**value);
    if bytes {
        let byte = match (point, bytes_of(value).as_deref()) {
            (Some(Ok(point @ 0..=255)), _) => Some(point as u8),
            (_, Some([byte])) => Some(*byte),
            (Some(_), _) => {
                return Err(
                    thread.raise_text(&exception::OVERFLOW_ERROR, "%c arg not in range(256)")
                );
            }
            _ => None,
        };
        let text = "%c requires an integer in range(256) or a single byte";
        return byte
            .map(|byte| char::from(byte).to_string())
            .ok_or_else(|| {
                let name = value.ty().name();
                thread.type_error(format!("{text}, not {name}"))
            });
    }
    match (point, downcast::<Str>(value)) {
        (_, Some(text)) if text.len() == 1 => Ok(text.to_utf8_lossy().into_owned()),
        (_, Some(text)) => {
            let len = text.len();
            Err(thread.type_error(format!(
                "%c requires an int or a unicode character, not a string of length {len}"
            )))
        }
        (Some(point), None) => match point
            .ok()
            .and_then(|point| u32::try_from(point).ok())
            .filter(|point| *point <= 0x10_ffff)
        {
            Some(point) => Ok(char::from_u32(point)
                .unwrap_or(char::REPLACEMENT_CHARACTER)
                .to_string()),
            None => {
                Err(thread.raise_text(&exception::OVERFLOW_ERROR, "%c arg not in range(0x110000)"))
            }
        },
        (None, None) => {
            let name = value.ty().name();
            Err(thread.type_error(format!(
                "%c requires an int or a unicode character, not {name}"
            )))
        }
    }
}
