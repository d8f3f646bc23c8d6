//! The module `posix`: what `os` stands on.

mod constants;
mod descriptors;
mod files;
mod processes;
pub(crate) mod starting;

use crate::structs;
use selvedge_interp::object::bytes::{Bytes, bytes_of};
use selvedge_interp::object::dict::Dict;
use selvedge_interp::object::list::List;
use selvedge_interp::object::module::Module;
use selvedge_interp::object::native::Args;
use selvedge_interp::object::str::Str;
use selvedge_interp::object::{downcast, exception, singletons};
use selvedge_interp::{PyResult, Raised, Ref, Thread, Value, operations, output};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

pub(crate) fn make(thread: &mut Thread) -> PyResult {
    let new = Module::new(thread, "posix", files::FUNCTIONS);
    let module = downcast::<Module>(&new).expect("just made");
    module.define(thread, "posix", descriptors::FUNCTIONS);
    module.define(thread, "posix", processes::FUNCTIONS);
    for (name, number) in constants::NUMBERS {
        module.set(thread, name, Ref::small(i64::from(*number)));
    }
    let names = Dict::new();
    let entries = downcast::<Dict>(&names).expect("just made");
    for (name, number) in constants::SYSTEM_NAMES {
        entries.set(thread, Str::new(name), Ref::small(i64::from(*number)))?;
    }
    module.set(thread, "sysconf_names", names);
    module.set(thread, "error", exception::OS_ERROR.value().to_ref());
    let environment = Dict::new();
    let entries = downcast::<Dict>(&environment).expect("just made");
    for (name, value) in std::env::vars_os() {
        let bytes = |text: &OsStr| Bytes::new(text.as_bytes());
        entries.set(thread, bytes(&name), bytes(&value))?;
    }
    module.set(thread, "environ", environment);
    let features = ["HAVE_FTRUNCATE", "HAVE_FUTIMENS"].map(Str::new);
    module.set(
        thread,
        "_have_functions",
        List::from_refs(Vec::from(features)),
    );
    files::add_types(thread, module)?;
    for (name, fields) in [
        ("terminal_size", &["columns", "lines"][..]),
        (
            "times_result",
            &[
                "user",
                "system",
                "children_user",
                "children_system",
                "elapsed",
            ],
        ),
        (
            "uname_result",
            &["sysname", "nodename", "release", "version", "machine"],
        ),
        ("sched_param", &["sched_priority"]),
    ] {
        let class = structs::class(thread, "posix", name, fields, &[])?;
        module.set(thread, name, class);
    }
    Ok(new)
}

/// A class of the module.
fn class_named(thread: &mut Thread, name: &str) -> PyResult {
    let key = thread.interpreter().intern("posix");
    match thread.interpreter().modules().get_name(*key) {
        Some(module) => operations::get_attr_named(thread, *module, name),
        None => Err(thread.raise_text(&exception::RUNTIME_ERROR, "the module posix is gone")),
    }
}

/// A path as it was given: its text, and whether results are to be bytes.
pub(crate) struct Given {
    path: PathBuf,
    value: Ref,
    as_bytes: bool,
}

impl Given {
    /// Text as a path's is given back.
    fn text(&self, text: &OsStr) -> Ref {
        if self.as_bytes {
            Bytes::new(text.as_bytes())
        } else {
            file_text(text)
        }
    }
}

/// A file's name as a string: what is not UTF-8 in it becomes lone surrogates.
fn file_text(text: &OsStr) -> Ref {
    if let Some(text) = text.to_str() {
        return Str::new(text);
    }
    let mut points: Vec<u32> = Vec::new();
    for chunk in text.as_bytes().utf8_chunks() {
        points.extend(chunk.valid().chars().map(u32::from));
        points.extend(chunk.invalid().iter().map(|byte| 0xdc00 + u32::from(*byte)));
    }
    Str::from_code_points(&points)
}

/// The path that a value is: a string, bytes, or what `__fspath__` gives.
fn path(thread: &mut Thread, value: Value, function: &str) -> PyResult<Given> {
    let value = fspath(thread, value, function)?;
    let data = match bytes_of(&value) {
        Some(data) => data.to_vec(),
        None => encoded(thread, *value)?,
    };
    if data.contains(&0) {
        return Err(thread.value_error(format!("{function}: embedded null character in path")));
    }
    Ok(Given {
        path: PathBuf::from(OsStr::from_bytes(&data)),
        as_bytes: bytes_of(&value).is_some(),
        value,
    })
}

/// The bytes of a file's name.
fn encoded(thread: &mut Thread, text: Value) -> PyResult<Vec<u8>> {
    let (encoding, errors) = (Str::new("utf-8"), Str::new("surrogateescape"));
    let data = operations::call_method(thread, text, "encode", &[*encoding, *errors])?;
    Ok(bytes_of(&data)
        .map(|data| data.to_vec())
        .unwrap_or_default())
}

/// The bytes of a name or value of the environment.
fn text_bytes(thread: &mut Thread, value: Value) -> PyResult<Vec<u8>> {
    if let Some(data) = bytes_of(&value) {
        return Ok(data.to_vec());
    }
    if downcast::<Str>(&value).is_some() {
        return encoded(thread, value);
    }
    let got = value.ty().name();
    Err(thread.type_error(format!("expected str or bytes, not {got}")))
}

/// `os.fspath`
fn fspath(thread: &mut Thread, value: Value, function: &str) -> PyResult {
    if downcast::<Str>(&value).is_some() || bytes_of(&value).is_some() {
        return Ok(value.to_ref());
    }
    let method = match operations::get_attr_named(thread, value.ty().value(), "__fspath__") {
        Ok(method) => method,
        Err(raised) => {
            thread.swallow(raised, &exception::ATTRIBUTE_ERROR)?;
            let got = value.ty().name();
            let text = if function == "fspath" {
                format!("expected str, bytes or os.PathLike object, not {got}")
            } else {
                format!("{function}: path should be string, bytes or os.PathLike, not {got}")
            };
            return Err(thread.type_error(text));
        }
    };
    let made = operations::call(thread, *method, &Args::new(&[value]))?;
    if downcast::<Str>(&made).is_none() && bytes_of(&made).is_none() {
        let (owner, got) = (value.ty().name(), made.ty().name());
        return Err(thread.type_error(format!(
            "expected {owner}.__fspath__() to return str or bytes, not {got}"
        )));
    }
    Ok(made)
}

/// What the system says to `work`, which runs while other threads do.
pub(crate) fn io<R>(
    thread: &mut Thread,
    given: Option<&Given>,
    work: impl FnOnce() -> std::io::Result<R>,
) -> PyResult<R> {
    match thread.detach(work) {
        Ok(done) => Ok(done),
        Err(error) => Err(match (error.raw_os_error(), given) {
            (Some(number), given) => {
                output::raise_number(thread, number, given.map(|given| *given.value))
            }
            (None, _) => output::raise_io(thread, &error),
        }),
    }
}

/// What a function of the C library said: a number that is -1 if it failed.
pub(crate) fn said<T: PartialEq + From<i8>>(number: T) -> std::io::Result<T> {
    if number == T::from(-1) {
        Err(std::io::Error::last_os_error())
    } else {
        Ok(number)
    }
}

/// The file descriptor that a value is.
pub(crate) fn descriptor(thread: &mut Thread, value: Value) -> PyResult<i32> {
    let number = operations::index(thread, value)?;
    i32::try_from(number).map_err(|_| overflow(thread))
}

fn overflow(thread: &mut Thread) -> Raised {
    let text = "Python int too large to convert to C int";
    thread.raise_text(&exception::OVERFLOW_ERROR, text)
}

/// Random bytes from the system.
pub(crate) fn entropy(thread: &mut Thread, count: usize) -> PyResult<Vec<u8>> {
    let mut data = vec![0; count];
    let mut filled = 0;
    while filled < count {
        let rest = &mut data[filled..];
        // SAFETY: the buffer is as long as said.
        let got = unsafe { libc::getrandom(rest.as_mut_ptr().cast(), rest.len(), 0) };
        match usize::try_from(got) {
            Ok(got) => filled += got,
            Err(_) => {
                let error = std::io::Error::last_os_error();
                if error.kind() != std::io::ErrorKind::Interrupted {
                    return Err(output::raise_io(thread, &error));
                }
            }
        }
    }
    Ok(data)
}

fn none(_: ()) -> Ref {
    singletons::none()
}
