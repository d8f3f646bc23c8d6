//! Instances of classes that derive from no builtin type but `object`.
//!
//! Attributes are in slots, and the instance's [`Shape`] says which is where. See the README in
//! `instance/`.

mod shape;

pub(crate) use shape::{Layout, Shape, make_version};

use super::dict::Dict;
use super::{CAPACITY_SHIFT, Object, Payload, SHAPED, Type, allocate, class};
use crate::cache::slot_among;
use crate::sharing::{self, guarded};
use crate::thread::Thread;
use crate::value::{Ref, Value, release};
use core::alloc;
use selvedge_sync::seam::cell::UnsafeCell;

/// In a cache of attributes: the slot is that of the attribute, the version that of the shape.
pub(crate) const SLOT: u8 = 1;

/// An instance of a class that derives from no builtin type but `object`. Room for slots follows.
#[repr(C)]
pub struct Instance {
    object: Object,
    state: UnsafeCell<State>,
}

/// Guarded by the instance's lock, or the interpreter's.
struct State {
    /// Null for an instance of `object` itself, which has no slots.
    shape: *const Shape,
    /// The slots: behind the instance, or, once there are too many, elsewhere.
    values: *mut Value,
}

// SAFETY: `Instance` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for Instance {
    const TYPE: &'static Type = &class::OBJECT_TYPE;
    const REFERS: bool = true;

    #[inline(always)]
    unsafe fn references<V: FnMut(Value) + ?Sized>(&self, visit: &mut V) {
        if self.object.header.flags() & SHAPED == 0 {
            return;
        }
        self.state.with(|state| {
            // SAFETY: nobody changes the instance, says the caller.
            let state = unsafe { &*state };
            for slot in 0..state.shape().used() {
                let value = state.slot(slot);
                if value.is_bound() {
                    visit(value);
                }
            }
        });
    }

    unsafe fn let_go(&self) {
        if self.object.header.flags() & SHAPED != 0 {
            self.forget_attributes();
        }
    }
}

impl State {
    #[inline(always)]
    fn shape<'a>(&self) -> &'a Shape {
        // SAFETY: an instance with slots has a shape, which lives as long as the class, and so as
        // long as the instance.
        unsafe { &*self.shape }
    }

    /// The value in a slot that the shape has.
    #[inline(always)]
    fn slot(&self, slot: usize) -> Value {
        debug_assert!(slot < self.shape().used());
        // SAFETY: there is room for the shape's slots, and each of them was written.
        unsafe { *self.values.add(slot) }
    }

    /// Replaces the value in a slot that there is room for.
    #[inline(always)]
    fn set_slot(&mut self, slot: usize, value: Value) -> Value {
        // SAFETY: there is room, says the caller.
        unsafe { core::mem::replace(&mut *self.values.add(slot), value) }
    }

    /// The dictionary that has the attributes, if one has.
    fn dict(&self) -> Option<Value> {
        let shape = self.shape();
        shape.has_dict().then(|| self.slot(shape.used() - 1))
    }
}

/// What became of a value that was to be stored.
enum Stored {
    /// It is in the slot; this was there before.
    In(Value),
    /// This dictionary has the attributes.
    Dict(Ref, Ref),
    /// The shape has no such slot.
    Nowhere(Ref),
}

impl Instance {
    /// A new instance of `ty`, without attributes.
    pub(crate) fn new(ty: &'static Type) -> Ref {
        let Some(layout) = ty.layout() else {
            return allocate(Self {
                object: Object::new(ty),
                state: UnsafeCell::new(State {
                    shape: core::ptr::null(),
                    values: core::ptr::null_mut(),
                }),
            });
        };
        let capacity = layout.capacity();
        let memory =
            super::allocate_in_slot(alloc::Layout::new::<Self>(), capacity * size_of::<Value>())
                .cast::<Self>();
        // SAFETY: allocated above, with room for the slots behind the instance.
        unsafe {
            let values = memory.add(1).cast::<Value>();
            memory.write(Self {
                object: Object::with_flags(ty, SHAPED | (capacity as u16) << CAPACITY_SHIFT),
                state: UnsafeCell::new(State {
                    shape: layout.root(),
                    values,
                }),
            });
            for slot in 0..layout.members() {
                values.add(slot).write(Value::UNBOUND);
            }
        }
        super::finish_in_slot(memory)
    }

    /// Whether the objects of a type are instances.
    pub(crate) fn is_layout_of(ty: &Type) -> bool {
        core::ptr::fn_addr_eq(ty.dealloc(), Self::dealloc as unsafe fn(*mut Object))
    }

    /// The instance that a value is, if it has slots.
    #[inline(always)]
    pub(crate) fn of(value: &Value) -> Option<&Self> {
        let object = value.as_object()?;
        // SAFETY: a bound pointer word points to a live object; the flag says that it is laid out
        // as an instance.
        unsafe { ((*object).header.flags() & SHAPED != 0).then(|| &*object.cast::<Self>()) }
    }

    /// As [`of`](Self::of), where the flags of the value, an object, are known.
    #[inline(always)]
    pub(crate) fn with_flags(value: &Value, flags: u16) -> Option<&Self> {
        // SAFETY: the flag says that the object is laid out as an instance; the value keeps it
        // alive.
        (flags & SHAPED != 0).then(|| unsafe { &*value.pointer().cast::<Self>() })
    }

    /// For how many slots there is room behind the instance.
    #[inline(always)]
    pub(crate) fn inline_capacity(&self) -> usize {
        usize::from(self.object.header.flags() >> CAPACITY_SHIFT)
    }

    fn layout(&self) -> &'static Layout {
        let layout = self.object.ty().layout();
        layout.expect("the class of an instance with slots says which")
    }

    /// Runs `f` alone with the slots. `f` runs no Python code and releases nothing.
    #[inline(always)]
    fn locked<R>(&self, f: impl FnOnce(&mut State) -> R) -> R {
        guarded(&self.object, || {
            self.state.with_mut(|state| {
                // SAFETY: the interpreter's lock or the object's own is held, and `f` does not
                // come back here.
                f(unsafe { &mut *state })
            })
        })
    }

    /// As [`locked`](Self::locked), for what is small and runs often: see [`sharing::briefly`].
    #[inline(always)]
    fn briefly<A, R>(&self, given: A, f: impl FnOnce(&mut State, A) -> R) -> R {
        // SAFETY: the object's lock guards the cell, and `f` does not come back here.
        unsafe { sharing::briefly(&self.object, &self.state, given, f) }
    }

    /// The version of the shape; 0 if it has none.
    #[inline(always)]
    pub(crate) fn version(&self) -> u32 {
        self.briefly((), |state, ()| state.shape().version())
    }

    /// The shape.
    pub(crate) fn shape(&self) -> &Shape {
        self.locked(|state| state.shape())
    }

    /// What is in the slot that one of two caches' words says for the shape, of the kind [`SLOT`];
    /// nothing if the slot is empty.
    #[inline(always)]
    pub(crate) fn cached(&self, words: (u64, u64)) -> Option<Ref> {
        self.briefly(words, |state, words| {
            let slot = slot_among(words, SLOT, state.shape().version())?;
            let value = state.slot(slot);
            value.is_bound().then(|| value.to_ref())
        })
    }

    /// Replaces what is in the slot `slot` with `new`, whose reference moves, if the shape's
    /// version is `version`. Returns what was there.
    #[inline(always)]
    pub(crate) fn set_cached(&self, version: u32, slot: usize, new: Value) -> Option<Value> {
        self.briefly((version, slot, new), |state, (version, slot, new)| {
            (state.shape().version() == version).then(|| state.set_slot(slot, new))
        })
    }

    /// Moves on to the shape's child with number `number` by storing `new`, whose reference
    /// moves, if the shape's version is `version` and there is room behind the instance.
    #[inline(always)]
    pub(crate) fn add_cached(&self, version: u32, number: usize, new: Value) -> bool {
        let given = (version, number, new, self.inline_capacity());
        self.briefly(given, |state, (version, number, new, room)| {
            let shape = state.shape();
            let slot = shape.used();
            if shape.version() != version || slot >= room {
                return false;
            }
            let Some(child) = shape.child(number) else {
                return false;
            };
            let _unused = state.set_slot(slot, new);
            state.shape = child;
            true
        })
    }

    /// The attribute `name` that the instance has by itself.
    pub(crate) fn get(&self, name: Value) -> Option<Ref> {
        let found = self.locked(|state| match state.dict() {
            Some(dict) => Err(dict.to_ref()),
            None => Ok(state
                .shape()
                .slot_of(name)
                .map(|slot| state.slot(slot).to_ref())),
        });
        match found {
            Ok(found) => found,
            Err(dict) => class::dict_of(&dict).get_name(name),
        }
    }

    /// Sets the attribute `name`. The class allows instances attributes of their own.
    pub(crate) fn set(&self, thread: &mut Thread, name: Value, new: Ref) {
        let stored = self.locked(|state| match state.dict() {
            Some(dict) => Stored::Dict(dict.to_ref(), new),
            None => match state.shape().slot_of(name) {
                Some(slot) => Stored::In(state.set_slot(slot, new.into_value())),
                None => Stored::Nowhere(new),
            },
        });
        let new = match stored {
            Stored::In(old) => return drop(Ref::adopt_bound(old)),
            Stored::Dict(dict, new) => {
                class::dict_of(&dict).set_name(name.to_ref(), new);
                return;
            }
            Stored::Nowhere(new) => new,
        };
        let name = thread.interpreter().intern_string(name.to_ref());
        if let Err(new) = self.add(&name, new) {
            class::dict_of(&self.dict()).set_name(name, new);
        }
    }

    /// Adds an attribute that was absent, in a slot; gives the value back if it has to go into a
    /// dictionary, or another thread was first.
    fn add(&self, name: &Ref, new: Ref) -> Result<(), Ref> {
        let owner = self.object.ty();
        let room = self.inline_capacity();
        let (stored, outgrown) = self.locked(|state| {
            let shape = state.shape();
            if shape.has_dict() || shape.slot_of(**name).is_some() {
                return (Err(new), None);
            }
            // SAFETY: guarded by the class's lock, or the interpreter's.
            let Some(child) = guarded(&owner.object, || unsafe { shape.with(name) }) else {
                return (Err(new), None);
            };
            let slot = shape.used();
            let outgrown = (slot >= room).then_some(slot + 1);
            if outgrown.is_some() {
                self.grow(state, slot);
            }
            let _unused = state.set_slot(slot, new.into_value());
            state.shape = child;
            (Ok(()), outgrown)
        });
        if let Some(slots) = outgrown {
            // Not more than that: a class whose instances differ would waste the difference.
            self.layout().expect(slots.next_multiple_of(2));
        }
        stored
    }

    /// Makes room for a slot behind the `used` ones.
    fn grow(&self, state: &mut State, used: usize) {
        let inline = self.inline_capacity();
        // SAFETY: behind the instance is where its slots are at first; elsewhere, the word before
        // them says how many there are.
        unsafe {
            let elsewhere = state.values != self.inline_values();
            let capacity = if elsewhere {
                (*state.values.sub(1)).bits() as usize
            } else {
                inline
            };
            if used < capacity {
                return;
            }
            let more = (used + 1).next_power_of_two();
            let memory = std::alloc::alloc(values_layout(more)).cast::<Value>();
            if memory.is_null() {
                std::alloc::handle_alloc_error(values_layout(more));
            }
            memory.write(Value::from_bits(more as u64));
            core::ptr::copy_nonoverlapping(state.values, memory.add(1), used);
            if elsewhere {
                std::alloc::dealloc(state.values.sub(1).cast(), values_layout(capacity));
            }
            state.values = memory.add(1);
        }
    }

    /// Releases every attribute, the youngest first.
    fn forget_attributes(&self) {
        let layout = self.layout();
        let members = layout.members();
        loop {
            let last = self.locked(|state| {
                let shape = state.shape();
                let slot = shape
                    .used()
                    .checked_sub(1)
                    .filter(|slot| *slot >= members)?;
                let value = state.slot(slot);
                state.shape = shape.parent().unwrap_or(layout.root());
                Some(value)
            });
            match last {
                Some(value) => drop(Ref::adopt_bound(value)),
                None => break,
            }
        }
        for slot in 0..members {
            drop(self.set_member(slot, None));
        }
    }

    fn inline_values(&self) -> *mut Value {
        // SAFETY: behind the instance there is room for slots, if only for none.
        unsafe { core::ptr::from_ref(self).add(1).cast_mut().cast() }
    }

    /// Removes the attribute `name`; returns its value.
    pub(crate) fn remove(&self, name: Value) -> Option<Ref> {
        let removed = self.locked(|state| {
            let shape = state.shape();
            if shape.has_dict() {
                return None;
            }
            let Some(slot) = shape.slot_of(name) else {
                return Some(None);
            };
            // The last one leaves the slots of the others where they are.
            let parent = shape.parent().filter(|_| slot + 1 == shape.used())?;
            let value = state.slot(slot);
            state.shape = parent;
            Some(Some(Ref::adopt(value)))
        });
        match removed {
            Some(removed) => removed,
            None => class::dict_of(&self.dict()).remove_name(name),
        }
    }

    /// The dictionary of the instance's attributes. From here on, that is where they are.
    pub(crate) fn dict(&self) -> Ref {
        let known = self.locked(|state| state.dict().map(Value::to_ref));
        if let Some(dict) = known {
            return dict;
        }
        let made = Dict::new();
        let (dict, _unused) = self.locked(|state| {
            if let Some(dict) = state.dict() {
                return (dict.to_ref(), Some(made));
            }
            let layout = self.layout();
            for (slot, name) in state.shape().names().iter().enumerate() {
                if name.is_bound() {
                    let value = Ref::adopt(state.slot(slot));
                    class::dict_of(&made).set_name(name.to_ref(), value);
                }
            }
            self.put_dict(state, layout, &made);
            (made, None)
        });
        dict
    }

    /// Makes `dict` the dictionary of the instance's attributes.
    pub(crate) fn set_dict(&self, dict: &Ref) {
        let layout = self.layout();
        let old: Vec<Ref> = self.locked(|state| {
            let own = layout.members()..state.shape().used();
            let old = own.map(|slot| Ref::adopt(state.slot(slot))).collect();
            self.put_dict(state, layout, dict);
            old
        });
        drop(old);
    }

    /// Puts the dictionary where the attributes were.
    fn put_dict(&self, state: &mut State, layout: &Layout, dict: &Ref) {
        let slot = layout.members();
        if slot >= self.inline_capacity() {
            self.grow(state, slot);
        }
        let _moved = state.set_slot(slot, dict.clone().into_value());
        state.shape = layout.dict();
    }

    /// The names of the attributes that the instance has by itself.
    pub(crate) fn names(&self) -> Vec<Ref> {
        let names = self.locked(|state| match state.dict() {
            Some(dict) => Err(dict.to_ref()),
            None => Ok(state
                .shape()
                .names()
                .iter()
                .filter(|name| name.is_bound())
                .map(|name| name.to_ref())
                .collect()),
        });
        names.unwrap_or_else(|dict| {
            let entries = class::dict_of(&dict).to_vec();
            entries.into_iter().map(|(name, _)| name).collect()
        })
    }

    /// What is in a slot that `__slots__` names.
    pub(crate) fn member(&self, slot: usize) -> Option<Ref> {
        self.locked(|state| {
            let value = state.slot(slot);
            value.is_bound().then(|| value.to_ref())
        })
    }

    /// Replaces what is in a slot that `__slots__` names; returns what was there.
    pub(crate) fn set_member(&self, slot: usize, new: Option<Ref>) -> Option<Ref> {
        let new = new.map_or(Value::UNBOUND, Ref::into_value);
        Ref::adopt_bound(self.locked(|state| state.set_slot(slot, new)))
    }

    /// Makes this an instance of `ty`, whose instances have the same members, and a dictionary if
    /// this one may have. Returns the class before.
    pub(crate) fn set_class(&self, ty: &'static Type) -> Ref {
        let layout = ty.layout().expect("the caller compared the layouts");
        loop {
            let old = self.locked(|state| {
                let shape = if state.shape().has_dict() {
                    layout.dict()
                } else {
                    let names = &state.shape().names()[layout.members()..];
                    names.iter().try_fold(layout.root(), |shape, name| {
                        let name = name.to_ref();
                        // SAFETY: guarded by the class's lock, or the interpreter's.
                        guarded(&ty.object, || unsafe { shape.with(&name) })
                    })?
                };
                let old = self.object.ty();
                // The instance's reference moves from the old class to the new one.
                let _counted = ty.value().to_ref().into_value();
                self.object.header.set_ty(core::ptr::from_ref(ty).cast());
                state.shape = shape;
                Some(Ref::adopt(Value::owned(&raw const old.object)))
            });
            match old {
                Some(old) => return old,
                // The new class has no room for such a shape.
                None => drop(self.dict()),
            }
        }
    }

    /// Frees an instance whose last reference is gone.
    ///
    /// # Safety
    /// `object` is an instance that nobody sees any more.
    pub(crate) unsafe fn dealloc(object: *mut Object) {
        // SAFETY: by contract.
        let this = unsafe { &*object.cast::<Self>() };
        if this.object.header.flags() & SHAPED != 0 {
            let (values, used) = this.state.with(|state| {
                // SAFETY: by contract, nobody else is here.
                let state = unsafe { &*state };
                (state.values, state.shape().used())
            });
            for slot in 0..used {
                // SAFETY: the slots of the shape own what is in them.
                unsafe { release(*values.add(slot)) };
            }
            if values != this.inline_values() {
                // SAFETY: allocated by `grow`, which noted the size in front.
                unsafe {
                    let start = values.sub(1);
                    let size = (*start).bits() as usize;
                    std::alloc::dealloc(start.cast(), values_layout(size));
                }
            }
        }
        // SAFETY: allocated by `new`.
        unsafe { super::free_in_slot(object.cast()) };
    }
}

/// The memory of `slots` slots that are not behind their instance, and of their number.
fn values_layout(slots: usize) -> alloc::Layout {
    alloc::Layout::array::<Value>(slots + 1).expect("there are few slots")
}

// The size is part of the contract with the flags: what is behind belongs to the slots.
const _: () = assert!(size_of::<Instance>() == 40);
