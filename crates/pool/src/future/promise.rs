//! The producing half of a future, for those who run tasks in a way of their own.

use super::Future;
use crate::error::{Error, InitError};
use crate::task::SharedRef;

/// Brings a [`Future`] its result.
///
/// Dropped without one, it completes the future with [`Error::Abandoned`], so that nobody waits
/// for ever.
///
/// ```
/// use selvedge_pool::promise;
///
/// let (promise, future) = promise::<i32, String>();
/// assert!(promise.set_running_or_notify_cancel());
/// promise.set_result(7);
/// assert_eq!(future.result(None), Ok(&7));
/// ```
#[must_use = "a promise that is dropped abandons its future"]
pub struct Promise<T, E> {
    shared: SharedRef<T, E>,
    kept: bool,
}

/// A pending future and the promise that completes it.
pub fn promise<T, E>() -> (Promise<T, E>, Future<T, E>) {
    let (producer, consumer) = SharedRef::pair();
    let promise = Promise {
        shared: producer,
        kept: false,
    };
    (promise, Future::from(consumer))
}

impl<T, E> Promise<T, E> {
    /// Says that the task begins, which makes it too late to cancel. Returns false if it was
    /// cancelled: then there is nothing to do.
    #[must_use = "a cancelled task is not to be run"]
    pub fn set_running_or_notify_cancel(&self) -> bool {
        self.shared.completion.claim()
    }

    /// Whether the future was cancelled.
    pub fn cancelled(&self) -> bool {
        self.shared.completion.state() == super::State::Cancelled
    }

    /// Completes the future with a value; returns false if it was cancelled before.
    pub fn set_result(self, value: T) -> bool {
        self.keep(Ok(value))
    }

    /// Completes the future with an error; returns false if it was cancelled before.
    pub fn set_exception(self, error: E) -> bool {
        self.keep(Err(Error::Failed(error)))
    }

    /// Takes back that the task begins, by whoever said so last: it has not begun after all, and
    /// can be cancelled again.
    pub fn take_back_running(&self) {
        self.shared.completion.unclaim();
    }

    /// Cancels the future, on behalf of an executor that will not run the task.
    pub(crate) fn cancel(self) {
        // What is left to the drop is a future that is done, unless the task has begun.
        self.shared.cancel();
    }

    /// Fails the future with what broke its executor.
    pub(crate) fn break_with(self, cause: InitError) {
        self.keep(Err(Error::Broken(cause)));
    }

    fn keep(mut self, result: Result<T, Error<E>>) -> bool {
        self.kept = true;
        // SAFETY: the promise is the one producer, and this consumes it.
        unsafe { self.shared.complete(result) }
    }
}

impl<T, E> Drop for Promise<T, E> {
    fn drop(&mut self) {
        if !self.kept {
            // SAFETY: the promise is the one producer, and has not completed the future.
            unsafe { self.shared.complete(Err(Error::Abandoned)) };
        }
    }
}

impl<T, E> core::fmt::Debug for Promise<T, E> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Promise").finish_non_exhaustive()
    }
}
