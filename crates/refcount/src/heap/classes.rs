//! Which slot size serves which request.

use crate::Header;
use core::alloc::Layout;

/// Slots begin here in a page; also the greatest alignment that slots of a size class can have.
pub(super) const SLOTS_AT: usize = 128;
const MAX_SLOT_ALIGN: usize = 64;
/// A free slot looks like a dead object, with a link where the type is.
const MIN_SLOT: usize = size_of::<Header>().next_multiple_of(8);
/// Up to here, a class for every multiple of 8.
const FINE_UP_TO: usize = MIN_SLOT + 232;
/// Above, four classes to a doubling, all multiples of 64, up to here.
const MAX_SLOT: usize = 2048;

const FINE: usize = FINE_UP_TO / 8 - MIN_SLOT / 8 + 1;
const COARSE: [usize; 12] = [
    320, 384, 448, 512, 640, 768, 896, 1024, 1280, 1536, 1792, MAX_SLOT,
];
/// How many size classes there are.
pub(super) const CLASSES: usize = FINE + COARSE.len();

/// The size of the slots of `class`.
pub(super) const fn slot_size(class: usize) -> usize {
    if class < FINE {
        MIN_SLOT + class * 8
    } else {
        COARSE[class - FINE]
    }
}

/// The class that serves `layout`, or `None` if it wants a page of its own.
#[inline(always)]
pub(super) fn class_of(layout: Layout) -> Option<usize> {
    let mut size = layout.size();
    // mutant: equivalent, bound: rounding to a multiple of 8 changes no class.
    if layout.align() > 8 {
        if layout.align() > MAX_SLOT_ALIGN {
            return None;
        }
        // Every class size that serves such a multiple, of at least the smallest slot, is one too.
        size = size.max(MIN_SLOT).next_multiple_of(layout.align());
    }
    if size <= FINE_UP_TO {
        Some(size.saturating_sub(MIN_SLOT).div_ceil(8))
    } else {
        coarse_class(size)
    }
}

#[inline(never)]
fn coarse_class(size: usize) -> Option<usize> {
    let index = COARSE.iter().position(|&slot| size <= slot)?;
    Some(FINE + index)
}

#[cfg(all(test, not(selvedge_loom)))]
mod tests {
    use super::*;

    #[test]
    fn every_request_fits_its_slot() {
        for align in [1, 2, 4, 8, 16, 32, 64, 128] {
            for size in 0..=MAX_SLOT + 200 {
                let layout = Layout::from_size_align(size, align).unwrap();
                match class_of(layout) {
                    Some(class) => {
                        assert!(slot_size(class) >= size, "{layout:?}");
                        assert!(slot_size(class).is_multiple_of(align), "{layout:?}");
                    }
                    None => assert!(size > MAX_SLOT - align || align > MAX_SLOT_ALIGN),
                }
            }
        }
    }

    #[test]
    fn little_is_wasted() {
        let slot = |size| class_of(Layout::from_size_align(size, 8).unwrap()).map(slot_size);
        for size in MIN_SLOT..=FINE_UP_TO {
            assert_eq!(slot(size), Some(size.next_multiple_of(8)));
        }
        for size in COARSE {
            assert_eq!(slot(size), Some(size));
        }
    }

    #[test]
    fn classes_ascend() {
        for class in 1..CLASSES {
            assert!(slot_size(class - 1) < slot_size(class));
        }
    }
}
