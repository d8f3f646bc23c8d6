//! Numbers whose type is known at run time, by its letter.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use super::memory::Memory;
use super::{AccessError, Locking, Region};
use crate::process::RLock;

/// A type of numbers, which Python's `multiprocessing` names by a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Typecode {
    /// `b`: a signed byte.
    I8,
    /// `B`: an unsigned byte.
    U8,
    /// `u`: a character, as its number.
    Char,
    /// `h`: a signed integer of 16 bits.
    I16,
    /// `H`: an unsigned integer of 16 bits.
    U16,
    /// `i`: a signed integer of 32 bits.
    I32,
    /// `I`: an unsigned integer of 32 bits.
    U32,
    /// `l`: a signed integer as long as C's `long`.
    Long,
    /// `L`: an unsigned integer as long as C's `long`.
    ULong,
    /// `q`: a signed integer of 64 bits.
    I64,
    /// `Q`: an unsigned integer of 64 bits.
    U64,
    /// `f`: a float of 32 bits.
    F32,
    /// `d`: a float of 64 bits.
    F64,
}

/// All of them, with their letters.
const LETTERS: [(Typecode, char); 13] = [
    (Typecode::I8, 'b'),
    (Typecode::U8, 'B'),
    (Typecode::Char, 'u'),
    (Typecode::I16, 'h'),
    (Typecode::U16, 'H'),
    (Typecode::I32, 'i'),
    (Typecode::U32, 'I'),
    (Typecode::Long, 'l'),
    (Typecode::ULong, 'L'),
    (Typecode::I64, 'q'),
    (Typecode::U64, 'Q'),
    (Typecode::F32, 'f'),
    (Typecode::F64, 'd'),
];

/// Whether C's `long` has 64 bits here.
const LONG_IS_64: bool = size_of::<core::ffi::c_long>() == 8;

impl Typecode {
    /// The type that this letter names, if it names one.
    pub fn from_letter(letter: char) -> Option<Self> {
        let found = LETTERS.iter().find(|(_, other)| *other == letter)?;
        Some(found.0)
    }

    /// The letter that names it.
    pub fn letter(self) -> char {
        let found = LETTERS.iter().find(|(code, _)| *code == self);
        found.map_or('?', |(_, letter)| *letter)
    }

    /// How many bytes such a number has.
    pub fn size(self) -> usize {
        match self.plain() {
            Self::I8 | Self::U8 => 1,
            Self::I16 | Self::U16 => 2,
            Self::I32 | Self::U32 | Self::F32 => 4,
            _ => 8,
        }
    }

    /// The type of the same numbers that is not named after something else.
    fn plain(self) -> Self {
        match self {
            Self::Long if LONG_IS_64 => Self::I64,
            Self::Long => Self::I32,
            Self::ULong if LONG_IS_64 => Self::U64,
            Self::Char | Self::ULong => Self::U32,
            plain => plain,
        }
    }

    /// Whether both are types of the same numbers.
    pub(super) fn is_like(self, other: Self) -> bool {
        self.plain() == other.plain()
    }
}

/// A number of any of the types.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// An integer.
    Integer(i128),
    /// A float.
    Float(f64),
}

impl Number {
    /// As an integer of 64 bits: its lowest, whatever else it has; a float without what follows
    /// the point, within the limits.
    fn low_bits(self) -> u64 {
        match self {
            Self::Integer(number) => number as u64,
            Self::Float(number) => (number as i64).cast_unsigned(),
        }
    }

    fn as_float(self) -> f64 {
        match self {
            Self::Integer(number) => number as f64,
            Self::Float(number) => number,
        }
    }
}

/// Runs an expression with `$type` as the type of numbers of an array, `$make` as what makes a
/// [`Number`] of one, and `$take` as what makes one of a [`Number`].
macro_rules! of_type {
    ($memory:expr, $type:ident, $make:ident, $take:ident => $run:expr) => {
        match $memory.code().plain() {
            Typecode::I8 => of_type!(@ integer i8, $type, $make, $take => $run),
            Typecode::U8 => of_type!(@ integer u8, $type, $make, $take => $run),
            Typecode::I16 => of_type!(@ integer i16, $type, $make, $take => $run),
            Typecode::U16 => of_type!(@ integer u16, $type, $make, $take => $run),
            Typecode::I32 => of_type!(@ integer i32, $type, $make, $take => $run),
            Typecode::U32 => of_type!(@ integer u32, $type, $make, $take => $run),
            Typecode::I64 => of_type!(@ integer i64, $type, $make, $take => $run),
            Typecode::F32 => of_type!(@ float f32, $type, $make, $take => $run),
            Typecode::F64 => of_type!(@ float f64, $type, $make, $take => $run),
            _ => of_type!(@ integer u64, $type, $make, $take => $run),
        }
    };
    (@ integer $number:ty, $type:ident, $make:ident, $take:ident => $run:expr) => {{
        type $type = $number;
        let $make = |number: $type| Number::Integer(i128::from(number));
        let $take = |number: Number| number.low_bits() as $type;
        let _ = ($make, $take);
        $run
    }};
    (@ float $number:ty, $type:ident, $make:ident, $take:ident => $run:expr) => {{
        type $type = $number;
        let $make = |number: $type| Number::Float(f64::from(number));
        let $take = |number: Number| number.as_float() as $type;
        let _ = ($make, $take);
        $run
    }};
}

/// An [`Array`](super::Array) of numbers of a type that is known at run time.
///
/// An integer that is too large for the type loses its highest bits, as in C.
///
/// ```
/// use selvedge_sync::process::{Array, Locking, Number, Numbers, Typecode};
///
/// let code = Typecode::from_letter('b').unwrap();
/// let bytes = Numbers::new(code, 3, Locking::RLock)?;
/// bytes.set(1, Number::Integer(300))?;
/// assert_eq!(bytes.get(1)?, Number::Integer(44));
///
/// let typed = Array::<i8>::from_fd(bytes.try_clone_fd()?)?;
/// assert_eq!(typed.read(0..3)?, [0, 44, 0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Numbers(Memory);

impl Numbers {
    /// So many zeros, without a name.
    ///
    /// # Errors
    /// As [`Array::new`](super::Array::new).
    pub fn new(code: Typecode, length: usize, locking: Locking) -> io::Result<Self> {
        Memory::make(code, length, locking, Region::anonymous).map(Self)
    }

    /// The numbers of this descriptor, of whatever type they are.
    ///
    /// # Errors
    /// As [`Array::from_fd`](super::Array::from_fd).
    pub fn from_fd(file: OwnedFd) -> io::Result<Self> {
        Memory::find_any(Region::from_fd(file)?).map(Self)
    }

    /// Another descriptor of the numbers, to hand over.
    ///
    /// # Errors
    /// If the process has too many descriptors.
    pub fn try_clone_fd(&self) -> io::Result<OwnedFd> {
        self.0.region().try_clone_fd()
    }

    /// Their type.
    pub fn typecode(&self) -> Typecode {
        self.0.code()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.length()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The lock, if there is one.
    pub fn lock(&self) -> Option<&RLock> {
        self.0.lock()
    }

    /// A number.
    ///
    /// # Errors
    /// `OutOfRange`; `Lock`.
    pub fn get(&self, index: usize) -> Result<Number, AccessError> {
        let number = self.0.locked(
            || of_type!(self.0, T, make, take => self.0.view::<T>().get(index).map(make)),
        )?;
        number.ok_or(AccessError::OutOfRange)
    }

    /// Changes a number.
    ///
    /// # Errors
    /// `OutOfRange`; `Lock`.
    pub fn set(&self, index: usize, number: Number) -> Result<(), AccessError> {
        let done = self.0.locked(
            || of_type!(self.0, T, make, take => self.0.view::<T>().set(index, take(number))),
        )?;
        done.then_some(()).ok_or(AccessError::OutOfRange)
    }

    /// The bytes of a number where it lies: for what only moves them.
    pub fn bytes(&self) -> *mut u8 {
        of_type!(self.0, T, make, take => self.0.view::<T>().as_ptr().cast())
    }
}

impl AsFd for Numbers {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.region().as_fd()
    }
}
