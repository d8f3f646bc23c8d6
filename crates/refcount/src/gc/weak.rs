//! Weak pointers to collected objects.
//!
//! They point to a side that the object keeps beside it, and the side points back until the
//! object dies or the collector finds it to be garbage. The object's memory is not kept.

use super::pointer::{VTable, context_of};
use super::trace::{Trace, Visitor};
use super::{Gc, Mutator};
use crate::Header;
use crate::sided::{marked, side_of};
use core::marker::PhantomData;
use core::ptr::NonNull;
use selvedge_sync::seam::{Arc, Mutex};

/// What an object with weak pointers has beside it.
pub(super) struct Side {
    pub(super) vtable: &'static VTable,
    /// The object, as long as its slot is its own. Locked while somebody tries to count it, so
    /// that the slot is not freed meanwhile.
    target: Mutex<Target>,
}

struct Target(Option<NonNull<Header>>);

// SAFETY: who has locked the target only counts it, which any thread may try.
unsafe impl Send for Target {}

/// A pointer that does not keep its object.
///
/// It is cleared when its object dies, before the object's finaliser runs, and stays so if the
/// finaliser resurrects the object.
///
/// ```
/// use selvedge_refcount::{GcWeak, World};
///
/// let world = World::new();
/// let mutator = world.attach();
/// let node = mutator.alloc(String::from("here"));
/// let weak = node.downgrade();
/// assert_eq!(weak.upgrade(&mutator).unwrap().get(&mutator), "here");
/// drop(node);
/// assert!(weak.upgrade(&mutator).is_none());
/// assert!(GcWeak::<String>::new().upgrade(&mutator).is_none());
/// ```
pub struct GcWeak<T> {
    side: Option<Arc<Side>>,
    points: PhantomData<*const T>,
}

// SAFETY: an upgraded pointer may be used and dropped on any thread, as for `Gc`.
unsafe impl<T: Send + Sync> Send for GcWeak<T> {}
// SAFETY: as above.
unsafe impl<T: Send + Sync> Sync for GcWeak<T> {}

impl<T> Gc<T> {
    /// A weak pointer to the object. From here on its last owner pays a read-modify-write to free
    /// it.
    pub fn downgrade(&self) -> GcWeak<T> {
        // Before the side is made: who upgrades finds the object countable.
        self.header().publish();
        GcWeak {
            side: Some(side(self)),
            points: PhantomData,
        }
    }
}

/// What the object has beside it, made if need be.
fn side<T>(pointer: &Gc<T>) -> Arc<Side> {
    let header = pointer.header();
    let ty = header.ty();
    if let Some(side) = side_of(ty) {
        // SAFETY: the object, which `pointer` keeps, keeps it.
        return unsafe { share(side) };
    }
    let side = Arc::new(Side {
        // SAFETY: a type that is no side is a vtable.
        vtable: unsafe { &*ty.cast() },
        target: Mutex::new(Target(Some(pointer.object()))),
    });
    let kept = Arc::into_raw(Arc::clone(&side));
    match header.replace_ty(ty, marked(kept)) {
        Ok(()) => side,
        // SAFETY: the object has not taken it; and as above.
        Err(other) => unsafe {
            drop(Arc::from_raw(kept));
            share(side_of(other).expect("a type is replaced by a side"))
        },
    }
}

/// # Safety
/// Somebody keeps the side.
unsafe fn share(side: *const Side) -> Arc<Side> {
    // SAFETY: the caller's promise; sides in headers come from `Arc::into_raw`.
    let kept = core::mem::ManuallyDrop::new(unsafe { Arc::from_raw(side) });
    Arc::clone(&kept)
}

/// Makes every weak pointer to the object dead.
///
/// # Safety
/// Nobody but the caller has a reference to the object, or makes a weak one.
#[inline(always)]
pub(super) unsafe fn clear(object: NonNull<Header>) {
    // SAFETY: the caller's promise.
    let header = unsafe { object.as_ref() };
    if let Some(side) = side_of(header.ty()) {
        // SAFETY: the object keeps its side.
        unsafe { clear_side(header, side) };
    }
}

/// # Safety
/// As for [`clear`]; the side is the object's.
#[cold]
unsafe fn clear_side(header: &Header, side: *const Side) {
    // SAFETY: put there by `side`, and taken away below.
    let side = unsafe { Arc::from_raw(side) };
    header.set_ty(core::ptr::from_ref(side.vtable).cast());
    side.target.lock().0 = None;
}

impl<T> GcWeak<T> {
    /// A pointer that never upgrades.
    pub const fn new() -> Self {
        Self {
            side: None,
            points: PhantomData,
        }
    }

    /// A counted pointer, if the object is still there.
    ///
    /// # Panics
    /// If the object is, and the mutator is in another world.
    pub fn upgrade(&self, mutator: &Mutator) -> Option<Gc<T>> {
        let target = self.side.as_ref()?.target.lock();
        let object = target.0?;
        assert!(
            mutator.is_in(context_of(object)),
            "an object of another world"
        );
        // SAFETY: locked, the target has its slot. The mutator keeps the collector from looking,
        // and counts with its own token.
        unsafe {
            let counted = object.as_ref().try_incref(mutator.token());
            counted.then(|| Gc::from_object(object))
        }
    }

    /// Whether both were made from pointers to the same object, or neither from any.
    pub fn ptr_eq(&self, other: &Self) -> bool {
        match (&self.side, &other.side) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (None, None) => true,
            _ => false,
        }
    }
}

impl<T> Clone for GcWeak<T> {
    fn clone(&self) -> Self {
        Self {
            side: self.side.clone(),
            points: PhantomData,
        }
    }
}

impl<T> Default for GcWeak<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> core::fmt::Debug for GcWeak<T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("(GcWeak)")
    }
}

// SAFETY: owns no counted pointer, and upgrades none when dropped.
unsafe impl<T> Trace for GcWeak<T> {
    #[inline]
    fn trace(&self, _: &mut Visitor<'_>) {}
}
