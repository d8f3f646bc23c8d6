//! Which interpreters use a channel.

use std::collections::BTreeMap;

use super::item::InterpreterId;

/// A side of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// Where items go in.
    Send,
    /// Where items come out.
    Recv,
}

/// How many interpreters use a side of a channel, and how many have released it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Users {
    /// Have used it, and may go on.
    pub using: usize,
    /// May not use it any more.
    pub released: usize,
}

/// The interpreters that have used a channel or released it, and whether they still may use it.
#[derive(Debug, Default)]
pub(super) struct Sides {
    send: BTreeMap<InterpreterId, bool>,
    recv: BTreeMap<InterpreterId, bool>,
}

impl Sides {
    fn of(&self, side: Side) -> &BTreeMap<InterpreterId, bool> {
        match side {
            Side::Send => &self.send,
            Side::Recv => &self.recv,
        }
    }

    fn of_mut(&mut self, side: Side) -> &mut BTreeMap<InterpreterId, bool> {
        match side {
            Side::Send => &mut self.send,
            Side::Recv => &mut self.recv,
        }
    }

    /// Notes that the interpreter uses the side; returns whether it may.
    pub(super) fn associate(&mut self, side: Side, by: InterpreterId) -> bool {
        *self.of_mut(side).entry(by).or_insert(true)
    }

    /// Notes that the interpreter will not use the side; returns whether it was using it.
    pub(super) fn release(&mut self, side: Side, by: InterpreterId) -> bool {
        self.of_mut(side).insert(by, false) == Some(true)
    }

    /// Notes that the interpreter has ended; returns whether it was using either side.
    pub(super) fn end(&mut self, ended: InterpreterId) -> bool {
        let mut was_used = false;
        for side in [&mut self.send, &mut self.recv] {
            if let Some(is_used) = side.get_mut(&ended) {
                was_used |= core::mem::replace(is_used, false);
            }
        }
        was_used
    }

    /// Which interpreters use the side.
    pub(super) fn users(&self, side: Side) -> Vec<InterpreterId> {
        let using = self.of(side).iter().filter(|(_, is_used)| **is_used);
        using.map(|(by, _)| *by).collect()
    }

    pub(super) fn count(&self, side: Side) -> Users {
        let using = self.users(side).len();
        Users {
            using,
            released: self.of(side).len() - using,
        }
    }

    /// Whether somebody uses the side.
    pub(super) fn is_used(&self, side: Side) -> bool {
        self.of(side).values().any(|is_used| *is_used)
    }
}
