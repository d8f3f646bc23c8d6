//! The locks of `_thread`: `lock` and `RLock`.

use selvedge_interp::object::float;
use selvedge_interp::object::native::{Args, NativeDef};
use selvedge_interp::object::{
    Base, Object, Payload, Slots, Type, allocate, class, downcast, exception, singletons,
};
use selvedge_interp::references;
use selvedge_interp::{PyResult, Thread, Value};
use selvedge_sync::seam::clock::{Duration, Instant};
use selvedge_sync::seam::{Condvar, Mutex};

/// Who holds a lock, and how often.
#[derive(Clone, Copy, Debug, Default)]
struct Held {
    /// The holder's ident; 0 is nobody.
    by: u64,
    times: u64,
}

/// A lock that is held once, or by one thread several times.
#[repr(C)]
pub(crate) struct Lock {
    object: Object,
    reentrant: bool,
    held: Mutex<Held>,
    released: Condvar,
}

const METHODS: &[NativeDef] = &[
    NativeDef::method("acquire", acquire),
    NativeDef::method("release", release),
    NativeDef::method("locked", |thread, args| {
        let [this] = args.exactly(thread, "locked")?;
        let held = lock(thread, &this)?.held.lock().times > 0;
        Ok(singletons::bool(held))
    }),
    NativeDef::method("__enter__", acquire),
    NativeDef::method("__exit__", |thread, args| {
        let (this, _) = args.split_receiver();
        release(thread, &Args::new(&[this]))
    }),
    NativeDef::method("_is_owned", |thread, args| {
        let [this] = args.exactly(thread, "_is_owned")?;
        let held = *lock(thread, &this)?.held.lock();
        Ok(singletons::bool(
            held.times > 0 && held.by == thread.ident(),
        ))
    }),
    NativeDef::method("_release_save", |thread, args| {
        let [this] = args.exactly(thread, "_release_save")?;
        let this = lock(thread, &this)?;
        let before = core::mem::take(&mut *this.held.lock());
        this.released.notify_one();
        Ok(selvedge_interp::object::int::from_i64(before.times as i64))
    }),
    NativeDef::method("_acquire_restore", |thread, args| {
        let [this, times] = args.exactly(thread, "_acquire_restore")?;
        let times = selvedge_interp::operations::index(thread, times)?;
        let this = lock(thread, &this)?;
        take(thread, this, Patience::Endless);
        this.held.lock().times = times.unsigned_abs();
        Ok(singletons::none())
    }),
];

macro_rules! lock_type {
    ($(#[$doc:meta])* $name:ident, $text:literal, $reentrant:literal) => {
        $(#[$doc])*
        pub(crate) static $name: Type = Type::builtin(
            $text,
            Base::One(&class::OBJECT_TYPE),
            Slots {
                construct: Some(|thread, _, args| {
                    let [] = args.exactly(thread, $text)?;
                    Ok(allocate(Lock {
                        object: Object::new(&$name),
                        reentrant: $reentrant,
                        held: Mutex::new(Held::default()),
                        released: Condvar::new(),
                    }))
                }),
                ..Slots::of::<Lock>()
            },
            METHODS,
        )
        .in_module("_thread");
    };
}

lock_type!(
    /// The type `lock`.
    LOCK_TYPE, "lock", false);
lock_type!(
    /// The type `RLock`.
    RLOCK_TYPE, "RLock", true);

// SAFETY: `Lock` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for Lock {
    const TYPE: &'static Type = &LOCK_TYPE;

    references!();
}

/// How long to wait.
#[derive(Clone, Copy)]
enum Patience {
    None,
    Until(Instant),
    Endless,
}

fn lock<'a>(thread: &mut Thread, value: &'a Value) -> PyResult<&'a Lock> {
    if value.is_exactly(&RLOCK_TYPE) {
        // SAFETY: both types are laid out as `Lock`.
        return Ok(unsafe { &*value.pointer().cast::<Lock>() });
    }
    downcast::<Lock>(value).ok_or_else(|| thread.type_error("a method of a lock needs a lock"))
}

fn acquire(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let (this, rest) = args.split_receiver();
    let [blocking, timeout] = rest.bind(thread, "acquire", ["blocking", "timeout"], 0)?;
    let blocking = match blocking {
        Some(blocking) => selvedge_interp::operations::truth(thread, blocking)?,
        None => true,
    };
    let timeout = match timeout {
        Some(timeout) => float::require(thread, timeout)?,
        None => -1.0,
    };
    let patience = match (blocking, timeout) {
        (false, -1.0) => Patience::None,
        (false, _) => {
            return Err(thread.value_error("can't specify a timeout for a non-blocking call"));
        }
        (true, -1.0) => Patience::Endless,
        (true, timeout) if timeout < 0.0 => {
            return Err(thread.value_error("timeout value must be a non-negative number"));
        }
        (true, timeout) => match Duration::try_from_secs_f64(timeout)
            .ok()
            .and_then(|wait| Instant::now().checked_add(wait))
        {
            Some(deadline) => Patience::Until(deadline),
            None => {
                return Err(
                    thread.raise_text(&exception::OVERFLOW_ERROR, "timeout value is too large")
                );
            }
        },
    };
    let this = lock(thread, &this)?;
    Ok(singletons::bool(take(thread, this, patience)))
}

/// Takes the lock; returns whether it did in time.
fn take(thread: &mut Thread, lock: &Lock, patience: Patience) -> bool {
    let me = thread.ident();
    let try_take = |held: &mut Held| {
        let free = held.times == 0 || (lock.reentrant && held.by == me);
        if free {
            *held = Held {
                by: me,
                times: held.times + 1,
            };
        }
        free
    };
    if try_take(&mut lock.held.lock()) {
        return true;
    }
    match patience {
        Patience::None => false,
        Patience::Endless => thread.detach(|| {
            let mut held = lock.held.lock();
            while !try_take(&mut held) {
                lock.released.wait(&mut held);
            }
            true
        }),
        Patience::Until(deadline) => thread.detach(|| {
            let mut held = lock.held.lock();
            loop {
                if try_take(&mut held) {
                    return true;
                }
                if lock.released.wait_until(&mut held, deadline) {
                    // Released at the last moment, it is taken all the same.
                    return try_take(&mut held);
                }
            }
        }),
    }
}

fn release(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [this] = args.exactly(thread, "release")?;
    let this = lock(thread, &this)?;
    let mut held = this.held.lock();
    if held.times == 0 || (this.reentrant && held.by != thread.ident()) {
        drop(held);
        let text = if this.reentrant {
            "cannot release un-acquired lock"
        } else {
            "release unlocked lock"
        };
        return Err(thread.raise_text(&exception::RUNTIME_ERROR, text));
    }
    held.times -= 1;
    let free = held.times == 0;
    drop(held);
    if free {
        this.released.notify_one();
    }
    Ok(singletons::none())
}
