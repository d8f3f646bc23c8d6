//! A flag to wait for.

use super::{Step, Turn};
use crate::manager::wire::{Answer, EventCall};

#[derive(Default)]
pub(super) struct Event {
    is_set: bool,
}

impl Event {
    pub(super) fn step(&mut self, call: EventCall, turn: Turn) -> Step {
        match call {
            EventCall::IsSet => Step::answer(Answer::Is(self.is_set)),
            EventCall::Wait if self.is_set => Step::answer(Answer::Is(true)),
            EventCall::Wait => Step::wait_or(turn, Answer::Is(false)),
            EventCall::Set | EventCall::Clear => {
                self.is_set = matches!(call, EventCall::Set);
                Step::answer(Answer::Done)
            }
        }
    }
}

#[cfg(all(test, not(selvedge_loom)))]
mod tests {
    use super::super::tests::answer;
    use super::*;

    #[test]
    fn event_is_waited_for_until_it_is_set() {
        let mut event = Event::default();
        assert_eq!(event.step(EventCall::Wait, Turn::First), Step::Waits);
        assert_eq!(event.step(EventCall::Wait, Turn::Again), Step::Waits);
        let late = event.step(EventCall::Wait, Turn::Expired);
        assert_eq!(late, answer(Answer::Is(false)));
        assert_eq!(
            event.step(EventCall::Set, Turn::First),
            answer(Answer::Done)
        );
        for turn in [Turn::First, Turn::Again, Turn::Expired] {
            assert_eq!(event.step(EventCall::Wait, turn), answer(Answer::Is(true)));
        }
        assert_eq!(
            event.step(EventCall::Clear, Turn::First),
            answer(Answer::Done)
        );
        assert_eq!(
            event.step(EventCall::IsSet, Turn::First),
            answer(Answer::Is(false))
        );
    }
}
