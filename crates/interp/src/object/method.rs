//! Methods bound to their receiver.

mod descriptor;

pub use descriptor::{CLASS_METHOD_TYPE, PROPERTY_TYPE, STATIC_METHOD_TYPE};
pub(crate) use descriptor::{descriptor, wrap_function};

use super::{
    Base, CompareOp, Object, Payload, Slots, Type, allocate, class, downcast, downcast_exact,
    singletons,
};
use crate::error::PyResult;
use crate::object::native::{Args, NativeDef};
use crate::object::str::{Str, name_text};
use crate::object::tuple::Tuple;
use crate::operations;
use crate::references;
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
        construct: Some(construct),
        ..Slots::of::<Method>()
    },
    &[
        // A bound method is what it is on whatever it is found.
        NativeDef::method("__get__", |thread, args| {
            let [this, ..] = args.between(thread, "__get__", 2, 3)? else {
                return Ok(singletons::none());
            };
            Ok(this.to_ref())
        }),
        NativeDef::getter("__self__", |_, args| {
            Ok(method(&args.positional()[0]).receiver.clone())
        }),
        NativeDef::getter("__func__", |_, args| {
            Ok(method(&args.positional()[0]).function.clone())
        }),
        NativeDef::method("__reduce__", |thread, args| {
            let [this] = args.exactly(thread, "__reduce__")?;
            let this = method(&this);
            let getattr = operations::builtin(thread, "getattr")?;
            let name = operations::get_attr_named(thread, *this.function, "__name__")?;
            let parts = Tuple::from_refs(vec![this.receiver.clone(), name]);
            Ok(Tuple::from_refs(vec![getattr, parts]))
        }),
    ],
);

// SAFETY: `Method` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for Method {
    const TYPE: &'static Type = &METHOD_TYPE;

    references!(function, receiver;);
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
    args.behind(*this.receiver, |args| {
        operations::call(thread, *this.function, args)
    })
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
    let own = METHOD_TYPE.lookup(name).is_some();
    if own && &*name_text(&name) != "__doc__" {
        return class::generic_get_attr(thread, value, name);
    }
    operations::get_attr(thread, *this.function, name)
}

fn construct(thread: &mut Thread, _: &'static Type, args: &Args<'_>) -> PyResult {
    let [function, receiver] = args.exactly(thread, "method")?;
    if function.ty().call().is_none() {
        return Err(thread.type_error("first argument must be callable"));
    }
    if singletons::is_none(receiver) {
        return Err(thread.type_error("instance must not be None"));
    }
    Ok(Method::new(function.to_ref(), receiver.to_ref()))
}
