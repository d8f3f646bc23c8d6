//! The operators of bytes and byte arrays.

use super::{ByteArray, Bytes, bytes_of, same_kind};
use crate::error::PyResult;
use crate::format;
use crate::object::iterators::SequenceIterator;
use crate::object::slice::Slice;
use crate::object::str::{Str, search};
use crate::object::tuple::{check_size, position};
use crate::object::{BinaryOp, CompareOp, Payload, Slots, downcast, exception, int, singletons};
use crate::operations;
use crate::thread::Thread;
use crate::value::{Ref, Value};
use core::fmt::Write;
use core::hash::{BuildHasher, Hasher};
use selvedge_sync::seam::OnceLock;
use std::borrow::Cow;
use std::hash::RandomState;

pub(super) const fn slots<T: Payload>() -> Slots {
    Slots {
        repr: Some(repr),
        len: Some(|_, value| Ok(len(value))),
        iter: Some(|_, value| Ok(SequenceIterator::new(value.to_ref()))),
        get_item: Some(get_item),
        contains: Some(contains),
        binary: Some(binary),
        compare: Some(compare),
        ..Slots::of::<T>()
    }
}

pub(super) fn data(value: &Value) -> Cow<'_, [u8]> {
    bytes_of(value).expect("slots of bytes are called with bytes")
}

fn len(value: Value) -> usize {
    match downcast::<ByteArray>(&value) {
        Some(array) => array.locked(|data| data.len()),
        None => data(&value).len(),
    }
}

pub(super) fn hash(_: &mut Thread, value: Value) -> PyResult<u64> {
    static SEED: OnceLock<RandomState> = OnceLock::new();
    let mut hasher = SEED.get_or_init(RandomState::new).build_hasher();
    hasher.write(&data(&value));
    Ok(hasher.finish().clamp(1, u64::MAX - 1))
}

/// The literal of these bytes.
pub(crate) fn literal(data: &[u8]) -> String {
    let quote = if data.contains(&b'\'') && !data.contains(&b'"') {
        '"'
    } else {
        '\''
    };
    let mut out = format!("b{quote}");
    for byte in data {
        let result = match *byte {
            b'\n' => out.write_str("\\n"),
            b'\r' => out.write_str("\\r"),
            b'\t' => out.write_str("\\t"),
            b'\\' => out.write_str("\\\\"),
            c if char::from(c) == quote => write!(out, "\\{quote}"),
            0x20..=0x7e => out.write_char(char::from(*byte)),
            _ => write!(out, "\\x{byte:02x}"),
        };
        result.expect("writing to a String does not fail");
    }
    out.push(quote);
    out
}

fn repr(_: &mut Thread, value: Value) -> PyResult {
    let shown = literal(&data(&value));
    Ok(Str::new(&match downcast::<ByteArray>(&value) {
        Some(_) => format!("{}({shown})", value.ty().name()),
        None => shown,
    }))
}

fn get_item(thread: &mut Thread, value: Value, key: Value) -> PyResult {
    let name = if downcast::<Bytes>(&value).is_some() {
        "byte"
    } else {
        "bytearray"
    };
    if let Some(slice) = downcast::<Slice>(&key) {
        let range = slice.resolve(thread, len(value))?;
        let data = data(&value);
        let chosen = range
            .indices()
            .filter_map(|at| data.get(at).copied())
            .collect();
        return Ok(same_kind(value, chosen));
    }
    if !operations::is_index(thread, key) {
        let ty = key.ty().name();
        return Err(thread.type_error(format!(
            "{name} indices must be integers or slices, not {ty}"
        )));
    }
    let what = if name == "byte" {
        "index"
    } else {
        "bytearray index"
    };
    let at = position(thread, key, len(value), "").map_err(|raised| {
        if thread.raised_is(&exception::INDEX_ERROR) {
            drop(thread.take_raised());
            return thread.raise_text(&exception::INDEX_ERROR, format!("{what} out of range"));
        }
        raised
    })?;
    let byte = match downcast::<ByteArray>(&value) {
        Some(array) => array.locked(|data| data.get(at).copied()).unwrap_or(0),
        None => data(&value)[at],
    };
    Ok(Ref::small(i64::from(byte)))
}

fn contains(thread: &mut Thread, value: Value, item: Value) -> PyResult<bool> {
    if let Some(part) = bytes_of(&item) {
        return Ok(search::find_slice(&data(&value), &part).is_some());
    }
    if !operations::is_index(thread, item) {
        let name = item.ty().name();
        return Err(thread.type_error(format!("a bytes-like object is required, not '{name}'")));
    }
    let byte = super::construct::byte(thread, item, "byte")?;
    Ok(data(&value).contains(&byte))
}

fn binary(thread: &mut Thread, op: BinaryOp, left: Value, right: Value) -> PyResult<Option<Ref>> {
    match (op, bytes_of(&left), bytes_of(&right)) {
        (BinaryOp::Add, Some(a), Some(b)) => Ok(Some(same_kind(left, [a, b].concat()))),
        (BinaryOp::Add, Some(_), None) => {
            let (name, to) = (right.ty().name(), left.ty().name());
            Err(thread.type_error(format!("can't concat {name} to {to}")))
        }
        (BinaryOp::Mul, Some(a), None) => repeat(thread, left, &a, right),
        (BinaryOp::Mul, None, Some(b)) => repeat(thread, right, &b, left),
        (BinaryOp::Mod, Some(template), _) => {
            let made = format::percent_bytes(thread, &template, right)?;
            Ok(Some(same_kind(left, made)))
        }
        _ => Ok(None),
    }
}

pub(super) fn repeat(
    thread: &mut Thread,
    like: Value,
    data: &[u8],
    count: Value,
) -> PyResult<Option<Ref>> {
    if !operations::is_index(thread, count) {
        return Ok(None);
    }
    let count = operations::count(thread, count)?;
    check_size(thread, data.len(), count, 2)?;
    Ok(Some(same_kind(like, data.repeat(count))))
}

fn compare(_: &mut Thread, op: CompareOp, left: Value, right: Value) -> PyResult<Option<Ref>> {
    let (Some(left), Some(right)) = (bytes_of(&left), bytes_of(&right)) else {
        return Ok(None);
    };
    Ok(Some(singletons::bool(op.holds(left.cmp(&right)))))
}

/// The byte or bytes that a method looks for.
pub(super) fn wanted(thread: &mut Thread, value: Value) -> PyResult<Vec<u8>> {
    if let Some(part) = bytes_of(&value) {
        return Ok(part.into_owned());
    }
    if int::to_i64(value).is_some() {
        return Ok(vec![super::construct::byte(thread, value, "byte")?]);
    }
    let name = value.ty().name();
    Err(thread.type_error(format!(
        "argument should be integer or bytes-like object, not '{name}'"
    )))
}

/// The bytes of an argument that must have some.
pub(super) fn require(thread: &mut Thread, value: Value) -> PyResult<Vec<u8>> {
    match bytes_of(&value) {
        Some(part) => Ok(part.into_owned()),
        None => {
            let name = value.ty().name();
            Err(thread.type_error(format!("a bytes-like object is required, not '{name}'")))
        }
    }
}
