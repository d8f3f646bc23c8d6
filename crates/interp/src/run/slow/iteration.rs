//! Iterators that the loop does not know itself.

use super::Frame;
use crate::builtins::iterators::{Enumerate, Zip};
use crate::error::PyResult;
use crate::object::dict::views;
use crate::object::iterators::{Combined, Kind, SequenceIterator};
use crate::object::list::List;
use crate::object::tuple::Tuple;
use crate::object::{downcast_exact, int};
use crate::operations;
use crate::thread::Thread;
use crate::value::{Ref, Value};
use selvedge_compiler::Instruction;

#[inline(never)]
pub(in crate::run) fn get_iter(
    thread: &mut Thread,
    frame: Frame,
    word: Instruction,
) -> PyResult<()> {
    let b = usize::from(word.b());
    let value = frame.operand(thread, b)?;
    if downcast_exact::<List>(&value).is_some() || downcast_exact::<Tuple>(&value).is_some() {
        let sequence = frame.take_bound(b);
        frame.set(usize::from(word.a()), SequenceIterator::new(sequence));
        return Ok(());
    }
    let iterator = operations::iter(thread, value)?;
    frame.consume(b);
    frame.set(usize::from(word.a()), iterator);
    Ok(())
}

#[inline(never)]
pub(in crate::run) fn next(thread: &mut Thread, iterator: Value) -> PyResult<Option<Ref>> {
    operations::next(thread, iterator)
}

/// What comes next where the item is unpacked at once.
pub(in crate::run) enum Unpacked {
    /// Two values, which are in the registers they are unpacked to.
    Done,
    /// Nothing any more.
    End,
    /// The iterator is to be asked for the item; nothing has changed yet.
    Unknown,
}

/// Puts the next item of an iterator over pairs, which `unpack` takes apart, where that puts its
/// parts: the tuple is not made.
#[inline(never)]
pub(in crate::run) fn next_unpacked(
    thread: &mut Thread,
    frame: Frame,
    iterator: Value,
    unpack: Instruction,
) -> PyResult<Unpacked> {
    if unpack.c() != 2 {
        return Ok(Unpacked::Unknown);
    }
    let a = usize::from(unpack.a());
    if let Some(enumerate) = downcast_exact::<Combined<Enumerate>>(&iterator)
        && let Some((count, item)) = enumerate.counted_at_hand()
    {
        frame.set(a, int::from_i64(count));
        frame.set(a + 1, item);
        return Ok(Unpacked::Done);
    }
    let next = next_pair::<Enumerate>(thread, iterator)
        .or_else(|| next_pair::<Zip>(thread, iterator))
        .or_else(|| views::next_item(thread, iterator));
    let Some(next) = next else {
        return Ok(Unpacked::Unknown);
    };
    let Some((first, second)) = next? else {
        return Ok(Unpacked::End);
    };
    frame.set(a, first);
    frame.set(a + 1, second);
    Ok(Unpacked::Done)
}

/// The two values of the next item, if `iterator` is of that kind and makes pairs.
fn next_pair<K: Kind>(
    thread: &mut Thread,
    iterator: Value,
) -> Option<PyResult<Option<(Ref, Ref)>>> {
    let combined = downcast_exact::<Combined<K>>(&iterator)?;
    let pair = combined.pairs()?;
    Some(combined.next_pair(thread, pair))
}
