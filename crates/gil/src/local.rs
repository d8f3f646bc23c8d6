//! What only the registered thread itself touches.

use crate::stats;
use crate::thread::Thread;
use core::cell::Cell;
use selvedge_sync::seam::bounds::LONG_SPINS;
use selvedge_sync::seam::clock::{Duration, Instant};
use selvedge_sync::seam::{Arc, Parker};

/// A call that returns within this time is short: about what waking a thread costs.
const SHORT: Duration = Duration::from_micros(20);
/// After so many short calls in a row the next is expected to be short.
const SHORT_CALLS: u32 = 2;

/// The calling thread's side of its registration.
#[derive(Debug)]
pub(crate) struct Local {
    pub(crate) thread: Arc<Thread>,
    pub(crate) parker: Parker,
    /// Safe points passed since the lock was last offered, under a policy that counts them.
    pub(crate) ticks: Cell<u32>,
    /// When the thread lent the lock, if it was still on loan when it left.
    lent: Cell<Option<Instant>>,
    /// How many calls for which the lock was lent were short, in a row.
    short_calls: Cell<u32>,
    /// When the thread was attached, if times are kept.
    attached_at: Cell<Option<Instant>>,
    /// For waits that may well last an interval.
    pub(crate) spin: Spin,
}

/// How long it pays to look before sleeping, learnt from how the last waits went.
///
/// A look that found something makes the next wait look for [`LONG_SPINS`]; one that found nothing
/// halves that, down to a 256th. Where waits had become short without that being noticed, every
/// 16th in vain is followed by a full one.
#[derive(Debug)]
pub(crate) struct Spin {
    looks: Cell<u32>,
    in_vain: Cell<u32>,
}

impl Spin {
    const PROBES: u32 = 16;

    fn new() -> Self {
        Self {
            looks: Cell::new(LONG_SPINS),
            in_vain: Cell::new(0),
        }
    }

    pub(crate) fn looks(&self) -> u32 {
        if self.in_vain.get() == Self::PROBES {
            LONG_SPINS
        } else {
            self.looks.get()
        }
    }

    #[allow(
        clippy::unnecessary_min_or_max,
        reason = "the least is 0 in a model only"
    )]
    pub(crate) fn learn(&self, found: bool) {
        if found {
            self.looks.set(LONG_SPINS);
            self.in_vain.set(0);
        } else {
            self.looks.set((self.looks.get() / 2).max(LONG_SPINS / 256));
            self.in_vain.set(self.in_vain.get() % Self::PROBES + 1);
        }
    }
}

impl Local {
    pub(crate) fn new(thread: Arc<Thread>, parker: Parker) -> Self {
        Self {
            thread,
            parker,
            ticks: Cell::new(0),
            lent: Cell::new(None),
            short_calls: Cell::new(0),
            attached_at: Cell::new(None),
            spin: Spin::new(),
        }
    }

    /// Whether the call for which the thread detaches is likely to be short.
    pub(crate) fn expects_short_call(&self) -> bool {
        self.short_calls.get() >= SHORT_CALLS
    }

    /// The thread left the lock free while others slept.
    pub(crate) fn lends(&self) {
        self.lent.set(Some(Instant::now()));
    }

    /// The thread is back from the call for which it detached.
    pub(crate) fn is_back(&self) {
        if let Some(lent) = self.lent.take() {
            self.learn(lent.elapsed());
        }
    }

    /// A call for which the lock was lent took so long.
    pub(crate) fn learn(&self, call: Duration) {
        let calls = self.short_calls.get();
        self.short_calls.set(if call <= SHORT {
            calls.saturating_add(1)
        } else {
            0
        });
    }

    /// The thread is attached, having waited since `waited`, if it had to.
    pub(crate) fn attached(&self, waited: Option<Instant>) {
        let Some(times) = &self.thread.times else {
            return;
        };
        let now = Instant::now();
        self.attached_at.set(Some(now));
        if let Some(since) = waited {
            stats::record(&mut times.lock().wait, now.duration_since(since));
        }
    }

    /// The thread is about to detach.
    pub(crate) fn detaches(&self) {
        if let (Some(times), Some(at)) = (&self.thread.times, self.attached_at.take()) {
            stats::record(&mut times.lock().hold, at.elapsed());
        }
    }
}

#[cfg(all(test, not(selvedge_loom)))]
mod tests {
    use super::*;
    use crate::requests::Requests;
    use crate::seat::Seat;
    use crate::thread::{ThreadId, ThreadSetup};

    #[test]
    fn looking_in_vain_halves_the_looks_but_for_a_probe_each_sixteenth_time() {
        let spin = Spin::new();
        let mut looks = Vec::new();
        for _ in 0..2 * Spin::PROBES {
            spin.learn(false);
            looks.push(spin.looks());
        }
        assert_eq!(looks[..9], [1024, 512, 256, 128, 64, 32, 16, 8, 8]);
        let probes: Vec<_> = (0..looks.len())
            .filter(|&nth| looks[nth] == LONG_SPINS)
            .collect();
        assert_eq!(probes, [15, 31]);
        spin.learn(true);
        assert_eq!(spin.looks(), LONG_SPINS);
        spin.learn(false);
        assert_eq!(spin.looks(), LONG_SPINS / 2);
    }

    #[test]
    fn two_short_calls_in_a_row_have_the_next_expected_to_be_short() {
        let parker = Parker::new();
        let setup = ThreadSetup {
            requests: Requests::NONE,
            times: false,
        };
        let thread = Thread::new(0, ThreadId(1), Seat::new(parker.unparker()), setup);
        let local = Local::new(Arc::new(thread), parker);
        local.learn(SHORT);
        assert!(!local.expects_short_call());
        local.learn(SHORT);
        assert!(local.expects_short_call());
        local.learn(SHORT + Duration::from_nanos(1));
        assert!(!local.expects_short_call());
        // A call for which the lock was not lent says nothing.
        local.is_back();
        assert!(!local.expects_short_call());
    }
}
