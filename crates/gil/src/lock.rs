//! Taking, dropping and waiting. The README beside this file explains the mechanism.

use crate::error::AttachError;
use crate::local::Local;
use crate::observer::{EventKind, Watch};
use crate::policy::{Arrival, Asks, Policy};
use crate::queue::{Admission, Queue, Wait};
use crate::queue_cell::QueueCell;
use crate::requests::Requests;
use crate::seat::{self, Seat};
use crate::thread::{Thread, ThreadSetup};
use crate::word::{self, BARS, FREE, ONE, WATCHED};
use selvedge_sync::seam::atomic::{AtomicU64, Ordering};
use selvedge_sync::seam::bounds::LONG_SPINS;
use selvedge_sync::seam::clock::{Duration, Instant};
use selvedge_sync::seam::{Parker, hint, thread};

#[cfg(test)]
mod tests;

/// A switch interval this long never ends.
const NEVER: Duration = Duration::from_nanos(u64::MAX);
/// The lock is lent only where waiters look again by themselves within this time.
pub(crate) const LONGEST_LOAN: Duration = Duration::from_millis(5);
/// Threads back from blocking work ask again after this part of an interval.
const BURSTS_PER_INTERVAL: u32 = 50;

/// One lock, shared by its handles and members. Aligned so that its word shares no cache line
/// with anything else.
#[derive(Debug)]
#[repr(align(128))]
pub(crate) struct Core {
    pub(crate) word: AtomicU64,
    pub(crate) queue: QueueCell,
    interval_nanos: AtomicU64,
    pub(crate) policy: Policy,
    pub(crate) watch: Watch,
    times: bool,
    /// Whether waiters look before they sleep. Asked once, since a thread may be confined to one
    /// processor later.
    spins: bool,
}

/// How long to go on trying.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Patience {
    Never,
    Until(Instant),
    Forever,
}

/// Whether the thread had to wait.
#[derive(Clone, Copy, Debug)]
enum Waited {
    No,
    /// It had to, and nobody wants to know how long.
    Untimed,
    Since(Instant),
}

/// How a wait ended.
enum Outcome {
    Attached,
    /// Mutual exclusion was switched on meanwhile: the thread has to queue.
    Again,
}

impl Core {
    pub(crate) fn new(
        policy: Policy,
        enabled: bool,
        interval: Duration,
        watch: Watch,
        times: bool,
    ) -> Self {
        let watched = if watch.is_present() || times {
            WATCHED
        } else {
            0
        };
        Self {
            word: AtomicU64::new(watched | if enabled { 0 } else { FREE }),
            queue: QueueCell::new(Queue::new(policy.discipline())),
            interval_nanos: AtomicU64::new(nanos(interval)),
            policy,
            watch,
            times,
            spins: pays_to_look(thread::available_parallelism()),
        }
    }

    pub(crate) fn interval(&self) -> Duration {
        // Relaxed: a number by itself.
        Duration::from_nanos(self.interval_nanos.load(Ordering::Relaxed))
    }

    pub(crate) fn set_interval(&self, interval: Duration) {
        // Relaxed: waiters need not see it at once.
        self.interval_nanos
            .store(nanos(interval), Ordering::Relaxed);
    }

    pub(crate) fn register(&self) -> Local {
        let parker = Parker::new();
        let setup = ThreadSetup {
            requests: match self.policy {
                Policy::Ticks(_) => Requests::TICK,
                _ => Requests::NONE,
            },
            times: self.times,
        };
        let thread = self
            .queue
            .with(|queue| queue.register(parker.unparker(), setup));
        self.watch.tell(thread.id, EventKind::Registered);
        Local::new(thread, parker)
    }

    pub(crate) fn deregister(&self, me: &Local) {
        self.queue.with(|queue| queue.deregister(&me.thread));
        self.watch.tell(me.thread.id, EventKind::Departed);
    }

    /// Attaches the thread if nothing stands in the way, without the mutex.
    #[inline(always)]
    pub(crate) fn attach_at_once(&self, me: &Thread, arrival: Arrival) -> bool {
        // Acquire: pairs with the release of whoever detached last.
        let taken = self
            .word
            .compare_exchange(0, me.held(), Ordering::Acquire, Ordering::Relaxed)
            .is_ok();
        if taken {
            me.set_pace(arrival.pace());
        }
        taken
    }

    /// Detaches the thread if nobody waits, without the mutex.
    #[inline(always)]
    pub(crate) fn detach_at_once(&self, me: &Thread) -> bool {
        // Release: what this thread did while attached is seen by whoever attaches next.
        self.word
            .compare_exchange(me.held(), 0, Ordering::Release, Ordering::Relaxed)
            .is_ok()
    }

    /// Attaches the thread with everything that may stand in the way.
    #[cold]
    #[inline(never)]
    pub(crate) fn attach_slowly(
        &self,
        me: &Local,
        arrival: Arrival,
        patience: Patience,
    ) -> Result<(), AttachError> {
        let mut waited = Waited::No;
        if !self.attach_without_mutex(&me.thread, arrival) {
            me.thread.is_here();
            me.thread.set_interval(self.interval());
            loop {
                let (admission, wake) = self
                    .queue
                    .with(|queue| queue.admit(&self.word, &me.thread, arrival, patience))?;
                // mutant: equivalent, wake-up: saves time only. It wakes who is handed a lock that
                // was lent, and the lock is lent to sleepers with a time limit only, who find the
                // grant in their seat when that is over.
                wake.fire();
                let Admission::Waits(wait) = admission else {
                    break;
                };
                waited = self.starts_waiting(me, &wait, waited);
                if let Outcome::Attached = self.wait(me, wait, patience)? {
                    break;
                }
            }
        }
        self.is_attached(me, waited);
        Ok(())
    }

    /// As [`attach_at_once`](Self::attach_at_once), where that is watched, or there is no mutual
    /// exclusion.
    fn attach_without_mutex(&self, me: &Thread, arrival: Arrival) -> bool {
        // Acquire: pairs with the release of whoever detached last, or let the world go on.
        let taken = word::update(&self.word, Ordering::Acquire, |w| {
            if w & BARS != 0 {
                None
            } else if w & FREE != 0 {
                Some(w + ONE)
            } else {
                (word::attached(w) == 0).then(|| w | me.held())
            }
        })
        .is_ok();
        if taken {
            me.set_pace(arrival.pace());
        }
        taken
    }

    /// Detaches the thread with everything that may have to be done for others.
    #[cold]
    #[inline(never)]
    pub(crate) fn detach_slowly(&self, me: &Local) {
        self.watch.tell(me.thread.id, EventKind::Detached);
        me.detaches();
        // Release: what this thread did while attached is seen by whoever attaches next, or
        // stops the world.
        let done = word::update(&self.word, Ordering::Release, |w| {
            if w & BARS != 0 {
                None
            } else if w & FREE != 0 {
                Some(w - ONE)
            } else {
                Some(word::flags(w))
            }
        });
        if done.is_err() {
            let lends = self.sleepers_look_again() && me.expects_short_call();
            let released = self
                .queue
                .with(|queue| queue.release(&self.word, &me.thread, lends));
            released.wake.fire();
            if released.on_loan {
                me.lends();
            }
        }
    }

    /// Under `Ticks` they do not: the holder offers the lock to whoever is awake at that moment.
    fn sleepers_look_again(&self) -> bool {
        !matches!(self.policy, Policy::Ticks(_))
    }

    /// Serves what is requested of the thread by the lock itself.
    pub(crate) fn serve(&self, me: &Local) -> Result<(), AttachError> {
        if let Policy::Ticks(count) = self.policy {
            let ticks = me.ticks.get() + 1;
            me.ticks.set(ticks);
            if ticks >= count {
                me.ticks.set(0);
                return self.offer(me);
            }
        }
        if me
            .thread
            .pending()
            .intersects(Requests::DROP | Requests::STOP)
        {
            self.yield_to_next(me, false)?;
        }
        Ok(())
    }

    /// Has the next in turn run, if anybody waits and either has asked or this thread `offers`.
    /// Returns whether anybody did.
    pub(crate) fn yield_to_next(&self, me: &Local, offers: bool) -> Result<bool, AttachError> {
        self.watch.tell(me.thread.id, EventKind::Dropped);
        me.detaches();
        me.thread.is_here();
        me.thread.set_interval(self.interval());
        let (admission, wake) = self
            .queue
            .with(|queue| queue.yield_to_next(&self.word, &me.thread, offers));
        wake.fire();
        let switches = matches!(admission, Admission::Waits(_));
        self.come_back(me, &admission)?;
        Ok(switches)
    }

    /// Lets go of the lock and takes it again, so that whoever is awake can have it.
    fn offer(&self, me: &Local) -> Result<(), AttachError> {
        self.detach_slowly(me);
        self.attach_slowly(me, Arrival::Forced, Patience::Forever)
    }

    /// Ends what began with a thread having to let go at a safe point.
    pub(crate) fn come_back(&self, me: &Local, admission: &Admission) -> Result<(), AttachError> {
        let mut waited = Waited::No;
        if let Admission::Waits(wait) = admission {
            waited = self.starts_waiting(me, wait, waited);
            if let Outcome::Again = self.wait(me, *wait, Patience::Forever)? {
                return self.attach_slowly(me, Arrival::Forced, Patience::Forever);
            }
        }
        self.is_attached(me, waited);
        Ok(())
    }

    /// Waits, as an attached thread, for the others to leave.
    pub(crate) fn settle_in(&self, me: &Local, wait: Wait) -> Result<(), AttachError> {
        self.wait(me, wait, Patience::Forever).map(|_| ())
    }

    fn starts_waiting(&self, me: &Local, wait: &Wait, waited: Waited) -> Waited {
        if !matches!(waited, Waited::No) {
            return waited;
        }
        me.thread.counts.waits.add(1);
        self.watch.tell(me.thread.id, EventKind::Waits);
        if let Some(holder) = wait.asked {
            self.watch.tell(me.thread.id, EventKind::Asked(holder));
        }
        if self.times {
            Waited::Since(Instant::now())
        } else {
            Waited::Untimed
        }
    }

    fn is_attached(&self, me: &Local, waited: Waited) {
        if !matches!(waited, Waited::No) {
            me.thread.is_here();
        }
        me.attached(match waited {
            Waited::Since(since) => Some(since),
            Waited::No | Waited::Untimed => None,
        });
        self.watch.tell(me.thread.id, EventKind::Attached);
    }

    /// Waits until somebody settles the wait, or the thread finds the lock free.
    fn wait(&self, me: &Local, mut wait: Wait, patience: Patience) -> Result<Outcome, AttachError> {
        let thread = &me.thread;
        let soon = matches!(wait.asks, Asks::AtOnce | Asks::Soon);
        // Where looking does not pay, the holder is given the time of a burst instead.
        let mut asks_before_sleep = soon && self.spins && wait.looks;
        let mut came_too_late = false;
        loop {
            let long = soon || std::mem::take(&mut came_too_late);
            let looks = self.looks(me, wait, long);
            let found = watch(&thread.seat, looks);
            if looks > 0 && !long {
                me.spin.learn(found != seat::AWAKE);
            }
            match found {
                seat::GRANTED => return Ok(Outcome::Attached),
                seat::AGAIN => return Ok(Outcome::Again),
                seat::REFUSED => return Err(AttachError::Finalising),
                seat::NUDGED => {
                    if self
                        .queue
                        .with(|queue| queue.claim(&self.word, thread, &mut wait))
                    {
                        return Ok(Outcome::Attached);
                    }
                    came_too_late = self.sleepers_look_again();
                    continue;
                }
                _ => {}
            }
            if asks_before_sleep {
                asks_before_sleep = false;
                self.ask(me, &mut wait);
            } else if !sleep(me, wait.asks, patience) {
                if self
                    .queue
                    .with(|queue| queue.claim(&self.word, thread, &mut wait))
                {
                    return Ok(Outcome::Attached);
                }
                if patience.is_over() && self.queue.with(|queue| queue.give_up(&self.word, thread))
                {
                    return Err(AttachError::Timeout);
                }
                self.ask(me, &mut wait);
            }
        }
    }

    /// How often the waiter looks before it sleeps: for `long`, or as it has learnt.
    fn looks(&self, me: &Local, wait: Wait, long: bool) -> u32 {
        match (self.spins && wait.looks, long) {
            (false, _) => 0,
            (true, true) => LONG_SPINS,
            (true, false) => me.spin.looks(),
        }
    }

    fn ask(&self, me: &Local, wait: &mut Wait) {
        let asked = self
            .queue
            .with(|queue| queue.ask(&self.word, &me.thread, wait));
        if let Some(holder) = asked {
            self.watch.tell(me.thread.id, EventKind::Asked(holder));
        }
    }
}

/// Sleeps until woken or until it is time to ask the holder to let go. Returns false if
/// nothing had happened by then.
fn sleep(me: &Local, asks: Asks, patience: Patience) -> bool {
    let seat = &me.thread.seat;
    if !seat.try_park() {
        return true;
    }
    let until = match (patience, next_ask(asks, me.thread.interval())) {
        (Patience::Until(end), Some(ask)) => Some(end.min(ask)),
        (Patience::Until(end), None) => Some(end),
        (_, ask) => ask,
    };
    // A wake-up owed from an earlier wait may arrive during this one: look at the seat.
    while seat.is_parked() {
        match until {
            Some(until) if !me.parker.park_until(until) => break,
            Some(_) => {}
            None => me.parker.park(),
        }
    }
    !seat.try_rise()
}

/// When a waiter that falls asleep now is to look whether to ask.
fn next_ask(asks: Asks, interval: Duration) -> Option<Instant> {
    if interval == NEVER {
        return None;
    }
    let after = match asks {
        Asks::AtOnce | Asks::Soon => interval / BURSTS_PER_INTERVAL,
        Asks::AfterInterval => interval,
        Asks::Never => return None,
    };
    Instant::now().checked_add(after)
}

/// Whether a waiter may find what it waits for while it looks: not where the thread it waits for
/// cannot run meanwhile.
fn pays_to_look(processors: usize) -> bool {
    processors > 1
}

impl Patience {
    fn is_over(self) -> bool {
        matches!(self, Self::Until(end) if Instant::now() >= end)
    }
}

/// Looks at the seat until something has happened, or for `looks` times after the first.
fn watch(seat: &Seat, looks: u32) -> u32 {
    for _ in 0..looks {
        let found = seat.look();
        if found != seat::AWAKE {
            return found;
        }
        hint::spin_loop();
    }
    seat.look()
}

fn nanos(interval: Duration) -> u64 {
    let shortest = Duration::from_micros(1);
    assert!(interval >= shortest, "a switch interval is at least 1 µs");
    // Longer than 584 years is `NEVER`.
    u64::try_from(interval.as_nanos()).unwrap_or(u64::MAX)
}
