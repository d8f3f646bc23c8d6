//! The module `_sre`: patterns, as `re` compiles them, and their matches.

mod classes;
mod engine;
mod matches;
mod op;
mod patterns;
mod run;
mod substitution;
mod trail;

use selvedge_interp::object::module::Module;
use selvedge_interp::object::native::NativeDef;
use selvedge_interp::object::{downcast, int, singletons};
use selvedge_interp::{PyResult, Ref, Thread, operations, prepare_type};
use selvedge_sync::seam::OnceLock;

/// Names the instructions and their layout, for `re` to check.
const MAGIC: i64 = 20_230_612;

macro_rules! of_character {
    ($name:literal, $function:expr) => {
        NativeDef::function($name, |thread, args| {
            let [point] = args.exactly(thread, $name)?;
            let point = operations::index(thread, point)? as u32;
            let function: fn(u32) -> Ref = $function;
            Ok(function(point))
        })
    };
}

static FUNCTIONS: &[NativeDef] = &[
    of_character!("ascii_iscased", |point| {
        singletons::bool(classes::is_cased(point, true))
    }),
    of_character!("ascii_tolower", |point| {
        Ref::small(i64::from(classes::lower(point, true)))
    }),
    NativeDef::function("compile", patterns::compile),
    NativeDef::function("getcodesize", |_, _| Ok(Ref::small(4))),
    NativeDef::function("template", substitution::template),
    of_character!("unicode_iscased", |point| {
        singletons::bool(classes::is_cased(point, false))
    }),
    of_character!("unicode_tolower", |point| {
        Ref::small(i64::from(classes::lower(point, false)))
    }),
];

pub(crate) fn make(thread: &mut Thread) -> PyResult {
    static PREPARED: OnceLock<()> = OnceLock::new();
    PREPARED.get_or_init(|| {
        prepare_type(&patterns::PATTERN_TYPE);
        prepare_type(&patterns::SCANNER_TYPE);
        prepare_type(&matches::MATCH_TYPE);
        prepare_type(&substitution::TEMPLATE_TYPE);
    });
    let new = Module::new(thread, "_sre", FUNCTIONS);
    let module = downcast::<Module>(&new).expect("just made");
    for (name, number) in [
        ("CODESIZE", 4),
        ("MAGIC", MAGIC),
        ("MAXGROUPS", i64::from(u32::MAX / 2)),
        ("MAXREPEAT", i64::from(u32::MAX)),
    ] {
        module.set(thread, name, int::from_i64(number));
    }
    Ok(new)
}
