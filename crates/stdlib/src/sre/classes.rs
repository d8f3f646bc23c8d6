//! What kind a character is, and its lower case.

use core::ops::RangeInclusive;
use selvedge_interp::object::str::kinds;

/// Whether a character is of the category that `re._constants` numbers so.
pub(super) fn category(number: u32, point: u32) -> bool {
    let ascii = |is: fn(&u8) -> bool| u8::try_from(point).is_ok_and(|byte| is(&byte));
    // Each category is followed by its contrary.
    let is = match number & !1 {
        0 => ascii(u8::is_ascii_digit),
        2 => ascii(|byte| matches!(byte, b' ' | b'\t'..=b'\r')),
        4 | 8 => ascii(|byte| byte.is_ascii_alphanumeric() || *byte == b'_'),
        6 => point == u32::from('\n'),
        10 => kinds::is_decimal(point),
        12 => kinds::is_space(point),
        14 => kinds::is_alnum(point) || point == u32::from('_'),
        _ => kinds::is_line_end(point),
    };
    is != (number & 1 == 1)
}

/// The lower case of a character, if that is one character.
pub(super) fn lower(point: u32, ascii: bool) -> u32 {
    let Some(c) = char::from_u32(point) else {
        return point;
    };
    if ascii || c.is_ascii() {
        return u32::from(c.to_ascii_lowercase());
    }
    single(c.to_lowercase()).unwrap_or(point)
}

fn upper(point: u32) -> u32 {
    char::from_u32(point)
        .and_then(|c| single(c.to_uppercase()))
        .unwrap_or(point)
}

fn single(mut mapped: impl Iterator<Item = char>) -> Option<u32> {
    let first = mapped.next()?;
    mapped.next().is_none().then(|| u32::from(first))
}

/// Whether the upper case of a character is in the range.
pub(super) fn same_in_charset(point: u32, range: &RangeInclusive<u32>) -> bool {
    range.contains(&upper(point))
}

/// Whether a character has another case.
pub(super) fn is_cased(point: u32, ascii: bool) -> bool {
    if ascii {
        return u8::try_from(point).is_ok_and(|byte| byte.is_ascii_alphabetic());
    }
    lower(point, false) != point || upper(point) != point
}
