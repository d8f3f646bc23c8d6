//! Models of a queue between processes: each thread of a model is a process.

use super::*;
use selvedge_sync::model;
use selvedge_sync::seam::bounds::PEERS;
use selvedge_sync::seam::cell::UnsafeCell;
use selvedge_sync::seam::model::{die, reach, reach_asleep};
use selvedge_sync::seam::{Arc, Parker, thread};

const SHORT: Option<Duration> = Some(Duration::from_millis(1));
const NOW: Option<Duration> = Some(Duration::ZERO);

/// A queue of numbers whose slots loom watches.
struct Numbers<const N: usize> {
    control: Control,
    slots: [UnsafeCell<u32>; N],
}

// SAFETY: loom reports it if two threads reach a slot at once.
unsafe impl<const N: usize> Sync for Numbers<N> {}
// SAFETY: as above.
unsafe impl<const N: usize> Send for Numbers<N> {}

impl<const N: usize> Numbers<N> {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            control: Control::new(),
            slots: core::array::from_fn(|_| UnsafeCell::new(0)),
        })
    }

    fn send(&self, number: u32, timeout: Option<Duration>) -> Result<(), SendError> {
        self.control.send(N as u64, timeout, |head, tail| {
            let has_room = tail - head < N as u64;
            if has_room {
                let slot = &self.slots[tail as usize % N];
                // SAFETY: loom reports an access that overlaps.
                slot.with_mut(|slot| unsafe { *slot = number });
            }
            has_room
        })
    }

    fn recv(&self, timeout: Option<Duration>) -> Result<u32, RecvError> {
        self.control.receive(timeout, |head| {
            // SAFETY: loom reports an access that overlaps.
            self.slots[head as usize % N].with(|slot| unsafe { *slot })
        })
    }
}

fn beside<const N: usize, R: 'static>(
    queue: &Arc<Numbers<N>>,
    body: impl FnOnce(&Numbers<N>) -> R + 'static,
) -> thread::JoinHandle<R> {
    let queue = Arc::clone(queue);
    thread::spawn(move || body(&queue))
}

#[test]
fn queue_of_processes_hands_each_item_over_once() {
    model!(
        "queue_of_processes_hands_each_item_over_once",
        "two senders' items come to one receiver, each once, through one slot that is waited for"
    )
    .preemptions(2)
    .reaches(&["waited for room", "waited for an item"])
    .check(|| {
        let queue = Numbers::<1>::new();
        let senders = [1, 2].map(|number| {
            beside(&queue, move |queue| {
                reach_asleep("waited for room", || queue.send(number, None).unwrap());
            })
        });
        let sum: u32 = (0..2)
            .map(|_| reach_asleep("waited for an item", || queue.recv(None).unwrap()))
            .sum();
        assert_eq!(sum, 3);
        assert_eq!(queue.control.len(), 0);
        for sender in senders {
            sender.join().unwrap();
        }
    });
}

#[test]
fn queue_of_processes_shares_items_among_receivers() {
    model!(
        "queue_of_processes_shares_items_among_receivers",
        "each of two receivers gets one of two items, in order, and both are woken"
    )
    .preemptions(2)
    .reaches(&["waited for an item"])
    .check(|| {
        let queue = Numbers::<2>::new();
        let receivers = [(); 2].map(|()| {
            beside(&queue, |queue| {
                reach_asleep("waited for an item", || queue.recv(None).unwrap())
            })
        });
        queue.send(1, None).unwrap();
        queue.send(2, None).unwrap();
        let [one, other] = receivers.map(|receiver| receiver.join().unwrap());
        assert_eq!(one + other, 3);
        assert_eq!(queue.recv(NOW), Err(RecvError::Empty));
    });
}

#[test]
fn queue_of_processes_keeps_order_and_frees_slots() {
    model!(
        "queue_of_processes_keeps_order_and_frees_slots",
        "three items pass through one slot in order"
    )
    .reaches(&["waited for room"])
    .check(|| {
        let queue = Numbers::<1>::new();
        let sender = beside(&queue, |queue| {
            for number in 1..=3 {
                reach_asleep("waited for room", || queue.send(number, None).unwrap());
            }
        });
        for number in 1..=3 {
            assert_eq!(queue.recv(None), Ok(number));
        }
        sender.join().unwrap();
    });
}

#[test]
fn queue_of_processes_that_is_closed_is_drained() {
    model!(
        "queue_of_processes_that_is_closed_is_drained",
        "what was sent beside a close is received, and nothing else; everybody is told"
    )
    .reaches(&["sent", "refused", "refused at once"])
    .check(|| {
        let queue = Numbers::<2>::new();
        let sender = beside(&queue, |queue| {
            let sent = [1, 2].map(|number| queue.send(number, None).is_ok());
            reach(match sent {
                [true, true] => "sent",
                [true, false] => "refused",
                _ => "refused at once",
            });
            sent.iter().filter(|sent| **sent).count()
        });
        queue.control.close();
        let mut received = 0;
        while let Ok(number) = queue.recv(None) {
            received += 1;
            assert_eq!(number, received);
        }
        assert_eq!(sender.join().unwrap(), received as usize);
        assert!(queue.control.is_closed());
        assert_eq!(queue.recv(None), Err(RecvError::Closed));
        assert_eq!(queue.send(3, None), Err(SendError::Closed));
    });
}

#[test]
fn queue_of_processes_wakes_a_sender_that_is_refused() {
    model!(
        "queue_of_processes_wakes_a_sender_that_is_refused",
        "a sender that waits for room is woken by a close"
    )
    .preemptions(2)
    .reaches(&["waited for room"])
    .check(|| {
        let full = Numbers::<1>::new();
        full.send(1, None).unwrap();
        let sender = beside(&full, |queue| {
            let refused = reach_asleep("waited for room", || queue.send(2, None));
            assert_eq!(refused, Err(SendError::Closed));
        });
        full.control.close();
        sender.join().unwrap();
        assert_eq!(full.recv(None), Ok(1));
    });
}

#[test]
fn queue_of_processes_wakes_receivers_of_nothing() {
    model!(
        "queue_of_processes_wakes_receivers_of_nothing",
        "two receivers that wait are told of a close"
    )
    .preemptions(2)
    .reaches(&["waited for an item"])
    .check(|| {
        let queue = Numbers::<1>::new();
        let receivers = [(); 2].map(|()| {
            beside(&queue, |queue| {
                let told = reach_asleep("waited for an item", || queue.recv(None));
                assert_eq!(told, Err(RecvError::Closed));
            })
        });
        queue.control.close();
        for receiver in receivers {
            receiver.join().unwrap();
        }
    });
}

#[test]
fn queue_of_processes_loses_nothing_to_a_time_out() {
    model!(
        "queue_of_processes_loses_nothing_to_a_time_out",
        "a receive that times out takes nothing, and a send that does sends nothing"
    )
    .preemptions(2)
    .reaches(&["receive timed out", "received", "send timed out", "sent"])
    .check(|| {
        let queue = Numbers::<1>::new();
        queue.send(1, NOW).unwrap();
        let sender = beside(&queue, |queue| {
            let sent = queue.send(2, SHORT).is_ok();
            reach(if sent { "sent" } else { "send timed out" });
            sent
        });
        // Lets the sender's time run out before there is room.
        thread::yield_now();
        assert_eq!(queue.recv(NOW), Ok(1));
        let received = queue.recv(SHORT);
        reach(match received {
            Ok(_) => "received",
            Err(_) => "receive timed out",
        });
        let sent = sender.join().unwrap();
        let left = queue.recv(NOW);
        assert!(received.is_err() || left.is_err());
        let found = received.or(left);
        assert_eq!(found.ok(), sent.then_some(2));
    });
}

#[test]
fn queue_of_processes_outlives_those_who_die_in_their_turn() {
    model!(
        "queue_of_processes_outlives_those_who_die_in_their_turn",
        "the turn of a sender or receiver that has died goes to the next one"
    )
    .mortal()
    .preemptions(2)
    .reaches(&["died in a turn"])
    .check(|| {
        let queue = Numbers::<2>::new();
        let doomed = beside(&queue, |queue| {
            for lock in [&queue.control.senders, &queue.control.receivers] {
                let turn = Turn::take(lock, Deadline::NEVER);
                core::mem::forget(turn);
            }
            reach("died in a turn");
            die();
        });
        doomed.join().unwrap();
        let sender = beside(&queue, |queue| queue.send(1, None).unwrap());
        queue.send(2, None).unwrap();
        assert!(queue.recv(None).is_ok());
        assert!(queue.recv(None).is_ok());
        sender.join().unwrap();
    });
}

#[test]
fn queue_of_processes_counts_each_of_two_reports_at_once() {
    model!(
        "queue_of_processes_counts_each_of_two_reports_at_once",
        "two who report an item done at the same time have reported two"
    )
    .reaches(&["one was missing"])
    .check(|| {
        let queue = Numbers::<2>::new();
        queue.send(1, None).unwrap();
        queue.send(2, None).unwrap();
        let other = beside(&queue, |queue| queue.control.task_done());
        queue.control.task_done().unwrap();
        if !queue.control.join(Some(Duration::ZERO)) {
            reach("one was missing");
        }
        other.join().unwrap().unwrap();
        assert!(queue.control.join(Some(Duration::ZERO)));
        assert_eq!(queue.control.task_done(), Err(TooManyDone));
    });
}

#[test]
fn queue_of_processes_is_joined_when_all_is_done() {
    model!(
        "queue_of_processes_is_joined_when_all_is_done",
        "who joins goes on when as much is done as was sent, and sees what was done"
    )
    .preemptions(2)
    .reaches(&["had to wait"])
    .check(|| {
        let queue = Numbers::<2>::new();
        let worked = Arc::new(UnsafeCell::new(0));
        queue.send(1, None).unwrap();
        queue.send(2, None).unwrap();
        let worker = {
            let worked = Arc::clone(&worked);
            beside(&queue, move |queue| {
                for _ in 0..2 {
                    let number = queue.recv(None).unwrap();
                    // SAFETY: loom reports an access that overlaps.
                    worked.with_mut(|sum| unsafe { *sum += number });
                    queue.control.task_done().unwrap();
                }
            })
        };
        assert!(reach_asleep("had to wait", || queue.control.join(None)));
        // SAFETY: as above.
        assert_eq!(worked.with(|sum| unsafe { *sum }), 3);
        worker.join().unwrap();
        assert_eq!(queue.control.task_done(), Err(TooManyDone));
    });
}

#[test]
fn receivers_of_processes_are_told_that_no_sender_is_left() {
    model!(
        "receivers_of_processes_are_told_that_no_sender_is_left",
        "a receiver gets the last item of senders that leave or die, and then is told, however it waits"
    )
    .mortal()
    .preemptions(2)
    .reaches(&["left", "died", "waited for an item"])
    .check(|| {
        let queue = Numbers::<2>::new();
        // Both are known before the receiver looks.
        let here = queue.control.sending.enlist().unwrap();
        let sender = beside(&queue, |queue| {
            let slot = queue.control.sending.enlist().unwrap();
            queue.send(1, None).unwrap();
            if slot == 0 {
                queue.control.sending.leave(slot);
                reach("left");
            } else {
                reach("died");
                die();
            }
        });
        queue.control.sending.leave(here);
        let received = reach_asleep("waited for an item", || queue.recv(None));
        if received.is_ok() {
            assert_eq!(queue.recv(None), Err(RecvError::Disconnected));
        } else {
            // The other one had not enlisted yet.
            assert_eq!(received, Err(RecvError::Disconnected));
        }
        sender.join().unwrap();
    });
}

#[test]
fn last_item_of_a_sender_that_leaves_is_received() {
    model!(
        "last_item_of_a_sender_that_leaves_is_received",
        "who finds that the last sender has left has received what it sent"
    )
    .preemptions(2)
    .reaches(&["received", "came too early"])
    .check(|| {
        let queue = Numbers::<2>::new();
        let enlisted = Parker::new();
        let known = enlisted.unparker();
        let sender = beside(&queue, move |queue| {
            let slot = queue.control.sending.enlist().unwrap();
            known.unpark();
            queue.send(1, None).unwrap();
            queue.control.sending.leave(slot);
        });
        enlisted.park();
        match queue.recv(NOW) {
            Ok(number) => {
                reach("received");
                assert_eq!(number, 1);
            }
            Err(error) => {
                reach("came too early");
                assert_eq!(error, RecvError::Empty);
            }
        }
        sender.join().unwrap();
    });
}

#[test]
fn senders_of_processes_are_told_that_no_receiver_is_left() {
    model!(
        "senders_of_processes_are_told_that_no_receiver_is_left",
        "a sender finds the room that the last receiver made, and is told when nobody is left to make more"
    )
    .mortal()
    .preemptions(2)
    .reaches(&["waited for room", "told"])
    .check(|| {
        let queue = Numbers::<1>::new();
        queue.send(1, None).unwrap();
        let receiver = beside(&queue, |queue| {
            queue.control.receiving.enlist().unwrap();
            assert_eq!(queue.recv(NOW), Ok(1));
            die();
        });
        // The receiver makes room, whether it is still there when that is found or not.
        let second = reach_asleep("waited for room", || queue.send(2, None));
        assert_eq!(second, Ok(()));
        assert_eq!(queue.send(3, None), Err(SendError::Disconnected));
        reach("told");
        receiver.join().unwrap();
    });
}

#[test]
fn a_dead_process_gives_its_slot_to_another() {
    model!(
        "a_dead_process_gives_its_slot_to_another",
        "of two processes that find no slot free, one takes that of a dead one and the other is told"
    )
    .mortal()
    .preemptions(2)
    .reaches(&["took it over"])
    .check(|| {
        let queue = Numbers::<1>::new();
        let peers = &queue.control.sending;
        let doomed = beside(&queue, |queue| {
            queue.control.sending.enlist().unwrap();
            die();
        });
        doomed.join().unwrap();
        for _ in 1..PEERS {
            peers.enlist().unwrap();
        }
        let other = beside(&queue, |queue| queue.control.sending.enlist().is_ok());
        let here = peers.enlist().is_ok();
        assert!(here != other.join().unwrap());
        reach("took it over");
        assert!(!peers.are_gone());
    });
}
