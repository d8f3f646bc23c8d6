//! The methods that bytes and byte arrays share.

use super::construct::from_hex;
use super::operators::{data, require, wanted};
use super::split::{partition, split, splitlines};
use super::{bytes_of, mutable, same_kind};
use crate::error::PyResult;
use crate::object::native::{Args, NativeDef};
use crate::object::str::methods::bounds;
use crate::object::str::{Str, encode, search};
use crate::object::tuple::{Tuple, check_size};
use crate::object::{downcast, int, singletons};
use crate::operations;
use crate::thread::Thread;
use crate::value::{Ref, Value};

/// A method without arguments that makes bytes of bytes.
macro_rules! mapped {
    ($name:literal, $map:expr) => {
        NativeDef::method($name, |thread, args| {
            let this = alone(thread, args, $name)?;
            let map: fn(&[u8]) -> Vec<u8> = $map;
            Ok(same_kind(this, map(&data(&this))))
        })
    };
}

/// A method that asks something of the bytes.
macro_rules! asks {
    ($name:literal, $test:expr) => {
        NativeDef::method($name, |thread, args| {
            let this = alone(thread, args, $name)?;
            let test: fn(&[u8]) -> bool = $test;
            Ok(singletons::bool(test(&data(&this))))
        })
    };
}

/// A method that asks whether there are bytes, all of a kind.
macro_rules! kind {
    ($name:literal, $kind:expr) => {
        asks!($name, |data| !data.is_empty() && data.iter().all($kind))
    };
}

const SHARED: [NativeDef; 44] = [
    mapped!("capitalize", |data| {
        let mut data = data.to_ascii_lowercase();
        if let Some(first) = data.first_mut() {
            first.make_ascii_uppercase();
        }
        data
    }),
    NativeDef::method("center", |thread, args| {
        justify(thread, args, "center", |missing, width| {
            missing / 2 + (missing & width & 1)
        })
    }),
    NativeDef::method("count", |thread, args| {
        let (this, part, (start, end)) = looked_for(thread, args, "count")?;
        if start > end {
            return Ok(Ref::small(0));
        }
        let data = &data(&this)[start..end];
        Ok(int::from_usize(if part.is_empty() {
            data.len() + 1
        } else {
            search::Places::new(data, &part).count()
        }))
    }),
    NativeDef::method("decode", |thread, args| {
        let (this, rest) = receiver(thread, args, "decode")?;
        let [encoding, errors] = rest.bind(thread, "decode", ["encoding", "errors"], 0)?;
        encode::decode(thread, &data(&this), encoding, errors)
    }),
    NativeDef::method("endswith", |thread, args| {
        affix(thread, args, "endswith", <[u8]>::ends_with)
    }),
    NativeDef::method("expandtabs", expandtabs),
    NativeDef::method("find", |thread, args| {
        Ok(find(thread, args, "find", false)?.map_or_else(|| Ref::small(-1), int::from_usize))
    }),
    NativeDef::class_method("fromhex", from_hex),
    NativeDef::method("hex", hex),
    NativeDef::method("index", |thread, args| {
        let found = find(thread, args, "index", false)?;
        found
            .map(int::from_usize)
            .ok_or_else(|| thread.value_error("subsection not found"))
    }),
    kind!("isalnum", u8::is_ascii_alphanumeric),
    kind!("isalpha", u8::is_ascii_alphabetic),
    asks!("isascii", <[u8]>::is_ascii),
    kind!("isdigit", u8::is_ascii_digit),
    asks!("islower", |data| data.iter().any(u8::is_ascii_lowercase)
        && !data.iter().any(u8::is_ascii_uppercase)),
    kind!("isspace", is_space),
    asks!("istitle", |data| {
        let (mut any, mut inside) = (false, false);
        for byte in data {
            if byte.is_ascii_uppercase() && inside || byte.is_ascii_lowercase() && !inside {
                return false;
            }
            inside = byte.is_ascii_alphabetic();
            any |= inside;
        }
        any
    }),
    asks!("isupper", |data| data.iter().any(u8::is_ascii_uppercase)
        && !data.iter().any(u8::is_ascii_lowercase)),
    NativeDef::method("join", join),
    NativeDef::method("ljust", |thread, args| {
        justify(thread, args, "ljust", |_, _| 0)
    }),
    mapped!("lower", <[u8]>::to_ascii_lowercase),
    NativeDef::method("lstrip", |thread, args| {
        strip(thread, args, "lstrip", true, false)
    }),
    NativeDef::function("maketrans", |thread, args| {
        let [from, to] = args.exactly(thread, "maketrans")?;
        let (from, to) = (require(thread, from)?, require(thread, to)?);
        if from.len() != to.len() {
            return Err(thread.value_error("maketrans arguments must have same length"));
        }
        let mut table: Vec<u8> = (0..=255).collect();
        for (from, to) in from.iter().zip(to) {
            table[usize::from(*from)] = to;
        }
        Ok(super::Bytes::new(&table))
    }),
    NativeDef::method("partition", |thread, args| {
        partition(thread, args, "partition", false)
    }),
    NativeDef::method("removeprefix", |thread, args| {
        let (this, part) = with_part(thread, args, "removeprefix")?;
        let data = data(&this);
        Ok(same_kind(
            this,
            data.strip_prefix(&*part).unwrap_or(&data).to_vec(),
        ))
    }),
    NativeDef::method("removesuffix", |thread, args| {
        let (this, part) = with_part(thread, args, "removesuffix")?;
        let data = data(&this);
        Ok(same_kind(
            this,
            data.strip_suffix(&*part).unwrap_or(&data).to_vec(),
        ))
    }),
    NativeDef::method("replace", replace),
    NativeDef::method("rfind", |thread, args| {
        Ok(find(thread, args, "rfind", true)?.map_or_else(|| Ref::small(-1), int::from_usize))
    }),
    NativeDef::method("rindex", |thread, args| {
        let found = find(thread, args, "rindex", true)?;
        found
            .map(int::from_usize)
            .ok_or_else(|| thread.value_error("subsection not found"))
    }),
    NativeDef::method("rjust", |thread, args| {
        justify(thread, args, "rjust", |missing, _| missing)
    }),
    NativeDef::method("rpartition", |thread, args| {
        partition(thread, args, "rpartition", true)
    }),
    NativeDef::method("rsplit", |thread, args| split(thread, args, "rsplit", true)),
    NativeDef::method("rstrip", |thread, args| {
        strip(thread, args, "rstrip", false, true)
    }),
    NativeDef::method("split", |thread, args| split(thread, args, "split", false)),
    NativeDef::method("splitlines", splitlines),
    NativeDef::method("startswith", |thread, args| {
        affix(thread, args, "startswith", <[u8]>::starts_with)
    }),
    NativeDef::method("strip", |thread, args| {
        strip(thread, args, "strip", true, true)
    }),
    mapped!("swapcase", |data| {
        let swap = |byte: &u8| {
            if byte.is_ascii_alphabetic() {
                byte ^ 0x20
            } else {
                *byte
            }
        };
        data.iter().map(swap).collect()
    }),
    mapped!("title", |data| {
        let mut inside = false;
        let title = |byte: &u8| {
            let changed = if inside {
                byte.to_ascii_lowercase()
            } else {
                byte.to_ascii_uppercase()
            };
            inside = byte.is_ascii_alphabetic();
            changed
        };
        data.iter().map(title).collect()
    }),
    NativeDef::method("translate", translate),
    mapped!("upper", <[u8]>::to_ascii_uppercase),
    NativeDef::method("zfill", zfill),
    NativeDef::method("__bytes__", |thread, args| {
        let this = alone(thread, args, "__bytes__")?;
        Ok(super::Bytes::new(&data(&this)))
    }),
    NativeDef::method("__getnewargs__", |thread, args| {
        let this = alone(thread, args, "__getnewargs__")?;
        Ok(Tuple::from_refs(vec![super::Bytes::new(&data(&this))]))
    }),
];

pub(super) static BYTES_METHODS: &[NativeDef] = &SHARED;

pub(super) static ARRAY_METHODS: &[NativeDef] = &joined();

/// The shared methods and those that change a byte array.
const fn joined() -> [NativeDef; SHARED.len() + mutable::METHODS.len()] {
    let mut all = [SHARED[0]; SHARED.len() + mutable::METHODS.len()];
    let mut at = 0;
    while at < all.len() {
        all[at] = if at < SHARED.len() {
            SHARED[at]
        } else {
            mutable::METHODS[at - SHARED.len()]
        };
        at += 1;
    }
    all
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "has the shape of the tests that `u8` has"
)]
pub(super) fn is_space(byte: &u8) -> bool {
    matches!(byte, 0x09..=0x0d | 0x20)
}

pub(super) fn receiver<'a>(
    thread: &mut Thread,
    args: &Args<'a>,
    method: &str,
) -> PyResult<(Value, Args<'a>)> {
    let (this, rest) = args.split_receiver();
    if bytes_of(&this).is_none() {
        let name = this.ty().name();
        let text =
            format!("descriptor '{method}' for 'bytes' objects doesn't apply to a '{name}' object");
        return Err(thread.type_error(text));
    }
    Ok((this, rest))
}

fn alone(thread: &mut Thread, args: &Args<'_>, method: &str) -> PyResult<Value> {
    let (this, rest) = receiver(thread, args, method)?;
    let [] = rest.exactly(thread, &format!("{}.{method}", this.ty().name()))?;
    Ok(this)
}

pub(super) fn with_part(
    thread: &mut Thread,
    args: &Args<'_>,
    method: &str,
) -> PyResult<(Value, Vec<u8>)> {
    let (this, rest) = receiver(thread, args, method)?;
    let [part] = rest.exactly(thread, &format!("{}.{method}", this.ty().name()))?;
    let part = require(thread, part)?;
    Ok((this, part))
}

/// The receiver, what it is searched for, and where.
fn looked_for(
    thread: &mut Thread,
    args: &Args<'_>,
    method: &str,
) -> PyResult<(Value, Vec<u8>, (usize, usize))> {
    let (this, rest) = receiver(thread, args, method)?;
    let given = rest.between(thread, method, 1, 3)?;
    let part = wanted(thread, given[0])?;
    let range = bounds(thread, &given[1..], data(&this).len())?;
    Ok((this, part, range))
}

fn find(
    thread: &mut Thread,
    args: &Args<'_>,
    method: &str,
    backwards: bool,
) -> PyResult<Option<usize>> {
    let (this, part, (start, end)) = looked_for(thread, args, method)?;
    if start > end {
        return Ok(None);
    }
    let data = &data(&this)[start..end];
    let found = if backwards {
        search::rfind_slice(data, &part)
    } else {
        search::find_slice(data, &part)
    };
    Ok(found.map(|at| at + start))
}

fn affix(
    thread: &mut Thread,
    args: &Args<'_>,
    method: &str,
    test: fn(&[u8], &[u8]) -> bool,
) -> PyResult {
    let (this, rest) = receiver(thread, args, method)?;
    let given = rest.between(thread, method, 1, 3)?;
    let data = data(&this);
    let (start, end) = bounds(thread, &given[1..], data.len())?;
    let parts = match downcast::<Tuple>(&given[0]) {
        Some(tuple) => tuple.items(),
        None => &given[..1],
    };
    for part in parts {
        let Some(part) = bytes_of(part) else {
            let name = part.ty().name();
            return Err(
                thread.type_error(if downcast::<Tuple>(&given[0]).is_some() {
                    format!("a bytes-like object is required, not '{name}'")
                } else {
                    format!("{method} first arg must be bytes or a tuple of bytes, not {name}")
                }),
            );
        };
        if start <= end && test(&data[start..end], &part) {
            return Ok(singletons::true_());
        }
    }
    Ok(singletons::false_())
}

fn join(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let (this, rest) = receiver(thread, args, "join")?;
    let [iterable] = rest.exactly(thread, &format!("{}.join", this.ty().name()))?;
    if iterable.ty().iter().is_none() && iterable.ty().get_item().is_none() {
        return Err(thread.type_error("can only join an iterable"));
    }
    let mut parts = Vec::new();
    for (at, item) in operations::collect(thread, iterable)?.iter().enumerate() {
        match bytes_of(item) {
            Some(part) => parts.push(part.into_owned()),
            None => {
                let name = item.ty().name();
                let text =
                    format!("sequence item {at}: expected a bytes-like object, {name} found");
                return Err(thread.type_error(text));
            }
        }
    }
    Ok(same_kind(this, parts.join(&*data(&this))))
}

fn justify(
    thread: &mut Thread,
    args: &Args<'_>,
    method: &str,
    left: fn(usize, usize) -> usize,
) -> PyResult {
    let (this, rest) = receiver(thread, args, method)?;
    let given = rest.between(thread, method, 1, 2)?;
    let width = operations::count(thread, given[0])?;
    let fill = match given.get(1) {
        None => b' ',
        Some(fill) => match bytes_of(fill).as_deref() {
            Some([fill]) => *fill,
            _ => {
                let name = fill.ty().name();
                let text =
                    format!("{method}() argument 2 must be a byte string of length 1, not {name}");
                return Err(thread.type_error(text));
            }
        },
    };
    let data = data(&this);
    let missing = width.saturating_sub(data.len());
    check_size(thread, width, 1, 2)?;
    let before = left(missing, width);
    let mut out = vec![fill; before];
    out.extend_from_slice(&data);
    out.resize(out.len() + missing - before, fill);
    Ok(same_kind(this, out))
}

fn zfill(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let (this, rest) = receiver(thread, args, "zfill")?;
    let [width] = rest.exactly(thread, "zfill")?;
    let width = operations::count(thread, width)?;
    let data = data(&this);
    let signed = usize::from(matches!(data.first(), Some(b'+' | b'-')));
    check_size(thread, width, 1, 2)?;
    let mut out = data[..signed].to_vec();
    out.resize(signed + width.saturating_sub(data.len()), b'0');
    out.extend_from_slice(&data[signed..]);
    Ok(same_kind(this, out))
}

fn strip(thread: &mut Thread, args: &Args<'_>, method: &str, start: bool, end: bool) -> PyResult {
    let (this, rest) = receiver(thread, args, method)?;
    let given = rest.between(thread, method, 0, 1)?;
    let set = match given.first().filter(|set| !singletons::is_none(**set)) {
        Some(set) => Some(require(thread, *set)?),
        None => None,
    };
    let drops = |byte: &u8| {
        set.as_ref()
            .map_or_else(|| is_space(byte), |set| set.contains(byte))
    };
    let whole = data(&this);
    let mut kept = &*whole;
    while start
        && let [first, rest @ ..] = kept
        && drops(first)
    {
        kept = rest;
    }
    while end
        && let [rest @ .., last] = kept
        && drops(last)
    {
        kept = rest;
    }
    Ok(same_kind(this, kept.to_vec()))
}

fn replace(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let (this, rest) = receiver(thread, args, "replace")?;
    let given = rest.between(thread, "replace", 2, 3)?;
    let (old, new) = (require(thread, given[0])?, require(thread, given[1])?);
    let most = match given.get(2) {
        Some(count) => usize::try_from(operations::index(thread, *count)?).unwrap_or(usize::MAX),
        None => usize::MAX,
    };
    let data = data(&this);
    let places: Vec<usize> = if old.is_empty() {
        (0..=data.len()).take(most).collect()
    } else {
        search::Places::new(&data, &old).take(most).collect()
    };
    let (mut out, mut done) = (Vec::with_capacity(data.len()), 0);
    for place in places {
        out.extend_from_slice(&data[done..place]);
        out.extend_from_slice(&new);
        done = place + old.len();
    }
    out.extend_from_slice(&data[done..]);
    Ok(same_kind(this, out))
}

fn translate(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let (this, rest) = receiver(thread, args, "translate")?;
    let [table, delete] = rest.bind(thread, "translate", ["table", "delete"], 1)?;
    let table = match table.filter(|table| !singletons::is_none(*table)) {
        Some(table) => Some(require(thread, table)?),
        None => None,
    };
    if table.as_ref().is_some_and(|table| table.len() != 256) {
        return Err(thread.value_error("translation table must be 256 characters long"));
    }
    let gone = match delete {
        Some(delete) => require(thread, delete)?,
        None => Vec::new(),
    };
    let kept = data(&this)
        .iter()
        .filter(|byte| !gone.contains(byte))
        .copied()
        .collect::<Vec<u8>>();
    let map = |byte: u8| {
        table
            .as_ref()
            .map_or(byte, |table| table[usize::from(byte)])
    };
    Ok(same_kind(this, kept.into_iter().map(map).collect()))
}

fn expandtabs(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let (this, rest) = receiver(thread, args, "expandtabs")?;
    let [size] = rest.bind(thread, "expandtabs", ["tabsize"], 0)?;
    let size = match size {
        Some(size) => operations::count(thread, size)?,
        None => 8,
    };
    let (mut out, mut column) = (Vec::new(), 0);
    for byte in data(&this).iter() {
        match byte {
            b'\t' => {
                let step = if size == 0 { 0 } else { size - column % size };
                check_size(thread, step, 1, 2)?;
                out.resize(out.len() + step, b' ');
                column += step;
            }
            b'\n' | b'\r' => {
                out.push(*byte);
                column = 0;
            }
            _ => {
                out.push(*byte);
                column += 1;
            }
        }
    }
    Ok(same_kind(this, out))
}

fn hex(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let (this, rest) = receiver(thread, args, "hex")?;
    let [separator, group] = rest.bind(thread, "hex", ["sep", "bytes_per_sep"], 0)?;
    let separator = match separator {
        None => None,
        Some(separator) => {
            let text = match bytes_of(&separator) {
                Some(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
                None => operations::text(thread, separator, "sep")?,
            };
            let mut chars = text.chars();
            match (chars.next(), chars.next()) {
                (Some(c), None) if c.is_ascii() => Some(c),
                (Some(_), None) => return Err(thread.value_error("sep must be ASCII.")),
                _ => return Err(thread.value_error("sep must be length 1.")),
            }
        }
    };
    let group = match group {
        Some(group) => operations::index(thread, group)?,
        None => 1,
    };
    let data = data(&this);
    let mut out = String::with_capacity(data.len() * 2);
    for (at, byte) in data.iter().enumerate() {
        // Groups are counted from the end, from the beginning if the number is negative.
        let place = if group > 0 { data.len() - at } else { at };
        if let Some(separator) = separator
            && at > 0
            && group != 0
            && (place as u64).is_multiple_of(group.unsigned_abs())
        {
            out.push(separator);
        }
        out.extend(
            [byte >> 4, byte & 15].map(|half| char::from(b"0123456789abcdef"[usize::from(half)])),
        );
    }
    Ok(Str::new(&out))
}
