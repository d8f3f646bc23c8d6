//! Programs against `crossbeam-channel`'s public API, which the file that includes them names
//! `channel`.

mod ends;
mod errors;
mod select;
mod traits;
