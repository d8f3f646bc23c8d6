//! Things that are known by their numbers.

use std::collections::BTreeMap;

use selvedge_sync::seam::{Arc, Mutex};

use super::error::{NotFound, UnbindError};

/// Things by their numbers, which are given out in order and never again.
pub(super) struct Registry<C>(Mutex<Table<C>>);

struct Table<C> {
    last: u64,
    all: BTreeMap<u64, Registered<C>>,
}

struct Registered<C> {
    thing: Arc<C>,
    /// How often it was bound.
    bound: usize,
}

impl<C> Registry<C> {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Table {
            last: 0,
            all: BTreeMap::new(),
        }))
    }

    pub(super) fn add(&self, thing: C) -> u64 {
        let registered = Registered {
            thing: Arc::new(thing),
            bound: 0,
        };
        let mut table = self.0.lock();
        table.last += 1;
        let number = table.last;
        table.all.insert(number, registered);
        number
    }

    pub(super) fn get(&self, number: u64) -> Result<Arc<C>, NotFound> {
        let table = self.0.lock();
        let registered = table.all.get(&number).ok_or(NotFound)?;
        Ok(Arc::clone(&registered.thing))
    }

    pub(super) fn remove(&self, number: u64) -> Result<Arc<C>, NotFound> {
        let removed = self.0.lock().all.remove(&number);
        removed.map(|registered| registered.thing).ok_or(NotFound)
    }

    /// All things in the order of their numbers.
    pub(super) fn all(&self) -> Vec<(u64, Arc<C>)> {
        let table = self.0.lock();
        let all = table.all.iter();
        all.map(|(number, registered)| (*number, Arc::clone(&registered.thing)))
            .collect()
    }

    /// Counts one more who needs the thing.
    pub(super) fn bind(&self, number: u64) -> Result<(), NotFound> {
        let mut table = self.0.lock();
        table.all.get_mut(&number).ok_or(NotFound)?.bound += 1;
        Ok(())
    }

    /// Counts one less; returns the thing if that was the last, and it is not known any more.
    pub(super) fn unbind(&self, number: u64) -> Result<Option<Arc<C>>, UnbindError> {
        let mut table = self.0.lock();
        let registered = table.all.get_mut(&number).ok_or(UnbindError::NotFound)?;
        registered.bound = registered
            .bound
            .checked_sub(1)
            .ok_or(UnbindError::NotBound)?;
        if registered.bound > 0 {
            return Ok(None);
        }
        let removed = table.all.remove(&number);
        Ok(removed.map(|registered| registered.thing))
    }
}
