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

#![allow(
    clippy::float_cmp,
    clippy::new_ret_no_self,
    clippy::iter_not_returning_iterator,
    clippy::missing_panics_doc,
    clippy::single_match_else,
    clippy::type_complexity,
    clippy::unnecessary_wraps,
    clippy::verbose_bit_mask,
    reason = "Python compares floats exactly; making an object gives a reference to it; slots share signatures; \
              what panics is a broken invariant of the VM, not the caller's"
)]

mod builtins;
mod cache;
pub mod error;
mod field;
mod format;
pub mod gc;
mod import;
mod interpreter;
pub mod object;
pub mod operations;
pub mod output;
mod recent;
mod run;
mod sharing;
mod source;
mod stack;
mod startup;
mod thread;
pub mod value;

pub use error::{PyResult, Raised};
pub use import::{Located, import_module, locate_module, module_from_source};
pub use interpreter::{Interpreter, Library, NativeModule, Settings};
pub use source::{run_file, run_module, run_source};
pub use startup::{prepare_type, show_exception, show_uncaught};
pub use thread::{Carried, Resident, Thread};
pub use value::{Ref, Value};
