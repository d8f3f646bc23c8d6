//! The mechanism: taking, dropping, waiting. See the README beside this file.

use crate::error::AttachError;
use crate::policy::{Arrival, Discipline, Policy, Release};
use crate::requests::Requests;
use crate::seat::{self, Seat, Wake};
use crate::thread::{Thread, ThreadId};
use crate::word::{self, FREE, ONE, QUEUED, STOPPED};
use selvedge_sync::seam::atomic::{AtomicU64, Ordering};
use selvedge_sync::seam::bounds::SPINS;
use selvedge_sync::seam::clock::{Duration, Instant};
use selvedge_sync::seam::{Arc, Mutex, Parker, Unparker, hint, thread};

/// How often a waiter that found nothing by spinning lets others run before it sleeps.
const YIELDS: u32 = SPINS / 8;

/// The switch interval that never ends.
const NEVER: Duration = Duration::from_nanos(u64::MAX);

/// One lock, shared by its handles and members. Aligned so that its word shares no cache line.
#[derive(Debug)]
#[repr(align(128))]
pub(crate) struct Core {
    pub(crate) word: AtomicU64,
    pub(crate) queue: Mutex<Queue>,
    interval_nanos: AtomicU64,
}

/// Everything under the mutex.
#[derive(Debug)]
pub(crate) struct Queue {
    /// The registered threads, by slot.
    threads: Vec<Option<Arc<Thread>>>,
    registered: u64,
    pub(crate) discipline: Box<dyn Discipline>,
    /// Who waits for the world to go on, where mutual exclusion is off.
    pub(crate) halted: Vec<Arc<Thread>>,
    /// Who stops the world, and sleeps until it is the only one attached.
    pub(crate) stopper: Option<Arc<Thread>>,
    /// Who finalises: the one thread that may attach once `CLOSED`.
    pub(crate) finaliser: Option<Arc<Thread>>,
    /// Counts how often a waiter was served.
    switches: u64,
}

/// Whether the thread is attached; if not, how many switches there had been when it sat down.
pub(crate) enum Admission {
    Attached,
    Waits(u64),
}

/// How long to go on trying.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Patience {
    Never,
    Until(Instant),
    Forever,
}

impl Core {
    pub(crate) fn new(policy: Policy, enabled: bool, interval: Duration) -> Self {
        Self {
            word: AtomicU64::new(if enabled { 0 } else { FREE }),
            queue: Mutex::new(Queue {
                threads: Vec::new(),
                registered: 0,
                discipline: policy.discipline(),
                halted: Vec::new(),
                stopper: None,
                finaliser: None,
                switches: 0,
            }),
            interval_nanos: AtomicU64::new(nanos(interval)),
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

    pub(crate) fn register(&self, unparker: Unparker) -> Arc<Thread> {
        let mut queue = self.queue.lock();
        queue.registered += 1;
        let id = ThreadId(queue.registered);
        let slot = queue.threads.iter().position(Option::is_none);
        let slot = slot.unwrap_or_else(|| {
            queue.threads.push(None);
            queue.threads.len() - 1
        });
        let thread = Arc::new(Thread::new(slot as u32, id, Seat::new(unparker)));
        queue.threads[slot] = Some(Arc::clone(&thread));
        thread
    }

    pub(crate) fn deregister(&self, thread: &Thread) {
        self.queue.lock().threads[thread.slot as usize] = None;
    }

    /// Attaches the thread if nothing stands in the way, without the mutex.
    #[inline(always)]
    pub(crate) fn attach_at_once(&self, me: &Thread) -> bool {
        // Acquire: pairs with the release of whoever detached last.
        self.word
            .compare_exchange(0, me.held(), Ordering::Acquire, Ordering::Relaxed)
            .is_ok()
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
        me: &Arc<Thread>,
        parker: &Parker,
        arrival: Arrival,
        patience: Patience,
    ) -> Result<(), AttachError> {
        if self.attach_freely() {
            return Ok(());
        }
        let (admission, wake) = self.queue.lock().admit(&self.word, me, arrival, patience)?;
        wake.fire();
        match admission {
            Admission::Attached => Ok(()),
            Admission::Waits(since) => self.wait(me, parker, arrival, patience, since),
        }
    }

    /// Counts the thread in where mutual exclusion is off and nothing stands in the way.
    fn attach_freely(&self) -> bool {
        // Acquire: pairs with the release of the thread that let the world go on.
        word::update(&self.word, Ordering::Acquire, |w| {
            (word::flags(w) == FREE).then_some(w + ONE)
        })
        .is_ok()
    }

    /// Detaches the thread with everything that may have to be done for others.
    #[cold]
    #[inline(never)]
    pub(crate) fn detach_slowly(&self, me: &Arc<Thread>) {
        // Release: what this thread did while attached is seen by whoever stops the world.
        let freely = word::update(&self.word, Ordering::Release, |w| {
            (word::flags(w) == FREE).then(|| w - ONE)
        });
        if freely.is_err() {
            let wake = self.queue.lock().release(&self.word, me);
            wake.fire();
        }
    }

    /// Serves what is requested of the thread by the lock itself.
    pub(crate) fn serve(&self, me: &Arc<Thread>, parker: &Parker) -> Result<(), AttachError> {
        let (admission, wake) = self.queue.lock().yield_to_next(&self.word, me)?;
        wake.fire();
        match admission {
            Admission::Attached => Ok(()),
            Admission::Waits(since) => {
                self.wait(me, parker, Arrival::Forced, Patience::Forever, since)
            }
        }
    }

    /// Waits until somebody attaches this thread, or it finds the lock free. `since` is the
    /// number of switches there had been when the wait began.
    fn wait(
        &self,
        me: &Arc<Thread>,
        parker: &Parker,
        arrival: Arrival,
        patience: Patience,
        mut since: u64,
    ) -> Result<(), AttachError> {
        loop {
            match watch(&me.seat) {
                seat::GRANTED => return Ok(()),
                seat::REFUSED => return Err(AttachError::Finalising),
                seat::NUDGED => {
                    if self.queue.lock().claim(&self.word, me, arrival) {
                        return Ok(());
                    }
                }
                _ => {
                    if self.sleep(me, parker, patience) {
                        continue;
                    }
                    let mut queue = self.queue.lock();
                    if queue.claim(&self.word, me, arrival) {
                        return Ok(());
                    }
                    if patience.is_over() && queue.give_up(&self.word, me) {
                        return Err(AttachError::Timeout);
                    }
                    queue.ask(&self.word, me, &mut since);
                }
            }
        }
    }

    /// Sleeps until woken or until it is time to ask the holder to let go. Returns false if
    /// nothing had happened by then.
    fn sleep(&self, me: &Thread, parker: &Parker, patience: Patience) -> bool {
        if !me.seat.try_park() {
            return true;
        }
        let interval = Some(self.interval()).filter(|interval| *interval != NEVER);
        let asks = interval.and_then(|interval| Instant::now().checked_add(interval));
        let until = match (patience, asks) {
            (Patience::Until(end), Some(asks)) => Some(end.min(asks)),
            (Patience::Until(end), None) => Some(end),
            (_, asks) => asks,
        };
        // A wake-up owed from an earlier wait may arrive during this one: look at the seat.
        while me.seat.is_parked() {
            match until {
                Some(until) if !parker.park_until(until) => break,
                Some(_) => {}
                None => parker.park(),
            }
        }
        !me.seat.try_rise()
    }
}

impl Patience {
    fn is_over(self) -> bool {
        matches!(self, Self::Until(end) if Instant::now() >= end)
    }
}

/// Looks at the seat for a bounded time: [`SPINS`] looks if the machine has more than one
/// processor, then `YIELDS` more between which other threads run.
fn watch(seat: &Seat) -> u32 {
    if thread::available_parallelism() > 1 {
        for _ in 0..SPINS {
            let found = seat.look();
            if found != seat::AWAKE {
                return found;
            }
            hint::spin_loop();
        }
    }
    for _ in 0..YIELDS {
        let found = seat.look();
        if found != seat::AWAKE {
            return found;
        }
        thread::yield_now();
    }
    seat.look()
}

fn nanos(interval: Duration) -> u64 {
    let shortest = Duration::from_micros(1);
    assert!(interval >= shortest, "a switch interval is at least 1 µs");
    // Longer than 584 years is `NEVER`.
    u64::try_from(interval.as_nanos()).unwrap_or(u64::MAX)
}

impl Queue {
    /// Attaches the thread, or has it wait.
    fn admit(
        &mut self,
        word: &AtomicU64,
        me: &Arc<Thread>,
        arrival: Arrival,
        patience: Patience,
    ) -> Result<(Admission, Wake), AttachError> {
        if self.is_closed_to(me) {
            return Err(AttachError::Finalising);
        }
        if self.take_if_free(word, me, arrival) {
            return Ok((Admission::Attached, Wake::none()));
        }
        if matches!(patience, Patience::Never) {
            return Err(AttachError::Timeout);
        }
        me.seat.sit();
        if is_free(word) {
            self.halted.push(Arc::clone(me));
            return Ok((Admission::Waits(self.switches), Wake::none()));
        }
        // Relaxed: the mutex orders the flag against the release that will look for it.
        word.fetch_or(QUEUED, Ordering::Relaxed);
        if self.take_if_free(word, me, arrival) {
            // Whoever held it let go between the two looks.
            self.settle_flag(word);
            return Ok((Admission::Attached, Wake::none()));
        }
        self.discipline.enqueue(Arc::clone(me), arrival);
        Ok((Admission::Waits(self.switches), Wake::none()))
    }

    /// Takes the lock if it is free and nobody goes before, or counts the thread in if there is
    /// no lock and the world is not stopped.
    fn take_if_free(&mut self, word: &AtomicU64, me: &Arc<Thread>, arrival: Arrival) -> bool {
        let first = self
            .discipline
            .next()
            .is_none_or(|next| Arc::ptr_eq(next, me));
        let passes = first || self.discipline.may_pass(arrival);
        // Acquire: pairs with the release of whoever detached last.
        word::update(word, Ordering::Acquire, |w| {
            if w & FREE != 0 {
                (w & STOPPED == 0).then_some(w + ONE)
            } else {
                (passes && word::attached(w) == 0).then(|| w | me.held())
            }
        })
        .is_ok()
    }

    /// A waiter looks whether it can have the lock by itself.
    fn claim(&mut self, word: &AtomicU64, me: &Arc<Thread>, arrival: Arrival) -> bool {
        if !me.seat.rouse() || !self.take_if_free(word, me, arrival) {
            return false;
        }
        self.leave(word, me);
        self.switches += 1;
        true
    }

    /// A waiter whose time is over stops waiting. Returns false if its wait has been settled.
    fn give_up(&mut self, word: &AtomicU64, me: &Arc<Thread>) -> bool {
        let waits = me.seat.look() == seat::AWAKE;
        if waits {
            self.leave(word, me);
        }
        waits
    }

    fn leave(&mut self, word: &AtomicU64, me: &Arc<Thread>) {
        self.discipline.remove(me);
        self.halted.retain(|other| !Arc::ptr_eq(other, me));
        self.settle_flag(word);
    }

    /// A waiter has slept for an interval: if nobody was served in it, the holder is asked to
    /// let go.
    fn ask(&mut self, word: &AtomicU64, me: &Thread, since: &mut u64) {
        if me.seat.look() != seat::AWAKE {
            return;
        }
        if *since == self.switches {
            self.post_to_holder(word, Requests::DROP);
        }
        *since = self.switches;
    }

    fn post_to_holder(&self, word: &AtomicU64, requests: Requests) {
        // Relaxed: `QUEUED` is set and the mutex held, so the holder cannot change.
        let w = word.load(Ordering::Relaxed);
        if w & FREE != 0 {
            return;
        }
        let holder = word::holder(w).and_then(|slot| self.threads[slot as usize].as_ref());
        if let Some(holder) = holder {
            holder.post(requests);
        }
    }

    /// The thread detaches of its own accord.
    fn release(&mut self, word: &AtomicU64, me: &Arc<Thread>) -> Wake {
        // A request that this release answers is not to cost the next hold a switch.
        me.take(Requests::DROP);
        if is_free(word) {
            return self.count_out(word);
        }
        let grants = self.discipline.release() == Release::Grant;
        match self.discipline.next() {
            Some(next) if grants || next.seat.is_awake() => self.hand_over(word),
            next => {
                let mut wake = Wake::none();
                wake.add(next.and_then(|next| next.seat.nudge()));
                // Release: pairs with the acquire of whoever attaches next.
                let _ = word::update(word, Ordering::Release, |w| Some(word::flags(w)));
                self.settle_flag(word);
                wake
            }
        }
    }

    /// The thread is at a safe point: it lets go if somebody has asked for that.
    fn yield_to_next(
        &mut self,
        word: &AtomicU64,
        me: &Arc<Thread>,
    ) -> Result<(Admission, Wake), AttachError> {
        let asked = me.take(Requests::DROP | Requests::STOP);
        if is_free(word) {
            return self.halt(word, me);
        }
        if !asked.contains(Requests::DROP) || self.discipline.next().is_none() {
            return Ok((Admission::Attached, Wake::none()));
        }
        me.seat.sit();
        let next = self.discipline.serve();
        self.discipline.enqueue(Arc::clone(me), Arrival::Forced);
        let wake = self.attach_other(word, next);
        Ok((Admission::Waits(self.switches), wake))
    }

    /// Gives the lock to the next in turn.
    fn hand_over(&mut self, word: &AtomicU64) -> Wake {
        let next = self.discipline.serve();
        self.attach_other(word, next)
    }

    fn attach_other(&mut self, word: &AtomicU64, next: Option<Arc<Thread>>) -> Wake {
        let mut wake = Wake::none();
        let Some(next) = next else { return wake };
        // Release: pairs with the acquire of the next thread that passes by the mutex.
        let _ = word::update(word, Ordering::Release, |w| {
            Some(word::flags(w) | next.held())
        });
        self.settle_flag(word);
        self.switches += 1;
        wake.add(next.seat.settle(seat::GRANTED));
        wake
    }

    /// Where mutual exclusion is off: the thread is at a safe point while the world is stopped.
    fn halt(
        &mut self,
        word: &AtomicU64,
        me: &Arc<Thread>,
    ) -> Result<(Admission, Wake), AttachError> {
        // Relaxed: the flag changes under the mutex.
        if word.load(Ordering::Relaxed) & STOPPED == 0 {
            return Ok((Admission::Attached, Wake::none()));
        }
        me.seat.sit();
        self.halted.push(Arc::clone(me));
        Ok((Admission::Waits(self.switches), self.count_out(word)))
    }

    /// Where mutual exclusion is off: one thread fewer is attached. The last one but the thread
    /// that stops the world wakes that one.
    fn count_out(&mut self, word: &AtomicU64) -> Wake {
        let mut wake = Wake::none();
        // Release: the stopping thread sees what this one did while attached.
        let before = word::update(word, Ordering::Release, |w| Some(w - ONE));
        let left = before.map_or(0, |w| word::attached(w - ONE));
        if left == 1
            && let Some(stopper) = &self.stopper
        {
            wake.add(stopper.seat.settle(seat::GRANTED));
        }
        wake
    }

    /// Clears `QUEUED` if nobody waits.
    fn settle_flag(&self, word: &AtomicU64) {
        if self.discipline.next().is_none() {
            // Relaxed: the flag publishes nothing.
            word.fetch_and(!QUEUED, Ordering::Relaxed);
        }
    }

    fn is_closed_to(&self, me: &Arc<Thread>) -> bool {
        self.finaliser
            .as_ref()
            .is_some_and(|finaliser| !Arc::ptr_eq(finaliser, me))
    }
}

fn is_free(word: &AtomicU64) -> bool {
    // Relaxed: the flag changes under the mutex.
    word.load(Ordering::Relaxed) & FREE != 0
}
