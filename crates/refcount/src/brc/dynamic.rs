//! Pointers to trait objects, made of pointers to values that have the trait.
//!
//! Only the compiler makes the second word of such a pointer, and on stable Rust only from a raw
//! pointer or a reference: the [`unsize`] crate leads ours through one. The address that it sees
//! is the object's, not the value's: a weak pointer may point to no object, and then there is no
//! value whose address could be asked for.

use super::{Brc, Inner, Weak};
use core::any::Any;
use core::mem::ManuallyDrop;
use core::ptr::NonNull;
use unsize::CoerciblePtr;

// SAFETY: the pointer that comes in is the one that went out, with a second word beside it, and
// goes where that was.
unsafe impl<T, U: ?Sized> CoerciblePtr<U> for Brc<T> {
    type Pointee = T;
    type Output = Brc<U>;

    fn as_sized_ptr(&mut self) -> *mut T {
        self.inner.as_ptr().cast()
    }

    unsafe fn replace_ptr(self, new: *mut U) -> Brc<U> {
        let _counted_by_the_result = ManuallyDrop::new(self);
        // SAFETY: the address of an object, with the second word of its value.
        Brc::from_inner(unsafe { NonNull::new_unchecked(new as *mut Inner<U>) })
    }
}

// SAFETY: as above.
unsafe impl<T, U: ?Sized> CoerciblePtr<U> for Weak<T> {
    type Pointee = T;
    type Output = Weak<U>;

    fn as_sized_ptr(&mut self) -> *mut T {
        self.inner.as_ptr().cast()
    }

    unsafe fn replace_ptr(self, new: *mut U) -> Weak<U> {
        let _counted_by_the_result = ManuallyDrop::new(self);
        // SAFETY: as above, or the address of no object, which is not null either.
        Weak::from_inner(unsafe { NonNull::new_unchecked(new as *mut Inner<U>) })
    }
}

impl<A: ?Sized> Brc<A> {
    /// # Safety
    /// The value is a `T`.
    unsafe fn downcast_unchecked<T>(self) -> Brc<T> {
        Brc::from_inner(ManuallyDrop::new(self).inner.cast())
    }
}

impl Brc<dyn Any> {
    /// A pointer to a value of this type.
    ///
    /// ```
    /// use selvedge_refcount::{Brc, CoerceUnsize, Coercion};
    /// use std::any::Any;
    ///
    /// let any: Brc<dyn Any> = Brc::new(5_u32).unsize(Coercion::to_any());
    /// let any = any.downcast::<String>().unwrap_err();
    /// assert_eq!(*any.downcast::<u32>().unwrap(), 5);
    /// ```
    ///
    /// # Errors
    /// The pointer, if its value is of another type.
    pub fn downcast<T: Any>(self) -> Result<Brc<T>, Self> {
        if (*self).is::<T>() {
            // SAFETY: asked just now.
            Ok(unsafe { self.downcast_unchecked() })
        } else {
            Err(self)
        }
    }
}

impl Brc<dyn Any + Send + Sync> {
    /// A pointer to a value of this type.
    ///
    /// # Errors
    /// The pointer, if its value is of another type.
    pub fn downcast<T: Any + Send + Sync>(self) -> Result<Brc<T>, Self> {
        if (*self).is::<T>() {
            // SAFETY: asked just now.
            Ok(unsafe { self.downcast_unchecked() })
        } else {
            Err(self)
        }
    }
}
