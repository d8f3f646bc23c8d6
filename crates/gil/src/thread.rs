//! What is known of one registered thread, and how others reach it.

use crate::requests::Requests;
use crate::seat::Seat;
use crate::word;
use selvedge_sync::seam::Arc;
use selvedge_sync::seam::atomic::{AtomicU32, Ordering};

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

/// One registered thread. Aligned so that no other thread's words share its cache lines.
#[derive(Debug)]
#[repr(align(128))]
pub(crate) struct Thread {
    pub(crate) requests: AtomicU32,
    pub(crate) seat: Seat,
    pub(crate) slot: u32,
    pub(crate) id: ThreadId,
}

impl Thread {
    pub(crate) fn new(slot: u32, id: ThreadId, seat: Seat) -> Self {
        Self {
            requests: AtomicU32::new(Requests::NONE.bits()),
            seat,
            slot,
            id,
        }
    }

    /// The word's occupancy while this thread holds the lock.
    pub(crate) fn held(&self) -> u64 {
        word::held_by(self.slot)
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
