//! How iterators of sequences are copied and pickled: as `iter` of the sequence, and where they are.

use super::SequenceIterator;
use crate::error::PyResult;
use crate::object::native::NativeDef;
use crate::object::tuple::Tuple;
use crate::object::{downcast, int, singletons};
use crate::operations;
use crate::sharing::guarded;
use crate::thread::Thread;
use crate::value::{Ref, Value};

pub(super) static METHODS: &[NativeDef] = &[
    NativeDef::method("__length_hint__", |thread, args| {
        let [this] = args.exactly(thread, "__length_hint__")?;
        let (sequence, at) = place(this);
        let Some(sequence) = sequence else {
            return Ok(Ref::small(0));
        };
        if sequence.ty().len().is_none() {
            return Ok(singletons::not_implemented());
        }
        let len = operations::len(thread, *sequence)?;
        Ok(int::from_usize(len.saturating_sub(at)))
    }),
    NativeDef::method("__reduce__", |thread, args| {
        let [this] = args.exactly(thread, "__reduce__")?;
        // Finding `iter` may run code that takes items: where it is is asked after that.
        let iter = operations::builtin(thread, "iter")?;
        Ok(match place(this) {
            (Some(sequence), at) => {
                let arguments = Tuple::from_refs(vec![sequence]);
                Tuple::from_refs(vec![iter, arguments, int::from_usize(at)])
            }
            (None, _) => {
                let nothing = Tuple::from_refs(Vec::new());
                Tuple::pair(iter, Tuple::from_refs(vec![nothing]))
            }
        })
    }),
    NativeDef::method("__setstate__", |thread, args| {
        let [this, index] = args.exactly(thread, "__setstate__")?;
        let at = operations::index(thread, index)?;
        set_place(thread, this, usize::try_from(at).unwrap_or(0))?;
        Ok(singletons::none())
    }),
];

fn iterator(value: &Value) -> &SequenceIterator {
    downcast::<SequenceIterator>(value).expect("called with its type")
}

/// The sequence, unless it is exhausted, and the index of the next item.
fn place(value: Value) -> (Option<Ref>, usize) {
    let this = iterator(&value);
    let at = guarded(&this.object, || {
        // SAFETY: guarded by the iterator's lock, or the interpreter's.
        this.next.with(|next| unsafe { *next })
    });
    (this.sequence.get(&this.object), at)
}

/// Goes to an index, or to the end if that is before it; what is exhausted stays so.
fn set_place(thread: &mut Thread, value: Value, at: usize) -> PyResult<()> {
    let this = iterator(&value);
    let Some(sequence) = this.sequence.get(&this.object) else {
        return Ok(());
    };
    let at = if sequence.ty().len().is_some() {
        at.min(operations::len(thread, *sequence)?)
    } else {
        at
    };
    guarded(&this.object, || {
        // SAFETY: guarded by the iterator's lock, or the interpreter's.
        this.next.with_mut(|next| unsafe { *next = at });
    });
    Ok(())
}
