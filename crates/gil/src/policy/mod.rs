//! Who is served next, and when the holder is asked to let go.

mod interval;

use crate::thread::Thread;
use core::fmt::Debug;
use selvedge_sync::seam::Arc;

/// How the lock chooses among those who want it; fixed when the lock is built.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Policy {
    /// As CPython since 3.2: a waiter that has waited a switch interval in which nobody else was
    /// served has the holder asked to let go; the holder does at its next safe point, and cannot
    /// have the lock back before somebody else has had it. Whoever finds the lock free takes it.
    #[default]
    Interval,
}

/// Why a thread wants the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// It attaches.
    Fresh,
    /// It returns from work it detached for.
    Returning,
    /// It was made to let go at a safe point.
    Forced,
}

/// What a thread that detaches of its own accord does about those who wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Release {
    /// The next in turn is attached, awake or not.
    Grant,
    /// The next in turn is attached if it is awake; otherwise it is woken, and whoever comes
    /// first takes the lock.
    Wake,
}

/// A policy: the queue of waiters and the decisions about it. All calls are made under the mutex.
pub(crate) trait Discipline: Debug + Send {
    /// `thread` waits from now on.
    fn enqueue(&mut self, thread: Arc<Thread>, arrival: Arrival);
    /// The one to be served next.
    fn next(&self) -> Option<&Arc<Thread>>;
    /// Serves the next one: it waits no longer.
    fn serve(&mut self) -> Option<Arc<Thread>>;
    /// `thread` waits no longer. Returns whether it did.
    fn remove(&mut self, thread: &Arc<Thread>) -> bool;
    /// Whether a thread that finds the lock free may take it though others wait.
    fn may_pass(&self, arrival: Arrival) -> bool;
    /// What to do about the waiters when the holder detaches.
    fn release(&self) -> Release;
}

impl Policy {
    pub(crate) fn discipline(self) -> Box<dyn Discipline> {
        match self {
            Self::Interval => Box::<interval::Interval>::default(),
        }
    }
}
