//! `super` objects: attributes of a receiver, looked up behind a class.

use super::{OBJECT_TYPE, get_super};
use crate::error::PyResult;
use crate::object::method::Method;
use crate::object::native::{Args, Native};
use crate::object::str::{Str, name_text};
use crate::object::{Base, Object, Payload, Slots, Type, allocate, downcast_exact, exception};
use crate::operations;
use crate::references;
use crate::thread::Thread;
use crate::value::{Ref, Value};

/// What `super(class, receiver)` makes.
#[repr(C)]
struct Super {
    object: Object,
    class: Ref,
    receiver: Ref,
}

/// The type `super`.
pub static SUPER_TYPE: Type = Type::builtin(
    "super",
    Base::One(&OBJECT_TYPE),
    Slots {
        construct: Some(construct),
        get_attr: Some(get_attr),
        repr: Some(repr),
        ..Slots::of::<Super>()
    },
    &[],
);

// SAFETY: `Super` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for Super {
    const TYPE: &'static Type = &SUPER_TYPE;

    references!(class, receiver;);
}

fn construct(thread: &mut Thread, _: &'static Type, args: &Args<'_>) -> PyResult {
    match args.between(thread, "super", 0, 2)? {
        [class, receiver] => {
            let ty = operations::require_type(thread, *class, "super() argument 1")?;
            let fits = super::as_type(*receiver).is_some_and(|on| on.is_subtype(ty))
                || receiver.ty().is_subtype(ty);
            if !fits {
                let text = "super(type, obj): obj is not an instance or subtype of type";
                return Err(thread.type_error(text));
            }
            let object = Object::new(&SUPER_TYPE);
            Ok(allocate(Super {
                object,
                class: class.to_ref(),
                receiver: receiver.to_ref(),
            }))
        }
        _ => Err(thread.raise_text(&exception::RUNTIME_ERROR, "super(): no arguments")),
    }
}

fn get_attr(thread: &mut Thread, value: Value, name: Value) -> PyResult {
    let this = downcast_exact::<Super>(&value).expect("called through its type");
    if name_text(&name) == "__class__" {
        return Ok(SUPER_TYPE.value().to_ref());
    }
    let (found, is_function) = get_super(thread, *this.class, *this.receiver, name)?;
    Ok(match downcast_exact::<Native>(&found) {
        _ if !is_function => found,
        Some(native) => Native::bound(native.def(), this.receiver.clone()),
        None => Method::new(found, this.receiver.clone()),
    })
}

fn repr(_: &mut Thread, value: Value) -> PyResult {
    let this = downcast_exact::<Super>(&value).expect("called through its type");
    let class = super::as_type(*this.class).map_or("?", |ty| ty.name());
    Ok(Str::new(&format!(
        "<super: <class '{class}'>, <{} object>>",
        this.receiver.ty().name()
    )))
}
