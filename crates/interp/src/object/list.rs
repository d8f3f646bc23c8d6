//! Lists: a growing array.

use super::{Base, Object, Payload, Slots, Type, allocate, class, unbox};
use crate::sharing::{self, guarded};
use crate::value::{Ref, Value, release};
use selvedge_sync::seam::cell::UnsafeCell;

pub mod methods;

/// A list.
#[repr(C)]
pub struct List {
    object: Object,
    items: UnsafeCell<Vec<Value>>,
}

/// The type `list`.
pub static LIST_TYPE: Type = Type::builtin(
    "list",
    Base::One(&class::OBJECT_TYPE),
    Slots {
        dealloc: List::dealloc,
        ..methods::SLOTS
    },
    methods::METHODS,
)
.subclassable();

// SAFETY: `List` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for List {
    const TYPE: &'static Type = &LIST_TYPE;
    const REFERS: bool = true;

    #[inline(always)]
    unsafe fn references<V: FnMut(Value) + ?Sized>(&self, visit: &mut V) {
        self.items.with(|items| {
            // SAFETY: nobody changes the list, says the caller.
            for item in unsafe { &*items } {
                visit(*item);
            }
        });
    }

    unsafe fn let_go(&self) {
        self.clear();
    }
}

impl List {
    /// A list of these items.
    pub fn from_refs(items: Vec<Ref>) -> Ref {
        Self::from_owned(items.into_iter().map(Ref::into_value).collect())
    }

    /// A list that takes over the references of these values.
    pub(crate) fn from_owned(items: Vec<Value>) -> Ref {
        allocate(Self {
            object: Object::new(&LIST_TYPE),
            items: UnsafeCell::new(items),
        })
    }

    unsafe fn dealloc(object: *mut Object) {
        // SAFETY: the last reference is gone.
        let list = unsafe { unbox::<Self>(object) };
        release_all(list.items.into_inner());
    }

    /// Runs `f` on the items, alone with them. `f` runs no Python code and releases nothing.
    #[inline(always)]
    pub(crate) fn locked<R>(&self, f: impl FnOnce(&mut Vec<Value>) -> R) -> R {
        guarded(&self.object, || {
            self.items.with_mut(|items| {
                // SAFETY: the interpreter's lock or the object's own is held, and `f` neither
                // runs Python code nor comes back here.
                f(unsafe { &mut *items })
            })
        })
    }

    /// As [`locked`](Self::locked), for what is small and runs often: see [`sharing::briefly`].
    #[inline(always)]
    pub(crate) fn briefly<A, R>(&self, given: A, f: impl FnOnce(&mut Vec<Value>, A) -> R) -> R {
        // SAFETY: the object's lock guards the cell, and `f` does not come back here.
        unsafe { sharing::briefly(&self.object, &self.items, given, f) }
    }

    /// How many items.
    #[inline]
    pub fn len(&self) -> usize {
        self.briefly((), |items, ()| items.len())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The item at `index`.
    #[inline]
    pub fn get(&self, index: usize) -> Option<Ref> {
        self.briefly(index, |items, index| {
            items.get(index).map(|item| item.to_ref())
        })
    }

    /// Replaces the item at `index`; gives `item` back if there is none.
    ///
    /// # Errors
    /// `item`, if the list is not that long.
    pub fn set(&self, index: usize, item: Ref) -> Result<(), Ref> {
        let old = self.locked(|items| match items.get_mut(index) {
            Some(place) => Ok(core::mem::replace(place, item.into_value())),
            None => Err(item),
        })?;
        drop(Ref::adopt(old));
        Ok(())
    }

    /// Appends an item.
    #[inline]
    pub fn push(&self, item: Ref) {
        self.briefly(item, |items, item| items.push(item.into_value()));
    }

    /// The items as they are now, each counted.
    pub fn to_vec(&self) -> Vec<Ref> {
        self.locked(|items| items.iter().map(|item| item.to_ref()).collect())
    }

    /// Removes all items.
    pub fn clear(&self) {
        release_all(self.locked(core::mem::take));
    }

    /// Takes all items out.
    pub fn take(&self) -> Vec<Ref> {
        self.locked(core::mem::take)
            .into_iter()
            .map(Ref::adopt)
            .collect()
    }

    /// Puts these items in place of those in `range`.
    pub(crate) fn splice(&self, range: core::ops::Range<usize>, new: Vec<Ref>) {
        let mut new: Vec<Value> = new.into_iter().map(Ref::into_value).collect();
        let old: Vec<Value> = self.locked(|items| {
            let start = range.start.min(items.len());
            let end = range.end.min(items.len()).max(start);
            if end - start == new.len() {
                items[start..end].swap_with_slice(&mut new);
                return new;
            }
            items.splice(start..end, new).collect()
        });
        release_all(old);
    }
}

/// Releases items, the last one first.
fn release_all(items: Vec<Value>) {
    for item in items.into_iter().rev() {
        // SAFETY: the reference was the list's, which has given the item up.
        unsafe { release(item) };
    }
}
