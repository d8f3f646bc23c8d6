//! A world of collected objects, and the threads that are in it.

use super::Gc;
use super::pointer::{self, VTable};
use super::stop::Stop;
use super::trace::{Trace, Visitor};
use crate::cycles::{Collected, Collector, Embedder};
use crate::heap::{AllocError, Kind, LocalHeap, Space};
use crate::{Header, Owner, Owners, Token};
use core::alloc::Layout;
use core::mem::ManuallyDrop;
use core::ptr::NonNull;
use selvedge_sync::seam::{Mutex, MutexGuard};
use std::cell::Cell;

/// A dead object that waits for a mutator to destroy it.
pub(super) struct Doomed(NonNull<Header>);

// SAFETY: values in a world are `Send`.
unsafe impl Send for Doomed {}

/// What all handles of a world, and its objects by way of their pages, point to.
pub(super) struct Shared {
    stop: Stop,
    pub(super) owners: Owners,
    collector: Collector,
    /// Held while a thread that is not attached counts, and while the world is stopped; holds
    /// what such threads have found dead.
    pub(super) outside: Mutex<Vec<Doomed>>,
    /// How many worlds and mutators point here.
    handles: Mutex<usize>,
}

/// A world: objects that may refer to each other in circles, shared by the threads attached to
/// it. Clones are handles to the same world.
///
/// When the last handle and mutator are dropped, whatever only garbage refers to is destroyed,
/// and the memory is freed unless pointers still exist outside; then it is leaked.
pub struct World(NonNull<Shared>);

// SAFETY: what it points to is shared under its own mutexes.
unsafe impl Send for World {}
// SAFETY: as above.
unsafe impl Sync for World {}

/// A thread's stay in a world: the proof that lets it read values.
///
/// A collection waits until every mutator is at a safe point: a call that borrows it mutably. So
/// one that computes for long calls [`safe_point`](Self::safe_point) now and then, and one that
/// blocks does so in [`blocking`](Self::blocking).
pub struct Mutator {
    /// Made by `Box::leak`, because [`Here`] points to it. On the thread that made it, and on no
    /// other, which the pointer says too.
    stay: NonNull<Stay>,
}

struct Stay {
    world: World,
    heap: LocalHeap,
    owner: Owner,
}

/// The calling thread's mutator as pointers see it.
#[derive(Clone, Copy)]
pub(super) struct Here {
    pub(super) world: *const (),
    pub(super) token: Token,
    stay: *const Stay,
}

const NOWHERE: Here = Here {
    world: core::ptr::null(),
    token: Token::STRANGER,
    stay: core::ptr::null(),
};

selvedge_sync::thread_local! {
    static HERE: Cell<Here> = Cell::new(NOWHERE);
}

impl Here {
    /// Calls `f` with the thread's mutator.
    ///
    /// # Safety
    /// The thread is here, and not nowhere; it stays until `f` returns.
    pub(super) unsafe fn with_mutator(self, f: impl FnOnce(&Mutator)) {
        // Another handle to the stay, which does not end it.
        let mutator = ManuallyDrop::new(Mutator {
            // SAFETY: the caller's promise.
            stay: unsafe { NonNull::new_unchecked(self.stay.cast_mut()) },
        });
        f(&mutator);
    }
}

/// Where the calling thread is.
#[inline(always)]
pub(super) fn here() -> Here {
    HERE.try_with(Cell::get).unwrap_or(NOWHERE)
}

impl World {
    /// A world without objects.
    pub fn new() -> Self {
        let place = Box::leak(Box::<Shared>::new_uninit());
        let context = core::ptr::from_ref(place).cast();
        let shared = place.write(Shared {
            stop: Stop::default(),
            owners: Owners::new(),
            collector: Collector::new(Space::with_context(context)),
            outside: Mutex::new(Vec::new()),
            handles: Mutex::new(1),
        });
        Self(NonNull::from(shared))
    }

    fn shared(&self) -> &Shared {
        // SAFETY: freed with the last handle.
        unsafe { self.0.as_ref() }
    }

    /// The collector's settings and figures.
    pub fn collector(&self) -> &Collector {
        &self.shared().collector
    }

    /// Brings the calling thread into the world. Waits for a collection to end.
    ///
    /// # Panics
    /// If the thread is already in a world.
    pub fn attach(&self) -> Mutator {
        assert!(here().world.is_null(), "this thread is already in a world");
        let stay = Box::leak(Box::new(Stay {
            world: self.clone(),
            heap: self.collector().space().heap(),
            owner: self.shared().owners.register(),
        }));
        let mutator = Mutator {
            stay: NonNull::from(stay),
        };
        self.shared().stop.attach();
        HERE.with(|here| {
            here.set(Here {
                world: self.0.as_ptr().cast_const().cast(),
                token: mutator.token(),
                stay: mutator.stay.as_ptr(),
            });
        });
        mutator.destroy_waiting();
        mutator
    }
}

impl Clone for World {
    fn clone(&self) -> Self {
        *self.shared().handles.lock() += 1;
        Self(self.0)
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // The figure cannot grow any more if this is the last handle.
        if *self.shared().handles.lock() == 1 && here().world.is_null() {
            self.attach().collect();
        }
        let mut handles = self.shared().handles.lock();
        *handles -= 1;
        let last = *handles == 0;
        drop(handles);
        // SAFETY: no mutator is left, so no heap is used. Without objects there are no pointers
        // that could lead here.
        unsafe {
            if last && self.shared().collector.space().used() == 0 {
                drop(Box::from_raw(self.0.as_ptr()));
            }
        }
    }
}

impl Mutator {
    #[inline(always)]
    fn stay(&self) -> &Stay {
        // SAFETY: freed by our destructor.
        unsafe { self.stay.as_ref() }
    }

    fn shared(&self) -> &Shared {
        self.stay().world.shared()
    }

    /// What this counts with.
    #[inline(always)]
    pub(super) fn token(&self) -> Token {
        self.stay().owner.token()
    }

    /// Whether this is a stay in the world at that address.
    #[inline(always)]
    pub(super) fn is_in(&self, world: *const ()) -> bool {
        core::ptr::eq(self.stay().world.0.as_ptr().cast_const().cast(), world)
    }

    /// The world this is a stay in.
    pub fn world(&self) -> &World {
        &self.stay().world
    }

    /// A new object.
    ///
    /// Memory that has run out is handled as `Box` does; [`try_alloc`](Self::try_alloc) tells.
    #[inline]
    pub fn alloc<T: Trace + Send + Sync + 'static>(&self, value: T) -> Gc<T> {
        match self.try_alloc(value) {
            Ok(pointer) => pointer,
            Err(_) => std::alloc::handle_alloc_error(Layout::new::<T>()),
        }
    }

    /// A new object.
    ///
    /// # Errors
    /// If there is no memory for it.
    #[inline]
    pub fn try_alloc<T: Trace + Send + Sync + 'static>(
        &self,
        value: T,
    ) -> Result<Gc<T>, AllocError> {
        let stay = self.stay();
        let slot = stay.heap.allocate(pointer::layout::<T>(), Kind::Walked)?;
        // SAFETY: allocated for that layout, by the mutator that owns it.
        Ok(unsafe { Gc::write(slot, stay.owner.token(), value) })
    }

    /// Lets a collection by another thread happen, merges what other threads have released, and
    /// collects if enough has been allocated. Three loads, mostly.
    #[inline]
    pub fn safe_point(&mut self) {
        let shared = self.shared();
        let busy = shared.stop.is_requested() || self.stay().owner.is_waiting();
        if busy || shared.collector.is_due() {
            self.safe_point_slowly();
        }
    }

    #[cold]
    fn safe_point_slowly(&mut self) {
        if self.shared().stop.is_requested() {
            self.shared().stop.detach();
            self.shared().stop.attach();
        }
        self.drain();
        if self.shared().collector.is_due() {
            self.collect();
        }
    }

    /// Destroys everything that only garbage refers to. See [`Collector::collect`].
    pub fn collect(&mut self) -> Collected {
        self.drain();
        self.destroy_waiting();
        self.shared().collector.collect(&Visit(self))
    }

    /// Sets every object apart: no collection looks at it until [`unfreeze`](Self::unfreeze).
    /// Returns how many objects that are. Waits for a collection to end.
    pub fn freeze(&mut self) -> usize {
        self.between_collections(|this| this.shared().collector.freeze(&Visit(this)))
    }

    /// Brings back what [`freeze`](Self::freeze) has set apart. Returns how many objects. Waits
    /// for a collection to end.
    pub fn unfreeze(&mut self) -> usize {
        self.between_collections(|this| this.shared().collector.unfreeze(&Visit(this)))
    }

    fn between_collections<R>(&mut self, f: impl Fn(&Self) -> Option<R>) -> R {
        loop {
            if let Some(result) = f(self) {
                return result;
            }
            self.shared().stop.detach();
            self.shared().collector.wait();
            self.shared().stop.attach();
        }
    }

    /// Leaves the world while `f` runs: around anything that blocks. Other threads then collect,
    /// and destroy what this one owns, without waiting for it.
    pub fn blocking<R>(&mut self, f: impl FnOnce() -> R) -> R {
        struct Back<'a>(&'a Mutator, Here);
        impl Drop for Back<'_> {
            fn drop(&mut self) {
                self.0.stay().owner.attach();
                self.0.shared().stop.attach();
                HERE.with(|here| here.set(self.1));
            }
        }
        let back = Back(self, here());
        back.0.leave();
        f()
    }

    /// Has its counts merged from here on by others.
    fn leave(&self) {
        // SAFETY: this thread acts for its owner, and counts as one outside from here on.
        core::mem::forget(unsafe { self.stay().owner.detach(destroy_queued) });
        HERE.with(|here| here.set(NOWHERE));
        self.shared().stop.detach();
    }

    fn drain(&self) {
        // SAFETY: this thread acts for its owner, which is attached.
        unsafe { self.stay().owner.drain(destroy_queued) };
    }

    /// Destroys what threads outside have found dead.
    fn destroy_waiting(&self) {
        let waiting = core::mem::take(&mut *self.shared().outside.lock());
        for Doomed(object) in waiting {
            destroy_queued(object.as_ptr());
        }
    }
}

impl Drop for Mutator {
    fn drop(&mut self) {
        self.leave();
        // SAFETY: leaked when the mutator was made; from here on the thread is nowhere.
        drop(unsafe { Box::from_raw(self.stay.as_ptr()) });
    }
}

fn destroy_queued(object: *const Header) {
    let object = NonNull::new(object.cast_mut()).expect("objects have addresses");
    // SAFETY: dead, and this mutator's to destroy.
    unsafe { destroy(object) };
}

/// Destroys a dead object, now or when the stack allows.
///
/// # Safety
/// The object is dead and the caller's, and the thread is in its world.
pub(super) unsafe fn destroy(object: NonNull<Header>) {
    // SAFETY: the caller's promise.
    unsafe {
        // The collector must not look at what is being taken apart.
        object.as_ref().untrack();
        crate::brc::doom(object, pointer::vtable(object).destroy);
    }
}

impl Shared {
    /// Leaves a dead object to the next mutator.
    ///
    /// # Safety
    /// The object is dead and the caller's.
    pub(super) unsafe fn leave_to_mutators(outside: &mut Vec<Doomed>, object: NonNull<Header>) {
        // A collection that begins before a mutator comes must not take it for garbage.
        // SAFETY: the caller's promise. The list is locked, as it is while the world is stopped.
        unsafe { object.as_ref() }.untrack();
        outside.push(Doomed(object));
    }
}

/// A mutator that collects.
struct Visit<'a>(&'a Mutator);

/// A stopped world.
struct Stopped<'a> {
    shared: &'a Shared,
    /// Threads outside do not count meanwhile.
    outside: Option<MutexGuard<'a, Vec<Doomed>>>,
}

impl Drop for Stopped<'_> {
    fn drop(&mut self) {
        self.outside = None;
        self.shared.stop.resume();
    }
}

// SAFETY: `Stop` stops those attached, and the mutex those outside; values are traced as `Trace`
// promises, and a world's pointers point into its space.
unsafe impl<'a> Embedder for Visit<'a> {
    type Stopped = Stopped<'a>;
    type Guide = ();

    fn guide(&self) -> &() {
        &()
    }

    fn stop(&self) -> Stopped<'a> {
        let shared = self.0.shared();
        shared.stop.stop();
        Stopped {
            shared,
            outside: Some(shared.outside.lock()),
        }
    }

    fn token(&self) -> Token {
        self.0.token()
    }

    #[inline]
    fn traverse((): &(), object: &Header, visit: &mut impl FnMut(&Header)) {
        let vtable: &VTable = pointer::vtable_of(object);
        // SAFETY: the vtable is the object's.
        unsafe { (vtable.trace)(object, &mut Visitor(visit)) };
    }

    fn clear_weak(&self, garbage: &[NonNull<Header>]) {
        for &object in garbage {
            // SAFETY: the world is stopped, and found nobody else's.
            unsafe { super::weak::clear(object) };
        }
    }

    fn has_finaliser(&self, object: &Header) -> bool {
        pointer::vtable_of(object).finalise.is_some()
    }

    fn finalise(&self, object: &Header) {
        if let Some(finalise) = pointer::vtable_of(object).finalise {
            // SAFETY: the vtable is the object's.
            unsafe { finalise(object, self.0) };
        }
    }

    unsafe fn release(&self, object: NonNull<Header>) {
        // SAFETY: the caller's promise.
        unsafe { pointer::release(object) };
    }

    unsafe fn dispose(&self, garbage: Vec<NonNull<Header>>) {
        for object in &garbage {
            // SAFETY: alive, and nobody else's.
            let header = unsafe { object.as_ref() };
            header.untrack();
            header.stop_counting();
        }
        // SAFETY: nothing else refers to them, and they no longer count each other.
        unsafe { pointer::destroy_all(garbage) };
    }
}

/// Gives a slot back to the heap it is from.
///
/// # Safety
/// Its object is gone.
pub(super) unsafe fn free(slot: NonNull<u8>) {
    let stay = here().stay;
    // SAFETY: the caller's promise; the mutator is where the thread says it is.
    unsafe {
        match stay.as_ref() {
            Some(stay) => stay.heap.free(slot),
            None => crate::heap::free_remotely(slot),
        }
    }
}
