//! Iterators that are functions of other iterators: what `map`, `zip` and their like make.

use super::SequenceIterator;
use crate::error::PyResult;
use crate::gc::Holds;
use crate::object::tuple::Tuple;
use crate::object::{
    Base, Object, Payload, Slots, Type, allocate, class, downcast, downcast_exact, singletons,
};
use crate::references;
use crate::sharing::{guarded, is_free_threaded};
use crate::thread::Thread;
use crate::value::{Ref, Value};
use core::marker::PhantomData;
use selvedge_sync::seam::cell::UnsafeCell;

/// Which type such an iterator is of.
pub trait Kind: Sized + 'static {
    /// The type, whose slots include [`Combined::SLOTS`].
    const TYPE: &'static Type;
}

/// An iterator that is a function of other iterators.
#[repr(C)]
pub struct Combined<K> {
    object: Object,
    sources: Sources,
    argument: Ref,
    count: UnsafeCell<i64>,
    next: Next,
    kind: PhantomData<K>,
}

/// What such an iterator takes its items from: mostly one other.
pub enum Sources {
    /// This one.
    One([Ref; 1]),
    /// These.
    Several(Vec<Ref>),
}

impl Sources {
    #[inline(always)]
    fn as_slice(&self) -> &[Ref] {
        match self {
            Sources::One(source) => source,
            Sources::Several(sources) => sources,
        }
    }
}

impl From<Ref> for Sources {
    fn from(source: Ref) -> Self {
        Sources::One([source])
    }
}

impl From<Vec<Ref>> for Sources {
    fn from(sources: Vec<Ref>) -> Self {
        Sources::Several(sources)
    }
}

impl Holds for Sources {
    unsafe fn show<V: FnMut(Value) + ?Sized>(&self, visit: &mut V) {
        for source in self.as_slice() {
            visit(**source);
        }
    }
}

type NextItem = fn(&mut Thread, &[Ref], Value, i64) -> PyResult<Option<Ref>>;
type NextPair = fn(&mut Thread, &[Ref], i64) -> PyResult<Option<(Ref, Ref)>>;

/// What makes the next item, of the sources, the argument and the count.
enum Next {
    Item(NextItem),
    /// As `Item`, and it is an error if some sources end before others.
    Strict(NextItem),
    /// The items are tuples of two; the argument takes no part.
    Pair(NextPair),
}

/// The kind of those that no type of Python's makes.
#[derive(Debug)]
pub struct Nameless;

impl Kind for Nameless {
    const TYPE: &'static Type = &COMBINED_TYPE;
}

/// The type `iterator`.
pub static COMBINED_TYPE: Type = Type::builtin(
    "iterator",
    Base::One(&class::OBJECT_TYPE),
    Combined::<Nameless>::SLOTS,
    &[],
);

// SAFETY: `Combined` is `repr(C)` and begins with an `Object`.
unsafe impl<K: Kind> Payload for Combined<K> {
    const TYPE: &'static Type = K::TYPE;

    references!(sources, argument; count, next, kind);
}

impl<K: Kind> Combined<K> {
    /// What every such type does.
    pub const SLOTS: Slots = Slots {
        iter: Some(|_, value| Ok(value.to_ref())),
        next: Some(next_of_combined::<K>),
        ..Slots::of::<Self>()
    };

    /// An iterator each of whose items `step` makes from the sources, the argument, and a count
    /// that goes up by one from `start`.
    pub fn new(sources: impl Into<Sources>, argument: Ref, start: i64, step: NextItem) -> Ref {
        Self::make(sources.into(), argument, start, Next::Item(step))
    }

    /// An iterator each of whose items is a tuple of the two values that `pair` makes from the
    /// sources and a count that goes up by one from `start`.
    pub(crate) fn of_pairs(sources: impl Into<Sources>, start: i64, pair: NextPair) -> Ref {
        Self::make(sources.into(), singletons::none(), start, Next::Pair(pair))
    }

    /// An iterator whose items `step` makes from the sources, which end together, and the argument.
    pub(crate) fn strictly(sources: impl Into<Sources>, argument: Ref, step: NextItem) -> Ref {
        Self::make(sources.into(), argument, 0, Next::Strict(step))
    }

    /// Whether the sources are to end together.
    pub(crate) fn is_strict(&self) -> bool {
        matches!(self.next, Next::Strict(_))
    }

    fn make(sources: Sources, argument: Ref, start: i64, next: Next) -> Ref {
        allocate(Self {
            object: Object::new(K::TYPE),
            sources,
            argument,
            count: UnsafeCell::new(start),
            next,
            kind: PhantomData,
        })
    }

    /// Counts one up; returns the count before.
    fn advance(&self) -> i64 {
        guarded(&self.object, || {
            self.count.with_mut(|count| {
                // SAFETY: guarded by the iterator's lock, or the interpreter's.
                let count = unsafe { &mut *count };
                *count += 1;
                *count - 1
            })
        })
    }

    /// The count, and the next item of the only source, where that is the iterator of a list or
    /// tuple, not at its end, and nobody else runs; for pairs of the two.
    #[inline(always)]
    pub(crate) fn counted_at_hand(&self) -> Option<(i64, Ref)> {
        let (Next::Pair(_), Sources::One([source])) = (&self.next, &self.sources) else {
            return None;
        };
        if is_free_threaded() {
            return None;
        }
        let item = downcast_exact::<SequenceIterator>(source)?.next_at_hand()?;
        Some((self.advance(), item))
    }

    /// The sources, the argument, and how many items there were, counted from the start.
    pub(crate) fn parts(&self) -> (&[Ref], Value, i64) {
        let count = guarded(&self.object, || {
            // SAFETY: guarded by the iterator's lock, or the interpreter's.
            self.count.with(|count| unsafe { *count })
        });
        (self.sources.as_slice(), *self.argument, count)
    }

    /// What makes pairs, if the items are such.
    pub(crate) fn pairs(&self) -> Option<NextPair> {
        match self.next {
            Next::Item(_) | Next::Strict(_) => None,
            Next::Pair(pair) => Some(pair),
        }
    }

    /// The two values of the next item, made by `pair`, which is what [`pairs`](Self::pairs) gave.
    pub(crate) fn next_pair(
        &self,
        thread: &mut Thread,
        pair: NextPair,
    ) -> PyResult<Option<(Ref, Ref)>> {
        let count = self.advance();
        // The sources may be such iterators in turn.
        thread.nested(|thread| pair(thread, self.sources.as_slice(), count))
    }
}

fn next_of_combined<K: Kind>(thread: &mut Thread, value: Value) -> PyResult<Option<Ref>> {
    let this = downcast::<Combined<K>>(&value).expect("called through its type");
    match this.next {
        Next::Pair(pair) => {
            let next = this.next_pair(thread, pair)?;
            Ok(next.map(|(first, second)| Tuple::pair(first, second)))
        }
        Next::Item(step) | Next::Strict(step) => {
            let count = this.advance();
            // The sources may be such iterators in turn.
            thread.nested(|thread| step(thread, this.sources.as_slice(), *this.argument, count))
        }
    }
}
