//! Leak checks: an allocator that counts, and a loop that must not make it grow.

use core::alloc::{GlobalAlloc, Layout};
use selvedge_sync::seam::atomic::{AtomicIsize, Ordering};
use selvedge_sync::seam::{Mutex, MutexGuard};
use std::alloc::System;

/// The system's allocator, and how many bytes of it are in use.
struct Counted {
    live: AtomicIsize,
}

#[global_allocator]
static HEAP: Counted = Counted {
    live: AtomicIsize::new(0),
};

// SAFETY: everything is left to the system's allocator.
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // Relaxed: a sum, read when the threads that add to it have been joined.
        self.live
            .fetch_add(layout.size().cast_signed(), Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of the trait.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // Relaxed: as above.
        self.live
            .fetch_sub(layout.size().cast_signed(), Ordering::Relaxed);
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// One test at a time: the heap is everybody's.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock()
}

/// So many that what the test runner itself allocates meanwhile is little beside a leak in each.
const ROUNDS: isize = 1024;

/// Fails if `body` leaves something on the heap each time. Tables that grow once are let off.
pub(crate) fn leaves_nothing(mut body: impl FnMut()) {
    let _alone = alone();
    for _ in 0..4 {
        body();
    }
    let before = HEAP.live.load(Ordering::Relaxed);
    for _ in 0..ROUNDS {
        body();
    }
    let growth = HEAP.live.load(Ordering::Relaxed) - before;
    assert!(growth < 8 * ROUNDS, "{growth} bytes more");
}
