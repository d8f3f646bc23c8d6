//! Functions written in Python.

use super::code::Code;
use super::dict::Dict;
use super::tuple::Tuple;
use super::{Base, Object, Payload, Slots, Type, allocate, cast, class, downcast, singletons};
use crate::error::PyResult;
use crate::field::Field;
use crate::object::native::Args;
use crate::object::str::{Str, name_text};
use crate::run;
use crate::thread::Thread;
use crate::value::{Ref, Value};

/// A function.
#[repr(C)]
pub struct Function {
    object: Object,
    code: Ref,
    globals: Ref,
    /// A tuple, or nothing.
    defaults: Option<Ref>,
    /// A dictionary, or nothing.
    keyword_defaults: Option<Ref>,
    /// A tuple of cells, or nothing.
    closure: Option<Ref>,
    annotate: Option<Ref>,
    /// What `annotate` returned, or what was set instead: a dictionary.
    annotations: Field,
    /// What names are looked up in first, a dictionary, where they have no registers: in a class
    /// body or a module.
    namespace: Option<Ref>,
    /// The function's own attributes, once it has some.
    dict: Field,
}

/// The parts of a function besides its code and globals.
#[derive(Debug, Default)]
pub(crate) struct Extras {
    pub(crate) defaults: Option<Ref>,
    pub(crate) keyword_defaults: Option<Ref>,
    pub(crate) annotate: Option<Ref>,
    pub(crate) closure: Option<Ref>,
}

/// The type `function`.
pub static FUNCTION_TYPE: Type = Type::builtin(
    "function",
    Base::One(&class::OBJECT_TYPE),
    Slots {
        repr: Some(repr),
        call: Some(call),
        get_attr: Some(get_attr),
        set_attr: Some(set_attr),
        ..Slots::of::<Function>()
    },
    &[],
);

// SAFETY: `Function` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for Function {
    const TYPE: &'static Type = &FUNCTION_TYPE;
}

impl Function {
    /// A function of this code whose global names are in `globals`, a dictionary.
    ///
    /// # Panics
    /// If `code` is no code or `globals` no dictionary.
    pub(crate) fn new(code: Ref, globals: Ref, extras: Extras) -> Ref {
        assert!(downcast::<Code>(&code).is_some() && downcast::<Dict>(&globals).is_some());
        let Extras {
            defaults,
            keyword_defaults,
            annotate,
            closure,
        } = extras;
        let object = Object::new(&FUNCTION_TYPE);
        allocate(Self {
            object,
            code,
            globals,
            defaults,
            keyword_defaults,
            closure,
            annotate,
            annotations: Field::new(None),
            namespace: None,
            dict: Field::new(None),
        })
    }

    /// The same function, to run once with `namespace` as its namespace.
    ///
    /// # Panics
    /// If `namespace` is no dictionary.
    pub(crate) fn with_namespace(&self, namespace: Ref) -> Ref {
        assert!(
            downcast::<Dict>(&namespace).is_some(),
            "a namespace is a dictionary"
        );
        allocate(Self {
            object: Object::new(&FUNCTION_TYPE),
            code: self.code.clone(),
            globals: self.globals.clone(),
            defaults: self.defaults.clone(),
            keyword_defaults: self.keyword_defaults.clone(),
            closure: self.closure.clone(),
            annotate: self.annotate.clone(),
            annotations: Field::new(None),
            namespace: Some(namespace),
            dict: Field::new(None),
        })
    }

    /// The code.
    #[inline(always)]
    pub(crate) fn code(&self) -> &Code {
        // SAFETY: checked when the function was made; the function keeps it alive.
        unsafe { cast(*self.code) }
    }

    pub(crate) fn code_value(&self) -> Value {
        *self.code
    }

    /// The name and qualified name, where they are not those of the code any more.
    pub(crate) fn given_names(&self, thread: &mut Thread) -> (Option<Ref>, Option<Ref>) {
        let Some(dict) = self.dict.get(&self.object) else {
            return (None, None);
        };
        let given = |name: &str| {
            let key = thread.interpreter().intern(name);
            class::dict_of(&dict).get_name(*key)
        };
        (given("__name__"), given("__qualname__"))
    }

    /// The global names.
    #[inline(always)]
    pub(crate) fn globals(&self) -> &Dict {
        // SAFETY: checked when the function was made; the function keeps it alive.
        unsafe { cast(*self.globals) }
    }

    pub(crate) fn globals_value(&self) -> Value {
        *self.globals
    }

    /// The namespace of a class body or module.
    pub(crate) fn namespace(&self) -> Option<Value> {
        self.namespace.as_deref().copied()
    }

    pub(crate) fn defaults(&self) -> &[Value] {
        self.defaults
            .as_ref()
            .and_then(|defaults| downcast::<Tuple>(defaults))
            .map_or(&[], Tuple::items)
    }

    pub(crate) fn keyword_defaults(&self) -> Option<&Dict> {
        self.keyword_defaults
            .as_ref()
            .and_then(|defaults| downcast::<Dict>(defaults))
    }

    pub(crate) fn closure(&self) -> &[Value] {
        self.closure
            .as_ref()
            .and_then(|closure| downcast::<Tuple>(closure))
            .map_or(&[], Tuple::items)
    }
}

fn function(value: &Value) -> &Function {
    downcast::<Function>(value).expect("slots of functions are called with functions")
}

fn call(thread: &mut Thread, callee: Value, args: &Args<'_>) -> PyResult {
    run::call_function(thread, callee, args)
}

fn repr(_: &mut Thread, value: Value) -> PyResult {
    let name = &function(&value).code().source.qualname;
    Ok(Str::new(&format!(
        "<function {name} at {:p}>",
        value.pointer()
    )))
}

fn get_attr(thread: &mut Thread, value: Value, name: Value) -> PyResult {
    let this = function(&value);
    if let Some(found) = this
        .dict
        .get(&this.object)
        .and_then(|dict| class::dict_of(&dict).get_name(name))
    {
        return Ok(found);
    }
    let or_none = |part: &Option<Ref>| Ok(part.clone().unwrap_or_else(singletons::none));
    match &*name_text(&name) {
        "__name__" => Ok(Str::new(&this.code().source.name)),
        "__qualname__" => Ok(Str::new(&this.code().source.qualname)),
        "__module__" => {
            let key = thread.interpreter().intern("__name__");
            Ok(this
                .globals()
                .get_name(*key)
                .unwrap_or_else(singletons::none))
        }
        "__doc__" => Ok(class::docstring(this.code())),
        "__code__" => Ok(this.code.clone()),
        "__globals__" => Ok(this.globals.clone()),
        "__defaults__" => or_none(&this.defaults),
        "__kwdefaults__" => or_none(&this.keyword_defaults),
        "__closure__" => or_none(&this.closure),
        "__annotate__" => or_none(&this.annotate),
        "__annotations__" => match this.annotations.get(&this.object) {
            Some(known) => Ok(known),
            None => {
                let made = class::evaluate_annotations(thread, this.annotate.as_ref())?;
                Ok(this.annotations.get_or_set(&this.object, || made))
            }
        },
        "__dict__" => Ok(this.dict.get_or_set(&this.object, Dict::new)),
        _ => class::generic_get_attr(thread, value, name),
    }
}

fn set_attr(thread: &mut Thread, value: Value, name: Value, new: Option<Value>) -> PyResult<()> {
    let this = function(&value);
    if name_text(&name) == "__annotations__" {
        let new = new.filter(|new| !singletons::is_none(*new));
        if new.is_some_and(|new| downcast::<Dict>(&new).is_none()) {
            return Err(thread.type_error("__annotations__ must be set to a dict object"));
        }
        let new = new.map_or_else(Dict::new, Value::to_ref);
        this.annotations.set(&this.object, Some(new));
        return Ok(());
    }
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
