//! Nothing stays on the heap: sides, cores, pages, worlds.
#![cfg(not(selvedge_loom))]
#![allow(missing_docs)]

#[path = "../../../tests/support/heap.rs"]
mod heap;

use heap::{alone, leaves_nothing};
use selvedge_refcount::{Brc, Gc, GcMutex, Kind, Space, Weak, World, live_objects, trace};
use std::alloc::Layout;

struct Node {
    next: GcMutex<Option<Gc<Node>>>,
    text: String,
}

trace!(Node { next });

struct Selfish(#[expect(dead_code, reason = "only its count matters")] Weak<Selfish>);

#[test]
fn world_goes_with_its_objects() {
    leaves_nothing(|| {
        let world = World::new();
        let mutator = world.attach();
        let node = || {
            mutator.alloc(Node {
                next: GcMutex::new(None),
                text: String::from("on the heap"),
            })
        };
        // One goes by its count, the other by the collection at the end.
        let (counted, ring) = (node(), node());
        assert_eq!(counted.get(&mutator).text, "on the heap");
        *ring.get(&mutator).next.lock() = Some(ring.clone());
        drop((counted, ring));
    });
}

#[test]
fn space_goes_with_its_heaps_and_pages() {
    leaves_nothing(|| {
        let space = Space::new();
        let heap = space.heap();
        for layout in [Layout::new::<[u64; 5]>(), Layout::new::<[u64; 500]>()] {
            // The first slot stays behind, which is no leak: pages go whole.
            let slots = [(); 2].map(|()| heap.allocate(layout, Kind::Plain).unwrap());
            // SAFETY: allocated just now.
            unsafe { heap.free(slots[1]) };
        }
    });
}

#[test]
fn pointers_leave_no_value_and_no_side() {
    leaves_nothing(|| {
        let strong = Brc::new(String::from("on the heap"));
        let weak = Brc::downgrade(&strong);
        drop(strong);
        assert!(weak.upgrade().is_none());
        drop(Brc::new_cyclic(|weak| Selfish(weak.clone())));
    });
}

#[test]
fn weak_pointers_to_collected_objects_leave_no_side() {
    leaves_nothing(|| {
        let world = World::new();
        let mut mutator = world.attach();
        for ring in [false, true] {
            let node = mutator.alloc(Node {
                next: GcMutex::new(None),
                text: String::from("on the heap"),
            });
            *node.get(&mutator).next.lock() = ring.then(|| node.clone());
            let weak = [node.downgrade(), node.downgrade()];
            drop(node);
            mutator.collect();
            assert!(weak[1].upgrade(&mutator).is_none());
        }
    });
}

#[test]
fn slices_leave_no_value() {
    leaves_nothing(|| {
        let strings: Brc<[String]> = (0..3).map(|number| number.to_string()).collect();
        assert_eq!(strings[2], "2");
        drop(Brc::downgrade(&strings));
        assert_eq!(&*Brc::<str>::from("on the heap"), "on the heap");
    });
}

#[test]
fn dropped_value_gives_its_slot_back() {
    let _alone = alone();
    // SAFETY: one test at a time here and below.
    let before = unsafe { live_objects() };
    let (plain, kept) = (Brc::new(1), Brc::new(String::from("has a destructor")));
    // SAFETY: as above.
    assert_eq!(unsafe { live_objects() }, before + 2);
    drop((plain, kept));
    // SAFETY: as above.
    assert_eq!(unsafe { live_objects() }, before);
}
