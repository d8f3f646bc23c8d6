//! One lock for one interpreter.

mod error;
mod gil;
mod lock;
mod member;
mod policy;
mod requests;
mod seat;
mod thread;
mod word;

pub use error::AttachError;
pub use gil::{Builder, Gil};
pub use member::{Attached, Member};
pub use policy::Policy;
pub use requests::Requests;
pub use thread::{ThreadHandle, ThreadId};
