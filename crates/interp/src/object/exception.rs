//! Exceptions and their types.

use super::tuple::Tuple;
use super::{Base, Object, Payload, Slots, Type, allocate, class, downcast};
use crate::error::PyResult;
use crate::field::Field;
use crate::object::native::Args;
use crate::object::str::{Str, name_text};
use crate::operations;
use crate::thread::Thread;
use crate::value::{Ref, Value};
use selvedge_compiler::Position;
use selvedge_sync::seam::Mutex;

/// An exception.
#[repr(C)]
pub struct Exception {
    object: Object,
    arguments: Field,
    cause: Field,
    context: Field,
    /// The instance's dictionary, once something was stored in it.
    dict: Field,
    details: Mutex<Details>,
}

#[derive(Default)]
struct Details {
    suppress_context: bool,
    trace: Vec<TraceEntry>,
}

/// A place that an exception has passed, the innermost first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceEntry {
    /// The file's name as compiled.
    pub filename: String,
    /// The name of the function, class body or module.
    pub function: String,
    /// Where in the source.
    pub position: Position,
}

// SAFETY: `Exception` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for Exception {
    const TYPE: &'static Type = &BASE_EXCEPTION;
}

const SLOTS: Slots = Slots {
    repr: Some(repr),
    str: Some(str),
    construct: Some(construct),
    get_attr: Some(get_attr),
    set_attr: Some(set_attr),
    ..Slots::of::<Exception>()
};

const KEY_ERROR_SLOTS: Slots = Slots {
    str: Some(key_error_str),
    ..Slots::of::<Exception>()
};
const UNICODE_ERROR_SLOTS: Slots = Slots {
    str: Some(unicode_error_str),
    ..Slots::of::<Exception>()
};
const STOP_ITERATION_SLOTS: Slots = Slots {
    get_attr: Some(stop_iteration_attr),
    ..Slots::of::<Exception>()
};

macro_rules! exceptions {
    ($($name:ident = $text:literal : $base:ident $(, $slots:ident)?;)+) => {
        $(#[doc = concat!("The type `", $text, "`.")]
        pub static $name: Type = Type::builtin(
            $text,
            Base::One(&exceptions!(@base $base)),
            exceptions!(@slots $($slots)?),
            &[],
        ).subclassable();)+

        /// Every exception type, bases before those derived from them.
        pub static ALL: &[&Type] = &[$(&$name,)+];
    };
    (@base OBJECT) => { class::OBJECT_TYPE };
    (@base $base:ident) => { $base };
    (@slots) => { Slots::of::<Exception>() };
    (@slots $slots:ident) => { $slots };
}

exceptions! {
    BASE_EXCEPTION = "BaseException": OBJECT, SLOTS;
    BASE_EXCEPTION_GROUP = "BaseExceptionGroup": BASE_EXCEPTION;
    GENERATOR_EXIT = "GeneratorExit": BASE_EXCEPTION;
    KEYBOARD_INTERRUPT = "KeyboardInterrupt": BASE_EXCEPTION;
    SYSTEM_EXIT = "SystemExit": BASE_EXCEPTION;
    EXCEPTION = "Exception": BASE_EXCEPTION;
    ARITHMETIC_ERROR = "ArithmeticError": EXCEPTION;
    FLOATING_POINT_ERROR = "FloatingPointError": ARITHMETIC_ERROR;
    OVERFLOW_ERROR = "OverflowError": ARITHMETIC_ERROR;
    ZERO_DIVISION_ERROR = "ZeroDivisionError": ARITHMETIC_ERROR;
    ASSERTION_ERROR = "AssertionError": EXCEPTION;
    ATTRIBUTE_ERROR = "AttributeError": EXCEPTION;
    BUFFER_ERROR = "BufferError": EXCEPTION;
    EOF_ERROR = "EOFError": EXCEPTION;
    IMPORT_ERROR = "ImportError": EXCEPTION;
    MODULE_NOT_FOUND_ERROR = "ModuleNotFoundError": IMPORT_ERROR;
    LOOKUP_ERROR = "LookupError": EXCEPTION;
    INDEX_ERROR = "IndexError": LOOKUP_ERROR;
    KEY_ERROR = "KeyError": LOOKUP_ERROR, KEY_ERROR_SLOTS;
    MEMORY_ERROR = "MemoryError": EXCEPTION;
    NAME_ERROR = "NameError": EXCEPTION;
    UNBOUND_LOCAL_ERROR = "UnboundLocalError": NAME_ERROR;
    OS_ERROR = "OSError": EXCEPTION;
    BLOCKING_IO_ERROR = "BlockingIOError": OS_ERROR;
    CHILD_PROCESS_ERROR = "ChildProcessError": OS_ERROR;
    CONNECTION_ERROR = "ConnectionError": OS_ERROR;
    BROKEN_PIPE_ERROR = "BrokenPipeError": CONNECTION_ERROR;
    FILE_EXISTS_ERROR = "FileExistsError": OS_ERROR;
    FILE_NOT_FOUND_ERROR = "FileNotFoundError": OS_ERROR;
    IS_A_DIRECTORY_ERROR = "IsADirectoryError": OS_ERROR;
    NOT_A_DIRECTORY_ERROR = "NotADirectoryError": OS_ERROR;
    INTERRUPTED_ERROR = "InterruptedError": OS_ERROR;
    PERMISSION_ERROR = "PermissionError": OS_ERROR;
    PROCESS_LOOKUP_ERROR = "ProcessLookupError": OS_ERROR;
    TIMEOUT_ERROR = "TimeoutError": OS_ERROR;
    REFERENCE_ERROR = "ReferenceError": EXCEPTION;
    RUNTIME_ERROR = "RuntimeError": EXCEPTION;
    NOT_IMPLEMENTED_ERROR = "NotImplementedError": RUNTIME_ERROR;
    RECURSION_ERROR = "RecursionError": RUNTIME_ERROR;
    STOP_ASYNC_ITERATION = "StopAsyncIteration": EXCEPTION;
    STOP_ITERATION = "StopIteration": EXCEPTION, STOP_ITERATION_SLOTS;
    SYNTAX_ERROR = "SyntaxError": EXCEPTION;
    INDENTATION_ERROR = "IndentationError": SYNTAX_ERROR;
    TAB_ERROR = "TabError": INDENTATION_ERROR;
    SYSTEM_ERROR = "SystemError": EXCEPTION;
    TYPE_ERROR = "TypeError": EXCEPTION;
    VALUE_ERROR = "ValueError": EXCEPTION;
    UNICODE_ERROR = "UnicodeError": VALUE_ERROR;
    UNICODE_DECODE_ERROR = "UnicodeDecodeError": UNICODE_ERROR, UNICODE_ERROR_SLOTS;
    UNICODE_ENCODE_ERROR = "UnicodeEncodeError": UNICODE_ERROR, UNICODE_ERROR_SLOTS;
    WARNING = "Warning": EXCEPTION;
    DEPRECATION_WARNING = "DeprecationWarning": WARNING;
    RUNTIME_WARNING = "RuntimeWarning": WARNING;
    USER_WARNING = "UserWarning": WARNING;
}

impl Exception {
    /// An exception of type `ty`, which derives from `BaseException`.
    pub fn new(ty: &'static Type, arguments: &[Value]) -> Ref {
        debug_assert!(ty.is_subtype(&BASE_EXCEPTION));
        allocate(Self {
            object: Object::new(ty),
            arguments: Field::new(Some(Tuple::from_values(arguments))),
            cause: Field::new(None),
            context: Field::new(None),
            dict: Field::new(None),
            details: Mutex::default(),
        })
    }

    /// The arguments it was made with, a tuple.
    pub fn arguments(&self) -> Ref {
        self.arguments
            .get(&self.object)
            .unwrap_or_else(|| Tuple::from_values(&[]))
    }

    /// What `raise … from` named.
    pub fn cause(&self) -> Option<Ref> {
        self.cause.get(&self.object)
    }

    /// Sets the cause; the context is not shown from then on.
    pub fn set_cause(&self, cause: Option<Ref>) {
        self.cause.set(&self.object, cause);
        self.details.lock().suppress_context = true;
    }

    /// The exception that was handled when this one was raised.
    pub fn context(&self) -> Option<Ref> {
        self.context.get(&self.object)
    }

    /// Whether `raise … from` said not to show the context.
    pub fn suppresses_context(&self) -> bool {
        self.details.lock().suppress_context
    }

    /// Makes `handled` the context of this exception, unless that would close a circle.
    pub(crate) fn set_context_of(&self, handled: &Ref) {
        let me = Value::uncounted(&raw const self.object);
        if handled.is(me) {
            return;
        }
        let mut link = handled.clone();
        while let Some(next) = downcast::<Exception>(&link).and_then(Exception::context) {
            if next.is(me) {
                if let Some(last) = downcast::<Exception>(&link) {
                    last.context.set(&last.object, None);
                }
                break;
            }
            link = next;
        }
        self.context.set(&self.object, Some(handled.clone()));
    }

    /// Notes that the exception passes here on its way out.
    pub(crate) fn passed(&self, entry: TraceEntry) {
        self.details.lock().trace.push(entry);
    }

    /// Where it has passed, the innermost place first.
    pub fn trace(&self) -> Vec<TraceEntry> {
        self.details.lock().trace.clone()
    }
}

fn exception(value: &Value) -> &Exception {
    downcast::<Exception>(value).expect("slots of exceptions are called with exceptions")
}

fn construct(thread: &mut Thread, ty: &'static Type, args: &Args<'_>) -> PyResult {
    args.no_keywords(thread, ty.name())?;
    let new = Exception::new(ty, args.positional());
    class::initialise(thread, ty, &new, args)?;
    Ok(new)
}

fn repr(thread: &mut Thread, value: Value) -> PyResult {
    let arguments = exception(&value).arguments();
    let tuple = downcast::<Tuple>(&arguments).expect("arguments are a tuple");
    let inner = match tuple.items() {
        [only] => format!("({})", operations::repr_text(thread, *only)?),
        _ => operations::repr_text(thread, *arguments)?,
    };
    Ok(Str::new(&format!("{}{inner}", value.ty().name())))
}

fn str(thread: &mut Thread, value: Value) -> PyResult {
    let arguments = exception(&value).arguments();
    let tuple = downcast::<Tuple>(&arguments).expect("arguments are a tuple");
    match tuple.items() {
        [] => Ok(Str::new("")),
        [only] => operations::str(thread, *only),
        _ => operations::repr(thread, *arguments),
    }
}

fn key_error_str(thread: &mut Thread, value: Value) -> PyResult {
    let arguments = exception(&value).arguments();
    match downcast::<Tuple>(&arguments)
        .expect("arguments are a tuple")
        .items()
    {
        [only] => operations::repr(thread, *only),
        _ => str(thread, value),
    }
}

fn unicode_error_str(thread: &mut Thread, value: Value) -> PyResult {
    let arguments = exception(&value).arguments();
    match downcast::<Tuple>(&arguments)
        .and_then(|tuple| super::str::encode::describe(tuple.items()))
    {
        Some(text) => Ok(Str::new(&text)),
        None => str(thread, value),
    }
}

fn stop_iteration_attr(thread: &mut Thread, value: Value, name: Value) -> PyResult {
    if name_text(&name) == "value" {
        let arguments = exception(&value).arguments();
        let first = downcast::<Tuple>(&arguments)
            .and_then(|tuple| tuple.items().first().map(|item| item.to_ref()));
        return Ok(first.unwrap_or_else(super::singletons::none));
    }
    get_attr(thread, value, name)
}

fn get_attr(thread: &mut Thread, value: Value, name: Value) -> PyResult {
    let this = exception(&value);
    let or_none = |field: Option<Ref>| Ok(field.unwrap_or_else(super::singletons::none));
    match &*name_text(&name) {
        "args" => Ok(this.arguments()),
        "__cause__" => or_none(this.cause()),
        "__context__" => or_none(this.context()),
        "__suppress_context__" => Ok(super::singletons::bool(this.suppresses_context())),
        _ => {
            if let Some(found) = this
                .dict
                .get(&this.object)
                .and_then(|dict| class::dict_of(&dict).get_name(name))
            {
                return Ok(found);
            }
            class::generic_get_attr(thread, value, name)
        }
    }
}

fn set_attr(thread: &mut Thread, value: Value, name: Value, new: Option<Value>) -> PyResult<()> {
    let this = exception(&value);
    match (&*name_text(&name), new) {
        ("args", Some(arguments)) => {
            let items = operations::collect(thread, arguments)?;
            this.arguments
                .set(&this.object, Some(Tuple::from_refs(items)));
            Ok(())
        }
        ("__cause__", Some(cause)) => {
            this.set_cause((!super::singletons::is_none(cause)).then(|| cause.to_ref()));
            Ok(())
        }
        ("__context__", Some(context)) => {
            this.context.set(
                &this.object,
                (!super::singletons::is_none(context)).then(|| context.to_ref()),
            );
            Ok(())
        }
        ("__suppress_context__", Some(suppress)) => {
            this.details.lock().suppress_context = operations::truth(thread, suppress)?;
            Ok(())
        }
        (_, new) => {
            let dict = this.dict.get_or_set(&this.object, super::dict::Dict::new);
            match new {
                Some(new) => {
                    class::dict_of(&dict).set_name(name.to_ref(), new.to_ref());
                    Ok(())
                }
                None if class::dict_of(&dict).remove_name(name).is_some() => Ok(()),
                None => Err(class::no_attribute(thread, value, name)),
            }
        }
    }
}
