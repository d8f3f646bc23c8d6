//! Selecting, by macro and by hand.

use std::thread;
use std::time::{Duration, Instant};

use crate::channel::{
    Receiver, RecvError, Select, SelectTimeoutError, SendError, Sender, TryReadyError,
    TrySelectError, after, bounded, never, select, select_biased, tick, unbounded,
};

const SOON: Duration = Duration::from_millis(5);

#[test]
fn arms_of_all_kinds() {
    let (sender, receiver) = bounded::<u8>(1);
    let arm = select! {
        recv(receiver) -> _ => unreachable!("nothing was sent"),
        default => 1,
    };
    assert_eq!(arm, 1);
    let arm = select! {
        recv(receiver) -> message => message.map_or(0, |_| 2),
        default(SOON) => 3
    };
    assert_eq!(arm, 3);
    select! {
        send(sender, 4) -> sent => assert_eq!(sent, Ok(())),
        recv(never::<u8>()) -> _ => unreachable!(),
    }
    select! {
        recv(&receiver) -> message => { assert_eq!(message, Ok(4)) }
        recv(after(Duration::from_mins(1))) -> _ => unreachable!(),
    }
    drop(sender);
    select! {
        recv(receiver) -> message => assert_eq!(message, Err(RecvError)),
        default => unreachable!("a disconnected channel is ready"),
    }
}

#[test]
fn arms_may_leave_the_function() {
    fn first_even(receiver: &Receiver<u32>, ticks: &Receiver<Instant>) -> Option<u32> {
        loop {
            select! {
                recv(receiver) -> message => match message {
                    Ok(number) if number % 2 == 0 => return Some(number),
                    Ok(_) => {}
                    Err(_) => break None,
                },
                recv(ticks) -> _ => {}
            }
        }
    }

    let (sender, receiver) = unbounded();
    let ticks = tick(SOON);
    for number in [1, 3, 4] {
        sender.send(number).expect("the receiver lives");
    }
    assert_eq!(first_even(&receiver, &ticks), Some(4));
    drop(sender);
    assert_eq!(first_even(&receiver, &ticks), None);
}

#[test]
fn biased_selects_take_the_first_that_can() {
    let (first, from_first) = unbounded();
    let (second, from_second) = unbounded();
    for number in 0..10 {
        first.send(number).expect("the receiver lives");
        second.send(number).expect("the receiver lives");
    }
    for number in 0..10 {
        select_biased! {
            recv(from_first) -> message => assert_eq!(message, Ok(number)),
            recv(from_second) -> _ => unreachable!(),
        }
    }
}

/// Receives from whichever of many receivers is first, as programs with a list of them do.
fn recv_any<T>(receivers: &[Receiver<T>]) -> (usize, Result<T, RecvError>) {
    let mut select = Select::new();
    for receiver in receivers {
        select.recv(receiver);
    }
    let operation = select.select();
    let index = operation.index();
    (index, operation.recv(&receivers[index]))
}

#[test]
fn lists_of_receivers() {
    let channels: Vec<(Sender<usize>, Receiver<usize>)> = (0..4).map(|_| bounded(0)).collect();
    let (senders, receivers): (Vec<_>, Vec<_>) = channels.into_iter().unzip();
    thread::scope(|scope| {
        for (number, sender) in senders.iter().enumerate() {
            scope.spawn(move || sender.send(number));
        }
        let mut received: Vec<_> = (0..4).map(|_| recv_any(&receivers)).collect();
        received.sort_unstable_by_key(|(index, _)| *index);
        assert!(
            received
                .into_iter()
                .all(|(index, message)| message == Ok(index))
        );
    });
}

#[test]
fn selects_by_hand() {
    let (sender, receiver) = bounded(1);
    let (full, kept) = bounded(0);
    let mut select = Select::default();
    let receiving = select.recv(&receiver);
    let sending = select.send(&full);
    assert_eq!(select.try_select().err(), Some(TrySelectError));
    assert_eq!(select.select_timeout(SOON).err(), Some(SelectTimeoutError));
    assert_eq!(
        select.select_deadline(Instant::now() + SOON).err(),
        Some(SelectTimeoutError)
    );
    assert_eq!(select.try_ready(), Err(TryReadyError));
    assert!(select.ready_timeout(SOON).is_err());
    assert!(select.ready_deadline(Instant::now() + SOON).is_err());
    sender.send(7).expect("there is room");
    assert_eq!(select.ready(), receiving);
    let operation = select.clone().select();
    assert_eq!(operation.index(), receiving);
    assert_eq!(operation.recv(&receiver), Ok(7));
    select.remove(receiving);
    drop(kept);
    let operation = select.select();
    assert_eq!(operation.index(), sending);
    assert_eq!(operation.send(&full, 8), Err(SendError(8)));
    let mut biased = Select::new_biased();
    biased.recv(&receiver);
    assert!(biased.try_select().is_err());
}
