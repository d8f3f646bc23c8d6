//! What the loop does not do itself: operations on anything but word numbers, and rare ones.
//!
//! Each function reads its operands where the instruction says, does the work, releases the
//! temporaries among them, and writes the result.

mod asynchronous;
mod build;
mod calls;
mod exceptions;
mod iteration;
mod numbers;
mod rare;
mod slices;
mod subscripts;

pub(super) use asynchronous::*;
pub(super) use build::*;
pub(super) use calls::*;
pub(super) use exceptions::*;
pub(super) use iteration::*;
pub(super) use numbers::*;
pub(super) use rare::*;
pub(super) use slices::*;
pub(super) use subscripts::*;

use super::frame::Frame;
use super::special::{self, Rest};
use super::{items, names, opcode};
use crate::error::PyResult;
use crate::object::cell::Cell;
use crate::object::int::{floor_div, floor_mod};
use crate::object::str::Str;
use crate::object::{BinaryOp, CompareOp, UnaryOp, class, downcast_exact, exception, singletons};
use crate::operations;
use crate::sharing::is_free_threaded;
use crate::thread::Thread;
use crate::value::{Ref, Value};
use selvedge_compiler::Instruction;
use selvedge_compiler::op::{Common, FRAME_HEADER};
use selvedge_sync::seam::atomic::Ordering;

// Word arithmetic: a word integer is twice the integer and one.

#[inline(always)]
pub(super) fn int_add(left: Value, right: Value) -> Option<Value> {
    let sum = (left.bits() as i64).checked_add(right.bits() as i64 - 1)?;
    Some(Value::from_bits(sum as u64))
}

#[inline(always)]
pub(super) fn int_sub(left: Value, right: Value) -> Option<Value> {
    let difference = (left.bits() as i64).checked_sub(right.bits() as i64 - 1)?;
    Some(Value::from_bits(difference as u64))
}

#[inline(always)]
pub(super) fn int_mul(left: Value, right: Value) -> Option<Value> {
    let product = (left.bits() as i64 - 1).checked_mul(right.int())?;
    Some(Value::from_bits((product + 1) as u64))
}

#[inline(always)]
pub(super) fn int_shl(left: Value, count: i64) -> Option<Value> {
    if !(0..62).contains(&count) {
        return None;
    }
    let int = left.int();
    let shifted = int << count;
    if shifted >> count == int {
        Value::from_int(shifted)
    } else {
        None
    }
}

#[inline(always)]
pub(super) fn int_floor_div(left: Value, right: Value) -> Option<Value> {
    floor_div(left.int(), right.int()).and_then(Value::from_int)
}

#[inline(always)]
pub(super) fn int_mod(left: Value, right: Value) -> Option<Value> {
    floor_mod(left.int(), right.int()).map(Value::small)
}

#[inline(always)]
pub(super) fn int_and(left: Value, right: Value) -> Option<Value> {
    Some(Value::from_bits(left.bits() & right.bits()))
}

#[inline(always)]
pub(super) fn int_or(left: Value, right: Value) -> Option<Value> {
    Some(Value::from_bits(left.bits() | right.bits()))
}

#[inline(always)]
pub(super) fn int_xor(left: Value, right: Value) -> Option<Value> {
    Some(Value::from_bits(left.bits() ^ right.bits() | 1))
}

#[inline(always)]
pub(super) fn int_shr(left: Value, count: i64) -> Option<Value> {
    (count >= 0).then(|| Value::small(left.int() >> count.min(63)))
}

#[inline(never)]
pub(super) fn binary(
    thread: &mut Thread,
    frame: Frame,
    word: Instruction,
    op: BinaryOp,
    inplace: bool,
) -> PyResult<Rest> {
    let (b, c) = (usize::from(word.b()), usize::from(word.c()));
    let (left, right) = (frame.operand(thread, b)?, frame.operand(thread, c)?);
    if op == BinaryOp::Add
        && let Some(joined) = items::joined(left, right)
    {
        frame.consume(b);
        frame.consume(c);
        frame.set(usize::from(word.a()), joined);
        return Ok(None);
    }
    if let Some(result) = float_binary(op, left, right).or_else(|| truth_binary(op, left, right)) {
        frame.set(usize::from(word.a()), result);
        return Ok(None);
    }
    if op == BinaryOp::Add && word.a() == word.b() && grow(frame, left, right, b) {
        frame.consume(c);
        return Ok(None);
    }
    if let Some(begun) = special::binary(thread, frame, op, inplace, [left, right])? {
        return Ok(Some(begun));
    }
    let result = binary_of_types(thread, op, inplace, left, right)?;
    frame.consume(b);
    frame.consume(c);
    frame.set(usize::from(word.a()), result);
    Ok(None)
}

/// `left op right`, or `left op= right`, as their types have it.
fn binary_of_types(
    thread: &mut Thread,
    op: BinaryOp,
    inplace: bool,
    left: Value,
    right: Value,
) -> PyResult {
    if inplace {
        operations::inplace(thread, op, left, right)
    } else {
        operations::binary(thread, op, left, right)
    }
}

/// Appends a string to the one in a register, if that is the only place where it is known.
fn grow(frame: Frame, held: Value, more: Value, register: usize) -> bool {
    let Some(more) = downcast_exact::<Str>(&more).filter(|_| held.is_owned()) else {
        return false;
    };
    if downcast_exact::<Str>(&held).is_none() {
        return false;
    }
    let place = frame.register(register);
    if register >= frame.code().first_temp as usize {
        take_out_of_cell(frame, held, register);
    }
    let grown = Str::append(Ref::adopt(held), more);
    let done = grown.is_ok();
    let (Ok(string) | Err(string)) = grown;
    // SAFETY: as above; the register's reference was taken out.
    unsafe { place.write(string.into_value()) };
    done
}

/// Empties the cell that the next instruction sets from `register`, if it has the same value.
fn take_out_of_cell(frame: Frame, held: Value, register: usize) {
    // SAFETY: the frame goes on at an instruction. Relaxed: a word is replaced by another that
    // does the same.
    let next = Instruction(unsafe { (*frame.resume()).load(Ordering::Relaxed) });
    if next.0 as u8 != opcode::SetCell || usize::from(next.b()) != register || is_free_threaded() {
        return;
    }
    let cell = names::cell(frame, usize::from(next.a()));
    if cell.get().is_some_and(|content| content.is(held)) {
        drop(cell.replace(None));
    }
}

#[inline(never)]
pub(super) fn binary_immediate(
    thread: &mut Thread,
    frame: Frame,
    word: Instruction,
    op: BinaryOp,
    inplace: bool,
) -> PyResult<Rest> {
    let b = usize::from(word.b());
    let (left, right) = (
        frame.operand(thread, b)?,
        Value::small(i64::from(word.c() as i8)),
    );
    if let Some(result) = float_binary(op, left, right) {
        frame.set(usize::from(word.a()), result);
        return Ok(None);
    }
    if let Some(begun) = special::binary(thread, frame, op, inplace, [left, right])? {
        return Ok(Some(begun));
    }
    let result = binary_of_types(thread, op, inplace, left, right)?;
    frame.consume(b);
    frame.set(usize::from(word.a()), result);
    Ok(None)
}

#[inline(never)]
pub(super) fn unary(
    thread: &mut Thread,
    frame: Frame,
    word: Instruction,
    op: UnaryOp,
) -> PyResult<()> {
    let b = usize::from(word.b());
    let value = frame.operand(thread, b)?;
    let result = operations::unary(thread, op, value)?;
    frame.consume(b);
    frame.set(usize::from(word.a()), result);
    Ok(())
}

#[inline(never)]
pub(super) fn compare(
    thread: &mut Thread,
    frame: Frame,
    word: Instruction,
    op: CompareOp,
) -> PyResult<()> {
    let (b, c) = (usize::from(word.b()), usize::from(word.c()));
    let (left, right) = (frame.operand(thread, b)?, frame.operand(thread, c)?);
    let result = match quick_compare(op, left, right) {
        Some(truth) => singletons::bool(truth),
        None => operations::compare(thread, op, left, right)?,
    };
    frame.consume(b);
    frame.consume(c);
    frame.set(usize::from(word.a()), result);
    Ok(())
}

#[inline(never)]
pub(super) fn compare_jump(
    thread: &mut Thread,
    frame: Frame,
    word: Instruction,
    op: CompareOp,
) -> PyResult<bool> {
    let (a, b) = (usize::from(word.a()), usize::from(word.b()));
    let (left, right) = (frame.operand(thread, a)?, frame.operand(thread, b)?);
    if let Some(truth) = quick_compare(op, left, right) {
        frame.consume(a);
        frame.consume(b);
        return Ok(truth);
    }
    let result = operations::compare(thread, op, left, right)?;
    frame.consume(a);
    frame.consume(b);
    operations::truth(thread, *result)
}

#[inline(never)]
pub(super) fn compare_jump_immediate(
    thread: &mut Thread,
    frame: Frame,
    word: Instruction,
    op: CompareOp,
) -> PyResult<bool> {
    let a = usize::from(word.a());
    let left = frame.operand(thread, a)?;
    let right = Value::small(i64::from(word.b() as i8));
    if let Some(truth) = float_compare(op, left, right) {
        return Ok(truth);
    }
    let result = operations::compare(thread, op, left, right)?;
    frame.consume(a);
    operations::truth(thread, *result)
}

/// Whether `left op right`, for an integer and a float in words and for equality of strings.
#[inline(always)]
fn quick_compare(op: CompareOp, left: Value, right: Value) -> Option<bool> {
    if let (Some(left), Some(right)) = (downcast_exact::<Str>(&left), downcast_exact::<Str>(&right))
    {
        return match op {
            CompareOp::Eq => Some(left.equals(right)),
            CompareOp::Ne => Some(!left.equals(right)),
            _ => Some(op.holds(left.compare(right))),
        };
    }
    float_compare(op, left, right)
}

/// The truth of a register, which stays as it is.
#[inline]
pub(super) fn truth(thread: &mut Thread, frame: Frame, register: usize) -> PyResult<bool> {
    let value = frame.operand(thread, register)?;
    operations::truth(thread, value)
}

pub(super) fn is_same(thread: &mut Thread, frame: Frame, a: usize, b: usize) -> PyResult<bool> {
    let (left, right) = (frame.operand(thread, a)?, frame.operand(thread, b)?);
    let same = left.is(right);
    frame.consume(a);
    frame.consume(b);
    Ok(same)
}

pub(super) fn is(
    thread: &mut Thread,
    frame: Frame,
    word: Instruction,
    sense: bool,
) -> PyResult<()> {
    let same = is_same(thread, frame, usize::from(word.b()), usize::from(word.c()))?;
    frame.set(usize::from(word.a()), singletons::bool(same == sense));
    Ok(())
}

#[inline(never)]
pub(super) fn is_in(
    thread: &mut Thread,
    frame: Frame,
    item: usize,
    container: usize,
) -> PyResult<bool> {
    let (value, values) = (
        frame.operand(thread, item)?,
        frame.operand(thread, container)?,
    );
    let found = match items::contains(values, value) {
        Some(found) => found,
        None => operations::contains(thread, values, value)?,
    };
    frame.consume(item);
    frame.consume(container);
    Ok(found)
}

#[inline(never)]
pub(super) fn contains(
    thread: &mut Thread,
    frame: Frame,
    word: Instruction,
    sense: bool,
) -> PyResult<()> {
    let found = is_in(thread, frame, usize::from(word.b()), usize::from(word.c()))?;
    frame.set(usize::from(word.a()), singletons::bool(found == sense));
    Ok(())
}

#[cold]
#[inline(never)]
pub(super) fn delete_local(thread: &mut Thread, frame: Frame, register: usize) -> PyResult<()> {
    frame.operand(thread, register)?;
    clear_local(frame, register);
    Ok(())
}

/// Empties a register.
#[inline(always)]
pub(super) fn clear_local(frame: Frame, register: usize) {
    let place = frame.register(register);
    // SAFETY: a register of the frame, which owns what it held.
    unsafe {
        let old = place.read();
        place.write(Value::UNBOUND);
        crate::value::release(old);
    }
}

#[inline(never)]
pub(super) fn make_cell(frame: Frame, register: usize) {
    let place = frame.register(register);
    // SAFETY: a register of the frame; its reference moves into the cell.
    unsafe {
        let held = place.read();
        let content = held.is_bound().then(|| own(held));
        place.write(Cell::new(content).into_value());
    }
}

/// Takes over what a register held, counting it if the register did not own it.
#[inline(always)]
pub(super) fn own(value: Value) -> Ref {
    if value.is_owned() {
        Ref::adopt(value)
    } else {
        value.to_ref()
    }
}

#[cold]
#[inline(never)]
pub(super) fn delete_cell(thread: &mut Thread, frame: Frame, register: usize) -> PyResult<()> {
    match names::cell(frame, register).replace(None) {
        Some(_) => Ok(()),
        None => Err(names::empty_cell(thread, frame.code(), register)),
    }
}

pub(super) fn common(which: u8) -> Ref {
    if which == Common::AssertionError as u8 {
        exception::ASSERTION_ERROR.value().to_ref()
    } else if which == Common::NotImplementedError as u8 {
        exception::NOT_IMPLEMENTED_ERROR.value().to_ref()
    } else {
        singletons::ellipsis()
    }
}

#[cold]
#[inline(never)]
pub(super) fn delete_attr(
    thread: &mut Thread,
    frame: Frame,
    word: Instruction,
    name: Value,
) -> PyResult<()> {
    let a = usize::from(word.a());
    let target = frame.operand(thread, a)?;
    operations::set_attr(thread, target, name, None)?;
    frame.consume(a);
    Ok(())
}

#[inline(never)]
pub(super) fn get_super(
    thread: &mut Thread,
    frame: Frame,
    word: Instruction,
    name: Value,
    method: bool,
) -> PyResult<()> {
    let (a, b) = (usize::from(word.a()), usize::from(word.b()));
    let (class, receiver) = (frame.take(thread, b)?, frame.take(thread, b + 1)?);
    let (function, bound) = class::get_super(thread, *class, *receiver, name)?;
    if method {
        frame.set(a, function);
        let place = frame.register(a + FRAME_HEADER);
        // SAFETY: a temporary of the call's window, which holds nothing to release.
        unsafe {
            place.write(if bound {
                receiver.into_value()
            } else {
                Value::UNBOUND
            });
        };
    } else if bound {
        frame.set(a, crate::object::method::Method::new(function, receiver));
    } else {
        frame.set(a, function);
    }
    Ok(())
}
