//! What `sys` says about the VM, its numbers and its hooks.

use crate::structs;
use selvedge_interp::object::dict::Dict;
use selvedge_interp::object::float::Float;
use selvedge_interp::object::generator::AsyncHooks;
use selvedge_interp::object::int::{DEFAULT_LIMIT, LEAST_LIMIT};
use selvedge_interp::object::list::List;
use selvedge_interp::object::module::Module;
use selvedge_interp::object::native::{Args, NativeDef};
use selvedge_interp::object::set::Set;
use selvedge_interp::object::str::Str;
use selvedge_interp::object::tuple::Tuple;
use selvedge_interp::object::{exception, int, singletons};
use selvedge_interp::{PyResult, Ref, Thread, module_from_source, operations};

/// `sys._jit`: there is no compiler to machine code.
pub(super) static JIT: &[NativeDef] = &[
    NativeDef::function("is_active", no),
    NativeDef::function("is_available", no),
    NativeDef::function("is_enabled", no),
];

fn no(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [] = args.exactly(thread, "_jit")?;
    Ok(singletons::false_())
}

static FUNCTIONS: &[NativeDef] = &[
    NativeDef::function("__getattr__", |thread, args| {
        let [name] = args.exactly(thread, "__getattr__")?;
        let text = operations::text(thread, name, "attribute name")?;
        if text != "monitoring" {
            let text = format!("module 'sys' has no attribute '{text}'");
            return Err(thread.raise_text(&exception::ATTRIBUTE_ERROR, text));
        }
        // Few programs look at it: it is made when one does.
        let source = include_str!("../monitoring.py");
        let made = module_from_source(thread, "sys.monitoring", source)?;
        let key = thread.interpreter().intern("sys");
        if let Some(sys) = thread.interpreter().modules().get_name(*key) {
            operations::set_attr(thread, *sys, name, Some(*made))?;
        }
        Ok(made)
    }),
    // Instances' dictionaries and weak references are no entries of their class.
    NativeDef::function("_clear_type_descriptors", |thread, args| {
        let [_class] = args.exactly(thread, "_clear_type_descriptors")?;
        Ok(singletons::none())
    }),
    NativeDef::function("addaudithook", |thread, args| {
        let [_hook] = args.exactly(thread, "addaudithook")?;
        Ok(singletons::none())
    }),
    // Nothing listens.
    NativeDef::function("audit", |_, _| Ok(singletons::none())),
    NativeDef::function("call_tracing", |thread, args| {
        let [function, arguments] = args.exactly(thread, "call_tracing")?;
        let arguments = operations::collect(thread, arguments)?;
        let arguments: Vec<_> = arguments.iter().map(|argument| **argument).collect();
        operations::call(thread, function, &Args::new(&arguments))
    }),
    NativeDef::function("displayhook", |thread, args| {
        let [value] = args.exactly(thread, "displayhook")?;
        if !singletons::is_none(value) {
            let text = operations::repr_text(thread, value)?;
            selvedge_interp::output::write(thread, &format!("{text}\n"))?;
            let name = thread.interpreter().intern("_");
            thread
                .interpreter()
                .builtins()
                .set_name(name, value.to_ref());
        }
        Ok(singletons::none())
    }),
    NativeDef::function("excepthook", |thread, args| {
        let [_ty, exception, _traceback] = args.exactly(thread, "excepthook")?;
        selvedge_interp::show_exception(thread, exception);
        Ok(singletons::none())
    }),
    NativeDef::function("get_asyncgen_hooks", async_hooks),
    NativeDef::function("get_int_max_str_digits", |thread, args| {
        let [] = args.exactly(thread, "get_int_max_str_digits")?;
        let limit = thread.interpreter().int_digits_limit();
        Ok(int::from_i64(i64::from(limit)))
    }),
    NativeDef::function("set_int_max_str_digits", set_int_max_str_digits),
    NativeDef::function("getdefaultencoding", |_, _| Ok(Str::new("utf-8"))),
    NativeDef::function("getfilesystemencoding", |_, _| Ok(Str::new("utf-8"))),
    NativeDef::function("getfilesystemencodeerrors", |_, _| {
        Ok(Str::new("surrogateescape"))
    }),
    NativeDef::function("getprofile", |_, _| Ok(singletons::none())),
    NativeDef::function("getsizeof", |thread, args| {
        let [value, default] = args.bind(thread, "getsizeof", ["object", "default"], 1)?;
        match operations::call_method(thread, value.expect("required"), "__sizeof__", &[]) {
            Ok(size) => Ok(size),
            Err(raised) => match default {
                Some(default) => {
                    thread.swallow(raised, &exception::TYPE_ERROR)?;
                    Ok(default.to_ref())
                }
                None => Err(raised),
            },
        }
    }),
    NativeDef::function("gettrace", |_, _| Ok(singletons::none())),
    NativeDef::function("is_finalizing", |_, _| Ok(singletons::false_())),
    NativeDef::function("is_remote_debug_enabled", |_, _| Ok(singletons::false_())),
    NativeDef::function(
        "is_stack_trampoline_active",
        |_, _| Ok(singletons::false_()),
    ),
    NativeDef::function("set_asyncgen_hooks", set_async_hooks),
    NativeDef::function("unraisablehook", |thread, args| {
        let [unraisable] = args.exactly(thread, "unraisablehook")?;
        let exception = operations::get_attr_named(thread, unraisable, "exc_value")?;
        selvedge_interp::show_exception(thread, *exception);
        Ok(singletons::none())
    }),
];

/// `sys.get_asyncgen_hooks()`
fn async_hooks(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [] = args.exactly(thread, "get_asyncgen_hooks")?;
    let AsyncHooks { first, last } = thread.async_hooks().clone();
    let parts = vec![
        ("firstiter", first.unwrap_or_else(singletons::none)),
        ("finalizer", last.unwrap_or_else(singletons::none)),
    ];
    structs::single(thread, "builtins", "asyncgen_hooks", parts)
}

/// `sys.set_asyncgen_hooks([firstiter] [, finalizer])`
fn set_async_hooks(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let names = ["firstiter", "finalizer"];
    let given = args.bind(thread, "set_asyncgen_hooks", names, 0)?;
    let mut hooks = thread.async_hooks().clone();
    for ((new, name), hook) in given
        .into_iter()
        .zip(names)
        .zip([&mut hooks.first, &mut hooks.last])
    {
        match new {
            None => {}
            Some(new) if singletons::is_none(new) => *hook = None,
            Some(new) if new.ty().call().is_some() => *hook = Some(new.to_ref()),
            Some(new) => {
                let got = new.ty().name();
                let text = format!("callable {name} expected, got {got}");
                return Err(thread.type_error(text));
            }
        }
    }
    thread.set_async_hooks(hooks);
    Ok(singletons::none())
}

/// Puts it all into the module.
pub(super) fn fill(thread: &mut Thread, module: &Module) -> PyResult<()> {
    module.define(thread, "sys", FUNCTIONS);
    for name in ["displayhook", "excepthook", "unraisablehook"] {
        let key = thread.interpreter().intern(name);
        if let Some(hook) = module.namespace().get_name(*key) {
            module.set(thread, &format!("__{name}__"), hook);
        }
    }
    for (name, text) in [
        ("abiflags", ""),
        ("copyright", ""),
        ("exec_prefix", "/usr"),
        ("base_exec_prefix", "/usr"),
        ("prefix", "/usr"),
        ("base_prefix", "/usr"),
        ("float_repr_style", "short"),
        ("platlibdir", "lib"),
        ("ps1", ">>> "),
        ("ps2", "... "),
    ] {
        module.set(thread, name, Str::new(text));
    }
    let executable = std::env::current_exe()
        .map_or_else(|_| Str::new(""), |path| Str::new(&path.to_string_lossy()));
    module.set(thread, "_base_executable", executable.clone());
    module.set(thread, "executable", executable);
    for name in ["meta_path", "path_hooks", "warnoptions"] {
        module.set(thread, name, List::from_refs(Vec::new()));
    }
    for name in ["_xoptions", "path_importer_cache"] {
        module.set(thread, name, Dict::new());
    }
    let argv = thread.interpreter().settings().argv.clone();
    let argv = argv.iter().map(|argument| Str::new(argument)).collect();
    module.set(thread, "orig_argv", List::from_refs(argv));
    module.set(thread, "dont_write_bytecode", singletons::true_());
    module.set(thread, "pycache_prefix", singletons::none());
    module.set(thread, "api_version", int::from_i64(1013));
    let git = [Str::new("Selvedge"), Str::new(""), Str::new("")];
    module.set(thread, "_git", Tuple::from_refs(Vec::from(git)));
    let names = module_names(thread);
    let names = Set::frozen(thread, names)?;
    module.set(thread, "stdlib_module_names", names);
    for (name, parts) in numbers() {
        let class = name.to_owned();
        let made = structs::single(thread, "sys", &class, parts)?;
        module.set(thread, name, made);
    }
    Ok(())
}

/// The names of the modules that come with the VM.
fn module_names(thread: &mut Thread) -> Vec<Ref> {
    let native = thread.interpreter().settings().modules.clone();
    let native = native.iter().map(|module| module.name.to_owned());
    let pure = crate::library::names().map(str::to_owned);
    let names = native.chain(pure).filter(|name| !name.contains('.'));
    names.map(|name| Str::new(&name)).collect()
}

/// The tuples with names of numbers.
fn numbers() -> Vec<(&'static str, Vec<(&'static str, Ref)>)> {
    let int = int::from_i64;
    let flags = [
        "debug",
        "inspect",
        "interactive",
        "optimize",
        "dont_write_bytecode",
        "no_user_site",
        "no_site",
        "ignore_environment",
        "verbose",
        "bytes_warning",
        "quiet",
        "hash_randomization",
        "isolated",
    ];
    let mut all: Vec<(&'static str, Ref)> = flags
        .iter()
        .map(|name| (*name, int(i64::from(*name == "hash_randomization"))))
        .collect();
    all.extend([
        ("dev_mode", singletons::false_()),
        ("utf8_mode", int(1)),
        ("warn_default_encoding", int(0)),
        ("safe_path", singletons::false_()),
        ("int_max_str_digits", int(i64::from(DEFAULT_LIMIT))),
        ("gil", int(1)),
        ("thread_inherit_context", int(0)),
        ("context_aware_warnings", int(0)),
    ]);
    vec![
        ("flags", all),
        (
            "float_info",
            vec![
                ("max", Float::from_f64(f64::MAX)),
                ("max_exp", int(i64::from(f64::MAX_EXP))),
                ("max_10_exp", int(i64::from(f64::MAX_10_EXP))),
                ("min", Float::from_f64(f64::MIN_POSITIVE)),
                ("min_exp", int(i64::from(f64::MIN_EXP))),
                ("min_10_exp", int(i64::from(f64::MIN_10_EXP))),
                ("dig", int(i64::from(f64::DIGITS))),
                ("mant_dig", int(i64::from(f64::MANTISSA_DIGITS))),
                ("epsilon", Float::from_f64(f64::EPSILON)),
                ("radix", int(i64::from(f64::RADIX))),
                ("rounds", int(1)),
            ],
        ),
        (
            "int_info",
            vec![
                ("bits_per_digit", int(30)),
                ("sizeof_digit", int(4)),
                ("default_max_str_digits", int(i64::from(DEFAULT_LIMIT))),
                ("str_digits_check_threshold", int(i64::from(LEAST_LIMIT))),
            ],
        ),
        (
            "hash_info",
            vec![
                ("width", int(64)),
                ("modulus", int((1 << 61) - 1)),
                ("inf", int(314_159)),
                ("nan", int(0)),
                ("imag", int(1_000_003)),
                ("algorithm", Str::new("siphash13")),
                ("hash_bits", int(64)),
                ("seed_bits", int(128)),
                ("cutoff", int(0)),
            ],
        ),
        (
            "thread_info",
            vec![
                ("name", Str::new("pthread")),
                ("lock", Str::new("semaphore")),
                ("version", singletons::none()),
            ],
        ),
    ]
}

fn set_int_max_str_digits(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [limit] = args.bind(thread, "set_int_max_str_digits", ["maxdigits"], 1)?;
    let limit = operations::index(thread, limit.expect("required"))?;
    match u32::try_from(limit) {
        Ok(limit) if limit == 0 || limit >= LEAST_LIMIT => {
            thread.interpreter().set_int_digits_limit(limit);
            Ok(singletons::none())
        }
        _ => Err(thread.value_error(format!(
            "maxdigits must be >= {LEAST_LIMIT} or 0 for unlimited"
        ))),
    }
}
