//! Models of the work-stealing `deque`: each entry is taken once, by whoever wins.
#![cfg(selvedge_loom)]
#![allow(missing_docs)]

use selvedge_pool::deque::{Deque, Entry, Stolen};
use selvedge_sync::model;
use selvedge_sync::seam::cell::UnsafeCell;
use selvedge_sync::seam::model::reach;
use selvedge_sync::seam::{Arc, thread};

/// An entry on the heap that the model watches: taken twice or unseen, it is reported.
struct Watched(Box<UnsafeCell<u32>>);

// SAFETY: a box is one pointer, and its content may go to another thread.
unsafe impl Entry for Watched {
    fn into_raw(self) -> *mut () {
        Box::into_raw(self.0).cast()
    }
    unsafe fn from_raw(pointer: *mut ()) -> Self {
        // SAFETY: the pointer came from the box above.
        Self(unsafe { Box::from_raw(pointer.cast()) })
    }
}

fn entry(value: u32) -> Watched {
    Watched(Box::new(UnsafeCell::new(value)))
}

impl Watched {
    fn value(self) -> u32 {
        // SAFETY: the entry was given to this thread alone; the model reports otherwise.
        self.0
            .with_mut(|value| unsafe { core::mem::take(&mut *value) })
    }
}

fn steal(deque: &Deque<Watched>) -> Option<u32> {
    loop {
        match deque.steal(|_| true) {
            Stolen::Entry(entry) => return Some(entry.value()),
            Stolen::Nothing => return None,
            Stolen::Retry => thread::yield_now(),
        }
    }
}

#[test]
fn last_entry_goes_to_owner_or_thief() {
    model!(
        "last_entry_goes_to_owner_or_thief",
        "an owner that pops and a thief that steals: exactly one gets the only entry"
    )
    .reaches(&["owner", "thief"])
    .check(|| {
        let deque = Arc::new(Deque::new());
        let other = Arc::clone(&deque);
        // SAFETY: this thread is the owner.
        unsafe { deque.push(entry(1), 0) };
        let thief = thread::spawn(move || steal(&other));
        // SAFETY: as above.
        let popped = unsafe { deque.pop() }.map(Watched::value);
        let stolen = thief.join().unwrap();
        reach(if popped.is_some() { "owner" } else { "thief" });
        assert_eq!((popped, stolen).0.or(stolen), Some(1));
        assert!(popped.is_none() || stolen.is_none());
        assert!(deque.is_empty());
    });
}

#[test]
fn entries_are_taken_once_while_the_owner_pushes_and_pops() {
    model!(
        "entries_are_taken_once_while_the_owner_pushes_and_pops",
        "with one thief, every entry is taken exactly once and seen in full"
    )
    .reaches(&["two stolen", "one stolen", "none stolen"])
    .check(|| {
        let deque = Arc::new(Deque::new());
        let other = Arc::clone(&deque);
        let thief = thread::spawn(move || [steal(&other), steal(&other)]);
        let mut sum = 0;
        // SAFETY: this thread is the owner.
        unsafe {
            deque.push(entry(1), 0);
            deque.push(entry(16), 0);
            sum += deque.pop().map_or(0, Watched::value);
            deque.push(entry(256), 0);
        }
        let stolen: Vec<_> = thief.join().unwrap().into_iter().flatten().collect();
        reach(match stolen.len() {
            0 => "none stolen",
            1 => "one stolen",
            _ => "two stolen",
        });
        sum += stolen.into_iter().sum::<u32>();
        // SAFETY: as above.
        while let Some(left) = unsafe { deque.pop() } {
            sum += left.value();
        }
        assert_eq!(sum, 273);
    });
}

#[test]
fn two_thieves_and_the_owner_share_three_entries() {
    model!(
        "two_thieves_and_the_owner_share_three_entries",
        "with two thieves, every entry is taken exactly once"
    )
    .preemptions(2)
    .reaches(&["both stolen", "a thief came too late"])
    .check(|| {
        let deque = Arc::new(Deque::new());
        // SAFETY: this thread is the owner.
        unsafe {
            deque.push(entry(1), 0);
            deque.push(entry(16), 0);
        }
        let thieves: Vec<_> = (0..2)
            .map(|_| {
                let deque = Arc::clone(&deque);
                thread::spawn(move || steal(&deque).unwrap_or(0))
            })
            .collect();
        // SAFETY: as above.
        let mut sum = unsafe { deque.pop() }.map_or(0, Watched::value);
        let stolen = thieves.into_iter().map(|thief| thief.join().unwrap());
        let stolen: Vec<_> = stolen.collect();
        reach(if stolen.contains(&0) {
            "a thief came too late"
        } else {
            "both stolen"
        });
        sum += stolen.into_iter().sum::<u32>();
        // SAFETY: as above.
        while let Some(left) = unsafe { deque.pop() } {
            sum += left.value();
        }
        assert_eq!(sum, 17);
    });
}

#[test]
fn buffer_grows_under_a_thief() {
    model!(
        "buffer_grows_under_a_thief",
        "a thief that reads an outgrown buffer gets a right entry or none"
    )
    .reaches(&["stolen", "too late or too early"])
    .check(|| {
        let deque = Arc::new(Deque::new());
        // SAFETY: this thread is the owner.
        unsafe { deque.push(entry(1), 0) };
        let other = Arc::clone(&deque);
        let thief = thread::spawn(move || match other.steal(|_| true) {
            Stolen::Entry(entry) => entry.value(),
            _ => 0,
        });
        // SAFETY: as above.
        unsafe {
            deque.push(entry(16), 0);
            deque.push(entry(256), 0);
        }
        let mut sum = 0;
        // SAFETY: as above.
        while let Some(left) = unsafe { deque.pop() } {
            sum += left.value();
        }
        let stolen = thief.join().unwrap();
        reach(if stolen > 0 {
            "stolen"
        } else {
            "too late or too early"
        });
        assert_eq!(sum + stolen, 273);
    });
}

#[test]
fn thief_takes_only_what_it_wants() {
    model!(
        "thief_takes_only_what_it_wants",
        "a thief that asks for a tag never gets an entry with another"
    )
    .reaches(&["stolen"])
    .check(|| {
        let deque = Arc::new(Deque::new());
        // SAFETY: this thread is the owner.
        unsafe { deque.push(entry(7), 7) };
        let other = Arc::clone(&deque);
        let thief = thread::spawn(move || match other.steal(|tag| tag == 7) {
            Stolen::Entry(entry) => {
                reach("stolen");
                assert_eq!(entry.value(), 7);
            }
            Stolen::Nothing | Stolen::Retry => (),
        });
        // SAFETY: as above.
        unsafe {
            drop(deque.pop());
            deque.push(entry(8), 8);
        }
        thief.join().unwrap();
        // SAFETY: as above.
        while unsafe { deque.pop() }.is_some() {}
    });
}
