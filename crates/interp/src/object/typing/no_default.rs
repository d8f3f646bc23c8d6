//! `typing.NoDefault`.

use super::super::class::OBJECT_TYPE;
use super::super::{Base, Object, Payload, Slots, Type};
use crate::object::native::NativeDef;
use crate::object::str::Str;
use crate::references;
use crate::value::{Ref, Value};

/// `typing.NoDefault`: says that a type parameter has no default.
#[repr(C)]
struct NoDefault {
    object: Object,
}

/// The type of `typing.NoDefault`.
pub static NO_DEFAULT_TYPE: Type = Type::builtin(
    "NoDefaultType",
    Base::One(&OBJECT_TYPE),
    Slots {
        repr: Some(|_, _| Ok(Str::new("typing.NoDefault"))),
        construct: Some(|thread, _, args| {
            let [] = args.exactly(thread, "NoDefaultType")?;
            Ok(no_default())
        }),
        ..Slots::of::<NoDefault>()
    },
    &[NativeDef::method("__reduce__", |_, _| {
        Ok(Str::new("NoDefault"))
    })],
)
.in_module("typing");

// SAFETY: `NoDefault` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for NoDefault {
    const TYPE: &'static Type = &NO_DEFAULT_TYPE;

    references!();
}

/// `typing.NoDefault`
pub fn no_default() -> Ref {
    static NO_DEFAULT: NoDefault = NoDefault {
        object: Object::immortal(&NO_DEFAULT_TYPE),
    };
    Ref::adopt(Value::uncounted(&raw const NO_DEFAULT.object))
}
