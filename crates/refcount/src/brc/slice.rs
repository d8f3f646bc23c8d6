//! Counted slices and strings.
//!
//! The pointers know how long they are. Whoever destroys the object has its address only, so its
//! length is also at the end of its slot, which the page knows the size of.

use super::seat::{self, VTable};
use super::{Brc, Inner, destroy_inner};
use crate::Header;
use crate::heap::Page;
use core::alloc::Layout;
use core::ptr::NonNull;

/// The object whose slice is `length` long.
fn inner_of<T>(object: NonNull<Header>, length: usize) -> NonNull<Inner<[T]>> {
    let inner = core::ptr::slice_from_raw_parts_mut(object.as_ptr().cast::<T>(), length);
    // SAFETY: not null, as `object` is not.
    unsafe { NonNull::new_unchecked(inner as *mut Inner<[T]>) }
}

/// Where the object's length is.
///
/// # Safety
/// The object is a slice, whose memory is still there.
unsafe fn length_of(object: NonNull<Header>) -> NonNull<usize> {
    // SAFETY: the caller's promise. A slot is aligned as a word, its size a multiple of one, and
    // `take` asks for one behind the values.
    unsafe {
        let size = (*Page::of(object.as_ptr().cast())).slot_size();
        object.byte_add(size - size_of::<usize>()).cast()
    }
}

impl<T> Brc<[T]> {
    const SLICE_VTABLE: &VTable = &VTable {
        destroy: Self::destroy_slice,
    };

    /// # Safety
    /// The object is dead, the caller's, and a slice of this type.
    unsafe fn destroy_slice(object: NonNull<Header>) {
        // SAFETY: the caller's promise.
        unsafe { destroy_inner(inner_of::<T>(object, length_of(object).read())) };
    }
}

impl<T: 'static> Brc<[T]> {
    /// Moves the values to a new object.
    ///
    /// # Safety
    /// They are readable, and forgotten after this returns.
    unsafe fn take(values: NonNull<[T]>) -> Self {
        // SAFETY: the values exist, so their layout does.
        let layout = unsafe { Layout::for_value(values.as_ref()) };
        let (layout, _) = Layout::new::<Header>()
            .extend(layout)
            .and_then(|(all, _)| all.pad_to_align().extend(Layout::new::<usize>()))
            .expect("the address space has room for a header beside what is in memory");
        let (slot, owner) = seat::allocate(layout);
        let header = Header::new(owner, core::ptr::from_ref(Self::SLICE_VTABLE).cast());
        let inner = inner_of::<T>(slot.cast(), values.len());
        // SAFETY: allocated for this layout; the caller's promise.
        unsafe {
            (&raw mut (*inner.as_ptr()).header).write(header);
            length_of(slot.cast()).write(values.len());
            let place = (&raw mut (*inner.as_ptr()).value).cast::<T>();
            place.copy_from_nonoverlapping(values.as_ptr().cast(), values.len());
        }
        Self::from_inner(inner)
    }
}

/// Memory that has run out, and a slice of more than 4 GiB, are handled as `Box` does the former.
impl<T: 'static> From<Vec<T>> for Brc<[T]> {
    fn from(mut values: Vec<T>) -> Self {
        // SAFETY: the vector's own, which it forgets.
        unsafe {
            let taken = Self::take(NonNull::from(values.as_mut_slice()));
            values.set_len(0);
            taken
        }
    }
}

impl<T: Clone + 'static> From<&[T]> for Brc<[T]> {
    fn from(values: &[T]) -> Self {
        Self::from(values.to_vec())
    }
}

impl<T: 'static> FromIterator<T> for Brc<[T]> {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        Self::from(values.into_iter().collect::<Vec<T>>())
    }
}

impl From<&str> for Brc<str> {
    fn from(text: &str) -> Self {
        // SAFETY: bytes are copied without harm.
        let bytes = unsafe { Brc::<[u8]>::take(NonNull::from(text.as_bytes())) };
        let inner = core::mem::ManuallyDrop::new(bytes).inner;
        // SAFETY: not null, as `inner` is not. The bytes are those of a string.
        Self::from_inner(unsafe { NonNull::new_unchecked(inner.as_ptr() as *mut Inner<str>) })
    }
}

impl From<String> for Brc<str> {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}
