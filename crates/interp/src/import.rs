//! Importing: names made absolute, packages before what is in them, and each module's code once.

mod finder;
mod from;
mod loading;

pub(crate) use from::import_from;
pub(crate) use loading::Loading;

use crate::error::{PyResult, Raised};
use crate::interpreter::Interpreter;
use crate::object::code::Code;
use crate::object::dict::Dict;
use crate::object::list::List;
use crate::object::module::Module;
use crate::object::str::Str;
use crate::object::{class, downcast, exception, singletons};
use crate::operations;
use crate::run;
use crate::source;
use crate::thread::Thread;
use crate::value::{Ref, Value};
use finder::Found;
use selvedge_compiler::Mode;

/// What an import statement asks for.
#[derive(Clone, Copy)]
pub(crate) struct Import<'a> {
    /// The name after `import` or `from`, dots and all.
    pub(crate) name: &'a str,
    /// The global names of the code that imports: they say which package it is in.
    pub(crate) globals: Option<&'a Dict>,
    /// The names after `from … import`: `None` if there are none.
    pub(crate) names: Value,
    /// How many dots stand before the name.
    pub(crate) level: i64,
}

/// Imports a module. Returns it if names are asked of it, else the package that the first part of
/// its name is.
///
/// # Errors
/// `ModuleNotFoundError`, `ImportError`, and what the module's code raises.
pub(crate) fn import(thread: &mut Thread, import: Import<'_>) -> PyResult {
    let name = absolute(thread, import)?;
    let module = import_module(thread, &name)?;
    if operations::truth(thread, import.names)? {
        from::import_names(thread, &module, import.names)?;
        return Ok(module);
    }
    // What stands before the first dot that the statement itself has.
    let Some(dot) = import.name.find('.') else {
        return Ok(module);
    };
    let first = &name[..name.len() - (import.name.len() - dot)];
    import_module(thread, first)
}

/// The name of the module that the statement means.
fn absolute(thread: &mut Thread, import: Import<'_>) -> PyResult<String> {
    if import.level < 0 {
        return Err(thread.value_error("level must be >= 0"));
    }
    if import.level == 0 {
        if import.name.is_empty() {
            return Err(thread.value_error("Empty module name"));
        }
        return Ok(import.name.to_owned());
    }
    let package = package_of(thread, import.globals)?;
    let mut base = package.as_str();
    for _ in 1..import.level {
        let Some((above, _)) = base.rsplit_once('.') else {
            let text = "attempted relative import beyond top-level package";
            return Err(thread.raise_text(&exception::IMPORT_ERROR, text));
        };
        base = above;
    }
    Ok(match import.name {
        "" => base.to_owned(),
        name => format!("{base}.{name}"),
    })
}

/// The package that code with these global names is in.
fn package_of(thread: &mut Thread, globals: Option<&Dict>) -> PyResult<String> {
    let global = |name: &str| {
        let name = thread.interpreter().intern(name);
        globals
            .and_then(|globals| globals.get_name(*name))
            .filter(|value| !singletons::is_none(**value))
    };
    let (package, name, path) = (
        global("__package__"),
        global("__name__"),
        global("__path__"),
    );
    let package = match (package, name) {
        (Some(package), _) => operations::text(thread, *package, "__package__")?,
        (None, Some(name)) => {
            let name = operations::text(thread, *name, "__name__")?;
            match (path, name.rsplit_once('.')) {
                (Some(_), _) => name,
                (None, Some((package, _))) => package.to_owned(),
                (None, None) => String::new(),
            }
        }
        (None, None) => {
            return Err(thread.raise_text(&exception::KEY_ERROR, "'__name__' not in globals"));
        }
    };
    if package.is_empty() {
        let text = "attempted relative import with no known parent package";
        return Err(thread.raise_text(&exception::IMPORT_ERROR, text));
    }
    Ok(package)
}

/// The module of this absolute name, loaded if it is not there yet.
///
/// # Errors
/// `ModuleNotFoundError`, `ImportError`, and what the module's code raises.
pub fn import_module(thread: &mut Thread, name: &str) -> PyResult {
    if let Some(known) = known(thread, name)? {
        return Ok(known);
    }
    let Some((parent, last)) = name.rsplit_once('.') else {
        return load(thread, name, None);
    };
    let parent = import_module(thread, parent)?;
    // The package may have brought it along.
    if let Some(known) = known(thread, name)? {
        return Ok(known);
    }
    let path = match operations::get_attr_named(thread, *parent, "__path__") {
        Ok(path) => path,
        Err(raised) => {
            thread.swallow(raised, &exception::ATTRIBUTE_ERROR)?;
            // A native module of this name is found beside any parent.
            List::from_refs(Vec::new())
        }
    };
    let module = load(thread, name, Some((&parent, &path)))?;
    let last = thread.interpreter().intern(last);
    operations::set_attr(thread, *parent, *last, Some(*module))?;
    Ok(module)
}

/// The module of this name, if `sys.modules` has it and no other thread is still loading it.
fn known(thread: &mut Thread, name: &str) -> PyResult<Option<Ref>> {
    let key = thread.interpreter().intern(name);
    if thread.interpreter().modules().get_name(*key).is_none() {
        return Ok(None);
    }
    Loading::wait(thread, name);
    let found = thread.interpreter().modules().get_name(*key);
    if found
        .as_ref()
        .is_some_and(|found| singletons::is_none(**found))
    {
        let text = format!("import of {name} halted; None in sys.modules");
        return Err(not_found(thread, &text, name));
    }
    Ok(found)
}

fn not_found(thread: &mut Thread, text: &str, name: &str) -> Raised {
    let raised = thread.raise_text(&exception::MODULE_NOT_FOUND_ERROR, text);
    let name = Str::new(name);
    thread.describe_raised(&[("name", *name)]);
    raised
}

/// Finds the module and runs its code; `parent` is the package it is in, with its search path.
fn load(thread: &mut Thread, name: &str, parent: Option<(&Ref, &Ref)>) -> PyResult {
    let Some(_load) = Loading::begin(thread, name) else {
        // Another thread is at it, before the module is in `sys.modules`.
        Loading::wait(thread, name);
        return import_module(thread, name);
    };
    // It may have been loaded between the look and the beginning.
    let key = thread.interpreter().intern(name);
    if let Some(known) = thread.interpreter().modules().get_name(*key) {
        return Ok(known);
    }
    let Some(found) = finder::find(thread, name, parent.map(|(_, path)| **path))? else {
        let mut text = format!("No module named '{name}'");
        if let Some((parent, _)) = parent
            && !from::is_package(thread, parent)?
            && let Some((package, _)) = name.rsplit_once('.')
        {
            text = format!("{text}; '{package}' is not a package");
        }
        return Err(not_found(thread, &text, name));
    };
    match found {
        Found::Native(native) => {
            let module = (native.make)(thread)?;
            thread.interpreter().modules().set_name(key, module.clone());
            Ok(module)
        }
        Found::Source {
            file,
            text,
            package,
        } => {
            let code = source::load_text(thread, &text, &file, Mode::Exec)?;
            let place = Place {
                file: Some(file),
                path: package.map(|folder| vec![folder]),
            };
            run_as_module(thread, name, code, &place)
        }
        Found::Folders(folders) => {
            let place = Place {
                file: None,
                path: Some(folders),
            };
            let module = Module::around(namespace(thread, name, &place));
            thread.interpreter().modules().set_name(key, module.clone());
            Ok(module)
        }
    }
}

/// Where a module is, and what its code is.
#[derive(Debug, Default)]
pub struct Located {
    /// The file of its code; native modules have none.
    pub file: Option<String>,
    /// The folders that its modules are in, of a package.
    pub folders: Option<Vec<String>>,
    /// The text of its code.
    pub text: Option<String>,
}

/// Where the module `name` is, without loading it; in the folders `path`, or in those of
/// `sys.path`.
///
/// # Errors
/// `OSError` for a file that cannot be read.
pub fn locate_module(
    thread: &mut Thread,
    name: &str,
    path: Option<Value>,
) -> PyResult<Option<Located>> {
    Ok(finder::find(thread, name, path)?.map(|found| match found {
        Found::Native(_) => Located::default(),
        Found::Source {
            file,
            text,
            package,
        } => Located {
            file: Some(file),
            folders: package.map(|folder| vec![folder]),
            text: Some(text),
        },
        Found::Folders(folders) => Located {
            folders: Some(folders),
            ..Located::default()
        },
    }))
}

/// Where a module comes from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Place {
    /// `__file__`
    pub(crate) file: Option<String>,
    /// `__path__`, of a package.
    pub(crate) path: Option<Vec<String>>,
}

/// Runs a module's code with the module in `sys.modules`; takes it out again if that fails.
fn run_as_module(thread: &mut Thread, name: &str, code: Ref, place: &Place) -> PyResult {
    let namespace = namespace(thread, name, place);
    let module = Module::around(namespace.clone());
    let key = thread.interpreter().intern(name);
    let modules = |thread: &mut Thread| thread.interpreter().clone();
    modules(thread)
        .modules()
        .set_name(key.clone(), module.clone());
    match run_in(thread, code, namespace) {
        // A module may put another in its place.
        Ok(()) => Ok(modules(thread).modules().get_name(*key).unwrap_or(module)),
        Err(raised) => {
            modules(thread).modules().remove_name(*key);
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
    run_as_module(thread, name, code, &Place::default())
}

/// A new module's namespace.
pub(crate) fn namespace(thread: &mut Thread, name: &str, place: &Place) -> Ref {
    let namespace = Dict::new();
    let set = |key: &str, value: Ref| {
        let key = thread.interpreter().intern(key);
        class::dict_of(&namespace).set_name(key, value);
    };
    let package = match (&place.path, name.rsplit_once('.')) {
        (Some(_), _) => Str::new(name),
        (None, Some((package, _))) => Str::new(package),
        (None, None) if name == "__main__" => singletons::none(),
        (None, None) => Str::new(""),
    };
    set("__name__", Str::new(name));
    set("__doc__", singletons::none());
    set("__package__", package);
    set("__loader__", singletons::none());
    set("__spec__", singletons::none());
    if let Some(folders) = &place.path {
        let folders = folders.iter().map(|folder| Str::new(folder)).collect();
        set("__path__", List::from_refs(folders));
    }
    if let Some(file) = &place.file {
        set("__file__", Str::new(file));
    }
    namespace
}

/// Runs a module's code.
pub(crate) fn run_in(thread: &mut Thread, code: Ref, namespace: Ref) -> PyResult<()> {
    debug_assert!(downcast::<Code>(&code).is_some());
    run::run_module_code(thread, code, namespace).map(drop)
}

/// The code of the module `name`, to be run as the program, and where it comes from.
///
/// # Errors
/// `ModuleNotFoundError`, what compiling the module raises, and what the code of the packages it
/// is in does.
pub(crate) fn main_code(thread: &mut Thread, name: &str) -> PyResult<(Ref, Place, String)> {
    let path = match name.rsplit_once('.') {
        None => None,
        Some((parent, _)) => {
            let parent = import_module(thread, parent)?;
            Some(operations::get_attr_named(thread, *parent, "__path__")?)
        }
    };
    match finder::find(thread, name, path.as_deref().copied())? {
        Some(Found::Source {
            package: Some(_), ..
        }) => main_code(thread, &format!("{name}.__main__")),
        Some(Found::Source { file, text, .. }) => {
            let code = source::load_text(thread, &text, &file, Mode::Exec)?;
            let package = name.rsplit_once('.').map_or("", |(package, _)| package);
            let place = Place {
                file: Some(file),
                path: None,
            };
            Ok((code, place, package.to_owned()))
        }
        Some(Found::Native(_) | Found::Folders(_)) => {
            let text = format!("No code object available for {name}");
            Err(thread.raise_text(&exception::IMPORT_ERROR, text))
        }
        None => Err(not_found(thread, &format!("No module named {name}"), name)),
    }
}

/// The text of a file of code, whether it is on disk or in the library.
pub(crate) fn source_of(interpreter: &Interpreter, file: &str) -> Option<String> {
    match interpreter
        .settings()
        .library
        .and_then(|library| finder::inside(library, file))
    {
        Some((library, path)) => (library.read)(path),
        None => std::fs::read_to_string(file).ok(),
    }
}
