//! Every way to write an arm.
#![cfg(not(selvedge_loom))]
#![allow(missing_docs)]

use selvedge_channel::{Receiver, Sender, bounded, never, select};

#[test]
fn arms_are_expressions_or_blocks_with_or_without_commas() {
    let (sender, receiver) = bounded::<u8>(4);
    for turn in 0..4 {
        let n = select! {
            send(sender, turn) -> sent => { sent.unwrap(); 1 },
            recv(never::<u8>()) -> _ => { 2 }
            recv(never::<u8>(),) -> _ => 3,
            default() => { 4 }
        };
        assert_eq!(n, 1);
    }
    let n = select! {
        send(sender, 9,) -> _ => 1,
        default => { [4] }[0],
    };
    assert_eq!(n, 4);
    let first = select! { recv(receiver) -> got => got };
    assert_eq!(first, Ok(0));
}

#[test]
fn ends_may_be_any_place_or_reference() {
    struct Ends {
        sender: Sender<u8>,
        receivers: Vec<Receiver<u8>>,
    }
    let (sender, receiver) = bounded(2);
    let ends = Ends {
        sender,
        receivers: vec![receiver],
    };
    let by_reference = &ends.sender;
    let boxed = Box::new(ends.sender.clone());
    select! { send(by_reference, 1) -> sent => sent.unwrap() }
    select! { send(boxed, 2) -> sent => sent.unwrap() }
    for expected in [1, 2] {
        select! {
            recv(ends.receivers[0]) -> got => assert_eq!(got, Ok(expected)),
            recv(&ends.receivers[0]) -> got => assert_eq!(got, Ok(expected)),
        }
    }
}

#[test]
fn bodies_may_leave_the_loop_and_take_the_ends() {
    let (sender, receiver) = bounded(1);
    let mut sender = Some(sender);
    let mut got = Vec::new();
    let (done, is_done) = bounded::<()>(0);
    loop {
        if let Some(sender) = sender.take() {
            sender.send(7).unwrap();
            drop(sender);
        }
        select! {
            recv(receiver) -> message => {
                let Ok(message) = message else { break };
                got.push(message);
                if got.len() < 2 {
                    continue;
                }
                unreachable!("one message was sent");
            }
            recv(is_done) -> _ => return,
        }
    }
    drop(done);
    let receiver = receiver;
    select! { recv(receiver) -> message => { assert!(message.is_err()); drop(receiver) } }
    assert_eq!(got, [7]);
}
