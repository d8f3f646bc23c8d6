//! Functions written in Rust.

use super::{Base, Object, Payload, Slots, Type, allocate, class, downcast_exact};
use crate::error::PyResult;
use crate::object::str::{Str, name_text};
use crate::thread::Thread;
use crate::value::{Ref, Value};

/// A function written in Rust. Its arguments are borrowed.
pub type NativeFn = fn(&mut Thread, &Args<'_>) -> PyResult;

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
}

impl NativeDef {
    /// A method.
    pub const fn method(name: &'static str, function: NativeFn) -> Self {
        Self {
            name,
            binding: Binding::Method,
            function,
        }
    }

    /// A class method.
    pub const fn class_method(name: &'static str, function: NativeFn) -> Self {
        Self {
            name,
            binding: Binding::ClassMethod,
            function,
        }
    }

    /// A function of a module, or a static method.
    pub const fn function(name: &'static str, function: NativeFn) -> Self {
        Self {
            name,
            binding: Binding::Function,
            function,
        }
    }

    /// A read-only attribute.
    pub const fn getter(name: &'static str, function: NativeFn) -> Self {
        Self {
            name,
            binding: Binding::Getter,
            function,
        }
    }
}

/// The arguments of a call, borrowed: positional ones, then those with names.
#[derive(Clone, Copy, Debug)]
pub struct Args<'a> {
    values: &'a [Value],
    names: &'a [Value],
}

impl<'a> Args<'a> {
    /// Positional arguments.
    pub const fn new(values: &'a [Value]) -> Self {
        Self { values, names: &[] }
    }

    /// Arguments, the last of them named by `names`.
    ///
    /// # Panics
    /// If there are more names than values.
    pub fn with_names(values: &'a [Value], names: &'a [Value]) -> Self {
        assert!(names.len() <= values.len(), "every name has a value");
        Self { values, names }
    }

    /// The positional arguments.
    #[inline]
    pub fn positional(&self) -> &'a [Value] {
        &self.values[..self.values.len() - self.names.len()]
    }

    /// All values: positional ones, then those with names.
    pub fn values(&self) -> &'a [Value] {
        self.values
    }

    /// The names of the last values.
    pub fn names(&self) -> &'a [Value] {
        self.names
    }

    /// The arguments with names, each with its name.
    pub fn keywords(&self) -> impl Iterator<Item = (Value, Value)> + use<'a> {
        let first = self.values.len() - self.names.len();
        self.names
            .iter()
            .copied()
            .zip(self.values[first..].iter().copied())
    }

    /// The arguments without the first, which is the receiver of a method.
    ///
    /// # Panics
    /// If there is no positional argument.
    pub fn split_receiver(&self) -> (Value, Args<'a>) {
        assert!(
            !self.positional().is_empty(),
            "a method is called with its receiver"
        );
        (
            self.values[0],
            Args {
                values: &self.values[1..],
                names: self.names,
            },
        )
    }

    /// Checks that no argument has a name.
    ///
    /// # Errors
    /// `TypeError` if one has.
    #[inline]
    pub fn no_keywords(&self, thread: &mut Thread, function: &str) -> PyResult<()> {
        if self.names.is_empty() {
            Ok(())
        } else {
            Err(thread.type_error(format!("{function}() takes no keyword arguments")))
        }
    }

    /// The arguments, if they are `N` positional ones.
    ///
    /// # Errors
    /// `TypeError` otherwise.
    #[inline]
    pub fn exactly<const N: usize>(
        &self,
        thread: &mut Thread,
        function: &str,
    ) -> PyResult<[Value; N]> {
        self.no_keywords(thread, function)?;
        if let Ok(values) = <[Value; N]>::try_from(self.values) {
            return Ok(values);
        }
        let got = self.values.len();
        Err(thread.type_error(match N {
            0 => format!("{function}() takes no arguments ({got} given)"),
            1 => format!("{function}() takes exactly one argument ({got} given)"),
            _ => format!("{function} expected {N} arguments, got {got}"),
        }))
    }

    /// The positional arguments, if there are `min` to `max` of them and none has a name.
    ///
    /// # Errors
    /// `TypeError` otherwise.
    pub fn between(
        &self,
        thread: &mut Thread,
        function: &str,
        min: usize,
        max: usize,
    ) -> PyResult<&'a [Value]> {
        self.no_keywords(thread, function)?;
        let got = self.values.len();
        if got < min {
            let (limit, plural) = (
                if min == max { "" } else { "at least " },
                if min == 1 { "" } else { "s" },
            );
            return Err(thread.type_error(format!(
                "{function} expected {limit}{min} argument{plural}, got {got}"
            )));
        }
        if got > max {
            let (limit, plural) = (
                if min == max { "" } else { "at most " },
                if max == 1 { "" } else { "s" },
            );
            return Err(thread.type_error(format!(
                "{function} expected {limit}{max} argument{plural}, got {got}"
            )));
        }
        Ok(self.values)
    }

    /// The arguments by parameter: `parameters` may be given by position or by name, the first
    /// `required` of them must be.
    ///
    /// # Errors
    /// `TypeError` for an argument too many, too few, twice, or of unknown name.
    pub fn bind<const N: usize>(
        &self,
        thread: &mut Thread,
        function: &str,
        parameters: [&str; N],
        required: usize,
    ) -> PyResult<[Option<Value>; N]> {
        let positional = self.positional();
        if positional.len() > N {
            let got = positional.len();
            return Err(thread.type_error(format!(
                "{function}() takes at most {N} arguments ({got} given)"
            )));
        }
        let mut bound = [None; N];
        for (slot, value) in bound.iter_mut().zip(positional) {
            *slot = Some(*value);
        }
        for (name, value) in self.keywords() {
            let text = name_text(&name);
            let Some(index) = parameters.iter().position(|parameter| *parameter == text) else {
                return Err(thread.type_error(format!(
                    "{function}() got an unexpected keyword argument '{text}'"
                )));
            };
            if bound[index].replace(value).is_some() {
                return Err(thread.type_error(format!(
                    "argument for {function}() given by name ('{text}') and position ({})",
                    index + 1
                )));
            }
        }
        match bound[..required].iter().position(Option::is_none) {
            None => Ok(bound),
            Some(index) => Err(thread.type_error(format!(
                "{function}() missing required argument '{}' (pos {})",
                parameters[index],
                index + 1
            ))),
        }
    }
}

/// A function written in Rust, as an object; bound to a receiver or not.
#[repr(C)]
pub struct Native {
    object: Object,
    def: &'static NativeDef,
    receiver: Option<Ref>,
}

/// The type `builtin_function_or_method`.
pub static NATIVE_TYPE: Type = Type::builtin(
    "builtin_function_or_method",
    Base::One(&class::OBJECT_TYPE),
    Slots {
        repr: Some(repr),
        call: Some(call),
        get_attr: Some(get_attr),
        ..Slots::of::<Native>()
    },
    &[],
);

// SAFETY: `Native` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for Native {
    const TYPE: &'static Type = &NATIVE_TYPE;
}

impl Native {
    /// The function, without receiver.
    pub fn new(def: &'static NativeDef) -> Ref {
        allocate(Self {
            object: Object::new(&NATIVE_TYPE),
            def,
            receiver: None,
        })
    }

    /// The function bound to `receiver`.
    pub fn bound(def: &'static NativeDef, receiver: Ref) -> Ref {
        allocate(Self {
            object: Object::new(&NATIVE_TYPE),
            def,
            receiver: Some(receiver),
        })
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

    /// Calls the function.
    #[inline]
    pub(crate) fn call(&self, thread: &mut Thread, args: &Args<'_>) -> PyResult {
        match &self.receiver {
            None => (self.def.function)(thread, args),
            Some(receiver) => {
                let mut values = Vec::with_capacity(args.values.len() + 1);
                values.push(**receiver);
                values.extend_from_slice(args.values);
                (self.def.function)(
                    thread,
                    &Args {
                        values: &values,
                        names: args.names,
                    },
                )
            }
        }
    }
}

fn call(thread: &mut Thread, callee: Value, args: &Args<'_>) -> PyResult {
    downcast_exact::<Native>(&callee)
        .expect("called through its type")
        .call(thread, args)
}

fn repr(_: &mut Thread, value: Value) -> PyResult {
    let native = downcast_exact::<Native>(&value).expect("called through its type");
    Ok(Str::new(&match &native.receiver {
        None => format!("<built-in function {}>", native.def.name),
        Some(receiver) => format!(
            "<built-in method {} of {} object at {:p}>",
            native.def.name,
            receiver.ty().name(),
            receiver.pointer()
        ),
    }))
}

fn get_attr(thread: &mut Thread, value: Value, name: Value) -> PyResult {
    let native = downcast_exact::<Native>(&value).expect("called through its type");
    match &*name_text(&name) {
        "__name__" | "__qualname__" => Ok(Str::new(native.def.name)),
        _ => class::generic_get_attr(thread, value, name),
    }
}
