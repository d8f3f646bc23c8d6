//! Modules that are Python code of our own, some over native functions.

use crate::streams;
use selvedge_interp::object::file;
use selvedge_interp::object::list::List;
use selvedge_interp::object::module::Module;
use selvedge_interp::object::native::NativeDef;
use selvedge_interp::object::str::Str;
use selvedge_interp::object::tuple::Tuple;
use selvedge_interp::object::{downcast, singletons};
use selvedge_interp::{
    PyResult, Ref, Thread, import_module, locate_module, module_from_source, operations,
};

pub(crate) fn codecs(thread: &mut Thread) -> PyResult {
    module_from_source(thread, "_codecs", include_str!("codecs.py"))
}

pub(crate) fn context_variables(thread: &mut Thread) -> PyResult {
    module_from_source(thread, "_contextvars", include_str!("contextvars.py"))
}

pub(crate) fn exits(thread: &mut Thread) -> PyResult {
    module_from_source(thread, "atexit", include_str!("exits.py"))
}

pub(crate) fn instructions(thread: &mut Thread) -> PyResult {
    module_from_source(thread, "_opcode", include_str!("instructions.py"))
}

pub(crate) fn trees(thread: &mut Thread) -> PyResult {
    module_from_source(thread, "_ast", include_str!("trees.py"))
}

/// `_io`: the classes, and which native files are instances of them.
pub(crate) fn io(thread: &mut Thread) -> PyResult {
    let new = module_from_source(thread, "_io", include_str!("io.py"))?;
    let module = downcast::<Module>(&new).expect("modules are modules");
    let streams = Tuple::from_refs(vec![
        streams::TEXT_STREAM_TYPE.value().to_ref(),
        streams::BYTE_STREAM_TYPE.value().to_ref(),
    ]);
    let arguments = [
        file::TEXT_FILE_TYPE.value(),
        file::READER_TYPE.value(),
        file::WRITER_TYPE.value(),
        file::RANDOM_TYPE.value(),
        *streams,
    ];
    operations::call_method(thread, *new, "_know_natives", &arguments)?;
    let open = operations::builtin(thread, "open")?;
    module.set(thread, "open", open);
    Ok(new)
}

static IMPORT_FUNCTIONS: &[NativeDef] = &[
    NativeDef::function("_find", |thread, args| {
        let [name, path] = args.exactly(thread, "_find")?;
        let name = operations::text(thread, name, "name")?;
        let path = Some(path).filter(|path| !singletons::is_none(*path));
        let Some(found) = locate_module(thread, &name, path)? else {
            return Ok(singletons::none());
        };
        let file = found
            .file
            .map_or_else(singletons::none, |file| Str::new(&file));
        let folders = found.folders.map_or_else(singletons::none, |folders| {
            List::from_refs(folders.iter().map(|folder| Str::new(folder)).collect())
        });
        Ok(Tuple::from_refs(vec![file, folders]))
    }),
    NativeDef::function("_load", |thread, args| {
        let [name] = args.exactly(thread, "_load")?;
        let name = operations::text(thread, name, "name")?;
        import_module(thread, &name)
    }),
    NativeDef::function("_source", |thread, args| {
        let [name] = args.exactly(thread, "_source")?;
        let name = operations::text(thread, name, "name")?;
        let text = locate_module(thread, &name, None)?.and_then(|found| found.text);
        Ok(text.map_or_else(singletons::none, |text| Str::new(&text)))
    }),
];

pub(crate) fn imports(thread: &mut Thread) -> PyResult {
    let new = module_from_source(thread, "_imp", include_str!("imports.py"))?;
    let module = downcast::<Module>(&new).expect("modules are modules");
    module.define(thread, "_imp", IMPORT_FUNCTIONS);
    Ok(new)
}

static WARNING_FUNCTIONS: &[NativeDef] = &[NativeDef::function("warn", |thread, args| {
    let module = import_module(thread, "warnings")?;
    let warn = operations::get_attr_named(thread, *module, "warn")?;
    operations::call(thread, *warn, args)
})];

/// `_warnings`, as far as `importlib` wants it.
pub(crate) fn warnings(thread: &mut Thread) -> PyResult {
    Ok(Module::new(thread, "_warnings", WARNING_FUNCTIONS))
}

/// A module that `importlib` and `tokenize` import before they need anything of it.
pub(crate) fn empty(thread: &mut Thread, name: &str) -> Ref {
    Module::new(thread, name, &[])
}
