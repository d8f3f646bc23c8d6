//! The slots of a type.

use super::{BinaryOp, CompareOp, Type, UnaryOp};
use crate::error::PyResult;
use crate::gc::Visit;
use crate::object::native::Args;
use crate::object::{Object, Payload, free};
use crate::operations::Sent;
use crate::thread::Thread;
use crate::value::{Ref, Value};

/// What the interpreter calls for the operations on a type's instances. `None` is inherited from
/// the base; where the whole line has none, the operation is a `TypeError`.
#[derive(Clone, Copy)]
pub struct Slots {
    /// Frees an instance whose last reference is gone.
    pub dealloc: unsafe fn(*mut Object),
    /// Shows what an instance refers to: see [`Payload::references`].
    pub references: Option<unsafe fn(*const Object, &mut Visit<'_>)>,
    /// Makes an instance let go of what it refers to: see [`Payload::let_go`].
    pub let_go: Option<unsafe fn(*const Object)>,
    /// `repr(o)`
    pub repr: Option<fn(&mut Thread, Value) -> PyResult>,
    /// `str(o)`
    pub str: Option<fn(&mut Thread, Value) -> PyResult>,
    /// `hash(o)`
    pub hash: Option<fn(&mut Thread, Value) -> PyResult<u64>>,
    /// `bool(o)`
    pub truth: Option<fn(&mut Thread, Value) -> PyResult<bool>>,
    /// `o(…)`
    pub call: Option<fn(&mut Thread, Value, &Args<'_>) -> PyResult>,
    /// `T(…)`, for the type itself
    pub construct: Option<fn(&mut Thread, &'static Type, &Args<'_>) -> PyResult>,
    /// `iter(o)`
    pub iter: Option<fn(&mut Thread, Value) -> PyResult>,
    /// `next(o)`; `None` at the end
    pub next: Option<fn(&mut Thread, Value) -> PyResult<Option<Ref>>>,
    /// Goes on with the iterator, sending it a value: as `next`, with what it returns at the end.
    pub send: Option<fn(&mut Thread, Value, Value) -> PyResult<Sent>>,
    /// What is done before an instance is freed: it may run Python code.
    pub finalise: Option<fn(&mut Thread, Value)>,
    /// `len(o)`
    pub len: Option<fn(&mut Thread, Value) -> PyResult<usize>>,
    /// `o[k]`
    pub get_item: Option<fn(&mut Thread, Value, Value) -> PyResult>,
    /// `o[k] = v`, or `del o[k]` without a value
    pub set_item: Option<fn(&mut Thread, Value, Value, Option<Value>) -> PyResult<()>>,
    /// `x in o`
    pub contains: Option<fn(&mut Thread, Value, Value) -> PyResult<bool>>,
    /// `o.name`
    pub get_attr: Option<fn(&mut Thread, Value, Value) -> PyResult>,
    /// `o.name = v`, or `del o.name` without a value
    pub set_attr: Option<fn(&mut Thread, Value, Value, Option<Value>) -> PyResult<()>>,
    /// `l op r`, where one of both is an instance; `None` when not implemented
    pub binary: Option<fn(&mut Thread, BinaryOp, Value, Value) -> PyResult<Option<Ref>>>,
    /// `l op= r`; `None` when not implemented
    pub inplace: Option<fn(&mut Thread, BinaryOp, Value, Value) -> PyResult<Option<Ref>>>,
    /// `op o`
    pub unary: Option<fn(&mut Thread, UnaryOp, Value) -> PyResult<Option<Ref>>>,
    /// `l op r`; `None` when not implemented
    pub compare: Option<fn(&mut Thread, CompareOp, Value, Value) -> PyResult<Option<Ref>>>,
}

impl Slots {
    /// Slots of a type laid out as `T`, all but those that follow from that inherited.
    pub const fn of<T: Payload>() -> Self {
        Self {
            dealloc: free::<T>,
            references: if T::REFERS {
                Some(references::<T>)
            } else {
                None
            },
            let_go: if T::REFERS { Some(let_go::<T>) } else { None },
            repr: None,
            str: None,
            hash: None,
            truth: None,
            call: None,
            construct: None,
            iter: None,
            next: None,
            send: None,
            finalise: None,
            len: None,
            get_item: None,
            set_item: None,
            contains: None,
            get_attr: None,
            set_attr: None,
            binary: None,
            inplace: None,
            unary: None,
            compare: None,
        }
    }
}

/// # Safety
/// `object` is laid out as `T`, and nobody changes it meanwhile.
unsafe fn references<T: Payload>(object: *const Object, visit: &mut Visit<'_>) {
    // SAFETY: by contract.
    unsafe { (*object.cast::<T>()).references(visit) };
}

/// # Safety
/// `object` is laid out as `T`, and nobody else uses it.
unsafe fn let_go<T: Payload>(object: *const Object) {
    // SAFETY: by contract.
    unsafe { (*object.cast::<T>()).let_go() };
}
