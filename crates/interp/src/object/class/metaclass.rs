//! How a class statement finds its metaclass, its bases and its namespace.

use super::{TYPE_TYPE, as_type, build};
use crate::error::PyResult;
use crate::object::dict::Dict;
use crate::object::native::{Args, NativeDef};
use crate::object::str::{Str, name_text};
use crate::object::tuple::Tuple;
use crate::object::{Type, downcast, exception, list::List, singletons};
use crate::operations;
use crate::run;
use crate::thread::Thread;
use crate::value::{Ref, Value};

/// The methods of `type`.
pub(super) static METHODS: &[NativeDef] = &[
    NativeDef::function("__new__", |thread, args| {
        let (meta, rest) = args.split_receiver();
        let ty = operations::require_type(thread, meta, "type.__new__(X): X")?;
        new_class(thread, ty, &rest)
    }),
    NativeDef::method("__init__", |_, _| Ok(singletons::none())),
    NativeDef::method("__call__", |thread, args| {
        let (class, rest) = args.split_receiver();
        operations::require_type(thread, class, "type.__call__(X): X")?;
        super::call_type(thread, class, &rest)
    }),
    NativeDef::class_method("__prepare__", |_, _| Ok(Dict::new())),
    NativeDef::method("__instancecheck__", |thread, args| {
        let [class, value] = args.exactly(thread, "__instancecheck__")?;
        let ty = operations::require_type(thread, class, "__instancecheck__: class")?;
        Ok(singletons::bool(value.ty().is_subtype(ty)))
    }),
    NativeDef::method("__subclasscheck__", |thread, args| {
        let [class, other] = args.exactly(thread, "__subclasscheck__")?;
        let ty = operations::require_type(thread, class, "__subclasscheck__: class")?;
        let other = operations::require_type(thread, other, "issubclass() arg 1")?;
        Ok(singletons::bool(other.is_subtype(ty)))
    }),
    NativeDef::method("__subclasses__", |thread, args| {
        let [class] = args.exactly(thread, "__subclasses__")?;
        let ty = operations::require_type(thread, class, "__subclasses__: class")?;
        Ok(List::from_refs(thread.interpreter().subclasses.of(ty)))
    }),
    NativeDef::method("mro", |thread, args| {
        let [class] = args.exactly(thread, "mro")?;
        let ty = operations::require_type(thread, class, "mro: class")?;
        Ok(List::from_refs(
            ty.mro().map(|ty| ty.value().to_ref()).collect(),
        ))
    }),
];

/// What a class statement calls: `(body, name, *bases, **keywords)`.
pub(crate) fn build_class(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [body, name, given @ ..] = args.positional() else {
        return Err(thread.type_error("__build_class__: not enough arguments"));
    };
    let (mut meta, mut keywords) = (None, Vec::new());
    for (keyword, value) in args.keywords() {
        if name_text(&keyword) == "metaclass" {
            meta = Some(value);
        } else {
            keywords.push((keyword, value));
        }
    }
    let bases = resolve_bases(thread, given)?;
    let base_words: Vec<Value> = bases.iter().map(|base| **base).collect();
    let meta = match meta.map_or(Ok(&TYPE_TYPE), |meta| as_type(meta).ok_or(meta)) {
        Ok(ty) => most_derived(thread, ty, &base_words)?.value(),
        Err(function) => function,
    };
    let tuple = Tuple::from_values(&base_words);
    let namespace = prepare(thread, meta, *name, *tuple, &keywords)?;
    drop(run::call_class_body(thread, *body, &namespace)?);
    let changed =
        bases.len() != given.len() || bases.iter().zip(given).any(|(new, old)| !new.is(*old));
    if changed {
        let key = thread.interpreter().intern("__orig_bases__");
        let given = Tuple::from_values(given);
        operations::set_item(thread, *namespace, *key, Some(*given))?;
    }
    if meta.is(TYPE_TYPE.value()) {
        let name = operations::text(thread, *name, "__build_class__: name")?;
        return build::make_class(
            thread,
            &TYPE_TYPE,
            name,
            &base_words,
            super::dict_of(&namespace),
            &keywords,
        );
    }
    let mut values = vec![*name, *tuple, *namespace];
    values.extend(keywords.iter().map(|(_, value)| *value));
    let names: Vec<Value> = keywords.iter().map(|(name, _)| *name).collect();
    operations::call(thread, meta, &Args::with_names(&values, &names))
}

/// The bases, those that are no classes replaced by what their `__mro_entries__` says.
fn resolve_bases(thread: &mut Thread, given: &[Value]) -> PyResult<Vec<Ref>> {
    let mut bases = Vec::with_capacity(given.len());
    for base in given {
        let entries = match as_type(*base) {
            Some(_) => None,
            // An attribute of the base itself will do: `typing.NamedTuple` is a function.
            None => match operations::get_attr_named(thread, *base, "__mro_entries__") {
                Ok(method) => Some(method),
                Err(raised) => {
                    thread.swallow(raised, &exception::ATTRIBUTE_ERROR)?;
                    None
                }
            },
        };
        match entries {
            Some(method) => {
                let all = Tuple::from_values(given);
                let entries = operations::call(thread, *method, &Args::new(&[*all]))?;
                match downcast::<Tuple>(&entries) {
                    Some(entries) => {
                        bases.extend(entries.items().iter().map(|entry| entry.to_ref()));
                    }
                    None => return Err(thread.type_error("__mro_entries__ must return a tuple")),
                }
            }
            None => bases.push(base.to_ref()),
        }
    }
    Ok(bases)
}

/// The metaclass that derives from `meta` and from those of all bases.
fn most_derived(
    thread: &mut Thread,
    meta: &'static Type,
    bases: &[Value],
) -> PyResult<&'static Type> {
    let mut winner = meta;
    for base in bases {
        let other = base.ty();
        if winner.is_subtype(other) || as_type(*base).is_none() {
            continue;
        }
        if !other.is_subtype(winner) {
            return Err(thread.type_error(
                "metaclass conflict: the metaclass of a derived class must be a (non-strict) subclass of the metaclasses of all its bases",
            ));
        }
        winner = other;
    }
    Ok(winner)
}

/// The namespace that the class's body fills.
fn prepare(
    thread: &mut Thread,
    meta: Value,
    name: Value,
    bases: Value,
    keywords: &[(Value, Value)],
) -> PyResult {
    if meta.is(TYPE_TYPE.value()) {
        return Ok(Dict::new());
    }
    let prepare = match operations::get_attr_named(thread, meta, "__prepare__") {
        Ok(prepare) => prepare,
        Err(raised) => {
            thread.swallow(raised, &exception::ATTRIBUTE_ERROR)?;
            return Ok(Dict::new());
        }
    };
    let mut values = vec![name, bases];
    values.extend(keywords.iter().map(|(_, value)| *value));
    let names: Vec<Value> = keywords.iter().map(|(name, _)| *name).collect();
    let namespace = operations::call(thread, *prepare, &Args::with_names(&values, &names))?;
    if namespace.ty().get_item().is_none() {
        let meta = as_type(meta).map_or("<metaclass>", |ty| ty.name());
        let ty = namespace.ty().name();
        return Err(thread.type_error(format!(
            "{meta}.__prepare__() must return a mapping, not {ty}"
        )));
    }
    Ok(namespace)
}

/// What the `__new__` of the metaclass `meta` makes, if it is written in Python.
fn made_by(thread: &mut Thread, meta: &'static Type, args: &Args<'_>) -> PyResult<Option<Ref>> {
    let name = thread.interpreter().intern("__new__");
    let own = meta.lookup(*name);
    let original = TYPE_TYPE.attributes.get(*name);
    if matches!((own, original), (Some(own), Some(original)) if own.is(original)) {
        return Ok(None);
    }
    let new = operations::get_attr(thread, meta.value(), *name)?;
    args.behind(meta.value(), |args| operations::call(thread, *new, args))
        .map(Some)
}

/// `type(name, bases, namespace, **keywords)` for a metaclass.
pub(super) fn new_class(thread: &mut Thread, meta: &'static Type, args: &Args<'_>) -> PyResult {
    match args.positional() {
        [value] if meta == &TYPE_TYPE => Ok(value.ty().value().to_ref()),
        [name, bases, namespace] => {
            let text = match downcast::<Str>(name) {
                Some(_) => operations::text(thread, *name, "name")?,
                None => {
                    let ty = name.ty().name();
                    return Err(thread
                        .type_error(format!("type.__new__() argument 1 must be str, not {ty}")));
                }
            };
            let Some(bases) = downcast::<Tuple>(bases) else {
                let ty = bases.ty().name();
                return Err(
                    thread.type_error(format!("type.__new__() argument 2 must be tuple, not {ty}"))
                );
            };
            let Some(namespace) = downcast::<Dict>(namespace) else {
                let ty = namespace.ty().name();
                return Err(
                    thread.type_error(format!("type.__new__() argument 3 must be dict, not {ty}"))
                );
            };
            let winner = most_derived(thread, meta, bases.items())?;
            if winner != meta
                && let Some(made) = made_by(thread, winner, args)?
            {
                return Ok(made);
            }
            let meta = winner;
            let copy = Dict::new();
            for (key, value) in namespace.to_vec() {
                super::dict_of(&copy).set(thread, key, value)?;
            }
            let keywords: Vec<(Value, Value)> = args.keywords().collect();
            build::make_class(
                thread,
                meta,
                text,
                bases.items(),
                super::dict_of(&copy),
                &keywords,
            )
        }
        _ => Err(thread.type_error("type() takes 1 or 3 arguments")),
    }
}
