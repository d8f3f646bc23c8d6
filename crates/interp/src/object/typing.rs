//! Type parameters, type aliases and subscripted classes.

use super::class::{self, OBJECT_TYPE, as_type};
use super::tuple::Tuple;
use super::{Base, Object, Payload, Slots, Type, allocate, downcast, downcast_exact, singletons};
use crate::error::PyResult;
use crate::field::Field;
use crate::object::instance::Instance;
use crate::object::native::{Args, NativeDef};
use crate::object::str::{Str, name_text};
use crate::operations;
use crate::thread::Thread;
use crate::value::{Ref, Value};

/// A type variable, parameter specification or type variable tuple. What it is bounded by is
/// worked out when asked for.
#[repr(C)]
pub struct TypeParameter {
    object: Object,
    name: Ref,
    /// Functions of the format asked for, or nothing.
    bound: Option<Ref>,
    constraints: Option<Ref>,
    default: Field,
}

macro_rules! parameter_type {
    ($(#[$doc:meta])* $name:ident, $text:literal) => {
        $(#[$doc])*
        pub static $name: Type = Type::builtin(
            $text,
            Base::One(&OBJECT_TYPE),
            Slots { repr: Some(repr_parameter), ..Slots::of::<TypeParameter>() },
            PARAMETER_METHODS,
        )
        .in_module("typing");
    };
}

parameter_type!(
    /// The type `typing.TypeVar`.
    TYPE_VAR_TYPE, "TypeVar");
parameter_type!(
    /// The type `typing.ParamSpec`.
    PARAM_SPEC_TYPE, "ParamSpec");
parameter_type!(
    /// The type `typing.TypeVarTuple`.
    TYPE_VAR_TUPLE_TYPE, "TypeVarTuple");

// SAFETY: `TypeParameter` is `repr(C)` and begins with an `Object`; the three types are laid out so.
unsafe impl Payload for TypeParameter {
    const TYPE: &'static Type = &TYPE_VAR_TYPE;
}

static PARAMETER_METHODS: &[NativeDef] = &[
    NativeDef::getter("__name__", |thread, args| {
        Ok(parameter(thread, args)?.name.clone())
    }),
    NativeDef::getter("__bound__", |thread, args| {
        let this = parameter(thread, args)?;
        evaluate(thread, this.bound.as_ref(), singletons::none)
    }),
    NativeDef::getter("__constraints__", |thread, args| {
        let this = parameter(thread, args)?;
        evaluate(
            thread,
            this.constraints.as_ref(),
            || Tuple::from_values(&[]),
        )
    }),
    NativeDef::getter("__default__", |thread, args| {
        let this = parameter(thread, args)?;
        evaluate(
            thread,
            this.default.get(&this.object).as_ref(),
            singletons::none,
        )
    }),
];

impl TypeParameter {
    /// A parameter of this type.
    pub fn new(ty: &'static Type, name: Ref, bound: Option<Ref>, constraints: Option<Ref>) -> Ref {
        allocate(Self {
            object: Object::new(ty),
            name,
            bound,
            constraints,
            default: Field::new(None),
        })
    }

    /// The parameter that `value` is.
    pub fn of(value: &Value) -> Option<&Self> {
        let types = [&TYPE_VAR_TYPE, &PARAM_SPEC_TYPE, &TYPE_VAR_TUPLE_TYPE];
        // SAFETY: the three types are laid out so.
        types
            .iter()
            .any(|ty| value.is_exactly(ty))
            .then(|| unsafe { &*value.pointer().cast::<Self>() })
    }

    /// Sets the function of the default.
    pub fn set_default(&self, default: Ref) {
        self.default.set(&self.object, Some(default));
    }
}

/// What a lazily evaluated part is.
fn evaluate(thread: &mut Thread, function: Option<&Ref>, absent: fn() -> Ref) -> PyResult {
    match function {
        // The format 1 asks for values.
        Some(function) => operations::call(thread, **function, &Args::new(&[Value::small(1)])),
        None => Ok(absent()),
    }
}

fn parameter<'a>(thread: &mut Thread, args: &Args<'a>) -> PyResult<&'a TypeParameter> {
    match args.positional().first().and_then(TypeParameter::of) {
        Some(this) => Ok(this),
        None => Err(thread.type_error("descriptor requires a type parameter")),
    }
}

fn repr_parameter(thread: &mut Thread, value: Value) -> PyResult {
    let this = TypeParameter::of(&value).expect("called through its type");
    operations::str(thread, *this.name)
}

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

/// A class with type arguments: `list[int]`.
#[repr(C)]
pub struct GenericAlias {
    object: Object,
    origin: Ref,
    /// A tuple.
    arguments: Ref,
}

/// The type `types.GenericAlias`.
pub static GENERIC_ALIAS_TYPE: Type = Type::builtin(
    "GenericAlias",
    Base::One(&OBJECT_TYPE),
    Slots {
        repr: Some(repr_alias),
        call: Some(|thread, value, args| operations::call(thread, *generic(&value).origin, args)),
        get_attr: Some(get_alias_attr),
        get_item: Some(|_, value, key| Ok(GenericAlias::new(generic(&value).origin.clone(), key))),
        hash: Some(|thread, value| {
            let this = generic(&value);
            Ok(
                operations::hash(thread, *this.origin)?
                    ^ operations::hash(thread, *this.arguments)?,
            )
        }),
        compare: Some(|thread, op, left, right| {
            let (Some(left), Some(right)) = (
                downcast_exact::<GenericAlias>(&left),
                downcast_exact::<GenericAlias>(&right),
            ) else {
                return Ok(None);
            };
            if !left.origin.is(*right.origin) {
                return Ok(None);
            }
            operations::compare(thread, op, *left.arguments, *right.arguments).map(Some)
        }),
        binary: Some(super::union::either),
        ..Slots::of::<GenericAlias>()
    },
    &[NativeDef::method("__mro_entries__", |thread, args| {
        let [this, _] = args.exactly(thread, "__mro_entries__")?;
        Ok(Tuple::from_refs(vec![generic(&this).origin.clone()]))
    })],
)
.in_module("types");

// SAFETY: `GenericAlias` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for GenericAlias {
    const TYPE: &'static Type = &GENERIC_ALIAS_TYPE;
}

impl GenericAlias {
    /// `origin[key]`.
    pub fn new(origin: Ref, key: Value) -> Ref {
        let arguments = match downcast::<Tuple>(&key) {
            Some(_) => key.to_ref(),
            None => Tuple::from_values(&[key]),
        };
        allocate(Self {
            object: Object::new(&GENERIC_ALIAS_TYPE),
            origin,
            arguments,
        })
    }
}

fn generic(value: &Value) -> &GenericAlias {
    downcast_exact::<GenericAlias>(value).expect("called through its type")
}

fn repr_alias(thread: &mut Thread, value: Value) -> PyResult {
    let this = generic(&value);
    let mut shown = Vec::new();
    for part in downcast::<Tuple>(&this.arguments).map_or(&[][..], Tuple::items) {
        shown.push(shown_type(thread, *part)?);
    }
    Ok(Str::new(&format!(
        "{}[{}]",
        shown_type(thread, *this.origin)?,
        shown.join(", ")
    )))
}

/// A type as annotations show it.
pub(super) fn shown_type(thread: &mut Thread, value: Value) -> PyResult<String> {
    match as_type(value) {
        Some(ty) => Ok(ty.full_name().into_owned()),
        None if value.is(singletons::ellipsis_value()) => Ok("...".into()),
        None => operations::repr_text(thread, value),
    }
}

fn get_alias_attr(thread: &mut Thread, value: Value, name: Value) -> PyResult {
    let this = generic(&value);
    match &*name_text(&name) {
        "__origin__" => Ok(this.origin.clone()),
        "__args__" => Ok(this.arguments.clone()),
        "__parameters__" => {
            let items = downcast::<Tuple>(&this.arguments).map_or(&[][..], Tuple::items);
            let parameters = items
                .iter()
                .filter(|item| TypeParameter::of(item).is_some());
            Ok(Tuple::from_refs(
                parameters.map(|item| item.to_ref()).collect(),
            ))
        }
        "__class__" | "__mro_entries__" | "__getitem__" => {
            class::generic_get_attr(thread, value, name)
        }
        _ => operations::get_attr(thread, *this.origin, name),
    }
}

/// The type `typing.Generic`: the base of classes with type parameters.
pub static GENERIC_TYPE: Type = Type::builtin(
    "Generic",
    Base::One(&OBJECT_TYPE),
    Slots {
        dealloc: Instance::dealloc,
        ..Slots::of::<Instance>()
    },
    &[NativeDef::class_method(
        "__class_getitem__",
        class::generic_alias,
    )],
)
.in_module("typing")
.subclassable();

/// The types defined here, for start-up.
pub(crate) static TYPES: &[&Type] = &[
    &TYPE_VAR_TYPE,
    &PARAM_SPEC_TYPE,
    &TYPE_VAR_TUPLE_TYPE,
    &TYPE_ALIAS_TYPE,
    &GENERIC_ALIAS_TYPE,
    &GENERIC_TYPE,
    &super::union::UNION_TYPE,
];
