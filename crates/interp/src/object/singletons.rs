//! `None`, `True`, `False`, `NotImplemented` and `Ellipsis`: static and immortal.

use super::{Base, Object, Payload, Slots, Type, class, int};
use crate::error::PyResult;
use crate::object::str::Str;
use crate::references;
use crate::thread::Thread;
use crate::value::{Ref, Value};

/// An object of which there is one.
#[repr(C)]
pub struct Singleton {
    object: Object,
}

// SAFETY: nothing of it changes but counts, which are atomic.
unsafe impl Sync for Singleton {}

impl Singleton {
    const fn new(ty: &'static Type) -> Self {
        Self {
            object: Object::immortal(ty),
        }
    }
}

static NONE: Singleton = Singleton::new(&NONE_TYPE);
static TRUE: Singleton = Singleton::new(&BOOL_TYPE);
static FALSE: Singleton = Singleton::new(&BOOL_TYPE);
static NOT_IMPLEMENTED: Singleton = Singleton::new(&NOT_IMPLEMENTED_TYPE);
static ELLIPSIS: Singleton = Singleton::new(&ELLIPSIS_TYPE);

macro_rules! singleton_type {
    ($(#[$doc:meta])* $name:ident, $text:literal, $truth:expr, $shown:literal) => {
        $(#[$doc])*
        pub static $name: Type = Type::builtin(
            $text,
            Base::One(&class::OBJECT_TYPE),
            Slots {
                dealloc: never_freed,
                truth: Some(|_, _| Ok($truth)),
                repr: Some(|_, _| Ok(Str::new($shown))),
                ..Slots::of::<Singleton>()
            },
            &[],
        );
    };
}

singleton_type!(
    /// The type of `None`.
    NONE_TYPE, "NoneType", false, "None");
singleton_type!(
    /// The type of `NotImplemented`.
    NOT_IMPLEMENTED_TYPE, "NotImplementedType", true, "NotImplemented");
singleton_type!(
    /// The type of `...`.
    ELLIPSIS_TYPE, "ellipsis", true, "Ellipsis");

/// The type `bool`.
pub static BOOL_TYPE: Type = Type::builtin(
    "bool",
    Base::One(&int::INT_TYPE),
    Slots {
        dealloc: never_freed,
        truth: Some(|_, value| Ok(is_true(value))),
        repr: Some(|_, value| Ok(Str::new(if is_true(value) { "True" } else { "False" }))),
        construct: Some(construct_bool),
        binary: Some(int::bool_binary),
        ..Slots::of::<Singleton>()
    },
    &[],
);

// SAFETY: `Singleton` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for Singleton {
    const TYPE: &'static Type = &NONE_TYPE;

    references!();
}

unsafe fn never_freed(_: *mut Object) {
    unreachable!("an immortal object is never freed");
}

fn construct_bool(
    thread: &mut Thread,
    _: &'static Type,
    args: &super::native::Args<'_>,
) -> PyResult {
    match args.between(thread, "bool", 0, 1)? {
        [value] => Ok(bool(crate::operations::truth(thread, *value)?)),
        _ => Ok(bool(false)),
    }
}

macro_rules! accessors {
    ($($(#[$doc:meta])* $value:ident, $owned:ident = $name:ident;)+) => {
        $($(#[$doc])*
        #[inline(always)]
        pub fn $value() -> Value {
            Value::uncounted(&raw const $name.object)
        }

        $(#[$doc])*
        #[inline(always)]
        pub fn $owned() -> Ref {
            Ref::adopt($value())
        })+
    };
}

accessors! {
    /// `None`
    none_value, none = NONE;
    /// `True`
    true_value, true_ = TRUE;
    /// `False`
    false_value, false_ = FALSE;
    /// `NotImplemented`
    not_implemented_value, not_implemented = NOT_IMPLEMENTED;
    /// `...`
    ellipsis_value, ellipsis = ELLIPSIS;
}

/// `True` or `False`.
#[inline(always)]
pub fn bool_value(truth: bool) -> Value {
    if truth { true_value() } else { false_value() }
}

/// `True` or `False`.
#[inline(always)]
pub fn bool(truth: bool) -> Ref {
    Ref::adopt(bool_value(truth))
}

/// Whether the value is `None`.
#[inline(always)]
pub fn is_none(value: Value) -> bool {
    value.is_object_of(none_value())
}

/// Whether the value is `True`.
#[inline(always)]
pub fn is_true(value: Value) -> bool {
    value.is_object_of(true_value())
}

/// Whether the value is `NotImplemented`.
#[inline(always)]
pub fn is_not_implemented(value: Value) -> bool {
    value.is_object_of(not_implemented_value())
}

/// The truth of `True`, `False` and `None`; nothing for other values.
#[inline(always)]
pub fn truth(value: Value) -> Option<bool> {
    if value.is_object_of(true_value()) {
        Some(true)
    } else if value.is_object_of(false_value()) || value.is_object_of(none_value()) {
        Some(false)
    } else {
        None
    }
}

/// The integer that a `bool` is.
#[inline]
pub fn bool_as_int(value: Value) -> Option<i64> {
    if value.is_object_of(true_value()) {
        Some(1)
    } else if value.is_object_of(false_value()) {
        Some(0)
    } else {
        None
    }
}
