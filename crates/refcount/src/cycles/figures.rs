//! The collector's scratch pad: one figure for each slot of the walked pages.

use super::places::Places;
use super::scratch::Scratch;
use crate::Header;
use crate::heap::{Page, Space};
use core::ptr::NonNull;

/// The slot holds nothing the collection is about, or something reached from outside.
const SETTLED: u32 = u32::MAX;
/// More references than this are not told apart: the object stays.
const MANY: u32 = SETTLED - 1;

/// Figures for the pages of a space, whose world is stopped as long as this exists.
pub(super) struct Figures {
    /// Each page with the figure of its first slot.
    pages: Vec<(*mut Page, *const Scratch)>,
    /// The same by address.
    places: Places,
    /// What `pages` and `places` point into.
    _all: Vec<Scratch>,
}

impl Figures {
    /// Figures that ignore everything; `None` if there is no memory for them.
    ///
    /// # Safety
    /// The world of `space` is stopped until the result is dropped.
    pub(super) unsafe fn new(space: &Space) -> Option<Self> {
        // SAFETY: the caller's promise.
        let mut walked = unsafe { space.pages() };
        // SAFETY: pages stay while the world is stopped.
        walked.retain(|&page| unsafe { (*page).is_walked() });
        // SAFETY: as above.
        let carved = |page: *mut Page| unsafe { (*page).carved() };
        let total = walked.iter().map(|&page| carved(page)).sum();
        let mut all = Vec::new();
        all.try_reserve_exact(total).ok()?;
        all.resize_with(total, || Scratch::new(SETTLED));
        let mut pages = Vec::new();
        pages.try_reserve_exact(walked.len()).ok()?;
        let mut places = Places::new(walked.len())?;
        let mut next: *const Scratch = all.as_ptr();
        for page in walked {
            pages.push((page, next));
            // SAFETY: pages stay while the world is stopped.
            places.insert(unsafe { &*page }, next);
            // The figures of all pages together are `total`.
            next = next.wrapping_add(carved(page));
        }
        Some(Self {
            pages,
            places,
            _all: all,
        })
    }

    /// Calls `f` for every tracked object, and its figure, in the pages that are a worker's: of two
    /// workers each has every second page.
    pub(super) fn each_tracked(
        &self,
        worker: usize,
        workers: usize,
        mut f: impl FnMut(&Header, &Scratch),
    ) {
        for &(page, mut figure) in self.pages.iter().skip(worker).step_by(workers) {
            // SAFETY: pages and figures stay while the world is stopped; a carved slot begins with
            // a header, which says of a free slot that it is not tracked.
            unsafe {
                for slot in Page::slots(page) {
                    let header = &*slot.cast::<Header>();
                    if header.is_tracked() {
                        f(header, &*figure);
                    }
                    figure = figure.add(1);
                }
            }
        }
    }

    /// Calls `f` for every object in a worker's pages that is looked at and not reached yet, and
    /// its figure. Reads no object.
    pub(super) fn each_examined(
        &self,
        worker: usize,
        workers: usize,
        mut f: impl FnMut(NonNull<Header>, &Scratch),
    ) {
        for &(page, mut figure) in self.pages.iter().skip(worker).step_by(workers) {
            // SAFETY: pages and figures stay while the world is stopped.
            unsafe {
                for slot in Page::slots(page) {
                    if (*figure).get() != SETTLED {
                        f(NonNull::new_unchecked(slot.cast()), &*figure);
                    }
                    figure = figure.add(1);
                }
            }
        }
    }

    /// Every object that is looked at and was not reached.
    pub(super) fn garbage(&self) -> Vec<NonNull<Header>> {
        let mut garbage = Vec::new();
        self.each_examined(0, 1, |object, _| garbage.push(object));
        garbage
    }

    /// The figure of an object; `None` if that is in none of the walked pages. Reads no object.
    #[inline(always)]
    pub(super) fn figure(&self, object: &Header) -> Option<&Scratch> {
        let figure = self.places.find(core::ptr::from_ref(object).cast());
        // SAFETY: a slot that an object is in was carved; `self` keeps the figures.
        unsafe { figure.as_ref() }
    }

    /// The figure for an object with so many references.
    pub(super) fn of_count(references: usize) -> u32 {
        u32::try_from(references).map_or(MANY, |count| count.min(MANY))
    }

    /// Takes one off for a reference from inside. `SHARED` says that others may do so meanwhile.
    #[inline(always)]
    pub(super) fn subtract<const SHARED: bool>(figure: &Scratch) {
        let references = figure.get();
        // One that has many stays as it is, and so does its object.
        // mutant: equivalent, bound: it would take as many references from inside for the
        // object not to stay.
        if references >= MANY {
            return;
        }
        debug_assert!(
            references > 0,
            "an object is referred to more often than counted"
        );
        if SHARED {
            figure.decrement();
        } else {
            figure.set(references - 1);
        }
    }

    /// Whether the object has references from outside, or was reached already.
    pub(super) fn is_root(figure: u32) -> bool {
        figure > 0
    }

    /// Marks the object as reached; returns whether it is the first time. Of two workers that do so
    /// at once both may be told that, and look into the object both, which does no harm.
    #[inline(always)]
    pub(super) fn reach(figure: &Scratch) -> bool {
        let first = figure.get() != SETTLED;
        if first {
            figure.set(SETTLED);
        }
        first
    }

    /// Whether the object is among those looked at and was not reached.
    pub(super) fn is_garbage(figure: u32) -> bool {
        figure < SETTLED
    }
}
