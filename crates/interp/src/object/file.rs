//! Files that programs open: of text or of bytes, read and written through a buffer.

mod open;

pub(crate) use open::open;

use super::bytes::{Bytes, bytes_of};
use super::list::List;
use super::native::{Args, NativeDef};
use super::str::{Str, encode};
use super::{
    Base, Object, Payload, Slots, Type, allocate, class, downcast, exception, int, singletons,
};
use crate::error::{PyResult, Raised};
use crate::operations;
use crate::output;
use crate::references;
use crate::thread::Thread;
use crate::value::{Ref, Value};
use selvedge_sync::seam::Mutex;
use std::io::{Read, Seek, SeekFrom, Write};

/// An open file.
#[repr(C)]
pub struct File {
    object: Object,
    name: Ref,
    mode: String,
    /// Nothing for a file of bytes.
    text: Option<Text>,
    readable: bool,
    writable: bool,
    state: Mutex<State>,
}

/// How text is stored.
struct Text {
    encoding: Ref,
    errors: Ref,
    /// Whether every way of ending a line is read as `\n`.
    universal: bool,
}

struct State {
    /// Nothing once closed.
    file: Option<std::fs::File>,
    /// What was read and not yet given out, from `next` on.
    ahead: Vec<u8>,
    next: usize,
    /// What was written and is not in the file yet.
    pending: Vec<u8>,
}

/// How much is read or written at a time.
const BLOCK: usize = 128 << 10;

macro_rules! file_types {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)+) => {
        $($(#[$doc])*
        pub static $name: Type = Type::builtin(
            $text,
            Base::One(&class::OBJECT_TYPE),
            Slots {
                repr: Some(repr),
                iter: Some(|thread, value| file(&value).check_open(thread).map(|()| value.to_ref())),
                next: Some(next),
                ..Slots::of::<File>()
            },
            METHODS,
        )
        .in_module("_io");)+
    };
}

file_types! {
    /// The type of files of text.
    TEXT_FILE_TYPE = "TextIOWrapper";
    /// The type of files of bytes that are read.
    READER_TYPE = "BufferedReader";
    /// The type of files of bytes that are written.
    WRITER_TYPE = "BufferedWriter";
    /// The type of files of bytes that are read and written.
    RANDOM_TYPE = "BufferedRandom";
}

// SAFETY: `File` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for File {
    const TYPE: &'static Type = &TEXT_FILE_TYPE;

    references!();
}

static METHODS: &[NativeDef] = &[
    NativeDef::method("__enter__", |thread, args| {
        let [this] = args.exactly(thread, "__enter__")?;
        file(&this).check_open(thread)?;
        Ok(this.to_ref())
    }),
    NativeDef::method("__exit__", |thread, args| {
        close(thread, args.positional()[0])
    }),
    NativeDef::method("close", |thread, args| {
        let [this] = args.exactly(thread, "close")?;
        close(thread, this)
    }),
    NativeDef::getter("closed", |_, args| {
        Ok(singletons::bool(
            file(&args.values()[0]).state.lock().file.is_none(),
        ))
    }),
    NativeDef::getter("encoding", |_, args| {
        Ok(file(&args.values()[0])
            .text
            .as_ref()
            .map_or_else(singletons::none, |text| text.encoding.clone()))
    }),
    NativeDef::method("fileno", |thread, args| {
        use std::os::fd::AsRawFd;
        let [this] = args.exactly(thread, "fileno")?;
        let number = file(&this)
            .state
            .lock()
            .file
            .as_ref()
            .map(AsRawFd::as_raw_fd);
        number
            .map(|number| Ref::small(i64::from(number)))
            .ok_or_else(|| closed(thread))
    }),
    NativeDef::method("flush", |thread, args| {
        let [this] = args.exactly(thread, "flush")?;
        file(&this).io(thread, State::flush)?;
        Ok(singletons::none())
    }),
    NativeDef::getter("mode", |_, args| {
        Ok(Str::new(&file(&args.values()[0]).mode))
    }),
    NativeDef::getter("name", |_, args| Ok(file(&args.values()[0]).name.clone())),
    NativeDef::method("read", read),
    NativeDef::method("readable", |_, args| {
        Ok(singletons::bool(file(&args.values()[0]).readable))
    }),
    NativeDef::method("readline", |thread, args| {
        let (this, rest) = args.split_receiver();
        let most = limit(thread, &rest, "readline")?;
        let line = file(&this).line(thread, most)?;
        file(&this).give(thread, &line)
    }),
    NativeDef::method("readlines", |thread, args| {
        let (this, rest) = args.split_receiver();
        let most = limit(thread, &rest, "readlines")?.unwrap_or(usize::MAX);
        let (mut lines, mut total) = (Vec::new(), 0);
        while total < most {
            let line = file(&this).line(thread, None)?;
            if line.is_empty() {
                break;
            }
            total += line.len();
            lines.push(file(&this).give(thread, &line)?);
        }
        Ok(List::from_refs(lines))
    }),
    NativeDef::method("seek", seek),
    NativeDef::method("seekable", |_, _| Ok(singletons::true_())),
    NativeDef::method("tell", |thread, args| {
        let [this] = args.exactly(thread, "tell")?;
        file(&this)
            .io(thread, State::position)
            .map(|at| int::from_usize(at as usize))
    }),
    NativeDef::method("truncate", |thread, args| {
        let (this, rest) = args.split_receiver();
        let size = limit(thread, &rest, "truncate")?;
        let size = file(&this).io(thread, |state| {
            let size = size.map_or_else(|| state.position(), |size| Ok(size as u64))?;
            state.flush()?;
            state.open()?.set_len(size).map(|()| size)
        })?;
        Ok(int::from_usize(size as usize))
    }),
    NativeDef::method("writable", |_, args| {
        Ok(singletons::bool(file(&args.values()[0]).writable))
    }),
    NativeDef::method("write", |thread, args| {
        let (this, rest) = args.split_receiver();
        let [content] = rest.exactly(thread, &format!("{}.write", this.ty().name()))?;
        write(thread, file(&this), content)
    }),
    NativeDef::method("writelines", |thread, args| {
        let (this, rest) = args.split_receiver();
        let [lines] = rest.exactly(thread, "writelines")?;
        operations::for_each(thread, lines, |thread, line| {
            write(thread, file(&this), *line).map(drop)
        })?;
        Ok(singletons::none())
    }),
];

fn file(value: &Value) -> &File {
    let kinds = [&TEXT_FILE_TYPE, &READER_TYPE, &WRITER_TYPE, &RANDOM_TYPE];
    assert!(
        kinds.iter().any(|kind| value.is_exactly(kind)),
        "methods of files are called with files"
    );
    // SAFETY: the four types are laid out as `File`.
    unsafe { &*value.pointer().cast::<File>() }
}

fn closed(thread: &mut Thread) -> Raised {
    thread.value_error("I/O operation on closed file.")
}

impl State {
    /// The system's file; an error of this kind says that there is none any more.
    fn open(&mut self) -> std::io::Result<&mut std::fs::File> {
        self.file
            .as_mut()
            .ok_or_else(|| std::io::ErrorKind::NotConnected.into())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        let pending = core::mem::take(&mut self.pending);
        self.open()?.write_all(&pending)
    }

    /// Where the next byte is read or written.
    fn position(&mut self) -> std::io::Result<u64> {
        let (ahead, pending) = (self.ahead.len() - self.next, self.pending.len());
        Ok(self.open()?.stream_position()? + pending as u64 - ahead as u64)
    }

    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.flush()?;
        let ahead = (self.ahead.len() - self.next) as i64;
        let to = if let SeekFrom::Current(by) = to {
            SeekFrom::Current(by - ahead)
        } else {
            to
        };
        self.ahead.clear();
        self.next = 0;
        self.open()?.seek(to)
    }

    /// Reads another block; says whether there was one.
    fn fill(&mut self) -> std::io::Result<bool> {
        self.flush()?;
        self.ahead.drain(..self.next);
        self.next = 0;
        let old = self.ahead.len();
        self.ahead.resize(old + BLOCK, 0);
        let file = self.file.as_mut().ok_or(std::io::ErrorKind::NotConnected)?;
        let got = file.read(&mut self.ahead[old..]);
        self.ahead.truncate(old + *got.as_ref().unwrap_or(&0));
        let got = got?;
        Ok(got > 0)
    }

    /// Takes bytes until `enough` says how many make a whole, or to the end.
    fn take_until(&mut self, enough: impl Fn(&[u8]) -> Option<usize>) -> std::io::Result<Vec<u8>> {
        loop {
            let ready = &self.ahead[self.next..];
            if let Some(len) = enough(ready) {
                let taken = ready[..len].to_vec();
                self.next += len;
                return Ok(taken);
            }
            if !self.fill()? {
                let rest = self.ahead[self.next..].to_vec();
                self.next = self.ahead.len();
                return Ok(rest);
            }
        }
    }
}

impl File {
    fn check_open(&self, thread: &mut Thread) -> PyResult<()> {
        if self.state.lock().file.is_some() {
            Ok(())
        } else {
            Err(closed(thread))
        }
    }

    /// Does something with the file while other threads run.
    fn io<R>(
        &self,
        thread: &mut Thread,
        work: impl FnOnce(&mut State) -> std::io::Result<R>,
    ) -> PyResult<R> {
        self.check_open(thread)?;
        let done = thread.detach(|| work(&mut self.state.lock()));
        done.map_err(|error| {
            if error.kind() == std::io::ErrorKind::NotConnected {
                closed(thread)
            } else {
                output::raise_io(thread, &error)
            }
        })
    }

    fn check_readable(&self, thread: &mut Thread) -> PyResult<()> {
        self.check_open(thread)?;
        if self.readable {
            Ok(())
        } else {
            Err(unsupported(thread, "not readable"))
        }
    }

    /// The bytes of the next line, with what ends it.
    fn line(&self, thread: &mut Thread, most: Option<usize>) -> PyResult<Vec<u8>> {
        self.check_readable(thread)?;
        let universal = self.text.as_ref().is_some_and(|text| text.universal);
        let most = most.unwrap_or(usize::MAX);
        self.io(thread, |state| {
            state.take_until(|ready| {
                let ends = |byte: &u8| *byte == b'\n' || universal && *byte == b'\r';
                let end = match ready.iter().position(ends) {
                    // Whether `\n` follows is known with the next byte.
                    Some(at) if ready[at] == b'\r' && at + 1 == ready.len() => None,
                    Some(at) if ready[at] == b'\r' && ready[at + 1] == b'\n' => Some(at + 2),
                    Some(at) => Some(at + 1),
                    None => None,
                };
                end.map(|end| end.min(most))
                    .or_else(|| (ready.len() >= most).then_some(most))
            })
        })
    }

    /// What the program gets for these bytes.
    fn give(&self, thread: &mut Thread, data: &[u8]) -> PyResult {
        let Some(text) = &self.text else {
            return Ok(Bytes::new(data));
        };
        let decoded = encode::decode(thread, data, Some(*text.encoding), Some(*text.errors))?;
        if !text.universal || !data.contains(&b'\r') {
            return Ok(decoded);
        }
        let points = downcast::<Str>(&decoded)
            .expect("decoding makes a string")
            .code_points();
        let mut out = Vec::with_capacity(points.len());
        for at in 0..points.len() {
            match points.at(at) {
                0x0d => out.push(0x0a),
                0x0a if at > 0 && points.at(at - 1) == 0x0d => {}
                point => out.push(point),
            }
        }
        Ok(Str::from_code_points(&out))
    }
}

fn unsupported(thread: &mut Thread, text: &str) -> Raised {
    thread.raise_text(&UNSUPPORTED_OPERATION, text)
}

/// The type `io.UnsupportedOperation`.
pub static UNSUPPORTED_OPERATION: Type = Type::builtin(
    "UnsupportedOperation",
    Base::One(&exception::OS_ERROR),
    Slots::of::<exception::Exception>(),
    &[],
)
.in_module("io")
.subclassable();

/// A size that is optional; negative means none.
fn limit(thread: &mut Thread, args: &Args<'_>, method: &str) -> PyResult<Option<usize>> {
    match args.between(thread, method, 0, 1)? {
        [value] if !singletons::is_none(*value) => {
            Ok(usize::try_from(operations::index(thread, *value)?).ok())
        }
        _ => Ok(None),
    }
}

fn read(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let (this, rest) = args.split_receiver();
    let this = file(&this);
    let most = limit(thread, &rest, "read")?;
    this.check_readable(thread)?;
    let is_text = this.text.is_some();
    let data = this.io(thread, |state| {
        state.take_until(|ready| {
            let most = most?;
            if !is_text {
                return (ready.len() >= most).then_some(most);
            }
            // A character begins with every byte that is no continuation; `\r\n` counts as one.
            let begins = |at: &usize| {
                ready[*at] & 0xc0 != 0x80
                    && !(ready[*at] == b'\n' && *at > 0 && ready[*at - 1] == b'\r')
            };
            (0..ready.len()).filter(begins).nth(most)
        })
    })?;
    this.give(thread, &data)
}

fn next(thread: &mut Thread, value: Value) -> PyResult<Option<Ref>> {
    let line = file(&value).line(thread, None)?;
    if line.is_empty() {
        Ok(None)
    } else {
        file(&value).give(thread, &line).map(Some)
    }
}

fn write(thread: &mut Thread, this: &File, content: Value) -> PyResult {
    this.check_open(thread)?;
    if !this.writable {
        return Err(unsupported(
            thread,
            if this.text.is_some() {
                "not writable"
            } else {
                "write"
            },
        ));
    }
    let (data, count) = match &this.text {
        Some(text) => {
            let Some(string) = downcast::<Str>(&content) else {
                let name = content.ty().name();
                return Err(thread.type_error(format!("write() argument must be str, not {name}")));
            };
            (
                encode::encode(thread, content, Some(*text.encoding), Some(*text.errors))?,
                string.len(),
            )
        }
        None => match bytes_of(&content) {
            Some(data) => (data.to_vec(), data.len()),
            None => {
                let name = content.ty().name();
                return Err(
                    thread.type_error(format!("a bytes-like object is required, not '{name}'"))
                );
            }
        },
    };
    this.io(thread, |state| {
        if state.ahead.len() > state.next {
            state.seek(SeekFrom::Current(0))?;
        }
        state.pending.extend(data);
        if state.pending.len() >= BLOCK {
            state.flush()
        } else {
            Ok(())
        }
    })?;
    Ok(int::from_usize(count))
}

fn seek(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let (this, rest) = args.split_receiver();
    let given = rest.between(thread, "seek", 1, 2)?;
    let offset = operations::index(thread, given[0])?;
    let whence = match given.get(1) {
        Some(whence) => operations::index(thread, *whence)?,
        None => 0,
    };
    let to = match (whence, u64::try_from(offset)) {
        (0, Ok(offset)) => SeekFrom::Start(offset),
        (0, Err(_)) => return Err(thread.value_error(format!("negative seek position {offset}"))),
        (1, _) => SeekFrom::Current(offset),
        (2, _) => SeekFrom::End(offset),
        _ => {
            return Err(
                thread.value_error(format!("invalid whence ({whence}, should be 0, 1 or 2)"))
            );
        }
    };
    file(&this)
        .io(thread, |state| state.seek(to))
        .map(|at| int::from_usize(at as usize))
}

fn close(thread: &mut Thread, this: Value) -> PyResult {
    let this = file(&this);
    if this.state.lock().file.is_some() {
        this.io(thread, |state| {
            let flushed = state.flush();
            state.file = None;
            flushed
        })?;
    }
    Ok(singletons::none())
}

impl Drop for State {
    fn drop(&mut self) {
        if self.file.is_some() {
            // Nobody is left to tell of an error.
            drop(self.flush());
        }
    }
}

fn repr(thread: &mut Thread, value: Value) -> PyResult {
    let this = file(&value);
    let (ty, name) = (
        value.ty().full_name(),
        operations::repr_text(thread, *this.name)?,
    );
    Ok(Str::new(&match &this.text {
        Some(text) => {
            let encoding = operations::repr_text(thread, *text.encoding)?;
            format!(
                "<{ty} name={name} mode='{}' encoding={encoding}>",
                this.mode
            )
        }
        None => format!("<{ty} name={name}>"),
    }))
}
