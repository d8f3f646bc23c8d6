//! Locks and signals for the threads of one process, with the semantics of Python's `threading`.
//!
//! | you want | take |
//! | --- | --- |
//! | mutual exclusion, in one byte | [`Lock`] |
//! | the same, first come, first served | [`FifoLock`] |
//! | a lock that its holder may take again | [`RLock`] |
//! | a number of permits | [`Semaphore`], [`BoundedSemaphore`] |
//! | to wait, without the lock, for what is changed under it | [`Condition`] |
//! | to wait for a flag | [`Event`] |
//! | to wait for each other | [`Barrier`] |
//!
//! A [`Lock`] goes to whoever comes when it is free, so that a thread may take it again before the
//! one that it has just woken: that is fast, and no thread is promised its turn. Everything else
//! here serves those who wait in the order in which they came, and nobody overtakes them: what is
//! released is handed to the first in line.
//!
//! For threads that guard a value, take the mutex of `parking_lot` or of the standard library;
//! these are for programs that acquire in one place and release in another.

mod barrier;
mod condition;
mod event;
mod line;
mod lock;
mod rlock;
mod semaphore;

pub use barrier::Barrier;
pub use condition::Condition;
pub use event::Event;
pub use lock::Lock;
pub use rlock::RLock;
pub use semaphore::{BoundedSemaphore, FifoLock, Semaphore};
