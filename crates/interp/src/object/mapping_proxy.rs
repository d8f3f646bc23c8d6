//! Mappings that can only be read: what `__dict__` of a class is.
//!
//! The proxy of a class looks single names up in the class; for anything else it takes a copy of
//! the class's namespace.

use super::dict::Dict;
use super::native::{Args, NativeDef};
use super::str::Str;
use super::{
    Base, BinaryOp, Object, Payload, Slots, Type, allocate, class, downcast_exact, singletons,
};
use crate::error::PyResult;
use crate::operations;
use crate::references;
use crate::thread::Thread;
use crate::value::{Ref, Value};

/// A mapping that can only be read.
#[repr(C)]
pub struct MappingProxy {
    object: Object,
    mapping: Ref,
}

macro_rules! forwarded {
    ($($name:literal),+) => {
        &[
            $(NativeDef::method($name, |thread, args| {
                let (this, rest) = args.split_receiver();
                let method = operations::get_attr_named(thread, *mapping(this), $name)?;
                operations::call(thread, *method, &rest)
            }),)+
            NativeDef::method("get", get),
            NativeDef::class_method("__class_getitem__", class::generic_alias),
        ]
    };
}

/// The type `mappingproxy`.
pub static MAPPING_PROXY_TYPE: Type = Type::builtin(
    "mappingproxy",
    Base::One(&class::OBJECT_TYPE),
    Slots {
        construct: Some(construct),
        repr: Some(|thread, value| {
            let shown = operations::repr_text(thread, *mapping(value))?;
            Ok(Str::new(&format!("mappingproxy({shown})")))
        }),
        str: Some(|thread, value| operations::str(thread, *mapping(value))),
        hash: Some(|thread, value| operations::hash(thread, *mapping(value))),
        len: Some(|thread, value| operations::len(thread, *mapping(value))),
        iter: Some(|thread, value| operations::iter(thread, *mapping(value))),
        get_item: Some(get_item),
        contains: Some(contains),
        binary: Some(|thread, op, left, right| {
            if op != BinaryOp::Or {
                return Ok(None);
            }
            operations::binary(thread, op, *behind(left), *behind(right)).map(Some)
        }),
        compare: Some(|thread, op, left, right| {
            operations::compare(thread, op, *behind(left), *behind(right)).map(Some)
        }),
        ..Slots::of::<MappingProxy>()
    },
    forwarded!("keys", "values", "items", "copy", "__reversed__"),
);

// SAFETY: `MappingProxy` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for MappingProxy {
    const TYPE: &'static Type = &MAPPING_PROXY_TYPE;

    references!(mapping;);
}

impl MappingProxy {
    /// A proxy of `mapping`.
    pub fn new(mapping: Ref) -> Ref {
        allocate(Self {
            object: Object::new(&MAPPING_PROXY_TYPE),
            mapping,
        })
    }
}

/// The mapping behind a proxy.
fn mapping(value: Value) -> Ref {
    let this = downcast_exact::<MappingProxy>(&value);
    let this = this.expect("slots of proxies are called with proxies");
    match class::as_type(*this.mapping) {
        Some(class) => namespace(class),
        None => this.mapping.clone(),
    }
}

/// A copy of a class's namespace.
fn namespace(class: &'static Type) -> Ref {
    let copy = Dict::new();
    for (name, value) in class.attributes.to_vec() {
        class::dict_of(&copy).set_name(name, value);
    }
    copy
}

/// What a class has under a key.
enum Entry {
    Found(Ref),
    Absent,
    /// There is no class behind the proxy, or the key is no string.
    Unknown,
}

/// The attribute of the class behind a proxy.
fn of_class(value: Value, key: Value) -> Entry {
    let class = downcast_exact::<MappingProxy>(&value)
        .and_then(|this| class::as_type(*this.mapping))
        .filter(|_| downcast_exact::<Str>(&key).is_some());
    match class.map(|class| class.attributes.get(key)) {
        Some(Some(found)) => Entry::Found(found.to_ref()),
        Some(None) => Entry::Absent,
        None => Entry::Unknown,
    }
}

/// The mapping behind a proxy; another value itself.
fn behind(value: Value) -> Ref {
    match downcast_exact::<MappingProxy>(&value) {
        Some(_) => mapping(value),
        None => value.to_ref(),
    }
}

fn get_item(thread: &mut Thread, value: Value, key: Value) -> PyResult {
    match of_class(value, key) {
        Entry::Found(found) => Ok(found),
        _ => operations::get_item(thread, *mapping(value), key),
    }
}

fn contains(thread: &mut Thread, value: Value, key: Value) -> PyResult<bool> {
    match of_class(value, key) {
        Entry::Found(_) => Ok(true),
        Entry::Absent => Ok(false),
        Entry::Unknown => operations::contains(thread, *mapping(value), key),
    }
}

fn get(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [this, key, default @ ..] = args.between(thread, "get", 2, 3)? else {
        return Ok(singletons::none());
    };
    match of_class(*this, *key) {
        Entry::Found(found) => Ok(found),
        Entry::Absent => Ok(default
            .first()
            .map_or_else(singletons::none, |it| it.to_ref())),
        Entry::Unknown => {
            operations::call_method(thread, *mapping(*this), "get", &args.positional()[1..])
        }
    }
}

fn construct(thread: &mut Thread, _: &'static Type, args: &Args<'_>) -> PyResult {
    let [mapping] = args.exactly(thread, "mappingproxy")?;
    if mapping.ty().get_item().is_none() {
        let ty = mapping.ty().name();
        return Err(thread.type_error(format!(
            "mappingproxy() argument must be a mapping, not {ty}"
        )));
    }
    Ok(MappingProxy::new(mapping.to_ref()))
}
