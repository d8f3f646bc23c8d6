//! `anext(iterator, default)`: an awaitable that has a value for the end.

use super::awaitable::awaitable_iterator;
use crate::error::PyResult;
use crate::object::class::{self, OBJECT_TYPE};
use crate::object::native::{Args, NativeDef};
use crate::object::{
    Base, Object, Payload, Slots, Type, allocate, downcast_exact, exception, singletons,
};
use crate::operations::{self, Sent};
use crate::references;
use crate::thread::Thread;
use crate::value::{Ref, Value};

/// What `anext` with a default returns.
#[repr(C)]
struct AnextAwaitable {
    object: Object,
    awaitable: Ref,
    default: Ref,
}

/// The type `anext_awaitable`.
pub(super) static ANEXT_AWAITABLE_TYPE: Type = Type::builtin(
    "anext_awaitable",
    Base::One(&OBJECT_TYPE),
    Slots {
        iter: Some(|_, value| Ok(value.to_ref())),
        next: Some(|thread, value| {
            Ok(match send(thread, value, singletons::none_value())? {
                Sent::Yielded(item) => Some(item),
                Sent::Returned(_) => None,
            })
        }),
        send: Some(send),
        ..Slots::of::<AnextAwaitable>()
    },
    &[
        NativeDef::method("__await__", |thread, args| {
            let [this] = args.exactly(thread, "__await__")?;
            Ok(this.to_ref())
        }),
        NativeDef::method("send", |thread, args| {
            let [this, value] = args.exactly(thread, "send")?;
            let sent = send(thread, this, value)?;
            operations::or_stop_iteration(thread, sent)
        }),
        NativeDef::method("throw", |thread, args| {
            let (this, rest) = args.split_receiver();
            let exception = super::methods::thrown(thread, &rest)?;
            let iterator = of(&this).iterator(thread)?;
            let result = operations::throw(thread, *iterator, exception);
            let sent = of(&this).or_default(thread, result)?;
            operations::or_stop_iteration(thread, sent)
        }),
        NativeDef::method("close", |thread, args| {
            let [this] = args.exactly(thread, "close")?;
            let iterator = of(&this).iterator(thread)?;
            operations::call_method(thread, *iterator, "close", &[])
        }),
    ],
);

// SAFETY: `AnextAwaitable` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for AnextAwaitable {
    const TYPE: &'static Type = &ANEXT_AWAITABLE_TYPE;

    references!(awaitable, default;);
}

fn of(value: &Value) -> &AnextAwaitable {
    downcast_exact::<AnextAwaitable>(value).expect("called through its type")
}

impl AnextAwaitable {
    fn iterator(&self, thread: &mut Thread) -> PyResult {
        awaitable_iterator(thread, *self.awaitable, |thread| {
            let ty = self.awaitable.ty().name();
            thread.type_error(format!("'{ty}' object can't be awaited"))
        })
    }

    /// The default in place of the end.
    fn or_default(&self, thread: &mut Thread, result: PyResult<Sent>) -> PyResult<Sent> {
        match result {
            Err(raised) => thread
                .swallow(raised, &exception::STOP_ASYNC_ITERATION)
                .map(|()| Sent::Returned(self.default.clone())),
            sent => sent,
        }
    }
}

fn send(thread: &mut Thread, value: Value, sent: Value) -> PyResult<Sent> {
    let this = of(&value);
    let iterator = this.iterator(thread)?;
    let result = operations::send(thread, *iterator, sent);
    this.or_default(thread, result)
}

/// The builtin function `anext`.
pub(crate) fn anext(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let values = args.between(thread, "anext", 1, 2)?;
    let Some(method) = class::special_method(thread, values[0], "__anext__")? else {
        let ty = values[0].ty().name();
        return Err(thread.type_error(format!("'{ty}' object is not an async iterator")));
    };
    let awaitable = operations::call(thread, *method, &Args::new(&[]))?;
    Ok(match values.get(1) {
        None => awaitable,
        Some(default) => allocate(AnextAwaitable {
            object: Object::new(&ANEXT_AWAITABLE_TYPE),
            awaitable,
            default: default.to_ref(),
        }),
    })
}

/// The builtin function `aiter`.
pub(crate) fn aiter(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [iterable] = args.exactly(thread, "aiter")?;
    let Some(method) = class::special_method(thread, iterable, "__aiter__")? else {
        let ty = iterable.ty().name();
        return Err(thread.type_error(format!("'{ty}' object is not an async iterable")));
    };
    let iterator = operations::call(thread, *method, &Args::new(&[]))?;
    if !class::has_special(iterator.ty(), thread, "__anext__") {
        let ty = iterator.ty().name();
        return Err(thread.type_error(format!(
            "aiter() returned not an async iterator of type '{ty}'"
        )));
    }
    Ok(iterator)
}
