//! The module `_operator`: operators as functions. What it does not have, `operator` has in Python.

use selvedge_interp::object::bytes::bytes_of;
use selvedge_interp::object::module::Module;
use selvedge_interp::object::native::NativeDef;
use selvedge_interp::object::str::Str;
use selvedge_interp::object::{BinaryOp, CompareOp, UnaryOp, downcast, int, singletons};
use selvedge_interp::{PyResult, Thread, operations};

macro_rules! binary {
    ($name:literal, $op:ident) => {
        NativeDef::function($name, |thread, args| {
            let [left, right] = args.exactly(thread, $name)?;
            operations::binary(thread, BinaryOp::$op, left, right)
        })
    };
}

macro_rules! inplace {
    ($name:literal, $op:ident) => {
        NativeDef::function($name, |thread, args| {
            let [left, right] = args.exactly(thread, $name)?;
            operations::inplace(thread, BinaryOp::$op, left, right)
        })
    };
}

macro_rules! compare {
    ($name:literal, $op:ident) => {
        NativeDef::function($name, |thread, args| {
            let [left, right] = args.exactly(thread, $name)?;
            operations::compare(thread, CompareOp::$op, left, right)
        })
    };
}

macro_rules! unary {
    ($name:literal, $op:ident) => {
        NativeDef::function($name, |thread, args| {
            let [value] = args.exactly(thread, $name)?;
            operations::unary(thread, UnaryOp::$op, value)
        })
    };
}

static FUNCTIONS: &[NativeDef] = &[
    binary!("add", Add),
    binary!("and_", And),
    binary!("floordiv", FloorDiv),
    binary!("lshift", LShift),
    binary!("matmul", MatMul),
    binary!("mod", Mod),
    binary!("mul", Mul),
    binary!("or_", Or),
    binary!("pow", Pow),
    binary!("rshift", RShift),
    binary!("sub", Sub),
    binary!("truediv", TrueDiv),
    binary!("xor", Xor),
    inplace!("iadd", Add),
    inplace!("iand", And),
    inplace!("ifloordiv", FloorDiv),
    inplace!("ilshift", LShift),
    inplace!("imatmul", MatMul),
    inplace!("imod", Mod),
    inplace!("imul", Mul),
    inplace!("ior", Or),
    inplace!("ipow", Pow),
    inplace!("irshift", RShift),
    inplace!("isub", Sub),
    inplace!("itruediv", TrueDiv),
    inplace!("ixor", Xor),
    compare!("eq", Eq),
    compare!("ge", Ge),
    compare!("gt", Gt),
    compare!("le", Le),
    compare!("lt", Lt),
    compare!("ne", Ne),
    unary!("inv", Invert),
    unary!("invert", Invert),
    unary!("neg", Neg),
    unary!("pos", Pos),
    NativeDef::function("_compare_digest", |thread, args| {
        let [left, right] = args.exactly(thread, "compare_digest")?;
        let text = |value| downcast::<Str>(value).map(|text| text.to_utf8_lossy().into_owned());
        let both = match (text(&left), text(&right)) {
            (Some(left), Some(right)) => {
                if !left.is_ascii() || !right.is_ascii() {
                    let text = "comparing strings with non-ASCII characters is not supported";
                    return Err(thread.type_error(text));
                }
                Some((left.into_bytes(), right.into_bytes()))
            }
            _ => match (bytes_of(&left), bytes_of(&right)) {
                (Some(left), Some(right)) => Some((left.to_vec(), right.to_vec())),
                _ => None,
            },
        };
        let Some((left, right)) = both else {
            let (left, right) = (left.ty().name(), right.ty().name());
            return Err(thread.type_error(format!(
                "unsupported operand types(s) or combination of types: '{left}' and '{right}'"
            )));
        };
        // Every byte is looked at, wherever the first difference is.
        let different = left
            .iter()
            .zip(&right)
            .fold(0, |all, (left, right)| all | (left ^ right));
        Ok(singletons::bool(
            different == 0 && left.len() == right.len(),
        ))
    }),
    NativeDef::function("contains", |thread, args| {
        let [container, item] = args.exactly(thread, "contains")?;
        operations::contains(thread, container, item).map(singletons::bool)
    }),
    NativeDef::function("delitem", |thread, args| {
        let [container, key] = args.exactly(thread, "delitem")?;
        operations::set_item(thread, container, key, None)?;
        Ok(singletons::none())
    }),
    NativeDef::function("getitem", |thread, args| {
        let [container, key] = args.exactly(thread, "getitem")?;
        operations::get_item(thread, container, key)
    }),
    NativeDef::function("index", |thread, args| {
        let [value] = args.exactly(thread, "index")?;
        let index = operations::as_int(thread, value)?;
        // A `bool` is the integer that it is.
        Ok(match int::to_i64(*index) {
            Some(Ok(small)) => int::from_i64(small),
            _ => index,
        })
    }),
    NativeDef::function("is_", |thread, args| {
        let [left, right] = args.exactly(thread, "is_")?;
        Ok(singletons::bool(left.is(right)))
    }),
    NativeDef::function("is_none", |thread, args| {
        let [value] = args.exactly(thread, "is_none")?;
        Ok(singletons::bool(singletons::is_none(value)))
    }),
    NativeDef::function("is_not", |thread, args| {
        let [left, right] = args.exactly(thread, "is_not")?;
        Ok(singletons::bool(!left.is(right)))
    }),
    NativeDef::function("is_not_none", |thread, args| {
        let [value] = args.exactly(thread, "is_not_none")?;
        Ok(singletons::bool(!singletons::is_none(value)))
    }),
    NativeDef::function("not_", |thread, args| {
        let [value] = args.exactly(thread, "not_")?;
        Ok(singletons::bool(!operations::truth(thread, value)?))
    }),
    NativeDef::function("setitem", |thread, args| {
        let [container, key, new] = args.exactly(thread, "setitem")?;
        operations::set_item(thread, container, key, Some(new))?;
        Ok(singletons::none())
    }),
    NativeDef::function("truth", |thread, args| {
        let [value] = args.exactly(thread, "truth")?;
        operations::truth(thread, value).map(singletons::bool)
    }),
];

pub(crate) fn make(thread: &mut Thread) -> PyResult {
    Ok(Module::new(thread, "_operator", FUNCTIONS))
}
