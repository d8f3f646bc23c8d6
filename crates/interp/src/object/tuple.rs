//! Tuples: a length and the items inline.

use super::iterators::SequenceIterator;
use super::native::{Args, NativeDef};
use super::slice::{Positions, Slice};
use super::{
    Base, BinaryOp, CompareOp, Object, Payload, Slots, Type, allocate_in_slot, class, downcast,
    finish_in_slot, free_in_slot,
};
use crate::error::PyResult;
use crate::object::exception;
use crate::object::int;
use crate::object::singletons;
use crate::object::str::Str;
use crate::object::str::methods::bounds;
use crate::operations;
use crate::thread::Thread;
use crate::value::{Ref, Value};
use core::alloc::Layout;

/// A tuple.
#[repr(C)]
pub struct Tuple {
    object: Object,
    len: usize,
    items: [Value; 0],
}

/// The type `tuple`.
pub static TUPLE_TYPE: Type = Type::builtin(
    "tuple",
    Base::One(&class::OBJECT_TYPE),
    Slots {
        dealloc: Tuple::dealloc,
        repr: Some(repr),
        hash: Some(hash),
        len: Some(|_, value| Ok(tuple(&value).len)),
        iter: Some(|_, value| Ok(SequenceIterator::new(value.to_ref()))),
        get_item: Some(get_item),
        contains: Some(contains),
        construct: Some(construct),
        binary: Some(binary),
        compare: Some(compare),
        ..Slots::of::<Tuple>()
    },
    METHODS,
)
.subclassable();

// SAFETY: `Tuple` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for Tuple {
    const TYPE: &'static Type = &TUPLE_TYPE;
    const REFERS: bool = true;

    #[inline(always)]
    unsafe fn references<V: FnMut(Value) + ?Sized>(&self, visit: &mut V) {
        for item in self.items() {
            visit(*item);
        }
    }

    unsafe fn let_go(&self) {}
}

static METHODS: &[NativeDef] = &[
    NativeDef::class_method("__class_getitem__", class::generic_alias),
    NativeDef::method("count", count),
    NativeDef::method("index", index),
];

impl Tuple {
    /// A tuple of these values, each counted.
    pub fn from_values(values: &[Value]) -> Ref {
        // SAFETY: `to_ref` counts each value for the tuple.
        unsafe {
            Self::from_owned(
                values.len(),
                values.iter().map(|value| value.to_ref().into_value()),
            )
        }
    }

    /// A tuple of these items.
    pub fn from_refs(items: Vec<Ref>) -> Ref {
        // SAFETY: `into_value` hands each reference over.
        unsafe { Self::from_owned(items.len(), items.into_iter().map(Ref::into_value)) }
    }

    /// A tuple of two items.
    #[inline]
    pub fn pair(first: Ref, second: Ref) -> Ref {
        // SAFETY: `into_value` hands each reference over.
        unsafe { Self::from_owned(2, [first, second].into_iter().map(Ref::into_value)) }
    }

    /// A tuple of the items of this and of another.
    pub(crate) fn with(&self, other: &Tuple) -> Ref {
        // SAFETY: each of the items is counted for the tuple, and there is room for them all.
        unsafe {
            Self::filled(self.len + other.len, |place| {
                for (at, item) in self.items().iter().enumerate() {
                    place.add(at).write(item.to_ref().into_value());
                }
                let place = place.add(self.len);
                for (at, item) in other.items().iter().enumerate() {
                    place.add(at).write(item.to_ref().into_value());
                }
            })
        }
    }

    /// # Safety
    /// `items` yields `len` values, whose references it gives away.
    pub(crate) unsafe fn from_owned(len: usize, items: impl Iterator<Item = Value>) -> Ref {
        // SAFETY: as many items as announced are written, and no more.
        unsafe {
            Self::filled(len, |place| {
                let mut written = 0;
                for item in items.take(len) {
                    place.add(written).write(item);
                    written += 1;
                }
                debug_assert_eq!(written, len, "as many items as announced");
            })
        }
    }

    /// A tuple of `len` items, which `fill` writes behind one another.
    ///
    /// # Safety
    /// `fill` writes `len` values, whose references it gives away.
    #[inline(always)]
    unsafe fn filled(len: usize, fill: impl FnOnce(*mut Value)) -> Ref {
        let new = allocate_in_slot(Layout::new::<Self>(), len * size_of::<Value>()).cast::<Self>();
        // SAFETY: freshly allocated with room for `len` items behind the fixed part.
        unsafe {
            new.write(Self {
                object: Object::new(&TUPLE_TYPE),
                len,
                items: [],
            });
            fill((&raw mut (*new).items).cast::<Value>());
        }
        finish_in_slot(new)
    }

    unsafe fn dealloc(object: *mut Object) {
        let tuple = object.cast::<Self>();
        // SAFETY: the last reference is gone; each item's reference was the tuple's.
        unsafe {
            for item in (*tuple).items() {
                crate::value::release(*item);
            }
            free_in_slot(tuple.cast());
        }
    }

    /// A tuple of the items at these positions, which are in it.
    pub(crate) fn part(&self, range: Positions) -> Ref {
        let items = self.items();
        let count = |item: &Value| item.to_ref().into_value();
        // SAFETY: each of the items is counted for the tuple.
        unsafe {
            if range.step == 1 {
                let start = range.start as usize;
                let chosen = &items[start..(range.stop as usize).max(start)];
                return Self::from_owned(chosen.len(), chosen.iter().map(count));
            }
            let chosen = range.indices().map(|at| count(&items[at]));
            Self::from_owned(range.len(), chosen)
        }
    }

    /// The items, borrowed.
    #[inline]
    pub fn items(&self) -> &[Value] {
        // SAFETY: the items are behind the fixed part, `len` of them, and never change.
        unsafe { core::slice::from_raw_parts((&raw const self.items).cast(), self.len) }
    }
}

fn tuple(value: &Value) -> &Tuple {
    downcast::<Tuple>(value).expect("slots of tuples are called with tuples")
}

fn construct(thread: &mut Thread, _: &'static Type, args: &Args<'_>) -> PyResult {
    match args.between(thread, "tuple", 0, 1)? {
        [iterable] => Ok(Tuple::from_refs(operations::collect(thread, *iterable)?)),
        _ => Ok(Tuple::from_values(&[])),
    }
}

fn repr(thread: &mut Thread, value: Value) -> PyResult {
    if !thread.enter_repr(value) {
        return Ok(Str::new("(...)"));
    }
    let shown: PyResult<Vec<String>> = tuple(&value)
        .items()
        .iter()
        .map(|item| operations::repr_text(thread, *item))
        .collect();
    thread.leave_repr(value);
    let shown = shown?;
    let comma = if shown.len() == 1 { "," } else { "" };
    Ok(Str::new(&format!("({}{comma})", shown.join(", "))))
}

fn hash(thread: &mut Thread, value: Value) -> PyResult<u64> {
    // The mixing steps of xxHash's long variant: order and position both count.
    let mut mixed = 2_870_177_450_012_600_261_u64;
    for item in tuple(&value).items() {
        let lane = operations::hash(thread, *item)?;
        mixed = mixed.wrapping_add(lane.wrapping_mul(14_029_467_366_897_019_727));
        mixed = mixed
            .rotate_left(31)
            .wrapping_mul(11_400_714_785_074_694_791);
    }
    let mixed = mixed.wrapping_add(tuple(&value).len as u64 ^ 0x27d4_eb2f_1656_67c5 ^ 0x0035_d373);
    Ok(if mixed == u64::MAX {
        1_546_275_796
    } else {
        mixed
    })
}

/// The position that an index of a sequence of `len` items means.
pub(crate) fn position(
    thread: &mut Thread,
    index: Value,
    len: usize,
    what: &str,
) -> PyResult<usize> {
    let index = operations::index(thread, index)?;
    let at = if index < 0 { index + len as i64 } else { index };
    usize::try_from(at)
        .ok()
        .filter(|at| *at < len)
        .ok_or_else(|| {
            thread.raise_text(
                &exception::INDEX_ERROR,
                format!("{what} index out of range"),
            )
        })
}

fn get_item(thread: &mut Thread, value: Value, key: Value) -> PyResult {
    let items = tuple(&value).items();
    if let Some(slice) = downcast::<Slice>(&key) {
        let range = slice.resolve(thread, items.len())?;
        return Ok(tuple(&value).part(range));
    }
    if !operations::is_index(thread, key) {
        let name = key.ty().name();
        return Err(thread.type_error(format!(
            "tuple indices must be integers or slices, not {name}"
        )));
    }
    Ok(items[position(thread, key, items.len(), "tuple")?].to_ref())
}

fn contains(thread: &mut Thread, value: Value, item: Value) -> PyResult<bool> {
    for candidate in tuple(&value).items() {
        if operations::equals(thread, *candidate, item)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn binary(thread: &mut Thread, op: BinaryOp, left: Value, right: Value) -> PyResult<Option<Ref>> {
    match (op, downcast::<Tuple>(&left), downcast::<Tuple>(&right)) {
        (BinaryOp::Add, Some(left), Some(right)) => Ok(Some(left.with(right))),
        (BinaryOp::Add, Some(_), None) if !right.ty().is_heap() => {
            let name = right.ty().name();
            Err(thread.type_error(format!(
                "can only concatenate tuple (not \"{name}\") to tuple"
            )))
        }
        (BinaryOp::Mul, Some(items), None) => repeat(thread, items, right),
        (BinaryOp::Mul, None, Some(items)) => repeat(thread, items, left),
        _ => Ok(None),
    }
}

fn repeat(thread: &mut Thread, tuple: &Tuple, count: Value) -> PyResult<Option<Ref>> {
    if !operations::is_index(thread, count) {
        return Ok(None);
    }
    let count = operations::count(thread, count)?;
    check_size(thread, tuple.len, count, 2 * size_of::<Value>())?;
    Ok(Some(Tuple::from_values(&tuple.items().repeat(count))))
}

/// Refuses what no memory can hold: `count` times `len` items of `size` bytes, a number that the
/// program chose. What is large is asked for and given back, since an allocation that fails later
/// would end the process.
///
/// # Errors
/// `MemoryError`.
pub fn check_size(thread: &mut Thread, len: usize, count: usize, size: usize) -> PyResult<()> {
    const SMALL: usize = 1 << 20;
    let bytes = len
        .checked_mul(count)
        .and_then(|items| items.checked_mul(size));
    let fits = bytes.is_some_and(|bytes| {
        bytes <= SMALL || {
            let mut probe = Vec::<u8>::new();
            let granted = probe.try_reserve_exact(bytes).is_ok();
            // Memory that nobody looks at need not be asked for, the optimiser would say.
            core::hint::black_box(&probe);
            granted
        }
    });
    if fits {
        Ok(())
    } else {
        Err(thread.raise_with(&exception::MEMORY_ERROR, &[]))
    }
}

fn compare(thread: &mut Thread, op: CompareOp, left: Value, right: Value) -> PyResult<Option<Ref>> {
    let (Some(left), Some(right)) = (downcast::<Tuple>(&left), downcast::<Tuple>(&right)) else {
        return Ok(None);
    };
    compare_items(thread, op, left.items(), right.items()).map(Some)
}

/// Compares two sequences: by their first items that differ, else by length.
pub(crate) fn compare_items(
    thread: &mut Thread,
    op: CompareOp,
    left: &[Value],
    right: &[Value],
) -> PyResult {
    for (left, right) in left.iter().zip(right) {
        if !operations::equals(thread, *left, *right)? {
            return match op {
                CompareOp::Eq => Ok(singletons::false_()),
                CompareOp::Ne => Ok(singletons::true_()),
                _ => operations::compare(thread, op, *left, *right),
            };
        }
    }
    Ok(singletons::bool(op.holds(left.len().cmp(&right.len()))))
}

fn count(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let (this, rest) = args.split_receiver();
    let [item] = rest.exactly(thread, "tuple.count")?;
    let mut found = 0;
    for candidate in tuple(&this).items() {
        found += i64::from(operations::equals(thread, *candidate, item)?);
    }
    Ok(Ref::small(found))
}

fn index(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let (this, rest) = args.split_receiver();
    let given = rest.between(thread, "index", 1, 3)?;
    let items = tuple(&this).items();
    let (start, end) = bounds(thread, &given[1..], items.len())?;
    for (at, candidate) in items.iter().enumerate().take(end).skip(start) {
        if operations::equals(thread, *candidate, given[0])? {
            return Ok(int::from_usize(at));
        }
    }
    Err(thread.value_error("tuple.index(x): x not in tuple"))
}
