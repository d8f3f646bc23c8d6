//! `sys.stdin`, `sys.stdout` and `sys.stderr`: files of text on the process's streams, and the
//! files of bytes below them.

use selvedge_interp::object::bytes::{Bytes, bytes_of};
use selvedge_interp::object::file::UNSUPPORTED_OPERATION;
use selvedge_interp::object::list::List;
use selvedge_interp::object::native::{Args, NativeDef};
use selvedge_interp::object::str::Str;
use selvedge_interp::object::{
    Base, Object, Payload, Slots, Type, allocate, class, downcast, int, singletons,
};
use selvedge_interp::references;
use selvedge_interp::{PyResult, Ref, Thread, Value, operations, output, prepare_type};
use selvedge_sync::seam::OnceLock;
use std::io::{BufRead, IsTerminal, Read, Write};

/// Which of the process's streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Input,
    Output,
    Error,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Input => "<stdin>",
            Kind::Output => "<stdout>",
            Kind::Error => "<stderr>",
        }
    }

    fn number(self) -> i64 {
        match self {
            Kind::Input => 0,
            Kind::Output => 1,
            Kind::Error => 2,
        }
    }

    fn is_terminal(self) -> bool {
        match self {
            Kind::Input => std::io::stdin().is_terminal(),
            Kind::Output => std::io::stdout().is_terminal(),
            Kind::Error => std::io::stderr().is_terminal(),
        }
    }
}

/// A file on one of the streams.
#[repr(C)]
pub(crate) struct Stream {
    object: Object,
    kind: Kind,
    is_text: bool,
}

macro_rules! stream_type {
    ($(#[$doc:meta])* $name:ident, $text:literal) => {
        $(#[$doc])*
        pub(crate) static $name: Type = Type::builtin(
            $text,
            Base::One(&class::OBJECT_TYPE),
            Slots {
                repr: Some(repr),
                iter: Some(|_, value| Ok(value.to_ref())),
                next: Some(|thread, value| {
                    let line = read_line(thread, stream(&value), usize::MAX)?;
                    if line.is_empty() {
                        return Ok(None);
                    }
                    give(thread, stream(&value), &line).map(Some)
                }),
                ..Slots::of::<Stream>()
            },
            METHODS,
        )
        .in_module("_io")
        .open();
    };
}

stream_type!(
    /// The type of the streams of text.
    TEXT_STREAM_TYPE, "TextIOWrapper");
stream_type!(
    /// The type of the streams of bytes below them.
    BYTE_STREAM_TYPE, "BufferedWriter");

// SAFETY: `Stream` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for Stream {
    const TYPE: &'static Type = &TEXT_STREAM_TYPE;

    references!();
}

static METHODS: &[NativeDef] = &[
    NativeDef::method("__enter__", |_, args| Ok(args.positional()[0].to_ref())),
    NativeDef::method("__exit__", |_, _| Ok(singletons::none())),
    NativeDef::getter("buffer", |thread, args| {
        let this = stream(&args.positional()[0]);
        if this.is_text {
            Ok(make(this.kind, false))
        } else {
            Err(thread.raise_text(
                &selvedge_interp::object::exception::ATTRIBUTE_ERROR,
                "'BufferedWriter' object has no attribute 'buffer'",
            ))
        }
    }),
    // The process's streams stay open.
    NativeDef::method("close", flush),
    NativeDef::getter("closed", |_, _| Ok(singletons::false_())),
    NativeDef::getter("encoding", |_, _| Ok(Str::new("utf-8"))),
    NativeDef::getter("errors", |_, args| {
        Ok(Str::new(match stream(&args.positional()[0]).kind {
            Kind::Error => "backslashreplace",
            _ => "strict",
        }))
    }),
    NativeDef::method("fileno", |_, args| {
        Ok(Ref::small(stream(&args.positional()[0]).kind.number()))
    }),
    NativeDef::method("flush", flush),
    NativeDef::method("isatty", |_, args| {
        Ok(singletons::bool(
            stream(&args.positional()[0]).kind.is_terminal(),
        ))
    }),
    NativeDef::getter("line_buffering", |_, args| {
        Ok(singletons::bool(
            stream(&args.positional()[0]).kind.is_terminal(),
        ))
    }),
    NativeDef::getter("mode", |_, args| {
        let this = stream(&args.positional()[0]);
        Ok(Str::new(match (this.kind, this.is_text) {
            (Kind::Input, true) => "r",
            (Kind::Input, false) => "rb",
            (_, true) => "w",
            (_, false) => "wb",
        }))
    }),
    NativeDef::getter("name", |_, args| {
        Ok(Str::new(stream(&args.positional()[0]).kind.name()))
    }),
    NativeDef::getter("newlines", |_, _| Ok(singletons::none())),
    NativeDef::method("read", |thread, args| {
        let (this, rest) = args.split_receiver();
        let most = limit(thread, &rest, "read")?;
        read(thread, stream(&this), most)
    }),
    NativeDef::method("readable", |_, args| {
        Ok(singletons::bool(
            stream(&args.positional()[0]).kind == Kind::Input,
        ))
    }),
    NativeDef::method("readline", |thread, args| {
        let (this, rest) = args.split_receiver();
        let most = limit(thread, &rest, "readline")?;
        let line = read_line(thread, stream(&this), most)?;
        give(thread, stream(&this), &line)
    }),
    NativeDef::method("readlines", |thread, args| {
        let (this, rest) = args.split_receiver();
        limit(thread, &rest, "readlines")?;
        Ok(List::from_refs(operations::collect(thread, this)?))
    }),
    // Text is always written as UTF-8, a line at a time where somebody watches.
    NativeDef::method("reconfigure", |_, _| Ok(singletons::none())),
    NativeDef::method("seekable", |_, _| Ok(singletons::false_())),
    NativeDef::method("writable", |_, args| {
        Ok(singletons::bool(
            stream(&args.positional()[0]).kind != Kind::Input,
        ))
    }),
    NativeDef::method("write", |thread, args| {
        let [this, content] = args.exactly(thread, "write")?;
        write(thread, stream(&this), content)
    }),
    NativeDef::method("writelines", |thread, args| {
        let [this, lines] = args.exactly(thread, "writelines")?;
        operations::for_each(thread, lines, |thread, line| {
            write(thread, stream(&this), *line).map(drop)
        })?;
        Ok(singletons::none())
    }),
];

/// A file on a stream.
pub(crate) fn make(kind: Kind, is_text: bool) -> Ref {
    static PREPARED: OnceLock<()> = OnceLock::new();
    PREPARED.get_or_init(|| {
        prepare_type(&TEXT_STREAM_TYPE);
        prepare_type(&BYTE_STREAM_TYPE);
    });
    let ty = if is_text {
        &TEXT_STREAM_TYPE
    } else {
        &BYTE_STREAM_TYPE
    };
    allocate(Stream {
        object: Object::new(ty),
        kind,
        is_text,
    })
}

fn stream(value: &Value) -> &Stream {
    if value.is_exactly(&BYTE_STREAM_TYPE) {
        // SAFETY: both types are laid out as `Stream`.
        return unsafe { &*value.pointer().cast::<Stream>() };
    }
    downcast::<Stream>(value).expect("methods of streams are called with streams")
}

fn limit(thread: &mut Thread, args: &Args<'_>, method: &str) -> PyResult<usize> {
    match args.between(thread, method, 0, 1)? {
        [most] if !singletons::is_none(*most) => {
            Ok(usize::try_from(operations::index(thread, *most)?).unwrap_or(usize::MAX))
        }
        _ => Ok(usize::MAX),
    }
}

fn give(thread: &mut Thread, this: &Stream, data: &[u8]) -> PyResult {
    let bytes = Bytes::new(data);
    if !this.is_text {
        return Ok(bytes);
    }
    operations::call_method(thread, *bytes, "decode", &[])
}

fn check_readable(thread: &mut Thread, this: &Stream) -> PyResult<()> {
    if this.kind == Kind::Input {
        Ok(())
    } else {
        Err(thread.raise_text(&UNSUPPORTED_OPERATION, "not readable"))
    }
}

fn read_line(thread: &mut Thread, this: &Stream, most: usize) -> PyResult<Vec<u8>> {
    check_readable(thread, this)?;
    output::flush_checked(thread)?;
    let mut line = Vec::new();
    let done = thread.detach(|| {
        let input = std::io::stdin().lock();
        input.take(most as u64).read_until(b'\n', &mut line)
    });
    match done {
        Ok(_) => Ok(line),
        Err(error) => Err(output::raise_io(thread, &error)),
    }
}

fn read(thread: &mut Thread, this: &Stream, most: usize) -> PyResult {
    check_readable(thread, this)?;
    let mut data = Vec::new();
    let done = thread.detach(|| {
        let input = std::io::stdin().lock();
        input.take(most as u64).read_to_end(&mut data)
    });
    match done {
        Ok(_) => give(thread, this, &data),
        Err(error) => Err(output::raise_io(thread, &error)),
    }
}

fn write(thread: &mut Thread, this: &Stream, content: Value) -> PyResult {
    if this.kind == Kind::Input {
        return Err(thread.raise_text(&UNSUPPORTED_OPERATION, "not writable"));
    }
    let (data, count) = if this.is_text {
        let Some(text) = downcast::<Str>(&content) else {
            let got = content.ty().name();
            let text = format!("write() argument must be str, not {got}");
            return Err(thread.type_error(text));
        };
        match text.to_utf8() {
            Some(plain) => (plain.into_owned().into_bytes(), text.len()),
            None => {
                let errors = Str::new(match this.kind {
                    Kind::Error => "backslashreplace",
                    _ => "strict",
                });
                let encoding = Str::new("utf-8");
                let encoded =
                    operations::call_method(thread, content, "encode", &[*encoding, *errors])?;
                let data = bytes_of(&encoded).map(|data| data.to_vec());
                (data.unwrap_or_default(), text.len())
            }
        }
    } else {
        let Some(data) = bytes_of(&content) else {
            let got = content.ty().name();
            let text = format!("a bytes-like object is required, not '{got}'");
            return Err(thread.type_error(text));
        };
        (data.to_vec(), data.len())
    };
    let done = match this.kind {
        Kind::Error => std::io::stderr().lock().write_all(&data),
        _ => std::io::stdout().lock().write_all(&data),
    };
    match done {
        Ok(()) => Ok(int::from_usize(count)),
        Err(error) => Err(output::raise_io(thread, &error)),
    }
}

fn flush(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [this] = args.exactly(thread, "flush")?;
    if stream(&this).kind == Kind::Output {
        output::flush_checked(thread)?;
    }
    Ok(singletons::none())
}

fn repr(_: &mut Thread, value: Value) -> PyResult {
    let this = stream(&value);
    let (name, ty) = (this.kind.name(), value.ty().name());
    Ok(Str::new(&if this.is_text {
        let mode = if this.kind == Kind::Input { "r" } else { "w" };
        format!("<_io.{ty} name='{name}' mode='{mode}' encoding='utf-8'>")
    } else {
        format!("<_io.{ty} name='{name}'>")
    }))
}
