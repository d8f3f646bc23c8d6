//! Models of channels and queues between interpreters.
#![cfg(selvedge_loom)]
#![allow(missing_docs)]

use selvedge_channel::interpreters::{
    ChannelId, Channels, GetError, InterpreterId, OnEnd, PutError, QueueId, Queues, Received,
    RecvError, SendError, Side,
};
use selvedge_sync::model;
use selvedge_sync::seam::Arc;
use selvedge_sync::seam::clock::Duration;
use selvedge_sync::seam::model::{reach, reach_asleep};
use selvedge_sync::seam::thread::{JoinHandle, spawn, yield_now};

const MAIN: InterpreterId = InterpreterId(0);
const ONE: InterpreterId = InterpreterId(1);
const TWO: InterpreterId = InterpreterId(2);
const SOON: Option<Duration> = Some(Duration::from_millis(1));

type Shared = Arc<Channels<u32>>;

fn channel(on_end: OnEnd) -> (Shared, ChannelId) {
    let channels = Arc::new(Channels::new());
    let id = channels.create(on_end);
    (channels, id)
}

/// A thread of an interpreter that receives once, and marks that it slept.
fn receiver(
    by: InterpreterId,
    (channels, id): &(Shared, ChannelId),
    timeout: Option<Duration>,
) -> JoinHandle<Result<Received<u32>, RecvError>> {
    let (channels, id) = (Arc::clone(channels), *id);
    spawn(move || {
        reach_asleep("a receiver slept", || {
            channels.recv_end(by, id).recv(timeout)
        })
    })
}

/// A thread of an interpreter that sends 7 once, and marks that it slept.
fn sender(
    by: InterpreterId,
    (channels, id): &(Shared, ChannelId),
    timeout: Option<Duration>,
) -> JoinHandle<Result<(), SendError<u32>>> {
    let (channels, id) = (Arc::clone(channels), *id);
    spawn(move || {
        reach_asleep("a sender slept", || {
            channels.send_end(by, id).send(7, timeout)
        })
    })
}

/// Lets others run as often as a timed wait does: it may begin and time out meanwhile.
fn let_time_pass() {
    for _ in 0..3 {
        yield_now();
    }
}

#[test]
fn interpreters_meet_in_a_channel() {
    model!(
        "interpreters_meet_in_a_channel",
        "who sends first and who receives first both go on, with the item received once"
    )
    .reaches(&["a sender slept", "a receiver slept"])
    .check(|| {
        let shared = channel(OnEnd::Unbound);
        let (sender, receiver) = (sender(ONE, &shared, None), receiver(TWO, &shared, None));
        assert_eq!(sender.join().unwrap(), Ok(()));
        assert_eq!(receiver.join().unwrap(), Ok(Received::Item(7)));
        assert_eq!(shared.0.info(shared.1).unwrap().count, 0);
    });
}

#[test]
fn a_sender_that_gives_up_has_its_item_back() {
    model!(
        "a_sender_that_gives_up_has_its_item_back",
        "the item of a timed send is received, or comes back and is not there any more"
    )
    .reaches(&["met", "missed", "a sender slept"])
    .check(|| {
        let shared = channel(OnEnd::Unbound);
        let here = shared.0.recv_end(TWO, shared.1);
        let sender = sender(ONE, &shared, SOON);
        yield_now();
        let received = here.recv_nowait();
        match (sender.join().unwrap(), received) {
            (Ok(()), Ok(Received::Item(7))) => reach("met"),
            (Err(SendError::Timeout(7)), Err(RecvError::Empty)) => reach("missed"),
            other => panic!("{other:?}"),
        }
        assert_eq!(shared.0.info(shared.1).unwrap().count, 0);
    });
}

#[test]
fn a_receiver_that_gives_up_takes_nothing() {
    model!(
        "a_receiver_that_gives_up_takes_nothing",
        "an item goes to a timed receive, or is still there after that has timed out"
    )
    .reaches(&["met", "missed", "a receiver slept"])
    .check(|| {
        let shared = channel(OnEnd::Unbound);
        let receiver = receiver(ONE, &shared, SOON);
        let_time_pass();
        shared.0.send_end(MAIN, shared.1).send_nowait(7).unwrap();
        let left = match receiver.join().unwrap() {
            Ok(received) => {
                assert_eq!(received, Received::Item(7));
                reach("met");
                0
            }
            Err(error) => {
                assert_eq!(error, RecvError::Empty);
                reach("missed");
                1
            }
        };
        assert_eq!(shared.0.info(shared.1).unwrap().count, left);
    });
}

#[test]
fn a_close_ends_a_receive() {
    model!(
        "a_close_ends_a_receive",
        "a receiver, asleep or about to be, is told of a close"
    )
    .reaches(&["a receiver slept"])
    .check(|| {
        let shared = channel(OnEnd::Unbound);
        let receiver = receiver(ONE, &shared, None);
        shared.0.close(shared.1, None, false).unwrap();
        assert_eq!(receiver.join().unwrap(), Err(RecvError::Closed));
    });
}

#[test]
fn a_release_ends_the_receives_of_its_interpreter() {
    model!(
        "a_release_ends_the_receives_of_its_interpreter",
        "a receiver is told when its interpreter releases the side, and others receive on; the last one's release closes"
    )
    .preemptions(2)
    .reaches(&["went on", "closed", "a receiver slept"])
    .check(|| {
        let shared = channel(OnEnd::Unbound);
        let (channels, id) = (&shared.0, shared.1);
        let [one, two] = [ONE, TWO].map(|by| receiver(by, &shared, None));
        channels.release(ONE, id, Some(Side::Recv)).unwrap();
        let sent = channels.send_end(MAIN, id).send_nowait(7);
        assert_eq!(one.join().unwrap(), Err(RecvError::Closed));
        match (sent, two.join().unwrap()) {
            (Ok(_), Ok(Received::Item(7))) => reach("went on"),
            // The other had not begun to receive.
            (Err(SendError::Closed(7)), Err(RecvError::Closed)) => reach("closed"),
            other => panic!("{other:?}"),
        }
    });
}

#[test]
fn a_forced_close_gives_the_item_back_or_comes_after_its_receipt() {
    model!(
        "a_forced_close_gives_the_item_back_or_comes_after_its_receipt",
        "of a sender that waits, a receiver and a forced close, either the receiver has the item or the sender"
    )
    .preemptions(2)
    .reaches(&["received", "came back", "a sender slept"])
    .check(|| {
        let shared = channel(OnEnd::Unbound);
        let (channels, id) = (&shared.0, shared.1);
        let sender = sender(ONE, &shared, None);
        let closer = {
            let channels = Arc::clone(channels);
            spawn(move || channels.close(id, None, true).unwrap())
        };
        match channels.recv_end(TWO, id).recv_nowait() {
            Ok(received) => {
                assert_eq!(received, Received::Item(7));
                reach("received");
                assert_eq!(sender.join().unwrap(), Ok(()));
            }
            Err(error) => {
                assert!(matches!(error, RecvError::Closed | RecvError::Empty));
                reach("came back");
                assert_eq!(sender.join().unwrap(), Err(SendError::Closed(7)));
            }
        }
        closer.join().unwrap();
    });
}

#[test]
fn an_item_is_received_or_its_interpreter_has_ended() {
    model!(
        "an_item_is_received_or_its_interpreter_has_ended",
        "of an interpreter's end and a receive, the first decides what is received"
    )
    .reaches(&["received", "unbound"])
    .check(|| {
        let shared = channel(OnEnd::Unbound);
        let (channels, id) = (&shared.0, shared.1);
        channels.send_end(ONE, id).send_nowait(7).unwrap();
        channels.send_end(MAIN, id).send_nowait(8).unwrap();
        let receiver = receiver(TWO, &shared, None);
        channels.end_interpreter(ONE);
        match receiver.join().unwrap().unwrap() {
            Received::Item(7) => reach("received"),
            Received::Unbound => reach("unbound"),
            Received::Item(other) => panic!("{other}"),
        }
        let next = channels.recv_end(MAIN, id).recv_nowait();
        assert_eq!(next, Ok(Received::Item(8)));
    });
}

#[test]
fn a_removed_item_is_waited_past() {
    model!(
        "a_removed_item_is_waited_past",
        "a receiver that finds an item removed with its interpreter waits for the next one"
    )
    .reaches(&["the removed one", "the next", "a receiver slept"])
    .check(|| {
        let shared = channel(OnEnd::Remove);
        let (channels, id) = (&shared.0, shared.1);
        channels.send_end(ONE, id).send_nowait(7).unwrap();
        let receiver = receiver(TWO, &shared, None);
        // The main interpreter uses the channel, so that it stays open.
        let begun = channels.recv_end(MAIN, id).recv_nowait();
        channels.end_interpreter(ONE);
        channels.send_end(MAIN, id).send_nowait(8).unwrap();
        match (begun, receiver.join().unwrap()) {
            (Err(RecvError::Empty), Ok(Received::Item(7))) => reach("the removed one"),
            (Ok(Received::Item(7)), Ok(Received::Item(8))) => reach("the next"),
            other => panic!("{other:?}"),
        }
    });
}

#[test]
fn an_interpreter_that_ends_ends_the_waits_of_its_threads() {
    model!(
        "an_interpreter_that_ends_ends_the_waits_of_its_threads",
        "a sender and a receiver of an interpreter that ends are told, and the item comes back"
    )
    .preemptions(2)
    .reaches(&["a sender slept", "a receiver slept", "told", "too late"])
    .check(|| {
        let (one, other) = (channel(OnEnd::Unbound), channel(OnEnd::Unbound));
        for (channels, id) in [&one, &other] {
            // The interpreter uses them, so that its end closes them if nothing else does.
            assert_eq!(
                channels.recv_end(ONE, *id).recv_nowait(),
                Err(RecvError::Empty)
            );
        }
        let (sender, receiver) = (sender(ONE, &one, None), receiver(ONE, &other, None));
        one.0.end_interpreter(ONE);
        other.0.end_interpreter(ONE);
        match sender.join().unwrap() {
            Err(SendError::InterpreterEnded(7)) => reach("told"),
            Err(SendError::Closed(7)) => reach("too late"),
            sent => panic!("{sent:?}"),
        }
        let received = receiver.join().unwrap();
        let told = [RecvError::InterpreterEnded, RecvError::Closed].map(Err);
        assert!(told.contains(&received));
    });
}

#[test]
fn the_last_item_closes_a_channel_that_drains() {
    model!(
        "the_last_item_closes_a_channel_that_drains",
        "of a close of the sending side and two receives, one receives the item and the other is told"
    )
    .preemptions(2)
    .reaches(&["a receiver slept", "drained"])
    .check(|| {
        let shared = channel(OnEnd::Unbound);
        let (channels, id) = (&shared.0, shared.1);
        channels.send_end(MAIN, id).send_nowait(7).unwrap();
        let receivers = [ONE, TWO].map(|by| receiver(by, &shared, None));
        channels.send_end(MAIN, id).close().unwrap();
        let mut received = receivers.map(|receiver| receiver.join().unwrap());
        received.sort_by_key(Result::is_err);
        assert_eq!(received, [Ok(Received::Item(7)), Err(RecvError::Closed)]);
        reach("drained");
    });
}

type Line = Arc<Queues<u32>>;

fn queue(maxsize: i64) -> (Line, QueueId) {
    let queues = Arc::new(Queues::new());
    let id = queues.create(maxsize, OnEnd::Remove);
    (queues, id)
}

/// A thread of an interpreter that puts 7 once, and marks that it slept.
fn putter(
    by: InterpreterId,
    (queues, id): &(Line, QueueId),
    timeout: Option<Duration>,
) -> JoinHandle<Result<(), PutError<u32>>> {
    let (queues, id) = (Arc::clone(queues), *id);
    spawn(move || reach_asleep("a put slept", || queues.put(by, id, 7, None, timeout)))
}

#[test]
fn room_in_a_queue_wakes_a_put() {
    model!(
        "room_in_a_queue_wakes_a_put",
        "a put that waits for room goes on when another's item is got, and its item comes next"
    )
    .reaches(&["a put slept"])
    .check(|| {
        let shared = queue(1);
        let (queues, id) = (&shared.0, shared.1);
        queues.put(MAIN, id, 1, None, None).unwrap();
        let putter = putter(ONE, &shared, None);
        assert_eq!(queues.get(MAIN, id, None), Ok(Received::Item(1)));
        assert_eq!(queues.get(MAIN, id, None), Ok(Received::Item(7)));
        assert_eq!(putter.join().unwrap(), Ok(()));
    });
}

#[test]
fn a_put_that_gives_up_puts_nothing() {
    model!(
        "a_put_that_gives_up_puts_nothing",
        "a timed put beside a get puts its item once, or has it back"
    )
    .reaches(&["put", "back", "a put slept"])
    .check(|| {
        let shared = queue(1);
        let (queues, id) = (&shared.0, shared.1);
        queues.put(MAIN, id, 1, None, None).unwrap();
        let putter = putter(ONE, &shared, SOON);
        let_time_pass();
        assert_eq!(queues.get_nowait(MAIN, id), Ok(Received::Item(1)));
        match putter.join().unwrap() {
            Ok(()) => {
                reach("put");
                assert_eq!(queues.get_nowait(MAIN, id), Ok(Received::Item(7)));
            }
            Err(error) => {
                assert_eq!(error, PutError::Full(7));
                reach("back");
            }
        }
        assert_eq!(queues.get_nowait(MAIN, id), Err(GetError::Empty));
    });
}

#[test]
fn a_destroyed_queue_ends_all_waits() {
    model!(
        "a_destroyed_queue_ends_all_waits",
        "who waits to put and who waits to get are told that the queue is gone"
    )
    .preemptions(2)
    .reaches(&["a put slept", "a get slept"])
    .check(|| {
        let queues = Arc::new(Queues::new());
        let full = queues.create(1, OnEnd::Unbound);
        let empty = queues.create(1, OnEnd::Unbound);
        queues.put(MAIN, full, 1, None, None).unwrap();
        let putter = putter(ONE, &(Arc::clone(&queues), full), None);
        let getter = {
            let queues = Arc::clone(&queues);
            spawn(move || reach_asleep("a get slept", || queues.get(TWO, empty, None)))
        };
        queues.destroy(full).unwrap();
        queues.destroy(empty).unwrap();
        assert_eq!(putter.join().unwrap(), Err(PutError::NotFound(7)));
        assert_eq!(getter.join().unwrap(), Err(GetError::NotFound));
    });
}

#[test]
fn an_interpreter_that_ends_makes_room() {
    model!(
        "an_interpreter_that_ends_makes_room",
        "a put goes on when the items before it are removed with their interpreter; one of that interpreter is told"
    )
    .preemptions(2)
    .reaches(&["a put slept", "told", "put"])
    .check(|| {
        let shared = queue(1);
        let (queues, id) = (&shared.0, shared.1);
        queues.put(ONE, id, 1, None, None).unwrap();
        let [one, two] = [ONE, TWO].map(|by| putter(by, &shared, None));
        queues.end_interpreter(ONE);
        assert_eq!(queues.get(MAIN, id, None), Ok(Received::Item(7)));
        assert_eq!(two.join().unwrap(), Ok(()));
        match one.join().unwrap() {
            // It began after the end of its interpreter.
            Ok(()) => {
                reach("put");
                assert_eq!(queues.get_nowait(MAIN, id), Ok(Received::Item(7)));
            }
            Err(error) => {
                assert_eq!(error, PutError::InterpreterEnded(7));
                reach("told");
            }
        }
        assert!(queues.is_empty(id).unwrap());
    });
}
