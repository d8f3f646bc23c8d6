//! A value in memory that processes share.

use core::marker::PhantomData;
use core::ops::Deref;
use core::ptr::NonNull;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use super::region::Region;
use super::{Barrier, BoundedSemaphore, Condition, Event, Lock, RLock, Semaphore};
use crate::seam::address;

/// What may lie in memory that processes share.
///
/// # Safety
/// The type is `#[repr(C)]`, holds no pointer and nothing else that means something in one process
/// only, and changes only through atomics. Its alignment is at most that of a page.
pub unsafe trait Shareable: Sync {
    /// Says which type this is, so that nobody takes a region of another for it: another number
    /// for each type, and for each layout of it.
    const LAYOUT: u64;
}

/// Implements [`Shareable`] for types of this crate, with one letter each.
macro_rules! shareable {
    ($($kind:ident $letter:literal;)+) => {$(
        // SAFETY: it is `repr(C)` and made of atomics, and of numbers that do not change.
        unsafe impl Shareable for $kind {
            const LAYOUT: u64 = layout::<Self>($letter);
        }
    )+};
}

shareable! {
    Barrier b'A';
    BoundedSemaphore b'B';
    Condition b'C';
    Event b'E';
    Lock b'L';
    RLock b'R';
    Semaphore b'S';
}

// SAFETY: it is `repr(C)`, and either part may be shared.
unsafe impl<A: Shareable, B: Shareable> Shareable for Pair<A, B> {
    const LAYOUT: u64 = A::LAYOUT.rotate_left(7) ^ B::LAYOUT;
}

/// Two values that are shared together, as a lock and its condition. Pairs may hold pairs.
#[derive(Debug, Default)]
#[repr(C)]
pub struct Pair<A, B> {
    /// The first.
    pub first: A,
    /// The second.
    pub second: B,
}

const fn layout<T>(letter: u8) -> u64 {
    // The size tells most changes of a type apart.
    (letter as u64) << 56 | (size_of::<T>() as u64)
}

/// Written at the beginning of the region.
type Head = u64;

/// A value in a [`Region`], which processes reach as `&T`.
///
/// ```
/// use selvedge_sync::process::{Event, Shared};
///
/// let event = Shared::new(Event::new())?;
/// let same = Shared::<Event>::from_fd(event.try_clone_fd()?)?;
/// same.set();
/// assert!(event.is_set());
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Shared<T> {
    region: Region,
    value: NonNull<T>,
    is_a: PhantomData<T>,
}

// SAFETY: it hands out `&T` only, which may go to any thread.
unsafe impl<T: Shareable> Send for Shared<T> {}
// SAFETY: as above.
unsafe impl<T: Shareable> Sync for Shared<T> {}

impl<T: Shareable> Shared<T> {
    /// Puts a value in a region without a name.
    ///
    /// # Errors
    /// As [`Region::anonymous`]; `Unsupported` where processes cannot wake each other.
    pub fn new(value: T) -> io::Result<Self> {
        Self::put(Region::anonymous(Self::length())?, value)
    }

    /// Puts a value in a region that others can open by this name once this has returned.
    ///
    /// # Errors
    /// As [`Region::create`]; `Unsupported` where processes cannot wake each other.
    pub fn create(name: &str, value: T) -> io::Result<Self> {
        Self::put(Region::create(name, Self::length())?, value)
    }

    /// The value in the region of this name.
    ///
    /// # Errors
    /// As [`Region::open`]; `InvalidData` if it does not hold such a value.
    pub fn open(name: &str) -> io::Result<Self> {
        Self::find(Region::open(name)?)
    }

    /// The value in the region of this descriptor.
    ///
    /// # Errors
    /// As [`Region::from_fd`]; `InvalidData` if it does not hold such a value.
    pub fn from_fd(file: OwnedFd) -> io::Result<Self> {
        Self::find(Region::from_fd(file)?)
    }

    /// Another descriptor of the region, to hand over.
    ///
    /// # Errors
    /// If the process has too many descriptors.
    pub fn try_clone_fd(&self) -> io::Result<OwnedFd> {
        self.region.try_clone_fd()
    }

    /// The region.
    pub fn region(&self) -> &Region {
        &self.region
    }

    fn offset() -> usize {
        size_of::<Head>().next_multiple_of(align_of::<T>())
    }

    fn length() -> usize {
        Self::offset() + size_of::<T>()
    }

    fn put(region: Region, value: T) -> io::Result<Self> {
        if !address::AVAILABLE {
            let told = "processes cannot wake each other on this system";
            return Err(io::Error::new(io::ErrorKind::Unsupported, told));
        }
        let at = Self::place(&region);
        // SAFETY: the region is as long as `length` says and begins on a page, so the value is
        // aligned; nobody else knows the region yet, or uses it before this has returned.
        unsafe {
            at.write(value);
            region.as_ptr().cast::<Head>().write(T::LAYOUT);
        }
        Ok(Self::new_at(region, at))
    }

    fn find(region: Region) -> io::Result<Self> {
        let is_there = region.length() == Self::length() && {
            // SAFETY: the region is long enough and begins on a page.
            let head = unsafe { region.as_ptr().cast::<Head>().read_volatile() };
            head == T::LAYOUT
        };
        if !is_there {
            let told = "the region does not hold such a value";
            return Err(io::Error::new(io::ErrorKind::InvalidData, told));
        }
        let at = Self::place(&region);
        Ok(Self::new_at(region, at))
    }

    fn place(region: &Region) -> *mut T {
        region.as_ptr().wrapping_add(Self::offset()).cast()
    }

    fn new_at(region: Region, at: *mut T) -> Self {
        Self {
            // SAFETY: it lies within a mapping, which does not begin at zero.
            value: unsafe { NonNull::new_unchecked(at) },
            region,
            is_a: PhantomData,
        }
    }
}

impl<T: Shareable> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: `put` or another process's has written the value there, and it is mapped while
        // the region is. It is shared by atomics alone, says `Shareable`.
        unsafe { self.value.as_ref() }
    }
}

impl<T: Shareable> AsFd for Shared<T> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.region.as_fd()
    }
}
