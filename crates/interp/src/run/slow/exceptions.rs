//! Raising, handling, `with`, and importing.

use super::Frame;
use crate::error::{PyResult, Raised};
use crate::import::{self, Import};
use crate::object::exception::{self, BASE_EXCEPTION, Exception};
use crate::object::method::Method;
use crate::object::native::Args;
use crate::object::str::name_text;
use crate::object::tuple::Tuple;
use crate::object::{Special, class, downcast, downcast_exact, exception_group, singletons};
use crate::operations;
use crate::run::special::{self, Rest};
use crate::thread::Thread;
use crate::value::{Ref, Value};
use selvedge_compiler::Instruction;
use std::borrow::Cow;

#[cold]
#[inline(never)]
pub(in crate::run) fn raise(thread: &mut Thread, frame: Frame, word: Instruction) -> Raised {
    let result = match word.c() {
        0 => return raise_handled(thread),
        1 => frame
            .take(thread, usize::from(word.a()))
            .and_then(|what| instantiate(thread, what)),
        _ => raise_from(thread, frame, word),
    };
    match result {
        Ok(exception) => thread.raise(exception),
        Err(raised) => raised,
    }
}

fn raise_handled(thread: &mut Thread) -> Raised {
    match thread.handled() {
        Some(handled) => {
            thread.reraising = true;
            thread.raise_again(handled)
        }
        None => thread.raise_text(&exception::RUNTIME_ERROR, "No active exception to reraise"),
    }
}

fn raise_from(thread: &mut Thread, frame: Frame, word: Instruction) -> PyResult {
    let what = frame.take(thread, usize::from(word.a()))?;
    let cause = frame.take(thread, usize::from(word.b()))?;
    let exception = instantiate(thread, what)?;
    let cause = if singletons::is_none(*cause) {
        None
    } else {
        match instantiate(thread, cause) {
            Ok(cause) => Some(cause),
            Err(raised) => {
                thread.swallow(raised, &exception::TYPE_ERROR)?;
                return Err(thread.type_error("exception causes must derive from BaseException"));
            }
        }
    };
    downcast::<Exception>(&exception)
        .expect("checked when made")
        .set_cause(cause);
    Ok(exception)
}

/// The exception that `raise what` raises.
fn instantiate(thread: &mut Thread, what: Ref) -> PyResult {
    if downcast::<Exception>(&what).is_some() {
        return Ok(what);
    }
    if class::as_type(*what).is_some_and(|ty| ty.is_subtype(&BASE_EXCEPTION)) {
        let made = operations::call(thread, *what, &Args::new(&[]))?;
        if downcast::<Exception>(&made).is_some() {
            return Ok(made);
        }
    }
    Err(thread.type_error("exceptions must derive from BaseException"))
}

#[inline(never)]
pub(in crate::run) fn push_exception(
    thread: &mut Thread,
    frame: Frame,
    register: usize,
) -> PyResult<()> {
    let exception = frame.operand(thread, register)?.to_ref();
    let before = thread.set_handled(Some(exception));
    frame.set(register + 1, before.unwrap_or_else(singletons::none));
    Ok(())
}

#[inline(never)]
pub(in crate::run) fn pop_exception(
    thread: &mut Thread,
    frame: Frame,
    register: usize,
) -> PyResult<()> {
    let before = frame.take(thread, register + 1)?;
    let handled = thread.set_handled((!singletons::is_none(*before)).then_some(before));
    drop(handled);
    frame.consume(register);
    Ok(())
}

#[inline(never)]
pub(in crate::run) fn exception_matches(
    thread: &mut Thread,
    frame: Frame,
    word: Instruction,
) -> PyResult<bool> {
    let raised = frame.operand(thread, usize::from(word.a()))?;
    let classes = frame.take(thread, usize::from(word.b()))?;
    match_classes(thread, raised, *classes)
}

fn match_classes(thread: &mut Thread, raised: Value, classes: Value) -> PyResult<bool> {
    if let Some(tuple) = downcast::<Tuple>(&classes) {
        let mut matches = false;
        for class in tuple.items() {
            matches |= match_class(thread, raised, *class)?;
        }
        return Ok(matches);
    }
    match_class(thread, raised, classes)
}

fn match_class(thread: &mut Thread, raised: Value, class: Value) -> PyResult<bool> {
    if class.is(raised.ty().value()) {
        return Ok(true);
    }
    match class::as_type(class).filter(|ty| ty.is_subtype(&BASE_EXCEPTION)) {
        Some(ty) => Ok(raised.ty().is_subtype(ty)),
        None => Err(thread
            .type_error("catching classes that do not inherit from BaseException is not allowed")),
    }
}

#[inline(never)]
pub(in crate::run) fn with_enter(
    thread: &mut Thread,
    frame: Frame,
    word: Instruction,
) -> PyResult<Rest> {
    let manager = frame.take(thread, usize::from(word.b()))?;
    let other = ("__aexit__", "asynchronous context manager", "async with");
    let exit = match special::method(thread, manager.ty(), Special::Exit) {
        Some(exit) => Method::new(exit.to_ref(), manager.clone()),
        None => special(thread, *manager, "__exit__", "context manager", other)?,
    };
    let a = usize::from(word.a());
    let entered = match special::method(thread, manager.ty(), Special::Enter) {
        Some(enter) if special::runs_in_loop(thread, enter, 1) => {
            frame.set(a, exit);
            let args = (manager.into_value(), &[][..]);
            return special::call(thread, frame, enter, args, a + 1).map(Some);
        }
        Some(enter) => operations::call(thread, enter, &Args::new(&[*manager]))?,
        None => {
            let enter = special(thread, *manager, "__enter__", "context manager", other)?;
            operations::call(thread, *enter, &Args::new(&[]))?
        }
    };
    frame.set(a, exit);
    frame.set(a + 1, entered);
    Ok(None)
}

/// A method of a context manager, looked up on its type. `other` is the first method of the other
/// protocol, and the statement that wants it.
pub(super) fn special(
    thread: &mut Thread,
    manager: Value,
    name: &str,
    protocol: &str,
    other: (&str, &str, &str),
) -> PyResult {
    if let Some(method) = class::special_method(thread, manager, name)? {
        return Ok(method);
    }
    let ty = match manager.ty().module() {
        "__main__" => Cow::Borrowed(manager.ty().qualname()),
        _ => manager.ty().full_name(),
    };
    let mut text =
        format!("'{ty}' object does not support the {protocol} protocol (missed {name} method)");
    let (method, other_protocol, statement) = other;
    if class::has_special(manager.ty(), thread, method) {
        text += " but it supports the ";
        text += other_protocol;
        text += " protocol. Did you mean to use '";
        text += statement;
        text += "'?";
    }
    Err(thread.type_error(text))
}

#[inline(never)]
pub(in crate::run) fn with_exit(
    thread: &mut Thread,
    frame: Frame,
    word: Instruction,
) -> PyResult<Rest> {
    let (exit, none) = (
        frame.operand(thread, usize::from(word.a()))?,
        singletons::none_value(),
    );
    if let Some(method) = downcast_exact::<Method>(&exit) {
        let args = [*method.receiver, none, none, none];
        if let Some(begun) = special::begin(thread, frame, *method.function, &args)? {
            return Ok(Some(begun));
        }
    }
    let exit = frame.take(thread, usize::from(word.a()))?;
    operations::call(thread, *exit, &Args::new(&[none, none, none]))?;
    Ok(None)
}

#[inline(never)]
pub(in crate::run) fn with_except(
    thread: &mut Thread,
    frame: Frame,
    word: Instruction,
) -> PyResult<Rest> {
    let exit = frame.operand(thread, usize::from(word.a()))?;
    let exception = frame.operand(thread, usize::from(word.b()))?;
    let arguments = [exception.ty().value(), exception, singletons::none_value()];
    if let Some(method) = downcast_exact::<Method>(&exit)
        && special::runs_in_loop(thread, *method.function, 4)
    {
        let args = (method.receiver.borrow(), &arguments[..]);
        let (function, result) = (*method.function, usize::from(word.c()));
        return special::call(thread, frame, function, args, result).map(Some);
    }
    let result = operations::call(thread, exit, &Args::new(&arguments))?;
    frame.set(usize::from(word.c()), result);
    Ok(None)
}

#[inline(never)]
pub(in crate::run) fn import_name(
    thread: &mut Thread,
    frame: Frame,
    word: Instruction,
    name: Value,
) -> PyResult<()> {
    let b = usize::from(word.b());
    let (names, level) = (frame.take(thread, b)?, frame.take(thread, b + 1)?);
    let level = operations::index(thread, *level)?;
    let wanted = Import {
        name: &name_text(&name),
        globals: Some(frame.function().globals()),
        names: *names,
        level,
    };
    let module = import::import(thread, wanted)?;
    frame.set(usize::from(word.a()), module);
    Ok(())
}

#[inline(never)]
pub(in crate::run) fn import_from(
    thread: &mut Thread,
    frame: Frame,
    word: Instruction,
    name: Value,
) -> PyResult<()> {
    let module = frame.operand(thread, usize::from(word.b()))?;
    let found = import::import_from(thread, module, name)?;
    frame.set(usize::from(word.a()), found);
    Ok(())
}

#[inline(never)]
pub(in crate::run) fn group_match(
    thread: &mut Thread,
    frame: Frame,
    word: Instruction,
) -> PyResult<()> {
    let raised = frame.operand(thread, usize::from(word.b()))?.to_ref();
    let classes = frame.take(thread, usize::from(word.c()))?;
    let list: Vec<Value> = match downcast::<Tuple>(&classes) {
        Some(tuple) => tuple.items().to_vec(),
        None => vec![*classes],
    };
    for class in list {
        let Some(ty) = class::as_type(class).filter(|ty| ty.is_subtype(&BASE_EXCEPTION)) else {
            let text = "catching classes that do not inherit from BaseException is not allowed";
            return Err(thread.type_error(text));
        };
        if ty.is_subtype(&exception::BASE_EXCEPTION_GROUP) {
            let text = "catching ExceptionGroup with except* is not allowed. Use except instead.";
            return Err(thread.type_error(text));
        }
    }
    let (matching, rest) = exception_group::take_matching(thread, *raised, *classes)?;
    if let Some(matching) = &matching {
        drop(thread.set_handled(Some(matching.clone())));
    }
    let a = usize::from(word.a());
    frame.set(a, matching.unwrap_or_else(singletons::none));
    frame.set(a + 1, rest.unwrap_or_else(singletons::none));
    Ok(())
}

#[inline(never)]
pub(in crate::run) fn group_reraise(
    thread: &mut Thread,
    frame: Frame,
    word: Instruction,
) -> PyResult<()> {
    let original = frame.take(thread, usize::from(word.b()))?;
    let outcomes = frame.take(thread, usize::from(word.c()))?;
    let outcomes = operations::collect(thread, *outcomes)?;
    let raised = exception_group::raised_of(thread, *original, outcomes)?;
    frame.set(
        usize::from(word.a()),
        raised.unwrap_or_else(singletons::none),
    );
    Ok(())
}
