//! An executor of worker processes.
//!
//! A worker is this same program, started again: its `main` begins with
//! [`Tasks::serve_if_worker`], which in a worker runs tasks until the parent is done, and elsewhere
//! returns at once. A task is a type that says its own name ([`Call`]); the worker finds it by that
//! name among its [`Tasks`].
//!
//! Each worker has a thread in the parent and a socket pair of its own. There is no queue between
//! processes, hence none that a dying worker could leave locked: tasks wait in the parent, and a
//! worker that dies, at any moment, closes its socket. Only the task it was running is concerned:
//! it is tried again as often as [`Builder::tries`] allows, then fails with [`WorkerDied`], and
//! the worker is replaced.
//!
//! ```no_run
//! use selvedge_pool::Executor;
//! use selvedge_pool::process::{Call, ProcessExecutor, Tasks};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Serialize, Deserialize)]
//! struct Square(u64);
//!
//! impl Call for Square {
//!     const NAME: &str = "square";
//!     type Output = u64;
//!     fn call(self) -> u64 {
//!         self.0 * self.0
//!     }
//! }
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     Tasks::new().with::<Square>().serve_if_worker();
//!     let pool = ProcessExecutor::new(2);
//!     assert_eq!(pool.submit(Square(7))?.join()?, 49);
//!     Ok(())
//! }
//! ```

mod error;
mod link;
mod serve;
mod wire;

pub use error::{CallError, Ended, WorkerDied};
pub use link::Streams;
pub use serve::Tasks;

use selvedge_sync::seam::clock::Duration;
use selvedge_sync::seam::thread;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::InitError;
use crate::error::SubmitError;
use crate::executor::{Accepts, ChunkFuture, Executor, Shutdown};
use crate::future::Future;
use crate::thread::{self as threads, Seat, ThreadExecutor, WorkerFactory};
use link::{Link, Settings};

/// A task for a worker process: what it is called with is the value itself.
pub trait Call: Serialize + DeserializeOwned + Send + 'static {
    /// By this the worker finds the task; unique among its [`Tasks`].
    const NAME: &str;
    /// What it returns.
    type Output: Serialize + DeserializeOwned + Send + 'static;
    /// Runs in the worker process.
    fn call(self) -> Self::Output;
}

/// Runs [`Call`]s in worker processes, which are started on demand up to a maximum and reused.
///
/// Queued calls can be cancelled, running ones are ended by [`Builder::call_timeout`]. Dropping
/// the executor shuts it down without waiting. A worker whose parent ends, even by being killed,
/// ends too.
pub struct ProcessExecutor {
    threads: ThreadExecutor<StartProcess>,
    tries: u32,
}

/// Settings of a [`ProcessExecutor`].
#[derive(Debug)]
#[must_use = "a builder does nothing until it builds"]
pub struct Builder {
    settings: Settings,
    max_workers: usize,
    capacity: Option<usize>,
    tries: u32,
}

struct StartProcess(Settings);

impl WorkerFactory for StartProcess {
    type Worker = Link;
    fn start(&self, seat: &Seat) -> Result<Link, InitError> {
        Link::start(seat.index, self.0.clone())
    }
}

impl ProcessExecutor {
    /// At most `max_workers` workers, with a queue that is not bounded.
    ///
    /// # Panics
    /// If `max_workers` is 0.
    pub fn new(max_workers: usize) -> Self {
        Self::builder().max_workers(max_workers).build()
    }

    /// Settings to start from: as many workers as the machine runs threads at once, one try.
    pub fn builder() -> Builder {
        Builder {
            settings: Settings::default(),
            max_workers: thread::available_parallelism(),
            capacity: None,
            tries: 1,
        }
    }

    /// How many workers there are, or are about to be.
    pub fn workers(&self) -> usize {
        self.threads.workers()
    }

    /// How many calls wait to be begun.
    pub fn queued(&self) -> usize {
        self.threads.queued()
    }
}

impl Builder {
    /// How many workers there may be.
    ///
    /// # Panics
    /// If `count` is 0.
    pub fn max_workers(mut self, count: usize) -> Self {
        assert!(count > 0, "an executor without workers runs nothing");
        self.max_workers = count;
        self
    }

    /// Bounds the queue: a submission waits while this many calls are queued.
    ///
    /// # Panics
    /// If `calls` is 0.
    pub fn capacity(mut self, calls: usize) -> Self {
        assert!(calls > 0, "a queue without room takes nothing");
        self.capacity = Some(calls);
        self
    }

    /// Replaces a worker after it has run this many tasks; a chunk counts as one.
    ///
    /// # Panics
    /// If `tasks` is 0.
    pub fn max_tasks_per_child(mut self, tasks: u32) -> Self {
        assert!(tasks > 0, "a worker has to run something");
        self.settings.max_tasks = Some(tasks);
        self
    }

    /// How many workers may die of one task before it fails. Default 1: the first death fails it.
    ///
    /// # Panics
    /// If `tries` is 0.
    pub fn tries(mut self, tries: u32) -> Self {
        assert!(tries > 0, "a task has to be tried");
        self.tries = tries;
        self
    }

    /// Kills a worker that runs one task for longer than this; the task fails with
    /// [`CallError::TimedOut`], and is not tried again.
    ///
    /// # Panics
    /// If `timeout` is zero.
    pub fn call_timeout(mut self, timeout: Duration) -> Self {
        assert!(!timeout.is_zero(), "a task needs some time");
        self.settings.call_timeout = Some(timeout);
        self
    }

    /// Sets a variable in the environment of the workers.
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.environment.push((name.into(), value.into()));
        self
    }

    /// What becomes of the workers' standard output and error. Default: as the parent's.
    pub fn streams(mut self, streams: Streams) -> Self {
        self.settings.streams = streams;
        self
    }

    /// Makes the executor. No worker is started before the first submission.
    pub fn build(self) -> ProcessExecutor {
        let mut builder = threads::Builder::new(StartProcess(self.settings))
            .max_workers(self.max_workers)
            .name_prefix("selvedge-process");
        if let Some(calls) = self.capacity {
            builder = builder.capacity(calls);
        }
        ProcessExecutor {
            threads: builder.build(),
            tries: self.tries,
        }
    }
}

/// One call, on its way to the thread of a worker.
struct One<C>(C, u32);

impl<C: Call> crate::task::Code<Link> for One<C> {
    type Value = C::Output;
    type Error = CallError;
    fn call(self, link: &Link) -> Result<C::Output, CallError> {
        let mut results = link.call::<C>(&[self.0], self.1)?;
        results.pop().unwrap_or(Err(CallError::Garbled))
    }
}

/// Calls that travel together.
struct Chunk<C>(Vec<C>, u32);

impl<C: Call> crate::task::Code<Link> for Chunk<C> {
    type Value = Vec<Result<C::Output, CallError>>;
    type Error = CallError;
    fn call(self, link: &Link) -> Result<Self::Value, CallError> {
        link.call::<C>(&self.0, self.1)
    }
}

impl<C: Call> Accepts<C> for ProcessExecutor {
    type Output = C::Output;
    type Error = CallError;

    fn accept(&self, call: C) -> Result<Future<C::Output, CallError>, SubmitError<C>> {
        let queued = self.threads.queue_code(One(call, self.tries));
        queued.map_err(|error| error.map(|One(call, _)| call))
    }

    fn accept_chunk(&self, calls: Vec<C>) -> Result<ChunkFuture<Self, C>, SubmitError<Vec<C>>> {
        let queued = self.threads.queue_code(Chunk(calls, self.tries));
        queued.map_err(|error| error.map(|Chunk(calls, _)| calls))
    }
}

impl Executor for ProcessExecutor {
    fn shutdown(&self, how: Shutdown) {
        self.threads.shutdown(how);
    }
}

impl core::fmt::Debug for ProcessExecutor {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("ProcessExecutor")
            .field("workers", &self.workers())
            .field("queued", &self.queued())
            .finish_non_exhaustive()
    }
}
