//! Counting the tasks of a queue: what was put and is not yet done.

use selvedge_sync::seam::atomic::{AtomicUsize, Ordering};
use selvedge_sync::seam::clock::Instant;
use selvedge_sync::seam::{Condvar, Mutex};

use super::TooManyDone;
use crate::flavors::{Buffer, Hitch, Place};

/// How many tasks are unfinished, and who waits until there are none.
///
/// | change | by | model |
/// | --- | --- | --- |
/// | up by one | a put, before a get can have the item | `task_is_counted_before_it_can_be_done` |
/// | down by one, never below zero | `done` | `one_task_is_done_once` |
pub(super) struct Tasks {
    unfinished: AtomicUsize,
    /// Held by who sees that tasks are unfinished, until it waits.
    joining: Mutex<()>,
    all_done: Condvar,
}

impl Tasks {
    pub(super) fn new() -> Self {
        Self {
            unfinished: AtomicUsize::new(0),
            joining: Mutex::new(()),
            all_done: Condvar::new(),
        }
    }

    fn add(&self) {
        // Relaxed: the item is published afterwards, and goes to whoever takes this back.
        self.unfinished.fetch_add(1, Ordering::Relaxed);
    }

    fn remove(&self) -> Result<usize, TooManyDone> {
        // Release: what was done for the task is visible to who sees that no task is left.
        self.unfinished
            .fetch_update(Ordering::Release, Ordering::Relaxed, |unfinished| {
                unfinished.checked_sub(1)
            })
            .map_err(|_| TooManyDone)
    }

    /// One task is done; if it was the last, those who wait for that are woken.
    pub(super) fn done(&self) -> Result<(), TooManyDone> {
        if self.remove()? == 1 {
            // Whoever saw the task unfinished waits by now, or has not got the mutex yet and will
            // see it done.
            drop(self.joining.lock());
            self.all_done.notify_all();
        }
        Ok(())
    }

    fn are_done(&self) -> bool {
        // Acquire: pairs with the release of each that was done, since they continue one another.
        self.unfinished.load(Ordering::Acquire) == 0
    }

    /// Waits until no task is unfinished, or `deadline` has passed. Returns whether none is.
    pub(super) fn join(&self, deadline: Option<Instant>) -> bool {
        let mut joining = self.joining.lock();
        while !self.are_done() {
            match deadline {
                None => self.all_done.wait(&mut joining),
                Some(deadline) => {
                    if self.all_done.wait_until(&mut joining, deadline) {
                        return self.are_done();
                    }
                }
            }
        }
        true
    }
}

/// A buffer whose messages are tasks.
pub(super) struct Counted<B> {
    buffer: B,
    pub(super) tasks: Tasks,
}

impl<B> Counted<B> {
    pub(super) fn new(buffer: B) -> Self {
        let tasks = Tasks::new();
        Self { buffer, tasks }
    }

    /// Counts the message that a place was claimed for.
    #[inline]
    fn count(&self, claim: Result<Place, Hitch>) -> Result<Place, Hitch> {
        if claim.is_ok() {
            self.tasks.add();
        }
        claim
    }
}

// SAFETY: messages go through the inner buffer alone.
unsafe impl<T, B: Buffer<T>> Buffer<T> for Counted<B> {
    #[inline]
    fn reserve(&self) -> Result<Place, Hitch> {
        self.count(self.buffer.reserve())
    }

    fn reserve_gated(&self) -> Result<Place, Hitch> {
        self.count(self.buffer.reserve_gated())
    }

    #[inline]
    unsafe fn fill(&self, place: Place, message: T) {
        // SAFETY: a place of this queue is one of the inner one's.
        unsafe { self.buffer.fill(place, message) };
    }

    unsafe fn give_up(&self, _: Place) {
        unreachable!("no select claims a place here");
    }

    fn passed_by(&self) {
        self.tasks.add();
    }

    fn trim_gated(&self) {
        self.buffer.trim_gated();
    }

    #[inline]
    fn pop(&self) -> Result<T, Hitch> {
        self.buffer.pop()
    }

    fn pop_gated(&self) -> Result<T, Hitch> {
        self.buffer.pop_gated()
    }

    fn close_push(&self) {
        self.buffer.close_push();
    }

    fn open_push(&self) {
        self.buffer.open_push();
    }

    fn close_pop(&self) {
        self.buffer.close_pop();
    }

    fn open_pop(&self) {
        self.buffer.open_pop();
    }

    fn len(&self) -> usize {
        self.buffer.len()
    }

    fn capacity(&self) -> Option<usize> {
        self.buffer.capacity()
    }
}
