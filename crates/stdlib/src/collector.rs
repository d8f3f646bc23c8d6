//! The module `gc`. Reference counts free everything but cycles, which are not collected.

use selvedge_interp::object::list::List;
use selvedge_interp::object::module::Module;
use selvedge_interp::object::native::NativeDef;
use selvedge_interp::object::tuple::Tuple;
use selvedge_interp::object::{downcast, exception, int, singletons};
use selvedge_interp::{PyResult, Ref, Thread, operations};

/// The name under which the module keeps whether a program has the collector enabled.
const ENABLED: &str = "_enabled";
/// The name under which the module keeps the thresholds that a program has set.
const THRESHOLD: &str = "_threshold";

static FUNCTIONS: &[NativeDef] = &[
    NativeDef::function("collect", |thread, args| {
        args.bind(thread, "collect", ["generation"], 0)?;
        Ok(int::from_i64(0))
    }),
    NativeDef::function("disable", |thread, args| {
        let [] = args.exactly(thread, "disable")?;
        keep(thread, ENABLED, &singletons::false_())
    }),
    NativeDef::function("enable", |thread, args| {
        let [] = args.exactly(thread, "enable")?;
        keep(thread, ENABLED, &singletons::true_())
    }),
    NativeDef::function("freeze", |_, _| Ok(singletons::none())),
    NativeDef::function("get_count", |_, _| {
        Ok(Tuple::from_refs((0..3).map(|_| int::from_i64(0)).collect()))
    }),
    NativeDef::function("get_debug", |_, _| Ok(int::from_i64(0))),
    NativeDef::function("get_freeze_count", |_, _| Ok(int::from_i64(0))),
    NativeDef::function("get_threshold", |thread, args| {
        let [] = args.exactly(thread, "get_threshold")?;
        kept(thread, THRESHOLD)
    }),
    NativeDef::function("is_finalized", |_, _| Ok(singletons::false_())),
    NativeDef::function("is_tracked", |_, _| Ok(singletons::false_())),
    NativeDef::function("isenabled", |thread, args| {
        let [] = args.exactly(thread, "isenabled")?;
        kept(thread, ENABLED)
    }),
    NativeDef::function("set_debug", |_, _| Ok(singletons::none())),
    NativeDef::function("set_threshold", |thread, args| {
        let given = args.between(thread, "set_threshold", 1, 3)?;
        let old = kept(thread, THRESHOLD)?;
        let mut all = operations::collect(thread, *old)?;
        for (place, new) in all.iter_mut().zip(given) {
            *place = operations::as_int(thread, *new)?;
        }
        keep(thread, THRESHOLD, &Tuple::from_refs(all))
    }),
    NativeDef::function("unfreeze", |_, _| Ok(singletons::none())),
];

fn module(thread: &mut Thread) -> PyResult {
    let key = thread.interpreter().intern("gc");
    let found = thread.interpreter().modules().get_name(*key);
    found.ok_or_else(|| thread.raise_text(&exception::RUNTIME_ERROR, "the module gc is gone"))
}

fn keep(thread: &mut Thread, name: &str, value: &Ref) -> PyResult {
    let module = module(thread)?;
    let name = thread.interpreter().intern(name);
    operations::set_attr(thread, *module, *name, Some(**value))?;
    Ok(singletons::none())
}

fn kept(thread: &mut Thread, name: &str) -> PyResult {
    let module = module(thread)?;
    operations::get_attr_named(thread, *module, name)
}

pub(crate) fn make(thread: &mut Thread) -> PyResult {
    let new = Module::new(thread, "gc", FUNCTIONS);
    let module = downcast::<Module>(&new).expect("just made");
    module.set(thread, ENABLED, singletons::true_());
    let threshold = [2000, 10, 0].map(int::from_i64);
    module.set(thread, THRESHOLD, Tuple::from_refs(Vec::from(threshold)));
    for name in ["callbacks", "garbage"] {
        module.set(thread, name, List::from_refs(Vec::new()));
    }
    for (name, bit) in [
        ("DEBUG_STATS", 1),
        ("DEBUG_COLLECTABLE", 2),
        ("DEBUG_UNCOLLECTABLE", 4),
        ("DEBUG_SAVEALL", 32),
        ("DEBUG_LEAK", 38),
    ] {
        module.set(thread, name, int::from_i64(bit));
    }
    Ok(new)
}
