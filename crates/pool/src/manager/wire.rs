//! What clients and the server of a manager say to each other.
//!
//! A frame is its length, four bytes, the lowest first, and a body. After the greeting (see
//! `auth.rs`) a client sends a request and reads its answer, one at a time on a connection.
//! Values that clients store are bytes to the server: it compares them, and does not read them.

use serde::{Deserialize, Serialize};
use std::io::{self, Read, Write};

use selvedge_sync::seam::clock::Duration;

/// A value that a client has written down.
pub(super) type Bytes = Vec<u8>;

/// Names an object of the server; never used twice.
pub(super) type ObjectId = u64;

/// Which of its client's threads has sent a request: an owner of locks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct ThreadId(pub(super) u64);

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Request {
    pub(super) thread: ThreadId,
    pub(super) order: Order,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Order {
    /// Makes an object; one with a name is found, if there is one of that name.
    Make { name: Option<String>, new: New },
    /// Counts the client among those who use an object.
    Open { id: ObjectId, kind: Kind },
    /// Undoes one `Make` or `Open`.
    Close { id: ObjectId },
    /// Does something with an object, within `patience` if it has to wait.
    Call {
        id: ObjectId,
        call: Call,
        patience: Option<Duration>,
    },
}

/// What an object is made from.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum New {
    List(Vec<Bytes>),
    Dict,
    Namespace,
    Value(Bytes),
    Array(Vec<Bytes>),
    Lock,
    RLock,
    Semaphore { permits: u64, bounded: bool },
    Condition,
    Event,
    Barrier(u64),
    Queue { capacity: u64, joinable: bool },
}

/// The kinds of objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Kind {
    /// [`List`](super::List)
    List,
    /// [`Dict`](super::Dict)
    Dict,
    /// [`Namespace`](super::Namespace)
    Namespace,
    /// [`Value`](super::Value)
    Value,
    /// [`Array`](super::Array)
    Array,
    /// [`Lock`](super::Lock)
    Lock,
    /// [`RLock`](super::RLock)
    RLock,
    /// [`Semaphore`](super::Semaphore)
    Semaphore,
    /// [`BoundedSemaphore`](super::BoundedSemaphore)
    BoundedSemaphore,
    /// [`Condition`](super::Condition)
    Condition,
    /// [`Event`](super::Event)
    Event,
    /// [`Barrier`](super::Barrier)
    Barrier,
    /// [`Queue`](super::Queue)
    Queue,
    /// [`JoinableQueue`](super::JoinableQueue)
    JoinableQueue,
}

impl New {
    pub(super) fn kind(&self) -> Kind {
        match self {
            New::List(_) => Kind::List,
            New::Dict => Kind::Dict,
            New::Namespace => Kind::Namespace,
            New::Value(_) => Kind::Value,
            New::Array(_) => Kind::Array,
            New::Lock => Kind::Lock,
            New::RLock => Kind::RLock,
            New::Semaphore { bounded: false, .. } => Kind::Semaphore,
            New::Semaphore { bounded: true, .. } => Kind::BoundedSemaphore,
            New::Condition => Kind::Condition,
            New::Event => Kind::Event,
            New::Barrier(_) => Kind::Barrier,
            New::Queue {
                joinable: false, ..
            } => Kind::Queue,
            New::Queue { joinable: true, .. } => Kind::JoinableQueue,
        }
    }
}

/// What is done with an object.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Call {
    Sequence(SequenceCall),
    Map(MapCall),
    Lock(LockCall),
    Event(EventCall),
    Barrier(BarrierCall),
    Queue(QueueCall),
}

/// For lists, arrays and values, which are sequences of one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum SequenceCall {
    Length,
    Get(u64),
    /// Answers with what was there.
    Set(u64, Bytes),
    /// Puts the second if the first is there; answers whether it was.
    Exchange(u64, Bytes, Bytes),
    All,
    Extend(Vec<Bytes>),
    Insert(u64, Bytes),
    Remove(u64),
    Pop,
    Find(Bytes),
    Clear,
}

/// For dictionaries and namespaces.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum MapCall {
    Length,
    Get(Bytes),
    /// Answers with what was there.
    Insert(Bytes, Bytes),
    /// Answers with what was there, or now is.
    SetDefault(Bytes, Bytes),
    Remove(Bytes),
    Keys,
    /// Keys and values in turn.
    All,
    Clear,
}

/// For locks, semaphores and conditions.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) enum LockCall {
    Acquire,
    Release,
    /// Releases, waits for a notification, and acquires again.
    Wait,
    Notify(u64),
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) enum EventCall {
    Set,
    Clear,
    IsSet,
    Wait,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) enum BarrierCall {
    Wait,
    Reset,
    Abort,
    Waiting,
    Parties,
    IsBroken,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum QueueCall {
    Put(Bytes),
    Get,
    Length,
    TaskDone,
    Join,
}

/// What comes of a request.
pub(super) type Reply = Result<Answer, Refusal>;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Answer {
    Done,
    /// What was asked about is so, or has come within the time given.
    Is(bool),
    Count(u64),
    Value(Bytes),
    Nothing,
    Values(Vec<Bytes>),
}

/// Why the server did not do what it was asked to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Refusal {
    NoObject,
    WrongKind(Kind),
    Misfit,
    OutOfRange,
    NotHeld,
    TooMany,
    BrokenBarrier,
}

pub(super) fn encode(value: &(impl Serialize + ?Sized)) -> Result<Vec<u8>, postcard::Error> {
    postcard::to_stdvec(value)
}

/// `body` as a frame.
pub(super) fn frame(body: &[u8]) -> io::Result<Vec<u8>> {
    let length = u32::try_from(body.len())
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "more than a frame can hold"))?;
    let mut frame = Vec::with_capacity(size_of::<u32>() + body.len());
    frame.extend_from_slice(&length.to_le_bytes());
    frame.extend_from_slice(body);
    Ok(frame)
}

/// Sends a frame.
pub(super) fn send(mut to: impl Write, body: &[u8]) -> io::Result<()> {
    to.write_all(&frame(body)?)
}

/// Receives a frame that is no longer than `longest`.
pub(super) fn receive(mut from: impl Read, longest: u32) -> io::Result<Vec<u8>> {
    let mut length = [0; size_of::<u32>()];
    from.read_exact(&mut length)?;
    let length = u32::from_le_bytes(length);
    if length > longest {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut body = vec![0; length as usize];
    from.read_exact(&mut body)?;
    Ok(body)
}

/// Takes a frame that is no longer than `longest` off the front of what has come, if it is whole.
pub(super) fn take(bytes: &mut Vec<u8>, longest: u32) -> io::Result<Option<Vec<u8>>> {
    let Some((length, rest)) = bytes.split_first_chunk::<{ size_of::<u32>() }>() else {
        return Ok(None);
    };
    let length = u32::from_le_bytes(*length);
    if length > longest {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let Some(body) = rest.get(..length as usize) else {
        return Ok(None);
    };
    let body = body.to_vec();
    bytes.drain(..size_of::<u32>() + body.len());
    Ok(Some(body))
}

#[cfg(all(test, not(selvedge_loom)))]
mod tests {
    use super::*;

    #[test]
    fn frames_are_taken_whole_and_no_longer_than_allowed() {
        let mut bytes = frame(b"warp").unwrap();
        bytes.extend(frame(b"").unwrap());
        assert_eq!(receive(&*bytes, 4).unwrap(), b"warp");
        assert!(receive(&*bytes, 3).is_err() && receive(&bytes[..7], 4).is_err());
        assert!(take(&mut bytes.clone(), 3).is_err());
        let mut part = Vec::new();
        let mut taken = Vec::new();
        for byte in bytes {
            part.push(byte);
            taken.extend(take(&mut part, 4).unwrap());
        }
        assert_eq!(taken, [b"warp".to_vec(), Vec::new()]);
        assert!(part.is_empty());
    }
}
