//! Numbers for threads.

use crate::seam::atomic::{AtomicU64, Ordering};
use core::cell::Cell;

crate::global! {
    static NEXT: AtomicU64 = AtomicU64::new(1);
}

crate::thread_local! {
    static NUMBER: Cell<u64> = Cell::new(0);
}

/// The number of the calling thread: never 0, and no other thread of this process has it or will.
pub(crate) fn current_thread() -> u64 {
    NUMBER.with(|number| {
        if number.get() == 0 {
            // Relaxed: that the numbers differ is all.
            number.set(NEXT.fetch_add(1, Ordering::Relaxed));
        }
        number.get()
    })
}
