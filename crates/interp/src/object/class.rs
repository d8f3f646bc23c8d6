//! `object` and `type`: attribute look-up, instances, and how instances are made.

use super::code::Code;
use super::dict::Dict;
use super::function::Function;
use super::instance::Instance;
use super::list::List;
use super::native::{Args, Binding, Native, NativeDef};
use super::str::{Str, name_text};
use super::{Base, CompareOp, Slots, Type, downcast, downcast_exact, exception, singletons};
use crate::builtins::{attribute_name, scope};
use crate::error::{PyResult, Raised};
use crate::operations;
use crate::thread::Thread;
use crate::value::{Ref, Value};
use selvedge_compiler::CO_HAS_DOCSTRING;

mod annotations;
mod attributes;
mod build;
mod copying;
pub(crate) mod derived;
mod layout;
mod members;
mod metaclass;
mod names;
mod specials;
mod subclasses;
mod super_object;
mod type_object;

pub(crate) use annotations::evaluate as evaluate_annotations;
use attributes::{bind, call_get, is_descriptor_with};
pub(crate) use attributes::{
    bind_class_method, default_get_attr, default_set_attr, find_attr, generic_get_attr,
    generic_set_attr, has_no_fallback, is_data_descriptor, is_plain_attribute, no_attribute,
    own_names, property_setter, reads_generically, set_by_descriptor, writes_generically,
};
use derived::builtin_base;
pub(crate) use members::{MEMBER_TYPE, Member};
pub(crate) use metaclass::build_class;
pub(crate) use specials::reflected;
pub(crate) use subclasses::{Subclasses, forget_class, forget_subclass, is_layout_of_types};
pub use super_object::SUPER_TYPE;
use type_object::{call_type, get_type_attr, repr_type, set_type_attr};

/// The type `object`.
pub static OBJECT_TYPE: Type = Type::builtin(
    "object",
    Base::Nothing,
    Slots {
        repr: Some(repr),
        hash: Some(|_, value| Ok(identity_hash(value))),
        construct: Some(construct),
        get_attr: Some(generic_get_attr),
        set_attr: Some(generic_set_attr),
        compare: Some(|_, op, left, right| {
            Ok((op == CompareOp::Eq && left.is(right)).then(singletons::true_))
        }),
        dealloc: Instance::dealloc,
        ..Slots::of::<Instance>()
    },
    OBJECT_METHODS,
)
.more_methods(copying::METHODS)
.subclassable();

/// The type `type`.
pub static TYPE_TYPE: Type = Type::builtin(
    "type",
    Base::One(&OBJECT_TYPE),
    Slots {
        repr: Some(repr_type),
        call: Some(call_type),
        get_attr: Some(get_type_attr),
        set_attr: Some(set_type_attr),
        construct: Some(metaclass::new_class),
        binary: Some(super::union::either),
        ..Slots::of::<Type>()
    },
    metaclass::METHODS,
)
.more_methods(names::GETTERS)
.subclassable();

static OBJECT_METHODS: &[NativeDef] = &[
    NativeDef::function("__new__", new_object),
    NativeDef::method("__init__", |_, _| Ok(singletons::none())),
    NativeDef::method("__repr__", |thread, args| {
        let [this] = args.exactly(thread, "__repr__")?;
        repr(thread, this)
    }),
    NativeDef::method("__str__", |thread, args| {
        let [this] = args.exactly(thread, "__str__")?;
        operations::repr(thread, this)
    }),
    NativeDef::method("__hash__", |thread, args| {
        let [this] = args.exactly(thread, "__hash__")?;
        Ok(super::int::from_i64(identity_hash(this) as i64))
    }),
    NativeDef::method("__eq__", |thread, args| {
        let [this, other] = args.exactly(thread, "__eq__")?;
        Ok(if this.is(other) {
            singletons::true_()
        } else {
            singletons::not_implemented()
        })
    }),
    NativeDef::method("__setattr__", |thread, args| {
        let [this, name, value] = args.exactly(thread, "__setattr__")?;
        let name = attribute_name(thread, name)?;
        generic_set_attr(thread, this, *name, Some(value))?;
        Ok(singletons::none())
    }),
    NativeDef::class_method("__init_subclass__", |thread, args| {
        if args.names().is_empty() {
            return Ok(singletons::none());
        }
        let class = args.positional().first().and_then(|class| as_type(*class));
        let name = class.map_or("object", |class| class.name());
        Err(thread.type_error(format!(
            "{name}.__init_subclass__() takes no keyword arguments"
        )))
    }),
    NativeDef::class_method("__subclasshook__", |_, _| Ok(singletons::not_implemented())),
    NativeDef::method("__format__", |thread, args| {
        let [this, spec] = args.exactly(thread, "object.__format__")?;
        let spec = operations::text(thread, spec, "__format__() argument")?;
        crate::format::default_format(thread, this, &spec)
    }),
    NativeDef::method("__getattribute__", |thread, args| {
        let [this, name] = args.exactly(thread, "__getattribute__")?;
        let name = attribute_name(thread, name)?;
        default_get_attr(thread, this, *name)
    }),
    NativeDef::method("__delattr__", |thread, args| {
        let [this, name] = args.exactly(thread, "__delattr__")?;
        let name = attribute_name(thread, name)?;
        generic_set_attr(thread, this, *name, None)?;
        Ok(singletons::none())
    }),
    NativeDef::method("__dir__", |thread, args| {
        let [this] = args.exactly(thread, "__dir__")?;
        Ok(List::from_refs(scope::default_names(thread, this)?))
    }),
    NativeDef::property(
        "__class__",
        |thread, args| {
            let [this] = args.exactly(thread, "__class__")?;
            Ok(this.ty().value().to_ref())
        },
        layout::set_class,
    ),
];

fn identity_hash(value: Value) -> u64 {
    // Objects are aligned: the low bits say nothing.
    (value.pointer() as u64).rotate_right(4)
}

/// The dictionary that a value is.
///
/// # Panics
/// If it is none: for fields that hold nothing else.
pub(crate) fn dict_of(value: &Ref) -> &Dict {
    downcast::<Dict>(value).expect("the field holds a dictionary")
}

/// The type that a value is, if it is one.
#[inline]
pub fn as_type(value: Value) -> Option<&'static Type> {
    let ty = downcast::<Type>(&value)?;
    // SAFETY: a type outlives its use here: whoever names it holds a reference to it.
    Some(unsafe { &*core::ptr::from_ref(ty) })
}

/// The docstring of a code object, or `None`.
pub(crate) fn docstring(code: &Code) -> Ref {
    if code.source.flags & CO_HAS_DOCSTRING != 0
        && let Some(first) = code.consts.first()
    {
        return first.clone();
    }
    singletons::none()
}

/// The special method `name` of the value's type, bound to it; nothing if there is none.
///
/// # Errors
/// What a descriptor raises.
pub(crate) fn special_method(
    thread: &mut Thread,
    value: Value,
    name: &str,
) -> PyResult<Option<Ref>> {
    let name = thread.interpreter().intern(name);
    match value.ty().lookup(*name) {
        Some(method) => bind_special(thread, method, value).map(Some),
        None => Ok(None),
    }
}

/// A method found on a value's type, bound to the value.
pub(crate) fn bind_special(thread: &mut Thread, method: Value, value: Value) -> PyResult {
    bind(thread, method, value, value.ty())
}

/// `__class_getitem__` of the builtin classes that take type arguments.
///
/// # Errors
/// `TypeError` for another number of arguments.
pub fn generic_alias(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [class, key] = args.exactly(thread, "__class_getitem__")?;
    Ok(super::typing::GenericAlias::new(class.to_ref(), key))
}

/// `class[key]`.
pub(crate) fn subscript(thread: &mut Thread, class: Value, key: Value) -> PyResult {
    match operations::get_attr_named(thread, class, "__class_getitem__") {
        Ok(method) => operations::call(thread, *method, &Args::new(&[key])),
        Err(raised) => {
            thread.swallow(raised, &exception::ATTRIBUTE_ERROR)?;
            let name = as_type(class).map_or("?", |ty| ty.name());
            // Other classes of classes take none.
            if class.is(TYPE_TYPE.value()) {
                return Ok(super::typing::GenericAlias::new(class.to_ref(), key));
            }
            Err(thread.type_error(format!("type '{name}' is not subscriptable")))
        }
    }
}

/// Whether a class written in Python, of the type's line, has an `__init__`.
pub fn has_own_init(thread: &mut Thread, ty: &'static Type) -> bool {
    let name = thread.interpreter().intern("__init__");
    ty.is_heap()
        && ty
            .lookup(*name)
            .is_some_and(|init| downcast_exact::<Native>(&init).is_none())
}

/// Whether the type has the special method `name`.
pub(crate) fn has_special(ty: &'static Type, thread: &mut Thread, name: &str) -> bool {
    let name = thread.interpreter().intern(name);
    ty.lookup(*name).is_some()
}

/// `super(class, receiver).name`, and whether it is a function to be called with the receiver.
///
/// # Errors
/// `TypeError` if the receiver is no instance of the class, `AttributeError`.
pub(crate) fn get_super(
    thread: &mut Thread,
    class: Value,
    receiver: Value,
    name: Value,
) -> PyResult<(Ref, bool)> {
    let Some(class) = as_type(class) else {
        return Err(thread.type_error("super() argument 1 must be a type"));
    };
    let on_type = as_type(receiver).filter(|ty| ty.is_subtype(class));
    let line = on_type.unwrap_or_else(|| receiver.ty());
    if !line.is_subtype(class) {
        return Err(super_object::unfit(thread, class, receiver));
    }
    let rest = line.mro().skip_while(|ty| *ty != class).skip(1);
    let Some(attribute) = { rest }.find_map(|ty| ty.attributes.get(name)) else {
        let name = name_text(&name);
        let text = format!("'super' object has no attribute '{name}'");
        return Err(thread.raise_text(&exception::ATTRIBUTE_ERROR, text));
    };
    let plain = downcast_exact::<Function>(&attribute).is_some()
        || downcast_exact::<Native>(&attribute)
            .is_some_and(|native| native.def().binding == Binding::Method && native.is_plain());
    if plain && on_type.is_none() {
        return Ok((attribute.to_ref(), true));
    }
    bind(thread, attribute, receiver, line).map(|bound| (bound, false))
}

fn repr(_: &mut Thread, value: Value) -> PyResult {
    Ok(Str::new(&format!(
        "<{} object at {:p}>",
        value.ty().full_name(),
        value.pointer()
    )))
}

fn construct(thread: &mut Thread, ty: &'static Type, args: &Args<'_>) -> PyResult {
    // A builtin type that does not say how to make its instances has it from `object`, whose are
    // laid out otherwise.
    if !Instance::is_layout_of(ty) {
        let name = ty.full_name();
        return Err(thread.type_error(format!("cannot create '{name}' instances")));
    }
    if ty.is_abstract() {
        return Err(names::abstract_class(thread, ty));
    }
    let new = Instance::new(ty);
    if !initialise(thread, ty, &new, args)? && !args.values().is_empty() {
        return Err(thread.type_error(format!("{}() takes no arguments", ty.name())));
    }
    Ok(new)
}

/// Calls the `__init__` that a class written in Python has for `new`; returns whether there is one.
pub(crate) fn initialise(
    thread: &mut Thread,
    ty: &'static Type,
    new: &Ref,
    args: &Args<'_>,
) -> PyResult<bool> {
    if !ty.is_heap() {
        return Ok(false);
    }
    let name = thread.interpreter().intern("__init__");
    let Some(init) = ty
        .lookup(*name)
        .filter(|init| downcast_exact::<Native>(init).is_none())
    else {
        return Ok(false);
    };
    let result = args.behind(**new, |args| operations::call(thread, init, args))?;
    if !singletons::is_none(*result) {
        return Err(init_returned(thread, *result));
    }
    Ok(true)
}

#[cold]
pub(crate) fn init_returned(thread: &mut Thread, result: Value) -> Raised {
    let name = result.ty().name();
    thread.type_error(format!("__init__() should return None, not '{name}'"))
}

/// Whether calling the class makes its instance as calling `object` does.
pub(crate) fn constructs_generically(ty: &'static Type) -> bool {
    let generic = construct as fn(&mut Thread, &'static Type, &Args<'_>) -> PyResult;
    !ty.is_abstract()
        && ty
            .construct()
            .is_some_and(|slot| core::ptr::fn_addr_eq(slot, generic))
}

/// `object.__new__(cls, …)`: an instance that is not initialised.
fn new_object(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [class, ..] = args.positional() else {
        return Err(thread.type_error("object.__new__(): not enough arguments"));
    };
    let ty = operations::require_type(thread, *class, "object.__new__(X): X")?;
    if !Instance::is_layout_of(ty) {
        let name = ty.name();
        return Err(thread.type_error(format!("object.__new__({name}) is not safe, use {name}()")));
    }
    if ty.is_abstract() {
        return Err(names::abstract_class(thread, ty));
    }
    Ok(Instance::new(ty))
}

fn ty(value: Value) -> &'static Type {
    as_type(value).expect("slots of types are called with types")
}
