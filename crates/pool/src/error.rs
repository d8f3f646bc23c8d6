//! What can go wrong: with a task, with a worker, with a submission.

use core::any::Any;
use core::fmt;
use selvedge_sync::seam::Mutex;

/// Why a future has no value to give.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error<E> {
    /// The task was cancelled before it ran.
    Cancelled,
    /// The time given was up before the task was done; the future can be asked again.
    TimedOut,
    /// The [`Promise`](crate::Promise) was dropped, or its executor gave the task up, without a
    /// result.
    Abandoned,
    /// The executor broke before the task began: a worker could not be initialised.
    Broken(InitError),
    /// The task failed with this error.
    Failed(E),
}

impl<E> Error<E> {
    pub(crate) fn as_ref(&self) -> Error<&E> {
        match self {
            Error::Cancelled => Error::Cancelled,
            Error::TimedOut => Error::TimedOut,
            Error::Abandoned => Error::Abandoned,
            Error::Broken(cause) => Error::Broken(cause.clone()),
            Error::Failed(error) => Error::Failed(error),
        }
    }

    /// The same error with what failed passed through `f`.
    pub fn map<G>(self, f: impl FnOnce(E) -> G) -> Error<G> {
        match self {
            Error::Cancelled => Error::Cancelled,
            Error::TimedOut => Error::TimedOut,
            Error::Abandoned => Error::Abandoned,
            Error::Broken(cause) => Error::Broken(cause),
            Error::Failed(error) => Error::Failed(f(error)),
        }
    }
}

impl<E: fmt::Display> fmt::Display for Error<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Cancelled => f.write_str("the task was cancelled"),
            Error::TimedOut => f.write_str("the task was not done in time"),
            Error::Abandoned => f.write_str("the task was given up without a result"),
            Error::Broken(cause) => write!(f, "the executor is broken: {cause}"),
            Error::Failed(error) => write!(f, "the task failed: {error}"),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> core::error::Error for Error<E> {}

/// The panic of a task: its message, and its payload for whoever wants to resume it.
pub struct Panic {
    message: Box<str>,
    /// Behind a mutex only so that the panic can be shared: a payload is `Send`, not `Sync`.
    payload: Mutex<Option<Box<dyn Any + Send>>>,
}

impl Panic {
    /// Wraps what `catch_unwind` caught.
    pub fn new(payload: Box<dyn Any + Send>) -> Self {
        let message = if let Some(text) = payload.downcast_ref::<&'static str>() {
            (*text).into()
        } else if let Some(text) = payload.downcast_ref::<String>() {
            text.as_str().into()
        } else {
            "(a payload that is not text)".into()
        };
        Self {
            message,
            payload: Mutex::new(Some(payload)),
        }
    }

    /// What the panic said.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Takes the payload, for [`std::panic::resume_unwind`]. `None` if it was taken before.
    pub fn take_payload(&self) -> Option<Box<dyn Any + Send>> {
        self.payload.lock().take()
    }
}

impl fmt::Debug for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Panic")
            .field("message", &self.message)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "panicked: {}", self.message)
    }
}

impl core::error::Error for Panic {}

/// Why a worker could not be started: the cause that breaks the pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InitError(Box<str>);

impl InitError {
    /// The cause, put in words.
    pub fn new(cause: impl fmt::Display) -> Self {
        Self(cause.to_string().into())
    }
}

impl fmt::Display for InitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl core::error::Error for InitError {}

/// Why an executor did not take a job.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Refusal {
    /// It has been shut down.
    ShutDown,
    /// A worker could not be initialised, so the pool is broken.
    Broken(InitError),
    /// Its queue is full, and stayed full for as long as the caller was ready to wait.
    Full,
    /// The system gave it no thread, and it has none.
    NoThread(InitError),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::ShutDown => f.write_str("the executor is shut down"),
            Refusal::Broken(cause) => write!(f, "the executor is broken: {cause}"),
            Refusal::Full => f.write_str("the executor's queue is full"),
            Refusal::NoThread(cause) => write!(f, "no worker could be started: {cause}"),
        }
    }
}

/// A submission that was refused: the job comes back with the reason.
pub struct SubmitError<J> {
    /// What was to be run.
    pub job: J,
    /// Why it will not be.
    pub reason: Refusal,
}

impl<J> fmt::Debug for SubmitError<J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SubmitError")
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}

impl<J> fmt::Display for SubmitError<J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reason.fmt(f)
    }
}

impl<J> core::error::Error for SubmitError<J> {}

impl<J> SubmitError<J> {
    pub(crate) fn map<K>(self, f: impl FnOnce(J) -> K) -> SubmitError<K> {
        SubmitError {
            job: f(self.job),
            reason: self.reason,
        }
    }
}
