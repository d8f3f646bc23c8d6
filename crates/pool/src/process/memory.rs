//! Memory that two processes share: what a link's two sides write to each other, and what is too
//! large for that. All of the process executor's unsafe mapping is here.

use core::ffi::c_void;
use core::ops::Deref;
use core::ptr::NonNull;
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, fcntl_get_seals, fstat, ftruncate};
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};
use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use super::ring::{Claims, Ring, blocks};

/// How many requests may be on their way to a worker at once.
pub(super) const WINDOW: usize = 64;

/// How many bytes of a message travel in a ring; more go into memory of their own.
pub(super) const INLINE: usize = 7 * 1024;

/// How many blocks a ring has: enough for a window full of messages, so that a worker always has
/// room for its answers.
const BLOCKS: usize = 8192;
const _: () = assert!(WINDOW as u64 * blocks(INLINE) <= BLOCKS as u64);

/// What the two sides of a link share.
#[repr(C)]
pub(super) struct Shared {
    pub(super) requests: Ring<BLOCKS>,
    pub(super) answers: Ring<BLOCKS>,
    pub(super) claims: Claims,
}

/// A mapping of memory that has a descriptor.
struct Mapping {
    start: NonNull<c_void>,
    length: usize,
}

// SAFETY: a mapping is memory, the same for all threads.
unsafe impl Send for Mapping {}

impl Mapping {
    /// Maps the first `length` bytes of `file`, which has as many and keeps them.
    fn new(file: BorrowedFd<'_>, length: usize, protection: ProtFlags) -> io::Result<Self> {
        // SAFETY: the system chooses a place where nothing is.
        let start = unsafe {
            let anywhere = core::ptr::null_mut();
            mmap(anywhere, length, protection, MapFlags::SHARED, file, 0)?
        };
        let start = NonNull::new(start).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Self { start, length })
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: nobody has a reference into it any more: they borrow from its owner. It fails for
        // what is no mapping only.
        let _ = unsafe { munmap(self.start.as_ptr(), self.length) };
    }
}

/// A link's memory: the same in both processes.
pub(super) struct Region(Mapping);

impl Region {
    /// New memory, and the descriptor that lets another process map it.
    pub(super) fn new() -> io::Result<(Self, OwnedFd)> {
        let file = memory_file(size_of::<Shared>())?;
        // It can never be shorter than what is mapped.
        fcntl_add_seals(&file, SealFlags::SHRINK)?;
        Ok((Self::open(file.as_fd())?, file))
    }

    /// The memory that came from another process.
    pub(super) fn open(file: BorrowedFd<'_>) -> io::Result<Self> {
        require(file, size_of::<Shared>(), SealFlags::SHRINK)?;
        let protection = ProtFlags::READ | ProtFlags::WRITE;
        Mapping::new(file, size_of::<Shared>(), protection).map(Self)
    }
}

impl Deref for Region {
    type Target = Shared;
    fn deref(&self) -> &Shared {
        // SAFETY: the mapping is as long, page-aligned, and began as zeros, which are an empty
        // ring and no claims; all that changes in it is atomic or guarded by that.
        unsafe { self.0.start.cast().as_ref() }
    }
}

/// Bytes in memory of their own, which nobody can change any more.
pub(super) struct Bulk(Option<Mapping>);

impl Bulk {
    /// Puts `bytes` where another process can map them.
    pub(super) fn share(bytes: &[u8]) -> io::Result<OwnedFd> {
        let mut file = File::from(memory_file(0)?);
        file.write_all(bytes)?;
        fcntl_add_seals(&file, SealFlags::SHRINK | SealFlags::WRITE)?;
        Ok(file.into())
    }

    /// The bytes that came from another process.
    pub(super) fn open(file: BorrowedFd<'_>) -> io::Result<Self> {
        let length = fstat(file)?.st_size as usize;
        require(file, length, SealFlags::SHRINK | SealFlags::WRITE)?;
        if length == 0 {
            // There is no mapping without a page.
            return Ok(Self(None));
        }
        Mapping::new(file, length, ProtFlags::READ).map(|mapping| Self(Some(mapping)))
    }
}

impl Deref for Bulk {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        let Some(mapping) = &self.0 else { return &[] };
        // SAFETY: the mapping is as long, and the seals keep it from being written or shortened.
        unsafe { core::slice::from_raw_parts(mapping.start.cast().as_ptr(), mapping.length) }
    }
}

fn memory_file(length: usize) -> io::Result<OwnedFd> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let file = rustix::fs::memfd_create("selvedge-pool", flags)?;
    ftruncate(&file, length as u64)?;
    Ok(file)
}

/// Makes sure that reading the first `length` bytes cannot go wrong.
fn require(file: BorrowedFd<'_>, length: usize, seals: SealFlags) -> io::Result<()> {
    if fcntl_get_seals(file)?.contains(seals) && fstat(file)?.st_size as usize >= length {
        Ok(())
    } else {
        Err(io::ErrorKind::InvalidData.into())
    }
}

#[cfg(all(test, not(selvedge_loom)))]
mod tests {
    use super::super::ring::{Consumer, Producer, Wanted};
    use super::*;

    #[test]
    fn two_mappings_are_one_memory() {
        let (ours, file) = Region::new().unwrap();
        let theirs = Region::open(file.as_fd()).unwrap();
        let mut frame = Vec::new();
        // SAFETY: one producer and one consumer.
        unsafe {
            let pushed = Producer::default().push(&ours.requests, b"weft");
            assert_eq!(pushed, Ok(Wanted(false)));
            let popped = Consumer::default().pop(&theirs.requests, &mut frame);
            assert_eq!(popped, Ok(true));
        }
        assert_eq!(frame, b"weft");
    }

    #[test]
    fn bulk_arrives_as_it_was() {
        for length in [0, 1, 12345] {
            let bytes: Vec<u8> = (0..length).map(|n| n as u8).collect();
            let file = Bulk::share(&bytes).unwrap();
            assert_eq!(*Bulk::open(file.as_fd()).unwrap(), bytes);
        }
    }

    #[test]
    fn memory_is_given_back() {
        let (region, file) = Region::new().unwrap();
        let inode = format!(" {} ", fstat(&file).unwrap().st_ino);
        let is_mapped = || {
            let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
            maps.lines().any(|line| line.contains(&inode))
        };
        assert!(is_mapped());
        drop(region);
        assert!(!is_mapped());
    }

    #[test]
    fn memory_that_may_change_is_refused() {
        let file = memory_file(1 << 21).unwrap();
        assert!(Region::open(file.as_fd()).is_err());
        fcntl_add_seals(&file, SealFlags::SHRINK).unwrap();
        assert!(Region::open(file.as_fd()).is_ok());
        assert!(Bulk::open(file.as_fd()).is_err());
        let short = memory_file(1).unwrap();
        fcntl_add_seals(&short, SealFlags::SHRINK).unwrap();
        assert!(Region::open(short.as_fd()).is_err());
    }
}
