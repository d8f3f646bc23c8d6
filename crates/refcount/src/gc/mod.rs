//! Pointers for Rust users whose cycles are collected.

mod pointer;
mod stop;
mod trace;
mod world;

pub use pointer::Gc;
pub use trace::{Trace, Visitor};
pub use world::{Mutator, World};
