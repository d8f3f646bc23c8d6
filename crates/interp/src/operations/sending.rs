//! Sending to iterators and throwing at them, and telling of what nobody handles.

use super::{call, call_method, get_attr_named, next};
use crate::error::PyResult;
use crate::object::native::Args;
use crate::object::tuple::Tuple;
use crate::object::{Type, downcast, exception, singletons};
use crate::thread::Thread;
use crate::value::{Ref, Value};

/// What an iterator does when it is sent a value.
#[derive(Debug)]
pub enum Sent {
    /// It yields, and can go on.
    Yielded(Ref),
    /// It is done, with this result.
    Returned(Ref),
}

/// Goes on with an iterator, sending it `value`.
///
/// # Errors
/// `AttributeError` if it takes no values, `TypeError` if it is no iterator, and what it raises.
pub fn send(thread: &mut Thread, iterator: Value, value: Value) -> PyResult<Sent> {
    let ty = iterator.ty();
    if let Some(slot) = ty.send() {
        return slot(thread, iterator, value);
    }
    if singletons::is_none(value) && ty.next().is_some() {
        let item = next(thread, iterator)?;
        return Ok(item.map_or_else(|| Sent::Returned(singletons::none()), Sent::Yielded));
    }
    let result = call_method(thread, iterator, "send", &[value]);
    or_returned(thread, result)
}

/// Raises `exception` in an iterator; one that cannot be thrown at lets it pass.
///
/// # Errors
/// What comes out of the iterator.
pub(crate) fn throw(thread: &mut Thread, iterator: Value, exception: Ref) -> PyResult<Sent> {
    if let Some(generator) = crate::object::generator::Generator::sendable(&iterator) {
        return crate::run::generator::throw(thread, generator, exception);
    }
    match get_attr_named(thread, iterator, "throw") {
        Ok(method) => {
            let result = call(thread, *method, &Args::new(&[*exception]));
            or_returned(thread, result)
        }
        Err(raised) => {
            thread.swallow(raised, &exception::ATTRIBUTE_ERROR)?;
            Err(thread.raise(exception))
        }
    }
}

/// What a method like `send` did: a `StopIteration` is a return.
pub(crate) fn or_returned(thread: &mut Thread, result: PyResult) -> PyResult<Sent> {
    match result {
        Ok(value) => Ok(Sent::Yielded(value)),
        Err(_) if thread.raised_is(&exception::STOP_ITERATION) => {
            let stopped = thread.take_raised();
            let arguments =
                downcast::<exception::Exception>(&stopped).map(exception::Exception::arguments);
            let first = arguments
                .as_ref()
                .and_then(|arguments| downcast::<Tuple>(arguments))
                .and_then(|arguments| arguments.items().first().map(|value| value.to_ref()));
            Ok(Sent::Returned(first.unwrap_or_else(singletons::none)))
        }
        Err(raised) => Err(raised),
    }
}

/// The value yielded; a return is raised as a `StopIteration`.
///
/// # Errors
/// `StopIteration` with the result.
pub(crate) fn or_stop_iteration(thread: &mut Thread, sent: Sent) -> PyResult {
    match sent {
        Sent::Yielded(value) => Ok(value),
        Sent::Returned(value) if singletons::is_none(*value) => {
            Err(thread.raise_with(&exception::STOP_ITERATION, &[]))
        }
        Sent::Returned(value) => Err(thread.raise_with(&exception::STOP_ITERATION, &[*value])),
    }
}

/// Shows the exception that is set, where nobody can be told of it.
pub(crate) fn show_unraisable(thread: &mut Thread, what: &str) {
    let raised = thread.take_raised();
    let shown = crate::run::traceback::render(thread, &raised);
    crate::output::flush(thread);
    eprint!("{what}\n{shown}");
}

/// Warns on standard error, at the place that runs.
pub(crate) fn warn(thread: &mut Thread, category: &'static Type, text: &str) {
    crate::output::flush(thread);
    let name = category.name();
    match crate::run::generator::running_place(thread) {
        Some((file, line)) => {
            let source = std::fs::read_to_string(&file).ok();
            let source = source
                .as_deref()
                .and_then(|source| source.lines().nth(line.saturating_sub(1) as usize));
            eprintln!("{file}:{line}: {name}: {text}");
            if let Some(source) = source {
                eprintln!("  {}", source.trim());
            }
        }
        None => eprintln!("sys:1: {name}: {text}"),
    }
}
