//! The functions and constants of the module `builtins`.

mod extremes;
pub(crate) mod iterators;
mod numbers;
mod printing;
pub(crate) mod scope;
mod sum;

use extremes::{better_of, extreme};
pub(crate) use numbers::{round_float, round_int};

use crate::error::PyResult;
use crate::object::bytes::bytes_of;
use crate::object::class;
use crate::object::dict::Dict;
use crate::object::float::{Float, float_of};
use crate::object::list::List;
use crate::object::list::methods::sorted;
use crate::object::native::{Args, NativeDef};
use crate::object::set::Set;
use crate::object::str::Str;
use crate::object::tuple::Tuple;
use crate::object::{
    BinaryOp, CompareOp, UnaryOp, downcast, downcast_exact, exception, int, singletons,
};
use crate::operations;
use crate::thread::Thread;
use crate::value::{Ref, Value, float};

pub(crate) static FUNCTIONS: &[NativeDef] = &[
    NativeDef::function("abs", |thread, args| {
        let [value] = args.exactly(thread, "abs")?;
        abs(thread, value)
    })
    .one(abs),
    NativeDef::function("aiter", crate::object::generator::aiter),
    NativeDef::function("all", |thread, args| any_or_all(thread, args, "all", true)),
    NativeDef::function("anext", crate::object::generator::anext),
    NativeDef::function("any", |thread, args| any_or_all(thread, args, "any", false)),
    NativeDef::function("ascii", |thread, args| {
        let [value] = args.exactly(thread, "ascii")?;
        Ok(Str::new(&operations::ascii_text(thread, value)?))
    }),
    NativeDef::function("bin", |thread, args| in_base(thread, args, "bin", "#b")),
    NativeDef::function("callable", |thread, args| {
        let [value] = args.exactly(thread, "callable")?;
        Ok(singletons::bool(value.ty().call().is_some()))
    }),
    NativeDef::function("chr", |thread, args| {
        let [value] = args.exactly(thread, "chr")?;
        chr(thread, value)
    })
    .one(chr),
    NativeDef::function("delattr", |thread, args| {
        let [value, name] = args.exactly(thread, "delattr")?;
        let name = attribute_name(thread, name)?;
        operations::set_attr(thread, value, *name, None)?;
        Ok(singletons::none())
    }),
    NativeDef::function("divmod", |thread, args| {
        let [left, right] = args.exactly(thread, "divmod")?;
        for (this, other, special) in [(left, right, "__divmod__"), (right, left, "__rdivmod__")] {
            if this.ty().is_heap() && class::has_special(this.ty(), thread, special) {
                let result = operations::call_method(thread, this, special, &[other])?;
                if !singletons::is_not_implemented(*result) {
                    return Ok(result);
                }
            }
        }
        let number = |value: Value| float_of(value).is_some() || int::to_i64(value).is_some();
        if !number(left) || !number(right) {
            let (left, right) = (left.ty().name(), right.ty().name());
            let text = format!("unsupported operand type(s) for divmod(): '{left}' and '{right}'");
            return Err(thread.type_error(text));
        }
        let quotient = operations::binary(thread, BinaryOp::FloorDiv, left, right)?;
        Ok(Tuple::from_refs(vec![
            quotient,
            operations::binary(thread, BinaryOp::Mod, left, right)?,
        ]))
    }),
    NativeDef::function("format", |thread, args| {
        let values = args.between(thread, "format", 1, 2)?;
        let spec = match values.get(1) {
            Some(spec) => operations::text(thread, *spec, "format() argument 2")?,
            None => String::new(),
        };
        crate::format::format(thread, values[0], &spec)
    }),
    NativeDef::function("getattr", getattr),
    NativeDef::function("hasattr", hasattr),
    NativeDef::function("hash", |thread, args| {
        let [value] = args.exactly(thread, "hash")?;
        Ok(int::from_i64(operations::hash(thread, value)? as i64))
    }),
    NativeDef::function("hex", |thread, args| in_base(thread, args, "hex", "#x")),
    NativeDef::function("id", |thread, args| {
        let [value] = args.exactly(thread, "id")?;
        Ok(match value.as_object() {
            Some(object) => int::from_usize(object as usize),
            None => int::from_i64(value.bits() as i64 >> 1),
        })
    }),
    NativeDef::function("isinstance", |thread, args| {
        let [value, class] = args.exactly(thread, "isinstance")?;
        is_instance(thread, value, class)
    })
    .two(is_instance),
    NativeDef::function("issubclass", issubclass),
    NativeDef::function("iter", |thread, args| {
        match args.between(thread, "iter", 1, 2)? {
            [callable, sentinel] => iterators::call_until(thread, *callable, *sentinel),
            given => operations::iter(thread, given[0]),
        }
    }),
    NativeDef::function("len", |thread, args| {
        let [value] = args.exactly(thread, "len")?;
        len(thread, value)
    })
    .one(len),
    NativeDef::function("max", |thread, args| {
        extreme(thread, args, "max", CompareOp::Gt)
    })
    .two(|thread, first, second| better_of(thread, CompareOp::Gt, first, second)),
    NativeDef::function("min", |thread, args| {
        extreme(thread, args, "min", CompareOp::Lt)
    })
    .two(|thread, first, second| better_of(thread, CompareOp::Lt, first, second)),
    NativeDef::function("next", next),
    NativeDef::function("oct", |thread, args| in_base(thread, args, "oct", "#o")),
    NativeDef::function("ord", |thread, args| {
        let [value] = args.exactly(thread, "ord")?;
        ord(thread, value)
    })
    .one(ord),
    NativeDef::function("pow", |thread, args| {
        let [base, exponent, modulus] = args.bind(thread, "pow", ["base", "exp", "mod"], 2)?;
        let (base, exponent) = (base.expect("required"), exponent.expect("required"));
        match modulus.filter(|modulus| !singletons::is_none(*modulus)) {
            Some(modulus) => numbers::power_modulo(thread, base, exponent, modulus),
            None => operations::binary(thread, BinaryOp::Pow, base, exponent),
        }
    }),
    NativeDef::function("print", printing::print),
    NativeDef::function("repr", |thread, args| {
        let [value] = args.exactly(thread, "repr")?;
        operations::repr(thread, value)
    }),
    NativeDef::function("round", numbers::round),
    NativeDef::function("setattr", |thread, args| {
        let [value, name, new] = args.exactly(thread, "setattr")?;
        let name = attribute_name(thread, name)?;
        operations::set_attr(thread, value, *name, Some(new))?;
        Ok(singletons::none())
    }),
    NativeDef::function("sorted", sort),
    NativeDef::function("sum", sum::sum),
];

pub(crate) fn constants() -> Vec<(&'static str, Ref)> {
    vec![
        ("None", singletons::none()),
        ("True", singletons::true_()),
        ("False", singletons::false_()),
        ("Ellipsis", singletons::ellipsis()),
        ("NotImplemented", singletons::not_implemented()),
        ("__debug__", singletons::true_()),
    ]
}

fn abs(thread: &mut Thread, value: Value) -> PyResult {
    if let Some(int) = value.as_int() {
        return Ok(int::from_i64(int.abs()));
    }
    if value.is_float() {
        return Ok(Float::from_f64(float::decode(value).abs()));
    }
    if class::has_special(value.ty(), thread, "__abs__") {
        return operations::call_method(thread, value, "__abs__", &[]);
    }
    let name = value.ty().name();
    Err(thread.type_error(format!("bad operand type for abs(): '{name}'")))
}

fn any_or_all(thread: &mut Thread, args: &Args<'_>, name: &str, all: bool) -> PyResult {
    let [iterable] = args.exactly(thread, name)?;
    let iterator = operations::iter(thread, iterable)?;
    while let Some(item) = operations::next(thread, *iterator)? {
        if operations::truth(thread, *item)? != all {
            return Ok(singletons::bool(!all));
        }
    }
    Ok(singletons::bool(all))
}

fn in_base(thread: &mut Thread, args: &Args<'_>, name: &str, spec: &str) -> PyResult {
    let [value] = args.exactly(thread, name)?;
    let int = operations::as_int(thread, value)?;
    // A `bool` is formatted as the integer that it is.
    let int = operations::unary(thread, UnaryOp::Pos, *int)?;
    crate::format::format(thread, *int, spec)
}

fn chr(thread: &mut Thread, value: Value) -> PyResult {
    match u32::try_from(operations::index_clamped(thread, value)?) {
        Ok(point) if point <= 0x10_ffff => Ok(Str::from_code_point(point)),
        _ => Err(thread.value_error("chr() arg not in range(0x110000)")),
    }
}

fn ord(thread: &mut Thread, value: Value) -> PyResult {
    match downcast::<Str>(&value) {
        Some(string) if string.len() == 1 => Ok(Ref::small(i64::from(string.code_points().at(0)))),
        Some(string) => {
            let len = string.len();
            Err(thread.type_error(format!(
                "ord() expected a character, but string of length {len} found"
            )))
        }
        None if bytes_of(&value).is_some() => match bytes_of(&value).as_deref() {
            Some([byte]) => Ok(Ref::small(i64::from(*byte))),
            data => {
                let len = data.map_or(0, <[u8]>::len);
                let text = format!(
                    "ord() expected a character, but {} of length {len} found",
                    value.ty().name()
                );
                Err(thread.type_error(text))
            }
        },
        None => {
            let name = value.ty().name();
            Err(thread.type_error(format!(
                "ord() expected string of length 1, but {name} found"
            )))
        }
    }
}

/// The interned string that names an attribute.
///
/// # Errors
/// `TypeError` if `name` is no string.
pub(crate) fn attribute_name(thread: &mut Thread, name: Value) -> PyResult {
    if downcast::<Str>(&name).is_none() {
        let ty = name.ty().name();
        return Err(thread.type_error(format!("attribute name must be string, not '{ty}'")));
    }
    Ok(thread.interpreter().intern_string(name.to_ref()))
}

fn getattr(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let values = args.between(thread, "getattr", 2, 3)?;
    let name = attribute_name(thread, values[1])?;
    let Some(default) = values.get(2) else {
        return operations::get_attr(thread, values[0], *name);
    };
    let found = find_attribute(thread, values[0], *name)?;
    Ok(found.unwrap_or_else(|| default.to_ref()))
}

fn hasattr(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [value, name] = args.exactly(thread, "hasattr")?;
    let name = attribute_name(thread, name)?;
    let found = find_attribute(thread, value, *name)?;
    Ok(singletons::bool(found.is_some()))
}

/// An attribute, if there is one.
fn find_attribute(thread: &mut Thread, value: Value, name: Value) -> PyResult<Option<Ref>> {
    class::find_attr(thread, value, name).or_else(|raised| {
        thread.swallow(raised, &exception::ATTRIBUTE_ERROR)?;
        Ok(None)
    })
}

fn issubclass(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [class, bases] = args.exactly(thread, "issubclass")?;
    Ok(singletons::bool(operations::is_subclass(
        thread, class, bases,
    )?))
}

fn is_instance(thread: &mut Thread, value: Value, class: Value) -> PyResult {
    operations::is_instance(thread, value, class).map(singletons::bool)
}

fn len(thread: &mut Thread, value: Value) -> PyResult {
    let len = if let Some(list) = downcast_exact::<List>(&value) {
        list.len()
    } else if let Some(tuple) = downcast_exact::<Tuple>(&value) {
        tuple.items().len()
    } else if let Some(set) = downcast_exact::<Set>(&value) {
        set.len()
    } else if let Some(dict) = downcast_exact::<Dict>(&value) {
        dict.len()
    } else {
        return operations::len(thread, value).map(int::from_usize);
    };
    // Memory has no room for as many items as a word integer has no room for.
    Ok(Ref::small(len as i64))
}

fn next(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let values = args.between(thread, "next", 1, 2)?;
    if values[0].ty().next().is_some()
        && let Some(send) = values[0].ty().send()
    {
        return match (
            send(thread, values[0], singletons::none_value())?,
            values.get(1),
        ) {
            (operations::Sent::Returned(_), Some(default)) => Ok(default.to_ref()),
            (sent, _) => operations::or_stop_iteration(thread, sent),
        };
    }
    match (operations::next(thread, values[0])?, values.get(1)) {
        (Some(item), _) => Ok(item),
        (None, Some(default)) => Ok(default.to_ref()),
        (None, None) => Err(thread.raise_with(&exception::STOP_ITERATION, &[])),
    }
}

fn sort(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [iterable] = args.positional() else {
        let got = args.positional().len();
        return Err(thread.type_error(format!("sorted expected 1 argument, got {got}")));
    };
    let (mut key, mut reverse) = (None, None);
    for (keyword, value) in args.keywords() {
        match &*crate::object::str::name_text(&keyword) {
            "key" => key = Some(value),
            "reverse" => reverse = Some(value),
            other => {
                return Err(thread.type_error(format!(
                    "sort() got an unexpected keyword argument '{other}'"
                )));
            }
        }
    }
    let items = operations::collect(thread, *iterable)?;
    match sorted(thread, items, key, reverse)? {
        Ok(items) => Ok(List::from_refs(items)),
        Err((_, raised)) => Err(raised),
    }
}
