//! The objects of a server, who uses them, and the calls that wait for them.

use selvedge_sync::seam::clock::Instant;
use std::collections::{BTreeMap, HashMap, VecDeque};

use super::held::{Caller, Object, Session, Step, Ticket, Turn};
use super::wire::{Answer, Call, Kind, New, ObjectId, Refusal, Reply};

#[derive(Default)]
pub(super) struct Shelf {
    places: BTreeMap<ObjectId, Place>,
    names: HashMap<String, ObjectId>,
    /// The last number that was given to an object.
    issued: ObjectId,
}

struct Place {
    object: Object,
    /// One that has a name stays.
    is_named: bool,
    /// How many times over each client uses it. One without a name goes with its last user.
    users: HashMap<Session, u64>,
    /// Calls that wait, the oldest first.
    waiting: VecDeque<Waiting>,
}

struct Waiting {
    caller: Caller,
    call: Call,
    deadline: Option<Instant>,
}

/// An answer that is to be passed on.
#[derive(Debug)]
#[must_use = "who asked waits for it"]
pub(super) struct Told {
    pub(super) ticket: Ticket,
    pub(super) reply: Reply,
    /// The call it answers, which may have to be undone.
    source: Option<(ObjectId, Call)>,
}

impl Told {
    fn plain(caller: Caller, reply: Reply) -> Self {
        Self {
            ticket: caller.ticket,
            reply,
            source: None,
        }
    }
}

impl Place {
    /// Steps once through the calls that wait. One that goes on takes something, or leaves all as it
    /// is: none that was passed by before it can go on for that.
    fn settle(&mut self, id: ObjectId, told: &mut Vec<Told>) {
        let mut index = 0;
        while let Some(waiting) = self.waiting.get(index) {
            match self.object.step(&waiting.call, waiting.caller, Turn::Again) {
                Step::Waits => index += 1,
                Step::Answered(reply) => told.extend(self.release(index, id, reply)),
            }
        }
    }

    fn release(&mut self, index: usize, id: ObjectId, reply: Reply) -> Option<Told> {
        let waiting = self.waiting.remove(index)?;
        Some(Told {
            ticket: waiting.caller.ticket,
            reply,
            source: Some((id, waiting.call)),
        })
    }
}

impl Shelf {
    /// Makes an object, or finds the one of this name, and counts the caller among its users.
    pub(super) fn make(&mut self, name: Option<String>, new: New, caller: Caller) -> Told {
        if let Some(id) = name.as_ref().and_then(|name| self.names.get(name)) {
            return self.open(*id, new.kind(), caller);
        }
        self.issued += 1;
        let place = Place {
            object: Object::new(new),
            is_named: name.is_some(),
            users: HashMap::from([(caller.session, 1)]),
            waiting: VecDeque::new(),
        };
        self.places.insert(self.issued, place);
        if let Some(name) = name {
            self.names.insert(name, self.issued);
        }
        Told::plain(caller, Ok(Answer::Count(self.issued)))
    }

    /// Counts the caller among the users of an object.
    pub(super) fn open(&mut self, id: ObjectId, kind: Kind, caller: Caller) -> Told {
        let reply = match self.places.get_mut(&id) {
            None => Err(Refusal::NoObject),
            Some(place) if place.object.kind() != kind => {
                Err(Refusal::WrongKind(place.object.kind()))
            }
            Some(place) => {
                *place.users.entry(caller.session).or_default() += 1;
                Ok(Answer::Count(id))
            }
        };
        Told::plain(caller, reply)
    }

    /// Undoes one `make` or `open`.
    pub(super) fn close(&mut self, id: ObjectId, caller: Caller) -> Told {
        if let Some(place) = self.places.get_mut(&id)
            && let Some(uses) = place.users.get_mut(&caller.session)
        {
            *uses -= 1;
            if *uses == 0 {
                place.users.remove(&caller.session);
            }
        }
        self.tidy();
        Told::plain(caller, Ok(Answer::Done))
    }

    /// Drops what nobody can reach any more.
    fn tidy(&mut self) {
        self.places
            .retain(|_, place| place.is_named || !place.users.is_empty());
    }

    /// Has an object do something; returns the answers that can be given now.
    pub(super) fn call(
        &mut self,
        id: ObjectId,
        call: Call,
        caller: Caller,
        deadline: Option<Instant>,
    ) -> Vec<Told> {
        let Some(place) = self.places.get_mut(&id) else {
            return vec![Told::plain(caller, Err(Refusal::NoObject))];
        };
        let mut told = Vec::new();
        match place.object.step(&call, caller, Turn::First) {
            Step::Answered(reply) => told.push(Told {
                ticket: caller.ticket,
                reply,
                source: Some((id, call)),
            }),
            Step::Waits => place.waiting.push_back(Waiting {
                caller,
                call,
                deadline,
            }),
        }
        place.settle(id, &mut told);
        told
    }

    /// When the next call has waited for long enough.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        let places = self.places.values();
        let waiting = places.flat_map(|place| &place.waiting);
        waiting.filter_map(|waiting| waiting.deadline).min()
    }

    /// Deals with the calls that have waited for long enough.
    pub(super) fn expire(&mut self, now: Instant) -> Vec<Told> {
        let mut told = Vec::new();
        for (id, place) in &mut self.places {
            let mut changed = false;
            let mut index = 0;
            while let Some(waiting) = place.waiting.get_mut(index) {
                if waiting.deadline.is_none_or(|deadline| deadline > now) {
                    index += 1;
                    continue;
                }
                // One that waits all the same waits for as long as it takes.
                waiting.deadline = None;
                changed = true;
                let (call, caller) = (&waiting.call, waiting.caller);
                match place.object.step(call, caller, Turn::Expired) {
                    Step::Waits => index += 1,
                    Step::Answered(reply) => told.extend(place.release(index, *id, reply)),
                }
            }
            if changed {
                place.settle(*id, &mut told);
            }
        }
        told
    }

    /// Takes back what an answer gave to one who is gone; returns the answers that lets be given.
    pub(super) fn undo(&mut self, told: Told) -> Vec<Told> {
        let mut others = Vec::new();
        if let Some((id, call)) = told.source
            && let Some(place) = self.places.get_mut(&id)
        {
            place.object.undo(&call, &told.reply);
            place.settle(id, &mut others);
        }
        others
    }

    /// Gives up a call whose client is gone.
    pub(super) fn abandon(&mut self, ticket: Ticket) -> Vec<Told> {
        let mut told = Vec::new();
        for (id, place) in &mut self.places {
            let mut waiting = place.waiting.iter();
            if let Some(index) = waiting.position(|it| it.caller.ticket == ticket) {
                place.waiting.remove(index);
                place.object.abandon(ticket);
                place.settle(*id, &mut told);
            }
        }
        told
    }

    /// Frees what a client held that is gone.
    pub(super) fn forget(&mut self, session: Session) -> Vec<Told> {
        let mut told = Vec::new();
        for (id, place) in &mut self.places {
            place.users.remove(&session);
            place.object.forget(session);
            place.settle(*id, &mut told);
        }
        self.tidy();
        told
    }
}

#[cfg(all(test, not(selvedge_loom)))]
mod tests {
    use super::super::held::tests::caller;
    use super::super::wire::{BarrierCall, EventCall, LockCall, QueueCall};
    use super::*;
    use selvedge_sync::seam::clock::Duration;

    fn make(shelf: &mut Shelf, new: New) -> ObjectId {
        id_of(&shelf.make(None, new, caller(1, 1, 0)))
    }

    fn id_of(told: &Told) -> ObjectId {
        match told.reply {
            Ok(Answer::Count(id)) => id,
            ref other => panic!("no object: {other:?}"),
        }
    }

    /// Tickets and replies.
    fn replies(told: &[Told]) -> Vec<(u64, Reply)> {
        let replies = told.iter().map(|told| (told.ticket.0, told.reply.clone()));
        replies.collect()
    }

    fn queue_call(shelf: &mut Shelf, id: ObjectId, ticket: u64, call: QueueCall) -> Vec<Told> {
        shelf.call(id, Call::Queue(call), caller(ticket, 1, ticket), None)
    }

    fn queue() -> New {
        New::Queue {
            capacity: 1,
            joinable: false,
        }
    }

    #[test]
    fn waiting_calls_go_on_in_turn_as_far_as_they_can() {
        let mut shelf = Shelf::default();
        let id = make(&mut shelf, queue());
        let put = |value| QueueCall::Put(vec![value]);
        assert_eq!(replies(&queue_call(&mut shelf, id, 1, put(1))).len(), 1);
        // The second waits for room.
        assert!(queue_call(&mut shelf, id, 2, put(2)).is_empty());
        let told = queue_call(&mut shelf, id, 3, QueueCall::Get);
        let expected = vec![(3, Ok(Answer::Value(vec![1]))), (2, Ok(Answer::Is(true)))];
        assert_eq!(replies(&told), expected);
        // Getters are served in the order in which they came.
        queue_call(&mut shelf, id, 4, QueueCall::Get);
        for ticket in [5, 6] {
            assert!(queue_call(&mut shelf, id, ticket, QueueCall::Get).is_empty());
        }
        let told = queue_call(&mut shelf, id, 7, put(3));
        let expected = vec![(7, Ok(Answer::Is(true))), (5, Ok(Answer::Value(vec![3])))];
        assert_eq!(replies(&told), expected);
    }

    #[test]
    fn what_was_meant_for_one_who_is_gone_goes_to_the_next() {
        let mut shelf = Shelf::default();
        let id = make(&mut shelf, queue());
        for ticket in [1, 2] {
            queue_call(&mut shelf, id, ticket, QueueCall::Get);
        }
        let mut told = queue_call(&mut shelf, id, 3, QueueCall::Put(vec![7]));
        let lost = told.pop().unwrap();
        assert_eq!(lost.ticket, Ticket(1));
        let told = shelf.undo(lost);
        assert_eq!(replies(&told), [(2, Ok(Answer::Value(vec![7])))]);
    }

    #[test]
    fn calls_whose_time_is_up_are_answered_and_others_wait_on() {
        let mut shelf = Shelf::default();
        let id = make(&mut shelf, New::Event);
        let now = Instant::now();
        assert_eq!(shelf.next_deadline(), None);
        let wait = Call::Event(EventCall::Wait);
        let later = Some(now + Duration::from_mins(1));
        let deadlines = [None, Some(now), later, Some(now)];
        for (ticket, deadline) in (1..).zip(deadlines) {
            let told = shelf.call(id, wait.clone(), caller(1, ticket, ticket), deadline);
            assert!(told.is_empty());
        }
        assert_eq!(shelf.next_deadline(), Some(now));
        let late = || Ok(Answer::Is(false));
        assert_eq!(replies(&shelf.expire(now)), [(2, late()), (4, late())]);
        assert_eq!(shelf.next_deadline(), later);
        let told = shelf.call(id, Call::Event(EventCall::Set), caller(1, 1, 9), None);
        let tickets: Vec<u64> = told.iter().map(|told| told.ticket.0).collect();
        assert_eq!(tickets, [9, 1, 3]);
    }

    #[test]
    fn one_whose_time_is_up_breaks_the_barrier_for_those_who_wait() {
        let mut shelf = Shelf::default();
        let id = make(&mut shelf, New::Barrier(3));
        let now = Instant::now();
        let wait = Call::Barrier(BarrierCall::Wait);
        for (ticket, deadline) in [(1, None), (2, Some(now))] {
            let told = shelf.call(id, wait.clone(), caller(1, ticket, ticket), deadline);
            assert!(told.is_empty());
        }
        let broken = || Err(Refusal::BrokenBarrier);
        let told = replies(&shelf.expire(now));
        assert_eq!(told, [(2, broken()), (1, broken())]);
    }

    #[test]
    fn late_call_that_has_to_wait_on_has_no_deadline_any_more() {
        let mut shelf = Shelf::default();
        let id = make(&mut shelf, New::Condition);
        let now = Instant::now();
        let mut call = |client, ticket, call, deadline| {
            let caller = caller(client, 1, ticket);
            replies(&shelf.call(id, Call::Lock(call), caller, deadline))
        };
        call(1, 1, LockCall::Acquire, None);
        assert!(call(1, 2, LockCall::Wait, Some(now)).is_empty());
        call(2, 3, LockCall::Acquire, None);
        assert!(shelf.expire(now).is_empty());
        assert_eq!(shelf.next_deadline(), None);
        let release = Call::Lock(LockCall::Release);
        let told = shelf.call(id, release, caller(2, 1, 4), None);
        let expected = [(4, Ok(Answer::Done)), (2, Ok(Answer::Is(false)))];
        assert_eq!(replies(&told), expected);
    }

    #[test]
    fn lock_of_one_who_is_gone_goes_to_the_next_who_is_not() {
        let mut shelf = Shelf::default();
        let id = make(&mut shelf, New::Lock);
        let acquire = Call::Lock(LockCall::Acquire);
        for client in [1, 2, 3] {
            let caller = caller(client, 1, client);
            let _ = shelf.open(id, Kind::Lock, caller);
            let _ = shelf.call(id, acquire.clone(), caller, None);
        }
        assert!(shelf.abandon(Ticket(2)).is_empty());
        let told = shelf.forget(Session(1));
        assert_eq!(replies(&told), [(3, Ok(Answer::Is(true)))]);
    }

    #[test]
    fn objects_go_with_their_last_user_unless_they_have_a_name() {
        let mut shelf = Shelf::default();
        let (mine, other) = (caller(1, 1, 0), caller(2, 1, 0));
        let id = make(&mut shelf, New::Dict);
        let wrong = shelf.open(id, Kind::List, other).reply;
        assert_eq!(wrong, Err(Refusal::WrongKind(Kind::Dict)));
        assert_eq!(id_of(&shelf.open(id, Kind::Dict, other)), id);
        assert_eq!(id_of(&shelf.open(id, Kind::Dict, mine)), id);
        for _ in 0..2 {
            let _ = shelf.close(id, mine);
        }
        assert_eq!(id_of(&shelf.open(id, Kind::Dict, mine)), id);
        let _ = shelf.close(id, mine);
        assert!(shelf.forget(Session(2)).is_empty());
        let gone = shelf.open(id, Kind::Dict, mine).reply;
        assert_eq!(gone, Err(Refusal::NoObject));
        let call = Call::Event(EventCall::Set);
        let told = shelf.call(id, call, mine, None);
        assert_eq!(replies(&told), [(0, Err(Refusal::NoObject))]);

        let name = || Some("jobs".to_owned());
        let id = id_of(&shelf.make(name(), New::Event, mine));
        let _ = shelf.close(id, mine);
        assert_eq!(id_of(&shelf.make(name(), New::Event, other)), id);
        let wrong = shelf.make(name(), New::Dict, other).reply;
        assert_eq!(wrong, Err(Refusal::WrongKind(Kind::Event)));
    }
}
