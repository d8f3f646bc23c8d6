//! Native modules of the VM: what CPython has in C, in Rust; and Python code of our own where a
//! program may derive from it.

#![allow(
    clippy::float_cmp,
    clippy::single_match_else,
    clippy::unnecessary_wraps,
    reason = "Python compares floats exactly; functions that Python calls share a signature"
)]

mod binary_text;
mod calendar_times;
mod clocks;
mod collections;
mod collector;
mod deque;
mod error_numbers;
mod futures;
mod library;
mod locks;
mod mathematics;
mod operators;
mod polling;
mod posix;
mod python_modules;
mod random;
mod resources;
mod signals;
mod sockets;
mod sre;
mod streams;
mod strings;
mod structs;
mod structs_binary;
mod system;
mod threads;
mod typing;
mod weakref;

pub use library::library;

use selvedge_interp::object::list::List;
use selvedge_interp::object::{downcast, module::Module, str::Str};
use selvedge_interp::{NativeModule, PyResult, Thread, module_from_source};

/// The modules that `import` finds besides files.
pub fn modules() -> Vec<NativeModule> {
    MODULES
        .iter()
        .map(|(name, make)| NativeModule { name, make: *make })
        .collect()
}

type Make = fn(&mut Thread) -> PyResult;

static MODULES: &[(&str, Make)] = &[
    ("_ast", python_modules::trees),
    ("_codecs", python_modules::codecs),
    ("_collections", collections::make),
    ("_contextvars", python_modules::context_variables),
    ("_imp", python_modules::imports),
    ("_io", python_modules::io),
    ("_opcode", python_modules::instructions),
    ("_operator", operators::make),
    ("_posixsubprocess", posix::starting::make),
    ("_random", random::make),
    ("_socket", sockets::make),
    ("_sre", sre::make),
    ("_signal", signals::make),
    ("_string", strings::make),
    ("_struct", structs_binary::make),
    ("_sysconfigdata__linux_", |thread| {
        let text = include_str!("build_variables.py");
        module_from_source(thread, "_sysconfigdata__linux_", text)
    }),
    ("_thread", threads::make),
    ("_tokenize", |thread| {
        Ok(python_modules::empty(thread, "_tokenize"))
    }),
    ("_typing", typing::make),
    ("_warnings", python_modules::warnings),
    ("_weakref", weakref::make),
    ("atexit", python_modules::exits),
    ("binascii", binary_text::make),
    ("concurrent", concurrent),
    ("concurrent.futures", futures::make),
    ("errno", error_numbers::make),
    ("gc", collector::make),
    ("itertools", |thread| {
        module_from_source(thread, "itertools", include_str!("itertools.py"))
    }),
    ("marshal", |thread| {
        Ok(python_modules::empty(thread, "marshal"))
    }),
    ("math", mathematics::make),
    ("posix", posix::make),
    ("resource", resources::make),
    ("select", polling::make),
    ("sys", system::make),
    ("threading", |thread| {
        module_from_source(thread, "threading", include_str!("threading.py"))
    }),
    ("time", clocks::make),
];

/// The package `concurrent`: `futures` is native, what else is in it is in the library.
fn concurrent(thread: &mut Thread) -> PyResult {
    let module = Module::new(thread, "concurrent", &[]);
    let folder = format!("{}/concurrent", library().root);
    let path = List::from_refs(vec![Str::new(&folder)]);
    let this = downcast::<Module>(&module).expect("just made");
    this.set(thread, "__path__", path);
    Ok(module)
}
