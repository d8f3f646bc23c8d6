//! Handing descriptors to a child process.

use std::io;
use std::os::fd::{AsFd, AsRawFd as _, FromRawFd as _, OwnedFd, RawFd};
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use rustix::io::{FdFlags, fcntl_setfd};

/// Has the child that `command` starts inherit a descriptor, and returns the number it has there.
/// Tell the child that number, by an argument or its environment; it takes the descriptor with
/// [`inherited`].
///
/// Only that child gets it: in this process the descriptor stays one that children do not
/// inherit. The command keeps a copy open until it is dropped.
///
/// # Errors
/// If the process has too many descriptors.
pub fn inherit(command: &mut Command, file: impl AsFd) -> io::Result<RawFd> {
    let file = file.as_fd().try_clone_to_owned()?;
    let number = file.as_raw_fd();
    // SAFETY: between fork and exec the closure only makes a system call on a descriptor that it
    // owns.
    unsafe {
        command.pre_exec(move || Ok(fcntl_setfd(&file, FdFlags::empty())?));
    }
    Ok(number)
}

/// In a child: takes the descriptor that the parent had it [`inherit`] under this number. Its own
/// children will not inherit it.
///
/// # Errors
/// If there is no such descriptor.
///
/// # Safety
/// The number is one that [`inherit`] returned in the parent for this child, and is taken once.
pub unsafe fn inherited(number: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: it is open and nobody else's, says the caller.
    let file = unsafe { OwnedFd::from_raw_fd(number) };
    fcntl_setfd(&file, FdFlags::CLOEXEC)?;
    Ok(file)
}
