//! Numbers where they lie.

use core::marker::PhantomData;
use core::ops::Range;

use super::plain::Plain;

/// Numbers in memory that processes share, to be accessed where they lie and without a lock: each
/// is whole, and nothing is said of one and another.
#[derive(Clone, Copy, Debug)]
pub struct View<'a, T> {
    start: *mut T,
    length: usize,
    of: PhantomData<&'a T>,
}

// SAFETY: it accesses numbers atomically, whichever thread does.
unsafe impl<T: Plain> Send for View<'_, T> {}
// SAFETY: as above.
unsafe impl<T: Plain> Sync for View<'_, T> {}

impl<'a, T: Plain> View<'a, T> {
    /// # Safety
    /// So many numbers lie there, aligned, as long as the view lives, and are accessed by views
    /// only.
    pub(super) unsafe fn new(start: *mut T, length: usize) -> Self {
        let of = PhantomData;
        Self { start, length, of }
    }

    /// How many numbers there are.
    pub fn len(self) -> usize {
        self.length
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.length == 0
    }

    /// Where they lie in this process: valid as long as the array is. Whoever reaches through it
    /// answers for who else does.
    pub fn as_ptr(self) -> *mut T {
        self.start
    }

    /// Where one lies.
    fn at(self, index: usize) -> Option<*mut T> {
        (index < self.length).then(|| self.start.wrapping_add(index))
    }

    /// A number, if there are so many.
    #[inline]
    pub fn get(self, index: usize) -> Option<T> {
        let at = self.at(index)?;
        // SAFETY: it lies there, and views access it atomically.
        Some(unsafe { T::load(at) })
    }

    /// Changes a number; returns whether there are so many.
    #[inline]
    #[must_use = "nothing is changed beyond the end"]
    pub fn set(self, index: usize, number: T) -> bool {
        let Some(at) = self.at(index) else {
            return false;
        };
        // SAFETY: as in `get`.
        unsafe { number.store(at) };
        true
    }

    /// A part of the numbers, if there are so many.
    #[must_use = "the view stays as it is"]
    pub fn part(self, range: Range<usize>) -> Option<View<'a, T>> {
        let length = range.end.checked_sub(range.start)?;
        (range.end <= self.length).then(|| Self {
            start: self.start.wrapping_add(range.start),
            length,
            of: PhantomData,
        })
    }

    /// The numbers in their order, each read when its turn comes.
    pub fn iter(self) -> impl Iterator<Item = T> + use<'a, T> {
        (0..self.length).map_while(move |index| self.get(index))
    }

    /// Writes as many numbers as there are in both.
    pub(super) fn write(self, numbers: &[T]) {
        for (index, number) in numbers.iter().enumerate().take(self.length) {
            let written = self.set(index, *number);
            debug_assert!(written, "there are so many");
        }
    }
}
