//! Random schedules of each policy against a sequential reference.

use super::priority::OVERTAKES;
use super::{Arrival, Discipline, Policy};
use crate::requests::Requests;
use crate::seat::Seat;
use crate::thread::{Pace, Thread, ThreadId, ThreadSetup};
use proptest::prelude::*;
use selvedge_sync::seam::{Arc, Parker};

const THREADS: usize = 6;

#[derive(Clone, Copy, Debug)]
enum Step {
    /// The thread with this number arrives, if it is not there.
    Arrive(usize, Arrival),
    /// The holder leaves, and the next is served.
    Leave,
    /// The holder lets go by force and waits again.
    LetGo,
    /// The waiter at this place, counted round, gives up.
    GiveUp(usize),
    /// The waiter at this place is overdue.
    Overdue(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let arrival = prop_oneof![Just(Arrival::Fresh), Just(Arrival::Returning)];
    prop_oneof![
        4 => (0..THREADS, arrival).prop_map(|(number, arrival)| Step::Arrive(number, arrival)),
        3 => Just(Step::Leave),
        3 => Just(Step::LetGo),
        1 => (0..THREADS).prop_map(Step::GiveUp),
        1 => (0..THREADS).prop_map(Step::Overdue),
    ]
}

/// One waiter as the reference sees it.
#[derive(Clone, Debug)]
struct Waiter {
    thread: Arc<Thread>,
    arrival: Arrival,
}

struct Schedule {
    policy: Policy,
    discipline: Box<dyn Discipline>,
    threads: Vec<Arc<Thread>>,
    holder: Option<Arc<Thread>>,
    /// In the order of arrival.
    waiters: Vec<Waiter>,
    /// How many returning threads were served in a row while a computing one waited.
    overtaken: u32,
}

impl Schedule {
    fn new(policy: Policy) -> Self {
        let parker = Parker::new();
        let thread = |slot| {
            let setup = ThreadSetup {
                requests: Requests::NONE,
                times: false,
            };
            let id = ThreadId(slot as u64 + 1);
            Arc::new(Thread::new(
                slot as u32,
                id,
                Seat::new(parker.unparker()),
                setup,
            ))
        };
        Self {
            policy,
            discipline: policy.discipline(),
            threads: (0..THREADS).map(thread).collect(),
            holder: None,
            waiters: Vec::new(),
            overtaken: 0,
        }
    }

    fn is_present(&self, thread: &Arc<Thread>) -> bool {
        let waits = self
            .waiters
            .iter()
            .any(|it| Arc::ptr_eq(&it.thread, thread));
        let holds = self
            .holder
            .as_ref()
            .is_some_and(|it| Arc::ptr_eq(it, thread));
        waits || holds
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Arrive(number, arrival) => {
                let thread = Arc::clone(&self.threads[number]);
                if !self.is_present(&thread) {
                    self.arrive(thread, arrival);
                }
            }
            Step::Leave => {
                self.holder = None;
                self.serve();
            }
            Step::LetGo => {
                let Some(holder) = self.holder.take() else {
                    return;
                };
                if self.waiters.is_empty() {
                    self.holder = Some(holder);
                } else {
                    self.serve();
                    self.arrive(holder, Arrival::Forced);
                }
            }
            Step::GiveUp(place) if !self.waiters.is_empty() => {
                let waiter = self.waiters.remove(place % self.waiters.len());
                assert!(self.discipline.remove(&waiter.thread));
                assert!(!self.discipline.remove(&waiter.thread));
            }
            Step::Overdue(place) if !self.waiters.is_empty() && self.holder.is_some() => {
                let waiter = &self.waiters[place % self.waiters.len()];
                let holder = self.holder.as_deref();
                let asks = self.discipline.overdue(&waiter.thread, holder);
                match self.policy {
                    Policy::Ticks(_) => assert!(!asks),
                    Policy::Interval | Policy::Fifo => assert!(asks),
                    Policy::Priority => {}
                }
            }
            Step::GiveUp(_) | Step::Overdue(_) => {}
        }
    }

    fn arrive(&mut self, thread: Arc<Thread>, arrival: Arrival) {
        if self.holder.is_none() {
            assert!(self.waiters.is_empty());
            self.discipline.turn(&thread, arrival);
            self.holder = Some(thread);
            return;
        }
        let holder = self.holder.as_deref();
        self.discipline.enqueue(&thread, arrival, holder);
        self.waiters.push(Waiter { thread, arrival });
    }

    /// Serves whom the policy names, and checks that it may name that one.
    fn serve(&mut self) {
        let Some(slot) = self.discipline.next() else {
            assert!(self.waiters.is_empty(), "somebody waits and nobody is next");
            return;
        };
        let next = Arc::clone(&self.threads[slot as usize]);
        let place = self
            .waiters
            .iter()
            .position(|it| Arc::ptr_eq(&it.thread, &next));
        let place = place.expect("who is next waits");
        if self.policy == Policy::Priority {
            self.check_priority(place);
        } else {
            assert_eq!(place, 0, "served before one that came first");
        }
        self.waiters.remove(place);
        self.discipline.turn(&next, Arrival::Forced);
        self.holder = Some(next);
    }

    fn check_priority(&mut self, place: usize) {
        let urgent = |waiter: &Waiter| waiter.arrival == Arrival::Returning;
        let computing_waits = self.waiters.iter().any(|it| !urgent(it));
        let first_urgent = self.waiters.iter().position(urgent);
        if urgent(&self.waiters[place]) {
            assert_eq!(Some(place), first_urgent, "urgent threads keep their order");
            if computing_waits {
                self.overtaken += 1;
                assert!(self.overtaken <= OVERTAKES, "overtaken too often");
            }
        } else {
            self.overtaken = 0;
        }
    }
}

fn check(policy: Policy, steps: Vec<Step>) {
    let mut schedule = Schedule::new(policy);
    for step in steps {
        schedule.step(step);
    }
    // Whoever still waits is served once each.
    for _ in 0..schedule.waiters.len() {
        schedule.step(Step::Leave);
        assert!(schedule.holder.is_some());
    }
    assert!(schedule.waiters.is_empty() && schedule.discipline.next().is_none());
}

proptest! {
    #[test]
    fn ticks_serve_in_order(steps in prop::collection::vec(step(), 0..80)) {
        check(Policy::Ticks(1), steps);
    }

    #[test]
    fn interval_serves_in_order(steps in prop::collection::vec(step(), 0..80)) {
        check(Policy::Interval, steps);
    }

    #[test]
    fn fifo_serves_in_order(steps in prop::collection::vec(step(), 0..80)) {
        check(Policy::Fifo, steps);
    }

    #[test]
    fn priority_overtakes_a_bounded_number_of_times(
        steps in prop::collection::vec(step(), 0..300)
    ) {
        check(Policy::Priority, steps);
    }
}

const FRESH: Arrival = Arrival::Fresh;
const RETURNING: Arrival = Arrival::Returning;

/// Threads 0, 1, … that arrived under `Priority` in this order; the first holds the lock.
fn arrived(arrivals: &[Arrival]) -> Schedule {
    let mut schedule = Schedule::new(Policy::Priority);
    for (number, arrival) in arrivals.iter().enumerate() {
        schedule.step(Step::Arrive(number, *arrival));
    }
    schedule
}

impl Schedule {
    fn holder(&self) -> &Thread {
        self.holder.as_ref().expect("somebody holds the lock")
    }

    /// Takes a step and returns who holds the lock then.
    fn then(&mut self, step: Step) -> u32 {
        self.step(step);
        self.holder().slot
    }

    /// Whether the thread, which is overdue, has the holder asked.
    fn is_asked_for(&mut self, number: usize) -> bool {
        let holder = self.holder.clone();
        self.discipline
            .overdue(&self.threads[number], holder.as_deref())
    }
}

#[test]
fn a_preempted_thread_is_the_next_of_those_that_compute() {
    let mut schedule = arrived(&[FRESH, FRESH, RETURNING]);
    assert_eq!(schedule.then(Step::LetGo), 2);
    assert_eq!(schedule.holder().pace(), Pace::Burst);
    assert_eq!(schedule.then(Step::Leave), 0);
    // It is preempted no longer, and its turn ends as any other.
    assert!(schedule.is_asked_for(1));
    assert_eq!(schedule.then(Step::LetGo), 1);
}

#[test]
fn an_overdue_thread_goes_before_a_preempted_one() {
    let mut schedule = arrived(&[FRESH, FRESH, RETURNING]);
    schedule.step(Step::LetGo);
    assert!(!schedule.is_asked_for(1));
    // Once: it does not give way again.
    schedule.is_asked_for(1);
    assert_eq!(schedule.then(Step::Leave), 1);
}

#[test]
fn a_burst_that_is_made_to_let_go_computes() {
    let mut schedule = arrived(&[RETURNING, FRESH, RETURNING]);
    assert_eq!(schedule.holder().pace(), Pace::Burst);
    schedule.step(Step::LetGo);
    assert_eq!(schedule.then(Step::Leave), 1);
    assert_eq!(schedule.then(Step::Leave), 0);
    assert_eq!(schedule.holder().pace(), Pace::Computes);
}

#[test]
fn exactly_so_many_go_before_a_computing_thread_which_then_has_its_turn() {
    for overtakes in [OVERTAKES - 1, OVERTAKES] {
        let mut schedule = arrived(&[FRESH, FRESH]);
        // Two that return take turns, so that one is always waiting.
        schedule.step(Step::Arrive(2, RETURNING));
        for nth in 0..overtakes {
            let (now, then) = (2 + nth as usize % 2, 3 - nth as usize % 2);
            let left = schedule.then(Step::Leave);
            assert_eq!(left as usize, now, "the {nth}th");
            if nth + 1 < overtakes || overtakes == OVERTAKES {
                schedule.step(Step::Arrive(then, RETURNING));
            }
        }
        assert_eq!(schedule.then(Step::Leave), 1);
        let late = overtakes == OVERTAKES;
        let pace = if late { Pace::Turn } else { Pace::Computes };
        assert_eq!(schedule.holder().pace(), pace);
    }
}

#[test]
fn a_newcomer_inherits_no_claim_of_one_that_gave_up() {
    let mut schedule = arrived(&[RETURNING, FRESH, RETURNING]);
    assert!(!schedule.is_asked_for(1), "the next turn is its own");
    let place = schedule.waiters.len() - 2;
    schedule.step(Step::GiveUp(place));
    schedule.step(Step::Arrive(3, FRESH));
    assert_eq!(
        schedule.then(Step::Leave),
        2,
        "which came first, and returns"
    );
}

#[test]
fn a_turn_that_is_over_is_not_kept_for_after_a_burst() {
    let mut schedule = arrived(&[FRESH, FRESH]);
    assert!(schedule.is_asked_for(1));
    schedule.step(Step::Arrive(2, RETURNING));
    assert_eq!(schedule.then(Step::LetGo), 2);
    assert_eq!(schedule.then(Step::Leave), 1, "whose turn it is");
}

#[test]
fn a_new_turn_is_not_over() {
    // The turn that was over ended when its thread left.
    let mut schedule = arrived(&[FRESH, FRESH, FRESH]);
    assert!(schedule.is_asked_for(1));
    assert_eq!(schedule.then(Step::Leave), 1);
    schedule.step(Step::Arrive(3, RETURNING));
    assert_eq!(schedule.then(Step::LetGo), 3);
    assert_eq!(schedule.then(Step::Leave), 1, "its turn was interrupted");
}

#[test]
fn a_turn_that_nobody_wanted_after_all_begins_anew() {
    let mut schedule = arrived(&[FRESH, FRESH]);
    assert!(schedule.is_asked_for(1));
    schedule.step(Step::GiveUp(0));
    schedule.step(Step::Arrive(2, RETURNING));
    assert_eq!(schedule.then(Step::LetGo), 2);
    assert_eq!(schedule.then(Step::Leave), 0);
    schedule.step(Step::Arrive(3, FRESH));
    schedule.step(Step::Arrive(2, RETURNING));
    assert_eq!(schedule.then(Step::LetGo), 2);
    assert_eq!(schedule.then(Step::Leave), 0, "its turn was interrupted");
}

#[test]
fn an_overdue_thread_goes_after_the_burst_that_goes_on() {
    let mut schedule = arrived(&[RETURNING, FRESH, RETURNING]);
    assert!(!schedule.is_asked_for(1), "it may have only just begun");
    assert_eq!(schedule.then(Step::Leave), 1);

    let mut schedule = arrived(&[RETURNING, FRESH, RETURNING]);
    schedule.is_asked_for(1);
    assert!(schedule.is_asked_for(1), "the same burst goes on");
}

#[test]
fn a_preempted_thread_that_waits_no_longer_is_not_given_way_to() {
    let mut schedule = arrived(&[FRESH, FRESH, RETURNING, RETURNING]);
    assert_eq!(schedule.then(Step::LetGo), 2);
    let thread = Arc::clone(&schedule.threads[0]);
    let place = schedule
        .waiters
        .iter()
        .position(|waiter| Arc::ptr_eq(&waiter.thread, &thread));
    schedule.step(Step::GiveUp(place.expect("it waits")));
    assert!(!schedule.is_asked_for(1));
    assert_eq!(schedule.then(Step::Leave), 1, "overdue");
}
