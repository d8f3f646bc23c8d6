//! Memory that several processes map.

use core::ffi::c_void;
use core::fmt;
use core::ptr::NonNull;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{Mode, fstat, ftruncate};
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};
use rustix::shm;

/// A stretch of memory that several processes share: zeroed when it is made, and gone with the
/// last process that has it mapped or has its descriptor open.
///
/// An [`anonymous`](Self::anonymous) region has no name in the system, so nothing is left behind
/// however its processes end; others get it by its descriptor, which a child may
/// [inherit](super::inherit) and a socket may carry. A region with a name can be opened by it
/// until the region that [created](Self::create) it is dropped, or the name is
/// [removed](Self::remove). If the creator is killed the name stays until it is removed.
///
/// ```
/// use selvedge_sync::process::Region;
///
/// let region = Region::anonymous(4096)?;
/// let same = Region::from_fd(region.try_clone_fd()?)?;
/// // SAFETY: nobody else knows the region, and it has a byte.
/// unsafe {
///     region.as_ptr().write(7);
///     assert_eq!(same.as_ptr().read(), 7);
/// }
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Region {
    address: NonNull<u8>,
    length: usize,
    file: OwnedFd,
    /// The name to remove with the region.
    name: Option<String>,
}

// SAFETY: the mapping belongs to the process, not to a thread, and whoever reaches through the
// pointer answers for what is done there.
unsafe impl Send for Region {}
// SAFETY: as above; `&Region` only yields the pointer, the length and the descriptor.
unsafe impl Sync for Region {}

impl Region {
    /// A region without a name, of `length` bytes that are zero.
    ///
    /// # Errors
    /// If `length` is zero or more than the system has.
    pub fn anonymous(length: usize) -> io::Result<Self> {
        let file = nameless_file()?;
        ftruncate(&file, length as u64)?;
        seal_length(&file)?;
        Self::map(file, length, None)
    }

    /// A region that others can [`open`](Self::open) by this name, of `length` bytes that are
    /// zero. The name has no slash in it.
    ///
    /// # Errors
    /// `AlreadyExists` if the name is taken; as [`anonymous`](Self::anonymous) else.
    pub fn create(name: &str, length: usize) -> io::Result<Self> {
        let flags = shm::OFlags::CREATE | shm::OFlags::EXCL | shm::OFlags::RDWR;
        let file = shm::open(path(name)?, flags, Mode::RUSR | Mode::WUSR)?;
        let mapped = match ftruncate(&file, length as u64) {
            Ok(()) => Self::map(file, length, Some(name.to_owned())),
            Err(error) => Err(error.into()),
        };
        mapped.inspect_err(|_| {
            // The error that came first is the one to tell.
            let _ = Self::remove(name);
        })
    }

    /// The region of this name. Learn the name from its creator: one that is still being created
    /// may be found without its length.
    ///
    /// # Errors
    /// `NotFound` if no region has this name.
    pub fn open(name: &str) -> io::Result<Self> {
        let file = shm::open(path(name)?, shm::OFlags::RDWR, Mode::empty())?;
        Self::from_fd(file)
    }

    /// The region of a descriptor, which came from another process or from
    /// [`try_clone_fd`](Self::try_clone_fd).
    ///
    /// # Errors
    /// If the descriptor is not one of a file that can be mapped.
    pub fn from_fd(file: OwnedFd) -> io::Result<Self> {
        let length = usize::try_from(fstat(&file)?.st_size).map_err(io::Error::other)?;
        Self::map(file, length, None)
    }

    /// Removes a name. Those who have the region keep it; nobody can open it any more.
    ///
    /// # Errors
    /// `NotFound` if no region has this name.
    pub fn remove(name: &str) -> io::Result<()> {
        Ok(shm::unlink(path(name)?)?)
    }

    /// Has the name outlive this region: from now on, [`remove`](Self::remove) has to be called
    /// for it. Returns the name, if this region owned one.
    pub fn leave_name(&mut self) -> Option<String> {
        self.name.take()
    }

    fn map(file: OwnedFd, length: usize, name: Option<String>) -> io::Result<Self> {
        // SAFETY: a new mapping at an address that the system chooses overlaps nothing.
        let address = unsafe {
            mmap(
                core::ptr::null_mut(),
                length,
                ProtFlags::READ | ProtFlags::WRITE,
                MapFlags::SHARED,
                &file,
                0,
            )?
        };
        let address = NonNull::new(address.cast())
            .ok_or_else(|| io::Error::other("the system mapped a region at address zero"))?;
        Ok(Self {
            address,
            length,
            file,
            name,
        })
    }

    /// Where the region begins in this process: on a page. Valid while the region is.
    pub fn as_ptr(&self) -> *mut u8 {
        self.address.as_ptr()
    }

    /// How many bytes it has.
    pub fn length(&self) -> usize {
        self.length
    }

    /// Another descriptor of the region, to hand over.
    ///
    /// # Errors
    /// If the process has too many descriptors.
    pub fn try_clone_fd(&self) -> io::Result<OwnedFd> {
        self.file.try_clone()
    }
}

impl AsFd for Region {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        // SAFETY: `map` mapped this much there, and those who reach into it borrow the region.
        let unmapped = unsafe { munmap(self.address.as_ptr().cast::<c_void>(), self.length) };
        debug_assert!(unmapped.is_ok(), "what was mapped can be unmapped");
        if let Some(name) = &self.name {
            // Somebody may have removed it already.
            let _ = Self::remove(name);
        }
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Region")
            .field("length", &self.length)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// What the system knows a name as.
fn path(name: &str) -> io::Result<String> {
    if name.is_empty() || name.contains(['/', '\0']) {
        let told = "the name of a region is not empty and has no slash and no zero in it";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, told));
    }
    Ok(format!("/{name}"))
}

#[cfg(target_os = "linux")]
fn nameless_file() -> io::Result<OwnedFd> {
    use rustix::fs::{MemfdFlags, memfd_create};
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    Ok(memfd_create("selvedge", flags)?)
}

/// Elsewhere a name is taken and given up at once.
#[cfg(not(target_os = "linux"))]
fn nameless_file() -> io::Result<OwnedFd> {
    use crate::seam::random;
    // mutant: argued, bit: without the one no region can be mapped, and without the other one name
    // drawn twice makes one region of two; but Linux, where this is judged, does not compile it.
    let flags = shm::OFlags::CREATE | shm::OFlags::EXCL | shm::OFlags::RDWR;
    loop {
        let drawn = random::below(u32::MAX);
        let path = format!("/selvedge-{}-{drawn:x}", std::process::id());
        // mutant: argued, bit: nobody could open the file to write to it in the moment that it has a
        // name; but Linux, where this is judged, does not compile it.
        match shm::open(&path, flags, Mode::RUSR | Mode::WUSR) {
            Err(rustix::io::Errno::EXIST) => {}
            Err(error) => return Err(error.into()),
            Ok(file) => {
                shm::unlink(&path)?;
                return Ok(file);
            }
        }
    }
}

/// Keeps whoever gets the descriptor from shortening the file under those who have it mapped.
#[cfg(target_os = "linux")]
fn seal_length(file: &OwnedFd) -> io::Result<()> {
    use rustix::fs::{SealFlags, fcntl_add_seals};
    Ok(fcntl_add_seals(
        file,
        SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL,
    )?)
}

#[cfg(not(target_os = "linux"))]
fn seal_length(_: &OwnedFd) -> io::Result<()> {
    Ok(())
}
