//! Pointers for Rust users whose cycles are collected.

mod lock;
mod pointer;
mod stop;
mod trace;
mod weak;
mod world;

pub use lock::{GcMutex, GcMutexGuard};
pub use pointer::Gc;
pub use trace::{Trace, Visitor};
pub use weak::GcWeak;
pub use world::{Mutator, World};
