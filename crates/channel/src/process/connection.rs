//! Pipes: messages on a socket pair.

use std::io::{self, IoSlice};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;

use rustix::event::PollFlags;
use rustix::net::sockopt::set_socket_send_buffer_size;
use selvedge_sync::Deadline;
use selvedge_sync::seam::Arc;
use selvedge_sync::seam::clock::Duration;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::descriptors::{self, Arrived};
use super::error::{RecvError, SendError};
use super::frame::{self, Decoder, Message};
use super::socket;

/// How much the system is asked to hold of what was sent and not yet received. It may grant less.
const SYSTEM_BUFFER: usize = 1024 * 1024;

/// A pipe between two processes, or within one: messages arrive whole and in order.
///
/// Both ends send and receive if it is `duplex`; else the first receives what the second sends.
///
/// ```
/// use selvedge_channel::process::pipe;
///
/// let (mut here, mut there) = pipe(true)?;
/// here.send(&("one", 1), None)?;
/// assert_eq!(there.recv::<(String, i32)>(None)?, ("one".to_owned(), 1));
/// there.send_bytes(b"raw", None)?;
/// assert_eq!(here.recv_bytes(u64::MAX, None)?, b"raw");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// If the process has too many descriptors.
pub fn pipe(duplex: bool) -> io::Result<(Connection, Connection)> {
    let (one, other) = UnixStream::pair()?;
    if duplex {
        return Ok((
            Connection::duplex(one.into()),
            Connection::duplex(other.into()),
        ));
    }
    Ok((
        Connection::receiving(one.into()),
        Connection::sending(other.into()),
    ))
}

/// One end of a [`pipe`], or of any connected stream socket whose other end is one.
///
/// Every call that may block takes a time limit; `None` waits as long as it takes. A call looks a
/// bounded number of times, then sleeps. The end of the other process closes its end, however it
/// ends, if no third has a copy of it.
///
/// To send and receive from two threads, [`split`](Self::split) it.
#[derive(Debug)]
pub struct Connection {
    socket: Arc<OwnedFd>,
    incoming: Option<Incoming>,
    outgoing: Option<Outgoing>,
}

/// The receiving half of a [`Connection`].
#[derive(Debug)]
pub struct Incoming {
    socket: Arc<OwnedFd>,
    decoder: Decoder,
    files: Arrived,
}

/// The sending half of a [`Connection`].
#[derive(Debug)]
pub struct Outgoing {
    socket: Arc<OwnedFd>,
    /// What is left to send of a message whose time ran out.
    rest: Vec<u8>,
    /// How many descriptors were sent.
    files: u64,
}

impl Connection {
    /// An end that sends and receives.
    pub fn duplex(socket: OwnedFd) -> Self {
        Self::new(socket, true, true)
    }

    /// An end that only receives.
    pub fn receiving(socket: OwnedFd) -> Self {
        Self::new(socket, true, false)
    }

    /// An end that only sends.
    pub fn sending(socket: OwnedFd) -> Self {
        Self::new(socket, false, true)
    }

    fn new(socket: OwnedFd, receives: bool, sends: bool) -> Self {
        // Less room costs switches between the processes, and no more.
        let _ = set_socket_send_buffer_size(&socket, SYSTEM_BUFFER);
        let socket = Arc::new(socket);
        let incoming = Incoming {
            socket: Arc::clone(&socket),
            decoder: Decoder::default(),
            files: Arrived::default(),
        };
        let outgoing = Outgoing {
            socket: Arc::clone(&socket),
            rest: Vec::new(),
            files: 0,
        };
        Self {
            socket,
            incoming: receives.then_some(incoming),
            outgoing: sends.then_some(outgoing),
        }
    }

    /// Whether this end receives.
    pub fn is_readable(&self) -> bool {
        self.incoming.is_some()
    }

    /// Whether this end sends.
    pub fn is_writable(&self) -> bool {
        self.outgoing.is_some()
    }

    /// The two halves, each absent if this end has not got it. The end is closed when both are
    /// dropped.
    pub fn split(self) -> (Option<Incoming>, Option<Outgoing>) {
        (self.incoming, self.outgoing)
    }

    /// Closes this end. Dropping it does the same.
    pub fn close(self) {}

    /// As [`Outgoing::send`].
    ///
    /// # Errors
    /// As [`Outgoing::send`], and `NotWritable` if this end only receives.
    pub fn send<T: Serialize + ?Sized>(
        &mut self,
        value: &T,
        timeout: Option<Duration>,
    ) -> Result<(), SendError> {
        self.outgoing()?.send(value, timeout)
    }

    /// As [`Outgoing::send_bytes`].
    ///
    /// # Errors
    /// As [`Outgoing::send_bytes`], and `NotWritable` if this end only receives.
    pub fn send_bytes(
        &mut self,
        message: &[u8],
        timeout: Option<Duration>,
    ) -> Result<(), SendError> {
        self.outgoing()?.send_bytes(message, timeout)
    }

    /// As [`Outgoing::send_fd`].
    ///
    /// # Errors
    /// As [`Outgoing::send_fd`], and `NotWritable` if this end only receives.
    pub fn send_fd(&mut self, file: impl AsFd, timeout: Option<Duration>) -> Result<(), SendError> {
        self.outgoing()?.send_fd(file, timeout)
    }

    /// As [`Outgoing::flush`].
    ///
    /// # Errors
    /// As [`Outgoing::flush`], and `NotWritable` if this end only receives.
    pub fn flush(&mut self, timeout: Option<Duration>) -> Result<(), SendError> {
        self.outgoing()?.flush(timeout)
    }

    /// As [`Incoming::recv`].
    ///
    /// # Errors
    /// As [`Incoming::recv`], and `NotReadable` if this end only sends.
    pub fn recv<T: DeserializeOwned>(&mut self, timeout: Option<Duration>) -> Result<T, RecvError> {
        self.incoming()?.recv(timeout)
    }

    /// As [`Incoming::recv_bytes`].
    ///
    /// # Errors
    /// As [`Incoming::recv_bytes`], and `NotReadable` if this end only sends.
    pub fn recv_bytes(
        &mut self,
        most: u64,
        timeout: Option<Duration>,
    ) -> Result<Vec<u8>, RecvError> {
        self.incoming()?.recv_bytes(most, timeout)
    }

    /// As [`Incoming::recv_bytes_into`].
    ///
    /// # Errors
    /// As [`Incoming::recv_bytes_into`], and `NotReadable` if this end only sends.
    pub fn recv_bytes_into(
        &mut self,
        buffer: &mut [u8],
        timeout: Option<Duration>,
    ) -> Result<usize, RecvError> {
        self.incoming()?.recv_bytes_into(buffer, timeout)
    }

    /// As [`Incoming::recv_fd`].
    ///
    /// # Errors
    /// As [`Incoming::recv_fd`], and `NotReadable` if this end only sends.
    pub fn recv_fd(&mut self, timeout: Option<Duration>) -> Result<OwnedFd, RecvError> {
        self.incoming()?.recv_fd(timeout)
    }

    /// As [`Incoming::poll`].
    ///
    /// # Errors
    /// As [`Incoming::poll`], and `NotReadable` if this end only sends.
    pub fn poll(&mut self, timeout: Option<Duration>) -> Result<bool, RecvError> {
        self.incoming()?.poll(timeout)
    }

    fn incoming(&mut self) -> Result<&mut Incoming, RecvError> {
        self.incoming.as_mut().ok_or(RecvError::NotReadable)
    }

    fn outgoing(&mut self) -> Result<&mut Outgoing, SendError> {
        self.outgoing.as_mut().ok_or(SendError::NotWritable)
    }
}

/// The descriptor, to hand to another process, or to wait for with others. Bytes that were
/// received ahead are not there any more: [`poll`](Connection::poll) before waiting for it.
impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl AsFd for Incoming {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl AsFd for Outgoing {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl Incoming {
    /// Receives a value that was [sent](Outgoing::send).
    ///
    /// # Errors
    /// `Closed` or `Truncated` if the other end is closed, `Timeout`, `Garbled` if the message
    /// holds no such value, `Io`.
    pub fn recv<T: DeserializeOwned>(&mut self, timeout: Option<Duration>) -> Result<T, RecvError> {
        let message = self.next(u64::MAX, timeout)?;
        postcard::from_bytes(message.bytes()).map_err(RecvError::Garbled)
    }

    /// Receives a message that has at most `most` bytes.
    ///
    /// # Errors
    /// As [`recv`](Self::recv), and `TooLong` if it has more; then it is still there.
    pub fn recv_bytes(
        &mut self,
        most: u64,
        timeout: Option<Duration>,
    ) -> Result<Vec<u8>, RecvError> {
        Ok(self.next(most, timeout)?.into_vec())
    }

    /// Receives a message into the front of `buffer`, and returns its length.
    ///
    /// # Errors
    /// As [`recv`](Self::recv), and `TooLong` if the buffer is shorter; then the message is still
    /// there.
    pub fn recv_bytes_into(
        &mut self,
        buffer: &mut [u8],
        timeout: Option<Duration>,
    ) -> Result<usize, RecvError> {
        let message = self.next(buffer.len() as u64, timeout)?;
        let bytes = message.bytes();
        buffer[..bytes.len()].copy_from_slice(bytes);
        Ok(bytes.len())
    }

    /// Receives a descriptor that was [sent](Outgoing::send_fd). Children do not inherit it.
    ///
    /// # Errors
    /// As [`recv`](Self::recv); `NoDescriptor` if the next message is another; `DescriptorLost` if
    /// this process has too many.
    pub fn recv_fd(&mut self, timeout: Option<Duration>) -> Result<OwnedFd, RecvError> {
        let message = self.next(u64::MAX, timeout)?;
        match descriptors::number(message.bytes()) {
            Some(number) => self.files.take(number).ok_or(RecvError::DescriptorLost),
            None => Err(RecvError::NoDescriptor(message.into_vec())),
        }
    }

    /// Whether a receive will find something: a message or its beginning, or the end of the
    /// connection. Waits for that until the time runs out.
    ///
    /// # Errors
    /// `Io`.
    pub fn poll(&mut self, timeout: Option<Duration>) -> Result<bool, RecvError> {
        if self.decoder.is_ready() {
            return Ok(true);
        }
        let deadline = Deadline::after(timeout);
        Ok(socket::is_ready(&self.socket, PollFlags::IN, deadline)?)
    }

    fn next(&mut self, most: u64, timeout: Option<Duration>) -> Result<Message<'_>, RecvError> {
        let deadline = Deadline::after(timeout);
        let (socket, files) = (&self.socket, &mut self.files);
        let is_between = self.decoder.is_between_messages();
        let mut came = !is_between;
        self.decoder.next(most, |bytes, room| {
            match socket::receive_some(socket, bytes, room, files, deadline)? {
                Some(()) => came = true,
                None if came => return Err(RecvError::Truncated),
                None => return Err(RecvError::Closed),
            }
            Ok(())
        })
    }
}

impl Outgoing {
    /// Sends a value, which the other end [receives](Incoming::recv) as a value of the same type,
    /// or of one that `postcard` writes alike.
    ///
    /// # Errors
    /// `Closed` if the other end is closed, `Timeout`, `Unfinished`, `NotEncodable`, `Io`.
    pub fn send<T: Serialize + ?Sized>(
        &mut self,
        value: &T,
        timeout: Option<Duration>,
    ) -> Result<(), SendError> {
        let message = postcard::to_stdvec(value).map_err(SendError::NotEncodable)?;
        self.send_bytes(&message, timeout)
    }

    /// Sends a message.
    ///
    /// # Errors
    /// As [`send`](Self::send), but for `NotEncodable`.
    pub fn send_bytes(
        &mut self,
        message: &[u8],
        timeout: Option<Duration>,
    ) -> Result<(), SendError> {
        self.send_with(message, None, Deadline::after(timeout))
    }

    /// Sends a descriptor: the other end [receives](Incoming::recv_fd) one of its own for the same
    /// file, socket, [region](super::Region) or queue. It is a message among the others, in their
    /// order.
    ///
    /// ```
    /// use selvedge_channel::process::{Region, pipe};
    ///
    /// let (mut here, mut there) = pipe(true)?;
    /// let region = Region::anonymous(4096)?;
    /// here.send_fd(&region, None)?;
    /// let same = Region::from_fd(there.recv_fd(None)?)?;
    /// assert_eq!(same.length(), 4096);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`send_bytes`](Self::send_bytes). After `Unfinished`, the descriptor is on its way.
    pub fn send_fd(&mut self, file: impl AsFd, timeout: Option<Duration>) -> Result<(), SendError> {
        let message = descriptors::message(self.files);
        self.send_with(&message, Some(file.as_fd()), Deadline::after(timeout))
    }

    fn send_with(
        &mut self,
        message: &[u8],
        mut file: Option<BorrowedFd<'_>>,
        deadline: Deadline,
    ) -> Result<(), SendError> {
        self.send_rest(deadline)?;
        let head = frame::head(message);
        let mut left = [IoSlice::new(&head), IoSlice::new(message)];
        let mut left = &mut left[..];
        let mut begun = false;
        while !left.is_empty() {
            match socket::send_some(&self.socket, left, file, deadline) {
                Ok(sent) => {
                    begun = true;
                    // It goes with the first bytes.
                    self.files += u64::from(file.take().is_some());
                    IoSlice::advance_slices(&mut left, sent);
                }
                Err(SendError::Timeout) if begun => {
                    self.rest = left.iter().flat_map(|part| part.iter().copied()).collect();
                    return Err(SendError::Unfinished);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Sends what is left of a message that was [`Unfinished`](SendError::Unfinished).
    ///
    /// # Errors
    /// `Closed`, `Io`; `Unfinished` if the time runs out again.
    pub fn flush(&mut self, timeout: Option<Duration>) -> Result<(), SendError> {
        match self.send_rest(Deadline::after(timeout)) {
            Err(SendError::Timeout) => Err(SendError::Unfinished),
            done => done,
        }
    }

    fn send_rest(&mut self, deadline: Deadline) -> Result<(), SendError> {
        while !self.rest.is_empty() {
            let sent =
                socket::send_some(&self.socket, &[IoSlice::new(&self.rest)], None, deadline)?;
            self.rest.drain(..sent);
        }
        Ok(())
    }
}
