//! What Python code sees of generators and coroutines.

use super::async_generator::{Plan, step};
use super::{COROUTINE_WRAPPER_TYPE, Generator, Kind, State, awaitable};
use crate::error::PyResult;
use crate::object::class::{self, OBJECT_TYPE};
use crate::object::exception::{self, BASE_EXCEPTION, Exception};
use crate::object::frame::FrameView;
use crate::object::native::{Args, NativeDef};
use crate::object::str::Str;
use crate::object::tuple::Tuple;
use crate::object::{Base, Slots, Type, downcast, singletons};
use crate::operations::{self, Sent};
use crate::run;
use crate::thread::Thread;
use crate::value::{Ref, Value};

const SLOTS: Slots = Slots {
    dealloc: Generator::dealloc,
    repr: Some(repr),
    set_attr: Some(set_attr),
    finalise: Some(finalise),
    ..Slots::of::<Generator>()
};

/// The type `generator`.
pub static GENERATOR_TYPE: Type = Type::builtin(
    "generator",
    Base::One(&OBJECT_TYPE),
    Slots {
        iter: Some(|_, value| Ok(value.to_ref())),
        next: Some(next),
        send: Some(send_slot),
        ..SLOTS
    },
    GENERATOR_METHODS,
);

/// The type `coroutine`.
pub static COROUTINE_TYPE: Type = Type::builtin(
    "coroutine",
    Base::One(&OBJECT_TYPE),
    Slots {
        send: Some(send_slot),
        ..SLOTS
    },
    COROUTINE_METHODS,
);

/// The type `async_generator`.
pub static ASYNC_GENERATOR_TYPE: Type = Type::builtin(
    "async_generator",
    Base::One(&OBJECT_TYPE),
    SLOTS,
    ASYNC_GENERATOR_METHODS,
);

static GENERATOR_METHODS: &[NativeDef] = &[
    NativeDef::method("__next__", |thread, args| {
        let [this] = args.exactly(thread, "__next__")?;
        send_and_raise(thread, this, singletons::none())
    }),
    NativeDef::method("__iter__", |thread, args| {
        let [this] = args.exactly(thread, "__iter__")?;
        Ok(this.to_ref())
    }),
    NativeDef::method("send", send),
    NativeDef::method("throw", throw),
    NativeDef::method("close", close),
    NativeDef::getter("__name__", |thread, args| name(thread, args, false)),
    NativeDef::getter("__qualname__", |thread, args| name(thread, args, true)),
    NativeDef::getter("gi_running", is_running),
    NativeDef::getter("gi_suspended", is_suspended),
    NativeDef::getter("gi_frame", frame),
    NativeDef::getter("gi_code", code),
    NativeDef::getter("gi_yieldfrom", delegate),
    NativeDef::class_method("__class_getitem__", class::generic_alias),
];

static COROUTINE_METHODS: &[NativeDef] = &[
    NativeDef::method("__await__", |thread, args| {
        let [this] = args.exactly(thread, "__await__")?;
        Ok(awaitable::wrap(this.to_ref()))
    }),
    NativeDef::method("send", send),
    NativeDef::method("throw", throw),
    NativeDef::method("close", close),
    NativeDef::getter("__name__", |thread, args| name(thread, args, false)),
    NativeDef::getter("__qualname__", |thread, args| name(thread, args, true)),
    NativeDef::getter("cr_running", is_running),
    NativeDef::getter("cr_suspended", is_suspended),
    NativeDef::getter("cr_frame", frame),
    NativeDef::getter("cr_code", code),
    NativeDef::getter("cr_await", delegate),
    NativeDef::getter("cr_origin", |_, _| Ok(singletons::none())),
    NativeDef::class_method("__class_getitem__", class::generic_alias),
];

static ASYNC_GENERATOR_METHODS: &[NativeDef] = &[
    NativeDef::method("__aiter__", |thread, args| {
        let [this] = args.exactly(thread, "__aiter__")?;
        Ok(this.to_ref())
    }),
    NativeDef::method("__anext__", |thread, args| {
        let [this] = args.exactly(thread, "__anext__")?;
        step(thread, this, Plan::Send(singletons::none()))
    }),
    NativeDef::method("asend", |thread, args| {
        let [this, value] = args.exactly(thread, "asend")?;
        step(thread, this, Plan::Send(value.to_ref()))
    }),
    NativeDef::method("athrow", |thread, args| {
        let (this, rest) = args.split_receiver();
        let exception = thrown(thread, &rest)?;
        step(thread, this, Plan::Throw(exception))
    }),
    NativeDef::method("aclose", |thread, args| {
        let [this] = args.exactly(thread, "aclose")?;
        step(thread, this, Plan::Close)
    }),
    NativeDef::getter("__name__", |thread, args| name(thread, args, false)),
    NativeDef::getter("__qualname__", |thread, args| name(thread, args, true)),
    NativeDef::getter("ag_running", is_running),
    NativeDef::getter("ag_suspended", is_suspended),
    NativeDef::getter("ag_frame", frame),
    NativeDef::getter("ag_code", code),
    NativeDef::getter("ag_await", delegate),
    NativeDef::class_method("__class_getitem__", class::generic_alias),
];

fn generator(value: &Value) -> &Generator {
    Generator::of(value).expect("methods of generators are called with generators")
}

/// The generator that a method was called with.
fn receiver<'a>(thread: &mut Thread, args: &Args<'a>) -> PyResult<&'a Generator> {
    match args
        .positional()
        .first()
        .and_then(|value| Generator::of(value).map(core::ptr::from_ref))
    {
        // SAFETY: whoever calls holds a reference.
        Some(this) => Ok(unsafe { &*this }),
        None => Err(thread.type_error("descriptor requires a generator")),
    }
}

fn repr(_: &mut Thread, value: Value) -> PyResult {
    let this = generator(&value);
    let kind = match this.kind {
        Kind::AsyncGenerator => "async_generator",
        other => other.noun(),
    };
    Ok(Str::new(&format!(
        "<{kind} object {} at {:p}>",
        this.qualname_text(),
        value.pointer()
    )))
}

fn next(thread: &mut Thread, value: Value) -> PyResult<Option<Ref>> {
    match run::generator::resume(thread, generator(&value), singletons::none())? {
        Sent::Yielded(item) => Ok(Some(item)),
        Sent::Returned(_) => Ok(None),
    }
}

fn send_slot(thread: &mut Thread, value: Value, sent: Value) -> PyResult<Sent> {
    run::generator::resume(thread, generator(&value), sent.to_ref())
}

fn send_and_raise(thread: &mut Thread, this: Value, value: Ref) -> PyResult {
    match Generator::sendable(&this) {
        Some(this) => {
            let sent = run::generator::resume(thread, this, value)?;
            operations::or_stop_iteration(thread, sent)
        }
        None => Err(thread.type_error("descriptor requires a generator")),
    }
}

fn send(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [this, value] = args.exactly(thread, "send")?;
    send_and_raise(thread, this, value.to_ref())
}

fn throw(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let this = receiver(thread, args)?;
    let (_, rest) = args.split_receiver();
    let exception = thrown(thread, &rest)?;
    let sent = run::generator::throw(thread, this, exception)?;
    operations::or_stop_iteration(thread, sent)
}

/// The exception that the arguments of `throw` name: an exception, or a type, its value, and a
/// traceback.
pub(super) fn thrown(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let values = args.between(thread, "throw", 1, 3)?;
    let what = values[0];
    let value = values
        .get(1)
        .copied()
        .filter(|value| !singletons::is_none(*value));
    if let Some(ty) = class::as_type(what).filter(|ty| ty.is_subtype(&BASE_EXCEPTION)) {
        let made = match value {
            Some(value) if value.ty().is_subtype(ty) => value.to_ref(),
            Some(value) => match downcast::<Tuple>(&value) {
                Some(tuple) => operations::call(thread, what, &Args::new(tuple.items()))?,
                None => operations::call(thread, what, &Args::new(&[value]))?,
            },
            None => operations::call(thread, what, &Args::new(&[]))?,
        };
        if downcast::<Exception>(&made).is_some() {
            return Ok(made);
        }
    }
    if downcast::<Exception>(&what).is_some() {
        if value.is_some() {
            return Err(thread.type_error("instance exception may not have a separate value"));
        }
        return Ok(what.to_ref());
    }
    let name = what.ty().name();
    Err(thread.type_error(format!(
        "exceptions must be classes or instances deriving from BaseException, not {name}"
    )))
}

fn close(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let this = receiver(thread, args)?;
    run::generator::close(thread, this)
}

fn name(thread: &mut Thread, args: &Args<'_>, qualified: bool) -> PyResult {
    Ok(receiver(thread, args)?.name_value(qualified))
}

fn set_attr(thread: &mut Thread, value: Value, name: Value, new: Option<Value>) -> PyResult<()> {
    let this = generator(&value);
    let text = crate::object::str::name_text(&name);
    let field = match &*text {
        "__name__" => &this.name,
        "__qualname__" => &this.qualname,
        _ => return class::generic_set_attr(thread, value, name, new),
    };
    match new.filter(|new| downcast::<Str>(new).is_some()) {
        Some(new) => {
            field.set(&this.object, Some(new.to_ref()));
            Ok(())
        }
        None => Err(thread.type_error(format!("{text} must be set to a string object"))),
    }
}

fn is_running(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let this = receiver(thread, args)?;
    let running = match this.kind {
        Kind::AsyncGenerator => super::async_generator::is_stepping(this),
        _ => this.state() == State::Running,
    };
    Ok(singletons::bool(running))
}

fn is_suspended(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    Ok(singletons::bool(
        receiver(thread, args)?.state() == State::Suspended,
    ))
}

fn frame(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let this = receiver(thread, args)?;
    match this.state() {
        State::Closed => Ok(singletons::none()),
        _ => Ok(FrameView::of_generator(this)),
    }
}

fn code(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    Ok(receiver(thread, args)?.code())
}

fn delegate(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let this = receiver(thread, args)?;
    Ok(run::generator::delegate(this).unwrap_or_else(singletons::none))
}

/// Before a generator is freed: runs its `finally` blocks, or warns of a coroutine that was never
/// awaited.
fn finalise(thread: &mut Thread, value: Value) {
    let this = generator(&value);
    match this.state() {
        State::Created if this.kind == Kind::Coroutine => warn_never_awaited(thread, this),
        State::Suspended if tell_finaliser(thread, this, value) => {}
        State::Suspended if run::generator::close(thread, this).is_err() => {
            let shown = repr_text(thread, value);
            let text = format!("Exception ignored while closing generator {shown}:");
            operations::show_unraisable(thread, &text);
        }
        _ => {}
    }
}

/// Leaves the end of an asynchronous generator to the hook for it, if there is one.
fn tell_finaliser(thread: &mut Thread, this: &Generator, value: Value) -> bool {
    let Some(finaliser) = this.finaliser.replace(&this.object, None) else {
        return false;
    };
    if operations::call(thread, *finaliser, &Args::new(&[value])).is_err() {
        let shown = repr_text(thread, value);
        let text = format!("Exception ignored in the finaliser hook of {shown}:");
        operations::show_unraisable(thread, &text);
    }
    true
}

fn repr_text(thread: &mut Thread, value: Value) -> String {
    operations::repr_text(thread, value).unwrap_or_default()
}

fn warn_never_awaited(thread: &mut Thread, this: &Generator) {
    let text = format!("coroutine '{}' was never awaited", this.qualname_text());
    operations::warn(thread, &exception::RUNTIME_WARNING, &text);
    eprintln!("RuntimeWarning: Enable tracemalloc to get the object allocation traceback");
}

impl Generator {
    /// The code it runs.
    pub(crate) fn code(&self) -> Ref {
        self.code.clone()
    }
}

/// The types defined here, for start-up.
pub(crate) static TYPES: &[&Type] = &[
    &GENERATOR_TYPE,
    &COROUTINE_TYPE,
    &ASYNC_GENERATOR_TYPE,
    &COROUTINE_WRAPPER_TYPE,
    &super::anext::ANEXT_AWAITABLE_TYPE,
    &super::WRAPPED_VALUE_TYPE,
    &super::async_generator::ASEND_TYPE,
    &super::async_generator::ATHROW_TYPE,
];
