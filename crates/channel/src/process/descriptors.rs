//! Descriptors that travel beside the bytes of a socket.
//!
//! The system hands a descriptor over with the first byte that it was sent with, which may be
//! received long before the message is that it belongs to. So each has a number, which its message
//! holds, and waits for that.

use core::mem::{MaybeUninit, zeroed};
use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd, RawFd};

use rustix::io::Errno;

/// What a message of a descriptor begins with; its number follows.
const MARK: [u8; 8] = *b"selvedge";

/// The message of the descriptor of this number.
pub(super) fn message(number: u64) -> [u8; 16] {
    let mut message = [0; 16];
    message[..8].copy_from_slice(&MARK);
    message[8..].copy_from_slice(&number.to_le_bytes());
    message
}

/// The number of the descriptor that a message is of, if it is of one.
pub(super) fn number(message: &[u8]) -> Option<u64> {
    let number = message.strip_prefix(&MARK)?;
    Some(u64::from_le_bytes(number.try_into().ok()?))
}

/// Descriptors that came, and whose messages were not received yet.
#[derive(Debug, Default)]
pub(super) struct Arrived {
    /// The number of the first of them.
    first: u64,
    /// Nothing for one that was lost.
    files: VecDeque<Option<OwnedFd>>,
}

impl Arrived {
    /// The descriptor of this number, unless it was lost. Those before it are closed: their
    /// messages were received as something else.
    pub(super) fn take(&mut self, number: u64) -> Option<OwnedFd> {
        let passed = usize::try_from(number.checked_sub(self.first)?).ok()?;
        if passed >= self.files.len() {
            return None;
        }
        self.files.drain(..passed);
        self.first = number + 1;
        self.files.pop_front().flatten()
    }
}

/// Room for a descriptor beside the bytes, aligned as the system wants it.
#[repr(C)]
union Beside {
    aligned: libc::cmsghdr,
    bytes: [u8; ROOM],
}

/// How many descriptors there is room for. A connection sends one at a time.
const MOST: usize = 1;
// SAFETY: it only computes.
const ROOM: usize = unsafe { libc::CMSG_SPACE((MOST * size_of::<RawFd>()) as u32) } as usize;

/// Without waiting, and so that children do not inherit what comes.
#[cfg(not(target_vendor = "apple"))]
const FLAGS: i32 = libc::MSG_DONTWAIT | libc::MSG_CMSG_CLOEXEC;
#[cfg(target_vendor = "apple")]
const FLAGS: i32 = libc::MSG_DONTWAIT;

/// Receives bytes, and the descriptors that came with them. Returns how many bytes.
pub(super) fn receive(
    socket: &OwnedFd,
    spare: &mut [MaybeUninit<u8>],
    arrived: &mut Arrived,
) -> Result<usize, Errno> {
    let mut part = libc::iovec {
        iov_base: spare.as_mut_ptr().cast(),
        iov_len: spare.len(),
    };
    let mut beside = Beside { bytes: [0; ROOM] };
    // SAFETY: it is made of numbers and of pointers that may be null.
    let mut message: libc::msghdr = unsafe { zeroed() };
    message.msg_iov = &raw mut part;
    message.msg_iovlen = 1;
    message.msg_control = (&raw mut beside).cast();
    message.msg_controllen = ROOM as _;
    // SAFETY: the message points to memory of the lengths that it says.
    let count = unsafe { libc::recvmsg(socket.as_raw_fd(), &raw mut message, FLAGS) };
    let Ok(count) = usize::try_from(count) else {
        let error = io::Error::last_os_error();
        return Err(Errno::from_io_error(&error).unwrap_or(Errno::IO));
    };
    // SAFETY: the system has filled the message in, and each descriptor in it is this process's.
    unsafe { collect(&message, arrived) };
    Ok(count)
}

/// # Safety
/// The message is one that was received, and its descriptors are nobody else's.
unsafe fn collect(message: &libc::msghdr, arrived: &mut Arrived) {
    let before = arrived.files.len();
    // SAFETY: the message is as the system has left it, and so are the heads that it leads to.
    unsafe {
        let mut head = libc::CMSG_FIRSTHDR(message);
        while !head.is_null() {
            if (*head).cmsg_level == libc::SOL_SOCKET && (*head).cmsg_type == libc::SCM_RIGHTS {
                let bytes = (*head).cmsg_len as usize - libc::CMSG_LEN(0) as usize;
                let files = libc::CMSG_DATA(head).cast::<RawFd>();
                for index in 0..bytes / size_of::<RawFd>() {
                    let file = OwnedFd::from_raw_fd(files.add(index).read_unaligned());
                    keep_from_children(&file);
                    arrived.files.push_back(Some(file));
                }
            }
            head = libc::CMSG_NXTHDR(message, head);
        }
    }
    if message.msg_flags & libc::MSG_CTRUNC != 0 && arrived.files.len() == before {
        // One came, and this process had no room for it.
        arrived.files.push_back(None);
    }
}

#[cfg(not(target_vendor = "apple"))]
fn keep_from_children(_: &OwnedFd) {}

#[cfg(target_vendor = "apple")]
fn keep_from_children(file: &OwnedFd) {
    // It is open; the flag can be set.
    let _ = rustix::io::fcntl_setfd(file, rustix::io::FdFlags::CLOEXEC);
}
