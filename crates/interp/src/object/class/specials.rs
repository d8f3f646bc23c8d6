//! Slots of classes written in Python: each calls the special method of its name.

use crate::error::PyResult;
use crate::object::function::Function;
use crate::object::native::{Args, Binding, NATIVE_TYPE, Native};
use crate::object::{
    BinaryOp, CompareOp, Slots, Special, Type, UnaryOp, downcast, downcast_exact, exception, int,
    singletons, str::Str,
};
use crate::operations;
use crate::run::special;
use crate::thread::Thread;
use crate::value::{Ref, Value};

/// How many arguments a special method takes at most, the receiver included.
const MOST_ARGUMENTS: usize = 3;

/// Calls the special method `name` of the type of `receiver`, if it has one.
fn call_special(
    thread: &mut Thread,
    receiver: Value,
    name: &str,
    rest: &[Value],
) -> PyResult<Option<Ref>> {
    let name = thread.interpreter().intern(name);
    let Some(method) = receiver.ty().lookup(*name) else {
        return Ok(None);
    };
    if singletons::is_none(method) {
        return Ok(None);
    }
    if !takes_receiver(method) {
        let bound = super::bind(thread, method, receiver, receiver.ty())?;
        return operations::call(thread, *bound, &Args::new(rest)).map(Some);
    }
    let mut values = [receiver; MOST_ARGUMENTS];
    values[1..=rest.len()].copy_from_slice(rest);
    operations::call(thread, method, &Args::new(&values[..=rest.len()])).map(Some)
}

/// Whether a method found on a type is called with the receiver as first argument.
fn takes_receiver(method: Value) -> bool {
    downcast_exact::<Function>(&method).is_some()
        || downcast_exact::<Native>(&method)
            .is_some_and(|native| native.def().binding == Binding::Method && native.is_plain())
}

fn require_special(thread: &mut Thread, receiver: Value, name: &str, rest: &[Value]) -> PyResult {
    match call_special(thread, receiver, name, rest)? {
        Some(result) => Ok(result),
        None => {
            let ty = receiver.ty().name();
            Err(thread.type_error(format!("'{ty}' object does not support {name}")))
        }
    }
}

fn implemented(result: Option<Ref>) -> Option<Ref> {
    result.filter(|result| !singletons::is_not_implemented(**result))
}

/// Sets the slots whose special methods are in a class's namespace.
pub(super) fn fill(slots: &mut Slots, defines: impl Fn(&str) -> bool) {
    macro_rules! slot {
        ($field:ident, $function:expr, $($name:literal),+) => {
            if $(defines($name))||+ {
                slots.$field = Some($function);
            }
        };
    }
    slot!(
        repr,
        |thread, value| text(thread, value, "__repr__"),
        "__repr__"
    );
    slot!(
        str,
        |thread, value| text(thread, value, "__str__"),
        "__str__"
    );
    slot!(hash, hash, "__hash__", "__eq__");
    slot!(truth, truth, "__bool__");
    slot!(call, call, "__call__");
    slot!(construct, construct, "__new__");
    slot!(
        iter,
        |thread, value| require_special(thread, value, "__iter__", &[]),
        "__iter__"
    );
    slot!(next, next, "__next__");
    slot!(send, send, "__next__");
    slot!(finalise, finalise, "__del__");
    slot!(len, len, "__len__");
    slot!(
        get_item,
        |thread, value, key| require_special(thread, value, "__getitem__", &[key]),
        "__getitem__"
    );
    slot!(set_item, set_item, "__setitem__", "__delitem__");
    slot!(contains, contains, "__contains__");
    slot!(get_attr, get_attr, "__getattr__", "__getattribute__");
    slot!(set_attr, set_attr, "__setattr__", "__delattr__");
    slot!(
        compare, compare, "__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"
    );
    slot!(unary, unary, "__neg__", "__pos__", "__invert__");
    let defines_any =
        |name: fn(BinaryOp) -> &'static str| BinaryOp::ALL.iter().any(|op| defines(name(*op)));
    if defines_any(BinaryOp::method) || defines_any(BinaryOp::reflected_method) {
        slots.binary = Some(binary);
    }
    if defines_any(BinaryOp::inplace_method) {
        slots.inplace = Some(inplace);
    }
}

fn text(thread: &mut Thread, value: Value, name: &str) -> PyResult {
    let result = require_special(thread, value, name, &[])?;
    if downcast::<Str>(&result).is_none() {
        let ty = result.ty().name();
        return Err(thread.type_error(format!("{name} returned non-string (type {ty})")));
    }
    Ok(result)
}

fn hash(thread: &mut Thread, value: Value) -> PyResult<u64> {
    // A class that defines __eq__ without __hash__ has none: `call_special` finds the `None` that
    // making the class has put there.
    match call_special(thread, value, "__hash__", &[])? {
        Some(result) if int::to_i64(*result).is_some() => operations::hash(thread, *result),
        Some(_) => Err(thread.type_error("__hash__ method should return an integer")),
        None => Err(thread.type_error(format!("unhashable type: '{}'", value.ty().name()))),
    }
}

fn truth(thread: &mut Thread, value: Value) -> PyResult<bool> {
    let result = require_special(thread, value, "__bool__", &[])?;
    match singletons::truth(*result) {
        Some(truth) if !singletons::is_none(*result) => Ok(truth),
        _ => {
            let ty = result.ty().name();
            Err(thread.type_error(format!("__bool__ should return bool, returned {ty}")))
        }
    }
}

fn call(thread: &mut Thread, callee: Value, args: &Args<'_>) -> PyResult {
    let name = thread.interpreter().intern("__call__");
    let Some(method) = callee.ty().lookup(*name) else {
        return Err(operations::not_callable(thread, callee));
    };
    args.behind(callee, |args| operations::call(thread, method, args))
}

/// Whether a type's instances are made by a `__new__` written in Python.
pub(super) fn has_new(slot: fn(&mut Thread, &'static Type, &Args<'_>) -> PyResult) -> bool {
    let ours = construct as fn(&mut Thread, &'static Type, &Args<'_>) -> PyResult;
    core::ptr::fn_addr_eq(slot, ours)
}

fn construct(thread: &mut Thread, ty: &'static Type, args: &Args<'_>) -> PyResult {
    let class = ty.value();
    let name = thread.interpreter().intern("__new__");
    let new = operations::get_attr(thread, class, *name)?;
    let made = args.behind(class, |args| operations::call(thread, *new, args))?;
    if made.ty().is_subtype(ty) {
        super::initialise(thread, made.ty(), &made, args)?;
    }
    Ok(made)
}

fn next(thread: &mut Thread, value: Value) -> PyResult<Option<Ref>> {
    match require_special(thread, value, "__next__", &[]) {
        Ok(item) => Ok(Some(item)),
        Err(raised) => thread
            .swallow(raised, &exception::STOP_ITERATION)
            .map(|()| None),
    }
}

/// Goes on with an iterator written in Python.
fn send(thread: &mut Thread, value: Value, sent: Value) -> PyResult<operations::Sent> {
    let result = if singletons::is_none(sent) {
        require_special(thread, value, "__next__", &[])
    } else {
        operations::call_method(thread, value, "send", &[sent])
    };
    operations::or_returned(thread, result)
}

/// Runs `__del__`.
fn finalise(thread: &mut Thread, value: Value) {
    if call_special(thread, value, "__del__", &[]).is_err() {
        let name = thread.interpreter().intern("__del__");
        let method = value.ty().lookup(*name).map(Value::to_ref);
        let raised = thread.raised.take();
        let shown = method.and_then(|method| operations::repr_text(thread, *method).ok());
        thread.raised = raised;
        let shown = shown.unwrap_or_default();
        operations::show_unraisable(
            thread,
            &format!("Exception ignored while calling deallocator {shown}:"),
        );
    }
}

fn len(thread: &mut Thread, value: Value) -> PyResult<usize> {
    let result = require_special(thread, value, "__len__", &[])?;
    let len = operations::index(thread, *result)?;
    usize::try_from(len).map_err(|_| thread.value_error("__len__() should return >= 0"))
}

fn set_item(thread: &mut Thread, value: Value, key: Value, new: Option<Value>) -> PyResult<()> {
    match new {
        Some(new) => require_special(thread, value, "__setitem__", &[key, new]),
        None => require_special(thread, value, "__delitem__", &[key]),
    }
    .map(drop)
}

fn contains(thread: &mut Thread, value: Value, item: Value) -> PyResult<bool> {
    let result = require_special(thread, value, "__contains__", &[item])?;
    operations::truth(thread, *result)
}

pub(super) fn get_attr(thread: &mut Thread, value: Value, name: Value) -> PyResult {
    let first = match getter(thread, value) {
        Some(getter) => operations::call(thread, getter, &Args::new(&[value, name])).map(Some),
        None => super::attributes::default_find_attr(thread, value, name),
    };
    match first {
        Ok(Some(found)) => Ok(found),
        Ok(None) => match get_missing_attr(thread, value, name)? {
            Some(found) => Ok(found),
            None => Err(super::no_attribute(thread, value, name)),
        },
        Err(raised) if thread.raised_is(&exception::ATTRIBUTE_ERROR) => {
            let error = thread.take_raised();
            match get_missing_attr(thread, value, name)? {
                Some(found) => Ok(found),
                None => {
                    thread.raise_again(error);
                    Err(raised)
                }
            }
        }
        Err(raised) => Err(raised),
    }
}

/// The `__getattribute__` of a value's type, unless that is `object`'s.
fn getter(thread: &mut Thread, value: Value) -> Option<Value> {
    if special::is_builtin(thread, value.ty(), Special::GetAttribute) {
        return None;
    }
    let name = thread.interpreter().intern("__getattribute__");
    let getter = value.ty().lookup(*name);
    getter.filter(|getter| !getter.is_exactly(&NATIVE_TYPE))
}

/// What `__getattr__` gives, if the type of the value has one.
fn get_missing_attr(thread: &mut Thread, value: Value, name: Value) -> PyResult<Option<Ref>> {
    match special::method(thread, value.ty(), Special::GetAttr) {
        Some(method) => operations::call(thread, method, &Args::new(&[value, name])).map(Some),
        None => call_special(thread, value, "__getattr__", &[name]),
    }
}

fn set_attr(thread: &mut Thread, value: Value, name: Value, new: Option<Value>) -> PyResult<()> {
    let done = match new {
        Some(new) => call_special(thread, value, "__setattr__", &[name, new])?,
        None => call_special(thread, value, "__delattr__", &[name])?,
    };
    match done {
        Some(_) => Ok(()),
        None => super::default_set_attr(thread, value, name, new),
    }
}

fn compare(thread: &mut Thread, op: CompareOp, left: Value, right: Value) -> PyResult<Option<Ref>> {
    if let Some(result) = implemented(call_special(thread, left, op.method(), &[right])?) {
        return Ok(Some(result));
    }
    // `!=` is the opposite of `==` unless the class says otherwise.
    if op == CompareOp::Ne
        && let Some(equal) = implemented(call_special(thread, left, "__eq__", &[right])?)
    {
        return Ok(Some(singletons::bool(!operations::truth(thread, *equal)?)));
    }
    Ok(None)
}

fn unary(thread: &mut Thread, op: UnaryOp, value: Value) -> PyResult<Option<Ref>> {
    call_special(thread, value, op.method(), &[])
}

fn binary(thread: &mut Thread, op: BinaryOp, left: Value, right: Value) -> PyResult<Option<Ref>> {
    let ours = |value: Value| {
        let slot = value.ty().binary();
        slot.is_some_and(|slot| {
            core::ptr::fn_addr_eq(
                slot,
                binary as fn(&mut Thread, BinaryOp, Value, Value) -> PyResult<Option<Ref>>,
            )
        })
    };
    let mut others_turn = !core::ptr::eq(left.ty(), right.ty()) && ours(right);
    let reflected = |thread: &mut Thread| -> PyResult<Option<Ref>> {
        let result = call_special(thread, right, op.reflected_method(), &[left])?;
        Ok(implemented(result))
    };
    if ours(left) {
        if others_turn && knows_more(thread, left.ty(), right.ty(), op) {
            others_turn = false;
            if let Some(result) = reflected(thread)? {
                return Ok(Some(result));
            }
        }
        if let Some(result) = implemented(call_special(thread, left, op.method(), &[right])?) {
            return Ok(Some(result));
        }
    }
    if others_turn {
        reflected(thread)
    } else {
        Ok(None)
    }
}

/// Whether the right operand is asked first: its class derives from the left one's, and has
/// another reflected method.
fn knows_more(
    thread: &mut Thread,
    left: &'static Type,
    right: &'static Type,
    op: BinaryOp,
) -> bool {
    if !right.is_subtype(left) {
        return false;
    }
    let name = thread.interpreter().intern(op.reflected_method());
    match (left.lookup(*name), right.lookup(*name)) {
        (Some(of_left), Some(of_right)) => !of_left.is(of_right),
        (None, Some(_)) => true,
        (_, None) => false,
    }
}

/// `left op right` by what `right`'s type makes of it, after `left`'s was asked.
pub(crate) fn reflected(
    thread: &mut Thread,
    op: BinaryOp,
    left: Value,
    right: Value,
) -> PyResult<Option<Ref>> {
    let Some(slot) = right.ty().binary() else {
        return Ok(None);
    };
    let ours = binary as fn(&mut Thread, BinaryOp, Value, Value) -> PyResult<Option<Ref>>;
    if core::ptr::fn_addr_eq(slot, ours) {
        let result = call_special(thread, right, op.reflected_method(), &[left])?;
        return Ok(implemented(result));
    }
    slot(thread, op, left, right)
}

fn inplace(thread: &mut Thread, op: BinaryOp, left: Value, right: Value) -> PyResult<Option<Ref>> {
    Ok(implemented(call_special(
        thread,
        left,
        op.inplace_method(),
        &[right],
    )?))
}
