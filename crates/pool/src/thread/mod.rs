//! An executor of worker threads.

mod crew;
mod fill;
mod fork;
mod queue;
mod roll;
mod scope;
mod worker;

pub use scope::Scope;
pub use worker::{Bare, Seat, Worker, WorkerFactory};

use core::fmt;
use selvedge_sync::seam::clock::{Duration, Instant};
use selvedge_sync::seam::{Arc, thread};
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::{InitError, Panic, SubmitError};
use crate::executor::{Accepts, Executor, Shutdown};
use crate::future::Future;
use crate::task::{Code, Errand, Fresh, Task};
use crew::Crew;
pub use crew::Patience;

/// Runs jobs on worker threads, which are started on demand up to a maximum and then reused.
///
/// Tasks begin in the order in which they were submitted. Dropping the executor shuts it down
/// without waiting: what is queued is still run, unless the process ends before.
///
/// ```
/// use selvedge_pool::{Executor, Shutdown, ThreadExecutor};
///
/// let pool = ThreadExecutor::builder().max_workers(2).name_prefix("crunch").build();
/// let name = pool.submit(|| std::thread::current().name().map(String::from))?;
/// assert_eq!(name.join()?.as_deref(), Some("crunch_0"));
/// pool.shutdown(Shutdown::GRACEFUL);
/// assert!(pool.submit(|| None::<String>).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ThreadExecutor<F: WorkerFactory = StartBare> {
    crew: Arc<Crew<F>>,
}

type Initializer = dyn Fn(&Seat) -> Result<(), InitError> + Send + Sync;

/// Starts workers that carry nothing, with the initialiser given to [`Builder::initializer`].
pub struct StartBare {
    initializer: Box<Initializer>,
}

impl WorkerFactory for StartBare {
    type Worker = Bare;
    fn start(&self, seat: &Seat) -> Result<Bare, InitError> {
        (self.initializer)(seat).map(|()| Bare)
    }
}

impl fmt::Debug for StartBare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StartBare").finish_non_exhaustive()
    }
}

/// Settings of a [`ThreadExecutor`].
#[derive(Debug)]
#[must_use = "a builder does nothing until it builds"]
pub struct Builder<F> {
    factory: F,
    max_workers: usize,
    name_prefix: String,
    capacity: usize,
}

impl ThreadExecutor {
    /// At most `max_workers` workers that carry nothing, with a queue that is not bounded.
    ///
    /// # Panics
    /// If `max_workers` is 0.
    pub fn new(max_workers: usize) -> Self {
        Self::builder().max_workers(max_workers).build()
    }

    /// Settings to start from: as many workers as the machine runs threads at once.
    pub fn builder() -> Builder<StartBare> {
        Builder::new(StartBare {
            initializer: Box::new(|_| Ok(())),
        })
    }
}

impl Builder<StartBare> {
    /// Calls `initializer` on each new worker thread before its first job. If it fails or panics,
    /// the executor is broken: queued tasks fail with the cause, and no further job is taken.
    pub fn initializer(
        mut self,
        initializer: impl Fn(&Seat) -> Result<(), InitError> + Send + Sync + 'static,
    ) -> Self {
        self.factory.initializer = Box::new(initializer);
        self
    }
}

impl<F: WorkerFactory> Builder<F> {
    /// Settings to start from, for workers made by `factory`.
    pub fn new(factory: F) -> Self {
        Self {
            factory,
            max_workers: thread::available_parallelism(),
            name_prefix: String::from("selvedge-pool"),
            capacity: usize::MAX,
        }
    }

    /// How many workers there may be.
    ///
    /// # Panics
    /// If `count` is 0.
    pub fn max_workers(mut self, count: usize) -> Self {
        assert!(count > 0, "an executor without workers runs nothing");
        self.max_workers = count;
        self
    }

    /// What the threads' names begin with; an underscore and a number from 0 follow.
    pub fn name_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.name_prefix = prefix.into();
        self
    }

    /// Bounds the queue: a submission waits while this many tasks are queued (see
    /// [`ThreadExecutor::try_submit`] for one that does not). The executor's own workers are
    /// exempt: if all of them waited for room, nobody would make any.
    ///
    /// # Panics
    /// If `tasks` is 0.
    pub fn capacity(mut self, tasks: usize) -> Self {
        assert!(tasks > 0, "a queue without room takes nothing");
        self.capacity = tasks;
        self
    }

    /// Makes the executor. No thread is started before the first submission.
    pub fn build(self) -> ThreadExecutor<F> {
        ThreadExecutor {
            crew: Crew::new(
                self.factory,
                self.name_prefix,
                self.max_workers,
                self.capacity,
            ),
        }
    }
}

/// A function without arguments: its value, or its panic.
struct Plain<J>(J);

impl<W, J: FnOnce() -> T + Send, T: Send> Code<W> for Plain<J> {
    type Value = T;
    type Error = Panic;
    fn call(self, _: &W) -> Result<T, Panic> {
        Ok((self.0)())
    }
}

/// A function that is lent the worker, and fails in its own way.
struct Lent<J>(J);

impl<W, J, T, E> Code<W> for Lent<J>
where
    J: FnOnce(&W) -> Result<T, E> + Send,
    T: Send,
    E: Send + From<Panic>,
{
    type Value = T;
    type Error = E;
    fn call(self, worker: &W) -> Result<T, E> {
        (self.0)(worker)
    }
}

/// A function whose outcome nobody asks for.
struct Unwatched<J>(J);

impl<J: FnOnce() + Send> Errand for Unwatched<J> {
    fn run(self) {
        // The panic hook has reported it.
        let _ = catch_unwind(AssertUnwindSafe(self.0));
    }
}

/// Functions without arguments, one after the other.
struct Chunk<J>(Vec<J>);

impl<W, J: FnOnce() -> T + Send, T: Send> Code<W> for Chunk<J> {
    type Value = Vec<Result<T, Panic>>;
    type Error = Panic;
    fn call(self, _: &W) -> Result<Self::Value, Panic> {
        let call = |job: J| catch_unwind(AssertUnwindSafe(job)).map_err(Panic::new);
        Ok(self.0.into_iter().map(call).collect())
    }
}

impl<F: WorkerFactory> ThreadExecutor<F> {
    /// Queues `job`, which is lent its worker and fails in its own way.
    ///
    /// # Errors
    /// The job and the reason, if it was refused.
    pub fn submit_with<T, E, J>(&self, job: J) -> Result<Future<T, E>, SubmitError<J>>
    where
        J: FnOnce(&F::Worker) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: Send + From<Panic> + 'static,
    {
        self.queue(Lent(job), Patience::Endless)
            .map_err(|error| error.map(|Lent(job)| job))
    }

    /// Queues `job` if there is room for it at this moment.
    ///
    /// # Errors
    /// The job and the reason, if it was refused.
    pub fn try_submit<T, J>(&self, job: J) -> Result<Future<T>, SubmitError<J>>
    where
        J: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        self.queue(Plain(job), Patience::None)
            .map_err(|error| error.map(|Plain(job)| job))
    }

    /// Queues `job`, waiting up to `timeout` for room.
    ///
    /// # Errors
    /// The job and the reason, if it was refused.
    pub fn submit_timeout<T, J>(
        &self,
        job: J,
        timeout: Duration,
    ) -> Result<Future<T>, SubmitError<J>>
    where
        J: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        // A deadline that cannot be represented is none.
        let patience = Instant::now()
            .checked_add(timeout)
            .map_or(Patience::Endless, Patience::Until);
        self.queue(Plain(job), patience)
            .map_err(|error| error.map(|Plain(job)| job))
    }

    /// Queues `job` and forgets about it: cheaper than [`submit`](Executor::submit) and a dropped
    /// future. A panic in it is reported by the panic hook, and by nothing else.
    ///
    /// # Errors
    /// The job and the reason, if it was refused.
    pub fn execute<J>(&self, job: J) -> Result<(), SubmitError<J>>
    where
        J: FnOnce() + Send + 'static,
    {
        let task = Task::detached(Unwatched(job));
        Crew::push(&self.crew, task, Patience::Endless).map_err(|(task, reason)| {
            // SAFETY: made by `detached` from this type, above.
            let Unwatched(job) = unsafe { task.recover_detached() };
            SubmitError { job, reason }
        })
    }

    /// Runs both functions, at the same time if a worker is free, and returns what they return.
    /// They may borrow. Cheap enough for functions that take a microsecond.
    ///
    /// On a worker of this executor, `a` runs here and `b` is on offer to the other workers until
    /// `a` returns. While this waits for a worker that took `b`, it runs what `b` itself forks,
    /// and nothing else. On any other thread, both run on workers, or here if the executor takes
    /// no more tasks.
    ///
    /// # Panics
    /// If one of the two panics, with its payload, when neither runs any more.
    ///
    /// ```
    /// use selvedge_pool::ThreadExecutor;
    ///
    /// fn sum(pool: &ThreadExecutor, numbers: &[u64]) -> u64 {
    ///     if numbers.len() < 1000 {
    ///         return numbers.iter().sum();
    ///     }
    ///     let (left, right) = numbers.split_at(numbers.len() / 2);
    ///     let (left, right) = pool.join(|| sum(pool, left), || sum(pool, right));
    ///     left + right
    /// }
    /// let numbers: Vec<u64> = (0..10_000).collect();
    /// assert_eq!(sum(&ThreadExecutor::new(2), &numbers), 49_995_000);
    /// ```
    pub fn join<A, B, RA, RB>(&self, a: A, b: B) -> (RA, RB)
    where
        A: FnOnce() -> RA + Send,
        B: FnOnce() -> RB + Send,
        RA: Send,
        RB: Send,
    {
        fork::join(&self.crew, a, b)
    }

    /// Runs `body` on a worker and waits for it; it may borrow. On a worker of this executor, or
    /// if the executor takes no more tasks, it runs here.
    ///
    /// # Panics
    /// If `body` does, with its payload; or if the executor is shut down or breaks before it
    /// begins.
    pub fn install<R: Send>(&self, body: impl FnOnce() -> R + Send) -> R {
        fork::install(&self.crew, body)
    }

    /// Calls `body` with a scope in which it can spawn functions that borrow, and returns when all
    /// of them are over.
    ///
    /// While it waits, a worker of this executor runs functions of this scope, and nothing else.
    ///
    /// # Panics
    /// If `body` or a spawned function does, with the first payload, when none runs any more.
    ///
    /// ```
    /// use selvedge_pool::ThreadExecutor;
    ///
    /// let pool = ThreadExecutor::new(2);
    /// let mut halves = [1, 2];
    /// let (left, right) = halves.split_at_mut(1);
    /// pool.scope(|scope| {
    ///     scope.spawn(|| left[0] *= 10);
    ///     scope.spawn(|| right[0] *= 10);
    /// });
    /// assert_eq!(halves, [10, 20]);
    /// ```
    pub fn scope<'env, R>(
        &self,
        body: impl for<'scope> FnOnce(&'scope Scope<'scope, 'env, F>) -> R,
    ) -> R {
        scope::open(&self.crew, body)
    }

    /// What `make` returns for 0, 1 and so on up to, not including, `length`, in that order, made
    /// by all workers at once. It may borrow. Meant for elements that are quick to make: one costs
    /// no task of its own, no allocation and no future.
    ///
    /// # Panics
    /// If `make` does, with its payload, when it runs nowhere any more and what was made is
    /// dropped.
    ///
    /// ```
    /// use selvedge_pool::ThreadExecutor;
    ///
    /// let words = ["warp", "weft", "selvedge"];
    /// let lengths = ThreadExecutor::new(2).collect(words.len(), |n| words[n].len());
    /// assert_eq!(lengths, [4, 4, 8]);
    /// ```
    pub fn collect<R: Send>(&self, length: usize, make: impl Fn(usize) -> R + Sync) -> Vec<R> {
        fill::collect(&self.crew, length, &make)
    }

    /// How many worker threads there are at this moment.
    pub fn workers(&self) -> usize {
        self.crew.workers()
    }

    /// How many tasks wait to be begun at this moment.
    pub fn queued(&self) -> usize {
        self.crew.queued()
    }

    /// Queues any code, waiting for room.
    pub(crate) fn queue_code<C>(
        &self,
        code: C,
    ) -> Result<Future<C::Value, C::Error>, SubmitError<C>>
    where
        C: Code<F::Worker> + 'static,
    {
        self.queue(code, Patience::Endless)
    }

    fn queue<C>(
        &self,
        code: C,
        patience: Patience,
    ) -> Result<Future<C::Value, C::Error>, SubmitError<C>>
    where
        C: Code<F::Worker> + 'static,
    {
        let fresh = Fresh::new(code, self.crew.id());
        match Crew::push(&self.crew, fresh.task(), patience) {
            Ok(()) => Ok(fresh.future()),
            Err((task, reason)) => Err(SubmitError {
                job: fresh.recover(task),
                reason,
            }),
        }
    }
}

impl<F, J, T> Accepts<J> for ThreadExecutor<F>
where
    F: WorkerFactory,
    J: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    type Output = T;
    type Error = Panic;

    fn accept(&self, job: J) -> Result<Future<T>, SubmitError<J>> {
        self.queue(Plain(job), Patience::Endless)
            .map_err(|error| error.map(|Plain(job)| job))
    }

    fn accept_chunk(
        &self,
        jobs: Vec<J>,
    ) -> Result<Future<Vec<Result<T, Panic>>>, SubmitError<Vec<J>>> {
        self.queue(Chunk(jobs), Patience::Endless)
            .map_err(|error| error.map(|Chunk(jobs)| jobs))
    }
}

impl<F: WorkerFactory> Executor for ThreadExecutor<F> {
    fn shutdown(&self, how: Shutdown) {
        self.crew.shut_down(how);
    }
}

impl<F: WorkerFactory> Drop for ThreadExecutor<F> {
    fn drop(&mut self) {
        self.crew.shut_down(Shutdown::default());
    }
}

impl<F: WorkerFactory> fmt::Debug for ThreadExecutor<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ThreadExecutor")
            .field("workers", &self.workers())
            .field("queued", &self.queued())
            .finish_non_exhaustive()
    }
}
