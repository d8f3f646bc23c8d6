//! What functions show of themselves, and what of it can be set.

use super::{Defaults, Extras, FUNCTION_TYPE, Function, function};
use crate::error::PyResult;
use crate::object::code::Code;
use crate::object::dict::Dict;
use crate::object::native::{Args, NativeDef};
use crate::object::str::{Str, name_text};
use crate::object::tuple::Tuple;
use crate::object::{class, downcast, exception, singletons};
use crate::operations;
use crate::thread::Thread;
use crate::value::{Ref, Value};

pub(super) static GETTERS: &[NativeDef] = &[
    NativeDef::method("__get__", |thread, args| {
        let [this, receiver, ..] = args.between(thread, "__get__", 2, 3)? else {
            return Ok(singletons::none());
        };
        if singletons::is_none(*receiver) {
            return Ok(this.to_ref());
        }
        class::bind_special(thread, *this, *receiver)
    }),
    NativeDef::property(
        "__name__",
        |thread, args| {
            let this = function(args.positional().first().expect("a getter has a receiver"));
            or_given(thread, this, "__name__", |this| {
                Str::new(&this.code().source.name)
            })
        },
        |thread, value, new| set_text(thread, value, "__name__", new),
    ),
    NativeDef::property(
        "__qualname__",
        |thread, args| {
            let this = function(args.positional().first().expect("a getter has a receiver"));
            or_given(thread, this, "__qualname__", |this| {
                Str::new(&this.code().source.qualname)
            })
        },
        |thread, value, new| set_text(thread, value, "__qualname__", new),
    ),
    NativeDef::property("__module__", module, |thread, value, new| {
        give(thread, value, "__module__", new);
        Ok(())
    }),
    NativeDef::property(
        "__doc__",
        |thread, args| {
            let this = function(args.positional().first().expect("a getter has a receiver"));
            or_given(thread, this, "__doc__", |this| {
                class::docstring(this.code())
            })
        },
        |thread, value, new| {
            give(thread, value, "__doc__", new);
            Ok(())
        },
    ),
    NativeDef::property(
        "__type_params__",
        |thread, args| {
            let this = function(args.positional().first().expect("a getter has a receiver"));
            or_given(thread, this, "__type_params__", |_| Tuple::from_values(&[]))
        },
        |thread, value, new| match new {
            Some(new) if downcast::<Tuple>(&new).is_some() => {
                give(thread, value, "__type_params__", Some(new));
                Ok(())
            }
            _ => Err(thread.type_error("__type_params__ must be set to a tuple")),
        },
    ),
    NativeDef::property(
        "__code__",
        |_, args| Ok(function(&args.positional()[0]).code_value().to_ref()),
        set_code,
    ),
    NativeDef::getter("__globals__", |_, args| {
        Ok(function(&args.positional()[0]).globals.clone())
    }),
    NativeDef::getter("__builtins__", |thread, _| {
        Ok(thread.interpreter().builtins_value().to_ref())
    }),
    NativeDef::getter("__closure__", |_, args| {
        Ok(or_none(function(&args.positional()[0]).closure.clone()))
    }),
    NativeDef::property(
        "__defaults__",
        |_, args| {
            Ok(or_none(
                function(&args.positional()[0])
                    .all_defaults()
                    .positional
                    .clone(),
            ))
        },
        set_defaults,
    ),
    NativeDef::property(
        "__kwdefaults__",
        |_, args| {
            Ok(or_none(
                function(&args.positional()[0])
                    .all_defaults()
                    .keyword
                    .clone(),
            ))
        },
        set_keyword_defaults,
    ),
    NativeDef::property(
        "__annotate__",
        |_, args| {
            let this = function(&args.positional()[0]);
            Ok(or_none(this.annotate.get(&this.object)))
        },
        set_annotate,
    ),
    NativeDef::property("__annotations__", annotations, set_annotations),
    NativeDef::property(
        "__dict__",
        |_, args| {
            let this = function(&args.positional()[0]);
            Ok(this.dict.get_or_set(&this.object, Dict::new))
        },
        |thread, value, new| {
            let this = function(&value);
            match new {
                Some(new) if downcast::<Dict>(&new).is_some() => {
                    this.dict.set(&this.object, Some(new.to_ref()));
                    Ok(())
                }
                Some(new) => {
                    let got = new.ty().name();
                    let text = format!("__dict__ must be set to a dictionary, not a '{got}'");
                    Err(thread.type_error(text))
                }
                None => Err(thread.type_error("cannot delete __dict__")),
            }
        },
    ),
];

fn or_none(part: Option<Ref>) -> Ref {
    part.unwrap_or_else(singletons::none)
}

/// The attribute `name`, as it was set or as `original` makes it.
fn or_given(
    thread: &mut Thread,
    this: &Function,
    name: &str,
    original: fn(&Function) -> Ref,
) -> PyResult {
    let name = thread.interpreter().intern(name);
    Ok(this.given(*name).unwrap_or_else(|| original(this)))
}

/// Notes an attribute that is not that of the code any more.
fn give(thread: &mut Thread, value: Value, name: &str, new: Option<Value>) {
    let this = function(&value);
    let given = this.given.get_or_set(&this.object, Dict::new);
    let new = new.map_or_else(singletons::none, Value::to_ref);
    class::dict_of(&given).set_name(thread.interpreter().intern(name), new);
}

fn set_text(thread: &mut Thread, value: Value, name: &str, new: Option<Value>) -> PyResult<()> {
    match new {
        Some(new) if downcast::<Str>(&new).is_some() => {
            give(thread, value, name, Some(new));
            Ok(())
        }
        _ => Err(thread.type_error(format!("{name} must be set to a string object"))),
    }
}

fn module(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [this] = args.exactly(thread, "__module__")?;
    let this = function(&this);
    let name = thread.interpreter().intern("__module__");
    if let Some(given) = this.given(*name) {
        return Ok(given);
    }
    let key = thread.interpreter().intern("__name__");
    Ok(or_none(this.globals().get_name(*key)))
}

fn set_code(thread: &mut Thread, value: Value, new: Option<Value>) -> PyResult<()> {
    let this = function(&value);
    let new = new.map(Value::to_ref);
    let Some((new, code)) = new
        .as_ref()
        .and_then(|new| Some((new, downcast::<Code>(new)?)))
    else {
        return Err(thread.type_error("__code__ must be set to a code object"));
    };
    let (wanted, had) = (code.free_count as usize, this.closure().len());
    if wanted != had {
        let name = this.code().source.name.clone();
        return Err(thread.value_error(format!(
            "{name}() requires a code object with {had} free vars, not {wanted}"
        )));
    }
    // What the function is called stays.
    for name in ["__name__", "__qualname__", "__doc__"] {
        let now = operations::get_attr_named(thread, value, name)?;
        give(thread, value, name, Some(*now));
    }
    this.set_code(thread, new.clone());
    Ok(())
}

fn set_defaults(thread: &mut Thread, value: Value, new: Option<Value>) -> PyResult<()> {
    let new = new.filter(|new| !singletons::is_none(*new));
    if new.is_some_and(|new| downcast::<Tuple>(&new).is_none()) {
        return Err(thread.type_error("__defaults__ must be set to a tuple object"));
    }
    let this = function(&value);
    let keyword = this.all_defaults().keyword.clone();
    let positional = new.map(Value::to_ref);
    this.set_defaults(
        thread,
        Defaults {
            positional,
            keyword,
        },
    );
    Ok(())
}

fn set_keyword_defaults(thread: &mut Thread, value: Value, new: Option<Value>) -> PyResult<()> {
    let new = new.filter(|new| !singletons::is_none(*new));
    if new.is_some_and(|new| downcast::<Dict>(&new).is_none()) {
        return Err(thread.type_error("__kwdefaults__ must be set to a dict object"));
    }
    let this = function(&value);
    let positional = this.all_defaults().positional.clone();
    let keyword = new.map(Value::to_ref);
    this.set_defaults(
        thread,
        Defaults {
            positional,
            keyword,
        },
    );
    Ok(())
}

fn set_annotate(thread: &mut Thread, value: Value, new: Option<Value>) -> PyResult<()> {
    let this = function(&value);
    match new {
        Some(new) if singletons::is_none(new) => this.annotate.set(&this.object, None),
        Some(new) if new.ty().call().is_some() => {
            this.annotate.set(&this.object, Some(new.to_ref()));
            this.annotations.set(&this.object, None);
        }
        Some(_) => return Err(thread.type_error("__annotate__ must be callable or None")),
        None => return Err(thread.type_error("__annotate__ cannot be deleted")),
    }
    Ok(())
}

fn annotations(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [this] = args.exactly(thread, "__annotations__")?;
    let this = function(&this);
    if let Some(known) = this.annotations.get(&this.object) {
        return Ok(known);
    }
    let annotate = this.annotate.get(&this.object);
    let made = class::evaluate_annotations(thread, annotate.as_ref())?;
    Ok(this.annotations.get_or_set(&this.object, || made))
}

fn set_annotations(thread: &mut Thread, value: Value, new: Option<Value>) -> PyResult<()> {
    let this = function(&value);
    let new = new.filter(|new| !singletons::is_none(*new));
    if new.is_some_and(|new| downcast::<Dict>(&new).is_none()) {
        return Err(thread.type_error("__annotations__ must be set to a dict object"));
    }
    let new = new.map_or_else(Dict::new, Value::to_ref);
    this.annotations.set(&this.object, Some(new));
    this.annotate.set(&this.object, None);
    Ok(())
}

pub(super) fn repr(thread: &mut Thread, value: Value) -> PyResult {
    let name = or_given(thread, function(&value), "__qualname__", |this| {
        Str::new(&this.code().source.qualname)
    })?;
    Ok(Str::new(&format!(
        "<function {} at {:p}>",
        name_text(&name),
        value.pointer()
    )))
}

pub(super) fn get_attr(thread: &mut Thread, value: Value, name: Value) -> PyResult {
    if FUNCTION_TYPE.lookup(name).is_none() {
        let this = function(&value);
        let own = this
            .dict
            .get(&this.object)
            .and_then(|dict| class::dict_of(&dict).get_name(name));
        if let Some(found) = own {
            return Ok(found);
        }
    }
    class::generic_get_attr(thread, value, name)
}

pub(super) fn set_attr(
    thread: &mut Thread,
    value: Value,
    name: Value,
    new: Option<Value>,
) -> PyResult<()> {
    if class::set_by_descriptor(thread, value, name, new)? {
        return Ok(());
    }
    let this = function(&value);
    let dict = this.dict.get_or_set(&this.object, Dict::new);
    match new {
        Some(new) => {
            class::dict_of(&dict).set_name(name.to_ref(), new.to_ref());
            Ok(())
        }
        None if class::dict_of(&dict).remove_name(name).is_some() => Ok(()),
        None => Err(class::no_attribute(thread, value, name)),
    }
}

/// `FunctionType(code, globals, name=None, argdefs=None, closure=None, kwdefaults=None)`
pub(super) fn construct(
    thread: &mut Thread,
    _: &'static crate::object::Type,
    args: &Args<'_>,
) -> PyResult {
    let names = [
        "code",
        "globals",
        "name",
        "argdefs",
        "closure",
        "kwdefaults",
    ];
    let [code, globals, name, defaults, closure, keyword_defaults] =
        args.bind(thread, "function", names, 2)?;
    let (code, globals) = (code.expect("required"), globals.expect("required"));
    let Some(loaded) = downcast::<Code>(&code) else {
        let got = code.ty().name();
        let text = format!("function() argument 'code' must be code, not {got}");
        return Err(thread.type_error(text));
    };
    if downcast::<Dict>(&globals).is_none() {
        let got = globals.ty().name();
        let text = format!("function() argument 'globals' must be dict, not {got}");
        return Err(thread.type_error(text));
    }
    let given = |part: Option<Value>| part.filter(|part| !singletons::is_none(*part));
    let (defaults, closure) = (given(defaults), given(closure));
    let keyword_defaults = given(keyword_defaults);
    if defaults.is_some_and(|defaults| downcast::<Tuple>(&defaults).is_none()) {
        return Err(thread.type_error("arg 4 (defaults) must be None or tuple"));
    }
    let wanted = loaded.free_count as usize;
    match closure.as_ref().map(downcast::<Tuple>) {
        None if wanted > 0 => return Err(thread.type_error("arg 5 (closure) must be tuple")),
        Some(None) => return Err(thread.type_error("arg 5 (closure) must be None or tuple")),
        Some(Some(cells)) if cells.items().len() != wanted => {
            let (name, got) = (&loaded.source.name, cells.items().len());
            let text = format!("{name} requires closure of length {wanted}, not {got}");
            return Err(thread.raise_text(&exception::VALUE_ERROR, text));
        }
        Some(Some(cells)) => {
            for cell in cells.items() {
                if downcast::<crate::object::cell::Cell>(cell).is_none() {
                    let got = cell.ty().name();
                    let text = format!("arg 5 (closure) expected cell, found {got}");
                    return Err(thread.type_error(text));
                }
            }
        }
        None => {}
    }
    let extras = Extras {
        defaults: defaults.map(Value::to_ref),
        keyword_defaults: keyword_defaults.map(Value::to_ref),
        annotate: None,
        closure: closure.map(Value::to_ref),
    };
    let made = Function::new(code.to_ref(), globals.to_ref(), extras);
    if let Some(name) = given(name) {
        set_text(thread, *made, "__name__", Some(name))?;
    }
    Ok(made)
}
