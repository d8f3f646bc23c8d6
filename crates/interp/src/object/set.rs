//! Sets and frozen sets.

use super::{Base, Object, Payload, Slots, Type, allocate, class, unbox};
use crate::error::PyResult;
use crate::gc::Holds;
use crate::object::dict::{same_key, simple_hash};
use crate::operations;
use crate::references;
use crate::sharing::{self, guarded};
use crate::thread::Thread;
use crate::value::{Ref, Value};
use selvedge_sync::seam::atomic::{AtomicU64, Ordering};
use selvedge_sync::seam::cell::UnsafeCell;
use table::{Cursor, Probe, Table};

mod iterator;
mod methods;
mod operators;
mod table;

pub use iterator::SET_ITERATOR_TYPE;
pub(crate) use methods::update_from;

/// A set, frozen or not.
#[repr(C)]
pub struct Set {
    object: Object,
    table: UnsafeCell<Table>,
    /// The hash of a frozen set; 0 until somebody asked.
    hash: AtomicU64,
}

/// The type `set`.
pub static SET_TYPE: Type = Type::builtin(
    "set",
    Base::One(&class::OBJECT_TYPE),
    Slots {
        hash: Some(super::list::methods::unhashable),
        inplace: Some(operators::inplace),
        construct: Some(methods::construct_set),
        ..SLOTS
    },
    methods::SET_METHODS,
)
.subclassable();

/// The type `frozenset`.
pub static FROZEN_SET_TYPE: Type = Type::builtin(
    "frozenset",
    Base::One(&class::OBJECT_TYPE),
    Slots {
        hash: Some(|_, value| Ok(expect(&value).frozen_hash())),
        construct: Some(methods::construct_frozen),
        ..SLOTS
    },
    methods::FROZEN_METHODS,
)
.subclassable();

const SLOTS: Slots = Slots {
    dealloc: Set::dealloc,
    repr: Some(methods::repr),
    len: Some(|_, value| Ok(expect(&value).len())),
    iter: Some(|_, value| Ok(iterator::SetIterator::new(value.to_ref()))),
    contains: Some(|thread, value, key| expect(&value).contains(thread, key)),
    binary: Some(operators::binary),
    compare: Some(operators::compare),
    ..Slots::of::<Set>()
};

// SAFETY: `Set` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for Set {
    const TYPE: &'static Type = &SET_TYPE;

    references!(table; hash);
}

/// A value that is a set, frozen or not.
pub(crate) fn set_of(value: &Value) -> Option<&Set> {
    let object = value.as_object()?;
    // SAFETY: a bound pointer word points to a live object, and both types are laid out as `Set`.
    unsafe {
        let ty = (*object).ty();
        (ty.is_subtype(&SET_TYPE) || ty.is_subtype(&FROZEN_SET_TYPE))
            .then(|| &*object.cast::<Set>())
    }
}

fn expect(value: &Value) -> &Set {
    set_of(value).expect("slots of sets are called with sets")
}

fn is_frozen(value: Value) -> bool {
    value.ty().is_subtype(&FROZEN_SET_TYPE)
}

impl Holds for UnsafeCell<Table> {
    unsafe fn show<V: FnMut(Value) + ?Sized>(&self, visit: &mut V) {
        // SAFETY: nobody changes the set, says the caller.
        self.with(|table| unsafe { (*table).show(visit) });
    }

    unsafe fn let_go(&self) {
        // SAFETY: nobody else uses the set, says the caller.
        drop(self.with_mut(|table| unsafe { (*table).take() }));
    }
}

impl Set {
    /// An empty set of type `ty`, which is or derives from `set` or `frozenset`.
    pub(crate) fn empty(ty: &'static Type) -> Ref {
        let table = UnsafeCell::new(Table::new());
        allocate(Self {
            object: Object::new(ty),
            table,
            hash: AtomicU64::new(0),
        })
    }

    /// A frozen set of these keys.
    ///
    /// # Errors
    /// What hashing or comparing keys raises.
    pub fn frozen(thread: &mut Thread, keys: Vec<Ref>) -> PyResult {
        let new = Self::empty(&FROZEN_SET_TYPE);
        for key in keys {
            expect(&new).add(thread, key)?;
        }
        Ok(new)
    }

    unsafe fn dealloc(object: *mut Object) {
        // SAFETY: the last reference is gone.
        let set = unsafe { unbox::<Self>(object) };
        drop(set.table.into_inner().take());
    }

    /// Runs `f` on the table, alone with it. `f` runs no Python code and releases nothing.
    fn locked<R>(&self, f: impl FnOnce(&mut Table) -> R) -> R {
        guarded(&self.object, || {
            self.table.with_mut(|table| {
                // SAFETY: the interpreter's lock or the object's own is held, and `f` neither
                // runs Python code nor comes back here.
                f(unsafe { &mut *table })
            })
        })
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

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds a key; says whether it is new.
    ///
    /// # Errors
    /// What hashing or comparing keys raises.
    pub fn add(&self, thread: &mut Thread, key: Ref) -> PyResult<bool> {
        let hash = match simple_hash(*key) {
            Some(hash) => hash,
            None => element_hash(thread, *key)?,
        };
        self.add_hashed(thread, hash, key)
    }

    fn add_hashed(&self, thread: &mut Thread, hash: u64, key: Ref) -> PyResult<bool> {
        let (word, mut key) = (*key, Some(key));
        self.search(thread, word, hash, |table, place| match place {
            Probe::Absent(place) => {
                table.insert(place, hash, key.take().expect("a search finishes once"));
                true
            }
            _ => false,
        })
    }

    /// Whether `key` is there; a set stands for the frozen one of the same keys.
    ///
    /// # Errors
    /// What hashing or comparing keys raises.
    pub fn contains(&self, thread: &mut Thread, key: Value) -> PyResult<bool> {
        let hash = wanted_hash(thread, key)?;
        self.contains_hashed(thread, hash, key)
    }

    /// Whether the string or integer `key` is there, if no Python code has to compare keys.
    #[inline]
    pub(crate) fn contains_simple(&self, key: Value) -> Option<bool> {
        let hash = simple_hash(key)?;
        self.briefly((hash, key), |table, (hash, key)| {
            let same = move |candidate| same_key(candidate, key);
            match table.probe(table.start(hash), hash, same) {
                Probe::Found(_) => Some(true),
                Probe::Absent(_) => Some(false),
                Probe::Ask(..) => None,
            }
        })
    }

    fn contains_hashed(&self, thread: &mut Thread, hash: u64, key: Value) -> PyResult<bool> {
        self.search(thread, key, hash, |_, place| {
            matches!(place, Probe::Found(_))
        })
    }

    /// Removes `key`; says whether it was there.
    ///
    /// # Errors
    /// What hashing or comparing keys raises.
    pub fn discard(&self, thread: &mut Thread, key: Value) -> PyResult<bool> {
        let hash = match simple_hash(key) {
            Some(hash) => hash,
            None => wanted_hash(thread, key)?,
        };
        self.discard_hashed(thread, hash, key)
    }

    fn discard_hashed(&self, thread: &mut Thread, hash: u64, key: Value) -> PyResult<bool> {
        let removed = self.search(thread, key, hash, |table, place| match place {
            Probe::Found(place) => Some(table.remove(place)),
            _ => None,
        })?;
        Ok(removed.is_some())
    }

    /// The keys as they are now.
    pub fn to_vec(&self) -> Vec<Ref> {
        self.locked(|table| table.iter().map(|(_, key)| key.to_ref()).collect())
    }

    /// The keys as they are now, with their hashes.
    fn hashed(&self) -> Vec<(u64, Ref)> {
        self.locked(|table| {
            table
                .iter()
                .map(|(hash, key)| (hash, key.to_ref()))
                .collect()
        })
    }

    /// Adds the keys of another set.
    fn merge(&self, thread: &mut Thread, other: &Set) -> PyResult<()> {
        let keys = other.hashed();
        let fresh = self.locked(|table| {
            table.reserve(keys.len());
            table.len() == 0
        });
        if fresh && core::ptr::eq(self, other) {
            return Ok(());
        }
        for (hash, key) in keys {
            self.add_hashed(thread, hash, key)?;
        }
        Ok(())
    }

    /// Removes every key.
    pub fn clear(&self) {
        drop(self.locked(Table::take));
    }

    /// The hash of a frozen set of these keys: their order does not count.
    fn frozen_hash(&self) -> u64 {
        // Relaxed: whoever computes it computes the same.
        let known = self.hash.load(Ordering::Relaxed);
        if known != 0 && is_frozen(Value::uncounted(&raw const self.object)) {
            return known;
        }
        let shuffled = |hash: u64| (hash ^ 0x055b_4db3 ^ (hash << 16)).wrapping_mul(3_644_798_167);
        let (mixed, len) = self.locked(|table| {
            (
                table
                    .iter()
                    .fold(0, |mixed, (hash, _)| mixed ^ shuffled(hash)),
                table.len(),
            )
        });
        let mixed = mixed ^ (len as u64 + 1).wrapping_mul(1_927_868_237);
        let mixed = mixed ^ (mixed >> 11) ^ (mixed >> 25);
        let hash = mixed.wrapping_mul(69_069).wrapping_add(907_133_923);
        let hash = if hash == u64::MAX { 590_923_713 } else { hash };
        self.hash.store(hash, Ordering::Relaxed);
        hash
    }

    /// Searches for `key` and finishes with its place, in one step with respect to other threads.
    /// Keys that only Python code can compare are compared outside the lock; if the keys changed
    /// meanwhile, the search starts again.
    fn search<R>(
        &self,
        thread: &mut Thread,
        key: Value,
        hash: u64,
        mut finish: impl FnMut(&mut Table, Probe) -> R,
    ) -> PyResult<R> {
        let mut resume: Option<(Cursor, u64)> = None;
        loop {
            let step = self.locked(|table| {
                let cursor = match resume {
                    Some((cursor, version)) if version == table.version() => cursor,
                    _ => table.start(hash),
                };
                match table.probe(cursor, hash, |candidate| same_key(candidate, key)) {
                    Probe::Ask(place, next) => {
                        Err((table.key(place).to_ref(), place, next, table.version()))
                    }
                    known => Ok(finish(table, known)),
                }
            });
            let (candidate, place, next, version) = match step {
                Ok(result) => return Ok(result),
                Err(question) => question,
            };
            if operations::equals(thread, *candidate, key)? {
                let found = self.locked(|table| {
                    (table.version() == version).then(|| finish(table, Probe::Found(place)))
                });
                if let Some(result) = found {
                    return Ok(result);
                }
            }
            resume = Some((next, version));
        }
    }
}

/// The hash of a key that goes into a set.
fn element_hash(thread: &mut Thread, key: Value) -> PyResult<u64> {
    operations::hash_as(thread, key, "a set element")
}

/// The hash of a key that is looked for: that of a set is the frozen one's.
fn wanted_hash(thread: &mut Thread, key: Value) -> PyResult<u64> {
    match set_of(&key).filter(|_| !is_frozen(key)) {
        Some(set) => Ok(set.frozen_hash()),
        None => element_hash(thread, key),
    }
}
