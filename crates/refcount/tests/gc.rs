//! Collected pointers as a Rust user sees them. Every world ends empty unless the test says why.
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
use proptest::prelude::*;
use selvedge_refcount::{Gc, GcMutex, Mutator, Trace, World, trace};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

struct Node {
    edges: GcMutex<Vec<Gc<Node>>>,
    _drops: Drops,
}

trace!(Node { edges });

/// A world and how many of its nodes have been dropped.
struct Stage {
    world: World,
    drops: Arc<AtomicUsize>,
}

impl Stage {
    fn new() -> Self {
        Self {
            world: World::new(),
            drops: Arc::default(),
        }
    }

    fn node(&self, mutator: &Mutator) -> Gc<Node> {
        mutator.alloc(Node {
            edges: GcMutex::default(),
            _drops: Drops(Arc::clone(&self.drops)),
        })
    }

    fn dropped(&self) -> usize {
        self.drops.load(Ordering::Relaxed)
    }
}

fn link(mutator: &Mutator, from: &Gc<Node>, to: &Gc<Node>) {
    from.get(mutator).edges.lock().push(to.clone());
}

#[test]
fn tree_needs_no_collection() {
    let stage = Stage::new();
    let mutator = stage.world.attach();
    let root = stage.node(&mutator);
    link(&mutator, &root, &stage.node(&mutator));
    drop(root);
    assert_eq!(stage.dropped(), 2);
}

#[test]
fn cycles_are_collected_and_the_rest_is_kept() {
    let stage = Stage::new();
    let mut mutator = stage.world.attach();
    let [a, b, c, kept] = [(); 4].map(|()| stage.node(&mutator));
    link(&mutator, &a, &a);
    link(&mutator, &b, &c);
    link(&mutator, &c, &b);
    link(&mutator, &c, &kept);
    let held = b.clone();
    drop((a, b, c));
    let done = mutator.collect();
    assert_eq!((done.examined, done.garbage, stage.dropped()), (4, 1, 1));
    drop(held);
    assert_eq!(mutator.collect().garbage, 2);
    assert_eq!(stage.dropped(), 3);
    drop(kept);
    assert_eq!(stage.dropped(), 4);
}

#[test]
fn smallest_objects_are_looked_at_too() {
    let world = World::new();
    let mut mutator = world.attach();
    let nothing = mutator.alloc(());
    assert_eq!(mutator.collect().examined, 1);
    drop(nothing);
    assert_eq!(mutator.collect().examined, 0);
}

#[test]
fn last_handle_collects() {
    let stage = Stage::new();
    let mutator = stage.world.attach();
    let node = stage.node(&mutator);
    link(&mutator, &node, &node);
    drop((node, mutator));
    let Stage { world, drops } = stage;
    drop(world);
    assert_eq!(drops.load(Ordering::Relaxed), 1);
}

#[test]
fn world_outlived_by_a_pointer() {
    let stage = Stage::new();
    let mutator = stage.world.attach();
    let node = stage.node(&mutator);
    drop(mutator);
    let Stage { world, drops } = stage;
    drop(world);
    // The world is leaked, so that this does no harm; nobody is left to destroy the node.
    drop(node.clone());
    drop(node);
    assert_eq!(drops.load(Ordering::Relaxed), 0);
}

#[test]
fn pointers_outside_count_and_leave_their_dead_to_a_mutator() {
    let stage = Stage::new();
    let mut mutator = stage.world.attach();
    let (node, ring) = (stage.node(&mutator), stage.node(&mutator));
    link(&mutator, &ring, &ring);
    let thread = std::thread::spawn(move || {
        drop(node.clone());
        drop((node, ring));
    });
    mutator.blocking(|| thread.join().unwrap());
    assert_eq!(mutator.collect().garbage, 1);
    assert_eq!(stage.dropped(), 2);
}

static LAST_WORDS: Mutex<Vec<Gc<Phoenix>>> = Mutex::new(Vec::new());

struct Phoenix {
    this: Mutex<Option<Gc<Phoenix>>>,
    rises: AtomicBool,
    finalised: Arc<AtomicUsize>,
}

trace!(Phoenix { this } finalise |phoenix: &Phoenix, mutator: &Mutator| {
    phoenix.finalised.fetch_add(1, Ordering::Relaxed);
    let this = phoenix.this.lock().unwrap().clone().unwrap();
    assert!(std::ptr::eq(this.get(mutator), phoenix));
    if phoenix.rises.load(Ordering::Relaxed) {
        LAST_WORDS.lock().unwrap().push(this);
    }
});

#[test]
fn finalisers_run_once_and_may_resurrect() {
    let world = World::new();
    let mut mutator = world.attach();
    let finalised = Arc::new(AtomicUsize::new(0));
    for rises in [false, true] {
        let phoenix = mutator.alloc(Phoenix {
            this: Mutex::default(),
            rises: AtomicBool::new(rises),
            finalised: Arc::clone(&finalised),
        });
        *phoenix.get(&mutator).this.lock().unwrap() = Some(phoenix.clone());
    }
    let done = mutator.collect();
    assert_eq!((done.garbage, done.resurrected), (1, 1));
    assert_eq!(finalised.load(Ordering::Relaxed), 2);
    assert_eq!(mutator.collect().garbage, 0);
    LAST_WORDS.lock().unwrap().clear();
    let done = mutator.collect();
    assert_eq!((done.garbage, done.resurrected), (1, 0));
    assert_eq!(finalised.load(Ordering::Relaxed), 2);
}

#[test]
fn frozen_objects_of_a_world_are_not_looked_at() {
    let stage = Stage::new();
    let mut mutator = stage.world.attach();
    let ring = stage.node(&mutator);
    link(&mutator, &ring, &ring);
    drop(ring);
    assert_eq!(mutator.freeze(), 1);
    assert_eq!(mutator.collect().examined, 0);
    assert_eq!(mutator.unfreeze(), 1);
    assert_eq!(mutator.collect().garbage, 1);
    assert_eq!(mutator.unfreeze(), 0);
}

enum Tree<T: Trace + Send + Sync + 'static> {
    Leaf,
    Both {
        left: GcMutex<Option<Gc<Tree<T>>>>,
        right: GcMutex<Option<Gc<Tree<T>>>>,
    },
    One(T, #[expect(dead_code, reason = "not traced")] u32),
}

trace!([T: Trace + Send + Sync + 'static] enum Tree<T> {
    Leaf,
    Both { left, right },
    One(value),
});

#[test]
fn enums_and_generics_are_traced() {
    let world = World::new();
    let mut mutator = world.attach();
    let branch = || {
        mutator.alloc(Tree::<()>::Both {
            left: GcMutex::default(),
            right: GcMutex::default(),
        })
    };
    let (one, other) = (branch(), branch());
    let inner = mutator.alloc(Tree::One(one.clone(), 5));
    for (from, second, to) in [(&one, false, &other), (&other, true, &one)] {
        let Tree::Both { left, right } = from.get(&mutator) else {
            panic!("made as such");
        };
        *if second { right } else { left }.lock() = Some(to.clone());
    }
    let leaf = mutator.alloc(Tree::<Gc<Tree<()>>>::Leaf);
    drop((one, other));
    assert_eq!(mutator.collect().garbage, 0, "the third keeps both");
    drop((inner, leaf));
    assert_eq!(mutator.collect().garbage, 2);
}

struct Grenade {
    this: Mutex<Option<Gc<Grenade>>>,
    _drops: Drops,
    _pin: Option<Pin>,
}

trace!(Grenade { this });

#[test]
fn panicking_destructor_spares_nothing_else() {
    let world = World::new();
    let mut mutator = world.attach();
    let drops = Arc::new(AtomicUsize::new(0));
    for number in 0..10 {
        let grenade = mutator.alloc(Grenade {
            this: Mutex::default(),
            _drops: Drops(Arc::clone(&drops)),
            _pin: if number == 5 { Some(Pin) } else { None },
        });
        *grenade.get(&mutator).this.lock().unwrap() = Some(grenade.clone());
    }
    assert!(catch_unwind(AssertUnwindSafe(|| mutator.collect())).is_err());
    assert_eq!(drops.load(Ordering::Relaxed), 10);
    assert_eq!(mutator.collect().examined, 0);
}

#[test]
fn list_of_a_million_in_a_ring_is_collected() {
    let stage = Stage::new();
    let mut mutator = stage.world.attach();
    let first = stage.node(&mutator);
    let mut last = first.clone();
    for _ in 1..1_000_000 {
        let next = stage.node(&mutator);
        link(&mutator, &last, &next);
        last = next;
    }
    link(&mutator, &last, &first);
    drop((first, last));
    assert_eq!(mutator.collect().garbage, 1_000_000);
    assert_eq!(stage.dropped(), 1_000_000);
}

#[test]
fn list_of_a_million_drops_without_deep_recursion() {
    let stage = Stage::new();
    let mutator = stage.world.attach();
    let mut head = stage.node(&mutator);
    for _ in 1..1_000_000 {
        let next = stage.node(&mutator);
        link(&mutator, &next, &head);
        head = next;
    }
    drop(head);
    assert_eq!(stage.dropped(), 1_000_000);
}

#[test]
fn safe_points_collect_when_due() {
    let stage = Stage::new();
    stage.world.collector().set_threshold(1000);
    let mut mutator = stage.world.attach();
    for _ in 0..100_000 {
        let node = stage.node(&mutator);
        link(&mutator, &node, &node);
        drop(node);
        mutator.safe_point();
    }
    let collections = stage.world.collector().totals().collections;
    assert!((50..=101).contains(&collections), "{collections}");
    stage.world.collector().set_enabled(false);
    for _ in 0..10_000 {
        let node = stage.node(&mutator);
        link(&mutator, &node, &node);
        drop(node);
        mutator.safe_point();
    }
    assert_eq!(stage.world.collector().totals().collections, collections);
}

#[test]
fn pointer_of_another_world_is_refused() {
    let (here, there) = (Stage::new(), Stage::new());
    let mutator = here.world.attach();
    let node = here.node(&mutator);
    drop(mutator);
    let mutator = there.world.attach();
    let read = AssertUnwindSafe(|| node.get(&mutator).edges.lock().len());
    assert!(catch_unwind(read).is_err());
    drop(mutator);
    drop(node);
}

#[test]
fn threads_share_a_changing_graph() {
    const THREADS: usize = 4;
    const ROUNDS: usize = 3000;
    let stage = Stage::new();
    stage.world.collector().set_threshold(500);
    let board: Vec<Mutex<Option<Gc<Node>>>> = (0..8).map(|_| Mutex::new(None)).collect();
    let made = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (stage, board, made) = (&stage, &board, &made);
            scope.spawn(move || {
                let mut mutator = stage.world.attach();
                for round in 0..ROUNDS {
                    let node = stage.node(&mutator);
                    made.fetch_add(1, Ordering::Relaxed);
                    let place = (thread * 5 + round * 3) % board.len();
                    if let Some(other) = board[place].lock().unwrap().clone() {
                        link(&mutator, &node, &other);
                        if round % 4 != 0 {
                            link(&mutator, &other, &node);
                        }
                    }
                    if round % 3 != 0 {
                        *board[(place + round) % board.len()].lock().unwrap() = Some(node);
                    }
                    mutator.safe_point();
                    if round % 100 == 0 {
                        mutator.blocking(std::thread::yield_now);
                    }
                }
            });
        }
    });
    let mut mutator = stage.world.attach();
    for place in &board {
        drop(place.lock().unwrap().take());
    }
    mutator.collect();
    drop(mutator);
    assert_eq!(stage.dropped(), made.load(Ordering::Relaxed));
}

/// Which nodes can be reached from the held ones.
fn reachable(count: usize, edges: &[(usize, usize)], held: &[bool]) -> usize {
    let mut seen = held.to_vec();
    let mut pending: Vec<usize> = (0..count).filter(|&node| held[node]).collect();
    while let Some(node) = pending.pop() {
        for &(from, to) in edges {
            if from == node && !std::mem::replace(&mut seen[to], true) {
                pending.push(to);
            }
        }
    }
    seen.into_iter().filter(|&seen| seen).count()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn random_graphs_keep_what_tracing_reaches(
        edges in prop::collection::vec((0_usize..24, 0_usize..24), 0..60),
        held in prop::collection::vec(any::<bool>(), 24),
        later in prop::collection::vec(any::<bool>(), 24),
        workers in 1_usize..4,
    ) {
        let stage = Stage::new();
        stage.world.collector().set_workers(workers, 1);
        let mut mutator = stage.world.attach();
        let mut nodes: Vec<_> = (0..24).map(|_| Some(stage.node(&mutator))).collect();
        for &(from, to) in &edges {
            link(&mutator, nodes[from].as_ref().unwrap(), nodes[to].as_ref().unwrap());
        }
        let mut holds = held;
        for _ in 0..2 {
            for (node, &hold) in nodes.iter_mut().zip(&holds) {
                if !hold {
                    *node = None;
                }
            }
            mutator.collect();
            prop_assert_eq!(24 - stage.dropped(), reachable(24, &edges, &holds));
            for (hold, &later) in holds.iter_mut().zip(&later) {
                *hold &= later;
            }
        }
        nodes.clear();
        mutator.collect();
        prop_assert_eq!(stage.dropped(), 24);
    }
}
