//! Why an operation between interpreters failed.

use core::fmt;
use std::error::Error;

use super::item::Orphan;
use super::waiting::Refusal;

/// No channel or queue has this number, or it was destroyed meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotFound;

/// A send failed. Holds the item.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SendError<T> {
    /// As [`NotFound`].
    NotFound(T),
    /// The channel is closed, or its sending side is, or this interpreter has released that.
    Closed(T),
    /// Nobody received the item before the time ran out.
    Timeout(T),
    /// The sending interpreter has ended meanwhile.
    InterpreterEnded(T),
}

/// A receive failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecvError {
    /// As [`NotFound`].
    NotFound,
    /// The channel is closed, or this interpreter has released its receiving side.
    Closed,
    /// There is no item, now or until the time ran out.
    Empty,
    /// There was an item, but its interpreter has ended, and it was sent with
    /// [`OnEnd::Error`](super::OnEnd::Error). It is gone.
    Orphaned,
    /// The receiving interpreter has ended meanwhile.
    InterpreterEnded,
}

/// A close failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CloseError {
    /// As [`NotFound`].
    NotFound,
    /// It is closed already.
    Closed,
    /// Items are left in the channel.
    NotEmpty,
}

/// A channel is not there any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GoneError {
    /// As [`NotFound`].
    NotFound,
    /// It is closed, or the side that was asked for is.
    Closed,
}

/// A put failed. Holds the item.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PutError<T> {
    /// As [`NotFound`].
    NotFound(T),
    /// There is no room, now or until the time ran out.
    Full(T),
    /// The interpreter that put it has ended meanwhile.
    InterpreterEnded(T),
}

/// A get failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GetError {
    /// As [`NotFound`].
    NotFound,
    /// There is no item, now or until the time ran out.
    Empty,
    /// There was an item, but its interpreter has ended, and it was put with
    /// [`OnEnd::Error`](super::OnEnd::Error). It is gone.
    Orphaned,
    /// The interpreter that wanted it has ended meanwhile.
    InterpreterEnded,
}

/// What was to be unbound is not bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnbindError {
    /// As [`NotFound`].
    NotFound,
    /// It was unbound as often as it was bound.
    NotBound,
}

impl<T> SendError<T> {
    /// The item.
    pub fn into_inner(self) -> T {
        match self {
            Self::NotFound(item)
            | Self::Closed(item)
            | Self::Timeout(item)
            | Self::InterpreterEnded(item) => item,
        }
    }

    pub(super) fn new(why: Refusal, item: T) -> Self {
        match why {
            Refusal::NotFound => Self::NotFound(item),
            Refusal::Closed => Self::Closed(item),
            Refusal::InterpreterEnded => Self::InterpreterEnded(item),
        }
    }

    fn told(&self) -> &'static str {
        match self {
            Self::NotFound(_) => NOT_FOUND,
            Self::Closed(_) => CLOSED,
            Self::Timeout(_) => "timed out before anybody received the item",
            Self::InterpreterEnded(_) => ENDED,
        }
    }
}

impl<T> PutError<T> {
    /// The item.
    pub fn into_inner(self) -> T {
        match self {
            Self::NotFound(item) | Self::Full(item) | Self::InterpreterEnded(item) => item,
        }
    }

    fn told(&self) -> &'static str {
        match self {
            Self::NotFound(_) => NOT_FOUND,
            Self::Full(_) => "the queue is full",
            Self::InterpreterEnded(_) => ENDED,
        }
    }
}

const NOT_FOUND: &str = "it is not there";
const CLOSED: &str = "the channel is closed";
const EMPTY: &str = "there is no item";
const ORPHANED: &str = "the interpreter that the item came from has ended";
const ENDED: &str = "the interpreter has ended";

impl RecvError {
    fn told(self) -> &'static str {
        match self {
            Self::NotFound => NOT_FOUND,
            Self::Closed => CLOSED,
            Self::Empty => EMPTY,
            Self::Orphaned => ORPHANED,
            Self::InterpreterEnded => ENDED,
        }
    }
}

impl GetError {
    fn told(self) -> &'static str {
        match self {
            Self::NotFound => NOT_FOUND,
            Self::Empty => EMPTY,
            Self::Orphaned => ORPHANED,
            Self::InterpreterEnded => ENDED,
        }
    }
}

impl CloseError {
    fn told(self) -> &'static str {
        match self {
            Self::NotFound => NOT_FOUND,
            Self::Closed => CLOSED,
            Self::NotEmpty => "items are left in the channel",
        }
    }
}

impl GoneError {
    fn told(self) -> &'static str {
        match self {
            Self::NotFound => NOT_FOUND,
            Self::Closed => CLOSED,
        }
    }
}

impl UnbindError {
    fn told(self) -> &'static str {
        match self {
            Self::NotFound => NOT_FOUND,
            Self::NotBound => "it was unbound as often as it was bound",
        }
    }
}

macro_rules! errors {
    ($($name:ty)+) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.told())
            }
        }

        impl Error for $name {}
    )+};
}

errors!(RecvError CloseError GoneError GetError UnbindError);

impl fmt::Display for NotFound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(NOT_FOUND)
    }
}

impl Error for NotFound {}

macro_rules! errors_with_items {
    ($($name:ident)+) => {$(
        impl<T> fmt::Display for $name<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.told())
            }
        }

        // An item need not be `Debug`.
        impl<T> fmt::Debug for $name<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.told())
            }
        }

        impl<T> Error for $name<T> {}
    )+};
}

errors_with_items!(SendError PutError);

macro_rules! not_found {
    ($($name:ident)+) => {$(
        impl From<NotFound> for $name {
            fn from(_: NotFound) -> Self {
                Self::NotFound
            }
        }
    )+};
}

not_found!(RecvError CloseError GoneError GetError);

macro_rules! gone {
    ($($name:ident)+) => {$(
        impl From<GoneError> for $name {
            fn from(why: GoneError) -> Self {
                match why {
                    GoneError::NotFound => Self::NotFound,
                    GoneError::Closed => Self::Closed,
                }
            }
        }
    )+};
}

gone!(RecvError CloseError);

impl From<Orphan> for RecvError {
    fn from(_: Orphan) -> Self {
        Self::Orphaned
    }
}

impl From<Orphan> for GetError {
    fn from(_: Orphan) -> Self {
        Self::Orphaned
    }
}

impl From<Refusal> for RecvError {
    fn from(why: Refusal) -> Self {
        match why {
            Refusal::NotFound => Self::NotFound,
            Refusal::Closed => Self::Closed,
            Refusal::InterpreterEnded => Self::InterpreterEnded,
        }
    }
}
