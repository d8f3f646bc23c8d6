//! Random schedules of the whole lock, driven from one thread, against a sequential reference.

use super::super::*;
use super::reference::{Came, Nap, Place, Reference};
use crate::queue::Stop;
use crate::word::{CLOSED, QUEUED, STOPPED};
use proptest::prelude::*;

const THREADS: usize = 5;

/// A step of a thread: of those that can take it, the one at this place, counted round.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// It attaches, or is back; waiting, or only at once.
    Arrive(Arrival, bool),
    /// It detaches, expected back soon or not.
    Detach(bool),
    /// It passes a safe point, offering the lock or not.
    SafePoint(bool),
    FallAsleep,
    /// Told that the lock is free, it looks.
    Look,
    /// It has slept for as long as it was to.
    Overdue,
    GiveUp,
    StopTheWorld,
    Resume,
    SwitchOff,
    SwitchOn,
    Finalise,
}

fn step() -> impl Strategy<Value = (Step, usize)> {
    let arrival = prop_oneof![Just(Arrival::Fresh), Just(Arrival::Returning)];
    let step = prop_oneof![
        60 => (arrival, prop::bool::weighted(0.9)).prop_map(|(how, waits)| Step::Arrive(how, waits)),
        30 => any::<bool>().prop_map(Step::Detach),
        40 => any::<bool>().prop_map(Step::SafePoint),
        40 => Just(Step::FallAsleep),
        20 => Just(Step::Look),
        20 => Just(Step::Overdue),
        5 => Just(Step::GiveUp),
        6 => Just(Step::StopTheWorld),
        6 => Just(Step::Resume),
        2 => Just(Step::SwitchOff),
        6 => Just(Step::SwitchOn),
        1 => Just(Step::Finalise),
    ];
    (step, 0..THREADS)
}

struct Run {
    core: Core,
    threads: Vec<Local>,
    /// How each goes on that waits.
    waits: Vec<Option<Wait>>,
    reference: Reference,
}

impl Run {
    fn new(policy: Policy, exclusive: bool, interval: Duration) -> Self {
        let core = Core::new(policy, exclusive, interval, Watch::default(), false);
        let threads: Vec<_> = (0..THREADS).map(|_| core.register()).collect();
        for thread in &threads {
            thread.thread.set_interval(interval);
        }
        let look_again = interval <= LONGEST_LOAN;
        Self {
            core,
            threads,
            waits: vec![None; THREADS],
            reference: Reference::new(policy, exclusive, look_again, THREADS),
        }
    }

    fn word(&self) -> u64 {
        self.core.word.load(Ordering::Relaxed)
    }

    /// Who holds the lock.
    fn holder(&self) -> Option<usize> {
        let holder = word::holder(self.word()).filter(|_| self.reference.exclusive);
        holder.map(|slot| slot as usize)
    }

    /// Who was told just now that the lock is free.
    fn newly_told(&self) -> Option<usize> {
        (0..THREADS).find(|&thread| {
            let told = self.threads[thread].thread.seat.is_nudged();
            told && self.reference.places[thread] != Place::Queued(Nap::Told)
        })
    }

    fn can(&self, step: Step, thread: usize) -> bool {
        let it = &self.reference;
        let place = it.places[thread];
        match step {
            Step::Arrive(..) => place == Place::Away,
            Step::Detach(_) | Step::SafePoint(_) | Step::StopTheWorld => place == Place::Attached,
            Step::FallAsleep => place.nap() == Some(Nap::Awake),
            Step::Look => place == Place::Queued(Nap::Told),
            Step::Overdue => place == Place::Queued(Nap::Asleep),
            Step::GiveUp => matches!(place, Place::Queued(_) | Place::Halted(_)),
            Step::Resume => place == Place::Alone,
            Step::SwitchOff => it.exclusive && place == Place::Attached,
            Step::SwitchOn => !it.exclusive && place == Place::Alone,
            Step::Finalise => {
                let alone = it.exclusive && place == Place::Attached || place == Place::Alone;
                it.finaliser.is_none() && alone
            }
        }
    }

    /// Takes the step, if there is anybody to take it, and compares.
    fn step(&mut self, step: Step, place: usize) {
        let able: Vec<_> = (0..THREADS).filter(|&it| self.can(step, it)).collect();
        if able.is_empty() {
            return;
        }
        self.take(step, able[place % able.len()]);
        self.compare();
    }

    fn take(&mut self, step: Step, me: usize) {
        let queue = |it: &Self, f: fn(&mut Queue, &Core, &Local) -> seat::Wake| {
            let wake = it
                .core
                .queue
                .with(|queue| f(queue, &it.core, &it.threads[me]));
            wake.fire();
        };
        match step {
            Step::Arrive(arrival, waits) => self.arrive(me, arrival, waits),
            Step::Detach(short) => self.detach(me, short),
            Step::SafePoint(offers) => self.pass_safe_point(me, offers),
            Step::FallAsleep => {
                assert!(self.threads[me].thread.seat.try_park());
                self.reference.falls_asleep(me);
            }
            Step::Look => {
                self.claim(me);
            }
            Step::Overdue => {
                assert!(self.threads[me].thread.seat.try_rise());
                if !self.claim(me) {
                    self.ask(me);
                }
            }
            Step::GiveUp => self.give_up(me),
            Step::StopTheWorld => self.stop(me),
            Step::Resume => {
                queue(self, |queue, core, _| queue.resume(&core.word));
                self.reference.resume(me);
            }
            Step::SwitchOff => {
                queue(self, |queue, core, _| queue.open(&core.word));
                self.reference.open();
            }
            Step::SwitchOn => {
                queue(self, |queue, core, me| queue.shut(&core.word, &me.thread));
                for thread in self.reference.shut(me) {
                    assert_eq!(self.threads[thread].thread.seat.look(), seat::AGAIN);
                    self.arrive(thread, Arrival::Forced, true);
                }
            }
            Step::Finalise => {
                queue(self, |queue, core, me| queue.close(&core.word, &me.thread));
                queue(self, |queue, core, _| queue.resume(&core.word));
                self.reference.finalise(me);
            }
        }
    }

    fn arrive(&mut self, me: usize, arrival: Arrival, waits: bool) {
        let thread = &self.threads[me].thread;
        let patience = if waits {
            Patience::Forever
        } else {
            Patience::Never
        };
        let came = if self.core.attach_at_once(thread, arrival)
            || self.core.attach_without_mutex(thread, arrival)
        {
            Came::In
        } else {
            let queue = |queue: &mut Queue| queue.admit(&self.core.word, thread, arrival, patience);
            match self.core.queue.with(queue) {
                Ok((admission, wake)) => {
                    wake.fire();
                    match admission {
                        Admission::Attached => Came::In,
                        Admission::Waits(wait) => {
                            self.waits[me] = Some(wait);
                            Came::Waits
                        }
                    }
                }
                Err(AttachError::Timeout) => Came::TooLate,
                Err(AttachError::Finalising) => Came::Refused,
            }
        };
        let holder = self.holder();
        let asked = holder.is_some_and(|it| is_asked(&self.threads[it]));
        let expected = self.reference.arrive(me, (arrival, waits), (holder, asked));
        assert_eq!(came, expected);
    }

    fn detach(&mut self, me: usize, short: bool) {
        let local = &self.threads[me];
        for _ in 0..2 {
            let call = if short { Duration::ZERO } else { Duration::MAX };
            local.learn(call, Duration::ZERO);
        }
        if !self.core.detach_at_once(&local.thread) {
            self.core.detach_slowly(local);
        }
        let chosen = self.holder().or_else(|| self.newly_told());
        self.reference.detach(me, short, chosen);
    }

    fn pass_safe_point(&mut self, me: usize, offers: bool) {
        let thread = &self.threads[me].thread;
        let (admission, wake) = self
            .core
            .queue
            .with(|queue| queue.yield_to_next(&self.core.word, thread, offers));
        wake.fire();
        let chosen = self.holder();
        let expected = self.reference.pass_safe_point(me, offers, chosen);
        self.waits(me, &admission, expected);
    }

    fn waits(&mut self, me: usize, admission: &Admission, expected: bool) {
        self.waits[me] = match admission {
            Admission::Attached => None,
            Admission::Waits(wait) => Some(*wait),
        };
        assert_eq!(self.waits[me].is_some(), expected);
    }

    fn claim(&mut self, me: usize) -> bool {
        let (thread, wait) = (&self.threads[me].thread, &mut self.waits[me]);
        let wait = wait.as_mut().expect("it waits");
        let took = self
            .core
            .queue
            .with(|queue| queue.claim(&self.core.word, thread, wait));
        assert_eq!(took, self.reference.claim(me, took));
        took
    }

    fn ask(&mut self, me: usize) {
        let (thread, wait) = (&self.threads[me].thread, &mut self.waits[me]);
        let wait = wait.as_mut().expect("it waits");
        let asked = self
            .core
            .queue
            .with(|queue| queue.ask(&self.core.word, thread, wait));
        let ids = self.threads.iter().map(|it| it.thread.id);
        let asked = asked.and_then(|asked| ids.into_iter().position(|id| id == asked));
        self.reference.overdue(me, asked);
    }

    fn give_up(&mut self, me: usize) {
        let seat = &self.threads[me].thread.seat;
        if seat.is_parked() {
            assert!(seat.try_rise());
        }
        if !self.claim(me) {
            let thread = &self.threads[me].thread;
            let gave_up = |queue: &mut Queue| queue.give_up(&self.core.word, thread);
            assert!(self.core.queue.with(gave_up));
            self.reference.give_up(me);
        }
    }

    fn stop(&mut self, me: usize) {
        let thread = &self.threads[me].thread;
        let (admission, wake) = match self
            .core
            .queue
            .with(|queue| queue.stop(&self.core.word, thread))
        {
            Stop::Stopped => (Admission::Attached, seat::Wake::none()),
            Stop::WaitsForOthers(wait) => (Admission::Waits(wait), seat::Wake::none()),
            Stop::AfterAnother(admission, wake) => (admission, wake),
        };
        wake.fire();
        self.reference.stop(me);
        let waits = self.reference.places[me].nap().is_some();
        self.waits(me, &admission, waits);
    }

    /// Compares every word, seat and wake-up with what the reference says.
    fn compare(&mut self) {
        let it = &self.reference;
        let attached = it.places.iter().filter(|place| place.is_attached()).count();
        assert!(!it.exclusive || attached <= 1, "two hold the lock");
        let occupancy = match it.holder() {
            Some(holder) if it.exclusive => self.threads[holder].thread.held(),
            _ => ONE * attached as u64,
        };
        let flag = |flag: u64, is: bool| if is { flag } else { 0 };
        let expected = occupancy
            | flag(QUEUED, !it.line.is_empty())
            | flag(CLOSED, it.finaliser.is_some())
            | flag(STOPPED, it.is_stopped())
            | flag(FREE, !it.exclusive);
        assert_eq!(self.word(), expected, "{:?}", it.places);
        for thread in 0..THREADS {
            self.compare_thread(thread);
        }
    }

    fn compare_thread(&mut self, number: usize) {
        let (it, local) = (&mut self.reference, &self.threads[number]);
        let place = it.places[number];
        assert_eq!(is_asked(local), it.asked[number], "{number} is asked");
        if let Some(nap) = place.nap() {
            let seat = match nap {
                Nap::Awake => seat::AWAKE,
                Nap::Asleep => seat::PARKED,
                Nap::Told => seat::NUDGED,
            };
            assert_eq!(local.thread.seat.look(), seat, "{number}, {place:?}");
        }
        let woken = local.parker.park_until(Instant::now());
        let owed = std::mem::take(&mut it.woken[number]);
        assert_eq!(woken, owed, "whether {number}, {place:?}, is woken");
    }

    /// Everybody who waits is served, or refused, if all go on as they should.
    fn drain(&mut self) {
        let steps = [
            Step::FallAsleep,
            Step::Look,
            Step::Overdue,
            Step::Resume,
            Step::Detach(false),
        ];
        for _ in 0..2 * THREADS {
            for step in steps {
                for place in 0..THREADS {
                    self.step(step, place);
                }
            }
        }
        assert_eq!(self.reference.places, [Place::Away; THREADS]);
    }
}

fn is_asked(local: &Local) -> bool {
    local.thread.pending().contains(Requests::DROP)
}

fn check(policy: Policy, exclusive: bool, long: bool, steps: Vec<(Step, usize)>) {
    let longer = Duration::from_nanos(u64::from(long));
    let mut run = Run::new(policy, exclusive, LONGEST_LOAN + longer);
    for (step, place) in steps {
        run.step(step, place);
    }
    run.drain();
}

proptest! {
    #[test]
    fn the_lock_does_what_the_sequential_reference_does(
        policy in prop_oneof![
            Just(Policy::Ticks(1)),
            Just(Policy::Interval),
            Just(Policy::Fifo),
            Just(Policy::Priority),
        ],
        exclusive in prop::bool::weighted(0.8),
        long in prop::bool::weighted(0.2),
        steps in prop::collection::vec(step(), 0..250),
    ) {
        check(policy, exclusive, long, steps);
    }
}
