//! How one waiter learns that its wait is over, and how its thread or task is woken.

#[cfg(all(test, selvedge_loom))]
mod signal_models;

use core::task::Waker;

use selvedge_sync::seam::Parker;
use selvedge_sync::seam::Unparker;
use selvedge_sync::seam::atomic::{AtomicUsize, Ordering};
use selvedge_sync::seam::cell::UnsafeCell;
use selvedge_sync::seam::clock::Instant;

use crate::spin::Spin;

/// What wakes a waiter that sleeps.
#[derive(Debug)]
pub(crate) enum Alarm {
    /// A parked thread.
    Thread(Unparker),
    /// A task that is not polled.
    Task(Waker),
}

/// The state of one wait: begun, asleep, over.
///
/// | word | meaning | next | changed by | model |
/// | --- | --- | --- | --- | --- |
/// | `AWAKE` | the waiter is awake; the alarm is the waiter's | `ASLEEP`, `OVER` | waiter; finisher | `bounded_hand_over_wakes_the_receiver` |
/// | `ASLEEP` | the waiter sleeps; the alarm is whoever ends the wait's | `AWAKE`, `OVER` | waiter, at a time-out or another poll; finisher | `bounded_timed_receiver_leaves_the_line` |
/// | `OVER` | the wait has ended; all is the waiter's | none | | |
#[derive(Debug)]
pub(crate) struct Signal {
    phase: AtomicUsize,
    alarm: UnsafeCell<Option<Alarm>>,
}

const AWAKE: usize = 0;
const ASLEEP: usize = 1;
const OVER: usize = 2;

// SAFETY: the alarm is reached only by the side that the phase names as its owner, and each change
// of owner is a release store or exchange met by an acquire (see `finish`, `sleep`).
unsafe impl Sync for Signal {}
// SAFETY: an alarm may be sounded and dropped on any thread.
unsafe impl Send for Signal {}

impl Signal {
    pub(crate) fn new() -> Self {
        Self {
            phase: AtomicUsize::new(AWAKE),
            alarm: UnsafeCell::new(None),
        }
    }

    /// Whether the wait has ended. What its finisher did before is visible then.
    pub(crate) fn is_over(&self) -> bool {
        // Acquire: pairs with the release in `finish`.
        self.phase.load(Ordering::Acquire) == OVER
    }

    /// Ends the wait and wakes the waiter. To be called once, by whoever took the waiter off its
    /// list, after unlocking the list.
    pub(crate) fn finish(&self) {
        // Release: what was done for the waiter, above all its message, becomes visible with the
        // end. Acquire: the alarm was stored before the waiter fell asleep.
        if self.phase.swap(OVER, Ordering::AcqRel) == ASLEEP {
            // SAFETY: the waiter gave the alarm away with `ASLEEP`, and there is one finisher.
            let alarm = self.alarm.with_mut(|alarm| unsafe { (*alarm).take() });
            match alarm {
                Some(Alarm::Thread(unparker)) => unparker.unpark(),
                Some(Alarm::Task(waker)) => waker.wake(),
                None => unreachable!("a waiter sets its alarm before it sleeps"),
            }
        }
    }

    /// Waits for the end: looks for it as often as `spin` allows, then parks. Returns whether the
    /// wait is over; if not, `deadline` has passed.
    #[must_use = "a wait that has not ended goes on"]
    pub(crate) fn wait(&self, spin: &mut Spin, deadline: Option<Instant>) -> bool {
        loop {
            if self.is_over() {
                return true;
            }
            if !spin.again() {
                break;
            }
        }
        self.sleep(deadline)
    }

    /// Leaves `waker` to be woken at the end of the wait, instead of one left before. Returns
    /// whether the wait is over; then nobody will be woken.
    #[must_use = "a wait that has not ended goes on"]
    pub(crate) fn poll(&self, waker: &Waker) -> bool {
        // Relaxed: only this side puts the phase to sleep, and `wake_up` looks again.
        if self.phase.load(Ordering::Relaxed) != AWAKE && self.wake_up() {
            return true;
        }
        self.fall_asleep(Alarm::Task(waker.clone()))
    }

    /// Gives `alarm` to whoever will end the wait; returns whether the wait is over already.
    fn fall_asleep(&self, alarm: Alarm) -> bool {
        // SAFETY: the phase is `AWAKE`, which only this side turns into `ASLEEP`, or `OVER`, whose
        // finisher leaves the alarm alone: it is this side's.
        self.alarm.with_mut(|slot| unsafe { *slot = Some(alarm) });
        // Release: hands the alarm to the finisher. Relaxed on failure: whoever is told that the
        // wait is over asks `is_over` before it takes what came.
        self.phase
            .compare_exchange(AWAKE, ASLEEP, Ordering::Release, Ordering::Relaxed)
            .is_err()
    }

    #[cold]
    fn sleep(&self, deadline: Option<Instant>) -> bool {
        // A task that waits no more has left its waker here, which is the finisher's until it is
        // taken back. Relaxed: as in `poll`.
        if self.phase.load(Ordering::Relaxed) != AWAKE && self.wake_up() {
            return true;
        }
        let parker = Parker::new();
        if self.fall_asleep(Alarm::Thread(parker.unparker())) {
            return true;
        }
        // Nobody but the finisher, once it has ended the wait, wakes this parker.
        let woken = if let Some(deadline) = deadline {
            parker.park_until(deadline)
        } else {
            parker.park();
            true
        };
        woken || self.wake_up()
    }

    /// Takes the alarm back from a wait that has not ended; returns whether the wait ended meanwhile.
    fn wake_up(&self) -> bool {
        // Relaxed: as in `fall_asleep`; nothing is handed over on success, since the alarm was this
        // thread's own.
        self.phase
            .compare_exchange(ASLEEP, AWAKE, Ordering::Relaxed, Ordering::Relaxed)
            .is_err()
    }
}
