//! Slices, and the ranges of positions that they mean.

use super::{Base, Object, Payload, Slots, Type, allocate, class, downcast, singletons};
use crate::error::PyResult;
use crate::object::native::{Args, NativeDef};
use crate::object::str::Str;
use crate::operations;
use crate::thread::Thread;
use crate::value::{Ref, Value};

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
        ..Slots::of::<Slice>()
    },
    METHODS,
);

// SAFETY: `Slice` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for Slice {
    const TYPE: &'static Type = &SLICE_TYPE;
}

static METHODS: &[NativeDef] = &[
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
        let len = len as i64;
        let step = bound(thread, *self.step)?.unwrap_or(1);
        if step == 0 {
            return Err(thread.value_error("slice step cannot be zero"));
        }
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
        let start = bound(thread, *self.start)?.map_or(first, clamp);
        let stop = bound(thread, *self.stop)?.map_or(last, clamp);
        Ok(Positions { start, stop, step })
    }
}

fn bound(thread: &mut Thread, part: Value) -> PyResult<Option<i64>> {
    if singletons::is_none(part) {
        return Ok(None);
    }
    if let Some(int) = part.as_int() {
        return Ok(Some(int));
    }
    if !operations::is_index(thread, part) {
        return Err(
            thread.type_error("slice indices must be integers or None or have an __index__ method")
        );
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
