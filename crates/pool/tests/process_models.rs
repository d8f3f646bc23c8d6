//! Models of what the process executor is made of: the `ring` and its sleepers, the claims, the
//! `desk` where tasks wait. Processes are threads here.
#![cfg(selvedge_loom)]
#![allow(missing_docs)]

use selvedge_pool::process::desk::{Desk, Patience};
use selvedge_pool::process::ring::{BLOCK, Claims, Consumer, NoRoom, Producer, Ring, Wanted};
use selvedge_pool::{Refusal, Shutdown};
use selvedge_sync::model;
use selvedge_sync::seam::atomic::{AtomicUsize, Ordering};
use selvedge_sync::seam::model::{reach, reach_asleep};
use selvedge_sync::seam::{Arc, Parker, Unparker, thread};
use std::io::ErrorKind;

/// Pushes a frame, waiting for room, and wakes the consumer if it is wanted.
fn send<const N: usize>(producer: &mut Producer, ring: &Ring<N>, frame: &[u8], bell: &Unparker) {
    // SAFETY: each model has one producer.
    while let Err(NoRoom) = unsafe { producer.push(ring, frame) }.map(|Wanted(wanted)| {
        if wanted {
            bell.unpark();
        }
    }) {
        reach("full");
        thread::yield_now();
    }
}

/// Takes frames until there have been `count`, sleeping while there is none.
fn receive<const N: usize>(ring: &Ring<N>, parker: &Parker, count: u64) -> Vec<Vec<u8>> {
    let mut consumer = Consumer::default();
    let mut frames = Vec::new();
    while (frames.len() as u64) < count {
        let mut frame = Vec::new();
        // SAFETY: each model has one consumer.
        if unsafe { consumer.pop(ring, &mut frame) }.unwrap() {
            frames.push(frame);
        } else if consumer.doze(ring, count - frames.len() as u64) {
            reach("slept");
            parker.park();
            consumer.rise(ring);
        }
    }
    frames
}

#[test]
fn ring_passes_frames_whole_and_reuses_blocks_that_were_read() {
    model!(
        "ring_passes_frames_whole_and_reuses_blocks_that_were_read",
        "frames of one and of two blocks arrive in order and whole, in a ring of two blocks"
    )
    .preemptions(2)
    .reaches(&["full"])
    .check(|| {
        let ring = Arc::new(Ring::<2>::new());
        let theirs = Arc::clone(&ring);
        let producer = thread::spawn(move || {
            let parker = Parker::new();
            let bell = parker.unparker();
            let mut producer = Producer::default();
            send(&mut producer, &theirs, &[1], &bell);
            send(&mut producer, &theirs, &[2; BLOCK], &bell);
        });
        let mut consumer = Consumer::default();
        let mut frame = Vec::new();
        for expected in [&[1][..], &[2; BLOCK]] {
            // SAFETY: one consumer.
            while !unsafe { consumer.pop(&ring, &mut frame) }.unwrap() {
                thread::yield_now();
            }
            assert_eq!(frame, expected);
        }
        producer.join().unwrap();
    });
}

#[test]
fn sleeping_consumer_of_a_ring_is_woken() {
    model!(
        "sleeping_consumer_of_a_ring_is_woken",
        "a consumer that sleeps until it has what it wants, one frame or two, is woken"
    )
    .preemptions(3)
    .reaches(&["slept"])
    .check(|| {
        let ring = Arc::new(Ring::<2>::new());
        let theirs = Arc::clone(&ring);
        let parker = Parker::new();
        let bell = parker.unparker();
        let producer = thread::spawn(move || {
            let mut producer = Producer::default();
            send(&mut producer, &theirs, &[1], &bell);
            send(&mut producer, &theirs, &[2], &bell);
        });
        assert_eq!(receive(&ring, &parker, 2), [[1], [2]]);
        producer.join().unwrap();
    });
}

#[test]
fn request_is_begun_or_recalled() {
    model!(
        "request_is_begun_or_recalled",
        "each request that was sent is begun by the worker or recalled by the sender, not both; \
         what is sent afterwards is begun"
    )
    .reaches(&["all begun", "some recalled"])
    .check(|| {
        let claims = Arc::new(Claims::new());
        let theirs = Arc::clone(&claims);
        let worker = thread::spawn(move || [theirs.claim(0), theirs.claim(1)]);
        let first = claims.recall(2);
        let begun = worker.join().unwrap();
        reach(if first == 2 {
            "all begun"
        } else {
            "some recalled"
        });
        assert_eq!(begun, [first > 0, first > 1]);
        assert_eq!(claims.begun(), 2);
        assert!(claims.claim(2));
    });
}

/// A desk, and the sum of what its threads have taken.
struct Office {
    desk: Arc<Desk<usize>>,
    most: usize,
    sum: Arc<AtomicUsize>,
}

impl Office {
    fn new(most: usize, capacity: usize) -> Self {
        Self {
            desk: Arc::new(Desk::new(most, capacity)),
            most,
            sum: Arc::new(AtomicUsize::new(0)),
        }
    }

    fn share(&self) -> Self {
        Self {
            desk: Arc::clone(&self.desk),
            most: self.most,
            sum: Arc::clone(&self.sum),
        }
    }

    fn push(&self, item: usize) -> bool {
        let hire = |index| {
            assert!(index < self.most);
            let office = self.share();
            thread::Builder::new().spawn(move || {
                while let Some(items) = reach_asleep("idle", || office.desk.wait(2)) {
                    assert!(!items.is_empty());
                    office.sum.fetch_add(items.iter().sum(), Ordering::Relaxed);
                }
                office.desk.leave();
            })
        };
        let pushed = reach_asleep("waited", || {
            self.desk.push(item, |item| item, Patience::Endless, hire)
        });
        pushed.is_ok()
    }

    /// Closes the desk, and returns the sum.
    fn close(&self) -> usize {
        self.desk.shut_down(Shutdown::GRACEFUL, |given_up| {
            assert!(given_up.is_empty());
        });
        assert_eq!(self.desk.hired(), 0);
        self.sum.load(Ordering::Relaxed)
    }
}

#[test]
fn desk_hands_out_each_item_once() {
    model!(
        "desk_hands_out_each_item_once",
        "what is queued is taken once, also by a thread that went to sleep before"
    )
    .preemptions(2)
    .reaches(&["idle"])
    .check(|| {
        let office = Office::new(1, usize::MAX);
        assert!(office.push(1));
        assert!(office.push(2));
        assert_eq!(office.close(), 3);
    });
}

#[test]
fn desk_that_closes_serves_or_refuses() {
    model!(
        "desk_that_closes_serves_or_refuses",
        "an item that is pushed while the desk closes is refused, or taken"
    )
    .preemptions(2)
    .reaches(&["refused", "served"])
    .check(|| {
        let office = Office::new(1, usize::MAX);
        assert!(office.push(1));
        let pusher = {
            let office = office.share();
            thread::spawn(move || office.push(2))
        };
        let sum = office.close();
        let pushed = pusher.join().unwrap();
        reach(if pushed { "served" } else { "refused" });
        assert_eq!(sum, if pushed { 3 } else { 1 });
    });
}

#[test]
fn room_at_a_full_desk_wakes_those_who_wait_for_it() {
    model!(
        "room_at_a_full_desk_wakes_those_who_wait_for_it",
        "two who push to a full queue both get their item in"
    )
    .preemptions(2)
    .reaches(&["waited"])
    .check(|| {
        let office = Office::new(1, 1);
        assert!(office.push(1));
        let pusher = {
            let office = office.share();
            thread::spawn(move || assert!(office.push(2)))
        };
        assert!(office.push(4));
        pusher.join().unwrap();
        assert_eq!(office.close(), 7);
    });
}

#[test]
fn room_for_two_wakes_two() {
    model!(
        "room_for_two_wakes_two",
        "two who wait for room at a full desk get in when two items are taken at once"
    )
    .preemptions(2)
    .reaches(&["waited"])
    .check(|| {
        let desk = staffed_by_nobody(2);
        assert!(push(&desk, 2));
        let pushers = [4, 8].map(|item| {
            let desk = Arc::clone(&desk);
            thread::spawn(move || assert!(push(&desk, item)))
        });
        let mut taken = 0;
        while taken < 3 {
            taken += desk.take(2).into_iter().sum::<usize>();
            thread::yield_now();
        }
        for pusher in pushers {
            pusher.join().unwrap();
        }
        desk.leave();
    });
}

/// A desk with room for `capacity` items, the first of which is 1, and with one thread, which takes
/// none.
fn staffed_by_nobody(capacity: usize) -> Arc<Desk<usize>> {
    let desk = Arc::new(Desk::new(1, capacity));
    let refused = desk.push(
        0,
        |n| n,
        Patience::Endless,
        |_| Err(ErrorKind::Other.into()),
    );
    assert!(matches!(refused, Err((0, Refusal::NoThread(_)))));
    let idler = |_| thread::Builder::new().spawn(|| ());
    assert!(desk.push(1, |n| n, Patience::Endless, idler).is_ok());
    desk
}

/// Pushes to a desk that has its thread.
fn push(desk: &Desk<usize>, item: usize) -> bool {
    let nobody = |_| Err(ErrorKind::Other.into());
    reach_asleep("waited", || {
        desk.push(item, |n| n, Patience::Endless, nobody)
    })
    .is_ok()
}

#[test]
fn closing_wakes_those_who_wait_for_room() {
    model!(
        "closing_wakes_those_who_wait_for_room",
        "two who wait for room at a desk that nobody serves are refused when it closes"
    )
    .preemptions(2)
    .reaches(&["waited"])
    .check(|| {
        let desk = staffed_by_nobody(1);
        let pushers = [2, 4].map(|item| {
            let desk = Arc::clone(&desk);
            thread::spawn(move || push(&desk, item))
        });
        let given_up = desk.close(Refusal::ShutDown, true);
        for pusher in pushers {
            assert!(!pusher.join().unwrap());
        }
        assert_eq!(given_up, [1]);
        desk.leave();
    });
}

#[test]
fn closing_wakes_those_who_wait_for_items() {
    model!(
        "closing_wakes_those_who_wait_for_items",
        "two threads that wait for items are told when there will be none"
    )
    .preemptions(2)
    .reaches(&["idle"])
    .check(|| {
        let desk = Arc::new(Desk::<usize>::new(2, usize::MAX));
        let takers = [(); 2].map(|()| {
            let desk = Arc::clone(&desk);
            thread::spawn(move || reach_asleep("idle", || desk.wait(1)))
        });
        assert!(desk.close(Refusal::ShutDown, false).is_empty());
        for taker in takers {
            assert_eq!(taker.join().unwrap(), None);
        }
    });
}

#[test]
fn items_put_back_wake_as_many_as_wait() {
    model!(
        "items_put_back_wake_as_many_as_wait",
        "of two items that are put back, two threads that wait take one each"
    )
    .preemptions(2)
    .reaches(&["idle"])
    .check(|| {
        let desk = Arc::new(Desk::new(2, usize::MAX));
        let takers = [(); 2].map(|()| {
            let desk = Arc::clone(&desk);
            thread::spawn(move || reach_asleep("idle", || desk.wait(1)))
        });
        assert!(desk.put_back(vec![1, 2]).is_empty());
        let taken = takers.map(|taker| taker.join().unwrap().unwrap());
        assert!(taken == [[1], [2]] || taken == [[2], [1]]);
    });
}

#[test]
fn two_who_wait_for_the_end_of_a_desk_see_it() {
    model!(
        "two_who_wait_for_the_end_of_a_desk_see_it",
        "both of two shutdowns that wait return when the thread has left"
    )
    .preemptions(2)
    .reaches(&["waited for the end"])
    .check(|| {
        let office = Office::new(1, usize::MAX);
        assert!(office.push(1));
        let other = {
            let office = office.share();
            thread::spawn(move || office.close())
        };
        assert_eq!(reach_asleep("waited for the end", || office.close()), 1);
        assert_eq!(other.join().unwrap(), 1);
    });
}

#[test]
fn item_put_back_is_taken_by_another_or_given_up() {
    model!(
        "item_put_back_is_taken_by_another_or_given_up",
        "what is put back is taken by a thread that waits, unless the desk gives up what it has"
    )
    .preemptions(2)
    .reaches(&["taken", "given up"])
    .check(|| {
        let office = Office::new(1, usize::MAX);
        assert!(office.push(1));
        let returner = {
            let desk = Arc::clone(&office.desk);
            thread::spawn(move || desk.put_back(vec![2, 4]).iter().sum::<usize>())
        };
        let mut given_up = 0;
        office.desk.shut_down(Shutdown::IMMEDIATE, |items| {
            given_up += items.iter().sum::<usize>();
        });
        given_up += returner.join().unwrap();
        let taken = office.sum.load(Ordering::Relaxed);
        reach(if taken > 1 { "taken" } else { "given up" });
        assert_eq!(taken + given_up, 7);
    });
}
