//! The module `gc`: what a program may ask of the collection of reference cycles.
//!
//! There are no generations: every collection is one of the oldest, which is where all objects are.

use selvedge_interp::gc::{self, Debug};
use selvedge_interp::object::dict::Dict;
use selvedge_interp::object::list::List;
use selvedge_interp::object::module::Module;
use selvedge_interp::object::native::{Args, NativeDef};
use selvedge_interp::object::tuple::Tuple;
use selvedge_interp::object::{downcast, int, singletons};
use selvedge_interp::{PyResult, Ref, Thread, operations};

/// How many generations a program sees.
const GENERATIONS: i64 = 3;

/// Stands for all generations.
const ALL: i64 = -1;

static FUNCTIONS: &[NativeDef] = &[
    NativeDef::function("collect", |thread, args| {
        let [generation] = args.bind(thread, "collect", ["generation"], 0)?;
        if let Some(generation) = generation {
            let generation = operations::index(thread, generation)?;
            if !(0..GENERATIONS).contains(&generation) {
                return Err(thread.value_error("invalid generation"));
            }
        }
        Ok(int::from_usize(gc::collect(thread).garbage))
    }),
    NativeDef::function("disable", |thread, args| {
        switch(thread, args, "disable", false)
    }),
    NativeDef::function("enable", |thread, args| {
        switch(thread, args, "enable", true)
    }),
    NativeDef::function("freeze", |thread, args| {
        let [] = args.exactly(thread, "freeze")?;
        gc::freeze(thread);
        Ok(singletons::none())
    }),
    NativeDef::function("get_count", |thread, args| {
        let [] = args.exactly(thread, "get_count")?;
        let collection = thread.interpreter().collection();
        let made = int::from_usize(collection.collector().space().allocated());
        Ok(Tuple::from_refs(vec![made, Ref::small(0), Ref::small(0)]))
    }),
    NativeDef::function("get_debug", |thread, args| {
        let [] = args.exactly(thread, "get_debug")?;
        let Debug(flags) = thread.interpreter().collection().debug();
        Ok(Ref::small(i64::from(flags)))
    }),
    NativeDef::function("get_freeze_count", |thread, args| {
        let [] = args.exactly(thread, "get_freeze_count")?;
        Ok(int::from_usize(gc::frozen(thread)))
    }),
    NativeDef::function("get_objects", |thread, args| {
        let [generation] = args.bind(thread, "get_objects", ["generation"], 0)?;
        let asked = match generation.filter(|given| !singletons::is_none(*given)) {
            None => ALL,
            Some(given) => operations::index(thread, given)?,
        };
        if asked < ALL {
            return Err(thread.value_error("generation parameter cannot be negative"));
        }
        if asked >= GENERATIONS {
            return Err(thread.value_error(format!(
                "generation parameter must be less than the number of available generations ({GENERATIONS})"
            )));
        }
        Ok(List::from_refs(
            if [ALL, GENERATIONS - 1].contains(&asked) {
                gc::objects(thread)
            } else {
                Vec::new()
            },
        ))
    }),
    NativeDef::function("get_referents", |thread, args| {
        args.no_keywords(thread, "get_referents")?;
        let mut all = Vec::new();
        for value in args.positional() {
            all.extend(gc::referents(thread, *value));
        }
        Ok(List::from_refs(all))
    }),
    NativeDef::function("get_referrers", |thread, args| {
        args.no_keywords(thread, "get_referrers")?;
        let all = gc::referrers(thread, args.positional());
        Ok(List::from_refs(all))
    }),
    NativeDef::function("get_stats", |thread, args| {
        let [] = args.exactly(thread, "get_stats")?;
        stats(thread)
    }),
    NativeDef::function("get_threshold", |thread, args| {
        let [] = args.exactly(thread, "get_threshold")?;
        let thresholds = thread.interpreter().collection().thresholds();
        Ok(Tuple::from_refs(
            thresholds.into_iter().map(int::from_i64).collect(),
        ))
    }),
    NativeDef::function("is_finalized", |thread, args| {
        let [value] = args.exactly(thread, "is_finalized")?;
        Ok(singletons::bool(gc::is_finalised(value)))
    }),
    NativeDef::function("is_tracked", |thread, args| {
        let [value] = args.exactly(thread, "is_tracked")?;
        Ok(singletons::bool(gc::is_tracked(value)))
    }),
    NativeDef::function("isenabled", |thread, args| {
        let [] = args.exactly(thread, "isenabled")?;
        let enabled = thread.interpreter().collection().collector().is_enabled();
        Ok(singletons::bool(enabled))
    }),
    NativeDef::function("set_debug", |thread, args| {
        let [flags] = args.exactly(thread, "set_debug")?;
        let flags = operations::index(thread, flags)? as u32;
        thread.interpreter().collection().set_debug(Debug(flags));
        Ok(singletons::none())
    }),
    NativeDef::function("set_threshold", |thread, args| {
        let given = args.between(thread, "set_threshold", 1, 3)?;
        let mut all = thread.interpreter().collection().thresholds();
        for (place, new) in all.iter_mut().zip(given) {
            *place = operations::index(thread, *new)?;
        }
        thread.interpreter().collection().set_thresholds(all);
        Ok(singletons::none())
    }),
    NativeDef::function("unfreeze", |thread, args| {
        let [] = args.exactly(thread, "unfreeze")?;
        gc::unfreeze(thread);
        Ok(singletons::none())
    }),
];

fn switch(thread: &mut Thread, args: &Args<'_>, name: &str, on: bool) -> PyResult {
    let [] = args.exactly(thread, name)?;
    thread
        .interpreter()
        .collection()
        .collector()
        .set_enabled(on);
    Ok(singletons::none())
}

/// What `gc.get_stats()` returns: a dictionary for each generation.
fn stats(thread: &mut Thread) -> PyResult {
    let totals = thread.interpreter().collection().collector().totals();
    let mut all = Vec::new();
    for generation in 0..GENERATIONS {
        let oldest = usize::from(generation == GENERATIONS - 1);
        let new = Dict::new();
        let dict = downcast::<Dict>(&new).expect("just made");
        for (name, figure) in [
            ("collections", totals.collections * oldest),
            ("collected", totals.garbage * oldest),
            ("uncollectable", 0),
        ] {
            dict.set_name(thread.interpreter().intern(name), int::from_usize(figure));
        }
        all.push(new);
    }
    Ok(List::from_refs(all))
}

pub(crate) fn make(thread: &mut Thread) -> PyResult {
    let new = Module::new(thread, "gc", FUNCTIONS);
    let module = downcast::<Module>(&new).expect("just made");
    let interpreter = thread.interpreter().clone();
    let collection = interpreter.collection();
    module.set(thread, "callbacks", collection.callbacks());
    module.set(thread, "garbage", collection.garbage());
    for (name, bits) in [
        ("DEBUG_STATS", 1),
        ("DEBUG_COLLECTABLE", 2),
        ("DEBUG_UNCOLLECTABLE", 4),
        ("DEBUG_SAVEALL", 32),
        ("DEBUG_LEAK", 38),
    ] {
        module.set(thread, name, int::from_i64(bits));
    }
    Ok(new)
}
