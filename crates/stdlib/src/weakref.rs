//! The module `_weakref`.

use selvedge_interp::object::dict::Dict;
use selvedge_interp::object::module::Module;
use selvedge_interp::object::native::NativeDef;
use selvedge_interp::object::{Type, downcast, int, singletons, weak};
use selvedge_interp::{PyResult, Thread};

static FUNCTIONS: &[NativeDef] = &[
    NativeDef::function("getweakrefcount", |thread, args| {
        let [value] = args.exactly(thread, "getweakrefcount")?;
        Ok(int::from_usize(weak::count_of(value)))
    }),
    NativeDef::function("getweakrefs", |thread, args| {
        let [value] = args.exactly(thread, "getweakrefs")?;
        Ok(weak::references_to(value))
    }),
    NativeDef::function("proxy", weak::proxy),
    NativeDef::function("_remove_dead_weakref", |thread, args| {
        let [dict, key] = args.exactly(thread, "_remove_dead_weakref")?;
        let Some(dict) = downcast::<Dict>(&dict) else {
            let ty = dict.ty().name();
            return Err(thread.type_error(format!(
                "_remove_dead_weakref() argument 1 must be dict, not {ty}"
            )));
        };
        // Another thread may have put a living one there since.
        if let Some(value) = dict.get(thread, key)?
            && weak::target_of(*value).is_some_and(|target| target.is_none())
        {
            dict.remove(thread, key)?;
        }
        Ok(singletons::none())
    }),
];

pub(crate) fn make(thread: &mut Thread) -> PyResult {
    let new = Module::new(thread, "_weakref", FUNCTIONS);
    let module = downcast::<Module>(&new).expect("just made");
    let types: [(&str, &'static Type); 4] = [
        ("ref", &weak::REFERENCE_TYPE),
        ("ReferenceType", &weak::REFERENCE_TYPE),
        ("ProxyType", &weak::PROXY_TYPE),
        ("CallableProxyType", &weak::CALLABLE_PROXY_TYPE),
    ];
    for (name, ty) in types {
        module.set(thread, name, ty.value().to_ref());
    }
    Ok(new)
}
