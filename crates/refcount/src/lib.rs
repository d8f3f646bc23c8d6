//! Reference counts that cost their owner a plain add, and everyone else an atomic one.
//!
//! Three layers, each usable without those below it in this list:
//!
//! - [`Brc`] and [`Weak`], to take instead of `Arc` and its `Weak`.
//! - [`Gc`], pointers to values that may refer to each other in circles, in a [`World`] of
//!   threads; [`trace!`] says where a type's pointers are.
//! - For those who lay out objects themselves: the 24-byte [`Header`], [`Token`]s that say on
//!   whose behalf a count changes, the registry of [`Owners`], a [`Space`] of pages, a
//!   [`Collector`] of cycles, and [`Qsbr`] for what is read without a lock.
//!
//! The last by itself:
//!
//! ```
//! use selvedge_refcount::{Header, Owners, Released};
//!
//! let owners = Owners::new();
//! let owner = owners.register();
//! let me = owner.token();
//! let header = Header::new(me, core::ptr::null());
//! header.incref(me);
//! // SAFETY: both references are ours, and `me` is our token.
//! unsafe {
//!     assert_eq!(header.decref(me), Released::Alive);
//!     assert_eq!(header.decref(me), Released::Last);
//! }
//! ```

mod brc;
mod cycles;
mod gc;
mod header;
mod heap;
mod owners;
mod qsbr;
mod sided;
mod token;

pub use brc::{Brc, Weak, detached, drain, live_objects};
pub use cycles::{Collected, Collector, Embedder, Totals};
pub use gc::{Gc, GcMutex, GcMutexGuard, GcWeak, Mutator, Trace, Visitor, World};
pub use header::{Header, Released};
pub use heap::{AllocError, Kind, LocalHeap, Space, free_remotely};
pub use owners::{Detached, Owner, Owners};
pub use qsbr::{Qsbr, QsbrReader};
pub use token::Token;
pub use unsize::{CoerceUnsize, Coercion};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
