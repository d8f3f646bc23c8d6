//! Complex numbers.

use super::{
    Base, BinaryOp, CompareOp, Object, Payload, Slots, Type, UnaryOp, allocate, class, downcast,
};
use crate::error::PyResult;
use crate::object::float::{self, Float, float_of, repr_text};
use crate::object::native::{Args, NativeDef};
use crate::object::str::Str;
use crate::object::{exception, int, singletons};
use crate::operations;
use crate::references;
use crate::thread::Thread;
use crate::value::{Ref, Value};

/// A complex number.
#[repr(C)]
pub struct Complex {
    object: Object,
    real: f64,
    imaginary: f64,
}

/// The type `complex`.
pub static COMPLEX_TYPE: Type = Type::builtin(
    "complex",
    Base::One(&class::OBJECT_TYPE),
    Slots {
        repr: Some(repr),
        hash: Some(hash),
        truth: Some(|_, value| Ok(complex_of(value).is_some_and(|parts| parts != (0.0, 0.0)))),
        construct: Some(construct),
        binary: Some(binary),
        unary: Some(unary),
        compare: Some(compare),
        ..Slots::of::<Complex>()
    },
    METHODS,
)
.subclassable();

// SAFETY: `Complex` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for Complex {
    const TYPE: &'static Type = &COMPLEX_TYPE;

    references!();
}

static METHODS: &[NativeDef] = &[
    NativeDef::getter("real", |thread, args| {
        Ok(Float::from_f64(parts(thread, args)?.0))
    }),
    NativeDef::getter("imag", |thread, args| {
        Ok(Float::from_f64(parts(thread, args)?.1))
    }),
    NativeDef::method("conjugate", |thread, args| {
        let (real, imaginary) = parts(thread, args)?;
        Ok(Complex::new(real, -imaginary))
    }),
    NativeDef::method("__abs__", |thread, args| {
        let (real, imaginary) = parts(thread, args)?;
        let magnitude = real.hypot(imaginary);
        if magnitude.is_infinite() && real.is_finite() && imaginary.is_finite() {
            return Err(thread.raise_text(&exception::OVERFLOW_ERROR, "absolute value too large"));
        }
        Ok(Float::from_f64(magnitude))
    }),
    NativeDef::method("__complex__", |thread, args| {
        let (real, imaginary) = parts(thread, args)?;
        Ok(Complex::new(real, imaginary))
    }),
];

impl Complex {
    /// A complex number.
    pub fn new(real: f64, imaginary: f64) -> Ref {
        allocate(Self {
            object: Object::new(&COMPLEX_TYPE),
            real,
            imaginary,
        })
    }
}

/// The parts of a complex number; nothing for other types.
pub fn complex_of(value: Value) -> Option<(f64, f64)> {
    downcast::<Complex>(&value).map(|complex| (complex.real, complex.imaginary))
}

fn parts(thread: &mut Thread, args: &Args<'_>) -> PyResult<(f64, f64)> {
    let [this] = args.exactly(thread, "complex")?;
    complex_of(this).ok_or_else(|| {
        let name = this.ty().name();
        thread.type_error(format!(
            "descriptor for 'complex' objects doesn't apply to a '{name}' object"
        ))
    })
}

/// Any number as a complex one, with whether it is one.
fn number(thread: &mut Thread, value: Value) -> Option<PyResult<(f64, f64)>> {
    if let Some(parts) = complex_of(value) {
        return Some(Ok(parts));
    }
    match float_of(value) {
        Some(real) => Some(Ok((real, 0.0))),
        None => int::to_float(thread, value).map(|real| real.map(|real| (real, 0.0))),
    }
}

fn part_text(float: f64) -> String {
    let text = repr_text(float);
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

fn repr(_: &mut Thread, value: Value) -> PyResult {
    let (real, imaginary) = complex_of(value).expect("called through its type");
    let tail = part_text(imaginary);
    Ok(Str::new(&if real == 0.0 && real.is_sign_positive() {
        format!("{tail}j")
    } else {
        let sign = if tail.starts_with('-') { "" } else { "+" };
        format!("({}{sign}{tail}j)", part_text(real))
    }))
}

fn hash(thread: &mut Thread, value: Value) -> PyResult<u64> {
    let (real, imaginary) = complex_of(value).expect("called through its type");
    let real = operations::hash(thread, *Float::from_f64(real))?;
    let imaginary = operations::hash(thread, *Float::from_f64(imaginary))?;
    let hash = real.wrapping_add(imaginary.wrapping_mul(1_000_003));
    Ok(if hash == u64::MAX { hash - 1 } else { hash })
}

fn unary(_: &mut Thread, op: UnaryOp, value: Value) -> PyResult<Option<Ref>> {
    let (real, imaginary) = complex_of(value).expect("called through its type");
    Ok(match op {
        UnaryOp::Neg => Some(Complex::new(-real, -imaginary)),
        UnaryOp::Pos => Some(Complex::new(real, imaginary)),
        UnaryOp::Invert => None,
    })
}

fn compare(thread: &mut Thread, op: CompareOp, left: Value, right: Value) -> PyResult<Option<Ref>> {
    if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(None);
    }
    // A real number compares exactly, however large it is.
    let same = match (complex_of(left), complex_of(right)) {
        (Some(left), Some(right)) => left == right,
        (Some((real, imaginary)), None)
            if float_of(right).is_some() || int::to_i64(right).is_some() =>
        {
            imaginary == 0.0 && operations::equals(thread, *Float::from_f64(real), right)?
        }
        _ => return Ok(None),
    };
    Ok(Some(singletons::bool(same == (op == CompareOp::Eq))))
}

fn binary(thread: &mut Thread, op: BinaryOp, left: Value, right: Value) -> PyResult<Option<Ref>> {
    let (Some(a), Some(b)) = (number(thread, left), number(thread, right)) else {
        return Ok(None);
    };
    let ((a, b), (c, d)) = (a?, b?);
    let (real, imaginary) = match op {
        // An operand that is real has no imaginary part, not one of zero: signs of zero are kept.
        BinaryOp::Add if complex_of(left).is_none() => (a + c, d),
        BinaryOp::Add if complex_of(right).is_none() => (a + c, b),
        BinaryOp::Add => (a + c, b + d),
        BinaryOp::Sub if complex_of(left).is_none() => (a - c, -d),
        BinaryOp::Sub if complex_of(right).is_none() => (a - c, b),
        BinaryOp::Sub => (a - c, b - d),
        BinaryOp::Mul if complex_of(left).is_none() => (a * c, a * d),
        BinaryOp::Mul if complex_of(right).is_none() => (a * c, b * c),
        BinaryOp::Mul => (a * c - b * d, a * d + b * c),
        BinaryOp::TrueDiv => {
            if (c, d) == (0.0, 0.0) {
                return Err(thread.raise_text(&exception::ZERO_DIVISION_ERROR, "division by zero"));
            }
            if complex_of(right).is_none() {
                (a / c, b / c)
            } else {
                divide((a, b), (c, d))
            }
        }
        BinaryOp::Pow => match power((a, b), (c, d)) {
            Ok(power) => power,
            Err(text) => {
                let ty = if text.starts_with("zero") {
                    &exception::ZERO_DIVISION_ERROR
                } else {
                    &exception::OVERFLOW_ERROR
                };
                return Err(thread.raise_text(ty, text));
            }
        },
        _ => return Ok(None),
    };
    Ok(Some(Complex::new(real, imaginary)))
}

/// Scales by the larger part of the divisor, so that nothing in between overflows.
fn divide((a, b): (f64, f64), (c, d): (f64, f64)) -> (f64, f64) {
    if c.abs() >= d.abs() {
        let ratio = d / c;
        let scale = c + d * ratio;
        ((a + b * ratio) / scale, (b - a * ratio) / scale)
    } else {
        let ratio = c / d;
        let scale = c * ratio + d;
        ((a * ratio + b) / scale, (b * ratio - a) / scale)
    }
}

fn multiply((a, b): (f64, f64), (c, d): (f64, f64)) -> (f64, f64) {
    (a * c - b * d, a * d + b * c)
}

fn power(base: (f64, f64), exponent: (f64, f64)) -> Result<(f64, f64), &'static str> {
    if exponent == (0.0, 0.0) {
        return Ok((1.0, 0.0));
    }
    if base == (0.0, 0.0) {
        let wrong = exponent.1 != 0.0 || exponent.0 < 0.0;
        return if wrong {
            Err("zero to a negative or complex power")
        } else {
            Ok((0.0, 0.0))
        };
    }
    let (real, imaginary) = exponent;
    let result = if imaginary == 0.0 && real.fract() == 0.0 && real.abs() <= 100.0 {
        let (mut result, mut square, mut left) = ((1.0, 0.0), base, real.abs() as u32);
        while left > 0 {
            if left & 1 == 1 {
                result = multiply(result, square);
            }
            square = multiply(square, square);
            left >>= 1;
        }
        if real < 0.0 {
            divide((1.0, 0.0), result)
        } else {
            result
        }
    } else {
        let (magnitude, angle) = (base.0.hypot(base.1), base.1.atan2(base.0));
        let mut length = magnitude.powf(real);
        let mut turned = angle * real;
        if imaginary != 0.0 {
            length *= (-angle * imaginary).exp();
            turned += imaginary * magnitude.ln();
        }
        (length * turned.cos(), length * turned.sin())
    };
    if result.0.is_infinite() || result.1.is_infinite() {
        Err("complex exponentiation")
    } else {
        Ok(result)
    }
}

fn construct(thread: &mut Thread, _: &'static Type, args: &Args<'_>) -> PyResult {
    let [real, imaginary] = args.bind(thread, "complex", ["real", "imag"], 0)?;
    if let Some(text) = real.as_ref().and_then(downcast::<Str>) {
        if imaginary.is_some() {
            return Err(
                thread.type_error("complex() argument 'real' must be a real number, not str")
            );
        }
        return match parse(&text.to_utf8_lossy()) {
            Some((real, imaginary)) => Ok(Complex::new(real, imaginary)),
            None => Err(thread.value_error("complex() arg is a malformed string")),
        };
    }
    let real_argument = real;
    let (a, b) = match real {
        Some(real) => convert(thread, real, "real")?,
        None => (0.0, 0.0),
    };
    let Some(imaginary) = imaginary else {
        return Ok(Complex::new(a, b));
    };
    let (c, d) = convert(thread, imaginary, "imag")?;
    // A part that is real adds nothing to the other, not even the sign of a zero.
    let real = if complex_of(imaginary).is_some() {
        a - d
    } else {
        a
    };
    let from_real = real_argument.and_then(complex_of).is_some();
    Ok(Complex::new(real, if from_real { b + c } else { c }))
}

fn convert(thread: &mut Thread, value: Value, what: &str) -> PyResult<(f64, f64)> {
    if let Some(parts) = number(thread, value) {
        return parts;
    }
    for special in ["__complex__", "__float__", "__index__"] {
        if class::has_special(value.ty(), thread, special) {
            let made = operations::call_method(thread, value, special, &[])?;
            if let Some(parts) = number(thread, *made) {
                return parts;
            }
        }
    }
    let name = value.ty().name();
    Err(thread.type_error(match what {
        "real" => format!("complex() argument must be a string or a number, not {name}"),
        _ => format!("complex() argument 'imag' must be a real number, not {name}"),
    }))
}

/// The number that a text spells: a real part, an imaginary part, or both.
fn parse(text: &str) -> Option<(f64, f64)> {
    let text = text.trim();
    let text = text
        .strip_prefix('(')
        .and_then(|text| text.strip_suffix(')'))
        .unwrap_or(text)
        .trim();
    let Some(body) = text.strip_suffix(['j', 'J']) else {
        return Some((float::parse(text)?, 0.0));
    };
    let bytes = body.as_bytes();
    // The sign of the imaginary part: the last one that is not part of an exponent.
    let split = (1..bytes.len())
        .rev()
        .find(|at| matches!(bytes[*at], b'+' | b'-') && !matches!(bytes[*at - 1], b'e' | b'E'))
        .unwrap_or(0);
    let (real, imaginary) = body.split_at(split);
    let imaginary = match imaginary {
        "" | "+" => 1.0,
        "-" => -1.0,
        digits => float::parse(digits)?,
    };
    Some((
        if real.is_empty() {
            0.0
        } else {
            float::parse(real)?
        },
        imaginary,
    ))
}
