//! Between strings and bytes.

use super::Str;
use super::methods::{receiver, string};
use crate::error::{PyResult, Raised};
use crate::object::bytes::{Bytes, bytes_of};
use crate::object::native::Args;
use crate::object::{Type, downcast, exception};
use crate::operations;
use crate::thread::Thread;
use crate::value::Value;

/// A way of writing code points as bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Codec {
    Utf8,
    /// Up to this code point, a byte each.
    Narrow(u32),
    /// Units of 2 or 4 bytes; big-endian or not; with a mark at the beginning or not.
    Wide {
        unit: usize,
        big: bool,
        mark: bool,
    },
}

impl Codec {
    fn named(thread: &mut Thread, name: &str) -> PyResult<Self> {
        let plain: String = name
            .chars()
            .filter(|c| !matches!(c, '-' | '_' | ' '))
            .collect::<String>()
            .to_lowercase();
        let wide = |unit, big, mark| Codec::Wide { unit, big, mark };
        Ok(match &*plain {
            "utf8" | "u8" | "cp65001" => Codec::Utf8,
            "ascii" | "usascii" | "646" => Codec::Narrow(0x7f),
            "latin1" | "iso88591" | "l1" | "latin" | "8859" | "cp819" => Codec::Narrow(0xff),
            "utf16" | "u16" => wide(2, false, true),
            "utf16le" => wide(2, false, false),
            "utf16be" => wide(2, true, false),
            "utf32" | "u32" => wide(4, false, true),
            "utf32le" => wide(4, false, false),
            "utf32be" => wide(4, true, false),
            _ => {
                return Err(unknown(thread, name));
            }
        })
    }

    fn name(self) -> &'static str {
        match self {
            Codec::Utf8 => "utf-8",
            Codec::Narrow(0x7f) => "ascii",
            Codec::Narrow(_) => "latin-1",
            Codec::Wide {
                unit: 2,
                mark: true,
                ..
            } => "utf-16",
            Codec::Wide {
                unit: 2,
                big: false,
                ..
            } => "utf-16-le",
            Codec::Wide { unit: 2, .. } => "utf-16-be",
            Codec::Wide { mark: true, .. } => "utf-32",
            Codec::Wide { big: false, .. } => "utf-32-le",
            Codec::Wide { .. } => "utf-32-be",
        }
    }

    /// Writes a code point; says whether there is a way to.
    fn write(self, point: u32, out: &mut Vec<u8>) -> bool {
        match self {
            Codec::Narrow(most) if point <= most => out.push(point as u8),
            Codec::Narrow(_) => return false,
            _ if char::from_u32(point).is_none() => return false,
            Codec::Utf8 => write_utf8(point, out),
            Codec::Wide { unit, big, .. } => write_wide(point, unit, big, out),
        }
        true
    }

    fn refusal(self) -> String {
        match self {
            Codec::Narrow(most) => format!("ordinal not in range({})", most + 1),
            _ => "surrogates not allowed".into(),
        }
    }
}

/// Writes any code point, a lone surrogate too, as UTF-8 would.
fn write_utf8(point: u32, out: &mut Vec<u8>) {
    let tail = |shift: u32| (point >> shift & 0x3f | 0x80) as u8;
    match point {
        0..=0x7f => out.push(point as u8),
        0x80..=0x7ff => out.extend([(point >> 6 | 0xc0) as u8, tail(0)]),
        0x800..=0xffff => out.extend([(point >> 12 | 0xe0) as u8, tail(6), tail(0)]),
        _ => out.extend([(point >> 18 | 0xf0) as u8, tail(12), tail(6), tail(0)]),
    }
}

fn write_wide(point: u32, unit: usize, big: bool, out: &mut Vec<u8>) {
    let mut units = Vec::with_capacity(2);
    if unit == 2 && point > 0xffff {
        let rest = point - 0x1_0000;
        units.extend([0xd800 + (rest >> 10), 0xdc00 + (rest & 0x3ff)]);
    } else {
        units.push(point);
    }
    for value in units {
        let bytes = if big {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        };
        out.extend(if big {
            &bytes[4 - unit..]
        } else {
            &bytes[..unit]
        });
    }
}

fn text_or(
    thread: &mut Thread,
    value: Option<Value>,
    what: &str,
    default: &str,
) -> PyResult<String> {
    match value {
        Some(value) => operations::text(thread, value, what),
        None => Ok(default.into()),
    }
}

pub(super) fn encode_method(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let (this, rest) = receiver(thread, args, "encode")?;
    let [encoding, errors] = rest.bind(thread, "encode", ["encoding", "errors"], 0)?;
    Ok(Bytes::new(&encode(thread, this, encoding, errors)?))
}

/// The bytes of the string `value`.
pub(crate) fn encode(
    thread: &mut Thread,
    value: Value,
    encoding: Option<Value>,
    errors: Option<Value>,
) -> PyResult<Vec<u8>> {
    let encoding = text_or(thread, encoding, "encode() argument 'encoding'", "utf-8")?;
    let errors = text_or(thread, errors, "encode() argument 'errors'", "strict")?;
    match Codec::named(thread, &encoding) {
        Ok(codec) => encode_by(thread, value, codec, &errors),
        Err(raised) => {
            thread.swallow(raised, &exception::LOOKUP_ERROR)?;
            let made = by_registered(thread, value, &encoding, &errors, 0)?;
            match bytes_of(&made) {
                Some(data) => Ok(data.to_vec()),
                None => {
                    let got = made.ty().name();
                    Err(thread.type_error(format!(
                        "'{encoding}' encoder returned '{got}' instead of 'bytes'; use codecs.encode() to encode to arbitrary types"
                    )))
                }
            }
        }
    }
}

/// What a codec makes of a value that programs or the library have registered; `part` says
/// whether it encodes or decodes.
fn by_registered(
    thread: &mut Thread,
    value: Value,
    encoding: &str,
    errors: &str,
    part: i64,
) -> PyResult {
    let codecs = match crate::import::import_module(thread, "_codecs") {
        Ok(codecs) => codecs,
        Err(raised) => {
            thread.swallow(raised, &exception::IMPORT_ERROR)?;
            return Err(unknown(thread, encoding));
        }
    };
    let name = Str::new(encoding);
    let codec = operations::call_method(thread, *codecs, "lookup", &[*name])?;
    let is_text = operations::get_attr_named(thread, *codec, "_is_text_encoding")?;
    if !operations::truth(thread, *is_text)? {
        let verb = if part == 0 { "encode" } else { "decode" };
        return Err(thread.raise_text(
            &exception::LOOKUP_ERROR,
            format!("'{encoding}' is not a text encoding; use codecs.{verb}() to handle arbitrary codecs"),
        ));
    }
    let function = operations::get_item(thread, *codec, Value::small(part))?;
    let errors = Str::new(errors);
    let both = operations::call(thread, *function, &Args::new(&[value, *errors]))?;
    operations::get_item(thread, *both, Value::small(0))
}

fn unknown(thread: &mut Thread, encoding: &str) -> Raised {
    thread.raise_text(
        &exception::LOOKUP_ERROR,
        format!("unknown encoding: {encoding}"),
    )
}

fn encode_by(thread: &mut Thread, value: Value, codec: Codec, errors: &str) -> PyResult<Vec<u8>> {
    let this = string(&value);
    if let (Some(text), Codec::Utf8 | Codec::Narrow(_)) = (this.as_ascii(), codec) {
        return Ok(text.as_bytes().to_vec());
    }
    let points = this.code_points();
    let mut out = Vec::with_capacity(points.len());
    if let Codec::Wide {
        unit, mark: true, ..
    } = codec
    {
        write_wide(0xfeff, unit, false, &mut out);
    }
    for at in 0..points.len() {
        let point = points.at(at);
        if codec.write(point, &mut out) {
            continue;
        }
        let replacement = match errors {
            "ignore" => String::new(),
            "replace" => "?".into(),
            "backslashreplace" => escaped(point),
            "xmlcharrefreplace" => format!("&#{point};"),
            "surrogateescape" if (0xdc80..=0xdcff).contains(&point) => {
                out.push(point as u8);
                continue;
            }
            "surrogatepass" if codec != Codec::Narrow(0x7f) && codec != Codec::Narrow(0xff) => {
                match codec {
                    Codec::Wide { unit, big, .. } => write_wide(point, unit, big, &mut out),
                    _ => write_utf8(point, &mut out),
                }
                continue;
            }
            "strict" | "surrogateescape" | "surrogatepass" => {
                let refused = |at: &usize| !codec.write(points.at(*at), &mut Vec::new());
                let end = (at..points.len()).take_while(refused).last().unwrap_or(at) + 1;
                return Err(failed(
                    thread,
                    &exception::UNICODE_ENCODE_ERROR,
                    codec,
                    value,
                    (at, end),
                    &codec.refusal(),
                ));
            }
            _ => return Err(unknown_handler(thread, errors)),
        };
        for c in replacement.chars() {
            codec.write(u32::from(c), &mut out);
        }
    }
    Ok(out)
}

fn escaped(point: u32) -> String {
    match point {
        0..=0xff => format!("\\x{point:02x}"),
        0x100..=0xffff => format!("\\u{point:04x}"),
        _ => format!("\\U{point:08x}"),
    }
}

fn unknown_handler(thread: &mut Thread, errors: &str) -> Raised {
    thread.raise_text(
        &exception::LOOKUP_ERROR,
        format!("unknown error handler name '{errors}'"),
    )
}

fn failed(
    thread: &mut Thread,
    ty: &'static Type,
    codec: Codec,
    object: Value,
    (start, end): (usize, usize),
    reason: &str,
) -> Raised {
    let (codec, reason) = (Str::new(codec.name()), Str::new(reason));
    let arguments = [
        *codec,
        object,
        Value::small(start as i64),
        Value::small(end as i64),
        *reason,
    ];
    thread.raise_with(ty, &arguments)
}

/// The string that `bytes` stand for.
pub(crate) fn decode(
    thread: &mut Thread,
    bytes: &[u8],
    encoding: Option<Value>,
    errors: Option<Value>,
) -> PyResult {
    let encoding = text_or(thread, encoding, "decode() argument 'encoding'", "utf-8")?;
    let errors = text_or(thread, errors, "decode() argument 'errors'", "strict")?;
    let codec = match Codec::named(thread, &encoding) {
        Ok(codec) => codec,
        Err(raised) => {
            thread.swallow(raised, &exception::LOOKUP_ERROR)?;
            let data = Bytes::new(bytes);
            let made = by_registered(thread, *data, &encoding, &errors, 1)?;
            if downcast::<Str>(&made).is_none() {
                let got = made.ty().name();
                return Err(thread.type_error(format!(
                    "'{encoding}' decoder returned '{got}' instead of 'str'; use codecs.decode() to decode to arbitrary types"
                )));
            }
            return Ok(made);
        }
    };
    if bytes.is_ascii() && matches!(codec, Codec::Utf8 | Codec::Narrow(_)) {
        return Ok(Str::from_narrow(bytes, true));
    }
    let (mut codec, mut at) = (codec, 0);
    if let Codec::Wide {
        unit, mark: true, ..
    } = codec
    {
        let marked = |big: bool| {
            let mut mark = Vec::new();
            write_wide(0xfeff, unit, big, &mut mark);
            bytes.starts_with(&mark)
        };
        codec = Codec::Wide {
            unit,
            big: marked(true),
            mark: true,
        };
        at = if marked(true) || marked(false) {
            unit
        } else {
            0
        };
    }
    let mut out = Vec::with_capacity(bytes.len());
    while at < bytes.len() {
        match read(codec, &bytes[at..]) {
            Ok((point, len)) => {
                out.push(point);
                at += len;
            }
            Err((len, reason)) => {
                let end = (at + len).min(bytes.len());
                recover(thread, codec, bytes, (at, end), reason, &errors, &mut out)?;
                at = end;
            }
        }
    }
    Ok(Str::from_code_points(&out))
}

/// Does with bytes that mean nothing what the handler says.
fn recover(
    thread: &mut Thread,
    codec: Codec,
    bytes: &[u8],
    (start, end): (usize, usize),
    reason: &str,
    errors: &str,
    out: &mut Vec<u32>,
) -> PyResult<()> {
    match errors {
        "ignore" => {}
        "replace" => out.push(0xfffd),
        "backslashreplace" => {
            for byte in &bytes[start..end] {
                out.extend(format!("\\x{byte:02x}").chars().map(u32::from));
            }
        }
        "surrogateescape" if bytes[start..end].iter().all(|byte| *byte >= 0x80) => {
            out.extend(
                bytes[start..end]
                    .iter()
                    .map(|byte| 0xdc00 + u32::from(*byte)),
            );
        }
        "strict" | "surrogateescape" | "surrogatepass" => {
            let object = Bytes::new(bytes);
            return Err(failed(
                thread,
                &exception::UNICODE_DECODE_ERROR,
                codec,
                *object,
                (start, end),
                reason,
            ));
        }
        _ => return Err(unknown_handler(thread, errors)),
    }
    Ok(())
}

/// The first code point of `bytes` and its length, or how many bytes are wrong and why.
fn read(codec: Codec, bytes: &[u8]) -> Result<(u32, usize), (usize, &'static str)> {
    match codec {
        Codec::Narrow(most) if u32::from(bytes[0]) <= most => Ok((u32::from(bytes[0]), 1)),
        Codec::Narrow(_) => Err((1, "ordinal not in range(128)")),
        Codec::Utf8 => read_utf8(bytes),
        Codec::Wide { unit, big, .. } => read_wide(bytes, unit, big),
    }
}

fn read_utf8(bytes: &[u8]) -> Result<(u32, usize), (usize, &'static str)> {
    let first = bytes[0];
    let (len, lowest, bits) = match first {
        0..=0x7f => return Ok((u32::from(first), 1)),
        0xc2..=0xdf => (2, 0x80, first & 0x1f),
        0xe0..=0xef => (3, 0x800, first & 0x0f),
        0xf0..=0xf4 => (4, 0x1_0000, first & 0x07),
        _ => return Err((1, "invalid start byte")),
    };
    let mut point = u32::from(bits);
    for at in 1..len {
        match bytes.get(at) {
            None => return Err((at, "unexpected end of data")),
            Some(next @ 0x80..=0xbf) => {
                point = point << 6 | u32::from(next & 0x3f);
                // Too long a form, a surrogate or too large: wrong from the second byte on.
                let rest = 6 * (len - 1 - at) as u32;
                let (low, high) = (point << rest, (point << rest) + (1 << rest) - 1);
                if at == 1 && (high < lowest || low > 0x10_ffff || (0xd800..=0xdfff).contains(&low))
                {
                    return Err((1, "invalid continuation byte"));
                }
            }
            Some(_) => return Err((at, "invalid continuation byte")),
        }
    }
    Ok((point, len))
}

fn read_wide(bytes: &[u8], unit: usize, big: bool) -> Result<(u32, usize), (usize, &'static str)> {
    let unit_at = |at: usize| -> Option<u32> {
        let mut value = [0; 4];
        let part = bytes.get(at..at + unit)?;
        if big {
            value[4 - unit..].copy_from_slice(part);
            Some(u32::from_be_bytes(value))
        } else {
            value[..unit].copy_from_slice(part);
            Some(u32::from_le_bytes(value))
        }
    };
    let Some(first) = unit_at(0) else {
        return Err((bytes.len(), "truncated data"));
    };
    match (unit, first) {
        (2, 0xd800..=0xdbff) => match unit_at(2) {
            Some(second @ 0xdc00..=0xdfff) => {
                Ok((0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00), 4))
            }
            Some(_) => Err((2, "illegal UTF-16 surrogate")),
            None => Err((bytes.len(), "unexpected end of data")),
        },
        (2, 0xdc00..=0xdfff) => Err((2, "illegal encoding")),
        (4, 0xd800..=0xdfff) => Err((
            4,
            "code point in surrogate code point range(0xd800, 0xe000)",
        )),
        (4, 0x11_0000..) => Err((4, "code point not in range(0x110000)")),
        _ => Ok((first, unit)),
    }
}

/// The text of a `UnicodeEncodeError` or `UnicodeDecodeError` with these arguments.
pub(crate) fn describe(arguments: &[Value]) -> Option<String> {
    let [codec, object, start, end, reason] = arguments else {
        return None;
    };
    let text = |value: &Value| downcast::<Str>(value).map(|text| text.to_utf8_lossy().into_owned());
    let (codec, reason) = (text(codec)?, text(reason)?);
    let (start, end) = (start.as_int()?, end.as_int()?);
    let (verb, what, units) = match downcast::<Str>(object) {
        Some(text) => {
            let point = text
                .code_points()
                .iter()
                .nth(usize::try_from(start).ok()?)?;
            (
                "encode",
                format!("character '{}'", escaped(point)),
                "characters",
            )
        }
        None => {
            let bytes = bytes_of(object)?;
            (
                "decode",
                format!("byte 0x{:02x}", bytes.get(usize::try_from(start).ok()?)?),
                "bytes",
            )
        }
    };
    Some(if end == start + 1 {
        format!("'{codec}' codec can't {verb} {what} in position {start}: {reason}")
    } else {
        format!(
            "'{codec}' codec can't {verb} {units} in position {start}-{}: {reason}",
            end - 1
        )
    })
}
