//! Channels and queues between interpreters against plain lists: one thread, any operations, the
//! same answers.
#![cfg(not(selvedge_loom))]
#![allow(missing_docs)]

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use proptest::prelude::*;
use selvedge_channel::interpreters::{
    Channels, CloseError, GetError, GoneError, InterpreterId, NotFound, OnEnd, PutError, Queues,
    Received, RecvError, SendError, Side, Status,
};

const NOW: Option<Duration> = Some(Duration::ZERO);

#[derive(Debug, Clone, Copy)]
enum Op {
    Send(i64, OnEnd),
    TimedSend(i64),
    Recv(i64),
    TimedRecv(i64),
    Close(Option<Side>, bool),
    Release(i64, Option<Side>),
    End(i64),
    Destroy,
}

fn on_end() -> impl Strategy<Value = OnEnd> {
    prop_oneof![
        Just(OnEnd::Unbound),
        Just(OnEnd::Error),
        Just(OnEnd::Remove)
    ]
}

fn side() -> impl Strategy<Value = Option<Side>> {
    prop_oneof![Just(None), Just(Some(Side::Send)), Just(Some(Side::Recv))]
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let by = 0..3_i64;
    let op = prop_oneof![
        40 => (by.clone(), on_end()).prop_map(|(by, on_end)| Op::Send(by, on_end)),
        10 => by.clone().prop_map(Op::TimedSend),
        25 => by.clone().prop_map(Op::Recv),
        10 => by.clone().prop_map(Op::TimedRecv),
        4 => (side(), any::<bool>()).prop_map(|(side, force)| Op::Close(side, force)),
        4 => (by.clone(), side()).prop_map(|(by, side)| Op::Release(by, side)),
        4 => by.prop_map(Op::End),
        1 => Just(Op::Destroy),
    ];
    prop::collection::vec(op, 1..60)
}

/// A channel as its documentation says.
#[derive(Default)]
struct Plain {
    /// What was sent, by whom, to become what; nothing if its interpreter has ended.
    items: VecDeque<(Option<u32>, i64, OnEnd)>,
    senders: BTreeSet<i64>,
    receivers: BTreeSet<i64>,
    /// Who may not send, and who may not receive.
    no_senders: BTreeSet<i64>,
    no_receivers: BTreeSet<i64>,
    sending_closed: bool,
    closed: bool,
}

impl Plain {
    fn may_send(&mut self, by: i64) -> bool {
        let may = !self.closed && !self.sending_closed && !self.no_senders.contains(&by);
        if may {
            self.senders.insert(by);
        }
        may
    }

    fn shut(&mut self) {
        self.closed = true;
        self.items.clear();
    }

    fn look_if_drained(&mut self) {
        self.closed |= self.sending_closed && self.items.is_empty();
    }

    fn recv(&mut self, by: i64) -> Result<Received<u32>, RecvError> {
        if self.closed || self.no_receivers.contains(&by) {
            return Err(RecvError::Closed);
        }
        self.receivers.insert(by);
        let (item, _, on_end) = self.items.pop_front().ok_or(RecvError::Empty)?;
        self.look_if_drained();
        match item {
            Some(item) => Ok(Received::Item(item)),
            None if on_end == OnEnd::Error => Err(RecvError::Orphaned),
            None => Ok(Received::Unbound),
        }
    }

    fn close(&mut self, side: Option<Side>, force: bool) -> Result<(), CloseError> {
        if self.closed {
            return Err(CloseError::Closed);
        }
        if force || self.items.is_empty() {
            self.shut();
            return Ok(());
        }
        if side != Some(Side::Send) {
            return Err(CloseError::NotEmpty);
        }
        if self.sending_closed {
            return Err(CloseError::Closed);
        }
        self.sending_closed = true;
        Ok(())
    }

    fn release(&mut self, by: i64, side: Option<Side>) -> Result<(), GoneError> {
        if self.closed {
            return Err(GoneError::Closed);
        }
        let mut shut = false;
        if side != Some(Side::Send) {
            shut = self.receivers.remove(&by) && self.receivers.is_empty();
            self.no_receivers.insert(by);
        }
        if side != Some(Side::Recv) {
            self.senders.remove(&by);
            self.no_senders.insert(by);
        }
        if shut || (self.senders.is_empty() && self.receivers.is_empty()) {
            self.shut();
        }
        Ok(())
    }

    fn end(&mut self, by: i64) {
        orphan(&mut self.items, by);
        self.look_if_drained();
        let was_sender = self.senders.remove(&by);
        let was_receiver = self.receivers.remove(&by);
        if was_sender {
            self.no_senders.insert(by);
        }
        if was_receiver {
            self.no_receivers.insert(by);
        }
        if (was_sender || was_receiver) && self.senders.is_empty() && self.receivers.is_empty() {
            self.shut();
        }
    }
}

fn orphan(items: &mut VecDeque<(Option<u32>, i64, OnEnd)>, by: i64) {
    items.retain(|(_, from, on_end)| (*from, *on_end) != (by, OnEnd::Remove));
    for (item, from, _) in items {
        if *from == by {
            *item = None;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn a_channel_does_what_it_says(ops in ops()) {
        let channels = Channels::new();
        let id = channels.create(OnEnd::Error);
        let mut plain = Plain::default();
        for (item, op) in (0_u32..).zip(ops) {
            let send = |by| channels.send_end(InterpreterId(by), id);
            let recv = |by| channels.recv_end(InterpreterId(by), id);
            match op {
                Op::Send(by, on_end) => {
                    let sent = send(by).with_on_end(on_end).send_nowait(item);
                    if plain.may_send(by) {
                        prop_assert_eq!(sent, Ok(false));
                        plain.items.push_back((Some(item), by, on_end));
                    } else {
                        prop_assert_eq!(sent, Err(SendError::Closed(item)));
                    }
                }
                Op::TimedSend(by) => {
                    let sent = send(by).send(item, NOW);
                    let expected = if plain.may_send(by) {
                        SendError::Timeout(item)
                    } else {
                        SendError::Closed(item)
                    };
                    prop_assert_eq!(sent, Err(expected));
                }
                Op::Recv(by) => prop_assert_eq!(recv(by).recv_nowait(), plain.recv(by)),
                Op::TimedRecv(by) => prop_assert_eq!(recv(by).recv(NOW), plain.recv(by)),
                Op::Close(side, force) => {
                    prop_assert_eq!(channels.close(id, side, force), plain.close(side, force));
                }
                Op::Release(by, side) => {
                    let released = channels.release(InterpreterId(by), id, side);
                    prop_assert_eq!(released, plain.release(by, side));
                }
                Op::End(by) => {
                    channels.end_interpreter(InterpreterId(by));
                    if !plain.closed {
                        plain.end(by);
                    }
                }
                Op::Destroy => {
                    prop_assert_eq!(channels.destroy(id), Ok(()));
                    prop_assert_eq!(recv(0).recv_nowait(), Err(RecvError::NotFound));
                    prop_assert_eq!(channels.destroy(id), Err(NotFound));
                    return Ok(());
                }
            }
            let info = channels.info(id).unwrap();
            let status = match (plain.closed, plain.sending_closed) {
                (true, _) => Status::Closed,
                (false, true) => Status::Closing,
                (false, false) => Status::Open,
            };
            prop_assert_eq!((info.status, info.count), (status, plain.items.len()));
            if !plain.closed {
                let users = channels.list_interpreters(id, Side::Recv).unwrap();
                let users: Vec<i64> = users.into_iter().map(|by| by.0).collect();
                prop_assert_eq!(users, plain.receivers.iter().copied().collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn a_queue_does_what_it_says(
        maxsize in -1..4_i64,
        ops in prop::collection::vec((0..4_u8, 0..3_i64, on_end()), 1..80),
    ) {
        let queues = Queues::new();
        let id = queues.create(maxsize, OnEnd::Unbound);
        let mut plain = VecDeque::new();
        for (item, (op, by, on_end)) in (0_u32..).zip(ops) {
            let this = InterpreterId(by);
            let full = maxsize > 0 && plain.len() as i64 >= maxsize;
            prop_assert_eq!(queues.is_full(id), Ok(full));
            prop_assert_eq!(queues.qsize(id), Ok(plain.len()));
            match op {
                0 | 1 => {
                    let put = if op == 0 {
                        queues.put_nowait(this, id, item, Some(on_end))
                    } else {
                        queues.put(this, id, item, Some(on_end), NOW)
                    };
                    if full {
                        prop_assert_eq!(put, Err(PutError::Full(item)));
                    } else {
                        prop_assert_eq!(put, Ok(()));
                        plain.push_back((Some(item), by, on_end));
                    }
                }
                2 => {
                    let expected = match plain.pop_front() {
                        None => Err(GetError::Empty),
                        Some((Some(item), ..)) => Ok(Received::Item(item)),
                        Some((None, _, OnEnd::Error)) => Err(GetError::Orphaned),
                        Some((None, ..)) => Ok(Received::Unbound),
                    };
                    prop_assert_eq!(queues.get(this, id, NOW), expected);
                }
                _ => {
                    queues.end_interpreter(this);
                    orphan(&mut plain, by);
                }
            }
        }
    }
}
