//! Native modules of the VM: what CPython has in C, in Rust; and Python code of our own where a
//! program may derive from it.

#![allow(
    clippy::unnecessary_wraps,
    reason = "functions that Python calls share a signature"
)]

mod clocks;
mod futures;
mod locks;
mod mathematics;
mod system;
mod threads;
mod weakref;

use selvedge_interp::{NativeModule, module_from_source, object::module::Module};

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
            make: |thread| Ok(Module::new(thread, "concurrent", &[])),
        },
        NativeModule {
            name: "concurrent.futures",
            make: futures::make,
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
