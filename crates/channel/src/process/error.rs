//! Why an operation on a connection or a queue between processes failed.

use core::fmt;
use std::error::Error;
use std::io;

/// A send failed. Unless it says [`Unfinished`](Self::Unfinished), nothing was sent.
#[derive(Debug)]
#[non_exhaustive]
pub enum SendError {
    /// This end only receives.
    NotWritable,
    /// The other end is closed, or its process is gone.
    Closed,
    /// The time ran out before anything was sent.
    Timeout,
    /// The time ran out while the message was being sent. The rest of it is kept, and goes before
    /// whatever is sent next, or by a [`flush`](super::Outgoing::flush).
    Unfinished,
    /// The value could not be put into bytes.
    NotEncodable(postcard::Error),
    /// The system refused.
    Io(io::Error),
}

/// A receive failed. Nothing that was sent is lost by it, but for a message that is
/// [`Garbled`](Self::Garbled).
#[derive(Debug)]
#[non_exhaustive]
pub enum RecvError {
    /// This end only sends.
    NotReadable,
    /// The other end is closed, or its process is gone, and everything that it sent has been
    /// received.
    Closed,
    /// As [`Closed`](Self::Closed), but in the middle of a message.
    Truncated,
    /// The time ran out.
    Timeout,
    /// The message has this many bytes, more than there is room for. It is still there.
    TooLong(u64),
    /// The message came without a descriptor: this is it.
    NoDescriptor(Vec<u8>),
    /// A descriptor came that this process had no room for.
    DescriptorLost,
    /// The message does not hold a value of the type that was asked for.
    Garbled(postcard::Error),
    /// The system refused.
    Io(io::Error),
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotWritable => f.write_str("this end of the pipe only receives"),
            Self::Closed => f.write_str("the other end of the pipe is closed"),
            Self::Timeout => f.write_str("timed out before sending"),
            Self::Unfinished => f.write_str("timed out while sending; the rest is kept"),
            Self::NotEncodable(why) => write!(f, "the value could not be put into bytes: {why}"),
            Self::Io(error) => error.fmt(f),
        }
    }
}

impl fmt::Display for RecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotReadable => f.write_str("this end of the pipe only sends"),
            Self::Closed => f.write_str("the other end of the pipe is closed"),
            Self::Truncated => f.write_str("the pipe was closed in the middle of a message"),
            Self::Timeout => f.write_str("timed out while receiving"),
            Self::TooLong(length) => write!(f, "the message of {length} bytes is too long"),
            Self::NoDescriptor(_) => f.write_str("the message came without a descriptor"),
            Self::DescriptorLost => f.write_str("there was no room for the descriptor that came"),
            Self::Garbled(why) => write!(f, "the message is not such a value: {why}"),
            Self::Io(error) => error.fmt(f),
        }
    }
}

impl Error for SendError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::NotEncodable(why) => Some(why),
            Self::Io(error) => Some(error),
            _ => None,
        }
    }
}

impl Error for RecvError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Garbled(why) => Some(why),
            Self::Io(error) => Some(error),
            _ => None,
        }
    }
}

impl From<io::Error> for SendError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<io::Error> for RecvError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
