//! Slices, and the ranges of positions that they mean.

use super::{
    Base, CompareOp, Object, Payload, Slots, Type, allocate, class, downcast, int, singletons,
};
use crate::error::{PyResult, Raised};
use crate::object::native::{Args, NativeDef};
use crate::object::str::Str;
use crate::object::tuple::Tuple;
use crate::operations;
use crate::references;
use crate::thread::Thread;
use crate::value::{Ref, Value};
use dashu_int::IBig;
use std::borrow::Cow;

/// A slice.
#[repr(C)]
pub struct Slice {
    object: Object,
    start: Ref,
    stop: Ref,
    step: Ref,
}

/// The type `slice`.
pub static SLICE_TYPE: Type = Type::builtin(
    "slice",
    Base::One(&class::OBJECT_TYPE),
    Slots {
        repr: Some(repr),
        construct: Some(construct),
        compare: Some(compare),
        hash: Some(|thread, value| {
            let parts = Tuple::from_refs(slice(&value).parts());
            operations::hash(thread, *parts)
        }),
        ..Slots::of::<Slice>()
    },
    METHODS,
);

// SAFETY: `Slice` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for Slice {
    const TYPE: &'static Type = &SLICE_TYPE;

    references!(start, stop, step;);
}

static METHODS: &[NativeDef] = &[
    NativeDef::method("indices", indices),
    NativeDef::getter("start", |thread, args| {
        part(thread, args, |slice| &slice.start)
    }),
    NativeDef::getter("stop", |thread, args| {
        part(thread, args, |slice| &slice.stop)
    }),
    NativeDef::getter("step", |thread, args| {
        part(thread, args, |slice| &slice.step)
    }),
];

/// The positions that a slice means in a sequence of known length.
#[derive(Clone, Copy, Debug)]
pub struct Positions {
    /// The first position, if there is one.
    pub start: i64,
    /// Where it stops, exclusive.
    pub stop: i64,
    /// From one position to the next; not 0.
    pub step: i64,
}

/// The parts of a slice that are integers in words, or missing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) start: Option<i64>,
    pub(crate) stop: Option<i64>,
    /// Not 0.
    pub(crate) step: i64,
}

impl Bounds {
    /// The positions that the parts mean in a sequence of `len` items.
    #[inline]
    pub(crate) fn positions(self, len: usize) -> Positions {
        let (len, step) = (len as i64, self.step);
        let (lowest, highest) = if step > 0 { (0, len) } else { (-1, len - 1) };
        let clamp = |index: i64| {
            (if index < 0 {
                index.saturating_add(len)
            } else {
                index
            })
            .clamp(lowest, highest)
        };
        let (first, last) = if step > 0 {
            (lowest, highest)
        } else {
            (highest, lowest)
        };
        Positions {
            start: self.start.map_or(first, clamp),
            stop: self.stop.map_or(last, clamp),
            step,
        }
    }
}

impl Positions {
    /// How many there are.
    pub fn len(self) -> usize {
        let (distance, step) = if self.step > 0 {
            (self.stop.saturating_sub(self.start), self.step)
        } else {
            (
                self.start.saturating_sub(self.stop),
                self.step.saturating_neg(),
            )
        };
        if distance <= 0 {
            return 0;
        }
        ((distance - 1) / step + 1) as usize
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The positions in order.
    pub fn indices(self) -> impl Iterator<Item = usize> {
        let mut at = self.start;
        core::iter::from_fn(move || {
            let inside = if self.step > 0 {
                at < self.stop
            } else {
                at > self.stop
            };
            inside.then(|| {
                let index = at as usize;
                at = at.saturating_add(self.step);
                index
            })
        })
    }
}

impl Slice {
    /// Start, stop and step.
    pub(crate) fn parts(&self) -> Vec<Ref> {
        vec![self.start.clone(), self.stop.clone(), self.step.clone()]
    }

    /// A slice of these parts, `None` where one is missing.
    pub fn new(start: Ref, stop: Ref, step: Ref) -> Ref {
        allocate(Self {
            object: Object::new(&SLICE_TYPE),
            start,
            stop,
            step,
        })
    }

    /// The positions that the slice means in a sequence of `len` items.
    ///
    /// # Errors
    /// `TypeError` for a part that is no index, `ValueError` for a step of 0.
    pub fn resolve(&self, thread: &mut Thread, len: usize) -> PyResult<Positions> {
        let step = bound(thread, *self.step)?.unwrap_or(1);
        if step == 0 {
            return Err(thread.value_error("slice step cannot be zero"));
        }
        let bounds = Bounds {
            start: bound(thread, *self.start)?,
            stop: bound(thread, *self.stop)?,
            step,
        };
        Ok(bounds.positions(len))
    }
}

impl Slice {
    /// As [`resolve`](Self::resolve), for a sequence of any length: start, stop and step.
    ///
    /// # Errors
    /// As [`resolve`](Self::resolve).
    pub(crate) fn resolve_any(&self, thread: &mut Thread, len: &IBig) -> PyResult<[IBig; 3]> {
        let step = any_bound(thread, *self.step)?.unwrap_or(IBig::ONE);
        if step == IBig::ZERO {
            return Err(thread.value_error("slice step cannot be zero"));
        }
        let forwards = step > IBig::ZERO;
        let (lowest, highest) = if forwards {
            (IBig::ZERO, len.clone())
        } else {
            (-IBig::ONE, len - IBig::ONE)
        };
        let clamp = |index: IBig| {
            let index = if index < IBig::ZERO {
                index + len
            } else {
                index
            };
            index.clamp(lowest.clone(), highest.clone())
        };
        let (first, last) = if forwards {
            (lowest.clone(), highest.clone())
        } else {
            (highest.clone(), lowest.clone())
        };
        let start = any_bound(thread, *self.start)?.map_or(first, clamp);
        let stop = any_bound(thread, *self.stop)?.map_or(last, clamp);
        Ok([start, stop, step])
    }
}

fn any_bound(thread: &mut Thread, part: Value) -> PyResult<Option<IBig>> {
    if singletons::is_none(part) {
        return Ok(None);
    }
    if !operations::is_index(thread, part) {
        return Err(not_an_index(thread));
    }
    let index = operations::as_int(thread, part)?;
    Ok(int::big(*index).map(Cow::into_owned))
}

#[cold]
fn not_an_index(thread: &mut Thread) -> Raised {
    thread.type_error("slice indices must be integers or None or have an __index__ method")
}

/// `slice.indices(len)`
fn indices(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [this, len] = args.exactly(thread, "slice.indices")?;
    let len = operations::as_int(thread, len)?;
    let len = int::big(*len).map(Cow::into_owned).unwrap_or_default();
    if len < IBig::ZERO {
        return Err(thread.value_error("length should not be negative"));
    }
    let parts = slice(&this).resolve_any(thread, &len)?;
    Ok(Tuple::from_refs(
        parts.into_iter().map(int::from_big).collect(),
    ))
}

/// Slices compare as their parts do.
fn compare(thread: &mut Thread, op: CompareOp, left: Value, right: Value) -> PyResult<Option<Ref>> {
    let (Some(left), Some(right)) = (downcast::<Slice>(&left), downcast::<Slice>(&right)) else {
        return Ok(None);
    };
    let (left, right) = (
        Tuple::from_refs(left.parts()),
        Tuple::from_refs(right.parts()),
    );
    operations::compare(thread, op, *left, *right).map(Some)
}

fn bound(thread: &mut Thread, part: Value) -> PyResult<Option<i64>> {
    if singletons::is_none(part) {
        return Ok(None);
    }
    if let Some(int) = part.as_int() {
        return Ok(Some(int));
    }
    if !operations::is_index(thread, part) {
        return Err(not_an_index(thread));
    }
    // An index beyond all sequences is as good as the furthest.
    operations::index_clamped(thread, part).map(Some)
}

fn slice(value: &Value) -> &Slice {
    downcast::<Slice>(value).expect("slots of slices are called with slices")
}

fn part(thread: &mut Thread, args: &Args<'_>, part: fn(&Slice) -> &Ref) -> PyResult {
    let [this] = args.exactly(thread, "slice attribute")?;
    Ok(part(slice(&this)).clone())
}

fn repr(thread: &mut Thread, value: Value) -> PyResult {
    let this = slice(&value);
    let start = operations::repr_text(thread, *this.start)?;
    let stop = operations::repr_text(thread, *this.stop)?;
    let step = operations::repr_text(thread, *this.step)?;
    Ok(Str::new(&format!("slice({start}, {stop}, {step})")))
}

fn construct(thread: &mut Thread, _: &'static Type, args: &Args<'_>) -> PyResult {
    let none = singletons::none;
    Ok(match args.between(thread, "slice", 1, 3)? {
        [stop] => Slice::new(none(), stop.to_ref(), none()),
        [start, stop] => Slice::new(start.to_ref(), stop.to_ref(), none()),
        [start, stop, step, ..] => Slice::new(start.to_ref(), stop.to_ref(), step.to_ref()),
        [] => unreachable!("`between` asked for one"),
    })
}
