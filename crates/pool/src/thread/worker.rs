//! What a worker thread carries, and how it runs a job.

use crate::error::InitError;
use crate::task::Job;

/// What a worker thread carries from its start to its end, and how it runs a job with it: an
/// interpreter to attach to, a connection, a scratch buffer.
pub trait Worker: Sized + 'static {
    /// Runs one job, with whatever has to be set up before it and taken down after it.
    ///
    /// A job that the worker takes over while it waits for it runs inside the waiting one, without
    /// another call of this. A panic in here, outside the job, breaks the executor.
    fn run(&self, job: Job<'_, Self>) {
        job.run(self);
    }
}

/// A worker that carries nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bare;

impl Worker for Bare {}

/// The place a worker takes in its executor.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Seat {
    /// Counts from 0, in the order in which the workers were started.
    pub index: usize,
    /// The thread's name.
    pub name: String,
}

/// Makes the workers of an executor, each on its own thread.
pub trait WorkerFactory: Send + Sync + 'static {
    /// What each thread carries. It need not be `Send`: it stays on its thread.
    type Worker: Worker;

    /// Called on a new worker thread before its first job.
    ///
    /// # Errors
    /// A failure, or a panic, breaks the executor: queued tasks fail with the cause, and no
    /// further job is taken.
    fn start(&self, seat: &Seat) -> Result<Self::Worker, InitError>;
}

impl<W: Worker, F> WorkerFactory for F
where
    F: Fn(&Seat) -> Result<W, InitError> + Send + Sync + 'static,
{
    type Worker = W;
    fn start(&self, seat: &Seat) -> Result<W, InitError> {
        self(seat)
    }
}
