//! Waiters in the order in which they came.

use crate::thread::Thread;
use selvedge_sync::seam::Arc;
use std::collections::VecDeque;

#[derive(Debug, Default)]
pub(super) struct Line(VecDeque<Arc<Thread>>);

impl Line {
    pub(super) fn push_back(&mut self, thread: Arc<Thread>) {
        self.0.push_back(thread);
    }

    pub(super) fn push_front(&mut self, thread: Arc<Thread>) {
        self.0.push_front(thread);
    }

    pub(super) fn front(&self) -> Option<&Arc<Thread>> {
        self.0.front()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn contains(&self, thread: &Arc<Thread>) -> bool {
        self.0.iter().any(|other| Arc::ptr_eq(other, thread))
    }

    /// Takes `thread` out. Returns whether it was there. Linear in the number of waiters, but
    /// mostly it is the first.
    pub(super) fn remove(&mut self, thread: &Arc<Thread>) -> bool {
        let place = self.0.iter().position(|other| Arc::ptr_eq(other, thread));
        place.is_some_and(|place| self.0.remove(place).is_some())
    }

    /// The first becomes the last.
    pub(super) fn rotate(&mut self) {
        if let Some(first) = self.0.pop_front() {
            self.0.push_back(first);
        }
    }
}
