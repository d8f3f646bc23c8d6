//! Exceptions and their types.

mod construct;

use super::dict::Dict;
use super::list::List;
use super::traceback::{Trace, TraceEntry, Traceback};
use super::tuple::Tuple;
use super::{
    Base, Object, Payload, Slots, Type, allocate, class, downcast, exception_group, singletons,
};
use crate::error::PyResult;
use crate::field::Field;
use crate::gc::Holds;
use crate::object::native::{Args, NativeDef};
use crate::object::str::{Str, name_text};
use crate::operations;
use crate::references;
use crate::thread::Thread;
use crate::value::{Ref, Value};
use selvedge_sync::seam::Mutex;

use construct::{construct, construct_os_error, os_error_str};

/// An exception.
#[repr(C)]
pub struct Exception {
    object: Object,
    arguments: Field,
    cause: Field,
    context: Field,
    /// The instance's dictionary, once something was stored in it.
    dict: Field,
    /// The attributes that only some types have, like `errno`: a dictionary.
    members: Field,
    details: Mutex<Details>,
}

impl Holds for Mutex<Details> {
    unsafe fn show<V: FnMut(Value) + ?Sized>(&self, visit: &mut V) {
        // SAFETY: the caller's promise.
        unsafe { self.lock().trace.show(visit) };
    }

    unsafe fn let_go(&self) {
        let trace = core::mem::take(&mut self.lock().trace);
        drop(trace);
    }
}

#[derive(Default)]
struct Details {
    suppress_context: bool,
    trace: Trace,
}

// SAFETY: `Exception` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for Exception {
    const TYPE: &'static Type = &BASE_EXCEPTION;

    references!(arguments, cause, context, dict, members, details;);
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
const SYNTAX_ERROR_SLOTS: Slots = Slots {
    str: Some(syntax_error_str),
    ..Slots::of::<Exception>()
};
const STOP_ITERATION_SLOTS: Slots = Slots {
    get_attr: Some(stop_iteration_attr),
    ..Slots::of::<Exception>()
};
const GROUP_SLOTS: Slots = Slots {
    str: Some(exception_group::str),
    construct: Some(exception_group::construct),
    ..Slots::of::<Exception>()
};
const OS_ERROR_SLOTS: Slots = Slots {
    str: Some(os_error_str),
    construct: Some(construct_os_error),
    ..Slots::of::<Exception>()
};

static BASE_METHODS: &[NativeDef] = &[
    NativeDef::method("__init__", |_, args| {
        let (this, rest) = args.split_receiver();
        let this = exception(&this);
        if !this.object.ty().is_subtype(&BASE_EXCEPTION_GROUP) {
            this.arguments
                .set(&this.object, Some(Tuple::from_values(rest.positional())));
        }
        Ok(singletons::none())
    }),
    NativeDef::method("with_traceback", |thread, args| {
        let [this, trace] = args.exactly(thread, "with_traceback")?;
        set_traceback(thread, exception(&this), trace)?;
        Ok(this.to_ref())
    }),
    NativeDef::method("add_note", |thread, args| {
        let [this, note] = args.exactly(thread, "add_note")?;
        if downcast::<Str>(&note).is_none() {
            let name = note.ty().name();
            return Err(thread.type_error(format!("add_note() argument must be str, not {name}")));
        }
        let name = thread.interpreter().intern("__notes__");
        let dict = exception(&this).own_dict();
        let notes = class::dict_of(&dict).get_name(*name).unwrap_or_else(|| {
            let new = List::from_refs(Vec::new());
            class::dict_of(&dict).set_name(name, new.clone());
            new
        });
        match downcast::<List>(&notes) {
            Some(notes) => notes.push(note.to_ref()),
            None => return Err(thread.type_error("Cannot add note: __notes__ is not a list")),
        }
        Ok(singletons::none())
    }),
];

/// The attributes that instances of a type have besides those of all exceptions.
fn member_names(ty: &'static Type) -> &'static [&'static str] {
    members(ty).map_or(&[], |(_, names)| names)
}

/// As [`member_names`], with the builtin type that they are of.
fn members(ty: &'static Type) -> Option<(&'static Type, &'static [&'static str])> {
    const MEMBERS: &[(&Type, &[&str])] = &[
        (&ATTRIBUTE_ERROR, &["name", "obj"]),
        (&NAME_ERROR, &["name"]),
        (&IMPORT_ERROR, &["msg", "name", "path", "name_from"]),
        (&OS_ERROR, &["errno", "strerror", "filename", "filename2"]),
        (
            &SYNTAX_ERROR,
            &[
                "msg",
                "filename",
                "lineno",
                "offset",
                "text",
                "end_lineno",
                "end_offset",
                "print_file_and_line",
            ],
        ),
        (&SYSTEM_EXIT, &["code"]),
        (
            &UNICODE_ERROR,
            &["encoding", "object", "start", "end", "reason"],
        ),
        (&BASE_EXCEPTION_GROUP, &["message", "exceptions"]),
    ];
    ty.mro()
        .take_while(|base| !core::ptr::eq(*base, &raw const BASE_EXCEPTION))
        .find_map(|base| {
            let mut members = MEMBERS.iter();
            members.find(|(owner, _)| core::ptr::eq(base, *owner))
        })
        .copied()
}

macro_rules! exceptions {
    ($($name:ident = $text:literal : $base:ident $(, $slots:ident)?;)+) => {
        $(#[doc = concat!("The type `", $text, "`.")]
        pub static $name: Type = Type::builtin(
            $text,
            Base::One(&exceptions!(@base $base)),
            exceptions!(@slots $($slots)?),
            exceptions!(@methods $name),
        )
        .subclassable();)+

        /// Every exception type, bases before those derived from them.
        pub static ALL: &[&Type] = &[$(&$name,)+ &EXCEPTION_GROUP];
    };
    (@base OBJECT) => { class::OBJECT_TYPE };
    (@base $base:ident) => { $base };
    (@methods BASE_EXCEPTION) => { BASE_METHODS };
    (@methods BASE_EXCEPTION_GROUP) => { exception_group::METHODS };
    (@methods $name:ident) => { &[] };
    (@slots) => { Slots::of::<Exception>() };
    (@slots $slots:ident) => { $slots };
}

exceptions! {
    BASE_EXCEPTION = "BaseException": OBJECT, SLOTS;
    BASE_EXCEPTION_GROUP = "BaseExceptionGroup": BASE_EXCEPTION, GROUP_SLOTS;
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
    OS_ERROR = "OSError": EXCEPTION, OS_ERROR_SLOTS;
    BLOCKING_IO_ERROR = "BlockingIOError": OS_ERROR;
    CHILD_PROCESS_ERROR = "ChildProcessError": OS_ERROR;
    CONNECTION_ERROR = "ConnectionError": OS_ERROR;
    CONNECTION_ABORTED_ERROR = "ConnectionAbortedError": CONNECTION_ERROR;
    CONNECTION_REFUSED_ERROR = "ConnectionRefusedError": CONNECTION_ERROR;
    CONNECTION_RESET_ERROR = "ConnectionResetError": CONNECTION_ERROR;
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
    SYNTAX_ERROR = "SyntaxError": EXCEPTION, SYNTAX_ERROR_SLOTS;
    INDENTATION_ERROR = "IndentationError": SYNTAX_ERROR;
    TAB_ERROR = "TabError": INDENTATION_ERROR;
    PYTHON_FINALIZATION_ERROR = "PythonFinalizationError": RUNTIME_ERROR;
    SYSTEM_ERROR = "SystemError": EXCEPTION;
    TYPE_ERROR = "TypeError": EXCEPTION;
    VALUE_ERROR = "ValueError": EXCEPTION;
    UNICODE_ERROR = "UnicodeError": VALUE_ERROR;
    UNICODE_DECODE_ERROR = "UnicodeDecodeError": UNICODE_ERROR, UNICODE_ERROR_SLOTS;
    UNICODE_ENCODE_ERROR = "UnicodeEncodeError": UNICODE_ERROR, UNICODE_ERROR_SLOTS;
    UNICODE_TRANSLATE_ERROR = "UnicodeTranslateError": UNICODE_ERROR;
    WARNING = "Warning": EXCEPTION;
    DEPRECATION_WARNING = "DeprecationWarning": WARNING;
    RUNTIME_WARNING = "RuntimeWarning": WARNING;
    BYTES_WARNING = "BytesWarning": WARNING;
    ENCODING_WARNING = "EncodingWarning": WARNING;
    FUTURE_WARNING = "FutureWarning": WARNING;
    IMPORT_WARNING = "ImportWarning": WARNING;
    PENDING_DEPRECATION_WARNING = "PendingDeprecationWarning": WARNING;
    RESOURCE_WARNING = "ResourceWarning": WARNING;
    SYNTAX_WARNING = "SyntaxWarning": WARNING;
    UNICODE_WARNING = "UnicodeWarning": WARNING;
    USER_WARNING = "UserWarning": WARNING;
}

/// The type `ExceptionGroup`.
pub static EXCEPTION_GROUP: Type = Type::builtin(
    "ExceptionGroup",
    Base::One(&BASE_EXCEPTION_GROUP),
    Slots::of::<Exception>(),
    &[],
)
.subclassable()
.in_order(&[
    &EXCEPTION_GROUP,
    &BASE_EXCEPTION_GROUP,
    &EXCEPTION,
    &BASE_EXCEPTION,
    &class::OBJECT_TYPE,
]);

impl Exception {
    /// The attribute `name` that only some types have.
    pub(crate) fn member(&self, thread: &mut Thread, name: &str) -> Option<Ref> {
        let name = thread.interpreter().intern(name);
        self.members
            .get(&self.object)
            .and_then(|members| class::dict_of(&members).get_name(*name))
    }

    /// Sets an attribute that only some types have.
    pub(crate) fn set_member(&self, thread: &mut Thread, name: &str, value: Ref) {
        let name = thread.interpreter().intern(name);
        let members = self.members.get_or_set(&self.object, Dict::new);
        class::dict_of(&members).set_name(name, value);
    }

    /// The instance's dictionary.
    pub(crate) fn own_dict(&self) -> Ref {
        self.dict.get_or_set(&self.object, Dict::new)
    }

    /// The notes that were added.
    pub(crate) fn notes(&self, thread: &mut Thread) -> Option<Ref> {
        let name = thread.interpreter().intern("__notes__");
        self.dict
            .get(&self.object)
            .and_then(|dict| class::dict_of(&dict).get_name(*name))
    }

    /// Takes over where another exception has been, its cause, its context and its notes.
    pub(crate) fn take_place_of(&self, thread: &mut Thread, other: &Exception) -> PyResult<()> {
        self.take_trace_of(other);
        self.cause.set(&self.object, other.cause());
        self.context.set(&self.object, other.context());
        let suppress_context = other.details.lock().suppress_context;
        self.details.lock().suppress_context = suppress_context;
        if let Some(notes) = other.notes(thread) {
            let name = thread.interpreter().intern("__notes__");
            let copy = List::from_refs(operations::collect(thread, *notes)?);
            class::dict_of(&self.own_dict()).set_name(name, copy);
        }
        Ok(())
    }

    /// Takes over where another exception has been.
    pub(crate) fn take_trace_of(&self, other: &Exception) {
        let trace = other.trace();
        self.details.lock().trace = trace.into();
    }

    /// Whether the exception has been where `other` has, with the same cause and context.
    pub(crate) fn is_at_place_of(&self, other: &Exception) -> bool {
        let same = |left: Option<Ref>, right: Option<Ref>| match (left, right) {
            (Some(left), Some(right)) => left.is(*right),
            (left, right) => left.is_none() && right.is_none(),
        };
        same(self.cause(), other.cause())
            && same(self.context(), other.context())
            && self.trace() == other.trace()
    }

    /// An exception of type `ty`, which derives from `BaseException`.
    pub fn new(ty: &'static Type, arguments: &[Value]) -> Ref {
        debug_assert!(ty.is_subtype(&BASE_EXCEPTION));
        allocate(Self {
            object: Object::new(ty),
            arguments: Field::new(Some(Tuple::from_values(arguments))),
            cause: Field::new(None),
            context: Field::new(None),
            dict: Field::new(None),
            members: Field::new(None),
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
        self.details.lock().trace.to_vec()
    }
}

fn set_traceback(thread: &mut Thread, this: &Exception, trace: Value) -> PyResult<()> {
    let entries = if singletons::is_none(trace) {
        Vec::new()
    } else {
        match Traceback::entries(trace) {
            Some(entries) => entries,
            None => return Err(thread.type_error("__traceback__ must be a traceback or None")),
        }
    };
    this.details.lock().trace = entries.into();
    Ok(())
}

fn exception(value: &Value) -> &Exception {
    downcast::<Exception>(value).expect("slots of exceptions are called with exceptions")
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

/// The message, with the file's name and the line where they are known.
fn syntax_error_str(thread: &mut Thread, value: Value) -> PyResult {
    let arguments = exception(&value).arguments();
    let items = downcast::<Tuple>(&arguments).map_or(&[][..], Tuple::items);
    let [message, place] = items else {
        return str(thread, value);
    };
    let Some([file, line, ..]) = downcast::<Tuple>(place).map(Tuple::items) else {
        return str(thread, value);
    };
    let message = operations::str_text(thread, *message)?;
    let file = operations::str_text(thread, *file)?;
    let line = operations::str_text(thread, *line)?;
    let name = file.rsplit('/').next().unwrap_or(&file);
    Ok(Str::new(&format!("{message} ({name}, line {line})")))
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
        return Ok(first.unwrap_or_else(singletons::none));
    }
    get_attr(thread, value, name)
}

fn get_attr(thread: &mut Thread, value: Value, name: Value) -> PyResult {
    let this = exception(&value);
    let or_none = |field: Option<Ref>| Ok(field.unwrap_or_else(singletons::none));
    match &*name_text(&name) {
        "args" => Ok(this.arguments()),
        "__cause__" => or_none(this.cause()),
        "__context__" => or_none(this.context()),
        "__suppress_context__" => Ok(singletons::bool(this.suppresses_context())),
        "__traceback__" => Ok(Traceback::of(value, &this.trace())),
        "__dict__" => Ok(this.own_dict()),
        text => {
            if member_names(value.ty()).contains(&text) {
                return or_none(this.member(thread, text));
            }
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
            this.set_cause((!singletons::is_none(cause)).then(|| cause.to_ref()));
            Ok(())
        }
        ("__context__", Some(context)) => {
            this.context.set(
                &this.object,
                (!singletons::is_none(context)).then(|| context.to_ref()),
            );
            Ok(())
        }
        ("__suppress_context__", Some(suppress)) => {
            this.details.lock().suppress_context = operations::truth(thread, suppress)?;
            Ok(())
        }
        ("__traceback__", Some(trace)) => set_traceback(thread, this, trace),
        (text, Some(new)) if member_names(value.ty()).contains(&text) => {
            this.set_member(thread, text, new.to_ref());
            Ok(())
        }
        (_, new) => {
            if class::set_by_descriptor(thread, value, name, new)? {
                return Ok(());
            }
            let dict = this.own_dict();
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
