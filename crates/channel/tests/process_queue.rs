//! Queues between real processes, some of which are killed.
//!
//! `SELVEDGE_FAULT_ROUNDS` says how many processes each of the tests with `killed` in its name
//! kills: 30 if it is not set, and a thousand make the long run.
#![cfg(all(target_os = "linux", not(selvedge_loom)))]
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "clippy sees through the seam's re-exports"
)]

#[path = "../../../tests/support/children.rs"]
mod children;

use std::io::ErrorKind;
use std::sync::atomic::{AtomicU64, Ordering};

use children::{command, kill, passed, rounds};
use selvedge_channel::process::Region;
use selvedge_channel::process::queue::{
    ByteQueue, End, JoinableQueue, Queue, RecvError, SendError, SimpleQueue, TooMany, TooManyDone,
};
use selvedge_sync::seam::clock::{Duration, Instant};
use selvedge_sync::seam::{Arc, random, thread};

/// Long enough that only what will never happen has not happened by then.
const LONG: Option<Duration> = Some(Duration::from_secs(30));
const SHORT: Option<Duration> = Some(Duration::from_millis(20));
const NOW: Option<Duration> = Some(Duration::ZERO);

#[test]
fn items_of_every_length_come_out_as_they_went_in() {
    let queue = ByteQueue::with_arena(4, 1000).unwrap();
    let lengths = [0, 1, 231, 232, 233, 500, 999, 1000, 232, 0, 1000, 3];
    for round in 0..lengths.len() * 5 {
        let item = vec![round as u8; lengths[round % lengths.len()]];
        queue.send(&item, NOW).unwrap();
        assert_eq!(queue.len(), 1);
        assert_eq!(queue.recv(NOW).unwrap(), item);
    }
    assert_eq!(queue.send(&[0; 1001], LONG), Err(SendError::TooLong(1001)));
    let small = ByteQueue::with_arena(1, 0).unwrap();
    small.send(&[1; 232], NOW).unwrap();
    assert_eq!(small.send(&[1; 233], NOW), Err(SendError::TooLong(233)));
    assert_eq!(small.recv(NOW).unwrap(), [1; 232]);
}

#[test]
fn a_queue_is_first_in_first_out_up_to_its_capacity() {
    let queue = Queue::<u32>::new(3).unwrap();
    for round in 0..10 {
        assert!(queue.is_empty());
        assert_eq!(queue.try_recv(), Err(RecvError::Empty));
        for number in 0..3 {
            queue.try_send(&(round + number)).unwrap();
        }
        assert_eq!(queue.try_send(&9), Err(SendError::Full));
        assert_eq!((queue.len(), queue.as_bytes().capacity()), (3, 3));
        for number in 0..3 {
            assert_eq!(queue.try_recv(), Ok(round + number));
        }
    }
}

#[test]
fn a_full_arena_is_waited_for() {
    let queue = Arc::new(ByteQueue::with_arena(8, 1000).unwrap());
    queue.send(&[1; 600], NOW).unwrap();
    assert_eq!(queue.send(&[2; 600], SHORT), Err(SendError::Full));
    queue.send(&[3; 10], NOW).unwrap();
    let sender = {
        let queue = Arc::clone(&queue);
        thread::spawn(move || queue.send(&[2; 600], LONG))
    };
    thread::sleep(SHORT.unwrap());
    assert_eq!(queue.recv(NOW).unwrap(), [1; 600]);
    sender.join().unwrap().unwrap();
    assert_eq!(queue.recv(NOW).unwrap(), [3; 10]);
    assert_eq!(queue.recv(NOW).unwrap(), [2; 600]);
}

#[test]
fn time_limits_are_kept() {
    let queue = Queue::<u32>::new(1).unwrap();
    let started = Instant::now();
    assert_eq!(queue.recv(SHORT), Err(RecvError::Empty));
    assert!(started.elapsed() >= SHORT.unwrap());
    queue.send(&1, NOW).unwrap();
    let started = Instant::now();
    assert_eq!(queue.send(&2, SHORT), Err(SendError::Full));
    assert!(started.elapsed() >= SHORT.unwrap());
}

#[test]
fn a_closed_queue_is_drained() {
    let queue = SimpleQueue::<String>::new().unwrap();
    queue.put(&"one".to_owned()).unwrap();
    queue.close();
    assert_eq!(queue.put(&"two".to_owned()), Err(SendError::Closed));
    assert!(!queue.is_empty());
    assert_eq!(queue.get().unwrap(), "one");
    assert_eq!(queue.get(), Err(RecvError::Closed));
}

#[test]
fn values_of_every_size_and_of_another_type() {
    let queue = Queue::<Vec<u8>>::new(4).unwrap();
    for length in [0, 200, 232, 233, 100_000] {
        queue.send(&vec![7; length], NOW).unwrap();
        assert_eq!(queue.recv(NOW).unwrap(), vec![7; length]);
    }
    queue.as_bytes().send(&[9], NOW).unwrap();
    assert!(matches!(queue.recv(NOW), Err(RecvError::Garbled(_))));
    assert_eq!(queue.recv(NOW), Err(RecvError::Empty));
}

#[test]
fn a_join_waits_for_what_was_sent() {
    let queue = JoinableQueue::<u32>::new(4).unwrap();
    assert!(queue.join(NOW));
    assert_eq!(queue.task_done(), Err(TooManyDone));
    queue.send(&1, NOW).unwrap();
    queue.send(&2, NOW).unwrap();
    queue.task_done().unwrap();
    assert!(!queue.join(SHORT));
    queue.task_done().unwrap();
    assert!(queue.join(None));
    assert_eq!(queue.task_done(), Err(TooManyDone));
}

#[test]
fn what_is_no_queue_is_told() {
    let kind = |made: std::io::Result<ByteQueue>| made.unwrap_err().kind();
    assert_eq!(kind(ByteQueue::new(0)), ErrorKind::InvalidInput);
    assert_eq!(kind(ByteQueue::new(usize::MAX)), ErrorKind::InvalidInput);
    for length in [1, 4096, 1 << 20] {
        let region = Region::anonymous(length).unwrap();
        let file = region.try_clone_fd().unwrap();
        assert_eq!(kind(ByteQueue::from_fd(file)), ErrorKind::InvalidData);
    }
    let name = format!("selvedge-test-queue-{}", std::process::id());
    let queue = ByteQueue::create(&name, 2).unwrap();
    let taken = ByteQueue::create(&name, 2);
    assert_eq!(kind(taken), ErrorKind::AlreadyExists);
    queue.send(b"one", NOW).unwrap();
    assert_eq!(ByteQueue::open(&name).unwrap().recv(NOW).unwrap(), b"one");
    drop(queue);
    assert_eq!(kind(ByteQueue::open(&name)), ErrorKind::NotFound);
}

#[test]
fn errors_say_what_happened() {
    assert_eq!(SendError::Closed.to_string(), RecvError::Closed.to_string());
    assert!(SendError::TooLong(7).to_string().contains('7'));
    assert_eq!(SendError::Full.to_string(), "the queue is full");
}

#[test]
#[ignore = "a child's part"]
fn child_echoes() {
    let asked = Queue::<Vec<u64>>::from_fd(passed(0)).unwrap();
    let answered = JoinableQueue::<Vec<u64>>::from_fd(passed(1)).unwrap();
    while let Ok(mut numbers) = asked.recv(LONG) {
        numbers.push(7);
        answered.send(&numbers, LONG).unwrap();
    }
    assert!(answered.join(LONG));
}

#[test]
fn processes_answer_each_other() {
    let asked = Queue::<Vec<u64>>::new(2).unwrap();
    let answered = JoinableQueue::<Vec<u64>>::new(2).unwrap();
    let mut child = command("child_echoes", &[&asked, &*answered])
        .spawn()
        .unwrap();
    for length in [0, 3, 20, 1000, 100_000, 1] {
        let mut numbers: Vec<u64> = (0..length).collect();
        asked.send(&numbers, LONG).unwrap();
        numbers.push(7);
        assert_eq!(answered.recv(LONG).unwrap(), numbers);
        answered.task_done().unwrap();
    }
    asked.close();
    assert!(child.wait().unwrap().success());
}

/// Who sent an item, and how many it had sent before. Some items are long.
type Item = (u64, u64, Vec<u8>);

fn item(sender: u64, number: u64) -> Item {
    let length = if number.is_multiple_of(7) {
        1000
    } else {
        number % 20
    };
    (sender, number, vec![number as u8; length as usize])
}

/// A word for each process, which it and the parent reach.
struct Words(Region);

impl Words {
    fn new(count: usize) -> Self {
        Self(Region::anonymous(8 * count).unwrap())
    }

    fn get(&self, index: usize) -> &AtomicU64 {
        assert!(8 * index < self.0.length());
        // SAFETY: within the region, which begins on a page, and reached by atomics only.
        unsafe { &*self.0.as_ptr().cast::<AtomicU64>().add(index) }
    }
}

#[test]
#[ignore = "a child's part"]
fn child_sends_until_killed() {
    let queue = Queue::<Item>::from_fd(passed(0)).unwrap();
    let acknowledged = Words(Region::from_fd(passed(1)).unwrap());
    let this: u64 = std::env::var("SENDER").unwrap().parse().unwrap();
    for number in 1.. {
        queue.send(&item(this, number), LONG).unwrap();
        let word = acknowledged.get(this as usize);
        word.store(number, Ordering::SeqCst);
    }
}

#[test]
fn killed_senders_lose_nothing_that_was_acknowledged() {
    let rounds = rounds(30);
    let queue = Queue::<Item>::of(ByteQueue::with_arena(16, 8000).unwrap());
    let acknowledged = Words::new(rounds + 2);
    let start = |sender: usize| {
        let mut command = command("child_sends_until_killed", &[&queue, &acknowledged.0]);
        command.env("SENDER", sender.to_string()).spawn().unwrap()
    };
    let mut senders = [start(0), start(1)];
    let mut received = vec![0; rounds + 2];
    let mut receive = |limit| {
        let (sender, number, bytes) = queue.recv(limit)?;
        assert_eq!((sender, number, bytes), item(sender, number));
        // In the order in which its sender sent them, each once.
        received[sender as usize] += 1;
        assert_eq!(received[sender as usize], number);
        Ok::<_, RecvError>(())
    };
    for round in 0..rounds {
        // The newest has begun to send before the next one is killed.
        let newest = acknowledged.get(round + 1);
        while newest.load(Ordering::SeqCst) == 0 {
            receive(LONG).unwrap();
        }
        for _ in 0..random::below(50) {
            receive(LONG).unwrap();
        }
        let next = core::mem::replace(&mut senders[round % 2], start(round + 2));
        kill(next);
        receive(LONG).unwrap();
    }
    for sender in senders {
        kill(sender);
    }
    while receive(SHORT).is_ok() {}
    for (sender, received) in received.iter().enumerate() {
        let acknowledged = acknowledged.get(sender).load(Ordering::SeqCst);
        // The last one may have been sent without its sender living to say so.
        let beyond = received.checked_sub(acknowledged);
        assert!(
            matches!(beyond, Some(0 | 1)),
            "{sender}: {received} of {acknowledged}"
        );
    }
}

#[test]
#[ignore = "a child's part"]
fn child_receives_until_killed() {
    let queue = Queue::<Item>::from_fd(passed(0)).unwrap();
    let received = Words(Region::from_fd(passed(1)).unwrap());
    while let Ok((_, number, bytes)) = queue.recv(LONG) {
        assert_eq!((0, number, bytes), item(0, number));
        let word = received.get(number as usize);
        word.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn killed_receivers_take_one_item_with_them_at_most() {
    let rounds = rounds(30);
    const EACH: usize = 200;
    let queue = Queue::<Item>::of(ByteQueue::with_arena(16, 8000).unwrap());
    let received = Words::new(rounds * EACH + 1);
    let start = || {
        let files: [&dyn std::os::fd::AsFd; 2] = [&queue, &received.0];
        command("child_receives_until_killed", &files)
            .spawn()
            .unwrap()
    };
    let mut receivers = [start(), start()];
    for round in 0..rounds {
        for number in round * EACH + 1..=(round + 1) * EACH {
            queue.send(&item(0, number as u64), LONG).unwrap();
            if random::below(EACH as u32) == 0 {
                thread::sleep(Duration::from_micros(u64::from(random::below(300))));
            }
        }
        let next = core::mem::replace(&mut receivers[round % 2], start());
        kill(next);
    }
    queue.close();
    for mut receiver in receivers {
        assert!(receiver.wait().unwrap().success());
    }
    assert!(queue.is_empty());
    let count = |number| received.get(number).load(Ordering::SeqCst);
    let counts: Vec<u64> = (1..=rounds * EACH).map(count).collect();
    assert!(counts.iter().all(|count| *count <= 1), "received twice");
    let lost = counts.iter().filter(|count| **count == 0).count();
    assert!(lost <= rounds, "{lost} lost to {rounds} deaths");
}

#[test]
fn many_senders_and_receivers_share_a_queue() {
    const EACH: u64 = 5000;
    let queue = Arc::new(Queue::<(u64, u64)>::new(8).unwrap());
    let senders = [0, 1, 2].map(|sender| {
        let queue = Arc::clone(&queue);
        thread::spawn(move || {
            for number in 0..EACH {
                queue.send(&(sender, number), LONG).unwrap();
            }
        })
    });
    let receivers = [(); 3].map(|()| {
        let queue = Arc::clone(&queue);
        thread::spawn(move || core::iter::from_fn(|| queue.recv(LONG).ok()).collect::<Vec<_>>())
    });
    for sender in senders {
        sender.join().unwrap();
    }
    queue.close();
    let received = receivers.map(|receiver| receiver.join().unwrap());
    for items in &received {
        for sender in 0..3 {
            let own = items.iter().filter(|item| item.0 == sender);
            assert!(own.is_sorted(), "one sender's items come in order");
        }
    }
    let mut all = received.concat();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 3 * EACH as usize);
}

#[test]
fn those_who_are_counted_are_waited_for() {
    let queue = Queue::<u32>::new(1).unwrap();
    let told = |queue: &Queue<u32>| (queue.recv(NOW), queue.recv(SHORT));
    let empty = (Err(RecvError::Empty), Err(RecvError::Empty));
    assert_eq!(told(&queue), empty, "nobody was counted");
    let senders = [(); 2].map(|()| queue.enlist(End::Send).unwrap());
    let receiver = queue.enlist(End::Recv).unwrap();
    assert_eq!(told(&queue), empty, "two are counted");
    queue.send(&1, NOW).unwrap();
    let [one, other] = senders;
    drop(one);
    assert_eq!(queue.recv(NOW), Ok(1));
    assert_eq!(told(&queue), empty, "one is counted");
    queue.send(&2, NOW).unwrap();
    drop(other);
    assert_eq!(queue.send(&3, SHORT), Err(SendError::Full));
    drop(receiver);
    assert_eq!(queue.send(&3, NOW), Err(SendError::Disconnected));
    assert_eq!(queue.send(&3, LONG), Err(SendError::Disconnected));
    assert_eq!(queue.recv(NOW), Ok(2));
    let gone = (Err(RecvError::Disconnected), Err(RecvError::Disconnected));
    assert_eq!(told(&queue), gone);
    // There is room.
    queue.send(&4, NOW).unwrap();
    assert_eq!(queue.recv(LONG), Ok(4));
    let again = queue.enlist(End::Send).unwrap();
    assert_eq!(told(&queue), empty);
    queue.close();
    assert_eq!(queue.recv(LONG), Err(RecvError::Closed));
    drop(again);
    assert_eq!(queue.recv(LONG), Err(RecvError::Closed));
    assert_ne!(
        RecvError::Disconnected.to_string(),
        SendError::Disconnected.to_string()
    );
}

#[test]
fn sixty_four_are_counted_at_an_end() {
    let queue = ByteQueue::new(1).unwrap();
    let mut counted: Vec<_> = (0..64).map(|_| queue.enlist(End::Recv).unwrap()).collect();
    assert_eq!(queue.enlist(End::Recv).map(drop), Err(TooMany));
    assert!(queue.enlist(End::Send).is_ok());
    counted.pop();
    assert!(queue.enlist(End::Recv).is_ok());
}

#[test]
#[ignore = "a child's part"]
fn child_sends_and_receives_while_counted() {
    let queues = [0, 1].map(|index| ByteQueue::from_fd(passed(index)).unwrap());
    let counted = [
        queues[0].enlist(End::Send).unwrap(),
        queues[1].enlist(End::Recv).unwrap(),
    ];
    queues[0].send(b"here", LONG).unwrap();
    assert_eq!(queues[1].recv(LONG).unwrap(), b"go on");
    queues[0].send(b"last", LONG).unwrap();
    thread::sleep(LONG.unwrap());
    drop(counted);
}

#[test]
fn killed_peers_are_missed_by_those_who_wait() {
    for _ in 0..rounds(5) {
        let queues = [(); 2].map(|()| ByteQueue::new(1).unwrap());
        let files: [&dyn std::os::fd::AsFd; 2] = [&queues[0], &queues[1]];
        let child = command("child_sends_and_receives_while_counted", &files)
            .spawn()
            .unwrap();
        assert_eq!(queues[0].recv(LONG).unwrap(), b"here");
        queues[1].send(b"go on", LONG).unwrap();
        queues[1].send(b"nobody takes this", LONG).unwrap();
        let killer = thread::spawn(move || {
            thread::sleep(Duration::from_millis(u64::from(random::below(20))));
            kill(child)
        });
        let started = Instant::now();
        let mut received = queues[0].recv(LONG);
        if received.as_deref() == Ok(b"last") {
            received = queues[0].recv(LONG);
        }
        assert_eq!(received, Err(RecvError::Disconnected));
        // The first item may have been left by a child that was killed before it took it.
        let sent = queues[1].send(b"nor this", LONG);
        assert_eq!(sent, Err(SendError::Disconnected));
        assert!(started.elapsed() < LONG.unwrap() / 2);
        killer.join().unwrap();
    }
}
