//! What is known of one registered thread, and how others reach it.

use crate::requests::Requests;
use crate::seat::Seat;
use crate::stats::{Counts, Times};
use crate::word;
use selvedge_sync::seam::atomic::{AtomicU32, AtomicU64, Ordering};
use selvedge_sync::seam::clock::Duration;
use selvedge_sync::seam::{Arc, Mutex, thread};

/// Identifies a registered thread in events and numbers; never used again for another thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ThreadId(pub(crate) u64);

impl ThreadId {
    /// The number behind the id; threads are numbered from 1 in the order of registration.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

/// Where a lock keeps a registered thread; another's once this one is registered no longer.
pub(crate) type Slot = u32;

/// One registered thread. Aligned so that no other thread's words share its cache lines, and laid
/// out so that one line holds whatever other threads come for: each hand-over moves it between
/// processors.
#[derive(Debug)]
#[repr(C, align(128))]
pub(crate) struct Thread {
    pub(crate) requests: AtomicU32,
    /// A [`Pace`], for the policies to tell what the holder is about.
    pace: AtomicU32,
    pub(crate) seat: Seat,
    /// 1 + the processor on which the thread was last seen, 0 if that is unknown.
    processor: AtomicU32,
    pub(crate) slot: Slot,
    pub(crate) id: ThreadId,
    /// The switch interval when the thread last began to wait, in nanoseconds.
    interval: AtomicU64,
    pub(crate) counts: Counts,
    pub(crate) times: Option<Box<Mutex<Times>>>,
}

/// What a thread is taken to be doing while it is attached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Pace {
    /// It computes.
    Computes = 0,
    /// It came back from blocking work and is likely to be done soon.
    Burst = 1,
    /// It computes, and others were kept waiting for that.
    Turn = 2,
}

/// What a thread is registered with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ThreadSetup {
    /// Requests that are pending from the start.
    pub(crate) requests: Requests,
    /// Whether hold and wait times are kept.
    pub(crate) times: bool,
}

impl Thread {
    pub(crate) fn new(slot: Slot, id: ThreadId, seat: Seat, setup: ThreadSetup) -> Self {
        Self {
            requests: AtomicU32::new(setup.requests.bits()),
            seat,
            pace: AtomicU32::new(Pace::Computes as u32),
            processor: AtomicU32::new(0),
            interval: AtomicU64::new(0),
            counts: Counts::default(),
            times: setup.times.then(|| Box::new(Mutex::new(Times::new()))),
            slot,
            id,
        }
    }

    /// The word's occupancy while this thread holds the lock.
    pub(crate) fn held(&self) -> u64 {
        word::held_by(self.slot)
    }

    #[inline(always)]
    pub(crate) fn set_pace(&self, pace: Pace) {
        // Relaxed: a hint that decides who goes first, never who may go.
        self.pace.store(pace as u32, Ordering::Relaxed);
    }

    pub(crate) fn pace(&self) -> Pace {
        // Relaxed: as in `set_pace`.
        match self.pace.load(Ordering::Relaxed) {
            1 => Pace::Burst,
            2 => Pace::Turn,
            _ => Pace::Computes,
        }
    }

    /// Notes where this thread, the caller, runs.
    pub(crate) fn is_here(&self) {
        self.is_on(thread::current_processor());
    }

    pub(crate) fn is_on(&self, processor: Option<u32>) {
        let known = processor.map_or(0, |number| number + 1);
        // Relaxed: a hint.
        self.processor.store(known, Ordering::Relaxed);
    }

    /// The wait that the thread, the caller, is about to begin goes by this interval.
    pub(crate) fn set_interval(&self, interval: Duration) {
        // Relaxed: others read it under the mutex that this thread takes to queue.
        self.interval
            .store(interval.as_nanos() as u64, Ordering::Relaxed);
    }

    /// The interval by which the thread's wait goes; asked by itself, or under the mutex while it
    /// is in the queue.
    pub(crate) fn interval(&self) -> Duration {
        // Relaxed: as in `set_interval`.
        Duration::from_nanos(self.interval.load(Ordering::Relaxed))
    }

    /// Whether both were last seen on the same processor, so that one does not run while the
    /// other does. Relaxed: a hint.
    pub(crate) fn shares_processor_with(&self, other: &Self) -> bool {
        let processor = self.processor.load(Ordering::Relaxed);
        processor != 0 && processor == other.processor.load(Ordering::Relaxed)
    }

    /// Adds to the requests. Release: whoever takes a request sees what was done before it was
    /// posted, such as the queueing of the call it is about.
    pub(crate) fn post(&self, requests: Requests) {
        self.requests.fetch_or(requests.bits(), Ordering::Release);
    }

    /// Takes the requests in `mask` away and returns those that were there.
    pub(crate) fn take(&self, mask: Requests) -> Requests {
        // Acquire: pairs with the release in `post`.
        let before = self.requests.fetch_and(!mask.bits(), Ordering::Acquire);
        Requests::from_bits(before) & mask
    }

    pub(crate) fn pending(&self) -> Requests {
        // Relaxed: what is found is only acted on after `take` or under the mutex.
        Requests::from_bits(self.requests.load(Ordering::Relaxed))
    }
}

/// Reaches a registered thread from any other: posts requests for its next safe point.
///
/// The handle outlives the thread's registration; posting then has no effect.
#[derive(Clone, Debug)]
pub struct ThreadHandle(pub(crate) Arc<Thread>);

impl ThreadHandle {
    /// Asks the thread to serve `requests` at its next safe point. Does not wake it: a thread
    /// that is detached finds them once it is attached again.
    ///
    /// # Panics
    /// If `requests` holds one that only the lock may post: see [`Requests::OWN`].
    pub fn post(&self, requests: Requests) {
        assert!(
            !requests.intersects(Requests::OWN),
            "drop, stop and tick requests are the lock's own"
        );
        self.0.post(requests);
    }

    /// What is requested at this moment.
    #[must_use]
    pub fn pending(&self) -> Requests {
        self.0.pending()
    }

    /// The thread's id.
    #[must_use]
    pub fn id(&self) -> ThreadId {
        self.0.id
    }
}

#[cfg(all(test, not(selvedge_loom)))]
mod tests {
    use super::*;
    use selvedge_sync::seam::Parker;

    #[test]
    fn threads_share_a_processor_only_if_both_were_seen_on_it() {
        let parker = Parker::new();
        let thread = || {
            let setup = ThreadSetup {
                requests: Requests::NONE,
                times: false,
            };
            Thread::new(0, ThreadId(1), Seat::new(parker.unparker()), setup)
        };
        let (one, other) = (thread(), thread());
        assert!(!one.shares_processor_with(&other), "neither was seen");
        one.is_on(Some(0));
        assert!(!one.shares_processor_with(&other), "one was not seen");
        other.is_on(Some(0));
        assert!(one.shares_processor_with(&other));
        other.is_on(Some(1));
        assert!(!one.shares_processor_with(&other));
        other.is_on(None);
        assert!(!other.shares_processor_with(&thread()));
    }
}
