//! Importing: modules written in Rust, and files beside the program.

use crate::error::PyResult;
use crate::object::code::Code;
use crate::object::dict::Dict;
use crate::object::module::Module;
use crate::object::str::{Str, name_text};
use crate::object::{downcast, exception};
use crate::operations;
use crate::run;
use crate::source;
use crate::thread::Thread;
use crate::value::{Ref, Value};
use selvedge_compiler::Mode;
use std::path::{Path, PathBuf};

/// Imports the module `name`, dots and all. Returns it if `whole`, else the package that its
/// first part names.
///
/// # Errors
/// `ModuleNotFoundError`, and what the module's code raises.
pub(crate) fn import(thread: &mut Thread, name: &str, level: i64, whole: bool) -> PyResult {
    if level != 0 {
        return Err(thread.raise_text(
            &exception::IMPORT_ERROR,
            "relative imports are not supported yet",
        ));
    }
    let mut first = None;
    let mut last: Option<Ref> = None;
    let mut path = String::new();
    for part in name.split('.') {
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(part);
        let module = import_one(thread, &path)?;
        if let Some(parent) = &last {
            let part = thread.interpreter().intern(part);
            operations::set_attr(thread, **parent, *part, Some(*module))?;
        }
        first.get_or_insert_with(|| module.clone());
        last = Some(module);
    }
    let chosen = if whole { last } else { first };
    chosen.ok_or_else(|| thread.value_error("Empty module name"))
}

fn import_one(thread: &mut Thread, path: &str) -> PyResult {
    let key = thread.interpreter().intern(path);
    if let Some(known) = thread.interpreter().modules().get_name(*key) {
        return Ok(known);
    }
    let native = thread
        .interpreter()
        .settings()
        .modules
        .iter()
        .find(|module| module.name == path)
        .copied();
    if let Some(native) = native {
        let module = (native.make)(thread)?;
        thread.interpreter().modules().set_name(key, module.clone());
        return Ok(module);
    }
    match find_file(thread, path) {
        Some(file) => load_file(thread, path, &file),
        None => {
            let text = format!("No module named '{path}'");
            Err(thread.raise_text(&exception::MODULE_NOT_FOUND_ERROR, text))
        }
    }
}

/// The file of a module, beside the program.
fn find_file(thread: &Thread, name: &str) -> Option<PathBuf> {
    let program = Path::new(thread.interpreter().settings().argv.first()?);
    let stem = program.parent()?.join(name.replace('.', "/"));
    let candidates = [stem.with_extension("py"), stem.join("__init__.py")];
    candidates.into_iter().find(|candidate| candidate.is_file())
}

fn load_file(thread: &mut Thread, name: &str, file: &Path) -> PyResult {
    let code = source::load(thread, file)?;
    let namespace = namespace(thread, name, Some(file));
    let module = Module::around(namespace.clone());
    let key = thread.interpreter().intern(name);
    thread
        .interpreter()
        .modules()
        .set_name(key.clone(), module.clone());
    match run_in(thread, code, namespace) {
        Ok(()) => Ok(module),
        Err(raised) => {
            thread.interpreter().modules().remove_name(*key);
            Err(raised)
        }
    }
}

/// A module whose code is `source`: for those that ship inside a crate.
///
/// # Errors
/// What the module's code raises.
pub fn module_from_source(thread: &mut Thread, name: &str, source: &str) -> PyResult {
    let code = source::load_text(thread, source, &format!("<frozen {name}>"), Mode::Exec)?;
    let namespace = namespace(thread, name, None);
    let module = Module::around(namespace.clone());
    run_in(thread, code, namespace)?;
    Ok(module)
}

/// A new module's namespace.
pub(crate) fn namespace(thread: &mut Thread, name: &str, file: Option<&Path>) -> Ref {
    let namespace = Dict::new();
    let set = |key: &str, value: Ref| {
        let key = thread.interpreter().intern(key);
        crate::object::class::dict_of(&namespace).set_name(key, value);
    };
    set("__name__", Str::new(name));
    if let Some(file) = file {
        set("__file__", Str::new(&file.to_string_lossy()));
    }
    namespace
}

/// Runs a module's code.
pub(crate) fn run_in(thread: &mut Thread, code: Ref, namespace: Ref) -> PyResult<()> {
    debug_assert!(downcast::<Code>(&code).is_some());
    run::run_module_code(thread, code, namespace).map(drop)
}

/// The name `name` of a module, importing it as a submodule if need be.
///
/// # Errors
/// `ImportError` if there is none.
pub(crate) fn import_from(thread: &mut Thread, module: Value, name: Value) -> PyResult {
    match operations::get_attr(thread, module, name) {
        Err(raised) if thread.raised_is(&exception::ATTRIBUTE_ERROR) => {
            thread.swallow(raised, &exception::ATTRIBUTE_ERROR)?;
            let package = operations::get_attr_named(thread, module, "__name__")?;
            let package = operations::str_text(thread, *package)?;
            let name = name_text(&name);
            let full = thread.interpreter().intern(&format!("{package}.{name}"));
            if let Some(submodule) = thread.interpreter().modules().get_name(*full) {
                return Ok(submodule);
            }
            let text = format!("cannot import name '{name}' from '{package}'");
            Err(thread.raise_text(&exception::IMPORT_ERROR, text))
        }
        result => result,
    }
}
