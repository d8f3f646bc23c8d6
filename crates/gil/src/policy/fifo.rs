//! First come, first served: nobody passes by a queue but the thread whose hold it still is.

use super::line::Line;
use super::{Arrival, Asks, Discipline};
use crate::thread::Thread;
use selvedge_sync::seam::Arc;

#[derive(Debug, Default)]
pub(super) struct Fifo {
    waiters: Line,
    turns: u64,
}

impl Discipline for Fifo {
    fn enqueue(&mut self, thread: Arc<Thread>, _: Arrival, _: Option<&Thread>) -> Asks {
        self.waiters.push_back(thread);
        Asks::AfterInterval
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

    fn may_pass(&self, _: Arrival, own: bool) -> bool {
        own
    }

    fn overdue(&mut self, _: &Arc<Thread>, _: Option<&Thread>) -> bool {
        true
    }

    fn turns(&self, _: Asks) -> u64 {
        self.turns
    }
}
