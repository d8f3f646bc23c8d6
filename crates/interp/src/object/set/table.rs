//! The table of a set: keys in open addressing, walked in the order of their places.
//!
//! The places are chosen as CPython chooses them (a short linear run, then a jump that takes in
//! more bits of the hash), so that sets of numbers come out in the order that programs expect. A
//! removed key leaves a mark, which goes when a new key takes its place or the table grows.

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

    #[inline(always)]
    fn is_empty(&self) -> bool {
        self.hash == 0 && !self.key.is_bound()
    }
}

/// Where a search stands: `step` places behind the first one of a run. After the last place of the
/// run it stands behind that.
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

    #[inline(always)]
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

    #[inline(always)]
    pub(super) fn start(&self, hash: u64) -> Cursor {
        Cursor {
            first: hash as usize & self.mask(),
            step: 0,
            perturb: hash,
        }
    }

    /// How many places after the first one of a cursor are looked at before the probe jumps.
    #[inline(always)]
    fn run(&self, first: usize) -> usize {
        if first + RUN <= self.mask() { RUN } else { 0 }
    }

    /// Where a search goes on after the places that follow the cursor's first one.
    #[inline(always)]
    fn jump(&self, cursor: Cursor) -> Cursor {
        let perturb = cursor.perturb >> 5;
        let next = cursor
            .first
            .wrapping_mul(5)
            .wrapping_add(1)
            .wrapping_add(perturb as usize);
        Cursor {
            first: next & self.mask(),
            step: 0,
            perturb,
        }
    }

    /// Goes on with a search. `same` compares a candidate: `None` if it cannot tell.
    #[inline(always)]
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
            let from = cursor.first + cursor.step;
            let to = cursor.first + self.run(cursor.first);
            for (offset, slot) in self.slots[from..=to].iter().enumerate() {
                // Most places on the way are marks, whose hash is neither.
                if slot.hash == hash && slot.key.is_bound() {
                    match same(slot.key) {
                        Some(true) => return Probe::Found(from + offset),
                        Some(false) => {}
                        None => {
                            let step = cursor.step + offset + 1;
                            return Probe::Ask(from + offset, Cursor { step, ..cursor });
                        }
                    }
                } else if slot.is_empty() {
                    return Probe::Absent(from + offset);
                }
            }
            cursor = self.jump(cursor);
        }
    }

    /// Where a key that is absent goes: the last mark on the way to the empty place that a search
    /// for it ends at, or that place.
    #[cold]
    #[inline(never)]
    fn place_among_marks(&self, hash: u64) -> usize {
        let (mut cursor, mut mark) = (self.start(hash), None);
        loop {
            let to = cursor.first + self.run(cursor.first);
            for place in cursor.first..=to {
                let slot = &self.slots[place];
                if slot.is_empty() {
                    return mark.unwrap_or(place);
                }
                if !slot.key.is_bound() {
                    mark = Some(place);
                }
            }
            cursor = self.jump(cursor);
        }
    }

    /// Puts a key into the empty place that a search for it ended at, or that of a mark on the way.
    pub(super) fn insert(&mut self, mut place: usize, hash: u64, key: Ref) {
        if self.slots.is_empty() {
            self.slots.resize(SMALLEST, Slot::EMPTY);
        }
        if self.filled > self.used {
            place = self.place_among_marks(hash);
        }
        let is_mark = !self.slots[place].is_empty();
        self.slots[place] = Slot {
            hash,
            key: key.into_value(),
        };
        self.used += 1;
        self.version += 1;
        if is_mark {
            return;
        }
        self.filled += 1;
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
            // No two keys are equal, so nothing is found.
            let Probe::Absent(place) =
                self.probe(self.start(slot.hash), slot.hash, |_| Some(false))
            else {
                unreachable!("a comparison that says no ends at an empty place")
            };
            self.slots[place] = slot;
        }
    }
}
