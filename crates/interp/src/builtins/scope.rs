//! The functions that look at names, run texts, and read from outside.

use crate::error::{PyResult, Raised};
use crate::import::{self, Import};
use crate::object::bytes::bytes_of;
use crate::object::code::Code;
use crate::object::dict::Dict;
use crate::object::list::List;
use crate::object::module::Module;
use crate::object::native::{Args, NativeDef};
use crate::object::str::{Str, encode, name_text};
use crate::object::{class, downcast, exception, singletons};
use crate::operations;
use crate::output;
use crate::run;
use crate::source;
use crate::thread::Thread;
use crate::value::{Ref, Value};
use selvedge_compiler::Mode;
use std::io::BufRead;

pub(crate) static FUNCTIONS: &[NativeDef] = &[
    NativeDef::function("__import__", import_function),
    NativeDef::function("compile", compile),
    NativeDef::function("dir", dir),
    NativeDef::function("eval", |thread, args| {
        evaluate(thread, args, "eval", Mode::Eval)
    }),
    NativeDef::function("exec", |thread, args| {
        evaluate(thread, args, "exec", Mode::Exec)?;
        Ok(singletons::none())
    }),
    NativeDef::function("globals", |thread, args| {
        let [] = args.exactly(thread, "globals")?;
        Ok(globals(thread))
    }),
    NativeDef::function("input", input),
    NativeDef::function("locals", |thread, args| {
        let [] = args.exactly(thread, "locals")?;
        Ok(locals(thread))
    }),
    NativeDef::function("open", crate::object::file::open),
    NativeDef::function("vars", |thread, args| {
        match args.between(thread, "vars", 0, 1)? {
            [value] => match operations::get_attr_named(thread, *value, "__dict__") {
                Ok(dict) => Ok(dict),
                Err(raised) => {
                    thread.swallow(raised, &exception::ATTRIBUTE_ERROR)?;
                    Err(thread.type_error("vars() argument must have __dict__ attribute"))
                }
            },
            _ => Ok(locals(thread)),
        }
    }),
];

/// The global names of the Python code that called.
fn globals(thread: &mut Thread) -> Ref {
    run::current_globals(thread).unwrap_or_else(Dict::new)
}

/// The local names of the Python code that called: a snapshot, unless they are a namespace.
fn locals(thread: &mut Thread) -> Ref {
    run::current_locals(thread).unwrap_or_else(Dict::new)
}

fn import_function(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [name, globals, _locals, names, level] = args.bind(
        thread,
        "__import__",
        ["name", "globals", "locals", "fromlist", "level"],
        1,
    )?;
    let name = operations::text(thread, name.expect("required"), "__import__() argument 1")?;
    let level = match level {
        Some(level) => operations::index(thread, level)?,
        None => 0,
    };
    let wanted = Import {
        name: &name,
        globals: globals.as_ref().and_then(downcast::<Dict>),
        names: names.unwrap_or_else(singletons::none_value),
        level,
    };
    import::import(thread, wanted)
}

/// The source that a value is.
fn source_text(thread: &mut Thread, value: Value, function: &str, what: &str) -> PyResult<String> {
    if let Some(text) = downcast::<Str>(&value) {
        return Ok(text.to_utf8_lossy().into_owned());
    }
    if let Some(data) = bytes_of(&value) {
        let text = encode::decode(thread, &data, None, None)?;
        return operations::str_text(thread, *text);
    }
    Err(thread.type_error(format!("{function}() arg 1 must be a {what}")))
}

/// In the flags of `compile`: a syntax tree is wanted, no code.
const ONLY_TREE: i64 = 0x400;

fn compile(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let names = [
        "source",
        "filename",
        "mode",
        "flags",
        "dont_inherit",
        "optimize",
        "_feature_version",
    ];
    let [text, filename, mode, flags, ..] = args.bind(thread, "compile", names, 3)?;
    let flags = match flags {
        Some(flags) => operations::index(thread, flags)?,
        None => 0,
    };
    if flags & ONLY_TREE != 0 {
        let text = "syntax trees cannot be made yet";
        // As for any text of which no tree can be made: those who can do without one go on.
        return Err(thread.raise_text(&exception::SYNTAX_ERROR, text));
    }
    let text = source_text(
        thread,
        text.expect("required"),
        "compile",
        "string, bytes or AST object",
    )?;
    let filename = operations::str_text(thread, filename.expect("required"))?;
    let mode =
        match &*operations::text(thread, mode.expect("required"), "compile() argument 'mode'")? {
            "exec" => Mode::Exec,
            "eval" => Mode::Eval,
            "single" => Mode::Single,
            _ => {
                return Err(thread.value_error("compile() mode must be 'exec', 'eval' or 'single'"));
            }
        };
    source::load_text(thread, &text, &filename, mode)
}

/// `eval` and `exec`.
fn evaluate(thread: &mut Thread, args: &Args<'_>, function: &str, mode: Mode) -> PyResult {
    let [text, global_names, local_names] =
        args.bind(thread, function, ["source", "globals", "locals"], 1)?;
    let text = text.expect("required");
    let given = |value: Option<Value>| value.filter(|value| !singletons::is_none(*value));
    let global_names = match given(global_names) {
        Some(names) if downcast::<Dict>(&names).is_none() => {
            let text = if function == "eval" {
                "globals must be a dict".into()
            } else {
                format!("exec() globals must be a dict, not {}", names.ty().name())
            };
            return Err(thread.type_error(text));
        }
        names => names,
    };
    let local_names = match (given(local_names), global_names) {
        (Some(names), _) | (None, Some(names)) => names.to_ref(),
        (None, None) => locals(thread),
    };
    let global_names = global_names.map_or_else(|| globals(thread), Value::to_ref);
    if local_names.ty().get_item().is_none() {
        let name = local_names.ty().name();
        return Err(thread.type_error(format!("locals must be a mapping, not {name}")));
    }
    let key = thread.interpreter().intern("__builtins__");
    if class::dict_of(&global_names).get_name(*key).is_none() {
        let builtins = thread.interpreter().builtins_value().to_ref();
        class::dict_of(&global_names).set_name(key, builtins);
    }
    let code = match downcast::<Code>(&text) {
        Some(code) if code.source.free_count > 0 => {
            return Err(thread.type_error(format!(
                "code object passed to {function}() may not contain free variables"
            )));
        }
        Some(_) => text.to_ref(),
        None => {
            let source = source_text(thread, text, function, "string, bytes or code object")?;
            let source = if mode == Mode::Eval {
                source.trim_start_matches([' ', '\t'])
            } else {
                &source
            };
            source::load_text(thread, source, "<string>", mode)?
        }
    };
    run::run_code(thread, code, global_names, local_names)
}

fn dir(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let mut names: Vec<Ref> = match args.between(thread, "dir", 0, 1)? {
        [value] => names_of(thread, *value)?,
        _ => class::dict_of(&locals(thread))
            .to_vec()
            .into_iter()
            .map(|(name, _)| name)
            .collect(),
    };
    names.retain(|name| downcast::<Str>(name).is_some());
    names.sort_by(
        |left, right| match (downcast::<Str>(left), downcast::<Str>(right)) {
            (Some(left), Some(right)) => left.compare(right),
            _ => core::cmp::Ordering::Equal,
        },
    );
    names.dedup_by(|left, right| name_text(left) == name_text(right));
    Ok(List::from_refs(names))
}

/// The names of a value's attributes: its own, and those of its type or, of a type, its bases.
fn names_of(thread: &mut Thread, value: Value) -> PyResult<Vec<Ref>> {
    if value.ty().is_heap() {
        let names = operations::call_method(thread, value, "__dir__", &[])?;
        return operations::collect(thread, *names);
    }
    default_names(thread, value)
}

/// The names of a value's attributes, whatever its class says.
pub(crate) fn default_names(thread: &mut Thread, value: Value) -> PyResult<Vec<Ref>> {
    if let Some(module) = downcast::<Module>(&value) {
        return Ok(module
            .namespace()
            .to_vec()
            .into_iter()
            .map(|(name, _)| name)
            .collect());
    }
    let ty = class::as_type(value).unwrap_or_else(|| value.ty());
    let mut names: Vec<Ref> = ty
        .mro()
        .flat_map(|ty| ty.attributes.to_vec())
        .map(|(name, _)| name)
        .collect();
    if class::as_type(value).is_none() {
        match operations::get_attr_named(thread, value, "__dict__") {
            Ok(own) => {
                if let Some(own) = downcast::<Dict>(&own) {
                    names.extend(own.to_vec().into_iter().map(|(name, _)| name));
                }
            }
            Err(raised) => thread.swallow(raised, &exception::ATTRIBUTE_ERROR)?,
        }
    }
    Ok(names)
}

fn input(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    if let [prompt] = args.between(thread, "input", 0, 1)? {
        let prompt = operations::str_text(thread, *prompt)?;
        output::write(thread, &prompt)?;
    }
    output::flush_checked(thread)?;
    let mut line = Vec::new();
    let read = thread.detach(|| std::io::stdin().lock().read_until(b'\n', &mut line));
    match read {
        Err(error) => Err(output::raise_io(thread, &error)),
        Ok(0) => Err(end_of_input(thread)),
        Ok(_) => {
            let text = line.strip_suffix(b"\n").unwrap_or(&line);
            let errors = Str::new("surrogateescape");
            encode::decode(thread, text, None, Some(*errors))
        }
    }
}

fn end_of_input(thread: &mut Thread) -> Raised {
    thread.raise_text(&exception::EOF_ERROR, "EOF when reading a line")
}
