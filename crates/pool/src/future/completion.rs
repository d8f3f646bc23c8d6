//! The state of a future in one word, and who waits for it to change.
//!
//! | bits | name | set by | cleared by |
//! | --- | --- | --- | --- |
//! | 0–1 | state | the table below | the table below |
//! | 2 | `WAITED` | a waiter, with the list's mutex held | never: it only says "look at the list" |
//! | 3 | `CALLBACKS` | who adds a callback, while the future is not done | the completer, once all have run |
//!
//! | from | to | by |
//! | --- | --- | --- |
//! | pending 0 | running 1 | whoever claims the task |
//! | pending 0 | cancelled 2 | any handle |
//! | running 1 | pending 0 | who claimed the task and has not begun it after all |
//! | pending 0, running 1 | finished 3 | whoever holds the producing half |
//!
//! Cancelled and finished are "done" and final. "Settled" is done with `CALLBACKS` clear: from
//! then on nobody but the future's handle looks at the result, so the handle may move it out.
//!
//! Covering models: `future_models.rs`, all of it.

use core::task::Waker;
use selvedge_sync::seam::atomic::{AtomicU32, Ordering};
use selvedge_sync::seam::clock::Instant;
use selvedge_sync::seam::{Arc, Mutex, Parker, Unparker, bounds, hint, thread};

use crate::gather::Gathering;

const STATE: u32 = 0b11;
const PENDING: u32 = 0;
const RUNNING: u32 = 1;
const CANCELLED: u32 = 2;
const FINISHED: u32 = 3;
const WAITED: u32 = 1 << 2;
const CALLBACKS: u32 = 1 << 3;

/// Where a future stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Pending,
    Running,
    Cancelled,
    Finished,
}

/// What a waiter waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Until {
    Done,
    Settled,
}

impl Until {
    fn reached(self, word: u32) -> bool {
        word & STATE >= CANCELLED && (self == Until::Done || word & CALLBACKS == 0)
    }
}

/// Whom to tell.
pub(crate) enum Waiter {
    Thread(Unparker),
    Task(Waker),
    Gathering(Arc<Gathering>, usize),
}

/// Names a registered waiter, so that it can be taken off the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ticket(u32);

#[derive(Default)]
struct Waiters {
    issued: u32,
    list: Vec<(Ticket, Waiter)>,
}

/// Waiters to be told, now that no mutex is held.
#[must_use = "waiters that are not woken sleep for ever"]
pub(crate) struct Wakeups(Vec<(Ticket, Waiter)>);

impl Wakeups {
    const NONE: Self = Self(Vec::new());

    pub(crate) fn fire(self) {
        for (_, waiter) in self.0 {
            match waiter {
                Waiter::Thread(thread) => thread.unpark(),
                Waiter::Task(waker) => waker.wake(),
                Waiter::Gathering(gathering, index) => gathering.arrived(index).fire(),
            }
        }
    }
}

/// What the caller has brought about: the waiters to wake, then the callbacks to run, then
/// [`Completion::settle`].
#[must_use = "waiters are to be woken and callbacks run"]
pub(crate) struct Completed {
    pub(crate) wakeups: Wakeups,
    pub(crate) callbacks: bool,
}

pub(crate) struct Completion {
    word: AtomicU32,
    waiters: Mutex<Waiters>,
}

impl Completion {
    pub(crate) fn new() -> Self {
        Self {
            word: AtomicU32::new(PENDING),
            waiters: Mutex::new(Waiters::default()),
        }
    }

    pub(crate) fn state(&self) -> State {
        // Acquire: whoever sees "finished" may read the result, which was written before.
        match self.word.load(Ordering::Acquire) & STATE {
            PENDING => State::Pending,
            RUNNING => State::Running,
            CANCELLED => State::Cancelled,
            _ => State::Finished,
        }
    }

    pub(crate) fn reached(&self, until: Until) -> bool {
        // Acquire: as in `state`; and for "settled", what callbacks did is over.
        until.reached(self.word.load(Ordering::Acquire))
    }

    /// Pending to running. Whoever succeeds is the only one to run the task.
    pub(crate) fn claim(&self) -> bool {
        self.step(|state| (state == PENDING).then_some(RUNNING))
            .is_some()
    }

    /// Running to pending, by whoever claimed the task.
    pub(crate) fn unclaim(&self) {
        // Relaxed: who claims the task next got it from this claimer.
        self.word.fetch_and(!RUNNING, Ordering::Relaxed);
    }

    /// Pending to cancelled. Whoever succeeds is the only one to dispose of the task.
    pub(crate) fn cancel(&self) -> Option<Completed> {
        self.step(|state| (state == PENDING).then_some(CANCELLED))
            .map(|before| self.completed(before))
    }

    /// Pending or running to finished; `None` if it was cancelled. The result is in its cell.
    pub(crate) fn finish(&self) -> Option<Completed> {
        self.step(|state| (state <= RUNNING).then_some(FINISHED))
            .map(|before| self.completed(before))
    }

    /// Says that all callbacks have run, and gives up those who waited for that.
    pub(crate) fn settle(&self) -> Wakeups {
        let mut waiters = self.waiters.lock();
        // mutant: equivalent, atomicity: the state is final, and the one change that is made to
        // the other bits from then on, a waiter's, is made with the same mutex held.
        // Release: what the callbacks read of the result comes before its taker moves it out.
        self.word.fetch_and(!CALLBACKS, Ordering::Release);
        Wakeups(core::mem::take(&mut waiters.list))
    }

    /// Announces a callback; false if the future is done, so that it is to be run at once. The
    /// caller holds the mutex of the callbacks from before this call until it has added its own.
    pub(crate) fn announce_callback(&self) -> bool {
        self.set_unless(CALLBACKS, Until::Done)
    }

    /// Adds `waiter`; `None` if there is nothing to wait for any more.
    pub(crate) fn register(&self, until: Until, waiter: Waiter) -> Option<Ticket> {
        let mut waiters = self.waiters.lock();
        // With the mutex held from here to the end: a completer that sees the bit finds the entry.
        if !self.set_unless(WAITED, until) {
            return None;
        }
        waiters.issued = waiters.issued.wrapping_add(1);
        let ticket = Ticket(waiters.issued);
        waiters.list.push((ticket, waiter));
        Some(ticket)
    }

    /// Takes a waiter off the list, if it is still there.
    pub(crate) fn deregister(&self, ticket: Ticket) {
        let mut waiters = self.waiters.lock();
        let taken = waiters.list.iter().position(|(other, _)| *other == ticket);
        let taken = taken.map(|at| waiters.list.swap_remove(at));
        drop(waiters);
        // A waker's destructor is foreign code: it runs with no mutex held.
        drop(taken);
    }

    /// Blocks the calling thread; returns whether what it waits for has come by `deadline`.
    pub(crate) fn block(&self, until: Until, deadline: Option<Instant>) -> bool {
        if self.reached(until) || self.spin(until) {
            return true;
        }
        let parker = Parker::new();
        loop {
            let waiter = Waiter::Thread(parker.unparker());
            let Some(ticket) = self.register(until, waiter) else {
                return true;
            };
            match deadline {
                None => parker.park(),
                Some(deadline) => {
                    if !parker.park_until(deadline) {
                        self.deregister(ticket);
                        return self.reached(until);
                    }
                }
            }
        }
    }

    fn spin(&self, until: Until) -> bool {
        if thread::available_parallelism() == 1 {
            return false;
        }
        (0..bounds::SPINS).any(|_| {
            hint::spin_loop();
            self.reached(until)
        })
    }

    fn completed(&self, before: u32) -> Completed {
        Completed {
            wakeups: if before & WAITED == 0 {
                Wakeups::NONE
            } else {
                Wakeups(core::mem::take(&mut self.waiters.lock().list))
            },
            callbacks: before & CALLBACKS != 0,
        }
    }

    /// Changes the state as `next` says; returns the word before, or `None` if `next` refused.
    fn step(&self, next: impl Fn(u32) -> Option<u32>) -> Option<u32> {
        // A state has the bits of every state before it: they need not be cleared.
        // Release: the result comes before the state that speaks of it. Relaxed otherwise: the
        // lists that the other bits speak of have mutexes of their own, the code of a task comes
        // with the handle to it, and who is refused goes by `state`.
        self.word
            .fetch_update(Ordering::Release, Ordering::Relaxed, |word| {
                Some(word | next(word & STATE)?)
            })
            .ok()
    }

    /// Sets `bit` unless `until` has been reached; returns whether it did.
    fn set_unless(&self, bit: u32, until: Until) -> bool {
        // Relaxed on success: the list the bit speaks of has a mutex of its own, which the
        // completer takes. Acquire on failure: for the caller it is done, and what came before
        // that is seen.
        self.word
            .fetch_update(Ordering::Relaxed, Ordering::Acquire, |word| {
                (!until.reached(word)).then_some(word | bit)
            })
            .is_ok()
    }
}
