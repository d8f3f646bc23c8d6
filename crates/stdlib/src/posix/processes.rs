//! The process, its surroundings, and others.

use super::{class_named, constants, descriptor, entropy, io, said, text_bytes};
use crate::structs;
use selvedge_interp::object::bytes::Bytes;
use selvedge_interp::object::float::Float;
use selvedge_interp::object::native::{Args, NativeDef};
use selvedge_interp::object::str::Str;
use selvedge_interp::object::tuple::Tuple;
use selvedge_interp::object::{int, singletons};
use selvedge_interp::{PyResult, Ref, Thread, operations};
use std::ffi::CStr;

macro_rules! number_of {
    ($name:literal, $call:ident) => {
        NativeDef::function($name, |thread, args| {
            let [] = args.exactly(thread, $name)?;
            // SAFETY: the call has no arguments and cannot fail.
            Ok(int::from_i64(i64::from(unsafe { libc::$call() })))
        })
    };
}

pub(super) static FUNCTIONS: &[NativeDef] = &[
    NativeDef::function("_exit", |thread, args| {
        let [status] = args.bind(thread, "_exit", ["status"], 1)?;
        let status = descriptor(thread, status.expect("required"))?;
        // SAFETY: ends the process; nothing of it is used any more.
        unsafe { libc::_exit(status) }
    }),
    NativeDef::function("abort", |_, _| std::process::abort()),
    NativeDef::function("cpu_count", |thread, args| {
        let [] = args.exactly(thread, "cpu_count")?;
        Ok(int::from_usize(
            selvedge_sync::seam::thread::available_parallelism(),
        ))
    }),
    number_of!("getegid", getegid),
    number_of!("geteuid", geteuid),
    number_of!("getgid", getgid),
    number_of!("getpgrp", getpgrp),
    number_of!("getpid", getpid),
    number_of!("getppid", getppid),
    number_of!("getuid", getuid),
    NativeDef::function("kill", |thread, args| {
        let [process, signal] = args.exactly(thread, "kill")?;
        let (process, signal) = (descriptor(thread, process)?, descriptor(thread, signal)?);
        io(thread, None, || {
            // SAFETY: the system checks both numbers.
            said(unsafe { libc::kill(process, signal) })
        })?;
        Ok(singletons::none())
    }),
    // What a program changes here is for processes that it starts: they get `os.environ`.
    NativeDef::function("putenv", |thread, args| {
        let [name, value] = args.exactly(thread, "putenv")?;
        for text in [name, value] {
            let data = text_bytes(thread, text)?;
            if data.contains(&0) {
                return Err(thread.value_error("embedded null byte"));
            }
        }
        Ok(singletons::none())
    }),
    NativeDef::function("sched_yield", |thread, args| {
        let [] = args.exactly(thread, "sched_yield")?;
        thread.detach(selvedge_sync::seam::thread::yield_now);
        Ok(singletons::none())
    }),
    NativeDef::function("strerror", |thread, args| {
        let [number] = args.exactly(thread, "strerror")?;
        let number = descriptor(thread, number)?;
        // SAFETY: the text is read before anybody else asks: this thread holds the lock, or
        // the library keeps the texts of known numbers for good.
        let text = unsafe { CStr::from_ptr(libc::strerror(number)) };
        Ok(Str::new(&text.to_string_lossy()))
    }),
    NativeDef::function("times", |thread, args| {
        let [] = args.exactly(thread, "times")?;
        // SAFETY: all zero is a value of the type, and the call fills it.
        let (all, elapsed, ticks) = unsafe {
            let mut all: libc::tms = std::mem::zeroed();
            let elapsed = libc::times(&raw mut all);
            (all, elapsed, libc::sysconf(libc::_SC_CLK_TCK))
        };
        let seconds = |count: i64| Float::from_f64(count as f64 / ticks as f64);
        let items = [
            all.tms_utime,
            all.tms_stime,
            all.tms_cutime,
            all.tms_cstime,
            elapsed,
        ];
        let class = class_named(thread, "times_result")?;
        structs::instance(thread, &class, items.into_iter().map(seconds).collect())
    }),
    NativeDef::function("sysconf", |thread, args| {
        let [name] = args.exactly(thread, "sysconf")?;
        let number = match name.as_int() {
            Some(number) => number as i32,
            None => {
                let text = operations::text(thread, name, "sysconf() argument 1")?;
                match constants::SYSTEM_NAMES
                    .iter()
                    .find(|(known, _)| *known == text)
                {
                    Some((_, number)) => *number,
                    None => return Err(thread.value_error("unrecognized configuration name")),
                }
            }
        };
        let value = io(thread, None, || {
            // SAFETY: the error's number is the thread's own; the system checks the number.
            let value = unsafe {
                *libc::__errno_location() = 0;
                libc::sysconf(number)
            };
            let error = std::io::Error::last_os_error();
            // -1 without an error says that there is no limit.
            if value == -1 && error.raw_os_error() != Some(0) {
                return Err(error);
            }
            Ok(value)
        })?;
        Ok(int::from_i64(value))
    }),
    NativeDef::function("umask", |thread, args| {
        let [mask] = args.exactly(thread, "umask")?;
        let mask = operations::index(thread, mask)? as u32;
        // SAFETY: takes any number.
        Ok(int::from_i64(i64::from(unsafe { libc::umask(mask) })))
    }),
    NativeDef::function("uname", |thread, args| {
        let [] = args.exactly(thread, "uname")?;
        // SAFETY: all zero is a value of the type, and the call fills it with texts.
        let name = unsafe {
            let mut name: libc::utsname = std::mem::zeroed();
            libc::uname(&raw mut name);
            name
        };
        let parts = [
            &name.sysname,
            &name.nodename,
            &name.release,
            &name.version,
            &name.machine,
        ];
        // SAFETY: each text ends in a zero.
        let parts = parts.map(|part| unsafe { CStr::from_ptr(part.as_ptr()) });
        let parts = parts.map(|part| Str::new(&part.to_string_lossy()));
        let class = class_named(thread, "uname_result")?;
        structs::instance(thread, &class, Vec::from(parts))
    }),
    NativeDef::function("unsetenv", |thread, args| {
        let [name] = args.exactly(thread, "unsetenv")?;
        text_bytes(thread, name)?;
        Ok(singletons::none())
    }),
    NativeDef::function("urandom", |thread, args| {
        let [count] = args.exactly(thread, "urandom")?;
        let Ok(count) = usize::try_from(operations::index(thread, count)?) else {
            return Err(thread.value_error("negative argument not allowed"));
        };
        Ok(Bytes::new(&entropy(thread, count)?))
    }),
    NativeDef::function("waitpid", |thread, args| {
        let [process, options] = args.exactly(thread, "waitpid")?;
        let (process, options) = (descriptor(thread, process)?, descriptor(thread, options)?);
        let mut status = 0;
        let found = io(thread, None, || {
            // SAFETY: the call writes a number where one is.
            said(unsafe { libc::waitpid(process, &raw mut status, options) })
        })?;
        let both = [found, status].map(|part| Ref::small(i64::from(part)));
        Ok(Tuple::from_refs(Vec::from(both)))
    }),
    NativeDef::function("waitstatus_to_exitcode", |thread, args| {
        let [status] = args.exactly(thread, "waitstatus_to_exitcode")?;
        let status = descriptor(thread, status)?;
        if libc::WIFEXITED(status) {
            return Ok(Ref::small(i64::from(libc::WEXITSTATUS(status))));
        }
        if libc::WIFSIGNALED(status) {
            return Ok(Ref::small(-i64::from(libc::WTERMSIG(status))));
        }
        Err(thread.value_error(format!("invalid wait status: {status}")))
    }),
    NativeDef::function("WIFEXITED", |thread, args| {
        let status = status(thread, args, "WIFEXITED")?;
        Ok(singletons::bool(libc::WIFEXITED(status)))
    }),
    NativeDef::function("WEXITSTATUS", |thread, args| {
        let status = status(thread, args, "WEXITSTATUS")?;
        Ok(Ref::small(i64::from(libc::WEXITSTATUS(status))))
    }),
    NativeDef::function("WIFSIGNALED", |thread, args| {
        let status = status(thread, args, "WIFSIGNALED")?;
        Ok(singletons::bool(libc::WIFSIGNALED(status)))
    }),
    NativeDef::function("WTERMSIG", |thread, args| {
        let status = status(thread, args, "WTERMSIG")?;
        Ok(Ref::small(i64::from(libc::WTERMSIG(status))))
    }),
    NativeDef::function("WIFSTOPPED", |thread, args| {
        let status = status(thread, args, "WIFSTOPPED")?;
        Ok(singletons::bool(libc::WIFSTOPPED(status)))
    }),
    NativeDef::function("WSTOPSIG", |thread, args| {
        let status = status(thread, args, "WSTOPSIG")?;
        Ok(Ref::small(i64::from(libc::WSTOPSIG(status))))
    }),
];

fn status(thread: &mut Thread, args: &Args<'_>, function: &str) -> PyResult<i32> {
    let [status] = args.exactly(thread, function)?;
    descriptor(thread, status)
}
