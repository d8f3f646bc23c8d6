//! The value word: what a register or a field of an object holds.
//!
//! | low bits | meaning |
//! | --- | --- |
//! | `…1` | a 63-bit integer |
//! | `…10` | a float of common magnitude, exponent rotated (see [`float`]) |
//! | `…000` | a pointer that owns a reference; 0 is unbound |
//! | `…100` | a pointer that owns none: borrowed or immortal; in registers only |

pub mod float;
mod owned;

pub use owned::Ref;
pub(crate) use owned::release;

use crate::object::{Object, Type};
use core::fmt;

/// The smallest integer that a word holds.
pub const INT_MIN: i64 = -(1 << 62);
/// The largest integer that a word holds.
pub const INT_MAX: i64 = (1 << 62) - 1;

/// A word that says nothing about who owns what it points to: copying it counts nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct Value(u64);

const POINTER_MASK: u64 = 0b111;
const UNCOUNTED: u64 = 0b100;

impl Value {
    /// No value.
    pub const UNBOUND: Value = Value(0);

    /// The word with these bits.
    #[inline(always)]
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// The word's bits.
    #[inline(always)]
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// The integer, if it fits in 63 bits.
    #[inline(always)]
    pub const fn from_int(int: i64) -> Option<Self> {
        if int >= INT_MIN && int <= INT_MAX {
            Some(Self::small(int))
        } else {
            None
        }
    }

    /// An integer known to fit in 63 bits.
    #[inline(always)]
    pub const fn small(int: i64) -> Self {
        Self((int << 1 | 1) as u64)
    }

    /// A word that owns a reference to `object`.
    #[inline(always)]
    pub fn owned(object: *const Object) -> Self {
        Self(object as u64)
    }

    /// A word that points to `object` without a reference.
    #[inline(always)]
    pub fn uncounted(object: *const Object) -> Self {
        Self(object as u64 | UNCOUNTED)
    }

    /// The same value without its reference, which stays with whoever has it.
    #[inline(always)]
    #[must_use]
    pub fn borrow(self) -> Self {
        debug_assert!(self.is_bound(), "nothing to borrow");
        // The tag goes to pointers only, of which it says nothing new to the uncounted ones.
        Self(self.0 | u64::from(self.is_pointer()) << UNCOUNTED.trailing_zeros())
    }

    /// Whether there is a value.
    #[inline(always)]
    pub const fn is_bound(self) -> bool {
        self.0 != 0
    }

    /// Whether this is a word integer.
    #[inline(always)]
    pub const fn is_int(self) -> bool {
        self.0 & 1 != 0
    }

    /// Whether both are word integers.
    #[inline(always)]
    pub const fn are_ints(self, other: Self) -> bool {
        self.0 & other.0 & 1 != 0
    }

    /// Whether this is a word float.
    #[inline(always)]
    pub const fn is_float(self) -> bool {
        self.0 & 0b11 == 0b10
    }

    /// Whether this is a pointer, and not unbound.
    #[inline(always)]
    const fn is_object(self) -> bool {
        // As in `is_owned`; whether the pointer owns its reference does not matter.
        self.0.wrapping_sub(4).rotate_left(1) & 0b111 == 0
    }

    /// Whether a bound value is a pointer.
    #[inline(always)]
    pub(crate) const fn is_pointer(self) -> bool {
        self.0 & 0b11 == 0
    }

    /// Whether this owns a reference.
    #[inline(always)]
    pub const fn is_owned(self) -> bool {
        // Less by 8, a word that is 0 has its highest bit set, and a pointer has not: one test of
        // four bits, with that one brought to the bottom.
        self.0.wrapping_sub(8).rotate_left(1) & (POINTER_MASK << 1 | 1) == 0
    }

    /// The integer of a word integer; nonsense otherwise.
    #[inline(always)]
    pub const fn int(self) -> i64 {
        self.0 as i64 >> 1
    }

    /// The word integer, or `None`.
    #[inline(always)]
    pub fn as_int(self) -> Option<i64> {
        self.is_int().then(|| self.int())
    }

    /// The object pointed to, or `None` for integers, word floats and unbound.
    #[inline(always)]
    pub fn as_object(self) -> Option<*const Object> {
        self.is_object().then(|| self.pointer())
    }

    /// The object pointed to; nonsense for a word that is no pointer.
    #[inline(always)]
    pub const fn pointer(self) -> *const Object {
        (self.0 & !UNCOUNTED) as *const Object
    }

    /// The value's type.
    ///
    /// # Panics
    /// If unbound, in builds with debug assertions.
    #[inline(always)]
    pub fn ty(self) -> &'static Type {
        debug_assert!(self.is_bound(), "an unbound register has no type");
        if self.is_int() {
            &crate::object::int::INT_TYPE
        } else if self.is_float() {
            &crate::object::float::FLOAT_TYPE
        } else {
            // SAFETY: a bound word that is neither integer nor float points to a live object.
            unsafe { (*self.pointer()).ty() }
        }
    }

    /// Whether the value is an object of exactly the type `ty` (not an integer or word float).
    #[inline(always)]
    pub fn is_exactly(self, ty: &'static Type) -> bool {
        // SAFETY: as in `ty`.
        self.is_object() && unsafe { core::ptr::eq((*self.pointer()).ty(), ty) }
    }

    /// Whether both are the same value or the same object.
    #[inline(always)]
    pub fn is(self, other: Value) -> bool {
        // The uncounted bit is a tag of pointers only: elsewhere it is part of the number.
        let difference = self.0 ^ other.0;
        difference == 0 || (difference == UNCOUNTED && self.0 & 0b11 == 0)
    }

    /// As [`is`](Self::is), where `object` is known to be a pointer.
    #[inline(always)]
    pub(crate) const fn is_object_of(self, object: Value) -> bool {
        (self.0 ^ object.0) & !UNCOUNTED == 0
    }

    /// Counts a reference, if there is an object to count, and returns who owns it.
    #[inline(always)]
    pub fn to_ref(self) -> Ref {
        Ref::new(self)
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.is_bound() {
            f.write_str("unbound")
        } else if self.is_int() {
            write!(f, "{}", self.int())
        } else if self.is_float() {
            write!(f, "{:?}", float::decode(*self))
        } else {
            write!(f, "<{} at {:p}>", self.ty().name(), self.pointer())
        }
    }
}
