//! The methods of strings.

use super::Str;
use crate::error::PyResult;
use crate::object::iterators::SequenceIterator;
use crate::object::list::List;
use crate::object::native::{Args, NativeDef};
use crate::object::slice::Slice;
use crate::object::tuple::{check_size, position};
use crate::object::{BinaryOp, CompareOp, Slots, Type, downcast, int, singletons};
use crate::operations;
use crate::thread::Thread;
use crate::value::{Ref, Value};

pub(super) const SLOTS: Slots = Slots {
    repr: Some(|_, value| Ok(Str::new(&string(&value).repr()))),
    str: Some(|_, value| Ok(value.to_ref())),
    hash: Some(|_, value| Ok(string(&value).hash())),
    len: Some(|_, value| Ok(string(&value).len())),
    iter: Some(|_, value| Ok(SequenceIterator::new(value.to_ref()))),
    get_item: Some(get_item),
    contains: Some(contains),
    construct: Some(construct),
    binary: Some(binary),
    compare: Some(compare),
    ..Slots::of::<Str>()
};

pub(super) static METHODS: &[NativeDef] = &[
    NativeDef::method("count", |thread, args| {
        let [this, part] = texts(thread, args, "count")?;
        let found = if part.is_empty() {
            this.chars().count() + 1
        } else {
            this.matches(&*part).count()
        };
        Ok(int::from_usize(found))
    }),
    NativeDef::method("endswith", |thread, args| {
        affix(thread, args, "endswith", |text, part| text.ends_with(part))
    }),
    NativeDef::method("find", |thread, args| {
        let [this, part] = texts(thread, args, "find")?;
        Ok(match this.find(&*part) {
            Some(at) => int::from_usize(this[..at].chars().count()),
            None => Ref::small(-1),
        })
    }),
    NativeDef::method("isdigit", |thread, args| {
        all(thread, args, "isdigit", char::is_numeric)
    }),
    NativeDef::method("isalpha", |thread, args| {
        all(thread, args, "isalpha", char::is_alphabetic)
    }),
    NativeDef::method("isspace", |thread, args| {
        all(thread, args, "isspace", char::is_whitespace)
    }),
    NativeDef::method("join", join),
    NativeDef::method("lower", |thread, args| {
        let [this] = texts(thread, args, "lower")?;
        Ok(Str::new(&this.to_lowercase()))
    }),
    NativeDef::method("lstrip", |thread, args| {
        strip(thread, args, "lstrip", true, false)
    }),
    NativeDef::method("replace", |thread, args| {
        let [this, old, new] = texts(thread, args, "replace")?;
        Ok(Str::new(&this.replace(&*old, &new)))
    }),
    NativeDef::method("rstrip", |thread, args| {
        strip(thread, args, "rstrip", false, true)
    }),
    NativeDef::method("split", split),
    NativeDef::method("startswith", |thread, args| {
        affix(thread, args, "startswith", |text, part| {
            text.starts_with(part)
        })
    }),
    NativeDef::method("strip", |thread, args| {
        strip(thread, args, "strip", true, true)
    }),
    NativeDef::method("upper", |thread, args| {
        let [this] = texts(thread, args, "upper")?;
        Ok(Str::new(&this.to_uppercase()))
    }),
];

fn string(value: &Value) -> &Str {
    downcast::<Str>(value).expect("methods of strings are called with strings")
}

/// The texts of a method's receiver and arguments.
fn texts<const N: usize>(
    thread: &mut Thread,
    args: &Args<'_>,
    method: &str,
) -> PyResult<[String; N]> {
    let values: [Value; N] = args.exactly(thread, method)?;
    let mut texts = [const { String::new() }; N];
    for (text, value) in texts.iter_mut().zip(values) {
        *text = operations::text(thread, value, &format!("{method}() argument"))?;
    }
    Ok(texts)
}

fn construct(thread: &mut Thread, _: &'static Type, args: &Args<'_>) -> PyResult {
    match args.between(thread, "str", 0, 1)? {
        [value] => operations::str(thread, *value),
        _ => Ok(Str::new("")),
    }
}

fn get_item(thread: &mut Thread, value: Value, key: Value) -> PyResult {
    let points = string(&value).code_points();
    if let Some(slice) = downcast::<Slice>(&key) {
        let range = slice.resolve(thread, points.len())?;
        let chosen: Vec<u32> = range.indices().map(|at| points.at(at)).collect();
        return Ok(Str::from_code_points(&chosen));
    }
    if !key.is_int() && int::to_i64(key).is_none() {
        let name = key.ty().name();
        return Err(thread.type_error(format!("string indices must be integers, not '{name}'")));
    }
    Ok(Str::from_code_point(points.at(position(
        thread,
        key,
        points.len(),
        "string",
    )?)))
}

fn contains(thread: &mut Thread, value: Value, item: Value) -> PyResult<bool> {
    let Some(part) = downcast::<Str>(&item) else {
        let name = item.ty().name();
        return Err(thread.type_error(format!(
            "'in <string>' requires string as left operand, not {name}"
        )));
    };
    Ok(match (string(&value).as_ascii(), part.as_ascii()) {
        (Some(text), Some(part)) => text.contains(part),
        _ => {
            let (text, part): (Vec<u32>, Vec<u32>) = (
                string(&value).code_points().iter().collect(),
                part.code_points().iter().collect(),
            );
            part.is_empty() || text.windows(part.len()).any(|window| window == part)
        }
    })
}

fn binary(thread: &mut Thread, op: BinaryOp, left: Value, right: Value) -> PyResult<Option<Ref>> {
    match (op, downcast::<Str>(&left), downcast::<Str>(&right)) {
        (BinaryOp::Add, Some(left), Some(right)) => Ok(Some(left.concat(right))),
        (BinaryOp::Add, Some(_), None) => {
            let name = right.ty().name();
            Err(thread.type_error(format!("can only concatenate str (not \"{name}\") to str")))
        }
        (BinaryOp::Mul, Some(text), None) => repeat(thread, text, right),
        (BinaryOp::Mul, None, Some(text)) => repeat(thread, text, left),
        (BinaryOp::Mod, Some(format), _) => crate::format::percent(thread, format, right).map(Some),
        _ => Ok(None),
    }
}

fn repeat(thread: &mut Thread, text: &Str, count: Value) -> PyResult<Option<Ref>> {
    if int::to_i64(count).is_none() {
        return Ok(None);
    }
    let count = usize::try_from(operations::index(thread, count)?).unwrap_or(0);
    check_size(thread, text.len(), count)?;
    Ok(Some(match text.as_ascii() {
        Some(text) => Str::new(&text.repeat(count)),
        None => Str::join_all(&vec![text; count]),
    }))
}

fn compare(_: &mut Thread, op: CompareOp, left: Value, right: Value) -> PyResult<Option<Ref>> {
    let (Some(left), Some(right)) = (downcast::<Str>(&left), downcast::<Str>(&right)) else {
        return Ok(None);
    };
    Ok(Some(singletons::bool(match op {
        CompareOp::Eq => left.equals(right),
        CompareOp::Ne => !left.equals(right),
        _ => op.holds(left.compare(right)),
    })))
}

fn affix(
    thread: &mut Thread,
    args: &Args<'_>,
    method: &str,
    test: fn(&str, &str) -> bool,
) -> PyResult {
    let [this, part] = texts(thread, args, method)?;
    Ok(singletons::bool(test(&this, &part)))
}

fn all(thread: &mut Thread, args: &Args<'_>, method: &str, test: fn(char) -> bool) -> PyResult {
    let [this] = texts(thread, args, method)?;
    Ok(singletons::bool(!this.is_empty() && this.chars().all(test)))
}

fn join(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [this, iterable] = args.exactly(thread, "join")?;
    let items = operations::collect(thread, iterable)?;
    for (at, item) in items.iter().enumerate() {
        if downcast::<Str>(item).is_none() {
            let name = item.ty().name();
            return Err(thread.type_error(format!(
                "sequence item {at}: expected str instance, {name} found"
            )));
        }
    }
    let separator = string(&this);
    let mut parts = Vec::with_capacity(items.len() * 2);
    for item in &items {
        if !parts.is_empty() {
            parts.push(separator);
        }
        parts.push(string(item));
    }
    Ok(Str::join_all(&parts))
}

fn strip(thread: &mut Thread, args: &Args<'_>, method: &str, start: bool, end: bool) -> PyResult {
    let values = args.between(thread, method, 1, 2)?;
    let text = operations::text(thread, values[0], "receiver")?;
    let chars = match values.get(1) {
        Some(chars) if !singletons::is_none(*chars) => {
            Some(operations::text(thread, *chars, "strip arg")?)
        }
        _ => None,
    };
    let drops = |c: char| {
        chars
            .as_ref()
            .map_or_else(|| c.is_whitespace(), |chars| chars.contains(c))
    };
    let mut kept = text.as_str();
    if start {
        kept = kept.trim_start_matches(drops);
    }
    if end {
        kept = kept.trim_end_matches(drops);
    }
    Ok(Str::new(kept))
}

fn split(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let (this, rest) = args.split_receiver();
    let text = operations::text(thread, this, "receiver")?;
    let [separator, most] = rest.bind(thread, "split", ["sep", "maxsplit"], 0)?;
    let most = match most {
        Some(most) => usize::try_from(operations::index(thread, most)?).unwrap_or(usize::MAX),
        None => usize::MAX,
    };
    let parts: Vec<Ref> = match separator {
        Some(separator) if !singletons::is_none(separator) => {
            let separator = operations::text(thread, separator, "sep")?;
            if separator.is_empty() {
                return Err(thread.value_error("empty separator"));
            }
            text.splitn(most.saturating_add(1), &*separator)
                .map(Str::new)
                .collect()
        }
        _ => split_words(&text, most).into_iter().map(Str::new).collect(),
    };
    Ok(List::from_refs(parts))
}

fn split_words(text: &str, most: usize) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        if words.len() == most {
            words.push(rest.trim_end());
            break;
        }
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        words.push(&rest[..end]);
        rest = rest[end..].trim_start();
    }
    words
}
