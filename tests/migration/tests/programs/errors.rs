//! Every error: when it comes, what it gives back, what it says, what it becomes.

use std::error::Error;
use std::time::Duration;

use crate::channel::{
    ReadyTimeoutError, RecvError, RecvTimeoutError, SelectTimeoutError, SendError,
    SendTimeoutError, TryReadyError, TryRecvError, TrySelectError, TrySendError, bounded,
};

/// Any error through the operator that programs use.
fn all_ways(capacity: usize, disconnected: bool) -> Result<u8, Box<dyn Error + Send + Sync>> {
    let (sender, receiver) = bounded(capacity);
    if disconnected {
        drop(receiver);
        sender.send(1)?;
        return Ok(0);
    }
    sender.try_send(2)?;
    Ok(receiver.try_recv()?)
}

#[test]
fn errors_go_through_the_question_mark() {
    assert_eq!(all_ways(1, false).expect("there is room"), 2);
    let says = |result: Result<u8, Box<dyn Error + Send + Sync>>| {
        result.expect_err("it cannot be sent").to_string()
    };
    assert_eq!(says(all_ways(0, false)), "sending on a full channel");
    assert_eq!(says(all_ways(1, true)), "sending on a disconnected channel");
}

#[test]
fn sends_give_the_message_back() {
    let (sender, receiver) = bounded(0);
    let full = sender.try_send("text").expect_err("nobody receives");
    assert!(full.is_full() && !full.is_disconnected());
    assert_eq!(full, TrySendError::Full("text"));
    let late = sender
        .send_timeout("text", Duration::from_millis(1))
        .expect_err("nobody receives");
    assert!(late.is_timeout() && !late.is_disconnected());
    assert_eq!(late.into_inner(), "text");
    drop(receiver);
    let SendError(back) = sender.send("text").expect_err("nobody can receive");
    assert_eq!(back, "text");
    let gone = sender.try_send("text").expect_err("nobody can receive");
    assert!(gone.is_disconnected() && !gone.is_full());
    assert_eq!(gone.into_inner(), "text");
    let gone = sender
        .send_timeout("text", Duration::MAX)
        .expect_err("nobody can receive");
    assert!(gone.is_disconnected() && !gone.is_timeout());
    assert_eq!(gone, SendTimeoutError::Disconnected("text"));
    assert_eq!(SendError("text").into_inner(), "text");
}

#[test]
fn receives_say_why() {
    let (sender, receiver) = bounded::<u8>(1);
    let empty = receiver.try_recv().expect_err("nobody sends");
    assert!(empty.is_empty() && !empty.is_disconnected());
    let late = receiver
        .recv_timeout(Duration::from_millis(1))
        .expect_err("nobody sends");
    assert!(late.is_timeout() && !late.is_disconnected());
    drop(sender);
    let gone = receiver.try_recv().expect_err("nobody can send");
    assert!(gone.is_disconnected() && !gone.is_empty());
    let gone = receiver
        .recv_timeout(Duration::MAX)
        .expect_err("nobody can send");
    assert!(gone.is_disconnected() && !gone.is_timeout());
    assert_eq!(receiver.recv(), Err(RecvError));
}

#[test]
fn errors_become_one_another() {
    assert_eq!(
        TrySendError::from(SendError(1)),
        TrySendError::Disconnected(1)
    );
    assert_eq!(
        SendTimeoutError::from(SendError(1)),
        SendTimeoutError::Disconnected(1)
    );
    assert_eq!(TryRecvError::from(RecvError), TryRecvError::Disconnected);
    assert_eq!(
        RecvTimeoutError::from(RecvError),
        RecvTimeoutError::Disconnected
    );
}

#[test]
fn errors_speak() {
    let speak = [
        (
            SendError(1).to_string(),
            "sending on a disconnected channel",
        ),
        (
            TrySendError::Full(1).to_string(),
            "sending on a full channel",
        ),
        (
            TrySendError::Disconnected(1).to_string(),
            "sending on a disconnected channel",
        ),
        (
            SendTimeoutError::Timeout(1).to_string(),
            "timed out waiting on send operation",
        ),
        (
            SendTimeoutError::Disconnected(1).to_string(),
            "sending on a disconnected channel",
        ),
        (
            RecvError.to_string(),
            "receiving on an empty and disconnected channel",
        ),
        (
            TryRecvError::Empty.to_string(),
            "receiving on an empty channel",
        ),
        (
            TryRecvError::Disconnected.to_string(),
            "receiving on an empty and disconnected channel",
        ),
        (
            RecvTimeoutError::Timeout.to_string(),
            "timed out waiting on receive operation",
        ),
        (
            RecvTimeoutError::Disconnected.to_string(),
            "channel is empty and disconnected",
        ),
        (
            TrySelectError.to_string(),
            "all operations in select would block",
        ),
        (
            SelectTimeoutError.to_string(),
            "timed out waiting on select",
        ),
    ];
    for (spoken, expected) in speak {
        assert_eq!(spoken, expected);
    }
    let print = [
        (format!("{:?}", SendError(1)), "SendError(..)"),
        (format!("{:?}", TrySendError::Full(1)), "Full(..)"),
        (
            format!("{:?}", TrySendError::Disconnected(1)),
            "Disconnected(..)",
        ),
        (format!("{TryReadyError:?}"), "TryReadyError"),
        (format!("{ReadyTimeoutError:?}"), "ReadyTimeoutError"),
    ];
    for (printed, expected) in print {
        // The original puts some of these in quotes.
        assert!(printed.contains(expected), "{printed}");
    }
    // A message that cannot be printed is no hindrance.
    struct Opaque;
    assert!(SendError(Opaque).source().is_none());
}
