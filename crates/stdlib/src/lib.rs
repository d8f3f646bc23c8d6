//! Native modules of the VM: what CPython has in C, in Rust; and Python code of our own where a
//! program may derive from it.

#![allow(
    clippy::unnecessary_wraps,
    reason = "functions that Python calls share a signature"
)]

mod clocks;
mod futures;
mod library;
mod locks;
mod mathematics;
mod system;
mod threads;
mod weakref;

pub use library::library;

use selvedge_interp::object::list::List;
use selvedge_interp::object::{downcast, module::Module, str::Str};
use selvedge_interp::{NativeModule, PyResult, Thread, module_from_source};

/// The modules that `import` finds besides files.
pub fn modules() -> Vec<NativeModule> {
    vec![
        NativeModule {
            name: "_thread",
            make: threads::make,
        },
        NativeModule {
            name: "_weakref",
            make: weakref::make,
        },
        NativeModule {
            name: "concurrent",
            make: concurrent,
        },
        NativeModule {
            name: "concurrent.futures",
            make: futures::make,
        },
        NativeModule {
            name: "itertools",
            make: |thread| module_from_source(thread, "itertools", include_str!("itertools.py")),
        },
        NativeModule {
            name: "math",
            make: mathematics::make,
        },
        NativeModule {
            name: "sys",
            make: system::make,
        },
        NativeModule {
            name: "threading",
            make: |thread| module_from_source(thread, "threading", include_str!("threading.py")),
        },
        NativeModule {
            name: "time",
            make: clocks::make,
        },
    ]
}

/// The package `concurrent`: `futures` is native, what else is in it is in the library.
fn concurrent(thread: &mut Thread) -> PyResult {
    let module = Module::new(thread, "concurrent", &[]);
    let folder = format!("{}/concurrent", library().root);
    let path = List::from_refs(vec![Str::new(&folder)]);
    let this = downcast::<Module>(&module).expect("just made");
    this.set(thread, "__path__", path);
    Ok(module)
}
