//! Calls that the loop does not make itself, and the windows that arguments are in.

use super::build::called;
use super::{Frame, clear_local};
use crate::error::PyResult;
use crate::object::class;
use crate::object::code::Code;
use crate::object::dict::Dict;
use crate::object::function::Function;
use crate::object::native::{Args, Native, NativeDef};
use crate::object::tuple::Tuple;
use crate::object::{downcast, str::Str};
use crate::operations;
use crate::thread::Thread;
use crate::value::{Ref, Value, release};
use selvedge_compiler::Instruction;
use selvedge_compiler::op::FRAME_HEADER;

/// Whether `count` positional arguments and the defaults fill the parameters.
#[inline(always)]
pub(in crate::run) fn defaults_cover(function: &Function, code: &Code, count: usize) -> bool {
    let parameters = code.parameters as usize;
    count == parameters || (count < parameters && count + function.defaults().len() >= parameters)
}

/// Fills the parameters behind the first `count` with defaults; returns how many there are.
#[inline(always)]
pub(in crate::run) fn fill_simple_defaults(
    thread: &mut Thread,
    frame: Frame,
    code: &Code,
    count: usize,
) -> usize {
    let parameters = code.parameters as usize;
    if count < parameters && thread.stack.has_room(frame.base, parameters) {
        let defaults = frame.function().defaults();
        let first = parameters - defaults.len();
        for index in count..parameters {
            // Counted: the function may be given other defaults while the frame runs.
            let default = defaults[index - first].to_ref().into_value();
            // SAFETY: the stack has room, and the register is free: it lies behind the arguments.
            unsafe { frame.base.add(index).write(default) };
        }
        return parameters;
    }
    count
}

/// Releases the arguments and the function of a frame that could not be opened.
#[cold]
pub(in crate::run) fn abandon_window(base: *mut Value, filled: usize) {
    // Releasing may run Python code, whose frames may lie where the window is.
    // SAFETY: the window is the caller's, who reads none of it again.
    let held: Vec<Value> = unsafe {
        let places = (0..filled)
            .map(|index| base.add(index))
            .chain([base.sub(FRAME_HEADER)]);
        places.map(|place| place.replace(Value::UNBOUND)).collect()
    };
    for value in held {
        // SAFETY: taken out of the window, which owned it.
        unsafe { release(value) };
    }
}

/// Checks that every argument is bound.
#[inline(always)]
pub(in crate::run) fn all_bound(
    thread: &mut Thread,
    frame: Frame,
    first: usize,
    values: &[Value],
) -> PyResult<()> {
    match values.iter().position(|value| !value.is_bound()) {
        None => Ok(()),
        Some(index) => Err(frame.unbound(thread, first + index)),
    }
}

/// Empties a call's window.
#[inline(always)]
pub(in crate::run) fn clear_window(frame: Frame, window: usize, first: usize, count: usize) {
    clear_local(frame, window);
    for index in first..first + count {
        clear_local(frame, index);
    }
}

/// Calls what is at `window` with the arguments from `first` on, the last of them named.
#[inline(never)]
pub(in crate::run) fn call(
    thread: &mut Thread,
    frame: Frame,
    window: usize,
    first: usize,
    count: usize,
    names: &[Value],
) -> PyResult {
    let callee = frame.operand(thread, window)?;
    // SAFETY: the compiler filled these registers, which stay as they are during the call.
    let values = unsafe { core::slice::from_raw_parts(frame.base.add(first), count) };
    all_bound(thread, frame, first, values)?;
    let result = operations::call(thread, callee, &Args::with_names(values, names));
    clear_window(frame, window, first, count);
    result
}

/// The names of a call's last arguments.
pub(in crate::run) fn names(constant: &Ref) -> &[Value] {
    downcast::<Tuple>(constant)
        .expect("the names of arguments are a tuple")
        .items()
}

#[cold]
#[inline(never)]
pub(in crate::run) fn call_unpack(
    thread: &mut Thread,
    frame: Frame,
    word: Instruction,
) -> PyResult<()> {
    let window = usize::from(word.a());
    let callee = frame.take(thread, window)?;
    let positional = frame.take(thread, window + FRAME_HEADER)?;
    let mut values: Vec<Ref> = operations::collect(thread, *positional)?;
    let mut names = Vec::new();
    if word.b() == 1 {
        let keywords = frame.take(thread, window + FRAME_HEADER + 1)?;
        for (name, value) in downcast::<Dict>(&keywords)
            .expect("keyword arguments are a dictionary")
            .to_vec()
        {
            if downcast::<Str>(&name).is_none() {
                return Err(thread.type_error("keywords must be strings"));
            }
            names.push(name);
            values.push(value);
        }
    }
    let words = |refs: &[Ref]| refs.iter().map(|item| **item).collect::<Vec<Value>>();
    let (values, names) = (words(&values), words(&names));
    let result = operations::call(thread, *callee, &Args::with_names(&values, &names))?;
    frame.set(usize::from(word.c()), result);
    Ok(())
}

/// The iterable of `f(*iterable)` as a tuple.
#[cold]
#[inline(never)]
pub(in crate::run) fn unpack_arguments(
    thread: &mut Thread,
    frame: Frame,
    word: Instruction,
) -> PyResult<()> {
    let iterable = frame.take(thread, usize::from(word.b()))?;
    if downcast::<Tuple>(&iterable).is_none()
        && iterable.ty().iter().is_none()
        && iterable.ty().get_item().is_none()
    {
        let function = frame.operand(thread, usize::from(word.c()))?;
        let (name, ty) = (called(thread, function)?, iterable.ty().name());
        return Err(thread.type_error(format!(
            "{name} argument after * must be an iterable, not {ty}"
        )));
    }
    let items = operations::collect(thread, *iterable)?;
    frame.set(usize::from(word.a()), Tuple::from_refs(items));
    Ok(())
}

static BUILD_CLASS: NativeDef = NativeDef::function("__build_class__", class::build_class);

/// The function that a class statement calls.
pub(in crate::run) fn build_class_function() -> Ref {
    Native::new(&BUILD_CLASS)
}
