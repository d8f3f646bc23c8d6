//! The queue of submitted tasks: two halves, each with a mutex.
//!
//! Submitters push to the *inbox*. Workers pop from the *outbox*, and whoever finds that empty
//! trades it for the whole inbox. So a submitter meets a worker once for each such trade, not for
//! each task, and neither waits for what the other does with its tasks. First in, first out, since
//! only an empty outbox is traded.
//!
//! Each side counts, and writes its count down for those who only want to know whether a look pays.
//! Whoever has to know it takes the mutexes.
//!
//! Locks are taken in the order outbox, inbox. Covering models: `thread_models.rs`, all of it.

use selvedge_sync::seam::Mutex;
use selvedge_sync::seam::atomic::{AtomicUsize, Ordering};
use std::collections::VecDeque;

pub(super) struct Queue<T> {
    inbox: Half<Inbox<T>>,
    outbox: Half<VecDeque<T>>,
}

struct Inbox<T> {
    entries: VecDeque<T>,
    closed: bool,
}

/// One side's mutex and count, on cache lines of their own.
#[repr(align(128))]
struct Half<T> {
    content: Mutex<T>,
    /// How many entries went through. Written with the mutex held.
    count: AtomicUsize,
}

impl<T> Half<T> {
    fn new(content: T) -> Self {
        Self {
            content: Mutex::new(content),
            count: AtomicUsize::new(0),
        }
    }

    /// To be called with the mutex held.
    fn count_one(&self) {
        // Relaxed, both: a hint. Not an exchange, since the mutex is held.
        let count = self.count.load(Ordering::Relaxed);
        self.count.store(count.wrapping_add(1), Ordering::Relaxed);
    }
}

impl<T> Queue<T> {
    pub(super) fn new() -> Self {
        Self {
            inbox: Half::new(Inbox {
                entries: VecDeque::new(),
                closed: false,
            }),
            outbox: Half::new(VecDeque::new()),
        }
    }

    /// Appends `entry`, or gives it back if the queue is closed.
    #[inline]
    pub(super) fn push(&self, entry: T) -> Result<(), T> {
        let mut inbox = self.inbox.content.lock();
        if inbox.closed {
            return Err(entry);
        }
        inbox.entries.push_back(entry);
        self.inbox.count_one();
        Ok(())
    }

    /// Removes the oldest entry.
    #[inline]
    pub(super) fn pop(&self) -> Option<T> {
        let mut outbox = self.outbox.content.lock();
        if outbox.is_empty() {
            core::mem::swap(&mut *outbox, &mut self.inbox.content.lock().entries);
        }
        let entry = outbox.pop_front()?;
        self.outbox.count_one();
        Some(entry)
    }

    /// Takes no further entry; those that are in stay.
    pub(super) fn close(&self) {
        self.inbox.content.lock().closed = true;
    }

    /// How many entries there are.
    pub(super) fn len(&self) -> usize {
        let outbox = self.outbox.content.lock();
        outbox.len() + self.inbox.content.lock().entries.len()
    }

    /// Whether nothing is left: every push that has returned, before the mutexes were taken here,
    /// is seen, and who pushes later sees what the caller did before.
    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// About how many entries there are, without a mutex.
    #[inline]
    pub(super) fn glance(&self) -> usize {
        let popped = self.outbox.count.load(Ordering::Relaxed);
        let pushed = self.inbox.count.load(Ordering::Relaxed);
        // What was popped may have been pushed after the look at `pushed`.
        pushed
            .wrapping_sub(popped)
            .cast_signed()
            .max(0)
            .cast_unsigned()
    }
}

#[cfg(all(test, not(selvedge_loom)))]
mod tests {
    use super::*;

    #[test]
    fn first_in_is_first_out_across_trades() {
        let queue = Queue::new();
        let mut out = Vec::new();
        for round in 0..5 {
            for n in 0..3 {
                assert_eq!(queue.push(round * 3 + n), Ok(()));
            }
            out.extend(queue.pop());
            out.extend(queue.pop());
        }
        out.extend(core::iter::from_fn(|| queue.pop()));
        assert!(out.into_iter().eq(0..15));
    }

    #[test]
    fn glance_sees_what_is_left_in_both_halves() {
        let queue = Queue::new();
        for n in 0..3 {
            assert_eq!(queue.push(n), Ok(()));
            assert_eq!(queue.glance(), n + 1);
        }
        assert_eq!(queue.pop(), Some(0));
        assert_eq!(queue.push(3), Ok(()));
        assert_eq!((queue.glance(), queue.len()), (3, 3));
        assert!(!queue.is_empty());
    }

    #[test]
    fn closed_queue_gives_back_what_comes_and_keeps_what_came() {
        let queue = Queue::new();
        assert_eq!(queue.push(1), Ok(()));
        queue.close();
        assert_eq!(queue.push(2), Err(2));
        assert_eq!((queue.pop(), queue.pop()), (Some(1), None));
        assert!(queue.is_empty());
    }
}
