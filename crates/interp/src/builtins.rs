//! The functions and constants of the module `builtins`.

use crate::error::PyResult;
use crate::object::class;
use crate::object::float::{Float, float_of, round_to_int};
use crate::object::iterators::Combined;
use crate::object::list::List;
use crate::object::list::methods::sorted;
use crate::object::native::{Args, NativeDef};
use crate::object::range::Range;
use crate::object::str::Str;
use crate::object::tuple::Tuple;
use crate::object::{BinaryOp, CompareOp, UnaryOp, downcast, exception, int, singletons};
use crate::operations;
use crate::output;
use crate::thread::Thread;
use crate::value::{Ref, Value};

pub(crate) static FUNCTIONS: &[NativeDef] = &[
    NativeDef::function("abs", abs),
    NativeDef::function("aiter", crate::object::generator::aiter),
    NativeDef::function("all", |thread, args| any_or_all(thread, args, "all", true)),
    NativeDef::function("anext", crate::object::generator::anext),
    NativeDef::function("any", |thread, args| any_or_all(thread, args, "any", false)),
    NativeDef::function("bin", |thread, args| in_base(thread, args, "bin", "#b")),
    NativeDef::function("callable", |thread, args| {
        let [value] = args.exactly(thread, "callable")?;
        Ok(singletons::bool(value.ty().call().is_some()))
    }),
    NativeDef::function("chr", chr),
    NativeDef::function("divmod", |thread, args| {
        let [left, right] = args.exactly(thread, "divmod")?;
        let quotient = operations::binary(thread, BinaryOp::FloorDiv, left, right)?;
        Ok(Tuple::from_refs(vec![
            quotient,
            operations::binary(thread, BinaryOp::Mod, left, right)?,
        ]))
    }),
    NativeDef::function("enumerate", enumerate),
    NativeDef::function("filter", filter),
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
        Ok(singletons::bool(operations::is_instance(
            thread, value, class,
        )?))
    }),
    NativeDef::function("issubclass", issubclass),
    NativeDef::function("iter", |thread, args| {
        let [value] = args.exactly(thread, "iter")?;
        operations::iter(thread, value)
    }),
    NativeDef::function("len", |thread, args| {
        let [value] = args.exactly(thread, "len")?;
        Ok(int::from_usize(operations::len(thread, value)?))
    }),
    NativeDef::function("map", map),
    NativeDef::function("max", |thread, args| {
        extreme(thread, args, "max", CompareOp::Gt)
    }),
    NativeDef::function("min", |thread, args| {
        extreme(thread, args, "min", CompareOp::Lt)
    }),
    NativeDef::function("next", next),
    NativeDef::function("oct", |thread, args| in_base(thread, args, "oct", "#o")),
    NativeDef::function("ord", ord),
    NativeDef::function("pow", |thread, args| {
        let [base, exponent] = args.exactly(thread, "pow")?;
        operations::binary(thread, BinaryOp::Pow, base, exponent)
    }),
    NativeDef::function("print", print),
    NativeDef::function("repr", |thread, args| {
        let [value] = args.exactly(thread, "repr")?;
        operations::repr(thread, value)
    }),
    NativeDef::function("reversed", reversed),
    NativeDef::function("round", round),
    NativeDef::function("setattr", |thread, args| {
        let [value, name, new] = args.exactly(thread, "setattr")?;
        let name = attribute_name(thread, name)?;
        operations::set_attr(thread, value, *name, Some(new))?;
        Ok(singletons::none())
    }),
    NativeDef::function("sorted", sort),
    NativeDef::function("sum", sum),
    NativeDef::function("zip", zip),
];

pub(crate) fn constants() -> Vec<(&'static str, Ref)> {
    vec![
        ("Ellipsis", singletons::ellipsis()),
        ("NotImplemented", singletons::not_implemented()),
        ("__debug__", singletons::true_()),
    ]
}

fn abs(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [value] = args.exactly(thread, "abs")?;
    if let Some(float) = float_of(value) {
        return Ok(Float::from_f64(float.abs()));
    }
    if int::to_i64(value).is_none() {
        if class::has_special(value.ty(), thread, "__abs__") {
            return operations::call_method(thread, value, "__abs__", &[]);
        }
        let name = value.ty().name();
        return Err(thread.type_error(format!("bad operand type for abs(): '{name}'")));
    }
    let negative = operations::compare(thread, CompareOp::Lt, value, Value::small(0))?;
    let op = if singletons::is_true(*negative) {
        UnaryOp::Neg
    } else {
        UnaryOp::Pos
    };
    operations::unary(thread, op, value)
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
    if int::to_i64(value).is_none() {
        let ty = value.ty().name();
        return Err(thread.type_error(format!("'{ty}' object cannot be interpreted as an integer")));
    }
    crate::format::format(thread, value, spec)
}

fn chr(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [value] = args.exactly(thread, "chr")?;
    match u32::try_from(operations::index(thread, value)?) {
        Ok(point) if point <= 0x10_ffff => Ok(Str::from_code_point(point)),
        _ => Err(thread.value_error("chr() arg not in range(0x110000)")),
    }
}

fn ord(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [value] = args.exactly(thread, "ord")?;
    match downcast::<Str>(&value) {
        Some(string) if string.len() == 1 => Ok(Ref::small(i64::from(string.code_points().at(0)))),
        Some(string) => {
            let len = string.len();
            Err(thread.type_error(format!(
                "ord() expected a character, but string of length {len} found"
            )))
        }
        None => {
            let name = value.ty().name();
            Err(thread.type_error(format!(
                "ord() expected string of length 1, but {name} found"
            )))
        }
    }
}

fn attribute_name(thread: &mut Thread, name: Value) -> PyResult {
    if downcast::<Str>(&name).is_none() {
        let ty = name.ty().name();
        return Err(thread.type_error(format!("attribute name must be string, not '{ty}'")));
    }
    Ok(thread.interpreter().intern_string(name.to_ref()))
}

fn getattr(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let values = args.between(thread, "getattr", 2, 3)?;
    let name = attribute_name(thread, values[1])?;
    match (
        operations::get_attr(thread, values[0], *name),
        values.get(2),
    ) {
        (Err(raised), Some(default)) => {
            thread.swallow(raised, &exception::ATTRIBUTE_ERROR)?;
            Ok(default.to_ref())
        }
        (result, _) => result,
    }
}

fn hasattr(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [value, name] = args.exactly(thread, "hasattr")?;
    let name = attribute_name(thread, name)?;
    match operations::get_attr(thread, value, *name) {
        Ok(_) => Ok(singletons::true_()),
        Err(raised) => {
            thread.swallow(raised, &exception::ATTRIBUTE_ERROR)?;
            Ok(singletons::false_())
        }
    }
}

fn issubclass(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [class, bases] = args.exactly(thread, "issubclass")?;
    Ok(singletons::bool(operations::is_subclass(
        thread, class, bases,
    )?))
}

fn enumerate(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [iterable, start] = args.bind(thread, "enumerate", ["iterable", "start"], 1)?;
    let start = match start {
        Some(start) => operations::index(thread, start)?,
        None => 0,
    };
    let source = operations::iter(thread, iterable.expect("required"))?;
    Ok(Combined::new(
        vec![source],
        singletons::none(),
        start,
        |thread, sources, _, count| {
            let item = operations::next(thread, *sources[0])?;
            Ok(item.map(|item| Tuple::from_refs(vec![int::from_i64(count), item])))
        },
    ))
}

fn filter(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [function, iterable] = args.exactly(thread, "filter")?;
    let source = operations::iter(thread, iterable)?;
    Ok(Combined::new(
        vec![source],
        function.to_ref(),
        0,
        |thread, sources, function, _| {
            while let Some(item) = operations::next(thread, *sources[0])? {
                let verdict = if singletons::is_none(function) {
                    item.clone()
                } else {
                    operations::call(thread, function, &Args::new(&[*item]))?
                };
                if operations::truth(thread, *verdict)? {
                    return Ok(Some(item));
                }
            }
            Ok(None)
        },
    ))
}

fn sources(thread: &mut Thread, iterables: &[Value]) -> PyResult<Vec<Ref>> {
    iterables
        .iter()
        .map(|iterable| operations::iter(thread, *iterable))
        .collect()
}

fn map(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [function, iterables @ ..] = args.positional() else {
        return Err(thread.type_error("map() must have at least two arguments."));
    };
    let sources = sources(thread, iterables)?;
    Ok(Combined::new(
        sources,
        function.to_ref(),
        0,
        |thread, sources, function, _| {
            let Some(items) = one_of_each(thread, sources)? else {
                return Ok(None);
            };
            let values: Vec<Value> = items.iter().map(|item| **item).collect();
            operations::call(thread, function, &Args::new(&values)).map(Some)
        },
    ))
}

fn zip(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    args.no_keywords(thread, "zip")?;
    let sources = sources(thread, args.positional())?;
    Ok(Combined::new(
        sources,
        singletons::none(),
        0,
        |thread, sources, _, _| {
            if sources.is_empty() {
                return Ok(None);
            }
            Ok(one_of_each(thread, sources)?.map(Tuple::from_refs))
        },
    ))
}

fn one_of_each(thread: &mut Thread, sources: &[Ref]) -> PyResult<Option<Vec<Ref>>> {
    sources
        .iter()
        .map(|source| operations::next(thread, **source))
        .collect()
}

fn extreme(thread: &mut Thread, args: &Args<'_>, name: &str, better: CompareOp) -> PyResult {
    let mut key = None;
    let mut default = None;
    for (keyword, value) in args.keywords() {
        match &*crate::object::str::name_text(&keyword) {
            "key" => key = Some(value).filter(|key| !singletons::is_none(*key)),
            "default" => default = Some(value),
            other => {
                return Err(thread.type_error(format!(
                    "{name}() got an unexpected keyword argument '{other}'"
                )));
            }
        }
    }
    let items = match args.positional() {
        [] => return Err(thread.type_error(format!("{name} expected at least 1 argument, got 0"))),
        [iterable] => operations::collect(thread, *iterable)?,
        many => many.iter().map(|item| item.to_ref()).collect(),
    };
    let mut best: Option<(Ref, Ref)> = None;
    for item in items {
        let rank = match key {
            Some(key) => operations::call(thread, key, &Args::new(&[*item]))?,
            None => item.clone(),
        };
        let replaces = match &best {
            Some((best, _)) => {
                let verdict = operations::compare(thread, better, *rank, **best)?;
                operations::truth(thread, *verdict)?
            }
            None => true,
        };
        if replaces {
            best = Some((rank, item));
        }
    }
    match (best, default) {
        (Some((_, item)), _) => Ok(item),
        (None, Some(default)) => Ok(default.to_ref()),
        (None, None) => Err(thread.value_error(format!("{name}() iterable argument is empty"))),
    }
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

fn print(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let (mut separator, mut end, mut flush) = (" ".to_owned(), "\n".to_owned(), false);
    for (keyword, value) in args.keywords() {
        let given = !singletons::is_none(value);
        match &*crate::object::str::name_text(&keyword) {
            "sep" if given => separator = operations::text(thread, value, "sep")?,
            "end" if given => end = operations::text(thread, value, "end")?,
            "sep" | "end" => {}
            "flush" => flush = operations::truth(thread, value)?,
            other => {
                return Err(thread.type_error(format!(
                    "print() got an unexpected keyword argument '{other}'"
                )));
            }
        }
    }
    let mut line = String::new();
    for (index, value) in args.positional().iter().enumerate() {
        if index > 0 {
            line.push_str(&separator);
        }
        line.push_str(&operations::str_text(thread, *value)?);
    }
    line.push_str(&end);
    output::write(thread, &line)?;
    if flush {
        output::flush_checked(thread)?;
    }
    Ok(singletons::none())
}

fn reversed(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [value] = args.exactly(thread, "reversed")?;
    if class::has_special(value.ty(), thread, "__reversed__") {
        return operations::call_method(thread, value, "__reversed__", &[]);
    }
    if value.ty().get_item().is_none() || value.ty().len().is_none() {
        let name = value.ty().name();
        return Err(thread.type_error(format!("'{name}' object is not reversible")));
    }
    let len = operations::len(thread, value)? as i64;
    let positions = Range::new(len - 1, -1, -1);
    let positions = operations::iter(thread, *positions)?;
    Ok(Combined::new(
        vec![positions],
        value.to_ref(),
        0,
        |thread, sources, value, _| match operations::next(thread, *sources[0])? {
            Some(at) => operations::get_item(thread, value, *at).map(Some),
            None => Ok(None),
        },
    ))
}

fn round(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [value, digits] = args.bind(thread, "round", ["number", "ndigits"], 1)?;
    let value = value.expect("required");
    let digits = match digits.filter(|digits| !singletons::is_none(*digits)) {
        Some(digits) => Some(operations::index(thread, digits)?),
        None => None,
    };
    match (float_of(value), digits) {
        (Some(float), None) => round_to_int(thread, float),
        (Some(float), Some(digits)) if digits >= 0 && float.is_finite() => {
            let digits = usize::try_from(digits).unwrap_or(0).min(330);
            let rounded = format!("{float:.digits$}")
                .parse()
                .expect("a formatted float reads back");
            Ok(Float::from_f64(rounded))
        }
        (Some(float), Some(digits)) => {
            let scale = 10f64.powi(i32::try_from(-digits).unwrap_or(i32::MAX));
            let rounded = (float / scale).round_ties_even() * scale;
            Ok(Float::from_f64(
                if float.is_finite() && rounded.is_finite() {
                    rounded
                } else {
                    float
                },
            ))
        }
        (None, digits) if int::to_i64(value).is_some() => round_int(thread, value, digits),
        (None, _) => {
            let name = value.ty().name();
            Err(thread.type_error(format!("type {name} doesn't define __round__ method")))
        }
    }
}

fn round_int(thread: &mut Thread, value: Value, digits: Option<i64>) -> PyResult {
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

fn sum(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [iterable, start] = args.bind(thread, "sum", ["iterable", "start"], 1)?;
    let mut total = start.map_or_else(|| Ref::small(0), Value::to_ref);
    if downcast::<Str>(&total).is_some() {
        return Err(thread.type_error("sum() can't sum strings [use ''.join(seq) instead]"));
    }
    let iterator = operations::iter(thread, iterable.expect("required"))?;
    while let Some(item) = operations::next(thread, *iterator)? {
        total = operations::binary(thread, BinaryOp::Add, *total, *item)?;
    }
    Ok(total)
}
