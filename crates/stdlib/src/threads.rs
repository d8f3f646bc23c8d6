//! The module `_thread`.

use crate::locks::{LOCK_TYPE, RLOCK_TYPE};
use selvedge_interp::object::module::Module;
use selvedge_interp::object::native::{Args, NativeDef};
use selvedge_interp::object::{dict::Dict, downcast, exception, int, tuple::Tuple};
use selvedge_interp::operations;
use selvedge_interp::{Carried, PyResult, Ref, Thread, Value, prepare_type, show_uncaught};
use selvedge_sync::seam::{Mutex, OnceLock};

static FUNCTIONS: &[NativeDef] = &[
    NativeDef::function("allocate_lock", |thread, args| {
        let [] = args.exactly(thread, "allocate_lock")?;
        operations::call(thread, LOCK_TYPE.value(), &Args::new(&[]))
    }),
    NativeDef::function("get_ident", |thread, args| {
        let [] = args.exactly(thread, "get_ident")?;
        Ok(int::from_i64(thread.ident() as i64))
    }),
    NativeDef::function("get_native_id", |thread, args| {
        let [] = args.exactly(thread, "get_native_id")?;
        // SAFETY: the call has no arguments and cannot fail.
        Ok(int::from_i64(i64::from(unsafe { libc::gettid() })))
    }),
    NativeDef::function("start_new_thread", start_new_thread),
    NativeDef::function("_start", start),
];

pub(crate) fn make(thread: &mut Thread) -> PyResult {
    static PREPARED: OnceLock<()> = OnceLock::new();
    PREPARED.get_or_init(|| {
        prepare_type(&LOCK_TYPE);
        prepare_type(&RLOCK_TYPE);
    });
    let module = Module::new(thread, "_thread", FUNCTIONS);
    let this = downcast::<Module>(&module).expect("just made");
    this.set(thread, "LockType", LOCK_TYPE.value().to_ref());
    this.set(thread, "lock", LOCK_TYPE.value().to_ref());
    this.set(thread, "RLock", RLOCK_TYPE.value().to_ref());
    this.set(thread, "error", exception::RUNTIME_ERROR.value().to_ref());
    Ok(module)
}

/// `start_new_thread(function, args[, kwargs])`: the new thread's ident.
fn start_new_thread(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let values = args.between(thread, "start_new_thread", 2, 3)?;
    if downcast::<Tuple>(&values[1]).is_none() {
        return Err(thread.type_error("2nd arg must be a tuple"));
    }
    if values
        .get(2)
        .is_some_and(|keywords| downcast::<Dict>(keywords).is_none())
    {
        return Err(thread.type_error("optional 3rd arg must be a dictionary"));
    }
    let call = Tuple::from_values(values);
    spawn(thread, "Thread".into(), true, call, |thread, call| {
        let items = downcast::<Tuple>(&call).expect("made as a tuple").items();
        let positional = downcast::<Tuple>(&items[1])
            .expect("checked before the start")
            .items();
        let keywords = items
            .get(2)
            .and_then(downcast::<Dict>)
            .map(Dict::to_vec)
            .unwrap_or_default();
        let mut values = positional.to_vec();
        values.extend(keywords.iter().map(|(_, value)| **value));
        let names: Vec<Value> = keywords.iter().map(|(name, _)| **name).collect();
        if operations::call(thread, items[0], &Args::with_names(&values, &names)).is_err() {
            show_uncaught(thread, "Exception ignored in thread started by a function:");
        }
    })
}

/// `_start(function, name, daemon)`: calls the function in a thread, which the interpreter waits
/// for at its end unless it is a daemon.
fn start(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [function, name, daemon] = args.exactly(thread, "_start")?;
    let name = operations::text(thread, name, "name")?;
    let daemon = operations::truth(thread, daemon)?;
    let heading = format!("Exception in thread {name}:");
    spawn(
        thread,
        name,
        daemon,
        function.to_ref(),
        move |thread, function| {
            if operations::call(thread, *function, &Args::new(&[])).is_err() {
                show_uncaught(thread, &heading);
            }
        },
    )
}

fn spawn(
    thread: &mut Thread,
    name: String,
    daemon: bool,
    what: Ref,
    body: impl FnOnce(&mut Thread, Ref) + Send + 'static,
) -> PyResult {
    let carried = Mutex::new(Some(Carried::new(thread, what)));
    let ident =
        selvedge_sync::seam::Arc::new((Mutex::new(None), selvedge_sync::seam::Condvar::new()));
    let told = selvedge_sync::seam::Arc::clone(&ident);
    let started = thread
        .interpreter()
        .clone()
        .spawn(name, daemon, move |thread| {
            *told.0.lock() = Some(thread.ident());
            told.1.notify_one();
            drop(told);
            let carried = carried.into_inner().expect("put there by the starter");
            let what = carried.get(thread);
            drop(carried);
            body(thread, what);
        });
    if let Err(error) = started {
        return Err(thread.raise_text(
            &exception::RUNTIME_ERROR,
            format!("can't start new thread: {error}"),
        ));
    }
    let ident = thread.detach(|| {
        let mut known = ident.0.lock();
        loop {
            match *known {
                Some(ident) => return ident,
                None => ident.1.wait(&mut known),
            }
        }
    });
    Ok(int::from_i64(ident as i64))
}
