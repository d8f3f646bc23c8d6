//! Where a module's code is: among the native modules, in a folder of the search path, or in the
//! library that ships with the VM.

use crate::error::PyResult;
use crate::interpreter::{Library, NativeModule};
use crate::object::list::List;
use crate::object::str::Str;
use crate::object::{downcast, exception};
use crate::operations;
use crate::output;
use crate::thread::Thread;
use crate::value::Value;
use std::path::{Path, PathBuf};

/// What a name was found to be.
pub(super) enum Found {
    Native(NativeModule),
    /// A module of Python code.
    Source {
        file: String,
        text: String,
        /// The folder of a package.
        package: Option<String>,
    },
    /// A package without code: folders of the same name.
    Folders(Vec<String>),
}

/// Finds the module `name` in the folders `path`, a sequence of strings.
pub(super) fn find(
    thread: &mut Thread,
    name: &str,
    path: Option<Value>,
) -> PyResult<Option<Found>> {
    let settings = thread.interpreter().settings();
    if let Some(native) = settings.modules.iter().find(|module| module.name == name) {
        return Ok(Some(Found::Native(*native)));
    }
    let library = settings.library;
    let entries = match path {
        Some(path) => operations::collect(thread, path)?,
        None => search_path(thread)?,
    };
    let last = name.rsplit('.').next().unwrap_or(name);
    let mut folders = Vec::new();
    for entry in entries {
        let Some(entry) = downcast::<Str>(&entry).map(Str::to_utf8_lossy) else {
            continue;
        };
        let found = match library.and_then(|library| inside(library, &entry)) {
            Some((library, folder)) => in_library(library, folder, last),
            None => in_folder(thread, Path::new(&*entry), last, &mut folders)?,
        };
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok((!folders.is_empty()).then_some(Found::Folders(folders)))
}

/// `sys.path`, or what it begins as if a program has taken it away.
fn search_path(thread: &mut Thread) -> PyResult<Vec<crate::value::Ref>> {
    let key = thread.interpreter().intern("sys");
    if let Some(system) = thread.interpreter().modules().get_name(*key) {
        match operations::get_attr_named(thread, *system, "path") {
            Ok(path) => {
                if let Some(list) = downcast::<List>(&path) {
                    return Ok(list.to_vec());
                }
            }
            Err(raised) => thread.swallow(raised, &exception::ATTRIBUTE_ERROR)?,
        }
    }
    let path = &thread.interpreter().settings().path;
    Ok(path.iter().map(|entry| Str::new(entry)).collect())
}

/// The folder of the library that an entry of a search path is.
pub(super) fn inside(library: Library, entry: &str) -> Option<(Library, &str)> {
    let rest = entry.strip_prefix(library.root)?;
    match rest.strip_prefix('/') {
        Some(folder) => Some((library, folder)),
        None => rest.is_empty().then_some((library, "")),
    }
}

fn in_library(library: Library, folder: &str, name: &str) -> Option<Found> {
    let stem = if folder.is_empty() {
        name.to_owned()
    } else {
        format!("{folder}/{name}")
    };
    let source = |path: String, package: Option<String>| {
        (library.read)(&path).map(|text| Found::Source {
            file: format!("{}/{path}", library.root),
            text,
            package,
        })
    };
    source(
        format!("{stem}/__init__.py"),
        Some(format!("{}/{stem}", library.root)),
    )
    .or_else(|| source(format!("{stem}.py"), None))
}

fn in_folder(
    thread: &mut Thread,
    folder: &Path,
    name: &str,
    folders: &mut Vec<String>,
) -> PyResult<Option<Found>> {
    let stem = folder.join(name);
    let package = stem.join("__init__.py");
    if package.is_file() {
        return read(thread, &package, Some(&stem)).map(Some);
    }
    let file: PathBuf = folder.join(format!("{name}.py"));
    if file.is_file() {
        return read(thread, &file, None).map(Some);
    }
    if stem.is_dir() {
        folders.push(stem.to_string_lossy().into_owned());
    }
    Ok(None)
}

fn read(thread: &mut Thread, file: &Path, package: Option<&Path>) -> PyResult<Found> {
    match std::fs::read_to_string(file) {
        Ok(text) => Ok(Found::Source {
            file: file.to_string_lossy().into_owned(),
            text,
            package: package.map(|folder| folder.to_string_lossy().into_owned()),
        }),
        Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
            let shown = file.display();
            let text = format!("(unicode error) '{shown}' is not valid UTF-8");
            Err(thread.raise_text(&exception::SYNTAX_ERROR, text))
        }
        Err(error) => Err(output::raise_io(thread, &error)),
    }
}
