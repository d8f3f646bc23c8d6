//! The programs on ours, under the original's name.
#![cfg(not(selvedge_loom))]
#![allow(missing_docs)]
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "these programs know nothing of the seam"
)]

pub use crossbeam_channel as channel;

mod programs;
