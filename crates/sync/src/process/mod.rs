//! What processes share: memory, and locks in it.
//!
//! A [`Region`] is memory that several processes map, and [`Shared`] a value in one: a [`Lock`],
//! an [`RLock`], a [`Semaphore`], a [`BoundedSemaphore`], a [`Condition`], an [`Event`], a
//! [`Barrier`]. An [`Array`] has numbers in a region, and a [`Value`] one. Each goes to a child by
//! [`inherit`], to another process by a socket, or by a name.
//!
//! A process may be killed at any instruction, and nobody who waits for it hangs:
//! - A process that dies while it holds a lock is noticed by those who wait, who look for it ten
//!   times a second, and named in their error: [`HolderDied`].
//! - Each change of what processes share is a change of one word, so that it is made or not made.
//! - A process that dies between a change and the wake-up that should have followed delays those
//!   who sleep by a tenth of a second at most.
//!
//! ```no_run
//! use selvedge_sync::process::{Lock, Shared, inherit, inherited};
//! use std::process::Command;
//!
//! let mut arguments = std::env::args().skip(1);
//! if let Some(number) = arguments.next() {
//!     // SAFETY: the parent had this child inherit it, and it is taken once.
//!     let lock = Shared::<Lock>::from_fd(unsafe { inherited(number.parse()?)? })?;
//!     lock.acquire(None)?;
//!     std::process::exit(0);
//! }
//! let lock = Shared::new(Lock::new())?;
//! let mut command = Command::new(std::env::current_exe()?);
//! let number = inherit(&mut command, &lock)?;
//! let mut child = command.arg(number.to_string()).spawn()?;
//! child.wait()?;
//! let told = lock.acquire(None).unwrap_err().to_string();
//! assert_eq!(told, format!("process {} died while it held the lock", child.id()));
//! assert!(lock.recover().is_some());
//! lock.release()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod array;
mod barrier;
mod condition;
mod error;
mod event;
mod inherit;
mod lock;
mod region;
mod rlock;
mod semaphore;
mod shared;
mod signal;

pub use crate::error::{BrokenBarrier, NotHeld, TooMany};
pub use array::{AccessError, Array, Locking, Number, Numbers, Plain, Typecode, Value, View};
pub use barrier::Barrier;
pub use condition::Condition;
pub use error::{AcquireError, HolderDied, WaitError};
pub use event::Event;
pub use inherit::{inherit, inherited};
pub use lock::Lock;
pub use region::Region;
pub use rlock::RLock;
pub use semaphore::{BoundedSemaphore, Semaphore};
pub use shared::{Pair, Shareable, Shared};
pub use signal::Signal;
