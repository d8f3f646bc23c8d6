//! Running a model: a property, its bounds, and the states it must have reached.
//!
//! A model that passes without ever reaching the state it is about proves nothing, so each model
//! names those states with [`Model::reaches`], marks them with [`reach`], and fails if no
//! execution came by.
//!
//! Set `SELVEDGE_MODEL_REPORT` to a file to have each finished model add a line of JSON to it:
//! crate, name, property, preemption bound, executions, seconds.

use std::cell::{Cell, RefCell};
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What every execution of the model on this system thread shares: loom runs the threads of a
/// model as coroutines of the one that started it.
#[derive(Default)]
struct Run {
    seed: u32,
    drawn: u32,
    /// How many numbers were given out in this execution.
    numbers: u64,
    mortal: bool,
    reached: Vec<&'static str>,
    /// The model and its execution that is going on, counted from 1.
    going_on: Option<(&'static str, usize)>,
}

std::thread_local! {
    static RUN: RefCell<Run> = RefCell::default();
}

/// A property to check and the bounds within which to check it.
#[derive(Debug)]
#[must_use = "a model does nothing until it is checked"]
pub struct Model {
    krate: &'static str,
    name: &'static str,
    property: &'static str,
    preemptions: usize,
    seeds: u32,
    mortal: bool,
    reaches: &'static [&'static str],
}

/// Starts a [`Model`] of the calling crate; the name is the test's, the property a sentence.
#[macro_export]
macro_rules! model {
    ($name:expr, $property:expr $(,)?) => {
        $crate::seam::model::Model::new(env!("CARGO_PKG_NAME"), $name, $property)
    };
}

impl Model {
    /// A model named `name` of the crate `krate`; `property` is a sentence saying what holds.
    pub fn new(krate: &'static str, name: &'static str, property: &'static str) -> Self {
        Self {
            krate,
            name,
            property,
            preemptions: 3,
            seeds: 1,
            mortal: false,
            reaches: &[],
        }
    }

    /// Explores up to `count` switches away from a thread that could have gone on (default 3).
    pub fn preemptions(mut self, count: usize) -> Self {
        self.preemptions = count;
        self
    }

    /// Repeats the whole exploration with `count` sequences of random numbers (default 1).
    pub fn seeds(mut self, count: u32) -> Self {
        self.seeds = count;
        self
    }

    /// Has those who wait look, time and again, whether threads have [died](die).
    pub fn mortal(mut self) -> Self {
        self.mortal = true;
        self
    }

    /// Fails the model unless each of `states` was marked by [`reach`] in some execution. A model
    /// that names none is refused.
    pub fn reaches(mut self, states: &'static [&'static str]) -> Self {
        self.reaches = states;
        self
    }

    /// Runs `body` once for each schedule within the bounds.
    ///
    /// # Panics
    /// If an execution panics, deadlocks, races or leaks, or a state was never reached; if the
    /// model names no state.
    pub fn check(self, body: impl Fn() + Send + Sync + 'static) {
        assert!(
            !self.reaches.is_empty(),
            "model {} proves nothing: it names no state that it must reach",
            self.name
        );
        let started = std::time::Instant::now();
        let executions = Arc::new(AtomicUsize::new(0));
        let body = Arc::new(body);
        RUN.with(|run| *run.borrow_mut() = Run::default());
        name_execution_on_panic();
        for seed in 0..self.seeds {
            let (count, body) = (Arc::clone(&executions), Arc::clone(&body));
            let (name, mortal) = (self.name, self.mortal);
            self.explorer().check(move || {
                // mutant: equivalent, atomicity: executions follow one another on one thread.
                let execution = count.fetch_add(1, Ordering::Relaxed) + 1;
                RUN.with(|run| {
                    let mut run = run.borrow_mut();
                    (run.seed, run.drawn, run.numbers) = (seed, 0, 0);
                    run.mortal = mortal;
                    run.going_on = Some((name, execution));
                });
                body();
            });
        }
        RUN.with(|run| run.borrow_mut().going_on = None);
        self.require_reached();
        self.report(executions.load(Ordering::Relaxed), started.elapsed());
    }

    fn explorer(&self) -> loom::model::Builder {
        let mut explorer = loom::model::Builder::new();
        explorer.max_branches = 100_000;
        explorer.preemption_bound.get_or_insert(self.preemptions);
        explorer
    }

    fn require_reached(&self) {
        RUN.with(|run| {
            let run = run.borrow();
            for state in self.reaches {
                assert!(
                    run.reached.contains(state),
                    "model {} proves nothing: no execution reached {state:?}",
                    self.name
                );
            }
        });
    }

    fn report(&self, executions: usize, took: std::time::Duration) {
        let Some(path) = std::env::var_os("SELVEDGE_MODEL_REPORT") else {
            return;
        };
        let line = format!(
            "{{\"crate\":{:?},\"name\":{:?},\"property\":{:?},\"preemptions\":{},\"iterations\":{},\"seconds\":{:.3}}}\n",
            self.krate,
            self.name,
            self.property,
            self.explorer().preemption_bound.unwrap_or(self.preemptions),
            executions,
            took.as_secs_f64()
        );
        let mut file = std::fs::File::options()
            .create(true)
            .append(true)
            .open(path)
            .expect("the file named by SELVEDGE_MODEL_REPORT can be written");
        file.write_all(line.as_bytes())
            .expect("the model report can be written");
    }
}

/// Has a panic within a model say in which execution it was. A hook, since loom's own destructors
/// panic while it unwinds, which ends the process before anybody could catch the panic.
fn name_execution_on_panic() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let going_on = RUN.try_with(|run| run.try_borrow().ok()?.going_on);
            if let Ok(Some((name, execution))) = going_on {
                eprintln!("model {name} failed in execution {execution}:");
            }
            previous(panic);
        }));
    });
}

/// Marks that this execution has come to `state`.
pub fn reach(state: &'static str) {
    RUN.with(|run| {
        let mut run = run.borrow_mut();
        if !run.reached.contains(&state) {
            run.reached.push(state);
        }
    });
}

loom::thread_local! {
    static SLEEPS: Cell<usize> = Cell::new(0);
}

/// Has the calling thread be taken for a process that is dead. It does nothing more after that.
pub fn die() {
    super::process::die();
}

pub(super) fn is_mortal() -> bool {
    RUN.with(|run| run.borrow().mortal)
}

/// Another number in each call within an execution, from 1.
pub(super) fn next_number() -> u64 {
    RUN.with(|run| {
        let mut run = run.borrow_mut();
        run.numbers += 1;
        run.numbers
    })
}

/// Marks that the calling thread sleeps.
pub(super) fn count_sleep() {
    SLEEPS.with(|sleeps| sleeps.set(sleeps.get() + 1));
}

/// How often the calling thread has slept in this execution.
pub fn sleeps() -> usize {
    SLEEPS.with(Cell::get)
}

/// Runs `operation`, and marks that this execution has come to `state` if the calling thread slept
/// meanwhile: what an operation does when it has to wait does not show in what it returns.
pub fn reach_asleep<R>(state: &'static str, operation: impl FnOnce() -> R) -> R {
    let before = sleeps();
    let result = operation();
    if sleeps() > before {
        reach(state);
    }
    result
}

pub(super) fn next_random(bound: u32) -> u32 {
    RUN.with(|run| {
        let mut run = run.borrow_mut();
        run.drawn += 1;
        // Knuth's multiplicative hash of the seed and the draw: spread, and the same every time.
        (run.seed.wrapping_mul(31).wrapping_add(run.drawn)).wrapping_mul(2_654_435_761) % bound
    })
}
