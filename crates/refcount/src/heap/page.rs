//! A page: slots of one size, and what its heap and strangers need to know about them.

use super::classes::{SLOTS_AT, slot_size};
use super::local::Core;
use crate::Header;
use selvedge_sync::seam::atomic::{AtomicPtr, Ordering};
use selvedge_sync::seam::cell::UnsafeCell;
use std::alloc::{Layout, alloc, dealloc};
use std::cell::Cell;

/// The size and alignment of a page, so that masking a slot's address finds its page.
pub(crate) const PAGE: usize = 32 * 1024;
/// How much of a page is asked for. What is left holds the bookkeeping of allocators that keep it
/// between blocks: with a whole page, aligned as it is, they leave most of another empty beside it.
const PAGE_BYTES: usize = PAGE - 16;

/// How many slots a page carves at once: enough that it is rare, few enough to stay in a cache.
const CARVE: u32 = 32;

/// A slot that is free: its header is left as the object's destruction left it, so that a late
/// reader still sees a dead object; but for the type, where the link is.
pub(super) struct FreeSlot {
    _header: Header,
}

impl FreeSlot {
    /// # Safety
    /// The slot is the caller's.
    #[inline(always)]
    unsafe fn link(slot: *mut Self) -> *mut *mut Self {
        // SAFETY: a slot has room for a header.
        unsafe { slot.cast::<u8>().add(Header::LINK_AT).cast() }
    }
}

/// Where its heap keeps a page.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    /// Allocation takes from it.
    Current,
    /// In the list of pages with free slots.
    Listed,
    /// One of the empty pages of its class that are not given back.
    Spare,
    /// Nowhere: every slot is taken.
    Full,
    /// A page of its own for one large object.
    Large,
}

/// What stands at the start of a page.
#[repr(C, align(128))]
pub(crate) struct Page {
    /// The heap that allocates here; never changes.
    pub(super) core: *const Core,
    /// What the space was made for; its heap's.
    pub(crate) context: *const (),
    /// Of one slot.
    pub(super) size: u32,
    /// 2³² / size, rounded up: turns an offset into an index by a multiplication.
    reciprocal: u32,
    capacity: u32,
    pub(super) class: u32,
    /// Whether the collector walks this page.
    pub(super) walked: bool,
    pub(super) kept: Cell<Kept>,
    /// Slots taken and not given back, as far as the heap knows.
    pub(super) used: Cell<u32>,
    /// Slots that have ever been carved.
    carved: Cell<u32>,
    pub(super) free: Cell<*mut FreeSlot>,
    /// The index of this page among all of its heap.
    pub(super) index: Cell<u32>,
    /// While listed, the index of this page in the list.
    pub(super) listed_at: Cell<u32>,
    /// Slots freed by strangers. Pushed by them; taken as a whole by the heap, and only after
    /// the page has come through its inbox.
    remote: AtomicPtr<FreeSlot>,
    /// The next page in the heap's inbox. Written by the stranger that puts it there.
    pub(super) next_in_inbox: UnsafeCell<*mut Page>,
}

const _: () = assert!(cfg!(selvedge_loom) || size_of::<Page>() <= SLOTS_AT);
// A page is deallocated without being dropped.
const _: () = assert!(!core::mem::needs_drop::<Page>());

impl Page {
    /// The page that `slot` lies in.
    #[inline(always)]
    pub(crate) fn of(slot: *const u8) -> *mut Self {
        slot.map_addr(|address| address & !(PAGE - 1))
            .cast_mut()
            .cast()
    }

    fn slots_at() -> usize {
        size_of::<Self>().next_multiple_of(SLOTS_AT)
    }

    /// A page of a size class; null if the system has no memory.
    pub(super) fn new(core: *const Core, class: usize, walked: bool) -> *mut Self {
        let size = slot_size(class);
        let capacity = (PAGE_BYTES - Self::slots_at()) / size;
        Self::create(
            core,
            Self::layout(),
            size,
            capacity as u32,
            class as u32,
            walked,
            Kept::Current,
        )
    }

    /// A page for one object of `layout`, and where the object lies; `None` if there is no
    /// memory.
    pub(super) fn large(
        core: *const Core,
        layout: Layout,
        walked: bool,
    ) -> Option<(*mut Self, *mut u8)> {
        let whole = Self::large_layout(layout)?;
        let size = Self::large_size(layout);
        // The class of a large page holds its alignment, for `release`.
        let page = Self::create(
            core,
            whole,
            size,
            1,
            layout.align().max(8) as u32,
            walked,
            Kept::Large,
        );
        if page.is_null() {
            return None;
        }
        // SAFETY: made above, and large enough by `large_layout`.
        unsafe {
            (*page).carved.set(1);
            (*page).used.set(1);
            let slot = Self::slot(page, 0);
            slot.cast::<FreeSlot>().write(FreeSlot {
                _header: Header::blank(),
            });
            Some((page, slot))
        }
    }

    /// Of a page of a size class.
    fn layout() -> Layout {
        Layout::new::<[u8; PAGE_BYTES]>()
            .align_to(PAGE)
            .expect("a power of two")
    }

    /// At least the alignment, so that wherever the object begins, its slot has index 0, and what
    /// lies behind the slot has not.
    fn large_size(object: Layout) -> usize {
        let size = object.pad_to_align().size();
        size.max(size_of::<FreeSlot>()).next_multiple_of(8)
    }

    fn large_layout(object: Layout) -> Option<Layout> {
        if object.align() > PAGE / 2 {
            return None;
        }
        let start = Self::slots_at().max(object.align());
        let size = Self::large_size(object);
        u32::try_from(size).ok()?;
        Layout::from_size_align(start.checked_add(size)?, PAGE).ok()
    }

    fn create(
        core: *const Core,
        layout: Layout,
        size: usize,
        capacity: u32,
        class: u32,
        walked: bool,
        kept: Kept,
    ) -> *mut Self {
        // SAFETY: the layout is not empty.
        let page: *mut Self = unsafe { alloc(layout) }.cast();
        if !page.is_null() {
            let start = Self {
                core,
                // SAFETY: the core, which calls this, exists.
                context: unsafe { (*core).context },
                size: size as u32,
                reciprocal: (1_u64 << 32).div_ceil(size as u64) as u32,
                capacity,
                class,
                walked,
                kept: Cell::new(kept),
                used: Cell::new(0),
                carved: Cell::new(0),
                free: Cell::new(core::ptr::null_mut()),
                index: Cell::new(0),
                listed_at: Cell::new(0),
                remote: AtomicPtr::new(core::ptr::null_mut()),
                next_in_inbox: UnsafeCell::new(core::ptr::null_mut()),
            };
            // SAFETY: fresh memory, large and aligned enough.
            unsafe { page.write(start) };
        }
        page
    }

    /// Gives the page back to the system.
    ///
    /// # Safety
    /// Nobody uses it or one of its slots any more.
    pub(super) unsafe fn release(page: *mut Self) {
        // SAFETY: the caller's promise; the layouts are those of `new` and `large`.
        unsafe {
            let layout = if (*page).kept.get() == Kept::Large {
                let size = (*page).size as usize;
                let align = (*page).class as usize;
                let object = Layout::from_size_align(size, align).expect("was one before");
                Self::large_layout(object).expect("was one before")
            } else {
                Self::layout()
            };
            dealloc(page.cast(), layout);
        }
    }

    /// The slot with this index.
    ///
    /// # Safety
    /// The page exists, and the index is below its capacity.
    unsafe fn slot(page: *mut Self, index: u32) -> *mut u8 {
        // SAFETY: the caller's promise. Derived from the page, not from a reference to its header,
        // the pointer may be used for the whole slot.
        unsafe {
            let mut start = Self::slots_at();
            if (*page).kept.get() == Kept::Large {
                start = start.max((*page).class as usize);
            }
            page.cast::<u8>()
                .add(start + index as usize * (*page).size as usize)
        }
    }

    /// What [`index`](Self::index) wants.
    pub(crate) fn reciprocal(&self) -> u32 {
        self.reciprocal
    }

    /// The index of the slot at this address, in a page with this reciprocal. An index that no
    /// slot has, if what is there lies behind a page that is shorter than others.
    #[inline(always)]
    pub(crate) fn index(slot: *const u8, reciprocal: u32) -> usize {
        let offset = (slot.addr() & (PAGE - 1)) - Self::slots_at();
        ((offset as u64 * reciprocal as u64) >> 32) as usize
    }

    /// How large the page's slots are: at least as large as what was allocated there.
    pub(crate) fn slot_size(&self) -> usize {
        self.size as usize
    }

    pub(crate) fn is_walked(&self) -> bool {
        self.walked
    }

    /// How many slots have ever been carved: those with a higher index hold nothing.
    pub(crate) fn carved(&self) -> usize {
        self.carved.get() as usize
    }

    /// The slots that have ever been carved.
    ///
    /// # Safety
    /// The page exists as long as the result, and its heap carves no more meanwhile.
    pub(crate) unsafe fn slots(page: *mut Self) -> impl Iterator<Item = *mut u8> {
        // SAFETY: the caller's promise.
        let (first, size, carved) =
            unsafe { (Self::slot(page, 0), (*page).size as usize, (*page).carved()) };
        (0..carved).map(move |index| first.wrapping_add(index * size))
    }

    /// Takes a free slot; null if none is at hand.
    #[inline(always)]
    pub(super) fn take(&self) -> *mut u8 {
        let slot = self.free.get();
        if !slot.is_null() {
            // SAFETY: a slot on the free list is ours, and its link is valid.
            self.free.set(unsafe { FreeSlot::link(slot).read() });
            self.used.set(self.used.get() + 1);
        }
        slot.cast()
    }

    /// Puts a slot back.
    ///
    /// # Safety
    /// The caller acts for the heap; the slot is of this page, taken, and no longer used.
    #[inline(always)]
    pub(super) unsafe fn put(&self, slot: *mut u8) {
        let slot: *mut FreeSlot = slot.cast();
        // SAFETY: the slot is the caller's.
        unsafe { FreeSlot::link(slot).write(self.free.get()) };
        self.free.set(slot);
        self.used.set(self.used.get() - 1);
    }

    /// How many slots could be taken before a stranger gives more back.
    pub(super) fn room(&self) -> usize {
        (self.capacity - self.used.get()) as usize
    }

    /// Puts slots never taken before on the free list; returns how many.
    ///
    /// # Safety
    /// The page exists, and the caller acts for its heap.
    pub(super) unsafe fn carve(page: *mut Self) -> u32 {
        // SAFETY: the caller's promise; the slots are in bounds and nobody's.
        unsafe {
            let header = &*page;
            let from = header.carved.get();
            let to = header.capacity.min(from + CARVE);
            for index in (from..to).rev() {
                let slot: *mut FreeSlot = Self::slot(page, index).cast();
                slot.write(FreeSlot {
                    _header: Header::blank(),
                });
                FreeSlot::link(slot).write(header.free.get());
                header.free.set(slot);
            }
            header.carved.set(to);
            to - from
        }
    }

    /// Gives a slot back from outside the heap. Returns whether the page must go to its heap's
    /// inbox, which is the caller's to do.
    ///
    /// # Safety
    /// The slot is of this page, taken, and no longer used.
    #[must_use = "unless its heap is told, the slot is lost"]
    pub(super) unsafe fn put_remote(&self, slot: *mut u8) -> bool {
        let slot: *mut FreeSlot = slot.cast();
        // Relaxed: only what the exchange below expects.
        let mut first = self.remote.load(Ordering::Relaxed);
        loop {
            // SAFETY: the slot is the caller's until the exchange succeeds.
            unsafe { FreeSlot::link(slot).write(first) };
            // Release: the link, and our use of the slot, happen before the heap takes it. No
            // slot leaves the list singly, so an address seen twice does no harm. Acquire: if the
            // list is empty, the heap is done with what it read when the page was last brought.
            // mutant: argued, ordering to Acquire: the heap could follow the link before it is
            // written. Slots are memory that loom does not watch, and x86 orders its stores.
            match self.remote.compare_exchange_weak(
                first,
                slot,
                Ordering::AcqRel,
                Ordering::Relaxed,
            ) {
                // While the list is not empty, whoever began it brings, or has brought, the page.
                Ok(_) => return first.is_null(),
                Err(now) => first = now,
            }
        }
    }

    /// Moves what strangers gave back to the free list. The page has come through the inbox.
    pub(super) fn collect_remote(&self) {
        // AcqRel: pairs with `put_remote`, both ways.
        // mutant: argued, ordering to Release: as there.
        let mut slot = self.remote.swap(core::ptr::null_mut(), Ordering::AcqRel);
        while !slot.is_null() {
            // SAFETY: taken off the list, so ours; its link was written before.
            let next = unsafe { FreeSlot::link(slot).read() };
            // SAFETY: as above.
            unsafe { self.put(slot.cast()) };
            slot = next;
        }
    }
}
