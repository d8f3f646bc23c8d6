//! Why an operation of a queue between processes failed.

use core::fmt;
use std::error::Error;

/// An item was not sent. Nobody will receive it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SendError {
    /// There is no room, now or until the time ran out.
    Full,
    /// The queue is closed.
    Closed,
    /// There is no room, and every process that was [counted](super::ByteQueue::enlist) among the
    /// receivers has left or died.
    Disconnected,
    /// The item has so many bytes, more than there will ever be room for.
    TooLong(usize),
    /// The value could not be put into bytes.
    NotEncodable(postcard::Error),
}

/// Nothing was received.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecvError {
    /// There is no item, now or until the time ran out.
    Empty,
    /// The queue is closed, and no item is left.
    Closed,
    /// No item is left, and every process that was [counted](super::ByteQueue::enlist) among the
    /// senders has left or died.
    Disconnected,
    /// An item was taken off that does not hold such a value.
    Garbled(postcard::Error),
}

/// More items were reported done than were sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManyDone;

const CLOSED: &str = "the queue is closed";

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full => f.write_str("the queue is full"),
            Self::Closed => f.write_str(CLOSED),
            Self::Disconnected => f.write_str("no process is left that would receive"),
            Self::TooLong(length) => write!(f, "an item of {length} bytes is too long"),
            Self::NotEncodable(why) => write!(f, "the value could not be put into bytes: {why}"),
        }
    }
}

impl fmt::Display for RecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the queue is empty"),
            Self::Closed => f.write_str(CLOSED),
            Self::Disconnected => f.write_str("no process is left that would send"),
            Self::Garbled(why) => write!(f, "the item is not such a value: {why}"),
        }
    }
}

impl fmt::Display for TooManyDone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("more items were reported done than were sent")
    }
}

impl Error for SendError {}
impl Error for RecvError {}
impl Error for TooManyDone {}
