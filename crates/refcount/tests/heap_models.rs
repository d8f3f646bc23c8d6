//! Models of memory that one thread allocates and others free.
#![cfg(selvedge_loom)]
#![allow(missing_docs)]

use selvedge_refcount::{Kind, LocalHeap, Space, free_remotely};
use selvedge_sync::model;
use selvedge_sync::seam::model::reach;
use selvedge_sync::seam::thread;
use std::alloc::Layout;
use std::ptr::NonNull;

/// A slot on its way to another thread.
struct Slot(NonNull<u8>);

// SAFETY: whoever has it may free it.
unsafe impl Send for Slot {}

impl Slot {
    fn free(self) {
        // SAFETY: allocated, and owned by this value.
        unsafe { free_remotely(self.0) };
    }
}

#[test]
fn slots_freed_by_others_are_not_lost() {
    model!(
        "slots_freed_by_others_are_not_lost",
        "two threads free slots of one page while its heap takes them back: each comes back once"
    )
    .preemptions(2)
    .reaches(&["came back early", "came back late"])
    .check(|| {
        let space = Space::new();
        let heap = space.heap();
        let layout = Layout::new::<[u64; 5]>();
        let threads = [0, 1].map(|_| {
            let slot = Slot(heap.allocate(layout, Kind::Plain).unwrap());
            thread::spawn(move || slot.free())
        });
        // SAFETY: this thread has the only heap.
        let early = unsafe { space.used() };
        reach(if early < 2 {
            "came back early"
        } else {
            "came back late"
        });
        for thread in threads {
            thread.join().unwrap();
        }
        // SAFETY: as above.
        assert_eq!(unsafe { space.used() }, 0);
    });
}

#[test]
fn slots_that_two_heaps_take_are_all_counted() {
    model!(
        "slots_that_two_heaps_take_are_all_counted",
        "the figure of slots laid hands on loses none when two heaps add to it"
    )
    .preemptions(2)
    .reaches(&["counted"])
    .check(|| {
        let space = Space::new();
        let take = |heap: &LocalHeap| {
            heap.allocate(Layout::new::<[u64; 5]>(), Kind::Walked)
                .unwrap();
        };
        take(&space.heap());
        let of_a_heap = space.allocated();
        space.reset_allocated();
        let heaps = [space.heap(), space.heap(), space.heap()];
        let [_used, one, two] = heaps;
        let thread = thread::spawn(move || take(&one));
        take(&two);
        thread.join().unwrap();
        assert_eq!(space.allocated(), 2 * of_a_heap);
        reach("counted");
    });
}
