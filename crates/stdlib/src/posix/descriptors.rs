//! Open files by their numbers.

use super::{class_named, descriptor, io, none, path, said};
use crate::structs;
use selvedge_interp::object::bytes::{Bytes, bytes_of};
use selvedge_interp::object::native::{Args, NativeDef};
use selvedge_interp::object::tuple::Tuple;
use selvedge_interp::object::{int, singletons};
use selvedge_interp::{PyResult, Ref, Thread, operations};
use std::ffi::CString;
use std::fs::File;
use std::mem::ManuallyDrop;
use std::os::fd::FromRawFd;
use std::os::unix::ffi::OsStrExt;

pub(super) static FUNCTIONS: &[NativeDef] = &[
    NativeDef::function("close", |thread, args| {
        let number = one(thread, args, "close")?;
        // SAFETY: the system refuses a number that is no open file.
        io(thread, None, || said(unsafe { libc::close(number) }))?;
        Ok(singletons::none())
    }),
    NativeDef::function("dup", |thread, args| {
        let number = one(thread, args, "dup")?;
        let new = io(thread, None, || {
            // SAFETY: the system refuses a number that is no open file.
            said(unsafe { libc::fcntl(number, libc::F_DUPFD_CLOEXEC, 0) })
        })?;
        Ok(Ref::small(i64::from(new)))
    }),
    NativeDef::function("dup2", |thread, args| {
        let [from, to, inheritable] = args.bind(thread, "dup2", ["fd", "fd2", "inheritable"], 2)?;
        let from = descriptor(thread, from.expect("required"))?;
        let to = descriptor(thread, to.expect("required"))?;
        let inheritable = match inheritable {
            Some(inheritable) => operations::truth(thread, inheritable)?,
            None => true,
        };
        let flags = if inheritable || from == to {
            0
        } else {
            libc::O_CLOEXEC
        };
        io(thread, None, || {
            if from == to {
                // SAFETY: the system refuses a number that is no open file.
                return said(unsafe { libc::fcntl(from, libc::F_GETFD) });
            }
            // SAFETY: as above.
            said(unsafe { libc::dup3(from, to, flags) })
        })?;
        Ok(Ref::small(i64::from(to)))
    }),
    NativeDef::function("fstat", |thread, args| {
        let number = one(thread, args, "fstat")?;
        stat(thread, number)
    }),
    NativeDef::function("fsync", |thread, args| {
        let number = one(thread, args, "fsync")?;
        // SAFETY: as above.
        io(thread, None, || said(unsafe { libc::fsync(number) }))?;
        Ok(singletons::none())
    }),
    NativeDef::function("ftruncate", |thread, args| {
        let [number, size] = args.exactly(thread, "ftruncate")?;
        let (number, size) = (
            descriptor(thread, number)?,
            operations::index(thread, size)?,
        );
        io(thread, None, || {
            // SAFETY: the system refuses a number that is no open file.
            said(unsafe { libc::ftruncate(number, size) })
        })?;
        Ok(singletons::none())
    }),
    NativeDef::function("get_blocking", |thread, args| {
        let number = one(thread, args, "get_blocking")?;
        let flags = io(thread, None, || {
            // SAFETY: the system refuses a number that is no open file.
            said(unsafe { libc::fcntl(number, libc::F_GETFL) })
        })?;
        Ok(singletons::bool(flags & libc::O_NONBLOCK == 0))
    }),
    NativeDef::function("get_inheritable", |thread, args| {
        let number = one(thread, args, "get_inheritable")?;
        let flags = io(thread, None, || {
            // SAFETY: the system refuses a number that is no open file.
            said(unsafe { libc::fcntl(number, libc::F_GETFD) })
        })?;
        Ok(singletons::bool(flags & libc::FD_CLOEXEC == 0))
    }),
    NativeDef::function("get_terminal_size", |thread, args| {
        let number = match args.between(thread, "get_terminal_size", 0, 1)? {
            [number] => descriptor(thread, *number)?,
            _ => 1,
        };
        let mut size = libc::winsize {
            ws_row: 0,
            ws_col: 0,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        io(thread, None, || {
            // SAFETY: the call writes a size where one is.
            said(unsafe { libc::ioctl(number, libc::TIOCGWINSZ, &raw mut size) })
        })?;
        let class = class_named(thread, "terminal_size")?;
        let items = [size.ws_col, size.ws_row].map(|part| Ref::small(i64::from(part)));
        structs::instance(thread, &class, Vec::from(items))
    }),
    NativeDef::function("isatty", |thread, args| {
        let number = one(thread, args, "isatty")?;
        // SAFETY: a number that is no open file is no terminal.
        Ok(singletons::bool(unsafe { libc::isatty(number) } == 1))
    }),
    NativeDef::function("lseek", |thread, args| {
        let [number, offset, from] = args.exactly(thread, "lseek")?;
        let number = descriptor(thread, number)?;
        let (offset, from) = (
            operations::index(thread, offset)?,
            descriptor(thread, from)?,
        );
        let at = io(thread, None, || {
            // SAFETY: the system refuses a number that is no open file.
            said(unsafe { libc::lseek(number, offset, from) })
        })?;
        Ok(int::from_i64(at))
    }),
    NativeDef::function("open", open),
    NativeDef::function("pipe", |thread, args| {
        let [] = args.exactly(thread, "pipe")?;
        let mut ends = [0; 2];
        io(thread, None, || {
            // SAFETY: there is room for two numbers.
            said(unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) })
        })?;
        let ends = ends.map(|end| Ref::small(i64::from(end)));
        Ok(Tuple::from_refs(Vec::from(ends)))
    }),
    NativeDef::function("read", |thread, args| {
        let [number, count] = args.exactly(thread, "read")?;
        let (number, count) = (
            descriptor(thread, number)?,
            operations::index(thread, count)?,
        );
        let Ok(count) = usize::try_from(count) else {
            return Err(selvedge_interp::output::raise_number(
                thread,
                libc::EINVAL,
                None,
            ));
        };
        let mut data = vec![0; count];
        let got = io(thread, None, || {
            again(|| {
                // SAFETY: the buffer is as long as said.
                said(unsafe { libc::read(number, data.as_mut_ptr().cast(), data.len()) })
            })
        })?;
        Ok(Bytes::new(&data[..got as usize]))
    }),
    NativeDef::function("set_blocking", |thread, args| {
        let [number, blocking] = args.exactly(thread, "set_blocking")?;
        let number = descriptor(thread, number)?;
        let blocking = operations::truth(thread, blocking)?;
        io(thread, None, || {
            // SAFETY: the system refuses a number that is no open file.
            let flags = said(unsafe { libc::fcntl(number, libc::F_GETFL) })?;
            let flags = if blocking {
                flags & !libc::O_NONBLOCK
            } else {
                flags | libc::O_NONBLOCK
            };
            // SAFETY: as above.
            said(unsafe { libc::fcntl(number, libc::F_SETFL, flags) }).map(drop)
        })
        .map(none)
    }),
    NativeDef::function("set_inheritable", |thread, args| {
        let [number, inheritable] = args.exactly(thread, "set_inheritable")?;
        let number = descriptor(thread, number)?;
        let flags = if operations::truth(thread, inheritable)? {
            0
        } else {
            libc::FD_CLOEXEC
        };
        io(thread, None, || {
            // SAFETY: the system refuses a number that is no open file.
            said(unsafe { libc::fcntl(number, libc::F_SETFD, flags) }).map(drop)
        })
        .map(none)
    }),
    NativeDef::function("write", |thread, args| {
        let [number, data] = args.exactly(thread, "write")?;
        let number = descriptor(thread, number)?;
        let Some(data) = bytes_of(&data).map(|data| data.to_vec()) else {
            let got = data.ty().name();
            let text = format!("a bytes-like object is required, not '{got}'");
            return Err(thread.type_error(text));
        };
        let written = io(thread, None, || {
            again(|| {
                // SAFETY: the data is as long as said.
                said(unsafe { libc::write(number, data.as_ptr().cast(), data.len()) })
            })
        })?;
        Ok(int::from_usize(written as usize))
    }),
];

fn one(thread: &mut Thread, args: &Args<'_>, function: &str) -> PyResult<i32> {
    let [number] = args.bind(thread, function, ["fd"], 1)?;
    descriptor(thread, number.expect("required"))
}

/// Does what a signal has interrupted again.
fn again<R>(mut work: impl FnMut() -> std::io::Result<R>) -> std::io::Result<R> {
    loop {
        match work() {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

pub(super) fn stat(thread: &mut Thread, number: i32) -> PyResult {
    let found = io(thread, None, || {
        // SAFETY: the system refuses a number that is no open file, and nothing here closes it.
        let file = ManuallyDrop::new(unsafe { File::from_raw_fd(number) });
        file.metadata()
    })?;
    super::files::stat_result(thread, &found)
}

/// `open(path, flags, mode=0o777)`
fn open(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [given, flags, mode, _] =
        args.bind(thread, "open", ["path", "flags", "mode", "dir_fd"], 2)?;
    let given = path(thread, given.expect("required"), "open")?;
    let flags = descriptor(thread, flags.expect("required"))?;
    let mode = match mode {
        Some(mode) => operations::index(thread, mode)? as u32,
        None => 0o777,
    };
    let name = CString::new(given.path.as_os_str().as_bytes());
    let name = name.expect("paths with a zero were refused");
    let number = io(thread, Some(&given), || {
        // SAFETY: a path that ends in a zero.
        again(|| said(unsafe { libc::open(name.as_ptr(), flags | libc::O_CLOEXEC, mode) }))
    })?;
    Ok(Ref::small(i64::from(number)))
}
