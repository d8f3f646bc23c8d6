//! `memoryview`: items of a buffer of bytes, seen without copying them.
//!
//! A view has one dimension: a run of items with a step, in the memory of a `bytes` or
//! `bytearray`. What an item is, its format says. A `bytearray` may be resized while there are
//! views of it: an item that is not there any more is an error when it is asked for.

mod methods;

use super::bytes::{BYTE_ARRAY_TYPE, ByteArray, bytes_of, with_bytes};
use super::{Base, Object, Payload, Type, allocate, class, downcast, exception};
use crate::error::{PyResult, Raised};
use crate::field::Field;
use crate::object::float::{self, Float};
use crate::object::str::Str;
use crate::object::{int, singletons};
use crate::operations;
use crate::references;
use crate::thread::Thread;
use crate::value::{Ref, Value};

/// A view.
#[repr(C)]
pub struct MemoryView {
    object: Object,
    /// Nothing once released.
    owner: Field,
    /// The first byte of the first item.
    start: usize,
    /// How many items.
    len: usize,
    /// From one item to the next, in bytes.
    stride: i64,
    format: Format,
    readonly: bool,
}

/// What an item is: a letter of `struct`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Format(u8);

impl Format {
    const BYTE: Format = Format(b'B');

    /// The format that a text means, `@` before it or not.
    fn named(text: &str) -> Option<Self> {
        match text.strip_prefix('@').unwrap_or(text).as_bytes() {
            [letter] if b"bBchHiIlLqQnNfd?".contains(letter) => Some(Self(*letter)),
            _ => None,
        }
    }

    fn size(self) -> usize {
        match self.0 {
            b'h' | b'H' => 2,
            b'i' | b'I' | b'f' => 4,
            b'l' | b'L' | b'q' | b'Q' | b'n' | b'N' | b'd' => 8,
            _ => 1,
        }
    }

    /// The item that bytes are.
    fn unpack(self, data: &[u8]) -> Ref {
        let mut word = [0; 8];
        word[..data.len()].copy_from_slice(data);
        let unsigned = u64::from_le_bytes(word);
        let unused = 64 - 8 * data.len() as u32;
        let signed = ((unsigned << unused) as i64) >> unused;
        match self.0 {
            b'c' => super::bytes::Bytes::new(data),
            b'?' => singletons::bool(unsigned != 0),
            b'f' => Float::from_f64(f64::from(f32::from_bits(unsigned as u32))),
            b'd' => Float::from_f64(f64::from_bits(unsigned)),
            b'b' | b'h' | b'i' | b'l' | b'q' | b'n' => int::from_i64(signed),
            _ => int::from_usize(unsigned as usize),
        }
    }

    /// The bytes that an item is.
    fn pack(self, thread: &mut Thread, item: Value) -> PyResult<Vec<u8>> {
        let letter = char::from(self.0);
        let bad_type = |thread: &mut Thread| {
            let text = format!("memoryview: invalid type for format '{letter}'");
            Err(thread.type_error(text))
        };
        match self.0 {
            b'c' => match bytes_of(&item).as_deref() {
                Some([byte]) => Ok(vec![*byte]),
                Some(_) => Err(self.bad_value(thread)),
                None => bad_type(thread),
            },
            b'?' => Ok(vec![u8::from(operations::truth(thread, item)?)]),
            b'f' | b'd' => {
                if float::float_of(item).is_none() && int::to_i64(item).is_none() {
                    return bad_type(thread);
                }
                let item = float::require(thread, item)?;
                Ok(match self.0 {
                    b'f' => (item as f32).to_le_bytes().to_vec(),
                    _ => item.to_le_bytes().to_vec(),
                })
            }
            _ => {
                if !operations::is_index(thread, item) {
                    return bad_type(thread);
                }
                let item = operations::as_int(thread, item)?;
                let item = int::big(*item).and_then(|item| i128::try_from(&*item).ok());
                let bits = 8 * self.size() as u32;
                let signed = self.0.is_ascii_lowercase();
                let (low, high) = if signed {
                    (-(1_i128 << (bits - 1)), (1_i128 << (bits - 1)) - 1)
                } else {
                    (0, (1_i128 << bits) - 1)
                };
                match item.filter(|item| (low..=high).contains(item)) {
                    Some(item) => Ok(item.to_le_bytes()[..self.size()].to_vec()),
                    None => Err(self.bad_value(thread)),
                }
            }
        }
    }

    fn bad_value(self, thread: &mut Thread) -> Raised {
        let letter = char::from(self.0);
        thread.value_error(format!("memoryview: invalid value for format '{letter}'"))
    }
}

/// The type `memoryview`.
pub static MEMORY_VIEW_TYPE: Type = Type::builtin(
    "memoryview",
    Base::One(&class::OBJECT_TYPE),
    methods::SLOTS,
    methods::METHODS,
);

// SAFETY: `MemoryView` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for MemoryView {
    const TYPE: &'static Type = &MEMORY_VIEW_TYPE;

    references!(owner; start, len, stride, format, readonly);
}

/// What says where a view's items are.
#[derive(Clone, Copy)]
struct Place {
    start: usize,
    len: usize,
    stride: i64,
    format: Format,
    readonly: bool,
}

impl MemoryView {
    fn make(owner: Ref, place: Place) -> Ref {
        allocate(Self {
            object: Object::new(&MEMORY_VIEW_TYPE),
            owner: Field::new(Some(owner)),
            start: place.start,
            len: place.len,
            stride: place.stride,
            format: place.format,
            readonly: place.readonly,
        })
    }

    fn place(&self) -> Place {
        Place {
            start: self.start,
            len: self.len,
            stride: self.stride,
            format: self.format,
            readonly: self.readonly,
        }
    }

    /// A view of all bytes of `owner`; nothing if it has none.
    fn of(owner: Value) -> Option<Ref> {
        if let Some(view) = downcast::<Self>(&owner) {
            return Some(Self::make(view.owner.get(&view.object)?, view.place()));
        }
        let len = bytes_of(&owner)?.len();
        let place = Place {
            start: 0,
            len,
            stride: 1,
            format: Format::BYTE,
            readonly: !owner.ty().is_subtype(&BYTE_ARRAY_TYPE),
        };
        Some(Self::make(owner.to_ref(), place))
    }

    /// What the view is of.
    ///
    /// # Errors
    /// `ValueError` if the view was released.
    fn owner(&self, thread: &mut Thread) -> PyResult {
        let owner = self.owner.get(&self.object);
        owner.ok_or_else(|| thread.value_error("operation forbidden on released memoryview object"))
    }

    /// Where the item at `index` begins.
    fn offset(&self, index: usize) -> usize {
        (self.start as i64 + index as i64 * self.stride) as usize
    }

    /// The bytes of all items in order, as far as they are still there; nothing if the view was
    /// released.
    pub(crate) fn to_vec(&self) -> Option<Vec<u8>> {
        let owner = self.owner.get(&self.object)?;
        let size = self.format.size();
        with_bytes(*owner, |data| {
            if self.stride == size as i64 {
                let end = self.start + self.len * size;
                return data.get(self.start..end).map(<[u8]>::to_vec);
            }
            let items = (0..self.len).map(|index| {
                let at = self.offset(index);
                data.get(at..at + size)
            });
            items
                .collect::<Option<Vec<_>>>()
                .map(|items| items.concat())
        })?
    }

    fn item(&self, thread: &mut Thread, index: usize) -> PyResult {
        let owner = self.owner(thread)?;
        let at = self.offset(index);
        let item = with_bytes(*owner, |data| {
            data.get(at..at + self.format.size()).map(<[u8]>::to_vec)
        });
        let item = item.flatten().map(|item| self.format.unpack(&item));
        item.ok_or_else(|| gone(thread))
    }

    /// Writes bytes at `at`.
    fn write(&self, thread: &mut Thread, at: usize, new: &[u8]) -> PyResult<()> {
        let owner = self.owner(thread)?;
        let done = downcast::<ByteArray>(&owner).is_some_and(|array| {
            array.locked(|data| match data.get_mut(at..at + new.len()) {
                Some(place) => {
                    place.copy_from_slice(new);
                    true
                }
                None => false,
            })
        });
        if done { Ok(()) } else { Err(gone(thread)) }
    }
}

#[cold]
fn gone(thread: &mut Thread) -> Raised {
    thread.raise_text(
        &exception::INDEX_ERROR,
        "the memory that is viewed has become smaller",
    )
}

/// Writes `new` into the memory of a writable buffer from its byte `at` on.
///
/// # Errors
/// `TypeError` if it cannot be written, `IndexError` if it is too small.
pub fn write_into(thread: &mut Thread, buffer: Value, at: usize, new: &[u8]) -> PyResult<()> {
    let Some(view) = MemoryView::of(buffer) else {
        let got = buffer.ty().name();
        return Err(thread.type_error(format!("a bytes-like object is required, not '{got}'")));
    };
    let this = downcast::<MemoryView>(&view).expect("just made");
    if this.readonly {
        return Err(thread.type_error("read-write bytes-like object expected"));
    }
    let size = this.format.size();
    if this.stride == size as i64 {
        return this.write(thread, this.start + at, new);
    }
    for (index, byte) in new.iter().enumerate() {
        let place = this.offset((at + index) / size) + (at + index) % size;
        this.write(thread, place, &[*byte])?;
    }
    Ok(())
}

fn name_of(format: Format) -> Ref {
    Str::new(&char::from(format.0).to_string())
}
