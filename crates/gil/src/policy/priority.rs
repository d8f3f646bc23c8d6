//! Threads that return from blocking work go before threads that compute.
//!
//! Two lines: `urgent` for the former, `computing` for the latter. The *current* computing thread
//! keeps its turn while urgent ones are served in between: made to let go for one of them, it
//! waits at the head of its line. A computing thread that has waited an interval in which no
//! other computing thread became the current one ends that turn.
//!
//! A thread's pace says what it is while it holds the lock:
//!
//! | pace | the thread | an urgent arrival | asked to let go, it joins |
//! | --- | --- | --- | --- |
//! | `COMPUTES` | attached afresh, or was served from `computing` | asks at once | `computing`, at the head unless its turn is over |
//! | `BURST` | came back from blocking work | asks when it is still there after a watch | `computing`, at the end: it computes |
//! | `TURN` | was served though urgent threads waited, [`OVERTAKES`] of them having gone before | as under `BURST` | as under `COMPUTES` |
//!
//! So a thread that only claims to be urgent gains a burst, and a computing thread is overtaken a
//! bounded number of times. Covered by `priority_overtakes_a_bounded_number_of_times`
//! and `returning_thread_goes_before_a_computing_one`.

use super::line::Line;
use super::{Arrival, Asks, Discipline};
use crate::thread::{Pace, Slot, Thread, ThreadId};
pub(super) use selvedge_sync::seam::bounds::OVERTAKES;

#[derive(Debug, Default)]
pub(super) struct Priority {
    urgent: Line,
    computing: Line,
    /// How many urgent threads were served since a computing one was, while one waited.
    overtaken: u32,
    /// The computing thread whose turn it is.
    current: Option<ThreadId>,
    /// The current thread waits at the head of `computing`.
    preempted: bool,
    /// The current thread, which holds the lock, has had its turn.
    turn_over: bool,
    /// How often the turn passed to another computing thread.
    turns: u64,
    /// How often an urgent thread was served.
    bursts: u64,
    /// The number of bursts when a computing waiter was last overdue.
    bursts_at_overdue: u64,
}

impl Priority {
    fn is_overtaken_enough(&self) -> bool {
        !self.computing.is_empty() && self.overtaken >= OVERTAKES
    }

    fn burst(&mut self, thread: &Thread) {
        thread.set_pace(Pace::Burst);
        self.bursts += 1;
        if !self.computing.is_empty() {
            self.overtaken += 1;
        }
    }

    fn compute(&mut self, thread: &Thread) {
        let late = self.overtaken >= OVERTAKES;
        thread.set_pace(if late { Pace::Turn } else { Pace::Computes });
        self.overtaken = 0;
        if self.current != Some(thread.id) {
            self.current = Some(thread.id);
            self.turns += 1;
            self.turn_over = false;
        }
        self.preempted = false;
    }

    fn enqueue_forced(&mut self, thread: &Thread, holder: Option<&Thread>) -> Asks {
        let for_urgent = holder.is_some_and(|holder| holder.pace() == Pace::Burst);
        if for_urgent && thread.pace() != Pace::Burst && !self.turn_over {
            self.current = Some(thread.id);
            self.preempted = true;
            self.computing.push_front(thread);
            return Asks::Soon;
        }
        self.turn_over = false;
        self.computing.push_back(thread);
        Asks::AfterInterval
    }
}

impl Discipline for Priority {
    fn enqueue(&mut self, thread: &Thread, arrival: Arrival, holder: Option<&Thread>) -> Asks {
        match arrival {
            Arrival::Forced => self.enqueue_forced(thread, holder),
            Arrival::Fresh => {
                self.computing.push_back(thread);
                Asks::AfterInterval
            }
            Arrival::Returning => {
                self.urgent.push_back(thread);
                match holder.map(Thread::pace) {
                    Some(Pace::Computes) => Asks::AtOnce,
                    _ => Asks::Soon,
                }
            }
        }
    }

    fn next(&self) -> Option<Slot> {
        if self.urgent.is_empty() || self.is_overtaken_enough() {
            self.computing.front()
        } else {
            self.urgent.front()
        }
    }

    fn remove(&mut self, thread: &Thread) -> bool {
        if self.preempted && self.current == Some(thread.id) {
            self.preempted = false;
        }
        let computed = self.computing.remove(thread);
        if computed && self.computing.is_empty() {
            // Who comes next has not been overtaken yet.
            self.overtaken = 0;
        }
        computed || self.urgent.remove(thread)
    }

    fn turn(&mut self, thread: &Thread, arrival: Arrival) {
        let was_urgent = self.urgent.remove(thread);
        let computed = self.computing.remove(thread);
        if was_urgent || (!computed && arrival == Arrival::Returning) {
            self.burst(thread);
        } else {
            self.compute(thread);
        }
    }

    fn may_pass(&self, arrival: Arrival, own: bool) -> bool {
        let urgent = arrival == Arrival::Returning && self.urgent.is_empty();
        own || (urgent && !self.is_overtaken_enough())
    }

    fn overdue(&mut self, thread: &Thread, holder: Option<&Thread>) -> bool {
        let preempted = self.preempted && self.current == Some(thread.id);
        if preempted || self.urgent.contains(thread) {
            return true;
        }
        if self.preempted {
            self.preempted = false;
            self.computing.rotate();
            return false;
        }
        self.turn_over = true;
        let in_burst = holder.is_some_and(|holder| holder.pace() == Pace::Burst);
        let same_burst = self.bursts_at_overdue == self.bursts;
        self.bursts_at_overdue = self.bursts;
        if in_burst && !same_burst {
            // It may have only just begun: the turn after it is a computing thread's.
            self.overtaken = OVERTAKES;
            return false;
        }
        true
    }

    fn turns(&self, asks: Asks) -> u64 {
        match asks {
            Asks::AtOnce | Asks::Soon => self.turns + self.bursts,
            Asks::AfterInterval | Asks::Never => self.turns,
        }
    }
}
