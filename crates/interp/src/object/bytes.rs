//! Bytes and byte arrays.

use super::memory_view::MemoryView;
use super::{Base, Object, Payload, Slots, Type, allocate, class, downcast};
use crate::references;
use crate::sharing::guarded;
use crate::value::{Ref, Value};
use selvedge_sync::seam::cell::UnsafeCell;
use std::borrow::Cow;

mod construct;
mod methods;
mod mutable;
mod operators;
mod split;

/// Bytes that never change.
#[repr(C)]
pub struct Bytes {
    object: Object,
    data: Box<[u8]>,
}

/// Bytes that may change.
#[repr(C)]
pub struct ByteArray {
    object: Object,
    data: UnsafeCell<Vec<u8>>,
}

/// The type `bytes`.
pub static BYTES_TYPE: Type = Type::builtin(
    "bytes",
    Base::One(&class::OBJECT_TYPE),
    Slots {
        construct: Some(construct::construct_bytes),
        hash: Some(operators::hash),
        ..operators::slots::<Bytes>()
    },
    methods::BYTES_METHODS,
)
.subclassable();

/// The type `bytearray`.
pub static BYTE_ARRAY_TYPE: Type = Type::builtin(
    "bytearray",
    Base::One(&class::OBJECT_TYPE),
    Slots {
        construct: Some(construct::construct_array),
        hash: Some(super::list::methods::unhashable),
        set_item: Some(mutable::set_item),
        inplace: Some(mutable::inplace),
        ..operators::slots::<ByteArray>()
    },
    methods::ARRAY_METHODS,
)
.subclassable();

// SAFETY: `Bytes` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for Bytes {
    const TYPE: &'static Type = &BYTES_TYPE;

    references!();
}

// SAFETY: `ByteArray` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for ByteArray {
    const TYPE: &'static Type = &BYTE_ARRAY_TYPE;

    references!();
}

impl Bytes {
    /// Bytes like these.
    pub fn new(data: &[u8]) -> Ref {
        Self::of_type(&BYTES_TYPE, data.to_vec())
    }

    fn of_type(ty: &'static Type, data: Vec<u8>) -> Ref {
        allocate(Self {
            object: Object::new(ty),
            data: data.into_boxed_slice(),
        })
    }

    /// The bytes.
    pub fn data(&self) -> &[u8] {
        &self.data
    }
}

impl ByteArray {
    /// A byte array of these bytes.
    pub fn new(data: Vec<u8>) -> Ref {
        Self::of_type(&BYTE_ARRAY_TYPE, data)
    }

    fn of_type(ty: &'static Type, data: Vec<u8>) -> Ref {
        allocate(Self {
            object: Object::new(ty),
            data: UnsafeCell::new(data),
        })
    }

    /// Runs `f` on the bytes, alone with them. `f` runs no Python code.
    pub(crate) fn locked<R>(&self, f: impl FnOnce(&mut Vec<u8>) -> R) -> R {
        guarded(&self.object, || {
            self.data.with_mut(|data| {
                // SAFETY: the interpreter's lock or the object's own is held, and `f` neither
                // runs Python code nor comes back here.
                f(unsafe { &mut *data })
            })
        })
    }
}

/// The bytes of anything that has some: those of a byte array, or of a view, as they are now.
pub fn bytes_of(value: &Value) -> Option<Cow<'_, [u8]>> {
    if let Some(bytes) = downcast::<Bytes>(value) {
        return Some(Cow::Borrowed(&bytes.data));
    }
    if let Some(array) = downcast::<ByteArray>(value) {
        return Some(Cow::Owned(array.locked(|data| data.clone())));
    }
    downcast::<MemoryView>(value)?.to_vec().map(Cow::Owned)
}

/// Shows `f` the bytes of a `bytes` or `bytearray`. `f` runs no Python code.
pub(crate) fn with_bytes<R>(value: Value, f: impl FnOnce(&[u8]) -> R) -> Option<R> {
    if let Some(bytes) = downcast::<Bytes>(&value) {
        return Some(f(&bytes.data));
    }
    downcast::<ByteArray>(&value).map(|array| array.locked(|data| f(data)))
}

/// A new object of the kind that `like` is: bytes or a byte array.
fn same_kind(like: Value, data: Vec<u8>) -> Ref {
    if downcast::<ByteArray>(&like).is_some() {
        ByteArray::new(data)
    } else {
        Bytes::of_type(&BYTES_TYPE, data)
    }
}
