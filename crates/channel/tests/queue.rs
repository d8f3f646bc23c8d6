//! Queues of tasks: against a reference, and with real threads and real time.
#![cfg(not(selvedge_loom))]
#![allow(missing_docs)]
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "these tests are about real threads and real time"
)]

use std::cmp::Ordering;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use selvedge_channel::queue::{
    GetError, LifoQueue, PriorityQueue, PutError, Queue, SimpleQueue, TooManyDone,
};

fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

#[derive(Debug, Clone, Copy)]
enum Op {
    Put(u8),
    PutTimeout(u8),
    Get,
    GetTimeout,
    TaskDone,
    Join,
    Shutdown,
    ShutdownImmediately,
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let op = prop_oneof![
        8 => any::<u8>().prop_map(Op::Put),
        4 => any::<u8>().prop_map(Op::PutTimeout),
        6 => Just(Op::Get),
        3 => Just(Op::GetTimeout),
        6 => Just(Op::TaskDone),
        2 => Just(Op::Join),
        1 => Just(Op::Shutdown),
        1 => Just(Op::ShutdownImmediately),
    ];
    prop::collection::vec(op, 1..80)
}

/// Which item is next.
#[derive(Clone, Copy)]
enum Order {
    Oldest,
    Newest,
    Smallest,
}

struct Reference {
    order: Order,
    /// In the order in which they were put.
    items: VecDeque<u8>,
    maxsize: usize,
    unfinished: usize,
    shut_down: bool,
}

impl Reference {
    fn put(&mut self, item: u8) -> Result<(), PutError<u8>> {
        if self.shut_down {
            return Err(PutError::ShutDown(item));
        }
        if self.maxsize > 0 && self.items.len() >= self.maxsize {
            return Err(PutError::Full(item));
        }
        self.items.push_back(item);
        self.unfinished += 1;
        Ok(())
    }

    fn get(&mut self) -> Result<u8, GetError> {
        let next = match self.order {
            Order::Oldest => self.items.pop_front(),
            Order::Newest => self.items.pop_back(),
            Order::Smallest => {
                let smallest = (0..self.items.len()).min_by_key(|at| self.items[*at]);
                smallest.and_then(|at| self.items.remove(at))
            }
        };
        next.ok_or(if self.shut_down {
            GetError::ShutDown
        } else {
            GetError::Empty
        })
    }

    fn task_done(&mut self) -> Result<(), TooManyDone> {
        self.unfinished = self.unfinished.checked_sub(1).ok_or(TooManyDone)?;
        Ok(())
    }

    fn shutdown_immediately(&mut self) -> Vec<u8> {
        self.shut_down = true;
        let left: Vec<u8> = core::iter::from_fn(|| self.get().ok()).collect();
        self.unfinished = self.unfinished.saturating_sub(left.len());
        left
    }
}

fn agree(queue: &Queue<u8>, order: Order, maxsize: usize, ops: &[Op]) {
    let mut reference = Reference {
        order,
        items: VecDeque::new(),
        maxsize,
        unfinished: 0,
        shut_down: false,
    };
    for op in ops {
        match *op {
            Op::Put(item) => assert_eq!(queue.put_nowait(item), reference.put(item)),
            Op::PutTimeout(item) => {
                assert_eq!(queue.put_timeout(item, Duration::ZERO), reference.put(item));
            }
            Op::Get => assert_eq!(queue.get_nowait(), reference.get()),
            Op::GetTimeout => assert_eq!(queue.get_timeout(Duration::ZERO), reference.get()),
            Op::TaskDone => assert_eq!(queue.task_done(), reference.task_done()),
            Op::Join => {
                let done = queue.join_timeout(Duration::ZERO);
                assert_eq!(done, reference.unfinished == 0);
                if done {
                    queue.join();
                }
            }
            Op::Shutdown => {
                queue.shutdown();
                reference.shut_down = true;
            }
            Op::ShutdownImmediately => {
                assert_eq!(
                    queue.shutdown_immediately(),
                    reference.shutdown_immediately()
                );
            }
        }
        let len = reference.items.len();
        assert_eq!((queue.qsize(), queue.is_empty()), (len, len == 0));
        assert_eq!(queue.is_full(), maxsize > 0 && len == maxsize);
        assert_eq!(queue.is_shut_down(), reference.shut_down);
        assert_eq!(queue.maxsize(), maxsize);
    }
}

proptest! {
    #[test]
    fn queue_hands_out_the_oldest(maxsize in 0..5_usize, ops in ops()) {
        agree(&Queue::new(maxsize), Order::Oldest, maxsize, &ops);
    }

    #[test]
    fn lifo_queue_hands_out_the_newest(maxsize in 0..5_usize, ops in ops()) {
        agree(&LifoQueue::new(maxsize), Order::Newest, maxsize, &ops);
    }

    #[test]
    fn priority_queue_hands_out_the_smallest(maxsize in 0..5_usize, ops in ops()) {
        agree(&PriorityQueue::new(maxsize), Order::Smallest, maxsize, &ops);
    }
}

#[test]
fn equal_items_come_in_the_order_of_their_puts() {
    #[derive(Debug)]
    struct Task(u8, usize);
    impl Ord for Task {
        fn cmp(&self, other: &Self) -> Ordering {
            self.0.cmp(&other.0)
        }
    }
    impl PartialOrd for Task {
        fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
            Some(self.cmp(other))
        }
    }
    impl PartialEq for Task {
        fn eq(&self, other: &Self) -> bool {
            self.cmp(other).is_eq()
        }
    }
    impl Eq for Task {}

    let queue = PriorityQueue::new(0);
    for number in 0..50 {
        queue.put(Task(u8::from(number % 3 == 0), number)).unwrap();
    }
    let got: Vec<_> = core::iter::from_fn(|| queue.get_nowait().ok()).collect();
    assert!(got.is_sorted_by_key(|task| (task.0, task.1)));
}

#[test]
fn items_that_cannot_be_compared_stop_nobody_else() {
    #[derive(Debug)]
    struct Moody(f64);
    impl Ord for Moody {
        fn cmp(&self, other: &Self) -> Ordering {
            self.0.partial_cmp(&other.0).expect("not comparable")
        }
    }
    impl PartialOrd for Moody {
        fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
            Some(self.cmp(other))
        }
    }
    impl PartialEq for Moody {
        fn eq(&self, other: &Self) -> bool {
            self.cmp(other).is_eq()
        }
    }
    impl Eq for Moody {}

    let queue = PriorityQueue::new(2);
    queue.put(Moody(1.0)).unwrap();
    queue.put(Moody(2.0)).unwrap();
    thread::scope(|scope| {
        let putting = scope.spawn(|| catch_unwind(AssertUnwindSafe(|| queue.put(Moody(f64::NAN)))));
        // Time for the put to stand in line. Then it is the get that compares its item; else the
        // put itself.
        thread::sleep(ms(20));
        let got = catch_unwind(AssertUnwindSafe(|| queue.get()));
        let put = putting.join().unwrap();
        assert!(got.is_err() || put.is_err(), "somebody had to compare");
    });
    // Nobody waits, and the lock is free.
    queue.shutdown();
    assert!(queue.is_shut_down());
}

#[test]
fn puts_and_gets_time_out() {
    let queue = Queue::new(1);
    let start = Instant::now();
    assert_eq!(queue.get_timeout(ms(20)), Err(GetError::Empty));
    queue.put(1).unwrap();
    assert_eq!(queue.put_timeout(2, ms(20)), Err(PutError::Full(2)));
    assert!(!queue.join_timeout(ms(20)));
    assert!(start.elapsed() >= ms(60));
    let simple = SimpleQueue::<u8>::default();
    assert_eq!(simple.get_timeout(ms(20)), None);
    assert!(start.elapsed() >= ms(80));
}

#[test]
fn workers_finish_what_was_put() {
    const TASKS: usize = 2000;
    for queue in [
        Queue::new(0),
        Queue::new(3),
        LifoQueue::new(3).into(),
        PriorityQueue::new(3).into(),
    ] {
        let sums: Vec<usize> = thread::scope(|scope| {
            let worker = || {
                let mut sum = 0;
                while let Ok(task) = queue.get() {
                    sum += task;
                    queue.task_done().unwrap();
                }
                sum
            };
            let workers = [scope.spawn(worker), scope.spawn(worker)];
            let putters = [0, 1].map(|first| {
                let queue = &queue;
                scope.spawn(move || {
                    for task in (first..TASKS).step_by(2) {
                        queue.put(task).unwrap();
                    }
                })
            });
            for putter in putters {
                putter.join().unwrap();
            }
            queue.join();
            assert!(queue.is_empty());
            queue.shutdown();
            workers.map(|worker| worker.join().unwrap()).to_vec()
        });
        assert_eq!(sums.iter().sum::<usize>(), (0..TASKS).sum());
        assert_eq!(queue.task_done(), Err(TooManyDone));
    }
}

#[test]
fn simple_queue_passes_items_in_order() {
    let queue = SimpleQueue::new();
    thread::scope(|scope| {
        scope.spawn(|| (0..1000).for_each(|item| queue.put(item)));
        for expected in 0..1000 {
            assert_eq!(queue.get(), expected);
        }
    });
    assert!(queue.is_empty());
    queue.put(1);
    assert_eq!((queue.qsize(), queue.get_nowait()), (1, Some(1)));
}

#[test]
fn queues_say_what_they_are() {
    let queue = LifoQueue::new(2);
    queue.put(1).unwrap();
    assert_eq!(format!("{queue:?}"), "LifoQueue { qsize: 1, .. }");
    assert_eq!(PutError::Full(1).to_string(), "the queue is full");
    assert_eq!(PutError::ShutDown(1).to_string(), "the queue was shut down");
    assert_eq!(GetError::Empty.to_string(), "the queue is empty");
    assert_eq!(GetError::ShutDown.to_string(), "the queue was shut down");
    assert!(PutError::Full(1).is_full() && !PutError::ShutDown(1).is_full());
    assert_eq!(
        TooManyDone.to_string(),
        "more tasks were reported done than items were put"
    );
}
