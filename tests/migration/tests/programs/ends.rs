//! Senders and receivers, and what makes them.

use std::thread;
use std::time::{Duration, Instant};

use crate::channel::{
    Receiver, RecvTimeoutError, Sender, after, at, bounded, never, tick, unbounded,
};

const SOON: Duration = Duration::from_millis(5);

#[test]
fn ends_tell_of_their_channel() {
    let (sender, receiver) = bounded(2);
    assert!(sender.is_empty() && receiver.is_empty());
    sender.send(1).expect("there is room");
    sender.send(2).expect("there is room");
    assert!(sender.is_full() && receiver.is_full());
    assert_eq!((sender.len(), receiver.len()), (2, 2));
    assert_eq!((sender.capacity(), receiver.capacity()), (Some(2), Some(2)));
    let (other_sender, other_receiver) = unbounded();
    assert_eq!(
        (other_sender.capacity(), other_receiver.capacity()),
        (None, None)
    );
    assert!(sender.same_channel(&sender.clone()) && receiver.same_channel(&receiver.clone()));
    assert!(!sender.same_channel(&other_sender) && !receiver.same_channel(&other_receiver));
}

#[test]
fn deadlines_and_timeouts() {
    let (sender, receiver) = bounded(1);
    sender
        .send_deadline(1, Instant::now() + SOON)
        .expect("there is room");
    assert!(sender.send_deadline(2, Instant::now() + SOON).is_err());
    assert!(sender.send_timeout(2, SOON).is_err());
    assert_eq!(receiver.recv_deadline(Instant::now() + SOON), Ok(1));
    assert_eq!(
        receiver.recv_deadline(Instant::now() + SOON),
        Err(RecvTimeoutError::Timeout)
    );
    assert_eq!(receiver.recv_timeout(SOON), Err(RecvTimeoutError::Timeout));
    // As long as there is.
    sender
        .send_timeout(3, Duration::MAX)
        .expect("there is room");
    assert_eq!(receiver.recv_timeout(Duration::MAX), Ok(3));
}

#[test]
fn receivers_are_iterated_over() {
    let (sender, receiver) = unbounded();
    for number in 0..10 {
        sender.send(number).expect("the receiver lives");
    }
    assert_eq!(receiver.try_iter().take(2).collect::<Vec<_>>(), [0, 1]);
    let mut sum = 0;
    for number in &receiver {
        sum += number;
        if number == 5 {
            break;
        }
    }
    assert_eq!(sum, 14);
    drop(sender);
    assert_eq!(receiver.iter().next(), Some(6));
    assert_eq!(receiver.into_iter().collect::<Vec<_>>(), [7, 8, 9]);
}

#[test]
fn timers_tell_the_time() {
    let start = Instant::now();
    let once: Receiver<Instant> = after(SOON);
    assert!(once.recv().expect("it comes due") >= start + SOON);
    let when = Instant::now() + SOON;
    assert_eq!(at(when).recv(), Ok(when));
    let ticks = tick(SOON);
    let first = ticks.recv().expect("it ticks");
    assert!(ticks.recv().expect("it ticks again") > first);
    assert!(never::<()>().recv_timeout(SOON).is_err());
    assert!(never::<()>().is_empty());
}

#[test]
fn threads_share_a_channel() {
    fn work(tasks: &Receiver<u64>, results: &Sender<u64>) {
        for task in tasks {
            results.send(task * task).expect("the receiver lives");
        }
    }

    for capacity in [Some(0), Some(4), None] {
        let make = || capacity.map_or_else(unbounded, bounded);
        let ((tasks, task), (results, result)) = (make(), make());
        let total: u64 = thread::scope(|scope| {
            for _ in 0..3 {
                let (task, results) = (task.clone(), results.clone());
                scope.spawn(move || work(&task, &results));
            }
            drop((task, results));
            scope.spawn(move || {
                for number in 0..100 {
                    tasks.send(number).expect("the workers live");
                }
            });
            result.iter().sum()
        });
        assert_eq!(total, (0..100).map(|number| number * number).sum());
    }
}

#[test]
fn messages_are_dropped_with_their_channel() {
    let witness = std::sync::Arc::new(());
    for make in [|| bounded(3), unbounded] {
        let (sender, receiver) = make();
        for _ in 0..3 {
            sender
                .send(std::sync::Arc::clone(&witness))
                .expect("there is room");
        }
        drop((sender, receiver));
        assert_eq!(std::sync::Arc::strong_count(&witness), 1);
    }
}
