//! `ThreadPoolExecutor`.

use super::future::{self, BROKEN_THREAD_POOL, CallFuture, FUTURE_TYPE, Failure};
use selvedge_interp::object::dict::Dict;
use selvedge_interp::object::iterators::{Combined, Nameless};
use selvedge_interp::object::native::{Args, NativeDef};
use selvedge_interp::object::tuple::Tuple;
use selvedge_interp::object::{
    Base, Object, Payload, Slots, Type, allocate, class, downcast, exception, singletons,
};
use selvedge_interp::operations;
use selvedge_interp::references;
use selvedge_interp::{
    Carried, Interpreter, PyResult, Ref, Resident, Thread, Value, show_uncaught,
};
use selvedge_pool::{
    Builder, Executor as _, InitError, Refusal, Seat, Shutdown, Worker, WorkerFactory,
};
use selvedge_sync::seam::atomic::{AtomicU64, Ordering};
use selvedge_sync::seam::{Arc, thread as system};

/// A worker: a thread that attaches for each call.
pub(super) struct Attacher(Resident);

impl Worker for Attacher {}

/// Makes workers, and runs the initialiser in each.
struct Attachers {
    interpreter: Arc<Interpreter>,
    /// A tuple of the initialiser and its arguments' tuple.
    initializer: Option<Carried>,
}

impl WorkerFactory for Attachers {
    type Worker = Attacher;

    fn start(&self, _: &Seat) -> Result<Attacher, InitError> {
        let resident = Resident::new(Arc::clone(&self.interpreter));
        if let Some(initializer) = &self.initializer {
            resident.attached(|thread| {
                let pair = initializer.get(thread);
                let items = downcast::<Tuple>(&pair).expect("made as a tuple").items();
                let arguments = downcast::<Tuple>(&items[1])
                    .expect("made as a tuple")
                    .items();
                operations::call(thread, items[0], &Args::new(arguments))
                    .map(drop)
                    .map_err(|_| {
                        show_uncaught(thread, "Exception in initializer:");
                        InitError::new(
                            "A thread initializer failed, the thread pool is not usable anymore",
                        )
                    })
            })?;
        }
        Ok(Attacher(resident))
    }
}

/// A `ThreadPoolExecutor`.
#[repr(C)]
pub(super) struct Executor {
    object: Object,
    pool: Arc<selvedge_pool::ThreadExecutor<Attachers>>,
}

/// The type `ThreadPoolExecutor`.
pub(super) static EXECUTOR_TYPE: Type = Type::builtin(
    "ThreadPoolExecutor",
    Base::One(&class::OBJECT_TYPE),
    Slots {
        construct: Some(construct),
        ..Slots::of::<Executor>()
    },
    METHODS,
)
.in_module("concurrent.futures.thread");

// SAFETY: `Executor` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for Executor {
    const TYPE: &'static Type = &EXECUTOR_TYPE;

    references!();
}

const METHODS: &[NativeDef] = &[
    NativeDef::method("map", map),
    NativeDef::method("shutdown", shutdown),
    NativeDef::method("submit", submit),
    NativeDef::method("__enter__", |thread, args| {
        let [this] = args.exactly(thread, "__enter__")?;
        Ok(this.to_ref())
    }),
    NativeDef::method("__exit__", |thread, args| {
        let (this, _) = args.split_receiver();
        stop(thread, this, true, false)?;
        Ok(singletons::false_())
    }),
];

/// CPython's default: room for calls that block, up to a limit.
fn default_workers() -> usize {
    (system::available_parallelism() + 4).min(32)
}

fn construct(thread: &mut Thread, _: &'static Type, args: &Args<'_>) -> PyResult {
    /// Numbers the executors, for their threads' names.
    static MADE: AtomicU64 = AtomicU64::new(0);
    let parameters = [
        "max_workers",
        "thread_name_prefix",
        "initializer",
        "initargs",
    ];
    let [workers, prefix, initializer, arguments] =
        args.bind(thread, "ThreadPoolExecutor", parameters, 0)?;
    let given = |value: Option<Value>| value.filter(|value| !singletons::is_none(*value));
    let workers = match given(workers) {
        Some(workers) => match usize::try_from(operations::index(thread, workers)?) {
            Ok(workers) if workers > 0 => workers,
            _ => return Err(thread.value_error("max_workers must be greater than 0")),
        },
        None => default_workers(),
    };
    let prefix = match given(prefix) {
        Some(prefix) => operations::text(thread, prefix, "thread_name_prefix")?,
        None => String::new(),
    };
    // Relaxed: only uniqueness matters.
    let number = MADE.fetch_add(1, Ordering::Relaxed);
    let prefix = if prefix.is_empty() {
        format!("ThreadPoolExecutor-{number}")
    } else {
        prefix
    };
    let initializer = match given(initializer) {
        Some(initializer) if initializer.ty().call().is_some() => {
            let arguments = match arguments {
                Some(arguments) => Tuple::from_refs(operations::collect(thread, arguments)?),
                None => Tuple::from_values(&[]),
            };
            let pair = Tuple::from_refs(vec![initializer.to_ref(), arguments]);
            Some(Carried::new(thread, pair))
        }
        Some(_) => return Err(thread.type_error("initializer must be a callable")),
        None => None,
    };
    let factory = Attachers {
        interpreter: Arc::clone(thread.interpreter()),
        initializer,
    };
    let pool = Builder::new(factory)
        .max_workers(workers)
        .name_prefix(prefix)
        .build();
    Ok(allocate(Executor {
        object: Object::new(&EXECUTOR_TYPE),
        pool: Arc::new(pool),
    }))
}

fn executor<'a>(thread: &mut Thread, value: &'a Value) -> PyResult<&'a Executor> {
    downcast::<Executor>(value).ok_or_else(|| thread.type_error("expected a ThreadPoolExecutor"))
}

/// What a worker does: calls the function with the arguments.
fn run(thread: &mut Thread, call: &Carried) -> Result<Carried, Failure> {
    let call = call.get(thread);
    let items = downcast::<Tuple>(&call).expect("made as a tuple").items();
    let (positional, keywords) = (downcast::<Tuple>(&items[1]), downcast::<Dict>(&items[2]));
    let mut values = positional.expect("made as a tuple").items().to_vec();
    let keywords = keywords.expect("made as a dictionary").to_vec();
    values.extend(keywords.iter().map(|(_, value)| **value));
    let names: Vec<Value> = keywords.iter().map(|(name, _)| **name).collect();
    if let Ok(result) = operations::call(thread, items[0], &Args::with_names(&values, &names)) {
        Ok(Carried::new(thread, result))
    } else {
        let raised = thread.take_raised();
        Err(Failure::Raised(Carried::new(thread, raised)))
    }
}

fn submit_call(thread: &mut Thread, executor: &Executor, call: Ref) -> PyResult {
    let carried = Carried::new(thread, call);
    let job = move |worker: &Attacher| worker.0.attached(|thread| run(thread, &carried));
    let submitted: Result<CallFuture, _> = executor.pool.submit_with(job);
    match submitted {
        Ok(inner) => Ok(future::make(inner)),
        Err(error) => Err(match &error.reason {
            Refusal::Broken(cause) => thread.raise_text(&BROKEN_THREAD_POOL, cause.to_string()),
            _ => thread.raise_text(
                &exception::RUNTIME_ERROR,
                "cannot schedule new futures after shutdown",
            ),
        }),
    }
}

fn submit(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [this, function, positional @ ..] = args.positional() else {
        return Err(thread.type_error("submit() missing 1 required positional argument: 'fn'"));
    };
    let keywords = Dict::new();
    for (name, value) in args.keywords() {
        downcast::<Dict>(&keywords)
            .expect("just made")
            .set_name(name.to_ref(), value.to_ref());
    }
    let call = Tuple::from_refs(vec![
        function.to_ref(),
        Tuple::from_values(positional),
        keywords,
    ]);
    let executor = executor(thread, this)?;
    submit_call(thread, executor, call)
}

/// `map(fn, *iterables, timeout=None, chunksize=1, buffersize=None)`: the results in order.
fn map(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [this, function, iterables @ ..] = args.positional() else {
        return Err(thread.type_error("map() missing 1 required positional argument: 'fn'"));
    };
    let mut timeout = None;
    for (name, value) in args.keywords() {
        match &*operations::text(thread, name, "keyword")? {
            "timeout" => timeout = Some(value),
            // Chunks are for processes: a thread takes calls one by one.
            "chunksize" => {}
            other => {
                return Err(thread.type_error(format!(
                    "map() got an unexpected keyword argument '{other}'"
                )));
            }
        }
    }
    let timeout = future::duration(thread, timeout)?;
    let executor = executor(thread, this)?;
    let mut sources = Vec::with_capacity(iterables.len());
    for iterable in iterables {
        sources.push(operations::iter(thread, *iterable)?);
    }
    let mut futures = Vec::new();
    'items: while !sources.is_empty() {
        let mut arguments = Vec::with_capacity(sources.len());
        for source in &sources {
            match operations::next(thread, **source)? {
                Some(item) => arguments.push(item),
                None => break 'items,
            }
        }
        let call = Tuple::from_refs(vec![
            function.to_ref(),
            Tuple::from_refs(arguments),
            Dict::new(),
        ]);
        futures.push(submit_call(thread, executor, call)?);
    }
    let deadline = match timeout {
        Some(timeout) => {
            let end = crate::clocks::since_start().saturating_add(timeout);
            selvedge_interp::object::float::Float::from_f64(end.as_secs_f64())
        }
        None => singletons::none(),
    };
    Ok(Combined::<Nameless>::new(futures, deadline, 0, next_result))
}

fn next_result(
    thread: &mut Thread,
    futures: &[Ref],
    deadline: Value,
    count: i64,
) -> PyResult<Option<Ref>> {
    let Some(next) = usize::try_from(count)
        .ok()
        .and_then(|index| futures.get(index))
    else {
        return Ok(None);
    };
    debug_assert!(next.is_exactly(&FUTURE_TYPE));
    let timeout = match selvedge_interp::object::float::float_of(deadline) {
        Some(end) => {
            let left = end - crate::clocks::since_start().as_secs_f64();
            selvedge_interp::object::float::Float::from_f64(left.max(0.0))
        }
        None => singletons::none(),
    };
    match operations::call_method(thread, **next, "result", &[*timeout]) {
        Ok(result) => Ok(Some(result)),
        Err(raised) => {
            // Whoever takes no more results wants none of the calls that have not begun.
            let error = thread.take_raised();
            for future in &futures[usize::try_from(count).unwrap_or(0)..] {
                operations::call_method(thread, **future, "cancel", &[])?;
            }
            thread.raise(error);
            Err(raised)
        }
    }
}

fn shutdown(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let (this, rest) = args.split_receiver();
    let [wait, cancel] = rest.bind(thread, "shutdown", ["wait", "cancel_futures"], 0)?;
    let wait = match wait {
        Some(wait) => operations::truth(thread, wait)?,
        None => true,
    };
    let cancel = match cancel {
        Some(cancel) => operations::truth(thread, cancel)?,
        None => false,
    };
    stop(thread, this, wait, cancel)?;
    Ok(singletons::none())
}

fn stop(thread: &mut Thread, value: Value, wait: bool, cancel_futures: bool) -> PyResult<()> {
    let pool = Arc::clone(&executor(thread, &value)?.pool);
    thread.detach(|| {
        pool.shutdown(Shutdown {
            wait,
            cancel_futures,
        });
    });
    Ok(())
}
