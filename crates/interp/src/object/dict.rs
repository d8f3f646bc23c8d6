//! Dictionaries: entries in order of insertion, and an index of them by hash.
//!
//! Up to [`SCANNED`] entries are found by scanning them; a larger table has an index of entry
//! numbers, probed openly. A removed entry stays as a hole until the table is rebuilt, so that an
//! entry's number never changes in between: caches remember it.

use super::str::Str;
use super::{Object, Payload, downcast_exact};
use crate::value::{Ref, Value};
use core::cell::Cell;
use selvedge_sync::seam::cell::UnsafeCell;

pub mod methods;
mod object;
pub mod views;

pub use object::{DICT_TYPE, Dict, Entries};
pub(crate) use object::{same_key, simple_hash};

/// The largest number of entries, holes included, that is searched without an index.
const SCANNED: usize = 8;
/// In the index: nothing here, and nothing further along the probe.
const EMPTY: u32 = u32::MAX;
/// In the index: an entry was here.
const REMOVED: u32 = u32::MAX - 1;

/// A key, its hash and its value. A hole has neither key nor value.
#[derive(Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) hash: u64,
    pub(crate) key: Value,
    pub(crate) value: Value,
}

/// Where a search stands.
pub(crate) enum Probe {
    /// No entry has the key.
    Absent,
    /// This entry has it.
    Found(usize),
    /// Only Python code can tell whether this entry has it; go on from the cursor if it has not.
    Ask(usize, Cursor),
}

/// Where to go on with a search.
#[derive(Clone, Copy)]
pub(crate) struct Cursor {
    at: usize,
    perturb: u64,
}

/// The table. It owns the references of its entries, but leaves releasing them to its holder,
/// who must not do so while the table is in use.
pub(crate) struct Table {
    entries: Vec<Entry>,
    /// A power of two long, or empty while scanning does.
    index: Vec<u32>,
    live: usize,
    /// Names the set of keys and their numbers; 0 until somebody asked.
    keys_version: Cell<u32>,
}

impl Table {
    pub(crate) const fn new() -> Self {
        Self {
            entries: Vec::new(),
            index: Vec::new(),
            live: 0,
            keys_version: Cell::new(0),
        }
    }

    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self {
            entries: Vec::with_capacity(capacity),
            ..Self::new()
        }
    }

    /// How many keys there are.
    #[inline(always)]
    pub(crate) fn len(&self) -> usize {
        self.live
    }

    /// The entries, holes among them.
    #[inline(always)]
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entry with number `number`, if its key is this very object.
    #[inline(always)]
    pub(crate) fn hinted(&self, number: usize, key: Value) -> Option<&Entry> {
        // The two tests stand alone: through `Option` they are four.
        if number < self.entries.len() {
            let entry = &self.entries[number];
            if entry.key.is(key) {
                return Some(entry);
            }
        }
        None
    }

    /// As [`hinted`](Self::hinted), to change the value.
    #[inline(always)]
    pub(crate) fn hinted_mut(&mut self, number: usize, key: Value) -> Option<&mut Entry> {
        self.entries
            .get_mut(number)
            .filter(|entry| entry.key.is(key))
    }

    /// The number of the state of the keys: it changes when one is added or removed.
    pub(crate) fn keys_version(&self) -> u32 {
        if self.keys_version.get() == 0 {
            self.keys_version.set(crate::cache::next_version());
        }
        self.keys_version.get()
    }

    /// Whether `version`, which is not 0, is the number of the state of the keys.
    #[inline(always)]
    pub(crate) fn has_keys(&self, version: u32) -> bool {
        self.keys_version.get() == version
    }

    /// Shows `visit` every key and value.
    #[inline(always)]
    pub(crate) fn show<V: FnMut(Value) + ?Sized>(&self, visit: &mut V) {
        for entry in &self.entries {
            if entry.key.is_bound() {
                visit(entry.key);
                visit(entry.value);
            }
        }
    }

    /// Starts a search.
    #[inline]
    pub(crate) fn start(&self, hash: u64) -> Cursor {
        Cursor {
            at: if self.index.is_empty() {
                0
            } else {
                hash as usize & (self.index.len() - 1)
            },
            perturb: hash,
        }
    }

    /// Goes on with a search. `same` compares a candidate's key: `None` if it cannot tell.
    #[inline]
    pub(crate) fn probe(
        &self,
        mut cursor: Cursor,
        hash: u64,
        same: impl Fn(Value) -> Option<bool>,
    ) -> Probe {
        if self.index.is_empty() {
            for (number, entry) in self.entries.iter().enumerate().skip(cursor.at) {
                if entry.hash == hash && entry.key.is_bound() {
                    match same(entry.key) {
                        Some(true) => return Probe::Found(number),
                        Some(false) => {}
                        None => {
                            return Probe::Ask(
                                number,
                                Cursor {
                                    at: number + 1,
                                    ..cursor
                                },
                            );
                        }
                    }
                }
            }
            return Probe::Absent;
        }
        loop {
            let number = self.index[cursor.at];
            if number == EMPTY {
                return Probe::Absent;
            }
            let next = self.advance(cursor);
            if number != REMOVED {
                let entry = &self.entries[number as usize];
                if entry.hash == hash {
                    match same(entry.key) {
                        Some(true) => return Probe::Found(number as usize),
                        Some(false) => {}
                        None => return Probe::Ask(number as usize, next),
                    }
                }
            }
            cursor = next;
        }
    }

    /// The next place of a probe: all bits of the hash take part, and every place is reached.
    #[inline]
    fn advance(&self, cursor: Cursor) -> Cursor {
        let perturb = cursor.perturb >> 5;
        let at = cursor
            .at
            .wrapping_mul(5)
            .wrapping_add(1)
            .wrapping_add(perturb as usize)
            & (self.index.len() - 1);
        Cursor { at, perturb }
    }

    /// The entry with the string `key`, for tables whose keys are all strings.
    #[inline]
    pub(crate) fn find_name(&self, key: Value) -> Option<usize> {
        let name = downcast_exact::<Str>(&key)?;
        let hash = name.hash();
        let same = |candidate: Value| {
            Some(
                candidate.is(key)
                    || downcast_exact::<Str>(&candidate).is_some_and(|other| other.equals(name)),
            )
        };
        match self.probe(self.start(hash), hash, same) {
            Probe::Found(number) => Some(number),
            Probe::Absent | Probe::Ask(..) => None,
        }
    }

    /// Adds an entry for a key that is absent, and returns its number.
    pub(crate) fn insert(&mut self, hash: u64, key: Value, value: Value) -> usize {
        if self.entries.len() == self.entries.capacity() && self.live < self.entries.len() / 2 {
            self.rebuild();
        }
        let number = self.entries.len();
        self.entries.push(Entry { hash, key, value });
        self.live += 1;
        self.keys_version.set(0);
        if self.entries.len() > SCANNED && self.entries.len() * 3 > self.index.len() * 2 {
            self.reindex();
        } else if !self.index.is_empty() {
            self.place(hash, number);
        }
        number
    }

    /// Replaces the value of an entry and returns the old one.
    #[inline]
    pub(crate) fn replace(&mut self, number: usize, value: Value) -> Value {
        core::mem::replace(&mut self.entries[number].value, value)
    }

    /// Removes an entry and returns its key and value.
    pub(crate) fn remove(&mut self, number: usize) -> (Value, Value) {
        let Entry { hash, key, value } = self.entries[number];
        if !self.index.is_empty() {
            let mut cursor = self.start(hash);
            while self.index[cursor.at] != number as u32 {
                cursor = self.advance(cursor);
            }
            self.index[cursor.at] = REMOVED;
        }
        self.entries[number] = Entry {
            hash: 0,
            key: Value::UNBOUND,
            value: Value::UNBOUND,
        };
        self.live -= 1;
        self.keys_version.set(0);
        while self
            .entries
            .last()
            .is_some_and(|entry| !entry.key.is_bound())
        {
            self.entries.pop();
        }
        (key, value)
    }

    /// Takes every entry out.
    pub(crate) fn take(&mut self) -> Vec<Entry> {
        self.index = Vec::new();
        self.live = 0;
        self.keys_version.set(0);
        core::mem::take(&mut self.entries)
    }

    /// Closes the holes.
    fn rebuild(&mut self) {
        self.entries.retain(|entry| entry.key.is_bound());
        self.reindex();
    }

    fn reindex(&mut self) {
        if self.entries.len() <= SCANNED {
            self.index = Vec::new();
            return;
        }
        let size = (self.entries.len() * 2)
            .next_power_of_two()
            .max(2 * SCANNED);
        self.index.clear();
        self.index.resize(size, EMPTY);
        for number in 0..self.entries.len() {
            if self.entries[number].key.is_bound() {
                self.place(self.entries[number].hash, number);
            }
        }
    }

    fn place(&mut self, hash: u64, number: usize) {
        let mut cursor = self.start(hash);
        while self.index[cursor.at] < REMOVED {
            cursor = self.advance(cursor);
        }
        self.index[cursor.at] = u32::try_from(number).expect("fewer than four billion entries");
    }
}

/// The attributes of a type, by name.
pub(crate) struct AttributeTable(UnsafeCell<Table>);

impl AttributeTable {
    pub(crate) const fn new() -> Self {
        Self(UnsafeCell::new(Table::new()))
    }

    /// The attribute `name`, borrowed.
    #[inline]
    pub(crate) fn get(&self, name: Value) -> Option<Value> {
        self.0.with(|table| {
            // SAFETY: attributes change only under the interpreter's lock, or with the world
            // stopped where there is none; nothing below runs Python.
            let table = unsafe { &*table };
            table
                .find_name(name)
                .map(|number| table.entries()[number].value)
        })
    }

    /// The table's own name and value of the attribute `name`, borrowed.
    pub(crate) fn entry(&self, name: Value) -> Option<(Value, Value)> {
        self.0.with(|table| {
            // SAFETY: as in `get`.
            let table = unsafe { &*table };
            let entry = table.entries()[table.find_name(name)?];
            Some((entry.key, entry.value))
        })
    }

    /// Sets the attribute `name`; returns the old value.
    ///
    /// # Safety
    /// Nobody reads or writes the table at the same time.
    pub(crate) unsafe fn set(&self, name: Ref, value: Ref) -> Option<Ref> {
        self.0.with_mut(|table| {
            // SAFETY: by contract.
            let table = unsafe { &mut *table };
            let hash = downcast_exact::<Str>(&name)
                .expect("an attribute's name is a string")
                .hash();
            match table.find_name(*name) {
                Some(number) => Ref::adopt_bound(table.replace(number, value.into_value())),
                None => {
                    table.insert(hash, name.into_value(), value.into_value());
                    None
                }
            }
        })
    }

    /// Removes the attribute `name`; returns its value.
    ///
    /// # Safety
    /// Nobody reads or writes the table at the same time.
    pub(crate) unsafe fn remove(&self, name: Value) -> Option<Ref> {
        self.0.with_mut(|table| {
            // SAFETY: by contract.
            let table = unsafe { &mut *table };
            let (key, value) = table.remove(table.find_name(name)?);
            drop(Ref::adopt(key));
            Some(Ref::adopt(value))
        })
    }

    /// The names and values, in order.
    pub(crate) fn to_vec(&self) -> Vec<(Ref, Ref)> {
        self.0.with(|table| {
            // SAFETY: as in `get`.
            let entries = unsafe { (*table).entries() };
            let bound = entries.iter().filter(|entry| entry.key.is_bound());
            bound
                .map(|entry| (entry.key.to_ref(), entry.value.to_ref()))
                .collect()
        })
    }

    /// Shows `visit` every name and value.
    ///
    /// # Safety
    /// Nobody writes the table meanwhile.
    pub(crate) unsafe fn show<V: FnMut(Value) + ?Sized>(&self, visit: &mut V) {
        // SAFETY: by contract.
        self.0.with(|table| unsafe { (*table).show(visit) });
    }

    /// Releases everything, when the type is of no more use.
    ///
    /// # Safety
    /// Nobody else uses the table.
    pub(crate) unsafe fn clear(&self) {
        // SAFETY: by contract.
        let entries = self.0.with_mut(|table| unsafe { (*table).take() });
        for entry in entries {
            drop(Ref::adopt_bound(entry.key));
            drop(Ref::adopt_bound(entry.value));
        }
    }
}

// SAFETY: see `Dict`: `repr(C)`, begins with an `Object`.
unsafe impl Payload for Dict {
    const TYPE: &'static super::Type = &DICT_TYPE;
    const REFERS: bool = true;

    #[inline(always)]
    unsafe fn references<V: FnMut(Value) + ?Sized>(&self, visit: &mut V) {
        // SAFETY: the caller's promise.
        unsafe { self.each_value(visit) };
    }

    unsafe fn let_go(&self) {
        self.clear();
    }
}

/// The beginning of an empty dictionary's object.
fn dict_object() -> Object {
    Object::new(&DICT_TYPE)
}
