//! The region of an array: a head, a lock, the numbers.

use std::io;

use super::plain::Plain;
use super::typecode::Typecode;
use super::view::View;
use super::{Locking, Region};
use crate::process::RLock;
use crate::process::error::AcquireError;
use crate::seam::address;

/// What a region of numbers begins with. The lock comes after it, and the numbers after that.
#[derive(Clone, Copy)]
#[repr(C)]
struct Head {
    /// That it is an array, and of which layout.
    mark: u64,
    /// The letter of its typecode.
    code: u64,
    length: u64,
    /// Whether there is a lock.
    has_lock: u64,
}

const MARK: u64 = u64::from_be_bytes(*b"selvedga");
const LOCK: usize = size_of::<Head>().next_multiple_of(align_of::<RLock>());
/// On a multiple of what any number is aligned to, and of what processors like.
const NUMBERS: usize = (LOCK + size_of::<RLock>()).next_multiple_of(64);

/// An array's region, which lives as long as this does.
#[derive(Debug)]
pub(super) struct Memory {
    region: Region,
    code: Typecode,
    length: usize,
    has_lock: bool,
}

impl Memory {
    /// How long the region of so many numbers is, if there is so much.
    fn bytes(code: Typecode, length: usize) -> Option<usize> {
        length.checked_mul(code.size())?.checked_add(NUMBERS)
    }

    /// An array of zeros, in a region of the length that `make` is told.
    pub(super) fn make(
        code: Typecode,
        length: usize,
        locking: Locking,
        make: impl FnOnce(usize) -> io::Result<Region>,
    ) -> io::Result<Self> {
        let has_lock = locking == Locking::RLock;
        if has_lock && !address::AVAILABLE {
            let told = "processes cannot wake each other on this system";
            return Err(io::Error::new(io::ErrorKind::Unsupported, told));
        }
        let told = "so many numbers do not fit in memory";
        let bytes = Self::bytes(code, length)
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, told))?;
        let region = make(bytes)?;
        let head = Head {
            mark: MARK,
            code: u64::from(u32::from(code.letter())),
            length: length as u64,
            has_lock: u64::from(has_lock),
        };
        // SAFETY: the region is longer than both and begins on a page, so they are aligned; nobody
        // else knows it yet, or uses it before this has returned.
        unsafe {
            let lock = region.as_ptr().add(LOCK).cast::<RLock>();
            lock.write(RLock::new());
            region.as_ptr().cast::<Head>().write(head);
        }
        Ok(Self {
            region,
            code,
            length,
            has_lock,
        })
    }

    /// The array in a region that another process made.
    pub(super) fn find_any(region: Region) -> io::Result<Self> {
        let found = region.length().checked_sub(NUMBERS).and_then(|_| {
            // SAFETY: the region is long enough and begins on a page.
            let head = unsafe { region.as_ptr().cast::<Head>().read_volatile() };
            let letter = u32::try_from(head.code).ok().and_then(char::from_u32)?;
            let code = Typecode::from_letter(letter)?;
            let length = usize::try_from(head.length).ok()?;
            let is_whole = Self::bytes(code, length) == Some(region.length());
            (head.mark == MARK && is_whole).then_some((code, length, head.has_lock != 0))
        });
        let Some((code, length, has_lock)) = found else {
            return Err(unlike());
        };
        Ok(Self {
            region,
            code,
            length,
            has_lock,
        })
    }

    /// As [`find_any`](Self::find_any), of numbers of this type.
    pub(super) fn find<T: Plain>(region: Region) -> io::Result<Self> {
        let found = Self::find_any(region)?;
        if found.code.is_like(T::CODE) {
            Ok(found)
        } else {
            Err(unlike())
        }
    }

    pub(super) fn region(&self) -> &Region {
        &self.region
    }

    pub(super) fn code(&self) -> Typecode {
        self.code
    }

    pub(super) fn length(&self) -> usize {
        self.length
    }

    pub(super) fn lock(&self) -> Option<&RLock> {
        // SAFETY: `make`, here or in another process, has written it there, and it changes through
        // atomics only.
        self.has_lock
            .then(|| unsafe { &*self.region.as_ptr().add(LOCK).cast::<RLock>() })
    }

    /// The numbers.
    ///
    /// # Panics
    /// If they are of another type.
    pub(super) fn view<T: Plain>(&self) -> View<'_, T> {
        assert!(self.code.is_like(T::CODE), "the array has such numbers");
        let numbers = self.region.as_ptr().wrapping_add(NUMBERS);
        // SAFETY: so many of this type lie there, says the length of the region, which begins on a
        // page; whoever shares it accesses them by views.
        unsafe { View::new(numbers.cast(), self.length) }
    }

    /// Runs something with the lock held, if there is one.
    pub(super) fn locked<R>(&self, run: impl FnOnce() -> R) -> Result<R, AcquireError> {
        let Some(lock) = self.lock() else {
            return Ok(run());
        };
        lock.acquire(None)?;
        let held = Held(lock);
        let done = run();
        drop(held);
        Ok(done)
    }
}

/// The lock is held, also until something that panics is left.
struct Held<'a>(&'a RLock);

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let released = self.0.release();
        debug_assert!(released.is_ok(), "this thread holds the lock");
    }
}

fn unlike() -> io::Error {
    let told = "the region does not hold such numbers";
    io::Error::new(io::ErrorKind::InvalidData, told)
}
