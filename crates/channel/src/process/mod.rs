//! Between processes: pipes, queues and shared memory.
//!
//! | you want | take |
//! | --- | --- |
//! | messages to and fro between two processes | [`pipe`] |
//! | messages between many processes | [`queue`] |
//! | memory that several processes map | [`Region`] |
//! | a child to have an end of either | [`inherit`] |
//! | another process to have any of them, or a file | [`Connection::send_fd`] |
//!
//! A parent makes a pipe, has its child [`inherit`] an end, and drops its own copy of that end, so
//! that it is told when the child is gone:
//!
//! ```no_run
//! use selvedge_channel::process::{Connection, inherit, inherited, pipe};
//! use std::process::Command;
//!
//! let mut arguments = std::env::args().skip(1);
//! if let Some(number) = arguments.next() {
//!     // SAFETY: the parent had this child inherit it, and it is taken once.
//!     let socket = unsafe { inherited(number.parse()?)? };
//!     let mut parent = Connection::duplex(socket);
//!     let question: u32 = parent.recv(None)?;
//!     parent.send(&(question + 1), None)?;
//!     return Ok(());
//! }
//! let (mut here, there) = pipe(true)?;
//! let mut command = Command::new(std::env::current_exe()?);
//! let number = inherit(&mut command, &there)?;
//! let mut child = command.arg(number.to_string()).spawn()?;
//! drop((command, there));
//! here.send(&41_u32, None)?;
//! assert_eq!(here.recv::<u32>(None)?, 42);
//! child.wait()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod connection;
mod descriptors;
mod error;
mod frame;
pub mod queue;
mod socket;

pub use connection::{Connection, Incoming, Outgoing, pipe};
pub use error::{RecvError, SendError};
pub use selvedge_sync::process::{Region, inherit, inherited};
