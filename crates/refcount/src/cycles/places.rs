//! From an object's address to its figure, without a look at the object: that would bring a line
//! of it from memory for every reference there is.

use super::scratch::Scratch;
use crate::heap::{PAGE, Page};

#[derive(Clone, Copy)]
struct Entry {
    /// The page's address; 0 if the entry is free.
    page: usize,
    /// Of the page's first slot.
    figures: *const Scratch,
    /// Turns an offset into an index; see [`Page::reciprocal`].
    reciprocal: u32,
    /// How many figures there are. A page of one large object may be shorter than a page: what
    /// begins behind it is not its slot, but memory that somebody else has from the system.
    slots: u32,
}

const FREE: Entry = Entry {
    page: 0,
    figures: core::ptr::null(),
    reciprocal: 0,
    slots: 0,
};

/// A table of pages by address, at most half full; open addressing, linear probing.
pub(super) struct Places {
    entries: Vec<Entry>,
    /// How far to shift a hash for it to be an index.
    shift: u32,
}

impl Places {
    /// Room for so many pages; `None` without memory.
    pub(super) fn new(pages: usize) -> Option<Self> {
        let length = (pages * 2).next_power_of_two().max(2);
        let mut entries = Vec::new();
        entries.try_reserve_exact(length).ok()?;
        entries.resize(length, FREE);
        Some(Self {
            entries,
            shift: usize::BITS - length.ilog2(),
        })
    }

    /// Where the entry of a page is, or would be if none were in its way.
    #[inline(always)]
    fn home(&self, page: usize) -> usize {
        // Fibonacci hashing (Knuth, volume 3, 6.4): pages that are neighbours spread evenly.
        (page / PAGE).wrapping_mul(0x9e37_79b9_7f4a_7c15_u64 as usize) >> self.shift
    }

    /// Adds a page, whose first slot has its figure there. Not more than there is room for.
    pub(super) fn insert(&mut self, page: &Page, figures: *const Scratch) {
        let address = core::ptr::from_ref(page).addr();
        let mut at = self.home(address);
        while self.entries[at].page != 0 {
            at = (at + 1) % self.entries.len();
        }
        self.entries[at] = Entry {
            page: address,
            figures,
            reciprocal: page.reciprocal(),
            slots: page.carved() as u32,
        };
    }

    /// The figure of the slot at this address; null if there is none, but something else.
    #[inline(always)]
    pub(super) fn find(&self, slot: *const u8) -> *const Scratch {
        let page = slot.addr() & !(PAGE - 1);
        let mut at = self.home(page);
        loop {
            let entry = &self.entries[at & (self.entries.len() - 1)];
            if entry.page == page {
                let index = Page::index(slot, entry.reciprocal);
                if index >= entry.slots as usize {
                    return core::ptr::null();
                }
                return entry.figures.wrapping_add(index);
            }
            if entry.page == 0 {
                return core::ptr::null();
            }
            at += 1;
        }
    }
}

#[cfg(all(test, not(selvedge_loom)))]
mod tests {
    use super::*;
    use crate::heap::{Kind, Space};
    use core::alloc::Layout;

    #[test]
    fn every_slot_has_the_figure_of_its_index() {
        let space = Space::new();
        let heap = space.heap();
        let slots: Vec<_> = [24, 48, 200, 100_000]
            .map(|size| Layout::from_size_align(size, 8).expect("a layout"))
            .into_iter()
            .flat_map(|layout| (0..900).map(move |_| layout))
            .map(|layout| heap.allocate(layout, Kind::Walked).expect("memory"))
            .collect();
        // SAFETY: nobody else uses the space.
        let pages = unsafe { space.pages() };
        let pad = [const { Scratch::new(0) }; 1];
        let mut places = Places::new(pages.len()).expect("memory");
        for (number, &page) in pages.iter().enumerate() {
            // SAFETY: as above. Figures are not read, so they may be anywhere.
            places.insert(unsafe { &*page }, pad.as_ptr().wrapping_add(number * PAGE));
        }
        for (number, &page) in pages.iter().enumerate() {
            // SAFETY: as above.
            for (index, slot) in unsafe { Page::slots(page) }.enumerate() {
                let figure = pad.as_ptr().wrapping_add(number * PAGE + index);
                assert_eq!(places.find(slot), figure);
            }
        }
        assert!(places.find(core::ptr::from_ref(&pad).cast()).is_null());
        for slot in slots {
            // SAFETY: allocated above, and not used any more.
            unsafe { heap.free(slot) };
        }
    }

    /// One that is wide for its size begins far from the start of its page.
    #[test]
    fn what_lies_behind_a_short_page_has_no_figure() {
        for (size, align) in [(3_616, 8), (5_000, 64), (5_000, 8_192)] {
            let space = Space::new();
            let heap = space.heap();
            let layout = Layout::from_size_align(size, align).expect("a layout");
            let slot = heap.allocate(layout, Kind::Walked).expect("memory");
            // SAFETY: nobody else uses the space.
            let pages = unsafe { space.pages() };
            let figure = Scratch::new(0);
            let mut places = Places::new(1).expect("memory");
            // SAFETY: the heap's, which exists.
            places.insert(unsafe { &*pages[0] }, &raw const figure);
            assert_eq!(places.find(slot.as_ptr()), &raw const figure);
            let behind = slot.as_ptr().wrapping_add(size.next_multiple_of(align));
            let end = behind.map_addr(|address| address.next_multiple_of(PAGE));
            for distance in (0..end.addr() - behind.addr()).step_by(8) {
                assert!(places.find(behind.wrapping_add(distance)).is_null());
            }
            // SAFETY: allocated above, and not used any more.
            unsafe { heap.free(slot) };
        }
    }
}
