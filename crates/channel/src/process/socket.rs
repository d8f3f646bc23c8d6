//! Sending and receiving bytes on a stream socket, until a deadline.

use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::os::fd::{BorrowedFd, OwnedFd};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use selvedge_sync::Deadline;
use selvedge_sync::seam::{hint, thread};

use super::descriptors::{self, Arrived};
use super::error::{RecvError, SendError};

/// How often an operation is tried again at once before this process sleeps. Each try is a system
/// call, and where processes outnumber processors it keeps the other side from running: few.
const LOOKS: u32 = 4;

/// Sends as much of `parts` as there is room for, at least a byte, and a descriptor with it if there
/// is one; waits for room.
pub(super) fn send_some(
    socket: &OwnedFd,
    parts: &[IoSlice<'_>],
    file: Option<BorrowedFd<'_>>,
    deadline: Deadline,
) -> Result<usize, SendError> {
    let files = file.as_slice();
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let sent = persist(socket, PollFlags::OUT, deadline, || {
        let mut beside = SendAncillaryBuffer::new(&mut space);
        if !files.is_empty() {
            let fits = beside.push(SendAncillaryMessage::ScmRights(files));
            debug_assert!(fits, "there is space for one descriptor");
        }
        sendmsg(socket, parts, &mut beside, send_flags())
    })?;
    match sent {
        None => Err(SendError::Timeout),
        Some(Err(Errno::PIPE | Errno::CONNRESET)) => Err(SendError::Closed),
        Some(sent) => Ok(sent.map_err(io::Error::from)?),
    }
}

/// Appends what has come to `bytes`, at least one byte and at most `room`, for which it has the
/// capacity, and the descriptors that came with it to `files`; waits for something to come. `None`
/// if nothing will.
pub(super) fn receive_some(
    socket: &OwnedFd,
    bytes: &mut Vec<u8>,
    room: usize,
    files: &mut Arrived,
    deadline: Deadline,
) -> Result<Option<()>, RecvError> {
    let received = persist(socket, PollFlags::IN, deadline, || {
        let spare = &mut bytes.spare_capacity_mut()[..room];
        descriptors::receive(socket, spare, files)
    })?;
    match received {
        None => Err(RecvError::Timeout),
        Some(Ok(0) | Err(Errno::CONNRESET)) => Ok(None),
        Some(Err(error)) => Err(io::Error::from(error).into()),
        Some(Ok(count)) => {
            let length = bytes.len() + count;
            // SAFETY: so many bytes were received into the capacity beyond the length.
            unsafe { bytes.set_len(length) };
            Ok(Some(()))
        }
    }
}

/// Repeats what would block until it does not: a few times at once, since an answer is often on
/// its way, then whenever the socket is ready. `None` if the deadline passes first.
fn persist<R>(
    socket: &OwnedFd,
    events: PollFlags,
    deadline: Deadline,
    mut operation: impl FnMut() -> Result<R, Errno>,
) -> io::Result<Option<Result<R, Errno>>> {
    let mut looks = match thread::available_parallelism() {
        // The other side can only come while this one sleeps.
        1 => 0,
        _ => LOOKS,
    };
    loop {
        match operation() {
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => match looks.checked_sub(1) {
                Some(left) => {
                    looks = left;
                    hint::spin_loop();
                }
                None if is_ready(socket, events, deadline)? => {}
                None => return Ok(None),
            },
            result => return Ok(Some(result)),
        }
    }
}

/// Waits until the socket is ready, or closed; returns whether it is.
pub(super) fn is_ready(
    socket: &OwnedFd,
    events: PollFlags,
    deadline: Deadline,
) -> io::Result<bool> {
    loop {
        let limit = deadline.remaining().map(|remaining| Timespec {
            tv_sec: remaining.as_secs().try_into().unwrap_or(i64::MAX),
            tv_nsec: remaining.subsec_nanos().into(),
        });
        match poll(&mut [PollFd::new(socket, events)], limit.as_ref()) {
            Err(Errno::INTR) => {}
            ready => return Ok(ready? != 0),
        }
    }
}

/// Neither waits nor raises a signal if the other side is closed.
fn send_flags() -> SendFlags {
    #[cfg(not(target_vendor = "apple"))]
    return SendFlags::DONTWAIT.union(SendFlags::NOSIGNAL);
    // Programs in Rust ignore that signal from their start.
    #[cfg(target_vendor = "apple")]
    return SendFlags::DONTWAIT;
}
