//! Classes with type arguments: their attributes, and substituting their parameters.

use super::{GenericAlias, TypeParameter, generic, shown_type};
use crate::error::PyResult;
use crate::object::native::{Args, NativeDef};
use crate::object::str::{Str, name_text};
use crate::object::tuple::Tuple;
use crate::object::{class, downcast, exception, list::List, singletons};
use crate::operations;
use crate::thread::Thread;
use crate::value::{Ref, Value};

pub(super) static METHODS: &[NativeDef] = &[
    NativeDef::method("__mro_entries__", |thread, args| {
        let [this, _] = args.exactly(thread, "__mro_entries__")?;
        Ok(Tuple::from_refs(vec![generic(&this).origin.clone()]))
    }),
    NativeDef::method("__instancecheck__", |thread, _| {
        Err(thread.type_error("isinstance() argument 2 cannot be a parameterized generic"))
    }),
    NativeDef::method("__subclasscheck__", |thread, _| {
        Err(thread.type_error("issubclass() argument 2 cannot be a parameterized generic"))
    }),
    NativeDef::method("__reduce__", |thread, args| {
        let [this] = args.exactly(thread, "__reduce__")?;
        let this = generic(&this);
        let parts = Tuple::from_refs(vec![this.origin.clone(), this.arguments.clone()]);
        let ty = super::GENERIC_ALIAS_TYPE.value().to_ref();
        Ok(Tuple::from_refs(vec![ty, parts]))
    }),
    NativeDef::getter("__origin__", |_, args| {
        Ok(generic(&args.positional()[0]).origin.clone())
    }),
    NativeDef::getter("__args__", |_, args| {
        Ok(generic(&args.positional()[0]).arguments.clone())
    }),
    NativeDef::getter("__parameters__", |thread, args| {
        let [this] = args.exactly(thread, "__parameters__")?;
        parameters(thread, generic(&this))
    }),
    NativeDef::getter("__unpacked__", |_, args| {
        Ok(singletons::bool(generic(&args.positional()[0]).starred))
    }),
    NativeDef::getter("__typing_unpacked_tuple_args__", |_, args| {
        let this = generic(&args.positional()[0]);
        let is_tuple = this.origin.is(crate::object::tuple::TUPLE_TYPE.value());
        Ok(if this.starred && is_tuple {
            this.arguments.clone()
        } else {
            singletons::none()
        })
    }),
];

fn parameters(thread: &mut Thread, this: &GenericAlias) -> PyResult {
    parameters_among(thread, *this.arguments)
}

/// The type parameters among arguments, each once.
pub(crate) fn parameters_among(thread: &mut Thread, arguments: Value) -> PyResult {
    let mut found: Vec<Ref> = Vec::new();
    collect(thread, arguments, &mut found)?;
    Ok(Tuple::from_refs(found))
}

fn collect(thread: &mut Thread, arguments: Value, found: &mut Vec<Ref>) -> PyResult<()> {
    for argument in operations::collect(thread, arguments)? {
        if class::as_type(*argument).is_some() {
            continue;
        }
        let new = if TypeParameter::of(&argument).is_some() {
            vec![argument]
        } else if downcast::<List>(&argument).is_some() || downcast::<Tuple>(&argument).is_some() {
            collect(thread, *argument, found)?;
            continue;
        } else {
            match operations::get_attr_named(thread, *argument, "__parameters__") {
                Ok(parameters) if downcast::<Tuple>(&parameters).is_some() => {
                    operations::collect(thread, *parameters)?
                }
                Ok(_) => continue,
                Err(raised) => {
                    thread.swallow(raised, &exception::ATTRIBUTE_ERROR)?;
                    continue;
                }
            }
        };
        for parameter in new {
            if !found.iter().any(|known| known.is(*parameter)) {
                found.push(parameter);
            }
        }
    }
    Ok(())
}

/// `alias[arguments]`: the parameters replaced, as `typing` does it.
pub(super) fn substitute(thread: &mut Thread, value: Value, key: Value) -> PyResult {
    let this = generic(&value);
    let parameters = parameters(thread, this)?;
    let names = downcast::<Tuple>(&parameters).map_or(&[][..], Tuple::items);
    if names.is_empty() {
        let shown = operations::repr_text(thread, value)?;
        return Err(thread.type_error(format!("{shown} is not a generic class")));
    }
    let mut given = match downcast::<Tuple>(&key) {
        Some(_) => key.to_ref(),
        None => Tuple::from_values(&[key]),
    };
    for name in names {
        let prepare = "__typing_prepare_subst__";
        given = operations::call_method(thread, *name, prepare, &[value, *given])?;
    }
    let arguments = downcast::<Tuple>(&given).map_or(&[][..], Tuple::items);
    if arguments.len() != names.len() {
        let many = if arguments.len() > names.len() {
            "many"
        } else {
            "few"
        };
        let shown = operations::repr_text(thread, value)?;
        let (got, wanted) = (arguments.len(), names.len());
        return Err(thread.type_error(format!(
            "Too {many} arguments for {shown}; actual {got}, expected {wanted}"
        )));
    }
    let mut replaced = Vec::new();
    for argument in operations::collect(thread, *this.arguments)? {
        replace(thread, *argument, names, arguments, &mut replaced)?;
    }
    let replaced = Tuple::from_refs(replaced);
    let made = GenericAlias::new(this.origin.clone(), *replaced);
    Ok(made)
}

/// Puts an argument into `out` with its parameters replaced.
fn replace(
    thread: &mut Thread,
    argument: Value,
    names: &[Value],
    arguments: &[Value],
    out: &mut Vec<Ref>,
) -> PyResult<()> {
    if class::as_type(argument).is_some() {
        out.push(argument.to_ref());
        return Ok(());
    }
    if let Some(at) = names.iter().position(|name| name.is(argument)) {
        let new = operations::call_method(thread, argument, "__typing_subst__", &[arguments[at]])?;
        match downcast::<Tuple>(&new) {
            Some(many) if argument.ty().name() == "TypeVarTuple" => {
                out.extend(many.items().iter().map(|item| item.to_ref()));
            }
            _ => out.push(new),
        }
        return Ok(());
    }
    let inner = match operations::get_attr_named(thread, argument, "__parameters__") {
        Ok(inner) => operations::collect(thread, *inner)?,
        Err(raised) => {
            thread.swallow(raised, &exception::ATTRIBUTE_ERROR)?;
            Vec::new()
        }
    };
    if inner.is_empty() {
        out.push(argument.to_ref());
        return Ok(());
    }
    let mut chosen = Vec::new();
    for parameter in &inner {
        let at = names.iter().position(|name| name.is(**parameter));
        let argument = at.map_or(**parameter, |at| arguments[at]);
        match downcast::<Tuple>(&argument) {
            Some(many) if parameter.ty().name() == "TypeVarTuple" => {
                chosen.extend(many.items().iter().map(|item| item.to_ref()));
            }
            _ => chosen.push(argument.to_ref()),
        }
    }
    let chosen = Tuple::from_refs(chosen);
    out.push(operations::get_item(thread, argument, *chosen)?);
    Ok(())
}

pub(super) fn repr(thread: &mut Thread, value: Value) -> PyResult {
    let this = generic(&value);
    let mut shown = Vec::new();
    for part in downcast::<Tuple>(&this.arguments).map_or(&[][..], Tuple::items) {
        shown.push(match downcast::<List>(part) {
            Some(list) => {
                let mut parts = Vec::new();
                for part in list.to_vec() {
                    parts.push(shown_type(thread, *part)?);
                }
                format!("[{}]", parts.join(", "))
            }
            None => shown_type(thread, *part)?,
        });
    }
    if shown.is_empty() {
        shown.push("()".into());
    }
    let star = if this.starred { "*" } else { "" };
    let origin = shown_type(thread, *this.origin)?;
    Ok(Str::new(&format!("{star}{origin}[{}]", shown.join(", "))))
}

/// Calls the class; its instance learns what it was called with.
pub(super) fn call(thread: &mut Thread, value: Value, args: &Args<'_>) -> PyResult {
    let made = operations::call(thread, *generic(&value).origin, args)?;
    let name = thread.interpreter().intern("__orig_class__");
    match operations::set_attr(thread, *made, *name, Some(value)) {
        Ok(()) => {}
        Err(raised) if thread.raised_is(&exception::ATTRIBUTE_ERROR) => {
            thread.swallow(raised, &exception::ATTRIBUTE_ERROR)?;
        }
        Err(raised) => thread.swallow(raised, &exception::TYPE_ERROR)?,
    }
    Ok(made)
}

pub(super) fn get_attr(thread: &mut Thread, value: Value, name: Value) -> PyResult {
    const OWN: [&str; 12] = [
        "__origin__",
        "__args__",
        "__parameters__",
        "__unpacked__",
        "__typing_unpacked_tuple_args__",
        "__class__",
        "__mro_entries__",
        "__reduce_ex__",
        "__reduce__",
        "__copy__",
        "__deepcopy__",
        "__getitem__",
    ];
    let text = name_text(&name);
    if OWN.contains(&&*text) || text.ends_with("check__") {
        return class::generic_get_attr(thread, value, name);
    }
    operations::get_attr(thread, *generic(&value).origin, name)
}
