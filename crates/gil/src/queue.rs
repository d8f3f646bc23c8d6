//! Who waits, and every decision about who is attached next. All of it happens under one mutex.

use crate::error::AttachError;
use crate::lock::{LONGEST_LOAN, Patience};
use crate::policy::{Arrival, Asks, Discipline};
use crate::requests::Requests;
use crate::seat::{self, Seat, Wake};
use crate::stats::{Stats, ThreadStats};
use crate::thread::{Slot, Thread, ThreadId, ThreadSetup};
use crate::word::{self, CLOSED, FREE, ONE, QUEUED, STOPPED};
use selvedge_sync::seam::atomic::{AtomicU64, Ordering};
use selvedge_sync::seam::{Arc, Unparker};

#[derive(Debug)]
pub(crate) struct Queue {
    /// The registered threads, by slot.
    threads: Vec<Option<Arc<Thread>>>,
    registered: u64,
    /// What the threads counted that are registered no longer.
    /// Boxed, so that what every hand-over touches is close together.
    departed: Box<ThreadStats>,
    discipline: Box<dyn Discipline>,
    /// The slot of the thread that let go of the lock last, while the lock is free and others
    /// wait: if it comes back first, its hold has not ended.
    freed_by: Option<Slot>,
    /// Who waits for the world to go on, where mutual exclusion is off.
    halted: Vec<Arc<Thread>>,
    /// Who stops the world, and sleeps until it is the only one attached.
    stopper: Option<Arc<Thread>>,
    /// Who finalises: the one thread that may attach once `CLOSED`.
    finaliser: Option<Arc<Thread>>,
}

/// Whether the thread is attached, or has to wait.
#[derive(Debug)]
pub(crate) enum Admission {
    Attached,
    Waits(Wait),
}

/// How a wait goes on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wait {
    pub(crate) arrival: Arrival,
    pub(crate) asks: Asks,
    /// Whether it may pay to look before sleeping: the holder runs elsewhere.
    pub(crate) looks: bool,
    /// Who was asked to let go as soon as the wait began.
    pub(crate) asked: Option<ThreadId>,
    /// The count of turns when the waiter last looked whether to ask.
    turns: u64,
}

/// What a thread that let go of the lock left behind.
#[derive(Debug)]
pub(crate) struct Released {
    pub(crate) wake: Wake,
    /// The lock is free although threads wait: they sleep, and it may come back before them.
    pub(crate) on_loan: bool,
}

impl Queue {
    pub(crate) fn new(discipline: Box<dyn Discipline>) -> Self {
        Self {
            threads: Vec::new(),
            registered: 0,
            departed: Box::default(),
            discipline,
            freed_by: None,
            halted: Vec::new(),
            stopper: None,
            finaliser: None,
        }
    }

    pub(crate) fn register(&mut self, unparker: Unparker, setup: ThreadSetup) -> Arc<Thread> {
        self.registered += 1;
        let id = ThreadId(self.registered);
        let slot = self.threads.iter().position(Option::is_none);
        let slot = slot.unwrap_or_else(|| {
            self.threads.push(None);
            self.threads.len() - 1
        });
        let thread = Thread::new(slot as u32, id, Seat::new(unparker), setup);
        let thread = Arc::new(thread);
        self.threads[slot] = Some(Arc::clone(&thread));
        thread
    }

    pub(crate) fn deregister(&mut self, thread: &Thread) {
        self.threads[thread.slot as usize] = None;
        // The slot's next thread is not the one that lent the lock.
        self.freed_by = self.freed_by.filter(|slot| *slot != thread.slot);
        self.departed.add(thread);
    }

    pub(crate) fn stats(&self) -> Stats {
        Stats {
            threads: self
                .threads
                .iter()
                .flatten()
                .map(|thread| ThreadStats::of(thread))
                .collect(),
            departed: (*self.departed).clone(),
        }
    }

    /// A queue for the child of a fork, in which `me` is the only thread.
    pub(crate) fn after_fork(
        discipline: Box<dyn Discipline>,
        me: &Arc<Thread>,
        closed: bool,
    ) -> Self {
        let slot = me.slot as usize;
        let mut queue = Self::new(discipline);
        queue.threads = vec![None; slot + 1];
        queue.threads[slot] = Some(Arc::clone(me));
        queue.registered = me.id.get();
        queue.finaliser = closed.then(|| Arc::clone(me));
        queue.discipline.turn(me, Arrival::Fresh);
        queue
    }

    /// Attaches the thread, or has it wait.
    pub(crate) fn admit(
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
            let wait = self.wait(arrival);
            return Ok((Admission::Waits(wait), Wake::none()));
        }
        // Relaxed: the mutex orders the flag against the release that will look for it.
        word.fetch_or(QUEUED, Ordering::Relaxed);
        if self.take_if_free(word, me, arrival) {
            // Whoever held it let go between the two looks.
            return Ok((Admission::Attached, Wake::none()));
        }
        let holder = holder(&self.threads, word);
        let wait = enqueue(&mut *self.discipline, holder, me, arrival);
        Ok((Admission::Waits(wait), self.hand_over_if_idle(word)))
    }

    /// Takes the lock if it is free and nobody goes before, or counts the thread in if there is
    /// no lock and the world is not stopped.
    fn take_if_free(&mut self, word: &AtomicU64, me: &Arc<Thread>, arrival: Arrival) -> bool {
        let own = self.freed_by == Some(me.slot);
        let next = self.discipline.next();
        let passes =
            next.is_none_or(|next| next == me.slot) || self.discipline.may_pass(arrival, own);
        // Acquire: pairs with the release of whoever detached last.
        let taken = word::update(word, Ordering::Acquire, |w| {
            if w & FREE != 0 {
                (w & STOPPED == 0).then_some(w + ONE)
            } else {
                (passes && word::attached(w) == 0).then(|| w | me.held())
            }
        });
        let Ok(before) = taken else { return false };
        if before & FREE == 0 {
            if !own {
                self.discipline.turn(me, arrival);
            }
            self.freed_by = None;
            self.settle_flag(word);
        }
        true
    }

    /// The wait of a thread that does not wait for the lock.
    fn wait(&self, arrival: Arrival) -> Wait {
        let asks = Asks::Never;
        Wait {
            arrival,
            asks,
            looks: true,
            asked: None,
            turns: self.discipline.turns(asks),
        }
    }

    /// The one to be served next.
    fn next(&self) -> Option<&Thread> {
        self.discipline
            .next()
            .map(|slot| &**thread(&self.threads, slot))
    }

    /// Where the lock is free, a newcomer may not pass, and nobody was told: the next in turn is
    /// attached, since the one that lent the lock cannot tell.
    fn hand_over_if_idle(&mut self, word: &AtomicU64) -> Wake {
        // Relaxed: with `QUEUED` set and the mutex held the occupancy stands still.
        let idle = word::attached(word.load(Ordering::Relaxed)) == 0;
        let told = self.next().is_none_or(|next| next.seat.is_nudged());
        if idle && !told {
            self.hand_over(word)
        } else {
            Wake::none()
        }
    }

    /// A waiter looks whether it can have the lock by itself.
    pub(crate) fn claim(&mut self, word: &AtomicU64, me: &Arc<Thread>, wait: &mut Wait) -> bool {
        wait.looks = is_elsewhere(holder(&self.threads, word), me);
        let unsettled = me.seat.rouse();
        let first = self.discipline.next() == Some(me.slot);
        unsettled && first && self.take_if_free(word, me, wait.arrival)
    }

    /// A waiter whose time is over stops waiting. Returns false if its wait has been settled.
    pub(crate) fn give_up(&mut self, word: &AtomicU64, me: &Arc<Thread>) -> bool {
        let waits = me.seat.is_awake();
        if waits {
            self.discipline.remove(me);
            self.halted.retain(|other| !Arc::ptr_eq(other, me));
            self.settle_flag(word);
        }
        waits
    }

    /// A waiter has waited for as long as it was to before it asks: if nobody had a turn
    /// meanwhile, the holder is asked to let go.
    /// Returns whom it asked.
    pub(crate) fn ask(
        &mut self,
        word: &AtomicU64,
        me: &Arc<Thread>,
        wait: &mut Wait,
    ) -> Option<ThreadId> {
        let turns = self.discipline.turns(wait.asks);
        let stood_still = core::mem::replace(&mut wait.turns, turns) == turns;
        if !me.seat.is_awake() || !stood_still {
            return None;
        }
        let holder = holder(&self.threads, word)?;
        let asks = self.discipline.overdue(me, Some(holder));
        asks.then(|| post_drop(holder, me))
    }

    /// The thread detaches of its own accord; `lends` if it is likely to be back at once, and
    /// waiters look again by themselves.
    pub(crate) fn release(&mut self, word: &AtomicU64, me: &Thread, lends: bool) -> Released {
        // A release that answers a request gives the lock to the next in turn, so that nobody
        // asks in vain; and the request is not to cost the next hold a switch.
        let asked = me.take(Requests::DROP).contains(Requests::DROP);
        if is_free(word) {
            let wake = self.count_out(word);
            return Released {
                wake,
                on_loan: false,
            };
        }
        if let Some(next) = self.next()
            && (asked || next.seat.is_awake())
        {
            let wake = self.hand_over(word);
            return Released {
                wake,
                on_loan: false,
            };
        }
        // Release: pairs with the acquire of whoever attaches next.
        word.store(self.flags(word), Ordering::Release);
        let mut wake = Wake::none();
        let next = self.next();
        let on_loan = next.is_some();
        wake.add(
            next.filter(|next| !lends || next.interval() > LONGEST_LOAN)
                .and_then(|next| next.seat.nudge()),
        );
        self.freed_by = on_loan.then_some(me.slot);
        Released { wake, on_loan }
    }

    /// The thread is at a safe point: it lets go if somebody has asked for that, or it `offers`.
    pub(crate) fn yield_to_next(
        &mut self,
        word: &AtomicU64,
        me: &Arc<Thread>,
        offers: bool,
    ) -> (Admission, Wake) {
        let asked = me.take(Requests::DROP | Requests::STOP);
        if is_free(word) {
            return self.halt(word, me);
        }
        let next = self.discipline.next();
        let Some(slot) = next.filter(|_| offers || asked.contains(Requests::DROP)) else {
            return (Admission::Attached, Wake::none());
        };
        me.counts.forced.add(1);
        me.seat.sit();
        // This thread queues before the next one is told: that one may be gone again at once, and
        // is to find that somebody waits.
        let next = thread(&self.threads, slot);
        self.discipline.turn(next, Arrival::Forced);
        let wait = enqueue(&mut *self.discipline, Some(next), me, Arrival::Forced);
        let wake = self.grant(word, slot);
        (Admission::Waits(wait), wake)
    }

    /// Gives the lock, which is free or the caller's, to the next in turn.
    fn hand_over(&mut self, word: &AtomicU64) -> Wake {
        let Some(slot) = self.discipline.next() else {
            return Wake::none();
        };
        self.discipline
            .turn(thread(&self.threads, slot), Arrival::Forced);
        self.grant(word, slot)
    }

    fn grant(&mut self, word: &AtomicU64, slot: Slot) -> Wake {
        self.freed_by = None;
        let next = thread(&self.threads, slot);
        // Relaxed: the next thread learns from its seat that it is attached, and that publishes
        // what was done before; nobody reads memory because of another's occupancy.
        word.store(self.flags(word) | next.held(), Ordering::Relaxed);
        let mut wake = Wake::none();
        wake.add(next.seat.settle(seat::GRANTED));
        wake
    }

    /// Where mutual exclusion is off: the thread is at a safe point; it waits while the world is
    /// stopped.
    fn halt(&mut self, word: &AtomicU64, me: &Arc<Thread>) -> (Admission, Wake) {
        // Relaxed: the flag changes under the mutex.
        if word.load(Ordering::Relaxed) & STOPPED == 0 {
            return (Admission::Attached, Wake::none());
        }
        me.seat.sit();
        self.halted.push(Arc::clone(me));
        let wait = self.wait(Arrival::Forced);
        (Admission::Waits(wait), self.count_out(word))
    }

    /// Where mutual exclusion is off: one thread fewer is attached. The last one but the thread
    /// that stops the world wakes that one.
    fn count_out(&mut self, word: &AtomicU64) -> Wake {
        let mut wake = Wake::none();
        // Relaxed: what this thread did while attached is seen by whoever takes the mutex after it:
        // the next one to be counted out, and so on to the last, whose `settle` publishes it all to
        // the stopping thread; and a thread that stops the world later.
        let before = word::update(word, Ordering::Relaxed, |w| Some(w - ONE));
        let left = before.map_or(0, |w| word::attached(w - ONE));
        if left == 1
            && let Some(stopper) = &self.stopper
        {
            wake.add(stopper.seat.settle(seat::GRANTED));
        }
        wake
    }

    /// Stops the world for `me`, which is attached.
    pub(crate) fn stop(&mut self, word: &AtomicU64, me: &Arc<Thread>) -> Stop {
        if !is_free(word) {
            // Nobody else is attached, and nobody will be while the caller stays.
            return Stop::Stopped;
        }
        // Relaxed: the flag changes under the mutex.
        if word.load(Ordering::Relaxed) & STOPPED != 0 {
            let (admission, wake) = self.halt(word, me);
            return Stop::AfterAnother(admission, wake);
        }
        me.seat.sit();
        self.stopper = Some(Arc::clone(me));
        // Acquire: what those did who left before is seen by the stopping thread.
        let before = word.fetch_or(STOPPED, Ordering::Acquire);
        if word::attached(before) == 1 {
            return Stop::Stopped;
        }
        let wait = self.wait(Arrival::Forced);
        for other in self
            .threads
            .iter()
            .flatten()
            .filter(|other| !Arc::ptr_eq(other, me))
        {
            other.post(Requests::STOP);
        }
        Stop::WaitsForOthers(wait)
    }

    /// The world goes on: whoever was halted is attached again, so that a stop that follows at
    /// once waits until each has been at another safe point.
    pub(crate) fn resume(&mut self, word: &AtomicU64) -> Wake {
        let mut wake = Wake::none();
        if !is_free(word) {
            // Nobody was kept from anything by more than the lock.
            return wake;
        }
        self.stopper = None;
        let halted = std::mem::take(&mut self.halted);
        // Relaxed: the word stands still while the world is stopped.
        let stopped = word.load(Ordering::Relaxed);
        // Release: those that attach from now on see what the stopping thread did.
        word.store(
            (stopped & !STOPPED) + ONE * halted.len() as u64,
            Ordering::Release,
        );
        for thread in halted {
            wake.add(thread.seat.settle(seat::GRANTED));
        }
        wake
    }

    /// Refuses everybody but `me` from now on. The world is stopped.
    pub(crate) fn close(&mut self, word: &AtomicU64, me: &Arc<Thread>) -> Wake {
        let mut wake = Wake::none();
        self.finaliser = Some(Arc::clone(me));
        // Relaxed: `finaliser` is what decides, and the mutex orders it. The word stands still
        // while the world is stopped.
        word.store(word.load(Ordering::Relaxed) | CLOSED, Ordering::Relaxed);
        while let Some(thread) = self.take_waiter() {
            wake.add(thread.seat.settle(seat::REFUSED));
        }
        self.settle_flag(word);
        wake
    }

    /// Switches mutual exclusion off: whoever waits is attached beside `me`, the holder.
    pub(crate) fn open(&mut self, word: &AtomicU64) -> Wake {
        let mut wake = Wake::none();
        let waiters: Vec<_> = std::iter::from_fn(|| self.take_waiter()).collect();
        let attached = 1 + waiters.len() as u64;
        // Release: those that attach from now on see what the holder did.
        word.store(
            (self.flags(word) | FREE) + ONE * attached,
            Ordering::Release,
        );
        for thread in waiters {
            wake.add(thread.seat.settle(seat::GRANTED));
        }
        wake
    }

    /// Switches mutual exclusion on: `me`, for which the world is stopped, holds the lock, and
    /// whoever is halted queues for it.
    pub(crate) fn shut(&mut self, word: &AtomicU64, me: &Arc<Thread>) -> Wake {
        let mut wake = Wake::none();
        self.stopper = None;
        // Relaxed: nobody else is attached, and the flags decide under the mutex.
        word.store(
            (self.flags(word) & !(FREE | STOPPED)) | me.held(),
            Ordering::Relaxed,
        );
        self.discipline.turn(me, Arrival::Fresh);
        for thread in std::mem::take(&mut self.halted) {
            wake.add(thread.seat.settle(seat::AGAIN));
        }
        wake
    }

    fn take_waiter(&mut self) -> Option<Arc<Thread>> {
        let next = self.discipline.next();
        let waiter = next.map(|slot| Arc::clone(thread(&self.threads, slot)));
        if let Some(waiter) = &waiter {
            self.discipline.remove(waiter);
        }
        waiter.or_else(|| self.halted.pop())
    }

    /// The word's flags, with `QUEUED` as the queue is now.
    fn flags(&self, word: &AtomicU64) -> u64 {
        // Relaxed: the flags change under the mutex.
        let flags = word::flags(word.load(Ordering::Relaxed)) & !QUEUED;
        if self.discipline.next().is_some() {
            flags | QUEUED
        } else {
            flags
        }
    }

    /// Clears `QUEUED` if nobody waits. The lock is held by then: whoever finds it free and waits
    /// takes it, or is the next in turn.
    fn settle_flag(&self, word: &AtomicU64) {
        // Relaxed: with `QUEUED` set and the mutex held the word stands still. So a plain store
        // will do, and as the lock is held, nobody attaches by what is stored here.
        let w = word.load(Ordering::Relaxed);
        if w & QUEUED != 0 && self.discipline.next().is_none() {
            word.store(w & !QUEUED, Ordering::Relaxed);
        }
    }

    fn is_closed_to(&self, me: &Arc<Thread>) -> bool {
        self.finaliser
            .as_ref()
            .is_some_and(|finaliser| !Arc::ptr_eq(finaliser, me))
    }
}

/// What came of trying to stop the world.
#[derive(Debug)]
pub(crate) enum Stop {
    Stopped,
    /// The last of the others to leave wakes the thread.
    WaitsForOthers(Wait),
    /// The thread is at a safe point of another stop; it is to try again after that.
    AfterAnother(Admission, Wake),
}

/// The thread that holds the lock, if it is held. Exact while `QUEUED` is set.
fn holder<'t>(threads: &'t [Option<Arc<Thread>>], word: &AtomicU64) -> Option<&'t Thread> {
    // Relaxed: with `QUEUED` set and the mutex held the occupancy stands still.
    let w = word.load(Ordering::Relaxed);
    if w & FREE != 0 {
        return None;
    }
    let slot = word::holder(w)?;
    threads.get(slot as usize)?.as_deref()
}

/// The thread in `slot`, which waits.
fn thread(threads: &[Option<Arc<Thread>>], slot: Slot) -> &Arc<Thread> {
    threads[slot as usize]
        .as_ref()
        .expect("who waits is registered")
}

/// `me` waits for the lock from now on, while `holder`, if anybody, holds it.
fn enqueue(
    discipline: &mut dyn Discipline,
    holder: Option<&Thread>,
    me: &Thread,
    arrival: Arrival,
) -> Wait {
    let asks = discipline.enqueue(me, arrival, holder);
    let asked = holder.filter(|_| asks == Asks::AtOnce);
    Wait {
        arrival,
        asks,
        looks: is_elsewhere(holder, me),
        asked: asked.map(|holder| post_drop(holder, me)),
        turns: discipline.turns(asks),
    }
}

/// Whether looking may pay: the holder, if any, does not keep the waiter's processor busy.
fn is_elsewhere(holder: Option<&Thread>, me: &Thread) -> bool {
    holder.is_none_or(|holder| !me.shares_processor_with(holder))
}

fn post_drop(holder: &Thread, me: &Thread) -> ThreadId {
    me.counts.asked.add(1);
    holder.post(Requests::DROP);
    holder.id
}

/// Whether mutual exclusion is off. Relaxed: the flag changes under the mutex.
pub(crate) fn is_free(word: &AtomicU64) -> bool {
    word.load(Ordering::Relaxed) & FREE != 0
}
