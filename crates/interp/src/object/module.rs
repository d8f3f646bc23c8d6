//! Modules: a namespace with a name.

use super::dict::Dict;
use super::native::{Args, Native, NativeDef};
use super::{
    Base, Object, Payload, Slots, Type, allocate, cast, class, downcast, exception, singletons,
};
use crate::error::PyResult;
use crate::object::str::{Str, name_text};
use crate::operations;
use crate::references;
use crate::thread::Thread;
use crate::value::{Ref, Value};

/// A module.
#[repr(C)]
pub struct Module {
    object: Object,
    namespace: Ref,
}

/// The type `module`.
pub static MODULE_TYPE: Type = Type::builtin(
    "module",
    Base::One(&class::OBJECT_TYPE),
    Slots {
        construct: Some(construct),
        repr: Some(repr),
        get_attr: Some(get_attr),
        set_attr: Some(set_attr),
        ..Slots::of::<Module>()
    },
    &[],
)
.subclassable();

// SAFETY: `Module` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for Module {
    const TYPE: &'static Type = &MODULE_TYPE;

    references!(namespace;);
}

impl Module {
    /// A module named `name` with these functions.
    pub fn new(thread: &mut Thread, name: &str, functions: &'static [NativeDef]) -> Ref {
        let module = Self::around(Dict::new());
        let this = downcast::<Module>(&module).expect("just made");
        this.define(thread, name, functions);
        let name = thread.interpreter().intern(name);
        this.set(thread, "__name__", name);
        for name in ["__doc__", "__loader__", "__spec__"] {
            this.set(thread, name, singletons::none());
        }
        this.set(thread, "__package__", Str::new(""));
        module
    }

    /// Adds functions to the module, which is named `name`.
    pub fn define(&self, thread: &mut Thread, name: &str, functions: &'static [NativeDef]) {
        let name = thread.interpreter().intern(name);
        for def in functions {
            self.set(thread, def.name, Native::of_module(def, name.clone()));
        }
    }

    /// The module whose namespace is the dictionary `namespace`.
    ///
    /// # Panics
    /// If `namespace` is no dictionary.
    pub fn around(namespace: Ref) -> Ref {
        assert!(
            downcast::<Dict>(&namespace).is_some(),
            "a module's namespace is a dictionary"
        );
        allocate(Self {
            object: Object::new(&MODULE_TYPE),
            namespace,
        })
    }

    /// The namespace.
    pub fn namespace(&self) -> &Dict {
        // SAFETY: checked when the module was made; the module keeps it alive.
        unsafe { cast(*self.namespace) }
    }

    /// The namespace as a value.
    pub fn namespace_value(&self) -> Value {
        *self.namespace
    }

    /// Sets the name `name` to `value`.
    pub fn set(&self, thread: &mut Thread, name: &str, value: Ref) {
        let name = thread.interpreter().intern(name);
        self.namespace().set_name(name, value);
    }
}

/// `ModuleType(name, doc=None)`
fn construct(thread: &mut Thread, _: &'static Type, args: &Args<'_>) -> PyResult {
    let [name, doc] = args.bind(thread, "module", ["name", "doc"], 1)?;
    let name = name.expect("required");
    if downcast::<Str>(&name).is_none() {
        let ty = name.ty().name();
        let text = format!("module() argument 'name' must be str, not {ty}");
        return Err(thread.type_error(text));
    }
    let made = Module::around(Dict::new());
    let this = module(&made);
    this.set(thread, "__name__", name.to_ref());
    let doc = doc.map_or_else(singletons::none, Value::to_ref);
    this.set(thread, "__doc__", doc);
    for name in ["__package__", "__loader__", "__spec__"] {
        this.set(thread, name, singletons::none());
    }
    Ok(made)
}

fn module(value: &Value) -> &Module {
    downcast::<Module>(value).expect("slots of modules are called with modules")
}

fn module_name(thread: &mut Thread, value: Value) -> String {
    let key = thread.interpreter().intern("__name__");
    match module(&value).namespace().get_name(*key) {
        Some(name) => downcast::<Str>(&name)
            .map(|name| name.to_utf8_lossy().into_owned())
            .unwrap_or_default(),
        None => "?".into(),
    }
}

fn repr(thread: &mut Thread, value: Value) -> PyResult {
    let name = module_name(thread, value);
    Ok(Str::new(&format!("<module '{name}'>")))
}

fn get_attr(thread: &mut Thread, value: Value, name: Value) -> PyResult {
    if let Some(found) = module(&value).namespace().get_name(name) {
        return Ok(found);
    }
    if name_text(&name) == "__dict__" {
        return Ok(module(&value).namespace.clone());
    }
    if name_text(&name) == "__annotations__" {
        let key = thread.interpreter().intern("__annotate__");
        let annotate = module(&value).namespace().get_name(*key);
        let made = class::evaluate_annotations(thread, annotate.as_ref())?;
        module(&value)
            .namespace()
            .set_name(name.to_ref(), made.clone());
        return Ok(made);
    }
    match class::generic_get_attr(thread, value, name) {
        Err(raised) if thread.raised_is(&exception::ATTRIBUTE_ERROR) => {
            thread.swallow(raised, &exception::ATTRIBUTE_ERROR)?;
            let getter = thread.interpreter().intern("__getattr__");
            if let Some(getter) = module(&value).namespace().get_name(*getter) {
                return operations::call(thread, *getter, &Args::new(&[name]));
            }
            let (module, name) = (module_name(thread, value), name_text(&name));
            let loading = &thread.interpreter().loading;
            let text = if loading.contains(&format!("{module}.{name}")) {
                format!(
                    "cannot access submodule '{name}' of module '{module}' \
                     (most likely due to a circular import)"
                )
            } else if loading.contains(&module) {
                format!(
                    "partially initialized module '{module}' has no attribute '{name}' \
                     (most likely due to a circular import)"
                )
            } else {
                format!("module '{module}' has no attribute '{name}'")
            };
            Err(thread.raise_text(&exception::ATTRIBUTE_ERROR, text))
        }
        result => result,
    }
}

fn set_attr(thread: &mut Thread, value: Value, name: Value, new: Option<Value>) -> PyResult<()> {
    match new {
        Some(new) => {
            module(&value)
                .namespace()
                .set_name(name.to_ref(), new.to_ref());
            Ok(())
        }
        None if module(&value).namespace().remove_name(name).is_some() => Ok(()),
        None => Err(class::no_attribute(thread, value, name)),
    }
}
