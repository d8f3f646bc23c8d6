//! Channels and queues between interpreters: what they do, one call after another and with threads
//! that wait.
#![cfg(not(selvedge_loom))]
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "clippy sees through the seam's re-exports"
)]

use std::time::Duration;

use selvedge_channel::interpreters::{
    ChannelId, Channels, CloseError, GetError, GoneError, InterpreterId, NotFound, OnEnd, PutError,
    Queues, Received, RecvError, SendError, Side, Status, UnbindError, Users,
};
use selvedge_sync::seam::clock::Instant;
use selvedge_sync::seam::{Arc, thread};

const MAIN: InterpreterId = InterpreterId(0);
const ONE: InterpreterId = InterpreterId(1);
const TWO: InterpreterId = InterpreterId(2);

/// Long enough that only what will never happen has not happened by then.
const LONG: Option<Duration> = Some(Duration::from_secs(30));
const SHORT: Option<Duration> = Some(Duration::from_millis(20));

type Items = Channels<&'static str>;

fn send(channels: &Items, by: InterpreterId, id: ChannelId) -> Result<bool, SendError<&str>> {
    channels.send_end(by, id).send_nowait("spam")
}

fn recv(
    channels: &Items,
    by: InterpreterId,
    id: ChannelId,
) -> Result<Received<&'static str>, RecvError> {
    channels.recv_end(by, id).recv_nowait()
}

const SPAM: Result<Received<&str>, RecvError> = Ok(Received::Item("spam"));

fn assert_closed(channels: &Items, by: InterpreterId, id: ChannelId) {
    assert_eq!(send(channels, by, id), Err(SendError::Closed("spam")));
    assert_eq!(recv(channels, by, id), Err(RecvError::Closed));
}

#[test]
fn ids_follow_each_other_and_name_their_channel() {
    let channels = Items::new();
    let ids = [OnEnd::Unbound, OnEnd::Error, OnEnd::Remove].map(|on_end| {
        let id = channels.create(on_end);
        assert_eq!(channels.on_end(id), Ok(on_end));
        (id, on_end)
    });
    assert_eq!((ids[1].0).0, (ids[0].0).0 + 1);
    assert_eq!(channels.list_all(), ids);
    let (here, there) = (
        channels.recv_end(MAIN, ids[2].0),
        channels.send_end(ONE, ids[2].0),
    );
    assert_eq!((here.id(), there.id()), (ids[2].0, ids[2].0));
    assert!(format!("{here:?} {there:?}").contains("by: 1"));
    assert!(format!("{channels:?}").contains("Remove"));
}

#[test]
fn items_come_out_in_order_and_each_once() {
    let channels = Items::default();
    let id = channels.create(OnEnd::default());
    let (here, there) = (channels.recv_end(MAIN, id), channels.send_end(ONE, id));
    assert_eq!(here.recv_nowait(), Err(RecvError::Empty));
    assert_eq!(here.recv_nowait_or("none"), Ok(Received::Item("none")));
    for item in ["one", "two", "three"] {
        assert_eq!(there.send_nowait(item), Ok(false));
    }
    assert_eq!(channels.info(id).unwrap().count, 3);
    assert_eq!(here.recv_nowait_or("none"), Ok(Received::Item("one")));
    assert_eq!(here.recv(None).unwrap().item(), Some("two"));
    assert_eq!(here.recv(LONG), Ok(Received::Item("three")));
    assert_eq!(here.recv_nowait(), Err(RecvError::Empty));
}

#[test]
fn what_is_not_there_is_named() {
    let channels = Items::new();
    let id = ChannelId(7);
    let (here, there) = (channels.recv_end(MAIN, id), channels.send_end(MAIN, id));
    assert_eq!(there.send_nowait("spam"), Err(SendError::NotFound("spam")));
    assert_eq!(there.send("spam", None), Err(SendError::NotFound("spam")));
    assert_eq!(here.recv_nowait(), Err(RecvError::NotFound));
    assert_eq!(here.recv_nowait_or("none"), Err(RecvError::NotFound));
    assert_eq!(here.recv(None), Err(RecvError::NotFound));
    assert_eq!(here.close(), Err(CloseError::NotFound));
    assert_eq!(there.release(), Err(GoneError::NotFound));
    assert_eq!(here.is_closed(), Err(NotFound));
    assert_eq!(channels.destroy(id), Err(NotFound));
    assert_eq!(channels.bind(id), Err(NotFound));
    assert_eq!(channels.unbind(id), Err(UnbindError::NotFound));
    assert_eq!(channels.on_end(id), Err(NotFound));
    let users = channels.list_interpreters(id, Side::Send);
    assert_eq!(users, Err(GoneError::NotFound));
}

#[test]
fn users_are_those_who_have_sent_or_received() {
    let channels = Items::new();
    let id = channels.create(OnEnd::default());
    let users = |side| channels.list_interpreters(id, side);
    assert_eq!(
        (users(Side::Send), users(Side::Recv)),
        (Ok(vec![]), Ok(vec![]))
    );
    for by in [MAIN, ONE, ONE] {
        send(&channels, by, id).unwrap();
    }
    recv(&channels, TWO, id).unwrap();
    assert_eq!(users(Side::Send), Ok(vec![MAIN, ONE]));
    assert_eq!(users(Side::Recv), Ok(vec![TWO]));
    // A receive that finds nothing uses the side as well.
    for _ in 0..2 {
        recv(&channels, TWO, id).unwrap();
    }
    assert_eq!(recv(&channels, MAIN, id), Err(RecvError::Empty));
    assert_eq!(users(Side::Recv), Ok(vec![MAIN, TWO]));
    channels.release(MAIN, id, Some(Side::Send)).unwrap();
    assert_eq!(users(Side::Send), Ok(vec![ONE]));
    channels.end_interpreter(ONE);
    assert_eq!(users(Side::Send), Ok(vec![]));
    let info = channels.info(id).unwrap();
    assert_eq!(info.status, Status::Open);
    let send = Users {
        using: 0,
        released: 2,
    };
    let recv = Users {
        using: 2,
        released: 0,
    };
    assert_eq!((info.send, info.recv), (send, recv));
}

#[test]
fn an_empty_channel_is_closed_at_once_from_either_side() {
    let channels = Items::new();
    for side in [None, Some(Side::Send), Some(Side::Recv)] {
        for is_used in [false, true] {
            let id = channels.create(OnEnd::default());
            if is_used {
                send(&channels, MAIN, id).unwrap();
                assert_eq!(recv(&channels, MAIN, id), SPAM);
            }
            channels.close(id, side, false).unwrap();
            assert_closed(&channels, MAIN, id);
            assert_closed(&channels, ONE, id);
            assert_eq!(channels.recv_end(MAIN, id).is_closed(), Ok(true));
            for force in [false, true] {
                assert_eq!(channels.close(id, side, force), Err(CloseError::Closed));
            }
            assert_eq!(channels.release(ONE, id, None), Err(GoneError::Closed));
            let users = channels.list_interpreters(id, Side::Recv);
            assert_eq!(users, Err(GoneError::Closed));
            assert_eq!(channels.list_all(), []);
        }
    }
}

#[test]
fn what_is_left_keeps_a_channel_from_closing() {
    let channels = Items::new();
    let id = channels.create(OnEnd::default());
    send(&channels, MAIN, id).unwrap();
    for side in [None, Some(Side::Recv)] {
        assert_eq!(channels.close(id, side, false), Err(CloseError::NotEmpty));
    }
    send(&channels, MAIN, id).unwrap();
    assert_eq!(recv(&channels, MAIN, id), SPAM);
    assert_eq!(
        channels.recv_end(MAIN, id).close(),
        Err(CloseError::NotEmpty)
    );
    assert_eq!(recv(&channels, MAIN, id), SPAM);
    assert_eq!(channels.recv_end(MAIN, id).close(), Ok(()));
}

#[test]
fn a_channel_whose_sending_side_is_closed_is_drained() {
    let channels = Items::new();
    let id = channels.create(OnEnd::default());
    let (here, there) = (channels.recv_end(MAIN, id), channels.send_end(MAIN, id));
    for _ in 0..2 {
        send(&channels, MAIN, id).unwrap();
    }
    there.close().unwrap();
    assert_eq!(there.close(), Err(CloseError::Closed));
    assert_eq!(channels.close(id, None, false), Err(CloseError::NotEmpty));
    assert_eq!(there.send_nowait("spam"), Err(SendError::Closed("spam")));
    assert_eq!((here.is_closed(), there.is_closed()), (Ok(false), Ok(true)));
    assert_eq!(channels.info(id).unwrap().status, Status::Closing);
    assert_eq!(channels.list_all().len(), 1);
    let users = |side| channels.list_interpreters(id, side);
    assert_eq!(users(Side::Send), Err(GoneError::Closed));
    assert_eq!(users(Side::Recv), Ok(vec![]));
    assert_eq!((here.recv_nowait(), here.recv_nowait()), (SPAM, SPAM));
    assert_eq!(channels.info(id).unwrap().status, Status::Closed);
    assert_eq!(here.recv(None), Err(RecvError::Closed));
    assert_eq!(channels.list_all(), []);
}

#[test]
fn a_channel_that_drains_closes_with_whatever_item_leaves_last() {
    let channels = Items::new();
    let id = channels.create(OnEnd::Remove);
    send(&channels, ONE, id).unwrap();
    send(&channels, MAIN, id).unwrap();
    channels.send_end(MAIN, id).close().unwrap();
    assert_eq!(recv(&channels, MAIN, id), SPAM);
    assert_eq!(recv(&channels, MAIN, id), SPAM);
    assert_closed(&channels, MAIN, id);

    let id = channels.create(OnEnd::Remove);
    assert_eq!(recv(&channels, MAIN, id), Err(RecvError::Empty));
    send(&channels, ONE, id).unwrap();
    channels.send_end(MAIN, id).close().unwrap();
    channels.end_interpreter(ONE);
    assert_eq!(channels.info(id).unwrap().status, Status::Closed);
}

#[test]
fn force_closes_with_items_left() {
    for side in [None, Some(Side::Send), Some(Side::Recv)] {
        for drains in [false, true] {
            let channels = Items::new();
            let id = channels.create(OnEnd::default());
            send(&channels, MAIN, id).unwrap();
            if drains {
                channels.send_end(MAIN, id).close().unwrap();
            }
            channels.close(id, side, true).unwrap();
            assert_closed(&channels, MAIN, id);
            assert_eq!(channels.info(id).unwrap().count, 0);
        }
    }
}

#[test]
fn who_has_released_a_side_may_not_use_it() {
    let channels = Items::new();
    let id = channels.create(OnEnd::default());
    send(&channels, MAIN, id).unwrap();
    // Also one that never used it.
    channels.release(ONE, id, None).unwrap();
    assert_closed(&channels, ONE, id);
    assert_eq!(recv(&channels, MAIN, id), SPAM);
    send(&channels, MAIN, id).unwrap();
    channels.send_end(MAIN, id).release().unwrap();
    assert_eq!(send(&channels, MAIN, id), Err(SendError::Closed("spam")));
    assert_eq!(recv(&channels, MAIN, id), SPAM);
}

#[test]
fn a_channel_closes_when_all_have_released_it() {
    let channels = Items::new();
    for is_used in [false, true] {
        let id = channels.create(OnEnd::default());
        if is_used {
            send(&channels, MAIN, id).unwrap();
        }
        channels.release(MAIN, id, None).unwrap();
        assert_closed(&channels, MAIN, id);
        assert_closed(&channels, ONE, id);
        assert_eq!(channels.release(MAIN, id, None), Err(GoneError::Closed));
        assert_eq!(channels.close(id, None, true), Err(CloseError::Closed));
        assert_eq!(channels.info(id).unwrap().count, 0);
        assert!(channels.list_all().iter().any(|(listed, _)| *listed == id));
    }
}

#[test]
fn a_channel_closes_when_its_last_receiver_releases_it() {
    let channels = Items::new();
    let id = channels.create(OnEnd::default());
    for by in [MAIN, ONE] {
        send(&channels, MAIN, id).unwrap();
        assert_eq!(recv(&channels, by, id), SPAM);
    }
    send(&channels, MAIN, id).unwrap();
    channels.release(TWO, id, Some(Side::Recv)).unwrap();
    channels.recv_end(ONE, id).release().unwrap();
    send(&channels, MAIN, id).unwrap();
    channels.recv_end(MAIN, id).release().unwrap();
    assert_closed(&channels, MAIN, id);
}

#[test]
fn items_become_what_they_were_sent_to_become() {
    let channels = Channels::new();
    let id = channels.create(OnEnd::Unbound);
    let here = channels.recv_end(MAIN, id);
    assert_eq!(here.recv_nowait(), Err(RecvError::Empty));
    let from = |by| channels.send_end(by, id);
    from(ONE).send_nowait(1).unwrap();
    let error = from(ONE).with_on_end(OnEnd::Error);
    error.send_nowait(2).unwrap();
    from(TWO).with_on_end(OnEnd::Error).send_nowait(3).unwrap();
    let remove = from(ONE).with_on_end(OnEnd::Remove);
    remove.send_nowait(4).unwrap();
    let unbound = from(ONE).with_on_end(OnEnd::Unbound);
    unbound.send_nowait(5).unwrap();
    for _ in 0..2 {
        channels.end_interpreter(ONE);
        assert_eq!(channels.info(id).unwrap().count, 4);
    }
    assert_eq!(here.recv_nowait(), Ok(Received::Unbound));
    assert_eq!(here.recv_nowait_or(0), Err(RecvError::Orphaned));
    assert_eq!(here.recv_nowait(), Ok(Received::Item(3)));
    assert_eq!(here.recv_nowait(), Ok(Received::Unbound));
    assert_eq!(here.recv_nowait(), Err(RecvError::Empty));
}

#[test]
fn a_channel_closes_when_the_last_interpreter_that_used_it_ends() {
    let channels = Items::new();
    let unused = channels.create(OnEnd::default());
    let id = channels.create(OnEnd::default());
    send(&channels, ONE, id).unwrap();
    channels.end_interpreter(TWO);
    assert_eq!(channels.info(id).unwrap().status, Status::Open);
    channels.end_interpreter(ONE);
    assert_eq!(recv(&channels, MAIN, id), Err(RecvError::Closed));
    assert_eq!(channels.info(unused).unwrap().status, Status::Open);

    let closed = channels.create(OnEnd::default());
    send(&channels, TWO, closed).unwrap();
    channels.close(closed, None, true).unwrap();
    channels.end_interpreter(TWO);
    assert!(
        channels
            .list_all()
            .iter()
            .all(|(listed, _)| *listed != closed)
    );
}

#[test]
fn who_is_counted_keeps_a_channel() {
    let channels = Items::new();
    let id = channels.create(OnEnd::default());
    assert_eq!(channels.unbind(id), Err(UnbindError::NotBound));
    channels.bind(id).unwrap();
    channels.bind(id).unwrap();
    channels.unbind(id).unwrap();
    assert!(channels.info(id).is_ok());
    channels.unbind(id).unwrap();
    assert_eq!(channels.info(id), Err(NotFound));
    let next = channels.create(OnEnd::default());
    assert_eq!(next.0, id.0 + 1);
    channels.destroy(next).unwrap();
    assert_eq!(channels.info(next), Err(NotFound));
}

/// Runs `wait` in a thread, and `act` beside it: whether the one waits before the other begins is
/// left to the models.
fn beside<R: Send + 'static>(wait: impl FnOnce() -> R + Send + 'static, act: impl FnOnce()) -> R {
    let waiter = thread::spawn(wait);
    act();
    waiter.join().unwrap()
}

#[test]
fn a_receiver_is_woken() {
    let channels = Arc::new(Items::new());
    let id = channels.create(OnEnd::default());
    let receive = || {
        let channels = Arc::clone(&channels);
        move || channels.recv_end(ONE, id).recv(LONG)
    };
    let received = beside(receive(), || {
        channels.send_end(MAIN, id).send("spam", LONG).unwrap();
    });
    assert_eq!(received, SPAM);
    // An item that was received by who waited is gone, whatever becomes of its interpreter.
    assert_eq!(channels.info(id).unwrap().count, 0);
    let told = beside(receive(), || channels.close(id, None, false).unwrap());
    assert_eq!(told, Err(RecvError::Closed));

    let id = channels.create(OnEnd::default());
    let receive = || {
        let channels = Arc::clone(&channels);
        move || channels.recv_end(ONE, id).recv(LONG)
    };
    // It uses the channel before it ends, so that its end is known whichever comes first.
    assert_eq!(recv(&channels, ONE, id), Err(RecvError::Empty));
    let told = beside(receive(), || channels.end_interpreter(ONE));
    let expected = [RecvError::InterpreterEnded, RecvError::Closed];
    assert!(expected.map(Err).contains(&told));
}

#[test]
fn a_sender_is_told_what_became_of_its_item() {
    let channels = Arc::new(Items::new());
    let new = || channels.create(OnEnd::default());
    let sending = |id| {
        let channels = Arc::clone(&channels);
        move || channels.send_end(ONE, id).send("spam", LONG)
    };
    let id = new();
    let sent = beside(sending(id), || {
        assert_eq!(channels.recv_end(MAIN, id).recv(LONG), SPAM);
    });
    assert_eq!(sent, Ok(()));
    let sent = beside(sending(id), || channels.close(id, None, true).unwrap());
    assert_eq!(sent, Err(SendError::Closed("spam")));
    let id = new();
    let sent = beside(sending(id), || channels.destroy(id).unwrap());
    assert_eq!(sent, Err(SendError::NotFound("spam")));
}

#[test]
fn time_limits_are_kept() {
    let channels = Items::new();
    let id = channels.create(OnEnd::default());
    let (here, there) = (channels.recv_end(MAIN, id), channels.send_end(MAIN, id));
    let started = Instant::now();
    assert_eq!(here.recv(SHORT), Err(RecvError::Empty));
    assert!(started.elapsed() >= SHORT.unwrap());
    let started = Instant::now();
    assert_eq!(there.send("spam", SHORT), Err(SendError::Timeout("spam")));
    assert!(started.elapsed() >= SHORT.unwrap());
    // What was not received in time is not there any more.
    assert_eq!(here.recv_nowait(), Err(RecvError::Empty));
    // Who gave up is not given anything.
    assert_eq!(there.send_nowait("spam"), Ok(false));
    assert_eq!(here.recv(SHORT), SPAM);
}

#[test]
fn payloads_are_handed_over_by_pointer() {
    let channels = Channels::new();
    let id = channels.create(OnEnd::default());
    let payload: Arc<[u8]> = vec![7; 1 << 20].into();
    channels
        .send_end(ONE, id)
        .send_nowait(Arc::clone(&payload))
        .unwrap();
    let received = channels.recv_end(MAIN, id).recv(None).unwrap();
    assert!(Arc::ptr_eq(&received.item().unwrap(), &payload));
    assert_eq!(Arc::strong_count(&payload), 1);
}

/// A payload that, when it is dropped, looks at the channel that it was in.
struct Curious(Arc<Channels<Self>>, ChannelId);

impl Drop for Curious {
    fn drop(&mut self) {
        assert_ne!(
            self.0.info(self.1).map(|info| info.status),
            Ok(Status::Closing)
        );
    }
}

#[test]
fn payloads_are_dropped_where_they_may_look_at_their_channel() {
    let channels = Arc::new(Channels::new());
    let filled = || {
        let id = channels.create(OnEnd::Unbound);
        let payload = Curious(Arc::clone(&channels), id);
        channels.send_end(ONE, id).send_nowait(payload).unwrap();
        assert!(Arc::strong_count(&channels) > 1);
        id
    };
    let id = filled();
    channels.close(id, None, true).unwrap();
    channels.destroy(filled()).unwrap();
    channels.release(ONE, filled(), None).unwrap();
    filled();
    channels.end_interpreter(ONE);
    assert_eq!(Arc::strong_count(&channels), 1);
}

#[test]
fn errors_give_the_item_back_and_say_what_happened() {
    let sends = [
        SendError::NotFound(1),
        SendError::Closed(1),
        SendError::Timeout(1),
        SendError::InterpreterEnded(1),
    ];
    let puts = [
        PutError::NotFound(1),
        PutError::Full(1),
        PutError::InterpreterEnded(1),
    ];
    assert!(sends.iter().all(|error| error.into_inner() == 1));
    assert!(puts.iter().all(|error| error.into_inner() == 1));
    assert_eq!(
        format!("{:?}", sends[1]),
        "SendError(the channel is closed)"
    );
    assert_eq!(format!("{:?}", puts[1]), "PutError(the queue is full)");
    let mut told = sends.map(|error| error.to_string()).to_vec();
    told.extend(puts.map(|error| error.to_string()));
    told.push(RecvError::Empty.to_string());
    told.push(RecvError::Orphaned.to_string());
    told.push(CloseError::NotEmpty.to_string());
    told.push(UnbindError::NotBound.to_string());
    told.sort();
    told.dedup();
    assert_eq!(told.len(), 9);
    assert_eq!(GetError::Empty.to_string(), RecvError::Empty.to_string());
    assert_eq!(GoneError::NotFound.to_string(), NotFound.to_string());
    assert_eq!(
        GoneError::Closed.to_string(),
        CloseError::Closed.to_string()
    );
}

#[test]
fn many_interpreters_share_a_queue_and_a_channel() {
    const EACH: u32 = 2000;
    let queues = Arc::new(Queues::<u32>::new());
    let channels = Arc::new(Channels::new());
    let (queue, channel) = (
        queues.create(4, OnEnd::Unbound),
        channels.create(OnEnd::Unbound),
    );
    let movers = [ONE, TWO].map(|by| {
        let (queues, channels) = (Arc::clone(&queues), Arc::clone(&channels));
        thread::spawn(move || {
            while let Ok(Received::Item(item)) = queues.get(by, queue, LONG) {
                channels.send_end(by, channel).send(item, LONG).unwrap();
            }
        })
    });
    let receiver = {
        let channels = Arc::clone(&channels);
        thread::spawn(move || {
            let mut all: Vec<u32> = (0..EACH)
                .map(|_| {
                    let received = channels.recv_end(MAIN, channel).recv(LONG).unwrap();
                    received.item().unwrap()
                })
                .collect();
            all.sort_unstable();
            all
        })
    };
    for item in 0..EACH {
        queues.put(MAIN, queue, item, None, LONG).unwrap();
    }
    assert_eq!(receiver.join().unwrap(), (0..EACH).collect::<Vec<_>>());
    queues.destroy(queue).unwrap();
    for mover in movers {
        mover.join().unwrap();
    }
}

#[test]
fn channel_closes_when_the_last_item_is_taken_back() {
    let channels = Arc::new(Items::new());
    let id = channels.create(OnEnd::default());
    let sender = {
        let channels = Arc::clone(&channels);
        thread::spawn(move || {
            let limit = Some(Duration::from_millis(300));
            channels.send_end(ONE, id).send("spam", limit)
        })
    };
    while channels.info(id).unwrap().count == 0 && !sender.is_finished() {
        thread::yield_now();
    }
    let closed = channels.close(id, Some(Side::Send), false);
    assert!(matches!(closed, Ok(()) | Err(CloseError::Closed)));
    assert_eq!(sender.join().unwrap(), Err(SendError::Timeout("spam")));
    assert_eq!(channels.info(id).unwrap().status, Status::Closed);
    assert_eq!(recv(&channels, MAIN, id), Err(RecvError::Closed));
}
