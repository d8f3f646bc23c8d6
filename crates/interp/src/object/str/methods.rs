//! The slots and methods of strings.

use super::layout::{expandtabs, justify, zfill};
use super::{CodePoints, Str, affix, case, classes, encode, split, translate};
use crate::error::PyResult;
use crate::format;
use crate::object::iterators::SequenceIterator;
use crate::object::native::{Args, NativeDef};
use crate::object::slice::{Positions, Slice};
use crate::object::tuple::{check_size, position};
use crate::object::{BinaryOp, CompareOp, Slots, Type, downcast, int, singletons};
use crate::operations;
use crate::thread::Thread;
use crate::value::{Ref, Value};

pub(super) const SLOTS: Slots = Slots {
    repr: Some(|_, value| Ok(string(&value).repr_ref())),
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

/// A method without arguments.
macro_rules! plain {
    ($name:literal, |$string:ident| $body:expr) => {
        NativeDef::method($name, |thread, args| {
            let (this, rest) = receiver(thread, args, $name)?;
            let [] = rest.exactly(thread, concat!("str.", $name))?;
            let $string = string(&this);
            Ok($body)
        })
    };
}

/// A method that asks whether there are code points, all of a kind.
macro_rules! kind {
    ($name:literal, $kind:expr) => {
        plain!($name, |string| {
            let kind: fn(u32) -> bool = $kind;
            singletons::bool(!string.is_empty() && string.code_points().iter().all(kind))
        })
    };
}

pub(super) static METHODS: &[NativeDef] = &[
    plain!("capitalize", |string| case::capitalize(string)),
    plain!("casefold", |string| case::fold(string)),
    NativeDef::method("center", |thread, args| {
        justify(thread, args, "center", |missing, width| {
            let left = missing / 2 + (missing & width & 1);
            (left, missing - left)
        })
    }),
    NativeDef::method("count", |thread, args| {
        let Found {
            string,
            part,
            start,
            end,
        } = wanted(thread, args, "count")?;
        if start > end {
            return Ok(Ref::small(0));
        }
        let points = self::string(&string).code_points().part(start, end);
        let part = self::string(&part).code_points();
        Ok(int::from_usize(if part.is_empty() {
            points.len() + 1
        } else {
            points.places(part, usize::MAX).len()
        }))
    }),
    NativeDef::method("encode", encode::encode_method),
    NativeDef::method("endswith", |thread, args| {
        affix::of_any(thread, args, "endswith", true)
    })
    .two(|thread, this, part| affix::of_one(thread, this, part, "endswith", true)),
    NativeDef::method("expandtabs", expandtabs),
    NativeDef::method("find", |thread, args| {
        Ok(find(thread, args, "find", false)?.map_or_else(|| Ref::small(-1), int::from_usize))
    }),
    NativeDef::method("format", |thread, args| {
        let (this, rest) = receiver(thread, args, "format")?;
        format::template(thread, string(&this), &rest, None)
    }),
    NativeDef::method("format_map", |thread, args| {
        let (this, rest) = receiver(thread, args, "format_map")?;
        let [mapping] = rest.exactly(thread, "str.format_map")?;
        format::template(thread, string(&this), &Args::new(&[]), Some(mapping))
    }),
    NativeDef::method("index", |thread, args| {
        let found = find(thread, args, "index", false)?;
        found
            .map(int::from_usize)
            .ok_or_else(|| thread.value_error("substring not found"))
    }),
    kind!("isalnum", classes::is_alnum),
    kind!("isalpha", classes::is_alpha),
    plain!("isascii", |string| singletons::bool(string.is_ascii())),
    kind!("isdecimal", classes::is_decimal),
    kind!("isdigit", classes::is_digit),
    plain!("isidentifier", |string| {
        let mut points = string.code_points().iter();
        let begins = points.next().is_some_and(classes::begins_identifier);
        singletons::bool(begins && points.all(classes::continues_identifier))
    }),
    plain!("islower", |string| singletons::bool(case::is_all(
        string,
        classes::is_lower,
        classes::is_upper
    ))),
    kind!("isnumeric", classes::is_numeric),
    plain!("isprintable", |string| singletons::bool(
        string.code_points().iter().all(classes::is_printable)
    )),
    kind!("isspace", classes::is_space),
    plain!("istitle", |string| singletons::bool(case::is_title_case(
        string
    ))),
    plain!("isupper", |string| singletons::bool(case::is_all(
        string,
        classes::is_upper,
        classes::is_lower
    ))),
    NativeDef::method("join", join),
    NativeDef::method("ljust", |thread, args| {
        justify(thread, args, "ljust", |missing, _| (0, missing))
    }),
    plain!("lower", |string| case::lower(string)),
    NativeDef::method("lstrip", |thread, args| {
        strip(thread, args, "lstrip", true, false)
    }),
    NativeDef::function("maketrans", translate::make_table),
    NativeDef::method("partition", |thread, args| {
        split::partition(thread, args, "partition", false)
    }),
    NativeDef::method("removeprefix", |thread, args| {
        let (this, part) = with_part(thread, args, "removeprefix")?;
        let (points, part) = (string(&this).code_points(), string(&part).code_points());
        let start = if points.has_at(part, 0) {
            part.len()
        } else {
            0
        };
        Ok(points.part(start, points.len()).to_str())
    }),
    NativeDef::method("removesuffix", |thread, args| {
        let (this, part) = with_part(thread, args, "removesuffix")?;
        let (points, part) = (string(&this).code_points(), string(&part).code_points());
        let cut = points
            .len()
            .checked_sub(part.len())
            .filter(|at| points.has_at(part, *at));
        Ok(points.part(0, cut.unwrap_or(points.len())).to_str())
    }),
    NativeDef::method("replace", replace),
    NativeDef::method("rfind", |thread, args| {
        Ok(find(thread, args, "rfind", true)?.map_or_else(|| Ref::small(-1), int::from_usize))
    }),
    NativeDef::method("rindex", |thread, args| {
        let found = find(thread, args, "rindex", true)?;
        found
            .map(int::from_usize)
            .ok_or_else(|| thread.value_error("substring not found"))
    }),
    NativeDef::method("rjust", |thread, args| {
        justify(thread, args, "rjust", |missing, _| (missing, 0))
    }),
    NativeDef::method("rpartition", |thread, args| {
        split::partition(thread, args, "rpartition", true)
    }),
    NativeDef::method("rsplit", |thread, args| {
        split::split(thread, args, "rsplit", true)
    }),
    NativeDef::method("rstrip", |thread, args| {
        strip(thread, args, "rstrip", false, true)
    }),
    NativeDef::method("split", |thread, args| {
        split::split(thread, args, "split", false)
    }),
    NativeDef::method("splitlines", split::splitlines),
    NativeDef::method("startswith", |thread, args| {
        affix::of_any(thread, args, "startswith", false)
    })
    .two(|thread, this, part| affix::of_one(thread, this, part, "startswith", false)),
    NativeDef::method("strip", |thread, args| {
        strip(thread, args, "strip", true, true)
    }),
    plain!("swapcase", |string| case::swap(string)),
    plain!("title", |string| case::title(string)),
    NativeDef::method("translate", translate::translate),
    plain!("upper", |string| case::upper(string)),
    NativeDef::method("zfill", zfill),
];

pub(super) fn string(value: &Value) -> &Str {
    downcast::<Str>(value).expect("methods of strings are called with strings")
}

pub(super) fn receiver<'a>(
    thread: &mut Thread,
    args: &Args<'a>,
    method: &str,
) -> PyResult<(Value, Args<'a>)> {
    let (this, rest) = args.split_receiver();
    if downcast::<Str>(&this).is_none() {
        let name = this.ty().name();
        let text =
            format!("descriptor '{method}' for 'str' objects doesn't apply to a '{name}' object");
        return Err(thread.type_error(text));
    }
    Ok((this, rest))
}

/// The receiver and the one argument, a string too.
pub(super) fn with_part(
    thread: &mut Thread,
    args: &Args<'_>,
    method: &str,
) -> PyResult<(Value, Value)> {
    let (this, rest) = receiver(thread, args, method)?;
    let [part] = rest.exactly(thread, &format!("str.{method}"))?;
    require_str(thread, part, &format!("{method}() argument"))?;
    Ok((this, part))
}

pub(super) fn require_str(thread: &mut Thread, value: Value, what: &str) -> PyResult<()> {
    match downcast::<Str>(&value) {
        Some(_) => Ok(()),
        None => Err(thread.type_error(format!("{what} must be str, not {}", value.ty().name()))),
    }
}

fn construct(thread: &mut Thread, _: &'static Type, args: &Args<'_>) -> PyResult {
    let [value, encoding, errors] =
        args.bind(thread, "str", ["object", "encoding", "errors"], 0)?;
    if encoding.is_none() && errors.is_none() {
        return match value {
            Some(value) => operations::str(thread, value),
            None => Ok(Str::new("")),
        };
    }
    let Some(value) = value else {
        return Ok(Str::new(""));
    };
    if downcast::<Str>(&value).is_some() {
        return Err(thread.type_error("decoding str is not supported"));
    }
    let Some(bytes) = crate::object::bytes::bytes_of(&value) else {
        let name = value.ty().name();
        return Err(thread.type_error(format!(
            "decoding to str: need a bytes-like object, {name} found"
        )));
    };
    encode::decode(thread, &bytes, encoding, errors)
}

impl Str {
    /// A string of the code points at these positions, which are in it.
    pub(crate) fn slice(&self, range: Positions) -> Ref {
        let points = self.code_points();
        if range.step == 1 {
            let start = range.start as usize;
            return points
                .part(start, (range.stop as usize).max(start))
                .to_str();
        }
        if let CodePoints::One(bytes) = points {
            let chosen: Vec<u8> = range.indices().map(|at| bytes[at]).collect();
            return CodePoints::One(&chosen).to_str();
        }
        let chosen: Vec<u32> = range.indices().map(|at| points.at(at)).collect();
        Str::from_code_points(&chosen)
    }
}

fn get_item(thread: &mut Thread, value: Value, key: Value) -> PyResult {
    let points = string(&value).code_points();
    if let Some(slice) = downcast::<Slice>(&key) {
        let range = slice.resolve(thread, points.len())?;
        return Ok(string(&value).slice(range));
    }
    if !operations::is_index(thread, key) {
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
        _ => string(&value)
            .code_points()
            .find(part.code_points())
            .is_some(),
    })
}

fn binary(thread: &mut Thread, op: BinaryOp, left: Value, right: Value) -> PyResult<Option<Ref>> {
    match (op, downcast::<Str>(&left), downcast::<Str>(&right)) {
        (BinaryOp::Add, Some(left), Some(right)) => Ok(Some(left.concat(right))),
        (BinaryOp::Add, Some(_), None)
            if right.ty().binary().is_none() || !right.ty().is_heap() =>
        {
            let name = right.ty().name();
            Err(thread.type_error(format!("can only concatenate str (not \"{name}\") to str")))
        }
        (BinaryOp::Mul, Some(text), None) => repeat(thread, text, right),
        (BinaryOp::Mul, None, Some(text)) => repeat(thread, text, left),
        (BinaryOp::Mod, Some(format), _) => format::percent(thread, format, right).map(Some),
        _ => Ok(None),
    }
}

fn repeat(thread: &mut Thread, text: &Str, count: Value) -> PyResult<Option<Ref>> {
    if !operations::is_index(thread, count) {
        return Ok(None);
    }
    let count = operations::count(thread, count)?;
    // Beyond ASCII there is a word for each copy besides the text.
    let size = if text.as_ascii().is_some() { 2 } else { 12 };
    check_size(thread, text.len(), count, size)?;
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

/// What a method looks for, and where.
struct Found {
    string: Value,
    part: Value,
    start: usize,
    end: usize,
}

/// The part of a sequence of `len` items that optional arguments `start` and `end` mean.
pub(crate) fn bounds(thread: &mut Thread, given: &[Value], len: usize) -> PyResult<(usize, usize)> {
    let len = len as i64;
    let mut bound = |at: usize, default: i64| -> PyResult<i64> {
        let Some(value) = given.get(at).filter(|value| !singletons::is_none(**value)) else {
            return Ok(default);
        };
        if !operations::is_index(thread, *value) {
            let text = "slice indices must be integers or None or have an __index__ method";
            return Err(thread.type_error(text));
        }
        let index = operations::index_clamped(thread, *value)?;
        Ok(if index < 0 {
            index.saturating_add(len).max(0)
        } else {
            index
        })
    };
    let (start, end) = (bound(0, 0)?, bound(1, len)?);
    Ok((start as usize, end.min(len) as usize))
}

fn wanted(thread: &mut Thread, args: &Args<'_>, method: &str) -> PyResult<Found> {
    let (this, rest) = receiver(thread, args, method)?;
    let given = rest.between(thread, method, 1, 3)?;
    require_str(thread, given[0], &format!("{method}() argument 1"))?;
    let (start, end) = bounds(thread, &given[1..], string(&this).len())?;
    Ok(Found {
        string: this,
        part: given[0],
        start,
        end,
    })
}

fn find(
    thread: &mut Thread,
    args: &Args<'_>,
    method: &str,
    backwards: bool,
) -> PyResult<Option<usize>> {
    let Found {
        string,
        part,
        start,
        end,
    } = wanted(thread, args, method)?;
    if start > end {
        return Ok(None);
    }
    let (points, part) = (
        self::string(&string).code_points().part(start, end),
        self::string(&part).code_points(),
    );
    Ok(if backwards {
        points.rfind(part)
    } else {
        points.find(part)
    }
    .map(|at| at + start))
}

fn join(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let (this, rest) = receiver(thread, args, "join")?;
    let [iterable] = rest.exactly(thread, "str.join")?;
    if iterable.ty().iter().is_none() && iterable.ty().get_item().is_none() {
        return Err(thread.type_error("can only join an iterable"));
    }
    let items = operations::collect(thread, iterable)?;
    for (at, item) in items.iter().enumerate() {
        if downcast::<Str>(item).is_none() {
            let name = item.ty().name();
            return Err(thread.type_error(format!(
                "sequence item {at}: expected str instance, {name} found"
            )));
        }
    }
    if let [only] = &*items
        && *only.ty() == super::STR_TYPE
    {
        return Ok(only.clone());
    }
    let separator = string(&this);
    let mut parts = Vec::with_capacity(items.len() * 2);
    for item in &items {
        if !parts.is_empty() && !separator.is_empty() {
            parts.push(separator);
        }
        parts.push(string(item));
    }
    Ok(Str::join_all(&parts))
}

fn strip(thread: &mut Thread, args: &Args<'_>, method: &str, start: bool, end: bool) -> PyResult {
    let (this, rest) = receiver(thread, args, method)?;
    let given = rest.between(thread, method, 0, 1)?;
    let chars: Option<Vec<u32>> = match given.first().filter(|chars| !singletons::is_none(**chars))
    {
        None => None,
        Some(chars) => match downcast::<Str>(chars) {
            Some(chars) => Some(chars.code_points().iter().collect()),
            None => return Err(thread.type_error(format!("{method} arg must be None or str"))),
        },
    };
    let drops = |point: u32| {
        chars
            .as_ref()
            .map_or_else(|| classes::is_space(point), |chars| chars.contains(&point))
    };
    let points = string(&this).code_points();
    let (mut from, mut to) = (0, points.len());
    while start && from < to && drops(points.at(from)) {
        from += 1;
    }
    while end && from < to && drops(points.at(to - 1)) {
        to -= 1;
    }
    if to - from == points.len() {
        Ok(string(&this).exact(this))
    } else {
        Ok(points.part(from, to).to_str())
    }
}

fn replace(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let (this, rest) = receiver(thread, args, "replace")?;
    let positional = rest.positional();
    let count = rest
        .keywords()
        .find(|(name, _)| super::name_text(name) == "count")
        .map(|(_, value)| value);
    let (old, new, count) = match (positional, count, rest.names().len()) {
        ([old, new, count], None, 0) => (*old, *new, Some(*count)),
        ([old, new], count, named) if named == usize::from(count.is_some()) => (*old, *new, count),
        (given, ..) => {
            let got = given.len();
            return Err(thread.type_error(if got < 2 {
                format!("replace() takes at least 2 positional arguments ({got} given)")
            } else {
                format!(
                    "replace() takes at most 3 arguments ({} given)",
                    rest.values().len()
                )
            }));
        }
    };
    require_str(thread, old, "replace() argument 1")?;
    require_str(thread, new, "replace() argument 2")?;
    let most = match count {
        Some(count) => usize::try_from(operations::index(thread, count)?).unwrap_or(usize::MAX),
        None => usize::MAX,
    };
    let (text, old, new) = (string(&this), string(&old), string(&new));
    if let (Some(text), Some(old), Some(new)) = (text.as_ascii(), old.as_ascii(), new.as_ascii()) {
        return Ok(Str::new(&if most == usize::MAX {
            text.replace(old, new)
        } else {
            text.replacen(old, new, most)
        }));
    }
    let points = text.code_points();
    let places = if old.is_empty() {
        (0..=points.len()).take(most).collect()
    } else {
        points.places(old.code_points(), most)
    };
    let mut out: Vec<u32> = Vec::with_capacity(points.len());
    let mut done = 0;
    for place in places {
        out.extend(points.part(done, place).iter());
        out.extend(new.code_points().iter());
        done = place + old.len();
    }
    out.extend(points.part(done, points.len()).iter());
    Ok(Str::from_code_points(&out))
}
