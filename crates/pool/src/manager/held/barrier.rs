//! A place where a number of callers meet.

use std::collections::HashMap;

use super::{Caller, Step, Ticket, Turn};
use crate::manager::wire::{Answer, BarrierCall, Refusal, Reply};

pub(super) struct Barrier {
    parties: u64,
    /// Those who have come, in that order.
    waiting: Vec<Ticket>,
    /// What those who waited are to be told.
    outcomes: HashMap<Ticket, Reply>,
    is_broken: bool,
}

impl Barrier {
    pub(super) fn new(parties: u64) -> Self {
        Self {
            parties,
            waiting: Vec::new(),
            outcomes: HashMap::new(),
            is_broken: false,
        }
    }

    pub(super) fn step(&mut self, call: BarrierCall, caller: Caller, turn: Turn) -> Step {
        match call {
            BarrierCall::Wait => self.wait(caller.ticket, turn),
            BarrierCall::Reset | BarrierCall::Abort => {
                self.send_away();
                self.is_broken = matches!(call, BarrierCall::Abort);
                Step::answer(Answer::Done)
            }
            BarrierCall::Waiting => Step::answer(Answer::Count(self.waiting.len() as u64)),
            BarrierCall::Parties => Step::answer(Answer::Count(self.parties)),
            BarrierCall::IsBroken => Step::answer(Answer::Is(self.is_broken)),
        }
    }

    fn wait(&mut self, ticket: Ticket, turn: Turn) -> Step {
        if let Some(outcome) = self.outcomes.remove(&ticket) {
            return Step::Answered(outcome);
        }
        match turn {
            Turn::First if self.is_broken => return Step::refuse(Refusal::BrokenBarrier),
            Turn::First => self.waiting.push(ticket),
            Turn::Again => (),
            // It leaves without the others, who will not be enough.
            Turn::Expired => {
                self.break_up(ticket);
                return Step::refuse(Refusal::BrokenBarrier);
            }
        }
        if self.waiting.len() as u64 == self.parties {
            let told = (0..).map(|place| Ok(Answer::Count(place)));
            self.outcomes.extend(self.waiting.drain(..).zip(told));
            // The last one to come is among them.
            return self.wait(ticket, Turn::Again);
        }
        Step::Waits
    }

    fn send_away(&mut self) {
        let broken = self.waiting.drain(..);
        let told = broken.map(|ticket| (ticket, Err(Refusal::BrokenBarrier)));
        self.outcomes.extend(told);
    }

    fn break_up(&mut self, ticket: Ticket) {
        self.waiting.retain(|other| *other != ticket);
        self.send_away();
        self.is_broken = true;
    }

    /// One who waited is gone.
    pub(super) fn abandon(&mut self, ticket: Ticket) {
        if self.outcomes.remove(&ticket).is_none() && self.waiting.contains(&ticket) {
            self.break_up(ticket);
        }
    }
}

#[cfg(all(test, not(selvedge_loom)))]
mod tests {
    use super::super::tests::{answer, caller, refusal};
    use super::*;

    fn step(barrier: &mut Barrier, call: BarrierCall, ticket: u64, turn: Turn) -> Step {
        barrier.step(call, caller(1, 1, ticket), turn)
    }

    fn wait(barrier: &mut Barrier, ticket: u64, turn: Turn) -> Step {
        step(barrier, BarrierCall::Wait, ticket, turn)
    }

    fn broken() -> Step {
        refusal(Refusal::BrokenBarrier)
    }

    fn count(barrier: &mut Barrier, call: BarrierCall) -> Step {
        step(barrier, call, 99, Turn::First)
    }

    #[test]
    fn parties_meet_and_meet_again() {
        let mut barrier = Barrier::new(3);
        for round in [0, 10] {
            assert_eq!(wait(&mut barrier, round, Turn::First), Step::Waits);
            assert_eq!(wait(&mut barrier, round + 1, Turn::First), Step::Waits);
            assert_eq!(wait(&mut barrier, round, Turn::Again), Step::Waits);
            assert_eq!(
                count(&mut barrier, BarrierCall::Waiting),
                answer(Answer::Count(2))
            );
            let last = wait(&mut barrier, round + 2, Turn::First);
            assert_eq!(last, answer(Answer::Count(2)));
            for place in [0, 1] {
                let told = wait(&mut barrier, round + place, Turn::Again);
                assert_eq!(told, answer(Answer::Count(place)));
            }
        }
        assert_eq!(
            count(&mut barrier, BarrierCall::Parties),
            answer(Answer::Count(3))
        );
        assert_eq!(
            count(&mut barrier, BarrierCall::IsBroken),
            answer(Answer::Is(false))
        );
    }

    #[test]
    fn one_who_leaves_breaks_it_for_the_others() {
        type Leave = fn(&mut Barrier);
        let ways: [Leave; 3] = [
            |barrier| assert_eq!(wait(barrier, 2, Turn::Expired), broken()),
            |barrier| barrier.abandon(Ticket(2)),
            |barrier| {
                let done = step(barrier, BarrierCall::Abort, 3, Turn::First);
                assert_eq!(done, answer(Answer::Done));
                assert_eq!(wait(barrier, 2, Turn::Again), broken());
            },
        ];
        for leave in ways {
            let mut barrier = Barrier::new(3);
            wait(&mut barrier, 1, Turn::First);
            wait(&mut barrier, 2, Turn::First);
            leave(&mut barrier);
            assert_eq!(wait(&mut barrier, 1, Turn::Again), broken());
            assert_eq!(wait(&mut barrier, 4, Turn::First), broken());
            assert_eq!(
                count(&mut barrier, BarrierCall::IsBroken),
                answer(Answer::Is(true))
            );
            assert_eq!(
                count(&mut barrier, BarrierCall::Waiting),
                answer(Answer::Count(0))
            );
            assert!(barrier.outcomes.is_empty());
        }
    }

    #[test]
    fn reset_sends_away_who_waits_and_mends() {
        let mut barrier = Barrier::new(2);
        wait(&mut barrier, 1, Turn::First);
        let done = step(&mut barrier, BarrierCall::Reset, 2, Turn::First);
        assert_eq!(done, answer(Answer::Done));
        assert_eq!(wait(&mut barrier, 1, Turn::Again), broken());
        assert_eq!(wait(&mut barrier, 3, Turn::First), Step::Waits);
        assert_eq!(wait(&mut barrier, 4, Turn::First), answer(Answer::Count(1)));
    }

    #[test]
    fn one_who_is_gone_after_the_meeting_breaks_nothing() {
        let mut barrier = Barrier::new(2);
        wait(&mut barrier, 1, Turn::First);
        wait(&mut barrier, 2, Turn::First);
        barrier.abandon(Ticket(1));
        assert_eq!(
            count(&mut barrier, BarrierCall::IsBroken),
            answer(Answer::Is(false))
        );
        assert!(barrier.outcomes.is_empty());
    }
}
