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
        self.discipline
            .enqueue(Arc::clone(&thread), arrival, holder);
        self.waiters.push(Waiter { thread, arrival });
    }

    /// Serves whom the policy names, and checks that it may name that one.
    fn serve(&mut self) {
        let Some(next) = self.discipline.next().cloned() else {
            assert!(self.waiters.is_empty(), "somebody waits and nobody is next");
            return;
        };
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

#[test]
fn a_preempted_thread_is_the_next_of_those_that_compute() {
    let mut schedule = Schedule::new(Policy::Priority);
    for (number, arrival) in [
        (0, Arrival::Fresh),
        (1, Arrival::Fresh),
        (2, Arrival::Returning),
    ] {
        schedule.step(Step::Arrive(number, arrival));
    }
    schedule.step(Step::LetGo);
    assert_eq!(schedule.holder.as_ref().unwrap().slot, 2);
    assert_eq!(schedule.holder.as_ref().unwrap().pace(), Pace::Burst);
    schedule.step(Step::Leave);
    assert_eq!(schedule.holder.as_ref().unwrap().slot, 0);
}

#[test]
fn an_overdue_thread_goes_before_a_preempted_one() {
    let mut schedule = Schedule::new(Policy::Priority);
    for (number, arrival) in [
        (0, Arrival::Fresh),
        (1, Arrival::Fresh),
        (2, Arrival::Returning),
    ] {
        schedule.step(Step::Arrive(number, arrival));
    }
    schedule.step(Step::LetGo);
    // The first of those that wait is thread 1.
    schedule.step(Step::Overdue(0));
    schedule.step(Step::Leave);
    assert_eq!(schedule.holder.as_ref().unwrap().slot, 1);
}

#[test]
fn a_burst_that_is_made_to_let_go_computes() {
    let mut schedule = Schedule::new(Policy::Priority);
    for (number, arrival) in [
        (0, Arrival::Returning),
        (1, Arrival::Fresh),
        (2, Arrival::Returning),
    ] {
        schedule.step(Step::Arrive(number, arrival));
    }
    assert_eq!(schedule.holder.as_ref().unwrap().pace(), Pace::Burst);
    schedule.step(Step::LetGo);
    schedule.step(Step::Leave);
    assert_eq!(schedule.holder.as_ref().unwrap().slot, 1);
    schedule.step(Step::Leave);
    assert_eq!(schedule.holder.as_ref().unwrap().slot, 0);
    assert_eq!(schedule.holder.as_ref().unwrap().pace(), Pace::Computes);
}
