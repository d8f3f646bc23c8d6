//! Models of collections against those who count meanwhile, and of their helpers.
#![cfg(selvedge_loom)]
#![allow(missing_docs)]

use selvedge_refcount::{Gc, GcMutex, Mutator, Trace, Visitor, World, trace};
use selvedge_sync::model;
use selvedge_sync::seam::atomic::{AtomicUsize, Ordering};
use selvedge_sync::seam::cell::UnsafeCell;
use selvedge_sync::seam::model::reach;
use selvedge_sync::seam::{Arc, Mutex, thread};

struct Drops(Arc<AtomicUsize>);

impl Drop for Drops {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

struct Node {
    this: GcMutex<Option<Gc<Node>>>,
    _drops: Drops,
}

trace!(Node { this });

fn ring(world: &World, drops: &Arc<AtomicUsize>) -> Gc<Node> {
    let mutator = world.attach();
    let node = mutator.alloc(Node {
        this: GcMutex::new(None),
        _drops: Drops(Arc::clone(drops)),
    });
    *node.get(&mutator).this.lock() = Some(node.clone());
    node
}

#[test]
fn collection_waits_for_a_running_mutator() {
    model!(
        "collection_waits_for_a_running_mutator",
        "what a mutator takes over between its safe points is kept, and later collected once"
    )
    .preemptions(2)
    .reaches(&["taken over", "kept", "collected"])
    .check(|| {
        let world = World::new();
        let drops = Arc::new(AtomicUsize::new(0));
        let place = Arc::new(Mutex::new(Some(ring(&world, &drops))));
        let thread = {
            let (world, place) = (world.clone(), Arc::clone(&place));
            thread::spawn(move || {
                let mutator = world.attach();
                let taken = place.lock().take();
                if let Some(node) = &taken {
                    reach("taken over");
                    assert!(node.get(&mutator).this.lock().is_some());
                }
            })
        };
        let mut mutator = world.attach();
        let found = mutator.collect().garbage;
        reach(if found == 0 { "kept" } else { "collected" });
        mutator.blocking(|| thread.join().unwrap());
        drop(place.lock().take());
        assert_eq!(found + mutator.collect().garbage, 1);
        drop(mutator);
        assert_eq!(drops.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn collection_against_counting_outside() {
    model!(
        "collection_against_counting_outside",
        "an object that a thread outside clones and drops is collected once, after its last use"
    )
    .preemptions(2)
    .reaches(&["kept", "collected"])
    .check(|| {
        let world = World::new();
        let drops = Arc::new(AtomicUsize::new(0));
        let node = ring(&world, &drops);
        let thread = thread::spawn(move || {
            let second = node.clone();
            drop(node);
            drop(second);
        });
        let mut mutator = world.attach();
        let found = mutator.collect().garbage;
        reach(if found == 0 { "kept" } else { "collected" });
        mutator.blocking(|| thread.join().unwrap());
        assert_eq!(found + mutator.collect().garbage, 1);
        drop(mutator);
        assert_eq!(drops.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn object_that_dies_outside_is_destroyed_once() {
    model!(
        "object_that_dies_outside_is_destroyed_once",
        "what a thread outside has found dead is no garbage to a collection that begins before"
    )
    .preemptions(2)
    .reaches(&["dead before", "dead during or after"])
    .check(|| {
        let world = World::new();
        let drops = Arc::new(AtomicUsize::new(0));
        let node = ring(&world, &drops);
        let mut mutator = world.attach();
        drop(node.get(&mutator).this.lock().take());
        let thread = thread::spawn(move || drop(node));
        let examined = mutator.collect().examined;
        reach(if examined == 0 {
            "dead before"
        } else {
            "dead during or after"
        });
        mutator.blocking(|| thread.join().unwrap());
        mutator.collect();
        assert_eq!(drops.load(Ordering::Relaxed), 1);
    });
}

/// A node whose pointer loom watches: the collector reads it, mutators write it.
struct Bare(UnsafeCell<Option<Gc<Bare>>>);

// SAFETY: loom reports accesses that overlap.
unsafe impl Sync for Bare {}

// SAFETY: shows its one pointer.
unsafe impl Trace for Bare {
    fn trace(&self, visitor: &mut Visitor<'_>) {
        // SAFETY: the world stands still while the collector looks.
        self.0.with(|next| unsafe { (*next).trace(visitor) });
    }
}

fn change(node: &Gc<Bare>, mutator: &Mutator) {
    let this = node.clone();
    // SAFETY: loom reports it if the collector, or another mutator, looks meanwhile.
    node.get(mutator)
        .0
        .with_mut(|next| unsafe { *next = Some(this) });
}

#[test]
fn nobody_joins_while_the_world_stands_still() {
    model!(
        "nobody_joins_while_the_world_stands_still",
        "a mutator that attaches around two collections changes nothing that they look at"
    )
    .preemptions(3)
    .reaches(&["changed"])
    .check(|| {
        let world = World::new();
        let mut mutator = world.attach();
        let node = mutator.alloc(Bare(UnsafeCell::new(None)));
        let thread = {
            let (world, node) = (world.clone(), node.clone());
            thread::spawn(move || {
                change(&node, &world.attach());
                reach("changed");
            })
        };
        assert_eq!(mutator.collect().garbage, 0);
        assert_eq!(mutator.collect().garbage, 0);
        mutator.blocking(|| thread.join().unwrap());
        drop(node);
        assert_eq!(mutator.collect().garbage, 1);
    });
}

#[test]
fn everybody_who_waits_joins_when_the_world_goes_on() {
    model!(
        "everybody_who_waits_joins_when_the_world_goes_on",
        "two threads that attach during a collection are both let in after it"
    )
    .preemptions(2)
    .reaches(&["both in"])
    .check(|| {
        let world = World::new();
        let mut mutator = world.attach();
        let threads = [0, 1].map(|_| {
            let world = world.clone();
            thread::spawn(move || drop(world.attach()))
        });
        mutator.collect();
        mutator.blocking(|| {
            for thread in threads {
                thread.join().unwrap();
            }
        });
        reach("both in");
    });
}

#[test]
fn safe_point_lets_a_collection_through() {
    model!(
        "safe_point_lets_a_collection_through",
        "a mutator that never leaves, but comes by safe points, holds no collection up"
    )
    .preemptions(1)
    .reaches(&["collected"])
    .check(|| {
        let world = World::new();
        let done = Arc::new(AtomicUsize::new(0));
        let thread = {
            let (world, done) = (world.clone(), Arc::clone(&done));
            thread::spawn(move || {
                let mut mutator = world.attach();
                while done.load(Ordering::Relaxed) == 0 {
                    mutator.safe_point();
                    thread::yield_now();
                }
            })
        };
        let mut mutator = world.attach();
        mutator.collect();
        reach("collected");
        done.store(1, Ordering::Relaxed);
        mutator.blocking(|| thread.join().unwrap());
    });
}

#[test]
fn helper_and_collector_divide_a_collection() {
    model!(
        "helper_and_collector_divide_a_collection",
        "with a second thread that helps, garbage is destroyed, and what is held is kept"
    )
    .preemptions(2)
    .reaches(&["collected"])
    .check(|| {
        let world = World::new();
        let drops = Arc::new(AtomicUsize::new(0));
        world.collector().set_workers(2, 1);
        let kept = ring(&world, &drops);
        drop(ring(&world, &drops));
        let mut mutator = world.attach();
        let done = mutator.collect();
        assert_eq!((done.examined, done.garbage), (2, 1));
        assert_eq!(drops.load(Ordering::Relaxed), 1);
        reach("collected");
        drop(kept);
        assert_eq!(mutator.collect().garbage, 1);
    });
}
