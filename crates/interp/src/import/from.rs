//! `from … import …`: names of a module, which may be modules in turn.

use crate::error::{PyResult, Raised};
use crate::object::str::{Str, name_text};
use crate::object::{downcast, exception, singletons};
use crate::operations;
use crate::thread::Thread;
use crate::value::{Ref, Value};

/// Whether there can be modules in the module.
pub(super) fn is_package(thread: &mut Thread, module: &Ref) -> PyResult<bool> {
    has_attr(thread, **module, "__path__")
}

fn has_attr(thread: &mut Thread, value: Value, name: &str) -> PyResult<bool> {
    Ok(attribute(thread, value, name)?.is_some())
}

/// An attribute that may be missing.
fn attribute(thread: &mut Thread, value: Value, name: &str) -> PyResult<Option<Ref>> {
    match operations::get_attr_named(thread, value, name) {
        Ok(found) => Ok(Some(found)),
        Err(raised) => {
            thread.swallow(raised, &exception::ATTRIBUTE_ERROR)?;
            Ok(None)
        }
    }
}

/// Loads those of `names` that are modules in the package `module`.
pub(super) fn import_names(thread: &mut Thread, module: &Ref, names: Value) -> PyResult<()> {
    if !is_package(thread, module)? {
        return Ok(());
    }
    let package = operations::get_attr_named(thread, **module, "__name__")?;
    let package = operations::str_text(thread, *package)?;
    for name in operations::collect(thread, names)? {
        let Some(name) = downcast::<Str>(&name).map(|name| name.to_utf8_lossy().into_owned())
        else {
            let ty = name.ty().name();
            return Err(thread.type_error(format!("Item in ``from list'' must be str, not {ty}")));
        };
        if name == "*" {
            // What the package says it has; `import *` itself reports what is no string.
            if let Some(all) = attribute(thread, **module, "__all__")? {
                for name in operations::collect(thread, *all)? {
                    if downcast::<Str>(&name).is_some() {
                        import_name(thread, module, &package, &name_text(&name))?;
                    }
                }
            }
        } else {
            import_name(thread, module, &package, &name)?;
        }
    }
    Ok(())
}

fn import_name(thread: &mut Thread, module: &Ref, package: &str, name: &str) -> PyResult<()> {
    if has_attr(thread, **module, name)? {
        return Ok(());
    }
    let full = format!("{package}.{name}");
    match super::import_module(thread, &full) {
        Ok(_) => Ok(()),
        // No module, so no such name: the statement says so in its own words.
        Err(raised) if is_missing(thread, &full)? => {
            thread.swallow(raised, &exception::MODULE_NOT_FOUND_ERROR)
        }
        Err(raised) => Err(raised),
    }
}

/// Whether the exception that is set says that there is no module `name`.
fn is_missing(thread: &mut Thread, name: &str) -> PyResult<bool> {
    if !thread.raised_is(&exception::MODULE_NOT_FOUND_ERROR) {
        return Ok(false);
    }
    let error = thread.take_raised();
    let missing = operations::get_attr_named(thread, *error, "name")?;
    thread.raise_again(error);
    Ok(downcast::<Str>(&missing).is_some_and(|missing| missing.to_utf8_lossy() == name))
}

/// The name `name` of a module, or the module of that name in the package that it is.
///
/// # Errors
/// `ImportError` if there is none.
pub(crate) fn import_from(thread: &mut Thread, module: Value, name: Value) -> PyResult {
    match operations::get_attr(thread, module, name) {
        Err(raised) if thread.raised_is(&exception::ATTRIBUTE_ERROR) => {
            thread.swallow(raised, &exception::ATTRIBUTE_ERROR)?;
            let package = attribute(thread, module, "__name__")?;
            let package = package
                .as_ref()
                .and_then(downcast_text)
                .unwrap_or_else(|| "<unknown module name>".into());
            let full = format!("{package}.{}", name_text(&name));
            let full = thread.interpreter().intern(&full);
            if let Some(submodule) = thread.interpreter().modules().get_name(*full) {
                return Ok(submodule);
            }
            Err(cannot_import(thread, module, &package, name))
        }
        result => result,
    }
}

fn downcast_text(value: &Ref) -> Option<String> {
    downcast::<Str>(value).map(|text| text.to_utf8_lossy().into_owned())
}

fn cannot_import(thread: &mut Thread, module: Value, package: &str, name: Value) -> Raised {
    let file = match attribute(thread, module, "__file__") {
        Ok(file) => file,
        Err(raised) => return raised,
    };
    let place = file
        .as_ref()
        .and_then(downcast_text)
        .unwrap_or_else(|| "unknown location".into());
    let shown = name_text(&name);
    let text = if thread.interpreter().loading.contains(package) {
        format!(
            "cannot import name '{shown}' from partially initialized module '{package}' \
             (most likely due to a circular import) ({place})"
        )
    } else {
        format!("cannot import name '{shown}' from '{package}' ({place})")
    };
    let raised = thread.raise_text(&exception::IMPORT_ERROR, text);
    let package = Str::new(package);
    let path = file.unwrap_or_else(singletons::none);
    thread.describe_raised(&[("name", *package), ("name_from", name), ("path", *path)]);
    raised
}
