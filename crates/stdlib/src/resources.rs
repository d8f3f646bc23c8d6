//! The module `resource`: what a process may use, and has used.

use crate::structs;
use selvedge_interp::object::float::Float;
use selvedge_interp::object::module::Module;
use selvedge_interp::object::native::{Args, NativeDef};
use selvedge_interp::object::tuple::Tuple;
use selvedge_interp::object::{downcast, exception, int, singletons};
use selvedge_interp::{PyResult, Ref, Thread, Value, operations, output};

macro_rules! limits {
    ($($name:ident)+) => {
        &[$((stringify!($name), libc::$name as i32),)+]
    };
}

static LIMITS: &[(&str, i32)] = limits! {
    RLIMIT_AS RLIMIT_CORE RLIMIT_CPU RLIMIT_DATA RLIMIT_FSIZE RLIMIT_MEMLOCK RLIMIT_MSGQUEUE
    RLIMIT_NICE RLIMIT_NOFILE RLIMIT_NPROC RLIMIT_RSS RLIMIT_RTPRIO RLIMIT_RTTIME
    RLIMIT_SIGPENDING RLIMIT_STACK
};

static USES: &[(&str, i32)] = &[
    ("RUSAGE_CHILDREN", libc::RUSAGE_CHILDREN),
    ("RUSAGE_SELF", libc::RUSAGE_SELF),
    ("RUSAGE_THREAD", libc::RUSAGE_THREAD),
];

static USE_FIELDS: &[&str] = &[
    "ru_utime",
    "ru_stime",
    "ru_maxrss",
    "ru_ixrss",
    "ru_idrss",
    "ru_isrss",
    "ru_minflt",
    "ru_majflt",
    "ru_nswap",
    "ru_inblock",
    "ru_oublock",
    "ru_msgsnd",
    "ru_msgrcv",
    "ru_nsignals",
    "ru_nvcsw",
    "ru_nivcsw",
];

static FUNCTIONS: &[NativeDef] = &[
    NativeDef::function("getpagesize", |thread, args| {
        let [] = args.exactly(thread, "getpagesize")?;
        // SAFETY: asks for a number.
        Ok(int::from_i64(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }))
    }),
    NativeDef::function("getrlimit", |thread, args| {
        let [resource] = args.exactly(thread, "getrlimit")?;
        let resource = limit_number(thread, resource)?;
        let mut limit = libc::rlimit {
            rlim_cur: 0,
            rlim_max: 0,
        };
        // SAFETY: the call writes a limit where one is.
        let said = unsafe { libc::getrlimit(resource as _, &raw mut limit) };
        checked(thread, said)?;
        // What has no limit is -1 in Python, as it is to the system.
        let both = [limit.rlim_cur, limit.rlim_max].map(|part| int::from_i64(part as i64));
        Ok(Tuple::from_refs(Vec::from(both)))
    }),
    NativeDef::function("getrusage", |thread, args| {
        let [who] = args.exactly(thread, "getrusage")?;
        let who = operations::index(thread, who)?;
        let Some((_, who)) = USES.iter().find(|(_, known)| i64::from(*known) == who) else {
            return Err(thread.value_error("invalid who parameter"));
        };
        usage(thread, *who)
    }),
    NativeDef::function("setrlimit", set_limit),
];

pub(crate) fn make(thread: &mut Thread) -> PyResult {
    let new = Module::new(thread, "resource", FUNCTIONS);
    let module = downcast::<Module>(&new).expect("just made");
    for (name, number) in LIMITS.iter().chain(USES) {
        module.set(thread, name, Ref::small(i64::from(*number)));
    }
    module.set(thread, "RLIM_INFINITY", Ref::small(-1));
    module.set(thread, "error", exception::OS_ERROR.value().to_ref());
    let class = structs::class(thread, "resource", "struct_rusage", USE_FIELDS, &[])?;
    module.set(thread, "struct_rusage", class);
    Ok(new)
}

fn limit_number(thread: &mut Thread, resource: Value) -> PyResult<i32> {
    let number = operations::index(thread, resource)?;
    match LIMITS.iter().find(|(_, known)| i64::from(*known) == number) {
        Some((_, known)) => Ok(*known),
        None => Err(thread.value_error("invalid resource specified")),
    }
}

fn checked(thread: &mut Thread, said: i32) -> PyResult<()> {
    if said == 0 {
        return Ok(());
    }
    let error = std::io::Error::last_os_error();
    Err(match error.raw_os_error() {
        Some(libc::EINVAL) => thread.value_error("current limit exceeds maximum limit"),
        Some(libc::EPERM) => thread.value_error("not allowed to raise maximum limit"),
        _ => output::raise_io(thread, &error),
    })
}

/// `setrlimit(resource, limits)`
fn set_limit(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [resource, limits] = args.exactly(thread, "setrlimit")?;
    let resource = limit_number(thread, resource)?;
    let limits = operations::collect(thread, limits)?;
    let [soft, hard] = &limits[..] else {
        return Err(thread.value_error("expected a tuple of 2 integers"));
    };
    let limit = libc::rlimit {
        rlim_cur: operations::index(thread, **soft)? as libc::rlim_t,
        rlim_max: operations::index(thread, **hard)? as libc::rlim_t,
    };
    // SAFETY: the call reads a limit where one is.
    let said = unsafe { libc::setrlimit(resource as _, &raw const limit) };
    checked(thread, said)?;
    Ok(singletons::none())
}

fn usage(thread: &mut Thread, who: i32) -> PyResult {
    // SAFETY: all zero is a value of the type, and the call fills it.
    let (said, used) = unsafe {
        let mut used: libc::rusage = std::mem::zeroed();
        (libc::getrusage(who, &raw mut used), used)
    };
    checked(thread, said)?;
    let times = [used.ru_utime, used.ru_stime];
    let times = times.map(|time| Float::from_f64(time.tv_sec as f64 + time.tv_usec as f64 * 1e-6));
    let counts = [
        used.ru_maxrss,
        used.ru_ixrss,
        used.ru_idrss,
        used.ru_isrss,
        used.ru_minflt,
        used.ru_majflt,
        used.ru_nswap,
        used.ru_inblock,
        used.ru_oublock,
        used.ru_msgsnd,
        used.ru_msgrcv,
        used.ru_nsignals,
        used.ru_nvcsw,
        used.ru_nivcsw,
    ];
    let items = times.into_iter().chain(counts.map(int::from_i64)).collect();
    let key = thread.interpreter().intern("resource");
    let Some(module) = thread.interpreter().modules().get_name(*key) else {
        return Err(thread.raise_text(&exception::RUNTIME_ERROR, "the module resource is gone"));
    };
    let class = operations::get_attr_named(thread, *module, "struct_rusage")?;
    structs::instance(thread, &class, items)
}
