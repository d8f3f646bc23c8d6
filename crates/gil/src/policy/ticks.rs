//! CPython's policy before 3.2: waiters never ask; the holder offers the lock by itself.

use super::line::Line;
use super::{Arrival, Asks, Discipline};
use crate::thread::Thread;
use selvedge_sync::seam::Arc;

#[derive(Debug, Default)]
pub(super) struct Ticks {
    waiters: Line,
    turns: u64,
}

impl Discipline for Ticks {
    fn enqueue(&mut self, thread: Arc<Thread>, _: Arrival, _: Option<&Thread>) -> Asks {
        self.waiters.push_back(thread);
        Asks::Never
    }

    fn next(&self) -> Option<&Arc<Thread>> {
        self.waiters.front()
    }

    fn remove(&mut self, thread: &Arc<Thread>) -> bool {
        self.waiters.remove(thread)
    }

    fn turn(&mut self, thread: &Arc<Thread>, _: Arrival) {
        if self.waiters.remove(thread) {
            self.turns += 1;
        }
    }

    fn may_pass(&self, _: Arrival, _: bool) -> bool {
        true
    }

    fn overdue(&mut self, _: &Arc<Thread>, _: Option<&Thread>) -> bool {
        false
    }

    fn turns(&self, _: Asks) -> u64 {
        self.turns
    }
}
