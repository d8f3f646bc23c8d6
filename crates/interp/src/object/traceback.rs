//! Tracebacks as objects: the places an exception has passed, the outermost first.

use super::class::OBJECT_TYPE;
use super::code::Code;
use super::exception::Exception;
use super::frame::FrameView;
use super::{Base, Object, Payload, Slots, Type, allocate, downcast, downcast_exact, singletons};
use crate::error::PyResult;
use crate::gc::Holds;
use crate::object::native::{Args, NativeDef};
use crate::references;
use crate::thread::Thread;
use crate::value::{Ref, Value};
use selvedge_compiler::Position;

/// A place that an exception has passed, the innermost first.
#[derive(Clone, Debug)]
pub struct TraceEntry {
    /// The code that ran.
    pub(crate) code: Ref,
    /// Its global names.
    pub(crate) globals: Ref,
    /// Where in the source.
    pub position: Position,
}

impl Holds for TraceEntry {
    unsafe fn show<V: FnMut(Value) + ?Sized>(&self, visit: &mut V) {
        visit(*self.code);
        visit(*self.globals);
    }
}

impl PartialEq for TraceEntry {
    fn eq(&self, other: &Self) -> bool {
        self.code.is(*other.code) && self.position == other.position
    }
}

impl TraceEntry {
    fn source(&self) -> &selvedge_compiler::Code {
        &downcast::<Code>(&self.code)
            .expect("frames run code")
            .source
    }

    /// The names of the code's locals.
    pub(crate) fn local_names(&self) -> Vec<String> {
        self.source()
            .local_names
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    /// The file's name as compiled.
    pub fn filename(&self) -> &str {
        &self.source().filename
    }

    /// The name of the function, class body or module.
    pub fn function(&self) -> &str {
        &self.source().qualname
    }
}

/// The places that an exception has passed, the innermost first: most pass one, for which nothing
/// is allocated.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    first: Option<TraceEntry>,
    further: Vec<TraceEntry>,
}

impl Trace {
    /// Adds a place.
    pub(crate) fn push(&mut self, entry: TraceEntry) {
        if self.first.is_none() {
            self.first = Some(entry);
        } else {
            self.further.push(entry);
        }
    }

    /// The places.
    pub(crate) fn to_vec(&self) -> Vec<TraceEntry> {
        self.first.iter().chain(&self.further).cloned().collect()
    }
}

impl From<Vec<TraceEntry>> for Trace {
    fn from(entries: Vec<TraceEntry>) -> Self {
        let mut trace = Self::default();
        for entry in entries {
            trace.push(entry);
        }
        trace
    }
}

impl Holds for Trace {
    unsafe fn show<V: FnMut(Value) + ?Sized>(&self, visit: &mut V) {
        // SAFETY: the caller's promise.
        unsafe {
            self.first.show(visit);
            self.further.show(visit);
        }
    }
}

/// A place in a traceback and those further in.
#[repr(C)]
pub struct Traceback {
    object: Object,
    /// The innermost first, as exceptions keep them.
    entries: Vec<TraceEntry>,
}

/// The type `traceback`.
pub static TRACEBACK_TYPE: Type = Type::builtin(
    "traceback",
    Base::One(&OBJECT_TYPE),
    Slots::of::<Traceback>(),
    &[
        NativeDef::getter("tb_lineno", |thread, args| {
            Ok(Ref::small(i64::from(
                outermost(thread, args)?.position.line,
            )))
        }),
        NativeDef::getter("tb_frame", |thread, args| {
            let entry = outermost(thread, args)?;
            Ok(FrameView::new(
                entry.code.clone(),
                entry.globals.clone(),
                entry.position.line,
            ))
        }),
        NativeDef::getter("tb_next", |thread, args| {
            let this = traceback(thread, args)?;
            let rest = &this.entries[..this.entries.len() - 1];
            Ok(if rest.is_empty() {
                singletons::none()
            } else {
                Traceback::new(rest.to_vec())
            })
        }),
        NativeDef::getter("tb_lasti", |thread, args| {
            let entry = outermost(thread, args)?;
            let code = downcast_exact::<Code>(&entry.code);
            let place = code.and_then(|code| {
                let mut positions = code.source.positions.iter();
                positions.position(|position| *position == entry.position)
            });
            // As `co_positions` counts.
            Ok(Ref::small(place.map_or(-1, |place| 2 * place as i64)))
        }),
    ],
);

// SAFETY: `Traceback` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for Traceback {
    const TYPE: &'static Type = &TRACEBACK_TYPE;

    references!(entries;);
}

impl Traceback {
    fn new(entries: Vec<TraceEntry>) -> Ref {
        allocate(Self {
            object: Object::new(&TRACEBACK_TYPE),
            entries,
        })
    }

    /// The traceback of an exception that has passed these places, or `None`.
    pub(crate) fn of(exception: Value, trace: &[TraceEntry]) -> Ref {
        debug_assert!(downcast::<Exception>(&exception).is_some());
        if trace.is_empty() {
            singletons::none()
        } else {
            Self::new(trace.to_vec())
        }
    }

    /// The places of the traceback that `value` is.
    pub(crate) fn entries(value: Value) -> Option<Vec<TraceEntry>> {
        downcast_exact::<Self>(&value).map(|this| this.entries.clone())
    }
}

fn traceback<'a>(thread: &mut Thread, args: &Args<'a>) -> PyResult<&'a Traceback> {
    match args
        .positional()
        .first()
        .and_then(downcast_exact::<Traceback>)
    {
        Some(this) => Ok(this),
        None => Err(thread.type_error("descriptor requires a 'traceback' object")),
    }
}

fn outermost<'a>(thread: &mut Thread, args: &Args<'a>) -> PyResult<&'a TraceEntry> {
    Ok(traceback(thread, args)?
        .entries
        .last()
        .expect("a traceback has a place"))
}
