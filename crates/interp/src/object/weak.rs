//! Weak references: they say whether an object is still there, and give it while it is.
//!
//! The interpreter keeps a table of the weak references to each object that has some, by the
//! object's address; a flag in the header says that there are some. A reference is made, followed
//! and emptied under the table's mutex, so an object that is being freed either is still found, and
//! refuses to be counted, or is not found any more.

use super::native::{Args, NativeDef};
use super::{
    Base, CompareOp, Object, Payload, Slots, Type, WATCHED, allocate, class, downcast, free,
};
use crate::error::PyResult;
use crate::field::Field;
use crate::interpreter::Interpreter;
use crate::object::list::List;
use crate::object::str::Str;
use crate::object::{int, singletons};
use crate::operations;
use crate::references;
use crate::thread::{Thread, current_token, with_interpreter, within_release};
use crate::value::{Ref, Value};
use core::ptr::NonNull;
use selvedge_refcount::Header;
use selvedge_sync::seam::Mutex;
use selvedge_sync::seam::atomic::{AtomicUsize, Ordering};
use std::collections::{HashMap, HashSet};

mod proxy;

pub use proxy::{CALLABLE_PROXY_TYPE, PROXY_TYPE, proxy};

/// A weak reference, or a proxy.
#[repr(C)]
pub struct Weak {
    object: Object,
    /// The address of what it refers to; 0 once that is gone. Changes under the table's mutex.
    target: AtomicUsize,
    /// What is called when the target goes.
    callback: Field,
    /// The target's hash once it is known: it stays when the target has gone.
    hash: Field,
}

/// The type `weakref.ReferenceType`.
pub static REFERENCE_TYPE: Type = Type::builtin(
    "ReferenceType",
    Base::One(&class::OBJECT_TYPE),
    Slots {
        dealloc: Weak::dealloc,
        construct: Some(construct),
        call: Some(|thread, value, args| {
            let [] = args.exactly(thread, "__call__")?;
            Ok(weak(&value).get().unwrap_or_else(singletons::none))
        }),
        repr: Some(repr),
        hash: Some(hash),
        compare: Some(compare),
        ..Slots::of::<Weak>()
    },
    &[
        NativeDef::method("__init__", |thread, args| {
            let (_, rest) = args.split_receiver();
            rest.between(thread, "__init__", 1, 2)?;
            Ok(singletons::none())
        }),
        NativeDef::getter("__callback__", |thread, args| {
            let [this] = args.exactly(thread, "__callback__")?;
            let this = weak(&this);
            Ok(this
                .callback
                .get(&this.object)
                .unwrap_or_else(singletons::none))
        }),
        NativeDef::class_method("__class_getitem__", class::generic_alias),
    ],
)
.in_module("weakref")
.subclassable();

// SAFETY: `Weak` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for Weak {
    const TYPE: &'static Type = &REFERENCE_TYPE;

    references!(callback; target, hash);
}

/// The weak references to an interpreter's objects, by the objects' addresses, the oldest first.
#[derive(Default)]
pub(crate) struct WeakTable(Mutex<HashMap<usize, Vec<*const Weak>>>);

/// Runs `f` with the table of the interpreter, and its mutex held. `f` releases nothing.
fn with_table<R>(f: impl FnOnce(&mut HashMap<usize, Vec<*const Weak>>) -> R) -> R {
    let result = with_interpreter(|interpreter| f(&mut interpreter.weak.0.lock()));
    result.expect("objects are used by attached threads")
}

/// A weak reference or proxy, by a value that is one.
fn weak(value: &Value) -> &Weak {
    let types = [&REFERENCE_TYPE, &PROXY_TYPE, &CALLABLE_PROXY_TYPE];
    debug_assert!(types.iter().any(|ty| value.ty().is_subtype(ty)));
    // SAFETY: the three types are laid out alike, and their slots are called with their instances.
    unsafe { &*value.pointer().cast() }
}

impl Weak {
    /// A weak reference of the type `ty`; the only one of its kind is shared if it has no
    /// callback.
    fn make(
        thread: &mut Thread,
        ty: &'static Type,
        target: Value,
        callback: Option<Ref>,
    ) -> PyResult {
        let Some(object) = target.as_object().filter(|_| is_referable(target.ty())) else {
            let name = target.ty().name();
            return Err(
                thread.type_error(format!("cannot create weak reference to '{name}' object"))
            );
        };
        let shared = callback.is_none() && !ty.is_heap();
        // SAFETY: the caller's value is alive.
        let header = unsafe { &(*object).header };
        header.publish();
        let new = allocate(Self {
            object: Object::new(ty),
            target: AtomicUsize::new(0),
            callback: Field::new(callback),
            hash: Field::new(None),
        });
        let this = weak(&new);
        this.object.header.publish();
        let known = with_table(|table| {
            let all = table.entry(object as usize).or_default();
            let known = all.iter().find_map(|other| {
                // SAFETY: a reference leaves the table before it is freed.
                let other = unsafe { &**other };
                let plain = shared && other.object.ty() == ty && !other.has_callback();
                (plain && other.object.header.try_incref(current_token()))
                    .then(|| Ref::adopt(Value::owned(&raw const other.object)))
            });
            if known.is_none() {
                // Relaxed: changes under the table's mutex.
                this.target.store(object as usize, Ordering::Relaxed);
                all.push(this);
            }
            known
        });
        header.set_flags(WATCHED);
        Ok(known.unwrap_or(new))
    }

    /// Whether something is called when the target goes: fixed when the reference is made.
    fn has_callback(&self) -> bool {
        self.callback.get(&self.object).is_some()
    }

    /// The object, if it is still there.
    pub fn get(&self) -> Option<Ref> {
        with_table(|_| {
            // Relaxed: changes under the table's mutex.
            let object = self.target.load(Ordering::Relaxed) as *const Object;
            // SAFETY: an object leaves the table, and this reference with it, before it is freed.
            let alive =
                !object.is_null() && unsafe { (*object).header.try_incref(current_token()) };
            alive.then(|| Ref::adopt(Value::owned(object)))
        })
    }

    unsafe fn dealloc(object: *mut Object) {
        // SAFETY: the last reference is gone.
        let this = unsafe { &*object.cast::<Self>() };
        with_interpreter(|interpreter| {
            let mut table = interpreter.weak.0.lock();
            // Relaxed: changes under the table's mutex.
            let target = this.target.load(Ordering::Relaxed);
            if let Some(all) = table.get_mut(&target) {
                all.retain(|other| !core::ptr::eq(*other, this));
                if all.is_empty() {
                    table.remove(&target);
                }
            }
        });
        // SAFETY: as above, and no table has it any more.
        unsafe { free::<Self>(object) };
    }
}

/// Whether there may be weak references to instances of a type.
fn is_referable(ty: &'static Type) -> bool {
    if ty.is_heap() {
        return ty.has_weak_references();
    }
    const REFERABLE: &[&str] = &[
        "function",
        "method",
        "builtin_function_or_method",
        "type",
        "set",
        "frozenset",
        "generator",
        "coroutine",
        "async_generator",
        "module",
        "code",
        "TextIOWrapper",
        "BufferedReader",
        "BufferedWriter",
        "BufferedRandom",
        "lock",
        "RLock",
    ];
    REFERABLE.contains(&ty.name())
}

/// Empties the weak references to an object that is being freed, and calls back those who asked.
///
/// # Safety
/// Nobody holds a reference to `object`, which is whole.
pub(crate) unsafe fn release_of(object: *mut Object) {
    // SAFETY: by contract.
    if unsafe { (*object).header.flags() } & WATCHED == 0 {
        return;
    }
    let told = with_interpreter(|interpreter| {
        let mut table = interpreter.weak.0.lock();
        let all = table.remove(&(object as usize)).unwrap_or_default();
        let told = all.iter().rev().filter_map(|reference| {
            // SAFETY: a reference leaves the table before it is freed.
            let this = unsafe { &**reference };
            // Relaxed: changes under the table's mutex.
            this.target.store(0, Ordering::Relaxed);
            this.object
                .header
                .try_incref(current_token())
                .then(|| Ref::adopt(Value::owned(&raw const this.object)))
        });
        told.collect::<Vec<Ref>>()
    });
    for reference in told.into_iter().flatten() {
        call_back(&reference);
    }
}

/// Calls back who asked to be told by a weak reference that its target has gone.
pub(crate) fn call_back(reference: &Ref) {
    let this = weak(reference);
    let Some(callback) = this.callback.replace(&this.object, None) else {
        return;
    };
    within_release(|thread| {
        if operations::call(thread, *callback, &Args::new(&[**reference])).is_err() {
            let shown = operations::repr_text(thread, *callback).unwrap_or_default();
            operations::show_unraisable(
                thread,
                &format!("Exception ignored while calling weakref callback {shown}:"),
            );
        }
    });
}

/// Whether instances of a type are weak references or proxies.
pub(crate) fn is_laid_out_as_reference(ty: &Type) -> bool {
    core::ptr::fn_addr_eq(ty.dealloc(), Weak::dealloc as unsafe fn(*mut Object))
}

/// Empties the weak references to `targets`, which are among the `garbage`. Returns those that are
/// to be called back: garbage itself calls nobody.
pub(crate) fn empty_all(
    interpreter: &Interpreter,
    targets: &[*const Object],
    garbage: &[NonNull<Header>],
) -> Vec<Ref> {
    let mut table = interpreter.weak.0.lock();
    let mut emptied = Vec::new();
    for target in targets {
        let all = table.remove(&(*target as usize)).unwrap_or_default();
        for reference in all.into_iter().rev() {
            // SAFETY: a reference leaves the table before it is freed.
            let this = unsafe { &*reference };
            // Relaxed: changes under the table's mutex.
            this.target.store(0, Ordering::Relaxed);
            if this.has_callback() {
                emptied.push(this);
            }
        }
    }
    if emptied.is_empty() {
        return Vec::new();
    }
    let garbage: HashSet<*const Header> = garbage
        .iter()
        .map(|object| object.as_ptr().cast_const())
        .collect();
    let outside = emptied.into_iter().filter(|this| {
        !garbage.contains(&(&raw const this.object.header))
            && this.object.header.try_incref(current_token())
    });
    outside
        .map(|this| Ref::adopt(Value::owned(&raw const this.object)))
        .collect()
}

/// `weakref.getweakrefs(value)`: the weak references and proxies to a value.
pub fn references_to(value: Value) -> Ref {
    let Some(object) = value.as_object() else {
        return List::from_refs(Vec::new());
    };
    let all = with_table(|table| {
        let all = table.get(&(object as usize)).map_or(&[][..], Vec::as_slice);
        let alive = all.iter().filter_map(|reference| {
            // SAFETY: a reference leaves the table before it is freed.
            let this = unsafe { &**reference };
            this.object
                .header
                .try_incref(current_token())
                .then(|| Ref::adopt(Value::owned(&raw const this.object)))
        });
        alive.collect()
    });
    List::from_refs(all)
}

/// `weakref.getweakrefcount(value)`.
pub fn count_of(value: Value) -> usize {
    let Some(object) = value.as_object() else {
        return 0;
    };
    with_table(|table| table.get(&(object as usize)).map_or(0, Vec::len))
}

/// The object that a weak reference, or a proxy, refers to, if it is still there; an error if
/// `value` is neither.
pub fn target_of(value: Value) -> Option<Option<Ref>> {
    let types = [&REFERENCE_TYPE, &PROXY_TYPE, &CALLABLE_PROXY_TYPE];
    let is_one = types.iter().any(|ty| value.ty().is_subtype(ty));
    is_one.then(|| weak(&value).get())
}

fn construct(thread: &mut Thread, ty: &'static Type, args: &Args<'_>) -> PyResult {
    let (target, callback) = match args.positional() {
        [target] => (*target, None),
        [target, callback, ..] => (*target, Some(*callback)),
        [] => return Err(thread.type_error("ref expected at least 1 argument, got 0")),
    };
    if !ty.is_heap() {
        args.between(thread, "ref", 1, 2)?;
    }
    let callback = callback.filter(|callback| !singletons::is_none(*callback));
    let new = Weak::make(thread, ty, target, callback.map(Value::to_ref))?;
    class::initialise(thread, ty, &new, args)?;
    Ok(new)
}

fn repr(thread: &mut Thread, value: Value) -> PyResult {
    let shown = match weak(&value).get() {
        None => "dead".to_owned(),
        Some(target) => {
            let place = format!("to '{}' at {:p}", target.ty().name(), target.pointer());
            match operations::get_attr_named(thread, *target, "__name__") {
                Ok(name) if downcast::<Str>(&name).is_some() => {
                    format!("{place} ({})", operations::str_text(thread, *name)?)
                }
                Ok(_) => place,
                Err(raised) => {
                    thread.swallow(raised, &super::exception::ATTRIBUTE_ERROR)?;
                    place
                }
            }
        }
    };
    Ok(Str::new(&format!(
        "<weakref at {:p}; {shown}>",
        value.pointer()
    )))
}

fn hash(thread: &mut Thread, value: Value) -> PyResult<u64> {
    let this = weak(&value);
    if let Some(known) = this.hash.get(&this.object) {
        return operations::hash(thread, *known);
    }
    let Some(target) = this.get() else {
        return Err(thread.type_error("weak object has gone away"));
    };
    let hash = operations::hash(thread, *target)?;
    // An integer whose hash is this one: hashes of objects are hashes of integers.
    this.hash
        .set(&this.object, Some(int::from_i64(hash as i64)));
    Ok(hash)
}

fn compare(thread: &mut Thread, op: CompareOp, left: Value, right: Value) -> PyResult<Option<Ref>> {
    let both = left.ty().is_subtype(&REFERENCE_TYPE) && right.ty().is_subtype(&REFERENCE_TYPE);
    if !both || !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(None);
    }
    match (weak(&left).get(), weak(&right).get()) {
        (Some(left), Some(right)) => operations::compare(thread, op, *left, *right).map(Some),
        _ => Ok(Some(singletons::bool(
            left.is(right) == (op == CompareOp::Eq),
        ))),
    }
}
