//! Ranges of integers that fit in a word, and their iterators.

use super::{
    Base, CompareOp, Object, Payload, Slots, Type, allocate, class, downcast, downcast_exact,
};
use crate::error::PyResult;
use crate::object::native::Args;
use crate::object::slice::Slice;
use crate::object::str::Str;
use crate::object::tuple::position;
use crate::object::{exception, int, singletons};
use crate::operations;
use crate::sharing::guarded;
use crate::thread::Thread;
use crate::value::{Ref, Value};
use selvedge_sync::seam::cell::UnsafeCell;

/// A range.
#[repr(C)]
pub struct Range {
    object: Object,
    start: i64,
    stop: i64,
    step: i64,
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
    Slots {
        repr: Some(repr),
        len: Some(|_, value| Ok(range(&value).len() as usize)),
        iter: Some(|_, value| Ok(range(&value).iterator())),
        get_item: Some(get_item),
        contains: Some(contains),
        construct: Some(construct),
        compare: Some(compare),
        hash: Some(|_, value| {
            Ok(range(&value).len() ^ (range(&value).start as u64).rotate_left(20))
        }),
        ..Slots::of::<Range>()
    },
    &[],
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
    &[],
);

// SAFETY: `Range` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for Range {
    const TYPE: &'static Type = &RANGE_TYPE;
}

// SAFETY: `RangeIterator` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for RangeIterator {
    const TYPE: &'static Type = &RANGE_ITERATOR_TYPE;
}

impl Range {
    /// A range; the step is not 0, and no part needs more than 62 bits.
    pub fn new(start: i64, stop: i64, step: i64) -> Ref {
        allocate(Self {
            object: Object::new(&RANGE_TYPE),
            start,
            stop,
            step,
        })
    }

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

    fn at(&self, index: u64) -> i64 {
        self.start + index as i64 * self.step
    }

    /// An iterator over the range.
    pub fn iterator(&self) -> Ref {
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

fn range(value: &Value) -> &Range {
    downcast::<Range>(value).expect("slots of ranges are called with ranges")
}

fn construct(thread: &mut Thread, _: &'static Type, args: &Args<'_>) -> PyResult {
    let values = args.between(thread, "range", 1, 3)?;
    let mut parts = [0; 3];
    for (part, value) in parts.iter_mut().zip(values) {
        *part = operations::index(thread, *value)?;
        if part.unsigned_abs() >= 1 << 62 {
            return Err(thread.raise_text(
                &exception::OVERFLOW_ERROR,
                "range() argument does not fit in 62 bits",
            ));
        }
    }
    let (start, stop, step) = match values.len() {
        1 => (0, parts[0], 1),
        2 => (parts[0], parts[1], 1),
        _ => (parts[0], parts[1], parts[2]),
    };
    if step == 0 {
        return Err(thread.value_error("range() arg 3 must not be zero"));
    }
    Ok(Range::new(start, stop, step))
}

fn repr(_: &mut Thread, value: Value) -> PyResult {
    let Range {
        start, stop, step, ..
    } = range(&value);
    Ok(Str::new(&if *step == 1 {
        format!("range({start}, {stop})")
    } else {
        format!("range({start}, {stop}, {step})")
    }))
}

fn get_item(thread: &mut Thread, value: Value, key: Value) -> PyResult {
    let this = range(&value);
    if let Some(slice) = downcast::<Slice>(&key) {
        let chosen = slice.resolve(thread, this.len() as usize)?;
        let place = |at: i64| this.start + at * this.step;
        return Ok(Range::new(
            place(chosen.start),
            place(chosen.stop),
            this.step * chosen.step,
        ));
    }
    let at = position(thread, key, this.len() as usize, "range object")?;
    Ok(int::from_i64(this.at(at as u64)))
}

fn contains(thread: &mut Thread, value: Value, item: Value) -> PyResult<bool> {
    let this = range(&value);
    if let Some(Ok(item)) = int::to_i64(item) {
        let inside = if this.step > 0 {
            this.start <= item && item < this.stop
        } else {
            this.stop < item && item <= this.start
        };
        return Ok(inside && (item - this.start) % this.step == 0);
    }
    for index in 0..this.len() {
        if operations::equals(thread, *int::from_i64(this.at(index)), item)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn compare(_: &mut Thread, op: CompareOp, left: Value, right: Value) -> PyResult<Option<Ref>> {
    let (Some(left), Some(right)) = (downcast::<Range>(&left), downcast::<Range>(&right)) else {
        return Ok(None);
    };
    let same = left.len() == right.len()
        && (left.len() == 0 || left.start == right.start)
        && (left.len() <= 1 || left.step == right.step);
    Ok(match op {
        CompareOp::Eq => Some(singletons::bool(same)),
        CompareOp::Ne => Some(singletons::bool(!same)),
        _ => None,
    })
}
