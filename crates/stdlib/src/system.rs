//! The module `sys`.

mod describe;

use crate::streams::{self, Kind};
use crate::structs;
use selvedge_interp::object::exception;
use selvedge_interp::object::float::{self, Float};
use selvedge_interp::object::frame::FrameView;
use selvedge_interp::object::list::List;
use selvedge_interp::object::module::Module;
use selvedge_interp::object::native::{Args, NativeDef};
use selvedge_interp::object::str::{STR_TYPE, Str};
use selvedge_interp::object::tuple::Tuple;
use selvedge_interp::object::{downcast, int, singletons};
use selvedge_interp::operations;
use selvedge_interp::{PyResult, Ref, Thread, module_from_source};
use selvedge_sync::seam::clock::Duration;

/// The language's version: that of the CPython whose behaviour is the measure.
const VERSION: [i64; 3] = [3, 14, 0];

static FUNCTIONS: &[NativeDef] = &[
    NativeDef::function("_is_gil_enabled", |thread, args| {
        let [] = args.exactly(thread, "_is_gil_enabled")?;
        Ok(singletons::bool(thread.interpreter().settings().gil))
    }),
    NativeDef::function("_getframe", |thread, args| {
        let depth = depth(thread, args, "_getframe")?;
        FrameView::of_caller(thread, depth)
            .ok_or_else(|| thread.value_error("call stack is not deep enough"))
    }),
    NativeDef::function("_getframemodulename", |thread, args| {
        let [depth] = args.bind(thread, "_getframemodulename", ["depth"], 0)?;
        let depth = match depth {
            Some(depth) => operations::index(thread, depth)?,
            None => 0,
        };
        let depth = usize::try_from(depth).unwrap_or(0);
        let name = FrameView::module_of_caller(thread, depth);
        Ok(name.unwrap_or_else(singletons::none))
    }),
    NativeDef::function("exc_info", exc_info),
    NativeDef::function("exception", |thread, args| {
        let [] = args.exactly(thread, "exception")?;
        Ok(thread.handled().unwrap_or_else(singletons::none))
    }),
    NativeDef::function("exit", exit),
    NativeDef::function("getrecursionlimit", |thread, args| {
        let [] = args.exactly(thread, "getrecursionlimit")?;
        Ok(int::from_i64(i64::from(thread.recursion_limit())))
    }),
    NativeDef::function("getswitchinterval", |thread, args| {
        let [] = args.exactly(thread, "getswitchinterval")?;
        Ok(Float::from_f64(
            thread.interpreter().gil().switch_interval().as_secs_f64(),
        ))
    }),
    NativeDef::function("intern", |thread, args| {
        let [string] = args.exactly(thread, "intern")?;
        if !string.is_exactly(&STR_TYPE) {
            let name = string.ty().name();
            return Err(thread.type_error(format!("can't intern {name}")));
        }
        Ok(thread.interpreter().intern_string(string.to_ref()))
    }),
    NativeDef::function("setrecursionlimit", |thread, args| {
        let [limit] = args.exactly(thread, "setrecursionlimit")?;
        match u32::try_from(operations::index(thread, limit)?) {
            Ok(limit) if limit > 0 => {
                thread.set_recursion_limit(limit);
                Ok(singletons::none())
            }
            _ => Err(thread.value_error("recursion limit must be greater or equal than 1")),
        }
    }),
    NativeDef::function("setswitchinterval", set_switch_interval),
];

pub(crate) fn make(thread: &mut Thread) -> PyResult {
    let module = Module::new(thread, "sys", FUNCTIONS);
    let this = downcast::<Module>(&module).expect("just made");
    let argv = thread
        .interpreter()
        .settings()
        .argv
        .iter()
        .map(|arg| Str::new(arg))
        .collect();
    this.set(thread, "argv", List::from_refs(argv));
    let modules = thread.interpreter().modules_value().to_ref();
    this.set(thread, "modules", modules);
    let path = thread.interpreter().settings().path.clone();
    let path = path.iter().map(|entry| Str::new(entry)).collect();
    this.set(thread, "path", List::from_refs(path));
    let jit = Module::new(thread, "sys._jit", describe::JIT);
    this.set(thread, "_jit", jit);
    let native = thread.interpreter().settings().modules.iter();
    let mut native: Vec<&str> = native.map(|module| module.name).collect();
    native.push("builtins");
    native.sort_unstable();
    let native = native.into_iter().map(Str::new).collect();
    this.set(thread, "builtin_module_names", Tuple::from_refs(native));
    let byte_order = if cfg!(target_endian = "little") {
        "little"
    } else {
        "big"
    };
    this.set(thread, "byteorder", Str::new(byte_order));
    let [major, minor, micro] = VERSION;
    // As CPython packs it: a byte each, then `f0` for a final release.
    let packed = (major << 24) | (minor << 16) | (micro << 8) | 0xf0;
    this.set(thread, "hexversion", int::from_i64(packed));
    this.set(thread, "maxunicode", int::from_i64(0x10_ffff));
    this.set(thread, "maxsize", int::from_i64(i64::MAX));
    this.set(thread, "platform", Str::new(std::env::consts::OS));
    this.set(
        thread,
        "version",
        Str::new(&format!(
            "{major}.{minor}.{micro} (Selvedge {})",
            env!("CARGO_PKG_VERSION")
        )),
    );
    let [major, minor, micro] = VERSION.map(int::from_i64);
    let parts = vec![
        ("major", major),
        ("minor", minor),
        ("micro", micro),
        ("releaselevel", Str::new("final")),
        ("serial", int::from_i64(0)),
    ];
    let version = structs::single(thread, "sys", "version_info", parts)?;
    this.set(thread, "version_info", version.clone());
    let implementation = implementation(thread, version, packed)?;
    this.set(thread, "implementation", implementation);
    for (name, kind) in [
        ("stdin", Kind::Input),
        ("stdout", Kind::Output),
        ("stderr", Kind::Error),
    ] {
        let stream = streams::make(kind, true);
        this.set(thread, &format!("__{name}__"), stream.clone());
        this.set(thread, name, stream);
    }
    describe::fill(thread, this)?;
    Ok(module)
}

/// How many calls further out.
fn depth(thread: &mut Thread, args: &Args<'_>, function: &str) -> PyResult<usize> {
    match args.between(thread, function, 0, 1)? {
        [depth] => Ok(usize::try_from(operations::index(thread, *depth)?).unwrap_or(0)),
        _ => Ok(0),
    }
}

/// `sys.implementation`.
fn implementation(thread: &mut Thread, version: Ref, packed: i64) -> PyResult {
    let parts = [
        ("name", Str::new("selvedge")),
        ("cache_tag", singletons::none()),
        ("version", version),
        ("hexversion", int::from_i64(packed)),
    ];
    namespace(thread, parts)
}

/// An object that is its attributes.
pub(crate) fn namespace<const N: usize>(thread: &mut Thread, parts: [(&str, Ref); N]) -> PyResult {
    let key = thread.interpreter().intern("_namespace");
    let module = match thread.interpreter().modules().get_name(*key) {
        Some(known) => known,
        None => module_from_source(thread, "_namespace", include_str!("namespace.py"))?,
    };
    let made = operations::call_method(thread, *module, "SimpleNamespace", &[])?;
    for (name, value) in parts {
        let name = thread.interpreter().intern(name);
        operations::set_attr(thread, *made, *name, Some(*value))?;
    }
    Ok(made)
}

fn exit(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let status = args.between(thread, "exit", 0, 1)?;
    Err(thread.raise_with(&exception::SYSTEM_EXIT, status))
}

fn exc_info(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [] = args.exactly(thread, "exc_info")?;
    let none = singletons::none;
    Ok(Tuple::from_refs(match thread.handled() {
        Some(handled) => vec![handled.ty().value().to_ref(), handled, none()],
        None => vec![none(), none(), none()],
    }))
}

fn set_switch_interval(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [value] = args.exactly(thread, "setswitchinterval")?;
    let seconds = float::require(thread, value)?;
    match Duration::try_from_secs_f64(seconds) {
        Ok(interval) if interval >= Duration::from_micros(1) => {
            thread.interpreter().gil().set_switch_interval(interval);
            Ok(singletons::none())
        }
        _ => Err(thread.value_error("switch interval must be strictly positive")),
    }
}
