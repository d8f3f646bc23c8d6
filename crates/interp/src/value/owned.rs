//! A value together with the reference it owns.

use super::Value;
use crate::object::Object;
use crate::thread::{current_token, release_last, release_queued};
use core::mem::ManuallyDrop;
use core::num::NonZeroU64;
use core::ops::Deref;
use selvedge_refcount::Released;

/// A bound value that owns its reference and releases it when dropped.
///
/// A result that may fail, `Result<Ref, Raised>`, is one word: 0 says that an exception is set.
#[repr(transparent)]
pub struct Ref(NonZeroU64);

impl Ref {
    /// Counts a reference to `value`, if it is an object.
    #[inline(always)]
    pub fn new(value: Value) -> Self {
        debug_assert!(value.is_bound(), "nothing to count");
        if value.is_pointer() {
            let object = value.pointer();
            // SAFETY: a bound pointer word points to a live object.
            if unsafe { (*object).header.incref_local(current_token()) } {
                Self::adopt(Value::owned(object))
            } else {
                count_otherwise(object)
            }
        } else {
            Self::adopt(value)
        }
    }

    /// As [`new`](Self::new), where most objects are immortal: those that a register holds
    /// without owning them.
    #[inline(always)]
    pub(crate) fn of_borrowed(value: Value) -> Self {
        // SAFETY: a bound pointer word points to a live object.
        if value.is_pointer() && unsafe { (*value.pointer()).header.is_immortal() } {
            return Self::adopt(Value::uncounted(value.pointer()));
        }
        Self::new(value)
    }

    /// Takes over the reference that `value` owns (or an uncounted word of an immortal object).
    #[inline(always)]
    pub fn adopt(value: Value) -> Self {
        debug_assert!(value.is_bound());
        // SAFETY: callers hand over bound values; the assertion watches them in tests.
        Self(unsafe { NonZeroU64::new_unchecked(value.bits()) })
    }

    /// Takes over the reference that `value` owns, unless it is unbound.
    #[inline(always)]
    pub fn adopt_bound(value: Value) -> Option<Self> {
        value.is_bound().then(|| Self::adopt(value))
    }

    /// An integer word.
    #[inline(always)]
    pub fn small(int: i64) -> Self {
        Self::adopt(Value::small(int))
    }

    /// Takes over the only reference of a new object.
    #[inline(always)]
    pub fn from_object<T>(object: *mut T) -> Self {
        Self::adopt(Value::owned(object.cast::<Object>()))
    }

    /// The value, without the reference.
    #[inline(always)]
    pub fn value(&self) -> Value {
        Value::from_bits(self.0.get())
    }

    /// Gives the reference away.
    #[inline(always)]
    #[must_use = "the reference is lost otherwise"]
    pub fn into_value(self) -> Value {
        ManuallyDrop::new(self).value()
    }
}

impl Deref for Ref {
    type Target = Value;
    #[inline(always)]
    fn deref(&self) -> &Value {
        // SAFETY: both are transparent wrappers of the same 64 bits.
        unsafe { &*core::ptr::from_ref(self).cast::<Value>() }
    }
}

impl Clone for Ref {
    #[inline(always)]
    fn clone(&self) -> Self {
        Self::new(self.value())
    }
}

impl Drop for Ref {
    #[inline(always)]
    fn drop(&mut self) {
        // SAFETY: the reference was this one's, and nobody uses it afterwards.
        unsafe { release(self.value()) };
    }
}

impl core::fmt::Debug for Ref {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.value().fmt(f)
    }
}

/// Releases the reference that `value` owns, if it owns one.
///
/// # Safety
/// The reference is the caller's to give up, and `value` is not used afterwards.
#[inline(always)]
pub(crate) unsafe fn release(value: Value) {
    if value.is_owned() {
        let object = value.pointer().cast_mut();
        // SAFETY: an owned word holds one reference to a live object, given up here.
        unsafe {
            if !(*object).header.decref_local(current_token()) {
                release_otherwise(object);
            }
        }
    }
}

/// Counts a reference to an object that this thread does not own, or to an immortal one, which
/// nobody has to release.
#[cold]
#[inline(never)]
fn count_otherwise(object: *const Object) -> Ref {
    // SAFETY: the caller has a reference to the object, or borrows one.
    unsafe {
        if (*object).header.is_immortal() {
            return Ref::adopt(Value::uncounted(object));
        }
        (*object).header.incref(current_token());
    }
    Ref::adopt(Value::owned(object))
}

/// Releases the last reference of an object, or one of an object that this thread does not own.
///
/// # Safety
/// The reference is the caller's to give up.
#[cold]
#[inline(never)]
unsafe fn release_otherwise(object: *mut Object) {
    // SAFETY: by contract.
    match unsafe { (*object).header.decref(current_token()) } {
        Released::Alive => {}
        // SAFETY: the last reference is gone.
        Released::Last => unsafe { release_last(object) },
        // SAFETY: this is the one call for this result.
        Released::Queue => unsafe { release_queued(object) },
    }
}
