//! What only the registered thread itself touches.

use crate::stats;
use crate::thread::Thread;
use core::cell::Cell;
use selvedge_sync::seam::bounds::LONG_SPINS;
use selvedge_sync::seam::clock::{Duration, Instant};
use selvedge_sync::seam::{Arc, Parker};

/// A call that returns within this time may be short: about what it takes to wake a thread.
const SHORT: Duration = Duration::from_micros(20);
/// A call that returns within this time is short: what it costs the thread to wake another.
const TINY: Duration = Duration::from_micros(2);
/// After so many short calls in a row the next is expected to be short.
const SHORT_CALLS: u32 = 2;

/// The calling thread's side of its registration.
#[derive(Debug)]
pub(crate) struct Local {
    pub(crate) thread: Arc<Thread>,
    pub(crate) parker: Parker,
    /// Safe points passed since the lock was last offered, under a policy that counts them.
    pub(crate) ticks: Cell<u32>,
    /// When the thread lent the lock, if it was still on loan when it left, and for how long it
    /// had held it.
    lent: Cell<Option<(Instant, Duration)>>,
    /// When the thread was last back from a call for which the lock was lent.
    back: Cell<Option<Instant>>,
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
            back: Cell::new(None),
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
        let now = Instant::now();
        let held = self.back.get().map(|back| now.duration_since(back));
        self.lent.set(Some((now, held.unwrap_or(Duration::MAX))));
    }

    /// The thread is back from the call for which it detached.
    pub(crate) fn is_back(&self) {
        let back = self.lent.take().map(|(lent, held)| {
            let now = Instant::now();
            self.learn(now.duration_since(lent), held);
            now
        });
        self.back.set(back);
    }

    /// A call for which the lock was lent took so long, after the thread had `held` it. A thread
    /// that spends more time on its calls leaves the lock idle to no purpose.
    pub(crate) fn learn(&self, call: Duration, held: Duration) {
        let calls = self.short_calls.get();
        let short = call <= SHORT && (call <= TINY || call <= held);
        self.short_calls
            .set(if short { calls.saturating_add(1) } else { 0 });
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

    fn local() -> Local {
        let parker = Parker::new();
        let setup = ThreadSetup {
            requests: Requests::NONE,
            times: false,
        };
        let thread = Thread::new(0, ThreadId(1), Seat::new(parker.unparker()), setup);
        Local::new(Arc::new(thread), parker)
    }

    #[test]
    fn the_time_for_which_the_lock_was_held_counts_from_the_last_call_it_was_lent_for() {
        let local = local();
        let held = || {
            local.lends();
            local.lent.get().map(|(_, held)| held)
        };
        assert_eq!(held(), Some(Duration::MAX), "no call before");
        local.is_back();
        let since = Instant::now();
        while since.elapsed() < TINY {
            core::hint::black_box(());
        }
        let measured = held().expect("it is lent");
        assert!((TINY..Duration::MAX).contains(&measured), "{measured:?}");
        local.is_back();
        local.is_back();
        assert_eq!(held(), Some(Duration::MAX), "not lent for the last call");
    }

    #[test]
    fn two_short_calls_in_a_row_have_the_next_expected_to_be_short() {
        let local = local();
        let longer = |time| time + Duration::from_nanos(1);
        let expects = |call, held| {
            local.learn(call, held);
            local.expects_short_call()
        };
        for (call, held) in [(SHORT, SHORT), (TINY, Duration::ZERO)] {
            assert!(!expects(call, held));
            assert!(expects(call, held));
            assert!(!expects(longer(call), held), "{call:?}");
        }
        assert!(!expects(SHORT, Duration::MAX) && expects(SHORT, Duration::MAX));
        assert!(!expects(longer(SHORT), Duration::MAX));
        local.learn(SHORT, SHORT);
        // A call for which the lock was not lent says nothing.
        local.is_back();
        assert!(!local.expects_short_call());
    }
}
