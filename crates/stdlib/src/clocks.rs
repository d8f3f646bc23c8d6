//! The module `time`.

use crate::calendar_times;
use crate::system::namespace;
use selvedge_interp::object::float::{self, Float};
use selvedge_interp::object::module::Module;
use selvedge_interp::object::native::{Args, NativeDef};
use selvedge_interp::object::str::Str;
use selvedge_interp::object::{downcast, int, singletons};
use selvedge_interp::{PyResult, Thread, operations};
use selvedge_sync::seam::clock::{Duration, Instant};
use selvedge_sync::seam::{OnceLock, thread as system};
use std::time::{SystemTime, UNIX_EPOCH};

static FUNCTIONS: &[NativeDef] = &[
    NativeDef::function("get_clock_info", |thread, args| {
        let [name] = args.exactly(thread, "get_clock_info")?;
        let name = operations::text(thread, name, "get_clock_info() argument 1")?;
        let Some((_, clock, call)) = CLOCKS.iter().find(|(known, ..)| *known == name) else {
            return Err(thread.value_error("unknown clock"));
        };
        let seconds = Float::from_f64(resolution(*clock).as_secs_f64());
        let is_wall = *clock == libc::CLOCK_REALTIME;
        let parts = [
            ("implementation", Str::new(call)),
            ("monotonic", singletons::bool(!is_wall)),
            ("adjustable", singletons::bool(is_wall)),
            ("resolution", seconds),
        ];
        namespace(thread, parts)
    }),
    NativeDef::function("monotonic", |thread, args| {
        seconds(thread, args, since_start)
    }),
    NativeDef::function("monotonic_ns", |thread, args| {
        nanoseconds(thread, args, since_start)
    }),
    NativeDef::function("perf_counter", |thread, args| {
        seconds(thread, args, since_start)
    }),
    NativeDef::function("perf_counter_ns", |thread, args| {
        nanoseconds(thread, args, since_start)
    }),
    NativeDef::function("process_time", |thread, args| {
        seconds(thread, args, || used(libc::CLOCK_PROCESS_CPUTIME_ID))
    }),
    NativeDef::function("process_time_ns", |thread, args| {
        nanoseconds(thread, args, || used(libc::CLOCK_PROCESS_CPUTIME_ID))
    }),
    NativeDef::function("sleep", sleep),
    NativeDef::function("thread_time", |thread, args| {
        seconds(thread, args, || used(libc::CLOCK_THREAD_CPUTIME_ID))
    }),
    NativeDef::function("thread_time_ns", |thread, args| {
        nanoseconds(thread, args, || used(libc::CLOCK_THREAD_CPUTIME_ID))
    }),
    NativeDef::function("time", |thread, args| seconds(thread, args, since_epoch)),
    NativeDef::function("time_ns", |thread, args| {
        nanoseconds(thread, args, since_epoch)
    }),
];

pub(crate) fn make(thread: &mut Thread) -> PyResult {
    since_start();
    let new = Module::new(thread, "time", FUNCTIONS);
    let module = downcast::<Module>(&new).expect("just made");
    module.define(thread, "time", calendar_times::FUNCTIONS);
    calendar_times::fill(thread, module)?;
    Ok(new)
}

pub(crate) fn since_start() -> Duration {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
}

pub(crate) fn since_epoch() -> Duration {
    // A clock set before 1970 reads as 1970.
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}

/// The clocks that have a name, and how they are read.
static CLOCKS: &[(&str, libc::clockid_t, &str)] = &[
    (
        "monotonic",
        libc::CLOCK_MONOTONIC,
        "clock_gettime(CLOCK_MONOTONIC)",
    ),
    (
        "perf_counter",
        libc::CLOCK_MONOTONIC,
        "clock_gettime(CLOCK_MONOTONIC)",
    ),
    (
        "process_time",
        libc::CLOCK_PROCESS_CPUTIME_ID,
        "clock_gettime(CLOCK_PROCESS_CPUTIME_ID)",
    ),
    (
        "thread_time",
        libc::CLOCK_THREAD_CPUTIME_ID,
        "clock_gettime(CLOCK_THREAD_CPUTIME_ID)",
    ),
    (
        "time",
        libc::CLOCK_REALTIME,
        "clock_gettime(CLOCK_REALTIME)",
    ),
];

/// The least difference between two times of a clock.
fn resolution(clock: libc::clockid_t) -> Duration {
    let mut least = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the call writes a time where one is; the system has these clocks.
    unsafe { libc::clock_getres(clock, &raw mut least) };
    Duration::new(least.tv_sec.unsigned_abs(), least.tv_nsec as u32)
}

/// How long the process or the thread has been computing.
fn used(clock: libc::clockid_t) -> Duration {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the call writes a time where one is; the system has these clocks.
    unsafe { libc::clock_gettime(clock, &raw mut time) };
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
}

fn seconds(thread: &mut Thread, args: &Args<'_>, clock: fn() -> Duration) -> PyResult {
    let [] = args.exactly(thread, "clock")?;
    Ok(Float::from_f64(clock().as_secs_f64()))
}

fn nanoseconds(thread: &mut Thread, args: &Args<'_>, clock: fn() -> Duration) -> PyResult {
    let [] = args.exactly(thread, "clock")?;
    Ok(int::from_i64(clock().as_nanos() as i64))
}

fn sleep(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [value] = args.exactly(thread, "sleep")?;
    let seconds = float::require(thread, value)?;
    if seconds < 0.0 {
        return Err(thread.value_error("sleep length must be non-negative"));
    }
    match Duration::try_from_secs_f64(seconds) {
        Ok(duration) => {
            thread.detach(|| system::sleep(duration));
            Ok(singletons::none())
        }
        Err(_) => Err(thread.value_error("timestamp out of range for platform time_t")),
    }
}
