//! An executor of worker processes.
//!
//! A worker is this same program, started again: its `main` begins with
//! [`Tasks::serve_if_worker`], which in a worker runs tasks until the parent is done, and elsewhere
//! returns at once. Tasks are declared by [`task!`](crate::task!), or are types that say their own
//! name ([`Call`]); the worker finds them by that name among its [`Tasks`].
//!
//! There is no queue between processes, hence none that a dying worker could leave locked: tasks
//! wait in the parent, and a worker that dies, at any moment, closes its socket. Only the task it was
//! running is concerned: it is tried again as often as [`Builder::tries`] allows, then fails with
//! [`WorkerDied`], and the worker is replaced. README.md beside this file says how.
//!
//! ```no_run
//! use selvedge_pool::process::ProcessExecutor;
//! use selvedge_pool::{Executor, task, tasks};
//!
//! task! {
//!     fn square(n: u64) -> u64 {
//!         n * n
//!     }
//! }
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     tasks![square].serve_if_worker();
//!     let pool = ProcessExecutor::new(2);
//!     assert_eq!(pool.submit(square(7))?.join()?, 49);
//!     let squares: Result<Vec<u64>, _> = pool.map((1..=3).map(square)).collect();
//!     assert_eq!(squares?, [1, 4, 9]);
//!     Ok(())
//! }
//! ```

mod child;
#[doc(hidden)]
pub mod desk;
mod end;
mod error;
mod fork_server;
mod link;
mod macros;
mod memory;
mod request;
#[doc(hidden)]
pub mod ring;
mod roster;
mod serve;
mod single;
mod socket;
mod wire;

pub use child::{Start, Streams};
pub use error::{CallError, Ended, WorkerDied};
pub use serve::{DuplicateTask, Tasks};
pub use single::{Process, StartError};

/// What [`task!`](crate::task!) is written with: those who use it need not depend on `serde`.
#[doc(hidden)]
pub mod reexport {
    pub use serde::{Deserialize, Deserializer, Serialize, Serializer};
}

use selvedge_sync::seam::clock::{Duration, Instant};
use selvedge_sync::seam::{Arc, thread};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::os::unix::net::UnixStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Child;

use crate::error::{InitError, Panic, Refusal, SubmitError};
use crate::executor::{Accepts, ChunkFuture, Executor, Shutdown};
use crate::future::Future;
use crate::task::Context;
use crate::thread::Patience;
use child::{Starter, Surroundings};
use desk::Desk;
use link::{Link, Requests, Settings};
use request::{Request, Task};
use roster::Roster;
use serve::Role;

/// Starts this program as the server of a manager, which serves `socket`.
pub(crate) fn start_server(socket: UnixStream) -> std::io::Result<Child> {
    Surroundings::default().start(Role::Manager, socket)
}

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
///
/// A worker whose tasks are short is given the next ones before it has answered, about a
/// millisecond of them; they count as running. What it has not begun when a task takes longer than
/// that is taken back, and waits for any worker, or to be cancelled, as before.
pub struct ProcessExecutor {
    desk: Arc<Requests>,
    settings: Settings,
}

/// Settings of a [`ProcessExecutor`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it builds"]
pub struct Builder {
    surroundings: Surroundings,
    start: Start,
    max_tasks: Option<u32>,
    call_timeout: Option<Duration>,
    max_workers: usize,
    capacity: usize,
    tries: u32,
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
            surroundings: Surroundings::default(),
            start: Start::default(),
            max_tasks: None,
            call_timeout: None,
            max_workers: thread::available_parallelism(),
            capacity: usize::MAX,
            tries: 1,
        }
    }

    /// How many workers there are, or are about to be.
    pub fn workers(&self) -> usize {
        self.desk.hired()
    }

    /// How many calls wait to be begun, not counting those that a worker has before it.
    pub fn queued(&self) -> usize {
        self.desk.queued()
    }

    /// Queues `call` if there is room for it at this moment.
    ///
    /// # Errors
    /// The call and the reason, if it was refused.
    pub fn try_submit<C: Call>(
        &self,
        call: C,
    ) -> Result<Future<C::Output, CallError>, SubmitError<C>> {
        self.queue(call, Patience::None)
    }

    /// Queues `call`, waiting up to `timeout` for room.
    ///
    /// # Errors
    /// The call and the reason, if it was refused.
    pub fn submit_timeout<C: Call>(
        &self,
        call: C,
        timeout: Duration,
    ) -> Result<Future<C::Output, CallError>, SubmitError<C>> {
        // A deadline that cannot be represented is none.
        let deadline = Instant::now().checked_add(timeout);
        self.queue(call, deadline.map_or(Patience::Endless, Patience::Until))
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
        self.capacity = calls;
        self
    }

    /// Replaces a worker after it has run this many tasks; a chunk counts as one.
    ///
    /// # Panics
    /// If `tasks` is 0.
    pub fn max_tasks_per_child(mut self, tasks: u32) -> Self {
        assert!(tasks > 0, "a worker has to run something");
        self.max_tasks = Some(tasks);
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
        self.call_timeout = Some(timeout);
        self
    }

    /// How worker processes come to be. Default: the program is started again for each.
    pub fn start(mut self, start: Start) -> Self {
        self.start = start;
        self
    }

    /// Sets a variable in the environment of the workers.
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.surroundings
            .environment
            .push((name.into(), value.into()));
        self
    }

    /// What becomes of the workers' standard output and error. Default: as the parent's.
    pub fn streams(mut self, streams: Streams) -> Self {
        self.surroundings.streams = streams;
        self
    }

    /// Makes the executor. No worker is started before the first submission.
    pub fn build(self) -> ProcessExecutor {
        ProcessExecutor {
            desk: Arc::new(Desk::new(self.max_workers, self.capacity)),
            settings: Settings {
                max_tasks: self.max_tasks,
                call_timeout: self.call_timeout,
                tries: self.tries,
                roster: Arc::new(Roster::new(Starter::new(self.start, self.surroundings))),
            },
        }
    }
}

impl ProcessExecutor {
    /// Shuts down without waiting: queued calls and those that wait for a worker to start are
    /// cancelled, and the workers are killed. What they were running fails with
    /// [`CallError::Died`], or is cancelled if it was to be tried again.
    pub fn terminate(&self) {
        let how = Shutdown {
            wait: false,
            cancel_futures: true,
        };
        self.desk.shut_down(how, cancel);
        self.settings.roster.terminate();
    }

    fn queue<C: Call>(
        &self,
        call: C,
        patience: Patience,
    ) -> Result<Future<C::Output, CallError>, SubmitError<C>> {
        let (task, future) = request::one(call);
        match self.push(task, patience) {
            Ok(()) => Ok(future),
            Err((task, reason)) => {
                let mut calls = task.into_calls();
                let job = calls.pop().expect("a task of one call has one");
                Err(SubmitError { job, reason })
            }
        }
    }

    fn push<C: Call, T: Send + 'static>(
        &self,
        task: Box<Task<C, T>>,
        patience: Patience,
    ) -> Result<(), (Box<Task<C, T>>, Refusal)> {
        self.desk
            .push(task, |task| task, patience, |index| self.hire(index))
    }

    fn hire(&self, index: usize) -> std::io::Result<thread::JoinHandle<()>> {
        let (desk, settings) = (Arc::clone(&self.desk), self.settings.clone());
        let builder = thread::Builder::new().name(format!("selvedge-process_{index}"));
        builder.spawn(move || {
            let served = catch_unwind(AssertUnwindSafe(|| {
                // So that the desk knows its own threads.
                Context::new(desk.id(), index, &()).enter(|| {
                    let link = Link::start(index, settings.clone(), Arc::clone(&desk));
                    link.map(|mut link| link.serve())
                })
            }));
            let served = served.unwrap_or_else(|payload| Err(InitError::new(Panic::new(payload))));
            if let Err(cause) = served
                && !settings.roster.is_terminated()
            {
                for request in desk.close(Refusal::Broken(cause.clone()), true) {
                    request.broken(cause.clone());
                }
            }
            desk.leave();
        })
    }
}

fn cancel(requests: Vec<Box<dyn Request>>) {
    for request in requests {
        request.cancel();
    }
}

impl<C: Call> Accepts<C> for ProcessExecutor {
    type Output = C::Output;
    type Error = CallError;

    fn accept(&self, call: C) -> Result<Future<C::Output, CallError>, SubmitError<C>> {
        self.queue(call, Patience::Endless)
    }

    fn accept_chunk(&self, calls: Vec<C>) -> Result<ChunkFuture<Self, C>, SubmitError<Vec<C>>> {
        let (task, future) = request::chunk(calls);
        match self.push(task, Patience::Endless) {
            Ok(()) => Ok(future),
            Err((task, reason)) => Err(SubmitError {
                job: task.into_calls(),
                reason,
            }),
        }
    }
}

impl Executor for ProcessExecutor {
    fn shutdown(&self, how: Shutdown) {
        self.desk.shut_down(how, cancel);
    }
}

impl Drop for ProcessExecutor {
    fn drop(&mut self) {
        self.shutdown(Shutdown::default());
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
