//! Integers as texts, and how many decimal digits these may have: the conversion takes more than
//! linear time, so that a long number is an attack (CVE-2020-10735).

use super::from_big;
use crate::error::{PyResult, Raised};
use crate::thread::Thread;
use crate::value::Ref;
use core::f64::consts::LOG10_2;
use dashu_int::ops::BitTest as _;
use dashu_int::{IBig, UBig};

/// The limit of a new interpreter.
pub const DEFAULT_LIMIT: u32 = 4300;
/// No limit may be smaller; what is shorter is converted without asking.
pub const LEAST_LIMIT: u32 = 640;

/// The decimal digits of an integer.
///
/// # Errors
/// `ValueError` if these are more than the interpreter allows.
pub(crate) fn decimal(thread: &mut Thread, magnitude: &UBig) -> PyResult<String> {
    let Some(limit) = limit_below(thread, magnitude.bit_len()) else {
        return Ok(magnitude.to_string());
    };
    // Half a digit for what is rounded.
    let surely_more = (magnitude.bit_len() as f64 - 1.0) * LOG10_2 > f64::from(limit) + 0.5;
    if surely_more {
        return Err(too_many(thread, limit, ""));
    }
    let digits = magnitude.to_string();
    if digits.len() > limit as usize {
        return Err(too_many(thread, limit, ""));
    }
    Ok(digits)
}

/// The limit, if an integer of so many bits may be beyond it.
fn limit_below(thread: &Thread, bits: usize) -> Option<u32> {
    let limit = thread.interpreter().int_digits_limit();
    let may_be_more = bits as f64 * LOG10_2 + 1.5 > f64::from(limit);
    (limit != 0 && may_be_more).then_some(limit)
}

/// Checks that a text in a base does not have more digits than the interpreter allows.
///
/// # Errors
/// `ValueError` if it has. Bases that are powers of two take linear time and have no limit.
pub(crate) fn check(thread: &mut Thread, text: &str, base: u32) -> PyResult<()> {
    let limit = thread.interpreter().int_digits_limit();
    if limit == 0 || text.len() <= limit as usize || base.is_power_of_two() {
        return Ok(());
    }
    let plain = text.trim().trim_start_matches(['+', '-']);
    if base == 0 && plain.starts_with('0') {
        return Ok(());
    }
    let digits = plain.chars().filter(|c| c.is_alphanumeric()).count();
    if digits <= limit as usize {
        return Ok(());
    }
    Err(too_many(
        thread,
        limit,
        &format!(": value has {digits} digits"),
    ))
}

fn too_many(thread: &mut Thread, limit: u32, what: &str) -> Raised {
    thread.value_error(format!(
        "Exceeds the limit ({limit} digits) for integer string conversion{what}; \
         use sys.set_int_max_str_digits() to increase the limit"
    ))
}

/// The integer of at most 18 decimal digits and nothing else.
fn parse_short(digits: &[u8]) -> Option<i64> {
    if digits.is_empty() || digits.len() > 18 {
        return None;
    }
    digits.iter().try_fold(0_i64, |int, digit| {
        let digit = digit.is_ascii_digit().then(|| digit - b'0')?;
        Some(int * 10 + i64::from(digit))
    })
}

/// The integer of digits in a base from 2 to 36, with `_` between digits allowed.
pub fn parse(text: &str, base: u32) -> Option<Ref> {
    if base == 10
        && let Some(int) = parse_short(text.as_bytes())
    {
        return Some(Ref::small(int));
    }
    let trimmed = text.trim();
    let (negative, digits) = match trimmed.as_bytes().first()? {
        b'-' => (true, &trimmed[1..]),
        b'+' => (false, &trimmed[1..]),
        _ => (false, trimmed),
    };
    let lower = digits.to_ascii_lowercase();
    let (prefixed, digits) = match lower.get(..2) {
        Some("0x") if base == 16 || base == 0 => (16, &lower[2..]),
        Some("0o") if base == 8 || base == 0 => (8, &lower[2..]),
        Some("0b") if base == 2 || base == 0 => (2, &lower[2..]),
        _ => (if base == 0 { 10 } else { base }, &*lower),
    };
    let has_prefix = digits.len() < lower.len();
    let digits = if has_prefix {
        digits.strip_prefix('_').unwrap_or(digits)
    } else {
        digits
    };
    if base == 0
        && !has_prefix
        && digits.starts_with('0')
        && digits
            .bytes()
            .any(|byte| byte.is_ascii_digit() && byte != b'0')
    {
        return None;
    }
    let grouped = digits.split('_').all(|group| !group.is_empty());
    if !grouped || !digits.chars().all(|c| c == '_' || c.is_digit(prefixed)) {
        return None;
    }
    let plain: String = digits.chars().filter(|c| *c != '_').collect();
    let value = IBig::from_str_radix(&plain, prefixed).ok()?;
    Some(from_big(if negative { -value } else { value }))
}
