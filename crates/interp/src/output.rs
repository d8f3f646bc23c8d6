//! Standard output, written by the line or by the block as the system's streams are.

use crate::error::PyResult;
use crate::object::exception;
use crate::object::native::Args;
use crate::object::str::Str;
use crate::operations;
use crate::thread::Thread;
use crate::value::Value;
use std::io::{ErrorKind, Write};

/// Writes text to standard output.
///
/// # Errors
/// `OSError` if the system refuses.
pub fn write(thread: &mut Thread, text: &str) -> PyResult<()> {
    let result = std::io::stdout().lock().write_all(text.as_bytes());
    result.map_err(|error| raise_io(thread, &error))
}

/// Brings what was written on its way. Errors do not matter any more to those who call this at
/// the end.
pub(crate) fn flush(_: &mut Thread) {
    drop(std::io::stdout().lock().flush());
}

/// Brings what was written on its way.
///
/// # Errors
/// `OSError` if the system refuses.
pub fn flush_checked(thread: &mut Thread) -> PyResult<()> {
    let result = std::io::stdout().lock().flush();
    result.map_err(|error| raise_io(thread, &error))
}

/// Raises a system error about the file `name`, with its number and text.
pub fn raise_file(
    thread: &mut Thread,
    error: &std::io::Error,
    name: Value,
) -> crate::error::Raised {
    match error.raw_os_error() {
        Some(number) => raise_number(thread, number, Some(name)),
        None => raise_io(thread, error),
    }
}

/// Raises the system error with this number, about a file if one is given.
pub fn raise_number(thread: &mut Thread, number: i32, name: Option<Value>) -> crate::error::Raised {
    let text = std::io::Error::from_raw_os_error(number).to_string();
    let text = Str::new(
        text.split_once(" (os error")
            .map_or(&*text, |(text, _)| text),
    );
    let mut arguments = vec![Value::small(i64::from(number)), *text];
    arguments.extend(name);
    // Making the exception finds the type that goes with the number.
    let ty = &exception::OS_ERROR;
    match operations::call(thread, ty.value(), &Args::new(&arguments)) {
        Ok(exception) => thread.raise(exception),
        Err(raised) => raised,
    }
}

/// Raises a system error as Python shows it.
pub fn raise_io(thread: &mut Thread, error: &std::io::Error) -> crate::error::Raised {
    let ty = match error.kind() {
        ErrorKind::BrokenPipe => &exception::BROKEN_PIPE_ERROR,
        ErrorKind::NotFound => &exception::FILE_NOT_FOUND_ERROR,
        ErrorKind::PermissionDenied => &exception::PERMISSION_ERROR,
        ErrorKind::AlreadyExists => &exception::FILE_EXISTS_ERROR,
        ErrorKind::Interrupted => &exception::INTERRUPTED_ERROR,
        _ => &exception::OS_ERROR,
    };
    thread.raise_text(ty, error.to_string())
}
