//! The objects that the server of a manager holds, as machines that it steps through: nothing in
//! here blocks, and one thread alone touches it.

mod barrier;
mod event;
mod lock;
mod queue;
mod values;

use super::wire::{Answer, Call, Kind, New, Refusal, Reply, ThreadId};
use barrier::Barrier;
use event::Event;
use lock::Lock;
use queue::Queue;
use values::{Map, Sequence};

/// A client, however many connections it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Session(pub(super) u64);

/// Names a call from its first step to its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Ticket(pub(super) u64);

/// Whose call it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Caller {
    pub(super) session: Session,
    pub(super) thread: ThreadId,
    pub(super) ticket: Ticket,
}

/// How a step came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// The call has just come.
    First,
    /// The object may have changed since the last step.
    Again,
    /// Its time is up.
    Expired,
}

/// What comes of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Answered(Reply),
    /// The call waits for the object to change, or for its time to be up.
    Waits,
}

impl Step {
    fn answer(answer: Answer) -> Self {
        Self::Answered(Ok(answer))
    }

    fn refuse(refusal: Refusal) -> Self {
        Self::Answered(Err(refusal))
    }

    /// Waits, unless the time is up; then `answer` is what there is to say.
    fn wait_or(turn: Turn, answer: Answer) -> Self {
        match turn {
            Turn::First | Turn::Again => Self::Waits,
            Turn::Expired => Self::answer(answer),
        }
    }
}

pub(super) struct Object {
    kind: Kind,
    inner: Inner,
}

enum Inner {
    Sequence(Sequence),
    Map(Map),
    Lock(Lock),
    Event(Event),
    Barrier(Barrier),
    Queue(Queue),
}

impl Object {
    pub(super) fn new(new: New) -> Self {
        let kind = new.kind();
        let inner = match new {
            New::List(values) => Inner::Sequence(Sequence::growing(values)),
            New::Array(values) => Inner::Sequence(Sequence::fixed(values)),
            New::Value(value) => Inner::Sequence(Sequence::fixed(vec![value])),
            New::Dict | New::Namespace => Inner::Map(Map::default()),
            New::Lock => Inner::Lock(Lock::plain()),
            New::RLock | New::Condition => Inner::Lock(Lock::reentrant()),
            New::Semaphore { permits, bounded } => Inner::Lock(Lock::semaphore(permits, bounded)),
            New::Event => Inner::Event(Event::default()),
            New::Barrier(parties) => Inner::Barrier(Barrier::new(parties)),
            New::Queue { capacity, joinable } => Inner::Queue(Queue::new(capacity, joinable)),
        };
        Self { kind, inner }
    }

    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    /// Does what `call` says, if that can be done now.
    pub(super) fn step(&mut self, call: &Call, caller: Caller, turn: Turn) -> Step {
        match (&mut self.inner, call) {
            (Inner::Sequence(it), Call::Sequence(call)) => Step::Answered(it.call(call)),
            (Inner::Map(it), Call::Map(call)) => Step::Answered(Ok(it.call(call))),
            (Inner::Lock(it), Call::Lock(call)) => it.step(*call, caller, turn),
            (Inner::Event(it), Call::Event(call)) => it.step(*call, turn),
            (Inner::Barrier(it), Call::Barrier(call)) => it.step(*call, caller, turn),
            (Inner::Queue(it), Call::Queue(call)) => it.step(call, turn),
            _ => Step::refuse(Refusal::Misfit),
        }
    }

    /// A call that waited will not be answered: its client is gone.
    pub(super) fn abandon(&mut self, ticket: Ticket) {
        match &mut self.inner {
            Inner::Lock(it) => it.abandon(ticket),
            Inner::Barrier(it) => it.abandon(ticket),
            Inner::Sequence(_) | Inner::Map(_) | Inner::Event(_) | Inner::Queue(_) => (),
        }
    }

    /// An answer could not be given: what it took out is put back.
    pub(super) fn undo(&mut self, call: &Call, answer: &Reply) {
        if let (Inner::Queue(it), Call::Queue(call), Ok(answer)) = (&mut self.inner, call, answer) {
            it.undo(call, answer);
        }
    }

    /// A client is gone: what it held is free again.
    pub(super) fn forget(&mut self, session: Session) {
        if let Inner::Lock(it) = &mut self.inner {
            it.forget(session);
        }
    }
}

/// What the tests of the objects call them with.
#[cfg(all(test, not(selvedge_loom)))]
pub(super) mod tests {
    use super::*;

    pub(in crate::manager) fn caller(session: u64, thread: u64, ticket: u64) -> Caller {
        Caller {
            session: Session(session),
            thread: ThreadId(thread),
            ticket: Ticket(ticket),
        }
    }

    pub(in crate::manager) fn answer(answer: Answer) -> Step {
        Step::answer(answer)
    }

    pub(in crate::manager) fn refusal(refusal: Refusal) -> Step {
        Step::refuse(refusal)
    }

    #[test]
    fn call_for_another_kind_of_object_is_refused() {
        let mut list = Object::new(New::List(Vec::new()));
        let call = Call::Event(super::super::wire::EventCall::Set);
        assert_eq!(
            list.step(&call, caller(1, 1, 1), Turn::First),
            refusal(Refusal::Misfit)
        );
        assert_eq!(list.kind(), Kind::List);
    }
}
