//! A result that is to come: the handle that waits for it and the half that brings it.

pub(crate) mod completion;
mod promise;
pub(crate) mod shared;

pub use promise::{Promise, promise};

use core::pin::Pin;
use core::task::{Context, Poll};
use selvedge_sync::seam::clock::{Duration, Instant};

use crate::error::{Error, Panic};
use crate::task::SharedRef;
use completion::{State, Ticket, Until, Waiter};
use shared::{Callback, run_callback};

/// The handle of a task that was submitted, or of a [`Promise`].
///
/// It is pending until a worker begins the task, then running, and in the end cancelled or
/// finished. There is one handle to a task; it lends the result out any number of times
/// ([`result`](Self::result)) and can be traded for it once ([`join`](Self::join), or `.await`).
/// To wait from several places, put it in an `Arc`.
///
/// **Dropping it does not cancel the task**: a submitted task runs whether or not anybody asks for
/// its result. Who wants otherwise calls [`cancel`](Self::cancel) first.
///
/// **Waiting inside the pool.** A worker that waits without a time limit for a task of its own
/// pool that nobody has begun runs that task itself, inside its own, and no other: since it never
/// picks up unrelated work, a lock held by the waiter cannot meet code that wants it unless the
/// awaited task itself does. Whatever a worker waits for is therefore running somewhere, and a
/// pool of any size can wait for its own tasks.
///
/// ```
/// use selvedge_pool::{Executor, ThreadExecutor};
///
/// let pool = ThreadExecutor::new(1);
/// let length = pool.submit(|| "selvedge".len())?;
/// assert_eq!(length.result(None).ok(), Some(&8));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Future<T, E = Panic> {
    shared: SharedRef<T, E>,
    /// The waker registered by the last poll.
    polled: Option<Ticket>,
    /// Set once `poll` has moved the result out.
    taken: bool,
}

impl<T, E> Future<T, E> {
    pub(crate) fn from(shared: SharedRef<T, E>) -> Self {
        Self {
            shared,
            polled: None,
            taken: false,
        }
    }

    /// Cancels the task if it has not begun. Returns whether the future is now cancelled, so a
    /// second call returns true as well.
    ///
    /// Who waits is woken and callbacks run before this returns.
    pub fn cancel(&self) -> bool {
        self.shared.cancel() || self.cancelled()
    }

    /// Whether the task was cancelled.
    pub fn cancelled(&self) -> bool {
        self.shared.completion.state() == State::Cancelled
    }

    /// Whether the task has begun and has not ended.
    pub fn running(&self) -> bool {
        self.shared.completion.state() == State::Running
    }

    /// Whether the task has ended or was cancelled.
    pub fn done(&self) -> bool {
        self.shared.completion.reached(Until::Done)
    }

    /// What the future has come to, without waiting; `None` if it is not done.
    ///
    /// # Panics
    /// If the result was moved out by polling.
    pub fn outcome(&self) -> Option<Result<&T, Error<&E>>> {
        assert!(!self.taken, "the future was polled to completion");
        // SAFETY: not taken by `poll`; `join` consumes the handle, and this borrows it.
        unsafe { self.shared.outcome() }
    }

    /// Waits for the task and lends its value out.
    ///
    /// # Errors
    /// [`Error::TimedOut`] if `timeout` passes first, in which case the future can be asked again;
    /// otherwise what kept the task from returning a value.
    ///
    /// # Panics
    /// If the result was moved out by polling.
    pub fn result(&self, timeout: Option<Duration>) -> Result<&T, Error<&E>> {
        self.block(Until::Done, timeout);
        self.outcome().unwrap_or(Err(Error::TimedOut))
    }

    /// Waits for the task and lends its error out; `None` if it returned a value.
    ///
    /// # Errors
    /// [`Error::Cancelled`], [`Error::Abandoned`] or [`Error::TimedOut`], never
    /// [`Error::Failed`].
    ///
    /// # Panics
    /// If the result was moved out by polling.
    pub fn exception(&self, timeout: Option<Duration>) -> Result<Option<&E>, Error<&E>> {
        match self.result(timeout) {
            Ok(_) => Ok(None),
            Err(Error::Failed(error)) => Ok(Some(error)),
            Err(other) => Err(other),
        }
    }

    /// Waits for the task and trades the handle for its result.
    ///
    /// If callbacks were added, it also waits until they have run, since they are lent the result:
    /// do not call this from one of the future's own callbacks.
    ///
    /// # Errors
    /// What kept the task from returning a value.
    ///
    /// # Panics
    /// If the result was moved out by polling.
    pub fn join(mut self) -> Result<T, Error<E>> {
        self.block(Until::Settled, None);
        self.take()
    }

    /// Calls `callback` with what the future comes to, as soon as it is done: on the thread that
    /// completes or cancels it, in the order in which callbacks were added, after waking those
    /// who wait; or here and now if it is done already.
    ///
    /// A callback that panics is logged to the standard error, and the others run.
    ///
    /// # Panics
    /// If the result was moved out by polling.
    pub fn add_done_callback(&self, callback: impl FnOnce(Result<&T, Error<&E>>) + Send + 'static)
    where
        // The handle and the completing thread look at the result at the same time.
        T: Sync,
        E: Sync,
    {
        let callback: Callback<T, E> = Box::new(callback);
        if let Err(callback) = self.shared.add_callback(callback) {
            let outcome = self.outcome().expect("given back because it is done");
            run_callback(callback, outcome);
        }
    }

    pub(crate) fn register(&self, waiter: Waiter) -> Option<Ticket> {
        self.shared.completion.register(Until::Done, waiter)
    }

    pub(crate) fn deregister(&self, ticket: Ticket) {
        self.shared.completion.deregister(ticket);
    }

    /// Runs the task here if nobody has begun it and this thread is a worker of its pool.
    pub(crate) fn help(&self) {
        self.shared.help();
    }

    fn block(&self, until: Until, timeout: Option<Duration>) {
        if self.shared.completion.reached(until) || timeout == Some(Duration::ZERO) {
            return;
        }
        // With a time limit the waiter does not help: it could not leave the task half done.
        if timeout.is_none() {
            self.help();
        }
        // A deadline that cannot be represented is none.
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        self.shared.completion.block(until, deadline);
    }

    fn take(&mut self) -> Result<T, Error<E>> {
        assert!(!self.taken, "the future was polled to completion");
        self.taken = true;
        // SAFETY: the callers have waited for "settled", and have the handle to themselves.
        unsafe { self.shared.take() }
    }
}

// The handle owns no part of its own memory that a pin could protect.
impl<T, E> Unpin for Future<T, E> {}

impl<T, E> core::future::Future for Future<T, E> {
    type Output = Result<T, Error<E>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(ticket) = self.polled.take() {
            self.deregister(ticket);
        }
        if !self.shared.completion.reached(Until::Settled) {
            let waiter = Waiter::Task(context.waker().clone());
            let ticket = self.shared.completion.register(Until::Settled, waiter);
            if ticket.is_some() {
                self.polled = ticket;
                return Poll::Pending;
            }
        }
        Poll::Ready(self.take())
    }
}

impl<T, E> Drop for Future<T, E> {
    fn drop(&mut self) {
        // Only so that the waker of a task that has lost interest is not kept alive.
        if let Some(ticket) = self.polled.take() {
            self.deregister(ticket);
        }
    }
}

impl<T, E> core::fmt::Debug for Future<T, E> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Future")
            .field("state", &self.shared.completion.state())
            .finish_non_exhaustive()
    }
}
