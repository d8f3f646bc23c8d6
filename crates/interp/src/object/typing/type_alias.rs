//! What a `type` statement makes.

use super::super::class::OBJECT_TYPE;
use super::super::{
    Base, Object, Payload, Slots, Type, allocate, downcast, downcast_exact, singletons,
};
use super::{GenericAlias, evaluate};
use crate::error::PyResult;
use crate::field::Field;
use crate::object::native::{Args, NativeDef};
use crate::object::tuple::Tuple;
use crate::operations;
use crate::references;
use crate::thread::Thread;
use crate::value::{Ref, Value};

/// What a `type` statement makes.
#[repr(C)]
pub struct TypeAlias {
    object: Object,
    name: Ref,
    parameters: Ref,
    function: Ref,
    value: Field,
}

/// The type `typing.TypeAliasType`.
pub static TYPE_ALIAS_TYPE: Type = Type::builtin(
    "TypeAliasType",
    Base::One(&OBJECT_TYPE),
    Slots {
        repr: Some(|thread, value| {
            let this = downcast_exact::<TypeAlias>(&value).expect("called through its type");
            operations::str(thread, *this.name)
        }),
        get_item: Some(|_, value, key| Ok(GenericAlias::new(value.to_ref(), key))),
        binary: Some(super::super::union::either),
        construct: Some(construct_type_alias),
        ..Slots::of::<TypeAlias>()
    },
    &[
        NativeDef::getter("__name__", |thread, args| {
            Ok(alias(thread, args)?.name.clone())
        }),
        NativeDef::getter("__type_params__", |thread, args| {
            Ok(alias(thread, args)?.parameters.clone())
        }),
        NativeDef::getter("__value__", |thread, args| {
            let this = alias(thread, args)?;
            if let Some(value) = this.value.get(&this.object) {
                return Ok(value);
            }
            let value = evaluate(thread, Some(&this.function), singletons::none)?;
            this.value.set(&this.object, Some(value.clone()));
            Ok(value)
        }),
    ],
)
.in_module("typing");

// SAFETY: `TypeAlias` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for TypeAlias {
    const TYPE: &'static Type = &TYPE_ALIAS_TYPE;

    references!(name, parameters, function, value;);
}

/// `TypeAliasType(name, value, *, type_params=())`
fn construct_type_alias(thread: &mut Thread, _: &'static Type, args: &Args<'_>) -> PyResult {
    let names = ["name", "value", "type_params"];
    let [name, value, parameters] = args.bind(thread, "typealias", names, 2)?;
    let parameters = parameters.map_or_else(|| Tuple::from_values(&[]), Value::to_ref);
    if downcast::<Tuple>(&parameters).is_none() {
        return Err(thread.type_error("type_params must be a tuple"));
    }
    let made = TypeAlias::new(
        name.expect("required").to_ref(),
        parameters,
        singletons::none(),
    );
    let this = downcast::<TypeAlias>(&made).expect("just made");
    this.value
        .set(&this.object, Some(value.expect("required").to_ref()));
    Ok(made)
}

impl TypeAlias {
    /// An alias whose value `function` works out.
    pub fn new(name: Ref, parameters: Ref, function: Ref) -> Ref {
        let parameters = if singletons::is_none(*parameters) {
            Tuple::from_values(&[])
        } else {
            parameters
        };
        allocate(Self {
            object: Object::new(&TYPE_ALIAS_TYPE),
            name,
            parameters,
            function,
            value: Field::new(None),
        })
    }
}

fn alias<'a>(thread: &mut Thread, args: &Args<'a>) -> PyResult<&'a TypeAlias> {
    match args
        .positional()
        .first()
        .and_then(downcast_exact::<TypeAlias>)
    {
        Some(this) => Ok(this),
        None => Err(thread.type_error("descriptor requires a 'typing.TypeAliasType' object")),
    }
}
