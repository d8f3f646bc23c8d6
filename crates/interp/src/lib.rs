//! The Python VM: values, objects, the loop, interpreters, and the API to embed it.
//!
//! ```
//! use selvedge_interp::{Interpreter, Settings, run_source};
//!
//! let status = Interpreter::run(Settings::default(), |thread| {
//!     run_source(thread, "x = 6\nassert x * 7 == 42\n", "<example>")
//! });
//! assert_eq!(status, 0);
//! ```

#![cfg_attr(
    not(selvedge_loom),
    allow(
        clippy::disallowed_types,
        reason = "clippy sees through the seam's names in production; the models' configuration checks"
    )
)]

mod builtins;
mod cache;
pub mod error;
mod field;
mod format;
mod import;
mod interpreter;
pub mod object;
pub mod operations;
pub mod output;
mod run;
mod sharing;
mod source;
mod stack;
mod startup;
mod thread;
pub mod value;

pub use error::{PyResult, Raised};
pub use import::module_from_source;
pub use interpreter::{Interpreter, NativeModule, Settings};
pub use source::{run_file, run_source};
pub use startup::{prepare_type, show_uncaught};
pub use thread::{Carried, Resident, Thread};
pub use value::{Ref, Value};
