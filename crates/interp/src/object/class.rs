//! `object` and `type`: attribute look-up, instances, and how instances are made.

use super::code::Code;
use super::dict::Dict;
use super::function::Function;
use super::method::{CLASS_METHOD_TYPE, Method, PROPERTY_TYPE, STATIC_METHOD_TYPE, descriptor};
use super::native::{Args, Binding, Native, NativeDef};
use super::str::{Str, name_text};
use super::tuple::Tuple;
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
mod specials;

pub(crate) use build::build_class;

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
        construct: Some(construct_type),
        ..Slots::of::<Type>()
    },
    &[],
);

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
    NativeDef::class_method("__init_subclass__", |_, _| Ok(singletons::none())),
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

/// Whether the type has the special method `name`.
pub(crate) fn has_special(ty: &'static Type, thread: &mut Thread, name: &str) -> bool {
    let name = thread.interpreter().intern(name);
    ty.lookup(*name).is_some()
}

#[cold]
pub(crate) fn no_attribute(thread: &mut Thread, value: Value, name: Value) -> Raised {
    let (ty, name) = (value.ty().name(), name_text(&name));
    let text = match as_type(value) {
        Some(class) => format!("type object '{}' has no attribute '{name}'", class.name()),
        None => format!("'{ty}' object has no attribute '{name}'"),
    };
    thread.raise_text(&exception::ATTRIBUTE_ERROR, text)
}

/// `value.name` as `object` looks it up: data descriptors of the type, then the instance's own
/// attributes, then the type's, then `__getattr__`.
pub(crate) fn generic_get_attr(thread: &mut Thread, value: Value, name: Value) -> PyResult {
    let ty = value.ty();
    let found = ty.lookup(name);
    if let Some(attribute) = found
        && is_data_descriptor(attribute)
    {
        return bind(thread, attribute, value, ty);
    }
    if let Some(own) = own_attributes(value).and_then(|dict| dict_of(&dict).get_name(name)) {
        return Ok(own);
    }
    match found {
        Some(attribute) => bind(thread, attribute, value, ty),
        None if name_text(&name) == "__dict__" => match instance(&value) {
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
    Ok(attribute.to_ref())
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

fn repr_type(_: &mut Thread, value: Value) -> PyResult {
    Ok(Str::new(&format!("<class '{}'>", ty(value).full_name())))
}

fn call_type(thread: &mut Thread, callee: Value, args: &Args<'_>) -> PyResult {
    let class = ty(callee);
    match class.construct() {
        Some(construct) => construct(thread, class, args),
        None => Err(thread.type_error(format!("cannot create '{}' instances", class.name()))),
    }
}

fn construct_type(thread: &mut Thread, _: &'static Type, args: &Args<'_>) -> PyResult {
    match args.positional() {
        [value] => Ok(value.ty().value().to_ref()),
        [name, bases, namespace] => {
            let name = operations::text(thread, *name, "type() argument 1")?;
            let (Some(bases), Some(namespace)) =
                (downcast::<Tuple>(bases), downcast::<Dict>(namespace))
            else {
                return Err(thread.type_error("type() takes a name, a tuple of bases and a dict"));
            };
            build::make_class(thread, name, bases.items(), namespace)
        }
        _ => Err(thread.type_error("type() takes 1 or 3 arguments")),
    }
}

fn get_type_attr(thread: &mut Thread, value: Value, name: Value) -> PyResult {
    let class = ty(value);
    if let Some(attribute) = class.lookup(name) {
        if let Some(native) = downcast_exact::<Native>(&attribute) {
            return match native.def().binding {
                Binding::ClassMethod => Ok(Native::bound(native.def(), value.to_ref())),
                Binding::Getter if name_text(&name) == "__class__" => {
                    Ok(value.ty().value().to_ref())
                }
                _ => Ok(attribute.to_ref()),
            };
        }
        if let Some(wrapper) = descriptor(&attribute) {
            return Ok(if attribute.is_exactly(&CLASS_METHOD_TYPE) {
                Method::new(wrapper.get.clone(), value.to_ref())
            } else if attribute.is_exactly(&STATIC_METHOD_TYPE) {
                wrapper.get.clone()
            } else {
                attribute.to_ref()
            });
        }
        return Ok(attribute.to_ref());
    }
    match &*name_text(&name) {
        "__name__" | "__qualname__" => Ok(Str::new(class.name())),
        "__module__" => Ok(Str::new(class.module())),
        "__doc__" => Ok(singletons::none()),
        "__base__" => Ok(class
            .base()
            .map_or_else(singletons::none, |base| base.value().to_ref())),
        "__mro__" => Ok(Tuple::from_refs(
            class.mro().map(|ty| ty.value().to_ref()).collect(),
        )),
        "__dict__" => {
            let dict = Dict::new();
            for (name, value) in class.attributes.to_vec() {
                dict_of(&dict).set_name(name, value);
            }
            Ok(dict)
        }
        _ => Err(no_attribute(thread, value, name)),
    }
}

fn set_type_attr(
    thread: &mut Thread,
    value: Value,
    name: Value,
    new: Option<Value>,
) -> PyResult<()> {
    let class = ty(value);
    if !class.is_heap() {
        let (name, class) = (name_text(&name), class.name());
        return Err(thread.type_error(format!(
            "cannot set '{name}' attribute of immutable type '{class}'"
        )));
    }
    match new {
        Some(new) => {
            crate::sharing::guarded(&class.object, || {
                // SAFETY: alone with the class, by the interpreter's lock or the class's own.
                unsafe { class.attributes.set(name.to_ref(), new.to_ref()) }
            });
        }
        None => {
            // SAFETY: as above.
            let removed =
                crate::sharing::guarded(&class.object, || unsafe { class.attributes.remove(name) });
            if removed.is_none() {
                return Err(no_attribute(thread, value, name));
            }
        }
    }
    Ok(())
}
