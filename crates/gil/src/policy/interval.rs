//! CPython's policy since 3.2, with its condition variable's queue made first come, first served.

use super::{Arrival, Discipline, Release};
use crate::thread::Thread;
use selvedge_sync::seam::Arc;
use std::collections::VecDeque;

#[derive(Debug, Default)]
pub(super) struct Interval {
    waiters: VecDeque<Arc<Thread>>,
}

impl Discipline for Interval {
    fn enqueue(&mut self, thread: Arc<Thread>, _: Arrival) {
        self.waiters.push_back(thread);
    }

    fn next(&self) -> Option<&Arc<Thread>> {
        self.waiters.front()
    }

    fn serve(&mut self) -> Option<Arc<Thread>> {
        self.waiters.pop_front()
    }

    fn remove(&mut self, thread: &Arc<Thread>) -> bool {
        let before = self.waiters.len();
        self.waiters.retain(|other| !Arc::ptr_eq(other, thread));
        self.waiters.len() != before
    }

    fn may_pass(&self, _: Arrival) -> bool {
        true
    }

    fn release(&self) -> Release {
        Release::Wake
    }
}
