//! `X | Y` of types: one of several.

use super::native::NativeDef;
use super::str::Str;
use super::tuple::Tuple;
use super::typing::{GENERIC_ALIAS_TYPE, TypeParameter, shown_type};
use super::{
    Base, BinaryOp, CompareOp, Object, Payload, Slots, Type, allocate, class, downcast,
    downcast_exact, singletons,
};
use crate::error::PyResult;
use crate::operations;
use crate::references;
use crate::thread::Thread;
use crate::value::{Ref, Value};

/// Types, of which a value is to have one.
#[repr(C)]
pub struct Union {
    object: Object,
    /// A tuple of at least two, each once.
    members: Ref,
}

/// The type `typing.Union`.
pub static UNION_TYPE: Type = Type::builtin(
    "Union",
    Base::One(&class::OBJECT_TYPE),
    Slots {
        repr: Some(repr),
        hash: Some(hash),
        compare: Some(compare),
        binary: Some(either),
        ..Slots::of::<Union>()
    },
    &[
        NativeDef::getter("__args__", |_, args| {
            Ok(union(&args.values()[0]).members.clone())
        }),
        NativeDef::getter("__origin__", |_, _| Ok(UNION_TYPE.value().to_ref())),
        NativeDef::getter("__parameters__", |thread, args| {
            let members = union(&args.values()[0]).members.clone();
            super::typing::parameters_among(thread, *members)
        }),
        NativeDef::class_method("__class_getitem__", |thread, args| {
            let [_, key] = args.exactly(thread, "__class_getitem__")?;
            let parts = match downcast::<Tuple>(&key) {
                Some(parts) => parts.items().to_vec(),
                None => vec![key],
            };
            if parts.is_empty() {
                return Err(thread.type_error("Cannot take a Union of no types."));
            }
            unite(thread, &parts)
        }),
    ],
)
.in_module("typing");

// SAFETY: `Union` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for Union {
    const TYPE: &'static Type = &UNION_TYPE;

    references!(members;);
}

fn union(value: &Value) -> &Union {
    downcast_exact::<Union>(value).expect("called through its type")
}

/// The types that a union is of, if the value is one.
pub(crate) fn members(value: Value) -> Option<Ref> {
    downcast_exact::<Union>(&value).map(|union| union.members.clone())
}

/// Whether a value can be a part of a union.
fn is_part(value: Value) -> bool {
    singletons::is_none(value)
        || class::as_type(value).is_some()
        || value.is_exactly(&UNION_TYPE)
        || value.is_exactly(&GENERIC_ALIAS_TYPE)
        || TypeParameter::of(&value).is_some()
}

/// `left | right`, where one of both is a type or a union; nothing for other operators and
/// operands.
pub(crate) fn either(
    thread: &mut Thread,
    op: BinaryOp,
    left: Value,
    right: Value,
) -> PyResult<Option<Ref>> {
    if op != BinaryOp::Or || !is_part(left) || !is_part(right) {
        return Ok(None);
    }
    unite(thread, &[left, right]).map(Some)
}

/// The union of these, or the only one of them.
fn unite(thread: &mut Thread, given: &[Value]) -> PyResult {
    let mut all: Vec<Ref> = Vec::new();
    for part in given {
        let part = if downcast::<Str>(part).is_some() {
            // The name of a type, to be looked up later.
            let module = crate::import::import_module(thread, "annotationlib")?;
            operations::call_method(thread, *module, "ForwardRef", &[*part])?
        } else {
            part.to_ref()
        };
        let parts = members(*part).unwrap_or_else(|| Tuple::from_values(&[*part]));
        for part in operations::collect(thread, *parts)? {
            let part = if singletons::is_none(*part) {
                part.ty().value().to_ref()
            } else {
                part
            };
            if !contains(thread, &all, *part)? {
                all.push(part);
            }
        }
    }
    Ok(if all.len() == 1 {
        all.remove(0)
    } else {
        allocate(Union {
            object: Object::new(&UNION_TYPE),
            members: Tuple::from_refs(all),
        })
    })
}

fn contains(thread: &mut Thread, all: &[Ref], part: Value) -> PyResult<bool> {
    for known in all {
        if operations::equals(thread, **known, part)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn repr(thread: &mut Thread, value: Value) -> PyResult {
    let mut shown = Vec::new();
    for part in operations::collect(thread, *union(&value).members)? {
        shown.push(if part.is(singletons::NONE_TYPE.value()) {
            "None".to_owned()
        } else {
            shown_type(thread, *part)?
        });
    }
    Ok(Str::new(&shown.join(" | ")))
}

/// The order of the types does not matter.
fn hash(thread: &mut Thread, value: Value) -> PyResult<u64> {
    let mut hash = 0;
    for part in operations::collect(thread, *union(&value).members)? {
        hash ^= operations::hash(thread, *part)?;
    }
    Ok(hash)
}

fn compare(thread: &mut Thread, op: CompareOp, left: Value, right: Value) -> PyResult<Option<Ref>> {
    let (Some(ours), Some(others)) = (members(left), members(right)) else {
        return Ok(None);
    };
    let same = match op {
        CompareOp::Eq => true,
        CompareOp::Ne => false,
        _ => return Ok(None),
    };
    let ours = operations::collect(thread, *ours)?;
    let others = operations::collect(thread, *others)?;
    let mut equal = ours.len() == others.len();
    for part in &others {
        equal = equal && contains(thread, &ours, **part)?;
    }
    Ok(Some(singletons::bool(equal == same)))
}
