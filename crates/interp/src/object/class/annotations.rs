//! Annotations: evaluated when somebody asks for them.

use crate::error::PyResult;
use crate::object::dict::Dict;
use crate::object::native::Args;
use crate::object::str::name_text;
use crate::object::{Type, downcast, singletons};
use crate::operations;
use crate::thread::Thread;
use crate::value::{Ref, Value};

/// In which form an annotate function is to give the annotations: as values.
const VALUES: i64 = 1;

/// What the annotate function `annotate` returns; an empty dictionary if there is none.
///
/// # Errors
/// What the function raises; `TypeError` if it returns no dictionary.
pub(crate) fn evaluate(thread: &mut Thread, annotate: Option<&Ref>) -> PyResult {
    let Some(annotate) = annotate.filter(|annotate| !singletons::is_none(***annotate)) else {
        return Ok(Dict::new());
    };
    let made = operations::call(thread, **annotate, &Args::new(&[Value::small(VALUES)]))?;
    if downcast::<Dict>(&made).is_none() {
        let got = made.ty().name();
        return Err(thread.type_error(format!("__annotate__() must return a dict, not {got}")));
    }
    Ok(made)
}

/// `__annotations__` or `__annotate__` of a class made at run time; nothing for other names.
pub(super) fn of_class(
    thread: &mut Thread,
    class: &'static Type,
    name: Value,
) -> PyResult<Option<Ref>> {
    let text = name_text(&name);
    if !text.starts_with("__annot") {
        return Ok(None);
    }
    let own = |name: &str| {
        let name = thread.interpreter().intern(name);
        class.attributes.get(*name).map(Value::to_ref)
    };
    let annotate = own("__annotate_func__").or_else(|| own("__annotate__"));
    if text == "__annotate__" {
        return Ok(Some(annotate.unwrap_or_else(singletons::none)));
    }
    if text != "__annotations__" {
        return Ok(None);
    }
    let known = own("__annotations__").or_else(|| own("__annotations_cache__"));
    if known.is_some() {
        return Ok(known);
    }
    let made = evaluate(thread, annotate.as_ref())?;
    let cache = thread.interpreter().intern("__annotations_cache__");
    super::set_type_attr(thread, class.value(), *cache, Some(*made))?;
    Ok(Some(made))
}
