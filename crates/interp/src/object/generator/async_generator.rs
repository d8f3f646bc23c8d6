//! The steps of an asynchronous generator: what `asend`, `athrow` and `aclose` return.

use super::{Generator, State};
use crate::error::{PyResult, Raised};
use crate::gc::Holds;
use crate::object::class::OBJECT_TYPE;
use crate::object::native::{Args, NativeDef};
use crate::object::{
    Base, Object, Payload, Slots, Type, allocate, downcast_exact, exception, singletons,
};
use crate::operations::{self, Sent};
use crate::references;
use crate::run;
use crate::sharing::guarded;
use crate::thread::Thread;
use crate::value::{Ref, Value};
use selvedge_sync::seam::atomic::{AtomicU8, Ordering};

/// In [`Generator::steps`]: a step is under way.
const STEPPING: u8 = 1;
/// In [`Generator::steps`]: the generator was closed.
const ENDED: u8 = 2;
/// In [`Generator::steps`]: the hooks know it.
const HOOKED: u8 = 4;

/// What is told of asynchronous generators, as `sys.set_asyncgen_hooks` says.
#[derive(Clone, Default)]
pub struct AsyncHooks {
    /// Called with a generator that takes its first step.
    pub first: Option<Ref>,
    /// Called with a generator that is left before its end.
    pub last: Option<Ref>,
}

/// A value that an asynchronous generator yields to its consumer, rather than to the event loop.
#[repr(C)]
struct WrappedValue {
    object: Object,
    value: Ref,
}

/// The type `async_generator_wrapped_value`.
pub static WRAPPED_VALUE_TYPE: Type = Type::builtin(
    "async_generator_wrapped_value",
    Base::One(&OBJECT_TYPE),
    Slots::of::<WrappedValue>(),
    &[],
);

// SAFETY: `WrappedValue` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for WrappedValue {
    const TYPE: &'static Type = &WRAPPED_VALUE_TYPE;

    references!(value;);
}

/// `value` as one that is yielded to the consumer.
pub fn wrap_value(value: Ref) -> Ref {
    allocate(WrappedValue {
        object: Object::new(&WRAPPED_VALUE_TYPE),
        value,
    })
}

/// The value in what [`wrap_value`] made.
pub fn unwrap_value(value: &Value) -> Option<Ref> {
    downcast_exact::<WrappedValue>(value).map(|wrapped| wrapped.value.clone())
}

/// What a step does first.
#[derive(Debug)]
pub(super) enum Plan {
    Send(Ref),
    Throw(Ref),
    Close,
}

impl Holds for Plan {
    unsafe fn show<V: FnMut(Value) + ?Sized>(&self, visit: &mut V) {
        match self {
            Plan::Send(value) | Plan::Throw(value) => visit(**value),
            Plan::Close => {}
        }
    }
}

/// How far a step is.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Stage {
    New,
    Begun,
    Done,
}

/// One step of an asynchronous generator: an awaitable.
#[repr(C)]
pub struct AsyncStep {
    object: Object,
    generator: Ref,
    plan: Plan,
    stage: AtomicU8,
}

macro_rules! step_type {
    ($(#[$doc:meta])* $name:ident, $text:literal) => {
        $(#[$doc])*
        pub(super) static $name: Type = Type::builtin(
            $text,
            Base::One(&OBJECT_TYPE),
            Slots {
                iter: Some(|_, value| Ok(value.to_ref())),
                next: Some(next),
                send: Some(send),
                ..Slots::of::<AsyncStep>()
            },
            METHODS,
        );
    };
}

step_type!(
    /// The type `async_generator_asend`.
    ASEND_TYPE, "async_generator_asend");
step_type!(
    /// The type `async_generator_athrow`.
    ATHROW_TYPE, "async_generator_athrow");

/// The types of steps.
pub static STEP_TYPES: &[&Type] = &[&ASEND_TYPE, &ATHROW_TYPE];

// SAFETY: `AsyncStep` is `repr(C)` and begins with an `Object`; both types are laid out so.
unsafe impl Payload for AsyncStep {
    const TYPE: &'static Type = &ASEND_TYPE;

    references!(generator, plan; stage);
}

static METHODS: &[NativeDef] = &[
    NativeDef::method("__await__", |thread, args| {
        let [this] = args.exactly(thread, "__await__")?;
        Ok(this.to_ref())
    }),
    NativeDef::method("__iter__", |thread, args| {
        let [this] = args.exactly(thread, "__iter__")?;
        Ok(this.to_ref())
    }),
    NativeDef::method("__next__", |thread, args| {
        let [this] = args.exactly(thread, "__next__")?;
        let sent = send(thread, this, singletons::none_value())?;
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
        let sent = throw(thread, of(&this), exception)?;
        operations::or_stop_iteration(thread, sent)
    }),
    NativeDef::method("close", |thread, args| {
        let [this] = args.exactly(thread, "close")?;
        close(thread, of(&this))
    }),
];

/// A step of the asynchronous generator `generator`.
pub(super) fn step(thread: &mut Thread, generator: Value, plan: Plan) -> PyResult {
    if !generator.is_exactly(&super::ASYNC_GENERATOR_TYPE) {
        return Err(thread.type_error("descriptor requires an 'async_generator' object"));
    }
    tell_hooks(thread, generator)?;
    let ty = if matches!(plan, Plan::Send(_)) {
        &ASEND_TYPE
    } else {
        &ATHROW_TYPE
    };
    let stage = AtomicU8::new(Stage::New as u8);
    Ok(allocate(AsyncStep {
        object: Object::new(ty),
        generator: generator.to_ref(),
        plan,
        stage,
    }))
}

/// Before a generator's first step: tells the hook for that, and keeps the one for its end.
fn tell_hooks(thread: &mut Thread, value: Value) -> PyResult<()> {
    let generator = Generator::of(&value).expect("checked by the caller");
    // AcqRel: of two that see the first step one tells of it.
    if generator.steps.load(Ordering::Relaxed) & HOOKED != 0
        || generator.steps.fetch_or(HOOKED, Ordering::AcqRel) & HOOKED != 0
    {
        return Ok(());
    }
    let AsyncHooks { first, last } = thread.async_hooks().clone();
    if last.is_some() {
        generator.finaliser.set(&generator.object, last);
    }
    match first {
        Some(first) => operations::call(thread, *first, &Args::new(&[value])).map(drop),
        None => Ok(()),
    }
}

/// The step that `async for` waits for.
///
/// # Errors
/// `TypeError` if it is no asynchronous generator.
pub fn next_step(thread: &mut Thread, generator: Value) -> PyResult {
    step(thread, generator, Plan::Send(singletons::none()))
}

pub(super) fn is_stepping(generator: &Generator) -> bool {
    // Relaxed: for information, or under the interpreter's lock.
    generator.steps.load(Ordering::Relaxed) & STEPPING != 0
}

fn of(value: &Value) -> &AsyncStep {
    let is_one = STEP_TYPES.iter().any(|ty| value.is_exactly(ty));
    assert!(is_one, "methods of steps are called with steps");
    // SAFETY: both types are laid out so.
    unsafe { &*value.pointer().cast::<AsyncStep>() }
}

impl AsyncStep {
    fn generator(&self) -> &Generator {
        Generator::of(&self.generator).expect("made for a generator")
    }

    fn stage(&self) -> Stage {
        // Relaxed: a step belongs to one task; the frame has its own guard.
        match self.stage.load(Ordering::Relaxed) {
            0 => Stage::New,
            1 => Stage::Begun,
            _ => Stage::Done,
        }
    }

    fn set_stage(&self, stage: Stage) {
        // Relaxed: see `stage`.
        self.stage.store(stage as u8, Ordering::Relaxed);
    }

    fn name(&self) -> &'static str {
        match self.plan {
            Plan::Send(_) => "anext()",
            Plan::Throw(_) => "athrow()",
            Plan::Close => "aclose()",
        }
    }

    fn is_close(&self) -> bool {
        matches!(self.plan, Plan::Close)
    }

    /// Marks the generator as being in a step.
    fn begin(&self, thread: &mut Thread) -> PyResult<()> {
        let steps = &self.generator().steps;
        // AcqRel: of two steps that begin at once one sees the other's mark.
        if steps.fetch_or(STEPPING, Ordering::AcqRel) & STEPPING != 0 {
            self.set_stage(Stage::Done);
            let text = format!("{}: asynchronous generator is already running", self.name());
            return Err(thread.raise_text(&exception::RUNTIME_ERROR, text));
        }
        self.set_stage(Stage::Begun);
        Ok(())
    }

    fn end(&self) {
        // Release: the next step sees what this one did.
        self.generator()
            .steps
            .fetch_and(!STEPPING, Ordering::Release);
        self.set_stage(Stage::Done);
    }

    /// Notes that the generator takes no more steps.
    fn close_generator(&self) {
        guarded(&self.object, || {
            // AcqRel: see `begin`.
            self.generator().steps.fetch_or(ENDED, Ordering::AcqRel);
        });
    }

    fn reused(&self, thread: &mut Thread) -> Raised {
        let what = if matches!(self.plan, Plan::Send(_)) {
            "__anext__()/asend()"
        } else {
            "aclose()/athrow()"
        };
        thread.raise_text(
            &exception::RUNTIME_ERROR,
            format!("cannot reuse already awaited {what}"),
        )
    }

    /// What came of going on with the generator's frame, as this step's own result.
    fn settle(&self, thread: &mut Thread, result: PyResult<Sent>) -> PyResult<Sent> {
        match result {
            Ok(Sent::Yielded(value)) => match unwrap_value(&value) {
                Some(_) if self.is_close() => {
                    self.end();
                    Err(thread.raise_text(
                        &exception::RUNTIME_ERROR,
                        "async generator ignored GeneratorExit",
                    ))
                }
                Some(value) => {
                    self.end();
                    Ok(Sent::Returned(value))
                }
                None => Ok(Sent::Yielded(value)),
            },
            Ok(Sent::Returned(_)) => {
                self.close_generator();
                self.end();
                if self.is_close() {
                    return Ok(Sent::Returned(singletons::none()));
                }
                Err(thread.raise_with(&exception::STOP_ASYNC_ITERATION, &[]))
            }
            Err(raised) => {
                let over = thread.raised_is(&exception::STOP_ASYNC_ITERATION)
                    || thread.raised_is(&exception::GENERATOR_EXIT);
                if over {
                    self.close_generator();
                }
                self.end();
                if over && self.is_close() {
                    drop(thread.take_raised());
                    return Ok(Sent::Returned(singletons::none()));
                }
                Err(raised)
            }
        }
    }
}

fn next(thread: &mut Thread, value: Value) -> PyResult<Option<Ref>> {
    Ok(match send(thread, value, singletons::none_value())? {
        Sent::Yielded(item) => Some(item),
        Sent::Returned(_) => None,
    })
}

fn send(thread: &mut Thread, value: Value, sent: Value) -> PyResult<Sent> {
    let this = of(&value);
    let generator = this.generator();
    match (this.stage(), &this.plan) {
        (Stage::Done, _) => Err(this.reused(thread)),
        (Stage::Begun, _) => {
            let result = run::generator::resume(thread, generator, sent.to_ref());
            this.settle(thread, result)
        }
        (Stage::New, Plan::Send(first)) => {
            this.begin(thread)?;
            let first = if singletons::is_none(sent) {
                first.clone()
            } else {
                sent.to_ref()
            };
            let result = run::generator::resume(thread, generator, first);
            this.settle(thread, result)
        }
        (Stage::New, plan) => {
            if generator.state() == State::Closed {
                this.set_stage(Stage::Done);
                return Ok(Sent::Returned(singletons::none()));
            }
            this.begin(thread)?;
            // Acquire: see `close_generator`.
            if generator.steps.load(Ordering::Acquire) & ENDED != 0 {
                this.end();
                return Err(thread.raise_with(&exception::STOP_ASYNC_ITERATION, &[]));
            }
            if !singletons::is_none(sent) {
                this.end();
                this.set_stage(Stage::New);
                let text = "can't send non-None value to a just-started coroutine";
                return Err(thread.raise_text(&exception::RUNTIME_ERROR, text));
            }
            let exception = match plan {
                Plan::Throw(exception) => exception.clone(),
                _ => {
                    this.close_generator();
                    exception::Exception::new(&exception::GENERATOR_EXIT, &[])
                }
            };
            let result = run::generator::throw(thread, generator, exception);
            this.settle(thread, result)
        }
    }
}

fn throw(thread: &mut Thread, this: &AsyncStep, exception: Ref) -> PyResult<Sent> {
    match this.stage() {
        Stage::Done => return Err(this.reused(thread)),
        Stage::New => this.begin(thread)?,
        Stage::Begun => {}
    }
    let result = run::generator::throw(thread, this.generator(), exception);
    this.settle(thread, result)
}

fn close(thread: &mut Thread, this: &AsyncStep) -> PyResult {
    if this.stage() == Stage::Done {
        return Ok(singletons::none());
    }
    let exit = exception::Exception::new(&exception::GENERATOR_EXIT, &[]);
    match throw(thread, this, exit) {
        Ok(Sent::Yielded(_)) => {
            Err(thread.raise_text(&exception::RUNTIME_ERROR, "coroutine ignored GeneratorExit"))
        }
        Ok(Sent::Returned(_)) => Ok(singletons::none()),
        Err(raised) => {
            let over = thread.raised_is(&exception::STOP_ASYNC_ITERATION)
                || thread.raised_is(&exception::STOP_ITERATION)
                || thread.raised_is(&exception::GENERATOR_EXIT);
            if over {
                drop(thread.take_raised());
                return Ok(singletons::none());
            }
            Err(raised)
        }
    }
}
