//! The programs on the original.
#![cfg(not(selvedge_loom))]
#![allow(missing_docs)]
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "these programs know nothing of the seam"
)]

pub use original as channel;

mod programs;
