//! How the collector finds the pointers in a value.

use super::{Gc, Mutator};
use crate::Header;

/// What a value's pointers are shown to.
pub struct Visitor<'a>(pub(super) &'a mut dyn FnMut(&Header));

impl Visitor<'_> {
    #[inline]
    pub(super) fn visit(&mut self, object: &Header) {
        (self.0)(object);
    }
}

/// A value whose [`Gc`] pointers the collector can find. Derive it with [`trace!`](crate::trace).
///
/// # Safety
/// [`trace`](Self::trace) shows each `Gc` that the value owns at most once, and no other; one
/// that it does not show keeps what it points to alive. As long as the value does not change, it
/// shows the same ones. Dropping the value reads no value behind a `Gc` that it shows.
pub unsafe trait Trace {
    /// Whether [`finalise`](Self::finalise) does anything.
    const FINALISES: bool = false;

    /// Traces the parts that may own pointers.
    fn trace(&self, visitor: &mut Visitor<'_>);

    /// Called once, before a value that only garbage refers to is dropped. It may read what the
    /// value points to, and keep any of it, and so the value itself, by cloning a pointer.
    fn finalise(&self, _mutator: &Mutator) {}
}

/// Implements [`Trace`] for a struct: names the fields that may own [`Gc`] pointers.
///
/// A field that is not named keeps what it points to alive, cycles included. The type has no
/// `Drop` of its own, because by then what it points to may be gone; use a finaliser, which runs
/// before.
///
/// ```
/// use selvedge_refcount::{Gc, GcMutex, World, trace};
///
/// struct Node {
///     name: String,
///     next: GcMutex<Option<Gc<Node>>>,
/// }
/// trace!(Node { next });
///
/// let world = World::new();
/// let mut mutator = world.attach();
/// let node = mutator.alloc(Node { name: "ring".into(), next: GcMutex::new(None) });
/// *node.get(&mutator).next.lock() = Some(node.clone());
/// assert_eq!(node.get(&mutator).name, "ring");
/// drop(node);
/// assert_eq!(mutator.collect().garbage, 1);
/// ```
///
/// With a finaliser:
///
/// ```
/// # use selvedge_refcount::{Gc, Mutator, trace};
/// struct Node { next: Option<Gc<Node>> }
/// trace!(Node { next } finalise |_node: &Node, _mutator: &Mutator| println!("goodbye"));
/// ```
#[macro_export]
macro_rules! trace {
    ($type:ty { $($field:ident),* $(,)? } $(finalise $finalise:expr)?) => {
        const _: () = {
            trait MustNotImplementDrop {}
            #[allow(drop_bounds)]
            impl<T: Drop> MustNotImplementDrop for T {}
            impl MustNotImplementDrop for $type {}
        };
        // SAFETY: each named field is owned by the value, and the pattern admits none twice; the
        // value's destructor runs those of its fields only.
        unsafe impl $crate::Trace for $type {
            #[inline]
            fn trace(&self, visitor: &mut $crate::Visitor<'_>) {
                let Self { $($field,)* .. } = self;
                $($crate::Trace::trace($field, visitor);)*
                let _ = visitor;
            }
            $(
                const FINALISES: bool = true;
                fn finalise(&self, mutator: &$crate::Mutator) {
                    let finalise: fn(&Self, &$crate::Mutator) = $finalise;
                    finalise(self, mutator);
                }
            )?
        }
    };
}

macro_rules! nothing_to_trace {
    ($($type:ty),* $(,)?) => {$(
        // SAFETY: owns no pointers.
        unsafe impl Trace for $type {
            #[inline]
            fn trace(&self, _: &mut Visitor<'_>) {}
        }
    )*};
}

nothing_to_trace!(
    (),
    bool,
    char,
    u8,
    u16,
    u32,
    u64,
    u128,
    usize,
    i8,
    i16,
    i32,
    i64,
    i128,
    isize,
    f32,
    f64,
    String,
    str,
    &'static str
);

// SAFETY: owns itself.
unsafe impl<T: Trace + Send + Sync + 'static> Trace for Gc<T> {
    #[inline]
    fn trace(&self, visitor: &mut Visitor<'_>) {
        visitor.visit(self.header());
    }
}

// SAFETY: owns its value, if any.
unsafe impl<T: Trace> Trace for Option<T> {
    #[inline]
    fn trace(&self, visitor: &mut Visitor<'_>) {
        if let Some(value) = self {
            value.trace(visitor);
        }
    }
}

// SAFETY: owns its value.
unsafe impl<T: Trace> Trace for Box<T> {
    #[inline]
    fn trace(&self, visitor: &mut Visitor<'_>) {
        (**self).trace(visitor);
    }
}

macro_rules! trace_sequence {
    ($(($($head:tt)*) $type:ty),* $(,)?) => {$(
        // SAFETY: owns its elements.
        unsafe impl<$($head)*> Trace for $type {
            #[inline]
            fn trace(&self, visitor: &mut Visitor<'_>) {
                for value in self {
                    value.trace(visitor);
                }
            }
        }
    )*};
}

trace_sequence!(
    (T: Trace) Vec<T>,
    (T: Trace, const N: usize) [T; N],
    (T: Trace) std::collections::VecDeque<T>,
);

macro_rules! trace_map {
    ($(($($head:tt)*) $type:ty),* $(,)?) => {$(
        // SAFETY: owns its keys and values.
        unsafe impl<$($head)*> Trace for $type {
            fn trace(&self, visitor: &mut Visitor<'_>) {
                for (key, value) in self {
                    key.trace(visitor);
                    value.trace(visitor);
                }
            }
        }
    )*};
}

trace_map!(
    (K: Trace, V: Trace) std::collections::BTreeMap<K, V>,
    (K: Trace, V: Trace, S) std::collections::HashMap<K, V, S>,
);

macro_rules! trace_tuple {
    ($($name:ident),*) => {
        // SAFETY: owns its elements.
        unsafe impl<$($name: Trace),*> Trace for ($($name,)*) {
            #[expect(non_snake_case, reason = "the elements are named as their types")]
            fn trace(&self, visitor: &mut Visitor<'_>) {
                let ($($name,)*) = self;
                $($name.trace(visitor);)*
            }
        }
    };
}

trace_tuple!(A);
trace_tuple!(A, B);
trace_tuple!(A, B, C);
trace_tuple!(A, B, C, D);

#[allow(clippy::disallowed_types, reason = "what users have in their values")]
mod locks {
    use super::{Trace, Visitor};
    use std::sync::{Mutex, OnceLock, RwLock, TryLockError};

    // SAFETY: owns its value. While the world is stopped nobody has a reference to the mutex with
    // which to lock or unlock it, so the value is shown always or never.
    unsafe impl<T: Trace> Trace for Mutex<T> {
        #[inline]
        fn trace(&self, visitor: &mut Visitor<'_>) {
            match self.try_lock() {
                Ok(value) => value.trace(visitor),
                Err(TryLockError::Poisoned(value)) => value.into_inner().trace(visitor),
                Err(TryLockError::WouldBlock) => {}
            }
        }
    }

    // SAFETY: as for `Mutex`.
    unsafe impl<T: Trace> Trace for RwLock<T> {
        #[inline]
        fn trace(&self, visitor: &mut Visitor<'_>) {
            match self.try_read() {
                Ok(value) => value.trace(visitor),
                Err(TryLockError::Poisoned(value)) => value.into_inner().trace(visitor),
                Err(TryLockError::WouldBlock) => {}
            }
        }
    }

    // SAFETY: owns its value, if any.
    unsafe impl<T: Trace> Trace for OnceLock<T> {
        #[inline]
        fn trace(&self, visitor: &mut Visitor<'_>) {
            if let Some(value) = self.get() {
                value.trace(visitor);
            }
        }
    }
}
