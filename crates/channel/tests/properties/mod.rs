//! Properties that hold for every kind of channel, as models over a function that makes one.
#![allow(
    dead_code,
    reason = "each flavour's file picks the properties that apply to it"
)]

use selvedge_channel::{
    Receiver, RecvTimeoutError, SendError, SendTimeoutError, Sender, TryRecvError, TrySendError,
};
use selvedge_sync::seam::clock::Duration;
use selvedge_sync::seam::model::{Model, reach, reach_asleep};
use selvedge_sync::seam::thread::spawn;

/// Makes a channel.
pub(crate) type Make = fn() -> (Sender<Box<u32>>, Receiver<Box<u32>>);

const SOON: Duration = Duration::from_millis(1);

/// Two senders and two receivers: each message arrives once.
pub(crate) fn loses_and_duplicates_nothing(model: Model, make: Make) {
    model.check(move || {
        let (sender, receiver) = make();
        let other_sender = sender.clone();
        let other_receiver = receiver.clone();
        let sending = spawn(move || {
            if other_sender.is_full() {
                reach("the buffer was full");
            }
            other_sender.send(Box::new(1)).unwrap();
        });
        let receiving = spawn(move || {
            *reach_asleep("a receiver had to wait", || other_receiver.recv()).unwrap()
        });
        sender.send(Box::new(2)).unwrap();
        let mine = *receiver.recv().unwrap();
        let theirs = receiving.join().unwrap();
        reach(if mine == 2 { "kept" } else { "crossed" });
        assert_eq!(mine + theirs, 3);
        assert_ne!(mine, theirs);
        sending.join().unwrap();
    });
}

/// Two senders, and a receiver that receives twice.
pub(crate) fn both_senders_are_heard(model: Model, make: Make) {
    model.check(move || {
        let (sender, receiver) = make();
        let other_sender = sender.clone();
        let sending = spawn(move || {
            reach_asleep("a sender had to wait", || other_sender.send(Box::new(1))).unwrap();
        });
        let also_sending = spawn(move || sender.send(Box::new(2)).unwrap());
        let first = *reach_asleep("a receiver had to wait", || receiver.recv()).unwrap();
        let received = first + *receiver.recv().unwrap();
        assert_eq!(received, 3);
        assert!(receiver.recv().is_err());
        sending.join().unwrap();
        also_sending.join().unwrap();
    });
}

/// One sender and one receiver: messages arrive in order, and the end comes after the last.
pub(crate) fn one_senders_messages_arrive_in_order(model: Model, make: Make, count: u32) {
    model.check(move || {
        let (sender, receiver) = make();
        let sending = spawn(move || {
            for number in 0..count {
                reach_asleep("the sender had to wait", || sender.send(Box::new(number))).unwrap();
            }
        });
        let received: Vec<u32> = reach_asleep("the receiver had to wait", || {
            receiver.iter().map(|message| *message).collect()
        });
        assert_eq!(received, (0..count).collect::<Vec<_>>());
        sending.join().unwrap();
    });
}

/// A receiver that waits is woken by a send.
pub(crate) fn hand_over_wakes_the_receiver(model: Model, make: Make) {
    model.check(move || {
        let (sender, receiver) = make();
        let sending = spawn(move || {
            sender.send(Box::new(7)).unwrap();
            sender
        });
        let received = reach_asleep("the receiver had to wait", || receiver.recv());
        assert_eq!(*received.unwrap(), 7);
        sending.join().unwrap();
    });
}

/// A receiver that waits is told when the last sender goes.
pub(crate) fn disconnect_wakes_the_receiver(model: Model, make: Make) {
    model.check(move || {
        let (sender, receiver) = make();
        let other = sender.clone();
        let dropping = spawn(move || drop(other));
        let also_dropping = spawn(move || drop(sender));
        let received = reach_asleep("the end met a waiting receiver", || receiver.recv());
        assert!(received.is_err());
        assert_eq!(receiver.try_recv(), Err(TryRecvError::Disconnected));
        dropping.join().unwrap();
        also_dropping.join().unwrap();
    });
}

/// A sender that waits is told when the last receiver goes and gets its message back; what was
/// sent before is dropped with the receiver.
pub(crate) fn disconnect_gives_the_message_back(model: Model, make: Make) {
    model.check(move || {
        let (sender, receiver) = make();
        let dropping = spawn(move || drop(receiver));
        let mut sent = 0;
        let back = loop {
            let result = reach_asleep("the end met a waiting sender", || {
                sender.send(Box::new(sent))
            });
            match result {
                Ok(()) if sent < 2 => sent += 1,
                Ok(()) => panic!("more was sent than fits, and nobody received"),
                Err(SendError(back)) => break *back,
            }
        };
        assert_eq!(back, sent);
        dropping.join().unwrap();
    });
}

/// A close by hand: what was sent before is received, what was not comes back.
pub(crate) fn close_drains_what_was_sent(model: Model, make: Make) {
    model.check(move || {
        let (sender, receiver) = make();
        let closer = receiver.clone();
        let sending = spawn(move || {
            let mut sent = 0;
            while sent < 2 {
                match sender.send(Box::new(sent)) {
                    Ok(()) => sent += 1,
                    Err(SendError(back)) => {
                        assert_eq!(*back, sent);
                        reach("closed while sending");
                        break;
                    }
                }
            }
            // The sender lives on: the end of the iteration below comes from the close.
            (sent, sender)
        });
        let closing = spawn(move || assert!(closer.close()));
        let received: Vec<u32> = receiver.iter().map(|message| *message).collect();
        let (sent, _sender) = sending.join().unwrap();
        assert_eq!(received, (0..sent).collect::<Vec<_>>());
        closing.join().unwrap();
    });
}

/// A receive that times out at any point: the message is received by it or stays.
pub(crate) fn timed_receive_loses_nothing(model: Model, make: Make) {
    model.check(move || {
        let (sender, receiver) = make();
        let sending = spawn(move || sender.send(Box::new(5)));
        match receiver.recv_timeout(SOON) {
            Ok(message) => {
                reach("received in time");
                assert_eq!(*message, 5);
            }
            Err(RecvTimeoutError::Timeout) => {
                reach("timed out");
                assert_eq!(*receiver.recv().unwrap(), 5);
            }
            Err(RecvTimeoutError::Disconnected) => panic!("the message was lost"),
        }
        sending.join().unwrap().unwrap();
        assert_eq!(receiver.try_recv(), Err(TryRecvError::Disconnected));
    });
}

/// A send that times out at any point: the message comes back or arrives, never both. A sender
/// behind it in the line is served all the same.
pub(crate) fn timed_send_is_sent_or_comes_back(model: Model, make: Make, fill: u32) {
    model.check(move || {
        let (sender, receiver) = make();
        for _ in 0..fill {
            sender.try_send(Box::new(0)).unwrap();
        }
        let untimed = sender.clone();
        let also_sending = spawn(move || untimed.send(Box::new(1)).unwrap());
        let sending = spawn(move || match sender.send_timeout(Box::new(2), SOON) {
            Ok(()) => {
                reach("sent in time");
                true
            }
            Err(SendTimeoutError::Timeout(back)) => {
                reach("timed out");
                assert_eq!(*back, 2);
                false
            }
            Err(SendTimeoutError::Disconnected(_)) => panic!("there is a receiver"),
        });
        let first = receiver.recv().unwrap();
        let sent = sending.join().unwrap();
        let mut received: Vec<u32> = receiver.iter().map(|message| *message).collect();
        received.push(*first);
        received.retain(|&message| message != 0);
        received.sort_unstable();
        assert_eq!(received, if sent { vec![1, 2] } else { vec![1] });
        also_sending.join().unwrap();
    });
}

/// A receiver that times out leaves the line, and one behind it is served all the same.
pub(crate) fn timed_receiver_leaves_the_line(model: Model, make: Make) {
    model.check(move || {
        let (sender, receiver) = make();
        let timed = receiver.clone();
        let receiving = spawn(move || {
            assert!(timed.recv_timeout(SOON).is_err(), "nobody has sent yet");
            reach("timed out");
            sender.send(Box::new(1)).unwrap();
        });
        let other = receiver.clone();
        let also_receiving = spawn(move || other.recv().map(|message| *message));
        drop(receiver);
        receiving.join().unwrap();
        assert_eq!(also_receiving.join().unwrap(), Ok(1));
    });
}

/// Attempts that do not wait say truly whether there was room or a message.
pub(crate) fn attempts_tell_the_truth(model: Model, make: Make) {
    model.check(move || {
        let (sender, receiver) = make();
        let sending = spawn(move || match sender.try_send(Box::new(1)) {
            Ok(()) => true,
            Err(TrySendError::Full(back)) => {
                assert_eq!(*back, 1);
                false
            }
            Err(TrySendError::Disconnected(_)) => panic!("there is a receiver"),
        });
        let early = receiver.try_recv().ok().map(|message| *message);
        let sent = sending.join().unwrap();
        let late = receiver.try_recv().ok().map(|message| *message);
        assert_eq!(early.or(late), sent.then_some(1));
        assert!(early.is_none() || late.is_none());
        reach(match (early, late) {
            (Some(_), _) => "received early",
            (None, Some(_)) => "received late",
            (None, None) => "refused",
        });
    });
}
