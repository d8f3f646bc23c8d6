//! What can go wrong between a manager and those who use it.

use core::fmt;
use std::io;

use super::wire::{Kind, Refusal};

/// Why a manager or an object of it did not do what it was asked to.
#[derive(Debug)]
#[non_exhaustive]
pub enum ManagerError {
    /// The server could not be started, with what it said.
    NotStarted(String),
    /// The server is gone, or cannot be reached.
    Gone(io::Error),
    /// The other side does not know the same key.
    WrongKey,
    /// A value could not be put into bytes.
    NotEncodable(String),
    /// What came is not what it should be: a value of another type, perhaps.
    Garbled,
    /// There is no such object, or no more: one without a name goes with the last who uses it.
    NoObject,
    /// The object is there, and of this kind.
    WrongKind(Kind),
    /// No object of this kind can do that.
    Misfit,
    /// There is nothing at this index.
    OutOfRange,
    /// The lock is not held by who wants to release it, or to use its condition.
    NotHeld,
    /// It was released more often than acquired, or more tasks were done than put.
    TooMany,
    /// One who should have come to the barrier left, or is gone, or it was reset.
    BrokenBarrier,
}

impl From<Refusal> for ManagerError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NoObject => Self::NoObject,
            Refusal::WrongKind(kind) => Self::WrongKind(kind),
            Refusal::Misfit => Self::Misfit,
            Refusal::OutOfRange => Self::OutOfRange,
            Refusal::NotHeld => Self::NotHeld,
            Refusal::TooMany => Self::TooMany,
            Refusal::BrokenBarrier => Self::BrokenBarrier,
        }
    }
}

impl From<io::Error> for ManagerError {
    fn from(error: io::Error) -> Self {
        Self::Gone(error)
    }
}

impl fmt::Display for ManagerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotStarted(why) => write!(f, "the manager could not be started: {why}"),
            Self::Gone(error) => write!(f, "the manager cannot be reached: {error}"),
            Self::WrongKey => f.write_str("the other side does not know the same key"),
            Self::NotEncodable(why) => write!(f, "could not be put into bytes: {why}"),
            Self::Garbled => f.write_str("what came is not what it should be"),
            Self::NoObject => f.write_str("there is no such object"),
            Self::WrongKind(kind) => write!(f, "the object is of another kind: {kind:?}"),
            Self::Misfit => f.write_str("the object cannot do that"),
            Self::OutOfRange => f.write_str("there is nothing at this index"),
            Self::NotHeld => f.write_str("the lock is not held by its caller"),
            Self::TooMany => f.write_str("more was given back than taken"),
            Self::BrokenBarrier => f.write_str("the barrier is broken"),
        }
    }
}

impl core::error::Error for ManagerError {}
