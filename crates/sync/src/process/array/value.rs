//! One number.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use super::super::rlock::RLock;
use super::{AccessError, Array, Locking, Plain, View};

/// A number that processes share: an [`Array`] of one.
///
/// ```
/// use selvedge_sync::process::{Locking, Value};
///
/// let count = Value::new(1.5_f64, Locking::RLock)?;
/// let same = Value::<f64>::from_fd(count.try_clone_fd()?)?;
/// assert_eq!(same.update(|number| number * 2.0)?, 1.5);
/// assert_eq!(count.get()?, 3.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Value<T>(Array<T>);

impl<T: Plain> Value<T> {
    /// A number without a name.
    ///
    /// # Errors
    /// As [`Array::new`].
    pub fn new(number: T, locking: Locking) -> io::Result<Self> {
        Array::new(&[number], locking).map(Self)
    }

    /// The number of this descriptor.
    ///
    /// # Errors
    /// As [`Array::from_fd`].
    pub fn from_fd(file: OwnedFd) -> io::Result<Self> {
        let array = Array::from_fd(file)?;
        if array.len() == 1 {
            return Ok(Self(array));
        }
        let told = "the region does not hold a single number";
        Err(io::Error::new(io::ErrorKind::InvalidData, told))
    }

    /// Another descriptor of the number, to hand over.
    ///
    /// # Errors
    /// If the process has too many descriptors.
    pub fn try_clone_fd(&self) -> io::Result<OwnedFd> {
        self.0.try_clone_fd()
    }

    /// The number.
    ///
    /// # Errors
    /// `Lock`.
    pub fn get(&self) -> Result<T, AccessError> {
        self.0.get(0)
    }

    /// Changes the number.
    ///
    /// # Errors
    /// `Lock`.
    pub fn set(&self, number: T) -> Result<(), AccessError> {
        self.0.set(0, number)
    }

    /// Changes the number to what `change` makes of it, and returns what it was. If there is a
    /// lock, it is held meanwhile; if not, what another writes meanwhile may be lost.
    ///
    /// # Errors
    /// `Lock`.
    pub fn update(&self, change: impl FnOnce(T) -> T) -> Result<T, AccessError> {
        self.0.memory.locked(|| {
            let before = self.get()?;
            self.set(change(before))?;
            Ok(before)
        })?
    }

    /// The lock, if there is one.
    pub fn lock(&self) -> Option<&RLock> {
        self.0.lock()
    }

    /// The number where it lies, to be accessed without the lock.
    pub fn view(&self) -> View<'_, T> {
        self.0.view()
    }
}

impl<T> AsFd for Value<T> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
