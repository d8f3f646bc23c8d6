//! `super` objects: attributes of a receiver, looked up behind a class.

use super::{OBJECT_TYPE, get_super};
use crate::error::{PyResult, Raised};
use crate::object::method::Method;
use crate::object::native::{Args, Native, NativeDef};
use crate::object::str::{Str, name_text};
use crate::object::{
    Base, Object, Payload, Slots, Type, allocate, downcast_exact, exception, singletons,
};
use crate::operations;
use crate::references;
use crate::run;
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
    METHODS,
);

// SAFETY: `Super` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for Super {
    const TYPE: &'static Type = &SUPER_TYPE;

    references!(class, receiver;);
}

fn construct(thread: &mut Thread, _: &'static Type, args: &Args<'_>) -> PyResult {
    let found = match args.between(thread, "super", 0, 2)? {
        [] => run::method_and_receiver(thread),
        [class] => Ok((class.to_ref(), singletons::none())),
        given => Ok((given[0].to_ref(), given[1].to_ref())),
    };
    match found {
        Ok((class, receiver)) => make(thread, class, receiver),
        Err(text) => Err(thread.raise_text(&exception::RUNTIME_ERROR, text)),
    }
}

fn make(thread: &mut Thread, class: Ref, receiver: Ref) -> PyResult {
    let ty = operations::require_type(thread, *class, "super() argument 1")?;
    let fits = singletons::is_none(*receiver)
        || super::as_type(*receiver).is_some_and(|on| on.is_subtype(ty))
        || receiver.ty().is_subtype(ty);
    if !fits {
        return Err(unfit(thread, ty, *receiver));
    }
    let object = Object::new(&SUPER_TYPE);
    Ok(allocate(Super {
        object,
        class,
        receiver,
    }))
}

/// The error for a receiver that has nothing to do with the class.
pub(super) fn unfit(thread: &mut Thread, class: &Type, receiver: Value) -> Raised {
    let (what, name) = match super::as_type(receiver) {
        Some(ty) => ("type", ty.name()),
        None => ("instance of", receiver.ty().name()),
    };
    let class = class.name();
    thread.type_error(format!(
        "super(type, obj): obj ({what} {name}) is not an instance or subtype of type ({class})."
    ))
}

static METHODS: &[NativeDef] = &[NativeDef::method("__get__", |thread, args| {
    let [this, instance, ..] = args.between(thread, "__get__", 2, 3)? else {
        unreachable!("between two and three arguments")
    };
    let sup = downcast_exact::<Super>(this).expect("called through its type");
    if singletons::is_none(*instance) || !singletons::is_none(*sup.receiver) {
        return Ok(this.to_ref());
    }
    make(thread, sup.class.clone(), instance.to_ref())
})];

fn get_attr(thread: &mut Thread, value: Value, name: Value) -> PyResult {
    let this = downcast_exact::<Super>(&value).expect("called through its type");
    match &*name_text(&name) {
        "__class__" => return Ok(SUPER_TYPE.value().to_ref()),
        "__thisclass__" => return Ok(this.class.clone()),
        "__self__" => return Ok(this.receiver.clone()),
        "__self_class__" => {
            return Ok(match super::as_type(*this.receiver) {
                _ if singletons::is_none(*this.receiver) => singletons::none(),
                Some(class) => class.value().to_ref(),
                None => this.receiver.ty().value().to_ref(),
            });
        }
        _ if singletons::is_none(*this.receiver) => {
            return super::generic_get_attr(thread, value, name);
        }
        _ => {}
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
    let of = if singletons::is_none(*this.receiver) {
        "NULL".to_owned()
    } else {
        format!("<{} object>", this.receiver.ty().name())
    };
    Ok(Str::new(&format!("<super: <class '{class}'>, {of}>")))
}
