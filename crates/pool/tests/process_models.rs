//! Models of what the process executor is made of: the `ring` and its sleepers, the claims, the
//! `desk` where tasks wait. Processes are threads here.
#![cfg(selvedge_loom)]
#![allow(missing_docs)]

use selvedge_pool::Shutdown;
use selvedge_pool::process::desk::{Desk, Patience};
use selvedge_pool::process::ring::{BLOCK, Claims, Consumer, NoRoom, Producer, Ring, Wanted};
use selvedge_sync::model;
use selvedge_sync::seam::atomic::{AtomicUsize, Ordering};
use selvedge_sync::seam::model::{reach, reach_asleep};
use selvedge_sync::seam::{Arc, Parker, Unparker, thread};

/// Pushes a frame, waiting for room, and wakes the consumer if it is wanted.
fn push<const N: usize>(producer: &mut Producer, ring: &Ring<N>, frame: &[u8], bell: &Unparker) {
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
            push(&mut producer, &theirs, &[1], &bell);
            push(&mut producer, &theirs, &[2; BLOCK], &bell);
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
            push(&mut producer, &theirs, &[1], &bell);
            push(&mut producer, &theirs, &[2], &bell);
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
    sum: Arc<AtomicUsize>,
}

impl Office {
    fn new(most: usize, capacity: usize) -> Self {
        Self {
            desk: Arc::new(Desk::new(most, capacity)),
            sum: Arc::new(AtomicUsize::new(0)),
        }
    }

    fn share(&self) -> Self {
        Self {
            desk: Arc::clone(&self.desk),
            sum: Arc::clone(&self.sum),
        }
    }

    fn push(&self, item: usize) -> bool {
        let hire = |_| {
            let office = self.share();
            thread::Builder::new().spawn(move || {
                while let Some(items) = reach_asleep("idle", || office.desk.wait(2)) {
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
fn closing_wakes_those_who_wait_for_room() {
    model!(
        "closing_wakes_those_who_wait_for_room",
        "one who waits for room at a desk that nobody serves is refused when it closes"
    )
    .preemptions(2)
    .reaches(&["waited"])
    .check(|| {
        let desk = Arc::new(Desk::new(1, 1));
        let nobody = |_| Err(std::io::ErrorKind::Other.into());
        // A thread that will not take anything.
        let idler = |_| thread::Builder::new().spawn(|| ());
        assert!(desk.push(1, |n| n, Patience::Endless, idler).is_ok());
        let pusher = {
            let desk = Arc::clone(&desk);
            thread::spawn(move || {
                let push = || desk.push(2, |n| n, Patience::Endless, nobody);
                reach_asleep("waited", push).is_ok()
            })
        };
        let given_up = desk.close(selvedge_pool::Refusal::ShutDown, true);
        assert!(!pusher.join().unwrap());
        assert_eq!(given_up, [1]);
        desk.leave();
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
