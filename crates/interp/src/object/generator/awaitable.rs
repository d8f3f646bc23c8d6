//! What `await` waits for: the iterator behind an awaitable.

use super::{COROUTINE_TYPE, Generator};
use crate::error::{PyResult, Raised};
use crate::object::class::{self, OBJECT_TYPE};
use crate::object::native::{Args, NativeDef};
use crate::object::{Base, Object, Payload, Slots, Type, allocate, downcast_exact, exception};
use crate::operations::{self, Sent};
use crate::references;
use crate::run;
use crate::thread::Thread;
use crate::value::{Ref, Value};
use selvedge_compiler::CO_ITERABLE_COROUTINE;

/// What `coroutine.__await__()` returns.
#[repr(C)]
struct Wrapper {
    object: Object,
    coroutine: Ref,
}

// SAFETY: `Wrapper` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for Wrapper {
    const TYPE: &'static Type = &COROUTINE_WRAPPER_TYPE;

    references!(coroutine;);
}

/// The type `coroutine_wrapper`.
pub static COROUTINE_WRAPPER_TYPE: Type = Type::builtin(
    "coroutine_wrapper",
    Base::One(&OBJECT_TYPE),
    Slots {
        iter: Some(|_, value| Ok(value.to_ref())),
        next: Some(|thread, value| {
            Ok(
                match send(thread, value, crate::object::singletons::none_value())? {
                    Sent::Yielded(item) => Some(item),
                    Sent::Returned(_) => None,
                },
            )
        }),
        send: Some(send),
        ..Slots::of::<Wrapper>()
    },
    &[
        NativeDef::method("__next__", |thread, args| {
            let [this] = args.exactly(thread, "__next__")?;
            let sent = send(thread, this, crate::object::singletons::none_value())?;
            operations::or_stop_iteration(thread, sent)
        }),
        NativeDef::method("send", |thread, args| {
            let [this, value] = args.exactly(thread, "send")?;
            let sent = send(thread, this, value)?;
            operations::or_stop_iteration(thread, sent)
        }),
        NativeDef::method("throw", |thread, args| {
            let (this, rest) = args.split_receiver();
            let exception = super::methods::thrown(thread, &rest)?;
            let sent = run::generator::throw(thread, coroutine(&this), exception)?;
            operations::or_stop_iteration(thread, sent)
        }),
        NativeDef::method("close", |thread, args| {
            let [this] = args.exactly(thread, "close")?;
            run::generator::close(thread, coroutine(&this))
        }),
    ],
);

fn coroutine(value: &Value) -> &Generator {
    let wrapper =
        downcast_exact::<Wrapper>(value).expect("methods of wrappers are called with wrappers");
    Generator::of(&wrapper.coroutine).expect("made for a coroutine")
}

fn send(thread: &mut Thread, value: Value, sent: Value) -> PyResult<Sent> {
    run::generator::resume(thread, coroutine(&value), sent.to_ref())
}

pub(super) fn wrap(coroutine: Ref) -> Ref {
    allocate(Wrapper {
        object: Object::new(&COROUTINE_WRAPPER_TYPE),
        coroutine,
    })
}

/// Whether `await` takes the generator itself.
fn is_awaitable_generator(value: Value) -> bool {
    Generator::of(&value).is_some_and(|generator| {
        let code = generator.code();
        let code = downcast_exact::<crate::object::code::Code>(&code);
        value.is_exactly(&COROUTINE_TYPE)
            || code.is_some_and(|code| code.source.flags & CO_ITERABLE_COROUTINE != 0)
    })
}

/// The iterator that waiting for `value` goes through; `unfit` words the error.
///
/// # Errors
/// `TypeError` if it is not awaitable, and what `__await__` raises.
pub fn awaitable_iterator(
    thread: &mut Thread,
    value: Value,
    unfit: impl FnOnce(&mut Thread) -> Raised,
) -> PyResult {
    if is_awaitable_generator(value) {
        if let Some(coroutine) = Generator::of(&value)
            && run::generator::delegate(coroutine).is_some()
        {
            return Err(thread.raise_text(
                &exception::RUNTIME_ERROR,
                "coroutine is being awaited already",
            ));
        }
        return Ok(value.to_ref());
    }
    let name = thread.interpreter().intern("__await__");
    let Some(method) = value.ty().lookup(*name) else {
        return Err(unfit(thread));
    };
    let method = class::bind_special(thread, method, value)?;
    let iterator = operations::call(thread, *method, &Args::new(&[]))?;
    if is_awaitable_generator(*iterator) {
        return Err(thread.type_error("__await__() returned a coroutine"));
    }
    if iterator.ty().next().is_none() {
        let ty = iterator.ty().name();
        return Err(thread.type_error(format!("__await__() returned non-iterator of type '{ty}'")));
    }
    Ok(iterator)
}
