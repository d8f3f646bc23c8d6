//! Queues of bytes.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use selvedge_sync::process::{Region, TooMany};
use selvedge_sync::seam::clock::Duration;

use super::error::{RecvError, SendError, TooManyDone};
use super::memory::{Item, Memory};
use super::presence::{End, Presence};

/// How many bytes of long items a queue has room for if nothing else is said. Memory is used as
/// it is needed.
const ARENA: u64 = 64 * 1024 * 1024;

/// A queue of byte strings that any number of processes send to and receive from.
///
/// What [`Queue`](super::Queue) says of processes that die holds for this one too.
///
/// ```
/// use selvedge_channel::process::queue::ByteQueue;
///
/// let queue = ByteQueue::new(8)?;
/// let same = ByteQueue::from_fd(queue.try_clone_fd()?)?;
/// queue.send(b"one", None)?;
/// assert_eq!(same.recv(None)?, b"one");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct ByteQueue {
    memory: Memory,
}

impl ByteQueue {
    /// A queue without a name, for up to `capacity` items, and for 64 MiB of those that are longer
    /// than 232 bytes.
    ///
    /// # Errors
    /// `InvalidInput` if the capacity is zero or too large; `Unsupported` where processes cannot
    /// wake each other; what the system says.
    pub fn new(capacity: usize) -> io::Result<Self> {
        Self::with_arena(capacity, ARENA)
    }

    /// Like [`new`](Self::new), with room for so many bytes of items that are longer than 232
    /// bytes.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn with_arena(capacity: usize, arena: u64) -> io::Result<Self> {
        let memory = Memory::make(capacity as u64, arena, Region::anonymous)?;
        Ok(Self { memory })
    }

    /// Like [`new`](Self::new), for others to open by this name once this has returned, until the
    /// queue that this returns is dropped.
    ///
    /// # Errors
    /// As [`new`](Self::new); `AlreadyExists` if the name is taken.
    pub fn create(name: &str, capacity: usize) -> io::Result<Self> {
        let make = |length| Region::create(name, length);
        let memory = Memory::make(capacity as u64, ARENA, make)?;
        Ok(Self { memory })
    }

    /// The queue of this name.
    ///
    /// # Errors
    /// `NotFound`; `InvalidData` if it is the name of something else; what the system says.
    pub fn open(name: &str) -> io::Result<Self> {
        let memory = Memory::find(Region::open(name)?)?;
        Ok(Self { memory })
    }

    /// The queue of this descriptor.
    ///
    /// # Errors
    /// `InvalidData` if it is not a queue's; what the system says.
    pub fn from_fd(file: OwnedFd) -> io::Result<Self> {
        let memory = Memory::find(Region::from_fd(file)?)?;
        Ok(Self { memory })
    }

    /// Another descriptor of the queue, to hand over.
    ///
    /// # Errors
    /// If the process has too many descriptors.
    pub fn try_clone_fd(&self) -> io::Result<OwnedFd> {
        self.memory.try_clone_fd()
    }

    /// Sends an item; waits for room. A time limit of zero does not wait for it.
    ///
    /// # Errors
    /// `Full` if the time runs out; `Closed`; `Disconnected`; `TooLong`.
    pub fn send(&self, item: &[u8], timeout: Option<Duration>) -> Result<(), SendError> {
        if item.len() > self.memory.longest() {
            return Err(SendError::TooLong(item.len()));
        }
        // SAFETY: the control words let nobody else touch the tail, or put an item, meanwhile.
        let put = |head, tail| unsafe { self.memory.put(head, tail, item) };
        let capacity = self.memory.capacity();
        self.memory.control().send(capacity, timeout, put)
    }

    /// Sends an item if there is room.
    ///
    /// # Errors
    /// `Full`; `Closed`; `Disconnected`; `TooLong`.
    pub fn try_send(&self, item: &[u8]) -> Result<(), SendError> {
        self.send(item, Some(Duration::ZERO))
    }

    /// Receives the first item; waits for one. A time limit of zero does not wait for it.
    ///
    /// # Errors
    /// `Empty` if the time runs out; `Closed`; `Disconnected`.
    pub fn recv(&self, timeout: Option<Duration>) -> Result<Vec<u8>, RecvError> {
        Ok(self.take(timeout)?.into_vec())
    }

    /// Receives the first item if there is one.
    ///
    /// # Errors
    /// `Empty`; `Closed`; `Disconnected`.
    pub fn try_recv(&self) -> Result<Vec<u8>, RecvError> {
        self.recv(Some(Duration::ZERO))
    }

    pub(super) fn take(&self, timeout: Option<Duration>) -> Result<Item, RecvError> {
        // SAFETY: the control words say that an item is there, and keep others off it.
        let take = |head| unsafe { self.memory.take(head) };
        self.memory.control().receive(timeout, take)
    }

    /// Counts this process among those that use an end, until what this returns is dropped: those
    /// at the other end need not wait for what nobody is left to do.
    ///
    /// Once somebody was counted, and all who were have left or died, a receive that finds no item
    /// tells [`Disconnected`](RecvError::Disconnected), and so does a send that finds no room;
    /// those who wait are told within a tenth of a second. Nobody has to be counted to use an end,
    /// and who is not is not missed.
    ///
    /// ```
    /// use selvedge_channel::process::queue::{ByteQueue, End, RecvError};
    ///
    /// let queue = ByteQueue::new(8)?;
    /// let sender = queue.enlist(End::Send)?;
    /// queue.send(b"last", None)?;
    /// drop(sender);
    /// assert_eq!(queue.recv(None)?, b"last");
    /// assert_eq!(queue.recv(None), Err(RecvError::Disconnected));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If 64 are counted there that live.
    pub fn enlist(&self, end: End) -> Result<Presence<'_>, TooMany> {
        Presence::begin(self.memory.control(), end)
    }

    /// Closes the queue: sends fail, and receives do when all that was sent is received.
    pub fn close(&self) {
        self.memory.control().close();
    }

    /// Whether the queue is closed.
    pub fn is_closed(&self) -> bool {
        self.memory.control().is_closed()
    }

    /// How many items there are at this moment.
    pub fn len(&self) -> usize {
        self.memory.control().len() as usize
    }

    /// Whether there is no item at this moment.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many items there may be.
    pub fn capacity(&self) -> usize {
        self.memory.capacity() as usize
    }

    /// Reports that an item that was received has been dealt with.
    ///
    /// # Errors
    /// If as many were reported as were sent.
    pub fn task_done(&self) -> Result<(), TooManyDone> {
        self.memory.control().task_done()
    }

    /// Waits until as many items were [reported](Self::task_done) as were sent; returns whether
    /// they were before the time ran out.
    #[must_use = "whether all is done decides what to do next"]
    pub fn join(&self, timeout: Option<Duration>) -> bool {
        self.memory.control().join(timeout)
    }
}

impl AsFd for ByteQueue {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.memory.as_fd()
    }
}
