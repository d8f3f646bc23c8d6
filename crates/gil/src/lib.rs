#![doc = include_str!("../README.md")]
mod error;
mod gil;
mod local;
mod lock;
mod member;
mod observer;
mod policy;
mod queue;
mod queue_cell;
mod requests;
mod seat;
mod stats;
mod thread;
mod word;
mod world;

pub use error::AttachError;
pub use gil::{Builder, Gil};
pub use member::{Attached, Member};
pub use observer::{Event, EventKind, Observer};
pub use policy::Policy;
pub use requests::Requests;
pub use stats::{Stats, ThreadStats};
pub use thread::{ThreadHandle, ThreadId};
pub use world::WorldStopped;
