//! Iterators of sequences, and those that are functions of other iterators.

mod combined;
mod copying;

pub use combined::{COMBINED_TYPE, Combined, Kind, Nameless};

use super::list::List;
use super::str::Str;
use super::tuple::Tuple;
use super::{
    Base, Object, Payload, Slots, Type, allocate, class, downcast, downcast_exact, exception,
};
use crate::error::PyResult;
use crate::field::Field;
use crate::operations;
use crate::references;
use crate::sharing::{guarded, is_free_threaded};
use crate::thread::Thread;
use crate::value::{Ref, Value};
use selvedge_sync::seam::cell::UnsafeCell;

/// The iterator of a sequence: asks for one index after the other.
#[repr(C)]
pub struct SequenceIterator {
    object: Object,
    /// Nothing once exhausted.
    sequence: Field,
    next: UnsafeCell<usize>,
}

/// The type `iterator`.
pub static SEQUENCE_ITERATOR_TYPE: Type = Type::builtin(
    "iterator",
    Base::One(&class::OBJECT_TYPE),
    Slots {
        iter: Some(|_, value| Ok(value.to_ref())),
        next: Some(next_of_sequence),
        ..Slots::of::<SequenceIterator>()
    },
    copying::METHODS,
);

// SAFETY: `SequenceIterator` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for SequenceIterator {
    const TYPE: &'static Type = &SEQUENCE_ITERATOR_TYPE;

    references!(sequence; next);
}

/// What comes next of a sequence.
pub(crate) enum Step {
    /// This item.
    Item(Ref),
    /// Nothing any more.
    End,
    /// The sequence is to be asked for the item; nothing has changed yet.
    Unknown,
}

impl SequenceIterator {
    /// An iterator from the first item on.
    pub fn new(sequence: Ref) -> Ref {
        let object = Object::new(&SEQUENCE_ITERATOR_TYPE);
        allocate(Self {
            object,
            sequence: Field::new(Some(sequence)),
            next: UnsafeCell::new(0),
        })
    }

    /// Goes to the next position; returns the one before.
    fn advance(&self) -> usize {
        guarded(&self.object, || {
            self.next.with_mut(|next| {
                // SAFETY: guarded by the iterator's lock, or the interpreter's.
                let next = unsafe { &mut *next };
                *next += 1;
                *next - 1
            })
        })
    }

    /// The next item of a list or tuple; nothing, and no change, at its end or if it is neither.
    #[inline(always)]
    pub(crate) fn next_at_hand(&self) -> Option<Ref> {
        if is_free_threaded() {
            return self.next_alone();
        }
        // SAFETY: the interpreter's lock is held.
        unsafe { self.take_next() }
    }

    /// As [`next_at_hand`](Self::next_at_hand), with the iterator's lock.
    #[cold]
    #[inline(never)]
    fn next_alone(&self) -> Option<Ref> {
        // SAFETY: guarded by the iterator's lock.
        guarded(&self.object, || unsafe { self.take_next() })
    }

    /// # Safety
    /// The iterator's lock is held, or the interpreter's.
    #[inline(always)]
    unsafe fn take_next(&self) -> Option<Ref> {
        // SAFETY: by contract, here and below, where nothing runs Python code.
        let at = self.next.with(|next| unsafe { *next });
        // SAFETY: see above.
        let sequence = unsafe { self.sequence.peek(|sequence| sequence) };
        let item = match downcast_exact::<List>(&sequence) {
            Some(list) => list.get(at)?,
            None => downcast_exact::<Tuple>(&sequence)?
                .items()
                .get(at)?
                .to_ref(),
        };
        // SAFETY: see above.
        self.next.with_mut(|next| unsafe { *next = at + 1 });
        Some(item)
    }

    /// The next item, of a sequence of a kind that is known here.
    #[inline(never)]
    pub(crate) fn step(&self) -> Step {
        let item_or_end = |item: Option<Ref>| item.map_or(Step::End, Step::Item);
        // A list's own lock is taken inside; whoever holds one of those takes no iterator's.
        let step = guarded(&self.object, || {
            // SAFETY: guarded by the iterator's lock, or the interpreter's.
            let at = self.next.with(|next| unsafe { *next });
            let step_of = |sequence: Value| {
                if let Some(list) = downcast_exact::<List>(&sequence) {
                    return item_or_end(list.get(at));
                }
                if let Some(tuple) = downcast_exact::<Tuple>(&sequence) {
                    return item_or_end(tuple.items().get(at).map(|item| item.to_ref()));
                }
                let Some(string) = downcast_exact::<Str>(&sequence) else {
                    return Step::Unknown;
                };
                let points = string.code_points();
                item_or_end((at < points.len()).then(|| Str::from_code_point(points.at(at))))
            };
            // SAFETY: as above; nothing here runs Python code.
            let step = unsafe { self.sequence.peek(step_of) };
            if !matches!(step, Step::Unknown) {
                // SAFETY: as above.
                self.next.with_mut(|next| unsafe { *next = at + 1 });
            }
            step
        });
        if matches!(step, Step::End) {
            self.sequence.set(&self.object, None);
        }
        step
    }
}

fn next_of_sequence(thread: &mut Thread, value: Value) -> PyResult<Option<Ref>> {
    let this = downcast::<SequenceIterator>(&value).expect("called through its type");
    let at = match this.step() {
        Step::Item(item) => return Ok(Some(item)),
        Step::End => return Ok(None),
        Step::Unknown => this.advance(),
    };
    let Some(sequence) = this.sequence.get(&this.object) else {
        return Ok(None);
    };
    let item = if let Some(list) = downcast::<List>(&sequence) {
        list.get(at)
    } else if let Some(tuple) = downcast::<Tuple>(&sequence) {
        tuple.items().get(at).map(|item| item.to_ref())
    } else if let Some(string) = downcast::<Str>(&sequence) {
        (at < string.len()).then(|| Str::from_code_point(string.code_points().at(at)))
    } else {
        match operations::get_item(thread, *sequence, Value::small(at as i64)) {
            Ok(item) => Some(item),
            Err(raised) if thread.raised_is(&exception::INDEX_ERROR) => {
                thread.swallow(raised, &exception::INDEX_ERROR)?;
                None
            }
            Err(raised) => {
                thread.swallow(raised, &exception::STOP_ITERATION)?;
                None
            }
        }
    };
    if item.is_none() {
        this.sequence.set(&this.object, None);
    }
    Ok(item)
}
