//! Python code that an instruction runs without being a call: the method of an operator, the
//! getter or setter of a property. It runs in the loop, in a frame at the stack's top.
//!
//! Getters are called as functions are ([`call`]): what they return is the instruction's result. Of the others:
//!
//! | when | who | does |
//! | --- | --- | --- |
//! | the instruction runs | [`begin`] | opens the frame; its parameters borrow from the registers of the instruction's operands, which stay as they are |
//! | the frame returns | [`end`] | does what is left of the instruction that the caller stands at: releases its operands, stores the result, steps over its second word |
//!
//! A method that returns `NotImplemented` leaves the instruction to what comes next in the general
//! way: the other operand's method, or the error.

use super::frame::{Frame, Opener};
use super::{opcode, slow};
use crate::cache::Cached;
use crate::error::PyResult;
use crate::object::class;
use crate::object::function::Function;
use crate::object::native::NATIVE_TYPE;
use crate::object::{BinaryOp, Special, Type, downcast_exact, singletons};
use crate::operations;
use crate::thread::Thread;
use crate::value::{Ref, Value};
use selvedge_compiler::Instruction;
use selvedge_compiler::op::FRAME_HEADER;
use selvedge_sync::seam::atomic::{AtomicU32, Ordering};

/// In a type's cache: the slot is the number of its method.
const FUNCTION: u8 = 1;
/// In a type's cache: it has no such method that is a plain function written in Python.
const OTHER: u8 = 2;
/// In a type's cache: the method is that of a builtin type.
const BUILTIN: u8 = 3;

/// What is left to do for an instruction: nothing, or to run this frame.
pub(super) type Rest = Option<Frame>;

/// Opens a frame in which `function` runs on `args`, for the instruction that `frame` is at.
/// Nothing if the function is none that runs so.
///
/// # Errors
/// `RecursionError`.
#[inline]
pub(super) fn begin(
    thread: &mut Thread,
    frame: Frame,
    function: Value,
    args: &[Value],
) -> PyResult<Rest> {
    let Some(this) = downcast_exact::<Function>(&function) else {
        return Ok(None);
    };
    let (code, top) = (this.code(), thread.stack.top);
    let count = code.parameters as usize;
    let fits = code.runs_at_once
        && slow::defaults_cover(this, code, args.len())
        && thread.stack.has_room(top, FRAME_HEADER + count);
    if !fits {
        return Ok(None);
    }
    // SAFETY: the stack has room for the header and the parameters, and nothing is there yet.
    let next = unsafe {
        top.write(function.to_ref().into_value());
        let base = top.add(FRAME_HEADER);
        for (index, value) in args.iter().enumerate() {
            base.add(index).write(value.borrow());
        }
        Frame { base }
    };
    let filled = slow::fill_simple_defaults(thread, next, code, args.len());
    match next.open(thread, code, filled, frame.base, Opener::Special, 0) {
        Ok(()) => Ok(Some(next)),
        Err(raised) => {
            slow::abandon_window(next.base, filled);
            Err(raised)
        }
    }
}

/// Whether [`call`] runs `function` with `count` arguments.
#[inline]
pub(super) fn runs_in_loop(thread: &Thread, function: Value, count: usize) -> bool {
    downcast_exact::<Function>(&function).is_some_and(|function| {
        let code = function.code();
        code.runs_at_once
            && code.simple_count as usize == count
            && thread
                .stack
                .has_room(thread.stack.top, FRAME_HEADER + count)
    })
}

/// Calls a function that [`runs_in_loop`], as if the instruction that `frame` is at was that call:
/// what it returns is the instruction's `result`, and nothing is left to do then. `first` moves,
/// the other arguments are borrowed. `frame` is to go on at its resumption point.
///
/// # Errors
/// `RecursionError`.
#[inline]
pub(super) fn call(
    thread: &mut Thread,
    frame: Frame,
    function: Value,
    (first, rest): (Value, &[Value]),
    result: usize,
) -> PyResult<Frame> {
    let this = downcast_exact::<Function>(&function).expect("the caller has asked");
    let (code, top, count) = (this.code(), thread.stack.top, 1 + rest.len());
    // SAFETY: the stack has room for the header and the parameters, and nothing is there yet.
    let next = unsafe {
        top.write(function.to_ref().into_value());
        let base = top.add(FRAME_HEADER);
        base.write(first);
        for (index, value) in rest.iter().enumerate() {
            base.add(1 + index).write(value.borrow());
        }
        Frame { base }
    };
    match next.open(thread, code, count, frame.base, Opener::Detached, result) {
        Ok(()) => Ok(next),
        Err(raised) => {
            slow::abandon_window(next.base, count);
            Err(raised)
        }
    }
}

/// Runs the function that computes what an instruction gets as attribute of its operand, which is
/// given `rest` too. Nothing if the function is none that runs so.
///
/// # Errors
/// `RecursionError`.
pub(super) fn call_getter(
    thread: &mut Thread,
    frame: Frame,
    word: Instruction,
    function: Value,
    rest: &[Value],
) -> PyResult<Rest> {
    if !runs_in_loop(thread, function, 1 + rest.len()) {
        return Ok(None);
    }
    // SAFETY: the instruction, which the frame is at, has a second word.
    frame.set_resume(unsafe { frame.resume().add(1) });
    let receiver = frame.move_or_borrow(usize::from(word.b()));
    let args = (receiver, rest);
    call(thread, frame, function, args, usize::from(word.a())).map(Some)
}

/// The method of a type, if it is a plain function written in Python.
#[inline]
pub(crate) fn method(thread: &mut Thread, ty: &'static Type, special: Special) -> Option<Value> {
    let cached = kind_of(thread, ty, special);
    (cached.kind == FUNCTION)
        .then(|| ty.resolved(cached.slot as usize))
        .flatten()
}

/// Whether the method of a type is that of a builtin type.
#[inline]
pub(crate) fn is_builtin(thread: &mut Thread, ty: &'static Type, special: Special) -> bool {
    kind_of(thread, ty, special).kind == BUILTIN
}

/// What the type's cache says of a method, after it has been filled.
#[inline]
fn kind_of(thread: &mut Thread, ty: &'static Type, special: Special) -> Cached {
    let cached = Cached::load(ty.special(special));
    if cached.version != 0 && cached.version == ty.version() {
        return cached;
    }
    learn(thread, ty, special)
}

#[cold]
#[inline(never)]
fn learn(thread: &mut Thread, ty: &'static Type, special: Special) -> Cached {
    let version = ty.make_version();
    let name = thread.interpreter().intern(special.name());
    let (kind, slot) = match ty.resolve(*name) {
        Some((number, found)) if downcast_exact::<Function>(&found).is_some() => (FUNCTION, number),
        Some((_, found)) if found.is_exactly(&NATIVE_TYPE) => (BUILTIN, 0),
        _ => (OTHER, 0),
    };
    Cached::store(kind, slot, version, ty.special(special));
    Cached {
        kind,
        slot: slot as u32,
        version,
    }
}

/// Begins `left op right`, if the first to be asked is a method of `left` written in Python.
///
/// # Errors
/// `RecursionError`.
pub(super) fn binary(
    thread: &mut Thread,
    frame: Frame,
    op: BinaryOp,
    inplace: bool,
    [left, right]: [Value; 2],
) -> PyResult<Rest> {
    let ty = left.ty();
    if !ty.is_heap() || inplace && ty.inplace().is_some() {
        return Ok(None);
    }
    let other = right.ty();
    if !core::ptr::eq(ty, other) && other.is_subtype(ty) {
        return Ok(None);
    }
    match method(thread, ty, Special::Binary(op)) {
        Some(method) => begin(thread, frame, method, &[left, right]),
        None => Ok(None),
    }
}

/// Begins `container[key]`, if that is a method written in Python.
///
/// # Errors
/// `RecursionError`.
pub(super) fn get_item(
    thread: &mut Thread,
    frame: Frame,
    container: Value,
    key: Value,
) -> PyResult<Rest> {
    if !container.ty().is_heap() {
        return Ok(None);
    }
    match method(thread, container.ty(), Special::GetItem) {
        Some(method) => begin(thread, frame, method, &[container, key]),
        None => Ok(None),
    }
}

/// Begins `target.name = value`, if that is the setter of a property written in Python.
///
/// # Errors
/// `RecursionError`.
pub(super) fn set_attr(
    thread: &mut Thread,
    frame: Frame,
    target: Value,
    name: Value,
    value: Value,
) -> PyResult<Rest> {
    let ty = target.ty();
    if !ty.is_heap() || !class::writes_generically(ty) {
        return Ok(None);
    }
    let setter = ty.lookup(name).and_then(class::property_setter);
    match setter {
        Some(setter) => begin(thread, frame, setter, &[target, value]),
        None => Ok(None),
    }
}

/// Does what is left of the instruction that `caller` is at, `pc` being behind its first word,
/// when the frame that it had begun has returned `result`. Returns where the caller goes on.
///
/// # Errors
/// What the general way raises after `NotImplemented`.
#[inline(never)]
pub(super) fn end(
    thread: &mut Thread,
    caller: Frame,
    pc: *const AtomicU32,
    result: Ref,
) -> PyResult<*const AtomicU32> {
    // SAFETY: `pc` is behind the first word of an instruction. Relaxed: a word is replaced by
    // another that does the same.
    let word = Instruction(unsafe { (*pc.sub(1)).load(Ordering::Relaxed) });
    let (a, b, c) = (
        usize::from(word.a()),
        usize::from(word.b()),
        usize::from(word.c()),
    );
    // SAFETY: the operations that go on here have a second word.
    let behind = unsafe { pc.add(1) };
    match word.0 as u8 {
        opcode::GetItemConst => {
            caller.consume(b);
            caller.set(a, result);
            return Ok(behind);
        }
        opcode::SetAttr => {
            caller.consume(b);
            caller.consume(a);
            return Ok(behind);
        }
        opcode::WithExit => caller.consume(a),
        opcode::GetItem => {
            caller.consume(b);
            caller.consume(c);
            caller.set(a, result);
        }
        operator => end_binary(thread, caller, word, operator, result)?,
    }
    Ok(pc)
}

fn end_binary(
    thread: &mut Thread,
    caller: Frame,
    word: Instruction,
    operator: u8,
    mut result: Ref,
) -> PyResult<()> {
    let (b, c) = (usize::from(word.b()), usize::from(word.c()));
    let (op, inplace, immediate) = operator_of(operator);
    if singletons::is_not_implemented(*result) {
        let left = caller.operand(thread, b)?;
        let right = if immediate {
            Value::small(i64::from(word.c() as i8))
        } else {
            caller.operand(thread, c)?
        };
        result = operations::binary_otherwise(thread, op, inplace, left, right)?;
    }
    caller.consume(b);
    if !immediate {
        caller.consume(c);
    }
    caller.set(usize::from(word.a()), result);
    Ok(())
}

/// The operator of an instruction, whether it is an augmented assignment's, and whether its right
/// operand is in the instruction.
fn operator_of(operator: u8) -> (BinaryOp, bool, bool) {
    let immediate = |op, inplace| (op, inplace, true);
    match operator {
        opcode::AddImm => immediate(BinaryOp::Add, false),
        opcode::SubImm => immediate(BinaryOp::Sub, false),
        opcode::MulImm => immediate(BinaryOp::Mul, false),
        opcode::FloorDivImm => immediate(BinaryOp::FloorDiv, false),
        opcode::ModImm => immediate(BinaryOp::Mod, false),
        opcode::AndImm => immediate(BinaryOp::And, false),
        opcode::LShiftImm => immediate(BinaryOp::LShift, false),
        opcode::RShiftImm => immediate(BinaryOp::RShift, false),
        opcode::InplaceAddImm => immediate(BinaryOp::Add, true),
        opcode::InplaceSubImm => immediate(BinaryOp::Sub, true),
        opcode::InplaceAdd..=opcode::InplaceMatMul => {
            let op = BinaryOp::ALL[usize::from(operator - opcode::InplaceAdd)];
            (op, true, false)
        }
        _ => {
            let op = BinaryOp::ALL[usize::from(operator - opcode::Add)];
            (op, false, false)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use selvedge_compiler::op::Op;

    #[test]
    fn operators_are_found_by_their_operations() {
        for (op, expected) in [
            (Op::Add, (BinaryOp::Add, false, false)),
            (Op::Pow, (BinaryOp::Pow, false, false)),
            (Op::MatMul, (BinaryOp::MatMul, false, false)),
            (Op::InplaceAdd, (BinaryOp::Add, true, false)),
            (Op::InplaceXor, (BinaryOp::Xor, true, false)),
            (Op::InplaceMatMul, (BinaryOp::MatMul, true, false)),
            (Op::ModImm, (BinaryOp::Mod, false, true)),
            (Op::InplaceSubImm, (BinaryOp::Sub, true, true)),
        ] {
            assert_eq!(operator_of(op as u8), expected);
        }
    }
}
