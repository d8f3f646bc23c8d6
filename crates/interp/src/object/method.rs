//! Methods bound to their receiver, and the descriptors that classes are built with.

use super::{
    Base, CompareOp, Object, Payload, Slots, Type, allocate, class, downcast, downcast_exact,
    singletons,
};
use crate::error::PyResult;
use crate::object::native::{Args, NativeDef};
use crate::object::str::Str;
use crate::operations;
use crate::thread::Thread;
use crate::value::{Ref, Value};

/// A function bound to the receiver it was found on.
#[repr(C)]
pub struct Method {
    object: Object,
    pub(crate) function: Ref,
    pub(crate) receiver: Ref,
}

/// The type `method`.
pub static METHOD_TYPE: Type = Type::builtin(
    "method",
    Base::One(&class::OBJECT_TYPE),
    Slots {
        repr: Some(repr),
        call: Some(call),
        get_attr: Some(get_attr),
        hash: Some(|thread, value| {
            let this = method(&value);
            let function = operations::hash(thread, *this.function)?;
            Ok(this.receiver.pointer() as u64 ^ function.rotate_left(1))
        }),
        compare: Some(|_, op, left, right| {
            let both = (
                downcast_exact::<Method>(&left),
                downcast_exact::<Method>(&right),
            );
            let (Some(left), Some(right)) = both else {
                return Ok(None);
            };
            let same = left.receiver.is(*right.receiver) && left.function.is(*right.function);
            Ok(match op {
                CompareOp::Eq => Some(singletons::bool(same)),
                CompareOp::Ne => Some(singletons::bool(!same)),
                _ => None,
            })
        }),
        ..Slots::of::<Method>()
    },
    &[],
);

// SAFETY: `Method` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for Method {
    const TYPE: &'static Type = &METHOD_TYPE;
}

impl Method {
    /// `function` bound to `receiver`.
    pub fn new(function: Ref, receiver: Ref) -> Ref {
        allocate(Self {
            object: Object::new(&METHOD_TYPE),
            function,
            receiver,
        })
    }
}

fn method(value: &Value) -> &Method {
    downcast::<Method>(value).expect("slots of methods are called with methods")
}

fn call(thread: &mut Thread, callee: Value, args: &Args<'_>) -> PyResult {
    let this = method(&callee);
    let mut values = Vec::with_capacity(args.values().len() + 1);
    values.push(*this.receiver);
    values.extend_from_slice(args.values());
    operations::call(
        thread,
        *this.function,
        &Args::with_names(&values, args.names()),
    )
}

fn repr(thread: &mut Thread, value: Value) -> PyResult {
    let this = method(&value);
    let qualname = operations::get_attr_named(thread, *this.function, "__qualname__")?;
    let qualname = operations::str_text(thread, *qualname)?;
    let receiver = operations::repr_text(thread, *this.receiver)?;
    Ok(Str::new(&format!(
        "<bound method {qualname} of {receiver}>"
    )))
}

fn get_attr(thread: &mut Thread, value: Value, name: Value) -> PyResult {
    let this = method(&value);
    match &*super::str::name_text(&name) {
        "__self__" => Ok(this.receiver.clone()),
        "__func__" => Ok(this.function.clone()),
        _ => operations::get_attr(thread, *this.function, name),
    }
}

/// `property`, `classmethod` and `staticmethod`: functions found in another way.
#[repr(C)]
pub struct Descriptor {
    object: Object,
    pub(crate) get: Ref,
    pub(crate) set: Ref,
    pub(crate) delete: Ref,
}

macro_rules! descriptor_type {
    ($(#[$doc:meta])* $name:ident, $text:literal, $construct:ident, $methods:expr) => {
        $(#[$doc])*
        pub static $name: Type = Type::builtin(
            $text,
            Base::One(&class::OBJECT_TYPE),
            Slots { construct: Some($construct), ..Slots::of::<Descriptor>() },
            $methods,
        );
    };
}

descriptor_type!(
    /// The type `property`.
    PROPERTY_TYPE, "property", construct_property, PROPERTY_METHODS);
descriptor_type!(
    /// The type `classmethod`.
    CLASS_METHOD_TYPE, "classmethod", construct_wrapper, &[]);
descriptor_type!(
    /// The type `staticmethod`.
    STATIC_METHOD_TYPE, "staticmethod", construct_wrapper, &[]);

// SAFETY: `Descriptor` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for Descriptor {
    const TYPE: &'static Type = &PROPERTY_TYPE;
}

static PROPERTY_METHODS: &[NativeDef] = &[
    NativeDef::method("getter", |thread, args| {
        with_part(thread, args, "getter", 0)
    }),
    NativeDef::method("setter", |thread, args| {
        with_part(thread, args, "setter", 1)
    }),
    NativeDef::method("deleter", |thread, args| {
        with_part(thread, args, "deleter", 2)
    }),
];

/// The parts of a descriptor of any of the three kinds.
pub(crate) fn descriptor(value: &Value) -> Option<&Descriptor> {
    let kinds = [&PROPERTY_TYPE, &CLASS_METHOD_TYPE, &STATIC_METHOD_TYPE];
    let is_one = kinds.iter().any(|kind| value.is_exactly(kind));
    // SAFETY: all three types are laid out as `Descriptor`.
    is_one.then(|| unsafe { &*value.pointer().cast::<Descriptor>() })
}

fn new_descriptor(ty: &'static Type, get: Ref, set: Ref, delete: Ref) -> Ref {
    allocate(Descriptor {
        object: Object::new(ty),
        get,
        set,
        delete,
    })
}

/// A function as a class method, or as a static one.
pub(crate) fn wrap_function(function: Ref, of_class: bool) -> Ref {
    let ty = if of_class {
        &CLASS_METHOD_TYPE
    } else {
        &STATIC_METHOD_TYPE
    };
    new_descriptor(ty, function, singletons::none(), singletons::none())
}

fn construct_property(thread: &mut Thread, ty: &'static Type, args: &Args<'_>) -> PyResult {
    let [get, set, delete, _doc] =
        args.bind(thread, "property", ["fget", "fset", "fdel", "doc"], 0)?;
    let part = |part: Option<Value>| part.map_or_else(singletons::none, Value::to_ref);
    Ok(new_descriptor(ty, part(get), part(set), part(delete)))
}

fn construct_wrapper(thread: &mut Thread, ty: &'static Type, args: &Args<'_>) -> PyResult {
    let [function] = args.exactly(thread, ty.name())?;
    Ok(new_descriptor(
        ty,
        function.to_ref(),
        singletons::none(),
        singletons::none(),
    ))
}

fn with_part(thread: &mut Thread, args: &Args<'_>, name: &str, part: usize) -> PyResult {
    let [this, function] = args.exactly(thread, name)?;
    let Some(old) = descriptor(&this) else {
        return Err(thread.type_error(format!("{name}() needs a property")));
    };
    let mut parts = [old.get.clone(), old.set.clone(), old.delete.clone()];
    parts[part] = function.to_ref();
    let [get, set, delete] = parts;
    Ok(new_descriptor(&PROPERTY_TYPE, get, set, delete))
}
