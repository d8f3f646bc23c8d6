//! What processes share: memory, and what passes it on.
//!
//! A [`Region`] is memory that several processes map. It goes to a child by [`inherit`], to
//! another process by a socket, or by a name.

mod inherit;
mod region;

pub use inherit::{inherit, inherited};
pub use region::Region;
