//! Queues of many processes, in memory that they share.
//!
//! | you want | take |
//! | --- | --- |
//! | values between processes | [`Queue`] |
//! | to wait until they have been dealt with | [`JoinableQueue`] |
//! | only to put and get | [`SimpleQueue`] |
//! | bytes | [`ByteQueue`] |
//!
//! There is no thread that feeds a queue, and no process that serves it: an item is copied into
//! the memory that all share when it is sent, and out of it when it is received. A process may be
//! killed at any instruction; the README beside the source argues why the others go on.

mod arena;
mod bytes;
mod control;
mod error;
mod memory;
mod peers;
mod presence;

use core::fmt;
use core::marker::PhantomData;
use core::ops::Deref;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use selvedge_sync::seam::clock::Duration;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use bytes::ByteQueue;
pub use error::{RecvError, SendError, TooManyDone};
pub use presence::{End, Presence};
/// More use an end of a queue than there is room for.
pub use selvedge_sync::process::TooMany;

use memory::SHORT;

/// A queue of values that any number of processes send to and receive from, first in, first out.
///
/// What was sent, as the return of a send tells, is received once, whoever is killed when: a
/// process that dies in a send has sent its item or has not, and one that dies in a receive has
/// taken one item with it at most. Nobody else notices, but for a delay of up to a tenth of a
/// second.
///
/// Those who wait for room, and those who wait for an item, are served in no particular order.
///
/// ```
/// use selvedge_channel::process::queue::{Queue, RecvError, SendError};
///
/// let queue = Queue::<(u32, String)>::new(1)?;
/// queue.send(&(1, "one".to_owned()), None)?;
/// assert_eq!(queue.try_send(&(2, "two".to_owned())), Err(SendError::Full));
/// queue.close();
/// assert_eq!(queue.recv(None)?, (1, "one".to_owned()));
/// assert_eq!(queue.recv(None), Err(RecvError::Closed));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Queue<T> {
    items: ByteQueue,
    of: PhantomData<fn(T) -> T>,
}

impl<T: Serialize + DeserializeOwned> Queue<T> {
    /// A queue without a name for up to `capacity` items, as [`ByteQueue::new`].
    ///
    /// # Errors
    /// As [`ByteQueue::new`].
    pub fn new(capacity: usize) -> io::Result<Self> {
        Ok(Self::of(ByteQueue::new(capacity)?))
    }

    /// The queue of this descriptor. It is of the type that its other users take it for.
    ///
    /// # Errors
    /// As [`ByteQueue::from_fd`].
    pub fn from_fd(file: OwnedFd) -> io::Result<Self> {
        Ok(Self::of(ByteQueue::from_fd(file)?))
    }

    /// A queue of bytes as a queue of values.
    pub fn of(items: ByteQueue) -> Self {
        let of = PhantomData;
        Self { items, of }
    }

    /// Sends a value; waits for room.
    ///
    /// # Errors
    /// `Full` if the time runs out; `Closed`; `Disconnected`; `TooLong`; `NotEncodable`.
    pub fn send(&self, value: &T, timeout: Option<Duration>) -> Result<(), SendError> {
        let mut short = [0; SHORT];
        match postcard::to_slice(value, &mut short) {
            Ok(item) => self.items.send(item, timeout),
            Err(postcard::Error::SerializeBufferFull) => {
                let item = postcard::to_stdvec(value).map_err(SendError::NotEncodable)?;
                self.items.send(&item, timeout)
            }
            Err(error) => Err(SendError::NotEncodable(error)),
        }
    }

    /// Sends a value if there is room.
    ///
    /// # Errors
    /// `Full`; `Closed`; `Disconnected`; `TooLong`; `NotEncodable`.
    pub fn try_send(&self, value: &T) -> Result<(), SendError> {
        self.send(value, Some(Duration::ZERO))
    }

    /// Receives the first value; waits for one.
    ///
    /// # Errors
    /// `Empty` if the time runs out; `Closed`; `Disconnected`; `Garbled`.
    pub fn recv(&self, timeout: Option<Duration>) -> Result<T, RecvError> {
        let item = self.items.take(timeout)?;
        postcard::from_bytes(item.bytes()).map_err(RecvError::Garbled)
    }

    /// Receives the first value if there is one.
    ///
    /// # Errors
    /// `Empty`; `Closed`; `Disconnected`; `Garbled`.
    pub fn try_recv(&self) -> Result<T, RecvError> {
        self.recv(Some(Duration::ZERO))
    }
}

impl<T> Queue<T> {
    /// The bytes that the values are in.
    pub fn as_bytes(&self) -> &ByteQueue {
        &self.items
    }

    /// As [`ByteQueue::enlist`].
    ///
    /// # Errors
    /// As [`ByteQueue::enlist`].
    pub fn enlist(&self, end: End) -> Result<Presence<'_>, TooMany> {
        self.items.enlist(end)
    }

    /// As [`ByteQueue::close`].
    pub fn close(&self) {
        self.items.close();
    }

    /// How many values there are at this moment.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there is no value at this moment.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
}

impl<T> AsFd for Queue<T> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.items.as_fd()
    }
}

impl<T> fmt::Debug for Queue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Queue").field(&self.items).finish()
    }
}

/// A [`Queue`] whose senders may wait until what they sent has been dealt with.
///
/// ```
/// use selvedge_channel::process::queue::JoinableQueue;
/// use std::time::Duration;
///
/// let queue = JoinableQueue::<u32>::new(4)?;
/// queue.send(&1, None)?;
/// assert!(!queue.join(Some(Duration::ZERO)));
/// assert_eq!(queue.recv(None)?, 1);
/// queue.task_done()?;
/// assert!(queue.join(None));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct JoinableQueue<T>(Queue<T>);

impl<T: Serialize + DeserializeOwned> JoinableQueue<T> {
    /// As [`Queue::new`].
    ///
    /// # Errors
    /// As [`Queue::new`].
    pub fn new(capacity: usize) -> io::Result<Self> {
        Queue::new(capacity).map(Self)
    }

    /// As [`Queue::from_fd`].
    ///
    /// # Errors
    /// As [`Queue::from_fd`].
    pub fn from_fd(file: OwnedFd) -> io::Result<Self> {
        Queue::from_fd(file).map(Self)
    }
}

impl<T> JoinableQueue<T> {
    /// As [`ByteQueue::task_done`].
    ///
    /// # Errors
    /// As [`ByteQueue::task_done`].
    pub fn task_done(&self) -> Result<(), TooManyDone> {
        self.0.as_bytes().task_done()
    }

    /// As [`ByteQueue::join`]. An item whose receiver has died is not reported by anybody.
    #[must_use = "whether all is done decides what to do next"]
    pub fn join(&self, timeout: Option<Duration>) -> bool {
        self.0.as_bytes().join(timeout)
    }
}

impl<T> Deref for JoinableQueue<T> {
    type Target = Queue<T>;

    fn deref(&self) -> &Queue<T> {
        &self.0
    }
}

/// A queue that values are put in and got from, and nothing else.
///
/// ```
/// use selvedge_channel::process::queue::SimpleQueue;
///
/// let queue = SimpleQueue::<u32>::new()?;
/// queue.put(&1)?;
/// assert_eq!(queue.get()?, 1);
/// assert!(queue.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct SimpleQueue<T>(Queue<T>);

/// For how many items a [`SimpleQueue`] has room.
const SIMPLE: usize = 65_536;

impl<T: Serialize + DeserializeOwned> SimpleQueue<T> {
    /// A queue with room for 65,536 items.
    ///
    /// # Errors
    /// As [`Queue::new`].
    pub fn new() -> io::Result<Self> {
        Queue::new(SIMPLE).map(Self)
    }

    /// As [`Queue::from_fd`].
    ///
    /// # Errors
    /// As [`Queue::from_fd`].
    pub fn from_fd(file: OwnedFd) -> io::Result<Self> {
        Queue::from_fd(file).map(Self)
    }

    /// Puts a value in; waits for room.
    ///
    /// # Errors
    /// As [`Queue::send`].
    pub fn put(&self, value: &T) -> Result<(), SendError> {
        self.0.send(value, None)
    }

    /// Gets the first value; waits for one.
    ///
    /// # Errors
    /// As [`Queue::recv`].
    pub fn get(&self) -> Result<T, RecvError> {
        self.0.recv(None)
    }
}

impl<T> SimpleQueue<T> {
    /// Whether there is no value at this moment.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As [`ByteQueue::close`].
    pub fn close(&self) {
        self.0.close();
    }
}

impl<T> AsFd for SimpleQueue<T> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
