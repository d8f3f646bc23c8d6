//! The module `_signal`: the numbers of signals, and whether the process minds them.

use selvedge_interp::object::module::Module;
use selvedge_interp::object::native::{Args, NativeDef};
use selvedge_interp::object::set::Set;
use selvedge_interp::object::str::Str;
use selvedge_interp::object::{downcast, exception, int, singletons};
use selvedge_interp::{PyResult, Ref, Thread, operations, output};
use std::ffi::CStr;

macro_rules! numbers {
    ($($name:ident)+) => {
        &[$((stringify!($name), libc::$name),)+]
    };
}

static NUMBERS: &[(&str, i32)] = numbers! {
    SIGABRT SIGALRM SIGBUS SIGCHLD SIGCONT SIGFPE SIGHUP SIGILL SIGINT SIGIO SIGKILL SIGPIPE SIGPROF
    SIGPWR SIGQUIT SIGSEGV SIGSTKFLT SIGSTOP SIGSYS SIGTERM SIGTRAP SIGTSTP SIGTTIN SIGTTOU SIGURG
    SIGUSR1 SIGUSR2 SIGVTALRM SIGWINCH SIGXCPU SIGXFSZ
    SIG_BLOCK SIG_UNBLOCK SIG_SETMASK
};

/// `SIG_DFL`
const DEFAULT: i64 = 0;
/// `SIG_IGN`
const IGNORE: i64 = 1;
/// One more than the highest number.
const COUNT: i64 = 65;

static FUNCTIONS: &[NativeDef] = &[
    NativeDef::function("default_int_handler", |thread, _| {
        Err(thread.raise_with(&exception::KEYBOARD_INTERRUPT, &[]))
    }),
    NativeDef::function("getsignal", |thread, args| {
        let [signal] = args.exactly(thread, "getsignal")?;
        let signal = number(thread, signal)?;
        handler(thread, signal)
    }),
    NativeDef::function("raise_signal", |thread, args| {
        let [signal] = args.exactly(thread, "raise_signal")?;
        let signal = number(thread, signal)?;
        // SAFETY: the system checks the number.
        if unsafe { libc::raise(signal) } != 0 {
            let error = std::io::Error::last_os_error();
            return Err(output::raise_io(thread, &error));
        }
        Ok(singletons::none())
    }),
    NativeDef::function("signal", set_handler),
    NativeDef::function("strsignal", |thread, args| {
        let [signal] = args.exactly(thread, "strsignal")?;
        let signal = number(thread, signal)?;
        // SAFETY: the library keeps the texts of known numbers for good.
        let text = unsafe { libc::strsignal(signal) };
        if text.is_null() {
            return Ok(singletons::none());
        }
        // SAFETY: a text that ends in a zero.
        let text = unsafe { CStr::from_ptr(text) };
        Ok(Str::new(&text.to_string_lossy()))
    }),
    NativeDef::function("valid_signals", |thread, args| {
        let [] = args.exactly(thread, "valid_signals")?;
        // The library keeps two for itself.
        let all = (1..COUNT).filter(|signal| !(32..34).contains(signal));
        let all: Vec<Ref> = all.map(int::from_i64).collect();
        Set::frozen(thread, all)
    }),
];

fn number(thread: &mut Thread, signal: selvedge_interp::Value) -> PyResult<i32> {
    let signal = operations::index(thread, signal)?;
    if (1..COUNT).contains(&signal) {
        Ok(signal as i32)
    } else {
        Err(thread.value_error("signal number out of range"))
    }
}

/// What happens on a signal, as `signal.signal` would be given it.
fn handler(thread: &mut Thread, signal: i32) -> PyResult {
    // SAFETY: all zero is a value of the type; nothing is set, and the old action is written.
    let action = unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        libc::sigaction(signal, core::ptr::null(), &raw mut action);
        action
    };
    if signal == libc::SIGINT && action.sa_sigaction > IGNORE as usize {
        let key = thread.interpreter().intern("_signal");
        if let Some(module) = thread.interpreter().modules().get_name(*key) {
            return operations::get_attr_named(thread, *module, "default_int_handler");
        }
    }
    Ok(match action.sa_sigaction {
        libc::SIG_IGN => int::from_i64(IGNORE),
        _ => int::from_i64(DEFAULT),
    })
}

/// `signal(signalnum, handler)`, for the two handlers that are not written in Python.
fn set_handler(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [signal, new] = args.exactly(thread, "signal")?;
    let signal = number(thread, signal)?;
    let old = handler(thread, signal)?;
    let action = match new.as_int() {
        Some(DEFAULT) => libc::SIG_DFL,
        Some(IGNORE) => libc::SIG_IGN,
        _ if new.ty().call().is_some() && old.is(new) => return Ok(old),
        _ if new.ty().call().is_some() => {
            let text = "handlers of signals that are written in Python are not called yet";
            return Err(thread.raise_text(&exception::NOT_IMPLEMENTED_ERROR, text));
        }
        _ => {
            let text =
                "signal handler must be signal.SIG_IGN, signal.SIG_DFL, or a callable object";
            return Err(thread.type_error(text));
        }
    };
    // SAFETY: one of the two actions that run no code.
    if unsafe { libc::signal(signal, action) } == libc::SIG_ERR {
        let error = std::io::Error::last_os_error();
        return Err(output::raise_io(thread, &error));
    }
    Ok(old)
}

pub(crate) fn make(thread: &mut Thread) -> PyResult {
    let new = Module::new(thread, "_signal", FUNCTIONS);
    let module = downcast::<Module>(&new).expect("just made");
    for (name, number) in NUMBERS {
        module.set(thread, name, int::from_i64(i64::from(*number)));
    }
    for (name, number) in [("SIG_DFL", DEFAULT), ("SIG_IGN", IGNORE), ("NSIG", COUNT)] {
        module.set(thread, name, int::from_i64(number));
    }
    Ok(new)
}
