//! A counted pointer to take instead of `Arc`: plain counting for the thread that made the value,
//! atomic counting for all others.

mod dynamic;
mod raw;
mod seat;
mod slice;
mod traits;
mod weak;

pub(crate) use seat::doom;
pub use seat::{detached, drain, live_objects};
pub use weak::Weak;

use crate::{AllocError, Header, Released, Token};
use core::alloc::Layout;
use core::marker::PhantomData;
use core::ops::Deref;
use core::ptr::NonNull;
use seat::VTable;

/// What a pointer points to.
#[repr(C)]
struct Inner<T: ?Sized> {
    header: Header,
    value: T,
}

/// A shared value, dropped with its last pointer.
///
/// The thread that makes a value counts pointers to it plainly, at the cost of `Rc`; every other
/// thread counts atomically, at the cost of `Arc`. When another thread drops the last pointer
/// that the maker has counted, the value waits for its maker: until it makes another `Brc`, calls
/// [`drain`], ends, or runs something [`detached`].
///
/// A `Brc<[T]>` or `Brc<str>` is made [`from`](From) a slice, a vector or a string, and a pointer
/// to a trait object of one to a value:
///
/// ```
/// use selvedge_refcount::{Brc, CoerceUnsize, Coercion};
/// use std::fmt::Display;
///
/// let shown: [Brc<dyn Display>; 2] = [
///     Brc::new(1.5).unsize(Coercion!(to dyn Display)),
///     Brc::new("text").unsize(Coercion!(to dyn Display)),
/// ];
/// assert_eq!(format!("{} {}", shown[0], shown[1]), "1.5 text");
/// ```
///
/// Pointers to one value:
///
/// ```
/// use selvedge_refcount::Brc;
///
/// let shared = Brc::new([1, 2, 3]);
/// let other = Brc::clone(&shared);
/// std::thread::scope(|scope| {
///     scope.spawn(move || assert_eq!(other.len(), 3));
/// });
/// assert_eq!(shared[0], 1);
/// ```
pub struct Brc<T: ?Sized> {
    inner: NonNull<Inner<T>>,
    owns: PhantomData<Inner<T>>,
}

// SAFETY: as for `Arc`: threads share the value (`Sync`) and any of them may drop it (`Send`).
unsafe impl<T: Send + Sync + ?Sized> Send for Brc<T> {}
// SAFETY: as above.
unsafe impl<T: Send + Sync + ?Sized> Sync for Brc<T> {}

// Not for borrowed values: one that waits for its maker would outlive what it borrows.
impl<T: 'static> Brc<T> {
    /// A new value with one pointer to it.
    ///
    /// Memory that has run out is handled as `Box` does; [`try_new`](Self::try_new) tells.
    #[inline]
    pub fn new(value: T) -> Self {
        // SAFETY: allocated for this layout.
        unsafe { Self::write(seat::allocate(Layout::new::<Inner<T>>()), value) }
    }

    /// A new value with one pointer to it.
    ///
    /// # Errors
    /// If there is no memory for it, or its alignment exceeds 16 KiB.
    #[inline]
    pub fn try_new(value: T) -> Result<Self, AllocError> {
        let slot = seat::try_allocate(Layout::new::<Inner<T>>())?;
        // SAFETY: allocated for this layout.
        Ok(unsafe { Self::write(slot, value) })
    }

    /// Makes an object of a slot.
    ///
    /// # Safety
    /// The slot was allocated for an object of this type, and for that owner.
    #[inline(always)]
    unsafe fn write((slot, owner): (NonNull<u8>, Token), value: T) -> Self {
        let inner = slot.cast::<Inner<T>>();
        let header = Header::new(owner, core::ptr::from_ref(Self::VTABLE).cast());
        // SAFETY: the caller's promise.
        unsafe { inner.write(Inner { header, value }) };
        Self::from_inner(inner)
    }

    /// A new value that holds weak pointers to itself. Until `make` returns, upgrading fails.
    pub fn new_cyclic(make: impl FnOnce(&Weak<T>) -> T) -> Self {
        let (slot, owner) = seat::allocate(Layout::new::<Inner<T>>());
        let inner = slot.cast::<Inner<T>>();
        let header = Header::new(owner, core::ptr::from_ref(Self::VTABLE).cast());
        // SAFETY: allocated for this layout. The value is written before anybody reads it: nobody
        // can upgrade while the count is zero. If `make` panics, `memory` and `weak` give it up.
        unsafe {
            (&raw mut (*inner.as_ptr()).header).write(header);
            let released = (*inner.as_ptr()).header.decref(owner);
            debug_assert_eq!(released, Released::Last);
            let memory = Memory(inner.cast());
            let weak = Weak::unborn(inner);
            let value = make(&weak);
            (&raw mut (*inner.as_ptr()).value).write(value);
            core::mem::forget(memory);
            (*inner.as_ptr()).header.revive(owner);
        }
        Self::from_inner(inner)
    }
}

impl<T> Brc<T> {
    const VTABLE: &VTable = &VTable {
        destroy: Self::destroy,
    };

    /// # Safety
    /// The object is dead, the caller's, and has a value of this type.
    unsafe fn destroy(object: NonNull<Header>) {
        // SAFETY: the caller's promise.
        unsafe { destroy_inner(object.cast::<Inner<T>>()) };
    }
}

impl<T> Brc<T> {
    /// The value, cloned first unless this is the only pointer.
    pub fn make_mut(this: &mut Self) -> &mut T
    where
        T: Clone + 'static,
    {
        if !weak::is_alone(this) {
            *this = Self::new(T::clone(this));
        }
        // SAFETY: found alone, or made just now.
        unsafe { &mut (*this.inner.as_ptr()).value }
    }

    /// The value itself, if this is the only pointer; weak pointers may exist. Of several threads
    /// that ask for one value at once, it may be that none gets it: one that fails tries again,
    /// or drops the pointer.
    ///
    /// # Errors
    /// The pointer, if it is not the only one, or that cannot be known as for
    /// [`get_mut`](Self::get_mut).
    pub fn try_unwrap(this: Self) -> Result<T, Self> {
        // SAFETY: we give up the reference if, and only if, it is the last.
        if !unsafe { this.header().take_last(seat::me()) } {
            return Err(this);
        }
        let this = core::mem::ManuallyDrop::new(this);
        // SAFETY: the object is dead and ours: the value is moved out, once.
        unsafe {
            let value = (&raw const (*this.inner.as_ptr()).value).read();
            weak::give_up_memory(this.inner.cast());
            Ok(value)
        }
    }
}

impl<T: Clone> Brc<T> {
    /// The value itself, if this is the only pointer, or else a clone of it; as for
    /// [`try_unwrap`](Self::try_unwrap), also where it cannot be known.
    pub fn unwrap_or_clone(this: Self) -> T {
        Self::try_unwrap(this).unwrap_or_else(|this| T::clone(&this))
    }
}

impl<T: ?Sized> Brc<T> {
    #[inline(always)]
    fn from_inner(inner: NonNull<Inner<T>>) -> Self {
        Self {
            inner,
            owns: PhantomData,
        }
    }

    #[inline(always)]
    fn header(&self) -> &Header {
        // SAFETY: our reference keeps the object alive.
        unsafe { &(*self.inner.as_ptr()).header }
    }

    /// Whether both point to the same value.
    pub fn ptr_eq(this: &Self, other: &Self) -> bool {
        core::ptr::addr_eq(this.inner.as_ptr(), other.inner.as_ptr())
    }

    /// Where the value is.
    pub fn as_ptr(this: &Self) -> *const T {
        // SAFETY: only an address is taken, inside the object.
        unsafe { &raw const (*this.inner.as_ptr()).value }
    }

    /// How many pointers there are: about right while other threads make and drop them.
    pub fn strong_count(this: &Self) -> usize {
        this.header().count()
    }

    /// The value, if this is the only pointer, weak ones included. On a thread that has not made
    /// the value, `None` may also mean that its maker has not yet merged its counts.
    #[inline]
    pub fn get_mut(this: &mut Self) -> Option<&mut T> {
        if weak::is_alone(this) {
            // SAFETY: nobody else has a pointer, or can make one while we are borrowed.
            Some(unsafe { &mut (*this.inner.as_ptr()).value })
        } else {
            None
        }
    }

    /// # Safety
    /// The caller was told `released` of the object.
    #[inline(never)]
    unsafe fn finish(object: NonNull<Header>, released: Released) {
        // SAFETY: the caller's promise.
        unsafe {
            match released {
                Released::Alive => {}
                Released::Last if core::mem::needs_drop::<T>() => {
                    doom(object, weak::destructor(object));
                }
                Released::Last => weak::give_up_memory(object),
                Released::Queue => seat::queue(object, weak::destructor(object)),
            }
        }
    }
}

/// Drops the value and gives up the memory.
///
/// # Safety
/// The object is dead and the caller's.
unsafe fn destroy_inner<T: ?Sized>(inner: NonNull<Inner<T>>) {
    let _memory = Memory(inner.cast());
    // SAFETY: the caller's promise.
    unsafe { (&raw mut (*inner.as_ptr()).value).drop_in_place() };
}

/// Gives the memory of a dead object up, even if what comes before panics.
struct Memory(NonNull<Header>);

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: made once for an object that is dead and whose value is gone by now.
        unsafe { weak::give_up_memory(self.0) };
    }
}

impl<T: ?Sized> Clone for Brc<T> {
    #[inline(always)]
    fn clone(&self) -> Self {
        self.header().incref(seat::me());
        Self::from_inner(self.inner)
    }
}

impl<T: ?Sized> Drop for Brc<T> {
    #[inline(always)]
    fn drop(&mut self) {
        // SAFETY: we give up our reference, and `finish` does what we are told. Threads pass
        // their own token, or a stranger's.
        unsafe {
            match self.header().decref(seat::me()) {
                Released::Alive => {}
                released => Self::finish(self.inner.cast(), released),
            }
        }
    }
}

impl<T: ?Sized> Deref for Brc<T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: our reference keeps the object alive.
        unsafe { &(*self.inner.as_ptr()).value }
    }
}
