//! What can go wrong with a call in another process.

use core::fmt;
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;

use crate::error::{InitError, Panic};

/// Why a call to a worker process has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallError {
    /// The task panicked, with this message.
    Panicked(String),
    /// The worker died of it, or while it ran it; the last one, if there were several tries.
    Died(WorkerDied),
    /// It ran for longer than [`Builder::call_timeout`](super::Builder::call_timeout), and its
    /// worker was killed.
    TimedOut,
    /// The worker has no task of this name.
    Unknown(String),
    /// The arguments or the result could not be put into bytes.
    NotEncodable(String),
    /// The system refused what it takes to pass the arguments on.
    NotSent(String),
    /// The worker's answer was not understood.
    Garbled,
    /// The worker had to be replaced, and its successor could not be started.
    NoWorker(InitError),
}

/// Which worker died, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkerDied {
    /// The worker's number among the executor's: its successors have the same.
    pub worker: usize,
    /// Its process id.
    pub pid: u32,
    /// How it ended.
    pub ended: Ended,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It exited with this code.
    Exited(i32),
    /// This signal ended it.
    Signalled(i32),
    /// The system did not say.
    Unknown,
}

impl From<ExitStatus> for Ended {
    fn from(status: ExitStatus) -> Self {
        match (status.code(), status.signal()) {
            (Some(code), _) => Ended::Exited(code),
            (None, Some(signal)) => Ended::Signalled(signal),
            (None, None) => Ended::Unknown,
        }
    }
}

impl From<Panic> for CallError {
    fn from(panic: Panic) -> Self {
        CallError::Panicked(panic.message().into())
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ended::Exited(code) => write!(f, "exited with code {code}"),
            Ended::Signalled(signal) => write!(f, "was ended by signal {signal}"),
            Ended::Unknown => f.write_str("ended, the system did not say how"),
        }
    }
}

impl fmt::Display for WorkerDied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "worker {} (pid {}) {}",
            self.worker, self.pid, self.ended
        )
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CallError::Panicked(message) => write!(f, "panicked: {message}"),
            CallError::Died(died) => died.fmt(f),
            CallError::TimedOut => f.write_str("ran for too long, and its worker was killed"),
            CallError::Unknown(name) => write!(f, "the worker has no task named {name:?}"),
            CallError::NotEncodable(why) => write!(f, "could not be put into bytes: {why}"),
            CallError::NotSent(why) => write!(f, "could not be passed on: {why}"),
            CallError::Garbled => f.write_str("the worker's answer was not understood"),
            CallError::NoWorker(cause) => write!(f, "no worker could be started: {cause}"),
        }
    }
}

impl core::error::Error for CallError {}
