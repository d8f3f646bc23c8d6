//! Numbers in memory that processes share.

mod memory;
mod plain;
mod typecode;
mod value;
mod view;

use core::fmt;
use core::marker::PhantomData;
use core::ops::Range;
use std::error::Error;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

pub use plain::Plain;
pub use typecode::{Number, Numbers, Typecode};
pub use value::Value;
pub use view::View;

use super::error::AcquireError;
use super::region::Region;
use super::rlock::RLock;
use memory::Memory;

/// Whether numbers that processes share have a lock, which each access takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Locking {
    /// An [`RLock`]: who holds it has the numbers for itself, and may go on to access them.
    #[default]
    RLock,
    /// None: single numbers are whole, and nothing more is said.
    None,
}

/// Numbers were not accessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccessError {
    /// The lock was not acquired: its holder is dead.
    Lock(AcquireError),
    /// There are not so many.
    OutOfRange,
}

impl From<AcquireError> for AccessError {
    fn from(error: AcquireError) -> Self {
        Self::Lock(error)
    }
}

impl fmt::Display for AccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lock(error) => error.fmt(f),
            Self::OutOfRange => f.write_str("there are not so many numbers"),
        }
    }
}

impl Error for AccessError {}

/// An array of numbers of one type, which processes share.
///
/// Another process gets it by its descriptor, which it may [inherit](super::inherit), or by its
/// name. Each access takes the [lock](Self::lock) if there is one; to do several at once, hold the
/// lock meanwhile. [`view`](Self::view) reaches the numbers where they lie, without a lock and
/// without a copy.
///
/// ```
/// use selvedge_sync::process::{Array, Locking};
///
/// let squares = Array::new(&[0_i32, 1, 4, 9], Locking::RLock)?;
/// let same = Array::<i32>::from_fd(squares.try_clone_fd()?)?;
/// same.write(2, &[40, 90])?;
/// assert_eq!(squares.read(1..4)?, [1, 40, 90]);
///
/// let lock = squares.lock().unwrap();
/// lock.acquire(None)?;
/// squares.set(0, squares.get(0)? + 1)?;
/// lock.release()?;
/// assert_eq!(same.view().iter().sum::<i32>(), 132);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Array<T> {
    memory: Memory,
    of: PhantomData<T>,
}

impl<T: Plain> Array<T> {
    /// An array of these numbers, without a name.
    ///
    /// # Errors
    /// As [`Region::anonymous`]; `Unsupported` where processes cannot wake each other and there is
    /// to be a lock.
    pub fn new(numbers: &[T], locking: Locking) -> io::Result<Self> {
        Self::make(numbers, locking, Region::anonymous)
    }

    /// As [`new`](Self::new), for others to open by this name once this has returned.
    ///
    /// # Errors
    /// As there, and as [`Region::create`].
    pub fn create(name: &str, numbers: &[T], locking: Locking) -> io::Result<Self> {
        Self::make(numbers, locking, |length| Region::create(name, length))
    }

    fn make(
        numbers: &[T],
        locking: Locking,
        region: impl FnOnce(usize) -> io::Result<Region>,
    ) -> io::Result<Self> {
        let memory = Memory::make(T::CODE, numbers.len(), locking, region)?;
        memory.view().write(numbers);
        Ok(Self::of(memory))
    }

    /// The array of this name.
    ///
    /// # Errors
    /// As [`Region::open`]; `InvalidData` if it is not the name of such an array.
    pub fn open(name: &str) -> io::Result<Self> {
        Memory::find::<T>(Region::open(name)?).map(Self::of)
    }

    /// The array of this descriptor.
    ///
    /// # Errors
    /// As [`Region::from_fd`]; `InvalidData` if it is not such an array's.
    pub fn from_fd(file: OwnedFd) -> io::Result<Self> {
        Memory::find::<T>(Region::from_fd(file)?).map(Self::of)
    }

    fn of(memory: Memory) -> Self {
        let of = PhantomData;
        Self { memory, of }
    }

    /// Another descriptor of the array, to hand over.
    ///
    /// # Errors
    /// If the process has too many descriptors.
    pub fn try_clone_fd(&self) -> io::Result<OwnedFd> {
        self.memory.region().try_clone_fd()
    }

    /// How many numbers there are.
    pub fn len(&self) -> usize {
        self.memory.length()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The lock, if there is one.
    pub fn lock(&self) -> Option<&RLock> {
        self.memory.lock()
    }

    /// The numbers where they lie, to be accessed without the lock.
    pub fn view(&self) -> View<'_, T> {
        self.memory.view()
    }

    /// A number.
    ///
    /// # Errors
    /// `OutOfRange`; `Lock`.
    pub fn get(&self, index: usize) -> Result<T, AccessError> {
        let number = self.memory.locked(|| self.view().get(index))?;
        number.ok_or(AccessError::OutOfRange)
    }

    /// Changes a number.
    ///
    /// # Errors
    /// `OutOfRange`; `Lock`.
    pub fn set(&self, index: usize, number: T) -> Result<(), AccessError> {
        let done = self.memory.locked(|| self.view().set(index, number))?;
        done.then_some(()).ok_or(AccessError::OutOfRange)
    }

    /// Copies numbers that follow each other.
    ///
    /// # Errors
    /// `OutOfRange`; `Lock`.
    pub fn read(&self, range: Range<usize>) -> Result<Vec<T>, AccessError> {
        let part = self.view().part(range).ok_or(AccessError::OutOfRange)?;
        Ok(self.memory.locked(|| part.iter().collect())?)
    }

    /// Changes the numbers from `start` on.
    ///
    /// # Errors
    /// `OutOfRange` if there are fewer than that; `Lock`. Either way none is changed.
    pub fn write(&self, start: usize, numbers: &[T]) -> Result<(), AccessError> {
        let end = start.saturating_add(numbers.len());
        let part = self
            .view()
            .part(start..end)
            .ok_or(AccessError::OutOfRange)?;
        Ok(self.memory.locked(|| part.write(numbers))?)
    }
}

impl<T> AsFd for Array<T> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.memory.region().as_fd()
    }
}
