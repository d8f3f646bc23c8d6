//! Why an operation of a queue failed.

use core::fmt;
use std::error::Error;

/// A put failed. Holds the item.
#[derive(PartialEq, Eq, Clone, Copy)]
pub enum PutError<T> {
    /// There is no room, now or until the time ran out.
    Full(T),
    /// The queue was shut down.
    ShutDown(T),
}

/// A get failed.
#[derive(PartialEq, Eq, Clone, Copy, Debug)]
pub enum GetError {
    /// There is no item, now or until the time ran out.
    Empty,
    /// The queue was shut down, and no item is left.
    ShutDown,
}

/// More tasks were reported done than items were put.
#[derive(PartialEq, Eq, Clone, Copy, Debug)]
pub struct TooManyDone;

impl<T> PutError<T> {
    /// The item.
    pub fn into_inner(self) -> T {
        match self {
            Self::Full(item) | Self::ShutDown(item) => item,
        }
    }

    /// Whether there was no room.
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Full(_))
    }
}

const SHUT_DOWN: &str = "the queue was shut down";

impl<T> fmt::Debug for PutError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full(_) => "Full(..)",
            Self::ShutDown(_) => "ShutDown(..)",
        })
    }
}

impl<T> fmt::Display for PutError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full(_) => "the queue is full",
            Self::ShutDown(_) => SHUT_DOWN,
        })
    }
}

impl fmt::Display for GetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "the queue is empty",
            Self::ShutDown => SHUT_DOWN,
        })
    }
}

impl fmt::Display for TooManyDone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("more tasks were reported done than items were put")
    }
}

impl<T> Error for PutError<T> {}
impl Error for GetError {}
impl Error for TooManyDone {}
