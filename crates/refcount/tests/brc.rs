//! The counted pointer as a Rust user sees it. Every test ends with nothing left.
#![cfg(not(selvedge_loom))]
#![allow(missing_docs)]
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "used as a user of the crate would, outside of models"
)]

use selvedge_refcount::{Brc, Weak, detached, drain};
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};

/// Counts its drops in a place of the test's own.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn counted() -> (Arc<AtomicUsize>, Brc<Counted>) {
    let drops = Arc::new(AtomicUsize::new(0));
    let pointer = Brc::new(Counted(Arc::clone(&drops)));
    (drops, pointer)
}

fn dropped(drops: &AtomicUsize) -> usize {
    drops.load(Ordering::Relaxed)
}

#[test]
fn dropped_with_the_last_pointer() {
    let (drops, first) = counted();
    let second = first.clone();
    assert_eq!(Brc::strong_count(&first), 2);
    assert!(Brc::ptr_eq(&first, &second));
    drop(first);
    assert_eq!(dropped(&drops), 0);
    drop(second);
    assert_eq!(dropped(&drops), 1);
}

#[test]
fn last_pointer_dropped_elsewhere_waits_for_the_maker() {
    let (drops, first) = counted();
    std::thread::spawn(move || drop(first)).join().unwrap();
    assert_eq!(dropped(&drops), 0);
    assert_eq!(drain(), 1);
    assert_eq!(dropped(&drops), 1);
}

#[test]
fn making_a_value_drains() {
    let (drops, first) = counted();
    std::thread::spawn(move || drop(first)).join().unwrap();
    let _new = Brc::new(0);
    assert_eq!(dropped(&drops), 1);
}

#[test]
fn detached_maker_is_not_waited_for() {
    let (drops, first) = counted();
    let seen = detached(|| {
        std::thread::spawn(move || drop(first)).join().unwrap();
        dropped(&drops)
    });
    assert_eq!(seen, 1);
}

#[test]
fn maker_that_is_back_is_waited_for_again() {
    let (drops, first) = counted();
    detached(|| ());
    std::thread::spawn(move || drop(first)).join().unwrap();
    assert_eq!(dropped(&drops), 0);
    assert_eq!(drain(), 1);
    assert_eq!(dropped(&drops), 1);
}

#[test]
fn value_counts_the_weak_pointers_to_itself() {
    let this = Brc::new_cyclic(|this: &Weak<Weak<u8>>| {
        let erased: Weak<u8> = Weak::new();
        assert!(this.upgrade().is_none());
        drop(this.clone());
        erased
    });
    assert_eq!(Brc::weak_count(&this), 0);
    struct Selfish(Weak<Selfish>);
    let this = Brc::new_cyclic(|this| Selfish(this.clone()));
    assert_eq!(Brc::weak_count(&this), 1);
    let outlives = this.0.clone();
    drop(this);
    assert!(outlives.upgrade().is_none());
}

#[test]
fn detached_thread_still_counts() {
    let (drops, first) = counted();
    detached(|| {
        let second = first.clone();
        assert_eq!(Brc::strong_count(&second), 2);
        drop(second);
        detached(|| drop(first.clone()));
        let (inner, pointer) = counted();
        drop(pointer);
        assert_eq!(dropped(&inner), 1);
    });
    drop(first);
    drain();
    assert_eq!(dropped(&drops), 1);
}

#[test]
fn panic_while_detached_attaches_again() {
    let (drops, first) = counted();
    let result = catch_unwind(AssertUnwindSafe(|| detached(|| panic!("inside"))));
    assert!(result.is_err());
    drop(first.clone());
    drop(first);
    assert_eq!(dropped(&drops), 1);
}

#[test]
fn ended_maker_is_merged_by_whoever_finds_it() {
    let (drops, pointer) = std::thread::spawn(counted).join().unwrap();
    drop(pointer.clone());
    assert_eq!(dropped(&drops), 0);
    drop(pointer);
    assert_eq!(dropped(&drops), 1);
}

#[test]
fn weak_pointers_do_not_keep_the_value() {
    let (drops, strong) = counted();
    let weak = Brc::downgrade(&strong);
    assert_eq!(Brc::weak_count(&strong), 1);
    let again = weak.clone();
    assert_eq!(Brc::weak_count(&strong), 2);
    assert!(Brc::ptr_eq(&weak.upgrade().unwrap(), &strong));
    drop(strong);
    assert_eq!(dropped(&drops), 1);
    assert!(weak.upgrade().is_none() && again.upgrade().is_none());
    assert!(Weak::<Counted>::new().upgrade().is_none());
}

#[test]
fn weak_pointer_upgrades_on_another_thread() {
    let (drops, strong) = counted();
    let weak = Brc::downgrade(&strong);
    let upgraded = std::thread::spawn(move || weak.upgrade().unwrap())
        .join()
        .unwrap();
    drop(strong);
    assert_eq!(dropped(&drops), 0);
    drop(upgraded);
    drain();
    assert_eq!(dropped(&drops), 1);
}

#[test]
fn get_mut_wants_to_be_alone() {
    let mut first = Brc::new(1);
    *Brc::get_mut(&mut first).unwrap() += 1;
    let second = first.clone();
    assert!(Brc::get_mut(&mut first).is_none());
    drop(second);
    let weak = Brc::downgrade(&first);
    assert!(Brc::get_mut(&mut first).is_none());
    drop(weak);
    assert_eq!(Brc::get_mut(&mut first), Some(&mut 2));
    let second = first.clone();
    *Brc::make_mut(&mut first) += 1;
    assert_eq!((*first, *second), (3, 2));
    *Brc::make_mut(&mut first) += 1;
    assert_eq!(*first, 4);
}

#[test]
fn unwrapping_takes_the_value_out() {
    let first = Brc::new(String::from("value"));
    let second = first.clone();
    let first = Brc::try_unwrap(first).unwrap_err();
    drop(second);
    let weak = Brc::downgrade(&first);
    assert_eq!(Brc::try_unwrap(first).unwrap(), "value");
    assert!(weak.upgrade().is_none());
    let foreign = std::thread::spawn(|| Brc::new(5)).join().unwrap();
    // Its maker ended without having merged it: that it is alone cannot be known here.
    assert_eq!(*foreign, 5);
    assert_eq!(Brc::try_unwrap(Brc::new(5)).unwrap(), 5);
}

struct Knot {
    this: Weak<Knot>,
    _counted: Counted,
}

#[test]
fn cyclic_value_knows_itself() {
    let drops = Arc::new(AtomicUsize::new(0));
    let knot = Brc::new_cyclic(|this| {
        assert!(this.upgrade().is_none());
        Knot {
            this: this.clone(),
            _counted: Counted(Arc::clone(&drops)),
        }
    });
    assert!(Brc::ptr_eq(&knot.this.upgrade().unwrap(), &knot));
    drop(knot);
    assert_eq!(dropped(&drops), 1);
}

#[test]
fn cyclic_value_that_panics_leaves_a_dead_weak_pointer() {
    let kept = RefCell::new(Weak::new());
    let result = catch_unwind(AssertUnwindSafe(|| {
        Brc::<u32>::new_cyclic(|this| {
            *kept.borrow_mut() = this.clone();
            panic!("no value")
        })
    }));
    assert!(result.is_err());
    assert!(kept.borrow().upgrade().is_none());
}

#[expect(dead_code, reason = "held, to be dropped with it")]
struct Link {
    next: RefCell<Option<Brc<Link>>>,
    drops: Rc<Cell<usize>>,
}

impl Drop for Link {
    fn drop(&mut self) {
        self.drops.set(self.drops.get() + 1);
    }
}

fn chain(length: usize, drops: &Rc<Cell<usize>>) -> Brc<Link> {
    let end = |next| {
        Brc::new(Link {
            next: RefCell::new(next),
            drops: Rc::clone(drops),
        })
    };
    (1..length).fold(end(None), |next, _| end(Some(next)))
}

#[test]
fn list_of_a_million_drops_without_deep_recursion() {
    let drops = Rc::default();
    let list = chain(1_000_000, &drops);
    let small_stack = || drop(list);
    small_stack();
    assert_eq!(drops.get(), 1_000_000);
}

struct Tree {
    _left: Option<Brc<Tree>>,
    _right: Option<Brc<Tree>>,
    _drops: Arc<AtomicUsize>,
    _counted: Counted,
}

#[test]
fn tree_a_million_deep_drops_on_a_small_stack() {
    let drops = Arc::new(AtomicUsize::new(0));
    let copy = Arc::clone(&drops);
    let node = move |left, right| {
        Brc::new(Tree {
            _left: left,
            _right: right,
            _drops: Arc::clone(&copy),
            _counted: Counted(Arc::clone(&copy)),
        })
    };
    let grow = move || {
        let mut tree = node(None, None);
        for turn in 0..1_000_000 {
            let leaf = Some(node(None, None));
            tree = if turn % 2 == 0 {
                node(Some(tree), leaf)
            } else {
                node(leaf, Some(tree))
            };
        }
        drop(tree);
    };
    let thread = std::thread::Builder::new()
        .stack_size(128 * 1024)
        .spawn(grow);
    thread.unwrap().join().unwrap();
    assert_eq!(dropped(&drops), 2_000_001);
}

struct Grenade {
    _next: Option<Brc<Grenade>>,
    bang: bool,
    drops: Arc<AtomicUsize>,
}

impl Drop for Grenade {
    fn drop(&mut self) {
        self.drops.fetch_add(1, Ordering::Relaxed);
        assert!(!self.bang, "bang");
    }
}

#[test]
fn panicking_destructor_loses_nothing_else() {
    let drops = Arc::new(AtomicUsize::new(0));
    let grenade = |next, bang| {
        Brc::new(Grenade {
            _next: next,
            bang,
            drops: Arc::clone(&drops),
        })
    };
    let list = (0..1000).fold(None, |next, number| Some(grenade(next, number == 500)));
    assert!(catch_unwind(AssertUnwindSafe(|| drop(list))).is_err());
    // What was put off when the panic passed is destroyed with the next value.
    drop(grenade(None, false));
    assert_eq!(dropped(&drops), 1001);
}

#[test]
fn odd_layouts_are_aligned() {
    #[repr(align(64))]
    struct Wide([u8; 70]);
    #[repr(align(4096))]
    struct Page([u8; 5000]);
    let (zero, wide, page) = (
        Brc::new(()),
        Brc::new(Wide([1; 70])),
        Brc::new(Page([2; 5000])),
    );
    let huge = Brc::new([3_u8; 16_000]);
    assert_eq!(Brc::as_ptr(&wide).addr() % 64, 0);
    assert_eq!(Brc::as_ptr(&page).addr() % 4096, 0);
    assert_eq!(
        (*zero, wide.0[69], page.0[4999], huge[15_999]),
        ((), 1, 2, 3)
    );
    std::thread::spawn(move || drop((wide, page, huge)))
        .join()
        .unwrap();
    assert_eq!(drain(), 3);
}

#[test]
fn pointers_wander_between_threads() {
    const THREADS: usize = 4;
    const ROUNDS: usize = 2000;
    let drops = Arc::new(AtomicUsize::new(0));
    let (senders, receivers): (Vec<_>, Vec<_>) = (0..THREADS).map(|_| mpsc::channel()).unzip();
    let threads: Vec<_> = receivers
        .into_iter()
        .enumerate()
        .map(|(index, inbox): (usize, mpsc::Receiver<Brc<Counted>>)| {
            let next = senders[(index + 1) % THREADS].clone();
            let drops = Arc::clone(&drops);
            std::thread::spawn(move || {
                for round in 0..ROUNDS {
                    let made = Brc::new(Counted(Arc::clone(&drops)));
                    let kept = (round % 3 == 0).then(|| made.clone());
                    let weak = Brc::downgrade(&made);
                    next.send(made).unwrap();
                    let got = inbox.recv().unwrap();
                    let copies = [got.clone(), got.clone()];
                    drop(got);
                    drop(weak.upgrade());
                    drop(copies);
                    drop(kept);
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(dropped(&drops), THREADS * ROUNDS);
}

#[test]
fn object_that_cannot_be_allocated_is_an_error() {
    #[repr(align(32768))]
    struct Misfit(#[expect(dead_code, reason = "only its drop matters")] Counted);
    // On a thread that has made no value before, and once it has.
    for make in [|| (), || drop(Brc::new(()))] {
        let (drops, value) = counted();
        let value = Brc::try_unwrap(value).unwrap_or_else(|_| panic!("the only pointer"));
        let there = std::thread::spawn(move || {
            make();
            Brc::try_new(Misfit(value)).is_err()
        });
        assert!(there.join().unwrap());
        assert_eq!(dropped(&drops), 1);
    }
    assert!(Brc::try_new(5).is_ok_and(|five| *five == 5));
}

#[test]
fn value_is_cloned_only_while_others_point_to_it() {
    let text = Brc::new(String::from("knot"));
    let place = text.as_ptr();
    let other = Brc::clone(&text);
    let clone = Brc::unwrap_or_clone(other);
    assert_ne!(clone.as_ptr(), place);
    let itself = Brc::unwrap_or_clone(text);
    assert_eq!(itself.as_ptr(), place);
}
