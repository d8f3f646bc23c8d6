//! Synchronisation for Selvedge: the seam that every other crate blocks, counts and tells time
//! through, and locks and signals above it.
//!
//! [`locks`] are for the threads of one process; `process` has the same for processes, in memory
//! that they share.
//!
//! [`seam`] is the one door to atomics, cells, mutexes, condition variables, parking, threads,
//! thread-locals, the clock, the number of processors and randomness. It has two implementations:
//! the production one, and one on [loom](https://docs.rs/loom), chosen by the cfg
//! `selvedge_loom`. An algorithm written against the seam carries no cfg, so the code that ships
//! is the code that is model-checked.
//!
//! ```
//! use selvedge_sync::seam::{Arc, atomic::{AtomicU32, Ordering}, thread};
//!
//! let hits = Arc::new(AtomicU32::new(0));
//! let seen = Arc::clone(&hits);
//! let other = thread::spawn(move || seen.fetch_add(1, Ordering::Relaxed));
//! other.join().unwrap();
//! assert_eq!(hits.load(Ordering::Relaxed), 1);
//! ```

#![cfg_attr(
    selvedge_loom,
    allow(
        clippy::disallowed_macros,
        reason = "a model's own records are not part of what it checks; clippy reports a macro at the crate, where no narrower `allow` reaches it"
    )
)]

mod deadline;
mod error;
mod identity;
pub mod locks;
#[cfg(unix)]
pub mod process;
mod reentrant;
mod releasable;
pub mod seam;

pub use deadline::Deadline;
pub use error::{BrokenBarrier, NotHeld, TooMany};
pub use releasable::Releasable;

#[cfg(selvedge_loom)]
#[doc(hidden)]
pub use loom as __loom;
