//! Functions of sequences of numbers.

use selvedge_interp::object::float::{self, Float};
use selvedge_interp::object::native::{Args, NativeDef};
use selvedge_interp::object::{BinaryOp, exception, int};
use selvedge_interp::{PyResult, Thread, Value, operations};

pub(super) static FUNCTIONS: &[NativeDef] = &[
    NativeDef::function("dist", |thread, args| {
        let [p, q] = args.exactly(thread, "dist")?;
        let (p, q) = (floats(thread, p)?, floats(thread, q)?);
        if p.len() != q.len() {
            return Err(thread.value_error("both points must have the same number of dimensions"));
        }
        let parts: Vec<f64> = p.iter().zip(&q).map(|(p, q)| (p - q).abs()).collect();
        Ok(Float::from_f64(length(&parts)))
    }),
    NativeDef::function("fsum", |thread, args| {
        let [values] = args.exactly(thread, "fsum")?;
        let values = floats(thread, values)?;
        exact_sum(thread, &values).map(Float::from_f64)
    }),
    NativeDef::function("hypot", |thread, args| {
        args.no_keywords(thread, "hypot")?;
        let mut parts = Vec::with_capacity(args.values().len());
        for value in args.values() {
            parts.push(float::require(thread, *value)?.abs());
        }
        Ok(Float::from_f64(length(&parts)))
    }),
    NativeDef::function("prod", |thread, args| {
        let [values, start] = args.bind(thread, "prod", ["iterable", "start"], 1)?;
        let mut result = start.map_or_else(|| int::from_i64(1), Value::to_ref);
        operations::for_each(thread, values.expect("required"), |thread, value| {
            result = operations::binary(thread, BinaryOp::Mul, *result, *value)?;
            Ok(())
        })?;
        Ok(result)
    }),
    NativeDef::function("sumprod", sum_of_products),
];

fn floats(thread: &mut Thread, values: Value) -> PyResult<Vec<f64>> {
    let mut all = Vec::new();
    operations::for_each(thread, values, |thread, value| {
        all.push(float::require(thread, *value)?);
        Ok(())
    })?;
    Ok(all)
}

/// The length of a vector with these coordinates, none of them negative.
fn length(parts: &[f64]) -> f64 {
    let most = parts.iter().copied().fold(0.0, f64::max);
    if most.is_infinite() || parts.iter().any(|part| part.is_infinite()) {
        return f64::INFINITY;
    }
    if parts.iter().any(|part| part.is_nan()) {
        return f64::NAN;
    }
    if most == 0.0 || parts.len() <= 1 {
        return most;
    }
    // Scaled by a power of two, squares neither overflow nor vanish; their errors are summed too.
    let (_, exponent) = libm::frexp(most);
    let scale = libm::ldexp(1.0, -exponent.clamp(-1020, 1020));
    let (mut high, mut low) = (1.0, 0.0);
    for part in parts {
        let x = part * scale;
        let square = x * x;
        let error = x.mul_add(x, -square);
        let sum = high + square;
        low += error + (square - (sum - high));
        high = sum;
    }
    let root = (high - 1.0 + low).sqrt();
    // One step of Newton's with the residue makes the root right.
    let residue = (high - 1.0) - root * root + low - root.mul_add(root, -(root * root));
    let better = if root > 0.0 {
        root + residue / (2.0 * root)
    } else {
        root
    };
    better / scale
}

/// The sum of floats as if it were computed exactly and rounded once: partial sums that do not
/// overlap are kept, after Shewchuk.
fn exact_sum(thread: &mut Thread, values: &[f64]) -> PyResult<f64> {
    let mut partials: Vec<f64> = Vec::new();
    let (mut special, mut infinities) = (0.0, 0.0);
    for value in values {
        let mut x = *value;
        let mut kept = 0;
        for at in 0..partials.len() {
            let mut y = partials[at];
            if x.abs() < y.abs() {
                core::mem::swap(&mut x, &mut y);
            }
            let high = x + y;
            let low = y - (high - x);
            if low != 0.0 {
                partials[kept] = low;
                kept += 1;
            }
            x = high;
        }
        partials.truncate(kept);
        if x != 0.0 {
            if x.is_finite() {
                partials.push(x);
                continue;
            }
            if value.is_finite() {
                let text = "intermediate overflow in fsum";
                return Err(thread.raise_text(&exception::OVERFLOW_ERROR, text));
            }
            if value.is_infinite() {
                infinities += value;
            }
            special += value;
            partials.clear();
        }
    }
    if special != 0.0 {
        if infinities.is_nan() {
            return Err(thread.value_error("-inf + inf in fsum"));
        }
        return Ok(special);
    }
    Ok(rounded_sum(&partials))
}

/// The sum of partial sums that do not overlap, rounded half to even.
fn rounded_sum(partials: &[f64]) -> f64 {
    let Some((last, rest)) = partials.split_last() else {
        return 0.0;
    };
    let (mut high, mut low, mut left) = (*last, 0.0, rest);
    while let Some((next, before)) = left.split_last() {
        let x = high;
        high = x + next;
        low = next - (high - x);
        left = before;
        if low != 0.0 {
            break;
        }
    }
    // Where the rest lies exactly half way, what is beyond it decides.
    if let Some(beyond) = left.last()
        && ((low < 0.0 && *beyond < 0.0) || (low > 0.0 && *beyond > 0.0))
    {
        let y = low * 2.0;
        let x = high + y;
        if y == x - high {
            return x;
        }
    }
    high
}

/// `sumprod(p, q)`
fn sum_of_products(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [p, q] = args.exactly(thread, "sumprod")?;
    let (p, q) = (
        operations::collect(thread, p)?,
        operations::collect(thread, q)?,
    );
    if p.len() != q.len() {
        return Err(thread.value_error("Inputs are not the same length"));
    }
    let is_float = |value: &Value| float::float_of(*value).is_some();
    let all_numbers = p
        .iter()
        .chain(&q)
        .all(|it| is_float(it) || int::to_i64(**it).is_some());
    if all_numbers && p.iter().chain(&q).any(|it| is_float(it)) {
        let mut terms = Vec::with_capacity(2 * p.len());
        for (p, q) in p.iter().zip(&q) {
            let (p, q) = (float::require(thread, **p)?, float::require(thread, **q)?);
            let product = p * q;
            terms.push(product);
            if product.is_finite() {
                terms.push(p.mul_add(q, -product));
            }
        }
        return exact_sum(thread, &terms).map(Float::from_f64);
    }
    let mut total = int::from_i64(0);
    for (p, q) in p.iter().zip(&q) {
        let term = operations::binary(thread, BinaryOp::Mul, **p, **q)?;
        total = operations::binary(thread, BinaryOp::Add, *total, *term)?;
    }
    Ok(total)
}
