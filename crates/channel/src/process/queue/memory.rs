//! The region of a queue: its control words, its slots and its arena.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use selvedge_sync::process::Region;
use selvedge_sync::seam::address;

use super::arena::{Live, Span, place};
use super::control::Control;

/// What a region of a queue begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
struct Head {
    /// That it is a queue, and of which layout.
    mark: u64,
    capacity: u64,
    arena: u64,
}

const MARK: u64 = u64::from_be_bytes(*b"selvedg2");

/// How long an item is that lies in its slot.
pub(super) const SHORT: usize = 232;

/// One item. Who may touch it says [`Control`].
#[repr(C)]
struct Slot {
    length: u64,
    span: Span,
    short: [u8; SHORT],
}

/// Control words begin here, and slots after them at a multiple of this.
const LINE: usize = 128;

/// An item that was taken off: it is what is `long`, or else the front of what is short.
pub(super) struct Item {
    short: [u8; SHORT],
    length: usize,
    long: Vec<u8>,
}

impl Item {
    pub(super) fn bytes(&self) -> &[u8] {
        if self.long.is_empty() {
            &self.short[..self.length]
        } else {
            &self.long
        }
    }

    pub(super) fn into_vec(self) -> Vec<u8> {
        if self.long.is_empty() {
            self.short[..self.length].to_vec()
        } else {
            self.long
        }
    }
}

/// A queue's region, which lives as long as this does.
#[derive(Debug)]
pub(super) struct Memory {
    region: Region,
    capacity: u64,
    arena: u64,
}

impl Memory {
    /// How long a region has to be; `None` if nobody has that much.
    fn length(capacity: u64, arena: u64) -> Option<usize> {
        let slots = capacity.checked_mul(size_of::<Slot>() as u64)?;
        let length = slots.checked_add(arena)?.checked_add(Self::SLOTS as u64)?;
        usize::try_from(length).ok()
    }

    /// Where the slots begin.
    const SLOTS: usize = LINE + size_of::<Control>().next_multiple_of(LINE);

    /// A queue's memory, in a region of the length that `make` is told.
    pub(super) fn make(
        capacity: u64,
        arena: u64,
        make: impl FnOnce(usize) -> io::Result<Region>,
    ) -> io::Result<Self> {
        if !address::AVAILABLE {
            let told = "processes cannot wake each other on this system";
            return Err(io::Error::new(io::ErrorKind::Unsupported, told));
        }
        let length = Self::length(capacity, arena).filter(|_| capacity != 0);
        let told = "a queue has room for an item at least, and fits in memory";
        let length = length.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, told))?;
        let region = make(length)?;
        let head = Head {
            mark: MARK,
            capacity,
            arena,
        };
        // SAFETY: the region is as long as `length` says and begins on a page, so both are within
        // and aligned; nobody else knows it yet, or uses it before this has returned.
        unsafe {
            region
                .as_ptr()
                .add(LINE)
                .cast::<Control>()
                .write(Control::new());
            region.as_ptr().cast::<Head>().write(head);
        }
        Ok(Self {
            region,
            capacity,
            arena,
        })
    }

    /// The memory of a queue that another process made.
    pub(super) fn find(region: Region) -> io::Result<Self> {
        let known = region.length().checked_sub(Self::SLOTS).and_then(|_| {
            // SAFETY: the region is long enough and begins on a page.
            let head = unsafe { region.as_ptr().cast::<Head>().read_volatile() };
            let is_whole = Self::length(head.capacity, head.arena) == Some(region.length());
            (head.mark == MARK && is_whole && head.capacity != 0).then_some(head)
        });
        let told = "the region does not hold a queue";
        let head = known.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, told))?;
        Ok(Self {
            region,
            capacity: head.capacity,
            arena: head.arena,
        })
    }

    pub(super) fn capacity(&self) -> u64 {
        self.capacity
    }

    /// How long an item may be.
    pub(super) fn longest(&self) -> usize {
        SHORT.max(self.arena as usize)
    }

    pub(super) fn control(&self) -> &Control {
        // SAFETY: `make`, here or in another process, has written it there, and it changes
        // through atomics only.
        unsafe { &*self.region.as_ptr().add(LINE).cast::<Control>() }
    }

    pub(super) fn try_clone_fd(&self) -> io::Result<OwnedFd> {
        self.region.try_clone_fd()
    }

    fn slot(&self, position: u64) -> *mut Slot {
        let index = (position % self.capacity) as usize;
        let slots = self.region.as_ptr().wrapping_add(Self::SLOTS);
        slots.cast::<Slot>().wrapping_add(index)
    }

    /// Where an item lies that is long.
    fn arena_at(&self, span: Span) -> *mut u8 {
        let offset = Self::SLOTS + self.capacity as usize * size_of::<Slot>();
        let within = (span.begin % self.arena) as usize;
        self.region.as_ptr().wrapping_add(offset + within)
    }

    /// Puts an item at position `tail`, where those from `head` on are taken; returns whether
    /// there was room.
    ///
    /// # Safety
    /// Nobody else touches the position `tail`, or puts an item, meanwhile.
    pub(super) unsafe fn put(&self, head: u64, tail: u64, bytes: &[u8]) -> bool {
        if tail - head == self.capacity {
            return false;
        }
        // SAFETY: both positions are taken, and only who puts items writes there.
        let live = (head != tail).then(|| unsafe {
            Live {
                first: (*self.slot(head)).span,
                last: (*self.slot(tail - 1)).span,
            }
        });
        let long = match bytes.len() {
            0..=SHORT => 0,
            length => length as u64,
        };
        let Some(span) = place(self.arena, live, long) else {
            return false;
        };
        let slot = self.slot(tail);
        // SAFETY: the slot is nobody else's, says the caller; the span is within the arena and
        // overlaps no item that is there, says `place`.
        unsafe {
            let to = if long == 0 {
                (&raw mut (*slot).short).cast()
            } else {
                self.arena_at(span)
            };
            core::ptr::copy_nonoverlapping(bytes.as_ptr(), to, bytes.len());
            (*slot).length = bytes.len() as u64;
            (*slot).span = span;
        }
        true
    }

    /// Takes the item at position `head`.
    ///
    /// # Safety
    /// An item was put there, and nobody puts another meanwhile.
    pub(super) unsafe fn take(&self, head: u64) -> Item {
        let slot = self.slot(head);
        // SAFETY: an item was put there, says the caller.
        let (length, span) = unsafe { ((*slot).length as usize, (*slot).span) };
        let mut item = Item {
            short: [0; SHORT],
            length: length.min(SHORT),
            long: Vec::new(),
        };
        if span.begin == span.end {
            // SAFETY: as above; it is not longer than either.
            unsafe {
                let from = (&raw const (*slot).short).cast();
                core::ptr::copy_nonoverlapping(from, item.short.as_mut_ptr(), item.length);
            }
            return item;
        }
        item.long.reserve_exact(length);
        // SAFETY: as above; the span is within the arena, and as long as the item.
        unsafe {
            let from = self.arena_at(span);
            core::ptr::copy_nonoverlapping(from, item.long.as_mut_ptr(), length);
            item.long.set_len(length);
        }
        item
    }
}

impl AsFd for Memory {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.region.as_fd()
    }
}
