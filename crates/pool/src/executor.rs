//! What every executor can do.

use core::fmt;
use selvedge_sync::seam::clock::{Duration, Instant};
use std::collections::VecDeque;

use crate::error::{Error, Refusal, SubmitError};
use crate::future::Future;

/// An executor that takes jobs of type `J`: the side that an executor implements.
pub trait Accepts<J> {
    /// What the job comes to.
    type Output: Send;
    /// How it fails.
    type Error: Send;

    /// Queues one job.
    ///
    /// # Errors
    /// The job and the reason, if it was refused.
    fn accept(&self, job: J) -> Result<Future<Self::Output, Self::Error>, SubmitError<J>>;

    /// Queues jobs that are to run one after the other, as one task.
    ///
    /// # Errors
    /// The jobs and the reason, if they were refused.
    fn accept_chunk(&self, jobs: Vec<J>) -> Result<ChunkFuture<Self, J>, SubmitError<Vec<J>>>;
}

/// The future of a chunk: a result for each job, each failing for itself.
pub type ChunkFuture<X, J> = Future<
    Vec<Result<<X as Accepts<J>>::Output, <X as Accepts<J>>::Error>>,
    <X as Accepts<J>>::Error,
>;

/// How an executor is shut down. Whatever is chosen, it takes no further job.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shutdown {
    /// Return only when the workers have ended.
    pub wait: bool,
    /// Cancel what no worker has begun; otherwise it is still run.
    pub cancel_futures: bool,
}

impl Shutdown {
    /// Run what is queued, and wait for it.
    pub const GRACEFUL: Self = Self {
        wait: true,
        cancel_futures: false,
    };
    /// Cancel what is queued, and wait for what runs.
    pub const IMMEDIATE: Self = Self {
        wait: true,
        cancel_futures: true,
    };
}

/// Runs jobs somewhere else.
pub trait Executor {
    /// Stops taking jobs, as [`Shutdown`] says. Further calls are allowed.
    ///
    /// Called by one of the executor's own workers, it does not wait, whatever `how` says: a
    /// worker cannot outlive itself.
    fn shutdown(&self, how: Shutdown);

    /// Queues `job`; the future brings its result.
    ///
    /// # Errors
    /// The job and the reason, if it was refused.
    fn submit<J>(&self, job: J) -> Result<Future<Self::Output, Self::Error>, SubmitError<J>>
    where
        Self: Accepts<J>,
    {
        self.accept(job)
    }

    /// Runs all `jobs` and yields their results in the order of the jobs.
    fn map<I>(&self, jobs: I) -> Map<'_, Self, I::IntoIter>
    where
        I: IntoIterator,
        Self: Accepts<I::Item> + Sized,
    {
        self.map_with(jobs, MapOptions::default())
    }

    /// Like [`map`](Self::map), with a time limit, chunks or a bounded buffer.
    fn map_with<I>(&self, jobs: I, options: MapOptions) -> Map<'_, Self, I::IntoIter>
    where
        I: IntoIterator,
        Self: Accepts<I::Item> + Sized,
    {
        Map::new(self, jobs.into_iter(), options)
    }
}

/// How [`Executor::map_with`] goes about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MapOptions {
    /// How long all results together may take, from the call on. Default: as long as they do.
    pub timeout: Option<Duration>,
    /// How many jobs make up one task. Default 1; 0 is taken as 1.
    pub chunk_size: usize,
    /// How many tasks may be queued, running or waiting to be taken by the caller; more jobs are
    /// drawn as results are taken. Default: no limit, so all jobs are queued by the call. 0 is
    /// taken as 1.
    pub buffer: Option<usize>,
}

impl Default for MapOptions {
    fn default() -> Self {
        Self {
            timeout: None,
            chunk_size: 1,
            buffer: None,
        }
    }
}

/// Why [`Map`] has no value to yield.
#[derive(Clone, Debug)]
pub enum MapError<E> {
    /// The executor refused a job; the iteration ends.
    Refused(Refusal),
    /// The job failed; the iteration goes on, unless its time was up.
    Task(Error<E>),
}

impl<E: fmt::Display> fmt::Display for MapError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MapError::Refused(refusal) => refusal.fmt(f),
            MapError::Task(error) => error.fmt(f),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> core::error::Error for MapError<E> {}

/// Ordered results; made by [`Executor::map`]. Dropping it cancels what has not begun.
pub struct Map<'a, X: Accepts<I::Item>, I: Iterator> {
    executor: &'a X,
    jobs: core::iter::Fuse<I>,
    queued: VecDeque<Queued<X, I::Item>>,
    /// Results of the chunk that was awaited last.
    ready: std::vec::IntoIter<Result<X::Output, X::Error>>,
    refused: Option<Refusal>,
    deadline: Option<Instant>,
    chunk_size: usize,
    buffer: usize,
}

enum Queued<X: Accepts<J> + ?Sized, J> {
    One(Future<X::Output, X::Error>),
    Chunk(ChunkFuture<X, J>),
}

type Item<X, J> = Result<<X as Accepts<J>>::Output, MapError<<X as Accepts<J>>::Error>>;

impl<'a, X: Accepts<I::Item>, I: Iterator> Map<'a, X, I> {
    fn new(executor: &'a X, jobs: I, options: MapOptions) -> Self {
        let mut map = Self {
            executor,
            jobs: jobs.fuse(),
            queued: VecDeque::new(),
            ready: Vec::new().into_iter(),
            refused: None,
            // A deadline that cannot be represented is none.
            deadline: options
                .timeout
                .and_then(|limit| Instant::now().checked_add(limit)),
            chunk_size: options.chunk_size.max(1),
            buffer: options.buffer.map_or(usize::MAX, |buffer| buffer.max(1)),
        };
        map.fill();
        map
    }

    /// Queues jobs up to the bound of the buffer.
    fn fill(&mut self) {
        while self.queued.len() < self.buffer && self.refused.is_none() {
            let queued = if self.chunk_size == 1 {
                let Some(job) = self.jobs.next() else { return };
                let future = self.executor.accept(job).map(Queued::One);
                future.map_err(|error| error.reason)
            } else {
                let jobs: Vec<_> = self.jobs.by_ref().take(self.chunk_size).collect();
                if jobs.is_empty() {
                    return;
                }
                let future = self.executor.accept_chunk(jobs).map(Queued::Chunk);
                future.map_err(|error| error.reason)
            };
            match queued {
                Ok(future) => self.queued.push_back(future),
                Err(reason) => self.refused = Some(reason),
            }
        }
    }

    /// Waits for `future` within the time limit.
    fn settle<T, E>(&mut self, future: Future<T, E>) -> Result<T, Error<E>> {
        if let Some(deadline) = self.deadline {
            let left = deadline.saturating_duration_since(Instant::now());
            if let Err(Error::TimedOut) = future.result(Some(left)) {
                future.cancel();
                self.end();
                return Err(Error::TimedOut);
            }
        }
        future.join()
    }

    fn end(&mut self) {
        self.cancel_queued();
        // Nothing is left to draw or to report.
        self.buffer = 0;
        self.refused = None;
    }

    fn cancel_queued(&mut self) {
        for queued in self.queued.drain(..) {
            match queued {
                Queued::One(future) => future.cancel(),
                Queued::Chunk(future) => future.cancel(),
            };
        }
    }

    fn next_queued(&mut self) -> Option<Item<X, I::Item>> {
        match self.queued.pop_front() {
            None => {
                let refusal = self.refused.take()?;
                self.end();
                Some(Err(MapError::Refused(refusal)))
            }
            Some(Queued::One(future)) => Some(self.settle(future).map_err(MapError::Task)),
            Some(Queued::Chunk(future)) => match self.settle(future) {
                Ok(results) => {
                    self.ready = results.into_iter();
                    self.next_ready()
                }
                Err(error) => Some(Err(MapError::Task(error))),
            },
        }
    }

    fn next_ready(&mut self) -> Option<Item<X, I::Item>> {
        let result = self.ready.next()?;
        Some(result.map_err(|error| MapError::Task(Error::Failed(error))))
    }
}

impl<X: Accepts<I::Item>, I: Iterator> Iterator for Map<'_, X, I> {
    type Item = Item<X, I::Item>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(item) = self.next_ready() {
            return Some(item);
        }
        let item = self.next_queued();
        self.fill();
        item
    }
}

impl<X: Accepts<I::Item>, I: Iterator> Drop for Map<'_, X, I> {
    fn drop(&mut self) {
        self.cancel_queued();
    }
}

impl<X: Accepts<I::Item>, I: Iterator> fmt::Debug for Map<'_, X, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Map")
            .field("queued", &self.queued.len())
            .finish_non_exhaustive()
    }
}
