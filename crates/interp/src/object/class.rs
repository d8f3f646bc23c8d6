//! `object` and `type`: attribute look-up, instances, and how instances are made.

use super::code::Code;
use super::dict::Dict;
use super::function::Function;
use super::method::{CLASS_METHOD_TYPE, Method, PROPERTY_TYPE, descriptor};
use super::native::{Args, Binding, Native, NativeDef};
use super::str::{Str, name_text};
use super::{
    Base, CompareOp, Object, Payload, Slots, Type, allocate, downcast, downcast_exact, exception,
    singletons,
};
use crate::error::{PyResult, Raised};
use crate::field::Field;
use crate::operations;
use crate::thread::Thread;
use crate::value::{Ref, Value};
use selvedge_compiler::CO_HAS_DOCSTRING;

mod build;
mod layout;
mod metaclass;
mod specials;
mod super_object;
mod type_object;

use layout::{is_slot, set_class};
pub(crate) use metaclass::build_class;
pub use super_object::SUPER_TYPE;
use type_object::{call_type, get_type_attr, repr_type, set_type_attr};

/// An instance of a class that derives from no builtin type but `object`.
#[repr(C)]
pub struct Instance {
    object: Object,
    /// The instance's attributes, a dictionary, once it has some.
    dict: Field,
}

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
        ..Slots::of::<Instance>()
    },
    OBJECT_METHODS,
)
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
        ..Slots::of::<Type>()
    },
    metaclass::METHODS,
)
.subclassable();

// SAFETY: `Instance` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for Instance {
    const TYPE: &'static Type = &OBJECT_TYPE;
}

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
        generic_set_attr(thread, this, name, Some(value))?;
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
    NativeDef::method("__getattribute__", |thread, args| {
        let [this, name] = args.exactly(thread, "__getattribute__")?;
        default_get_attr(thread, this, name)
    }),
    NativeDef::method("__delattr__", |thread, args| {
        let [this, name] = args.exactly(thread, "__delattr__")?;
        generic_set_attr(thread, this, name, None)?;
        Ok(singletons::none())
    }),
    NativeDef::getter("__class__", |thread, args| {
        let [this] = args.exactly(thread, "__class__")?;
        Ok(this.ty().value().to_ref())
    }),
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
pub(crate) fn generic_alias(thread: &mut Thread, args: &Args<'_>) -> PyResult {
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
            // These take type arguments.
            let generic = ["list", "dict", "tuple", "set", "frozenset", "type"];
            if !class.ty().is_heap() && generic.contains(&name) {
                return Ok(super::typing::GenericAlias::new(class.to_ref(), key));
            }
            Err(thread.type_error(format!("type '{name}' is not subscriptable")))
        }
    }
}

/// Whether a class written in Python, of the type's line, has an `__init__`.
pub(crate) fn has_own_init(thread: &mut Thread, ty: &'static Type) -> bool {
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

#[cold]
pub(crate) fn no_attribute(thread: &mut Thread, value: Value, name: Value) -> Raised {
    let (ty, shown) = (value.ty().name(), name_text(&name));
    let text = match as_type(value) {
        Some(class) => format!("type object '{}' has no attribute '{shown}'", class.name()),
        None => format!("'{ty}' object has no attribute '{shown}'"),
    };
    let raised = thread.raise_text(&exception::ATTRIBUTE_ERROR, text);
    thread.describe_raised(&[("name", name), ("obj", value)]);
    raised
}

/// `value.name` as `object` looks it up: data descriptors of the type, then the instance's own
/// attributes, then the type's, then `__getattr__`.
pub(crate) fn generic_get_attr(thread: &mut Thread, value: Value, name: Value) -> PyResult {
    let ty = value.ty();
    let found = ty.lookup(name);
    if let Some(attribute) = found
        && (is_data_descriptor(attribute)
            || has_python_special(attribute, thread, &["__set__", "__delete__"]))
    {
        return bind(thread, attribute, value, ty);
    }
    if let Some(own) = own_attributes(value).and_then(|dict| dict_of(&dict).get_name(name)) {
        return Ok(own);
    }
    match found {
        Some(attribute) => bind(thread, attribute, value, ty),
        None if name_text(&name) == "__dict__" && !ty.has_only_slots() => match instance(&value) {
            Some(instance) => Ok(instance.dict.get_or_set(&instance.object, Dict::new)),
            None => Err(no_attribute(thread, value, name)),
        },
        None => Err(no_attribute(thread, value, name)),
    }
}

fn instance(value: &Value) -> Option<&Instance> {
    let ty = value.ty();
    let plain = ty.is_heap() && core::ptr::fn_addr_eq(ty.dealloc(), OBJECT_TYPE.dealloc());
    // SAFETY: a class whose instances are freed as `Instance`s lays them out so.
    plain.then(|| unsafe { &*value.pointer().cast::<Instance>() })
}

fn own_attributes(value: Value) -> Option<Ref> {
    let instance = instance(&value)?;
    instance.dict.get(&instance.object)
}

/// The names of the attributes that a value has by itself.
pub(crate) fn own_names(value: Value) -> Vec<String> {
    let dict = own_attributes(value);
    let entries = dict
        .as_ref()
        .map(|dict| dict_of(dict).to_vec())
        .unwrap_or_default();
    entries
        .iter()
        .map(|(name, _)| name_text(name).into_owned())
        .collect()
}

/// Whether a value's type, a class written in Python, has a special method.
fn has_python_special(value: Value, thread: &mut Thread, names: &[&str]) -> bool {
    value.ty().is_heap()
        && names
            .iter()
            .any(|name| has_special(value.ty(), thread, name))
}

/// Reads an attribute as the type's layout does, whatever special methods it has.
pub(crate) fn default_get_attr(thread: &mut Thread, value: Value, name: Value) -> PyResult {
    let solid = value.ty().mro().find(|ty| !ty.is_heap());
    let slot = solid.and_then(Type::get_attr).unwrap_or(generic_get_attr);
    slot(thread, value, name)
}

/// Sets an attribute as the type's layout does, whatever special methods it has.
pub(crate) fn default_set_attr(
    thread: &mut Thread,
    value: Value,
    name: Value,
    new: Option<Value>,
) -> PyResult<()> {
    let solid = value.ty().mro().find(|ty| !ty.is_heap());
    let slot = solid.and_then(Type::set_attr).unwrap_or(generic_set_attr);
    slot(thread, value, name, new)
}

fn is_data_descriptor(attribute: Value) -> bool {
    attribute.is_exactly(&PROPERTY_TYPE)
        || downcast_exact::<Native>(&attribute)
            .is_some_and(|native| native.def().binding == Binding::Getter)
}

/// What an attribute found on a type is, read through `receiver`.
fn bind(thread: &mut Thread, attribute: Value, receiver: Value, ty: &'static Type) -> PyResult {
    if downcast_exact::<Function>(&attribute).is_some() {
        return Ok(Method::new(attribute.to_ref(), receiver.to_ref()));
    }
    if let Some(native) = downcast_exact::<Native>(&attribute) {
        return match native.def().binding {
            Binding::Method if native.is_plain() => {
                Ok(Native::bound(native.def(), receiver.to_ref()))
            }
            Binding::ClassMethod if native.is_plain() => {
                Ok(Native::bound(native.def(), ty.value().to_ref()))
            }
            Binding::Getter => (native.def().function)(thread, &Args::new(&[receiver])),
            _ => Ok(attribute.to_ref()),
        };
    }
    if let Some(bound) = super::wrapper::bind(attribute, receiver) {
        return Ok(bound);
    }
    if let Some(wrapper) = descriptor(&attribute) {
        return if attribute.is_exactly(&PROPERTY_TYPE) {
            if singletons::is_none(*wrapper.get) {
                return Err(
                    thread.raise_text(&exception::ATTRIBUTE_ERROR, "property has no getter")
                );
            }
            operations::call(thread, *wrapper.get, &Args::new(&[receiver]))
        } else if attribute.is_exactly(&CLASS_METHOD_TYPE) {
            Ok(Method::new(wrapper.get.clone(), ty.value().to_ref()))
        } else {
            Ok(wrapper.get.clone())
        };
    }
    if has_python_special(attribute, thread, &["__get__"]) {
        return call_get(thread, attribute, receiver, ty);
    }
    Ok(attribute.to_ref())
}

/// `attribute.__get__(receiver, owner)`.
fn call_get(
    thread: &mut Thread,
    attribute: Value,
    receiver: Value,
    owner: &'static Type,
) -> PyResult {
    let name = thread.interpreter().intern("__get__");
    match attribute.ty().lookup(*name) {
        Some(get) => operations::call(
            thread,
            get,
            &Args::new(&[attribute, receiver, owner.value()]),
        ),
        None => Ok(attribute.to_ref()),
    }
}

/// A plain method of the receiver's type, to be called with the receiver as first argument;
/// nothing if reading the attribute takes more than that.
pub(crate) fn find_method(value: Value, name: Value) -> Option<Value> {
    let ty = value.ty();
    if !core::ptr::fn_addr_eq(
        ty.get_attr()?,
        generic_get_attr as fn(&mut Thread, Value, Value) -> PyResult,
    ) {
        return None;
    }
    let attribute = ty.lookup(name)?;
    let plain = downcast_exact::<Function>(&attribute).is_some()
        || downcast_exact::<Native>(&attribute)
            .is_some_and(|native| native.def().binding == Binding::Method && native.is_plain());
    let shadowed =
        own_attributes(value).is_some_and(|dict| dict_of(&dict).get_name(name).is_some());
    (plain && !shadowed).then_some(attribute)
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
        return Err(
            thread.type_error("super(type, obj): obj is not an instance or subtype of type")
        );
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

/// `value.name = new` as `object` does it.
pub(crate) fn generic_set_attr(
    thread: &mut Thread,
    value: Value,
    name: Value,
    new: Option<Value>,
) -> PyResult<()> {
    if let Some(attribute) = value.ty().lookup(name)
        && attribute.is_exactly(&PROPERTY_TYPE)
    {
        let property = descriptor(&attribute).expect("a property is a descriptor");
        let (function, verb) = if new.is_some() {
            (&property.set, "setter")
        } else {
            (&property.delete, "deleter")
        };
        if singletons::is_none(**function) {
            let (owner, name) = (value.ty().name(), name_text(&name));
            let text = format!("property '{name}' of '{owner}' object has no {verb}");
            return Err(thread.raise_text(&exception::ATTRIBUTE_ERROR, text));
        }
        let arguments: &[Value] = match &new {
            Some(new) => &[value, *new],
            None => &[value],
        };
        return operations::call(thread, **function, &Args::new(arguments)).map(drop);
    }
    if let Some(attribute) = value.ty().lookup(name)
        && has_python_special(attribute, thread, &["__set__", "__delete__"])
    {
        let (hook, arguments): (&str, &[Value]) = match &new {
            Some(new) => ("__set__", &[attribute, value, *new]),
            None => ("__delete__", &[attribute, value]),
        };
        let interned = thread.interpreter().intern(hook);
        return match attribute.ty().lookup(*interned) {
            Some(method) => operations::call(thread, method, &Args::new(arguments)).map(drop),
            None => Err(thread.raise_text(&exception::ATTRIBUTE_ERROR, hook)),
        };
    }
    if name_text(&name) == "__class__" {
        return set_class(thread, value, new);
    }
    if value.ty().has_only_slots() && !is_slot(thread, value.ty(), name) {
        let (ty, name_shown) = (value.ty().name(), name_text(&name));
        let text = match value.ty().lookup(name) {
            Some(_) => format!("'{ty}' object attribute '{name_shown}' is read-only"),
            None => format!(
                "'{ty}' object has no attribute '{name_shown}' and no __dict__ for setting new attributes"
            ),
        };
        return Err(thread.raise_text(&exception::ATTRIBUTE_ERROR, text));
    }
    let Some(instance) = instance(&value) else {
        let (ty, name_shown) = (value.ty().name(), name_text(&name));
        let text = match value.ty().lookup(name) {
            Some(_) => format!("'{ty}' object attribute '{name_shown}' is read-only"),
            None => format!(
                "'{ty}' object has no attribute '{name_shown}' and no __dict__ for setting new attributes"
            ),
        };
        return Err(thread.raise_text(&exception::ATTRIBUTE_ERROR, text));
    };
    let dict = instance.dict.get_or_set(&instance.object, Dict::new);
    match new {
        Some(new) => {
            dict_of(&dict).set_name(name.to_ref(), new.to_ref());
            Ok(())
        }
        None if dict_of(&dict).remove_name(name).is_some() => Ok(()),
        None => Err(no_attribute(thread, value, name)),
    }
}

fn repr(_: &mut Thread, value: Value) -> PyResult {
    let ty = value.ty();
    let module = if ty.module() == "builtins" {
        String::new()
    } else {
        format!("{}.", ty.module())
    };
    Ok(Str::new(&format!(
        "<{module}{} object at {:p}>",
        ty.name(),
        value.pointer()
    )))
}

fn construct(thread: &mut Thread, ty: &'static Type, args: &Args<'_>) -> PyResult {
    let new = allocate(Instance {
        object: Object::new(ty),
        dict: Field::new(None),
    });
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
    let mut values = vec![**new];
    values.extend_from_slice(args.values());
    let result = operations::call(thread, init, &Args::with_names(&values, args.names()))?;
    if !singletons::is_none(*result) {
        let name = result.ty().name();
        return Err(thread.type_error(format!("__init__() should return None, not '{name}'")));
    }
    Ok(true)
}

/// `object.__new__(cls, …)`: an instance that is not initialised.
fn new_object(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [class, ..] = args.positional() else {
        return Err(thread.type_error("object.__new__(): not enough arguments"));
    };
    let ty = operations::require_type(thread, *class, "object.__new__(X): X")?;
    if !core::ptr::fn_addr_eq(ty.dealloc(), OBJECT_TYPE.dealloc()) {
        let name = ty.name();
        return Err(thread.type_error(format!("object.__new__({name}) is not safe, use {name}()")));
    }
    Ok(allocate(Instance {
        object: Object::new(ty),
        dict: Field::new(None),
    }))
}

fn ty(value: Value) -> &'static Type {
    as_type(value).expect("slots of types are called with types")
}
