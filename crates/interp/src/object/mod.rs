//! Objects: a header, then what the type says.

pub mod bytes;
pub mod cell;
pub mod class;
pub mod code;
pub mod complex;
pub mod dict;
pub mod exception;
pub mod exception_group;
pub(crate) mod extension;
pub mod file;
pub mod float;
pub mod frame;
pub mod function;
pub mod generator;
pub mod instance;
pub mod int;
pub mod iterators;
pub mod list;
pub mod mapping_proxy;
mod memory;
pub mod memory_view;
pub mod method;
pub mod module;
pub mod native;
pub mod range;
pub mod set;
pub mod singletons;
pub mod slice;
pub mod str;
pub mod template;
pub mod traceback;
pub mod tuple;
mod ty;
pub mod typing;
pub mod union;
pub mod weak;
pub mod wrapper;

pub use memory::allocate;
pub(crate) use memory::{
    allocate_bytes, allocate_in_slot, finish_in_slot, free, free_at_end_of_thread, free_bytes,
    free_in_slot, make_shared, resize_bytes, set_heap, unbox,
};
pub use ty::{Base, BinaryOp, CompareOp, Slots, Special, Type, UnaryOp};

use crate::thread::current_token;
use crate::value::Value;
use selvedge_refcount::Header;

/// In an object's flags: it is an [`Instance`](instance::Instance) with slots.
pub(crate) const SHAPED: u16 = 1;
/// In an object's flags: there are weak references to it, or were.
pub(crate) const WATCHED: u16 = 2;
/// In an object's flags: it lies on a page although its layout refers to nothing.
pub(crate) const PAGED: u16 = 8;
/// In an object's flags: it was found to be garbage, and is about to go. Where threads run at the
/// same time, nobody is shown it any more.
pub(crate) const DOOMED: u16 = 16;
/// In an object's flags: it has a dictionary of attributes that its layout has no place for.
pub(crate) const EXTENDED: u16 = 4;
/// From this bit of an instance's flags on: for how many slots there is room behind it.
pub(crate) const CAPACITY_SHIFT: u16 = 8;

/// What every object begins with.
#[repr(C)]
pub struct Object {
    pub(crate) header: Header,
}

impl Object {
    /// The beginning of a new object of type `ty`, with one reference, owned by the caller.
    #[inline]
    pub fn new(ty: &'static Type) -> Self {
        if ty.is_heap() {
            // An instance keeps its class alive.
            ty.object.header.incref(current_token());
        }
        Self {
            header: Header::new(current_token(), core::ptr::from_ref(ty).cast()),
        }
    }

    /// As [`new`](Self::new), with these flags.
    #[inline]
    pub(crate) fn with_flags(ty: &'static Type, flags: u16) -> Self {
        Self {
            header: Self::new(ty).header.with_flags(flags),
        }
    }

    /// The beginning of a static object.
    pub(crate) const fn immortal(ty: &'static Type) -> Self {
        Self {
            header: Header::immortal(core::ptr::from_ref(ty).cast()),
        }
    }

    /// The object's type.
    #[inline(always)]
    pub fn ty(&self) -> &'static Type {
        // SAFETY: a header's type pointer is a `Type` that outlives the object.
        unsafe { &*self.header.ty().cast::<Type>() }
    }
}

/// The layout of the objects of a builtin type.
///
/// # Safety
/// The type is `repr(C)`, begins with an [`Object`], and is what [`Payload::TYPE`] (and its
/// subclasses) are laid out as. [`references`](crate::references) writes what is said of its
/// references.
pub unsafe trait Payload: Sized + 'static {
    /// The type whose instances are laid out so.
    const TYPE: &'static Type;

    /// Whether objects so laid out may be part of a circle of references. Then they lie where the
    /// collector finds them.
    const REFERS: bool;

    /// Shows `visit` every value whose reference the object has counted, once, and nothing else;
    /// all but its class and the attributes that there is no place for in it.
    ///
    /// # Safety
    /// Nobody changes the object meanwhile.
    unsafe fn references<V: FnMut(Value) + ?Sized>(&self, visit: &mut V);

    /// Lets go of what the object may refer to in a circle. It is still there afterwards, as empty
    /// as its type allows.
    ///
    /// # Safety
    /// Nobody else uses the object.
    unsafe fn let_go(&self);
}

/// The payload of `value`, if it is an instance of `T`'s type or of a subclass.
#[inline]
pub fn downcast<T: Payload>(value: &Value) -> Option<&T> {
    let object = value.as_object()?;
    // SAFETY: a bound pointer word points to a live object; subclasses extend their base's
    // layout, so that one whose type derives from `T::TYPE` begins as a `T` does.
    unsafe {
        (*object)
            .ty()
            .is_subtype(T::TYPE)
            .then(|| &*object.cast::<T>())
    }
}

/// The payload of `value`, if its type is exactly `T`'s.
#[inline(always)]
pub fn downcast_exact<T: Payload>(value: &Value) -> Option<&T> {
    // SAFETY: the type says what the object is laid out as.
    value
        .is_exactly(T::TYPE)
        .then(|| unsafe { &*value.pointer().cast::<T>() })
}

/// The payload of `value`, known to be laid out as `T`.
///
/// # Safety
/// `value` is an object of `T`'s type or of a subclass, alive as long as the result is used.
#[inline(always)]
pub(crate) unsafe fn cast<'a, T: Payload>(value: Value) -> &'a T {
    debug_assert!(value.ty().is_subtype(T::TYPE));
    // SAFETY: by contract.
    unsafe { &*value.pointer().cast::<T>() }
}
