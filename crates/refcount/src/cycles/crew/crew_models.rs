//! Models of sharing out a collection's work. Within the crate, since outside nobody sees the crew.

use super::Crew;
use selvedge_sync::model;
use selvedge_sync::seam::cell::UnsafeCell;
use selvedge_sync::seam::model::{reach, reach_asleep};
use selvedge_sync::seam::{Arc, Condvar, Mutex, thread};

struct Stage {
    crew: Crew<u32>,
    /// What a worker changes before it waits for the others, and they look at afterwards.
    mine: [UnsafeCell<u32>; 2],
}

// SAFETY: loom reports accesses that overlap.
unsafe impl Sync for Stage {}
// SAFETY: as above.
unsafe impl Send for Stage {}

impl Stage {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            crew: Crew::new(2),
            mine: [UnsafeCell::new(0), UnsafeCell::new(0)],
        })
    }

    /// Does all work there is: some of it is to give one less to whoever wants it.
    fn work(&self, mut left: Vec<u32>) -> u32 {
        let mut done = 0;
        loop {
            while let Some(work) = left.pop() {
                done += 1;
                if work > 0 {
                    self.crew.give(vec![work - 1]);
                }
            }
            match reach_asleep("waited for work", || self.crew.take()) {
                Some(share) => left = share,
                None => return done,
            }
        }
    }
}

#[test]
fn nobody_ends_while_there_is_work() {
    model!(
        "nobody_ends_while_there_is_work",
        "of two workers, one without work of its own, both end, and only when all is done"
    )
    .preemptions(2)
    .reaches(&["waited for work", "helped", "did all"])
    .check(|| {
        let stage = Stage::new();
        let other = {
            let stage = Arc::clone(&stage);
            thread::spawn(move || stage.work(Vec::new()))
        };
        let mine = stage.work(vec![1, 0]);
        let theirs = other.join().unwrap();
        reach(if theirs > 0 { "helped" } else { "did all" });
        assert_eq!(mine + theirs, 3);
        assert!(!stage.crew.is_waiting());
    });
}

#[test]
fn round_ends_for_all_before_the_next_begins() {
    model!(
        "round_ends_for_all_before_the_next_begins",
        "what a worker did in one round is seen by the other in the next, twice"
    )
    .preemptions(2)
    .reaches(&["waited"])
    .check(|| {
        let stage = Stage::new();
        let rounds = |stage: &Stage, me: usize| {
            for round in 1..3 {
                // SAFETY: loom reports it if the other is looking.
                stage.mine[me].with_mut(|mine| unsafe { *mine = round });
                assert!(reach_asleep("waited", || stage.crew.take()).is_none());
                // SAFETY: as above.
                let theirs = stage.mine[1 - me].with(|theirs| unsafe { *theirs });
                assert_eq!(theirs, round);
                assert!(stage.crew.take().is_none());
            }
        };
        let other = {
            let stage = Arc::clone(&stage);
            thread::spawn(move || rounds(&stage, 1))
        };
        rounds(&stage, 0);
        other.join().unwrap();
    });
}

#[test]
fn one_who_gives_up_ends_all() {
    model!(
        "one_who_gives_up_ends_all",
        "workers that wait for work end when one gives up, and so does one that comes later"
    )
    .preemptions(2)
    .reaches(&["waited"])
    .check(|| {
        let crew = Arc::new(Crew::<u32>::new(3));
        let others = [(); 2].map(|()| {
            let crew = Arc::clone(&crew);
            thread::spawn(move || {
                assert!(reach_asleep("waited", || crew.take()).is_none());
                assert!(crew.take().is_none());
            })
        });
        crew.give_up();
        for other in others {
            other.join().unwrap();
        }
    });
}

#[test]
fn one_who_waits_is_seen_and_brought_work() {
    model!(
        "one_who_waits_is_seen_and_brought_work",
        "a worker sees that another waits, and need not end its own part for that to get a share"
    )
    .preemptions(2)
    .reaches(&["waited"])
    .check(|| {
        let crew = Arc::new(Crew::new(2));
        let (done, told) = (Arc::new(Mutex::new(false)), Arc::new(Condvar::default()));
        let other = {
            let (crew, done, told) = (Arc::clone(&crew), Arc::clone(&done), Arc::clone(&told));
            thread::spawn(move || {
                assert_eq!(reach_asleep("waited", || crew.take()), Some(vec![1]));
                *done.lock() = true;
                told.notify_one();
                assert_eq!(crew.take(), None);
            })
        };
        while !crew.is_waiting() {
            thread::yield_now();
        }
        crew.give(vec![1]);
        let mut done = done.lock();
        while !*done {
            told.wait(&mut done);
        }
        drop(done);
        assert_eq!(crew.take(), None);
        other.join().unwrap();
    });
}
