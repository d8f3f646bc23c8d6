//! The table of a set: keys in open addressing, walked in the order of their places.
//!
//! The places are chosen as CPython chooses them (a short linear run, then a jump that takes in
//! more bits of the hash), so that sets of numbers come out in the order that programs expect. A
//! removed key leaves a mark, which goes when the table grows.

use crate::value::{Ref, Value};

/// The places of an empty set, and the smallest number of them.
const SMALLEST: usize = 8;
/// How many places after the first are looked at before the probe jumps.
const RUN: usize = 9;
/// The hash of a place whose key was removed; no key has it.
const REMOVED: u64 = u64::MAX;
/// Sets of more keys grow by two, smaller ones by four.
const LARGE: usize = 50_000;

/// A place: a key and its hash, or neither.
#[derive(Clone, Copy)]
struct Slot {
    hash: u64,
    key: Value,
}

impl Slot {
    const EMPTY: Slot = Slot {
        hash: 0,
        key: Value::UNBOUND,
    };

    fn is_empty(self) -> bool {
        !self.key.is_bound() && self.hash == 0
    }
}

/// Where a search stands.
#[derive(Clone, Copy)]
pub(super) struct Cursor {
    first: usize,
    step: usize,
    perturb: u64,
}

/// What a search comes to.
pub(super) enum Probe {
    /// No place has the key; a new one belongs here.
    Absent(usize),
    /// This place has it.
    Found(usize),
    /// Only Python code can tell whether this place has it; go on from the cursor if it has not.
    Ask(usize, Cursor),
}

/// The table. It owns the references of its keys, but leaves releasing them to its holder, who
/// must not do so while the table is in use.
pub(super) struct Table {
    /// A power of two long, or empty before the first key.
    slots: Vec<Slot>,
    used: usize,
    /// Places that are not empty: keys and marks.
    filled: usize,
    /// Where to look for the next key to pop.
    finger: usize,
    /// Changes with every key that comes or goes.
    version: u64,
}

impl Table {
    pub(super) const fn new() -> Self {
        Self {
            slots: Vec::new(),
            used: 0,
            filled: 0,
            finger: 0,
            version: 0,
        }
    }

    /// Shows `visit` every key.
    pub(super) fn show<V: FnMut(Value) + ?Sized>(&self, visit: &mut V) {
        for slot in &self.slots {
            if slot.key.is_bound() {
                visit(slot.key);
            }
        }
    }

    pub(super) fn len(&self) -> usize {
        self.used
    }

    pub(super) fn version(&self) -> u64 {
        self.version
    }

    fn mask(&self) -> usize {
        self.slots.len().max(SMALLEST) - 1
    }

    /// The keys, each with its hash, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, Value)> {
        self.slots
            .iter()
            .filter(|slot| slot.key.is_bound())
            .map(|slot| (slot.hash, slot.key))
    }

    /// The first key at or after the place `at`, and the place after it.
    pub(super) fn next_from(&self, at: usize) -> Option<(Value, usize)> {
        let rest = self.slots.get(at..)?;
        let skipped = rest.iter().position(|slot| slot.key.is_bound())?;
        Some((rest[skipped].key, at + skipped + 1))
    }

    /// The key in a place.
    pub(super) fn key(&self, place: usize) -> Value {
        self.slots[place].key
    }

    pub(super) fn start(&self, hash: u64) -> Cursor {
        Cursor {
            first: hash as usize & self.mask(),
            step: 0,
            perturb: hash,
        }
    }

    /// The place a cursor is at, moved on by one.
    fn advance(&self, cursor: &mut Cursor) -> usize {
        let place = cursor.first + cursor.step;
        let run = if cursor.first + RUN <= self.mask() {
            RUN
        } else {
            0
        };
        if cursor.step < run {
            cursor.step += 1;
        } else {
            cursor.perturb >>= 5;
            let next = cursor
                .first
                .wrapping_mul(5)
                .wrapping_add(1)
                .wrapping_add(cursor.perturb as usize);
            *cursor = Cursor {
                first: next & self.mask(),
                step: 0,
                perturb: cursor.perturb,
            };
        }
        place
    }

    /// Goes on with a search. `same` compares a candidate: `None` if it cannot tell.
    pub(super) fn probe(
        &self,
        mut cursor: Cursor,
        hash: u64,
        same: impl Fn(Value) -> Option<bool>,
    ) -> Probe {
        if self.slots.is_empty() {
            return Probe::Absent(cursor.first);
        }
        loop {
            let place = self.advance(&mut cursor);
            let slot = self.slots[place];
            if slot.is_empty() {
                return Probe::Absent(place);
            }
            if slot.hash == hash && slot.key.is_bound() {
                match same(slot.key) {
                    Some(true) => return Probe::Found(place),
                    Some(false) => {}
                    None => return Probe::Ask(place, cursor),
                }
            }
        }
    }

    /// Puts a key into the empty place that a search for it ended at.
    pub(super) fn insert(&mut self, place: usize, hash: u64, key: Ref) {
        if self.slots.is_empty() {
            self.slots.resize(SMALLEST, Slot::EMPTY);
        }
        self.slots[place] = Slot {
            hash,
            key: key.into_value(),
        };
        self.used += 1;
        self.filled += 1;
        self.version += 1;
        if self.filled * 5 >= self.mask() * 3 {
            self.resize(if self.used > LARGE {
                self.used * 2
            } else {
                self.used * 4
            });
        }
    }

    /// Makes room for `more` keys that come at once.
    pub(super) fn reserve(&mut self, more: usize) {
        if (self.filled + more) * 5 >= self.mask() * 3 {
            self.resize((self.used + more) * 2);
        }
    }

    /// Removes the key in a place.
    pub(super) fn remove(&mut self, place: usize) -> Ref {
        let key = core::mem::replace(
            &mut self.slots[place],
            Slot {
                hash: REMOVED,
                key: Value::UNBOUND,
            },
        )
        .key;
        self.used -= 1;
        self.version += 1;
        Ref::adopt(key)
    }

    /// Removes some key.
    pub(super) fn pop(&mut self) -> Option<Ref> {
        let start = self.finger & self.mask();
        let (_, after) = self.next_from(start).or_else(|| self.next_from(0))?;
        self.finger = after;
        Some(self.remove(after - 1))
    }

    /// Takes the keys of another table in place of its own, which it returns.
    pub(super) fn swap(&mut self, mut other: Table) -> Table {
        other.version = self.version + 1;
        core::mem::replace(self, other)
    }

    /// Takes all keys out.
    pub(super) fn take(&mut self) -> Vec<Ref> {
        let slots = core::mem::take(&mut self.slots);
        (self.used, self.filled) = (0, 0);
        self.version += 1;
        slots
            .into_iter()
            .filter_map(|slot| Ref::adopt_bound(slot.key))
            .collect()
    }

    /// Makes place for more than `wanted` keys, without marks.
    fn resize(&mut self, wanted: usize) {
        let size = (wanted + 1).next_power_of_two().max(SMALLEST);
        let old = core::mem::replace(&mut self.slots, vec![Slot::EMPTY; size]);
        self.filled = self.used;
        self.version += 1;
        for slot in old.into_iter().filter(|slot| slot.key.is_bound()) {
            let mut cursor = self.start(slot.hash);
            let place = loop {
                let place = self.advance(&mut cursor);
                if self.slots[place].is_empty() {
                    break place;
                }
            };
            self.slots[place] = slot;
        }
    }
}
