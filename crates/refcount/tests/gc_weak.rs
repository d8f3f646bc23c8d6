//! Weak pointers to collected objects, finalisers, and what these bring back.
#![cfg(not(selvedge_loom))]
#![allow(missing_docs)]
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "used as a user of the crate would, outside of models"
)]

#[path = "support/drops.rs"]
mod drops;

use drops::{Drops, Pin};
use selvedge_refcount::{Brc, Gc, GcMutex, GcWeak, Mutator, World, trace};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// What a finaliser does besides counting.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    Words,
    Rise,
    Panic,
}

struct Mortal {
    this: GcMutex<GcWeak<Mortal>>,
    edges: GcMutex<Vec<Gc<Mortal>>>,
    last: Last,
    shelf: Arc<Mutex<Vec<Gc<Mortal>>>>,
    finalised: Arc<AtomicUsize>,
    _drops: Drops,
}

trace!(Mortal { this, edges } finalise |mortal: &Mortal, mutator: &Mutator| {
    mortal.finalised.fetch_add(1, Ordering::Relaxed);
    assert!(mortal.this.lock().upgrade(mutator).is_none());
    match mortal.last {
        Last::Words => {}
        Last::Rise => mortal.shelf.lock().unwrap().extend(mortal.edges.lock().iter().cloned()),
        Last::Panic => panic!("bang"),
    }
});

#[derive(Default)]
struct Wake {
    shelf: Arc<Mutex<Vec<Gc<Mortal>>>>,
    finalised: Arc<AtomicUsize>,
    drops: Arc<AtomicUsize>,
}

impl Wake {
    fn mortal(&self, mutator: &Mutator, last: Last) -> Gc<Mortal> {
        let mortal = mutator.alloc(Mortal {
            this: GcMutex::default(),
            edges: GcMutex::default(),
            last,
            shelf: Arc::clone(&self.shelf),
            finalised: Arc::clone(&self.finalised),
            _drops: Drops(Arc::clone(&self.drops)),
        });
        *mortal.get(mutator).this.lock() = mortal.downgrade();
        mortal
    }

    /// How many have been finalised, and how many dropped.
    fn seen(&self) -> (usize, usize) {
        let load = |figure: &AtomicUsize| figure.load(Ordering::Relaxed);
        (load(&self.finalised), load(&self.drops))
    }
}

fn tie(mutator: &Mutator, from: &Gc<Mortal>, to: &Gc<Mortal>) {
    from.get(mutator).edges.lock().push(to.clone());
}

#[test]
fn finaliser_runs_when_the_last_pointer_is_dropped() {
    let (world, wake) = (World::new(), Wake::default());
    let mutator = world.attach();
    drop(wake.mortal(&mutator, Last::Words));
    assert_eq!(wake.seen(), (1, 1));
}

#[test]
fn panicking_finaliser_spares_no_object() {
    let (world, wake) = (World::new(), Wake::default());
    let mut mutator = world.attach();
    let single = wake.mortal(&mutator, Last::Panic);
    assert!(catch_unwind(AssertUnwindSafe(|| drop(single))).is_err());
    assert_eq!(wake.seen(), (1, 1));
    for last in [Last::Words, Last::Panic, Last::Words] {
        let mortal = wake.mortal(&mutator, last);
        tie(&mutator, &mortal, &mortal);
    }
    assert!(catch_unwind(AssertUnwindSafe(|| mutator.collect())).is_err());
    assert_eq!(wake.seen(), (4, 4));
    let totals = world.collector().totals();
    assert_eq!((totals.collections, totals.garbage), (1, 3));
}

#[test]
fn object_forgotten_by_a_panic_is_finalised_by_the_next_mutator() {
    /// The mortal is dropped, and so put off, before the others.
    struct Deep(
        GcMutex<Option<Gc<Mortal>>>,
        GcMutex<Vec<Gc<Deep>>>,
        #[expect(dead_code, reason = "only its drop matters")] Option<Pin>,
    );
    trace!(Deep { 0, 1 });
    let (world, wake) = (World::new(), Wake::default());
    let mutator = world.attach();
    let deep =
        |edges, mortal, pin| mutator.alloc(Deep(GcMutex::new(mortal), GcMutex::new(edges), pin));
    // Deeper than destructors nest, so that these wait while another panics.
    let grenade = deep(Vec::new(), None, Some(Pin));
    let mut head = deep(
        vec![grenade],
        Some(wake.mortal(&mutator, Last::Words)),
        None,
    );
    for _ in 0..63 {
        head = deep(vec![head], None, None);
    }
    assert!(catch_unwind(AssertUnwindSafe(|| drop(head))).is_err());
    drop(mutator);
    // The next destructor on this thread remembers what was put off.
    drop(Brc::new(String::from("anything")));
    let before = wake.seen();
    drop(world.attach());
    assert_eq!((before, wake.seen()), ((0, 0), (1, 1)));
}

#[test]
fn what_a_dying_object_puts_on_the_shelf_lives_on() {
    let (world, wake) = (World::new(), Wake::default());
    let mut mutator = world.attach();
    let (one, other) = (
        wake.mortal(&mutator, Last::Rise),
        wake.mortal(&mutator, Last::Words),
    );
    let weak = one.downgrade();
    tie(&mutator, &one, &other);
    tie(&mutator, &one, &one);
    drop((one, other));
    let done = mutator.collect();
    assert_eq!((done.garbage, done.resurrected), (0, 2));
    assert!(weak.upgrade(&mutator).is_none(), "cleared although it rose");
    let risen = wake.shelf.lock().unwrap().pop().unwrap();
    let weak = risen.downgrade();
    assert!(weak.upgrade(&mutator).unwrap().ptr_eq(&risen));
    drop(risen);
    wake.shelf.lock().unwrap().clear();
    assert_eq!(mutator.collect().garbage, 2);
    assert!(weak.upgrade(&mutator).is_none());
    assert_eq!(wake.seen(), (2, 2));
}

#[test]
fn object_that_rises_from_its_last_drop_is_collected_as_any_other() {
    let (world, wake) = (World::new(), Wake::default());
    let mut mutator = world.attach();
    let (one, other) = (
        wake.mortal(&mutator, Last::Rise),
        wake.mortal(&mutator, Last::Rise),
    );
    tie(&mutator, &one, &other);
    tie(&mutator, &other, &one);
    // Dies by its count: nothing else points to it.
    let dying = wake.mortal(&mutator, Last::Rise);
    tie(&mutator, &dying, &one);
    let weak = dying.downgrade();
    drop(dying);
    assert!(weak.upgrade(&mutator).is_none());
    assert_eq!((wake.seen(), wake.shelf.lock().unwrap().len()), ((1, 1), 1));
    drop((one, other));
    assert_eq!(mutator.collect().garbage, 0);
    wake.shelf.lock().unwrap().clear();
    assert_eq!(mutator.collect().resurrected, 2);
    wake.shelf.lock().unwrap().clear();
    assert_eq!(mutator.collect().garbage, 2);
    assert_eq!(wake.seen(), (3, 3));
}

struct Selfish {
    this: GcMutex<Option<Gc<Selfish>>>,
    shelf: Arc<Mutex<Vec<Gc<Selfish>>>>,
    weak: Arc<Mutex<GcWeak<Selfish>>>,
}

trace!(Selfish { this } finalise |selfish: &Selfish, mutator: &Mutator| {
    let revived = selfish.weak.lock().unwrap().upgrade(mutator);
    assert!(revived.is_none());
    selfish.shelf.lock().unwrap().extend(selfish.this.lock().take());
});

#[test]
fn weak_pointer_of_a_resurrected_object_is_made_anew() {
    let world = World::new();
    let mut mutator = world.attach();
    let (shelf, weak) = (Arc::default(), Arc::default());
    let object = mutator.alloc(Selfish {
        this: GcMutex::default(),
        shelf: Arc::clone(&shelf),
        weak: Arc::clone(&weak),
    });
    *weak.lock().unwrap() = object.downgrade();
    *object.get(&mutator).this.lock() = Some(object.clone());
    drop(object);
    let done = mutator.collect();
    assert_eq!((done.garbage, done.resurrected), (0, 1));
    let risen = shelf.lock().unwrap().pop().unwrap();
    let anew = risen.downgrade();
    assert!(!anew.ptr_eq(&weak.lock().unwrap()) && anew.clone().ptr_eq(&anew));
    assert!(anew.upgrade(&mutator).is_some());
    drop(risen);
    assert!(anew.upgrade(&mutator).is_none());
}

#[test]
fn weak_pointers_compare_by_object_and_may_be_empty() {
    let world = World::new();
    let mutator = world.attach();
    let (one, other) = (mutator.alloc(1), mutator.alloc(2));
    assert!(one.downgrade().ptr_eq(&one.downgrade()));
    assert!(!one.downgrade().ptr_eq(&other.downgrade()));
    assert!(!one.downgrade().ptr_eq(&GcWeak::new()));
    assert!(GcWeak::<i32>::new().ptr_eq(&GcWeak::default()));
    assert_eq!(format!("{:?}", one.downgrade()), "(GcWeak)");
}

#[test]
fn weak_pointer_of_another_world_is_refused() {
    let (here, there) = (World::new(), World::new());
    let mutator = here.attach();
    let object = mutator.alloc(5);
    let weak = object.downgrade();
    drop(mutator);
    let mutator = there.attach();
    assert!(catch_unwind(AssertUnwindSafe(|| weak.upgrade(&mutator).is_some())).is_err());
    drop(mutator);
    let mutator = here.attach();
    assert_eq!(
        weak.upgrade(&mutator).map(|object| *object.get(&mutator)),
        Some(5)
    );
}
