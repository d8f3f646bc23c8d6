//! The socket between the two processes of a link: a doorbell, a way for descriptors to pass, and
//! the sign of life: it closes when the other process ends, however it does.

use core::mem::MaybeUninit;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, send, sendmsg,
};
use selvedge_sync::seam::clock::Duration;
use std::collections::VecDeque;
use std::io::{self, IoSlice, IoSliceMut};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;

/// What a look at the socket has shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// The bell was rung, or a descriptor has come.
    Rung,
    /// Nothing within the time given.
    TimedOut,
    /// The other process is gone, or wants no more.
    Closed,
}

pub(super) struct Socket {
    stream: UnixStream,
    /// Descriptors that have come and were not taken.
    descriptors: VecDeque<OwnedFd>,
}

impl Socket {
    pub(super) fn new(stream: UnixStream) -> Self {
        Self {
            stream,
            descriptors: VecDeque::new(),
        }
    }

    pub(super) fn stream(&self) -> &UnixStream {
        &self.stream
    }

    /// Wakes the other side.
    pub(super) fn ring(&self) {
        // It does not wait for room: a bell is rung once each time that the other side goes to sleep.
        // One that nobody hears any more is seen when this side waits.
        let _ = send(&self.stream, &[0], SendFlags::NOSIGNAL);
    }

    /// Passes a descriptor on.
    pub(super) fn send_descriptor(&self, descriptor: BorrowedFd<'_>) -> io::Result<()> {
        send_with(&self.stream, &[0], descriptor)
    }

    /// Waits for the bell.
    pub(super) fn wait(&mut self, limit: Option<Duration>) -> io::Result<Seen> {
        if let Some(limit) = limit {
            let limit = Timespec::try_from(limit).map_err(io::Error::other)?;
            let mut polled = [PollFd::new(&self.stream, PollFlags::IN)];
            match poll(&mut polled, Some(&limit)) {
                Ok(0) => return Ok(Seen::TimedOut),
                Ok(_) => (),
                // Whoever waits looks at what it waits for, and waits again.
                Err(rustix::io::Errno::INTR) => return Ok(Seen::Rung),
                Err(error) => return Err(error.into()),
            }
        }
        let mut bytes = [0; 64];
        let (received, descriptor) = receive_with(&self.stream, &mut bytes)?;
        self.descriptors.extend(descriptor);
        Ok(if received == 0 {
            Seen::Closed
        } else {
            Seen::Rung
        })
    }

    /// The descriptor that comes next.
    pub(super) fn take_descriptor(&mut self) -> io::Result<OwnedFd> {
        loop {
            if let Some(descriptor) = self.descriptors.pop_front() {
                return Ok(descriptor);
            }
            if self.wait(None)? == Seen::Closed {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }
}

/// Sends some bytes and a descriptor with them.
pub(super) fn send_with(to: impl AsFd, bytes: &[u8], descriptor: BorrowedFd<'_>) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    let descriptors = [descriptor];
    // The space is made for it.
    assert!(control.push(SendAncillaryMessage::ScmRights(&descriptors)));
    let sent = sendmsg(
        to,
        &[IoSlice::new(bytes)],
        &mut control,
        SendFlags::NOSIGNAL,
    )?;
    if sent == bytes.len() {
        Ok(())
    } else {
        Err(io::ErrorKind::WriteZero.into())
    }
}

/// Receives some bytes, and a descriptor if one came with them.
pub(super) fn receive_with(
    from: impl AsFd,
    bytes: &mut [u8],
) -> io::Result<(usize, Option<OwnedFd>)> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let flags = RecvFlags::CMSG_CLOEXEC;
    let received = loop {
        match recvmsg(&from, &mut [IoSliceMut::new(bytes)], &mut control, flags) {
            // There was a descriptor, and this process can have no more.
            Ok(received) if received.flags.contains(ReturnFlags::CTRUNC) => {
                return Err(io::Error::from_raw_os_error(libc::EMFILE));
            }
            Ok(received) => break received.bytes,
            Err(rustix::io::Errno::INTR) => (),
            // The other side ended with something of ours unread.
            Err(rustix::io::Errno::CONNRESET) => break 0,
            Err(error) => return Err(error.into()),
        }
    };
    let mut descriptor = None;
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(descriptors) = message {
            descriptor = descriptors.last();
        }
    }
    Ok((received, descriptor))
}
