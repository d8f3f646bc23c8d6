//! Pools in the words of `multiprocessing`: the same on processes and on threads.

use core::fmt;
use selvedge_sync::seam::clock::Duration;
use selvedge_sync::seam::{Arc, Mutex};
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::{Error, Panic, Refusal, SubmitError};
use crate::executor::{Accepts, ChunkFuture, Executor, Map, MapOptions, Shutdown};
use crate::future::Future;
use crate::gather::{ReturnWhen, as_completed, wait};
use crate::process::{Call, CallError, ProcessExecutor};
use crate::task::Code;
use crate::thread::ThreadExecutor;

/// An executor of [`Call`]s, for [`Pool`].
pub trait CallExecutor: Executor {
    /// Shuts down, cancels what is queued, and ends what runs if it can be ended.
    fn terminate(&self);
}

impl CallExecutor for ProcessExecutor {
    fn terminate(&self) {
        ProcessExecutor::terminate(self);
    }
}

/// Runs [`Call`]s on threads of this process: what [`ProcessExecutor`] does, without processes.
/// There is nothing to be encoded and nobody who dies; what runs cannot be ended.
#[derive(Debug)]
pub struct CallThreads(ThreadExecutor);

impl CallThreads {
    /// On at most `max_workers` threads.
    ///
    /// # Panics
    /// If `max_workers` is 0.
    pub fn new(max_workers: usize) -> Self {
        Self(ThreadExecutor::new(max_workers))
    }
}

impl Executor for CallThreads {
    fn shutdown(&self, how: Shutdown) {
        self.0.shutdown(how);
    }
}

impl CallExecutor for CallThreads {
    fn terminate(&self) {
        self.0.shutdown(Shutdown {
            wait: false,
            cancel_futures: true,
        });
    }
}

impl<C: Call> Accepts<C> for CallThreads {
    type Output = C::Output;
    type Error = CallError;

    fn accept(&self, call: C) -> Result<Future<C::Output, CallError>, SubmitError<C>> {
        let queued = self.0.queue_code(One(call));
        queued.map_err(|refused| refused.map(|One(call)| call))
    }

    fn accept_chunk(&self, calls: Vec<C>) -> Result<ChunkFuture<Self, C>, SubmitError<Vec<C>>> {
        let queued = self.0.queue_code(Chunk(calls));
        queued.map_err(|refused| refused.map(|Chunk(calls)| calls))
    }
}

/// A call that runs here.
struct One<C>(C);

impl<W, C: Call> Code<W> for One<C> {
    type Value = C::Output;
    type Error = CallError;
    fn call(self, _: &W) -> Result<C::Output, CallError> {
        Ok(self.0.call())
    }
}

/// Calls that run here, one after the other.
struct Chunk<C>(Vec<C>);

impl<W, C: Call> Code<W> for Chunk<C> {
    type Value = Vec<Result<C::Output, CallError>>;
    type Error = CallError;
    fn call(self, _: &W) -> Result<Self::Value, CallError> {
        let run = |call: C| {
            catch_unwind(AssertUnwindSafe(|| call.call()))
                .map_err(|payload| Panic::new(payload).into())
        };
        Ok(self.0.into_iter().map(run).collect())
    }
}

/// A pool of workers that run [`Call`]s, as `multiprocessing.Pool` does; on threads, as
/// `multiprocessing.dummy.Pool`.
///
/// Dropping it is [`close`](Self::close): what was submitted is still run.
///
/// ```no_run
/// use selvedge_pool::{Pool, task, tasks};
///
/// task! {
///     fn square(n: u64) -> u64 {
///         n * n
///     }
///     fn power(base: u64, exponent: u32) -> u64 {
///         base.pow(exponent)
///     }
/// }
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     tasks![square, power].serve_if_worker();
///     let pool = Pool::processes(2);
///     assert_eq!(pool.apply(square(5))?, 25);
///     assert_eq!(pool.map(square, 1..=3, 1)?, [1, 4, 9]);
///     assert_eq!(pool.starmap(power, [(2, 3), (3, 2)], 1)?, [8, 9]);
///     let later = pool.map_async(square, 0..1000, 100)?;
///     assert!(later.get(None).is_ok_and(|values| values.len() == 1000));
///     pool.close();
///     pool.join()?;
///     Ok(())
/// }
/// ```
#[derive(Debug)]
pub struct Pool<X = ProcessExecutor> {
    executor: X,
    closed: Mutex<bool>,
}

impl Pool<ProcessExecutor> {
    /// On at most `count` worker processes.
    ///
    /// # Panics
    /// If `count` is 0.
    pub fn processes(count: usize) -> Self {
        Self::on(ProcessExecutor::new(count))
    }
}

impl Pool<CallThreads> {
    /// On at most `count` worker threads.
    ///
    /// # Panics
    /// If `count` is 0.
    pub fn threads(count: usize) -> Self {
        Self::on(CallThreads::new(count))
    }
}

/// Why a pool has no result.
#[derive(Clone, Debug)]
pub enum PoolError {
    /// It takes no more tasks.
    Refused(Refusal),
    /// The task failed, was cancelled, or is not done in time.
    Task(Error<CallError>),
}

impl fmt::Display for PoolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PoolError::Refused(refusal) => refusal.fmt(f),
            PoolError::Task(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for PoolError {}

/// The pool was asked to wait for its end and takes tasks still.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StillRunning;

impl fmt::Display for StillRunning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the pool is neither closed nor terminated")
    }
}

impl core::error::Error for StillRunning {}

impl<X: CallExecutor> Pool<X> {
    /// On an executor that was made as you like.
    pub fn on(executor: X) -> Self {
        Self {
            executor,
            closed: Mutex::new(false),
        }
    }

    /// Runs `call` and waits for its result.
    ///
    /// # Errors
    /// If it was refused, or failed.
    pub fn apply<C>(&self, call: C) -> Result<C::Output, PoolError>
    where
        C: Call,
        X: Accepts<C, Output = C::Output, Error = CallError>,
    {
        let future = self.submit(call)?;
        future.join().map_err(PoolError::Task)
    }

    /// Runs `call`; its result can be asked for later.
    ///
    /// # Errors
    /// If it was refused.
    pub fn apply_async<C>(&self, call: C) -> Result<AsyncResult<C::Output>, PoolError>
    where
        C: Call,
        X: Accepts<C, Output = C::Output, Error = CallError>,
    {
        self.submit(call).map(AsyncResult)
    }

    /// Runs `call`, and then `callback` with its value, or `error_callback` with its error, on a
    /// thread of the pool that must not be kept waiting.
    ///
    /// # Errors
    /// If it was refused.
    pub fn apply_async_with<C>(
        &self,
        call: C,
        callback: impl FnOnce(&C::Output) + Send + 'static,
        error_callback: impl FnOnce(Error<&CallError>) + Send + 'static,
    ) -> Result<AsyncResult<C::Output>, PoolError>
    where
        C: Call,
        C::Output: Sync,
        X: Accepts<C, Output = C::Output, Error = CallError>,
    {
        let future = self.submit(call)?;
        future.add_done_callback(|outcome| match outcome {
            Ok(value) => callback(value),
            Err(error) => error_callback(error),
        });
        Ok(AsyncResult(future))
    }

    fn submit<C>(&self, call: C) -> Result<Future<C::Output, CallError>, PoolError>
    where
        C: Call,
        X: Accepts<C, Output = C::Output, Error = CallError>,
    {
        let submitted = self.executor.submit(call);
        submitted.map_err(|refused| PoolError::Refused(refused.reason))
    }

    /// What `function` comes to for each item, in their order. Items travel in chunks of
    /// `chunk_size`; 0 is taken as 1.
    ///
    /// # Errors
    /// The first error in the order of the items; or if the pool refused a chunk.
    pub fn map<I, C>(
        &self,
        function: impl Fn(I) -> C,
        items: impl IntoIterator<Item = I>,
        chunk_size: usize,
    ) -> Result<Vec<C::Output>, PoolError>
    where
        C: Call,
        X: Accepts<C, Output = C::Output, Error = CallError>,
    {
        let mut results = Vec::new();
        for chunk in self.chunks(function, items, chunk_size)? {
            for result in chunk.join().map_err(PoolError::Task)? {
                results.push(result.map_err(|error| PoolError::Task(Error::Failed(error)))?);
            }
        }
        Ok(results)
    }

    /// Like [`map`](Self::map); the results can be asked for later.
    ///
    /// # Errors
    /// If the pool refused a chunk.
    pub fn map_async<I, C>(
        &self,
        function: impl Fn(I) -> C,
        items: impl IntoIterator<Item = I>,
        chunk_size: usize,
    ) -> Result<MapResult<C::Output>, PoolError>
    where
        C: Call,
        X: Accepts<C, Output = C::Output, Error = CallError>,
    {
        let chunks = self.chunks(function, items, chunk_size)?;
        Ok(MapResult(Arc::new(chunks)))
    }

    /// Like [`map_async`](Self::map_async); in the end it calls `callback` with the results, or
    /// `error_callback` with the first error in the order of the items, on a thread of the pool
    /// that must not be kept waiting.
    ///
    /// # Errors
    /// If the pool refused a chunk.
    pub fn map_async_with<I, C>(
        &self,
        function: impl Fn(I) -> C,
        items: impl IntoIterator<Item = I>,
        chunk_size: usize,
        callback: impl FnOnce(Vec<&C::Output>) + Send + 'static,
        error_callback: impl FnOnce(Error<&CallError>) + Send + 'static,
    ) -> Result<MapResult<C::Output>, PoolError>
    where
        C: Call,
        C::Output: Sync,
        X: Accepts<C, Output = C::Output, Error = CallError>,
    {
        let result = self.map_async(function, items, chunk_size)?;
        result.when_done(move |results| match results {
            Ok(values) => callback(values),
            Err(error) => error_callback(error),
        });
        Ok(result)
    }

    /// [`map`](Self::map) for a function of several arguments and tuples of them.
    ///
    /// # Errors
    /// As for `map`.
    pub fn starmap<I, C>(
        &self,
        function: impl Star<I, Output = C>,
        items: impl IntoIterator<Item = I>,
        chunk_size: usize,
    ) -> Result<Vec<C::Output>, PoolError>
    where
        C: Call,
        X: Accepts<C, Output = C::Output, Error = CallError>,
    {
        self.map(function.spread(), items, chunk_size)
    }

    /// Like [`map`](Self::map), as an iterator: results are yielded as soon as those before them
    /// are there, each for itself.
    pub fn imap<I, F, C, S>(
        &self,
        function: F,
        items: S,
        chunk_size: usize,
    ) -> Map<'_, X, impl Iterator<Item = C> + use<I, F, C, S, X>>
    where
        F: Fn(I) -> C,
        C: Call,
        S: IntoIterator<Item = I>,
        X: Accepts<C, Output = C::Output, Error = CallError>,
    {
        let options = MapOptions {
            chunk_size,
            ..MapOptions::default()
        };
        self.executor
            .map_with(items.into_iter().map(function), options)
    }

    /// Like [`imap`](Self::imap), in the order in which chunks are done.
    ///
    /// # Errors
    /// If the pool refused a chunk.
    pub fn imap_unordered<I, C>(
        &self,
        function: impl Fn(I) -> C,
        items: impl IntoIterator<Item = I>,
        chunk_size: usize,
    ) -> Result<impl Iterator<Item = Result<C::Output, Error<CallError>>>, PoolError>
    where
        C: Call,
        X: Accepts<C, Output = C::Output, Error = CallError>,
    {
        let chunks = self.chunks(function, items, chunk_size)?;
        // Without a time limit none is missing.
        let done = as_completed(chunks, None).filter_map(Result::ok);
        Ok(done.flat_map(|chunk| match chunk.join() {
            Ok(results) => {
                let results = results.into_iter();
                results
                    .map(|result| result.map_err(Error::Failed))
                    .collect()
            }
            Err(error) => vec![Err(error)],
        }))
    }

    fn chunks<I, C>(
        &self,
        function: impl Fn(I) -> C,
        items: impl IntoIterator<Item = I>,
        chunk_size: usize,
    ) -> Result<Vec<ChunkOf<C::Output>>, PoolError>
    where
        C: Call,
        X: Accepts<C, Output = C::Output, Error = CallError>,
    {
        let mut calls = items.into_iter().map(function).fuse();
        let mut chunks = Vec::new();
        loop {
            let chunk: Vec<C> = calls.by_ref().take(chunk_size.max(1)).collect();
            if chunk.is_empty() {
                return Ok(chunks);
            }
            let accepted = self.executor.accept_chunk(chunk);
            chunks.push(accepted.map_err(|refused| PoolError::Refused(refused.reason))?);
        }
    }

    /// Takes no more tasks. What was submitted is still run.
    pub fn close(&self) {
        *self.closed.lock() = true;
        self.executor.shutdown(Shutdown::default());
    }

    /// Takes no more tasks, cancels what has not begun, and ends worker processes in the midst of
    /// what they run. Threads cannot be ended: they finish what they run.
    pub fn terminate(&self) {
        *self.closed.lock() = true;
        self.executor.terminate();
    }

    /// Waits until all workers have ended.
    ///
    /// # Errors
    /// If the pool was neither closed nor terminated.
    pub fn join(&self) -> Result<(), StillRunning> {
        if !*self.closed.lock() {
            return Err(StillRunning);
        }
        self.executor.shutdown(Shutdown::GRACEFUL);
        Ok(())
    }
}

/// The future of a chunk of calls.
type ChunkOf<T> = Future<Vec<Result<T, CallError>>, CallError>;

/// A function of several arguments that can be called with a tuple of them; for
/// [`Pool::starmap`].
pub trait Star<Arguments> {
    /// What it returns.
    type Output;
    /// The same function, of a tuple.
    fn spread(self) -> impl Fn(Arguments) -> Self::Output;
}

macro_rules! star {
    ($($name:ident: $type:ident),+) => {
        impl<F: Fn($($type),+) -> R, R, $($type),+> Star<($($type,)+)> for F {
            type Output = R;
            fn spread(self) -> impl Fn(($($type,)+)) -> R {
                move |($($name,)+)| self($($name),+)
            }
        }
    };
}
star!(a: A);
star!(a: A, b: B);
star!(a: A, b: B, c: C);
star!(a: A, b: B, c: C, d: D);
star!(a: A, b: B, c: C, d: D, e: E);
star!(a: A, b: B, c: C, d: D, e: E, g: G);

/// A result that a [`Pool`] will have.
#[derive(Debug)]
pub struct AsyncResult<T>(Future<T, CallError>);

impl<T> AsyncResult<T> {
    /// Waits for the result and lends it out.
    ///
    /// # Errors
    /// [`Error::TimedOut`] if `timeout` passes first, in which case it can be asked for again;
    /// otherwise what kept the task from returning a value.
    pub fn get(&self, timeout: Option<Duration>) -> Result<&T, Error<&CallError>> {
        self.0.result(timeout)
    }

    /// Waits for the result, up to `timeout`; returns whether it is there.
    pub fn wait(&self, timeout: Option<Duration>) -> bool {
        wait([&self.0], timeout, ReturnWhen::AllCompleted)
            .not_done
            .is_empty()
    }

    /// Whether the task is done.
    pub fn ready(&self) -> bool {
        self.0.done()
    }

    /// Whether the task returned a value; `None` if it is not done.
    pub fn successful(&self) -> Option<bool> {
        self.0.outcome().map(|outcome| outcome.is_ok())
    }

    /// The future that this is.
    pub fn into_future(self) -> Future<T, CallError> {
        self.0
    }
}

/// Results that a [`Pool`] will have, in the order of the items.
#[derive(Debug)]
pub struct MapResult<T>(Arc<Vec<ChunkOf<T>>>);

impl<T> MapResult<T> {
    /// Waits for all results and lends them out.
    ///
    /// # Errors
    /// [`Error::TimedOut`] if `timeout` passes first, in which case they can be asked for again;
    /// otherwise the first error in the order of the items.
    pub fn get(&self, timeout: Option<Duration>) -> Result<Vec<&T>, Error<&CallError>> {
        if self.wait(timeout) {
            self.collect()
        } else {
            Err(Error::TimedOut)
        }
    }

    /// Waits for all results, up to `timeout`; returns whether they are there.
    pub fn wait(&self, timeout: Option<Duration>) -> bool {
        wait(self.0.iter(), timeout, ReturnWhen::AllCompleted)
            .not_done
            .is_empty()
    }

    /// Whether all tasks are done.
    pub fn ready(&self) -> bool {
        self.0.iter().all(Future::done)
    }

    /// Whether all calls returned a value; `None` if they are not done.
    pub fn successful(&self) -> Option<bool> {
        self.ready().then(|| self.collect().is_ok())
    }

    /// The results, without waiting.
    fn collect(&self) -> Result<Vec<&T>, Error<&CallError>> {
        let mut values = Vec::new();
        for chunk in self.0.iter() {
            for result in chunk.result(Some(Duration::ZERO))? {
                values.push(result.as_ref().map_err(Error::Failed)?);
            }
        }
        Ok(values)
    }

    /// Calls `callback` when all are done, on the thread that completes the last, or here.
    fn when_done(&self, callback: impl FnOnce(Result<Vec<&T>, Error<&CallError>>) + Send + 'static)
    where
        T: Send + Sync + 'static,
    {
        // Each chunk counts, and this call, so that it is not over in the midst of it.
        let left = Arc::new(Mutex::new(Countdown {
            left: self.0.len() + 1,
            callback: Some(callback),
        }));
        for chunk in self.0.iter() {
            let (all, left) = (Self(Arc::clone(&self.0)), Arc::clone(&left));
            chunk.add_done_callback(move |_| all.count_down(&left));
        }
        self.count_down(&left);
    }

    fn count_down<F>(&self, countdown: &Mutex<Countdown<F>>)
    where
        F: FnOnce(Result<Vec<&T>, Error<&CallError>>),
    {
        let mut counted = countdown.lock();
        counted.left -= 1;
        let callback = (counted.left == 0).then(|| counted.callback.take());
        drop(counted);
        // It runs with no mutex held.
        if let Some(callback) = callback.flatten() {
            callback(self.collect());
        }
    }
}

/// How many chunks are not done, and what is to be called then.
struct Countdown<F> {
    left: usize,
    callback: Option<F>,
}
