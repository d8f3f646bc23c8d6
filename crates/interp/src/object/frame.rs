//! Frames as objects: where code stands, for those who look at it.

use super::class::{OBJECT_TYPE, dict_of};
use super::code::Code;
use super::dict::Dict;
use super::generator::Generator;
use super::{Base, Object, Payload, Slots, Type, allocate, downcast_exact, singletons};
use crate::error::PyResult;
use crate::field::Field;
use crate::object::native::{Args, NativeDef};
use crate::object::str::Str;
use crate::references;
use crate::run;
use crate::thread::Thread;
use crate::value::{Ref, Value};

/// What a frame showed when it was asked for.
#[repr(C)]
pub struct FrameView {
    object: Object,
    code: Ref,
    globals: Ref,
    line: u32,
    /// Nothing where the frame was not running.
    locals: Option<Ref>,
    back: Option<Ref>,
    /// What a program has set as its trace function.
    trace: Field,
}

/// The type `frame`.
pub static FRAME_TYPE: Type = Type::builtin(
    "frame",
    Base::One(&OBJECT_TYPE),
    Slots {
        repr: Some(repr),
        ..Slots::of::<FrameView>()
    },
    &[
        NativeDef::getter("f_code", |thread, args| {
            Ok(view(thread, args)?.code.clone())
        }),
        NativeDef::getter("f_globals", |thread, args| {
            Ok(view(thread, args)?.globals.clone())
        }),
        NativeDef::getter("f_lineno", |thread, args| {
            Ok(Ref::small(i64::from(view(thread, args)?.line)))
        }),
        NativeDef::getter("f_back", |thread, args| {
            let back = view(thread, args)?.back.clone();
            Ok(back.unwrap_or_else(singletons::none))
        }),
        NativeDef::getter("f_locals", |thread, args| {
            let locals = view(thread, args)?.locals.clone();
            Ok(locals.unwrap_or_else(Dict::new))
        }),
        NativeDef::getter("f_builtins", |thread, _| {
            Ok(thread.interpreter().builtins_value().to_ref())
        }),
        NativeDef::getter("f_lasti", |_, _| Ok(Ref::small(-1))),
        NativeDef::property(
            "f_trace",
            |thread, args| {
                let this = view(thread, args)?;
                Ok(this
                    .trace
                    .get(&this.object)
                    .unwrap_or_else(singletons::none))
            },
            |_, value, new| {
                if let Some(this) = downcast_exact::<FrameView>(&value) {
                    this.trace.set(&this.object, new.map(Value::to_ref));
                }
                Ok(())
            },
        ),
        // What a view holds is what it saw: there is nothing to let go of.
        NativeDef::method("clear", |_, _| Ok(singletons::none())),
    ],
);

// SAFETY: `FrameView` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for FrameView {
    const TYPE: &'static Type = &FRAME_TYPE;

    references!(code, globals, locals, back, trace; line);
}

impl FrameView {
    /// A view of a frame that runs this code, which stands at this line.
    pub(crate) fn new(code: Ref, globals: Ref, line: u32) -> Ref {
        allocate(Self {
            object: Object::new(&FRAME_TYPE),
            code,
            globals,
            line,
            locals: None,
            back: None,
            trace: Field::new(None),
        })
    }

    /// A view of a frame that is in the middle of a call.
    pub(crate) fn in_call(
        code: Ref,
        globals: Ref,
        line: u32,
        locals: Ref,
        back: Option<Ref>,
    ) -> Ref {
        allocate(Self {
            object: Object::new(&FRAME_TYPE),
            code,
            globals,
            line,
            locals: Some(locals),
            back,
            trace: Field::new(None),
        })
    }

    /// What the frame `depth` calls further out than the innermost shows.
    pub fn of_caller(thread: &Thread, depth: usize) -> Option<Ref> {
        run::view(thread, depth)
    }

    /// The name of the module whose code runs `depth` calls further out than the innermost.
    pub fn module_of_caller(thread: &Thread, depth: usize) -> Option<Ref> {
        let globals = run::globals_of_caller(thread, depth)?;
        let name = thread.interpreter().intern("__name__");
        dict_of(&globals).get_name(*name)
    }

    /// Where a generator stands; `None` if it is done.
    pub(crate) fn of_generator(generator: &Generator) -> Ref {
        match run::generator::place(generator) {
            Some((code, globals, line)) => Self::new(code, globals, line),
            None => Self::new(generator.code(), singletons::none(), 0),
        }
    }
}

fn view<'a>(thread: &mut Thread, args: &Args<'a>) -> PyResult<&'a FrameView> {
    match args
        .positional()
        .first()
        .and_then(downcast_exact::<FrameView>)
    {
        Some(view) => Ok(view),
        None => Err(thread.type_error("descriptor requires a 'frame' object")),
    }
}

fn repr(_: &mut Thread, value: Value) -> PyResult {
    let this = downcast_exact::<FrameView>(&value).expect("called through its type");
    let source = &downcast_exact::<Code>(&this.code)
        .expect("frames run code")
        .source;
    let (file, line, name) = (&source.filename, this.line, &source.name);
    Ok(Str::new(&format!(
        "<frame at {:p}, file '{file}', line {line}, code {name}>",
        value.pointer()
    )))
}
