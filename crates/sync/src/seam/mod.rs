//! The one door to everything nondeterministic: shared memory, blocking, time and chance.
//!
//! Only primitives differ between the two implementations, never an algorithm. The names and
//! signatures below are the same in both; where a model has to know that it is one (its entry
//! point, its bounds), it uses `seam::model`, which exists under `selvedge_loom` only.
//!
//! Three facts about the model-checked side shape code written against the seam:
//! - Sequentially consistent loads and stores are checked as acquire and release
//!   (tokio-rs/loom#180). Where the order of a store and a later load matters, use
//!   [`atomic::fence`] with `SeqCst`, which is checked in full.
//! - Time does not pass, but a timed wait may time out at any point at which it waits; when it
//!   does, the thread's own [`clock`] moves to the deadline.
//! - A model runs at most five threads, its main thread included.

#[cfg(not(selvedge_loom))]
mod native;
#[cfg(not(selvedge_loom))]
pub use native::*;

#[cfg(selvedge_loom)]
mod model_checked;
#[cfg(selvedge_loom)]
pub use model_checked::*;

pub mod bounds;
mod parker;

pub use parker::{Parker, Unparker};
