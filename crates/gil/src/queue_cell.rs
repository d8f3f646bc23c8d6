//! The queue's mutex, in a place where a forked child can put a new one.

use crate::queue::Queue;
use selvedge_sync::seam::Mutex;
use selvedge_sync::seam::cell::UnsafeCell;

#[derive(Debug)]
pub(crate) struct QueueCell(UnsafeCell<Mutex<Queue>>);

// SAFETY: shared access to the cell is shared access to the mutex, but in `replace`, whose caller
// vouches that there is no other thread.
unsafe impl Sync for QueueCell {}
// SAFETY: the queue is reached by whoever holds the mutex, from any thread.
unsafe impl Send for QueueCell {}

impl QueueCell {
    pub(crate) fn new(queue: Queue) -> Self {
        Self(UnsafeCell::new(Mutex::new(queue)))
    }

    /// Runs `f` with the mutex held.
    pub(crate) fn with<R>(&self, f: impl FnOnce(&mut Queue) -> R) -> R {
        // SAFETY: nobody writes to the cell but `replace`, whose caller excludes this.
        self.0.with(|cell| f(&mut unsafe { &*cell }.lock()))
    }

    /// Puts a new queue and a new mutex in place. The old ones are leaked: another thread may
    /// have been in the middle of changing them when it ceased to exist.
    ///
    /// # Safety
    /// No other thread uses the cell, nor will go on with a use that it began.
    pub(crate) unsafe fn replace(&self, queue: Queue) {
        // SAFETY: the caller excludes every other use.
        self.0
            .with_mut(|cell| unsafe { cell.write(Mutex::new(queue)) });
    }
}
