//! Weak pointers: a count beside the object, made when the first weak pointer is.
//!
//! While an object has never had a weak pointer, its header's type is its [`VTable`]. Afterwards
//! it is a [`Side`], marked by its lowest bit. The side counts the weak pointers, plus one for
//! all strong ones together; whoever takes it to zero frees the memory of both.

use super::seat::{self, VTable};
use super::{Brc, Inner};
use crate::Header;
use crate::sided::{marked, side_of};
use core::marker::PhantomData;
use core::ptr::NonNull;
use selvedge_sync::seam::atomic::{AtomicUsize, Ordering};
use selvedge_sync::seam::hint;

struct Side {
    vtable: *const VTable,
    /// | value | meaning |
    /// | --- | --- |
    /// | 0 | the memory is being freed |
    /// | n | n − 1 weak pointers and an object that lives, or n and one that is dead |
    /// | `LOCKED` | the only strong pointer looks whether it is alone; nobody makes a weak one |
    weak: AtomicUsize,
}

/// Where a weak pointer points that was made without an object.
const NOTHING: NonNull<Header> = NonNull::dangling();
const LOCKED: usize = usize::MAX;
/// More weak pointers than can exist unless they are leaked on purpose.
const TOO_MANY: usize = usize::MAX / 2;

/// The destructor of an object.
///
/// # Safety
/// The header is that of a counted pointer's object, whose memory is still there.
pub(super) unsafe fn destructor(object: NonNull<Header>) -> unsafe fn(NonNull<Header>) {
    // SAFETY: the caller's promise; the type is one of the two.
    unsafe {
        let ty = object.as_ref().ty();
        let vtable = match side_of::<Side>(ty) {
            Some(side) => (*side).vtable,
            None => ty.cast(),
        };
        (*vtable).destroy
    }
}

/// Gives up the memory of an object whose value is gone, on behalf of all strong pointers.
///
/// # Safety
/// The object is dead and the caller's; called once.
#[inline(always)]
pub(super) unsafe fn give_up_memory(object: NonNull<Header>) {
    // SAFETY: the caller's promise.
    unsafe {
        match side_of(object.as_ref().ty()) {
            None => seat::free(object.cast()),
            Some(side) => release(object, side),
        }
    }
}

/// Gives up one of the side's counts, and the memory with the last.
///
/// # Safety
/// The count is the caller's, and `side` is that of `object`.
#[inline(never)]
unsafe fn release(object: NonNull<Header>, side: *const Side) {
    // SAFETY: our count keeps both alive.
    unsafe {
        // Release: our use of the memory happens before it is freed.
        if (*side).weak.fetch_sub(1, Ordering::Release) == 1 {
            // Acquire: the others' use of the memory happens before it is freed.
            // mutant: argued, ordering: relaxed, the freeing below could come before another's
            // last look at the header. The memory is none that loom watches, and x86 orders it.
            (*side).weak.load(Ordering::Acquire);
            drop(Box::from_raw(side.cast_mut()));
            seat::free(object.cast());
        }
    }
}

/// The side of the object that `this` keeps alive, made if need be.
fn make_side<T: ?Sized>(this: &Brc<T>) -> *const Side {
    let ty = this.header().ty();
    if let Some(side) = side_of(ty) {
        return side;
    }
    let side = new_side(ty.cast(), 1);
    match this.header().replace_ty(ty, marked(side)) {
        Ok(()) => side,
        Err(other) => {
            // SAFETY: made above, and seen by nobody.
            let _unused = unsafe { Box::from_raw(side) };
            side_of(other).expect("a type is replaced once, by a side")
        }
    }
}

fn new_side(vtable: *const VTable, count: usize) -> *mut Side {
    Box::into_raw(Box::new(Side {
        vtable,
        weak: AtomicUsize::new(count),
    }))
}

/// Whether `this` is the only pointer, strong or weak, and stays so while it is borrowed.
pub(super) fn is_alone<T: ?Sized>(this: &mut Brc<T>) -> bool {
    let header = this.header();
    let me = seat::me();
    let Some(side) = side_of::<Side>(header.ty()) else {
        // In this order: whoever made a side held a strong pointer until then, so that finding
        // ourselves alone shows us the side.
        return header.is_unique(me) && side_of::<Side>(header.ty()).is_none();
    };
    // SAFETY: our reference keeps the side.
    let weak = unsafe { &(*side).weak };
    // Acquire: what those did whose weak pointers are gone, upgrades for example, is seen below.
    // With the count locked, a strong pointer elsewhere cannot leave a weak one behind.
    let locked = weak.compare_exchange(1, LOCKED, Ordering::Acquire, Ordering::Relaxed);
    if locked.is_err() {
        return false;
    }
    let alone = header.is_unique(me);
    // Relaxed: who makes a weak pointer next holds a strong one. If this thread made that itself
    // it did so after this. If another has held it all along, we were not alone, and our looking
    // came before that pointer was given up: had it been seen to be gone, its decrement, and so
    // the reading of this store, would have come before this store.
    weak.store(1, Ordering::Relaxed);
    alone
}

/// A pointer that does not keep the value, only the memory it was in.
///
/// ```
/// use selvedge_refcount::Brc;
///
/// let strong = Brc::new(5);
/// let weak = Brc::downgrade(&strong);
/// assert_eq!(*weak.upgrade().unwrap(), 5);
/// drop(strong);
/// assert!(weak.upgrade().is_none());
/// ```
pub struct Weak<T: ?Sized> {
    /// Dangling if the pointer never pointed to anything.
    pub(super) inner: NonNull<Inner<T>>,
    points: PhantomData<*const T>,
}

// SAFETY: an upgraded pointer may be used and dropped on any thread, as for `Brc`.
unsafe impl<T: Send + Sync + ?Sized> Send for Weak<T> {}
// SAFETY: as above.
unsafe impl<T: Send + Sync + ?Sized> Sync for Weak<T> {}

impl<T: ?Sized> Brc<T> {
    /// A weak pointer to the value.
    pub fn downgrade(this: &Self) -> Weak<T> {
        // Before the side is made: who upgrades finds the object countable.
        this.header().publish();
        // SAFETY: our reference keeps the side.
        count_weak(unsafe { &(*make_side(this)).weak });
        Weak::from_inner(this.inner)
    }

    /// How many weak pointers there are.
    pub fn weak_count(this: &Self) -> usize {
        match side_of::<Side>(this.header().ty()) {
            // Relaxed: the figure is approximate. SAFETY: our reference keeps the side.
            Some(side) => match unsafe { (*side).weak.load(Ordering::Relaxed) } {
                LOCKED => 0,
                count => count - 1,
            },
            None => 0,
        }
    }
}

/// Adds a weak pointer. The caller holds a pointer, weak or strong.
fn count_weak(weak: &AtomicUsize) {
    // Relaxed: only what the exchange below expects.
    let mut count = weak.load(Ordering::Relaxed);
    loop {
        if count == LOCKED {
            hint::spin_loop();
            // Relaxed: as above.
            count = weak.load(Ordering::Relaxed);
            continue;
        }
        // mutant: equivalent, bound: one pointer more or less of more than memory can hold.
        if count > TOO_MANY {
            std::process::abort();
        }
        // Relaxed: see the unlocking in `is_alone`.
        match weak.compare_exchange_weak(count, count + 1, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => return,
            Err(now) => count = now,
        }
    }
}

impl<T> Weak<T> {
    /// A pointer that never upgrades.
    pub const fn new() -> Self {
        Self {
            inner: NOTHING.cast(),
            points: PhantomData,
        }
    }

    /// A weak pointer to an object that has no value yet, counted beside the strong ones to come.
    ///
    /// # Safety
    /// `inner` has a header with a vtable, which nobody else knows.
    pub(super) unsafe fn unborn(inner: NonNull<Inner<T>>) -> Self {
        // SAFETY: the caller's promise.
        let header = unsafe { &(*inner.as_ptr()).header };
        let side = new_side(header.ty().cast(), 2);
        header.set_ty(marked(side));
        Self::from_inner(inner)
    }
}

impl<T: ?Sized> Weak<T> {
    pub(super) fn from_inner(inner: NonNull<Inner<T>>) -> Self {
        Self {
            inner,
            points: PhantomData,
        }
    }

    #[inline(always)]
    fn header(&self) -> Option<&Header> {
        if self.inner.cast() == NOTHING {
            return None;
        }
        // SAFETY: our count keeps the memory.
        Some(unsafe { &(*self.inner.as_ptr()).header })
    }

    fn side(&self) -> Option<*const Side> {
        side_of(self.header()?.ty())
    }

    /// A strong pointer, if the value still exists.
    #[inline]
    pub fn upgrade(&self) -> Option<Brc<T>> {
        self.header()?
            .try_incref(seat::me())
            .then(|| Brc::from_inner(self.inner))
    }

    /// Whether both point to the same value, or neither ever to any.
    pub fn ptr_eq(&self, other: &Self) -> bool {
        core::ptr::addr_eq(self.inner.as_ptr(), other.inner.as_ptr())
    }
}

impl<T: ?Sized> Clone for Weak<T> {
    fn clone(&self) -> Self {
        if let Some(side) = self.side() {
            // SAFETY: our count keeps the side.
            count_weak(unsafe { &(*side).weak });
        }
        Self::from_inner(self.inner)
    }
}

impl<T: ?Sized> Drop for Weak<T> {
    fn drop(&mut self) {
        if let Some(side) = self.side() {
            // SAFETY: we give up our count.
            unsafe { release(self.inner.cast(), side) };
        }
    }
}

impl<T> Default for Weak<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: ?Sized> core::fmt::Debug for Weak<T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("(Weak)")
    }
}
