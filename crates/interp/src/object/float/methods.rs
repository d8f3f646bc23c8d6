//! The methods of floats.

use super::{Float, float_of, round_to_int};
use crate::error::PyResult;
use crate::object::native::{Args, NativeDef};
use crate::object::str::Str;
use crate::object::tuple::Tuple;
use crate::object::{exception, int, singletons};
use crate::operations;
use crate::thread::Thread;
use crate::value::Ref;
use dashu_int::{IBig, UBig};

pub(super) static METHODS: &[NativeDef] = &[
    NativeDef::method("__abs__", |thread, args| {
        Ok(Float::from_f64(alone(thread, args, "__abs__")?.abs()))
    }),
    NativeDef::method("__ceil__", |thread, args| {
        let float = alone(thread, args, "__ceil__")?;
        int::from_float(thread, float.ceil())
    }),
    NativeDef::method("__float__", same),
    NativeDef::method("__floor__", |thread, args| {
        let float = alone(thread, args, "__floor__")?;
        int::from_float(thread, float.floor())
    }),
    NativeDef::method("__int__", truncated),
    NativeDef::method("__round__", |thread, args| {
        let (this, rest) = args.split_receiver();
        let float = receiver(thread, this, "__round__")?;
        match rest.between(thread, "__round__", 0, 1)? {
            [digits] if !singletons::is_none(*digits) => {
                let digits = operations::index_clamped(thread, *digits)?;
                Ok(Float::from_f64(crate::builtins::round_float(float, digits)))
            }
            _ => round_to_int(thread, float),
        }
    }),
    NativeDef::method("__trunc__", truncated),
    NativeDef::method("as_integer_ratio", as_integer_ratio),
    NativeDef::method("conjugate", same),
    NativeDef::class_method("__getformat__", get_format),
    NativeDef::class_method("fromhex", from_hex),
    NativeDef::method("hex", |thread, args| {
        Ok(Str::new(&hex(alone(thread, args, "hex")?)))
    }),
    NativeDef::getter("imag", |_, _| Ok(Float::from_f64(0.0))),
    NativeDef::method("is_integer", |thread, args| {
        Ok(singletons::bool(
            alone(thread, args, "is_integer")?.fract() == 0.0,
        ))
    }),
    NativeDef::getter("real", same),
];

fn receiver(thread: &mut Thread, this: crate::value::Value, method: &str) -> PyResult<f64> {
    float_of(this).ok_or_else(|| {
        let name = this.ty().name();
        thread.type_error(format!(
            "descriptor '{method}' for 'float' objects doesn't apply to a '{name}' object"
        ))
    })
}

fn alone(thread: &mut Thread, args: &Args<'_>, method: &str) -> PyResult<f64> {
    let (this, rest) = args.split_receiver();
    let [] = rest.exactly(thread, &format!("float.{method}"))?;
    receiver(thread, this, method)
}

fn same(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    alone(thread, args, "__float__").map(Float::from_f64)
}

fn truncated(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let float = alone(thread, args, "__int__")?;
    int::from_float(thread, float.trunc())
}

/// Mantissa and exponent of a finite magnitude: `mantissa * 2 ** exponent`.
fn decompose(float: f64) -> (u64, i32) {
    let bits = float.abs().to_bits();
    let (raw, fraction) = ((bits >> 52) as i32, bits & ((1 << 52) - 1));
    if raw == 0 {
        (fraction, -1074)
    } else {
        (fraction | 1 << 52, raw - 1075)
    }
}

fn as_integer_ratio(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let float = alone(thread, args, "as_integer_ratio")?;
    if float.is_nan() {
        return Err(thread.value_error("cannot convert NaN to integer ratio"));
    }
    if float.is_infinite() {
        return Err(thread.raise_text(
            &exception::OVERFLOW_ERROR,
            "cannot convert Infinity to integer ratio",
        ));
    }
    let (mantissa, exponent) = decompose(float);
    let zeros = if mantissa == 0 {
        0
    } else {
        mantissa.trailing_zeros() as i32
    };
    let (mantissa, exponent) = if mantissa == 0 {
        (0, 0)
    } else {
        (mantissa >> zeros, exponent + zeros)
    };
    let numerator = IBig::from(UBig::from(mantissa) << exponent.max(0) as usize);
    let denominator = IBig::from(UBig::ONE << (-exponent).max(0) as usize);
    let numerator = if float < 0.0 { -numerator } else { numerator };
    Ok(Tuple::from_refs(vec![
        int::from_big(numerator),
        int::from_big(denominator),
    ]))
}

fn hex(float: f64) -> String {
    if !float.is_finite() {
        return super::repr_text(float);
    }
    let sign = if float.is_sign_negative() { "-" } else { "" };
    if float == 0.0 {
        return format!("{sign}0x0.0p+0");
    }
    let bits = float.abs().to_bits();
    let (raw, fraction) = ((bits >> 52) as i32, bits & ((1 << 52) - 1));
    let (lead, exponent) = if raw == 0 {
        (0, -1022)
    } else {
        (1, raw - 1023)
    };
    format!("{sign}0x{lead}.{fraction:013x}p{exponent:+}")
}

/// How the machine lays out a C type: for CPython's tests.
fn get_format(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let (_, rest) = args.split_receiver();
    let [kind] = rest.exactly(thread, "float.__getformat__")?;
    match &*operations::text(thread, kind, "__getformat__() argument")? {
        "double" | "float" if cfg!(target_endian = "little") => Ok(Str::new("IEEE, little-endian")),
        "double" | "float" => Ok(Str::new("IEEE, big-endian")),
        _ => Err(thread.value_error("__getformat__() argument 1 must be 'double' or 'float'")),
    }
}

fn from_hex(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let (class, rest) = args.split_receiver();
    let [text] = rest.exactly(thread, "float.fromhex")?;
    let text = operations::text(
        thread,
        text,
        "bad argument type for built-in operation: float.fromhex() argument",
    )?;
    let made = match read_hex(text.trim()) {
        Some(Ok(float)) => Float::from_f64(float),
        Some(Err(())) => {
            let text = "hexadecimal value too large to represent as a float";
            return Err(thread.raise_text(&exception::OVERFLOW_ERROR, text));
        }
        None => return Err(thread.value_error("invalid hexadecimal floating-point string")),
    };
    made_by(thread, class, made)
}

fn made_by(thread: &mut Thread, class: crate::value::Value, made: Ref) -> PyResult {
    if class.is(super::FLOAT_TYPE.value()) {
        Ok(made)
    } else {
        operations::call(thread, class, &Args::new(&[*made]))
    }
}

/// The float of `[sign]["0x"]digits["." digits]["p"exponent]`; `Err` if it is too large.
fn read_hex(text: &str) -> Option<Result<f64, ()>> {
    let lower = text.to_ascii_lowercase();
    let (negative, body) = match lower.as_bytes().first()? {
        b'-' => (true, &lower[1..]),
        b'+' => (false, &lower[1..]),
        _ => (false, &*lower),
    };
    let signed = |float: f64| if negative { -float } else { float };
    match body {
        "inf" | "infinity" => return Some(Ok(signed(f64::INFINITY))),
        "nan" => return Some(Ok(signed(f64::NAN))),
        _ => {}
    }
    let body = body.strip_prefix("0x").unwrap_or(body);
    let (digits, exponent) = match body.split_once('p') {
        Some((digits, exponent)) => (digits, exponent.parse::<i64>().ok()?),
        None => (body, 0),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all = format!("{whole}{fraction}");
    if all.is_empty() || !all.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mantissa = UBig::from_str_radix(&all, 16).ok()?;
    if mantissa.is_zero() {
        return Some(Ok(signed(0.0)));
    }
    let exponent = exponent
        .saturating_sub(4 * fraction.len() as i64)
        .clamp(-1 << 40, 1 << 40);
    let float = int::ldexp(&mantissa, exponent);
    Some(if float.is_finite() {
        Ok(signed(float))
    } else {
        Err(())
    })
}
