//! Special methods of builtin types: a slot as an attribute, found by its name.

use super::native::Args;
use super::str::Str;
use super::{
    Base, BinaryOp, CompareOp, Object, Payload, Slots, Type, UnaryOp, allocate, class,
    downcast_exact, exception, int, singletons,
};
use crate::builtins::attribute_name;
use crate::error::{PyResult, Raised};
use crate::references;
use crate::thread::Thread;
use crate::value::{Ref, Value};

/// Which special method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Special {
    Repr,
    Str,
    Hash,
    Bool,
    Call,
    Iter,
    Next,
    Len,
    GetItem,
    SetItem,
    DelItem,
    Contains,
    GetAttribute,
    SetAttr,
    DelAttr,
    Binary(BinaryOp),
    Reflected(BinaryOp),
    Inplace(BinaryOp),
    Unary(UnaryOp),
    Compare(CompareOp),
}

/// A special method that is one of a builtin type's slots; bound to a receiver or not.
#[repr(C)]
pub(crate) struct Wrapper {
    object: Object,
    ty: &'static Type,
    special: Special,
    receiver: Option<Ref>,
}

/// The type `wrapper_descriptor`.
pub static WRAPPER_TYPE: Type = Type::builtin(
    "wrapper_descriptor",
    Base::One(&class::OBJECT_TYPE),
    Slots {
        repr: Some(repr),
        call: Some(call),
        get_attr: Some(get_attr),
        ..Slots::of::<Wrapper>()
    },
    &[],
);

// SAFETY: `Wrapper` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for Wrapper {
    const TYPE: &'static Type = &WRAPPER_TYPE;

    references!(receiver; ty, special);
}

/// The special method that `attribute` is, bound to `receiver`; nothing if it is none, or bound.
pub(crate) fn bind(attribute: Value, receiver: Value) -> Option<Ref> {
    let unbound =
        downcast_exact::<Wrapper>(&attribute).filter(|wrapper| wrapper.receiver.is_none())?;
    let Wrapper { ty, special, .. } = unbound;
    let object = Object::new(&WRAPPER_TYPE);
    Some(allocate(Wrapper {
        object,
        ty,
        special: *special,
        receiver: Some(receiver.to_ref()),
    }))
}

/// The special methods of a builtin type, with their names.
pub(crate) fn of_type(ty: &'static Type) -> Vec<(String, Ref)> {
    let slots = ty.slots();
    let mut all = Vec::new();
    let mut note = |there: bool, special: Special| {
        if there {
            all.push(special);
        }
    };
    note(slots.repr.is_some(), Special::Repr);
    note(slots.str.is_some(), Special::Str);
    note(slots.hash.is_some(), Special::Hash);
    note(slots.truth.is_some(), Special::Bool);
    note(slots.call.is_some(), Special::Call);
    note(slots.iter.is_some(), Special::Iter);
    note(slots.next.is_some(), Special::Next);
    note(slots.len.is_some(), Special::Len);
    note(slots.get_item.is_some(), Special::GetItem);
    note(slots.set_item.is_some(), Special::SetItem);
    note(slots.set_item.is_some(), Special::DelItem);
    note(slots.contains.is_some(), Special::Contains);
    note(slots.get_attr.is_some(), Special::GetAttribute);
    note(slots.set_attr.is_some(), Special::SetAttr);
    note(slots.set_attr.is_some(), Special::DelAttr);
    let Operators {
        binary,
        reflected,
        inplace,
        unary,
    } = operators(ty.name());
    for op in BinaryOp::ALL {
        note(
            slots.binary.is_some() && binary.contains(&op),
            Special::Binary(op),
        );
        note(
            slots.binary.is_some() && reflected.contains(&op),
            Special::Reflected(op),
        );
        note(
            slots.inplace.is_some() && inplace.contains(&op),
            Special::Inplace(op),
        );
    }
    for op in unary {
        note(slots.unary.is_some(), Special::Unary(*op));
    }
    for op in [
        CompareOp::Lt,
        CompareOp::Le,
        CompareOp::Eq,
        CompareOp::Ne,
        CompareOp::Gt,
        CompareOp::Ge,
    ] {
        note(slots.compare.is_some(), Special::Compare(op));
    }
    all.into_iter()
        .map(|special| (special.name(), method(ty, special)))
        .collect()
}

fn method(ty: &'static Type, special: Special) -> Ref {
    let unhashable = super::list::methods::unhashable as fn(&mut Thread, Value) -> PyResult<u64>;
    if special == Special::Hash
        && ty
            .slots()
            .hash
            .is_some_and(|slot| core::ptr::fn_addr_eq(slot, unhashable))
    {
        return singletons::none();
    }
    allocate(Wrapper {
        object: Object::new(&WRAPPER_TYPE),
        ty,
        special,
        receiver: None,
    })
}

/// The operators that a builtin type has methods for.
struct Operators {
    binary: &'static [BinaryOp],
    reflected: &'static [BinaryOp],
    inplace: &'static [BinaryOp],
    unary: &'static [UnaryOp],
}

fn operators(ty: &str) -> Operators {
    use BinaryOp::*;
    use UnaryOp::*;
    const INT: &[BinaryOp] = &[
        Add, Sub, Mul, TrueDiv, FloorDiv, Mod, Pow, LShift, RShift, And, Or, Xor,
    ];
    const FLOAT: &[BinaryOp] = &[Add, Sub, Mul, TrueDiv, FloorDiv, Mod, Pow];
    const COMPLEX: &[BinaryOp] = &[Add, Sub, Mul, TrueDiv, Pow];
    const SET: &[BinaryOp] = &[Sub, And, Or, Xor];
    let (binary, reflected, inplace, unary): (
        &'static [_],
        &'static [_],
        &'static [_],
        &'static [_],
    ) = match ty {
        "int" => (INT, INT, &[], &[Neg, Pos, Invert]),
        "bool" => (&[And, Or, Xor], &[And, Or, Xor], &[], &[]),
        "float" => (FLOAT, FLOAT, &[], &[Neg, Pos]),
        "complex" => (COMPLEX, COMPLEX, &[], &[Neg, Pos]),
        "str" | "bytes" => (&[Add, Mul, Mod], &[Mul, Mod], &[], &[]),
        "bytearray" => (&[Add, Mul, Mod], &[Mul, Mod], &[Add, Mul], &[]),
        "list" => (&[Add, Mul], &[Mul], &[Add, Mul], &[]),
        "tuple" => (&[Add, Mul], &[Mul], &[], &[]),
        "dict" => (&[Or], &[Or], &[Or], &[]),
        "type" | "Union" | "GenericAlias" => (&[Or], &[Or], &[], &[]),
        "set" => (SET, SET, SET, &[]),
        "frozenset" | "dict_keys" | "dict_items" => (SET, SET, &[], &[]),
        _ => (BinaryOp::ALL.as_slice(), BinaryOp::ALL.as_slice(), &[], &[]),
    };
    Operators {
        binary,
        reflected,
        inplace,
        unary,
    }
}

impl Special {
    fn name(self) -> String {
        match self {
            Special::Repr => "__repr__",
            Special::Str => "__str__",
            Special::Hash => "__hash__",
            Special::Bool => "__bool__",
            Special::Call => "__call__",
            Special::Iter => "__iter__",
            Special::Next => "__next__",
            Special::Len => "__len__",
            Special::GetItem => "__getitem__",
            Special::SetItem => "__setitem__",
            Special::DelItem => "__delitem__",
            Special::Contains => "__contains__",
            Special::GetAttribute => "__getattribute__",
            Special::SetAttr => "__setattr__",
            Special::DelAttr => "__delattr__",
            Special::Binary(op) => op.method(),
            Special::Reflected(op) => op.reflected_method(),
            Special::Inplace(op) => op.inplace_method(),
            Special::Unary(op) => op.method(),
            Special::Compare(op) => op.method(),
        }
        .into()
    }

    /// How many arguments there are besides the receiver; a call takes any number.
    fn arguments(self) -> usize {
        match self {
            Special::Repr
            | Special::Str
            | Special::Hash
            | Special::Bool
            | Special::Iter
            | Special::Next
            | Special::Len
            | Special::Unary(_)
            | Special::Call => 0,
            Special::SetItem | Special::SetAttr => 2,
            _ => 1,
        }
    }
}

fn wrapper(value: &Value) -> &Wrapper {
    downcast_exact::<Wrapper>(value).expect("called through its type")
}

fn call(thread: &mut Thread, callee: Value, args: &Args<'_>) -> PyResult {
    let Wrapper {
        ty,
        special,
        receiver,
        ..
    } = wrapper(&callee);
    let (this, rest) = match receiver {
        Some(receiver) => (**receiver, *args),
        None if args.positional().is_empty() => {
            let (name, owner) = (special.name(), ty.name());
            return Err(thread.type_error(format!(
                "descriptor '{name}' of '{owner}' object needs an argument"
            )));
        }
        None => args.split_receiver(),
    };
    if !this.ty().is_subtype(ty) {
        let (name, owner, got) = (special.name(), ty.name(), this.ty().name());
        return Err(thread.type_error(format!(
            "descriptor '{name}' requires a '{owner}' object but received a '{got}'"
        )));
    }
    if *special == Special::Call {
        return (ty.slots().call.ok_or_else(|| missing(thread, *special))?)(thread, this, &rest);
    }
    rest.no_keywords(thread, &format!("wrapper {}", special.name()))?;
    let (wanted, got) = (special.arguments(), rest.positional().len());
    if got != wanted {
        let plural = if wanted == 1 { "" } else { "s" };
        return Err(thread.type_error(format!("expected {wanted} argument{plural}, got {got}")));
    }
    apply(thread, ty.slots(), *special, this, rest.positional())
}

#[cold]
fn missing(thread: &mut Thread, special: Special) -> Raised {
    thread.raise_text(&exception::ATTRIBUTE_ERROR, special.name())
}

fn or_not_implemented(result: Option<Ref>) -> Ref {
    result.unwrap_or_else(singletons::not_implemented)
}

/// Calls the slot. A special method is only made for a slot that is there.
fn apply(
    thread: &mut Thread,
    slots: &Slots,
    special: Special,
    this: Value,
    args: &[Value],
) -> PyResult {
    macro_rules! slot {
        ($slot:ident $(, $arg:expr)*) => {
            match slots.$slot {
                Some(slot) => slot(thread $(, $arg)*),
                None => Err(missing(thread, special)),
            }
        };
    }
    let done = |()| singletons::none();
    match special {
        Special::Repr => slot!(repr, this),
        Special::Str => slot!(str, this),
        Special::Hash => slot!(hash, this).map(|hash| int::from_i64(hash as i64)),
        Special::Bool => slot!(truth, this).map(singletons::bool),
        Special::Iter => slot!(iter, this),
        Special::Next => match slot!(next, this)? {
            Some(item) => Ok(item),
            None => Err(thread.raise_with(&exception::STOP_ITERATION, &[])),
        },
        Special::Len => slot!(len, this).map(int::from_usize),
        Special::GetItem => slot!(get_item, this, args[0]),
        Special::SetItem => slot!(set_item, this, args[0], Some(args[1])).map(done),
        Special::DelItem => slot!(set_item, this, args[0], None).map(done),
        Special::Contains => slot!(contains, this, args[0]).map(singletons::bool),
        Special::GetAttribute => {
            let name = attribute_name(thread, args[0])?;
            slot!(get_attr, this, *name)
        }
        Special::SetAttr => {
            let name = attribute_name(thread, args[0])?;
            slot!(set_attr, this, *name, Some(args[1])).map(done)
        }
        Special::DelAttr => {
            let name = attribute_name(thread, args[0])?;
            slot!(set_attr, this, *name, None).map(done)
        }
        Special::Binary(op) => slot!(binary, op, this, args[0]).map(or_not_implemented),
        Special::Reflected(op) => slot!(binary, op, args[0], this).map(or_not_implemented),
        Special::Inplace(op) => slot!(inplace, op, this, args[0]).map(or_not_implemented),
        Special::Unary(op) => slot!(unary, op, this).map(or_not_implemented),
        Special::Compare(op) => slot!(compare, op, this, args[0]).map(or_not_implemented),
        Special::Call => slot!(call, this, &Args::new(args)),
    }
}

fn repr(_: &mut Thread, value: Value) -> PyResult {
    let Wrapper {
        ty,
        special,
        receiver,
        ..
    } = wrapper(&value);
    let (name, owner) = (special.name(), ty.name());
    Ok(Str::new(&match receiver {
        None => format!("<slot wrapper '{name}' of '{owner}' objects>"),
        Some(receiver) => {
            format!(
                "<method-wrapper '{name}' of {} object at {:p}>",
                receiver.ty().name(),
                receiver.pointer()
            )
        }
    }))
}

fn get_attr(thread: &mut Thread, value: Value, name: Value) -> PyResult {
    let Wrapper {
        ty,
        special,
        receiver,
        ..
    } = wrapper(&value);
    match (&*super::str::name_text(&name), receiver) {
        ("__name__", _) => Ok(Str::new(&special.name())),
        ("__qualname__", _) => Ok(Str::new(&format!("{}.{}", ty.name(), special.name()))),
        ("__objclass__", _) => Ok(ty.value().to_ref()),
        ("__self__", Some(receiver)) => Ok(receiver.clone()),
        _ => class::generic_get_attr(thread, value, name),
    }
}
