//! A heap that one mutator allocates from, and its inbox for what others free.

use super::classes::{CLASSES, class_of};
use super::page::{Kept, Page};
use super::{AllocError, Kind};
use core::alloc::Layout;
use core::ptr::NonNull;
use selvedge_sync::seam::Arc;
use selvedge_sync::seam::atomic::{AtomicPtr, AtomicUsize, Ordering};
use std::cell::{Cell, RefCell};

/// The part of a heap that its pages point to. It lives as long as its space: when a heap is
/// dropped its core waits for the next heap, pages and all.
pub(crate) struct Core {
    /// See [`Space::with_context`](super::Space::with_context).
    pub(super) context: *const (),
    /// The pages allocation takes from: first those of plain objects, then the walked ones.
    current: [Cell<*mut Page>; 2 * CLASSES],
    lists: RefCell<Lists>,
    /// Walked slots that heaps of this space have laid hands on: see [`Space::allocated`](super::Space::allocated).
    allocated: Arc<AtomicUsize>,
    /// Pages on which a stranger has freed a slot since they were last here.
    inbox: AtomicPtr<Page>,
}

/// How many empty pages of a class a heap keeps: one mebibyte.
const SPARES: usize = 32;

struct Lists {
    /// For each class, pages with free slots besides the current one.
    listed: Vec<Vec<*mut Page>>,
    /// For each class, empty pages, so that objects made and dropped by the page in turn do not
    /// go to the system each time.
    spare: Vec<Vec<*mut Page>>,
    /// Every page; a page knows its place.
    all: Vec<*mut Page>,
}

impl Lists {
    /// Which list the page belongs to.
    fn class(page: &Page) -> usize {
        page.class as usize + if page.walked { CLASSES } else { 0 }
    }

    /// Takes a page with free slots from the list, or the spare one.
    fn next(&mut self, class: usize) -> Option<*mut Page> {
        self.listed[class].pop().or_else(|| self.spare[class].pop())
    }

    /// Lists a page that was full.
    fn list(&mut self, page: *mut Page) {
        // SAFETY: lists hold pages of the heap, which exist.
        let header = unsafe { &*page };
        let list = &mut self.listed[Self::class(header)];
        header.kept.set(Kept::Listed);
        header.listed_at.set(list.len() as u32);
        list.push(page);
    }

    /// Makes a listed page a spare one; returns whether there are enough of those, and it is now
    /// in no list.
    fn spare(&mut self, page: *mut Page) -> bool {
        // SAFETY: lists hold pages of the heap, which exist.
        let header = unsafe { &*page };
        let class = Self::class(header);
        let list = &mut self.listed[class];
        let at = header.listed_at.get() as usize;
        list.swap_remove(at);
        if let Some(&moved) = list.get(at) {
            // SAFETY: as above.
            unsafe { (*moved).listed_at.set(at as u32) };
        }
        let spare = &mut self.spare[class];
        if spare.len() == SPARES {
            return true;
        }
        header.kept.set(Kept::Spare);
        spare.push(page);
        false
    }
}

// SAFETY: all but the inbox is used only by whoever acts for the heap, in turn.
unsafe impl Send for Core {}
// SAFETY: as above.
unsafe impl Sync for Core {}

impl Core {
    pub(super) fn new(context: *const (), allocated: Arc<AtomicUsize>) -> Self {
        Self {
            context,
            allocated,
            current: [const { Cell::new(core::ptr::null_mut()) }; 2 * CLASSES],
            lists: RefCell::new(Lists {
                listed: vec![Vec::new(); 2 * CLASSES],
                spare: vec![Vec::new(); 2 * CLASSES],
                all: Vec::new(),
            }),
            inbox: AtomicPtr::new(core::ptr::null_mut()),
        }
    }

    /// Takes a slot for `layout`.
    #[inline(always)]
    pub(super) fn allocate(&self, layout: Layout, kind: Kind) -> Result<NonNull<u8>, AllocError> {
        let Some(class) = class_of(layout) else {
            return self.allocate_large(layout, kind);
        };
        match self.take(class, kind) {
            Some(slot) => Ok(slot),
            None => self.allocate_slowly(Self::place(class, kind)),
        }
    }

    /// Takes a slot for `layout`, if the current page has one.
    #[inline(always)]
    pub(super) fn at_hand(&self, layout: Layout, kind: Kind) -> Option<NonNull<u8>> {
        self.take(class_of(layout)?, kind)
    }

    /// Where the current page of a class is.
    #[inline(always)]
    fn place(class: usize, kind: Kind) -> usize {
        class + if kind == Kind::Walked { CLASSES } else { 0 }
    }

    #[inline(always)]
    fn take(&self, class: usize, kind: Kind) -> Option<NonNull<u8>> {
        let page = self.current[Self::place(class, kind)].get();
        if page.is_null() {
            return None;
        }
        // SAFETY: a page of this heap, which the caller acts for.
        NonNull::new(unsafe { (*page).take() })
    }

    #[cold]
    #[inline(never)]
    fn allocate_slowly(&self, class: usize) -> Result<NonNull<u8>, AllocError> {
        loop {
            let page = self.current[class].get();
            if !page.is_null() {
                // SAFETY: a page of this heap, which the caller acts for.
                unsafe {
                    let carved = Page::carve(page);
                    if carved > 0 {
                        self.count_allocated(class, carved as usize);
                        return NonNull::new((*page).take()).ok_or(AllocError);
                    }
                    (*page).kept.set(Kept::Full);
                }
                self.current[class].set(core::ptr::null_mut());
            }
            self.empty_inbox();
            let known = self.lists.borrow_mut().next(class);
            let page = match known {
                Some(page) => page,
                None => self.add_page(class)?,
            };
            self.current[class].set(page);
            // SAFETY: a page of this heap.
            unsafe {
                (*page).kept.set(Kept::Current);
                if let Some(slot) = NonNull::new((*page).take()) {
                    self.count_allocated(class, (*page).room() + 1);
                    return Ok(slot);
                }
            }
        }
    }

    fn count_allocated(&self, class: usize, slots: usize) {
        if class >= CLASSES {
            // Relaxed: a figure.
            self.allocated.fetch_add(slots, Ordering::Relaxed);
        }
    }

    fn add_page(&self, class: usize) -> Result<*mut Page, AllocError> {
        let walked = class >= CLASSES;
        let page = Page::new(self, class % CLASSES, walked);
        if page.is_null() {
            return Err(AllocError);
        }
        self.enlist(page);
        Ok(page)
    }

    fn enlist(&self, page: *mut Page) {
        let all = &mut self.lists.borrow_mut().all;
        // SAFETY: a new page of this heap.
        unsafe { (*page).index.set(all.len() as u32) };
        all.push(page);
    }

    #[cold]
    fn allocate_large(&self, layout: Layout, kind: Kind) -> Result<NonNull<u8>, AllocError> {
        self.empty_inbox();
        let walked = kind == Kind::Walked;
        self.count_allocated(if walked { CLASSES } else { 0 }, 1);
        let (page, slot) = Page::large(self, layout, walked).ok_or(AllocError)?;
        self.enlist(page);
        NonNull::new(slot).ok_or(AllocError)
    }

    /// # Safety
    /// As for [`LocalHeap::free`](super::LocalHeap::free).
    #[inline(always)]
    pub(super) unsafe fn free(&self, slot: NonNull<u8>) {
        let page = Page::of(slot.as_ptr());
        // SAFETY: a taken slot lies in a page, which lives as long as it does.
        unsafe {
            if core::ptr::eq((*page).core, self) {
                (*page).put(slot.as_ptr());
                if (*page).kept.get() != Kept::Current {
                    self.tidy(page);
                }
            } else {
                Self::free_remotely(slot);
            }
        }
    }

    /// # Safety
    /// As for [`free_remotely`](super::free_remotely).
    #[inline(never)]
    pub(super) unsafe fn free_remotely(slot: NonNull<u8>) {
        let page = Page::of(slot.as_ptr());
        // SAFETY: a taken slot lies in a page, which lives as long as it does; its core lives as
        // long as the space.
        let (core, tell) = unsafe {
            let core = &*(*page).core;
            (core, (*page).put_remote(slot.as_ptr()))
        };
        if tell {
            core.push_to_inbox(page);
        }
    }

    fn push_to_inbox(&self, page: *mut Page) {
        // Relaxed: only what the exchange below expects.
        let mut first = self.inbox.load(Ordering::Relaxed);
        loop {
            // SAFETY: the page stays until it has come through the inbox, because a slot given
            // back remotely counts as used until then; and only we bring it.
            unsafe { (*page).next_in_inbox.with_mut(|next| *next = first) };
            // Release: the link happens before the heap follows it.
            match self.inbox.compare_exchange_weak(
                first,
                page,
                Ordering::Release,
                Ordering::Relaxed,
            ) {
                Ok(_) => return,
                Err(now) => first = now,
            }
        }
    }

    /// Takes back what strangers have freed.
    pub(super) fn empty_inbox(&self) {
        // Acquire: pairs with `push_to_inbox`.
        let mut page = self.inbox.swap(core::ptr::null_mut(), Ordering::Acquire);
        while !page.is_null() {
            // SAFETY: pages of this heap. The link is read before the remote list is emptied,
            // after which the next stranger may bring the page, and write the link, again.
            unsafe {
                let next = (*page).next_in_inbox.with(|next| *next);
                (*page).collect_remote();
                if (*page).kept.get() != Kept::Current {
                    self.tidy(page);
                }
                page = next;
            }
        }
    }

    /// Finds a page that has regained a slot its place: on the list, or out of the heap.
    ///
    /// # Safety
    /// A page of this heap that is not current; it may be gone afterwards.
    #[inline(never)]
    unsafe fn tidy(&self, page: *mut Page) {
        // SAFETY: the caller's promise.
        let header = unsafe { &*page };
        match header.kept.get() {
            // SAFETY: its one object is gone.
            Kept::Large => return unsafe { self.give_back(page) },
            Kept::Full => self.lists.borrow_mut().list(page),
            Kept::Listed | Kept::Spare | Kept::Current => {}
        }
        if header.kept.get() == Kept::Listed && header.used.get() == 0 {
            let surplus = self.lists.borrow_mut().spare(page);
            if surplus {
                // SAFETY: every slot is free, and no list has it.
                unsafe { self.give_back(page) };
            }
        }
    }

    /// # Safety
    /// No slot of the page is taken, and no list but that of all pages has it.
    unsafe fn give_back(&self, page: *mut Page) {
        let all = &mut self.lists.borrow_mut().all;
        // SAFETY: pages of this heap.
        unsafe {
            let index = (*page).index.get() as usize;
            all.swap_remove(index);
            if let Some(&moved) = all.get(index) {
                (*moved).index.set(index as u32);
            }
            Page::release(page);
        }
    }

    /// Every page.
    pub(super) fn pages(&self) -> Vec<*mut Page> {
        self.lists.borrow().all.clone()
    }

    /// Slots taken, as far as this heap knows.
    pub(super) fn used(&self) -> usize {
        self.empty_inbox();
        // SAFETY: pages of this heap.
        let used = |&page: &*mut Page| unsafe { (*page).used.get() as usize };
        self.lists.borrow().all.iter().map(used).sum()
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        for page in core::mem::take(&mut self.lists.get_mut().all) {
            // SAFETY: the space goes, and with it whatever its objects were to anybody.
            unsafe { Page::release(page) };
        }
    }
}
