//! Tuples whose items have names, as `sys`, `os` and `time` give them.

use selvedge_interp::object::native::Args;
use selvedge_interp::object::singletons;
use selvedge_interp::object::str::Str;
use selvedge_interp::object::tuple::Tuple;
use selvedge_interp::{PyResult, Ref, Thread, module_from_source, operations};

/// A class of tuples named `name` whose items are `fields`; `hidden` ones are attributes only.
pub(crate) fn class(
    thread: &mut Thread,
    module: &str,
    name: &str,
    fields: &[&str],
    hidden: &[&str],
) -> PyResult {
    let key = thread.interpreter().intern("_structs");
    let maker = match thread.interpreter().modules().get_name(*key) {
        Some(known) => known,
        None => module_from_source(thread, "_structs", include_str!("structs.py"))?,
    };
    let names = |thread: &mut Thread, names: &[&str]| {
        let names = names.iter().map(|name| thread.interpreter().intern(name));
        Tuple::from_refs(names.collect())
    };
    let (fields, hidden) = (names(thread, fields), names(thread, hidden));
    let (name, module) = (Str::new(name), Str::new(module));
    let arguments = [*name, *module, *fields, *hidden];
    operations::call_method(thread, *maker, "struct_sequence", &arguments)
}

/// An instance of such a class.
pub(crate) fn instance(thread: &mut Thread, class: &Ref, items: Vec<Ref>) -> PyResult {
    let items = Tuple::from_refs(items);
    operations::call(
        thread,
        **class,
        &Args::new(&[*items, singletons::none_value()]),
    )
}

/// An instance of a class made for it alone.
pub(crate) fn single(
    thread: &mut Thread,
    module: &str,
    name: &str,
    items: Vec<(&str, Ref)>,
) -> PyResult {
    let fields: Vec<&str> = items.iter().map(|(name, _)| *name).collect();
    let class = class(thread, module, name, &fields, &[])?;
    let items = items.into_iter().map(|(_, value)| value).collect();
    instance(thread, &class, items)
}
