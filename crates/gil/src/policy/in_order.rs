//! The policies that serve waiters in the order in which they came.
//!
//! | policy | a waiter has the holder asked | who may pass by the queue and take the free lock |
//! | --- | --- | --- |
//! | `Ticks` | never: the holder offers the lock by itself | anybody |
//! | `Interval` | after an interval without a turn | anybody |
//! | `Fifo` | after an interval without a turn | whose hold has not ended |
//!
//! `Ticks` is CPython's before 3.2, `Interval` CPython's since, with the queue of its condition
//! variable made first come, first served.

use super::line::Line;
use super::{Arrival, Asks, Discipline};
use crate::thread::{Slot, Thread};

#[derive(Debug)]
pub(super) struct InOrder {
    waiters: Line,
    turns: u64,
    asks: Asks,
    anybody_passes: bool,
}

impl InOrder {
    pub(super) fn ticks() -> Self {
        Self::new(Asks::Never, true)
    }

    pub(super) fn interval() -> Self {
        Self::new(Asks::AfterInterval, true)
    }

    pub(super) fn fifo() -> Self {
        Self::new(Asks::AfterInterval, false)
    }

    fn new(asks: Asks, anybody_passes: bool) -> Self {
        Self {
            waiters: Line::default(),
            turns: 0,
            asks,
            anybody_passes,
        }
    }
}

impl Discipline for InOrder {
    fn enqueue(&mut self, thread: &Thread, _: Arrival, _: Option<&Thread>) -> Asks {
        self.waiters.push_back(thread);
        self.asks
    }

    fn next(&self) -> Option<Slot> {
        self.waiters.front()
    }

    fn remove(&mut self, thread: &Thread) -> bool {
        self.waiters.remove(thread)
    }

    fn turn(&mut self, thread: &Thread, _: Arrival) {
        if self.waiters.remove(thread) {
            self.turns += 1;
        }
    }

    fn may_pass(&self, _: Arrival, own: bool) -> bool {
        own || self.anybody_passes
    }

    fn overdue(&mut self, _: &Thread, _: Option<&Thread>) -> bool {
        self.asks != Asks::Never
    }

    fn turns(&self, _: Asks) -> u64 {
        self.turns
    }
}
