//! Numbers: what each thread counted, and how long it held and waited.

use crate::thread::{Thread, ThreadId};
use hdrhistogram::Histogram;
use selvedge_sync::seam::atomic::{AtomicU64, Ordering};
use selvedge_sync::seam::clock::Duration;

/// A number that one thread counts and others read.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    /// Counts on; only ever called by the thread whose counter it is.
    #[inline(always)]
    pub(crate) fn add(&self, more: u64) {
        // Relaxed, and no read-modify-write: there is one writer, and readers want no more than
        // a number that was right at some moment.
        let before = self.0.load(Ordering::Relaxed);
        self.0.store(before.wrapping_add(more), Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        // Relaxed: as in `add`.
        self.0.load(Ordering::Relaxed)
    }
}

/// What every thread counts.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) takes: Counter,
    pub(crate) waits: Counter,
    pub(crate) forced: Counter,
    pub(crate) asked: Counter,
}

/// How long a thread waited and held, in nanoseconds.
#[derive(Debug)]
pub(crate) struct Times {
    pub(crate) wait: Histogram<u64>,
    pub(crate) hold: Histogram<u64>,
}

impl Times {
    pub(crate) fn new() -> Self {
        let empty = || Histogram::new(2).expect("two digits are within what a histogram can keep");
        Self {
            wait: empty(),
            hold: empty(),
        }
    }
}

pub(crate) fn record(histogram: &mut Histogram<u64>, time: Duration) {
    histogram.saturating_record(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
}

/// What the threads of a lock have counted; see [`Gil::stats`](crate::Gil::stats).
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Stats {
    /// Each registered thread's numbers.
    pub threads: Vec<ThreadStats>,
    /// The sum of the numbers of threads that are no longer registered.
    pub departed: ThreadStats,
}

impl Stats {
    /// The sum over all threads.
    #[must_use]
    pub fn total(&self) -> ThreadStats {
        let mut total = self.departed.clone();
        for thread in &self.threads {
            total.merge(thread);
        }
        total
    }
}

/// The numbers of one thread, or of several together.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct ThreadStats {
    /// Whose numbers these are, if one thread's.
    pub id: Option<ThreadId>,
    /// How often it was attached.
    pub takes: u64,
    /// How often it had to wait for that.
    pub waits: u64,
    /// How often it was made to let go at a safe point.
    pub forced_switches: u64,
    /// How often it asked a holder to let go.
    pub drop_requests: u64,
    /// Nanoseconds from wanting to be attached to being attached, where it had to wait, if the
    /// lock was [built](crate::Builder::histograms) to keep them.
    pub wait: Option<Histogram<u64>>,
    /// Nanoseconds attached, if the lock was built to keep them.
    pub hold: Option<Histogram<u64>>,
}

impl ThreadStats {
    pub(crate) fn of(thread: &Thread) -> Self {
        let times = thread.times.as_ref().map(|times| times.lock());
        Self {
            id: Some(thread.id),
            takes: thread.counts.takes.get(),
            waits: thread.counts.waits.get(),
            forced_switches: thread.counts.forced.get(),
            drop_requests: thread.counts.asked.get(),
            wait: times.as_ref().map(|times| times.wait.clone()),
            hold: times.as_ref().map(|times| times.hold.clone()),
        }
    }

    pub(crate) fn add(&mut self, thread: &Thread) {
        self.merge(&Self::of(thread));
    }

    fn merge(&mut self, other: &Self) {
        self.takes += other.takes;
        self.waits += other.waits;
        self.forced_switches += other.forced_switches;
        self.drop_requests += other.drop_requests;
        merge(&mut self.wait, other.wait.as_ref());
        merge(&mut self.hold, other.hold.as_ref());
    }
}

fn merge(sum: &mut Option<Histogram<u64>>, other: Option<&Histogram<u64>>) {
    match (sum, other) {
        (Some(sum), Some(other)) => {
            sum.add(other).expect("all histograms grow as they need to");
        }
        (sum @ None, Some(other)) => *sum = Some(other.clone()),
        (_, None) => {}
    }
}
