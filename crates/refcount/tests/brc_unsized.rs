//! Counted slices and strings.
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
use selvedge_refcount::{Brc, Weak, drain};
use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[test]
fn strings_do_as_strings_do() {
    for text in ["", "x", "knot", "été", &"long ".repeat(10_000)] {
        let counted: Brc<str> = text.into();
        let other = Brc::clone(&counted);
        assert_eq!((&*counted, counted.len()), (text, text.len()));
        assert_eq!(
            (format!("{other}"), format!("{other:?}")),
            (text.into(), format!("{text:?}"))
        );
        assert!(Brc::ptr_eq(&counted, &other) && counted == Brc::from(String::from(text)));
        assert!(HashSet::from([counted]).contains(text));
        assert_eq!(Brc::strong_count(&other), 1);
    }
}

#[test]
fn slices_of_every_length_and_alignment_hold_their_values() {
    #[derive(Clone, Debug, PartialEq)]
    #[repr(align(64))]
    struct Aligned(usize);
    for length in (0..70).chain([1000, 100_000]) {
        let numbers: Brc<[usize]> = (0..length).collect();
        assert!(numbers.iter().copied().eq(0..length));
        let bytes: Brc<[u8]> = vec![7; length].into();
        assert!(bytes.len() == length && bytes.iter().all(|&byte| byte == 7));
        let aligned: Vec<_> = (0..length.min(100)).map(Aligned).collect();
        let counted = Brc::<[Aligned]>::from(aligned.as_slice());
        assert_eq!(*counted, *aligned);
        assert!(Brc::as_ptr(&counted).cast::<Aligned>().is_aligned());
        assert_eq!(Brc::<[()]>::from(vec![(); length]).len(), length);
    }
}

fn counted(length: usize) -> (Arc<AtomicUsize>, Brc<[Drops]>) {
    let drops = Arc::new(AtomicUsize::new(0));
    let values = (0..length).map(|_| Drops(Arc::clone(&drops))).collect();
    (drops, values)
}

#[test]
fn values_are_dropped_once_with_the_last_pointer() {
    for length in [0, 1, 5, 10_000] {
        let (drops, values) = counted(length);
        drop(values.clone());
        assert_eq!(drops.load(Ordering::Relaxed), 0);
        drop(values);
        assert_eq!(drops.load(Ordering::Relaxed), length);
    }
}

#[test]
fn slice_dropped_elsewhere_is_destroyed_by_its_maker() {
    let (drops, values) = counted(5);
    std::thread::spawn(move || drop(values)).join().unwrap();
    assert_eq!(drops.load(Ordering::Relaxed), 0);
    drain();
    assert_eq!(drops.load(Ordering::Relaxed), 5);
}

#[test]
fn weak_pointer_to_a_slice_knows_its_length() {
    let (drops, mut values) = counted(3);
    assert!(Brc::get_mut(&mut values).is_some());
    let weak: Weak<[Drops]> = Brc::downgrade(&values);
    assert!(Brc::get_mut(&mut values).is_none());
    assert_eq!(weak.clone().upgrade().unwrap().len(), 3);
    drop(values);
    assert_eq!(drops.load(Ordering::Relaxed), 3);
    assert!(weak.upgrade().is_none());
}

#[test]
fn value_that_panics_spares_the_others_and_the_memory() {
    let drops = Arc::new(AtomicUsize::new(0));
    let value = |number| (Drops(Arc::clone(&drops)), (number == 2).then(|| Pin));
    let values: Brc<[_]> = (0..5).map(value).collect();
    let weak = Brc::downgrade(&values);
    assert!(catch_unwind(AssertUnwindSafe(|| drop(values))).is_err());
    assert_eq!(drops.load(Ordering::Relaxed), 5);
    assert!(weak.upgrade().is_none());
}
