//! `Future`: a result that another thread will have.

use crate::structs;
use selvedge_interp::object::exception::{self, EXCEPTION, Exception};
use selvedge_interp::object::iterators::{Combined, Nameless};
use selvedge_interp::object::list::List;
use selvedge_interp::object::native::{Args, NativeDef};
use selvedge_interp::object::set::SET_TYPE;
use selvedge_interp::object::str::Str;
use selvedge_interp::object::{
    Base, Object, Payload, Slots, Type, allocate, class, downcast, float, singletons,
};
use selvedge_interp::references;
use selvedge_interp::{
    Carried, Interpreter, PyResult, Raised, Ref, Thread, Value, operations, show_uncaught,
};
use selvedge_pool::{Error, Panic, Promise, ReturnWhen, promise, wait};
use selvedge_sync::seam::clock::Duration;
use selvedge_sync::seam::{Arc, Mutex};

/// Why a call has no result.
pub(super) enum Failure {
    /// It raised this.
    Raised(Carried),
    /// The VM itself failed.
    Panicked(Panic),
}

impl From<Panic> for Failure {
    fn from(panic: Panic) -> Self {
        Failure::Panicked(panic)
    }
}

/// The pool's future of a call.
pub(super) type CallFuture = selvedge_pool::Future<Carried, Failure>;

/// A `Future`.
#[repr(C)]
pub(crate) struct Future {
    object: Object,
    /// Shared with callbacks and with those who wait without the interpreter's lock.
    inner: Arc<CallFuture>,
    /// Of one that the program made, and has not completed.
    promise: Mutex<Option<Promise<Carried, Failure>>>,
}

macro_rules! error_type {
    ($(#[$doc:meta])* $name:ident, $text:literal, $base:expr, $module:literal) => {
        $(#[$doc])*
        pub(super) static $name: Type =
            Type::builtin($text, Base::One($base), Slots::of::<Exception>(), &[]).in_module($module).subclassable();
    };
}

error_type!(
    /// The type `CancelledError`.
    CANCELLED_ERROR, "CancelledError", &EXCEPTION, "concurrent.futures");
error_type!(
    /// The type `InvalidStateError`.
    INVALID_STATE_ERROR, "InvalidStateError", &EXCEPTION, "concurrent.futures");
error_type!(
    /// The type `BrokenExecutor`.
    BROKEN_EXECUTOR, "BrokenExecutor", &exception::RUNTIME_ERROR, "concurrent.futures");
error_type!(
    /// The type `BrokenThreadPool`.
    BROKEN_THREAD_POOL, "BrokenThreadPool", &BROKEN_EXECUTOR, "concurrent.futures.thread");

/// The type `Future`.
pub(crate) static FUTURE_TYPE: Type = Type::builtin(
    "Future",
    Base::One(&class::OBJECT_TYPE),
    Slots {
        construct: Some(|thread, ty, args| {
            if !class::has_own_init(thread, ty) {
                let [] = args.exactly(thread, "Future")?;
            }
            let (promise, future) = promise();
            Ok(allocate(Future {
                object: Object::new(&FUTURE_TYPE),
                inner: Arc::new(future),
                promise: Mutex::new(Some(promise)),
            }))
        }),
        repr: Some(repr),
        ..Slots::of::<Future>()
    },
    METHODS,
)
.in_module("concurrent.futures")
.subclassable();

// SAFETY: `Future` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for Future {
    const TYPE: &'static Type = &FUTURE_TYPE;

    references!();
}

const METHODS: &[NativeDef] = &[
    NativeDef::method("add_done_callback", add_done_callback),
    NativeDef::method("cancel", |thread, args| {
        let inner = receiver(thread, args, "cancel")?;
        // Detached: callbacks run here, and attach by themselves.
        Ok(singletons::bool(thread.detach(|| inner.cancel())))
    }),
    NativeDef::method("cancelled", |thread, args| {
        ask(thread, args, "cancelled", CallFuture::cancelled)
    }),
    NativeDef::method("done", |thread, args| {
        ask(thread, args, "done", CallFuture::done)
    }),
    NativeDef::method("exception", |thread, args| {
        let (inner, timeout) = with_timeout(thread, args, "exception")?;
        match finish(thread, &inner, timeout) {
            Ok(_) => Ok(singletons::none()),
            Err(Ending::Raised(exception)) => Ok(exception),
            Err(Ending::Other(raised)) => Err(raised),
        }
    }),
    NativeDef::method("result", |thread, args| {
        let (inner, timeout) = with_timeout(thread, args, "result")?;
        match finish(thread, &inner, timeout) {
            Ok(result) => Ok(result),
            Err(Ending::Raised(exception)) => Err(thread.raise(exception)),
            Err(Ending::Other(raised)) => Err(raised),
        }
    }),
    NativeDef::method("running", |thread, args| {
        ask(thread, args, "running", CallFuture::running)
    }),
    NativeDef::method("set_exception", |thread, args| {
        let [this, exception] = args.exactly(thread, "set_exception")?;
        let failure = Failure::Raised(Carried::new(thread, exception.to_ref()));
        complete(thread, this, |promise| promise.set_exception(failure))
    }),
    NativeDef::method("set_result", |thread, args| {
        let [this, result] = args.exactly(thread, "set_result")?;
        let result = Carried::new(thread, result.to_ref());
        complete(thread, this, |promise| promise.set_result(result))
    }),
    NativeDef::method("set_running_or_notify_cancel", |thread, args| {
        let [this] = args.exactly(thread, "set_running_or_notify_cancel")?;
        let inner = future(thread, this)?;
        let promise = downcast::<Future>(&this)
            .expect("checked above")
            .promise
            .lock();
        match &*promise {
            Some(promise) if inner.cancelled() || !inner.done() && !inner.running() => {
                Ok(singletons::bool(promise.set_running_or_notify_cancel()))
            }
            _ => {
                let text = "Future in unexpected state";
                Err(thread.raise_text(&exception::RUNTIME_ERROR, text))
            }
        }
    }),
];

/// Completes a future that the program made.
fn complete(
    thread: &mut Thread,
    this: Value,
    how: impl FnOnce(Promise<Carried, Failure>) -> bool,
) -> PyResult {
    let inner = future(thread, this)?;
    let this_future = downcast::<Future>(&this).expect("checked above");
    let promise = this_future.promise.lock().take();
    // Detached: callbacks run here, and attach by themselves.
    let completed = match promise {
        Some(promise) if !inner.done() => thread.detach(|| how(promise)),
        _ => false,
    };
    if completed {
        return Ok(singletons::none());
    }
    let state = state_of(&inner).to_uppercase();
    let shown = operations::repr_text(thread, this)?;
    Err(thread.raise_text(&INVALID_STATE_ERROR, format!("{state}: {shown}")))
}

/// How a call ended that has no result.
enum Ending {
    /// It raised this.
    Raised(Ref),
    /// Asking for its result raises.
    Other(Raised),
}

/// Makes a `Future` of the pool's.
pub(super) fn make(inner: CallFuture) -> Ref {
    allocate(Future {
        object: Object::new(&FUTURE_TYPE),
        inner: Arc::new(inner),
        promise: Mutex::new(None),
    })
}

fn receiver(thread: &mut Thread, args: &Args<'_>, method: &str) -> PyResult<Arc<CallFuture>> {
    let [this] = args.exactly(thread, method)?;
    future(thread, this)
}

fn future(thread: &mut Thread, value: Value) -> PyResult<Arc<CallFuture>> {
    if let Some(future) = downcast::<Future>(&value) {
        Ok(Arc::clone(&future.inner))
    } else {
        let name = value.ty().name();
        Err(thread.type_error(format!("expected a Future, not '{name}'")))
    }
}

fn ask(
    thread: &mut Thread,
    args: &Args<'_>,
    method: &str,
    question: fn(&CallFuture) -> bool,
) -> PyResult {
    let inner = receiver(thread, args, method)?;
    Ok(singletons::bool(question(&inner)))
}

fn with_timeout(
    thread: &mut Thread,
    args: &Args<'_>,
    method: &str,
) -> PyResult<(Arc<CallFuture>, Option<Duration>)> {
    let (this, rest) = args.split_receiver();
    let [timeout] = rest.bind(thread, method, ["timeout"], 0)?;
    Ok((future(thread, this)?, duration(thread, timeout)?))
}

/// A time limit as Python gives it: seconds, or `None`; what lies in the past is over at once.
pub(super) fn duration(thread: &mut Thread, timeout: Option<Value>) -> PyResult<Option<Duration>> {
    match timeout.filter(|timeout| !singletons::is_none(*timeout)) {
        Some(timeout) => {
            let seconds = float::require(thread, timeout)?;
            Ok(Some(
                Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX),
            ))
        }
        None => Ok(None),
    }
}

/// Waits for the call to end.
fn finish(
    thread: &mut Thread,
    inner: &CallFuture,
    timeout: Option<Duration>,
) -> Result<Ref, Ending> {
    if !inner.done() {
        // Only whether it is done in time matters here; the outcome is read below.
        thread.detach(|| drop(inner.result(timeout)));
    }
    match inner.outcome() {
        Some(Ok(result)) => Ok(result.get(thread)),
        Some(Err(Error::Failed(Failure::Raised(exception)))) => {
            Err(Ending::Raised(exception.get(thread)))
        }
        Some(Err(Error::Failed(Failure::Panicked(panic)))) => {
            let text = format!("the call ended in a failure of the VM: {}", panic.message());
            Err(Ending::Other(
                thread.raise_text(&exception::SYSTEM_ERROR, text),
            ))
        }
        Some(Err(Error::Broken(cause))) => Err(Ending::Other(
            thread.raise_text(&BROKEN_THREAD_POOL, cause.to_string()),
        )),
        Some(Err(_)) => Err(Ending::Other(thread.raise_with(&CANCELLED_ERROR, &[]))),
        None => Err(Ending::Other(
            thread.raise_with(&exception::TIMEOUT_ERROR, &[]),
        )),
    }
}

fn add_done_callback(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [this, callback] = args.exactly(thread, "add_done_callback")?;
    let inner = future(thread, this)?;
    let pair = selvedge_interp::object::tuple::Tuple::from_values(&[callback, this]);
    let carried = Carried::new(thread, pair);
    let interpreter = Arc::clone(thread.interpreter());
    // Detached: the callback runs here and now if the call has ended, and attaches by itself.
    thread.detach(|| inner.add_done_callback(move |_| run_callback(&interpreter, &carried)));
    Ok(singletons::none())
}

fn run_callback(interpreter: &Arc<Interpreter>, carried: &Carried) {
    interpreter.attached(|thread| {
        let pair = carried.get(thread);
        let pair = downcast::<selvedge_interp::object::tuple::Tuple>(&pair)
            .expect("made as a tuple")
            .items();
        if operations::call(thread, pair[0], &Args::new(&pair[1..])).is_err() {
            let shown = operations::repr_text(thread, pair[1]).unwrap_or_else(|_| {
                drop(thread.take_raised());
                "<Future>".into()
            });
            show_uncaught(thread, &format!("exception calling callback for {shown}"));
        }
    });
}

fn repr(_: &mut Thread, value: Value) -> PyResult {
    let inner = &downcast::<Future>(&value)
        .expect("called through its type")
        .inner;
    let state = state_of(inner);
    Ok(Str::new(&format!(
        "<Future at {:p} state={state}>",
        value.pointer()
    )))
}

fn state_of(inner: &CallFuture) -> &'static str {
    if inner.cancelled() {
        "cancelled"
    } else if inner.done() {
        "finished"
    } else if inner.running() {
        "running"
    } else {
        "pending"
    }
}

/// `wait(fs, timeout=None, return_when=ALL_COMPLETED)`: which are done then, and which are not.
pub(super) fn wait_for(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [futures, timeout, until] =
        args.bind(thread, "wait", ["fs", "timeout", "return_when"], 1)?;
    let timeout = duration(thread, timeout)?;
    let futures = operations::collect(thread, futures.expect("required"))?;
    let until = match until {
        Some(until) => operations::text(thread, until, "return_when")?,
        None => "ALL_COMPLETED".to_owned(),
    };
    let until = match until.as_str() {
        "ALL_COMPLETED" => ReturnWhen::AllCompleted,
        "FIRST_COMPLETED" => ReturnWhen::FirstCompleted,
        "FIRST_EXCEPTION" => ReturnWhen::FirstException,
        _ => return Err(thread.value_error(format!("Invalid return condition: '{until}'"))),
    };
    let mut inners = Vec::with_capacity(futures.len());
    for item in &futures {
        inners.push(future(thread, **item)?);
    }
    let waited = inners.iter().map(|inner| &**inner);
    thread.detach(|| drop(wait(waited, timeout, until)));
    let (mut done, mut left) = (Vec::new(), Vec::new());
    for (item, inner) in futures.into_iter().zip(inners) {
        let side = if inner.done() { &mut done } else { &mut left };
        side.push(item);
    }
    let mut set = |items| {
        let items = List::from_refs(items);
        operations::call(thread, SET_TYPE.value(), &Args::new(&[*items]))
    };
    let parts = vec![("done", set(done)?), ("not_done", set(left)?)];
    structs::single(thread, "builtins", "DoneAndNotDoneFutures", parts)
}

/// `as_completed(fs, timeout=None)`: an iterator that yields each future as it ends.
pub(super) fn as_completed(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [futures, timeout] = args.bind(thread, "as_completed", ["fs", "timeout"], 1)?;
    let timeout = duration(thread, timeout)?;
    let futures = operations::collect(thread, futures.expect("required"))?;
    for item in &futures {
        future(thread, **item)?;
    }
    let deadline = timeout.map_or_else(singletons::none, |timeout| {
        let end = crate::clocks::since_start().saturating_add(timeout);
        float::Float::from_f64(end.as_secs_f64())
    });
    let left = List::from_refs(futures);
    Ok(Combined::<Nameless>::new(
        vec![left],
        deadline,
        0,
        next_completed,
    ))
}

fn next_completed(
    thread: &mut Thread,
    sources: &[Ref],
    deadline: Value,
    _: i64,
) -> PyResult<Option<Ref>> {
    let left = downcast::<List>(&sources[0]).expect("made as a list");
    let items = left.to_vec();
    if items.is_empty() {
        return Ok(None);
    }
    let mut inners = Vec::with_capacity(items.len());
    for item in &items {
        inners.push(future(thread, **item)?);
    }
    let patience = float::float_of(deadline).map(|end| {
        Duration::from_secs_f64((end - crate::clocks::since_start().as_secs_f64()).max(0.0))
    });
    if !inners.iter().any(|inner| inner.done()) {
        let waited = inners.iter().map(|inner| &**inner);
        thread.detach(|| drop(wait(waited, patience, ReturnWhen::FirstCompleted)));
    }
    let Some(index) = inners.iter().position(|inner| inner.done()) else {
        let text = format!("{} (of {}) futures unfinished", items.len(), items.len());
        return Err(thread.raise_text(&exception::TIMEOUT_ERROR, text));
    };
    let done = items[index].clone();
    let rest = items
        .into_iter()
        .enumerate()
        .filter(|(at, _)| *at != index)
        .map(|(_, item)| item);
    drop(left.take());
    operations::call_method(
        thread,
        *sources[0],
        "extend",
        &[*List::from_refs(rest.collect())],
    )?;
    Ok(Some(done))
}
