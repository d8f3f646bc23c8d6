//! The attributes that classes have by themselves: what they are called, what they derive from.

use super::{no_attribute, ty, type_object};
use crate::error::PyResult;
use crate::object::mapping_proxy::MappingProxy;
use crate::object::native::{Args, NativeDef};
use crate::object::str::{Str, name_text};
use crate::object::tuple::Tuple;
use crate::object::{Type, downcast, exception, singletons};
use crate::operations;
use crate::thread::Thread;
use crate::value::{Ref, Value};

macro_rules! getters {
    ($($name:literal),+ $(,)?) => {
        &[$(NativeDef::property(
            $name,
            |thread, args| get(thread, args, $name),
            |thread, value, new| set(thread, value, $name, new),
        ),)+]
    };
}

/// The attributes of `type`.
pub(super) static GETTERS: &[NativeDef] = getters![
    "__name__",
    "__qualname__",
    "__module__",
    "__doc__",
    "__base__",
    "__bases__",
    "__mro__",
    "__dict__",
    "__abstractmethods__",
    "__type_params__",
    "__flags__",
    "__basicsize__",
    "__itemsize__",
    "__dictoffset__",
    "__weakrefoffset__",
    "__text_signature__",
    "__annotations__",
    "__annotate__",
];

/// In `__flags__`: the class is abstract.
const IS_ABSTRACT: i64 = 1 << 20;
/// In `__flags__`: the class was made at run time.
const HEAP_TYPE: i64 = 1 << 9;
/// In `__flags__`: classes may derive from it.
const BASE_TYPE: i64 = 1 << 10;
/// In `__flags__`: attributes cannot be set.
const IMMUTABLE: i64 = 1 << 8;

fn get(thread: &mut Thread, args: &Args<'_>, name: &str) -> PyResult {
    let [class] = args.exactly(thread, name)?;
    let name = thread.interpreter().intern(name);
    match own_attribute(ty(class), *name) {
        Some(found) => Ok(found),
        None => Err(no_attribute(thread, class, *name)),
    }
}

fn set(thread: &mut Thread, class: Value, name: &str, new: Option<Value>) -> PyResult<()> {
    let name = thread.interpreter().intern(name);
    type_object::set_type_attr(thread, class, *name, new)
}

/// The attribute of this name that every class has by itself; nothing for other names.
pub(super) fn own_attribute(class: &'static Type, name: Value) -> Option<Ref> {
    let text = name_text(&name);
    if !text.starts_with("__") {
        return None;
    }
    let flag = |set: bool, flag: i64| if set { flag } else { 0 };
    Some(match &*text {
        "__name__" => Str::new(class.name()),
        "__qualname__" => Str::new(class.qualname()),
        "__module__" => match class.attributes.get(name) {
            // A property of instances may have the name.
            Some(own) if class.is_heap() => own.to_ref(),
            _ => Str::new(class.module()),
        },
        "__doc__" => match class.attributes.get(name) {
            Some(own) => return Some(own.to_ref()).filter(is_plain),
            None => singletons::none(),
        },
        "__base__" => class
            .base()
            .map_or_else(singletons::none, |base| base.value().to_ref()),
        "__bases__" => class.named_bases().unwrap_or_else(|| {
            let base = class.base().map(|base| base.value().to_ref());
            Tuple::from_refs(base.into_iter().collect())
        }),
        "__mro__" => Tuple::from_refs(class.mro().map(|ty| ty.value().to_ref()).collect()),
        "__dict__" => MappingProxy::new(class.value().to_ref()),
        "__abstractmethods__" | "__type_params__" if class.is_heap() => {
            match class.attributes.get(name) {
                Some(own) => own.to_ref(),
                None if text == "__type_params__" => Tuple::from_values(&[]),
                None => return None,
            }
        }
        "__type_params__" => Tuple::from_values(&[]),
        "__flags__" => Ref::small(
            flag(class.is_abstract(), IS_ABSTRACT)
                | flag(class.is_heap(), HEAP_TYPE)
                | flag(!class.is_heap(), IMMUTABLE)
                | flag(class.is_subclassable(), BASE_TYPE),
        ),
        "__text_signature__" => singletons::none(),
        "__basicsize__" => Ref::small(size_of::<crate::object::Object>() as i64),
        "__itemsize__" | "__weakrefoffset__" => Ref::small(0),
        "__dictoffset__" => Ref::small(flag(class.is_open(), -1)),
        _ => return None,
    })
}

/// Whether a class attribute is no descriptor.
fn is_plain(value: &Ref) -> bool {
    !value.ty().may_be_descriptor() || value.ty().is_heap()
}

/// Sets the attribute of this name, if it is one that is no mere entry of the class's namespace;
/// says whether it was.
pub(super) fn set_own_attribute(
    thread: &mut Thread,
    class: &'static Type,
    name: Value,
    new: Option<Value>,
) -> PyResult<bool> {
    let text = name_text(&name);
    match (&*text, new) {
        ("__name__" | "__qualname__", Some(new)) => {
            let class_name = class.name();
            let Some(given) = downcast::<Str>(&new).map(|new| new.to_utf8_lossy().into_owned())
            else {
                let got = new.ty().name();
                return Err(thread.type_error(format!(
                    "can only assign string to {class_name}.{text}, not '{got}'"
                )));
            };
            if text == "__name__" && given.contains('\0') {
                return Err(thread.value_error("type name must not contain null characters"));
            }
            let (name, qualname) = if text == "__name__" {
                (Some(given), None)
            } else {
                (None, Some(given))
            };
            thread.alone(|_| {
                // SAFETY: nobody else runs Python code of the interpreter.
                unsafe { class.rename(name, qualname, None) };
            });
            Ok(true)
        }
        ("__bases__", Some(new)) if class.is_heap() => {
            // The same bases once more change nothing; others would change the class's layout
            // and order, which are fixed.
            let same = class
                .named_bases()
                .as_ref()
                .and_then(|old| Some((downcast::<Tuple>(old)?, downcast::<Tuple>(&new)?)))
                .is_some_and(|(old, new)| {
                    let pairs = old.items().iter().zip(new.items());
                    old.items().len() == new.items().len()
                        && pairs.into_iter().all(|(a, b)| a.is(*b))
                });
            if same {
                return Ok(true);
            }
            Err(thread.type_error("the bases of a class cannot be changed"))
        }
        ("__module__", Some(new)) => {
            if let Some(module) = downcast::<Str>(&new) {
                let module = module.to_utf8_lossy().into_owned();
                thread.alone(|_| {
                    // SAFETY: as above.
                    unsafe { class.rename(None, None, Some(module)) };
                });
            }
            Ok(false)
        }
        ("__abstractmethods__", new) => {
            let is_abstract = match new {
                Some(names) => operations::truth(thread, names)?,
                None => false,
            };
            class.set_abstract(is_abstract);
            thread.alone(|interpreter| type_object::forget(interpreter, class));
            Ok(false)
        }
        (
            "__name__" | "__qualname__" | "__mro__" | "__base__" | "__bases__" | "__dict__"
            | "__flags__" | "__basicsize__" | "__itemsize__" | "__dictoffset__"
            | "__weakrefoffset__" | "__text_signature__",
            new,
        ) => {
            let class = class.name();
            if new.is_none() && matches!(&*text, "__name__" | "__qualname__" | "__bases__") {
                return Err(thread.type_error(format!(
                    "cannot delete '{text}' attribute of type '{class}'"
                )));
            }
            let message = format!("attribute '{text}' of 'type' objects is not writable");
            Err(thread.raise_text(&exception::ATTRIBUTE_ERROR, message))
        }
        _ => Ok(false),
    }
}

/// Why a class has no instances: what it must implement first.
#[cold]
pub(crate) fn abstract_class(thread: &mut Thread, class: &'static Type) -> crate::error::Raised {
    let key = thread.interpreter().intern("__abstractmethods__");
    let mut missing = Vec::new();
    if let Some(names) = class.attributes.get(*key).map(Value::to_ref) {
        let collected = match operations::collect(thread, *names) {
            Ok(names) => names,
            Err(raised) => return raised,
        };
        for name in collected {
            match operations::str_text(thread, *name) {
                Ok(name) => missing.push(format!("'{name}'")),
                Err(raised) => return raised,
            }
        }
    }
    missing.sort();
    let plural = if missing.len() == 1 { "" } else { "s" };
    thread.type_error(format!(
        "Can't instantiate abstract class {} without an implementation for abstract method{plural} {}",
        class.name(),
        missing.join(", ")
    ))
}
