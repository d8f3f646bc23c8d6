//! Integers: 63 bits in a word, the rest as objects around a big integer.

use super::{
    Base, BinaryOp, CompareOp, Object, Payload, Slots, Type, UnaryOp, allocate, class, downcast,
};
use crate::error::{PyResult, Raised};
use crate::object::exception;
use crate::object::float::{Float, float_of};
use crate::object::native::Args;
use crate::object::singletons::{self, bool_as_int};
use crate::object::str::Str;
use crate::operations;
use crate::references;
use crate::thread::Thread;
use crate::value::{Ref, Value};
use core::cmp::Ordering;
use dashu_int::ops::{BitTest, DivRemEuclid, SquareRoot};
use dashu_int::{IBig, Sign, UBig};
use std::borrow::Cow;

mod digits;
pub(crate) mod methods;
mod small;

pub(crate) use digits::decimal;
pub use digits::{DEFAULT_LIMIT, LEAST_LIMIT, parse};
pub use small::{floor_div, floor_mod};

/// An integer that does not fit in a word.
#[repr(C)]
pub struct BigInt {
    object: Object,
    value: IBig,
}

/// The type `int`.
pub static INT_TYPE: Type = Type::builtin(
    "int",
    Base::One(&class::OBJECT_TYPE),
    Slots {
        repr: Some(repr),
        hash: Some(hash),
        truth: Some(|_, value| Ok(!big_of(&value).is_some_and(|value| value.is_zero()))),
        construct: Some(construct),
        binary: Some(binary),
        unary: Some(unary),
        compare: Some(compare),
        ..Slots::of::<BigInt>()
    },
    methods::METHODS,
)
.subclassable();

// SAFETY: `BigInt` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for BigInt {
    const TYPE: &'static Type = &INT_TYPE;

    references!();
}

impl BigInt {
    /// An integer of any size, of a class that derives from `int`.
    pub(crate) fn of_type(ty: &'static Type, value: IBig) -> Ref {
        allocate(Self {
            object: Object::new(ty),
            value,
        })
    }
}

/// 2⁶¹ − 1: numbers that are equal modulo this prime have the same hash, whatever their type.
const HASH_MODULUS: i64 = (1 << 61) - 1;

/// The hash of a word integer.
#[inline]
pub(crate) fn hash_word(int: i64) -> u64 {
    let hash = if int.unsigned_abs() < HASH_MODULUS as u64 {
        int
    } else {
        int % HASH_MODULUS
    };
    (if hash == -1 { -2 } else { hash }) as u64
}

/// An integer of any size.
#[inline]
pub fn from_i64(int: i64) -> Ref {
    match Value::from_int(int) {
        Some(value) => Ref::adopt(value),
        None => from_wide(int),
    }
}

/// An integer that fits in no word.
#[cold]
#[inline(never)]
fn from_wide(int: i64) -> Ref {
    allocate(BigInt {
        object: Object::new(&INT_TYPE),
        value: IBig::from(int),
    })
}

/// An integer of any size.
#[inline]
pub fn from_usize(int: usize) -> Ref {
    match i64::try_from(int) {
        Ok(int) => from_i64(int),
        Err(_) => from_big(IBig::from(int)),
    }
}

/// An integer of any size, in a word if it fits.
pub fn from_big(int: IBig) -> Ref {
    match i64::try_from(&int).ok().and_then(Value::from_int) {
        Some(value) => Ref::adopt(value),
        None => allocate(BigInt {
            object: Object::new(&INT_TYPE),
            value: int,
        }),
    }
}

/// The integer of an `int` or `bool`.
pub fn big(value: Value) -> Option<Cow<'static, IBig>> {
    big_of(&value).map(|int| Cow::Owned(int.into_owned()))
}

/// The integer of an `int` or `bool`, where it is if it is a large one.
fn big_of(value: &Value) -> Option<Cow<'_, IBig>> {
    if let Some(int) = value.as_int().or_else(|| bool_as_int(*value)) {
        return Some(Cow::Owned(IBig::from(int)));
    }
    downcast::<BigInt>(value).map(|object| Cow::Borrowed(&object.value))
}

/// The integer of an `int` or `bool`: `Err` if it does not fit, `None` if it is neither.
pub fn to_i64(value: Value) -> Option<Result<i64, ()>> {
    if let Some(int) = value.as_int().or_else(|| bool_as_int(value)) {
        return Some(Ok(int));
    }
    downcast::<BigInt>(&value).map(|object| i64::try_from(&object.value).map_err(|_| ()))
}

/// The magnitude of an `int` or `bool` in words of 32 bits, the lowest first.
pub fn magnitude(value: Value) -> Option<Vec<u32>> {
    let bytes = big_of(&value)?.into_owned().unsigned_abs().to_le_bytes();
    let words = bytes.chunks(size_of::<u32>()).map(|bytes| {
        let mut word = [0; size_of::<u32>()];
        word[..bytes.len()].copy_from_slice(bytes);
        u32::from_le_bytes(word)
    });
    Some(words.collect())
}

/// The integer whose magnitude these words are, the lowest first.
pub fn of_magnitude(words: &[u32]) -> Ref {
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    from_big(UBig::from_le_bytes(&bytes).into())
}

fn construct(thread: &mut Thread, _: &'static Type, args: &Args<'_>) -> PyResult {
    let [value, base] = args.bind(thread, "int", ["", "base"], 0)?;
    if let (Some(value), None) = (value, base)
        && value.is_int()
    {
        return Ok(value.to_ref());
    }
    let Some(value) = value else {
        return if base.is_some() {
            Err(thread.type_error("int() missing string argument"))
        } else {
            Ok(Ref::small(0))
        };
    };
    let radix = match base {
        Some(base) => operations::index_clamped(thread, base)?,
        None => 10,
    };
    if radix != 0 && !(2..=36).contains(&radix) {
        return Err(thread.value_error("int() base must be >= 2 and <= 36, or 0"));
    }
    if let Some(string) = downcast::<Str>(&value) {
        let text = string.to_utf8_lossy();
        digits::check(thread, &text, radix as u32)?;
        return match parse(&text, radix as u32) {
            Some(int) => Ok(int),
            None => {
                let shown = string.repr();
                Err(thread.value_error(format!(
                    "invalid literal for int() with base {radix}: {shown}"
                )))
            }
        };
    }
    if let (Some(base), Some(data)) = (base, crate::object::bytes::bytes_of(&value)) {
        let points: Vec<u32> = data.iter().map(|byte| u32::from(*byte)).collect();
        let text = Str::from_code_points(&points);
        return operations::call(thread, INT_TYPE.value(), &Args::new(&[*text, base]));
    }
    if base.is_some() {
        return Err(thread.type_error("int() can't convert non-string with explicit base"));
    }
    if let Some(int) = big(value) {
        return Ok(from_big(int.into_owned()));
    }
    if let Some(float) = float_of(value) {
        return from_float(thread, float.trunc());
    }
    if let Some(data) = crate::object::bytes::bytes_of(&value) {
        let text = String::from_utf8_lossy(&data).into_owned();
        digits::check(thread, &text, 10)?;
        return match parse(&text, 10) {
            Some(int) => Ok(int),
            None => {
                let shown = operations::repr_text(thread, value)?;
                Err(thread.value_error(format!("invalid literal for int() with base 10: {shown}")))
            }
        };
    }
    for special in ["__int__", "__index__"] {
        if class::has_special(value.ty(), thread, special) {
            let made = operations::call_method(thread, value, special, &[])?;
            return match big(*made) {
                Some(int) => Ok(from_big(int.into_owned())),
                None => {
                    let (owner, name) = (value.ty().name(), made.ty().name());
                    Err(thread.type_error(format!(
                        "{owner}.{special}() must return an int, not {name}"
                    )))
                }
            };
        }
    }
    let name = value.ty().name();
    Err(thread.type_error(format!(
        "int() argument must be a string, a bytes-like object or a real number, not '{name}'"
    )))
}

/// The integer of a float without fraction.
///
/// # Errors
/// `OverflowError` for an infinity, `ValueError` for NaN.
pub fn from_float(thread: &mut Thread, float: f64) -> PyResult {
    if float.abs() < (1_u64 << 62) as f64 {
        return Ok(Ref::small(float as i64));
    }
    if float.is_nan() {
        return Err(thread.value_error("cannot convert float NaN to integer"));
    }
    match IBig::try_from(float) {
        Ok(int) => Ok(from_big(int)),
        Err(_) => Err(thread.raise_text(
            &exception::OVERFLOW_ERROR,
            "cannot convert float infinity to integer",
        )),
    }
}

fn repr(thread: &mut Thread, value: Value) -> PyResult {
    if let Some(int) = value.as_int() {
        return Ok(Str::new(&int.to_string()));
    }
    let (sign, magnitude) = big_of(&value)
        .expect("an int is an integer")
        .into_owned()
        .into_parts();
    let digits = decimal(thread, &magnitude)?;
    Ok(Str::new(&match sign {
        Sign::Positive => digits,
        Sign::Negative => format!("-{digits}"),
    }))
}

fn hash(_: &mut Thread, value: Value) -> PyResult<u64> {
    if let Some(int) = value.as_int().or_else(|| bool_as_int(value)) {
        return Ok(hash_word(int));
    }
    let int = big_of(&value).expect("an int is an integer");
    let rest = i64::try_from(&*int % IBig::from(HASH_MODULUS)).expect("a remainder is smaller");
    Ok(hash_word(rest))
}

trait UnsignedAbs {
    fn unsigned_abs(self) -> UBig;
}

impl UnsignedAbs for IBig {
    fn unsigned_abs(self) -> UBig {
        self.into_parts().1
    }
}

fn unary(_: &mut Thread, op: UnaryOp, value: Value) -> PyResult<Option<Ref>> {
    let int = big(value).expect("an int is an integer").into_owned();
    Ok(Some(from_big(match op {
        UnaryOp::Neg => -int,
        UnaryOp::Pos => int,
        UnaryOp::Invert => -int - IBig::ONE,
    })))
}

fn compare(_: &mut Thread, op: CompareOp, left: Value, right: Value) -> PyResult<Option<Ref>> {
    if let (Some(left), Some(right)) = (to_i64(left), to_i64(right))
        && let (Ok(left), Ok(right)) = (left, right)
    {
        return Ok(Some(singletons::bool(op.holds(left.cmp(&right)))));
    }
    Ok(match (big_of(&left), big_of(&right)) {
        (Some(left), Some(right)) => Some(singletons::bool(op.holds(left.cmp(&right)))),
        _ => None,
    })
}

/// How an integer and a float compare, exactly; `None` for NaN.
pub(crate) fn compare_with_float(int: Value, float: f64) -> Option<Ordering> {
    if float.is_nan() {
        return None;
    }
    if float.is_infinite() {
        return Some(if float > 0.0 {
            Ordering::Less
        } else {
            Ordering::Greater
        });
    }
    let int = big_of(&int)?;
    let whole = IBig::try_from(float.floor()).ok()?;
    Some(int.cmp(&Cow::Owned(whole)).then(if float.fract() == 0.0 {
        Ordering::Equal
    } else {
        Ordering::Less
    }))
}

/// `binary` of `bool`: logic stays `bool`, everything else is that of `int`.
pub(crate) fn bool_binary(
    thread: &mut Thread,
    op: BinaryOp,
    left: Value,
    right: Value,
) -> PyResult<Option<Ref>> {
    if let (Some(left), Some(right)) = (bool_of(left), bool_of(right)) {
        match op {
            BinaryOp::And => return Ok(Some(singletons::bool(left & right))),
            BinaryOp::Or => return Ok(Some(singletons::bool(left | right))),
            BinaryOp::Xor => return Ok(Some(singletons::bool(left ^ right))),
            _ => {}
        }
    }
    binary(thread, op, left, right)
}

fn bool_of(value: Value) -> Option<bool> {
    bool_as_int(value).map(|int| int != 0)
}

/// `left op right` of integers; floats are the other type's business.
pub(crate) fn binary(
    thread: &mut Thread,
    op: BinaryOp,
    left: Value,
    right: Value,
) -> PyResult<Option<Ref>> {
    if let (Some(Ok(a)), Some(Ok(b))) = (to_i64(left), to_i64(right))
        && let Some(result) = small::binary(op, a, b)
    {
        return Ok(Some(result));
    }
    let (Some(left), Some(right)) = (big_of(&left), big_of(&right)) else {
        return Ok(None);
    };
    big_binary(thread, op, &left, &right).map(Some)
}

fn zero_division(thread: &mut Thread, text: &str) -> Raised {
    thread.raise_text(&exception::ZERO_DIVISION_ERROR, text)
}

fn big_binary(thread: &mut Thread, op: BinaryOp, left: &IBig, right: &IBig) -> PyResult {
    Ok(match op {
        BinaryOp::Add => from_big(left + right),
        BinaryOp::Sub => from_big(left - right),
        BinaryOp::Mul => from_big(left * right),
        BinaryOp::And => from_big(left & right),
        BinaryOp::Or => from_big(left | right),
        BinaryOp::Xor => from_big(left ^ right),
        BinaryOp::FloorDiv | BinaryOp::Mod | BinaryOp::TrueDiv if right.is_zero() => {
            return Err(zero_division(thread, "division by zero"));
        }
        BinaryOp::FloorDiv => from_big(floor_div_rem(left, right).0),
        BinaryOp::Mod => from_big(floor_div_rem(left, right).1),
        BinaryOp::TrueDiv => match true_div(left, right) {
            Some(quotient) => Float::from_f64(quotient),
            None => {
                let text = "integer division result too large for a float";
                return Err(thread.raise_text(&exception::OVERFLOW_ERROR, text));
            }
        },
        BinaryOp::Pow => return power(thread, left, right),
        BinaryOp::LShift | BinaryOp::RShift => return shift(thread, op, left, right),
        BinaryOp::MatMul => {
            return Err(thread.type_error("unsupported operand type(s) for @: 'int' and 'int'"));
        }
    })
}

/// Quotient rounded down, and the remainder, which has the divisor's sign.
fn floor_div_rem(left: &IBig, right: &IBig) -> (IBig, IBig) {
    let negative = *right < IBig::ZERO;
    let (quotient, remainder) = left.div_rem_euclid(right);
    let remainder = IBig::from(remainder);
    if negative && !remainder.is_zero() {
        // Euclid's remainder is never negative: one step down makes it the divisor's sign.
        (quotient - IBig::ONE, remainder + right)
    } else {
        (quotient, remainder)
    }
}

/// The quotient as the nearest float, or `None` if that is infinite.
fn true_div(left: &IBig, right: &IBig) -> Option<f64> {
    let negative = (*left < IBig::ZERO) != (*right < IBig::ZERO);
    let (left, right) = (left.clone().unsigned_abs(), right.clone().unsigned_abs());
    // Scaled so that the quotient has at least 66 bits: more than a float and its rounding need.
    let shift = 66 + right.bit_len() as i64 - left.bit_len() as i64;
    let (numerator, divisor) = if shift >= 0 {
        (left << shift as usize, right)
    } else {
        (left, right << (-shift) as usize)
    };
    let (mut quotient, remainder) = (&numerator / &divisor, &numerator % &divisor);
    if remainder != UBig::ZERO {
        // A last bit that stands for everything below it keeps the rounding right.
        quotient |= UBig::ONE;
    }
    let scaled = ldexp(&quotient, -shift);
    scaled
        .is_finite()
        .then_some(if negative { -scaled } else { scaled })
}

/// `mantissa * 2 ** exponent`, rounded once.
pub(crate) fn ldexp(mantissa: &UBig, exponent: i64) -> f64 {
    let excess = mantissa.bit_len() as i64 - 53;
    // Below the smallest normal number fewer bits are left.
    let lowest = (-1074 - exponent).max(excess).max(0);
    let kept = mantissa >> lowest as usize;
    let rest = mantissa - (&kept << lowest as usize);
    let half = if lowest > 0 {
        UBig::ONE << (lowest - 1) as usize
    } else {
        UBig::ZERO
    };
    let odd = kept.bit(0);
    let round_up = lowest > 0 && (rest > half || (rest == half && odd));
    let kept = kept + UBig::from(u8::from(round_up));
    let whole = u64::try_from(&kept).unwrap_or(u64::MAX) as f64;
    scale(whole, exponent + lowest)
}

/// `float * 2 ** exponent` in steps that a float can hold, each exact but the last.
fn scale(mut float: f64, mut exponent: i64) -> f64 {
    while exponent > 1000 {
        float *= 2f64.powi(1000);
        exponent -= 1000;
        if float.is_infinite() {
            return float;
        }
    }
    while exponent < -1000 {
        float *= 2f64.powi(-1000);
        exponent += 1000;
        if float == 0.0 {
            return float;
        }
    }
    float * 2f64.powi(exponent as i32)
}

fn power(thread: &mut Thread, base: &IBig, exponent: &IBig) -> PyResult {
    if *exponent < IBig::ZERO {
        if base.is_zero() {
            return Err(zero_division(thread, "zero to a negative power"));
        }
        let (base, exponent) = (base.to_f64().value(), exponent.to_f64().value());
        return Ok(Float::from_f64(base.powf(exponent)));
    }
    if base.is_zero() || *base == IBig::ONE {
        return Ok(from_big(if exponent.is_zero() {
            IBig::ONE
        } else {
            base.clone()
        }));
    }
    if *base == -IBig::ONE {
        return Ok(from_big(if exponent.bit(0) {
            base.clone()
        } else {
            IBig::ONE
        }));
    }
    match usize::try_from(exponent) {
        Ok(exponent) if exponent.saturating_mul(base.bit_len()) < MOST_BITS => {
            Ok(from_big(base.pow(exponent)))
        }
        _ => Err(thread.raise_with(&exception::MEMORY_ERROR, &[])),
    }
}

/// Results beyond this many bits (a gigabyte) are refused.
const MOST_BITS: usize = 1 << 33;

fn shift(thread: &mut Thread, op: BinaryOp, left: &IBig, right: &IBig) -> PyResult {
    if *right < IBig::ZERO {
        return Err(thread.value_error("negative shift count"));
    }
    let count = usize::try_from(right).unwrap_or(usize::MAX);
    if op == BinaryOp::RShift {
        let gone = count >= left.bit_len();
        return Ok(if gone {
            Ref::small(if *left < IBig::ZERO { -1 } else { 0 })
        } else {
            from_big(left >> count)
        });
    }
    if left.is_zero() {
        return Ok(Ref::small(0));
    }
    if count.saturating_add(left.bit_len()) >= MOST_BITS {
        return Err(thread.raise_with(&exception::MEMORY_ERROR, &[]));
    }
    Ok(from_big(left << count))
}

/// The integer as the nearest float; `OverflowError` if that is infinite.
pub(crate) fn to_float(thread: &mut Thread, value: Value) -> Option<PyResult<f64>> {
    if let Some(int) = value.as_int().or_else(|| bool_as_int(value)) {
        return Some(Ok(int as f64));
    }
    let float = big(value)?.to_f64().value();
    Some(if float.is_finite() {
        Ok(float)
    } else {
        Err(thread.raise_text(
            &exception::OVERFLOW_ERROR,
            "int too large to convert to float",
        ))
    })
}

/// The integer square root.
pub fn isqrt(value: &IBig) -> Option<Ref> {
    let (sign, magnitude) = value.clone().into_parts();
    (sign == Sign::Positive).then(|| from_big(IBig::from(magnitude.sqrt())))
}
