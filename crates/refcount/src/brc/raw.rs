//! Pointers that pass through code which knows addresses only.

use super::{Brc, Inner};
use crate::Header;
use core::mem::ManuallyDrop;
use core::ptr::NonNull;

impl<T: ?Sized> Brc<T> {
    /// The address of the value, which keeps its count: until [`from_raw`](Self::from_raw) makes a
    /// pointer of it again, the value stays.
    ///
    /// ```
    /// use selvedge_refcount::Brc;
    ///
    /// let address = Brc::into_raw(Brc::new(5));
    /// // SAFETY: the address is one of `into_raw`, and not used again.
    /// let back = unsafe { Brc::from_raw(address) };
    /// assert_eq!(*back, 5);
    /// ```
    #[must_use = "the value stays forever unless the address is made a pointer again"]
    pub fn into_raw(this: Self) -> *const T {
        let this = ManuallyDrop::new(this);
        Self::as_ptr(&this)
    }

    /// The pointer that [`into_raw`](Self::into_raw) made an address of. On any thread, if `T` is
    /// `Send` and `Sync`.
    ///
    /// # Safety
    /// The address is a result of `into_raw` of a pointer to a `T`, each result used once.
    pub unsafe fn from_raw(value: *const T) -> Self {
        // SAFETY: the caller's promise: the value exists.
        let align = align_of_val(unsafe { &*value });
        let before = size_of::<Header>().next_multiple_of(align);
        // SAFETY: as above, and so does its header, that far before it.
        let inner = unsafe { value.byte_sub(before) }.cast_mut() as *mut Inner<T>;
        // SAFETY: an object's address.
        Self::from_inner(unsafe { NonNull::new_unchecked(inner) })
    }
}
