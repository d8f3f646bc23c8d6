//! Items in line, those who wait to be rid of one, and those who wait to have one.

use core::mem;
use std::collections::VecDeque;

use super::item::{Content, Delivery, Entry, InterpreterId, OnEnd, Orphan, Received};
use super::waiting::{Aftermath, Caller, Given, Refusal, Taken, Wait, wait};

/// What both channels and queues have behind their mutex: see the README beside this file.
///
/// 1. Somebody waits to take: there are no entries.
/// 2. An entry whose sender waits has at least `places` entries before it.
pub(super) struct Shelf<T> {
    /// How many entries lie here that nobody waits to be rid of: none in a channel, where a sender
    /// waits for the receiver; as many as have room in a queue.
    places: usize,
    entries: VecDeque<Entry<T>>,
    takers: VecDeque<(InterpreterId, Caller<Taken<T>>)>,
    /// How many ever waited.
    waits: u64,
}

/// What to do with an item that finds nobody to take it and no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beyond {
    /// Leave it there, and go on.
    Leave,
    /// Take it back.
    TakeBack,
    /// Wait.
    Wait,
}

/// How giving an item began.
pub(super) enum Offer<T> {
    /// Somebody has waited for it.
    Taken,
    /// It lies there.
    Left,
    /// It is back.
    Back(T),
    /// It lies there, and its sender waits to be rid of it.
    Waits(Wait<Given<T>>),
}

impl<T> Shelf<T> {
    pub(super) fn new(places: usize) -> Self {
        Self {
            places,
            entries: VecDeque::new(),
            takers: VecDeque::new(),
            waits: 0,
        }
    }

    /// How many entries there are, those of senders that wait among them.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// How many entries lie here that nobody waits to be rid of.
    pub(super) fn places(&self) -> usize {
        self.places
    }

    fn next_wait<M>(&mut self) -> (Wait<M>, Caller<M>) {
        self.waits += 1;
        wait(self.waits)
    }

    /// Gives an item to who has waited longest to take one, or puts it in line.
    pub(super) fn give(
        &mut self,
        from: InterpreterId,
        on_end: OnEnd,
        payload: T,
        beyond: Beyond,
        after: &mut Aftermath<T>,
    ) -> Offer<T> {
        if let Some((_, taker)) = self.takers.pop_front() {
            taker.answer(Ok(Ok(Received::Item(payload))), &mut after.takers);
            return Offer::Taken;
        }
        let (content, offer) = if self.len() < self.places || beyond == Beyond::Leave {
            (Content::Left(payload), Offer::Left)
        } else if beyond == Beyond::TakeBack {
            return Offer::Back(payload);
        } else {
            let (wait, caller) = self.next_wait();
            (Content::Awaited(payload, caller), Offer::Waits(wait))
        };
        self.entries.push_back(Entry {
            from,
            on_end,
            content,
        });
        offer
    }

    /// Takes the first item.
    pub(super) fn take(&mut self, after: &mut Aftermath<T>) -> Option<Delivery<T>> {
        let entry = self.entries.pop_front()?;
        self.settle(after);
        Some(match entry.content {
            Content::Awaited(payload, giver) => {
                giver.answer(Ok(()), &mut after.givers);
                Ok(Received::Item(payload))
            }
            Content::Left(payload) => Ok(Received::Item(payload)),
            Content::Orphaned if entry.on_end == OnEnd::Error => Err(Orphan),
            Content::Orphaned => Ok(Received::Unbound),
        })
    }

    /// Restores the second invariant after an entry has gone: tells senders whose item has got a
    /// place, which are the last ones that have.
    fn settle(&mut self, after: &mut Aftermath<T>) {
        for entry in self.entries.iter_mut().take(self.places).rev() {
            match mem::replace(&mut entry.content, Content::Orphaned) {
                Content::Awaited(payload, giver) => {
                    entry.content = Content::Left(payload);
                    giver.answer(Ok(()), &mut after.givers);
                }
                settled => {
                    entry.content = settled;
                    return;
                }
            }
        }
    }

    /// Waits at the end of the line of those who take.
    pub(super) fn join(&mut self, by: InterpreterId) -> Wait<Taken<T>> {
        let (wait, caller) = self.next_wait();
        self.takers.push_back((by, caller));
        wait
    }

    /// Has who waits to take, under this number, wait no more. Nothing if it was answered.
    pub(super) fn leave(&mut self, number: u64) -> Option<()> {
        let at = self
            .takers
            .iter()
            .position(|(_, taker)| taker.number == number)?;
        self.takers.remove(at).map(drop)
    }

    /// Takes the item back whose sender waits under this number. Nothing if it was answered.
    pub(super) fn take_back(&mut self, number: u64) -> Option<T> {
        let at = self.entries.iter().position(
            |entry| matches!(&entry.content, Content::Awaited(_, giver) if giver.number == number),
        )?;
        match self.entries.remove(at)?.content {
            Content::Awaited(payload, _) => Some(payload),
            Content::Left(_) | Content::Orphaned => None,
        }
    }

    /// Refuses everybody who waits, and drops what lies there.
    pub(super) fn clear(&mut self, why: Refusal, after: &mut Aftermath<T>) {
        for (_, taker) in self.takers.drain(..) {
            taker.answer(Err(why), &mut after.takers);
        }
        for entry in self.entries.drain(..) {
            match entry.content {
                Content::Awaited(payload, giver) => {
                    giver.answer(Err((why, payload)), &mut after.givers);
                }
                Content::Left(payload) => after.dropped.push(payload),
                Content::Orphaned => {}
            }
        }
    }

    /// Refuses those of an interpreter who wait to take.
    pub(super) fn refuse(&mut self, by: InterpreterId, why: Refusal, after: &mut Aftermath<T>) {
        for (taker, caller) in mem::take(&mut self.takers) {
            if taker == by {
                caller.answer(Err(why), &mut after.takers);
            } else {
                self.takers.push_back((taker, caller));
            }
        }
    }

    /// An interpreter has ended: those of it who wait are refused, and what it has sent becomes
    /// what its sender wanted.
    pub(super) fn end_interpreter(&mut self, ended: InterpreterId, after: &mut Aftermath<T>) {
        const WHY: Refusal = Refusal::InterpreterEnded;
        self.refuse(ended, WHY, after);
        for mut entry in mem::take(&mut self.entries) {
            if entry.from == ended {
                match mem::replace(&mut entry.content, Content::Orphaned) {
                    Content::Awaited(payload, giver) => {
                        giver.answer(Err((WHY, payload)), &mut after.givers);
                        continue;
                    }
                    Content::Left(payload) => after.dropped.push(payload),
                    Content::Orphaned => {}
                }
                if entry.on_end == OnEnd::Remove {
                    continue;
                }
            }
            self.entries.push_back(entry);
        }
        self.settle(after);
    }
}
