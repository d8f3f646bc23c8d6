//! Slices, and the items of builtin sequences that they choose.

use super::super::opcode::{GetItem, SetItem};
use super::Frame;
use crate::error::PyResult;
use crate::object::list::List;
use crate::object::slice::{Bounds, Slice};
use crate::object::str::Str;
use crate::object::tuple::Tuple;
use crate::object::{downcast_exact, singletons};
use crate::thread::Thread;
use crate::value::{Ref, Value};
use selvedge_compiler::Instruction;

/// Makes a slice; or carries out the instruction that `follows` as well, if that uses the slice on
/// a builtin sequence, for which no object has to be made. Says whether it did.
#[inline(never)]
pub(in crate::run) fn build_slice(
    thread: &mut Thread,
    frame: Frame,
    word: Instruction,
    follows: Instruction,
) -> PyResult<bool> {
    let (first, count) = (usize::from(word.b()), usize::from(word.c()));
    if let Some(bounds) = bounds(frame, first, count) {
        if follows.0 as u8 == GetItem && follows.c() == word.a() {
            if let Some(part) = get(frame, follows, bounds) {
                clear(frame, first, count);
                frame.set_from(usize::from(follows.a()), usize::from(follows.b()), part);
                return Ok(true);
            }
        } else if follows.0 as u8 == SetItem
            && follows.b() == word.a()
            && set(frame, follows, bounds)
        {
            clear(frame, first, count);
            frame.consume(usize::from(follows.a()));
            frame.consume(usize::from(follows.c()));
            return Ok(true);
        }
    }
    let (start, stop) = (frame.take(thread, first)?, frame.take(thread, first + 1)?);
    let step = if count == 3 {
        frame.take(thread, first + 2)?
    } else {
        singletons::none()
    };
    frame.set(usize::from(word.a()), Slice::new(start, stop, step));
    Ok(false)
}

fn clear(frame: Frame, first: usize, count: usize) {
    for register in first..first + count {
        frame.consume(register);
    }
}

fn register(frame: Frame, index: u8) -> Value {
    // SAFETY: an instruction names registers of its frame.
    unsafe { *frame.register(usize::from(index)) }
}

/// The parts of a slice, if each is an integer in a word or `None`, and the step is not 0.
fn bounds(frame: Frame, first: usize, count: usize) -> Option<Bounds> {
    let part = |index: usize| {
        // SAFETY: as in `register`.
        let value = unsafe { *frame.register(first + index) };
        match value.as_int() {
            None => (value.is_bound() && singletons::is_none(value)).then_some(None),
            int => Some(int),
        }
    };
    let step = if count == 3 { part(2)? } else { None };
    let step = step.unwrap_or(1);
    let (start, stop) = (part(0)?, part(1)?);
    (step != 0).then_some(Bounds { start, stop, step })
}

/// What `GetItem` gives for these parts of a list, tuple or string.
fn get(frame: Frame, word: Instruction, bounds: Bounds) -> Option<Ref> {
    let container = register(frame, word.b());
    if let Some(list) = downcast_exact::<List>(&container) {
        return Some(list.part(|len| bounds.positions(len)));
    }
    if let Some(tuple) = downcast_exact::<Tuple>(&container) {
        return Some(tuple.part(bounds.positions(tuple.items().len())));
    }
    let string = downcast_exact::<Str>(&container)?;
    Some(string.slice(bounds.positions(string.len())))
}

/// Carries out `SetItem` for neighbouring items of a list, from a list; says whether it did.
fn set(frame: Frame, word: Instruction, bounds: Bounds) -> bool {
    let (container, new) = (register(frame, word.a()), register(frame, word.c()));
    let (Some(list), Some(new)) = (
        downcast_exact::<List>(&container),
        downcast_exact::<List>(&new),
    ) else {
        return false;
    };
    if bounds.step != 1 {
        return false;
    }
    let new = new.to_vec();
    let range = bounds.positions(list.len());
    let start = range.start as usize;
    list.splice(start..(range.stop as usize).max(start), new);
    true
}
