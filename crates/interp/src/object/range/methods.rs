//! What ranges can do, and the iterator of those that do not fit in words.

use super::{RANGE_TYPE, Range};
use crate::error::PyResult;
use crate::object::native::{Args, NativeDef};
use crate::object::slice::Slice;
use crate::object::str::Str;
use crate::object::tuple::Tuple;
use crate::object::{
    Base, CompareOp, Object, Payload, Slots, Type, allocate, class, downcast, downcast_exact,
    exception, int, singletons,
};
use crate::operations;
use crate::references;
use crate::sharing::guarded;
use crate::thread::Thread;
use crate::value::{Ref, Value};
use dashu_int::IBig;
use selvedge_sync::seam::cell::UnsafeCell;

pub(super) const SLOTS: Slots = Slots {
    repr: Some(repr),
    len: Some(len),
    truth: Some(|_, value| Ok(length(range(&value)) != IBig::ZERO)),
    iter: Some(|_, value| Ok(range(&value).iterator())),
    get_item: Some(get_item),
    contains: Some(contains),
    construct: Some(construct),
    compare: Some(compare),
    hash: Some(hash),
    ..Slots::of::<Range>()
};

pub(super) static METHODS: &[NativeDef] = &[
    NativeDef::getter("start", |_, args| Ok(part(args, 0))),
    NativeDef::getter("stop", |_, args| Ok(part(args, 1))),
    NativeDef::getter("step", |_, args| Ok(part(args, 2))),
    NativeDef::method("__reversed__", |thread, args| {
        let [this] = args.exactly(thread, "range.__reversed__")?;
        let this = range(&this);
        let [start, _, step] = this.integers();
        let last = &start + (length(this) - IBig::ONE) * &step;
        let backwards = Range::of_any(last, start - &step, -step);
        operations::iter(thread, *backwards)
    }),
    NativeDef::method("count", |thread, args| {
        let [this, item] = args.exactly(thread, "range.count")?;
        if let Some(item) = int::big(item) {
            let found = place_of(range(&this), &item).is_some();
            return Ok(Ref::small(i64::from(found)));
        }
        let mut found = 0;
        operations::for_each(thread, this, |thread, candidate| {
            found += i64::from(operations::equals(thread, *candidate, item)?);
            Ok(())
        })?;
        Ok(Ref::small(found))
    }),
    NativeDef::method("index", |thread, args| {
        let [this, item] = args.exactly(thread, "range.index")?;
        if let Some(item) = int::big(item) {
            if let Some(place) = place_of(range(&this), &item) {
                return Ok(int::from_big(place));
            }
        } else {
            let iterator = operations::iter(thread, this)?;
            let mut at = 0;
            while let Some(candidate) = operations::next(thread, *iterator)? {
                if operations::equals(thread, *candidate, item)? {
                    return Ok(Ref::small(at));
                }
                at += 1;
            }
        }
        let shown = operations::repr_text(thread, item)?;
        Err(thread.value_error(format!("{shown} is not in range")))
    }),
];

fn range(value: &Value) -> &Range {
    downcast::<Range>(value).expect("slots of ranges are called with ranges")
}

fn part(args: &Args<'_>, at: usize) -> Ref {
    let [ref start, ref stop, ref step] = range(&args.positional()[0]).integers();
    int::from_big([start, stop, step][at].clone())
}

/// How many integers there are.
fn length(this: &Range) -> IBig {
    if this.big.is_none() {
        return IBig::from(this.len());
    }
    let [start, stop, step] = this.integers();
    let (low, high, step) = if step > IBig::ZERO {
        (start, stop, step)
    } else {
        (stop, start, -step)
    };
    if low >= high {
        IBig::ZERO
    } else {
        (high - low - IBig::ONE) / step + IBig::ONE
    }
}

fn len(thread: &mut Thread, value: Value) -> PyResult<usize> {
    i64::try_from(&length(range(&value)))
        .map(|len| len as usize)
        .map_err(|_| {
            let text = "Python int too large to convert to C ssize_t";
            thread.raise_text(&exception::OVERFLOW_ERROR, text)
        })
}

/// Where in the range an integer is.
fn place_of(this: &Range, item: &IBig) -> Option<IBig> {
    let [start, _, step] = this.integers();
    let distance = item - &start;
    let place = &distance / &step;
    let inside = place >= IBig::ZERO && place < length(this) && &place * &step == distance;
    inside.then_some(place)
}

fn construct(thread: &mut Thread, _: &'static Type, args: &Args<'_>) -> PyResult {
    let values = args.between(thread, "range", 1, 3)?;
    let word = |at: usize| values.get(at).map(|value| value.as_int());
    let small = match [word(0), word(1), word(2)] {
        [Some(stop), None, _] => stop.map(|stop| (0, stop, 1)),
        [Some(start), Some(stop), None] => start.zip(stop).map(|(start, stop)| (start, stop, 1)),
        [Some(start), Some(stop), Some(step)] => start
            .zip(stop)
            .zip(step)
            .map(|((start, stop), step)| (start, stop, step)),
        _ => None,
    };
    if let Some((start, stop, step)) = small.filter(|(_, _, step)| *step != 0) {
        return Ok(Range::new(start, stop, step));
    }
    let mut parts = [IBig::ZERO, IBig::ZERO, IBig::ONE];
    for (part, value) in parts.iter_mut().zip(values) {
        let index = operations::as_int(thread, *value)?;
        *part = int::big(*index)
            .expect("`as_int` makes an integer")
            .into_owned();
    }
    let [first, second, step] = parts;
    let (start, stop) = match values.len() {
        1 => (IBig::ZERO, first),
        _ => (first, second),
    };
    if step == IBig::ZERO {
        return Err(thread.value_error("range() arg 3 must not be zero"));
    }
    Ok(Range::of_any(start, stop, step))
}

fn repr(_: &mut Thread, value: Value) -> PyResult {
    let [start, stop, step] = range(&value).integers();
    Ok(Str::new(&if step == IBig::ONE {
        format!("range({start}, {stop})")
    } else {
        format!("range({start}, {stop}, {step})")
    }))
}

fn get_item(thread: &mut Thread, value: Value, key: Value) -> PyResult {
    let this = range(&value);
    let [start, _, step] = this.integers();
    if let Some(slice) = downcast::<Slice>(&key) {
        let [from, to, by] = slice.resolve_any(thread, &length(this))?;
        let place = |at: IBig| &start + at * &step;
        return Ok(Range::of_any(place(from), place(to), &step * by));
    }
    if !operations::is_index(thread, key) {
        let name = key.ty().name();
        return Err(thread.type_error(format!(
            "range indices must be integers or slices, not {name}"
        )));
    }
    let index = operations::as_int(thread, key)?;
    let index = int::big(*index)
        .expect("`as_int` makes an integer")
        .into_owned();
    let len = length(this);
    let at = if index < IBig::ZERO {
        index + &len
    } else {
        index
    };
    if at < IBig::ZERO || at >= len {
        let text = "range object index out of range";
        return Err(thread.raise_text(&exception::INDEX_ERROR, text));
    }
    Ok(int::from_big(start + at * step))
}

fn contains(thread: &mut Thread, value: Value, item: Value) -> PyResult<bool> {
    let this = range(&value);
    if let (None, Some(Ok(item))) = (&this.big, int::to_i64(item)) {
        let inside = if this.step > 0 {
            this.start <= item && item < this.stop
        } else {
            this.stop < item && item <= this.start
        };
        return Ok(
            inside && (i128::from(item) - i128::from(this.start)) % i128::from(this.step) == 0
        );
    }
    if let Some(item) = int::big(item) {
        return Ok(place_of(this, &item).is_some());
    }
    let iterator = this.iterator();
    while let Some(candidate) = operations::next(thread, *iterator)? {
        if operations::equals(thread, *candidate, item)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What two ranges have in common if they hold the same integers: their number, the first, and
/// the step.
fn essence(this: &Range) -> [Option<IBig>; 3] {
    let [start, _, step] = this.integers();
    let len = length(this);
    let first = (len > IBig::ZERO).then_some(start);
    let step = (len > IBig::ONE).then_some(step);
    [Some(len), first, step]
}

fn compare(_: &mut Thread, op: CompareOp, left: Value, right: Value) -> PyResult<Option<Ref>> {
    let (Some(left), Some(right)) = (downcast::<Range>(&left), downcast::<Range>(&right)) else {
        return Ok(None);
    };
    let same = essence(left) == essence(right);
    Ok(match op {
        CompareOp::Eq => Some(singletons::bool(same)),
        CompareOp::Ne => Some(singletons::bool(!same)),
        _ => None,
    })
}

fn hash(thread: &mut Thread, value: Value) -> PyResult<u64> {
    let parts =
        essence(range(&value)).map(|part| part.map_or_else(singletons::none, int::from_big));
    let parts = Tuple::from_refs(Vec::from(parts));
    operations::hash(thread, *parts)
}

/// The iterator of a range that does not fit in words.
#[repr(C)]
pub(super) struct LongRangeIterator {
    object: Object,
    state: UnsafeCell<Cursor>,
}

struct Cursor {
    next: IBig,
    step: IBig,
    left: IBig,
}

/// The type `longrange_iterator`.
pub static LONG_RANGE_ITERATOR_TYPE: Type = Type::builtin(
    "longrange_iterator",
    Base::One(&class::OBJECT_TYPE),
    Slots {
        iter: Some(|_, value| Ok(value.to_ref())),
        next: Some(|_, value| {
            let this =
                downcast_exact::<LongRangeIterator>(&value).expect("called through its type");
            let next = guarded(&this.object, || {
                this.state.with_mut(|cursor| {
                    // SAFETY: guarded by the iterator's lock, or the interpreter's.
                    let cursor = unsafe { &mut *cursor };
                    if cursor.left == IBig::ZERO {
                        return None;
                    }
                    cursor.left -= IBig::ONE;
                    let next = cursor.next.clone();
                    cursor.next += &cursor.step;
                    Some(next)
                })
            });
            Ok(next.map(int::from_big))
        }),
        ..Slots::of::<LongRangeIterator>()
    },
    super::copying::ITERATOR_METHODS,
);

// SAFETY: `LongRangeIterator` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for LongRangeIterator {
    const TYPE: &'static Type = &LONG_RANGE_ITERATOR_TYPE;

    references!();
}

impl LongRangeIterator {
    /// The next integer, the step and how many are left; after as many as `skip` are left out.
    pub(super) fn rest(&self, skip: IBig) -> [IBig; 3] {
        guarded(&self.object, || {
            self.state.with_mut(|cursor| {
                // SAFETY: guarded by the iterator's lock, or the interpreter's.
                let cursor = unsafe { &mut *cursor };
                let skipped = skip.min(cursor.left.clone());
                cursor.next += &cursor.step * &skipped;
                cursor.left -= skipped;
                [&cursor.next, &cursor.step, &cursor.left].map(IBig::clone)
            })
        })
    }
}

pub(super) fn long_iterator(this: &Range) -> Ref {
    debug_assert!(this.object.ty() == &RANGE_TYPE);
    let [next, _, step] = this.integers();
    let left = length(this);
    allocate(LongRangeIterator {
        object: Object::new(&LONG_RANGE_ITERATOR_TYPE),
        state: UnsafeCell::new(Cursor { next, step, left }),
    })
}
