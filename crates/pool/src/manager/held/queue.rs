//! A queue of values.

use std::collections::VecDeque;

use super::{Step, Turn};
use crate::manager::wire::{Answer, Bytes, QueueCall, Refusal};

pub(super) struct Queue {
    values: VecDeque<Bytes>,
    /// How many values there may be; 0 says any number.
    capacity: u64,
    /// Values that were put and not reported as done, if that is counted.
    unfinished: Option<u64>,
}

impl Queue {
    pub(super) fn new(capacity: u64, joinable: bool) -> Self {
        Self {
            values: VecDeque::new(),
            capacity,
            unfinished: joinable.then_some(0),
        }
    }

    pub(super) fn step(&mut self, call: &QueueCall, turn: Turn) -> Step {
        match call {
            QueueCall::Length => Step::answer(Answer::Count(self.values.len() as u64)),
            QueueCall::Put(value) => {
                if self.capacity > 0 && self.values.len() as u64 >= self.capacity {
                    return Step::wait_or(turn, Answer::Is(false));
                }
                self.values.push_back(value.clone());
                if let Some(unfinished) = &mut self.unfinished {
                    *unfinished += 1;
                }
                Step::answer(Answer::Is(true))
            }
            QueueCall::Get => match self.values.pop_front() {
                Some(value) => Step::answer(Answer::Value(value)),
                None => Step::wait_or(turn, Answer::Nothing),
            },
            QueueCall::TaskDone => match &mut self.unfinished {
                None => Step::refuse(Refusal::Misfit),
                Some(0) => Step::refuse(Refusal::TooMany),
                Some(unfinished) => {
                    *unfinished -= 1;
                    Step::answer(Answer::Done)
                }
            },
            QueueCall::Join => match self.unfinished {
                None => Step::refuse(Refusal::Misfit),
                Some(0) => Step::answer(Answer::Is(true)),
                Some(_) => Step::wait_or(turn, Answer::Is(false)),
            },
        }
    }

    /// Puts back what was taken out for a client that is gone.
    pub(super) fn undo(&mut self, call: &QueueCall, answer: &Answer) {
        if let (QueueCall::Get, Answer::Value(value)) = (call, answer) {
            self.values.push_front(value.clone());
        }
    }
}

#[cfg(all(test, not(selvedge_loom)))]
mod tests {
    use super::super::tests::{answer, refusal};
    use super::*;

    #[test]
    fn bounded_queue_makes_putters_and_getters_wait() {
        let mut queue = Queue::new(1, false);
        assert_eq!(queue.step(&QueueCall::Get, Turn::First), Step::Waits);
        let late = queue.step(&QueueCall::Get, Turn::Expired);
        assert_eq!(late, answer(Answer::Nothing));
        let put = |queue: &mut Queue, value, turn| queue.step(&QueueCall::Put(vec![value]), turn);
        assert_eq!(put(&mut queue, 1, Turn::First), answer(Answer::Is(true)));
        assert_eq!(put(&mut queue, 2, Turn::First), Step::Waits);
        assert_eq!(put(&mut queue, 2, Turn::Expired), answer(Answer::Is(false)));
        let length = queue.step(&QueueCall::Length, Turn::First);
        assert_eq!(length, answer(Answer::Count(1)));
        let got = queue.step(&QueueCall::Get, Turn::Again);
        assert_eq!(got, answer(Answer::Value(vec![1])));
        assert_eq!(put(&mut queue, 2, Turn::Again), answer(Answer::Is(true)));
    }

    #[test]
    fn what_was_taken_for_one_who_is_gone_is_first_again() {
        let mut queue = Queue::new(0, false);
        for value in [1, 2] {
            queue.step(&QueueCall::Put(vec![value]), Turn::First);
        }
        let Step::Answered(Ok(taken)) = queue.step(&QueueCall::Get, Turn::First) else {
            panic!("there is one")
        };
        queue.undo(&QueueCall::Length, &taken);
        queue.undo(&QueueCall::Get, &taken);
        queue.undo(&QueueCall::Get, &Answer::Nothing);
        for value in [1, 2] {
            let got = queue.step(&QueueCall::Get, Turn::First);
            assert_eq!(got, answer(Answer::Value(vec![value])));
        }
        assert_eq!(queue.step(&QueueCall::Get, Turn::First), Step::Waits);
    }

    #[test]
    fn joinable_queue_counts_what_is_done() {
        let mut queue = Queue::new(0, true);
        let join = |queue: &mut Queue, turn| queue.step(&QueueCall::Join, turn);
        assert_eq!(join(&mut queue, Turn::First), answer(Answer::Is(true)));
        queue.step(&QueueCall::Put(vec![1]), Turn::First);
        queue.step(&QueueCall::Get, Turn::First);
        assert_eq!(join(&mut queue, Turn::First), Step::Waits);
        assert_eq!(join(&mut queue, Turn::Expired), answer(Answer::Is(false)));
        let done = |queue: &mut Queue| queue.step(&QueueCall::TaskDone, Turn::First);
        assert_eq!(done(&mut queue), answer(Answer::Done));
        assert_eq!(join(&mut queue, Turn::Again), answer(Answer::Is(true)));
        assert_eq!(done(&mut queue), refusal(Refusal::TooMany));
        let mut plain = Queue::new(0, false);
        assert_eq!(done(&mut plain), refusal(Refusal::Misfit));
        assert_eq!(join(&mut plain, Turn::First), refusal(Refusal::Misfit));
    }
}
