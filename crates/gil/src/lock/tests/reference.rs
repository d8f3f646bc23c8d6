//! The lock as one thread would write it: what each step does to whom, without words, seats or
//! wake-ups. Where the policy leaves a choice, the reference is told what was chosen, and checks
//! that it was open.

use crate::policy::{Arrival, Policy};
use crate::thread::Pace;

/// How a thread waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nap {
    Awake,
    Asleep,
    /// Woken because the lock is free, and has not looked yet.
    Told,
}

/// Where a thread is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Away,
    Attached,
    /// It waits for the lock.
    Queued(Nap),
    /// It waits for the world to go on.
    Halted(Nap),
    /// It waits for the others to leave.
    Stops(Nap),
    /// It is alone in a stopped world.
    Alone,
}

impl Place {
    pub(super) fn nap(self) -> Option<Nap> {
        match self {
            Self::Queued(nap) | Self::Halted(nap) | Self::Stops(nap) => Some(nap),
            Self::Away | Self::Attached | Self::Alone => None,
        }
    }

    pub(super) fn is_attached(self) -> bool {
        matches!(self, Self::Attached | Self::Stops(_) | Self::Alone)
    }
}

/// What came of trying to attach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Came {
    In,
    Waits,
    TooLate,
    Refused,
}

pub(super) struct Reference {
    policy: Policy,
    /// Whether sleepers look again by themselves soon enough for the lock to be lent.
    look_again: bool,
    pub(super) exclusive: bool,
    pub(super) places: Vec<Place>,
    /// Who waits for the lock, in the order of arrival.
    pub(super) line: Vec<usize>,
    arrivals: Vec<Arrival>,
    /// What each is taken to be doing with the lock, where that is certain.
    paces: Vec<Option<Pace>>,
    /// Who has been asked to let go.
    pub(super) asked: Vec<bool>,
    /// Who is owed a wake-up by this step.
    pub(super) woken: Vec<bool>,
    freed_by: Option<usize>,
    pub(super) finaliser: Option<usize>,
    turns: u64,
    /// The count of turns when each waiter last looked whether to ask, and how often in a row it
    /// did not ask though that stood still.
    looked: Vec<(u64, u32)>,
    overtaken: u32,
    /// A waiter that computes has been overdue since one last had a turn.
    overdue: bool,
}

impl Reference {
    pub(super) fn new(policy: Policy, exclusive: bool, look_again: bool, threads: usize) -> Self {
        Self {
            policy,
            look_again: look_again && !matches!(policy, Policy::Ticks(_)),
            exclusive,
            places: vec![Place::Away; threads],
            line: Vec::new(),
            arrivals: vec![Arrival::Fresh; threads],
            paces: vec![None; threads],
            asked: vec![false; threads],
            woken: vec![false; threads],
            freed_by: None,
            finaliser: None,
            turns: 0,
            looked: vec![(0, 0); threads],
            overtaken: 0,
            overdue: false,
        }
    }

    pub(super) fn holder(&self) -> Option<usize> {
        self.places.iter().position(|place| place.is_attached())
    }

    pub(super) fn is_stopped(&self) -> bool {
        let stops = |place: &Place| matches!(place, Place::Stops(_) | Place::Alone);
        self.places.iter().any(stops)
    }

    fn is_urgent(&self, thread: usize) -> bool {
        self.policy == Policy::Priority && self.arrivals[thread] == Arrival::Returning
    }

    fn computing_wait(&self) -> bool {
        self.line.iter().any(|&other| !self.is_urgent(other))
    }

    /// Who may be the next in turn.
    fn candidates(&self) -> Vec<usize> {
        let computing = |it: &Self| {
            it.line
                .iter()
                .copied()
                .filter(|&t| !it.is_urgent(t))
                .collect()
        };
        let urgent = self.line.iter().copied().find(|&t| self.is_urgent(t));
        match (self.policy, urgent) {
            (Policy::Priority, None) => computing(self),
            (Policy::Priority, Some(urgent)) if !self.computing_wait() => vec![urgent],
            (Policy::Priority, Some(_)) if self.overtaken >= Policy::OVERTAKES => computing(self),
            (Policy::Priority, Some(urgent)) if self.overdue => {
                let mut all: Vec<_> = computing(self);
                all.push(urgent);
                all
            }
            (Policy::Priority, Some(urgent)) => vec![urgent],
            _ => self.line.iter().copied().take(1).collect(),
        }
    }

    /// Wakes a thread that waits, if it sleeps, and puts it elsewhere.
    fn settle(&mut self, thread: usize, place: Place) {
        self.woken[thread] |= self.places[thread].nap() == Some(Nap::Asleep);
        self.places[thread] = place;
    }

    /// The thread has the lock, in its turn.
    fn serve(&mut self, thread: usize) {
        let queued = self.line.iter().position(|&other| other == thread);
        if let Some(place) = queued {
            self.line.remove(place);
        }
        self.turns += u64::from(queued.is_some() || self.policy == Policy::Priority);
        if self.is_urgent(thread) {
            self.paces[thread] = Some(Pace::Burst);
            self.overtaken += u32::from(self.computing_wait());
            assert!(self.overtaken <= Policy::OVERTAKES, "overtaken too often");
        } else {
            let late = self.overtaken >= Policy::OVERTAKES;
            let pace = if late { Pace::Turn } else { Pace::Computes };
            self.paces[thread] = (!self.overdue).then_some(pace);
            (self.overtaken, self.overdue) = (0, false);
        }
        self.freed_by = None;
        self.settle(thread, Place::Attached);
    }

    /// Serves `chosen`, which has to be open to choice.
    fn serve_next(&mut self, chosen: Option<usize>) {
        let next = chosen.expect("somebody is served");
        assert!(self.candidates().contains(&next), "{next} is not in turn");
        self.serve(next);
    }

    /// A thread attaches, or is back. Afterwards `chosen` holds the lock, `asked` to let go or not.
    pub(super) fn arrive(
        &mut self,
        me: usize,
        (arrival, patient): (Arrival, bool),
        (chosen, asked): (Option<usize>, bool),
    ) -> Came {
        if self.finaliser.is_some_and(|finaliser| finaliser != me) {
            return Came::Refused;
        }
        if !self.exclusive {
            return self.count_in(me, patient);
        }
        let idle = self.holder().is_none();
        if idle && self.line.is_empty() && self.finaliser.is_none() {
            // No decision, hence no turn.
            self.paces[me] = Some(arrival.pace());
            self.places[me] = Place::Attached;
            return Came::In;
        }
        let own = self.freed_by == Some(me);
        if idle && (own || self.passes(arrival, chosen == Some(me))) {
            if own {
                self.freed_by = None;
                self.places[me] = Place::Attached;
            } else {
                self.arrivals[me] = arrival;
                self.serve(me);
            }
            return Came::In;
        }
        if !patient {
            return Came::TooLate;
        }
        self.enqueue(me, arrival);
        let told = |it: &Self, t: usize| it.places[t] == Place::Queued(Nap::Told);
        if let Some(holder) = self.holder() {
            let computes = self.paces[holder].map_or(asked, |pace| pace == Pace::Computes);
            self.asked[holder] |= self.is_urgent(me) && computes;
        } else if chosen.is_some() {
            self.serve_next(chosen);
        } else {
            let open = self.candidates();
            assert!(open.iter().any(|&t| told(self, t)), "nobody comes for it");
        }
        Came::Waits
    }

    fn count_in(&mut self, me: usize, patient: bool) -> Came {
        if !self.is_stopped() {
            self.places[me] = Place::Attached;
            return Came::In;
        }
        if patient {
            self.places[me] = Place::Halted(Nap::Awake);
            Came::Waits
        } else {
            Came::TooLate
        }
    }

    /// Whether one who finds the lock free takes it.
    fn passes(&self, arrival: Arrival, passed: bool) -> bool {
        if self.line.is_empty() {
            return true;
        }
        match self.policy {
            Policy::Ticks(_) | Policy::Interval => true,
            Policy::Fifo => false,
            Policy::Priority => {
                let urgent_wait = self.line.iter().any(|&other| self.is_urgent(other));
                let enough = self.overtaken >= Policy::OVERTAKES && self.computing_wait();
                let may = arrival == Arrival::Returning && !urgent_wait && !enough;
                assert!(!passed || may, "passed by those who wait");
                assert!(passed || !may || self.overdue, "was to pass");
                passed
            }
        }
    }

    fn enqueue(&mut self, me: usize, arrival: Arrival) {
        self.arrivals[me] = arrival;
        self.line.push(me);
        self.looked[me] = (self.turns, 0);
        self.places[me] = Place::Queued(Nap::Awake);
    }

    /// A thread detaches; if it does `short`, it is expected back at once. `chosen` is attached
    /// then, or told that the lock is free.
    pub(super) fn detach(&mut self, me: usize, short: bool, chosen: Option<usize>) {
        self.places[me] = Place::Away;
        if !self.exclusive {
            self.asked[me] &= !self.is_stopped() && self.finaliser.is_none();
            self.alone();
            return;
        }
        if self.line.is_empty() && self.finaliser.is_none() {
            return;
        }
        let asked = std::mem::take(&mut self.asked[me]);
        if self.line.is_empty() {
            return;
        }
        let open = self.candidates();
        let nap = |it: &Self, t: usize| it.places[t].nap();
        if let Some(next) = chosen {
            assert!(open.contains(&next), "{next} is not in turn");
            if asked || nap(self, next) == Some(Nap::Awake) {
                self.serve(next);
                return;
            }
            assert_eq!(nap(self, next), Some(Nap::Asleep));
            assert!(!(short && self.look_again), "told, for a short call");
            self.settle(next, Place::Queued(Nap::Told));
        } else {
            let told = open.iter().any(|&t| nap(self, t) == Some(Nap::Told));
            let sleeps = open.iter().any(|&t| nap(self, t) == Some(Nap::Asleep));
            let lent = sleeps && short && self.look_again;
            assert!(!asked && (told || lent), "left to nobody");
        }
        self.freed_by = Some(me);
    }

    /// A thread is at a safe point, and lets go if it was asked, or offers. `chosen` is attached
    /// then. Returns whether the thread waits.
    pub(super) fn pass_safe_point(
        &mut self,
        me: usize,
        offers: bool,
        chosen: Option<usize>,
    ) -> bool {
        let asked = std::mem::take(&mut self.asked[me]);
        if !self.exclusive {
            let halts = self.is_stopped();
            if halts {
                self.places[me] = Place::Halted(Nap::Awake);
                self.alone();
            }
            return halts;
        }
        let lets_go = !self.line.is_empty() && (asked || offers);
        if lets_go {
            assert_ne!(chosen, Some(me), "had the lock back at once");
            self.places[me] = Place::Away;
            self.serve_next(chosen);
            self.enqueue(me, Arrival::Forced);
        }
        lets_go
    }

    /// A waiter looks whether it can have the lock; `took` says whether it did, where the policy
    /// has the choice. Returns whether it has it.
    pub(super) fn claim(&mut self, me: usize, took: bool) -> bool {
        if let Place::Queued(nap) = &mut self.places[me] {
            *nap = Nap::Awake;
        } else {
            self.places[me] = Place::Halted(Nap::Awake);
            return false;
        }
        let open = self.candidates();
        let may = self.exclusive && self.holder().is_none() && open.contains(&me);
        let takes = may && (took || open.len() == 1);
        if takes {
            self.serve(me);
        }
        takes
    }

    /// A waiter has slept for as long as it was to; `asked` is whom it asked to let go.
    pub(super) fn overdue(&mut self, me: usize, asked: Option<usize>) {
        let (turns, times) = self.looked[me];
        let still = turns == self.turns;
        let Some(holder) = self.holder() else {
            assert_eq!(asked, None, "nobody holds the lock");
            self.looked[me] = (self.turns, 0);
            return;
        };
        let in_vain = still && asked.is_none();
        let times = if in_vain { times + 1 } else { 0 };
        self.looked[me] = (self.turns, times);
        match self.policy {
            Policy::Ticks(_) => assert_eq!(asked, None),
            Policy::Interval | Policy::Fifo => assert_eq!(asked, still.then_some(holder)),
            Policy::Priority => {
                assert!(times < 3, "does not ask");
                assert!(asked.is_none_or(|it| it == holder));
                self.overdue |= !self.is_urgent(me);
            }
        }
        self.asked[holder] |= asked.is_some();
    }

    pub(super) fn give_up(&mut self, me: usize) {
        self.line.retain(|&other| other != me);
        if !self.computing_wait() {
            (self.overtaken, self.overdue) = (0, false);
        }
        self.places[me] = Place::Away;
    }

    pub(super) fn falls_asleep(&mut self, me: usize) {
        match &mut self.places[me] {
            Place::Queued(nap) | Place::Halted(nap) | Place::Stops(nap) => *nap = Nap::Asleep,
            other => panic!("{other:?} does not wait"),
        }
    }

    /// If nobody else is attached, who stops the world is alone.
    fn alone(&mut self) {
        let stops = |place: &Place| matches!(place, Place::Stops(_));
        let others = self.places.contains(&Place::Attached);
        if let Some(me) = self.places.iter().position(stops)
            && !others
        {
            self.settle(me, Place::Alone);
        }
    }

    /// A thread stops the world. Where exclusion is on, it is alone anyhow.
    pub(super) fn stop(&mut self, me: usize) {
        if self.is_stopped() {
            self.places[me] = Place::Halted(Nap::Awake);
        } else if !self.exclusive {
            self.places[me] = Place::Stops(Nap::Awake);
        }
        self.alone();
    }

    fn for_each(&mut self, is: fn(Place) -> bool, place: Place) -> Vec<usize> {
        let those: Vec<_> = (0..self.places.len())
            .filter(|&thread| is(self.places[thread]))
            .collect();
        for &thread in &those {
            self.settle(thread, place);
        }
        those
    }

    /// The world goes on.
    pub(super) fn resume(&mut self, me: usize) {
        self.places[me] = Place::Attached;
        self.for_each(|place| matches!(place, Place::Halted(_)), Place::Attached);
    }

    /// Exclusion is switched off by the holder.
    pub(super) fn open(&mut self) {
        self.exclusive = false;
        self.line.clear();
        self.for_each(|place| matches!(place, Place::Queued(_)), Place::Attached);
    }

    /// Exclusion is switched on by who is alone. Returns who has to queue for the lock now.
    pub(super) fn shut(&mut self, me: usize) -> Vec<usize> {
        self.exclusive = true;
        self.arrivals[me] = Arrival::Fresh;
        self.serve(me);
        self.for_each(|place| matches!(place, Place::Halted(_)), Place::Away)
    }

    /// A thread that is the only one attached finalises.
    pub(super) fn finalise(&mut self, me: usize) {
        self.finaliser = Some(me);
        self.line.clear();
        self.for_each(|place| place.nap().is_some(), Place::Away);
        self.places[me] = Place::Attached;
    }
}
