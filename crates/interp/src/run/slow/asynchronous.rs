//! Delegating, awaiting, and asynchronous iteration and context managers.

use super::Frame;
use super::exceptions::special;
use crate::error::PyResult;
use crate::object::generator::{
    self, ASYNC_GENERATOR_TYPE, COROUTINE_TYPE, GENERATOR_TYPE, awaitable_iterator,
};
use crate::object::native::Args;
use crate::object::{class, exception, singletons};
use crate::operations::{self, Sent};
use crate::thread::Thread;
use crate::value::{Ref, Value};
use selvedge_compiler::{CO_COROUTINE, CO_ITERABLE_COROUTINE, Instruction};

/// Sends to an iterator that has no frame; says whether it is done.
#[inline(never)]
pub(in crate::run) fn send(
    thread: &mut Thread,
    frame: Frame,
    word: Instruction,
    value: &Ref,
) -> PyResult<bool> {
    let (a, b) = (usize::from(word.a()), usize::from(word.b()));
    let target = frame.operand(thread, b)?;
    match operations::send(thread, target, **value)? {
        Sent::Yielded(value) => {
            frame.set(a, value);
            Ok(false)
        }
        Sent::Returned(value) => {
            frame.consume(b);
            frame.set(a, value);
            Ok(true)
        }
    }
}

#[inline(never)]
pub(in crate::run) fn get_yield_from_iter(
    thread: &mut Thread,
    frame: Frame,
    word: Instruction,
) -> PyResult<()> {
    let iterable = frame.take(thread, usize::from(word.b()))?;
    let iterator = if iterable.is_exactly(&COROUTINE_TYPE) {
        if frame.code().source.flags & (CO_COROUTINE | CO_ITERABLE_COROUTINE) == 0 {
            return Err(thread.type_error(
                "cannot 'yield from' a coroutine object in a non-coroutine generator",
            ));
        }
        iterable
    } else if iterable.is_exactly(&GENERATOR_TYPE) {
        iterable
    } else {
        operations::iter(thread, *iterable)?
    };
    frame.set(usize::from(word.a()), iterator);
    Ok(())
}

#[inline(never)]
pub(in crate::run) fn get_awaitable(
    thread: &mut Thread,
    frame: Frame,
    word: Instruction,
) -> PyResult<()> {
    let value = frame.take(thread, usize::from(word.b()))?;
    let reason = word.c();
    let iterator = awaitable_iterator(thread, *value, |thread| {
        let ty = value.ty().name();
        thread.type_error(match reason {
            1 => format!(
                "'async with' received an object from __aenter__ that does not implement __await__: {ty}"
            ),
            2 => format!("'async with' received an object from __aexit__ that does not implement __await__: {ty}"),
            _ => format!("'{ty}' object can't be awaited"),
        })
    })?;
    frame.set(usize::from(word.a()), iterator);
    Ok(())
}

#[inline(never)]
pub(in crate::run) fn async_gen_wrap(
    thread: &mut Thread,
    frame: Frame,
    word: Instruction,
) -> PyResult<()> {
    let value = frame.take(thread, usize::from(word.b()))?;
    frame.set(usize::from(word.a()), generator::wrap_value(value));
    Ok(())
}

#[inline(never)]
pub(in crate::run) fn get_async_iter(
    thread: &mut Thread,
    frame: Frame,
    word: Instruction,
) -> PyResult<()> {
    let iterable = frame.take(thread, usize::from(word.b()))?;
    let Some(method) = class::special_method(thread, *iterable, "__aiter__")? else {
        let ty = iterable.ty().name();
        return Err(thread.type_error(format!(
            "'async for' requires an object with __aiter__ method, got {ty}"
        )));
    };
    let iterator = operations::call(thread, *method, &Args::new(&[]))?;
    if !class::has_special(iterator.ty(), thread, "__anext__") {
        let ty = iterator.ty().name();
        return Err(thread.type_error(format!(
            "'async for' received an object from __aiter__ that does not implement __anext__: {ty}"
        )));
    }
    frame.set(usize::from(word.a()), iterator);
    Ok(())
}

#[inline(never)]
pub(in crate::run) fn get_async_next(
    thread: &mut Thread,
    frame: Frame,
    word: Instruction,
) -> PyResult<()> {
    let iterator = frame.operand(thread, usize::from(word.b()))?;
    let awaitable = if iterator.is_exactly(&ASYNC_GENERATOR_TYPE) {
        generator::next_step(thread, iterator)?
    } else {
        let Some(method) = class::special_method(thread, iterator, "__anext__")? else {
            let ty = iterator.ty().name();
            return Err(thread.type_error(format!(
                "'async for' requires an iterator with __anext__ method, got {ty}"
            )));
        };
        let next = operations::call(thread, *method, &Args::new(&[]))?;
        awaitable_iterator(thread, *next, |thread| {
            let ty = next.ty().name();
            thread.type_error(format!(
                "'async for' received an invalid object from __anext__: {ty}"
            ))
        })?
    };
    frame.set(usize::from(word.a()), awaitable);
    Ok(())
}

/// Ends an `async for`; returns the exception if it is none that ends one.
#[inline(never)]
pub(in crate::run) fn end_async_for(
    thread: &mut Thread,
    frame: Frame,
    word: Instruction,
) -> PyResult<Option<Ref>> {
    let raised = frame.take(thread, usize::from(word.b()))?;
    frame.consume(usize::from(word.a()));
    Ok((!raised.ty().is_subtype(&exception::STOP_ASYNC_ITERATION)).then_some(raised))
}

#[inline(never)]
pub(in crate::run) fn async_with_enter(
    thread: &mut Thread,
    frame: Frame,
    word: Instruction,
) -> PyResult<()> {
    let manager = frame.take(thread, usize::from(word.b()))?;
    let (protocol, other) = (
        "asynchronous context manager",
        ("__exit__", "context manager", "with"),
    );
    let exit = special(thread, *manager, "__aexit__", protocol, other)?;
    let enter = special(thread, *manager, "__aenter__", protocol, other)?;
    let entered = operations::call(thread, *enter, &Args::new(&[]))?;
    frame.set(usize::from(word.a()), exit);
    frame.set(usize::from(word.a()) + 1, entered);
    Ok(())
}

#[inline(never)]
pub(in crate::run) fn async_with_exit(
    thread: &mut Thread,
    frame: Frame,
    word: Instruction,
) -> PyResult<()> {
    let exit = frame.take(thread, usize::from(word.a()))?;
    let none: Value = singletons::none_value();
    let awaitable = operations::call(thread, *exit, &Args::new(&[none, none, none]))?;
    frame.set(usize::from(word.c()), awaitable);
    Ok(())
}
