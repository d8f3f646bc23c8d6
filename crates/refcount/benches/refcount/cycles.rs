//! Collecting cycles: building them, letting go, collecting.

use crate::report::Report;
use crate::turns::{medians, part, whole};
use bacon_rajan_cc as bacon;
use jrsonnet_gcmodule as module;
use selvedge_refcount::{Gc, GcMutex, Mutator, World, trace};
use std::cell::RefCell;
use std::sync::Mutex;
use std::time::Instant;

const CYCLES: usize = 100_000;
const RING: usize = 100_000;
const GRAPH: usize = 100_000;

/// A way to make nodes with two links, link them, and collect what was let go.
trait Heap {
    type Node: Clone;
    fn node(&self) -> Self::Node;
    fn link(&self, from: &Self::Node, second: bool, to: &Self::Node);
    /// Where a collection that is due may happen; peers have theirs when they make a node.
    fn safe_point(&mut self) {}
    fn collect(&mut self);
}

struct Ours(Mutator);

struct OurFields {
    links: [GcMutex<Option<Gc<OurFields>>>; 2],
}

trace!(OurFields { links });

impl Heap for Ours {
    type Node = Gc<OurFields>;
    fn node(&self) -> Self::Node {
        self.0.alloc(OurFields {
            links: [GcMutex::new(None), GcMutex::new(None)],
        })
    }
    fn link(&self, from: &Self::Node, second: bool, to: &Self::Node) {
        let place = &from.get(&self.0).links[usize::from(second)];
        *place.lock() = Some(to.clone());
    }
    fn safe_point(&mut self) {
        self.0.safe_point();
    }
    fn collect(&mut self) {
        self.0.collect();
    }
}

struct RustCc;

#[derive(rust_cc::Trace, rust_cc::Finalize)]
struct RustCcNode {
    first: RefCell<Option<rust_cc::Cc<RustCcNode>>>,
    second: RefCell<Option<rust_cc::Cc<RustCcNode>>>,
}

impl Heap for RustCc {
    type Node = rust_cc::Cc<RustCcNode>;
    fn node(&self) -> Self::Node {
        rust_cc::Cc::new(RustCcNode {
            first: RefCell::new(None),
            second: RefCell::new(None),
        })
    }
    fn link(&self, from: &Self::Node, second: bool, to: &Self::Node) {
        let place = if second { &from.second } else { &from.first };
        *place.borrow_mut() = Some(to.clone());
    }
    fn collect(&mut self) {
        rust_cc::collect_cycles();
    }
}

struct Bacon;

struct BaconNode([RefCell<Option<bacon::Cc<BaconNode>>>; 2]);

impl bacon::Trace for BaconNode {
    fn trace(&self, tracer: &mut bacon::Tracer) {
        for link in &self.0 {
            bacon::Trace::trace(link, tracer);
        }
    }
}

impl Heap for Bacon {
    type Node = bacon::Cc<BaconNode>;
    fn node(&self) -> Self::Node {
        bacon::Cc::new(BaconNode([RefCell::new(None), RefCell::new(None)]))
    }
    fn link(&self, from: &Self::Node, second: bool, to: &Self::Node) {
        *from.0[usize::from(second)].borrow_mut() = Some(to.clone());
    }
    fn collect(&mut self) {
        bacon::collect_cycles();
    }
}

struct Module;

struct ModuleNode {
    first: RefCell<Option<module::Cc<ModuleNode>>>,
    second: RefCell<Option<module::Cc<ModuleNode>>>,
}

impl module::Trace for ModuleNode {
    fn trace(&self, tracer: &mut module::Tracer<'_>) {
        module::Trace::trace(&self.first, tracer);
        module::Trace::trace(&self.second, tracer);
    }
    // Derived, it would ask itself.
    fn is_type_tracked() -> bool {
        true
    }
}

impl Heap for Module {
    type Node = module::Cc<ModuleNode>;
    fn node(&self) -> Self::Node {
        module::Cc::new(ModuleNode {
            first: RefCell::new(None),
            second: RefCell::new(None),
        })
    }
    fn link(&self, from: &Self::Node, second: bool, to: &Self::Node) {
        let place = if second { &from.second } else { &from.first };
        *place.borrow_mut() = Some(to.clone());
    }
    fn collect(&mut self) {
        let _ = module::collect_thread_cycles();
    }
}

struct Threaded(module::ThreadedObjectSpace);

struct ThreadedNode {
    first: Mutex<Option<module::ThreadedCc<ThreadedNode>>>,
    second: Mutex<Option<module::ThreadedCc<ThreadedNode>>>,
}

impl module::Trace for ThreadedNode {
    fn trace(&self, tracer: &mut module::Tracer<'_>) {
        module::Trace::trace(&self.first, tracer);
        module::Trace::trace(&self.second, tracer);
    }
    // Derived, it would ask itself.
    fn is_type_tracked() -> bool {
        true
    }
}

impl Heap for Threaded {
    type Node = module::ThreadedCc<ThreadedNode>;
    fn node(&self) -> Self::Node {
        self.0.create(ThreadedNode {
            first: Mutex::new(None),
            second: Mutex::new(None),
        })
    }
    fn link(&self, from: &Self::Node, second: bool, to: &Self::Node) {
        let node = from.borrow();
        let place = if second { &node.second } else { &node.first };
        *place.lock().expect("nothing panics") = Some(to.clone());
    }
    fn collect(&mut self) {
        let _ = self.0.collect_cycles();
    }
}

fn two_node_cycles(heap: &mut impl Heap) {
    for _ in 0..CYCLES {
        let (one, other) = (heap.node(), heap.node());
        heap.link(&one, false, &other);
        heap.link(&other, false, &one);
        drop((one, other));
        heap.safe_point();
    }
    heap.collect();
}

fn ring(heap: &mut impl Heap) {
    let first = heap.node();
    let mut last = first.clone();
    for _ in 1..RING {
        let next = heap.node();
        heap.link(&last, false, &next);
        last = next;
    }
    heap.link(&last, false, &first);
    drop((first, last));
    heap.collect();
}

fn graph(heap: &mut impl Heap) {
    drop(linked_at_random(heap, GRAPH));
    heap.collect();
}

/// So many nodes with two links each, to any of them.
fn linked_at_random<H: Heap>(heap: &H, count: usize) -> Vec<H::Node> {
    let nodes: Vec<_> = (0..count).map(|_| heap.node()).collect();
    let mut random = 1_u64;
    for node in &nodes {
        for second in [false, true] {
            // Knuth's linear congruence: the same graph every time.
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            heap.link(node, second, &nodes[(random >> 33) as usize % count]);
        }
    }
    nodes
}

pub(crate) fn run(report: &mut Report) {
    races(report);
    pause(
        report,
        "pause with a list of a million objects",
        |heap| vec![list(heap)],
        |heap| vec![list(heap)],
    );
    pause(
        report,
        "pause with a random graph of a million objects",
        |heap| linked_at_random(heap, LIVE),
        |heap| linked_at_random(heap, LIVE),
    );
}

fn races(report: &mut Report) {
    let world = World::new();
    let ours = &RefCell::new(Ours(world.attach()));
    let threaded = &RefCell::new(Threaded(module::ThreadedObjectSpace::default()));
    macro_rules! race {
        ($name:expr, $operations:expr, $shape:ident) => {
            let all = vec![
                whole("ours", move || $shape(&mut *ours.borrow_mut())),
                whole("rust-cc", || $shape(&mut RustCc)),
                whole("bacon_rajan_cc", || $shape(&mut Bacon)),
                whole("jrsonnet-gcmodule", || $shape(&mut Module)),
                whole("jrsonnet-gcmodule, threads", move || {
                    $shape(&mut *threaded.borrow_mut());
                }),
            ];
            report.race($name, $operations as u64, all);
        };
    }
    race!(
        "two-node cycles: build and collect",
        CYCLES,
        two_node_cycles
    );
    race!("ring of 100,000: build and collect, a node", RING, ring);
    race!("random graph: build and collect, a node", GRAPH, graph);
}

const LIVE: usize = 1_000_000;

fn list<H: Heap>(heap: &H) -> H::Node {
    let mut head = heap.node();
    for _ in 1..LIVE {
        let next = heap.node();
        heap.link(&next, false, &head);
        head = next;
    }
    head
}

/// How long the world stands still with a million live objects.
fn pause(
    report: &mut Report,
    scenario: &str,
    make_ours: impl Fn(&Ours) -> Vec<<Ours as Heap>::Node>,
    make_theirs: impl Fn(&Threaded) -> Vec<<Threaded as Heap>::Node>,
) {
    let world = World::new();
    let mut ours = Ours(world.attach());
    let mut threaded = Threaded(module::ThreadedObjectSpace::default());
    let kept = (make_ours(&ours), make_theirs(&threaded));
    let mut all = vec![
        part("ours", || ours.0.collect().pause),
        part("jrsonnet-gcmodule, threads", || {
            let start = Instant::now();
            threaded.collect();
            start.elapsed()
        }),
    ];
    let times = medians(&mut all, 5);
    drop(all);
    let millis = |index: usize| times[index].as_secs_f64() * 1e3;
    report.row(
        scenario,
        millis(0),
        millis(1),
        "jrsonnet-gcmodule, threads",
        "ms",
    );
    // Not all peers drop a list this long without overflowing the stack.
    std::mem::forget(kept.1);
    std::mem::forget(threaded);
}
