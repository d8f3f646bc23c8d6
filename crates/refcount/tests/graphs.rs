//! Random graphs of collected objects, with weak pointers, finalisers and resurrection, against a
//! reference that counts and traces by the book.
#![cfg(not(selvedge_loom))]
#![allow(missing_docs)]
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "used as a user of the crate would, outside of models"
)]

use proptest::prelude::*;
use selvedge_refcount::{Gc, GcMutex, GcWeak, Mutator, World, trace};
use std::sync::{Arc, Mutex};

const NODES: usize = 12;

#[derive(Clone, Copy, Debug)]
enum Step {
    Link(usize, usize),
    Unlink(usize),
    LetGo(usize),
    Weaken(usize),
    Collect,
    ClearShelf,
}

fn step() -> impl Strategy<Value = Step> {
    let node = || 0..NODES;
    prop_oneof![
        6 => (node(), node()).prop_map(|(from, to)| Step::Link(from, to)),
        1 => node().prop_map(Step::Unlink),
        4 => node().prop_map(Step::LetGo),
        2 => node().prop_map(Step::Weaken),
        1 => Just(Step::Collect),
        1 => Just(Step::ClearShelf),
    ]
}

/// What happened, by node.
#[derive(Debug, Default, PartialEq, Eq)]
struct Events {
    finalised: [u32; NODES],
    dropped: [u32; NODES],
}

#[derive(Default)]
struct Stage {
    events: Mutex<Events>,
    /// Where finalisers put what they resurrect.
    shelf: Mutex<Vec<Gc<Node>>>,
}

impl Stage {
    fn clear_shelf(&self) {
        // Dropped after the lock is released: what dies may put others there.
        let _shelved = std::mem::take(&mut *self.shelf.lock().unwrap());
    }
}

/// Notes that its node was dropped.
struct Tag(usize, Arc<Stage>);

impl Drop for Tag {
    fn drop(&mut self) {
        self.1.events.lock().unwrap().dropped[self.0] += 1;
    }
}

struct Node {
    edges: GcMutex<Vec<Gc<Node>>>,
    this: GcMutex<GcWeak<Node>>,
    /// Whether the finaliser keeps what the node points to.
    rises: bool,
    tag: Tag,
}

trace!(Node { edges, this } finalise |node: &Node, mutator: &Mutator| {
    let Tag(number, stage) = &node.tag;
    stage.events.lock().unwrap().finalised[*number] += 1;
    assert!(node.this.lock().upgrade(mutator).is_none(), "cleared before finalisers run");
    if node.rises {
        for edge in node.edges.lock().iter() {
            stage.shelf.lock().unwrap().push(edge.clone());
        }
    }
});

/// The same, by the book: a finaliser that rises puts its node's neighbours on the shelf.
#[derive(Default)]
struct Book {
    alive: [bool; NODES],
    held: [bool; NODES],
    rises: [bool; NODES],
    edges: Vec<(usize, usize)>,
    shelf: Vec<usize>,
    /// Which node each weak pointer leads to, until it is cleared.
    weak: Vec<Option<usize>>,
    events: Events,
}

impl Book {
    fn count(&self, node: usize) -> usize {
        let edges = self.edges.iter().filter(|edge| edge.1 == node).count();
        let shelved = self.shelf.iter().filter(|&&other| other == node).count();
        usize::from(self.held[node]) + edges + shelved
    }

    fn clear_weak(&mut self, node: usize) {
        for weak in &mut self.weak {
            weak.take_if(|target| *target == node);
        }
    }

    fn finalise(&mut self, node: usize) {
        if self.events.finalised[node] == 0 {
            self.events.finalised[node] = 1;
            if self.rises[node] {
                let edges = self.edges.iter().filter(|edge| edge.0 == node);
                self.shelf.extend(edges.map(|edge| edge.1));
            }
        }
    }

    fn die(&mut self, node: usize) {
        self.alive[node] = false;
        self.events.dropped[node] += 1;
        self.edges.retain(|edge| edge.0 != node);
    }

    /// Lets everything die to which nothing refers any more.
    fn settle(&mut self) {
        while let Some(node) = (0..NODES).find(|&node| self.alive[node] && self.count(node) == 0) {
            self.clear_weak(node);
            self.finalise(node);
            if self.count(node) == 0 {
                self.die(node);
            }
        }
    }

    fn unreachable(&self) -> Vec<usize> {
        let mut seen = self.held;
        for &node in &self.shelf {
            seen[node] = true;
        }
        for _ in 0..NODES {
            for &(from, to) in &self.edges {
                seen[to] |= seen[from];
            }
        }
        (0..NODES)
            .filter(|&node| self.alive[node] && !seen[node])
            .collect()
    }

    /// Returns how many were destroyed and how many kept.
    fn collect(&mut self) -> (usize, usize) {
        let found = self.unreachable();
        for &node in &found {
            self.clear_weak(node);
        }
        for &node in &found {
            self.finalise(node);
        }
        let lost = self.unreachable();
        for &node in &lost {
            self.die(node);
        }
        (lost.len(), found.len() - lost.len())
    }
}

struct Real {
    stage: Arc<Stage>,
    held: Vec<Option<Gc<Node>>>,
    weak: Vec<GcWeak<Node>>,
    mutator: Mutator,
}

impl Real {
    fn new(world: &World, rises: &[bool]) -> Self {
        let (stage, mutator) = (Arc::<Stage>::default(), world.attach());
        let node = |(number, &rises): (usize, &bool)| {
            let node = mutator.alloc(Node {
                edges: GcMutex::default(),
                this: GcMutex::default(),
                rises,
                tag: Tag(number, Arc::clone(&stage)),
            });
            *node.get(&mutator).this.lock() = node.downgrade();
            Some(node)
        };
        let held = rises.iter().enumerate().map(node).collect();
        Self {
            stage,
            held,
            weak: Vec::new(),
            mutator,
        }
    }
}

/// Does the step on both sides; false if they differ.
fn take(step: Step, real: &mut Real, book: &mut Book) -> bool {
    let holds = |node: usize| book.held[node];
    match step {
        Step::Link(from, to) if holds(from) && holds(to) => {
            let to_node = real.held[to].clone().unwrap();
            let from_node = real.held[from].as_ref().unwrap();
            from_node.get(&real.mutator).edges.lock().push(to_node);
            book.edges.push((from, to));
        }
        Step::Unlink(from) if holds(from) => {
            let node = real.held[from].as_ref().unwrap().get(&real.mutator);
            // Dropped after the lock is released.
            let _edges = std::mem::take(&mut *node.edges.lock());
            book.edges.retain(|edge| edge.0 != from);
        }
        Step::LetGo(node) => {
            real.held[node] = None;
            book.held[node] = false;
        }
        Step::Weaken(node) if holds(node) => {
            real.weak
                .push(real.held[node].as_ref().unwrap().downgrade());
            book.weak.push(Some(node));
        }
        Step::ClearShelf => {
            real.stage.clear_shelf();
            book.shelf.clear();
        }
        Step::Collect => {
            book.settle();
            let done = real.mutator.collect();
            return book.collect() == (done.garbage, done.resurrected);
        }
        _ => {}
    }
    book.settle();
    true
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn random_lives_go_by_the_book(
        rises in prop::collection::vec(any::<bool>(), NODES),
        steps in prop::collection::vec(step(), 0..80),
    ) {
        let world = World::new();
        let mut real = Real::new(&world, &rises);
        let mut book = Book {
            alive: [true; NODES],
            held: [true; NODES],
            rises: rises.try_into().unwrap(),
            ..Book::default()
        };
        for step in steps {
            prop_assert!(take(step, &mut real, &mut book), "{:?}", step);
            prop_assert_eq!(&*real.stage.events.lock().unwrap(), &book.events);
            for (weak, target) in real.weak.iter().zip(&book.weak) {
                let upgraded = weak.upgrade(&real.mutator);
                let number = upgraded.map(|node| node.get(&real.mutator).tag.0);
                prop_assert_eq!(number, *target);
            }
        }
        // What rises once has risen after the first of these.
        for node in &mut real.held {
            *node = None;
        }
        for _ in 0..=NODES {
            real.stage.clear_shelf();
            real.mutator.collect();
        }
        prop_assert_eq!(real.stage.events.lock().unwrap().dropped, [1; NODES]);
        prop_assert!(real.weak.iter().all(|weak| weak.upgrade(&real.mutator).is_none()));
    }
}
