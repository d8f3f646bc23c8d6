//! Memory that optimistic readers may still be looking at, kept until they are past.
//!
//! A writer unlinks something, then [`defers`](Qsbr::defer) its reclamation, which takes the next
//! epoch. A reader that is quiescent, holding nothing it has read, notes the epoch it sees. Once
//! every reader has noted that epoch or a later one, or is offline, nobody can still hold what
//! was unlinked before it.

use selvedge_sync::seam::atomic::{AtomicU64, Ordering, fence};
use selvedge_sync::seam::{Arc, Mutex};
use std::collections::VecDeque;

/// What an offline reader notes: past everything.
const OFFLINE: u64 = u64::MAX;

struct Inner<T> {
    epoch: AtomicU64,
    /// What each reader has noted.
    readers: Mutex<Vec<Arc<AtomicU64>>>,
    /// What waits, oldest first, with the epoch it waits for.
    deferred: Mutex<VecDeque<(u64, T)>>,
}

/// A domain of readers and of the things they read. Clones are handles to the same one.
///
/// ```
/// use selvedge_refcount::Qsbr;
///
/// let domain = Qsbr::new();
/// let reader = domain.reader();
/// domain.defer(Box::new(5));
/// assert!(domain.reclaim().is_empty());
/// reader.quiescent();
/// assert_eq!(domain.reclaim(), [Box::new(5)]);
/// ```
pub struct Qsbr<T>(Arc<Inner<T>>);

/// A reader of a domain, online at first. One that is online holds up all reclamation until it
/// is [`quiescent`](Self::quiescent).
pub struct QsbrReader<T> {
    domain: Qsbr<T>,
    noted: Arc<AtomicU64>,
}

impl<T> Qsbr<T> {
    /// A domain without readers.
    pub fn new() -> Self {
        Self(Arc::new(Inner {
            epoch: AtomicU64::new(0),
            readers: Mutex::new(Vec::new()),
            deferred: Mutex::new(VecDeque::new()),
        }))
    }

    /// A new reader.
    pub fn reader(&self) -> QsbrReader<T> {
        let noted = Arc::new(AtomicU64::new(OFFLINE));
        self.0.readers.lock().push(Arc::clone(&noted));
        let reader = QsbrReader {
            domain: self.clone(),
            noted,
        };
        reader.online();
        reader
    }

    /// Keeps `thing`, which can no longer be found by whoever begins to look, until all readers
    /// are past.
    pub fn defer(&self, thing: T) {
        // The mutex first, so that the queue is in the order of epochs.
        let mut deferred = self.0.deferred.lock();
        // Relaxed: written with the mutex held only.
        let epoch = self.0.epoch.load(Ordering::Relaxed) + 1;
        // Release: the unlinking happens before what a reader does that notes this epoch.
        self.0.epoch.store(epoch, Ordering::Release);
        deferred.push_back((epoch, thing));
    }

    /// Hands back what all readers are past: the caller frees it.
    #[must_use = "what is handed back is the caller's to free"]
    pub fn reclaim(&self) -> Vec<T> {
        let mut deferred = self.0.deferred.lock();
        if deferred.is_empty() {
            return Vec::new();
        }
        // Pairs with the fence in `online`: a reader whose coming online we do not see below sees
        // what was unlinked.
        fence(Ordering::SeqCst);
        let readers = self.0.readers.lock();
        // Acquire: what a reader did before it noted the epoch happens before the freeing.
        let noted = readers.iter().map(|noted| noted.load(Ordering::Acquire));
        let past = noted.min().unwrap_or(OFFLINE);
        drop(readers);
        let ready = deferred.partition_point(|&(epoch, _)| epoch <= past);
        deferred.drain(..ready).map(|(_, thing)| thing).collect()
    }

    /// How many things wait.
    pub fn waiting(&self) -> usize {
        self.0.deferred.lock().len()
    }
}

impl<T> Clone for Qsbr<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Default for Qsbr<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> QsbrReader<T> {
    /// Says that this reader holds nothing it has read. A load and a store: for safe points.
    #[inline]
    pub fn quiescent(&self) {
        // Acquire: what was unlinked before the epoch is not found by what we read next. Release:
        // what we have read happens before its freeing.
        let epoch = self.domain.0.epoch.load(Ordering::Acquire);
        self.noted.store(epoch, Ordering::Release);
    }

    /// Says that this reader holds nothing and will not read until it is
    /// [`online`](Self::online): before it blocks.
    pub fn offline(&self) {
        // Release: as above.
        self.noted.store(OFFLINE, Ordering::Release);
    }

    /// Begins to read again.
    pub fn online(&self) {
        self.quiescent();
        // Pairs with the fence in `reclaim`: whoever does not see us online has unlinked before
        // we read.
        fence(Ordering::SeqCst);
    }
}

impl<T> Drop for QsbrReader<T> {
    fn drop(&mut self) {
        let mut readers = self.domain.0.readers.lock();
        readers.retain(|noted| !Arc::ptr_eq(noted, &self.noted));
    }
}
