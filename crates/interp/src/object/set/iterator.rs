//! The iterator of a set.

use super::{Set, expect};
use crate::error::PyResult;
use crate::field::Field;
use crate::object::list::List;
use crate::object::native::NativeDef;
use crate::object::tuple::Tuple;
use crate::object::{
    Base, Object, Payload, Slots, Type, allocate, class, downcast, exception, int,
};
use crate::operations;
use crate::references;
use crate::sharing::guarded;
use crate::thread::Thread;
use crate::value::{Ref, Value};
use selvedge_sync::seam::cell::UnsafeCell;

/// The iterator of a set.
#[repr(C)]
pub(super) struct SetIterator {
    object: Object,
    /// Nothing once exhausted.
    set: Field,
    expected: usize,
    next: UnsafeCell<(usize, usize)>,
}

/// The type `set_iterator`.
pub static SET_ITERATOR_TYPE: Type = Type::builtin(
    "set_iterator",
    Base::One(&class::OBJECT_TYPE),
    Slots {
        iter: Some(|_, value| Ok(value.to_ref())),
        next: Some(next),
        ..Slots::of::<SetIterator>()
    },
    METHODS,
);

static METHODS: &[NativeDef] = &[
    NativeDef::method("__length_hint__", |thread, args| {
        let [this] = args.exactly(thread, "__length_hint__")?;
        let this = downcast::<SetIterator>(&this).expect("called with its type");
        let (_, given) = this.place();
        let left = this
            .set
            .get(&this.object)
            .map_or(0, |_| this.expected.saturating_sub(given));
        Ok(int::from_usize(left))
    }),
    NativeDef::method("__reduce__", |thread, args| {
        let [this] = args.exactly(thread, "__reduce__")?;
        let iter = operations::builtin(thread, "iter")?;
        let this = downcast::<SetIterator>(&this).expect("called with its type");
        let rest = allocate(SetIterator {
            object: Object::new(&SET_ITERATOR_TYPE),
            set: Field::new(this.set.get(&this.object)),
            expected: this.expected,
            next: UnsafeCell::new(this.place()),
        });
        let rest = List::from_refs(operations::collect(thread, *rest)?);
        Ok(Tuple::pair(iter, Tuple::from_refs(vec![rest])))
    }),
];

// SAFETY: `SetIterator` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for SetIterator {
    const TYPE: &'static Type = &SET_ITERATOR_TYPE;

    references!(set; expected, next);
}

impl SetIterator {
    /// An iterator over a set.
    pub(super) fn new(set: Ref) -> Ref {
        let expected = expect(&set).len();
        let object = Object::new(&SET_ITERATOR_TYPE);
        allocate(Self {
            object,
            set: Field::new(Some(set)),
            expected,
            next: UnsafeCell::new((0, 0)),
        })
    }

    /// Where it is in the table, and how many keys it has given.
    fn place(&self) -> (usize, usize) {
        guarded(&self.object, || {
            // SAFETY: guarded by the iterator's lock, or the interpreter's.
            self.next.with(|next| unsafe { *next })
        })
    }

    fn step(&self, set: &Set) -> Option<Ref> {
        guarded(&self.object, || {
            self.next.with_mut(|next| {
                // SAFETY: guarded by the iterator's lock, or the interpreter's.
                let (place, given) = unsafe { &mut *next };
                let (key, after) = set.locked(|table| {
                    let (key, after) = table.next_from(*place)?;
                    Some((key.to_ref(), after))
                })?;
                (*place, *given) = (after, *given + 1);
                Some(key)
            })
        })
    }
}

fn next(thread: &mut Thread, value: Value) -> PyResult<Option<Ref>> {
    let this = downcast::<SetIterator>(&value).expect("called through its type");
    let Some(set) = this.set.get(&this.object) else {
        return Ok(None);
    };
    if expect(&set).len() != this.expected {
        this.set.set(&this.object, None);
        return Err(thread.raise_text(
            &exception::RUNTIME_ERROR,
            "Set changed size during iteration",
        ));
    }
    let item = this.step(expect(&set));
    if item.is_none() {
        this.set.set(&this.object, None);
    }
    Ok(item)
}
