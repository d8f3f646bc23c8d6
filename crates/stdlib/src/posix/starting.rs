//! Starting another program: what `_posixsubprocess` stands on.
//!
//! Between `fork` and `exec` the new process has one thread of many, so whatever a lock guards may
//! be locked for good: all texts are made before, and what runs there asks the system only.

use super::{descriptor, io, said, text_bytes};
use selvedge_interp::object::module::Module;
use selvedge_interp::object::native::{Args, NativeDef};
use selvedge_interp::object::{downcast, int, singletons};
use selvedge_interp::{PyResult, Ref, Thread, Value, module_from_source, operations};
use std::ffi::CString;
use std::io::{Error, Result};

pub(crate) fn make(thread: &mut Thread) -> PyResult {
    let new = module_from_source(thread, "_posixsubprocess", include_str!("starting.py"))?;
    let module = downcast::<Module>(&new).expect("modules are modules");
    module.define(thread, "_posixsubprocess", FUNCTIONS);
    Ok(new)
}

static FUNCTIONS: &[NativeDef] = &[NativeDef::function("_start", start)];

/// Texts as the system wants a list of them: pointers, ended by a null one.
struct Texts {
    /// What the pointers point into.
    _owned: Vec<CString>,
    pointers: Vec<*const libc::c_char>,
}

impl Texts {
    fn of(thread: &mut Thread, list: Value) -> PyResult<Self> {
        let mut owned = Vec::new();
        for text in operations::collect(thread, list)? {
            owned.push(c_text(thread, *text)?);
        }
        let mut pointers: Vec<_> = owned.iter().map(|text| text.as_ptr()).collect();
        pointers.push(std::ptr::null());
        Ok(Self {
            _owned: owned,
            pointers,
        })
    }
}

fn c_text(thread: &mut Thread, text: Value) -> PyResult<CString> {
    let data = text_bytes(thread, text)?;
    CString::new(data).map_err(|_| thread.value_error("embedded null byte"))
}

/// What the new process does before it becomes the program.
struct Plan {
    arguments: Texts,
    /// Where the program may be; the first that is there is taken.
    places: Texts,
    environment: Texts,
    folder: Option<CString>,
    /// Descriptors that stay open, in ascending order, and whether others are closed.
    keep: Vec<i32>,
    close_others: bool,
    /// What becomes standard input, output and error; -1 for what is left alone.
    standard: [i32; 3],
    /// Where to say that it failed.
    report: i32,
    restore_signals: bool,
    new_session: bool,
    /// The group of processes to join, -1 for none.
    group: i32,
    umask: i32,
    user: Option<u32>,
    primary_group: Option<u32>,
    groups: Option<Vec<u32>>,
}

/// `_start(arguments, places, environment, folder, keep, numbers, user, group, groups)`
fn start(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [
        arguments,
        places,
        environment,
        folder,
        keep,
        numbers,
        identity @ ..,
    ] = args.exactly::<9>(thread, "_start")?;
    let mut kept = numbers_of(thread, keep)?;
    kept.sort_unstable();
    let numbers = numbers_of(thread, numbers)?;
    let [
        stdin,
        stdout,
        stderr,
        report,
        close,
        restore,
        session,
        group,
        umask,
    ] = numbers[..]
    else {
        return Err(thread.type_error("_start() takes nine numbers"));
    };
    let [user, primary_group, groups] = identity;
    let plan = Plan {
        arguments: Texts::of(thread, arguments)?,
        places: Texts::of(thread, places)?,
        environment: Texts::of(thread, environment)?,
        folder: optional(thread, folder, c_text)?,
        keep: kept,
        close_others: close != 0,
        standard: [stdin, stdout, stderr],
        report,
        restore_signals: restore != 0,
        new_session: session != 0,
        group,
        umask,
        user: optional(thread, user, identifier)?,
        primary_group: optional(thread, primary_group, identifier)?,
        groups: optional(thread, groups, |thread, groups| {
            let groups = operations::collect(thread, groups)?;
            groups
                .iter()
                .map(|group| identifier(thread, **group))
                .collect()
        })?,
    };
    let process = io(thread, None, || {
        // SAFETY: the new process only runs `Plan::run`, which asks the system and allocates
        // nothing, and then ends or becomes another program.
        let process = said(unsafe { libc::fork() })?;
        if process == 0 {
            plan.run();
        }
        Ok(process)
    })?;
    Ok(int::from_i64(i64::from(process)))
}

fn numbers_of(thread: &mut Thread, list: Value) -> PyResult<Vec<i32>> {
    let items: Vec<Ref> = operations::collect(thread, list)?;
    items
        .iter()
        .map(|item| descriptor(thread, **item))
        .collect()
}

fn optional<T>(
    thread: &mut Thread,
    value: Value,
    read: impl FnOnce(&mut Thread, Value) -> PyResult<T>,
) -> PyResult<Option<T>> {
    if singletons::is_none(value) {
        return Ok(None);
    }
    read(thread, value).map(Some)
}

/// The number of a user or a group.
fn identifier(thread: &mut Thread, value: Value) -> PyResult<u32> {
    let number = operations::index(thread, value)?;
    u32::try_from(number).map_err(|_| super::overflow(thread))
}

impl Plan {
    /// Becomes the program, or says why not and ends.
    fn run(&self) -> ! {
        let (error, what) = match self.prepare() {
            Ok(()) => (self.become_program(), ":"),
            Err((error, what)) => (error, what),
        };
        self.tell(&error, what);
        // SAFETY: ends the process; nothing of it is used any more.
        unsafe { libc::_exit(255) }
    }

    /// All but the last step; what failed, as `subprocess` reads it.
    fn prepare(&self) -> core::result::Result<(), (Error, &'static str)> {
        let plainly = |error| (error, ":noexec");
        self.place_descriptors().map_err(plainly)?;
        if let Some(folder) = &self.folder {
            // SAFETY: a path that ends in a zero.
            said(unsafe { libc::chdir(folder.as_ptr()) })
                .map_err(|error| (error, ":noexec:chdir"))?;
        }
        self.set_process().map_err(plainly)?;
        self.set_identity().map_err(plainly)?;
        self.close_descriptors().map_err(plainly)
    }

    fn place_descriptors(&self) -> Result<()> {
        for kept in &self.keep {
            if *kept != self.report {
                inherit(*kept)?;
            }
        }
        let mut sources = self.standard;
        for (target, source) in (0..).zip(&mut sources) {
            // What is to be put elsewhere later must not be overwritten by what comes before.
            if (0..target).contains(source) {
                // SAFETY: the system refuses a number that is no open file.
                *source = said(unsafe { libc::fcntl(*source, libc::F_DUPFD_CLOEXEC, 3) })?;
            }
        }
        for (target, source) in (0..).zip(sources) {
            if source == target {
                inherit(source)?;
            } else if source >= 0 {
                // SAFETY: as above.
                said(unsafe { libc::dup2(source, target) })?;
            }
        }
        Ok(())
    }

    fn set_process(&self) -> Result<()> {
        if self.umask >= 0 {
            // SAFETY: takes any number.
            unsafe { libc::umask(self.umask as libc::mode_t) };
        }
        if self.restore_signals {
            for signal in [libc::SIGPIPE, libc::SIGXFSZ] {
                // SAFETY: the default action is one of the system's.
                unsafe { libc::signal(signal, libc::SIG_DFL) };
            }
        }
        if self.new_session {
            // SAFETY: has no arguments.
            said(unsafe { libc::setsid() })?;
        }
        if self.group >= 0 {
            // SAFETY: the system checks the number.
            said(unsafe { libc::setpgid(0, self.group) })?;
        }
        Ok(())
    }

    fn set_identity(&self) -> Result<()> {
        if let Some(groups) = &self.groups {
            // SAFETY: there are as many as said.
            said(unsafe { libc::setgroups(groups.len(), groups.as_ptr()) })?;
        }
        if let Some(group) = self.primary_group {
            // SAFETY: the system checks the numbers.
            said(unsafe { libc::setregid(group, group) })?;
        }
        if let Some(user) = self.user {
            // SAFETY: as above.
            said(unsafe { libc::setreuid(user, user) })?;
        }
        Ok(())
    }

    /// Closes what lies between those kept, from 3 on.
    fn close_descriptors(&self) -> Result<()> {
        if !self.close_others {
            return Ok(());
        }
        let mut from = 3;
        for kept in self.keep.iter().copied().filter(|kept| *kept >= 3) {
            close_range(from, i64::from(kept) - 1)?;
            from = i64::from(kept) + 1;
        }
        close_range(from, i64::from(u32::MAX))
    }

    /// Tries one place after the other; returns why the last that was there would not do.
    fn become_program(&self) -> Error {
        let mut why = libc::ENOENT;
        for place in &self.places.pointers[..self.places.pointers.len() - 1] {
            // SAFETY: all are texts that end in zeros, in lists that end in null.
            unsafe {
                libc::execve(
                    *place,
                    self.arguments.pointers.as_ptr(),
                    self.environment.pointers.as_ptr(),
                );
            }
            match Error::last_os_error().raw_os_error() {
                None | Some(libc::ENOENT | libc::ENOTDIR) => {}
                Some(number) => why = number,
            }
        }
        Error::from_raw_os_error(why)
    }

    /// Writes the error to who waits for it, without allocating.
    fn tell(&self, error: &Error, what: &str) {
        let number = error.raw_os_error().unwrap_or(0).unsigned_abs();
        let mut digits = [0; 8];
        for (at, digit) in digits.iter_mut().enumerate() {
            *digit = b"0123456789ABCDEF"[(number >> (28 - 4 * at)) as usize & 0xf];
        }
        for part in [b"OSError:".as_slice(), &digits, what.as_bytes()] {
            // SAFETY: the text is as long as said. Whom it fails to reach sees the end of the
            // pipe, and the status.
            unsafe { libc::write(self.report, part.as_ptr().cast(), part.len()) };
        }
    }
}

/// Lets the program have a descriptor.
fn inherit(number: i32) -> Result<()> {
    // SAFETY: the system refuses a number that is no open file.
    said(unsafe { libc::fcntl(number, libc::F_SETFD, 0) }).map(drop)
}

/// Closes all descriptors from one to another.
fn close_range(from: i64, to: i64) -> Result<()> {
    if from > to {
        return Ok(());
    }
    // SAFETY: this process uses none of them any more.
    said(unsafe { libc::syscall(libc::SYS_close_range, from, to, 0) }).map(drop)
}
