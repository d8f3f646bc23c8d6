//! Type parameters, type aliases and subscripted classes.

mod alias;
mod no_default;
mod type_alias;

pub(crate) use alias::parameters_among;
pub use no_default::{NO_DEFAULT_TYPE, no_default};
pub use type_alias::{TYPE_ALIAS_TYPE, TypeAlias};

use super::class::{self, OBJECT_TYPE, as_type};
use super::dict::Dict;
use super::iterators::SequenceIterator;
use super::tuple::Tuple;
use super::{Base, Object, Payload, Slots, Type, allocate, downcast, singletons};
use crate::error::PyResult;
use crate::field::Field;
use crate::object::instance::Instance;
use crate::object::native::{Args, NativeDef};
use crate::object::str::{Str, name_text};
use crate::operations;
use crate::references;
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
    /// What was given as it is, by the name of the attribute: a dictionary.
    given: Option<Ref>,
    variance: Variance,
}

/// Whether a type variable's classes are related as their arguments are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Variance {
    Invariant,
    Covariant,
    Contravariant,
    /// To be found out.
    Inferred,
}

macro_rules! parameter_type {
    ($(#[$doc:meta])* $name:ident, $text:literal, $iter:expr) => {
        $(#[$doc])*
        pub static $name: Type = Type::builtin(
            $text,
            Base::One(&OBJECT_TYPE),
            Slots {
                repr: Some(repr_parameter),
                construct: Some(construct_parameter),
                binary: Some(super::union::either),
                iter: $iter,
                ..Slots::of::<TypeParameter>()
            },
            PARAMETER_METHODS,
        )
        .in_module("typing")
        .open();
    };
}

parameter_type!(
    /// The type `typing.TypeVar`.
    TYPE_VAR_TYPE, "TypeVar", None);
parameter_type!(
    /// The type `typing.ParamSpec`.
    PARAM_SPEC_TYPE, "ParamSpec", None);
parameter_type!(
    /// The type `typing.TypeVarTuple`.
    TYPE_VAR_TUPLE_TYPE, "TypeVarTuple", Some(unpacked));

// SAFETY: `TypeParameter` is `repr(C)` and begins with an `Object`; the three types are laid out so.
unsafe impl Payload for TypeParameter {
    const TYPE: &'static Type = &TYPE_VAR_TYPE;

    references!(name, bound, constraints, default, given; variance);
}

static PARAMETER_METHODS: &[NativeDef] = &[
    NativeDef::getter("__name__", |thread, args| {
        Ok(parameter(thread, args)?.name.clone())
    }),
    NativeDef::getter("__bound__", |thread, args| {
        let this = parameter(thread, args)?;
        let given = this.given(thread, "__bound__");
        evaluate(thread, this.bound.as_ref(), || {
            given.unwrap_or_else(singletons::none)
        })
    }),
    NativeDef::getter("__constraints__", |thread, args| {
        let this = parameter(thread, args)?;
        let given = this.given(thread, "__constraints__");
        evaluate(thread, this.constraints.as_ref(), || {
            given.unwrap_or_else(|| Tuple::from_values(&[]))
        })
    }),
    NativeDef::getter("__default__", |thread, args| {
        let this = parameter(thread, args)?;
        let given = this.given(thread, "__default__");
        let default = this.default.get(&this.object);
        evaluate(thread, default.as_ref(), || {
            given.unwrap_or_else(no_default)
        })
    }),
    NativeDef::method("has_default", |thread, args| {
        let this = parameter(thread, args)?;
        let given = this.given(thread, "__default__");
        let given = given.is_some_and(|given| !given.is(*no_default()));
        Ok(singletons::bool(
            given || this.default.get(&this.object).is_some(),
        ))
    }),
    NativeDef::getter("__covariant__", |thread, args| {
        let variance = parameter(thread, args)?.variance;
        Ok(singletons::bool(variance == Variance::Covariant))
    }),
    NativeDef::getter("__contravariant__", |thread, args| {
        let variance = parameter(thread, args)?.variance;
        Ok(singletons::bool(variance == Variance::Contravariant))
    }),
    NativeDef::getter("__infer_variance__", |thread, args| {
        let variance = parameter(thread, args)?.variance;
        Ok(singletons::bool(variance == Variance::Inferred))
    }),
    NativeDef::method("__typing_subst__", |thread, args| {
        let [this, argument] = args.exactly(thread, "__typing_subst__")?;
        let function = match this.ty().name() {
            "TypeVar" => "_typevar_subst",
            "ParamSpec" => "_paramspec_subst",
            _ => {
                return Err(thread.type_error("Substitution of bare TypeVarTuple is not supported"));
            }
        };
        of_typing(thread, function, &[this, argument])
    }),
    NativeDef::method("__typing_prepare_subst__", |thread, args| {
        let [this, alias, arguments] = args.exactly(thread, "__typing_prepare_subst__")?;
        let function = match this.ty().name() {
            "TypeVar" => "_typevar_prepare_subst",
            "ParamSpec" => "_paramspec_prepare_subst",
            _ => "_typevartuple_prepare_subst",
        };
        if function == "_typevar_prepare_subst" {
            return prepare_type_var(thread, this, alias, arguments);
        }
        of_typing(thread, function, &[this, alias, arguments])
    }),
    NativeDef::method("__mro_entries__", |thread, args| {
        let name = args.positional()[0].ty().name();
        Err(thread.type_error(format!("Cannot subclass an instance of {name}")))
    }),
    NativeDef::method("__reduce__", |thread, args| {
        Ok(parameter(thread, args)?.name.clone())
    }),
    NativeDef::getter("args", |thread, args| {
        part_of_specification(thread, args, &PARAM_SPEC_ARGS_TYPE)
    }),
    NativeDef::getter("kwargs", |thread, args| {
        part_of_specification(thread, args, &PARAM_SPEC_KEYWORDS_TYPE)
    }),
];

/// Calls a function of the module `typing`.
fn of_typing(thread: &mut Thread, function: &str, arguments: &[Value]) -> PyResult {
    let module = crate::import::import_module(thread, "typing")?;
    operations::call_method(thread, *module, function, arguments)
}

/// The arguments of a subscription, the default of a type variable added where one is missing.
fn prepare_type_var(thread: &mut Thread, this: Value, alias: Value, arguments: Value) -> PyResult {
    let parameters = operations::get_attr_named(thread, alias, "__parameters__")?;
    let index = operations::call_method(thread, *parameters, "index", &[this])?;
    let index = operations::index(thread, *index)? as usize;
    let mut given = operations::collect(thread, arguments)?;
    if index < given.len() {
        return Ok(arguments.to_ref());
    }
    let has_default = operations::call_method(thread, this, "has_default", &[])?;
    if index == given.len() && operations::truth(thread, *has_default)? {
        given.push(operations::get_attr_named(thread, this, "__default__")?);
        return Ok(Tuple::from_refs(given));
    }
    let alias = operations::repr_text(thread, alias)?;
    Err(thread.type_error(format!("Too few arguments for {alias}")))
}

/// Iterating a type variable tuple gives it unpacked, once.
fn unpacked(thread: &mut Thread, value: Value) -> PyResult {
    let module = crate::import::import_module(thread, "typing")?;
    let unpack = operations::get_attr_named(thread, *module, "Unpack")?;
    let unpacked = operations::get_item(thread, *unpack, value)?;
    let once = Tuple::from_refs(vec![unpacked]);
    operations::iter(thread, *once)
}

/// `T(name, …)` of the three types.
fn construct_parameter(thread: &mut Thread, ty: &'static Type, args: &Args<'_>) -> PyResult {
    let (shown, positional) = (ty.name(), args.positional());
    let mut name = positional.first().copied();
    let given = Dict::new();
    let (mut covariant, mut contravariant, mut inferred) = (false, false, false);
    for (keyword, value) in args.keywords() {
        match &*name_text(&keyword) {
            "name" if name.is_none() => name = Some(value),
            "bound" if shown != "TypeVarTuple" => set_given(thread, &given, "__bound__", value),
            "default" => set_given(thread, &given, "__default__", value),
            "covariant" => covariant = operations::truth(thread, value)?,
            "contravariant" => contravariant = operations::truth(thread, value)?,
            "infer_variance" => inferred = operations::truth(thread, value)?,
            other => {
                let text = format!("{shown}() got an unexpected keyword argument '{other}'");
                return Err(thread.type_error(text));
            }
        }
    }
    let Some(name) = name.filter(|name| downcast::<Str>(name).is_some()) else {
        let text = format!("{shown}() argument 'name' must be str");
        return Err(thread.type_error(text));
    };
    let constraints = positional.get(1..).unwrap_or(&[]);
    if !constraints.is_empty() && shown != "TypeVar" {
        let got = positional.len();
        let text = format!("{shown}() takes exactly 1 positional argument ({got} given)");
        return Err(thread.type_error(text));
    }
    if constraints.len() == 1 {
        return Err(thread.type_error("A single constraint is not allowed"));
    }
    let constraints = Tuple::from_values(constraints);
    set_given(thread, &given, "__constraints__", *constraints);
    let variance = match (covariant, contravariant, inferred) {
        (true, true, _) => {
            return Err(thread.value_error("Bivariant types are not supported."));
        }
        (true, _, true) | (_, true, true) => {
            return Err(thread.value_error("Variance cannot be specified with infer_variance."));
        }
        (true, ..) => Variance::Covariant,
        (_, true, _) => Variance::Contravariant,
        (.., true) => Variance::Inferred,
        _ => Variance::Invariant,
    };
    let made = allocate(TypeParameter {
        object: Object::new(ty),
        name: name.to_ref(),
        bound: None,
        constraints: None,
        default: Field::new(None),
        given: Some(given),
        variance,
    });
    if let Some(module) = crate::object::frame::FrameView::module_of_caller(thread, 0) {
        let key = thread.interpreter().intern("__module__");
        operations::set_attr(thread, *made, *key, Some(*module))?;
    }
    Ok(made)
}

fn set_given(thread: &mut Thread, given: &Ref, name: &str, value: Value) {
    let name = thread.interpreter().intern(name);
    class::dict_of(given).set_name(name, value.to_ref());
}

/// `P.args` or `P.kwargs`.
#[repr(C)]
pub struct SpecificationPart {
    object: Object,
    origin: Ref,
}

macro_rules! part_type {
    ($(#[$doc:meta])* $name:ident, $text:literal, $suffix:literal) => {
        $(#[$doc])*
        pub static $name: Type = Type::builtin(
            $text,
            Base::One(&OBJECT_TYPE),
            Slots {
                repr: Some(|thread, value| {
                    let origin = operations::get_attr_named(thread, value, "__origin__")?;
                    let shown = operations::repr_text(thread, *origin)?;
                    Ok(Str::new(&format!("{shown}.{}", $suffix)))
                }),
                construct: Some(|thread, _, args| {
                    let [origin] = args.exactly(thread, $text)?;
                    Ok(allocate(SpecificationPart {
                        object: Object::new(&$name),
                        origin: origin.to_ref(),
                    }))
                }),
                compare: Some(compare_parts),
                hash: Some(|_, value| Ok((part_origin(&value).pointer() as u64).rotate_right(4))),
                ..Slots::of::<SpecificationPart>()
            },
            &[NativeDef::getter("__origin__", |_, args| {
                Ok(part_origin(&args.positional()[0]).clone())
            })],
        )
        .in_module("typing");
    };
}

part_type!(
    /// The type `typing.ParamSpecArgs`.
    PARAM_SPEC_ARGS_TYPE, "ParamSpecArgs", "args");
part_type!(
    /// The type `typing.ParamSpecKwargs`.
    PARAM_SPEC_KEYWORDS_TYPE, "ParamSpecKwargs", "kwargs");

// SAFETY: `SpecificationPart` is `repr(C)` and begins with an `Object`; both types are laid out so.
unsafe impl Payload for SpecificationPart {
    const TYPE: &'static Type = &PARAM_SPEC_ARGS_TYPE;

    references!(origin;);
}

fn part_origin(value: &Value) -> &Ref {
    let kinds = [&PARAM_SPEC_ARGS_TYPE, &PARAM_SPEC_KEYWORDS_TYPE];
    assert!(
        kinds.iter().any(|kind| value.is_exactly(kind)),
        "called through its type"
    );
    // SAFETY: both types are laid out so.
    unsafe { &(*value.pointer().cast::<SpecificationPart>()).origin }
}

fn compare_parts(
    _: &mut Thread,
    op: super::CompareOp,
    left: Value,
    right: Value,
) -> PyResult<Option<Ref>> {
    if !core::ptr::eq(left.ty(), right.ty()) {
        return Ok(None);
    }
    let same = part_origin(&left).is(**part_origin(&right));
    Ok(match op {
        super::CompareOp::Eq => Some(singletons::bool(same)),
        super::CompareOp::Ne => Some(singletons::bool(!same)),
        _ => None,
    })
}

fn part_of_specification(thread: &mut Thread, args: &Args<'_>, ty: &'static Type) -> PyResult {
    let this = args.positional()[0];
    if !this.is_exactly(&PARAM_SPEC_TYPE) {
        let (owner, name) = (this.ty().name(), ty.name());
        let name = if name.ends_with("Kwargs") {
            "kwargs"
        } else {
            "args"
        };
        let text = format!("'{owner}' object has no attribute '{name}'");
        return Err(thread.raise_text(&super::exception::ATTRIBUTE_ERROR, text));
    }
    Ok(allocate(SpecificationPart {
        object: Object::new(ty),
        origin: this.to_ref(),
    }))
}

impl TypeParameter {
    /// A parameter of this type.
    pub fn new(ty: &'static Type, name: Ref, bound: Option<Ref>, constraints: Option<Ref>) -> Ref {
        allocate(Self {
            object: Object::new(ty),
            name,
            bound,
            constraints,
            default: Field::new(None),
            given: None,
            variance: Variance::Inferred,
        })
    }

    /// What was given for the attribute `name`, as it is.
    fn given(&self, thread: &mut Thread, name: &str) -> Option<Ref> {
        let name = thread.interpreter().intern(name);
        class::dict_of(self.given.as_ref()?).get_name(*name)
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
fn evaluate(thread: &mut Thread, function: Option<&Ref>, absent: impl FnOnce() -> Ref) -> PyResult {
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
    let name = operations::str_text(thread, *this.name)?;
    let sign = match (this.variance, value.ty().name()) {
        (_, "TypeVarTuple") | (Variance::Inferred, _) => "",
        (Variance::Invariant, _) => "~",
        (Variance::Covariant, _) => "+",
        (Variance::Contravariant, _) => "-",
    };
    Ok(Str::new(&format!("{sign}{name}")))
}

/// A class with type arguments: `list[int]`.
#[repr(C)]
pub struct GenericAlias {
    object: Object,
    origin: Ref,
    /// A tuple.
    arguments: Ref,
    /// Whether it stands for its items: `*tuple[int, str]`.
    starred: bool,
}

/// The type `types.GenericAlias`.
pub static GENERIC_ALIAS_TYPE: Type =
    Type::builtin(
        "GenericAlias",
        Base::One(&OBJECT_TYPE),
        Slots {
            repr: Some(alias::repr),
            call: Some(alias::call),
            construct: Some(|thread, _, args| {
                let [origin, arguments] = args.exactly(thread, "GenericAlias")?;
                Ok(GenericAlias::new(origin.to_ref(), arguments))
            }),
            iter: Some(|_, value| {
                let this = generic(&value);
                let starred = allocate(GenericAlias {
                    object: Object::new(&GENERIC_ALIAS_TYPE),
                    origin: this.origin.clone(),
                    arguments: this.arguments.clone(),
                    starred: true,
                });
                Ok(SequenceIterator::new(Tuple::from_refs(vec![starred])))
            }),
            get_attr: Some(alias::get_attr),
            get_item: Some(alias::substitute),
            hash: Some(|thread, value| {
                let this = generic(&value);
                Ok(operations::hash(thread, *this.origin)?
                    ^ operations::hash(thread, *this.arguments)?)
            }),
            compare: Some(|thread, op, left, right| {
                let (Some(left), Some(right)) = (
                    downcast::<GenericAlias>(&left),
                    downcast::<GenericAlias>(&right),
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
        alias::METHODS,
    )
    .in_module("types")
    .subclassable();

// SAFETY: `GenericAlias` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for GenericAlias {
    const TYPE: &'static Type = &GENERIC_ALIAS_TYPE;

    references!(origin, arguments; starred);
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
            starred: false,
        })
    }
}

fn generic(value: &Value) -> &GenericAlias {
    downcast::<GenericAlias>(value).expect("called through its type")
}

/// A type as annotations show it.
pub(super) fn shown_type(thread: &mut Thread, value: Value) -> PyResult<String> {
    match as_type(value) {
        Some(ty) => Ok(ty.full_name().into_owned()),
        None if value.is(singletons::ellipsis_value()) => Ok("...".into()),
        None => operations::repr_text(thread, value),
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
    &[
        NativeDef::class_method("__class_getitem__", |thread, args| {
            let [class, key] = args.exactly(thread, "__class_getitem__")?;
            of_typing(thread, "_generic_class_getitem", &[class, key])
        }),
        NativeDef::class_method("__init_subclass__", |thread, args| {
            let module = crate::import::import_module(thread, "typing")?;
            let hook = operations::get_attr_named(thread, *module, "_generic_init_subclass")?;
            operations::call(thread, *hook, args)
        }),
    ],
)
.in_module("typing")
.subclassable();

/// `Generic[parameters]`, for a class with type parameters.
///
/// # Errors
/// What `typing` raises.
pub(crate) fn generic_of(thread: &mut Thread, parameters: Value) -> PyResult {
    let mut unpacked = Vec::new();
    for parameter in operations::collect(thread, parameters)? {
        if parameter.is_exactly(&TYPE_VAR_TUPLE_TYPE) {
            unpacked.extend(operations::collect(thread, *parameter)?);
        } else {
            unpacked.push(parameter);
        }
    }
    let unpacked = Tuple::from_refs(unpacked);
    of_typing(thread, "_GenericAlias", &[GENERIC_TYPE.value(), *unpacked])
}

/// The types defined here, for start-up.
pub(crate) static TYPES: &[&Type] = &[
    &TYPE_VAR_TYPE,
    &PARAM_SPEC_TYPE,
    &TYPE_VAR_TUPLE_TYPE,
    &PARAM_SPEC_ARGS_TYPE,
    &PARAM_SPEC_KEYWORDS_TYPE,
    &NO_DEFAULT_TYPE,
    &TYPE_ALIAS_TYPE,
    &GENERIC_ALIAS_TYPE,
    &GENERIC_TYPE,
    &super::union::UNION_TYPE,
];
