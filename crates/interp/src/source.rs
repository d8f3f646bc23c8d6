//! From a file or a text to running code.

use crate::error::PyResult;
use crate::import::{self, Place};
use crate::object::code::Code;
use crate::object::exception::{self, Exception};
use crate::object::module::Module;
use crate::object::native::Args;
use crate::object::str::Str;
use crate::object::tuple::Tuple;
use crate::object::{class, downcast, int, singletons};
use crate::operations;
use crate::output;
use crate::run::traceback;
use crate::thread::Thread;
use crate::value::Ref;
use selvedge_compiler::{ErrorKind, Mode, SyntaxError, compile};
use std::path::Path;

/// Runs the program in `path` as `__main__`. Returns the status to exit with; an exception that
/// nobody handles is shown on standard error.
pub fn run_file(thread: &mut Thread, path: &Path) -> i32 {
    let result = load(thread, path).and_then(|code| {
        let place = Place {
            file: Some(path.to_string_lossy().into_owned()),
            path: None,
        };
        run_main(thread, code, &place, None)
    });
    finish(thread, result)
}

/// Runs the module `name`, found as `import` finds it, as `__main__`; of a package its module
/// `__main__`. Returns the status to exit with; an exception that nobody handles is shown on
/// standard error.
pub fn run_module(thread: &mut Thread, name: &str) -> i32 {
    let result = import::main_code(thread, name)
        .and_then(|(code, place, package)| run_main(thread, code, &place, Some(&package)));
    finish(thread, result)
}

/// Runs `source` as `__main__`, as if it were the file `filename`. Returns the status to exit
/// with; an exception that nobody handles is shown on standard error.
pub fn run_source(thread: &mut Thread, source: &str, filename: &str) -> i32 {
    let result = load_text(thread, source, filename, Mode::Exec)
        .and_then(|code| run_main(thread, code, &Place::default(), None));
    finish(thread, result)
}

fn run_main(thread: &mut Thread, code: Ref, place: &Place, package: Option<&str>) -> PyResult<()> {
    let namespace = import::namespace(thread, "__main__", place);
    if let Some(package) = package {
        let key = thread.interpreter().intern("__package__");
        class::dict_of(&namespace).set_name(key, Str::new(package));
    }
    let name = thread.interpreter().intern("__main__");
    thread
        .interpreter()
        .modules()
        .set_name(name, Module::around(namespace.clone()));
    import::run_in(thread, code, namespace)
}

fn finish(thread: &mut Thread, result: PyResult<()>) -> i32 {
    output::flush(thread);
    match result {
        Ok(()) => 0,
        Err(_) => report(thread),
    }
}

/// Shows the exception that is set, unless it asks to exit; returns the status to exit with.
fn report(thread: &mut Thread) -> i32 {
    let raised = thread.take_raised();
    if !raised.ty().is_subtype(&exception::SYSTEM_EXIT) {
        eprint!("{}", traceback::render(thread, &raised));
        return 1;
    }
    let arguments = downcast::<Exception>(&raised)
        .expect("a SystemExit is an exception")
        .arguments();
    let status = downcast::<Tuple>(&arguments).and_then(|tuple| tuple.items().first().copied());
    match status {
        None => 0,
        Some(status) if singletons::is_none(status) => 0,
        Some(status) => match int::to_i64(status) {
            Some(Ok(status)) => (status & 0xff) as i32,
            Some(Err(())) => 255,
            None => {
                eprintln!(
                    "{}",
                    operations::str_text(thread, status).unwrap_or_default()
                );
                1
            }
        },
    }
}

/// Compiles the file at `path`.
pub(crate) fn load(thread: &mut Thread, path: &Path) -> PyResult {
    let shown = path.to_string_lossy().into_owned();
    match std::fs::read_to_string(path) {
        Ok(source) => load_text(thread, &source, &shown, Mode::Exec),
        Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
            let text = format!("(unicode error) '{shown}' is not valid UTF-8");
            Err(thread.raise_text(&exception::SYNTAX_ERROR, text))
        }
        Err(error) => Err(output::raise_io(thread, &error)),
    }
}

/// Compiles a text.
///
/// # Errors
/// `SyntaxError`.
pub(crate) fn load_text(thread: &mut Thread, source: &str, filename: &str, mode: Mode) -> PyResult {
    match compile(source, filename, mode) {
        Ok(code) => Code::load(thread, code),
        Err(error) => Err(raise_syntax_error(thread, &error, filename)),
    }
}

/// Raises a syntax error with the place it was found at, as `SyntaxError`'s arguments have it.
fn raise_syntax_error(
    thread: &mut Thread,
    error: &SyntaxError,
    filename: &str,
) -> crate::error::Raised {
    let ty = match error.kind {
        ErrorKind::Syntax => &exception::SYNTAX_ERROR,
        ErrorKind::Indentation => &exception::INDENTATION_ERROR,
        ErrorKind::Tab => &exception::TAB_ERROR,
    };
    let text = error
        .text
        .as_deref()
        .map_or_else(singletons::none, Str::new);
    let place = Tuple::from_refs(vec![
        Str::new(filename),
        int::from_i64(i64::from(error.line)),
        int::from_i64(i64::from(error.offset)),
        text,
        int::from_i64(i64::from(error.end_line)),
        int::from_i64(i64::from(error.end_offset)),
    ]);
    let message = Str::new(&error.message);
    // Called like a class, so that the attributes are filled from the arguments.
    match operations::call(thread, ty.value(), &Args::new(&[*message, *place])) {
        Ok(error) => thread.raise(error),
        Err(raised) => raised,
    }
}

/// Calls what a program has registered with `atexit`.
pub(crate) fn run_exit_functions(thread: &mut Thread) {
    let name = thread.interpreter().intern("atexit");
    let Some(module) = thread.interpreter().modules().get_name(*name) else {
        return;
    };
    if operations::call_method(thread, *module, "_run_exitfuncs", &[]).is_err() {
        crate::startup::show_uncaught(thread, "Exception ignored in atexit callbacks:");
    }
}
