//! How long a thread looks for what it waits for before it sleeps.

use core::cell::Cell;
use core::mem;

use selvedge_sync::seam::bounds::{LONG_SPINS, SPINS};
use selvedge_sync::seam::clock::Duration;
use selvedge_sync::seam::hint;
use selvedge_sync::seam::thread::{available_parallelism, sleep, yield_now};

/// The least that a thread pauses in one wait before it sleeps.
const SHORT: u32 = SPINS.div_ceil(8);
/// The most that it does: longer than a wake-up takes, so that it meets a partner who is being
/// woken.
const LONG: u32 = LONG_SPINS * if YIELDS { 2 } else { 1 };
/// How many pauses there are at most between two looks.
const LONGEST_PAUSE: u32 = SPINS.div_ceil(16);
/// Whether other threads are let run: not in a model, which spins once and where they may at any
/// point.
const YIELDS: bool = SPINS != 1;

/// What the waits of a thread so far tell about the next.
///
/// Looking for as long as it takes to wake a thread costs at most twice what the better of looking
/// and sleeping would have cost (Karlin, Li, Manasse and Owicki, "Empirical studies of competitive
/// spinning", 1991). Where no wait is that short it is wasted all the same: so a wait that had to
/// sleep halves what the next may look for, and one that found soon what it looked for makes it
/// twice as long as that took. Two threads that wake each other never find anything in less than
/// the time of a wake-up, although they would if neither slept: so now and then a wait looks for
/// as long as any may, and the less often the more of these were in vain.
#[derive(Clone, Copy)]
struct Habit {
    /// How many pauses the next wait may make.
    limit: u32,
    /// How many waits there are up to the next that may make all.
    until_probe: u32,
    /// How many there are between two of those.
    probe_every: u32,
}

selvedge_sync::thread_local! {
    static HABIT: Cell<Habit> = Cell::new(Habit::FIRST);
}

impl Habit {
    const FIRST: Self = Self {
        limit: LONG,
        until_probe: Self::OFTEN,
        probe_every: Self::OFTEN,
    };
    const OFTEN: u32 = 16;
    const SELDOM: u32 = 1024;

    /// How many pauses a wait that begins may make.
    fn begin(&mut self) -> u32 {
        if self.limit > SHORT {
            return self.limit;
        }
        self.until_probe -= 1;
        if self.until_probe > 0 {
            return SHORT;
        }
        self.until_probe = self.probe_every;
        LONG
    }

    /// Hears that a wait found what it looked for after so many pauses.
    fn found_after(&mut self, pauses: u32) {
        if pauses > SHORT {
            self.probe_every = Self::OFTEN;
        }
        self.limit = self.limit.max((pauses * 2).min(LONG));
    }

    /// Hears that a wait has found nothing in as many pauses as it might make.
    fn in_vain_for(&mut self, pauses: u32) {
        let was_probe = pauses > self.limit;
        if was_probe {
            self.probe_every = (self.probe_every * 2).min(Self::SELDOM);
        }
        self.limit = (self.limit / 2).max(SHORT);
    }
}

/// A bounded number of looks before a thread parks, for one operation: first with growing pauses
/// in between, then, once the thread stands in line, once more after letting other threads run.
///
/// The pauses are for a partner that runs on another processor. On a machine with one there are
/// none: there a partner runs only if this thread lets it. A thread that stands in line leaves
/// its partner more to do before the next switch than one that does not, so it lets others run
/// only there, and only once: who let others run in a loop would take turns with them for ever.
/// How many pauses there are is learnt from the thread's waits before.
#[derive(Debug)]
pub(crate) struct Spin {
    limit: u32,
    left: u32,
    next: u32,
    may_yield: bool,
    /// Whether pausing was in vain.
    in_vain: bool,
}

impl Spin {
    pub(crate) fn new() -> Self {
        // mutant: equivalent, bound: how long to look before sleeping is a matter of speed.
        let limit = if available_parallelism() > 1 {
            with_habit(Habit::begin).unwrap_or(SHORT)
        } else {
            0
        };
        Self {
            limit,
            left: limit,
            next: 1,
            may_yield: YIELDS,
            in_vain: false,
        }
    }

    /// Pauses, unless the pauses are used up. Returns whether it paused.
    #[must_use = "who may not look again has to stand in line"]
    pub(crate) fn pause(&mut self) -> bool {
        pause(&mut self.left, &mut self.next)
    }

    /// Pauses or lets other threads run, unless the number of looks is used up. Returns whether
    /// it did.
    #[must_use = "who may not look again has to sleep"]
    pub(crate) fn again(&mut self) -> bool {
        if self.pause() {
            return true;
        }
        // Even if another look finds something: what came only when others were let run would not
        // have come sooner for longer pauses.
        self.in_vain = true;
        let may = mem::replace(&mut self.may_yield, false);
        if may {
            yield_now();
        }
        may
    }
}

impl Drop for Spin {
    fn drop(&mut self) {
        let pauses = self.limit - self.left;
        // A thread that ends has no habits any more.
        let _ = if self.in_vain {
            with_habit(|habit| habit.in_vain_for(pauses))
        } else {
            with_habit(|habit| habit.found_after(pauses))
        };
    }
}

fn with_habit<R>(f: impl FnOnce(&mut Habit) -> R) -> Option<R> {
    let changed = HABIT.try_with(|cell| {
        let mut habit = cell.get();
        let result = f(&mut habit);
        cell.set(habit);
        result
    });
    changed.ok()
}

/// Pauses for `next` of what is `left`, and longer the next time; returns whether there was any
/// left.
fn pause(left: &mut u32, next: &mut u32) -> bool {
    let pauses = (*next).min(*left);
    for _ in 0..pauses {
        hint::spin_loop();
    }
    *left -= pauses;
    *next = (*next * 2).min(LONGEST_PAUSE);
    pauses > 0
}

/// A wait for another thread that is between claiming a place and leaving it. If it does not leave
/// soon it has lost its processor, and gets one while this thread sleeps.
#[derive(Debug)]
pub(crate) struct StandBy {
    left: u32,
    next: u32,
    may_yield: bool,
}

impl StandBy {
    pub(crate) fn new() -> Self {
        Self {
            // mutant: equivalent, bound: as for `Spin`.
            left: if available_parallelism() > 1 {
                SHORT
            } else {
                0
            },
            next: 1,
            may_yield: YIELDS,
        }
    }

    /// Waits for a moment.
    pub(crate) fn wait(&mut self) {
        if pause(&mut self.left, &mut self.next) {
            return;
        }
        if mem::replace(&mut self.may_yield, false) {
            yield_now();
        } else {
            sleep(NAP);
        }
    }
}

/// How long a thread that stands by sleeps: less than a time slice, and more than a wake-up costs.
const NAP: Duration = Duration::from_micros(50);

#[cfg(all(test, not(selvedge_loom)))]
mod tests {
    use super::*;

    /// A habit of waits that were all in vain.
    fn discouraged() -> Habit {
        let mut habit = Habit::FIRST;
        while habit.limit > SHORT {
            let pauses = habit.begin();
            habit.in_vain_for(pauses);
        }
        habit
    }

    /// How many waits begin up to and with the next that may make all pauses.
    fn waits_to_probe(habit: &mut Habit) -> u32 {
        let short = core::iter::repeat_with(|| habit.begin()).take_while(|&pauses| pauses < LONG);
        u32::try_from(short.inspect(|&pauses| assert_eq!(pauses, SHORT)).count()).unwrap() + 1
    }

    #[test]
    fn waits_in_vain_make_the_next_shorter_but_not_none() {
        let mut habit = Habit::FIRST;
        let begun: Vec<u32> = core::iter::repeat_with(|| {
            let pauses = habit.begin();
            habit.in_vain_for(pauses);
            pauses
        })
        .take(9)
        .collect();
        let halves = [1, 2, 4, 8, 16, 32, 64, 128, 256].map(|part| LONG / part);
        assert_eq!(begun, halves);
        assert_eq!(discouraged().begin(), SHORT);
    }

    #[test]
    fn wait_that_finds_something_lets_the_next_take_twice_as_long() {
        let mut habit = discouraged();
        habit.found_after(SHORT / 2);
        assert_eq!(habit.begin(), SHORT);
        habit.found_after(SHORT + 1);
        assert_eq!(habit.begin(), 2 * (SHORT + 1));
        habit.found_after(1);
        assert_eq!(habit.begin(), 2 * (SHORT + 1), "one was shorter by chance");
        habit.found_after(LONG);
        assert_eq!(habit.begin(), LONG);
    }

    #[test]
    fn probes_become_seldom_while_they_are_in_vain() {
        let mut habit = discouraged();
        let mut gaps = Vec::new();
        for _ in 0..9 {
            gaps.push(waits_to_probe(&mut habit));
            habit.in_vain_for(LONG);
        }
        assert_eq!(gaps, [16, 16, 32, 64, 128, 256, 512, 1024, 1024]);
        habit.found_after(SHORT);
        assert_eq!(habit.probe_every, Habit::SELDOM, "as short as any wait");
        habit.found_after(SHORT + 1);
        assert_eq!(habit.probe_every, Habit::OFTEN);
    }

    #[test]
    fn short_wait_in_vain_is_no_probe() {
        let mut habit = discouraged();
        for _ in 0..4 {
            habit.in_vain_for(SHORT);
        }
        assert_eq!(habit.probe_every, Habit::OFTEN);
    }

    #[test]
    fn what_comes_after_others_were_let_run_counts_as_in_vain() {
        HABIT.set(Habit::FIRST);
        {
            let mut spin = Spin::new();
            while spin.again() {}
        }
        assert_eq!(HABIT.get().limit, LONG / 2);
        {
            let mut spin = Spin::new();
            while spin.pause() {}
        }
        assert_eq!(HABIT.get().limit, LONG, "no more than it took");
    }
}
