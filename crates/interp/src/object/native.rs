//! Functions written in Rust.

mod args;

pub use args::Args;

use super::{
    Base, CompareOp, Object, Payload, Slots, Type, allocate, class, exception, singletons,
};
use crate::error::{PyResult, Raised};
use crate::object::str::Str;
use crate::object::tuple::Tuple;
use crate::operations;
use crate::references;
use crate::thread::Thread;
use crate::value::{Ref, Value};

/// A function written in Rust. Its arguments are borrowed.
pub type NativeFn = fn(&mut Thread, &Args<'_>) -> PyResult;

/// Sets the attribute of a value, or deletes it.
pub type NativeSetter = fn(&mut Thread, Value, Option<Value>) -> PyResult<()>;

/// How a function is found on an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// Takes the instance as first argument.
    Method,
    /// Takes the class as first argument.
    ClassMethod,
    /// Takes neither.
    Function,
    /// Is called with the instance when the attribute is read.
    Getter,
}

/// The definition of a function written in Rust.
#[derive(Clone, Copy, Debug)]
pub struct NativeDef {
    /// Its name in Python.
    pub name: &'static str,
    /// How it is found on an instance.
    pub binding: Binding,
    /// What it does.
    pub function: NativeFn,
    /// What setting the attribute does, for a getter of one that can be set.
    pub setter: Option<NativeSetter>,
    /// A shorter way for the commonest calls.
    pub quick: Quick,
}

/// What a function does when it is called with exactly so many positional arguments, the receiver
/// counted. A method's receiver is of exactly the type that the method was found in.
#[derive(Clone, Copy, Debug)]
pub enum Quick {
    /// What it always does.
    None,
    /// With one argument.
    One(fn(&mut Thread, Value) -> PyResult),
    /// With two arguments.
    Two(fn(&mut Thread, Value, Value) -> PyResult),
}

impl NativeDef {
    /// A method.
    pub const fn method(name: &'static str, function: NativeFn) -> Self {
        Self {
            name,
            binding: Binding::Method,
            function,
            setter: None,
            quick: Quick::None,
        }
    }

    /// A class method.
    pub const fn class_method(name: &'static str, function: NativeFn) -> Self {
        Self {
            name,
            binding: Binding::ClassMethod,
            function,
            setter: None,
            quick: Quick::None,
        }
    }

    /// A function of a module, or a static method.
    pub const fn function(name: &'static str, function: NativeFn) -> Self {
        Self {
            name,
            binding: Binding::Function,
            function,
            setter: None,
            quick: Quick::None,
        }
    }

    /// A read-only attribute.
    pub const fn getter(name: &'static str, function: NativeFn) -> Self {
        Self {
            name,
            binding: Binding::Getter,
            function,
            setter: None,
            quick: Quick::None,
        }
    }

    /// An attribute that can be set.
    pub const fn property(name: &'static str, function: NativeFn, setter: NativeSetter) -> Self {
        Self {
            name,
            binding: Binding::Getter,
            function,
            setter: Some(setter),
            quick: Quick::None,
        }
    }

    /// The same function, whose calls with one argument are calls of `function`.
    #[must_use]
    pub const fn one(self, function: fn(&mut Thread, Value) -> PyResult) -> Self {
        Self {
            quick: Quick::One(function),
            ..self
        }
    }

    /// The same function, whose calls with two arguments are calls of `function`.
    #[must_use]
    pub const fn two(self, function: fn(&mut Thread, Value, Value) -> PyResult) -> Self {
        Self {
            quick: Quick::Two(function),
            ..self
        }
    }
}

/// A function written in Rust, as an object; bound to a receiver or not.
#[repr(C)]
pub struct Native {
    object: Object,
    def: &'static NativeDef,
    receiver: Option<Ref>,
    home: Home,
}

/// Where a function was found.
#[derive(Clone)]
enum Home {
    Nowhere,
    Type(&'static Type),
    /// The module's name.
    Module(Ref),
}

/// The type `builtin_function_or_method`.
pub static NATIVE_TYPE: Type = Type::builtin(
    "builtin_function_or_method",
    Base::One(&class::OBJECT_TYPE),
    Slots {
        repr: Some(repr),
        call: Some(call),
        hash: Some(hash),
        compare: Some(compare),
        ..Slots::of::<Native>()
    },
    &[
        NativeDef::method("__get__", get),
        NativeDef::getter("__name__", |thread, args| {
            Ok(Str::new(this(thread, args)?.def.name))
        }),
        NativeDef::getter("__qualname__", |thread, args| {
            Ok(Str::new(&this(thread, args)?.qualname()))
        }),
        NativeDef::getter("__module__", |thread, args| {
            Ok(match &this(thread, args)?.home {
                Home::Module(name) => name.clone(),
                _ => singletons::none(),
            })
        }),
        NativeDef::getter("__self__", receiver),
        NativeDef::getter("__objclass__", objclass),
        NativeDef::getter("__doc__", |_, _| Ok(singletons::none())),
        NativeDef::getter("__text_signature__", |_, _| Ok(singletons::none())),
        NativeDef::method("__reduce__", reduce),
    ],
)
.descriptor();

/// The type `getset_descriptor`: of attributes that a builtin type computes.
pub static GETTER_TYPE: Type = Type::builtin(
    "getset_descriptor",
    Base::One(&class::OBJECT_TYPE),
    Slots {
        repr: Some(repr),
        ..Slots::of::<Native>()
    },
    &[
        NativeDef::method("__get__", get),
        NativeDef::method("__set__", |thread, args| {
            let [descriptor, value, new] = args.exactly(thread, "__set__")?;
            set(thread, descriptor, value, Some(new))
        }),
        NativeDef::method("__delete__", |thread, args| {
            let [descriptor, value] = args.exactly(thread, "__delete__")?;
            set(thread, descriptor, value, None)
        }),
        NativeDef::getter("__name__", |thread, args| {
            Ok(Str::new(this(thread, args)?.def.name))
        }),
        NativeDef::getter("__qualname__", |thread, args| {
            Ok(Str::new(&this(thread, args)?.qualname()))
        }),
        NativeDef::getter("__objclass__", objclass),
        NativeDef::getter("__doc__", |_, _| Ok(singletons::none())),
    ],
)
.descriptor();

// SAFETY: `Native` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for Native {
    const TYPE: &'static Type = &NATIVE_TYPE;

    references!(receiver; def, home);
}

impl Native {
    /// The function, without receiver.
    pub fn new(def: &'static NativeDef) -> Ref {
        Self::make(def, None, Home::Nowhere)
    }

    /// The function of the module named `module`.
    pub(crate) fn of_module(def: &'static NativeDef, module: Ref) -> Ref {
        Self::make(def, None, Home::Module(module))
    }

    /// The function as an attribute of the type `ty`.
    pub(crate) fn of_type(def: &'static NativeDef, ty: &'static Type) -> Ref {
        Self::make(def, None, Home::Type(ty))
    }

    /// The function bound to `receiver`.
    pub fn bound(def: &'static NativeDef, receiver: Ref) -> Ref {
        Self::make(def, Some(receiver), Home::Nowhere)
    }

    fn make(def: &'static NativeDef, receiver: Option<Ref>, home: Home) -> Ref {
        let ty = match def.binding {
            Binding::Getter => &GETTER_TYPE,
            _ => &NATIVE_TYPE,
        };
        allocate(Self {
            object: Object::new(ty),
            def,
            receiver,
            home,
        })
    }

    /// The function or getter that a value is.
    #[inline]
    pub(crate) fn of(value: &Value) -> Option<&Self> {
        let is_one = value.is_exactly(&NATIVE_TYPE) || value.is_exactly(&GETTER_TYPE);
        // SAFETY: both types are laid out so.
        is_one.then(|| unsafe { &*value.pointer().cast::<Self>() })
    }

    /// The definition.
    pub fn def(&self) -> &'static NativeDef {
        self.def
    }

    /// Whether the function takes its receiver with the other arguments.
    #[inline]
    pub(crate) fn is_plain(&self) -> bool {
        self.receiver.is_none()
    }

    fn qualname(&self) -> String {
        let name = self.def.name;
        match (&self.receiver, &self.home) {
            (Some(receiver), _) => {
                let ty = class::as_type(**receiver).unwrap_or_else(|| receiver.ty());
                format!("{}.{name}", ty.qualname())
            }
            (None, Home::Type(ty)) => format!("{}.{name}", ty.qualname()),
            _ => name.to_owned(),
        }
    }

    /// Whether what the function takes as its receiver is there, and is one.
    #[inline]
    fn accepts(&self, ty: &'static Type, args: &Args<'_>) -> bool {
        match self.def.binding {
            Binding::Function => true,
            Binding::ClassMethod => !args.positional().is_empty(),
            Binding::Method | Binding::Getter => args
                .positional()
                .first()
                .is_some_and(|receiver| receiver.ty().is_subtype(ty)),
        }
    }

    /// Whether `first` may be the first argument of the quick way.
    #[inline(always)]
    fn is_at_home(&self, first: Value) -> bool {
        match self.home {
            Home::Type(ty) => core::ptr::eq(first.ty(), ty),
            Home::Nowhere | Home::Module(_) => true,
        }
    }

    /// Calls the function, which is plain, with positional arguments.
    #[inline(always)]
    pub(crate) fn call_positional(&self, thread: &mut Thread, values: &[Value]) -> PyResult {
        match (self.def.quick, values) {
            (Quick::Two(function), [first, second]) if self.is_at_home(*first) => {
                function(thread, *first, *second)
            }
            _ => self.call(thread, &Args::new(values)),
        }
    }

    /// What the function, which is plain, does when it is called with `only`, if there is a quick
    /// way and that is bound.
    #[inline(always)]
    pub(crate) fn quick_of_one(&self, only: Value) -> Option<fn(&mut Thread, Value) -> PyResult> {
        match self.def.quick {
            Quick::One(function) if only.is_bound() && self.is_at_home(only) => Some(function),
            _ => None,
        }
    }

    /// Calls the function.
    #[inline]
    pub(crate) fn call(&self, thread: &mut Thread, args: &Args<'_>) -> PyResult {
        match &self.receiver {
            None => {
                if let Home::Type(ty) = self.home
                    && !self.accepts(ty, args)
                {
                    return Err(bad_receiver(thread, self, ty, args));
                }
                (self.def.function)(thread, args)
            }
            Some(receiver) => args.behind(**receiver, |args| (self.def.function)(thread, args)),
        }
    }
}

fn native(value: &Value) -> &Native {
    Native::of(value).expect("called through its type")
}

/// The function that a getter was called with.
fn this<'a>(thread: &mut Thread, args: &Args<'a>) -> PyResult<&'a Native> {
    let of = args.positional().first().and_then(Native::of);
    of.ok_or_else(|| thread.type_error("descriptor requires a builtin function"))
}

fn call(thread: &mut Thread, callee: Value, args: &Args<'_>) -> PyResult {
    native(&callee).call(thread, args)
}

/// Why a method cannot be called with these arguments: its receiver is missing, or of another
/// type.
#[cold]
fn bad_receiver(thread: &mut Thread, this: &Native, ty: &'static Type, args: &Args<'_>) -> Raised {
    let (name, owner) = (this.def.name, ty.name());
    let Some(receiver) = args.positional().first() else {
        return thread.type_error(format!("unbound method {owner}.{name}() needs an argument"));
    };
    let got = receiver.ty().name();
    thread.type_error(format!(
        "descriptor '{name}' for '{owner}' objects doesn't apply to a '{got}' object"
    ))
}

fn repr(_: &mut Thread, value: Value) -> PyResult {
    let this = native(&value);
    let name = this.def.name;
    Ok(Str::new(&match (&this.receiver, &this.home) {
        (Some(receiver), _) => format!(
            "<built-in method {name} of {} object at {:p}>",
            receiver.ty().name(),
            receiver.pointer()
        ),
        (None, Home::Type(ty)) => match this.def.binding {
            Binding::Getter => format!("<attribute '{name}' of '{}' objects>", ty.name()),
            Binding::Function => format!("<built-in method {name} of type object at {ty:p}>"),
            _ => format!("<method '{name}' of '{}' objects>", ty.name()),
        },
        (None, _) => format!("<built-in function {name}>"),
    }))
}

fn hash(_: &mut Thread, value: Value) -> PyResult<u64> {
    let this = native(&value);
    let receiver = this.receiver.as_ref();
    let receiver = receiver.map_or(0, |receiver| receiver.bits() & !0b111);
    Ok(receiver ^ (core::ptr::from_ref(this.def) as u64).rotate_right(4))
}

fn compare(_: &mut Thread, op: CompareOp, left: Value, right: Value) -> PyResult<Option<Ref>> {
    let (Some(left), Some(right)) = (Native::of(&left), Native::of(&right)) else {
        return Ok(None);
    };
    let receivers = match (&left.receiver, &right.receiver) {
        (Some(left), Some(right)) => left.is(**right),
        (None, None) => true,
        _ => false,
    };
    let same = receivers && core::ptr::eq(left.def, right.def);
    Ok(match op {
        CompareOp::Eq => Some(singletons::bool(same)),
        CompareOp::Ne => Some(singletons::bool(!same)),
        _ => None,
    })
}

fn get(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [descriptor, receiver, rest @ ..] = args.between(thread, "__get__", 2, 3)? else {
        return Ok(singletons::none());
    };
    if singletons::is_none(*receiver) {
        return match rest {
            [owner] => match class::as_type(*owner) {
                Some(ty) => class::bind_class_method(*descriptor, ty),
                None => Ok(descriptor.to_ref()),
            },
            _ => Err(thread.type_error("__get__(None, None) is invalid")),
        };
    }
    class::bind_special(thread, *descriptor, *receiver)
}

fn set(thread: &mut Thread, descriptor: Value, value: Value, new: Option<Value>) -> PyResult {
    let this = native(&descriptor);
    set_through(thread, this, value, new)?;
    Ok(singletons::none())
}

/// Sets what a getter gets.
///
/// # Errors
/// `AttributeError` if it cannot be set, and what setting raises.
pub(crate) fn set_through(
    thread: &mut Thread,
    getter: &Native,
    value: Value,
    new: Option<Value>,
) -> PyResult<()> {
    match getter.def.setter {
        Some(set) => set(thread, value, new),
        None => {
            let (name, owner) = (getter.def.name, value.ty().name());
            let text = format!("attribute '{name}' of '{owner}' objects is not writable");
            Err(thread.raise_text(&exception::ATTRIBUTE_ERROR, text))
        }
    }
}

/// `__self__`: the receiver, or the module that the function is of.
fn receiver(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let this = this(thread, args)?;
    match (&this.receiver, &this.home) {
        (Some(receiver), _) => Ok(receiver.clone()),
        (None, Home::Module(name)) => {
            let module = thread.interpreter().modules().get_name(**name);
            Ok(module.unwrap_or_else(singletons::none))
        }
        (None, Home::Type(ty)) if this.def.binding == Binding::Function => Ok(ty.value().to_ref()),
        _ => Err(absent(thread, "__self__")),
    }
}

fn objclass(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    match this(thread, args)?.home {
        Home::Type(ty) => Ok(ty.value().to_ref()),
        _ => Err(absent(thread, "__objclass__")),
    }
}

fn absent(thread: &mut Thread, name: &str) -> Raised {
    let text = format!("'builtin_function_or_method' object has no attribute '{name}'");
    thread.raise_text(&exception::ATTRIBUTE_ERROR, text)
}

/// What a function is pickled as: its name, looked up in its module, or on its receiver.
fn reduce(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let this = this(thread, args)?;
    let owner = match (&this.receiver, &this.home) {
        (Some(receiver), _) => receiver.clone(),
        (None, Home::Type(ty)) => ty.value().to_ref(),
        _ => return Ok(Str::new(this.def.name)),
    };
    let getattr = operations::builtin(thread, "getattr")?;
    let parts = Tuple::from_refs(vec![owner, Str::new(this.def.name)]);
    Ok(Tuple::from_refs(vec![getattr, parts]))
}
