//! Types: names, bases, attributes, and slots that the interpreter calls without a look-up.

mod mro;
mod operators;
mod resolved;
mod slots;

use mro::Mro;
pub use operators::{BinaryOp, CompareOp, Special, UnaryOp};
use resolved::Resolved;
pub use slots::Slots;

use super::dict::AttributeTable;
use super::instance::{Layout, make_version};
use super::native::NativeDef;
use super::tuple::Tuple;
use super::{Object, Payload, allocate, downcast};
use crate::error::PyResult;
use crate::gc::Holds;
use crate::object::native::Args;
use crate::operations::Sent;
use crate::thread::Thread;
use crate::value::{Ref, Value};
use selvedge_sync::seam::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use selvedge_sync::seam::cell::UnsafeCell;
use std::borrow::Cow;

/// A type's direct bases.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Base {
    /// Only `object` itself.
    Nothing,
    /// A builtin type's one base.
    One(&'static Type),
}

/// A type: itself an object.
#[repr(C)]
pub struct Type {
    pub(crate) object: Object,
    /// What a builtin type was made with.
    given_name: &'static str,
    /// Changed while nobody else runs Python code of the interpreter.
    names: UnsafeCell<Names>,
    base: Option<&'static Type>,
    /// The linearisation of a class made at run time, which frees it; most builtin types follow
    /// their bases.
    mro: Option<&'static [&'static Type]>,
    /// The bases that a class statement named, a tuple; builtin types have their one base.
    bases: Option<Ref>,
    /// Changed while nobody else runs Python code of the interpreter.
    slots: UnsafeCell<Slots>,
    /// Methods and attributes that a builtin type is born with.
    methods: &'static [NativeDef],
    more_methods: &'static [NativeDef],
    pub(crate) attributes: AttributeTable,
    flags: u32,
    /// Names the state of the attributes of the type and its bases. 0 until a cache asked, and
    /// again from when one of them changed.
    version: AtomicU32,
    /// What look-ups that are in caches have found.
    resolved: Resolved,
    /// What slots instances have, for a class whose instances are
    /// [`Instance`](super::instance::Instance)s.
    layout: Option<Box<Layout>>,
    /// A cache: how the class is called.
    pub(crate) construction: AtomicU64,
    /// Caches: the special methods that the loop calls.
    specials: [AtomicU64; Special::COUNT],
    /// Whether methods are missing that instances must have.
    is_abstract: AtomicBool,
    /// Names that the class had before: somebody may be reading them.
    old_names: UnsafeCell<Vec<&'static str>>,
}

/// What a type is called. A class made at run time has leaked the texts, and frees them.
#[derive(Clone, Copy)]
struct Names {
    name: &'static str,
    qualname: &'static str,
    module: &'static str,
}

/// May be a base of a class.
const SUBCLASSABLE: u32 = 1;
/// Was made by a class statement: counted, and freed with its last instance.
const HEAP: u32 = 2;
/// Instances that are laid out as a builtin type's have no attributes besides.
const CLOSED: u32 = 4;
/// There may be weak references to instances, for a class made at run time.
const REFERABLE: u32 = 8;
/// A builtin type whose instances, as attributes of a class, are read or set by methods of theirs.
const DESCRIPTOR: u32 = 16;
/// A builtin type whose instances have a dictionary of attributes.
const OPEN: u32 = 32;

// SAFETY: the attributes, which are all that changes after creation, are guarded by the
// interpreter's lock or the type's own.
unsafe impl Sync for Type {}

impl PartialEq for Type {
    fn eq(&self, other: &Self) -> bool {
        core::ptr::eq(self, other)
    }
}

impl Eq for Type {}

impl Type {
    /// A builtin type, for a static. Its metaclass is `type`.
    pub const fn builtin(
        name: &'static str,
        base: Base,
        slots: Slots,
        methods: &'static [NativeDef],
    ) -> Self {
        Self {
            object: Object::immortal(&super::class::TYPE_TYPE),
            given_name: name,
            names: UnsafeCell::new(Names {
                name,
                qualname: name,
                module: "builtins",
            }),
            base: match base {
                Base::Nothing => None,
                Base::One(base) => Some(base),
            },
            mro: None,
            bases: None,
            slots: UnsafeCell::new(slots),
            methods,
            more_methods: &[],
            attributes: AttributeTable::new(),
            flags: 0,
            version: AtomicU32::new(0),
            resolved: Resolved::new(),
            layout: None,
            construction: AtomicU64::new(0),
            specials: [const { AtomicU64::new(0) }; Special::COUNT],
            is_abstract: AtomicBool::new(false),
            old_names: UnsafeCell::new(Vec::new()),
        }
    }

    /// The same type, belonging to the module `module`.
    #[must_use]
    pub const fn in_module(mut self, module: &'static str) -> Self {
        self.names = UnsafeCell::new(Names {
            name: self.given_name,
            qualname: self.given_name,
            module,
        });
        self
    }

    /// The same type, with further methods.
    #[must_use]
    pub const fn more_methods(mut self, methods: &'static [NativeDef]) -> Self {
        self.more_methods = methods;
        self
    }

    /// The same type, with more bases than the one whose layout it has: they and it in order.
    #[must_use]
    pub const fn in_order(mut self, order: &'static [&'static Type]) -> Self {
        self.mro = Some(order);
        self
    }

    /// The same type, whose `__get__`, `__set__` or `__delete__` is called for instances that are
    /// attributes of a class.
    #[must_use]
    pub const fn descriptor(mut self) -> Self {
        self.flags |= DESCRIPTOR;
        self
    }

    /// The same type, whose instances take any attributes.
    #[must_use]
    pub const fn open(mut self) -> Self {
        self.flags |= OPEN;
        self
    }

    /// The same type, open to subclasses.
    #[must_use]
    pub const fn subclassable(mut self) -> Self {
        self.flags |= SUBCLASSABLE;
        self
    }

    /// A class made at run time, with an empty namespace.
    pub(crate) fn heap(
        object: Object,
        [name, qualname, module]: [String; 3],
        mro: impl FnOnce(&'static Type) -> Box<[&'static Type]>,
        base: &'static Type,
        slots: Slots,
        layout: Option<Layout>,
    ) -> *mut Type {
        let ty = allocate(Self {
            object,
            given_name: "",
            names: UnsafeCell::new(Names {
                name: Box::leak(name.into_boxed_str()),
                qualname: Box::leak(qualname.into_boxed_str()),
                module: Box::leak(module.into_boxed_str()),
            }),
            base: Some(base),
            mro: None,
            bases: None,
            slots: UnsafeCell::new(slots),
            methods: &[],
            more_methods: &[],
            attributes: AttributeTable::new(),
            flags: SUBCLASSABLE | HEAP,
            version: AtomicU32::new(0),
            resolved: Resolved::new(),
            layout: layout.map(Box::new),
            construction: AtomicU64::new(0),
            specials: [const { AtomicU64::new(0) }; Special::COUNT],
            is_abstract: AtomicBool::new(false),
            old_names: UnsafeCell::new(Vec::new()),
        });
        let ty = ty.into_value().pointer().cast::<Self>().cast_mut();
        // SAFETY: just made, and nobody else knows it yet.
        unsafe {
            let order = mro(&*ty);
            (*ty).mro = Some(Box::leak(order));
        }
        ty
    }

    fn names(&self) -> Names {
        // SAFETY: names change only while nobody else runs Python code of the interpreter, and
        // the texts live as long as the type.
        self.names.with(|names| unsafe { *names })
    }

    /// Gives a class made at run time other names.
    ///
    /// # Safety
    /// Nobody else runs Python code of the interpreter.
    pub(crate) unsafe fn rename(
        &self,
        name: Option<String>,
        qualname: Option<String>,
        module: Option<String>,
    ) {
        debug_assert!(self.is_heap(), "builtin types do not change");
        let leak = |text: String| -> &'static str { Box::leak(text.into_boxed_str()) };
        self.names.with_mut(|names| {
            // SAFETY: by contract.
            let names = unsafe { &mut *names };
            let replace = |place: &mut &'static str, new: Option<String>| {
                if let Some(new) = new {
                    let old = core::mem::replace(place, leak(new));
                    // SAFETY: by contract.
                    self.old_names.with_mut(|all| unsafe { (*all).push(old) });
                }
            };
            replace(&mut names.name, name);
            replace(&mut names.qualname, qualname);
            replace(&mut names.module, module);
        });
    }

    /// Whether methods are missing that instances must have.
    #[inline]
    pub(crate) fn is_abstract(&self) -> bool {
        // Relaxed: a class is made abstract before others learn of it; a program that changes
        // that later orders it itself.
        self.is_abstract.load(Ordering::Relaxed)
    }

    /// Notes whether methods are missing that instances must have.
    pub(crate) fn set_abstract(&self, is_abstract: bool) {
        // Relaxed: see `is_abstract`.
        self.is_abstract.store(is_abstract, Ordering::Relaxed);
    }

    /// The type's name, without module.
    pub fn name(&self) -> &str {
        self.names().name
    }

    /// The type's name, with those of the classes and functions that it was defined in.
    pub fn qualname(&self) -> &str {
        self.names().qualname
    }

    /// The name of the module it was defined in.
    pub fn module(&self) -> &str {
        self.names().module
    }

    /// The qualified name as messages show it: with the module unless that is `builtins`.
    pub fn full_name(&self) -> Cow<'_, str> {
        let Names {
            qualname, module, ..
        } = self.names();
        if module == "builtins" || module.is_empty() {
            Cow::Borrowed(qualname)
        } else {
            Cow::Owned(format!("{module}.{qualname}"))
        }
    }

    /// The base whose layout this type extends.
    pub fn base(&self) -> Option<&'static Type> {
        self.base
    }

    /// Whether a class may derive from it.
    pub fn is_subclassable(&self) -> bool {
        self.flags & SUBCLASSABLE != 0
    }

    /// Whether it was made at run time.
    #[inline(always)]
    pub fn is_heap(&self) -> bool {
        self.flags & HEAP != 0
    }

    /// What slots instances have, for a class whose instances are
    /// [`Instance`](super::instance::Instance)s.
    #[inline(always)]
    pub(crate) fn layout(&self) -> Option<&Layout> {
        self.layout.as_deref()
    }

    /// The bases that a class statement named, a tuple.
    pub(crate) fn named_bases(&self) -> Option<Ref> {
        self.bases.clone()
    }

    /// Notes the bases that a class statement named, a tuple.
    pub(crate) fn set_named_bases(&mut self, bases: Ref) {
        self.bases = Some(bases);
    }

    /// Whether something is done before an instance is freed.
    #[inline]
    pub(crate) fn has_finaliser(&self) -> bool {
        self.slots().finalise.is_some()
    }

    /// What the interpreter calls for the operations on instances; for a class made at run time,
    /// what it inherits too.
    #[inline(always)]
    pub(crate) fn slots(&self) -> &Slots {
        // SAFETY: slots change only while nobody else runs Python code of the interpreter.
        self.slots.with(|slots| unsafe { &*slots })
    }

    /// Replaces the slots.
    ///
    /// # Safety
    /// Nobody else runs Python code of the interpreter, and nobody holds a borrow of the slots.
    pub(crate) unsafe fn set_slots(&self, new: Slots) {
        // SAFETY: by contract.
        self.slots.with_mut(|slots| unsafe { *slots = new });
    }

    /// Whether instances may have attributes besides what their type's layout has room for.
    pub(crate) fn is_open(&self) -> bool {
        match self.layout() {
            Some(layout) => layout.has_dict(),
            None => self.flags & (HEAP | OPEN) != 0 && self.flags & CLOSED == 0,
        }
    }

    /// Whether instances that are attributes of a class may have a say in how they are read or
    /// set: for a class made at run time its methods tell.
    #[inline]
    pub(crate) fn may_be_descriptor(&self) -> bool {
        self.flags & (HEAP | DESCRIPTOR) != 0
    }

    /// Makes instances, which are laid out as a builtin type's, have no attributes besides.
    pub(crate) fn close(&mut self) {
        self.flags |= CLOSED;
    }

    /// Whether there may be weak references to instances, for a class made at run time.
    pub(crate) fn has_weak_references(&self) -> bool {
        self.flags & REFERABLE != 0
    }

    /// Allows weak references to instances.
    pub(crate) fn allow_weak_references(&mut self) {
        self.flags |= REFERABLE;
    }

    /// What frees an instance.
    #[inline]
    pub(crate) fn dealloc(&self) -> unsafe fn(*mut Object) {
        self.slots().dealloc
    }

    pub(crate) fn methods(&self) -> impl Iterator<Item = &'static NativeDef> {
        self.methods.iter().chain(self.more_methods)
    }

    /// The type and its bases in the order in which attributes are looked up.
    pub fn mro(&'static self) -> Mro {
        match self.mro {
            Some(order) => Mro::Order(order.iter()),
            None => Mro::Line(Some(self)),
        }
    }

    /// Whether instances of this type are instances of `other`.
    #[inline]
    pub fn is_subtype(&'static self, other: &'static Type) -> bool {
        core::ptr::eq(self, other) || self.mro().any(|ty| core::ptr::eq(ty, other))
    }

    /// The attribute `name` of the type or of the first base that has it, borrowed.
    pub(crate) fn lookup(&'static self, name: Value) -> Option<Value> {
        self.mro().find_map(|ty| ty.attributes.get(name))
    }

    /// As [`lookup`](Self::lookup), noted for caches: with the number by which
    /// [`resolved`](Self::resolved) gives the attribute again.
    pub(crate) fn resolve(&'static self, name: Value) -> Option<(usize, Value)> {
        let (name, attribute) = self.mro().find_map(|ty| ty.attributes.entry(name))?;
        self.resolved
            .note(&self.object, name, attribute)
            .map(|number| (number, attribute))
    }

    /// What [`resolve`](Self::resolve) found, as long as the type has the same version.
    #[inline(always)]
    pub(crate) fn resolved(&self, number: usize) -> Option<Value> {
        self.resolved.get(number)
    }

    /// The version of the type's attributes and its bases'; 0 if there is none.
    #[inline(always)]
    pub(crate) fn version(&self) -> u32 {
        // Relaxed: versions change only while nobody else runs Python code of this interpreter.
        self.version.load(Ordering::Relaxed)
    }

    /// The version, made if there is none; 0 if versions have run out.
    pub(crate) fn make_version(&self) -> u32 {
        make_version(&self.version)
    }

    /// Makes every cache forget what it knows of the type. The caller is alone: nobody else runs
    /// Python code of this interpreter. What derives from the type is to be told too.
    pub(crate) fn forget(&self) {
        debug_assert!(self.is_heap(), "builtin types do not change");
        // Relaxed: see `version`.
        self.version.store(0, Ordering::Relaxed);
        self.construction.store(0, Ordering::Relaxed);
        if let Some(layout) = self.layout() {
            layout.forget_versions();
        }
        self.resolved.clear();
    }

    /// Lets caches find the present value of the attribute `name`, where they have found another.
    /// The caller is alone, as for [`forget`](Self::forget).
    pub(crate) fn refresh(&'static self, name: Value) {
        if let Some((name, attribute)) = self.mro().find_map(|ty| ty.attributes.entry(name)) {
            self.resolved.replace(name, attribute);
        }
    }

    /// The cache of one of the special methods.
    #[inline(always)]
    pub(crate) fn special(&self, special: Special) -> &AtomicU64 {
        &self.specials[special.number()]
    }

    /// The type as a value; it needs no count while an instance or a static keeps it alive.
    #[inline(always)]
    pub fn value(&'static self) -> Value {
        Value::uncounted(&raw const self.object)
    }
}

impl Type {
    /// A slot of the type or of the nearest base that has it.
    #[inline(always)]
    fn find_slot<S>(&'static self, slot: impl Fn(&Slots) -> Option<S>) -> Option<S> {
        slot(self.slots()).or_else(|| self.find_slot_of_bases(slot))
    }

    #[inline(never)]
    fn find_slot_of_bases<S>(&'static self, slot: impl Fn(&Slots) -> Option<S>) -> Option<S> {
        let mut bases = core::iter::successors(self.base, |base| base.base);
        bases.find_map(|base| slot(base.slots()))
    }
}

macro_rules! find_slot {
    ($($(#[$doc:meta])* $slot:ident: $ty:ty;)+) => {
        impl Type {
            $($(#[$doc])*
            #[doc = concat!("The slot `", stringify!($slot), "` of the type or of the nearest base that has it.")]
            #[inline]
            pub fn $slot(&'static self) -> Option<$ty> {
                self.find_slot(|slots| slots.$slot)
            })+
        }
    };
}

find_slot! {
    repr: fn(&mut Thread, Value) -> PyResult;
    str: fn(&mut Thread, Value) -> PyResult;
    hash: fn(&mut Thread, Value) -> PyResult<u64>;
    truth: fn(&mut Thread, Value) -> PyResult<bool>;
    call: fn(&mut Thread, Value, &Args<'_>) -> PyResult;
    construct: fn(&mut Thread, &'static Type, &Args<'_>) -> PyResult;
    iter: fn(&mut Thread, Value) -> PyResult;
    next: fn(&mut Thread, Value) -> PyResult<Option<Ref>>;
    send: fn(&mut Thread, Value, Value) -> PyResult<Sent>;
    finalise: fn(&mut Thread, Value);
    len: fn(&mut Thread, Value) -> PyResult<usize>;
    get_item: fn(&mut Thread, Value, Value) -> PyResult;
    set_item: fn(&mut Thread, Value, Value, Option<Value>) -> PyResult<()>;
    contains: fn(&mut Thread, Value, Value) -> PyResult<bool>;
    get_attr: fn(&mut Thread, Value, Value) -> PyResult;
    set_attr: fn(&mut Thread, Value, Value, Option<Value>) -> PyResult<()>;
    binary: fn(&mut Thread, BinaryOp, Value, Value) -> PyResult<Option<Ref>>;
    inplace: fn(&mut Thread, BinaryOp, Value, Value) -> PyResult<Option<Ref>>;
    unary: fn(&mut Thread, UnaryOp, Value) -> PyResult<Option<Ref>>;
    compare: fn(&mut Thread, CompareOp, Value, Value) -> PyResult<Option<Ref>>;
}

impl Drop for Type {
    fn drop(&mut self) {
        debug_assert!(self.is_heap(), "a static type is never dropped");
        if let Some(bases) = self
            .bases
            .as_ref()
            .and_then(|bases| downcast::<Tuple>(bases))
        {
            super::class::forget_class(bases.items(), self);
        }
        // SAFETY: the exclusive borrow says that nobody else is here.
        unsafe { self.attributes.clear() };
        // SAFETY: leaked by `heap`, and nobody else holds on to a class that is being freed.
        unsafe {
            if let Some(order) = self.mro {
                drop(Box::from_raw(core::ptr::from_ref(order).cast_mut()));
            }
            let Names {
                name,
                qualname,
                module,
            } = self.names();
            let old = self
                .old_names
                .with_mut(|names| core::mem::take(&mut *names));
            for text in [name, qualname, module].into_iter().chain(old) {
                drop(Box::from_raw(core::ptr::from_ref(text).cast_mut()));
            }
        }
    }
}

// SAFETY: `Type` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for Type {
    const TYPE: &'static Type = &super::class::TYPE_TYPE;
    const REFERS: bool = true;

    unsafe fn references<V: FnMut(Value) + ?Sized>(&self, visit: &mut V) {
        // The order of bases counts nothing: those that a class names keep theirs.
        // SAFETY: the caller's promise, for both.
        unsafe {
            self.bases.show(visit);
            self.attributes.show(visit);
        }
    }

    unsafe fn let_go(&self) {
        // What caches know of a class is guarded by its version, which nobody has after it.
        // SAFETY: the caller's promise.
        unsafe { self.attributes.clear() };
    }
}
