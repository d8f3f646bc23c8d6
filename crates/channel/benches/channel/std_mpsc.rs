//! The standard library's channel: one receiver only.

use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};

pub(crate) struct Std;

#[derive(Clone)]
pub(crate) enum Either {
    Bounded(SyncSender<usize>),
    Unbounded(Sender<usize>),
}

impl super::Channel for Std {
    type Sender = Either;
    type Receiver = Receiver<usize>;

    fn new(capacity: Option<usize>) -> (Self::Sender, Self::Receiver) {
        if let Some(capacity) = capacity {
            let (sender, receiver) = sync_channel(capacity);
            (Either::Bounded(sender), receiver)
        } else {
            let (sender, receiver) = channel();
            (Either::Unbounded(sender), receiver)
        }
    }

    fn send(sender: &Self::Sender, message: usize) {
        match sender {
            Either::Bounded(sender) => sender.send(message),
            Either::Unbounded(sender) => sender.send(message),
        }
        .expect("there is a receiver");
    }

    fn recv(receiver: &Self::Receiver) -> Option<usize> {
        receiver.recv().ok()
    }

    fn share(_: &Self::Receiver) -> Option<Self::Receiver> {
        None
    }
}
