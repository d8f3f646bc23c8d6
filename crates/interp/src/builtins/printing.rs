//! `print`.

use crate::error::PyResult;
use crate::object::module::Module;
use crate::object::native::Args;
use crate::object::str::Str;
use crate::object::{downcast, singletons};
use crate::operations;
use crate::output;
use crate::thread::Thread;
use crate::value::{Ref, Value};

fn text_or_none(thread: &mut Thread, value: Value, what: &str) -> PyResult<String> {
    match downcast::<Str>(&value) {
        Some(text) => Ok(text.to_utf8_lossy().into_owned()),
        None => {
            let name = value.ty().name();
            Err(thread.type_error(format!("{what} must be None or a string, not {name}")))
        }
    }
}

pub(super) fn print(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let (mut separator, mut end, mut flush, mut file) =
        (" ".to_owned(), "\n".to_owned(), false, None);
    for (keyword, value) in args.keywords() {
        let given = !singletons::is_none(value);
        match &*crate::object::str::name_text(&keyword) {
            "sep" if given => separator = text_or_none(thread, value, "sep")?,
            "end" if given => end = text_or_none(thread, value, "end")?,
            "sep" | "end" => {}
            "flush" => flush = operations::truth(thread, value)?,
            "file" => file = Some(value).filter(|_| given),
            other => {
                return Err(thread.type_error(format!(
                    "print() got an unexpected keyword argument '{other}'"
                )));
            }
        }
    }
    let file = match file {
        Some(file) => Some(file.to_ref()),
        None => redirected(thread),
    };
    if let Some(file) = file.as_deref().copied() {
        if singletons::is_none(file) {
            return Ok(singletons::none());
        }
        return print_to(thread, file, args.positional(), [&separator, &end], flush);
    }
    let mut line = String::new();
    for (index, value) in args.positional().iter().enumerate() {
        if index > 0 {
            line.push_str(&separator);
        }
        line.push_str(&operations::str_text(thread, *value)?);
    }
    line.push_str(&end);
    output::write(thread, &line)?;
    if flush {
        output::flush_checked(thread)?;
    }
    Ok(singletons::none())
}

/// What a program has put in the place of standard output, if it has.
fn redirected(thread: &mut Thread) -> Option<Ref> {
    let name = |name: &str| thread.interpreter().intern(name);
    let (system, now, original) = (name("sys"), name("stdout"), name("__stdout__"));
    let system = thread.interpreter().modules().get_name(*system)?;
    let namespace = downcast::<Module>(&system)?.namespace();
    let (now, original) = (namespace.get_name(*now)?, namespace.get_name(*original)?);
    (!now.is(*original)).then_some(now)
}

/// Prints to any object with a `write`, a piece at a time.
fn print_to(
    thread: &mut Thread,
    file: Value,
    values: &[Value],
    [separator, end]: [&str; 2],
    flush: bool,
) -> PyResult {
    let (separator, end) = (Str::new(separator), Str::new(end));
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            operations::call_method(thread, file, "write", &[*separator])?;
        }
        let text = operations::str(thread, *value)?;
        operations::call_method(thread, file, "write", &[*text])?;
    }
    operations::call_method(thread, file, "write", &[*end])?;
    if flush {
        operations::call_method(thread, file, "flush", &[])?;
    }
    Ok(singletons::none())
}
