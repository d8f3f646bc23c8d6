//! Making bytes from integers, iterables, strings and hexadecimal digits.

use super::{BYTE_ARRAY_TYPE, BYTES_TYPE, ByteArray, Bytes, bytes_of};
use crate::error::PyResult;
use crate::object::native::Args;
use crate::object::str::{Str, encode};
use crate::object::tuple::check_size;
use crate::object::{Type, class, downcast};
use crate::operations;
use crate::thread::Thread;
use crate::value::Value;

/// The byte that an item is.
pub(super) fn byte(thread: &mut Thread, value: Value, what: &str) -> PyResult<u8> {
    let number = operations::index_clamped(thread, value)?;
    u8::try_from(number).map_err(|_| thread.value_error(format!("{what} must be in range(0, 256)")))
}

fn content(thread: &mut Thread, args: &Args<'_>, kind: &str) -> PyResult<Vec<u8>> {
    let what = if kind == "bytes" { "bytes" } else { "byte" };
    let [source, encoding, errors] =
        args.bind(thread, kind, ["source", "encoding", "errors"], 0)?;
    let Some(source) = source else {
        return if encoding.is_some() || errors.is_some() {
            let which = if encoding.is_some() {
                "encoding"
            } else {
                "errors"
            };
            Err(thread.type_error(format!("{which} without a string argument")))
        } else {
            Ok(Vec::new())
        };
    };
    if downcast::<Str>(&source).is_some() {
        if encoding.is_none() {
            return Err(thread.type_error("string argument without an encoding"));
        }
        return encode::encode(thread, source, encoding, errors);
    }
    if encoding.is_some() || errors.is_some() {
        let which = if encoding.is_some() {
            "encoding"
        } else {
            "errors"
        };
        return Err(thread.type_error(format!("{which} without a string argument")));
    }
    if let Some(bytes) = bytes_of(&source) {
        return Ok(bytes.into_owned());
    }
    if class::has_special(source.ty(), thread, "__bytes__") && kind == "bytes" {
        let made = operations::call_method(thread, source, "__bytes__", &[])?;
        return match downcast::<Bytes>(&made) {
            Some(bytes) => Ok(bytes.data().to_vec()),
            None => {
                let name = made.ty().name();
                Err(thread.type_error(format!("__bytes__ returned non-bytes (type {name})")))
            }
        };
    }
    if operations::is_index(thread, source) {
        let count = operations::sized(thread, source)?;
        let Ok(count) = usize::try_from(count) else {
            return Err(thread.value_error("negative count"));
        };
        check_size(thread, count, 1, 2)?;
        return Ok(vec![0; count]);
    }
    if source.ty().iter().is_none() && source.ty().get_item().is_none() {
        let name = source.ty().name();
        return Err(thread.type_error(if kind == "bytes" {
            format!("cannot convert '{name}' object to bytes")
        } else {
            format!("can't extend bytearray with {name}")
        }));
    }
    from_items(thread, source, what)
}

/// The bytes that the items of an iterable are.
pub(super) fn from_items(thread: &mut Thread, iterable: Value, what: &str) -> PyResult<Vec<u8>> {
    let mut data = Vec::new();
    operations::for_each(thread, iterable, |thread, item| {
        data.push(byte(thread, *item, what)?);
        Ok(())
    })?;
    Ok(data)
}

pub(super) fn construct_bytes(thread: &mut Thread, ty: &'static Type, args: &Args<'_>) -> PyResult {
    if let [source] = args.values()
        && *ty == BYTES_TYPE
        && source.is_exactly(&BYTES_TYPE)
    {
        return Ok(source.to_ref());
    }
    let data = content(thread, args, "bytes")?;
    let new = Bytes::of_type(ty, data);
    class::initialise(thread, ty, &new, args)?;
    Ok(new)
}

pub(super) fn construct_array(thread: &mut Thread, ty: &'static Type, args: &Args<'_>) -> PyResult {
    if *ty != BYTE_ARRAY_TYPE {
        let new = ByteArray::of_type(ty, Vec::new());
        if class::initialise(thread, ty, &new, args)? {
            return Ok(new);
        }
    }
    let data = content(thread, args, "bytearray")?;
    Ok(ByteArray::of_type(ty, data))
}

/// `bytes.fromhex(text)`
pub(super) fn from_hex(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let (class, rest) = args.split_receiver();
    let [text] = rest.exactly(thread, "fromhex")?;
    let digits: Vec<u32> = match (downcast::<Str>(&text), bytes_of(&text)) {
        (Some(text), _) => text.code_points().iter().collect(),
        (None, Some(bytes)) => bytes.iter().map(|byte| u32::from(*byte)).collect(),
        (None, None) => {
            let name = text.ty().name();
            return Err(thread.type_error(format!(
                "fromhex() argument must be str or bytes-like, not {name}"
            )));
        }
    };
    let digit = |at: usize| {
        digits
            .get(at)
            .and_then(|point| char::from_u32(*point)?.to_digit(16))
    };
    let (mut data, mut at) = (Vec::new(), 0);
    while at < digits.len() {
        if matches!(digits[at], 0x09..=0x0d | 0x20) {
            at += 1;
            continue;
        }
        let (Some(high), Some(low)) = (digit(at), digit(at + 1)) else {
            if digit(at).is_some() && at + 1 == digits.len() {
                return Err(thread.value_error(
                    "fromhex() arg must contain an even number of hexadecimal digits",
                ));
            }
            let wrong = if digit(at).is_none() { at } else { at + 1 };
            return Err(thread.value_error(format!(
                "non-hexadecimal number found in fromhex() arg at position {wrong}"
            )));
        };
        data.push((high * 16 + low) as u8);
        at += 2;
    }
    if class.is(BYTE_ARRAY_TYPE.value()) {
        return Ok(ByteArray::new(data));
    }
    let made = Bytes::new(&data);
    if class.is(BYTES_TYPE.value()) {
        Ok(made)
    } else {
        operations::call(thread, class, &Args::new(&[*made]))
    }
}
