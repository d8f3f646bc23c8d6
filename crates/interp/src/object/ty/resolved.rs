//! What cached look-ups in a type have found: a cache is one word, too small for a value and the
//! version that guards it, so it has a number, under which the value is here.

use crate::object::Object;
use crate::value::Value;
use selvedge_sync::seam::atomic::{AtomicPtr, AtomicU64, Ordering};

/// How many names are noted at first, and at most.
const FIRST: usize = 16;
const MOST: usize = 1 << 12;

/// Names and what they stand for. Both are borrowed from the attributes of the type or a base.
///
/// | who | does what | under |
/// | --- | --- | --- |
/// | a cache that hits | reads a value | nothing: it knows the type's version |
/// | a cache that misses | notes a name and a value | the type's lock |
/// | whoever changes the type | clears or replaces | being alone in the interpreter |
pub(super) struct Resolved(AtomicPtr<Entries>);

struct Entries {
    /// What was here before there were more, for those that still read it.
    smaller: Option<Box<Entries>>,
    entries: Box<[Entry]>,
}

/// Bits of values; 0 if there is nothing.
#[derive(Default)]
struct Entry {
    name: AtomicU64,
    value: AtomicU64,
}

impl Resolved {
    pub(super) const fn new() -> Self {
        Self(AtomicPtr::new(core::ptr::null_mut()))
    }

    #[inline(always)]
    fn entries(&self) -> &[Entry] {
        // Acquire: entries are complete before they are found here.
        // SAFETY: what was once here lives as long as the type.
        unsafe { self.0.load(Ordering::Acquire).as_ref() }.map_or(&[], |all| &all.entries)
    }

    /// The value with number `number`.
    #[inline(always)]
    pub(super) fn get(&self, number: usize) -> Option<Value> {
        // Acquire: the object is complete before it is found here.
        let bits = self.entries().get(number)?.value.load(Ordering::Acquire);
        (bits != 0).then(|| Value::from_bits(bits))
    }

    /// Notes a name and its value, for the type that `object` begins; returns their number.
    pub(super) fn note(&self, object: &Object, name: Value, value: Value) -> Option<usize> {
        // A builtin type is every interpreter's: a lock of one of them is not enough.
        crate::sharing::locked(object, || {
            // Relaxed, also below: entries change under the lock.
            let at = |entries: &[Entry], bits: u64| {
                let mut names = entries.iter().map(|entry| &entry.name);
                names.position(|name| name.load(Ordering::Relaxed) == bits)
            };
            let key = Value::uncounted(name.pointer()).bits();
            if let Some(known) = at(self.entries(), key) {
                return Some(known);
            }
            if at(self.entries(), 0).is_none() {
                self.enlarge()?;
            }
            let free = at(self.entries(), 0)?;
            let entry = &self.entries()[free];
            entry.name.store(key, Ordering::Relaxed);
            // Release: see `get`.
            entry.value.store(value.borrow().bits(), Ordering::Release);
            Some(free)
        })
    }

    /// Makes room for twice as many. The type's lock is held.
    fn enlarge(&self) -> Option<()> {
        let old = self.entries();
        let size = (old.len() * 2).max(FIRST);
        if size > MOST {
            return None;
        }
        let entries: Box<[Entry]> = (0..size)
            .map(|index| {
                let bits = |place: fn(&Entry) -> &AtomicU64| {
                    // Relaxed: written under the lock.
                    AtomicU64::new(
                        old.get(index)
                            .map_or(0, |entry| place(entry).load(Ordering::Relaxed)),
                    )
                };
                Entry {
                    name: bits(|entry| &entry.name),
                    value: bits(|entry| &entry.value),
                }
            })
            .collect();
        // Relaxed: changed under the lock.
        let smaller = self.0.load(Ordering::Relaxed);
        // SAFETY: made here earlier; from now on the larger one keeps it.
        let smaller = (!smaller.is_null()).then(|| unsafe { Box::from_raw(smaller) });
        // Release: see `entries`.
        self.0.store(
            Box::into_raw(Box::new(Entries { smaller, entries })),
            Ordering::Release,
        );
        Some(())
    }

    /// Forgets everything. The caller is alone.
    pub(super) fn clear(&self) {
        for entry in self.entries() {
            // Relaxed, also below: the caller is alone.
            entry.name.store(0, Ordering::Relaxed);
            entry.value.store(0, Ordering::Relaxed);
        }
    }

    /// Replaces the value of `name`, if it was noted. The caller is alone.
    pub(super) fn replace(&self, name: Value, value: Value) {
        let name = Value::uncounted(name.pointer()).bits();
        let mut entries = self.entries().iter();
        // Relaxed, also below: the caller is alone.
        if let Some(entry) = entries.find(|entry| entry.name.load(Ordering::Relaxed) == name) {
            entry.value.store(value.borrow().bits(), Ordering::Relaxed);
        }
    }
}

impl Drop for Resolved {
    fn drop(&mut self) {
        // Relaxed: the exclusive borrow says that nobody else is here.
        let entries = self.0.load(Ordering::Relaxed);
        if !entries.is_null() {
            // SAFETY: made by `enlarge`, and kept here only.
            let entries = unsafe { Box::from_raw(entries) };
            drop(entries.smaller);
        }
    }
}
