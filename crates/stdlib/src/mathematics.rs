//! The module `math`.

use selvedge_interp::object::float::{self, Float};
use selvedge_interp::object::module::Module;
use selvedge_interp::object::native::{Args, NativeDef};
use selvedge_interp::object::{downcast, exception, int};
use selvedge_interp::{PyResult, Thread};

static FUNCTIONS: &[NativeDef] = &[
    NativeDef::function("ceil", |thread, args| {
        rounded(thread, args, "ceil", f64::ceil)
    }),
    NativeDef::function("cos", |thread, args| real(thread, args, "cos", f64::cos)),
    NativeDef::function("exp", |thread, args| real(thread, args, "exp", f64::exp)),
    NativeDef::function("fabs", |thread, args| real(thread, args, "fabs", f64::abs)),
    NativeDef::function("floor", |thread, args| {
        rounded(thread, args, "floor", f64::floor)
    }),
    NativeDef::function("isqrt", isqrt),
    NativeDef::function("log", |thread, args| real(thread, args, "log", f64::ln)),
    NativeDef::function("sin", |thread, args| real(thread, args, "sin", f64::sin)),
    NativeDef::function("sqrt", |thread, args| real(thread, args, "sqrt", f64::sqrt)),
    NativeDef::function("tan", |thread, args| real(thread, args, "tan", f64::tan)),
    NativeDef::function("trunc", |thread, args| {
        rounded(thread, args, "trunc", f64::trunc)
    }),
];

pub(crate) fn make(thread: &mut Thread) -> PyResult {
    let module = Module::new(thread, "math", FUNCTIONS);
    let this = downcast::<Module>(&module).expect("just made");
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

fn real(thread: &mut Thread, args: &Args<'_>, name: &str, function: fn(f64) -> f64) -> PyResult {
    let argument = float::argument(thread, args, name)?;
    let result = function(argument);
    if result.is_nan() && !argument.is_nan() || name == "log" && argument == 0.0 {
        return Err(thread.value_error("math domain error"));
    }
    if result.is_infinite() && argument.is_finite() {
        return Err(thread.raise_text(&exception::OVERFLOW_ERROR, "math range error"));
    }
    Ok(Float::from_f64(result))
}

fn rounded(thread: &mut Thread, args: &Args<'_>, name: &str, function: fn(f64) -> f64) -> PyResult {
    let [value] = args.exactly(thread, name)?;
    if let Some(integer) = int::big(value) {
        return Ok(int::from_big(integer.into_owned()));
    }
    let value = float::require(thread, value)?;
    int::from_float(thread, function(value))
}

fn isqrt(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [value] = args.exactly(thread, "isqrt")?;
    let Some(value) = int::big(value) else {
        let name = value.ty().name();
        return Err(thread.type_error(format!(
            "'{name}' object cannot be interpreted as an integer"
        )));
    };
    match int::isqrt(&value) {
        Some(root) => Ok(root),
        None => Err(thread.value_error("isqrt() argument must be nonnegative")),
    }
}
