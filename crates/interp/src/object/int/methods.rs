//! The methods of integers.

use super::{
    BinaryOp, PyResult, Ref, Thread, UnsignedAbs, Value, big, from_big, from_i64, from_usize,
};
use crate::object::bytes::{Bytes, bytes_of};
use crate::object::native::{Args, NativeDef};
use crate::object::str::Str;
use crate::object::tuple::Tuple;
use crate::object::{exception, singletons};
use crate::operations;
use dashu_int::ops::BitTest;
use dashu_int::{IBig, UBig};

pub(super) static METHODS: &[NativeDef] = &[
    NativeDef::method("__abs__", |thread, args| {
        let int = alone(thread, args, "__abs__")?;
        Ok(from_big(IBig::from(int.unsigned_abs())))
    }),
    NativeDef::method("__ceil__", same),
    NativeDef::method("__float__", |thread, args| {
        let [this] = args.exactly(thread, "int.__float__")?;
        crate::object::float::require(thread, this).map(crate::object::float::Float::from_f64)
    }),
    NativeDef::method("__floor__", same),
    NativeDef::method("__index__", same),
    NativeDef::method("__int__", same),
    NativeDef::method("__divmod__", |thread, args| {
        let [left, right] = args.exactly(thread, "int.__divmod__")?;
        if big(right).is_none() {
            return Ok(singletons::not_implemented());
        }
        let quotient = operations::binary(thread, BinaryOp::FloorDiv, left, right)?;
        Ok(Tuple::from_refs(vec![
            quotient,
            operations::binary(thread, BinaryOp::Mod, left, right)?,
        ]))
    }),
    NativeDef::method("__round__", |thread, args| {
        let (this, rest) = args.split_receiver();
        let digits = match rest.between(thread, "__round__", 0, 1)? {
            [digits] => Some(operations::index_clamped(thread, *digits)?),
            _ => None,
        };
        crate::builtins::round_int(thread, this, digits)
    }),
    NativeDef::method("__trunc__", same),
    NativeDef::method("as_integer_ratio", |thread, args| {
        let int = alone(thread, args, "as_integer_ratio")?;
        Ok(Tuple::from_refs(vec![from_big(int), Ref::small(1)]))
    }),
    NativeDef::method("bit_count", |thread, args| {
        let magnitude = alone(thread, args, "bit_count")?.unsigned_abs();
        let ones: u32 = magnitude
            .to_le_bytes()
            .iter()
            .map(|byte| byte.count_ones())
            .sum();
        Ok(from_i64(i64::from(ones)))
    }),
    NativeDef::method("bit_length", |thread, args| {
        Ok(from_usize(
            alone(thread, args, "bit_length")?.unsigned_abs().bit_len(),
        ))
    }),
    NativeDef::method("conjugate", same),
    NativeDef::getter("denominator", |_, _| Ok(Ref::small(1))),
    NativeDef::class_method("from_bytes", from_bytes),
    NativeDef::getter("imag", |_, _| Ok(Ref::small(0))),
    NativeDef::method("is_integer", |thread, args| {
        alone(thread, args, "is_integer").map(|_| singletons::true_())
    }),
    NativeDef::getter("numerator", same),
    NativeDef::getter("real", same),
    NativeDef::method("to_bytes", to_bytes),
];

fn alone(thread: &mut Thread, args: &Args<'_>, method: &str) -> PyResult<IBig> {
    let (this, rest) = args.split_receiver();
    let [] = rest.exactly(thread, &format!("int.{method}"))?;
    receiver(thread, this, method)
}

fn receiver(thread: &mut Thread, this: Value, method: &str) -> PyResult<IBig> {
    match big(this) {
        Some(int) => Ok(int.into_owned()),
        None => {
            let name = this.ty().name();
            let text = format!(
                "descriptor '{method}' for 'int' objects doesn't apply to a '{name}' object"
            );
            Err(thread.type_error(text))
        }
    }
}

fn same(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    alone(thread, args, "__int__").map(from_big)
}

/// Whether the bytes are big-endian.
fn is_big_endian(thread: &mut Thread, order: Option<Value>, what: &str) -> PyResult<bool> {
    let Some(order) = order else { return Ok(true) };
    let order = operations::text(thread, order, &format!("{what}() argument 'byteorder'"))?;
    match &*order {
        "big" => Ok(true),
        "little" => Ok(false),
        _ => Err(thread.value_error("byteorder must be either 'little' or 'big'")),
    }
}

/// Takes `signed` out of the arguments with names.
fn signed_option(thread: &mut Thread, args: &Args<'_>) -> PyResult<bool> {
    let found = args
        .keywords()
        .find(|(name, _)| crate::object::str::name_text(name) == "signed");
    found.map_or(Ok(false), |(_, value)| operations::truth(thread, value))
}

fn without_signed<'a>(
    args: &Args<'a>,
    values: &'a mut Vec<Value>,
    names: &'a mut Vec<Value>,
) -> Args<'a> {
    values.extend_from_slice(args.positional());
    for (name, value) in args.keywords() {
        if crate::object::str::name_text(&name) != "signed" {
            names.push(name);
            values.push(value);
        }
    }
    Args::with_names(values, names)
}

fn to_bytes(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let (this, rest) = args.split_receiver();
    let int = receiver(thread, this, "to_bytes")?;
    let signed = signed_option(thread, &rest)?;
    let (mut values, mut names) = (Vec::new(), Vec::new());
    let rest = without_signed(&rest, &mut values, &mut names);
    let [length, order] = rest.bind(thread, "to_bytes", ["length", "byteorder"], 0)?;
    let length = match length {
        Some(length) => operations::index(thread, length)?,
        None => 1,
    };
    let Ok(length) = usize::try_from(length) else {
        return Err(thread.value_error("length argument must be non-negative"));
    };
    let big_endian = is_big_endian(thread, order, "to_bytes")?;
    let too_big = |thread: &mut Thread| {
        thread.raise_text(&exception::OVERFLOW_ERROR, "int too big to convert")
    };
    crate::object::tuple::check_size(thread, length, 1, 4)?;
    let negative = int < IBig::ZERO;
    if negative && !signed {
        return Err(thread.raise_text(
            &exception::OVERFLOW_ERROR,
            "can't convert negative int to unsigned",
        ));
    }
    let bits = 8 * length;
    // What is left for the magnitude: a sign takes a bit, and the lowest negative number has none.
    let fits = if negative {
        (-(int.clone()) - IBig::ONE).unsigned_abs().bit_len() < bits
    } else {
        int.clone().unsigned_abs().bit_len() + usize::from(signed && !int.is_zero()) <= bits
    };
    if !fits {
        return Err(too_big(thread));
    }
    let magnitude = if negative {
        (IBig::from(UBig::ONE << bits) + int).unsigned_abs()
    } else {
        int.unsigned_abs()
    };
    let mut data = magnitude.to_le_bytes().to_vec();
    data.resize(length, 0);
    if big_endian {
        data.reverse();
    }
    Ok(Bytes::new(&data))
}

fn from_bytes(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let (class, rest) = args.split_receiver();
    let signed = signed_option(thread, &rest)?;
    let (mut values, mut names) = (Vec::new(), Vec::new());
    let rest = without_signed(&rest, &mut values, &mut names);
    let [source, order] = rest.bind(thread, "from_bytes", ["bytes", "byteorder"], 1)?;
    let source = source.expect("required");
    if crate::object::downcast::<Str>(&source).is_some() {
        return Err(thread.type_error("cannot convert 'str' object to bytes"));
    }
    let big_endian = is_big_endian(thread, order, "from_bytes")?;
    let mut data = match bytes_of(&source) {
        Some(data) => data.into_owned(),
        None => {
            let made = operations::call(
                thread,
                crate::object::bytes::BYTES_TYPE.value(),
                &Args::new(&[source]),
            )?;
            bytes_of(&made).expect("`bytes` makes bytes").into_owned()
        }
    };
    if big_endian {
        data.reverse();
    }
    let negative = signed && data.last().is_some_and(|byte| *byte >= 0x80);
    let mut int = IBig::from(UBig::from_le_bytes(&data));
    if negative {
        int -= IBig::from(UBig::ONE << (8 * data.len()));
    }
    let int = from_big(int);
    if class.is(super::INT_TYPE.value()) {
        Ok(int)
    } else {
        operations::call(thread, class, &Args::new(&[*int]))
    }
}

/// `pow(base, exponent, modulus)` of integers.
pub(crate) fn modular_power(
    thread: &mut Thread,
    base: &IBig,
    exponent: &IBig,
    modulus: &IBig,
) -> PyResult {
    if modulus.is_zero() {
        return Err(thread.value_error("pow() 3rd argument cannot be 0"));
    }
    let negative = *modulus < IBig::ZERO;
    let size = modulus.clone().unsigned_abs();
    let reduce = |int: IBig| -> UBig {
        let rest = int % IBig::from(size.clone());
        (if rest < IBig::ZERO {
            rest + IBig::from(size.clone())
        } else {
            rest
        })
        .unsigned_abs()
    };
    let mut base = reduce(base.clone());
    if *exponent < IBig::ZERO {
        match inverse(&base, &size) {
            Some(inverse) => base = reduce(inverse),
            None => return Err(thread.value_error("base is not invertible for the given modulus")),
        }
    }
    let exponent = exponent.clone().unsigned_abs();
    let mut result = UBig::ONE % &size;
    for bit in (0..exponent.bit_len()).rev() {
        result = &result * &result % &size;
        if exponent.bit(bit) {
            result = &result * &base % &size;
        }
    }
    let result = IBig::from(result);
    // The result has the sign of the modulus.
    Ok(from_big(if negative && !result.is_zero() {
        result + modulus
    } else {
        result
    }))
}

/// The number that makes 1 with `value`, modulo `modulus`.
fn inverse(value: &UBig, modulus: &UBig) -> Option<IBig> {
    let (mut old, mut rest) = (IBig::from(value.clone()), IBig::from(modulus.clone()));
    let (mut factor, mut next) = (IBig::ONE, IBig::ZERO);
    while !rest.is_zero() {
        let quotient = &old / &rest;
        (old, rest) = (rest.clone(), old - &quotient * &rest);
        (factor, next) = (next.clone(), factor - quotient * next);
    }
    (old == IBig::ONE).then_some(factor)
}
