//! Mappings that can only be read: what `__dict__` of a class is.

use super::native::{Args, NativeDef};
use super::str::Str;
use super::{Base, BinaryOp, Object, Payload, Slots, Type, allocate, class, downcast_exact};
use crate::error::PyResult;
use crate::operations;
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
                let method = operations::get_attr_named(thread, *mapping(&this), $name)?;
                operations::call(thread, *method, &rest)
            }),)+
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
            let shown = operations::repr_text(thread, *mapping(&value))?;
            Ok(Str::new(&format!("mappingproxy({shown})")))
        }),
        str: Some(|thread, value| operations::str(thread, *mapping(&value))),
        hash: Some(|thread, value| operations::hash(thread, *mapping(&value))),
        len: Some(|thread, value| operations::len(thread, *mapping(&value))),
        iter: Some(|thread, value| operations::iter(thread, *mapping(&value))),
        get_item: Some(|thread, value, key| operations::get_item(thread, *mapping(&value), key)),
        contains: Some(|thread, value, key| operations::contains(thread, *mapping(&value), key)),
        binary: Some(|thread, op, left, right| {
            if op != BinaryOp::Or {
                return Ok(None);
            }
            operations::binary(thread, op, behind(left), behind(right)).map(Some)
        }),
        compare: Some(|thread, op, left, right| {
            operations::compare(thread, op, behind(left), behind(right)).map(Some)
        }),
        ..Slots::of::<MappingProxy>()
    },
    forwarded!("get", "keys", "values", "items", "copy", "__reversed__"),
);

// SAFETY: `MappingProxy` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for MappingProxy {
    const TYPE: &'static Type = &MAPPING_PROXY_TYPE;
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

fn mapping(value: &Value) -> &Value {
    let this = downcast_exact::<MappingProxy>(value);
    &this
        .expect("slots of proxies are called with proxies")
        .mapping
}

/// The mapping behind a proxy; another value itself.
fn behind(value: Value) -> Value {
    downcast_exact::<MappingProxy>(&value).map_or(value, |this| *this.mapping)
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
