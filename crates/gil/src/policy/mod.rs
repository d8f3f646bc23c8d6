//! Who is served next, and when the holder is asked to let go.

mod in_order;
mod line;
mod priority;

#[cfg(all(test, not(selvedge_loom)))]
mod tests;

use crate::thread::{Pace, Slot, Thread};
use core::fmt::Debug;
use in_order::InOrder;

/// How the lock chooses among those who want it; fixed when the lock is built.
///
/// With *s* for the longest way between two safe points of a thread and *i* for the switch
/// interval, a thread before which *k* others wait is served within
///
/// | policy | bound |
/// | --- | --- |
/// | `Ticks` | none: whoever lets go after its ticks may have the lock back before a sleeper is up |
/// | `Interval` | (*k* + 1) × (2*i* + *s*) |
/// | `Fifo` | (*k* + 1) × (2*i* + *s*); no thread that comes later is served before |
/// | `Priority`, back from blocking work | (*k* + 1) × (*w* + *s*), and a computing thread's turn of *w* + *s* for each [`OVERTAKES`](Self::OVERTAKES) |
/// | `Priority`, computing | (*k* + 1) × (3*i* + *s*), and at most [`OVERTAKES`](Self::OVERTAKES) turns of *w* + *s* before each turn of a computing thread |
///
/// where *w* is the bounded time a waiter stays awake, some tens of microseconds at most on an
/// idle machine, and a fiftieth of *i*. All of it holds plus the time the system takes to run a
/// thread that was woken. Who goes before whom is model-checked for each policy, and that `Ticks`
/// promises nothing.
///
/// ```
/// use selvedge_gil::{Gil, Policy};
/// let gil = Gil::builder().policy(Policy::Priority).build();
/// assert_eq!(gil.policy(), Policy::Priority);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Policy {
    /// As CPython before 3.2: the holder offers the lock at every so manyth safe point, and goes
    /// on if nobody who is awake wants it. A count of 0 is taken as 1.
    Ticks(u32),
    /// As CPython since 3.2: a waiter that has waited a switch interval in which nobody else was
    /// served has the holder asked to let go; the holder does at its next safe point, and cannot
    /// have the lock back before somebody else has had it. Whoever finds the lock free takes it.
    #[default]
    Interval,
    /// As `Interval`, but threads are served strictly in the order in which they came: of those
    /// who find the lock free, only the one that freed it may pass by a queue.
    Fifo,
    /// A thread that returns from blocking work is served before threads that compute, at their
    /// next safe point; among themselves, threads that compute take turns as under `Interval`.
    Priority,
}

impl Policy {
    /// Under `Priority`, how many threads that return from blocking work are served at most, one
    /// after the other, while a thread that computes waits.
    pub const OVERTAKES: u32 = priority::OVERTAKES;

    pub(crate) fn discipline(self) -> Box<dyn Discipline> {
        match self {
            Self::Ticks(_) => Box::new(InOrder::ticks()),
            Self::Interval => Box::new(InOrder::interval()),
            Self::Fifo => Box::new(InOrder::fifo()),
            Self::Priority => Box::<priority::Priority>::default(),
        }
    }
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

impl Arrival {
    /// What a thread is taken to be doing that finds nobody in its way.
    #[inline(always)]
    pub(crate) fn pace(self) -> Pace {
        match self {
            Self::Returning => Pace::Burst,
            Self::Fresh | Self::Forced => Pace::Computes,
        }
    }
}

/// When a waiter has the holder asked to let go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asks {
    /// As soon as it waits, and then as `Soon`.
    AtOnce,
    /// Before it goes to sleep, and then when it has slept for a burst.
    Soon,
    /// When it has slept for an interval.
    AfterInterval,
    /// Never.
    Never,
}

/// A policy: the queue of waiters and the decisions about it. All calls are made under the mutex.
pub(crate) trait Discipline: Debug + Send {
    /// `thread` waits from now on, while `holder`, if anybody, holds the lock.
    fn enqueue(&mut self, thread: &Thread, arrival: Arrival, holder: Option<&Thread>) -> Asks;

    /// The one to be served next.
    fn next(&self) -> Option<Slot>;

    /// `thread` waits no longer. Returns whether it did.
    fn remove(&mut self, thread: &Thread) -> bool;

    /// `thread`, queued or not, is attached: what follows is its turn.
    fn turn(&mut self, thread: &Thread, arrival: Arrival);

    /// Whether a thread that finds the lock free may take it though others wait. `own` if nobody
    /// has had the lock since that thread let go of it.
    fn may_pass(&self, arrival: Arrival, own: bool) -> bool;

    /// `thread` has waited for as long as it was to before it asks, in which
    /// [`turns`](Self::turns) stood still. Returns whether `holder` is to be asked.
    fn overdue(&mut self, thread: &Thread, holder: Option<&Thread>) -> bool;

    /// Counts the turns that a waiter which asks in the way `asks` waits for others to have.
    fn turns(&self, asks: Asks) -> u64;
}
