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

    /// Called once, before a value to which nothing refers any more, or only garbage, is dropped,
    /// by whoever gives the last pointer up or collects. It may read what the value points to, and
    /// keep any of it, and so the value itself, by cloning a pointer.
    fn finalise(&self, _mutator: &Mutator) {}
}

/// Implements [`Trace`] for a struct or an enum: names the fields that may own [`Gc`] pointers.
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
/// With a finaliser; with generics, in brackets; the fields of a tuple, by number; an enum, all
/// variants of which are named, and the first fields of each:
///
/// ```
/// # use selvedge_refcount::{Gc, Mutator, Trace, trace};
/// struct Node { next: Option<Gc<Node>> }
/// trace!(Node { next } finalise |_node: &Node, _mutator: &Mutator| println!("goodbye"));
///
/// struct Pair<A, B>(A, B);
/// trace!([A: Trace, B: Trace] Pair<A, B> { 0, 1 });
///
/// enum Tree<T: Send + Sync + Trace + 'static> {
///     Leaf,
///     Both { left: Gc<Tree<T>>, right: Gc<Tree<T>> },
///     One(T, u32),
/// }
/// trace!([T: Send + Sync + Trace + 'static] enum Tree<T> { Leaf, Both { left, right }, One(value) });
/// ```
#[macro_export]
macro_rules! trace {
    (enum $($rest:tt)*) => {
        $crate::trace!([] enum $($rest)*);
    };
    (
        [$($generics:tt)*] enum $type:ty {
            $($variant:ident $({ $($field:ident),* $(,)? })? $(( $($part:ident),* $(,)? ))?),*
            $(,)?
        }
        $(finalise $finalise:expr)?
    ) => {
        $crate::trace!(@implement [$($generics)*] $type, this, visitor {
            // `ref`: what is named is a field, and not a constant of that name.
            match *this {
                $(Self::$variant $({ $(ref $field,)* .. })? $(($(ref $part,)* ..))? => {
                    $($($crate::Trace::trace($field, visitor);)*)?
                    $($($crate::Trace::trace($part, visitor);)*)?
                })*
            }
        } $(finalise $finalise)?);
    };
    (
        [$($generics:tt)*] $type:ty { $($field:tt),* $(,)? } $(finalise $finalise:expr)?
    ) => {
        $crate::trace!(@implement [$($generics)*] $type, this, visitor {
            // What is named is a field of the type itself, and named once.
            let Self { $($field: _,)* .. } = this;
            $($crate::Trace::trace(&this.$field, visitor);)*
        } $(finalise $finalise)?);
    };
    (
        @implement [$($generics:tt)*] $type:ty, $this:ident, $visitor:ident { $($body:tt)* }
        $(finalise $finalise:expr)?
    ) => {
        const _: () = {
            trait MustNotImplementDrop {}
            #[allow(drop_bounds)]
            impl<T: Drop> MustNotImplementDrop for T {}
            impl<$($generics)*> MustNotImplementDrop for $type {}
        };
        // SAFETY: each named field is owned by the value, and the pattern admits none twice; the
        // value's destructor runs those of its fields only.
        unsafe impl<$($generics)*> $crate::Trace for $type {
            #[inline]
            fn trace(&self, $visitor: &mut $crate::Visitor<'_>) {
                let $this = self;
                $($body)*
                let _ = $visitor;
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
    ($type:ty { $($rest:tt)* } $($finalise:tt)*) => {
        $crate::trace!([] $type { $($rest)* } $($finalise)*);
    };
}

/// What [`trace!`](crate::trace) refuses. First what it does not:
///
/// ```
/// # use selvedge_refcount::{Gc, trace};
/// struct Node { next: Option<Gc<Node>>, name: String }
/// trace!(Node { next, name });
/// ```
///
/// A destructor, which could read what is gone already:
///
/// ```compile_fail,E0119
/// # use selvedge_refcount::{Gc, trace};
/// struct Node { next: Option<Gc<Node>>, name: String }
/// trace!(Node { next, name });
/// impl Drop for Node { fn drop(&mut self) {} }
/// ```
///
/// A field named twice, whose pointers would be taken off their objects' counts twice:
///
/// ```compile_fail,E0025
/// # use selvedge_refcount::{Gc, trace};
/// struct Node { next: Option<Gc<Node>>, name: String }
/// trace!(Node { next, next });
/// ```
///
/// A field of what the value refers to without owning it:
///
/// ```compile_fail,E0026
/// # use selvedge_refcount::{Gc, trace};
/// struct Node { next: Option<Gc<Node>>, name: String }
/// struct Handle(std::sync::Arc<Node>);
/// impl std::ops::Deref for Handle {
///     type Target = Node;
///     fn deref(&self) -> &Node { &self.0 }
/// }
/// trace!(Handle { next });
/// ```
///
/// ```compile_fail,E0277
/// # use selvedge_refcount::{Gc, trace};
/// struct Node { next: Option<std::sync::Arc<Node>>, name: String }
/// trace!(Node { next });
/// ```
///
/// A variant left out, or a constant in place of its field:
///
/// ```
/// # use selvedge_refcount::{Gc, trace};
/// enum Tree { Leaf, Node(Gc<Tree>, u32) }
/// trace!(enum Tree { Leaf, Node(next) });
/// ```
///
/// ```compile_fail,E0004
/// # use selvedge_refcount::{Gc, trace};
/// enum Tree { Leaf, Node(Gc<Tree>, u32) }
/// trace!(enum Tree { Node(next) });
/// ```
///
/// ```compile_fail,E0530
/// # use selvedge_refcount::{Gc, trace};
/// enum Tree { Leaf, Node(Gc<Tree>, u32) }
/// const NEXT: u32 = 0;
/// trace!(enum Tree { Leaf, Node(NEXT) });
/// ```
///
/// Fields that lie on top of each other:
///
/// ```compile_fail
/// # use selvedge_refcount::trace;
/// union Either { number: u32, float: f32 }
/// trace!(Either { number });
/// ```
///
/// An object that is not for all threads:
///
/// ```
/// # use selvedge_refcount::{GcMutex, World};
/// World::new().attach().alloc(GcMutex::new(0));
/// ```
///
/// ```compile_fail,E0277
/// # use selvedge_refcount::{Trace, Visitor, World, trace};
/// struct Local(std::cell::Cell<u32>);
/// trace!(Local {});
/// World::new().attach().alloc(Local(std::cell::Cell::new(0)));
/// ```
///
/// And what a mutator's borrow refuses: to collect while a value is being read, and to read once
/// the world has been left.
///
/// ```
/// # use selvedge_refcount::World;
/// let world = World::new();
/// let mut mutator = world.attach();
/// let object = mutator.alloc(String::from("here"));
/// let text = object.get(&mutator);
/// assert_eq!(text, "here");
/// mutator.safe_point();
/// ```
///
/// ```compile_fail,E0502
/// # use selvedge_refcount::World;
/// let world = World::new();
/// let mut mutator = world.attach();
/// let object = mutator.alloc(String::from("here"));
/// let text = object.get(&mutator);
/// mutator.safe_point();
/// assert_eq!(text, "here");
/// ```
///
/// ```compile_fail,E0505
/// # use selvedge_refcount::World;
/// let world = World::new();
/// let mut mutator = world.attach();
/// let object = mutator.alloc(String::from("here"));
/// let text = object.get(&mutator);
/// drop(mutator);
/// assert_eq!(text, "here");
/// ```
#[cfg(doctest)]
struct Refusals;

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
