//! Models of queues of tasks, in the order of their puts and `ordered` otherwise.
#![cfg(selvedge_loom)]
#![allow(missing_docs)]

use selvedge_channel::queue::{
    GetError, LifoQueue, PriorityQueue, PutError, Queue, SimpleQueue, TooManyDone,
};
use selvedge_sync::model;
use selvedge_sync::seam::Arc;
use selvedge_sync::seam::cell::UnsafeCell;
use selvedge_sync::seam::clock::Duration;
use selvedge_sync::seam::model::{reach, reach_asleep};
use selvedge_sync::seam::thread::{spawn, yield_now};

const SOON: Duration = Duration::from_millis(1);

#[test]
fn join_is_woken_by_the_last_task() {
    model!(
        "join_is_woken_by_the_last_task",
        "who waits for all tasks goes on when two threads have done one each"
    )
    .preemptions(2)
    .reaches(&["had to wait"])
    .check(|| {
        let queue = Arc::new(Queue::new(0));
        queue.put(Box::new(1)).unwrap();
        queue.put(Box::new(2)).unwrap();
        let workers = [(); 2].map(|()| {
            let queue = Arc::clone(&queue);
            spawn(move || {
                queue.get_nowait().unwrap();
                queue.task_done().unwrap();
            })
        });
        reach_asleep("had to wait", || queue.join());
        assert!(queue.is_empty());
        for worker in workers {
            worker.join().unwrap();
        }
    });
}

#[test]
fn join_sees_what_was_done() {
    model!(
        "join_sees_what_was_done",
        "what a worker did for its task is visible to who has waited for it, asleep or not"
    )
    .reaches(&["had to wait", "done before"])
    .check(|| {
        let shared = Arc::new((Queue::new(0), UnsafeCell::new(0)));
        shared.0.put(()).unwrap();
        let worker = {
            let shared = Arc::clone(&shared);
            spawn(move || {
                // SAFETY: read only after the join; loom reports it if that is not so.
                shared.1.with_mut(|done| unsafe { *done = 1 });
                shared.0.task_done().unwrap();
            })
        };
        if shared.0.join_timeout(Duration::ZERO) {
            reach("done before");
        } else {
            reach_asleep("had to wait", || shared.0.join());
        }
        // SAFETY: the task is done.
        shared.1.with(|done| assert_eq!(unsafe { *done }, 1));
        worker.join().unwrap();
    });
}

#[test]
fn all_who_join_are_woken() {
    model!(
        "all_who_join_are_woken",
        "two threads that wait for all tasks go on when the last is done"
    )
    .preemptions(2)
    .reaches(&["one waited", "the other waited"])
    .check(|| {
        let queue = Arc::new(Queue::new(0));
        queue.put(()).unwrap();
        let joining = ["one waited", "the other waited"].map(|state| {
            let queue = Arc::clone(&queue);
            spawn(move || reach_asleep(state, || queue.join()))
        });
        yield_now();
        queue.task_done().unwrap();
        for joining in joining {
            joining.join().unwrap();
        }
    });
}

#[test]
fn join_is_not_ended_by_an_earlier_end() {
    model!(
        "join_is_not_ended_by_an_earlier_end",
        "who is told late that there was no task left waits for one that was put since"
    )
    .preemptions(2)
    .reaches(&["had to wait"])
    .check(|| {
        let shared = Arc::new((Queue::new(0), UnsafeCell::new(0)));
        shared.0.put(()).unwrap();
        let first = {
            let shared = Arc::clone(&shared);
            spawn(move || shared.0.task_done().unwrap())
        };
        yield_now();
        shared.0.put(()).unwrap();
        let second = {
            let shared = Arc::clone(&shared);
            spawn(move || {
                // SAFETY: read only after the join; loom reports it if that is not so.
                shared.1.with_mut(|done| unsafe { *done = 1 });
                shared.0.task_done().unwrap();
            })
        };
        reach_asleep("had to wait", || shared.0.join());
        // SAFETY: both tasks are done.
        shared.1.with(|done| assert_eq!(unsafe { *done }, 1));
        first.join().unwrap();
        second.join().unwrap();
    });
}

#[test]
fn one_task_is_done_once() {
    model!(
        "one_task_is_done_once",
        "of two reports that the only task is done, one is refused"
    )
    .preemptions(2)
    .reaches(&["here", "there"])
    .check(|| {
        let queue = Arc::new(Queue::new(1));
        queue.put(()).unwrap();
        let other = Arc::clone(&queue);
        let there = spawn(move || other.task_done());
        let here = queue.task_done();
        let there = there.join().unwrap();
        match (here, there) {
            (Ok(()), Err(TooManyDone)) => reach("here"),
            (Err(TooManyDone), Ok(())) => reach("there"),
            _ => panic!("here: {here:?}, there: {there:?}"),
        }
        queue.join();
    });
}

type Make = fn() -> Queue<Box<u32>>;

#[test]
fn task_is_counted_before_it_can_be_done() {
    const KINDS: [Make; 2] = [|| Queue::new(0), || Queue::new(1)];
    for make in KINDS {
        model!(
            "task_is_counted_before_it_can_be_done",
            "whoever gets an item, handed over or found, may report it done"
        )
        .preemptions(2)
        .reaches(&["handed over", "found"])
        .check(move || {
            let queue = Arc::new(make());
            let other = Arc::clone(&queue);
            let putting = spawn(move || other.put(Box::new(1)).unwrap());
            yield_now();
            let got = queue.get_nowait();
            reach(if got.is_ok() { "found" } else { "handed over" });
            got.or_else(|_| queue.get()).unwrap();
            queue.task_done().unwrap();
            assert_eq!(queue.task_done(), Err(TooManyDone));
            putting.join().unwrap();
        });
    }
}

#[test]
fn task_of_a_waiting_put_is_counted() {
    model!(
        "task_of_a_waiting_put_is_counted",
        "an item that waits for room is a task of its own once it has moved up"
    )
    .preemptions(2)
    .reaches(&["had to wait"])
    .check(|| {
        let queue = Arc::new(Queue::new(1));
        queue.put(Box::new(1)).unwrap();
        let other = Arc::clone(&queue);
        let putting = spawn(move || {
            reach_asleep("had to wait", || other.put(Box::new(2))).unwrap();
        });
        yield_now();
        for expected in [1, 2] {
            assert_eq!(queue.get(), Ok(Box::new(expected)));
            queue.task_done().unwrap();
        }
        assert_eq!(queue.task_done(), Err(TooManyDone));
        putting.join().unwrap();
    });
}

#[test]
fn shutdown_wakes_a_get() {
    model!(
        "shutdown_wakes_a_get",
        "a get that waits, or comes later, fails when the queue is shut down"
    )
    .preemptions(2)
    .reaches(&["had to wait"])
    .check(|| {
        let queue = Arc::new(Queue::<Box<u32>>::new(0));
        let other = Arc::clone(&queue);
        let closing = spawn(move || other.shutdown());
        let got = reach_asleep("had to wait", || queue.get());
        assert_eq!(got, Err(GetError::ShutDown));
        closing.join().unwrap();
    });
}

#[test]
fn shutdown_gives_a_waiting_item_back() {
    model!(
        "shutdown_gives_a_waiting_item_back",
        "a put that waits for room gets its item back when the queue is shut down"
    )
    .preemptions(2)
    .reaches(&["had to wait"])
    .check(|| {
        let queue = Arc::new(Queue::new(1));
        queue.put(Box::new(1)).unwrap();
        let other = Arc::clone(&queue);
        let closing = spawn(move || other.shutdown());
        let put = reach_asleep("had to wait", || queue.put(Box::new(2)));
        assert_eq!(put, Err(PutError::ShutDown(Box::new(2))));
        closing.join().unwrap();
        assert_eq!(queue.get(), Ok(Box::new(1)));
        queue.task_done().unwrap();
        queue.join();
    });
}

#[test]
fn immediate_shutdown_loses_no_item() {
    model!(
        "immediate_shutdown_loses_no_item",
        "each item that was put is got or comes with the shutdown, which ends a join"
    )
    .preemptions(2)
    .reaches(&["got", "left", "refused", "the join had to wait"])
    .check(|| {
        let queue = Arc::new(Queue::new(0));
        queue.put(Box::new(1)).unwrap();
        let putting = {
            let queue = Arc::clone(&queue);
            spawn(move || queue.put(Box::new(2)).is_ok())
        };
        let getting = {
            let queue = Arc::clone(&queue);
            spawn(move || {
                let got = queue.get_nowait().ok();
                if got.is_some() {
                    reach("got");
                    queue.task_done().unwrap();
                }
                reach_asleep("the join had to wait", || queue.join());
                got.map_or(0, |item| *item)
            })
        };
        let left: u32 = queue.shutdown_immediately().iter().map(|item| **item).sum();
        if left > 0 {
            reach("left");
        }
        let put = putting.join().unwrap();
        if !put {
            reach("refused");
        }
        assert_eq!(left + getting.join().unwrap(), if put { 3 } else { 1 });
        assert_eq!(queue.get(), Err(GetError::ShutDown));
    });
}

#[test]
fn ordered_queues_lose_and_duplicate_nothing() {
    const KINDS: [Make; 2] = [take_lifo, take_priority];
    fn take_lifo() -> Queue<Box<u32>> {
        LifoQueue::new(1).into()
    }
    fn take_priority() -> Queue<Box<u32>> {
        PriorityQueue::new(1).into()
    }
    for make in KINDS {
        model!(
            "ordered_queues_lose_and_duplicate_nothing",
            "two puts into one place and two gets pass each item once"
        )
        .preemptions(2)
        .reaches(&["a get had to wait", "a put had to wait"])
        .check(move || {
            let queue = Arc::new(make());
            let putting = [1, 2].map(|item| {
                let queue = Arc::clone(&queue);
                spawn(move || {
                    reach_asleep("a put had to wait", || queue.put(Box::new(item))).unwrap();
                })
            });
            let first = reach_asleep("a get had to wait", || queue.get()).unwrap();
            assert_eq!(*first + *queue.get().unwrap(), 3);
            for putting in putting {
                putting.join().unwrap();
            }
            assert_eq!(queue.get_nowait(), Err(GetError::Empty));
        });
    }
}

#[test]
fn timed_get_of_a_simple_queue_loses_nothing() {
    model!(
        "timed_get_of_a_simple_queue_loses_nothing",
        "a get that times out at any point leaves the item to the next"
    )
    .preemptions(2)
    .reaches(&["got in time", "timed out"])
    .check(|| {
        let queue = Arc::new(SimpleQueue::new());
        let other = Arc::clone(&queue);
        let putting = spawn(move || other.put(Box::new(1)));
        if queue.get_timeout(SOON).is_some() {
            reach("got in time");
        } else {
            reach("timed out");
            assert_eq!(*queue.get(), 1);
        }
        putting.join().unwrap();
        assert!(queue.get_nowait().is_none());
    });
}
