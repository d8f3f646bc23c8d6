//! The pointer to a collected object.

use super::trace::{Trace, Visitor};
use super::weak;
use super::world::{self, Mutator, Shared, here};
use crate::heap::Page;
use crate::sided::side_of;
use crate::{Header, Released, Token};
use core::alloc::Layout;
use core::marker::PhantomData;
use core::ptr::NonNull;

#[repr(C)]
struct Inner<T> {
    header: Header,
    value: T,
}

/// A counted pointer to an object that the collector frees when only garbage refers to it.
///
/// Its value is read through [`get`](Self::get), with a [`Mutator`] as proof that no collection
/// is under way. Cloning and dropping need no proof; they are cheapest on a thread that is in the
/// object's world, and plain on the one that made the object.
pub struct Gc<T> {
    inner: NonNull<Inner<T>>,
    owns: PhantomData<Inner<T>>,
}

// SAFETY: threads share the value (`Sync`) and any of them may drop it (`Send`).
unsafe impl<T: Send + Sync> Send for Gc<T> {}
// SAFETY: as above.
unsafe impl<T: Send + Sync> Sync for Gc<T> {}

/// What the collector does to an object of some type.
pub(super) struct VTable {
    /// Drops the value and frees the slot.
    pub(super) destroy: unsafe fn(NonNull<Header>),
    drop_value: Option<unsafe fn(NonNull<Header>)>,
    pub(super) trace: unsafe fn(&Header, &mut Visitor<'_>),
    pub(super) finalise: Option<unsafe fn(&Header, &Mutator)>,
}

pub(super) fn layout<T>() -> Layout {
    Layout::new::<Inner<T>>()
}

/// # Safety
/// The object is a world's, and its header readable.
#[inline(always)]
pub(super) unsafe fn vtable(object: NonNull<Header>) -> &'static VTable {
    // SAFETY: the caller's promise.
    vtable_of(unsafe { object.as_ref() })
}

/// The vtable of an object of a world.
#[inline(always)]
pub(super) fn vtable_of(object: &Header) -> &'static VTable {
    let ty = object.ty();
    // SAFETY: only this module makes headers of walked slots in a world's space. An object keeps
    // what it has beside it.
    unsafe {
        match side_of::<weak::Side>(ty) {
            None => &*ty.cast(),
            Some(side) => (*side).vtable,
        }
    }
}

impl<T: Trace + Send + Sync + 'static> Gc<T> {
    const VTABLE: &VTable = &VTable {
        destroy: Self::destroy,
        drop_value: if core::mem::needs_drop::<T>() {
            Some(Self::drop_value)
        } else {
            None
        },
        trace: Self::trace_value,
        finalise: if T::FINALISES {
            Some(Self::finalise)
        } else {
            None
        },
    };

    /// Makes an object of a slot.
    ///
    /// # Safety
    /// The slot was allocated for [`layout`] by the heap of `owner`'s mutator.
    #[inline(always)]
    pub(super) unsafe fn write(slot: NonNull<u8>, owner: Token, value: T) -> Self {
        let inner = slot.cast::<Inner<T>>();
        let header = Header::new(owner, core::ptr::from_ref(Self::VTABLE).cast());
        // SAFETY: the caller's promise.
        unsafe {
            inner.write(Inner { header, value });
            inner.as_ref().header.track();
        }
        Self {
            inner,
            owns: PhantomData,
        }
    }

    /// The value. It can be borrowed as long as the mutator is at no safe point.
    ///
    /// # Panics
    /// If the mutator is in another world.
    #[inline(always)]
    pub fn get<'m>(&'m self, mutator: &'m Mutator) -> &'m T {
        assert!(mutator.is_in(self.context()), "an object of another world");
        // SAFETY: our reference keeps the object, and the mutator the collector.
        unsafe { &(*self.inner.as_ptr()).value }
    }

    unsafe fn destroy(object: NonNull<Header>) {
        /// Frees the slot even if the destructor panics.
        struct Slot(NonNull<Header>);
        impl Drop for Slot {
            fn drop(&mut self) {
                // SAFETY: the value is gone, and only this destroys the object.
                unsafe { world::free(self.0.cast()) };
            }
        }
        // SAFETY: the caller's promise: dead and its own.
        unsafe {
            weak::clear(object);
            if T::FINALISES && finalise_dead(object) {
                return;
            }
            let _slot = Slot(object);
            Self::drop_value(object);
        }
    }

    unsafe fn drop_value(object: NonNull<Header>) {
        // SAFETY: the caller's promise: dead and its own.
        unsafe { (&raw mut (*object.cast::<Inner<T>>().as_ptr()).value).drop_in_place() };
    }

    unsafe fn trace_value(object: &Header, visitor: &mut Visitor<'_>) {
        let inner = core::ptr::from_ref(object).cast::<Inner<T>>();
        // SAFETY: the caller's promise: an object of this type, in a stopped world.
        unsafe { (*inner).value.trace(visitor) };
    }

    unsafe fn finalise(object: &Header, mutator: &Mutator) {
        let inner = core::ptr::from_ref(object).cast::<Inner<T>>();
        // SAFETY: the caller's promise: an object of this type, kept by the collector.
        unsafe { (*inner).value.finalise(mutator) };
    }
}

impl<T> Gc<T> {
    /// A pointer for a reference that was counted for it.
    ///
    /// # Safety
    /// As said; `object` is a `Gc` object with a value of this type.
    pub(super) unsafe fn from_object(object: NonNull<Header>) -> Self {
        Self {
            inner: object.cast(),
            owns: PhantomData,
        }
    }

    /// What it points to, as the collector sees it.
    pub(super) fn object(&self) -> NonNull<Header> {
        self.inner.cast()
    }

    #[inline(always)]
    pub(super) fn header(&self) -> &Header {
        // SAFETY: our reference keeps the object alive.
        unsafe { &(*self.inner.as_ptr()).header }
    }

    /// The world, as an address.
    #[inline(always)]
    fn context(&self) -> *const () {
        context_of(self.inner.cast())
    }

    /// Whether both point to the same object.
    pub fn ptr_eq(&self, other: &Self) -> bool {
        self.inner == other.inner
    }
}

#[inline(always)]
pub(super) fn context_of(object: NonNull<Header>) -> *const () {
    // SAFETY: an object lies in a page, which lives as long as it does.
    unsafe { (*Page::of(object.as_ptr().cast())).context }
}

impl<T> Clone for Gc<T> {
    #[inline(always)]
    fn clone(&self) -> Self {
        let here = here();
        if here.world == self.context() {
            self.header().incref(here.token);
        } else {
            incref_outside(self.header());
        }
        Self {
            inner: self.inner,
            owns: PhantomData,
        }
    }
}

impl<T> Drop for Gc<T> {
    #[inline(always)]
    fn drop(&mut self) {
        // SAFETY: we give up our reference.
        unsafe { release(self.inner.cast()) };
    }
}

/// Gives up a reference.
///
/// # Safety
/// It is the caller's.
#[inline(always)]
pub(super) unsafe fn release(object: NonNull<Header>) {
    let here = here();
    // SAFETY: the caller's promise. Threads pass their own mutator's token, or a stranger's.
    unsafe {
        if here.world == context_of(object) {
            match object.as_ref().decref(here.token) {
                Released::Alive => {}
                released => finish(object, released),
            }
        } else {
            release_outside(object);
        }
    }
}

/// # Safety
/// The caller, whose thread is in the object's world, was told `released`.
#[inline(never)]
unsafe fn finish(object: NonNull<Header>, released: Released) {
    // SAFETY: the caller's promise; the world of the thread exists.
    unsafe {
        let shared = &*here().world.cast::<Shared>();
        let queue = released == Released::Queue;
        let last = released == Released::Last;
        if last || queue && shared.owners.queue(object.as_ptr()) == Released::Last {
            world::destroy(object);
        }
    }
}

/// Runs the finaliser of a dead object unless it has begun before. Returns whether the object is
/// no longer the caller's: it is destroyed, has been resurrected, or waits for a mutator.
///
/// # Safety
/// The object is dead and the caller's.
#[cold]
unsafe fn finalise_dead(object: NonNull<Header>) -> bool {
    /// Gives the finaliser's reference up, even if it panics.
    struct Held(NonNull<Header>);
    impl Drop for Held {
        fn drop(&mut self) {
            // SAFETY: made by reviving the object.
            unsafe { release(self.0) };
        }
    }
    // SAFETY: the caller's promise.
    let header = unsafe { object.as_ref() };
    let here = here();
    // SAFETY: a world exists as long as it has objects; where the thread is it acts for the token;
    // the finaliser is the object's own.
    unsafe {
        if here.world != context_of(object) {
            // Put off, the object was forgotten by a destructor that panicked, and is remembered
            // after the thread has left.
            let shared = &*context_of(object).cast::<Shared>();
            Shared::leave_to_mutators(&mut shared.outside.lock(), object);
            return true;
        }
        if !header.begin_finalising() {
            return false;
        }
        header.revive(here.token);
        header.track();
        let _held = Held(object);
        if let Some(finalise) = vtable(object).finalise {
            here.with_mutator(|mutator| finalise(header, mutator));
        }
    }
    true
}

#[cold]
#[inline(never)]
fn incref_outside(object: &Header) {
    // SAFETY: a world exists as long as it has objects.
    let shared = unsafe { &*context_of(NonNull::from(object)).cast::<Shared>() };
    let _outside = shared.outside.lock();
    object.incref(Token::STRANGER);
}

/// # Safety
/// As for [`release`].
#[cold]
#[inline(never)]
unsafe fn release_outside(object: NonNull<Header>) {
    // SAFETY: the caller's promise. A world exists as long as it has objects; the mutex keeps the
    // collector from looking meanwhile.
    unsafe {
        let shared = &*context_of(object).cast::<Shared>();
        let mut outside = shared.outside.lock();
        let mut released = object.as_ref().decref(Token::STRANGER);
        if released == Released::Queue {
            released = shared.owners.queue(object.as_ptr());
        }
        if released == Released::Last {
            Shared::leave_to_mutators(&mut outside, object);
        }
    }
}

/// Drops all values, then frees all slots. A panic in a destructor is passed on after the rest
/// has been destroyed; of several panics, the first.
///
/// # Safety
/// Nobody else refers to the objects, and they no longer count each other.
pub(super) unsafe fn destroy_all(objects: Vec<NonNull<Header>>) {
    let mut panic = None;
    for &object in &objects {
        // SAFETY: the caller's promise.
        if let Some(drop_value) = unsafe { vtable(object) }.drop_value {
            let drop_value = std::panic::AssertUnwindSafe(|| {
                // SAFETY: the caller's promise.
                unsafe { drop_value(object) };
            });
            if let Err(payload) = std::panic::catch_unwind(drop_value) {
                panic.get_or_insert(payload);
            }
        }
    }
    for object in objects {
        // SAFETY: its value is gone, and so are all pointers to it.
        unsafe { world::free(object.cast()) };
    }
    if let Some(payload) = panic {
        std::panic::resume_unwind(payload);
    }
}
