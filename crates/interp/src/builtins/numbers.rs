//! `round`, and `pow` with a modulus.

use crate::error::PyResult;
use crate::object::float::float_of;
use crate::object::native::Args;
use crate::object::{BinaryOp, UnaryOp, class, int, singletons};
use crate::operations;
use crate::thread::Thread;
use crate::value::Value;

pub(super) fn round(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [value, digits] = args.bind(thread, "round", ["number", "ndigits"], 1)?;
    let value = value.expect("required");
    if !class::has_special(value.ty(), thread, "__round__") {
        let name = value.ty().name();
        return Err(thread.type_error(format!("type {name} doesn't define __round__ method")));
    }
    match digits.filter(|digits| !singletons::is_none(*digits)) {
        Some(digits) => operations::call_method(thread, value, "__round__", &[digits]),
        None => operations::call_method(thread, value, "__round__", &[]),
    }
}

/// A float rounded to so many decimal digits, half to even as the float's exact value says.
pub(crate) fn round_float(float: f64, digits: i64) -> f64 {
    if !float.is_finite() || digits > 330 {
        return float;
    }
    if digits >= 0 {
        let digits = digits as usize;
        return format!("{float:.digits$}").parse().unwrap_or(float);
    }
    let Ok(places) = i32::try_from(-digits) else {
        return 0f64.copysign(float);
    };
    if places > 308 {
        return 0f64.copysign(float);
    }
    let scale = 10f64.powi(places);
    let rounded = (float / scale).round_ties_even() * scale;
    if rounded.is_finite() { rounded } else { float }
}

pub(crate) fn round_int(thread: &mut Thread, value: Value, digits: Option<i64>) -> PyResult {
    let Some(places) = digits.filter(|digits| *digits < 0) else {
        return operations::unary(thread, UnaryOp::Pos, value);
    };
    let unit = operations::binary(
        thread,
        BinaryOp::Pow,
        Value::small(10),
        Value::small(-places),
    )?;
    let half = operations::binary(thread, BinaryOp::FloorDiv, *unit, Value::small(2))?;
    let below = operations::binary(thread, BinaryOp::Mod, value, *unit)?;
    let base = operations::binary(thread, BinaryOp::Sub, value, *below)?;
    let quotient = operations::binary(thread, BinaryOp::FloorDiv, value, *unit)?;
    let odd = operations::binary(thread, BinaryOp::Mod, *quotient, Value::small(2))?;
    let up = match int::big(*below).cmp(&int::big(*half)) {
        core::cmp::Ordering::Greater => true,
        core::cmp::Ordering::Equal => odd.as_int() == Some(1),
        core::cmp::Ordering::Less => false,
    };
    if up {
        operations::binary(thread, BinaryOp::Add, *base, *unit)
    } else {
        Ok(base)
    }
}

pub(super) fn power_modulo(
    thread: &mut Thread,
    base: Value,
    exponent: Value,
    modulus: Value,
) -> PyResult {
    if let (Some(base), Some(exponent), Some(modulus)) =
        (int::big(base), int::big(exponent), int::big(modulus))
    {
        return int::methods::modular_power(thread, &base, &exponent, &modulus);
    }
    if base.ty().is_heap() && class::has_special(base.ty(), thread, "__pow__") {
        return operations::call_method(thread, base, "__pow__", &[exponent, modulus]);
    }
    if [base, exponent, modulus]
        .iter()
        .all(|value| float_of(*value).is_some() || int::to_i64(*value).is_some())
    {
        return Err(
            thread.type_error("pow() 3rd argument not allowed unless all arguments are integers")
        );
    }
    let [base, exponent, modulus] = [base, exponent, modulus].map(|value| value.ty().name());
    Err(thread.type_error(format!(
        "unsupported operand type(s) for ** or pow(): '{base}', '{exponent}', '{modulus}'"
    )))
}
