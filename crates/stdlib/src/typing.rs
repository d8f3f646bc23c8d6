//! The module `_typing`: type parameters and what else `typing` takes from the VM.

use selvedge_interp::object::module::Module;
use selvedge_interp::object::native::NativeDef;
use selvedge_interp::object::typing;
use selvedge_interp::object::union::UNION_TYPE;
use selvedge_interp::object::{Type, downcast};
use selvedge_interp::{PyResult, Thread};

static FUNCTIONS: &[NativeDef] = &[NativeDef::function("_idfunc", |thread, args| {
    let [value] = args.exactly(thread, "_idfunc")?;
    Ok(value.to_ref())
})];

pub(crate) fn make(thread: &mut Thread) -> PyResult {
    let new = Module::new(thread, "_typing", FUNCTIONS);
    let module = downcast::<Module>(&new).expect("just made");
    let types: [(&str, &'static Type); 8] = [
        ("TypeVar", &typing::TYPE_VAR_TYPE),
        ("ParamSpec", &typing::PARAM_SPEC_TYPE),
        ("TypeVarTuple", &typing::TYPE_VAR_TUPLE_TYPE),
        ("ParamSpecArgs", &typing::PARAM_SPEC_ARGS_TYPE),
        ("ParamSpecKwargs", &typing::PARAM_SPEC_KEYWORDS_TYPE),
        ("TypeAliasType", &typing::TYPE_ALIAS_TYPE),
        ("Generic", &typing::GENERIC_TYPE),
        ("Union", &UNION_TYPE),
    ];
    for (name, ty) in types {
        module.set(thread, name, ty.value().to_ref());
    }
    module.set(thread, "NoDefault", typing::no_default());
    Ok(new)
}
