//! The module `math`.

mod integers;
mod sequences;

use selvedge_interp::object::float::{self, Float};
use selvedge_interp::object::module::Module;
use selvedge_interp::object::native::{Args, NativeDef};
use selvedge_interp::object::tuple::Tuple;
use selvedge_interp::object::{downcast, exception, int, singletons};
use selvedge_interp::{PyResult, Raised, Ref, Thread, Value, operations};

macro_rules! functions {
    ($($name:literal => $function:expr),+ $(,)?) => {
        &[$(NativeDef::function($name, |thread, args| {
            real(thread, args, $name, $function)
        }),)+]
    };
}

static REAL: &[NativeDef] = functions! {
    "acos" => f64::acos,
    "acosh" => f64::acosh,
    "asin" => f64::asin,
    "asinh" => libm::asinh,
    "atan" => f64::atan,
    "atanh" => libm::atanh,
    "cbrt" => f64::cbrt,
    "cos" => f64::cos,
    "cosh" => f64::cosh,
    "degrees" => |x| x * (180.0 / core::f64::consts::PI),
    "erf" => libm::erf,
    "erfc" => libm::erfc,
    "exp" => f64::exp,
    "exp2" => f64::exp2,
    "expm1" => f64::exp_m1,
    "fabs" => f64::abs,
    "radians" => |x| x * (core::f64::consts::PI / 180.0),
    "sin" => f64::sin,
    "sinh" => f64::sinh,
    "sqrt" => f64::sqrt,
    "tan" => f64::tan,
    "tanh" => f64::tanh,
};

static OTHERS: &[NativeDef] = &[
    NativeDef::function("atan2", |thread, args| {
        let [y, x] = two(thread, args, "atan2")?;
        Ok(Float::from_f64(y.atan2(x)))
    }),
    NativeDef::function("ceil", |thread, args| {
        rounded(thread, args, "ceil", f64::ceil)
    }),
    NativeDef::function("copysign", |thread, args| {
        let [x, sign] = two(thread, args, "copysign")?;
        Ok(Float::from_f64(x.copysign(sign)))
    }),
    NativeDef::function("floor", |thread, args| {
        rounded(thread, args, "floor", f64::floor)
    }),
    NativeDef::function("fma", |thread, args| {
        let [x, y, z] = args.exactly(thread, "fma")?;
        let (x, y) = (float::require(thread, x)?, float::require(thread, y)?);
        let z = float::require(thread, z)?;
        let result = x.mul_add(y, z);
        if result.is_nan() && !x.is_nan() && !y.is_nan() && !z.is_nan() {
            return Err(thread.value_error("invalid operation in fma"));
        }
        let finite = x.is_finite() && y.is_finite() && z.is_finite();
        if result.is_infinite() && finite {
            return Err(overflow(thread, "overflow in fma"));
        }
        Ok(Float::from_f64(result))
    }),
    NativeDef::function("fmod", |thread, args| {
        let [x, y] = two(thread, args, "fmod")?;
        let result = x % y;
        if result.is_nan() && !x.is_nan() && !y.is_nan() {
            return Err(domain(thread));
        }
        Ok(Float::from_f64(result))
    }),
    NativeDef::function("frexp", |thread, args| {
        let x = float::argument(thread, args, "frexp")?;
        let (mantissa, exponent) = libm::frexp(x);
        let exponent = if x.is_finite() { exponent } else { 0 };
        let parts = vec![Float::from_f64(mantissa), Ref::small(i64::from(exponent))];
        Ok(Tuple::from_refs(parts))
    }),
    NativeDef::function("gamma", |thread, args| {
        let x = float::argument(thread, args, "gamma")?;
        if x == f64::NEG_INFINITY || x == 0.0 || (x < 0.0 && x == x.floor()) {
            return Err(expected(thread, "a noninteger or positive integer", x));
        }
        let result = libm::tgamma(x);
        if result.is_infinite() && x.is_finite() {
            return Err(overflow(thread, "math range error"));
        }
        Ok(Float::from_f64(result))
    }),
    NativeDef::function("isclose", is_close),
    NativeDef::function("isfinite", |thread, args| {
        let x = float::argument(thread, args, "isfinite")?;
        Ok(singletons::bool(x.is_finite()))
    }),
    NativeDef::function("isinf", |thread, args| {
        let x = float::argument(thread, args, "isinf")?;
        Ok(singletons::bool(x.is_infinite()))
    }),
    NativeDef::function("isnan", |thread, args| {
        let x = float::argument(thread, args, "isnan")?;
        Ok(singletons::bool(x.is_nan()))
    }),
    NativeDef::function("ldexp", ldexp),
    NativeDef::function("lgamma", |thread, args| {
        let x = float::argument(thread, args, "lgamma")?;
        if x.is_finite() && x <= 0.0 && x == x.floor() {
            return Err(expected(thread, "a noninteger or positive integer", x));
        }
        let result = libm::lgamma(x);
        if result.is_infinite() && x.is_finite() {
            return Err(overflow(thread, "math range error"));
        }
        Ok(Float::from_f64(if x.is_infinite() {
            f64::INFINITY
        } else {
            result
        }))
    }),
    NativeDef::function("log", |thread, args| {
        let given = args.between(thread, "log", 1, 2)?;
        let numerator = logarithm(thread, given[0], f64::ln)?;
        let Some(base) = given.get(1) else {
            return Ok(Float::from_f64(numerator));
        };
        let denominator = logarithm(thread, *base, f64::ln)?;
        if denominator == 0.0 {
            return Err(thread.raise_text(&exception::ZERO_DIVISION_ERROR, "division by zero"));
        }
        Ok(Float::from_f64(numerator / denominator))
    }),
    NativeDef::function("log10", |thread, args| {
        let [x] = args.exactly(thread, "log10")?;
        logarithm(thread, x, f64::log10).map(Float::from_f64)
    }),
    NativeDef::function("log1p", |thread, args| {
        let x = float::argument(thread, args, "log1p")?;
        if x <= -1.0 {
            return Err(expected(thread, "argument value > -1", x));
        }
        Ok(Float::from_f64(x.ln_1p()))
    }),
    NativeDef::function("log2", |thread, args| {
        let [x] = args.exactly(thread, "log2")?;
        logarithm(thread, x, f64::log2).map(Float::from_f64)
    }),
    NativeDef::function("modf", |thread, args| {
        let x = float::argument(thread, args, "modf")?;
        let whole = x.trunc();
        let rest = if x.is_infinite() { 0.0 } else { x - whole };
        let parts = [rest.copysign(x), whole].map(Float::from_f64);
        Ok(Tuple::from_refs(Vec::from(parts)))
    }),
    NativeDef::function("nextafter", next_after),
    NativeDef::function("pow", |thread, args| {
        let [x, y] = two(thread, args, "pow")?;
        let result = x.powf(y);
        if x.is_finite() && y.is_finite() {
            if result.is_nan() || (x == 0.0 && result.is_infinite()) {
                return Err(domain(thread));
            }
            if result.is_infinite() {
                return Err(overflow(thread, "math range error"));
            }
        }
        Ok(Float::from_f64(result))
    }),
    NativeDef::function("remainder", |thread, args| {
        let [x, y] = two(thread, args, "remainder")?;
        let result = libm::remainder(x, y);
        if result.is_nan() && !x.is_nan() && !y.is_nan() {
            return Err(domain(thread));
        }
        Ok(Float::from_f64(result))
    }),
    NativeDef::function("trunc", |thread, args| {
        let [value] = args.exactly(thread, "trunc")?;
        if float::float_of(value).is_some() {
            return rounded(thread, args, "trunc", f64::trunc);
        }
        match special(thread, value, "__trunc__")? {
            Some(result) => Ok(result),
            None => {
                let name = value.ty().name();
                let text = format!("type {name} doesn't define __trunc__ method");
                Err(thread.type_error(text))
            }
        }
    }),
    NativeDef::function("ulp", |thread, args| {
        let x = float::argument(thread, args, "ulp")?.abs();
        Ok(Float::from_f64(if x.is_nan() || x.is_infinite() {
            x
        } else if x == f64::MAX {
            x - x.next_down()
        } else {
            x.next_up() - x
        }))
    }),
];

pub(crate) fn make(thread: &mut Thread) -> PyResult {
    let module = Module::new(thread, "math", REAL);
    let this = downcast::<Module>(&module).expect("just made");
    for functions in [OTHERS, integers::FUNCTIONS, sequences::FUNCTIONS] {
        this.define(thread, "math", functions);
    }
    for (name, value) in [
        ("e", core::f64::consts::E),
        ("inf", f64::INFINITY),
        ("nan", f64::NAN),
        ("pi", core::f64::consts::PI),
        ("tau", core::f64::consts::TAU),
    ] {
        this.set(thread, name, Float::from_f64(value));
    }
    Ok(module)
}

fn domain(thread: &mut Thread) -> Raised {
    thread.value_error("math domain error")
}

fn overflow(thread: &mut Thread, text: &str) -> Raised {
    thread.raise_text(&exception::OVERFLOW_ERROR, text)
}

fn expected(thread: &mut Thread, what: &str, got: f64) -> Raised {
    let got = float::repr_text(got);
    thread.value_error(format!("expected {what}, got {got}"))
}

fn two(thread: &mut Thread, args: &Args<'_>, function: &str) -> PyResult<[f64; 2]> {
    let [x, y] = args.exactly(thread, function)?;
    Ok([float::require(thread, x)?, float::require(thread, y)?])
}

fn real(thread: &mut Thread, args: &Args<'_>, name: &str, function: fn(f64) -> f64) -> PyResult {
    let argument = float::argument(thread, args, name)?;
    let result = function(argument);
    if result.is_nan() && !argument.is_nan() {
        return Err(refusal(thread, name, argument));
    }
    if result.is_infinite() && argument.is_finite() {
        // At the edge of its domain a function has a pole, elsewhere it is too large.
        return Err(if name == "atanh" {
            refusal(thread, name, argument)
        } else {
            overflow(thread, "math range error")
        });
    }
    Ok(Float::from_f64(result))
}

/// Why a function has no value at `argument`.
fn refusal(thread: &mut Thread, name: &str, argument: f64) -> Raised {
    let what = match name {
        "sqrt" => "a nonnegative input",
        "acos" | "asin" => "a number in range from -1 up to 1",
        "acosh" => "argument value not less than 1",
        "atanh" => "a number between -1 and 1",
        "cos" | "sin" | "tan" => "a finite input",
        _ => return domain(thread),
    };
    expected(thread, what, argument)
}

/// The result of a special method, if the value's type has it.
fn special(thread: &mut Thread, value: Value, name: &str) -> PyResult<Option<Ref>> {
    match operations::get_attr_named(thread, value.ty().value(), name) {
        Ok(method) => operations::call(thread, *method, &Args::new(&[value])).map(Some),
        Err(raised) => {
            thread.swallow(raised, &exception::ATTRIBUTE_ERROR)?;
            Ok(None)
        }
    }
}

fn rounded(thread: &mut Thread, args: &Args<'_>, name: &str, function: fn(f64) -> f64) -> PyResult {
    let [value] = args.exactly(thread, name)?;
    if !value.ty().is_heap() {
        if let Some(integer) = int::big(value) {
            return Ok(int::from_big(integer.into_owned()));
        }
    } else if let Some(result) = special(thread, value, &format!("__{name}__"))? {
        return Ok(result);
    }
    let value = float::require(thread, value)?;
    int::from_float(thread, function(value))
}

/// A logarithm of a number of any size.
fn logarithm(thread: &mut Thread, value: Value, function: fn(f64) -> f64) -> PyResult<f64> {
    if let Some(integer) = int::big(value) {
        if *integer <= dashu_int::IBig::ZERO {
            return Err(thread.value_error("expected a positive input"));
        }
        let bits = dashu_int::ops::BitTest::bit_len(&*integer);
        if bits > 1000 {
            // Of a fraction between a half and one, and of the power of two beside it.
            let leading = integer.into_owned() >> (bits - 64);
            let fraction = libm::ldexp(leading.to_f64().value(), -64);
            return Ok(function(fraction) + function(2.0) * bits as f64);
        }
    }
    let x = float::require(thread, value)?;
    if x <= 0.0 {
        return Err(expected(thread, "a positive input", x));
    }
    Ok(function(x))
}

fn is_close(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [a, b, relative, absolute] =
        args.bind(thread, "isclose", ["a", "b", "rel_tol", "abs_tol"], 2)?;
    let a = float::require(thread, a.expect("required"))?;
    let b = float::require(thread, b.expect("required"))?;
    let relative = match relative {
        Some(relative) => float::require(thread, relative)?,
        None => 1e-9,
    };
    let absolute = match absolute {
        Some(absolute) => float::require(thread, absolute)?,
        None => 0.0,
    };
    if relative < 0.0 || absolute < 0.0 {
        return Err(thread.value_error("tolerances must be non-negative"));
    }
    let difference = (a - b).abs();
    let close = a == b
        || a.is_finite()
            && b.is_finite()
            && (difference <= relative * a.abs()
                || difference <= relative * b.abs()
                || difference <= absolute);
    Ok(singletons::bool(close))
}

fn ldexp(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [x, exponent] = args.exactly(thread, "ldexp")?;
    let x = float::require(thread, x)?;
    let Some(exponent) = int::to_i64(exponent) else {
        return Err(thread.type_error("Expected an int as second argument to ldexp."));
    };
    if x == 0.0 || !x.is_finite() {
        return Ok(Float::from_f64(x));
    }
    let exponent = match exponent {
        Ok(exponent) => exponent.clamp(-100_000, 100_000) as i32,
        Err(()) => {
            let [_, exponent] = args.exactly(thread, "ldexp")?;
            let negative = int::big(exponent).is_some_and(|it| *it < dashu_int::IBig::ZERO);
            if negative { -100_000 } else { 100_000 }
        }
    };
    let result = libm::ldexp(x, exponent);
    if result.is_infinite() {
        return Err(overflow(thread, "math range error"));
    }
    Ok(Float::from_f64(result))
}

fn next_after(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [x, y, steps] = args.bind(thread, "nextafter", ["x", "y", "steps"], 2)?;
    let x = float::require(thread, x.expect("required"))?;
    let y = float::require(thread, y.expect("required"))?;
    let mut steps = match steps.filter(|steps| !singletons::is_none(*steps)) {
        Some(steps) => operations::index(thread, steps)?,
        None => 1,
    };
    if steps < 0 {
        return Err(thread.value_error("steps must be a non-negative integer"));
    }
    if x.is_nan() || y.is_nan() {
        return Ok(Float::from_f64(f64::NAN));
    }
    // In order, numbers are their bits as integers, negative ones backwards.
    let rank = |x: f64| {
        let bits = x.to_bits() as i64;
        if bits < 0 { i64::MIN - bits } else { bits }
    };
    let (from, to) = (rank(x), rank(y));
    steps = steps.min(
        (i128::from(to) - i128::from(from))
            .unsigned_abs()
            .min(i64::MAX as u128) as i64,
    );
    if from == to || steps == 0 {
        return Ok(Float::from_f64(if from == to { y } else { x }));
    }
    let at = if to > from {
        from + steps
    } else {
        from - steps
    };
    let bits = if at < 0 { i64::MIN - at } else { at };
    let result = f64::from_bits(bits as u64);
    Ok(Float::from_f64(if result == 0.0 && x < 0.0 {
        -0.0
    } else {
        result
    }))
}
