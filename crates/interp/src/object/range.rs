//! Ranges of integers, and their iterators.
//!
//! A range whose parts fit in a word is three words; another has big integers beside them, and
//! an iterator of its own.

mod copying;
mod methods;

pub use methods::LONG_RANGE_ITERATOR_TYPE;

use super::{Base, Object, Payload, Slots, Type, allocate, class, downcast_exact, int};
use crate::references;
use crate::sharing::guarded;
use crate::value::Ref;
use dashu_int::IBig;
use selvedge_sync::seam::cell::UnsafeCell;

/// A range.
#[repr(C)]
pub struct Range {
    object: Object,
    start: i64,
    stop: i64,
    step: i64,
    /// The parts, where they do not fit above.
    big: Option<Box<[IBig; 3]>>,
}

/// The iterator of a range.
#[repr(C)]
pub struct RangeIterator {
    object: Object,
    state: UnsafeCell<Cursor>,
}

#[derive(Clone, Copy)]
struct Cursor {
    next: i64,
    step: i64,
    left: u64,
}

/// The type `range`.
pub static RANGE_TYPE: Type = Type::builtin(
    "range",
    Base::One(&class::OBJECT_TYPE),
    methods::SLOTS,
    methods::METHODS,
);

/// The type `range_iterator`.
pub static RANGE_ITERATOR_TYPE: Type = Type::builtin(
    "range_iterator",
    Base::One(&class::OBJECT_TYPE),
    Slots {
        iter: Some(|_, value| Ok(value.to_ref())),
        next: Some(|_, value| {
            Ok(downcast_exact::<RangeIterator>(&value)
                .expect("called through its type")
                .next()
                .map(Ref::small))
        }),
        ..Slots::of::<RangeIterator>()
    },
    copying::ITERATOR_METHODS,
);

// SAFETY: `Range` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for Range {
    const TYPE: &'static Type = &RANGE_TYPE;

    references!();
}

// SAFETY: `RangeIterator` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for RangeIterator {
    const TYPE: &'static Type = &RANGE_ITERATOR_TYPE;

    references!();
}

impl Range {
    /// A range; the step is not 0, and no part needs more than 62 bits.
    pub fn new(start: i64, stop: i64, step: i64) -> Ref {
        allocate(Self {
            object: Object::new(&RANGE_TYPE),
            start,
            stop,
            step,
            big: None,
        })
    }

    /// A range of any integers; the step is not 0.
    pub(crate) fn of_any(start: IBig, stop: IBig, step: IBig) -> Ref {
        let small = |part: &IBig| {
            let part = i64::try_from(part).ok()?;
            (part.unsigned_abs() < 1 << 62).then_some(part)
        };
        if let (Some(start), Some(stop), Some(step)) = (small(&start), small(&stop), small(&step)) {
            return Self::new(start, stop, step);
        }
        allocate(Self {
            object: Object::new(&RANGE_TYPE),
            start: 0,
            stop: 0,
            step: 1,
            big: Some(Box::new([start, stop, step])),
        })
    }

    /// Start, stop and step.
    fn integers(&self) -> [IBig; 3] {
        match &self.big {
            Some(parts) => (**parts).clone(),
            None => [self.start, self.stop, self.step].map(IBig::from),
        }
    }

    /// Start, stop and step.
    pub(crate) fn parts(&self) -> Vec<Ref> {
        self.integers().into_iter().map(int::from_big).collect()
    }

    /// How many integers there are, for a range that fits in words.
    fn len(&self) -> u64 {
        let (low, high) = if self.step > 0 {
            (self.start, self.stop)
        } else {
            (self.stop, self.start)
        };
        if low >= high {
            0
        } else {
            ((high - low) as u64 - 1) / self.step.unsigned_abs() + 1
        }
    }

    /// An iterator over the range.
    pub fn iterator(&self) -> Ref {
        if self.big.is_some() {
            return methods::long_iterator(self);
        }
        let cursor = Cursor {
            next: self.start,
            step: self.step,
            left: self.len(),
        };
        allocate(RangeIterator {
            object: Object::new(&RANGE_ITERATOR_TYPE),
            state: UnsafeCell::new(cursor),
        })
    }
}

impl RangeIterator {
    /// The next integer, as a value.
    #[inline(always)]
    pub(crate) fn next_word(&self) -> Option<Ref> {
        self.next().map(Ref::small)
    }

    /// The next integer, the step and how many are left; after as many as `skip` are left out.
    fn rest(&self, skip: u64) -> (i64, i64, u64) {
        guarded(&self.object, || {
            self.state.with_mut(|cursor| {
                // SAFETY: guarded by the iterator's lock, or the interpreter's.
                let cursor = unsafe { &mut *cursor };
                let skipped = skip.min(cursor.left);
                let distance = cursor.step.wrapping_mul(skipped as i64);
                cursor.next = cursor.next.wrapping_add(distance);
                cursor.left -= skipped;
                (cursor.next, cursor.step, cursor.left)
            })
        })
    }

    /// The next integer.
    #[inline(always)]
    pub fn next(&self) -> Option<i64> {
        guarded(&self.object, || {
            self.state.with_mut(|cursor| {
                // SAFETY: guarded by the iterator's lock, or the interpreter's.
                let cursor = unsafe { &mut *cursor };
                cursor.left = cursor.left.checked_sub(1)?;
                let next = cursor.next;
                cursor.next = next.wrapping_add(cursor.step);
                Some(next)
            })
        })
    }
}
