//! Functions of integers.

use dashu_int::IBig;
use dashu_int::ops::Gcd;
use selvedge_interp::object::native::{Args, NativeDef};
use selvedge_interp::object::{exception, float, int, singletons};
use selvedge_interp::{PyResult, Thread, Value, operations};

pub(super) static FUNCTIONS: &[NativeDef] = &[
    NativeDef::function("comb", |thread, args| {
        let [n, k] = args.exactly(thread, "comb")?;
        let (n, k) = (natural(thread, n, "n")?, natural(thread, k, "k")?);
        if k > n {
            return Ok(int::from_i64(0));
        }
        let k = k.clone().min(&n - &k);
        let k = small(thread, &k, "min(n - k, k) must not exceed")?;
        let mut result = IBig::ONE;
        for step in 0..k {
            result = result * (&n - IBig::from(step)) / IBig::from(step + 1);
        }
        Ok(int::from_big(result))
    }),
    NativeDef::function("factorial", |thread, args| {
        let [n] = args.exactly(thread, "factorial")?;
        if float::float_of(n).is_some() && int::to_i64(n).is_none() {
            let text = "'float' object cannot be interpreted as an integer";
            return Err(thread.type_error(text));
        }
        let n = integer(thread, n)?;
        if n < IBig::ZERO {
            return Err(thread.value_error("factorial() not defined for negative values"));
        }
        let n = small(thread, &n, "factorial() argument should not exceed")?;
        Ok(int::from_big(product(1, n)))
    }),
    NativeDef::function("gcd", |thread, args| {
        fold(thread, args, IBig::ZERO, |a, b| {
            if a == IBig::ZERO || b == IBig::ZERO {
                a + b
            } else {
                IBig::from(a.gcd(b))
            }
        })
    }),
    NativeDef::function("isqrt", |thread, args| {
        let [value] = args.exactly(thread, "isqrt")?;
        let value = integer(thread, value)?;
        match int::isqrt(&value) {
            Some(root) => Ok(root),
            None => Err(thread.value_error("isqrt() argument must be nonnegative")),
        }
    }),
    NativeDef::function("lcm", |thread, args| {
        fold(thread, args, IBig::ONE, |a, b| {
            if a == IBig::ZERO || b == IBig::ZERO {
                return IBig::ZERO;
            }
            let divisor = IBig::from((&a).gcd(&b));
            a / divisor * b
        })
    }),
    NativeDef::function("perm", |thread, args| {
        let given = args.between(thread, "perm", 1, 2)?;
        let n = natural(thread, given[0], "n")?;
        let k = match given.get(1).filter(|k| !singletons::is_none(**k)) {
            Some(k) => natural(thread, *k, "k")?,
            None => n.clone(),
        };
        if k > n {
            return Ok(int::from_i64(0));
        }
        let k = small(thread, &k, "k must not exceed")?;
        let mut result = IBig::ONE;
        for step in 0..k {
            result *= &n - IBig::from(step);
        }
        Ok(int::from_big(result))
    }),
];

fn integer(thread: &mut Thread, value: Value) -> PyResult<IBig> {
    let value = operations::as_int(thread, value)?;
    Ok(int::big(*value)
        .expect("`as_int` makes an integer")
        .into_owned())
}

fn natural(thread: &mut Thread, value: Value, name: &str) -> PyResult<IBig> {
    let value = integer(thread, value)?;
    if value < IBig::ZERO {
        return Err(thread.value_error(format!("{name} must be a non-negative integer")));
    }
    Ok(value)
}

fn small(thread: &mut Thread, value: &IBig, what: &str) -> PyResult<u64> {
    i64::try_from(value).map(i64::cast_unsigned).map_err(|_| {
        let text = format!("{what} {}", i64::MAX);
        thread.raise_text(&exception::OVERFLOW_ERROR, text)
    })
}

/// The product of the integers from `low` to `high`, halves multiplied with each other so that
/// factors are of like size.
fn product(low: u64, high: u64) -> IBig {
    if low > high {
        return IBig::ONE;
    }
    if high - low < 16 {
        return (low..=high).map(IBig::from).product();
    }
    let middle = low.midpoint(high);
    product(low, middle) * product(middle + 1, high)
}

fn fold(
    thread: &mut Thread,
    args: &Args<'_>,
    start: IBig,
    step: fn(IBig, IBig) -> IBig,
) -> PyResult {
    let mut result = start;
    for value in args.values() {
        let value = integer(thread, *value)?;
        let magnitude = if value < IBig::ZERO { -value } else { value };
        result = step(result, magnitude);
    }
    Ok(int::from_big(result))
}
