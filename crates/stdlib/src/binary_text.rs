//! The module `binascii`: bytes as text.

use selvedge_interp::object::bytes::{Bytes, bytes_of};
use selvedge_interp::object::exception::{self, EXCEPTION, Exception};
use selvedge_interp::object::module::Module;
use selvedge_interp::object::native::{Args, NativeDef};
use selvedge_interp::object::str::Str;
use selvedge_interp::object::{Base, Slots, Type, downcast, int};
use selvedge_interp::{PyResult, Raised, Thread, Value, operations, prepare_type};
use selvedge_sync::seam::OnceLock;

macro_rules! error_type {
    ($name:ident, $text:literal, $base:expr) => {
        static $name: Type = Type::builtin($text, Base::One($base), Slots::of::<Exception>(), &[])
            .in_module("binascii")
            .subclassable();
    };
}

error_type!(ERROR, "Error", &exception::VALUE_ERROR);
error_type!(INCOMPLETE, "Incomplete", &EXCEPTION);

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static FUNCTIONS: &[NativeDef] = &[
    NativeDef::function("a2b_base64", from_base64),
    NativeDef::function("a2b_hex", |thread, args| from_hex(thread, args, "a2b_hex")),
    NativeDef::function("b2a_base64", to_base64),
    NativeDef::function("b2a_hex", to_hex),
    NativeDef::function("crc32", |thread, args| {
        let given = args.between(thread, "crc32", 1, 2)?;
        let start = match given.get(1) {
            Some(start) => operations::index(thread, *start)? as u32,
            None => 0,
        };
        let data = data(thread, given[0], false)?;
        Ok(int::from_i64(i64::from(crc32(start, &data))))
    }),
    NativeDef::function("crc_hqx", |thread, args| {
        let [value, start] = args.exactly(thread, "crc_hqx")?;
        let mut crc = operations::index(thread, start)? as u16;
        for byte in data(thread, value, false)? {
            crc ^= u16::from(byte) << 8;
            for _ in 0..8 {
                crc = if crc & 0x8000 == 0 {
                    crc << 1
                } else {
                    crc << 1 ^ 0x1021
                };
            }
        }
        Ok(int::from_i64(i64::from(crc)))
    }),
    NativeDef::function("hexlify", to_hex),
    NativeDef::function("unhexlify", |thread, args| {
        from_hex(thread, args, "unhexlify")
    }),
];

#[cold]
fn error(thread: &mut Thread, text: &str) -> Raised {
    thread.raise_text(&ERROR, text)
}

/// The bytes of an argument; those of an ASCII string where one is allowed.
fn data(thread: &mut Thread, value: Value, or_text: bool) -> PyResult<Vec<u8>> {
    if let Some(data) = bytes_of(&value) {
        return Ok(data.to_vec());
    }
    match downcast::<Str>(&value).filter(|_| or_text) {
        Some(text) => match text.as_ascii() {
            Some(text) => Ok(text.as_bytes().to_vec()),
            None => Err(thread.value_error("string argument should contain only ASCII characters")),
        },
        None => {
            let got = value.ty().name();
            let what = if or_text {
                "argument should be bytes, buffer or ASCII string, not "
            } else {
                "a bytes-like object is required, not "
            };
            Err(thread.type_error(format!("{what}'{got}'")))
        }
    }
}

fn crc32(start: u32, data: &[u8]) -> u32 {
    let mut crc = !start;
    for byte in data {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 0 {
                crc >> 1
            } else {
                crc >> 1 ^ 0xedb8_8320
            };
        }
    }
    !crc
}

fn to_hex(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let (Some(value), rest) = (
        args.positional().first(),
        args.positional().get(1..).unwrap_or(&[]),
    ) else {
        return Err(thread.type_error("hexlify() missing required argument 'data' (pos 1)"));
    };
    let data = Bytes::new(&data(thread, *value, false)?);
    let method = operations::get_attr_named(thread, *data, "hex")?;
    let mut values = rest.to_vec();
    values.extend(args.keywords().map(|(_, value)| value));
    let text = operations::call(thread, *method, &Args::with_names(&values, args.names()))?;
    operations::call_method(thread, *text, "encode", &[])
}

fn from_hex(thread: &mut Thread, args: &Args<'_>, function: &str) -> PyResult {
    let [value] = args.exactly(thread, function)?;
    let data = data(thread, value, true)?;
    if data.len() % 2 == 1 {
        return Err(error(thread, "Odd-length string"));
    }
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let pairs = data
        .chunks(2)
        .map(|pair| Some((digit(pair[0])? * 16 + digit(pair[1])?) as u8));
    match pairs.collect::<Option<Vec<u8>>>() {
        Some(bytes) => Ok(Bytes::new(&bytes)),
        None => Err(error(thread, "Non-hexadecimal digit found")),
    }
}

fn to_base64(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [value, newline] = args.bind(thread, "b2a_base64", ["data", "newline"], 1)?;
    let newline = match newline {
        Some(newline) => operations::truth(thread, newline)?,
        None => true,
    };
    let mut out = Vec::new();
    for group in data(thread, value.expect("required"), false)?.chunks(3) {
        let word = group.iter().enumerate().fold(0, |word, (at, byte)| {
            word | u32::from(*byte) << (16 - 8 * at)
        });
        for at in 0..4 {
            out.push(if at <= group.len() {
                ALPHABET[(word >> (18 - 6 * at) & 63) as usize]
            } else {
                b'='
            });
        }
    }
    if newline {
        out.push(b'\n');
    }
    Ok(Bytes::new(&out))
}

fn from_base64(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [value, strict] = args.bind(thread, "a2b_base64", ["data", "strict_mode"], 1)?;
    let strict = match strict {
        Some(strict) => operations::truth(thread, strict)?,
        None => false,
    };
    let data = data(thread, value.expect("required"), true)?;
    if strict && data.first() == Some(&b'=') {
        return Err(error(thread, "Leading padding not allowed"));
    }
    let (mut out, mut word, mut digits, mut padding) = (Vec::new(), 0_u32, 0_usize, 0);
    for (at, byte) in data.iter().enumerate() {
        if *byte == b'=' {
            padding += 1;
            if digits % 4 >= 2 && digits % 4 + padding >= 4 {
                if strict && at + 1 < data.len() {
                    return Err(error(thread, "Excess data after padding"));
                }
                return Ok(Bytes::new(&out));
            }
            if strict && digits % 4 == 0 {
                return Err(error(thread, "Excess padding not allowed"));
            }
            continue;
        }
        let Some(digit) = ALPHABET.iter().position(|letter| letter == byte) else {
            if strict {
                return Err(error(thread, "Only base64 data is allowed"));
            }
            continue;
        };
        if strict && padding > 0 {
            return Err(error(thread, "Discontinuous padding not allowed"));
        }
        padding = 0;
        word = word << 6 | digit as u32;
        digits += 1;
        if digits % 4 != 1 {
            // Of a second digit 4 bits are left over, of a third 2, of a fourth none.
            out.push((word >> (2 * ((4 - digits % 4) % 4))) as u8);
        }
    }
    match digits % 4 {
        0 => Ok(Bytes::new(&out)),
        1 => {
            let text = format!(
                "Invalid base64-encoded string: number of data characters ({digits}) cannot be 1 more than a multiple of 4"
            );
            Err(error(thread, &text))
        }
        _ => Err(error(thread, "Incorrect padding")),
    }
}

pub(crate) fn make(thread: &mut Thread) -> PyResult {
    static PREPARED: OnceLock<()> = OnceLock::new();
    PREPARED.get_or_init(|| {
        prepare_type(&ERROR);
        prepare_type(&INCOMPLETE);
    });
    let new = Module::new(thread, "binascii", FUNCTIONS);
    let module = downcast::<Module>(&new).expect("just made");
    module.set(thread, "Error", ERROR.value().to_ref());
    module.set(thread, "Incomplete", INCOMPLETE.value().to_ref());
    Ok(new)
}
