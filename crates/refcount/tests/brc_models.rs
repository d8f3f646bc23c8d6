//! Models of the counted pointer.
#![cfg(selvedge_loom)]
#![allow(missing_docs)]

use selvedge_refcount::{Brc, detached, drain};
use selvedge_sync::model;
use selvedge_sync::seam::atomic::{AtomicUsize, Ordering};
use selvedge_sync::seam::cell::UnsafeCell;
use selvedge_sync::seam::model::reach;
use selvedge_sync::seam::{Arc, thread};

/// A value whose body loom watches: a use after its destruction is a race.
struct Watched {
    body: UnsafeCell<u32>,
    drops: Arc<AtomicUsize>,
}

// SAFETY: the body is read through pointers and written by the destructor or `get_mut`.
unsafe impl Sync for Watched {}

impl Watched {
    fn new() -> (Arc<AtomicUsize>, Brc<Self>) {
        let drops = Arc::new(AtomicUsize::new(0));
        let value = Self {
            body: UnsafeCell::new(1),
            drops: Arc::clone(&drops),
        };
        (drops, Brc::new(value))
    }

    fn read(&self) -> u32 {
        // SAFETY: loom reports it if this is not so.
        self.body.with(|body| unsafe { *body })
    }

    fn write(&self) {
        // SAFETY: as above.
        self.body.with_mut(|body| unsafe { *body += 1 });
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.write();
        self.drops.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn both_threads_clone_and_drop() {
    model!(
        "both_threads_clone_and_drop",
        "a value whose pointers two threads clone and drop is dropped once, after its last use"
    )
    .preemptions(2)
    .reaches(&["waited for its maker", "merged before"])
    .check(|| {
        let (drops, pointer) = Watched::new();
        let other = pointer.clone();
        let thread = thread::spawn(move || {
            other.read();
            drop(other);
        });
        pointer.read();
        drop(pointer);
        // Making a pointer drains, so the other's release may be merged here already.
        drop(Brc::new(()));
        let early = drops.load(Ordering::Relaxed) == 1;
        thread.join().unwrap();
        drain();
        reach(if early {
            "merged before"
        } else {
            "waited for its maker"
        });
        assert_eq!(drops.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn maker_that_ends_leaves_nothing() {
    model!(
        "maker_that_ends_leaves_nothing",
        "a value dropped elsewhere while its maker's thread ends is dropped once"
    )
    .preemptions(2)
    .check(|| {
        let slot = Arc::new(selvedge_sync::seam::Mutex::new(None));
        let drops = Arc::new(selvedge_sync::seam::Mutex::new(None));
        let maker = {
            let (slot, drops) = (Arc::clone(&slot), Arc::clone(&drops));
            thread::spawn(move || {
                let (count, pointer) = Watched::new();
                *drops.lock() = Some(count);
                *slot.lock() = Some(pointer);
            })
        };
        let early = slot.lock().take();
        drop(early);
        maker.join().unwrap();
        let late = slot.lock().take();
        drop(late);
        let drops = drops.lock().take().unwrap();
        // In a model a thread can be joined before its thread-locals' destructors have run.
        while drops.load(Ordering::Relaxed) == 0 {
            thread::yield_now();
        }
        assert_eq!(drops.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn detached_maker_garbage_is_dropped_by_the_finder() {
    model!(
        "detached_maker_garbage_is_dropped_by_the_finder",
        "a value dropped elsewhere around its maker's detaching is dropped once"
    )
    .preemptions(2)
    .reaches(&["inside"])
    .check(|| {
        let (drops, pointer) = Watched::new();
        let thread = thread::spawn(move || drop(pointer));
        detached(|| {
            thread.join().unwrap();
            if drops.load(Ordering::Relaxed) == 1 {
                reach("inside");
            }
        });
        drain();
        assert_eq!(drops.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn upgrade_races_the_last_drop() {
    model!(
        "upgrade_races_the_last_drop",
        "an upgrade against the last drop yields a live value or none, and frees the memory once"
    )
    .preemptions(2)
    .reaches(&["upgraded", "too late"])
    .check(|| {
        let (drops, pointer) = Watched::new();
        let weak = Brc::downgrade(&pointer);
        let thread = thread::spawn(move || match weak.upgrade() {
            Some(strong) => {
                reach("upgraded");
                strong.read();
            }
            None => reach("too late"),
        });
        drop(pointer);
        thread.join().unwrap();
        drain();
        assert_eq!(drops.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn get_mut_races_an_upgrade() {
    model!(
        "get_mut_races_an_upgrade",
        "get_mut succeeds only when no pointer is left elsewhere, weak or upgraded"
    )
    .preemptions(2)
    .reaches(&["alone", "not alone"])
    .check(|| {
        let (_, mut pointer) = Watched::new();
        let weak = Brc::downgrade(&pointer);
        let thread = thread::spawn(move || {
            if let Some(strong) = weak.upgrade() {
                drop(weak);
                strong.read();
                drop(Brc::downgrade(&strong));
            }
        });
        match Brc::get_mut(&mut pointer) {
            Some(value) => {
                reach("alone");
                value.write();
            }
            None => reach("not alone"),
        }
        thread.join().unwrap();
    });
}

#[test]
fn unwrapping_races_an_upgrade() {
    model!(
        "unwrapping_races_an_upgrade",
        "a value is either taken out or upgraded to, never both"
    )
    .preemptions(2)
    .reaches(&["taken", "upgraded first"])
    .check(|| {
        let (drops, pointer) = Watched::new();
        let weak = Brc::downgrade(&pointer);
        let thread = thread::spawn(move || {
            if let Some(strong) = weak.upgrade() {
                strong.read();
            }
        });
        match Brc::try_unwrap(pointer) {
            Ok(value) => {
                reach("taken");
                value.write();
            }
            Err(_) => reach("upgraded first"),
        }
        thread.join().unwrap();
        drain();
        assert_eq!(drops.load(Ordering::Relaxed), 1);
    });
}
