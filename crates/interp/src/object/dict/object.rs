//! The dictionary object: its table, and the lock that guards it where no interpreter lock does.

use super::{Cursor, Entry, Probe, Table, dict_object, methods};
use crate::error::PyResult;
use crate::object::float::float_of;
use crate::object::str::Str;
use crate::object::{Base, Object, Slots, Type, allocate, class, downcast_exact, int, unbox};
use crate::operations;
use crate::sharing::{self, guarded};
use crate::thread::Thread;
use crate::value::{Ref, Value};
use selvedge_sync::seam::cell::UnsafeCell;

/// A dictionary.
#[repr(C)]
pub struct Dict {
    object: Object,
    table: UnsafeCell<Table>,
}

/// The type `dict`.
pub static DICT_TYPE: Type = Type::builtin(
    "dict",
    Base::One(&class::OBJECT_TYPE),
    Slots {
        dealloc: Dict::dealloc,
        ..methods::SLOTS
    },
    methods::METHODS,
)
.subclassable();

/// Walks a dictionary's entries in order.
#[derive(Clone, Copy, Debug, Default)]
pub struct Entries {
    next: usize,
}

impl Entries {
    /// Behind the last entry.
    pub fn at_end() -> Self {
        Self { next: usize::MAX }
    }
}

impl Dict {
    /// An empty dictionary.
    pub fn new() -> Ref {
        Self::with_capacity(0)
    }

    /// An empty dictionary with room for `capacity` keys.
    pub fn with_capacity(capacity: usize) -> Ref {
        allocate(Self {
            object: dict_object(),
            table: UnsafeCell::new(Table::with_capacity(capacity)),
        })
    }

    unsafe fn dealloc(object: *mut Object) {
        // SAFETY: the last reference is gone.
        let dict = unsafe { unbox::<Self>(object) };
        release_entries(dict.table.into_inner().take());
    }

    /// Shows `visit` every key and value.
    ///
    /// # Safety
    /// Nobody changes the dictionary meanwhile.
    #[inline(always)]
    pub(super) unsafe fn each_value<V: FnMut(Value) + ?Sized>(&self, visit: &mut V) {
        self.table.with(|table| {
            // SAFETY: by contract.
            unsafe { (*table).show(visit) };
        });
    }

    /// Runs `f` on the table, alone with it. `f` runs no Python code and releases nothing.
    #[inline(always)]
    pub(crate) fn locked<R>(&self, f: impl FnOnce(&mut Table) -> R) -> R {
        guarded(&self.object, || {
            self.table.with_mut(|table| {
                // SAFETY: the interpreter's lock or the object's own is held, and `f` neither
                // runs Python code nor comes back here.
                f(unsafe { &mut *table })
            })
        })
    }

    /// The value of the entry with number `number`, if its key is this very object.
    #[inline(always)]
    pub(crate) fn hinted(&self, number: usize, key: Value) -> Option<Ref> {
        self.briefly((number, key), |table, (number, key)| {
            table.hinted(number, key).map(|entry| entry.value.to_ref())
        })
    }

    /// The value of the entry with number `number`, if the state of the keys is `version`, of
    /// which that entry is part.
    #[inline(always)]
    pub(crate) fn numbered(&self, number: usize, version: u32) -> Option<Ref> {
        self.briefly((number, version), |table, (number, version)| {
            if !table.has_keys(version) {
                return None;
            }
            table
                .entries()
                .get(number)
                .map(|entry| entry.value.to_ref())
        })
    }

    /// Whether the state of the keys is `version`.
    #[inline(always)]
    pub(crate) fn has_keys(&self, version: u32) -> bool {
        self.briefly(version, |table, version| table.has_keys(version))
    }

    /// As [`locked`](Self::locked), for what is small and runs often: see [`sharing::briefly`].
    #[inline(always)]
    fn briefly<A, R>(&self, given: A, f: impl FnOnce(&mut Table, A) -> R) -> R {
        // SAFETY: the object's lock guards the cell, and `f` does not come back here.
        unsafe { sharing::briefly(&self.object, &self.table, given, f) }
    }

    /// How many keys.
    pub fn len(&self) -> usize {
        self.briefly((), |table, ()| table.len())
    }

    /// Whether there are no keys.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of `key`.
    ///
    /// # Errors
    /// What hashing or comparing keys raises.
    pub fn get(&self, thread: &mut Thread, key: Value) -> PyResult<Option<Ref>> {
        let hash = operations::hash_as(thread, key, "a dict key")?;
        self.search(thread, key, hash, |table, found| {
            found.map(|number| table.entries()[number].value.to_ref())
        })
    }

    /// The value of a string or integer, if it is there and no Python code has to compare keys.
    #[inline]
    pub(crate) fn get_simple(&self, key: Value) -> Option<Ref> {
        let hash = simple_hash(key)?;
        self.locked(|table| {
            let same = |candidate| same_key(candidate, key);
            match table.probe(table.start(hash), hash, same) {
                Probe::Found(number) => Some(table.entries()[number].value.to_ref()),
                Probe::Absent | Probe::Ask(..) => None,
            }
        })
    }

    /// Whether the string or integer `key` is there, if no Python code has to compare keys.
    #[inline]
    pub(crate) fn contains_simple(&self, key: Value) -> Option<bool> {
        let hash = simple_hash(key)?;
        self.locked(|table| {
            let same = |candidate| same_key(candidate, key);
            match table.probe(table.start(hash), hash, same) {
                Probe::Found(_) => Some(true),
                Probe::Absent => Some(false),
                Probe::Ask(..) => None,
            }
        })
    }

    /// The value of the string `key`, in a dictionary whose keys are strings.
    #[inline]
    pub fn get_name(&self, key: Value) -> Option<Ref> {
        self.locked(|table| {
            table
                .find_name(key)
                .map(|number| table.entries()[number].value.to_ref())
        })
    }

    /// Sets `key` to `value`.
    ///
    /// # Errors
    /// What hashing or comparing keys raises.
    pub fn set(&self, thread: &mut Thread, key: Ref, value: Ref) -> PyResult<()> {
        let hash = operations::hash_as(thread, *key, "a dict key")?;
        let (key_word, mut pair) = (*key, Some((key, value)));
        let old = self.search(thread, key_word, hash, |table, found| {
            let (key, value) = pair.take().expect("a search finishes once");
            match found {
                Some(number) => Some((Ref::adopt(table.replace(number, value.into_value())), key)),
                None => {
                    table.insert(hash, key.into_value(), value.into_value());
                    None
                }
            }
        })?;
        drop(old);
        Ok(())
    }

    /// Sets the string `key` to `value`, in a dictionary whose keys are strings. Returns the
    /// entry's number.
    pub fn set_name(&self, key: Ref, value: Ref) -> usize {
        let hash = downcast_exact::<Str>(&key)
            .expect("a name is a string")
            .hash();
        let (number, old) = self.locked(|table| match table.find_name(*key) {
            Some(number) => (
                number,
                Some((Ref::adopt(table.replace(number, value.into_value())), key)),
            ),
            None => (
                table.insert(hash, key.into_value(), value.into_value()),
                None,
            ),
        });
        drop(old);
        number
    }

    /// The value of `key`, set to `default` first if it is absent.
    ///
    /// # Errors
    /// What hashing or comparing keys raises.
    pub fn set_default(&self, thread: &mut Thread, key: Ref, default: Ref) -> PyResult {
        let hash = operations::hash_as(thread, *key, "a dict key")?;
        let (key_word, mut pair) = (*key, Some((key, default)));
        let (value, _unused) = self.search(thread, key_word, hash, |table, found| {
            let (key, default) = pair.take().expect("a search finishes once");
            match found {
                Some(number) => (table.entries()[number].value.to_ref(), Some((key, default))),
                None => {
                    let result = default.clone();
                    table.insert(hash, key.into_value(), default.into_value());
                    (result, None)
                }
            }
        })?;
        Ok(value)
    }

    /// Removes `key`; returns its value.
    ///
    /// # Errors
    /// What hashing or comparing keys raises.
    pub fn remove(&self, thread: &mut Thread, key: Value) -> PyResult<Option<Ref>> {
        let hash = operations::hash_as(thread, key, "a dict key")?;
        let removed = self.search(thread, key, hash, |table, found| {
            found.map(|number| table.remove(number))
        })?;
        Ok(removed.map(|(key, value)| {
            drop(Ref::adopt(key));
            Ref::adopt(value)
        }))
    }

    /// Removes the string `key`, in a dictionary whose keys are strings.
    pub fn remove_name(&self, key: Value) -> Option<Ref> {
        let (key, value) =
            self.locked(|table| table.find_name(key).map(|number| table.remove(number)))?;
        drop(Ref::adopt(key));
        Some(Ref::adopt(value))
    }

    /// Removes and returns the last key and value.
    pub fn pop_last(&self) -> Option<(Ref, Ref)> {
        let (key, value) = self.locked(|table| {
            let last = table
                .entries()
                .iter()
                .rposition(|entry| entry.key.is_bound())?;
            Some(table.remove(last))
        })?;
        Some((Ref::adopt(key), Ref::adopt(value)))
    }

    /// Removes every key.
    pub fn clear(&self) {
        release_entries(self.locked(Table::take));
    }

    /// The next key and value at or after the cursor.
    pub fn next_entry(&self, cursor: &mut Entries) -> Option<(Ref, Ref)> {
        self.locked(|table| {
            while let Some(entry) = table.entries().get(cursor.next) {
                cursor.next += 1;
                if entry.key.is_bound() {
                    return Some((entry.key.to_ref(), entry.value.to_ref()));
                }
            }
            None
        })
    }

    /// The next key and value before the cursor, going backwards.
    pub fn previous_entry(&self, cursor: &mut Entries) -> Option<(Ref, Ref)> {
        self.locked(|table| {
            cursor.next = cursor.next.min(table.entries().len());
            while let Some(before) = cursor.next.checked_sub(1) {
                cursor.next = before;
                let entry = &table.entries()[before];
                if entry.key.is_bound() {
                    return Some((entry.key.to_ref(), entry.value.to_ref()));
                }
            }
            None
        })
    }

    /// Keys and values as they are now.
    pub fn to_vec(&self) -> Vec<(Ref, Ref)> {
        self.locked(|table| {
            let bound = table.entries().iter().filter(|entry| entry.key.is_bound());
            bound
                .map(|entry| (entry.key.to_ref(), entry.value.to_ref()))
                .collect()
        })
    }

    /// Searches for `key` and finishes with the entry's number, or `None`, in one step with
    /// respect to other threads. Keys that only Python code can compare are compared outside the
    /// lock; if the keys changed meanwhile, the search starts again.
    fn search<R>(
        &self,
        thread: &mut Thread,
        key: Value,
        hash: u64,
        finish: impl FnOnce(&mut Table, Option<usize>) -> R,
    ) -> PyResult<R> {
        let mut finish = Some(finish);
        let mut resume: Option<(Cursor, u32)> = None;
        loop {
            let step = self.locked(|table| {
                let cursor = match resume {
                    Some((cursor, version)) if version == table.keys_version() => cursor,
                    _ => table.start(hash),
                };
                match table.probe(cursor, hash, |candidate| same_key(candidate, key)) {
                    Probe::Found(number) => Ok(finish_once(&mut finish)(table, Some(number))),
                    Probe::Absent => Ok(finish_once(&mut finish)(table, None)),
                    Probe::Ask(number, next) => Err((
                        table.entries()[number].key.to_ref(),
                        number,
                        next,
                        table.keys_version(),
                    )),
                }
            });
            let (candidate, number, next, version) = match step {
                Ok(result) => return Ok(result),
                Err(question) => question,
            };
            if operations::equals(thread, *candidate, key)? {
                let found = self.locked(|table| {
                    (table.keys_version() == version)
                        .then(|| finish_once(&mut finish)(table, Some(number)))
                });
                if let Some(result) = found {
                    return Ok(result);
                }
            }
            resume = Some((next, version));
        }
    }
}

fn finish_once<F>(finish: &mut Option<F>) -> F {
    finish.take().expect("a search finishes once")
}

/// The hash of a string or of an integer in a word.
#[inline(always)]
pub(crate) fn simple_hash(key: Value) -> Option<u64> {
    match downcast_exact::<Str>(&key) {
        Some(string) => Some(string.hash()),
        None => key.as_int().map(int::hash_word),
    }
}

/// Whether two keys of equal hash are the same, where that takes no Python code.
#[inline(always)]
pub(crate) fn same_key(candidate: Value, key: Value) -> Option<bool> {
    if candidate.is(key) {
        return Some(true);
    }
    if candidate.is_int() && key.is_int() {
        return Some(false);
    }
    same_key_of_others(candidate, key)
}

/// As [`same_key`], for keys that are neither identical nor both integers in words.
#[inline(never)]
fn same_key_of_others(candidate: Value, key: Value) -> Option<bool> {
    let is_number = |value: Value| value.is_int() || value.is_float();
    match (
        downcast_exact::<Str>(&candidate),
        downcast_exact::<Str>(&key),
    ) {
        (Some(left), Some(right)) => return Some(left.equals(right)),
        (Some(_), None) if is_number(key) => return Some(false),
        (None, Some(_)) if is_number(candidate) => return Some(false),
        _ => {}
    }
    match (float_of(candidate), float_of(key)) {
        (Some(left), Some(right)) => Some(left == right),
        _ => None,
    }
}

fn release_entries(entries: Vec<Entry>) {
    for entry in entries {
        drop(Ref::adopt_bound(entry.key));
        drop(Ref::adopt_bound(entry.value));
    }
}
