//! Memory for objects: pages of slots of one size, a heap for each mutator, all pages of a space
//! torn down at once.
//!
//! A heap takes and puts its own slots with plain loads and stores. Others push what they free
//! onto the slot's page, and the first of them brings the page to the heap's inbox; the heap
//! looks there when a page runs out. See the README of this module for why no slot is lost.

mod classes;
mod local;
mod page;

pub(crate) use page::{PAGE, Page};

use crate::Header;
use core::alloc::Layout;
use core::marker::PhantomData;
use core::ptr::NonNull;
use local::Core;
use selvedge_sync::seam::atomic::{AtomicUsize, Ordering};
use selvedge_sync::seam::{Arc, Mutex};

/// The system has no memory left, or the request is larger than any object can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllocError;

impl core::fmt::Display for AllocError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("out of memory for objects")
    }
}

impl core::error::Error for AllocError {}

/// Whether the collector walks the page that an object is allocated on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It does not: for buffers, and for objects that refer to no others.
    Plain,
    /// It does: for objects that begin with a [`Header`].
    Walked,
}

struct Cores {
    /// Made by `Box::leak`, because pages point to them.
    all: Vec<NonNull<Core>>,
    /// Those that no heap uses.
    idle: Vec<NonNull<Core>>,
}

// SAFETY: the pointers are to what `all` owns, whose sharing `Core` answers for.
unsafe impl Send for Cores {}

impl Cores {
    fn iter(&self) -> impl Iterator<Item = &Core> {
        // SAFETY: freed by our destructor only.
        self.all.iter().map(|core| unsafe { core.as_ref() })
    }
}

impl Drop for Cores {
    fn drop(&mut self) {
        for core in &self.all {
            // SAFETY: leaked by `Space::heap`; every heap kept the space, so none is left.
            drop(unsafe { Box::from_raw(core.as_ptr()) });
        }
    }
}

struct Inner {
    context: *const (),
    cores: Mutex<Cores>,
    allocated: Arc<AtomicUsize>,
}

// SAFETY: the context is an address to compare; nothing here follows it.
unsafe impl Send for Inner {}
// SAFETY: as above.
unsafe impl Sync for Inner {}

/// The memory of one interpreter, or of one program's pointers: all its heaps and their pages.
/// Clones are handles to the same space; dropping the last one, and the last heap, frees the
/// pages with whatever is still on them, without running destructors.
#[derive(Clone)]
pub struct Space(Arc<Inner>);

/// A heap of a space, for one mutator at a time: a thread, or whoever holds an interpreter's
/// lock. When it is dropped, its objects stay, and the space's next heap takes over its pages.
///
/// ```
/// use core::alloc::Layout;
/// use selvedge_refcount::{Kind, Space};
///
/// let space = Space::new();
/// let heap = space.heap();
/// let slot = heap.allocate(Layout::new::<[u64; 5]>(), Kind::Plain)?;
/// // SAFETY: allocated above, and not used any more.
/// unsafe { heap.free(slot) };
/// # Ok::<(), selvedge_refcount::AllocError>(())
/// ```
pub struct LocalHeap {
    core: NonNull<Core>,
    space: Space,
    not_sync: PhantomData<*const ()>,
}

// SAFETY: a heap may change hands; it is not `Sync`, so it is used by one at a time.
unsafe impl Send for LocalHeap {}

impl Space {
    /// A space without pages.
    pub fn new() -> Self {
        Self::with_context(core::ptr::null())
    }

    /// A space whose pages name `context`, so that it can be found from any of its objects.
    pub(crate) fn with_context(context: *const ()) -> Self {
        Self(Arc::new(Inner {
            context,
            cores: Mutex::new(Cores {
                all: Vec::new(),
                idle: Vec::new(),
            }),
            allocated: Arc::new(AtomicUsize::new(0)),
        }))
    }

    /// A heap for one more mutator: one that was dropped, with its pages, or a new one.
    pub fn heap(&self) -> LocalHeap {
        let mut cores = self.0.cores.lock();
        let core = cores.idle.pop().unwrap_or_else(|| {
            let core = Box::new(Core::new(self.0.context, Arc::clone(&self.0.allocated)));
            let core = NonNull::from(Box::leak(core));
            cores.all.push(core);
            core
        });
        drop(cores);
        LocalHeap {
            core,
            space: self.clone(),
            not_sync: PhantomData,
        }
    }

    /// Walked slots that heaps have laid hands on since the figure was last
    /// [reset](Self::reset_allocated): never fewer than have been allocated.
    #[inline]
    pub fn allocated(&self) -> usize {
        // Relaxed: a figure.
        self.0.allocated.load(Ordering::Relaxed)
    }

    /// Restarts the count of [`allocated`](Self::allocated).
    pub fn reset_allocated(&self) {
        // Relaxed: a figure.
        self.0.allocated.store(0, Ordering::Relaxed);
    }

    /// How many slots are taken: for leak checks.
    ///
    /// # Safety
    /// Nobody uses a heap of this space meanwhile.
    pub unsafe fn used(&self) -> usize {
        self.0.cores.lock().iter().map(Core::used).sum()
    }

    /// How many pages there are.
    ///
    /// # Safety
    /// As for [`used`](Self::used).
    pub unsafe fn page_count(&self) -> usize {
        // SAFETY: the caller's promise.
        unsafe { self.pages() }.len()
    }

    /// Every slot of the walked pages: a header, of a dead object if not of a live one.
    ///
    /// # Safety
    /// As for [`used`](Self::used), as long as the result exists.
    pub(crate) unsafe fn headers(&self) -> impl Iterator<Item = *mut Header> {
        // SAFETY: the caller's promise.
        let pages = unsafe { self.pages() }.into_iter();
        pages
            // SAFETY: as above.
            .filter(|&page| unsafe { (*page).is_walked() })
            // SAFETY: as above.
            .flat_map(|page| unsafe { Page::slots(page) }.map(<*mut u8>::cast))
    }

    /// Every page of every heap, after their inboxes were emptied.
    ///
    /// # Safety
    /// As for [`used`](Self::used).
    pub(crate) unsafe fn pages(&self) -> Vec<*mut Page> {
        let cores = self.0.cores.lock();
        let pages = cores.iter().flat_map(|core| {
            core.empty_inbox();
            core.pages()
        });
        pages.collect()
    }
}

impl Default for Space {
    fn default() -> Self {
        Self::new()
    }
}

impl LocalHeap {
    #[inline(always)]
    fn core(&self) -> &Core {
        // SAFETY: the space keeps its cores, and we keep the space.
        unsafe { self.core.as_ref() }
    }

    /// Memory for `layout`. It begins like the [`Header`] of a dead object; only the type, and what
    /// follows, is not initialised.
    ///
    /// # Errors
    /// If there is none, or the alignment exceeds 16 KiB.
    #[inline(always)]
    pub fn allocate(&self, layout: Layout, kind: Kind) -> Result<NonNull<u8>, AllocError> {
        self.core().allocate(layout, kind)
    }

    /// As [`allocate`](Self::allocate), if a slot is at hand; `None` otherwise. Small enough to be
    /// everywhere, with a call of `allocate` behind it, after which it is time to ask whether a
    /// collection is due.
    #[inline(always)]
    pub fn at_hand(&self, layout: Layout, kind: Kind) -> Option<NonNull<u8>> {
        self.core().at_hand(layout, kind)
    }

    /// Gives a slot back, whichever heap of whichever space it is from. Until it is allocated
    /// again, all of a header there but the type stays as it is.
    ///
    /// # Safety
    /// The slot was allocated, is not used any more, and its space exists.
    #[inline(always)]
    pub unsafe fn free(&self, slot: NonNull<u8>) {
        // SAFETY: the caller's promise.
        unsafe { self.core().free(slot) }
    }

    /// The space this is a heap of.
    pub fn space(&self) -> &Space {
        &self.space
    }
}

impl Drop for LocalHeap {
    fn drop(&mut self) {
        self.space.0.cores.lock().idle.push(self.core);
    }
}

/// Gives a slot back without a heap at hand.
///
/// # Safety
/// The slot was allocated, is not used any more, and its space exists.
pub unsafe fn free_remotely(slot: NonNull<u8>) {
    // SAFETY: the caller's promise.
    unsafe { Core::free_remotely(slot) }
}
