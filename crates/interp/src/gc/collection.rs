//! What an interpreter keeps for its collections.

use crate::object::list::List;
use crate::thread::{request_collection, with_interpreter};
use crate::value::Ref;
use selvedge_refcount::{Collector, LocalHeap, Space};
use selvedge_sync::seam::Mutex;
use selvedge_sync::seam::atomic::{AtomicBool, AtomicU32, Ordering};

/// What collections say on standard error, and what they keep.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Debug(pub u32);

impl Debug {
    /// Figures of each collection are printed.
    pub const STATS: Debug = Debug(1);
    /// What was found is printed.
    pub const COLLECTABLE: Debug = Debug(2);
    /// What is found is kept in `gc.garbage` rather than destroyed.
    pub const SAVE_ALL: Debug = Debug(32);

    /// Whether all of `other` is set.
    pub fn contains(self, other: Debug) -> bool {
        self.0 & other.0 == other.0
    }
}

/// An interpreter's memory for objects that may refer to others, and the collector of those.
pub struct Collection {
    collector: Collector,
    /// What whoever holds the interpreter's lock makes objects on.
    heap: LocalHeap,
    /// Whether a thread was asked to collect.
    asked: AtomicBool,
    debug: AtomicU32,
    /// What `gc.get_threshold()` shows.
    thresholds: Mutex<[i64; 3]>,
    /// The lists `gc.callbacks` and `gc.garbage`, once somebody asked for them.
    callbacks: Mutex<Option<Ref>>,
    garbage: Mutex<Option<Ref>>,
}

impl Collection {
    pub(crate) fn new() -> Self {
        let space = Space::new();
        Self {
            heap: space.heap(),
            collector: Collector::new(space),
            asked: AtomicBool::new(false),
            debug: AtomicU32::new(0),
            thresholds: Mutex::new([2000, 10, 10]),
            callbacks: Mutex::new(None),
            garbage: Mutex::new(None),
        }
    }

    /// The collector of the interpreter's objects.
    pub fn collector(&self) -> &Collector {
        &self.collector
    }

    /// The heap of whoever holds the interpreter's lock.
    pub(crate) fn heap(&self) -> &LocalHeap {
        &self.heap
    }

    /// What `gc.get_threshold()` shows.
    pub fn thresholds(&self) -> [i64; 3] {
        *self.thresholds.lock()
    }

    /// Sets what `gc.get_threshold()` shows. The first is the fewest objects to be made between
    /// two collections, 0 for endlessly many; the others are for generations, which there are not.
    pub fn set_thresholds(&self, new: [i64; 3]) {
        *self.thresholds.lock() = new;
        let fewest = usize::try_from(new[0]).unwrap_or(0);
        self.collector.set_threshold(fewest);
    }

    /// What collections say and keep.
    pub fn debug(&self) -> Debug {
        // Relaxed: a setting.
        Debug(self.debug.load(Ordering::Relaxed))
    }

    /// Sets what collections say and keep.
    pub fn set_debug(&self, new: Debug) {
        // Relaxed: a setting.
        self.debug.store(new.0, Ordering::Relaxed);
    }

    /// The list `gc.callbacks`.
    pub fn callbacks(&self) -> Ref {
        list(&self.callbacks)
    }

    /// The list `gc.garbage`.
    pub fn garbage(&self) -> Ref {
        list(&self.garbage)
    }

    /// The list `gc.callbacks`, if anybody has asked for it.
    pub(super) fn known_callbacks(&self) -> Option<Ref> {
        self.callbacks.lock().clone()
    }

    /// A thread comes to do what it was asked for.
    pub(crate) fn answer(&self) {
        // Relaxed: a hint that keeps threads from being asked twice.
        self.asked.store(false, Ordering::Relaxed);
    }

    /// Gives up what belongs to the module `gc`.
    pub(crate) fn forget(&self) {
        let (callbacks, garbage) = (self.callbacks.lock().take(), self.garbage.lock().take());
        drop((callbacks, garbage));
    }
}

fn list(place: &Mutex<Option<Ref>>) -> Ref {
    if let Some(known) = &*place.lock() {
        return known.clone();
    }
    let made = List::from_refs(Vec::new());
    place.lock().get_or_insert(made).clone()
}

/// Asks the thread to collect at its next safe point, if a collection is due.
#[cold]
pub(crate) fn ask_if_due() {
    with_interpreter(|interpreter| {
        let collection = interpreter.collection();
        // Relaxed: see `answer`.
        if collection.collector.is_due() && !collection.asked.swap(true, Ordering::Relaxed) {
            request_collection();
        }
    });
}
