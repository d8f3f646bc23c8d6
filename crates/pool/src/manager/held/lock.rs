//! Locks, semaphores and conditions.
//!
//! A lock without an owner and a semaphore are permits, which anybody may give back. A lock that
//! can be taken again by its owner has one, and is what a condition consists of.

use std::collections::{BTreeMap, VecDeque};

use super::{Caller, Session, Step, Ticket, Turn};
use crate::manager::wire::{Answer, LockCall, Refusal, ThreadId};

pub(super) enum Lock {
    Permits(Permits),
    Owned(Owned),
}

impl Lock {
    pub(super) fn plain() -> Self {
        Self::Permits(Permits::new(1, Some(Refusal::NotHeld)))
    }

    pub(super) fn semaphore(permits: u64, bounded: bool) -> Self {
        Self::Permits(Permits::new(permits, bounded.then_some(Refusal::TooMany)))
    }

    pub(super) fn reentrant() -> Self {
        Self::Owned(Owned::default())
    }

    pub(super) fn step(&mut self, call: LockCall, caller: Caller, turn: Turn) -> Step {
        match self {
            Self::Permits(it) => it.step(call, caller, turn),
            Self::Owned(it) => it.step(call, caller, turn),
        }
    }

    pub(super) fn abandon(&mut self, ticket: Ticket) {
        match self {
            Self::Permits(_) => (),
            Self::Owned(it) => it.abandon(ticket),
        }
    }

    pub(super) fn forget(&mut self, session: Session) {
        match self {
            Self::Permits(it) => it.forget(session),
            Self::Owned(it) => it.forget(session),
        }
    }
}

pub(super) struct Permits {
    free: u64,
    /// How many there were at first, and what is said to one who gives back more; if that counts.
    most: Option<(u64, Refusal)>,
    /// How many each client has.
    holders: BTreeMap<Session, u64>,
}

impl Permits {
    fn new(permits: u64, refusal: Option<Refusal>) -> Self {
        Self {
            free: permits,
            most: refusal.map(|refusal| (permits, refusal)),
            holders: BTreeMap::new(),
        }
    }

    fn step(&mut self, call: LockCall, caller: Caller, turn: Turn) -> Step {
        match call {
            LockCall::Acquire if self.free == 0 => Step::wait_or(turn, Answer::Is(false)),
            LockCall::Acquire => {
                self.free -= 1;
                *self.holders.entry(caller.session).or_default() += 1;
                Step::answer(Answer::Is(true))
            }
            LockCall::Release => match &self.most {
                Some((most, refusal)) if self.free >= *most => Step::refuse(refusal.clone()),
                _ => {
                    self.give_back(caller.session);
                    Step::answer(Answer::Done)
                }
            },
            LockCall::Wait | LockCall::Notify(_) => Step::refuse(Refusal::Misfit),
        }
    }

    /// One permit more; one that its giver has, or else one that another has.
    fn give_back(&mut self, session: Session) {
        self.free += 1;
        let holder = if self.holders.contains_key(&session) {
            Some(session)
        } else {
            self.holders.keys().next().copied()
        };
        if let Some(holder) = holder
            && let Some(held) = self.holders.get_mut(&holder)
        {
            *held -= 1;
            if *held == 0 {
                self.holders.remove(&holder);
            }
        }
    }

    fn forget(&mut self, session: Session) {
        self.free += self.holders.remove(&session).unwrap_or(0);
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Owner {
    session: Session,
    thread: ThreadId,
}

impl From<Caller> for Owner {
    fn from(caller: Caller) -> Self {
        Self {
            session: caller.session,
            thread: caller.thread,
        }
    }
}

#[derive(Default)]
pub(super) struct Owned {
    /// Who has it, and how many times over.
    held: Option<(Owner, u64)>,
    /// Those who wait for a notification, and how many times over each had the lock.
    parked: VecDeque<(Ticket, u64)>,
    /// Those who only wait for the lock again: the same, and whether they were notified.
    returning: BTreeMap<Ticket, (u64, bool)>,
}

impl Owned {
    fn step(&mut self, call: LockCall, caller: Caller, turn: Turn) -> Step {
        let owner = Owner::from(caller);
        match call {
            LockCall::Acquire => match &mut self.held {
                None => {
                    self.held = Some((owner, 1));
                    Step::answer(Answer::Is(true))
                }
                Some((holder, depth)) if *holder == owner => {
                    *depth += 1;
                    Step::answer(Answer::Is(true))
                }
                Some(_) => Step::wait_or(turn, Answer::Is(false)),
            },
            LockCall::Wait if turn != Turn::First => self.come_back(caller, turn),
            _ => match &mut self.held {
                Some((holder, depth)) if *holder == owner => {
                    let depth = *depth;
                    self.by_holder(call, caller, depth)
                }
                _ => Step::refuse(Refusal::NotHeld),
            },
        }
    }

    fn by_holder(&mut self, call: LockCall, caller: Caller, depth: u64) -> Step {
        match call {
            LockCall::Wait => {
                self.held = None;
                self.parked.push_back((caller.ticket, depth));
                Step::Waits
            }
            LockCall::Notify(count) => {
                self.notify(count);
                Step::answer(Answer::Done)
            }
            LockCall::Acquire | LockCall::Release => {
                self.held = (depth > 1).then(|| (caller.into(), depth - 1));
                Step::answer(Answer::Done)
            }
        }
    }

    fn notify(&mut self, count: u64) {
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let count = count.min(self.parked.len());
        let notified = self.parked.drain(..count);
        let notified = notified.map(|(ticket, depth)| (ticket, (depth, true)));
        self.returning.extend(notified);
    }

    /// By one who waits: takes the lock again if it was notified, or waits no more.
    fn come_back(&mut self, caller: Caller, turn: Turn) -> Step {
        let ticket = caller.ticket;
        if turn == Turn::Expired
            && let Some(place) = self.parked.iter().position(|(other, _)| *other == ticket)
            && let Some((_, depth)) = self.parked.remove(place)
        {
            self.returning.insert(ticket, (depth, false));
        }
        match self.returning.get(&ticket) {
            Some((depth, notified)) if self.held.is_none() => {
                let (depth, notified) = (*depth, *notified);
                self.returning.remove(&ticket);
                self.held = Some((caller.into(), depth));
                Step::answer(Answer::Is(notified))
            }
            // However late it is: it does not come back without the lock.
            _ => Step::Waits,
        }
    }

    fn abandon(&mut self, ticket: Ticket) {
        self.parked.retain(|(other, _)| *other != ticket);
        if let Some((_, true)) = self.returning.remove(&ticket) {
            // Another one is to have the notification.
            self.notify(1);
        }
    }

    fn forget(&mut self, session: Session) {
        if self.held.is_some_and(|(owner, _)| owner.session == session) {
            self.held = None;
        }
    }
}

#[cfg(all(test, not(selvedge_loom)))]
mod tests {
    use super::super::tests::{answer, caller, refusal};
    use super::*;

    const FIRST: Turn = Turn::First;

    fn yes() -> Step {
        answer(Answer::Is(true))
    }

    fn no() -> Step {
        answer(Answer::Is(false))
    }

    fn done() -> Step {
        answer(Answer::Done)
    }

    /// A step by a thread, which is a client of its own.
    fn by(lock: &mut Lock, thread: u64, call: LockCall, turn: Turn) -> Step {
        lock.step(call, caller(thread, 1, thread), turn)
    }

    fn acquire(lock: &mut Lock, thread: u64) -> Step {
        by(lock, thread, LockCall::Acquire, FIRST)
    }

    fn release(lock: &mut Lock, thread: u64) -> Step {
        by(lock, thread, LockCall::Release, FIRST)
    }

    #[test]
    fn plain_lock_has_one_holder_and_may_be_released_by_any() {
        let mut lock = Lock::plain();
        assert_eq!(release(&mut lock, 1), refusal(Refusal::NotHeld));
        assert_eq!(acquire(&mut lock, 1), yes());
        assert_eq!(acquire(&mut lock, 1), Step::Waits);
        assert_eq!(by(&mut lock, 2, LockCall::Acquire, Turn::Expired), no());
        assert_eq!(release(&mut lock, 2), done());
        // It was the other's: nothing of it is left to be forgotten.
        lock.forget(Session(1));
        assert_eq!(acquire(&mut lock, 2), yes());
        assert_eq!(acquire(&mut lock, 3), Step::Waits);
        for call in [LockCall::Wait, LockCall::Notify(1)] {
            assert_eq!(by(&mut lock, 2, call, FIRST), refusal(Refusal::Misfit));
        }
    }

    #[test]
    fn semaphore_counts_and_a_bounded_one_knows_its_bound() {
        for bounded in [false, true] {
            let mut lock = Lock::semaphore(2, bounded);
            assert_eq!(
                (acquire(&mut lock, 1), acquire(&mut lock, 1)),
                (yes(), yes())
            );
            assert_eq!(acquire(&mut lock, 2), Step::Waits);
            assert_eq!(
                (release(&mut lock, 1), release(&mut lock, 1)),
                (done(), done())
            );
            let third = if bounded {
                refusal(Refusal::TooMany)
            } else {
                done()
            };
            assert_eq!(release(&mut lock, 1), third);
        }
    }

    #[test]
    fn permits_of_one_who_is_gone_are_free() {
        let mut lock = Lock::semaphore(3, true);
        for client in [1, 1, 2] {
            assert_eq!(acquire(&mut lock, client), yes());
        }
        lock.forget(Session(1));
        assert_eq!(
            (acquire(&mut lock, 3), acquire(&mut lock, 3)),
            (yes(), yes())
        );
        assert_eq!(acquire(&mut lock, 3), Step::Waits);
        lock.forget(Session(1));
        assert_eq!(acquire(&mut lock, 3), Step::Waits);
    }

    #[test]
    fn owner_takes_its_lock_again_and_no_other_thread_releases_it() {
        let mut lock = Lock::reentrant();
        assert_eq!(
            (acquire(&mut lock, 1), acquire(&mut lock, 1)),
            (yes(), yes())
        );
        // Another thread of the same client.
        let other = lock.step(LockCall::Release, caller(1, 2, 9), FIRST);
        assert_eq!(other, refusal(Refusal::NotHeld));
        assert_eq!(release(&mut lock, 1), done());
        assert_eq!(acquire(&mut lock, 2), Step::Waits);
        assert_eq!(by(&mut lock, 2, LockCall::Acquire, Turn::Expired), no());
        assert_eq!(release(&mut lock, 1), done());
        assert_eq!(release(&mut lock, 1), refusal(Refusal::NotHeld));
        assert_eq!(by(&mut lock, 2, LockCall::Acquire, Turn::Again), yes());
        lock.forget(Session(1));
        assert_eq!(acquire(&mut lock, 1), Step::Waits);
        lock.forget(Session(2));
        assert_eq!(by(&mut lock, 1, LockCall::Acquire, Turn::Again), yes());
    }

    fn wait(lock: &mut Lock, thread: u64, turn: Turn) -> Step {
        by(lock, thread, LockCall::Wait, turn)
    }

    fn notify(lock: &mut Lock, thread: u64, count: u64) -> Step {
        by(lock, thread, LockCall::Notify(count), FIRST)
    }

    /// A condition that the threads given wait for.
    fn waited_for(threads: &[u64]) -> Lock {
        let mut lock = Lock::reentrant();
        for thread in threads {
            acquire(&mut lock, *thread);
            acquire(&mut lock, *thread);
            assert_eq!(wait(&mut lock, *thread, FIRST), Step::Waits);
        }
        lock
    }

    #[test]
    fn notified_waiters_come_back_in_turn_with_the_lock_as_they_had_it() {
        let mut lock = waited_for(&[1, 2, 3]);
        assert_eq!(wait(&mut lock, 4, FIRST), refusal(Refusal::NotHeld));
        assert_eq!(notify(&mut lock, 4, 1), refusal(Refusal::NotHeld));
        acquire(&mut lock, 4);
        assert_eq!(notify(&mut lock, 4, 2), done());
        assert_eq!(wait(&mut lock, 1, Turn::Again), Step::Waits);
        release(&mut lock, 4);
        assert_eq!(wait(&mut lock, 3, Turn::Again), Step::Waits);
        assert_eq!(wait(&mut lock, 1, Turn::Again), yes());
        assert_eq!(wait(&mut lock, 2, Turn::Again), Step::Waits);
        // Twice over, as it was.
        assert_eq!(
            (release(&mut lock, 1), release(&mut lock, 1)),
            (done(), done())
        );
        assert_eq!(release(&mut lock, 1), refusal(Refusal::NotHeld));
        assert_eq!(wait(&mut lock, 2, Turn::Again), yes());
    }

    #[test]
    fn late_waiter_comes_back_with_the_lock_too() {
        let mut lock = waited_for(&[1]);
        acquire(&mut lock, 2);
        assert_eq!(wait(&mut lock, 1, Turn::Expired), Step::Waits);
        // Too late for it.
        notify(&mut lock, 2, 1);
        release(&mut lock, 2);
        assert_eq!(wait(&mut lock, 1, Turn::Again), no());
        assert_eq!(release(&mut lock, 1), done());
    }

    #[test]
    fn notification_of_one_who_is_gone_passes_to_the_next() {
        let mut lock = waited_for(&[1, 2, 3, 4]);
        lock.abandon(Ticket(2));
        acquire(&mut lock, 5);
        notify(&mut lock, 5, 1);
        release(&mut lock, 5);
        lock.abandon(Ticket(1));
        assert_eq!(wait(&mut lock, 4, Turn::Again), Step::Waits);
        assert_eq!(wait(&mut lock, 3, Turn::Again), yes());
        // One that had come too late has none to pass on.
        wait(&mut lock, 4, Turn::Expired);
        acquire(&mut lock, 3);
        lock.abandon(Ticket(4));
        lock.forget(Session(3));
        assert_eq!(acquire(&mut lock, 6), yes());
    }
}
