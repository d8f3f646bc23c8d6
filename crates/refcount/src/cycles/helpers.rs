//! The threads that help with a collection: started before the world stops, gone before it goes on.

#[cfg(all(test, selvedge_loom))]
mod helpers_models;

use super::Embedder;
use super::crew::Crew;
use super::figures::Figures;
use super::worker::{Reached, Worker};
use crate::Header;
use core::ptr::NonNull;
use selvedge_sync::seam::thread::{Builder, JoinHandle};
use selvedge_sync::seam::{Arc, Condvar, Mutex};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// What workers share. Theirs until they have ended.
#[derive(Clone, Copy)]
struct Job {
    /// The embedder's [`Guide`](Embedder::Guide).
    guide: NonNull<()>,
    figures: NonNull<Figures>,
    crew: NonNull<Crew<Reached>>,
}

// SAFETY: what it points to is shared as `Worker` says.
unsafe impl Send for Job {}

/// What helpers wait for.
#[derive(Default)]
enum Start {
    #[default]
    NotYet,
    Now(Job),
    Never,
}

#[derive(Default)]
struct Gate {
    start: Mutex<Start>,
    opened: Condvar,
}

impl Gate {
    fn open(&self, start: Start) {
        *self.start.lock() = start;
        self.opened.notify_all();
    }

    fn wait(&self) -> Option<Job> {
        let mut start = self.start.lock();
        loop {
            match *start {
                Start::NotYet => self.opened.wait(&mut start),
                Start::Now(job) => return Some(job),
                Start::Never => return None,
            }
        }
    }
}

/// Threads that wait for their part of a collection.
pub(super) struct Helpers {
    gate: Arc<Gate>,
    threads: Vec<JoinHandle<Done>>,
}

/// How many objects a worker has looked at, or what a traversal has panicked with.
type Done = Result<usize, Box<dyn core::any::Any + Send>>;

impl Helpers {
    /// So many threads, or as many as can be had.
    pub(super) fn new<E: Embedder>(count: usize) -> Self {
        Self::with_part(count, |job, me| part::<E>(job, me, |_| {}))
    }

    /// `part` is a function, because a thread cannot be given what knows of the embedder, which may
    /// be borrowed from somewhere.
    fn with_part(count: usize, part: fn(Job, usize) -> Done) -> Self {
        let gate = Arc::new(Gate::default());
        let spawn = |me: usize| {
            let gate = Arc::clone(&gate);
            let builder = Builder::new().name("collector".to_owned());
            let wait = move || gate.wait().map_or(Ok(0), |job| part(job, me));
            // Fewer threads collect as well.
            builder.spawn(wait).ok()
        };
        let threads = (1..=count).map_while(spawn).collect();
        Self { gate, threads }
    }

    /// How many threads collect: these and the caller's.
    pub(super) fn workers(&self) -> usize {
        self.threads.len() + 1
    }

    /// Finds what is reached from outside; see [`Worker::find`]. A panic of a traversal is passed
    /// on when all threads have ended; of several, any.
    ///
    /// # Safety
    /// The world is stopped.
    pub(super) unsafe fn find<E: Embedder>(&mut self, figures: &Figures, embedder: &E) -> usize {
        let crew = Crew::new(self.workers());
        let job = Job {
            guide: NonNull::from(embedder.guide()).cast(),
            figures: NonNull::from(figures),
            crew: NonNull::from(&crew),
        };
        self.gate.open(Start::Now(job));
        let ours = part::<E>(job, 0, |each| embedder.visit_roots(&mut |root| each(root)));
        let all = self
            .end()
            .into_iter()
            .fold(ours, |sum, done| Ok(sum? + done?));
        all.unwrap_or_else(|panic| resume_unwind(panic))
    }

    /// Waits for all threads to end.
    fn end(&mut self) -> Vec<Done> {
        let ends = self.threads.drain(..).map(JoinHandle::join);
        ends.map(|end| end.unwrap_or_else(Err)).collect()
    }
}

impl Drop for Helpers {
    fn drop(&mut self) {
        if !self.threads.is_empty() {
            self.gate.open(Start::Never);
            self.end();
        }
    }
}

/// Does one worker's part. If it panics the others stop, too.
fn part<E: Embedder>(job: Job, me: usize, roots: impl FnOnce(&mut dyn FnMut(&Header))) -> Done {
    // SAFETY: `find` keeps both until all workers have ended, in a world that is stopped.
    let (figures, crew) = unsafe { (job.figures.as_ref(), job.crew.as_ref()) };
    // SAFETY: as above. It is `Sync`, and of this type: all parts of a collection have one embedder.
    let guide = unsafe { job.guide.cast::<E::Guide>().as_ref() };
    let found = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: as above; each part has a number of its own.
        unsafe {
            match crew.workers() {
                1 => Worker::<E, false>::new(guide, figures, crew, me).find(roots),
                _ => Worker::<E, true>::new(guide, figures, crew, me).find(roots),
            }
        }
    }));
    if found.is_err() {
        crew.give_up();
    }
    found
}
