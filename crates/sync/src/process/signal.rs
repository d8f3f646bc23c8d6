//! Telling processes that wait that something has changed.

use core::ops::ControlFlow;

use crate::Deadline;
use crate::seam::atomic::{AtomicU32, Ordering, fence};
use crate::seam::clock::Duration;
use crate::seam::{address, bounds, hint, process, thread};

/// Somebody may be asleep.
const ASLEEP: u32 = 1;
/// One more preparation to sleep, or notification.
const STEP: u32 = 2;

/// A word that processes sleep on until something else in memory that they share has changed: what
/// locks between processes are built of.
///
/// ```
/// use selvedge_sync::process::Signal;
/// use selvedge_sync::seam::atomic::{AtomicU32, Ordering};
///
/// let (number, changed) = (AtomicU32::new(0), Signal::new());
/// number.store(7, Ordering::Release);
/// changed.notify_all();
/// let look = || Some(number.load(Ordering::Acquire)).filter(|number| *number != 0);
/// assert_eq!(changed.wait_for(None, look, || Ok::<_, ()>(())), Ok(Some(7)));
/// ```
///
/// | bits | meaning | changed by |
/// | --- | --- | --- |
/// | 0 | somebody may be asleep | set by who prepares to sleep; cleared by a notification that found nobody asleep, if nothing has changed since |
/// | 1… | count of steps | each preparation, each notification that finds bit 0 set |
///
/// No change is missed: the waiter marks the word and then looks at what it waits for, the
/// notifier changes that and then looks at the word, with a fence between the two on either side,
/// so one of them sees what the other did. A notification in between changes the count, and the
/// waiter does not fall asleep.
///
/// A notifier that dies between the change and the notification leaves sleepers behind: whoever
/// sleeps wakes and looks again after a tenth of a second.
#[derive(Debug)]
#[repr(transparent)]
pub struct Signal(AtomicU32);

impl Default for Signal {
    fn default() -> Self {
        Self::new()
    }
}

/// What the word was when its holder prepared to sleep.
#[derive(Clone, Copy, Debug)]
struct Prepared(u32);

impl Signal {
    /// Nobody sleeps.
    pub fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    /// Repeats `attempt`, a few times at once and then whenever there was a notification, until
    /// it returns something or the time runs out; `None` means that.
    ///
    /// Ten times a second, and when the time runs out, `check` may end the wait with an error.
    ///
    /// # Errors
    /// What `check` returns.
    pub fn wait_for<R, E>(
        &self,
        timeout: Option<Duration>,
        mut attempt: impl FnMut() -> Option<R>,
        mut check: impl FnMut() -> Result<(), E>,
    ) -> Result<Option<R>, E> {
        if timeout == Some(Duration::ZERO) {
            let done = attempt();
            return if done.is_none() {
                check().map(|()| None)
            } else {
                Ok(done)
            };
        }
        if let ControlFlow::Break(done) = look(&mut attempt) {
            return Ok(Some(done));
        }
        let deadline = Deadline::after(timeout);
        loop {
            let prepared = self.prepare();
            if let Some(done) = attempt() {
                return Ok(Some(done));
            }
            let next_check = Deadline::after(process::check_interval());
            let until = deadline.min(next_check).instant();
            if !address::wait(&self.0, prepared.0, until) {
                check()?;
                if deadline.has_passed() {
                    return Ok(attempt());
                }
            }
        }
    }

    fn prepare(&self) -> Prepared {
        let mark = |word: u32| word.wrapping_add(STEP) | ASLEEP;
        // Relaxed: the fence orders it before the look that follows.
        let marked = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |word| {
                Some(mark(word))
            });
        fence(Ordering::SeqCst);
        let (Ok(before) | Err(before)) = marked;
        Prepared(mark(before))
    }

    /// Wakes up to `count` of those who sleep, after what they wait for has changed. Returns how
    /// many that were.
    pub fn notify(&self, count: u32) -> usize {
        // Orders the change before the look at the word.
        fence(Ordering::SeqCst);
        // Relaxed: the fence orders it.
        if self.0.load(Ordering::Relaxed) & ASLEEP == 0 {
            return 0;
        }
        self.notify_sleepers(count)
    }

    #[cold]
    fn notify_sleepers(&self, count: u32) -> usize {
        // Relaxed, here and below: the fence orders what matters.
        let stepped = self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        let woken = address::wake(&self.0, count);
        if woken == 0 {
            // Nobody was asleep, and whoever has prepared to sleep before this notification will
            // not fall asleep. Who prepares after it changes the word, and the mark stays.
            let _ = self.0.compare_exchange(
                stepped,
                // mutant: equivalent, bit: saves time only. A mark that stays has the next
                // notifier look for sleepers, and find none.
                stepped & !ASLEEP,
                Ordering::Relaxed,
                Ordering::Relaxed,
            );
        }
        woken
    }

    /// Wakes all who sleep, after what they wait for has changed.
    pub fn notify_all(&self) {
        self.notify(u32::MAX);
    }
}

/// Attempts a bounded number of times without sleeping: what is waited for is often near.
fn look<R>(attempt: &mut impl FnMut() -> Option<R>) -> ControlFlow<R> {
    if let Some(done) = attempt() {
        return ControlFlow::Break(done);
    }
    let looks = match thread::available_parallelism() {
        1 => 0,
        _ => bounds::ATTEMPTS,
    };
    for _ in 0..looks {
        hint::spin_loop();
        if let Some(done) = attempt() {
            return ControlFlow::Break(done);
        }
    }
    ControlFlow::Continue(())
}
