//! Counted trait objects.
#![cfg(not(selvedge_loom))]
#![allow(missing_docs)]
#![allow(
    clippy::disallowed_types,
    reason = "used as a user of the crate would, outside of models"
)]

#[path = "support/drops.rs"]
mod drops;

use drops::{Drops, Pin};
use selvedge_refcount::{Brc, CoerceUnsize, Coercion, Weak, drain};
use std::any::Any;
use std::fmt::{Debug, Display};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

trait Shape: Send + Sync {
    fn area(&self) -> u32;
}

/// Lies far behind the counts.
#[repr(align(256))]
struct Square(
    u32,
    #[expect(dead_code, reason = "only its drop matters")] Drops,
);

impl Shape for Square {
    fn area(&self) -> u32 {
        self.0 * self.0
    }
}

struct Circle;

impl Shape for Circle {
    fn area(&self) -> u32 {
        3
    }
}

fn square(side: u32) -> (Arc<AtomicUsize>, Brc<dyn Shape>) {
    let drops = Arc::new(AtomicUsize::new(0));
    let square = Brc::new(Square(side, Drops(Arc::clone(&drops))));
    (drops, square.unsize(Coercion!(to dyn Shape)))
}

#[test]
fn methods_are_those_of_the_value() {
    let (drops, square) = square(4);
    let shapes = [square, Brc::new(Circle).unsize(Coercion!(to dyn Shape))];
    let areas = shapes.each_ref().map(|shape| shape.area());
    assert_eq!(areas, [16, 3]);
    assert_eq!(drops.load(Ordering::Relaxed), 0);
    drop(shapes);
    assert_eq!(drops.load(Ordering::Relaxed), 1);
}

#[test]
fn pointers_before_and_after_count_as_one_kind() {
    let number = Brc::new(7_u64);
    let shown = Brc::clone(&number).unsize(Coercion!(to dyn Display));
    assert_eq!(Brc::strong_count(&number), 2);
    let mut shown = shown;
    assert!(Brc::get_mut(&mut shown).is_none());
    drop(number);
    assert!(Brc::get_mut(&mut shown).is_some());
    assert_eq!(shown.to_string(), "7");
}

#[test]
fn array_becomes_a_slice() {
    let drops = Arc::new(AtomicUsize::new(0));
    let array = Brc::new([(); 3].map(|()| Drops(Arc::clone(&drops))));
    let slice: Brc<[Drops]> = array.unsize(Coercion::to_slice());
    let other = Brc::clone(&slice);
    drop(slice);
    assert_eq!((other.len(), drops.load(Ordering::Relaxed)), (3, 0));
    drop(other);
    assert_eq!(drops.load(Ordering::Relaxed), 3);
}

#[test]
fn value_dropped_elsewhere_is_destroyed_by_its_maker() {
    let (drops, square) = square(2);
    std::thread::spawn(move || assert_eq!(square.area(), 4))
        .join()
        .unwrap();
    assert_eq!(drops.load(Ordering::Relaxed), 0);
    drain();
    assert_eq!(drops.load(Ordering::Relaxed), 1);
}

#[test]
fn value_that_panics_is_dropped_once_and_gone() {
    let drops = Arc::new(AtomicUsize::new(0));
    let value = Brc::new((Drops(Arc::clone(&drops)), Pin));
    let any: Brc<dyn Any> = value.unsize(Coercion::to_any());
    let weak = Brc::downgrade(&any);
    assert!(catch_unwind(AssertUnwindSafe(|| drop(any))).is_err());
    assert_eq!(drops.load(Ordering::Relaxed), 1);
    assert!(weak.upgrade().is_none());
}

#[test]
fn weak_pointers_follow() {
    let (drops, square) = square(5);
    let weak: Weak<dyn Shape> = Brc::downgrade(&square);
    assert_eq!(weak.clone().upgrade().unwrap().area(), 25);
    drop(square);
    assert_eq!(drops.load(Ordering::Relaxed), 1);
    assert!(weak.upgrade().is_none());

    let circle = Brc::new(Circle);
    let weak: Weak<dyn Shape> = Brc::downgrade(&circle).unsize(Coercion!(to dyn Shape));
    assert_eq!(Brc::weak_count(&circle), 1);
    assert!(weak.upgrade().is_some_and(|shape| shape.area() == 3));
}

#[test]
fn weak_pointer_to_nothing_upgrades_to_nothing() {
    let weak: Weak<dyn Debug> = Weak::<[u128; 9]>::new().unsize(Coercion!(to dyn Debug));
    assert!(weak.upgrade().is_none() && weak.clone().upgrade().is_none());
}

#[test]
fn downcast_asks_the_value_what_it_is() {
    let drops = Arc::new(AtomicUsize::new(0));
    let value = Brc::new(Drops(Arc::clone(&drops)));
    let any: Brc<dyn Any + Send + Sync> = value.unsize(Coercion!(to dyn Any + Send + Sync));
    let any = any.downcast::<String>().unwrap_err();
    let value: Brc<Drops> = any.downcast().unwrap();
    assert_eq!(Brc::strong_count(&value), 1);
    let any: Brc<dyn Any> = value.unsize(Coercion::to_any());
    let any = any.downcast::<u8>().unwrap_err();
    assert_eq!(drops.load(Ordering::Relaxed), 0);
    assert!(any.downcast::<Drops>().is_ok());
    assert_eq!(drops.load(Ordering::Relaxed), 1);
}

#[test]
fn addresses_lead_back_to_the_value() {
    let (drops, square) = square(6);
    let other = Brc::clone(&square);
    let address = Brc::into_raw(square);
    assert_eq!(address, Brc::as_ptr(&other));
    drop(other);
    assert_eq!(drops.load(Ordering::Relaxed), 0);
    // SAFETY: of `into_raw` above.
    let square = unsafe { Brc::from_raw(address) };
    assert_eq!((square.area(), Brc::strong_count(&square)), (36, 1));
    drop(square);
    assert_eq!(drops.load(Ordering::Relaxed), 1);

    let text = Brc::into_raw(Brc::<str>::from("knot"));
    // SAFETY: as above.
    let text: Brc<str> = unsafe { Brc::from_raw(text) };
    assert_eq!(&*text, "knot");
    let byte = Brc::into_raw(Brc::new(7_u8));
    // SAFETY: as above.
    assert_eq!(*unsafe { Brc::from_raw(byte) }, 7);
}
