//! Proxies: weak references that behave as what they refer to.

use super::{Weak, weak};
use crate::error::PyResult;
use crate::object::native::Args;
use crate::object::str::Str;
use crate::object::{Base, Slots, Type, class, exception, singletons};
use crate::operations;
use crate::thread::Thread;
use crate::value::{Ref, Value};

const SLOTS: Slots = Slots {
    dealloc: Weak::dealloc,
    repr: Some(|_, value| {
        let shown = match weak(&value).get() {
            Some(target) => format!("to '{}' at {:p}", target.ty().name(), target.pointer()),
            None => "to dead object".into(),
        };
        Ok(Str::new(&format!(
            "<weakproxy at {:p}; {shown}>",
            value.pointer()
        )))
    }),
    str: Some(|thread, value| {
        let target = target(thread, value)?;
        operations::str(thread, *target)
    }),
    hash: Some(|thread, value| {
        let name = value.ty().full_name();
        Err(thread.type_error(format!("unhashable type: '{name}'")))
    }),
    truth: Some(|thread, value| {
        let target = target(thread, value)?;
        operations::truth(thread, *target)
    }),
    iter: Some(|thread, value| {
        let target = target(thread, value)?;
        operations::iter(thread, *target)
    }),
    next: Some(|thread, value| {
        let target = target(thread, value)?;
        operations::next(thread, *target)
    }),
    len: Some(|thread, value| {
        let target = target(thread, value)?;
        let len = operations::len(thread, *target)?;
        Ok(len)
    }),
    get_item: Some(|thread, value, key| {
        let target = target(thread, value)?;
        operations::get_item(thread, *target, key)
    }),
    set_item: Some(|thread, value, key, new| {
        let target = target(thread, value)?;
        operations::set_item(thread, *target, key, new)
    }),
    contains: Some(|thread, value, item| {
        let target = target(thread, value)?;
        operations::contains(thread, *target, item)
    }),
    get_attr: Some(|thread, value, name| {
        let target = target(thread, value)?;
        operations::get_attr(thread, *target, name)
    }),
    set_attr: Some(|thread, value, name, new| {
        let target = target(thread, value)?;
        operations::set_attr(thread, *target, name, new)
    }),
    unary: Some(|thread, op, value| {
        let target = target(thread, value)?;
        operations::unary(thread, op, *target).map(Some)
    }),
    binary: Some(|thread, op, left, right| on_both(thread, op, left, right, operations::binary)),
    inplace: Some(|thread, op, left, right| on_both(thread, op, left, right, operations::inplace)),
    compare: Some(|thread, op, left, right| on_both(thread, op, left, right, operations::compare)),
    ..Slots::of::<Weak>()
};

/// The type `weakref.ProxyType`.
pub static PROXY_TYPE: Type =
    Type::builtin("ProxyType", Base::One(&class::OBJECT_TYPE), SLOTS, &[]).in_module("weakref");

/// The type `weakref.CallableProxyType`.
pub static CALLABLE_PROXY_TYPE: Type = Type::builtin(
    "CallableProxyType",
    Base::One(&class::OBJECT_TYPE),
    Slots {
        call: Some(|thread, value, args| {
            let target = target(thread, value)?;
            operations::call(thread, *target, args)
        }),
        ..SLOTS
    },
    &[],
)
.in_module("weakref");

/// `weakref.proxy(value, callback)`.
///
/// # Errors
/// `TypeError` if there can be no weak reference to the value.
pub fn proxy(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let (target, callback) = match args.between(thread, "proxy", 1, 2)? {
        [target, callback] => (*target, Some(*callback)),
        given => (given[0], None),
    };
    let callback = callback.filter(|callback| !singletons::is_none(*callback));
    let ty = if target.ty().call().is_some() {
        &CALLABLE_PROXY_TYPE
    } else {
        &PROXY_TYPE
    };
    Weak::make(thread, ty, target, callback.map(Value::to_ref))
}

/// What a proxy stands for.
fn target(thread: &mut Thread, value: Value) -> PyResult {
    weak(&value).get().ok_or_else(|| {
        let text = "weakly-referenced object no longer exists";
        thread.raise_text(&exception::REFERENCE_ERROR, text)
    })
}

/// What an operand stands for: itself, if it is no proxy.
fn stands_for(thread: &mut Thread, value: Value) -> PyResult {
    if value.ty() == &PROXY_TYPE || value.ty() == &CALLABLE_PROXY_TYPE {
        target(thread, value)
    } else {
        Ok(value.to_ref())
    }
}

/// An operation on what two operands stand for, one of which is a proxy.
fn on_both<Op>(
    thread: &mut Thread,
    op: Op,
    left: Value,
    right: Value,
    operation: fn(&mut Thread, Op, Value, Value) -> PyResult,
) -> PyResult<Option<Ref>> {
    let (left, right) = (stands_for(thread, left)?, stands_for(thread, right)?);
    operation(thread, op, *left, *right).map(Some)
}
