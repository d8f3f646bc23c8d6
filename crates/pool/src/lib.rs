//! Futures and executors: a task handed to another thread, and the handle through which its
//! result, its failure or its cancellation comes back.
//!
//! - [`Future`] and [`Promise`], the two halves of a result; [`wait`] and [`as_completed`].
//! - [`ThreadExecutor`]: worker threads started on demand. What a worker carries and how it runs a
//!   job is the caller's choice, through [`Worker`] and [`WorkerFactory`].
//! - [`process::ProcessExecutor`]: the same on worker processes, which may die;
//!   [`process::Process`], one process for one task.
//! - [`Pool`]: either in the words of `multiprocessing`.
//! - [`Executor`]: the trait that all executors share.
//!
//! ```
//! use selvedge_pool::{Executor, ThreadExecutor};
//!
//! let pool = ThreadExecutor::new(2);
//! let answer = pool.submit(|| 6 * 7)?;
//! assert_eq!(answer.join()?, 42);
//!
//! let squares: Result<Vec<i32>, _> = pool.map((1..=3).map(|n| move || n * n)).collect();
//! assert_eq!(squares?, [1, 4, 9]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

/// The examples of the README, run as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(target_os = "linux")]
mod calls;
pub mod deque;
mod error;
mod executor;
mod future;
mod gather;
#[cfg(target_os = "linux")]
pub mod manager;
#[cfg(target_os = "linux")]
pub mod process;
mod task;
mod thread;

#[cfg(target_os = "linux")]
pub use calls::{
    AsyncResult, CallExecutor, CallThreads, MapResult, Pool, PoolError, Star, StillRunning,
};
pub use error::{Error, InitError, Panic, Refusal, SubmitError};
pub use executor::{Accepts, ChunkFuture, Executor, Map, MapError, MapOptions, Shutdown};
pub use future::{Future, Promise, promise};
pub use gather::{AsCompleted, AsFuture, ReturnWhen, TimedOut, Waited, as_completed, wait};
pub use task::Job;
pub use thread::{Bare, Builder, Scope, Seat, StartBare, ThreadExecutor, Worker, WorkerFactory};
