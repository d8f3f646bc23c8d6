//! Python source to register code.
//!
//! [`compile`] parses a program, resolves its names and generates a [`Code`] tree in the
//! instruction set of [`op`]. The compiler knows nothing of how values look at run time.
//!
//! ```
//! use selvedge_compiler::{Mode, compile};
//!
//! let code = compile("x = 1\nprint(x + 1)\n", "example.py", Mode::Exec)?;
//! assert_eq!(&*code.name, "<module>");
//! println!("{code}");
//! # Ok::<(), selvedge_compiler::SyntaxError>(())
//! ```

mod assemble;
mod code;
mod codegen;
mod error;
mod future;
mod literal;
mod nesting;
pub mod op;
mod parse;
mod source;
mod symbols;
mod verify;

pub use code::*;
pub use codegen::Mode;
pub use error::{ErrorKind, SyntaxError};
pub use verify::{VerifyError, verify};

use codegen::Program;
use error::Result;
use source::Source;
use std::cell::RefCell;

/// Compiles `source`, which is said to come from `filename`.
///
/// Takes time and memory linear in the size of the source (but for `finally` bodies, which are
/// generated once for each way out of their statement).
///
/// # Errors
///
/// A program that Python rejects, with Python's message and place.
pub fn compile(source: &str, filename: &str, mode: Mode) -> Result<Code, SyntaxError> {
    let source = Source::new(source.strip_prefix('\u{feff}').unwrap_or(source));
    compile_source(&source, filename, mode).map_err(|rejection| rejection.locate(&source, filename))
}

fn compile_source(source: &Source<'_>, filename: &str, mode: Mode) -> Result<Code> {
    let tree = parse::parse(source, mode)?;
    let symbols = symbols::analyse(&tree)?;
    let program = Program {
        source,
        filename,
        symbols: &symbols,
        mode,
        static_attributes: RefCell::default(),
    };
    let code = codegen::generate(&program, &tree);
    nesting::dispose(tree);
    code
}
