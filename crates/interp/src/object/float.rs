//! Floats: common ones in a word, rare ones as objects.

use super::{
    Base, BinaryOp, CompareOp, Object, Payload, Slots, Type, UnaryOp, allocate, class, downcast,
    int,
};
use crate::error::PyResult;
use crate::object::exception;
use crate::object::native::Args;
use crate::object::singletons;
use crate::object::str::Str;
use crate::references;
use crate::thread::Thread;
use crate::value::{Ref, Value, float};
use core::cmp::Ordering;

mod methods;

/// A float that does not fit in a word.
#[repr(C)]
pub struct Float {
    object: Object,
    value: f64,
}

/// The type `float`.
pub static FLOAT_TYPE: Type = Type::builtin(
    "float",
    Base::One(&class::OBJECT_TYPE),
    Slots {
        repr: Some(|_, value| Ok(Str::new(&repr_text(float_of(value).expect("is a float"))))),
        hash: Some(hash),
        truth: Some(|_, value| Ok(float_of(value).expect("is a float") != 0.0)),
        construct: Some(construct),
        binary: Some(binary),
        unary: Some(unary),
        compare: Some(compare),
        ..Slots::of::<Float>()
    },
    methods::METHODS,
)
.subclassable();

// SAFETY: `Float` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for Float {
    const TYPE: &'static Type = &FLOAT_TYPE;

    references!();
}

impl Float {
    /// A float, in a word if it fits.
    #[inline]
    pub fn from_f64(value: f64) -> Ref {
        match float::encode(value) {
            Some(word) => Ref::adopt(word),
            None => allocate(Self {
                object: Object::new(&FLOAT_TYPE),
                value,
            }),
        }
    }
}

impl Float {
    /// A float of a class that derives from `float`.
    pub(crate) fn of_type(ty: &'static Type, value: f64) -> Ref {
        allocate(Self {
            object: Object::new(ty),
            value,
        })
    }
}

/// The float of a `float`, nothing for other types.
#[inline(always)]
pub fn float_of(value: Value) -> Option<f64> {
    if value.is_float() {
        Some(float::decode(value))
    } else {
        downcast::<Float>(&value).map(|object| object.value)
    }
}

/// The float of any number; `None` for other types.
fn number(thread: &mut Thread, value: Value) -> Option<PyResult<f64>> {
    match float_of(value) {
        Some(float) => Some(Ok(float)),
        None => int::to_float(thread, value),
    }
}

/// The value as a float.
///
/// # Errors
/// `TypeError` if it is no number, `OverflowError` if it is too large.
pub fn require(thread: &mut Thread, value: Value) -> PyResult<f64> {
    match number(thread, value) {
        Some(result) => result,
        None => Err(thread.type_error(format!("must be real number, not {}", value.ty().name()))),
    }
}

/// The shortest text that reads back as the same float.
pub fn repr_text(value: f64) -> String {
    if value.is_nan() {
        return "nan".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf" } else { "-inf" }.into();
    }
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-4..1e16).contains(&magnitude) {
        let text = format!("{value:e}");
        let (mantissa, exponent) = text.split_once('e').expect("the format has an exponent");
        let exponent: i32 = exponent.parse().expect("the exponent is a number");
        return format!(
            "{mantissa}e{}{:02}",
            if exponent < 0 { '-' } else { '+' },
            exponent.abs()
        );
    }
    format!("{value:?}")
}

fn hash(_: &mut Thread, value: Value) -> PyResult<u64> {
    let float = float_of(value).expect("is a float");
    if float.fract() == 0.0 && float.abs() < 9e18 {
        return Ok(int::hash_word(float as i64));
    }
    if !float.is_finite() {
        return Ok(if float.is_nan() {
            value.bits() >> 4
        } else if float > 0.0 {
            314_159
        } else {
            -314_159_i64 as u64
        });
    }
    Ok(hash_finite(float))
}

/// The float modulo 2⁶¹ − 1, as for integers, with powers of two that are negative turned round.
fn hash_finite(float: f64) -> u64 {
    const BITS: i32 = 61;
    const MODULUS: u64 = (1 << BITS) - 1;
    let bits = float.abs().to_bits();
    let raw = (bits >> 52) as i32;
    let mantissa = (bits & ((1 << 52) - 1)) | if raw == 0 { 0 } else { 1 << 52 };
    let exponent = (raw.max(1) - 1075).rem_euclid(BITS) as u32;
    let low = mantissa % MODULUS;
    let hash = if exponent == 0 {
        low
    } else {
        ((low << exponent) & MODULUS) | (low >> (BITS as u32 - exponent))
    };
    let signed = if float < 0.0 {
        -(hash as i64)
    } else {
        hash as i64
    };
    (if signed == -1 { -2 } else { signed }) as u64
}

fn construct(thread: &mut Thread, _: &'static Type, args: &Args<'_>) -> PyResult {
    let value = match args.between(thread, "float", 0, 1)? {
        [value] => *value,
        _ => return Ok(Float::from_f64(0.0)),
    };
    if let Some(string) = downcast::<Str>(&value) {
        return match parse(&string.to_utf8_lossy()) {
            Some(float) => Ok(Float::from_f64(float)),
            None => {
                let shown = string.repr();
                Err(thread.value_error(format!("could not convert string to float: {shown}")))
            }
        };
    }
    if let Some(data) = crate::object::bytes::bytes_of(&value) {
        return match parse(&String::from_utf8_lossy(&data)) {
            Some(float) => Ok(Float::from_f64(float)),
            None => {
                let shown = crate::operations::repr_text(thread, value)?;
                Err(thread.value_error(format!("could not convert string to float: {shown}")))
            }
        };
    }
    if number(thread, value).is_none() {
        for special in ["__float__", "__index__"] {
            if class::has_special(value.ty(), thread, special) {
                let made = crate::operations::call_method(thread, value, special, &[])?;
                return require(thread, *made).map(Float::from_f64);
            }
        }
    }
    match number(thread, value) {
        Some(float) => float.map(Float::from_f64),
        None => {
            let name = value.ty().name();
            Err(thread.type_error(format!(
                "float() argument must be a string or a real number, not '{name}'"
            )))
        }
    }
}

/// The float that `text` spells, with `_` between digits allowed.
pub(crate) fn parse(text: &str) -> Option<f64> {
    let text = text.trim();
    let bytes = text.as_bytes();
    let misplaced = (0..bytes.len()).any(|at| {
        let digit = |index: usize| bytes.get(index).is_some_and(u8::is_ascii_digit);
        bytes[at] == b'_' && (at == 0 || !digit(at - 1) || !digit(at + 1))
    });
    if misplaced {
        return None;
    }
    text.replace('_', "").parse().ok()
}

fn unary(_: &mut Thread, op: UnaryOp, value: Value) -> PyResult<Option<Ref>> {
    let float = float_of(value).expect("is a float");
    Ok(match op {
        UnaryOp::Neg => Some(Float::from_f64(-float)),
        UnaryOp::Pos => Some(Float::from_f64(float)),
        UnaryOp::Invert => None,
    })
}

/// The remainder of [`floor_div`], which has the divisor's sign.
pub(crate) fn floor_mod(left: f64, right: f64) -> f64 {
    let remainder = left % right;
    if remainder == 0.0 {
        0f64.copysign(right)
    } else if (remainder < 0.0) == (right < 0.0) {
        remainder
    } else {
        remainder + right
    }
}

/// The quotient rounded down, from the exact remainder, so that the two agree.
pub(crate) fn floor_div(left: f64, right: f64) -> f64 {
    let remainder = left % right;
    let mut quotient = (left - remainder) / right;
    if remainder != 0.0 && (remainder < 0.0) != (right < 0.0) {
        quotient -= 1.0;
    }
    if quotient == 0.0 {
        return 0f64.copysign(left / right);
    }
    let floor = quotient.floor();
    if quotient - floor > 0.5 {
        floor + 1.0
    } else {
        floor
    }
}

fn binary(thread: &mut Thread, op: BinaryOp, left: Value, right: Value) -> PyResult<Option<Ref>> {
    let (Some(left), Some(right)) = (number(thread, left), number(thread, right)) else {
        return Ok(None);
    };
    let (left, right) = (left?, right?);
    let by_zero =
        |thread: &mut Thread, text| Err(thread.raise_text(&exception::ZERO_DIVISION_ERROR, text));
    Ok(Some(Float::from_f64(match op {
        BinaryOp::Add => left + right,
        BinaryOp::Sub => left - right,
        BinaryOp::Mul => left * right,
        BinaryOp::TrueDiv | BinaryOp::FloorDiv | BinaryOp::Mod if right == 0.0 => {
            return by_zero(thread, "division by zero");
        }
        BinaryOp::TrueDiv => left / right,
        BinaryOp::FloorDiv => floor_div(left, right),
        BinaryOp::Mod => floor_mod(left, right),
        BinaryOp::Pow if left == 0.0 && right < 0.0 => {
            return by_zero(thread, "zero to a negative power");
        }
        BinaryOp::Pow
            if left < 0.0 && left.is_finite() && right.fract() != 0.0 && right.is_finite() =>
        {
            let base = crate::object::complex::Complex::new(left, 0.0);
            return crate::operations::binary(thread, op, *base, *Float::from_f64(right)).map(Some);
        }
        BinaryOp::Pow => {
            let power = left.powf(right);
            if power.is_infinite() && left.is_finite() && right.is_finite() {
                let error = thread.raise_with(
                    &exception::OVERFLOW_ERROR,
                    &[Value::small(34), *Str::new("Numerical result out of range")],
                );
                return Err(error);
            }
            power
        }
        _ => return Ok(None),
    })))
}

fn compare(_: &mut Thread, op: CompareOp, left: Value, right: Value) -> PyResult<Option<Ref>> {
    let ordering = match (float_of(left), float_of(right)) {
        (Some(left), Some(right)) => left.partial_cmp(&right),
        (Some(left), None) => {
            if int::to_i64(right).is_none() {
                return Ok(None);
            }
            int::compare_with_float(right, left).map(Ordering::reverse)
        }
        (None, Some(right)) => {
            if int::to_i64(left).is_none() {
                return Ok(None);
            }
            int::compare_with_float(left, right)
        }
        (None, None) => return Ok(None),
    };
    Ok(Some(singletons::bool(match ordering {
        Some(ordering) => op.holds(ordering),
        None => op == CompareOp::Ne,
    })))
}

/// `round(float)` to the nearest even integer.
///
/// # Errors
/// As [`int::from_float`].
pub fn round_to_int(thread: &mut Thread, value: f64) -> PyResult {
    int::from_float(thread, value.round_ties_even())
}

/// The value as a float for a function of the module `math`.
///
/// # Errors
/// As [`require`].
pub fn argument(thread: &mut Thread, args: &Args<'_>, function: &str) -> PyResult<f64> {
    let [value] = args.exactly(thread, function)?;
    require(thread, value)
}
