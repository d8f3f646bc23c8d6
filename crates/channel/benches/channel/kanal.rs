//! kanal.

use ::kanal::{Receiver, Sender, bounded, unbounded};

pub(crate) struct Kanal;

impl super::Channel for Kanal {
    type Sender = Sender<usize>;
    type Receiver = Receiver<usize>;

    fn new(capacity: Option<usize>) -> (Self::Sender, Self::Receiver) {
        capacity.map_or_else(unbounded, bounded)
    }

    fn send(sender: &Self::Sender, message: usize) {
        sender.send(message).expect("there is a receiver");
    }

    fn recv(receiver: &Self::Receiver) -> Option<usize> {
        receiver.recv().ok()
    }

    fn share(receiver: &Self::Receiver) -> Option<Self::Receiver> {
        Some(receiver.clone())
    }
}
