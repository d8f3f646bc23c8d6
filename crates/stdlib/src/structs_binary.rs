//! The module `_struct`: values packed into bytes.

use dashu_int::IBig;
use selvedge_interp::object::bytes::{Bytes, bytes_of};
use selvedge_interp::object::exception::{EXCEPTION, Exception};
use selvedge_interp::object::float::{self, Float};
use selvedge_interp::object::memory_view::write_into;
use selvedge_interp::object::module::Module;
use selvedge_interp::object::native::{Args, NativeDef};
use selvedge_interp::object::str::Str;
use selvedge_interp::object::tuple::{Tuple, check_size};
use selvedge_interp::object::{
    Base, Object, Payload, Slots, Type, allocate, class, downcast, exception, int, list::List,
    singletons,
};
use selvedge_interp::references;
use selvedge_interp::{PyResult, Raised, Ref, Thread, Value, operations, prepare_type};
use selvedge_sync::seam::OnceLock;

/// The type `struct.error`.
static ERROR: Type = Type::builtin(
    "error",
    Base::One(&EXCEPTION),
    Slots::of::<Exception>(),
    &[],
)
.in_module("struct")
.subclassable();

/// A part of a format: a letter, how often, and where it lies.
#[derive(Clone, Copy, Debug)]
struct Field {
    letter: u8,
    count: usize,
    offset: usize,
    size: usize,
}

/// A format taken apart.
#[derive(Clone, Debug)]
struct Layout {
    fields: Vec<Field>,
    size: usize,
    big: bool,
    native: bool,
}

impl Layout {
    fn parse(thread: &mut Thread, format: &[u8]) -> PyResult<Self> {
        let (order, mut rest) = match format.split_first() {
            Some((order @ (b'@' | b'=' | b'<' | b'>' | b'!'), rest)) => (*order, rest),
            _ => (b'@', format),
        };
        let native = order == b'@';
        let mut layout = Self {
            fields: Vec::new(),
            size: 0,
            big: matches!(order, b'>' | b'!'),
            native,
        };
        while let Some((first, after)) = rest.split_first() {
            rest = after;
            if first.is_ascii_whitespace() {
                continue;
            }
            let (mut letter, mut count) = (*first, 1);
            if letter.is_ascii_digit() {
                count = usize::from(letter - b'0');
                loop {
                    let Some((next, after)) = rest.split_first() else {
                        return Err(error(thread, "repeat count given without format specifier"));
                    };
                    rest = after;
                    if !next.is_ascii_digit() {
                        letter = *next;
                        break;
                    }
                    let more = count
                        .checked_mul(10)
                        .and_then(|count| count.checked_add(usize::from(next - b'0')));
                    count = match more {
                        Some(count) => count,
                        None => return Err(error(thread, "overflow in item count")),
                    };
                }
            }
            layout.add(thread, letter, count)?;
        }
        Ok(layout)
    }

    fn add(&mut self, thread: &mut Thread, letter: u8, count: usize) -> PyResult<()> {
        let Some(size) = size_of_letter(letter, self.native) else {
            return Err(error(thread, "bad char in struct format"));
        };
        let is_plain = matches!(letter, b's' | b'p' | b'x' | b'c');
        if self.native && !is_plain {
            self.size = self.size.next_multiple_of(size);
        }
        let total = count
            .checked_mul(size)
            .and_then(|total| total.checked_add(self.size));
        let Some(end) = total.filter(|end| isize::try_from(*end).is_ok()) else {
            return Err(error(thread, "total struct size too long"));
        };
        match letter {
            b'x' => {}
            b's' | b'p' => self.fields.push(Field {
                letter,
                count: 1,
                offset: self.size,
                size: count,
            }),
            _ => self.fields.push(Field {
                letter,
                count,
                offset: self.size,
                size,
            }),
        }
        self.size = end;
        Ok(())
    }

    /// How many values there are.
    fn values(&self) -> usize {
        self.fields.iter().map(|field| field.count).sum()
    }

    fn pack(&self, thread: &mut Thread, function: &str, values: &[Value]) -> PyResult<Vec<u8>> {
        let (wanted, got) = (self.values(), values.len());
        if wanted != got {
            let text = format!("{function} expected {wanted} items for packing (got {got})");
            return Err(error(thread, &text));
        }
        check_size(thread, self.size, 1, 1)?;
        let mut data = vec![0; self.size];
        let mut values = values.iter();
        for field in &self.fields {
            for index in 0..field.count {
                let value = values.next().expect("counted");
                let mut item = pack_item(thread, field, self.native, *value)?;
                if self.big && !matches!(field.letter, b's' | b'p' | b'c') {
                    item.reverse();
                }
                let at = field.offset + index * field.size;
                data[at..at + item.len()].copy_from_slice(&item);
            }
        }
        Ok(data)
    }

    fn unpack(&self, data: &[u8]) -> Ref {
        let mut values = Vec::with_capacity(self.values());
        for field in &self.fields {
            for index in 0..field.count {
                let at = field.offset + index * field.size;
                let mut item = data[at..at + field.size].to_vec();
                if self.big && !matches!(field.letter, b's' | b'p' | b'c') {
                    item.reverse();
                }
                values.push(unpack_item(field.letter, &item));
            }
        }
        Tuple::from_refs(values)
    }
}

fn size_of_letter(letter: u8, native: bool) -> Option<usize> {
    Some(match letter {
        b'x' | b'c' | b'b' | b'B' | b'?' | b's' | b'p' => 1,
        b'h' | b'H' | b'e' => 2,
        b'i' | b'I' | b'f' => 4,
        b'l' | b'L' if !native => 4,
        b'n' | b'N' | b'P' if !native => return None,
        b'l' | b'L' | b'q' | b'Q' | b'd' | b'n' | b'N' | b'P' => 8,
        _ => return None,
    })
}

#[cold]
fn error(thread: &mut Thread, text: &str) -> Raised {
    thread.raise_text(&ERROR, text)
}

/// The bytes of one value, the lowest first.
fn pack_item(thread: &mut Thread, field: &Field, native: bool, value: Value) -> PyResult<Vec<u8>> {
    match field.letter {
        b's' | b'p' => {
            let Some(data) = bytes_of(&value) else {
                let letter = char::from(field.letter);
                let text = format!("argument for '{letter}' must be a bytes object");
                return Err(error(thread, &text));
            };
            let room = field.size.saturating_sub(usize::from(field.letter == b'p'));
            let kept = &data[..data.len().min(room)];
            if field.letter == b's' || field.size == 0 {
                return Ok(kept.to_vec());
            }
            let mut item = vec![kept.len().min(255) as u8];
            item.extend_from_slice(kept);
            Ok(item)
        }
        b'c' => match bytes_of(&value).as_deref() {
            Some([byte]) => Ok(vec![*byte]),
            _ => Err(error(
                thread,
                "char format requires a bytes object of length 1",
            )),
        },
        b'?' => Ok(vec![u8::from(operations::truth(thread, value)?)]),
        b'e' | b'f' | b'd' => {
            let Ok(number) = float::require(thread, value) else {
                drop(thread.take_raised());
                return Err(error(thread, "required argument is not a float"));
            };
            match field.letter {
                b'd' => Ok(number.to_le_bytes().to_vec()),
                b'f' => {
                    let narrow = number as f32;
                    if narrow.is_infinite() && number.is_finite() {
                        let text = "float too large to pack with f format";
                        return Err(thread.raise_text(&exception::OVERFLOW_ERROR, text));
                    }
                    Ok(narrow.to_le_bytes().to_vec())
                }
                _ => match half(number) {
                    Some(bits) => Ok(bits.to_le_bytes().to_vec()),
                    None => {
                        let text = "float too large to pack with e format";
                        Err(thread.raise_text(&exception::OVERFLOW_ERROR, text))
                    }
                },
            }
        }
        _ => pack_integer(thread, field, native, value),
    }
}

fn pack_integer(
    thread: &mut Thread,
    field: &Field,
    native: bool,
    value: Value,
) -> PyResult<Vec<u8>> {
    let Ok(integer) = operations::as_int(thread, value) else {
        if thread.raised_is(&exception::TYPE_ERROR) {
            drop(thread.take_raised());
            return Err(error(thread, "required argument is not an integer"));
        }
        return operations::as_int(thread, value).map(|_| Vec::new());
    };
    let integer = int::big(*integer)
        .expect("`as_int` makes an integer")
        .into_owned();
    let bits = 8 * field.size;
    let signed = field.letter.is_ascii_lowercase();
    let (low, high) = if signed {
        (
            -(IBig::ONE << (bits - 1)),
            (IBig::ONE << (bits - 1)) - IBig::ONE,
        )
    } else {
        (IBig::ZERO, (IBig::ONE << bits) - IBig::ONE)
    };
    if integer < low || integer > high {
        let letter = char::from(field.letter);
        if field.size == 8 && native {
            return Err(error(thread, "int too large to convert"));
        }
        let text = format!("'{letter}' format requires {low} <= number <= {high}");
        return Err(error(thread, &text));
    }
    let wrapped = if integer < IBig::ZERO {
        integer + (IBig::ONE << bits)
    } else {
        integer
    };
    let number = u64::try_from(&wrapped).unwrap_or(0);
    Ok(number.to_le_bytes()[..field.size].to_vec())
}

/// The number of 16 bits nearest to `number`, half to even; nothing if it is too large.
fn half(number: f64) -> Option<u16> {
    let sign = if number.is_sign_negative() { 0x8000 } else { 0 };
    if number.is_nan() {
        return Some(sign | 0x7e00);
    }
    if number.is_infinite() {
        return Some(sign | 0x7c00);
    }
    let magnitude = number.abs();
    let (_, exponent) = libm::frexp(magnitude);
    // The last place of a number of this size; below a bound it gets no smaller.
    let place = (exponent - 11).max(-24);
    let steps = libm::rint(libm::ldexp(magnitude, -place));
    let mut bits = steps as u32;
    if place > -24 {
        bits += ((place + 24) as u32) << 10;
    }
    (bits < 0x7c00).then_some(sign | bits as u16)
}

fn unpack_item(letter: u8, item: &[u8]) -> Ref {
    let mut word = [0; 8];
    let used = item.len().min(8);
    word[..used].copy_from_slice(&item[..used]);
    let number = u64::from_le_bytes(word);
    match letter {
        b's' | b'c' => Bytes::new(item),
        b'p' => {
            let len = item.first().map_or(0, |len| usize::from(*len));
            let end = (len + 1).min(item.len());
            Bytes::new(item.get(1..end).unwrap_or_default())
        }
        b'?' => singletons::bool(number != 0),
        b'd' => Float::from_f64(f64::from_bits(number)),
        b'f' => Float::from_f64(f64::from(f32::from_bits(number as u32))),
        b'e' => {
            let (exponent, fraction) = (number >> 10 & 0x1f, (number & 0x3ff) as f64);
            let magnitude = match exponent {
                0 => libm::ldexp(fraction, -24),
                0x1f if fraction == 0.0 => f64::INFINITY,
                0x1f => f64::NAN,
                _ => libm::ldexp(fraction + 1024.0, exponent as i32 - 25),
            };
            Float::from_f64(if number >> 15 == 1 {
                -magnitude
            } else {
                magnitude
            })
        }
        _ if letter.is_ascii_lowercase() => {
            let unused = 64 - 8 * used as u32;
            int::from_i64(((number << unused) as i64) >> unused)
        }
        _ => int::from_usize(number as usize),
    }
}

/// A format compiled once.
#[repr(C)]
pub(crate) struct Struct {
    object: Object,
    format: Ref,
    layout: Layout,
}

/// The type `struct.Struct`.
static STRUCT_TYPE: Type = Type::builtin(
    "Struct",
    Base::One(&class::OBJECT_TYPE),
    Slots {
        construct: Some(|thread, _, args| {
            let [format] = args.bind(thread, "Struct", ["format"], 1)?;
            let (text, layout) = layout(thread, format.expect("required"))?;
            Ok(allocate(Struct {
                object: Object::new(&STRUCT_TYPE),
                format: text,
                layout,
            }))
        }),
        repr: Some(|thread, value| {
            let format = operations::repr_text(thread, *this(&value).format)?;
            Ok(Str::new(&format!("Struct({format})")))
        }),
        ..Slots::of::<Struct>()
    },
    &[
        NativeDef::getter("format", |_, args| {
            Ok(this(&args.positional()[0]).format.clone())
        }),
        NativeDef::method("iter_unpack", |thread, args| {
            let [this_, data] = args.exactly(thread, "iter_unpack")?;
            iterate(thread, &this(&this_).layout, data)
        }),
        NativeDef::method("pack", |thread, args| {
            let (this_, rest) = args.split_receiver();
            let data = this(&this_).layout.pack(thread, "pack", rest.values())?;
            Ok(Bytes::new(&data))
        }),
        NativeDef::method("pack_into", |thread, args| {
            let (this_, rest) = args.split_receiver();
            put(thread, &this(&this_).layout, &rest)
        }),
        NativeDef::getter("size", |_, args| {
            Ok(int::from_usize(this(&args.positional()[0]).layout.size))
        }),
        NativeDef::method("unpack", |thread, args| {
            let [this_, data] = args.exactly(thread, "unpack")?;
            whole(thread, &this(&this_).layout, data)
        }),
        NativeDef::method("unpack_from", |thread, args| {
            let (this_, rest) = args.split_receiver();
            let [data, offset] = rest.bind(thread, "unpack_from", ["buffer", "offset"], 1)?;
            part(
                thread,
                &this(&this_).layout,
                data.expect("required"),
                offset,
            )
        }),
    ],
)
.in_module("_struct")
.subclassable();

// SAFETY: `Struct` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for Struct {
    const TYPE: &'static Type = &STRUCT_TYPE;

    references!();
}

fn this(value: &Value) -> &Struct {
    downcast::<Struct>(value).expect("methods are called with instances")
}

/// The format that a value is, as text and taken apart.
fn layout(thread: &mut Thread, format: Value) -> PyResult<(Ref, Layout)> {
    if let Some(data) = bytes_of(&format) {
        let text = Str::new(&String::from_utf8_lossy(&data));
        return Ok((text, Layout::parse(thread, &data)?));
    }
    let Some(text) = downcast::<Str>(&format).map(|text| text.to_utf8_lossy().into_owned()) else {
        let got = format.ty().name();
        let text = format!("Struct() argument 1 must be a str or bytes object, not {got}");
        return Err(thread.type_error(text));
    };
    Ok((format.to_ref(), Layout::parse(thread, text.as_bytes())?))
}

fn bytes(thread: &mut Thread, data: Value) -> PyResult<Vec<u8>> {
    match bytes_of(&data) {
        Some(data) => Ok(data.to_vec()),
        None => {
            let got = data.ty().name();
            Err(thread.type_error(format!("a bytes-like object is required, not '{got}'")))
        }
    }
}

fn whole(thread: &mut Thread, layout: &Layout, data: Value) -> PyResult {
    let data = bytes(thread, data)?;
    if data.len() != layout.size {
        let text = format!("unpack requires a buffer of {} bytes", layout.size);
        return Err(error(thread, &text));
    }
    Ok(layout.unpack(&data))
}

/// Where an offset means, in a buffer of `len` bytes.
fn place(
    thread: &mut Thread,
    function: &str,
    offset: Option<Value>,
    len: usize,
    size: usize,
) -> PyResult<usize> {
    let offset = match offset {
        Some(offset) => operations::index(thread, offset)?,
        None => 0,
    };
    let at = if offset < 0 {
        offset + len as i64
    } else {
        offset
    };
    let Ok(at) = usize::try_from(at) else {
        let text = format!("offset {offset} out of range for {len}-byte buffer");
        return Err(error(thread, &text));
    };
    if at.checked_add(size).is_none_or(|end| end > len) {
        let text = format!(
            "{function} requires a buffer of at least {} bytes for {} {size} bytes at offset {at} (actual buffer size is {len})",
            at.saturating_add(size),
            if function == "pack_into" {
                "packing"
            } else {
                "unpacking"
            },
        );
        return Err(error(thread, &text));
    }
    Ok(at)
}

fn part(thread: &mut Thread, layout: &Layout, data: Value, offset: Option<Value>) -> PyResult {
    let data = bytes(thread, data)?;
    let at = place(thread, "unpack_from", offset, data.len(), layout.size)?;
    Ok(layout.unpack(&data[at..at + layout.size]))
}

fn put(thread: &mut Thread, layout: &Layout, args: &Args<'_>) -> PyResult {
    let [buffer, offset, values @ ..] = args.values() else {
        let got = args.values().len();
        let what = if got == 0 { "buffer" } else { "offset" };
        let text = format!("pack_into expected {what} argument");
        return Err(error(thread, &text));
    };
    let len = bytes(thread, *buffer)?.len();
    let data = layout.pack(thread, "pack_into", values)?;
    let at = place(thread, "pack_into", Some(*offset), len, layout.size)?;
    write_into(thread, *buffer, at, &data)?;
    Ok(singletons::none())
}

fn iterate(thread: &mut Thread, layout: &Layout, data: Value) -> PyResult {
    let data = bytes(thread, data)?;
    if layout.size == 0 {
        return Err(error(
            thread,
            "cannot iteratively unpack with a struct of length 0",
        ));
    }
    if data.len() % layout.size != 0 {
        let size = layout.size;
        let text = format!("iterative unpacking requires a buffer of a multiple of {size} bytes");
        return Err(error(thread, &text));
    }
    let items = data.chunks(layout.size).map(|item| layout.unpack(item));
    let items = List::from_refs(items.collect());
    operations::iter(thread, *items)
}

static FUNCTIONS: &[NativeDef] = &[
    NativeDef::function("_clearcache", |_, _| Ok(singletons::none())),
    NativeDef::function("calcsize", |thread, args| {
        let [format] = args.exactly(thread, "calcsize")?;
        let (_, layout) = layout(thread, format)?;
        Ok(int::from_usize(layout.size))
    }),
    NativeDef::function("iter_unpack", |thread, args| {
        let [format, data] = args.exactly(thread, "iter_unpack")?;
        let (_, layout) = layout(thread, format)?;
        iterate(thread, &layout, data)
    }),
    NativeDef::function("pack", |thread, args| {
        args.no_keywords(thread, "pack")?;
        let [format, values @ ..] = args.values() else {
            return Err(thread.type_error("pack expected at least 1 argument, got 0"));
        };
        let (_, layout) = layout(thread, *format)?;
        Ok(Bytes::new(&layout.pack(thread, "pack", values)?))
    }),
    NativeDef::function("pack_into", |thread, args| {
        let [format, rest @ ..] = args.values() else {
            return Err(thread.type_error("pack_into expected at least 3 arguments"));
        };
        let (_, layout) = layout(thread, *format)?;
        put(thread, &layout, &Args::new(rest))
    }),
    NativeDef::function("unpack", |thread, args| {
        let [format, data] = args.exactly(thread, "unpack")?;
        let (_, layout) = layout(thread, format)?;
        whole(thread, &layout, data)
    }),
    NativeDef::function("unpack_from", |thread, args| {
        let [format, data, offset] =
            args.bind(thread, "unpack_from", ["format", "buffer", "offset"], 2)?;
        let (_, layout) = layout(thread, format.expect("required"))?;
        part(thread, &layout, data.expect("required"), offset)
    }),
];

pub(crate) fn make(thread: &mut Thread) -> PyResult {
    static PREPARED: OnceLock<()> = OnceLock::new();
    PREPARED.get_or_init(|| {
        prepare_type(&ERROR);
        prepare_type(&STRUCT_TYPE);
    });
    let new = Module::new(thread, "_struct", FUNCTIONS);
    let module = downcast::<Module>(&new).expect("just made");
    module.set(thread, "error", ERROR.value().to_ref());
    module.set(thread, "Struct", STRUCT_TYPE.value().to_ref());
    Ok(new)
}
