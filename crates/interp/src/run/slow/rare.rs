//! Operations too rare to care for speed: intrinsics, annotations, `import *`, t-strings.

use super::Frame;
use crate::error::PyResult;
use crate::object::dict::Dict;
use crate::object::str::{Str, name_text};
use crate::object::template::{Interpolation, Template};
use crate::object::tuple::Tuple;
use crate::object::typing::{
    PARAM_SPEC_TYPE, TYPE_VAR_TUPLE_TYPE, TYPE_VAR_TYPE, TypeAlias, TypeParameter,
};
use crate::object::{class, downcast, exception, singletons};
use crate::operations;
use crate::output;
use crate::run::{generator, names};
use crate::thread::Thread;
use crate::value::{Ref, Value};
use selvedge_compiler::Instruction;
use selvedge_compiler::op::Intrinsic;

#[inline(never)]
pub(in crate::run) fn intrinsic(
    thread: &mut Thread,
    frame: Frame,
    word: Instruction,
) -> PyResult<()> {
    let b = usize::from(word.b());
    let number = word.c();
    let is = |intrinsic: Intrinsic| number == intrinsic as u8;
    let value = frame.take(thread, b)?;
    let result = if is(Intrinsic::Print) {
        show(thread, &value)?;
        singletons::none()
    } else if is(Intrinsic::StopIterationError) {
        generator::stop_iteration_error(thread, frame, value)
    } else if is(Intrinsic::TypeVar) {
        TypeParameter::new(&TYPE_VAR_TYPE, value, None, None)
    } else if is(Intrinsic::TypeVarWithBound) {
        let bound = frame.take(thread, b + 1)?;
        TypeParameter::new(&TYPE_VAR_TYPE, value, Some(bound), None)
    } else if is(Intrinsic::TypeVarWithConstraints) {
        let constraints = frame.take(thread, b + 1)?;
        TypeParameter::new(&TYPE_VAR_TYPE, value, None, Some(constraints))
    } else if is(Intrinsic::ParamSpec) {
        TypeParameter::new(&PARAM_SPEC_TYPE, value, None, None)
    } else if is(Intrinsic::TypeVarTuple) {
        TypeParameter::new(&TYPE_VAR_TUPLE_TYPE, value, None, None)
    } else if is(Intrinsic::SetTypeParamDefault) {
        let default = frame.take(thread, b + 1)?;
        if let Some(parameter) = TypeParameter::of(&value) {
            parameter.set_default(default);
        }
        value
    } else if is(Intrinsic::SubscriptGeneric) {
        crate::object::typing::generic_of(thread, *value)?
    } else if is(Intrinsic::TypeAlias) {
        let parts = downcast::<Tuple>(&value)
            .expect("the parts of an alias are a tuple")
            .items();
        TypeAlias::new(parts[0].to_ref(), parts[1].to_ref(), parts[2].to_ref())
    } else {
        let parameters = frame.take(thread, b + 1)?;
        let name = thread.interpreter().intern("__type_params__");
        operations::set_attr(thread, *value, *name, Some(*parameters))?;
        value
    };
    frame.set(usize::from(word.a()), result);
    Ok(())
}

/// Shows a value as the interactive prompt does, and remembers it as `_`.
fn show(thread: &mut Thread, value: &Ref) -> PyResult<()> {
    if singletons::is_none(**value) {
        return Ok(());
    }
    let text = operations::repr_text(thread, **value)?;
    output::write(thread, &format!("{text}\n"))?;
    let name = thread.interpreter().intern("_");
    thread
        .interpreter()
        .builtins()
        .set_name(name, value.clone());
    Ok(())
}

#[inline(never)]
pub(in crate::run) fn setup_annotations(thread: &mut Thread, frame: Frame) -> PyResult<()> {
    let name = thread.interpreter().intern("__annotations__");
    let namespace = names::namespace_value(frame);
    let absent = match downcast::<Dict>(&namespace) {
        Some(dict) => dict.get(thread, *name)?.is_none(),
        None => false,
    };
    if absent {
        let new = Dict::new();
        operations::set_item(thread, namespace, *name, Some(*new))?;
    }
    Ok(())
}

#[inline(never)]
pub(in crate::run) fn get_name_from_mapping(
    thread: &mut Thread,
    frame: Frame,
    word: Instruction,
    name: Value,
    cell: Option<usize>,
) -> PyResult<()> {
    let mapping = frame.operand(thread, usize::from(word.b()))?;
    let found = match operations::get_item(thread, mapping, name) {
        Ok(found) => Some(found),
        Err(raised) => {
            thread.swallow(raised, &exception::KEY_ERROR)?;
            None
        }
    };
    let value = match (found, cell) {
        (Some(found), _) => found,
        (None, Some(cell)) => names::get_cell(thread, frame, cell)?,
        (None, None) => names::get_global_uncached(thread, frame.function().globals(), name)?,
    };
    frame.set(usize::from(word.a()), value);
    Ok(())
}

#[inline(never)]
pub(in crate::run) fn import_star(
    thread: &mut Thread,
    frame: Frame,
    word: Instruction,
) -> PyResult<()> {
    let module = frame.take(thread, usize::from(word.a()))?;
    let namespace = names::namespace_value(frame);
    let (public, all) = match operations::get_attr_named(thread, *module, "__all__") {
        Ok(public) => (operations::collect(thread, *public)?, true),
        Err(raised) => {
            thread.swallow(raised, &exception::ATTRIBUTE_ERROR)?;
            let dict = operations::get_attr_named(thread, *module, "__dict__")?;
            let keys = class::dict_of(&dict)
                .to_vec()
                .into_iter()
                .map(|(key, _)| key);
            (keys.collect(), false)
        }
    };
    for name in public {
        if downcast::<Str>(&name).is_none() {
            let (ty, module) = (name.ty().name(), module_name(thread, &module));
            let text = if all {
                format!("Item in {module}.__all__ must be str, not {ty}")
            } else {
                format!("Key in {module}.__dict__ must be str, not {ty}")
            };
            return Err(thread.type_error(text));
        }
        if !all && name_text(&name).starts_with('_') {
            continue;
        }
        let value = operations::get_attr(thread, *module, *name)?;
        operations::set_item(thread, namespace, *name, Some(*value))?;
    }
    Ok(())
}

fn module_name(thread: &mut Thread, module: &Ref) -> String {
    let name = operations::get_attr_named(thread, **module, "__name__");
    name.and_then(|name| operations::str_text(thread, *name))
        .unwrap_or_default()
}

#[inline(never)]
pub(in crate::run) fn build_interpolation(
    thread: &mut Thread,
    frame: Frame,
    word: Instruction,
) -> PyResult<()> {
    let b = usize::from(word.b());
    let (value, expression) = (frame.take(thread, b)?, frame.take(thread, b + 1)?);
    let specification = frame.take(thread, b + 2)?;
    let conversion = match word.c() & 0b11 {
        0 => singletons::none(),
        1 => Str::new("s"),
        2 => Str::new("r"),
        _ => Str::new("a"),
    };
    frame.set(
        usize::from(word.a()),
        Interpolation::new(value, expression, conversion, specification),
    );
    Ok(())
}

#[inline(never)]
pub(in crate::run) fn build_template(
    thread: &mut Thread,
    frame: Frame,
    word: Instruction,
) -> PyResult<()> {
    let parts = frame.take_many(thread, usize::from(word.b()), usize::from(word.c()))?;
    frame.set(usize::from(word.a()), Template::from_parts(parts));
    Ok(())
}
