//! Collections by several threads.
#![cfg(not(selvedge_loom))]
#![allow(missing_docs)]
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "used as a user of the crate would, outside of models"
)]

use selvedge_refcount::{Gc, GcMutex, Mutator, Trace, Visitor, World, trace};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

struct Node {
    edges: GcMutex<Vec<Gc<Node>>>,
}

trace!(Node { edges });

fn node(mutator: &Mutator, edges: Vec<Gc<Node>>) -> Gc<Node> {
    mutator.alloc(Node {
        edges: GcMutex::new(edges),
    })
}

/// A node that refers to so many, each of which refers to it, and to one more.
fn sun(mutator: &Mutator, rays: usize) -> Gc<Node> {
    let middle = node(mutator, Vec::new());
    let ray = |_| node(mutator, vec![middle.clone(), node(mutator, Vec::new())]);
    *middle.get(mutator).edges.lock() = (0..rays).map(ray).collect();
    middle
}

#[test]
fn several_threads_find_what_one_does() {
    const RAYS: usize = 20_000;
    let world = World::new();
    let mut mutator = world.attach();
    let kept = sun(&mutator, RAYS);
    for workers in [1, 2, 4, 7] {
        world.collector().set_workers(workers, 1_000);
        drop(sun(&mutator, RAYS));
        let done = mutator.collect();
        assert_eq!(done.workers, workers);
        let each = 2 * RAYS + 1;
        assert_eq!((done.examined, done.garbage), (2 * each, each), "{workers}");
        let edges = kept.get(&mutator).edges.lock();
        assert!(
            edges
                .iter()
                .all(|ray| ray.get(&mutator).edges.lock().len() == 2)
        );
    }
    *kept.get(&mutator).edges.lock() = Vec::new();
    drop(kept);
    assert_eq!(mutator.collect().examined, 0);
}

#[test]
fn as_many_threads_as_there_is_work_for_collect() {
    let world = World::new();
    let mut mutator = world.attach();
    world.collector().set_workers(3, 1_000);
    // Allocations are counted by the dozen.
    for (objects, workers) in [(900, 1), (1_800, 1), (2_200, 2), (2_800, 2), (9_000, 3)] {
        let kept: Vec<_> = (0..objects).map(|_| node(&mutator, Vec::new())).collect();
        assert_eq!(mutator.collect().workers, workers, "{objects}");
        drop(kept);
        mutator.collect();
    }
    world.collector().set_workers(0, 0);
    assert_eq!(mutator.collect().workers, 1, "the collecting one");
}

/// Panics, on demand, when it is traced.
struct Mine(GcMutex<Option<Gc<Mine>>>, Arc<AtomicBool>);

// SAFETY: shows the only pointer once, or panics.
unsafe impl Trace for Mine {
    fn trace(&self, visitor: &mut Visitor<'_>) {
        assert!(!self.1.load(Ordering::Relaxed), "stepped on");
        self.0.trace(visitor);
    }
}

#[test]
fn panic_of_a_traversal_stops_all_threads() {
    let world = World::new();
    let mut mutator = world.attach();
    let armed = Arc::new(AtomicBool::new(false));
    for workers in [1, 3] {
        world.collector().set_workers(workers, 1);
        for _ in 0..2_000 {
            let mine = mutator.alloc(Mine(GcMutex::new(None), Arc::clone(&armed)));
            *mine.get(&mutator).0.lock() = Some(mine.clone());
        }
        armed.store(true, Ordering::Relaxed);
        let panic = catch_unwind(AssertUnwindSafe(|| mutator.collect())).unwrap_err();
        assert_eq!(panic.downcast_ref(), Some(&"stepped on"));
        armed.store(false, Ordering::Relaxed);
        assert_eq!(mutator.collect().garbage, 2_000, "{workers}");
    }
}
