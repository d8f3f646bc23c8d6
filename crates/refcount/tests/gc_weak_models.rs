//! Models of weak pointers to collected objects, and of the turn to collect or set apart.
#![cfg(selvedge_loom)]
#![allow(missing_docs)]

use selvedge_refcount::{Gc, GcMutex, Mutator, World, trace};
use selvedge_sync::model;
use selvedge_sync::seam::atomic::{AtomicUsize, Ordering};
use selvedge_sync::seam::cell::UnsafeCell;
use selvedge_sync::seam::model::reach;
use selvedge_sync::seam::{Arc, thread};

/// A value that loom watches: read by who has a pointer, written by its destructor.
struct Body(Arc<AtomicUsize>, UnsafeCell<u32>);

// SAFETY: loom reports accesses that overlap.
unsafe impl Sync for Body {}

impl Body {
    fn read(&self) {
        // SAFETY: loom reports it if the destructor is at it.
        self.1.with(|body| assert_eq!(unsafe { *body }, 7));
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        // SAFETY: loom reports it if a reader is at it.
        self.1.with_mut(|body| unsafe { *body = 0 });
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

struct Node {
    this: GcMutex<Option<Gc<Node>>>,
    body: Body,
}

trace!(Node { this });

fn node(mutator: &Mutator, drops: &Arc<AtomicUsize>) -> Gc<Node> {
    mutator.alloc(Node {
        this: GcMutex::new(None),
        body: Body(Arc::clone(drops), UnsafeCell::new(7)),
    })
}

#[test]
fn weak_pointer_upgrades_or_the_object_dies() {
    model!(
        "weak_pointer_upgrades_or_the_object_dies",
        "who upgrades while the last pointer is dropped has the whole object, or nothing"
    )
    .preemptions(2)
    .reaches(&["upgraded", "too late"])
    .check(|| {
        let world = World::new();
        let drops = Arc::new(AtomicUsize::new(0));
        let mut mutator = world.attach();
        let object = node(&mutator, &drops);
        let weak = object.downgrade();
        let thread = {
            let world = world.clone();
            thread::spawn(move || {
                let mutator = world.attach();
                match weak.upgrade(&mutator) {
                    Some(object) => {
                        reach("upgraded");
                        object.get(&mutator).body.read();
                    }
                    None => reach("too late"),
                }
            })
        };
        drop(object);
        mutator.blocking(|| thread.join().unwrap());
        mutator.collect();
        assert_eq!(drops.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn weak_pointer_keeps_what_no_collection_has_found() {
    model!(
        "weak_pointer_keeps_what_no_collection_has_found",
        "who upgrades before a collection has the whole object, and nothing after"
    )
    .preemptions(2)
    .reaches(&["upgraded", "too late"])
    .check(|| {
        let world = World::new();
        let drops = Arc::new(AtomicUsize::new(0));
        let mut mutator = world.attach();
        let object = node(&mutator, &drops);
        let weak = object.downgrade();
        *object.get(&mutator).this.lock() = Some(object.clone());
        drop(object);
        let thread = {
            let world = world.clone();
            thread::spawn(move || {
                let mutator = world.attach();
                let upgraded = weak.upgrade(&mutator);
                reach(if upgraded.is_some() {
                    "upgraded"
                } else {
                    "too late"
                });
                if let Some(object) = upgraded {
                    object.get(&mutator).body.read();
                }
            })
        };
        let found = mutator.collect().garbage;
        mutator.blocking(|| thread.join().unwrap());
        assert_eq!(found + mutator.collect().garbage, 1);
        assert_eq!(drops.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn first_weak_pointers_of_two_threads_share_a_side() {
    model!(
        "first_weak_pointers_of_two_threads_share_a_side",
        "weak pointers made at the same time are cleared together"
    )
    .preemptions(2)
    .reaches(&["cleared"])
    .check(|| {
        let world = World::new();
        let drops = Arc::new(AtomicUsize::new(0));
        let mut mutator = world.attach();
        let object = node(&mutator, &drops);
        let other = object.clone();
        let thread = thread::spawn(move || other.downgrade());
        let weak = object.downgrade();
        let theirs = mutator.blocking(|| thread.join().unwrap());
        assert!(weak.ptr_eq(&theirs) && theirs.upgrade(&mutator).is_some());
        drop(object);
        mutator.collect();
        assert!(weak.upgrade(&mutator).is_none() && theirs.upgrade(&mutator).is_none());
        assert_eq!(drops.load(Ordering::Relaxed), 1);
        reach("cleared");
    });
}

#[test]
fn freezing_and_collecting_take_turns() {
    model!(
        "freezing_and_collecting_take_turns",
        "objects are set apart before a collection or after it, and both threads go on"
    )
    .preemptions(2)
    .reaches(&["before", "after"])
    .check(|| {
        let world = World::new();
        let mut mutator = world.attach();
        let object = mutator.alloc(());
        let thread = {
            let world = world.clone();
            thread::spawn(move || {
                assert_eq!(world.attach().freeze(), 1);
            })
        };
        let examined = mutator.collect().examined;
        reach(if examined == 0 { "before" } else { "after" });
        mutator.blocking(|| thread.join().unwrap());
        assert_eq!(mutator.unfreeze(), 1);
        drop(object);
    });
}

#[test]
fn everybody_who_waits_for_the_turn_goes_on() {
    model!(
        "everybody_who_waits_for_the_turn_goes_on",
        "two threads that set objects apart during a collection both do so after it"
    )
    .preemptions(1)
    .reaches(&["both went on"])
    .check(|| {
        let world = World::new();
        let mut mutator = world.attach();
        let threads = [0, 1].map(|_| {
            let world = world.clone();
            thread::spawn(move || {
                world.attach().freeze();
            })
        });
        mutator.collect();
        mutator.blocking(|| {
            for thread in threads {
                thread.join().unwrap();
            }
        });
        reach("both went on");
    });
}

#[test]
fn collections_of_two_threads_take_turns() {
    model!(
        "collections_of_two_threads_take_turns",
        "of two threads that collect at once one finds the garbage, and it is dropped once"
    )
    .preemptions(2)
    .reaches(&["found here", "found there"])
    .check(|| {
        let world = World::new();
        let drops = Arc::new(AtomicUsize::new(0));
        let mut mutator = world.attach();
        let object = node(&mutator, &drops);
        *object.get(&mutator).this.lock() = Some(object.clone());
        drop(object);
        let thread = {
            let world = world.clone();
            thread::spawn(move || world.attach().collect().garbage)
        };
        let here = mutator.collect().garbage;
        let there = mutator.blocking(|| thread.join().unwrap());
        reach(if here == 1 {
            "found here"
        } else {
            "found there"
        });
        assert_eq!((here + there, drops.load(Ordering::Relaxed)), (1, 1));
    });
}
