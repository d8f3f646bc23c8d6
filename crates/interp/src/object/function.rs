//! Functions written in Python.

mod attributes;

use super::code::Code;
use super::dict::Dict;
use super::tuple::Tuple;
use super::{Base, Object, Payload, Slots, Type, allocate, cast, class, downcast, singletons};
use crate::error::PyResult;
use crate::field::Field;
use crate::gc::Holds;
use crate::object::native::Args;
use crate::references;
use crate::run;
use crate::thread::Thread;
use crate::value::{Ref, Value};
use selvedge_sync::seam::cell::UnsafeCell;

/// A function.
#[repr(C)]
pub struct Function {
    object: Object,
    /// Changed while nobody else runs Python code of the interpreter; so are the defaults.
    codes: UnsafeCell<Codes>,
    globals: Ref,
    defaults: UnsafeCell<Defaults>,
    /// A tuple of cells, or nothing.
    closure: Option<Ref>,
    annotate: Field,
    /// What `annotate` returned, or what was set instead: a dictionary.
    annotations: Field,
    /// What names are looked up in first, a mapping, where they have no registers: in a class
    /// body or a module.
    namespace: Option<Ref>,
    /// The function's own attributes, once it has some.
    dict: Field,
    /// Attributes that every function has, by name, once they are not those of the code any more.
    given: Field,
}

/// What a function runs.
struct Codes {
    current: Ref,
    /// What it ran before, for frames that still do: a tuple of a code and what was before that.
    former: Option<Ref>,
}

/// What parameters are without arguments.
#[derive(Clone)]
struct Defaults {
    /// A tuple, or nothing.
    positional: Option<Ref>,
    /// A dictionary, or nothing.
    keyword: Option<Ref>,
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
        repr: Some(attributes::repr),
        call: Some(call),
        construct: Some(attributes::construct),
        get_attr: Some(attributes::get_attr),
        set_attr: Some(attributes::set_attr),
        ..Slots::of::<Function>()
    },
    attributes::GETTERS,
);

// SAFETY: `Function` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for Function {
    const TYPE: &'static Type = &FUNCTION_TYPE;

    references!(codes, globals, defaults, closure, annotate, annotations, namespace, dict, given;);
}

impl Holds for UnsafeCell<Codes> {
    unsafe fn show<V: FnMut(Value) + ?Sized>(&self, visit: &mut V) {
        self.with(|codes| {
            // SAFETY: nobody changes the function, says the caller.
            unsafe {
                (*codes).current.show(visit);
                (*codes).former.show(visit);
            }
        });
    }
}

impl Holds for UnsafeCell<Defaults> {
    unsafe fn show<V: FnMut(Value) + ?Sized>(&self, visit: &mut V) {
        self.with(|defaults| {
            // SAFETY: nobody changes the function, says the caller.
            unsafe {
                (*defaults).positional.show(visit);
                (*defaults).keyword.show(visit);
            }
        });
    }

    unsafe fn let_go(&self) {
        let nothing = Defaults {
            positional: None,
            keyword: None,
        };
        // SAFETY: nobody else uses the function, says the caller.
        drop(self.with_mut(|defaults| unsafe { core::mem::replace(&mut *defaults, nothing) }));
    }
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
            codes: UnsafeCell::new(Codes {
                current: code,
                former: None,
            }),
            globals,
            defaults: UnsafeCell::new(Defaults {
                positional: defaults,
                keyword: keyword_defaults,
            }),
            closure,
            annotate: Field::new(annotate),
            annotations: Field::new(None),
            namespace: None,
            dict: Field::new(None),
            given: Field::new(None),
        })
    }

    /// The same function, to run once with `namespace` as its namespace.
    pub(crate) fn with_namespace(&self, namespace: Ref) -> Ref {
        allocate(Self {
            object: Object::new(&FUNCTION_TYPE),
            codes: UnsafeCell::new(Codes {
                current: self.code_value().to_ref(),
                former: None,
            }),
            globals: self.globals.clone(),
            defaults: UnsafeCell::new(self.all_defaults().clone()),
            closure: self.closure.clone(),
            annotate: Field::new(self.annotate.get(&self.object)),
            annotations: Field::new(None),
            namespace: Some(namespace),
            dict: Field::new(None),
            given: Field::new(None),
        })
    }

    /// The code.
    #[inline(always)]
    pub(crate) fn code(&self) -> &Code {
        // SAFETY: checked when it was set; the function keeps it alive, also when it has another.
        unsafe { cast(self.code_value()) }
    }

    #[inline(always)]
    pub(crate) fn code_value(&self) -> Value {
        // SAFETY: changed only while nobody else runs Python code of the interpreter.
        self.codes.with(|codes| unsafe { *(*codes).current })
    }

    /// Has the function run `code` from its next call on.
    ///
    /// # Panics
    /// If `code` is no code.
    fn set_code(&self, thread: &mut Thread, code: Ref) {
        assert!(downcast::<Code>(&code).is_some());
        thread.alone(|_| {
            self.codes.with_mut(|codes| {
                // SAFETY: nobody else runs Python code of the interpreter, nor does this.
                let codes = unsafe { &mut *codes };
                let before = core::mem::replace(&mut codes.current, code);
                let rest = codes.former.take().unwrap_or_else(singletons::none);
                codes.former = Some(Tuple::pair(before, rest));
            });
        });
    }

    /// The name and qualified name, where they are not those of the code any more.
    pub(crate) fn given_names(&self, thread: &mut Thread) -> (Option<Ref>, Option<Ref>) {
        let given = |name: &str| {
            let key = thread.interpreter().intern(name);
            self.given(*key)
        };
        (given("__name__"), given("__qualname__"))
    }

    /// The attribute `name` that every function has, if it is not that of the code any more.
    fn given(&self, name: Value) -> Option<Ref> {
        let given = self.given.get(&self.object)?;
        class::dict_of(&given).get_name(name)
    }

    fn all_defaults(&self) -> &Defaults {
        // SAFETY: changed only while nobody else runs Python code of the interpreter; whoever
        // looks at them runs none meanwhile.
        self.defaults.with(|defaults| unsafe { &*defaults })
    }

    /// Replaces what parameters are without arguments.
    fn set_defaults(&self, thread: &mut Thread, new: Defaults) {
        let old = thread.alone(|_| {
            self.defaults.with_mut(|defaults| {
                // SAFETY: nobody else runs Python code of the interpreter, nor does this.
                unsafe { core::mem::replace(&mut *defaults, new) }
            })
        });
        drop(old);
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
        self.all_defaults()
            .positional
            .as_ref()
            .and_then(|defaults| downcast::<Tuple>(defaults))
            .map_or(&[], Tuple::items)
    }

    pub(crate) fn keyword_defaults(&self) -> Option<&Dict> {
        self.all_defaults()
            .keyword
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
