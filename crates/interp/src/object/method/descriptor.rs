//! `property`, `classmethod` and `staticmethod`: the descriptors that classes are built with.

use super::Method;
use crate::error::{PyResult, Raised};
use crate::field::Field;
use crate::object::class;
use crate::object::native::{Args, NativeDef};
use crate::object::str::{Str, name_text};
use crate::object::{Base, Object, Payload, Slots, Type, allocate, exception, singletons};
use crate::operations;
use crate::references;
use crate::thread::Thread;
use crate::value::{Ref, Value};

/// `property`, `classmethod` and `staticmethod`: functions found in another way.
#[repr(C)]
pub(crate) struct Descriptor {
    object: Object,
    pub(crate) get: Ref,
    pub(crate) set: Ref,
    pub(crate) delete: Ref,
    /// What a property is called in its class.
    name: Field,
    doc: Field,
}

/// The type `property`.
pub static PROPERTY_TYPE: Type = Type::builtin(
    "property",
    Base::One(&class::OBJECT_TYPE),
    Slots {
        construct: Some(construct_property),
        ..Slots::of::<Descriptor>()
    },
    PROPERTY_METHODS,
)
.descriptor()
.subclassable();

/// The type `classmethod`.
pub static CLASS_METHOD_TYPE: Type = Type::builtin(
    "classmethod",
    Base::One(&class::OBJECT_TYPE),
    Slots {
        construct: Some(construct_wrapper),
        get_attr: Some(get_wrapper_attr),
        repr: Some(repr_wrapper),
        ..Slots::of::<Descriptor>()
    },
    &[
        NativeDef::method("__get__", |thread, args| {
            let [this, receiver, rest @ ..] = args.between(thread, "__get__", 2, 3)? else {
                return Ok(singletons::none());
            };
            let owner = match rest {
                [owner] if !singletons::is_none(*owner) => *owner,
                _ => receiver.ty().value(),
            };
            Ok(Method::new(
                parts(thread, *this)?.get.clone(),
                owner.to_ref(),
            ))
        }),
        NativeDef::getter("__func__", wrapped_function),
        NativeDef::getter("__wrapped__", wrapped_function),
        NativeDef::getter("__isabstractmethod__", is_abstract),
        NativeDef::class_method("__class_getitem__", class::generic_alias),
    ],
)
.descriptor()
.open()
.subclassable();

/// The type `staticmethod`.
pub static STATIC_METHOD_TYPE: Type = Type::builtin(
    "staticmethod",
    Base::One(&class::OBJECT_TYPE),
    Slots {
        construct: Some(construct_wrapper),
        call: Some(|thread, callee, args| {
            let function = parts(thread, callee)?.get.clone();
            operations::call(thread, *function, args)
        }),
        get_attr: Some(get_wrapper_attr),
        repr: Some(repr_wrapper),
        ..Slots::of::<Descriptor>()
    },
    &[
        NativeDef::method("__get__", |thread, args| {
            let [this, ..] = args.between(thread, "__get__", 2, 3)? else {
                return Ok(singletons::none());
            };
            Ok(parts(thread, *this)?.get.clone())
        }),
        NativeDef::getter("__func__", wrapped_function),
        NativeDef::getter("__wrapped__", wrapped_function),
        NativeDef::getter("__isabstractmethod__", is_abstract),
        NativeDef::class_method("__class_getitem__", class::generic_alias),
    ],
)
.descriptor()
.open()
.subclassable();

// SAFETY: `Descriptor` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for Descriptor {
    const TYPE: &'static Type = &PROPERTY_TYPE;

    references!(get, set, delete, name, doc;);
}

static PROPERTY_METHODS: &[NativeDef] = &[
    NativeDef::method("getter", |thread, args| {
        with_part(thread, args, "getter", 0)
    }),
    NativeDef::method("setter", |thread, args| {
        with_part(thread, args, "setter", 1)
    }),
    NativeDef::method("deleter", |thread, args| {
        with_part(thread, args, "deleter", 2)
    }),
    NativeDef::method("__get__", |thread, args| {
        let [this, receiver, ..] = args.between(thread, "__get__", 2, 3)? else {
            return Ok(singletons::none());
        };
        if singletons::is_none(*receiver) {
            return Ok(this.to_ref());
        }
        let property = parts(thread, *this)?;
        if singletons::is_none(*property.get) {
            return Err(no_function(thread, property, *receiver, "getter"));
        }
        operations::call(thread, *property.get, &Args::new(&[*receiver]))
    }),
    NativeDef::method("__set__", |thread, args| {
        let [this, receiver, new] = args.exactly(thread, "__set__")?;
        let property = parts(thread, this)?;
        if singletons::is_none(*property.set) {
            return Err(no_function(thread, property, receiver, "setter"));
        }
        drop(operations::call(
            thread,
            *property.set,
            &Args::new(&[receiver, new]),
        )?);
        Ok(singletons::none())
    }),
    NativeDef::method("__delete__", |thread, args| {
        let [this, receiver] = args.exactly(thread, "__delete__")?;
        let property = parts(thread, this)?;
        if singletons::is_none(*property.delete) {
            return Err(no_function(thread, property, receiver, "deleter"));
        }
        drop(operations::call(
            thread,
            *property.delete,
            &Args::new(&[receiver]),
        )?);
        Ok(singletons::none())
    }),
    NativeDef::method("__set_name__", |thread, args| {
        let [this, _, name] = args.exactly(thread, "__set_name__")?;
        let property = parts(thread, this)?;
        property.name.set(&property.object, Some(name.to_ref()));
        Ok(singletons::none())
    }),
    NativeDef::getter("fget", |thread, args| {
        Ok(parts(thread, args.positional()[0])?.get.clone())
    }),
    NativeDef::getter("fset", |thread, args| {
        Ok(parts(thread, args.positional()[0])?.set.clone())
    }),
    NativeDef::getter("fdel", |thread, args| {
        Ok(parts(thread, args.positional()[0])?.delete.clone())
    }),
    NativeDef::getter("__isabstractmethod__", is_abstract),
    NativeDef::property("__name__", property_name, |thread, value, new| {
        let property = parts(thread, value)?;
        property.name.set(&property.object, new.map(Value::to_ref));
        Ok(())
    }),
    NativeDef::property("__doc__", property_doc, |thread, value, new| {
        let property = parts(thread, value)?;
        let new = new.map_or_else(singletons::none, Value::to_ref);
        property.doc.set(&property.object, Some(new));
        Ok(())
    }),
];

/// The parts of a descriptor that is exactly of one of the three types.
pub(crate) fn descriptor(value: &Value) -> Option<&Descriptor> {
    let kinds = [&PROPERTY_TYPE, &CLASS_METHOD_TYPE, &STATIC_METHOD_TYPE];
    let is_one = kinds.iter().any(|kind| value.is_exactly(kind));
    // SAFETY: all three types are laid out as `Descriptor`.
    is_one.then(|| unsafe { &*value.pointer().cast::<Descriptor>() })
}

/// The parts of a descriptor of one of the three types, or of a class that derives from one.
fn parts<'a>(thread: &mut Thread, value: Value) -> PyResult<&'a Descriptor> {
    let kinds = [&PROPERTY_TYPE, &CLASS_METHOD_TYPE, &STATIC_METHOD_TYPE];
    if kinds.iter().any(|kind| value.ty().is_subtype(kind)) {
        // SAFETY: all three types are laid out as `Descriptor`, and so is what derives from them;
        // whoever called keeps the descriptor alive.
        return Ok(unsafe { &*value.pointer().cast::<Descriptor>() });
    }
    let got = value.ty().name();
    Err(thread.type_error(format!("a property is needed, not '{got}'")))
}

#[cold]
fn no_function(thread: &mut Thread, property: &Descriptor, receiver: Value, what: &str) -> Raised {
    let owner = receiver.ty().name();
    let text = match property.name.get(&property.object) {
        Some(name) => match operations::repr_text(thread, *name) {
            Ok(name) => format!("property {name} of '{owner}' object has no {what}"),
            Err(raised) => return raised,
        },
        None => format!("property of '{owner}' object has no {what}"),
    };
    thread.raise_text(&exception::ATTRIBUTE_ERROR, text)
}

fn new_descriptor(ty: &'static Type, get: Ref, set: Ref, delete: Ref) -> Ref {
    allocate(Descriptor {
        object: Object::new(ty),
        get,
        set,
        delete,
        name: Field::new(None),
        doc: Field::new(None),
    })
}

/// A function as a class method, or as a static one.
pub(crate) fn wrap_function(function: Ref, of_class: bool) -> Ref {
    let ty = if of_class {
        &CLASS_METHOD_TYPE
    } else {
        &STATIC_METHOD_TYPE
    };
    new_descriptor(ty, function, singletons::none(), singletons::none())
}

fn construct_property(thread: &mut Thread, _: &'static Type, args: &Args<'_>) -> PyResult {
    let [get, set, delete, doc] =
        args.bind(thread, "property", ["fget", "fset", "fdel", "doc"], 0)?;
    let part = |part: Option<Value>| part.map_or_else(singletons::none, Value::to_ref);
    let new = new_descriptor(&PROPERTY_TYPE, part(get), part(set), part(delete));
    if let Some(doc) = doc
        && !singletons::is_none(doc)
    {
        let property = parts(thread, *new)?;
        property.doc.set(&property.object, Some(doc.to_ref()));
    }
    Ok(new)
}

fn construct_wrapper(thread: &mut Thread, ty: &'static Type, args: &Args<'_>) -> PyResult {
    let ty = if ty.is_subtype(&CLASS_METHOD_TYPE) {
        &CLASS_METHOD_TYPE
    } else {
        &STATIC_METHOD_TYPE
    };
    let [function] = args.exactly(thread, ty.name())?;
    Ok(new_descriptor(
        ty,
        function.to_ref(),
        singletons::none(),
        singletons::none(),
    ))
}

/// A property like the receiver, of the same class, with one function another.
fn with_part(thread: &mut Thread, args: &Args<'_>, name: &str, part: usize) -> PyResult {
    let [this, function] = args.exactly(thread, name)?;
    let old = parts(thread, this)?;
    let mut functions = [old.get.clone(), old.set.clone(), old.delete.clone()];
    functions[part] = function.to_ref();
    let doc = old.doc.get(&old.object);
    let doc = doc.unwrap_or_else(singletons::none);
    let [get, set, delete] = functions;
    let made = operations::call(
        thread,
        this.ty().value(),
        &Args::new(&[*get, *set, *delete, *doc]),
    )?;
    if made.ty().is_subtype(&PROPERTY_TYPE) {
        let new = parts(thread, *made)?;
        new.name.set(&new.object, old.name.get(&old.object));
    }
    Ok(made)
}

fn property_name(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let property = parts(thread, args.positional()[0])?;
    match property.name.get(&property.object) {
        Some(name) => Ok(name),
        None if !singletons::is_none(*property.get) => {
            operations::get_attr_named(thread, *property.get, "__name__")
        }
        None => {
            let text = "'property' object has no attribute '__name__'";
            Err(thread.raise_text(&exception::ATTRIBUTE_ERROR, text))
        }
    }
}

/// The docstring given, or that of the getter.
fn property_doc(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let property = parts(thread, args.positional()[0])?;
    if let Some(doc) = property.doc.get(&property.object) {
        return Ok(doc);
    }
    if singletons::is_none(*property.get) {
        return Ok(singletons::none());
    }
    operations::get_attr_named(thread, *property.get, "__doc__")
}

fn wrapped_function(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    Ok(parts(thread, args.positional()[0])?.get.clone())
}

/// Whether one of the functions says that it is abstract.
fn is_abstract(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let this = parts(thread, args.positional()[0])?;
    for function in [&this.get, &this.set, &this.delete] {
        match operations::get_attr_named(thread, **function, "__isabstractmethod__") {
            Ok(verdict) => {
                if operations::truth(thread, *verdict)? {
                    return Ok(singletons::true_());
                }
            }
            Err(raised) => thread.swallow(raised, &exception::ATTRIBUTE_ERROR)?,
        }
    }
    Ok(singletons::false_())
}

/// Attributes of class methods and static ones: some are those of their function.
fn get_wrapper_attr(thread: &mut Thread, value: Value, name: Value) -> PyResult {
    const OF_FUNCTION: [&str; 7] = [
        "__name__",
        "__qualname__",
        "__module__",
        "__doc__",
        "__annotations__",
        "__annotate__",
        "__type_params__",
    ];
    if OF_FUNCTION.contains(&&*name_text(&name)) {
        let function = parts(thread, value)?.get.clone();
        return operations::get_attr(thread, *function, name);
    }
    class::generic_get_attr(thread, value, name)
}

fn repr_wrapper(thread: &mut Thread, value: Value) -> PyResult {
    let function = parts(thread, value)?.get.clone();
    let shown = operations::repr_text(thread, *function)?;
    let name = value.ty().name();
    Ok(Str::new(&format!("<{name}({shown})>")))
}
