//! Models of the counted pointer.
#![cfg(selvedge_loom)]
#![allow(missing_docs)]

use selvedge_refcount::{Brc, Weak, detached, drain, live_objects};
use selvedge_sync::model;
use selvedge_sync::seam::atomic::{AtomicUsize, Ordering};
use selvedge_sync::seam::cell::UnsafeCell;
use selvedge_sync::seam::model::reach;
use selvedge_sync::seam::{Arc, thread};

/// A value whose body loom watches: a use after its destruction is a race.
struct Watched {
    body: UnsafeCell<u32>,
    drops: Arc<AtomicUsize>,
}

// SAFETY: the body is read through pointers and written by the destructor or `get_mut`.
unsafe impl Sync for Watched {}

impl Watched {
    fn new() -> (Arc<AtomicUsize>, Brc<Self>) {
        let (drops, value) = Self::value();
        (drops, Brc::new(value))
    }

    fn value() -> (Arc<AtomicUsize>, Self) {
        let drops = Arc::new(AtomicUsize::new(0));
        let value = Self {
            body: UnsafeCell::new(1),
            drops: Arc::clone(&drops),
        };
        (drops, value)
    }

    fn read(&self) -> u32 {
        // SAFETY: loom reports it if this is not so.
        self.body.with(|body| unsafe { *body })
    }

    fn write(&self) {
        // SAFETY: as above.
        self.body.with_mut(|body| unsafe { *body += 1 });
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.write();
        self.drops.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn both_threads_clone_and_drop() {
    model!(
        "both_threads_clone_and_drop",
        "a value whose pointers two threads clone and drop is dropped once, after its last use"
    )
    .preemptions(2)
    .reaches(&["waited for its maker", "merged before"])
    .check(|| {
        let (drops, pointer) = Watched::new();
        let other = pointer.clone();
        let thread = thread::spawn(move || {
            other.read();
            drop(other);
        });
        pointer.read();
        drop(pointer);
        // Making a pointer drains, so the other's release may be merged here already.
        drop(Brc::new(()));
        let early = drops.load(Ordering::Relaxed) == 1;
        thread.join().unwrap();
        drain();
        reach(if early {
            "merged before"
        } else {
            "waited for its maker"
        });
        assert_eq!(drops.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn maker_that_ends_leaves_nothing() {
    model!(
        "maker_that_ends_leaves_nothing",
        "a value dropped elsewhere while its maker's thread ends is dropped once"
    )
    .preemptions(2)
    .reaches(&["dropped while the maker ran", "dropped after"])
    .check(|| {
        let slot = Arc::new(selvedge_sync::seam::Mutex::new(None));
        let drops = Arc::new(selvedge_sync::seam::Mutex::new(None));
        let maker = {
            let (slot, drops) = (Arc::clone(&slot), Arc::clone(&drops));
            thread::spawn(move || {
                let (count, pointer) = Watched::new();
                *drops.lock() = Some(count);
                *slot.lock() = Some(pointer);
            })
        };
        let early = slot.lock().take();
        reach(if early.is_some() {
            "dropped while the maker ran"
        } else {
            "dropped after"
        });
        drop(early);
        maker.join().unwrap();
        let late = slot.lock().take();
        drop(late);
        let drops = drops.lock().take().unwrap();
        // In a model a thread can be joined before its thread-locals' destructors have run.
        while drops.load(Ordering::Relaxed) == 0 {
            thread::yield_now();
        }
        assert_eq!(drops.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn detached_maker_garbage_is_dropped_by_the_finder() {
    model!(
        "detached_maker_garbage_is_dropped_by_the_finder",
        "a value dropped elsewhere around its maker's detaching is dropped once"
    )
    .preemptions(2)
    .reaches(&["inside"])
    .check(|| {
        let (drops, pointer) = Watched::new();
        let thread = thread::spawn(move || drop(pointer));
        detached(|| {
            thread.join().unwrap();
            if drops.load(Ordering::Relaxed) == 1 {
                reach("inside");
            }
        });
        drain();
        assert_eq!(drops.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn upgrade_races_the_last_drop() {
    model!(
        "upgrade_races_the_last_drop",
        "an upgrade against the last drop yields a live value or none, and frees the memory once"
    )
    .preemptions(2)
    .reaches(&["upgraded", "too late"])
    .check(|| {
        let (drops, pointer) = Watched::new();
        let weak = Brc::downgrade(&pointer);
        let thread = thread::spawn(move || match weak.upgrade() {
            Some(strong) => {
                reach("upgraded");
                strong.read();
            }
            None => reach("too late"),
        });
        drop(pointer);
        thread.join().unwrap();
        drain();
        assert_eq!(drops.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn get_mut_races_an_upgrade() {
    model!(
        "get_mut_races_an_upgrade",
        "get_mut succeeds only when no pointer is left elsewhere, weak or upgraded"
    )
    .preemptions(2)
    .reaches(&["alone", "not alone"])
    .check(|| {
        let (_, mut pointer) = Watched::new();
        let weak = Brc::downgrade(&pointer);
        let thread = thread::spawn(move || {
            if let Some(strong) = weak.upgrade() {
                drop(weak);
                strong.read();
                drop(Brc::downgrade(&strong));
            }
        });
        match Brc::get_mut(&mut pointer) {
            Some(value) => {
                reach("alone");
                value.write();
            }
            None => reach("not alone"),
        }
        thread.join().unwrap();
    });
}

#[test]
fn unwrapping_races_an_upgrade() {
    model!(
        "unwrapping_races_an_upgrade",
        "a value is either taken out or upgraded to, never both"
    )
    .preemptions(2)
    .reaches(&["taken", "upgraded first"])
    .check(|| {
        let (drops, pointer) = Watched::new();
        let weak = Brc::downgrade(&pointer);
        let thread = thread::spawn(move || {
            if let Some(strong) = weak.upgrade() {
                strong.read();
            }
        });
        match Brc::try_unwrap(pointer) {
            Ok(value) => {
                reach("taken");
                value.write();
            }
            Err(_) => reach("upgraded first"),
        }
        thread.join().unwrap();
        drain();
        assert_eq!(drops.load(Ordering::Relaxed), 1);
    });
}

/// A pointer that the maker has not counted.
fn counted_elsewhere(pointer: &Brc<Watched>) -> Brc<Watched> {
    // SAFETY: the thread that borrows it has ended before this returns.
    let borrowed: &'static Brc<Watched> = unsafe { &*core::ptr::from_ref(pointer) };
    thread::spawn(|| borrowed.clone()).join().unwrap()
}

/// Another thread reads the value and drops its pointer; meanwhile `mutate` tries to have the
/// value for itself, and says whether it had.
fn alone_after_the_reader(
    model: selvedge_sync::seam::model::Model,
    make: fn(&Brc<Watched>) -> [Brc<Watched>; 2],
    mutate: fn(Brc<Watched>) -> bool,
) {
    model
        .preemptions(2)
        .reaches(&["alone", "not alone"])
        .check(move || {
            let [mine, other] = {
                let (_, pointer) = Watched::new();
                make(&pointer)
            };
            let reader = thread::spawn(move || {
                other.read();
                drop(other);
            });
            thread::yield_now();
            reach(if mutate(mine) { "alone" } else { "not alone" });
            reader.join().unwrap();
            drain();
        });
}

fn owned(pointer: &Brc<Watched>) -> [Brc<Watched>; 2] {
    [pointer.clone(), counted_elsewhere(pointer)]
}

fn merged(pointer: &Brc<Watched>) -> [Brc<Watched>; 2] {
    // Both are counted by others than the maker, which then merges.
    [counted_elsewhere(pointer), counted_elsewhere(pointer)]
}

fn write_through(mut pointer: Brc<Watched>) -> bool {
    let alone = Brc::get_mut(&mut pointer);
    alone.map(|value| value.write()).is_some()
}

fn take_out(pointer: Brc<Watched>) -> bool {
    let alone = Brc::try_unwrap(pointer);
    alone.map(|value| value.write()).is_ok()
}

#[test]
fn owner_writes_after_the_last_reader() {
    alone_after_the_reader(
        model!(
            "owner_writes_after_the_last_reader",
            "the maker gets the value for itself only when another's use of it is over"
        ),
        owned,
        write_through,
    );
}

#[test]
fn owner_takes_the_value_after_the_last_reader() {
    alone_after_the_reader(
        model!(
            "owner_takes_the_value_after_the_last_reader",
            "the maker takes the value out only when another's use of it is over"
        ),
        owned,
        take_out,
    );
}

#[test]
fn holder_of_a_merged_value_writes_after_the_last_reader() {
    alone_after_the_reader(
        model!(
            "holder_of_a_merged_value_writes_after_the_last_reader",
            "whoever is left with a value that has no owner gets it when another's use is over"
        ),
        merged,
        write_through,
    );
}

#[test]
fn holder_of_a_merged_value_takes_it_after_the_last_reader() {
    alone_after_the_reader(
        model!(
            "holder_of_a_merged_value_takes_it_after_the_last_reader",
            "whoever is left with a value that has no owner takes it out when another's use is over"
        ),
        merged,
        take_out,
    );
}

#[test]
fn value_that_points_to_itself_is_seen_whole() {
    model!(
        "value_that_points_to_itself_is_seen_whole",
        "a weak pointer that is handed out while the value is made upgrades to the whole value"
    )
    .preemptions(2)
    .reaches(&["upgraded", "too early or too late"])
    .check(|| {
        let mut upgrader = None;
        let (drops, value) = Watched::value();
        let strong = Brc::new_cyclic(|weak: &Weak<Watched>| {
            let weak = weak.clone();
            upgrader = Some(thread::spawn(move || match weak.upgrade() {
                Some(strong) => {
                    reach("upgraded");
                    strong.read();
                }
                None => reach("too early or too late"),
            }));
            value.write();
            value
        });
        thread::yield_now();
        drop(strong);
        upgrader.unwrap().join().unwrap();
        drain();
        assert_eq!(drops.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn last_of_two_weak_pointers_frees_the_memory() {
    model!(
        "last_of_two_weak_pointers_frees_the_memory",
        "two weak pointers to a dead value, dropped at once, free its memory once"
    )
    .reaches(&["freed here", "freed there"])
    .check(|| {
        let (_, strong) = Watched::new();
        let weak = Brc::downgrade(&strong);
        let other = weak.clone();
        drop(strong);
        let dropper = thread::spawn(move || drop(other));
        drop(weak);
        // SAFETY: the other thread frees at most, which is no use of the pointers' heap here.
        reach(if unsafe { live_objects() } == 0 {
            "freed here"
        } else {
            "freed there"
        });
        dropper.join().unwrap();
        // SAFETY: no other thread is left.
        assert_eq!(unsafe { live_objects() }, 0);
    });
}

#[test]
fn first_weak_pointers_of_two_threads_are_counted_together() {
    model!(
        "first_weak_pointers_of_two_threads_are_counted_together",
        "two threads that make the first weak pointer at once agree on where they are counted"
    )
    .preemptions(2)
    .reaches(&["both"])
    .check(|| {
        let (_, strong) = Watched::new();
        let other = counted_elsewhere(&strong);
        let maker = thread::spawn(move || Brc::downgrade(&other));
        let weak = Brc::downgrade(&strong);
        let there = maker.join().unwrap();
        assert_eq!(Brc::weak_count(&strong), 2);
        reach("both");
        drop((weak, there));
        assert_eq!(Brc::weak_count(&strong), 0);
    });
}

#[test]
fn taking_a_merged_value_races_an_upgrade() {
    model!(
        "taking_a_merged_value_races_an_upgrade",
        "a value without an owner is either taken out or upgraded to, never both"
    )
    .preemptions(2)
    .reaches(&["taken", "upgraded first"])
    .check(|| {
        let (drops, pointer) = Watched::new();
        let last = counted_elsewhere(&pointer);
        drop(pointer);
        let weak = Brc::downgrade(&last);
        let thread = thread::spawn(move || {
            if let Some(strong) = weak.upgrade() {
                strong.read();
            }
        });
        match Brc::try_unwrap(last) {
            Ok(value) => {
                reach("taken");
                value.write();
            }
            Err(_) => reach("upgraded first"),
        }
        thread.join().unwrap();
        drain();
        assert_eq!(drops.load(Ordering::Relaxed), 1);
    });
}
