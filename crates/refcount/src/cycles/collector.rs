//! The collection itself: count difference, mark, weak references, finalisers, disposal.

use super::crew::Crew;
use super::figures::Figures;
use super::helpers::Helpers;
use super::turn::Turn;
use super::worker::Worker;
use crate::heap::Space;
use crate::{Header, Token};
use core::ptr::NonNull;
use selvedge_sync::seam::atomic::{AtomicBool, AtomicUsize, Ordering};
use selvedge_sync::seam::clock::{Duration, Instant};
use selvedge_sync::seam::{Mutex, thread};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// What the collector has to know of those whose objects it collects.
///
/// # Safety
/// While the result of [`stop`](Self::stop) exists nobody but the collector's thread counts or
/// changes objects of the space, and what they did before is visible to it.
/// [`traverse`](Self::traverse) reports each counted reference that an object holds once, and
/// nothing else; it reports objects of the space, or untracked ones. Several threads may call it
/// at once, for different objects.
pub unsafe trait Embedder {
    /// Proof that the world is stopped; resumes it when dropped.
    type Stopped;

    /// What [`traverse`](Self::traverse) has to know, on whichever thread it is called; `()` if
    /// everything is in the object.
    type Guide: Sync;

    /// What [`traverse`](Self::traverse) has to know.
    fn guide(&self) -> &Self::Guide;

    /// Waits until every other mutator is at a safe point or detached, and keeps it there. Of two
    /// that call this at once, one waits for the other as if at a safe point.
    fn stop(&self) -> Self::Stopped;

    /// On whose behalf the collector counts: the calling thread acts for it.
    fn token(&self) -> Token;

    /// Calls `visit` for each reference that `object` holds and has counted.
    fn traverse(guide: &Self::Guide, object: &Header, visit: &mut impl FnMut(&Header));

    /// Calls `visit` for objects that are referred to without being counted, by the stack for
    /// example. The world is stopped.
    fn visit_roots(&self, _visit: &mut impl FnMut(&Header)) {}

    /// Makes every weak reference to the objects dead; their callbacks are to be called later.
    /// The world is stopped. Called once before the finalisers and, for weak references that
    /// those have made, once after.
    fn clear_weak(&self, _garbage: &[NonNull<Header>]) {}

    /// Whether the object has a finaliser.
    fn has_finaliser(&self, _object: &Header) -> bool {
        false
    }

    /// Runs the object's finaliser. It may do anything, also make the object reachable again.
    fn finalise(&self, _object: &Header) {}

    /// A collection begins: nothing has been done yet, and the world is not stopped.
    fn begins(&self) {}

    /// A collection has ended, all but for passing on the panic of a finaliser.
    fn ends(&self, _done: &Collected) {}

    /// Gives up the collector's reference to an object that a finaliser has resurrected.
    ///
    /// # Safety
    /// The reference was counted for [`token`](Self::token) and is given up once.
    unsafe fn release(&self, object: NonNull<Header>);

    /// Destroys objects that nothing but they themselves and the collector refer to: makes each
    /// drop what it holds, then gives up the collector's reference to each.
    ///
    /// # Safety
    /// As said; the references are given up once.
    unsafe fn dispose(&self, garbage: Vec<NonNull<Header>>);
}

/// What a collection did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Collected {
    /// Objects that were looked at.
    pub examined: usize,
    /// Objects that were destroyed.
    pub garbage: usize,
    /// Objects that finalisers, or those that finalisers resurrected, kept.
    pub resurrected: usize,
    /// The longest time for which the world stood still.
    pub pause: Duration,
    /// How many threads looked at them; see [`Collector::set_workers`].
    pub workers: usize,
}

/// What all collections of a space together did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// How many there have been.
    pub collections: usize,
    /// Objects that were destroyed.
    pub garbage: usize,
    /// Objects that finalisers, or those that finalisers resurrected, kept.
    pub resurrected: usize,
    /// The longest time for which the world stood still.
    pub pause: Duration,
}

impl Totals {
    fn add(&mut self, done: &Collected) {
        self.garbage += done.garbage;
        self.resurrected += done.resurrected;
        self.pause = self.pause.max(done.pause);
    }
}

/// Collects the cycles of one space.
pub struct Collector {
    space: Space,
    enabled: AtomicBool,
    threshold: AtomicUsize,
    /// Objects that were left by the last collection.
    live: AtomicUsize,
    /// How many threads a collection has at most,
    workers: AtomicUsize,
    /// and one for so many objects.
    objects_a_worker: AtomicUsize,
    /// Held during a collection.
    turn: Turn,
    totals: Mutex<Totals>,
}

/// What a finaliser or destructor has panicked with.
type Panic = Box<dyn core::any::Any + Send>;

/// What share of the live objects may be allocated anew before the next collection, in percent.
const GROWTH_PERCENT: usize = 100;

/// Whether so many allocations make a collection due.
#[inline]
fn is_enough(allocated: usize, threshold: usize, live: impl Fn() -> usize) -> bool {
    allocated >= threshold && threshold > 0 && allocated >= live() / 100 * GROWTH_PERCENT
}

impl Collector {
    /// A collector of the tracked objects in `space`, with a threshold of 10,000.
    pub fn new(space: Space) -> Self {
        Self {
            space,
            enabled: AtomicBool::new(true),
            threshold: AtomicUsize::new(10_000),
            live: AtomicUsize::new(0),
            workers: AtomicUsize::new(thread::available_parallelism().min(8)),
            objects_a_worker: AtomicUsize::new(50_000),
            turn: Turn::default(),
            totals: Mutex::new(Totals::default()),
        }
    }

    /// The space whose objects this collects.
    pub fn space(&self) -> &Space {
        &self.space
    }

    /// Whether enough has been allocated since the last collection: at least the threshold, and
    /// as many objects as that collection left. So the work of all collections together is
    /// linear in the number of objects allocated. Two loads: for a safe point.
    #[inline]
    pub fn is_due(&self) -> bool {
        // Relaxed: settings and figures, taken notice of sooner or later.
        let threshold = self.threshold.load(Ordering::Relaxed);
        let live = || self.live.load(Ordering::Relaxed);
        is_enough(self.space.allocated(), threshold, live) && self.is_enabled()
    }

    /// Whether [`is_due`](Self::is_due) ever says so.
    pub fn is_enabled(&self) -> bool {
        // Relaxed: a setting.
        self.enabled.load(Ordering::Relaxed)
    }

    /// Switches [`is_due`](Self::is_due) on or off.
    pub fn set_enabled(&self, enabled: bool) {
        // Relaxed: a setting.
        self.enabled.store(enabled, Ordering::Relaxed);
    }

    /// The fewest objects to be allocated between collections; 0 means never.
    pub fn threshold(&self) -> usize {
        // Relaxed: a setting.
        self.threshold.load(Ordering::Relaxed)
    }

    /// Sets the [`threshold`](Self::threshold).
    pub fn set_threshold(&self, threshold: usize) {
        // Relaxed: a setting.
        self.threshold.store(threshold, Ordering::Relaxed);
    }

    /// Has collections use up to `most` threads, the collecting one included, and no more than one
    /// for every `objects` that are expected to be looked at. A collector begins with as many
    /// threads as there are processors, but not more than eight, and 50,000 objects; with less for
    /// each, starting a thread would take longer than what it does.
    pub fn set_workers(&self, most: usize, objects: usize) {
        // Relaxed: settings, either of which makes sense without the other.
        self.workers.store(most, Ordering::Relaxed);
        // Relaxed: as above.
        self.objects_a_worker.store(objects, Ordering::Relaxed);
    }

    /// Threads to help with a collection.
    fn helpers<E: Embedder>(&self) -> Helpers {
        // Relaxed: settings, and a figure.
        let live = self.live.load(Ordering::Relaxed);
        // Relaxed: as above.
        let each = self.objects_a_worker.load(Ordering::Relaxed).max(1);
        // Relaxed: as above.
        let most = self.workers.load(Ordering::Relaxed);
        let workers = most.min((live + self.space.allocated()) / each);
        Helpers::new::<E>(workers.saturating_sub(1))
    }

    /// What collections have done so far. One that is under way counts among the
    /// [`collections`](Totals::collections) already.
    pub fn totals(&self) -> Totals {
        *self.totals.lock()
    }

    /// How many objects [`freeze`](Self::freeze) has set apart.
    pub fn frozen(&self, embedder: &impl Embedder) -> usize {
        self.change_each(embedder, Header::is_frozen)
    }

    /// Calls `visit` for every object that collections look at. The world is stopped: `visit`
    /// counts the objects it wants to keep, and does nothing else to them.
    pub fn each(&self, embedder: &impl Embedder, mut visit: impl FnMut(&Header)) {
        self.change_each(embedder, |header| {
            let tracked = header.is_tracked();
            if tracked {
                visit(header);
            }
            tracked
        });
    }

    /// Sets every tracked object apart: no collection looks at it again until
    /// [`unfreeze`](Self::unfreeze). Returns how many objects that are, or `None`, having done
    /// nothing, during a collection.
    pub fn freeze(&self, embedder: &impl Embedder) -> Option<usize> {
        // A collection that looks twice has to find the same objects.
        let _turn = self.turn.take()?;
        Some(self.change_each(embedder, Header::freeze))
    }

    /// Brings back what [`freeze`](Self::freeze) has set apart. Returns how many objects, or
    /// `None` as it does.
    pub fn unfreeze(&self, embedder: &impl Embedder) -> Option<usize> {
        let _turn = self.turn.take()?;
        Some(self.change_each(embedder, Header::unfreeze))
    }

    /// Waits until a collection that is under way has perhaps ended.
    pub(crate) fn wait(&self) {
        self.turn.wait();
    }

    fn change_each(
        &self,
        embedder: &impl Embedder,
        mut change: impl FnMut(&Header) -> bool,
    ) -> usize {
        let stopped = embedder.stop();
        // SAFETY: the world is stopped.
        let changed = unsafe { self.space.headers() }.filter(|&header| {
            // SAFETY: a slot of a walked page, as above.
            change(unsafe { &*header })
        });
        let changed = changed.count();
        drop(stopped);
        changed
    }

    /// Finds and destroys the tracked objects that only they themselves refer to. Of two threads
    /// that collect at the same time, the second finds the first's collection done, and returns
    /// at once with nothing.
    ///
    /// In this order, the first and the last two while the world is stopped: weak references to
    /// garbage are cleared; finalisers run, each once in its object's life; what they have made
    /// reachable is kept, with all it refers to; weak references made meanwhile are cleared. The
    /// rest is destroyed. A panic in a finaliser or a destructor is passed on after that; of
    /// several, the first.
    ///
    /// Without memory for its figures, four bytes an object, a collection does nothing.
    pub fn collect(&self, embedder: &impl Embedder) -> Collected {
        let Some(turn) = self.turn.take() else {
            return Collected::default();
        };
        self.totals.lock().collections += 1;
        embedder.begins();
        let mut done = Collected::default();
        let panic = self.collect_in_turn(embedder, &mut done);
        drop(turn);
        self.totals.lock().add(&done);
        embedder.ends(&done);
        if let Err(panic) = panic {
            resume_unwind(panic);
        }
        done
    }

    /// Returns the first panic of a finaliser, or else of what destroying the garbage runs.
    fn collect_in_turn<E: Embedder>(
        &self,
        embedder: &E,
        done: &mut Collected,
    ) -> Result<(), Panic> {
        let mut helpers = self.helpers::<E>();
        done.workers = helpers.workers();
        let found = self.stopped(embedder, done, |figures, done| {
            // SAFETY: the figures exist while the world is stopped.
            done.examined = unsafe { helpers.find(figures, embedder) };
            let garbage = figures.garbage();
            for object in &garbage {
                // SAFETY: found alive in a stopped world.
                unsafe { object.as_ref() }.incref(embedder.token());
            }
            embedder.clear_weak(&garbage);
            garbage
        });
        let Some(mut garbage) = found else {
            return Ok(());
        };
        self.space.reset_allocated();
        let mut finalised = Ok(());
        if finalise(embedder, &garbage, &mut finalised) {
            let divided = self.stopped(embedder, done, |figures, _| {
                let (kept, lost) = divide(figures, embedder, &garbage);
                embedder.clear_weak(&lost);
                (kept, lost)
            });
            let (kept, lost) = divided.unwrap_or((garbage, Vec::new()));
            done.resurrected = kept.len();
            for object in kept {
                // SAFETY: counted above, and given up once.
                unsafe { embedder.release(object) };
            }
            garbage = lost;
        }
        done.garbage = garbage.len();
        // Relaxed: a figure.
        self.live
            .store(done.examined - done.garbage, Ordering::Relaxed);
        let disposed = catch_unwind(AssertUnwindSafe(|| {
            if !garbage.is_empty() {
                // SAFETY: found to be garbage; the collector's references are given up with it.
                unsafe { embedder.dispose(garbage) };
            }
        }));
        finalised.and(disposed)
    }

    /// Runs `f` with fresh figures while the world is stopped; `None` without memory.
    fn stopped<R>(
        &self,
        embedder: &impl Embedder,
        done: &mut Collected,
        f: impl FnOnce(&Figures, &mut Collected) -> R,
    ) -> Option<R> {
        let start = Instant::now();
        let stopped = embedder.stop();
        // SAFETY: the world is stopped until after the figures are dropped.
        let figures = unsafe { Figures::new(&self.space) };
        let result = figures.map(|figures| f(&figures, done));
        drop(stopped);
        done.pause = done.pause.max(start.elapsed());
        result
    }
}

/// Runs the finalisers that have not run yet; returns whether there were any. Puts the first
/// panic into `panic`.
fn finalise(
    embedder: &impl Embedder,
    garbage: &[NonNull<Header>],
    panic: &mut Result<(), Panic>,
) -> bool {
    let mut any = false;
    for object in garbage {
        // SAFETY: the collector's reference keeps the object.
        let object = unsafe { object.as_ref() };
        if embedder.has_finaliser(object) && object.begin_finalising() {
            any = true;
            let finalised = catch_unwind(AssertUnwindSafe(|| embedder.finalise(object)));
            if panic.is_ok() {
                *panic = finalised;
            }
        }
    }
    any
}

/// Of the garbage, what can be reached from outside now, and the rest.
fn divide<E: Embedder>(
    figures: &Figures,
    embedder: &E,
    garbage: &[NonNull<Header>],
) -> (Vec<NonNull<Header>>, Vec<NonNull<Header>>) {
    // SAFETY: the collector's references keep the objects, here and below.
    let objects = || garbage.iter().map(|object| unsafe { object.as_ref() });
    // One that is no longer tracked has freed itself of its references.
    for object in objects().filter(|object| object.is_tracked()) {
        if let Some(figure) = figures.figure(object) {
            // Not counting the collector's own reference.
            figure.set(Figures::of_count(object.count() - 1));
        }
    }
    let crew = Crew::new(1);
    // SAFETY: the figures exist while the world is stopped, and this is the only worker.
    let mut worker = unsafe { Worker::<E, false>::new(embedder.guide(), figures, &crew, 0) };
    for object in objects() {
        worker.subtract_children(object);
    }
    worker.finish_subtracting();
    embedder.visit_roots(&mut |root| worker.meet(root));
    for object in objects() {
        if let Some(figure) = figures.figure(object) {
            worker.begin_at(NonNull::from(object), figure);
        }
    }
    worker.finish_reaching();
    garbage.iter().partition(|object| {
        // SAFETY: as above.
        let figure = figures.figure(unsafe { object.as_ref() });
        !figure.is_some_and(|figure| Figures::is_garbage(figure.get()))
    })
}

#[cfg(all(test, not(selvedge_loom)))]
mod tests {
    use super::*;

    #[test]
    fn threshold_and_growth_are_reached_exactly() {
        assert!(is_enough(10, 10, || 0) && !is_enough(9, 10, || 0));
        assert!(is_enough(600, 10, || 600) && !is_enough(599, 10, || 600));
        assert!(!is_enough(1_000_000, 0, || 0), "0 means never");
    }
}
