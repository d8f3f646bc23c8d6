//! Queues between interpreters: what they do, one call after another and with threads that wait.
#![cfg(not(selvedge_loom))]
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "clippy sees through the seam's re-exports"
)]

use std::time::Duration;

use selvedge_channel::interpreters::{
    GetError, InterpreterId, NotFound, OnEnd, PutError, QueueId, Queues, Received, UnbindError,
};
use selvedge_sync::seam::{Arc, thread};

const MAIN: InterpreterId = InterpreterId(0);
const ONE: InterpreterId = InterpreterId(1);
const TWO: InterpreterId = InterpreterId(2);

/// Long enough that only what will never happen has not happened by then.
const LONG: Option<Duration> = Some(Duration::from_secs(30));
const SHORT: Option<Duration> = Some(Duration::from_millis(20));

/// Runs `wait` in a thread, and `act` beside it: whether the one waits before the other begins is
/// left to the models.
fn beside<R: Send + 'static>(wait: impl FnOnce() -> R + Send + 'static, act: impl FnOnce()) -> R {
    let waiter = thread::spawn(wait);
    act();
    waiter.join().unwrap()
}

type Line = Queues<u32>;

fn new_queue(maxsize: i64) -> (Line, QueueId) {
    let queues = Line::default();
    let id = queues.create(maxsize, OnEnd::Unbound);
    (queues, id)
}

#[test]
fn a_queue_is_full_at_its_limit_and_empty_without_items() {
    for maxsize in [1, 3, 11] {
        let (queues, id) = new_queue(maxsize);
        assert_eq!(queues.maxsize(id), Ok(maxsize));
        for count in 0..maxsize as u32 {
            assert_eq!(queues.qsize(id), Ok(count as usize));
            assert_eq!(
                (queues.is_full(id), queues.is_empty(id)),
                (Ok(false), Ok(count == 0))
            );
            queues.put_nowait(MAIN, id, count, None).unwrap();
        }
        assert_eq!(
            (queues.is_full(id), queues.is_empty(id)),
            (Ok(true), Ok(false))
        );
        assert_eq!(
            queues.put_nowait(MAIN, id, 99, None),
            Err(PutError::Full(99))
        );
        assert_eq!(
            queues.put(MAIN, id, 99, None, SHORT),
            Err(PutError::Full(99))
        );
        for count in 0..maxsize as u32 {
            assert_eq!(queues.get_nowait(ONE, id), Ok(Received::Item(count)));
            assert_eq!(queues.is_full(id), Ok(false));
        }
        assert_eq!(queues.get_nowait(ONE, id), Err(GetError::Empty));
        assert_eq!(queues.get(ONE, id, SHORT), Err(GetError::Empty));
    }
}

#[test]
fn a_queue_without_a_limit_is_never_full() {
    for maxsize in [0, -10] {
        let (queues, id) = new_queue(maxsize);
        assert_eq!(queues.maxsize(id), Ok(maxsize));
        for count in 0..100 {
            queues.put(MAIN, id, count, None, None).unwrap();
            assert_eq!(queues.is_full(id), Ok(false));
        }
        assert_eq!(queues.qsize(id), Ok(100));
    }
}

#[test]
fn a_put_waits_for_room_and_is_not_overtaken() {
    let (queues, id) = new_queue(1);
    let queues = Arc::new(queues);
    queues.put(MAIN, id, 1, None, None).unwrap();
    let put = {
        let queues = Arc::clone(&queues);
        move || queues.put(ONE, id, 2, None, LONG)
    };
    let got = Arc::clone(&queues);
    let put = beside(put, || {
        assert_eq!(got.get(MAIN, id, LONG), Ok(Received::Item(1)));
        assert_eq!(got.get(MAIN, id, LONG), Ok(Received::Item(2)));
    });
    assert_eq!(put, Ok(()));
    queues.put(MAIN, id, 3, None, None).unwrap();
    let put = {
        let queues = Arc::clone(&queues);
        move || queues.put(ONE, id, 4, None, LONG)
    };
    let put = beside(put, || {
        // Who waits does not lie in the queue, and nobody passes it.
        assert_eq!(queues.qsize(id), Ok(1));
        assert_eq!(queues.put_nowait(MAIN, id, 5, None), Err(PutError::Full(5)));
        queues.destroy(id).unwrap();
    });
    assert_eq!(put, Err(PutError::NotFound(4)));
}

#[test]
fn queued_items_become_what_they_were_put_to_become() {
    let (queues, id) = new_queue(0);
    for (item, on_end) in [
        (1, None),
        (2, Some(OnEnd::Error)),
        (3, Some(OnEnd::Remove)),
        (4, Some(OnEnd::Unbound)),
    ] {
        queues.put(ONE, id, item, on_end, None).unwrap();
    }
    queues.put(TWO, id, 5, None, None).unwrap();
    queues.end_interpreter(ONE);
    assert_eq!(queues.qsize(id), Ok(4));
    assert_eq!(queues.get(MAIN, id, None), Ok(Received::Unbound));
    assert_eq!(queues.get(MAIN, id, None), Err(GetError::Orphaned));
    assert_eq!(queues.get_nowait(MAIN, id), Ok(Received::Unbound));
    assert_eq!(queues.get_nowait(MAIN, id), Ok(Received::Item(5)));
}

#[test]
fn queues_are_kept_by_who_is_counted() {
    let (queues, id) = new_queue(2);
    assert_eq!(queues.list_all(), [(id, OnEnd::Unbound)]);
    assert_eq!(queues.on_end(id), Ok(OnEnd::Unbound));
    assert!(format!("{queues:?}").contains("Unbound"));
    assert_eq!(queues.unbind(id), Err(UnbindError::NotBound));
    queues.bind(id).unwrap();
    queues.unbind(id).unwrap();
    assert_eq!(queues.list_all(), []);
    assert_eq!(queues.unbind(id), Err(UnbindError::NotFound));
    assert_eq!(queues.bind(id), Err(NotFound));
    assert_eq!(queues.destroy(id), Err(NotFound));
    assert_eq!(
        queues.put(MAIN, id, 1, None, None),
        Err(PutError::NotFound(1))
    );
    assert_eq!(
        queues.put_nowait(MAIN, id, 1, None),
        Err(PutError::NotFound(1))
    );
    assert_eq!(queues.get(MAIN, id, None), Err(GetError::NotFound));
    assert_eq!(queues.get_nowait(MAIN, id), Err(GetError::NotFound));
    assert_eq!(
        (queues.qsize(id), queues.maxsize(id)),
        (Err(NotFound), Err(NotFound))
    );
    assert_eq!(
        (queues.is_full(id), queues.is_empty(id)),
        (Err(NotFound), Err(NotFound))
    );
    assert_eq!(queues.on_end(id), Err(NotFound));
}
