//! Models of collections against those who count meanwhile.
#![cfg(selvedge_loom)]
#![allow(missing_docs)]

use selvedge_refcount::{Gc, GcMutex, World, trace};
use selvedge_sync::model;
use selvedge_sync::seam::atomic::{AtomicUsize, Ordering};
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
