//! Files and folders by their names.

use super::{Given, class_named, descriptor, fspath, io, none, path, said};
use crate::structs;
use selvedge_interp::object::float::{self, Float};
use selvedge_interp::object::list::List;
use selvedge_interp::object::module::Module;
use selvedge_interp::object::native::{Args, NativeDef};
use selvedge_interp::object::str::Str;
use selvedge_interp::object::{
    Base, Object, Payload, Slots, Type, allocate, class, downcast, int, singletons,
};
use selvedge_interp::references;
use selvedge_interp::{PyResult, Ref, Thread, Value, operations, prepare_type};
use selvedge_sync::seam::{Mutex, OnceLock};
use std::ffi::CString;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

pub(super) static FUNCTIONS: &[NativeDef] = &[
    NativeDef::function("access", |thread, args| {
        let names = ["path", "mode", "dir_fd", "effective_ids", "follow_symlinks"];
        let [given, mode, ..] = args.bind(thread, "access", names, 2)?;
        let given = path(thread, given.expect("required"), "access")?;
        let mode = descriptor(thread, mode.expect("required"))?;
        let name = c_path(&given);
        // SAFETY: a path that ends in a zero.
        let allowed = thread.detach(|| unsafe { libc::access(name.as_ptr(), mode) });
        Ok(singletons::bool(allowed == 0))
    }),
    NativeDef::function("chdir", |thread, args| {
        let given = one_path(thread, args, "chdir")?;
        io(thread, Some(&given), || {
            std::env::set_current_dir(&given.path)
        })
        .map(none)
    }),
    NativeDef::function("chmod", |thread, args| {
        let names = ["path", "mode", "dir_fd", "follow_symlinks"];
        let [given, mode, ..] = args.bind(thread, "chmod", names, 2)?;
        let given = path(thread, given.expect("required"), "chmod")?;
        let mode = operations::index(thread, mode.expect("required"))? as u32;
        let mode = fs::Permissions::from_mode(mode);
        io(thread, Some(&given), || {
            fs::set_permissions(&given.path, mode)
        })
        .map(none)
    }),
    NativeDef::function("fspath", |thread, args| {
        let [value] = args.exactly(thread, "fspath")?;
        fspath(thread, value, "fspath")
    }),
    NativeDef::function("getcwd", |thread, args| {
        let [] = args.exactly(thread, "getcwd")?;
        let folder = io(thread, None, std::env::current_dir)?;
        Ok(super::file_text(folder.as_os_str()))
    }),
    NativeDef::function("getcwdb", |thread, args| {
        let [] = args.exactly(thread, "getcwdb")?;
        let folder = io(thread, None, std::env::current_dir)?;
        Ok(selvedge_interp::object::bytes::Bytes::new(
            folder.as_os_str().as_bytes(),
        ))
    }),
    NativeDef::function("link", |thread, args| {
        let [from, to] = two_paths(thread, args, "link", ["src", "dst"])?;
        io(thread, Some(&from), || fs::hard_link(&from.path, &to.path)).map(none)
    }),
    NativeDef::function("listdir", |thread, args| {
        let given = folder(thread, args, "listdir")?;
        let names = io(thread, Some(&given), || {
            let entries = fs::read_dir(&given.path)?;
            entries
                .map(|entry| entry.map(|entry| entry.file_name()))
                .collect::<std::io::Result<Vec<_>>>()
        })?;
        let names = names.iter().map(|name| given.text(name)).collect();
        Ok(List::from_refs(names))
    }),
    NativeDef::function("lstat", |thread, args| {
        let names = ["path", "dir_fd"];
        let [given, ..] = args.bind(thread, "lstat", names, 1)?;
        let given = path(thread, given.expect("required"), "lstat")?;
        let found = io(thread, Some(&given), || fs::symlink_metadata(&given.path))?;
        stat_result(thread, &found)
    }),
    NativeDef::function("mkdir", |thread, args| {
        let [given, mode, _] = args.bind(thread, "mkdir", ["path", "mode", "dir_fd"], 1)?;
        let given = path(thread, given.expect("required"), "mkdir")?;
        let mode = match mode {
            Some(mode) => operations::index(thread, mode)? as u32,
            None => 0o777,
        };
        io(thread, Some(&given), || {
            use std::os::unix::fs::DirBuilderExt;
            fs::DirBuilder::new().mode(mode).create(&given.path)
        })
        .map(none)
    }),
    NativeDef::function("readlink", |thread, args| {
        let [given, _] = args.bind(thread, "readlink", ["path", "dir_fd"], 1)?;
        let given = path(thread, given.expect("required"), "readlink")?;
        let target = io(thread, Some(&given), || fs::read_link(&given.path))?;
        Ok(given.text(target.as_os_str()))
    }),
    NativeDef::function("remove", remove),
    NativeDef::function("rename", rename),
    NativeDef::function("replace", rename),
    NativeDef::function("rmdir", |thread, args| {
        let [given, _] = args.bind(thread, "rmdir", ["path", "dir_fd"], 1)?;
        let given = path(thread, given.expect("required"), "rmdir")?;
        io(thread, Some(&given), || fs::remove_dir(&given.path)).map(none)
    }),
    NativeDef::function("scandir", scandir),
    NativeDef::function("stat", |thread, args| {
        let names = ["path", "dir_fd", "follow_symlinks"];
        let [given, _, follow] = args.bind(thread, "stat", names, 1)?;
        let given = given.expect("required");
        if given.as_int().is_some() {
            let number = descriptor(thread, given)?;
            return super::descriptors::stat(thread, number);
        }
        let given = path(thread, given, "stat")?;
        let follow = match follow {
            Some(follow) => operations::truth(thread, follow)?,
            None => true,
        };
        let found = io(thread, Some(&given), || metadata(&given.path, follow))?;
        stat_result(thread, &found)
    }),
    NativeDef::function("symlink", |thread, args| {
        let names = ["src", "dst", "target_is_directory", "dir_fd"];
        let [from, to, ..] = args.bind(thread, "symlink", names, 2)?;
        let from = path(thread, from.expect("required"), "symlink")?;
        let to = path(thread, to.expect("required"), "symlink")?;
        io(thread, Some(&from), || {
            std::os::unix::fs::symlink(&from.path, &to.path)
        })
        .map(none)
    }),
    NativeDef::function("truncate", |thread, args| {
        let [given, size] = args.bind(thread, "truncate", ["path", "length"], 2)?;
        let given = path(thread, given.expect("required"), "truncate")?;
        let size = operations::index(thread, size.expect("required"))? as u64;
        io(thread, Some(&given), || {
            let file = fs::OpenOptions::new().write(true).open(&given.path)?;
            file.set_len(size)
        })
        .map(none)
    }),
    NativeDef::function("unlink", remove),
    NativeDef::function("utime", utime),
];

fn c_path(given: &Given) -> CString {
    CString::new(given.path.as_os_str().as_bytes()).expect("paths with a zero were refused")
}

fn metadata(path: &Path, follow: bool) -> std::io::Result<fs::Metadata> {
    if follow {
        fs::metadata(path)
    } else {
        fs::symlink_metadata(path)
    }
}

fn one_path(thread: &mut Thread, args: &Args<'_>, function: &str) -> PyResult<Given> {
    let [given] = args.bind(thread, function, ["path"], 1)?;
    path(thread, given.expect("required"), function)
}

/// The path of a folder, the current one without an argument.
fn folder(thread: &mut Thread, args: &Args<'_>, function: &str) -> PyResult<Given> {
    let [given] = args.bind(thread, function, ["path"], 0)?;
    match given.filter(|given| !singletons::is_none(*given)) {
        Some(given) => path(thread, given, function),
        None => {
            let here = Str::new(".");
            path(thread, *here, function)
        }
    }
}

fn two_paths(
    thread: &mut Thread,
    args: &Args<'_>,
    function: &str,
    [first, second]: [&str; 2],
) -> PyResult<[Given; 2]> {
    let names = [first, second, "src_dir_fd", "dst_dir_fd", "follow_symlinks"];
    let [from, to, ..] = args.bind(thread, function, names, 2)?;
    let from = path(thread, from.expect("required"), function)?;
    let to = path(thread, to.expect("required"), function)?;
    Ok([from, to])
}

fn remove(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [given, _] = args.bind(thread, "remove", ["path", "dir_fd"], 1)?;
    let given = path(thread, given.expect("required"), "remove")?;
    io(thread, Some(&given), || fs::remove_file(&given.path)).map(none)
}

fn rename(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [from, to] = two_paths(thread, args, "rename", ["src", "dst"])?;
    io(thread, Some(&from), || fs::rename(&from.path, &to.path)).map(none)
}

/// `utime(path, times=None, *, ns=…)`
fn utime(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let names = ["path", "times", "ns", "dir_fd", "follow_symlinks"];
    let [given, times, exact, ..] = args.bind(thread, "utime", names, 1)?;
    let given = path(thread, given.expect("required"), "utime")?;
    let now = libc::timespec {
        tv_sec: 0,
        tv_nsec: libc::UTIME_NOW,
    };
    let mut both = [now, now];
    if let Some(times) = times.filter(|times| !singletons::is_none(*times)) {
        for (place, time) in both.iter_mut().zip(operations::collect(thread, times)?) {
            let seconds = float::require(thread, *time)?;
            place.tv_sec = seconds.floor() as i64;
            place.tv_nsec = ((seconds - seconds.floor()) * 1e9) as i64;
        }
    } else if let Some(exact) = exact {
        for (place, time) in both.iter_mut().zip(operations::collect(thread, exact)?) {
            let nanoseconds = operations::index(thread, *time)?;
            place.tv_sec = nanoseconds.div_euclid(1_000_000_000);
            place.tv_nsec = nanoseconds.rem_euclid(1_000_000_000);
        }
    }
    let name = c_path(&given);
    io(thread, Some(&given), || {
        // SAFETY: a path that ends in a zero, and two times.
        said(unsafe { libc::utimensat(libc::AT_FDCWD, name.as_ptr(), both.as_ptr(), 0) })
    })?;
    Ok(singletons::none())
}

/// The items of a `stat_result`, and behind them its attributes that are no items.
const STAT_FIELDS: [&str; 10] = [
    "st_mode", "st_ino", "st_dev", "st_nlink", "st_uid", "st_gid", "st_size", "_atime", "_mtime",
    "_ctime",
];
const STAT_HIDDEN: [&str; 9] = [
    "st_atime",
    "st_mtime",
    "st_ctime",
    "st_atime_ns",
    "st_mtime_ns",
    "st_ctime_ns",
    "st_blksize",
    "st_blocks",
    "st_rdev",
];

/// Puts the module's classes into it.
pub(super) fn add_types(thread: &mut Thread, module: &Module) -> PyResult<()> {
    static PREPARED: OnceLock<()> = OnceLock::new();
    PREPARED.get_or_init(|| {
        prepare_type(&ENTRY_TYPE);
        prepare_type(&ENTRIES_TYPE);
    });
    let class = structs::class(thread, "os", "stat_result", &STAT_FIELDS, &STAT_HIDDEN)?;
    module.set(thread, "stat_result", class);
    module.set(thread, "DirEntry", ENTRY_TYPE.value().to_ref());
    Ok(())
}

/// What is known of a file, as `os.stat` gives it.
pub(super) fn stat_result(thread: &mut Thread, found: &fs::Metadata) -> PyResult {
    let class = class_named(thread, "stat_result")?;
    let number = |number: u64| int::from_usize(number as usize);
    let mut items = vec![
        number(u64::from(found.mode())),
        number(found.ino()),
        number(found.dev()),
        number(found.nlink()),
        number(u64::from(found.uid())),
        number(u64::from(found.gid())),
        number(found.size()),
    ];
    let times = [
        (found.atime(), found.atime_nsec()),
        (found.mtime(), found.mtime_nsec()),
        (found.ctime(), found.ctime_nsec()),
    ];
    items.extend(times.map(|(seconds, _)| int::from_i64(seconds)));
    items.extend(times.map(|(seconds, rest)| Float::from_f64(seconds as f64 + rest as f64 * 1e-9)));
    items.extend(times.map(|(seconds, rest)| int::from_i64(seconds * 1_000_000_000 + rest)));
    items.extend([found.blksize(), found.blocks(), found.rdev()].map(number));
    structs::instance(thread, &class, items)
}

/// What `scandir` gives for a file.
#[repr(C)]
pub(crate) struct Entry {
    object: Object,
    name: Ref,
    path: Ref,
    found: fs::DirEntry,
}

/// The type `DirEntry`.
static ENTRY_TYPE: Type = Type::builtin(
    "DirEntry",
    Base::One(&class::OBJECT_TYPE),
    Slots {
        repr: Some(|thread, value| {
            let name = operations::repr_text(thread, *entry(&value).name)?;
            Ok(Str::new(&format!("<DirEntry {name}>")))
        }),
        ..Slots::of::<Entry>()
    },
    &[
        NativeDef::method("__fspath__", |_, args| {
            Ok(entry(&args.positional()[0]).path.clone())
        }),
        NativeDef::class_method("__class_getitem__", class::generic_alias),
        NativeDef::method("inode", |_, args| {
            use std::os::unix::fs::DirEntryExt;
            let number = entry(&args.positional()[0]).found.ino();
            Ok(int::from_usize(number as usize))
        }),
        NativeDef::method("is_dir", |thread, args| {
            is_kind(thread, args, "is_dir", fs::FileType::is_dir)
        }),
        NativeDef::method("is_file", |thread, args| {
            is_kind(thread, args, "is_file", fs::FileType::is_file)
        }),
        NativeDef::method("is_junction", |_, _| Ok(singletons::false_())),
        NativeDef::method("is_symlink", |_, args| {
            let kind = entry(&args.positional()[0]).found.file_type();
            Ok(singletons::bool(kind.is_ok_and(|kind| kind.is_symlink())))
        }),
        NativeDef::getter("name", |_, args| {
            Ok(entry(&args.positional()[0]).name.clone())
        }),
        NativeDef::getter("path", |_, args| {
            Ok(entry(&args.positional()[0]).path.clone())
        }),
        NativeDef::method("stat", |thread, args| {
            let (this, rest) = args.split_receiver();
            let follow = follows(thread, &rest, "stat")?;
            let this = entry(&this);
            let given = path(thread, *this.path, "stat")?;
            let found = io(thread, Some(&given), || {
                metadata(&this.found.path(), follow)
            })?;
            stat_result(thread, &found)
        }),
    ],
)
.in_module("posix");

// SAFETY: `Entry` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for Entry {
    const TYPE: &'static Type = &ENTRY_TYPE;

    references!();
}

fn entry(value: &Value) -> &Entry {
    downcast::<Entry>(value).expect("methods are called with instances")
}

fn follows(thread: &mut Thread, args: &Args<'_>, method: &str) -> PyResult<bool> {
    match args.bind(thread, method, ["follow_symlinks"], 0)? {
        [Some(follow)] => operations::truth(thread, follow),
        [None] => Ok(true),
    }
}

fn is_kind(
    thread: &mut Thread,
    args: &Args<'_>,
    method: &str,
    is: fn(&fs::FileType) -> bool,
) -> PyResult {
    let (this, rest) = args.split_receiver();
    let follow = follows(thread, &rest, method)?;
    let this = entry(&this);
    let kind = match this.found.file_type() {
        Ok(kind) if kind.is_symlink() && follow => {
            // A link that leads nowhere is nothing of the kind.
            let path = this.found.path();
            thread.detach(|| fs::metadata(path).map(|found| found.file_type()))
        }
        kind => kind,
    };
    Ok(singletons::bool(kind.is_ok_and(|kind| is(&kind))))
}

/// What `scandir` returns.
#[repr(C)]
pub(crate) struct Entries {
    object: Object,
    folder: Ref,
    left: Mutex<Option<fs::ReadDir>>,
}

/// The type `ScandirIterator`.
static ENTRIES_TYPE: Type = Type::builtin(
    "ScandirIterator",
    Base::One(&class::OBJECT_TYPE),
    Slots {
        iter: Some(|_, value| Ok(value.to_ref())),
        next: Some(next_entry),
        ..Slots::of::<Entries>()
    },
    &[
        NativeDef::method("__enter__", |_, args| Ok(args.positional()[0].to_ref())),
        NativeDef::method("__exit__", close_entries),
        NativeDef::method("close", close_entries),
    ],
)
.in_module("posix");

// SAFETY: `Entries` is `repr(C)` and begins with an `Object`.
unsafe impl Payload for Entries {
    const TYPE: &'static Type = &ENTRIES_TYPE;

    references!();
}

fn scandir(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let given = folder(thread, args, "scandir")?;
    let left = io(thread, Some(&given), || fs::read_dir(&given.path))?;
    Ok(allocate(Entries {
        object: Object::new(&ENTRIES_TYPE),
        folder: given.value,
        left: Mutex::new(Some(left)),
    }))
}

fn close_entries(_: &mut Thread, args: &Args<'_>) -> PyResult {
    if let Some(this) = args.positional().first().and_then(downcast::<Entries>) {
        drop(this.left.lock().take());
    }
    Ok(singletons::none())
}

fn next_entry(thread: &mut Thread, value: Value) -> PyResult<Option<Ref>> {
    let this = downcast::<Entries>(&value).expect("called through its type");
    let found = io(thread, None, || {
        let mut left = this.left.lock();
        let next = left.as_mut().and_then(Iterator::next).transpose()?;
        if next.is_none() {
            *left = None;
        }
        Ok(next)
    })?;
    let Some(found) = found else {
        return Ok(None);
    };
    let folder = path(thread, *this.folder, "scandir")?;
    let name = folder.text(&found.file_name());
    let path = folder.text(folder.path.join(found.file_name()).as_os_str());
    Ok(Some(allocate(Entry {
        object: Object::new(&ENTRY_TYPE),
        name,
        path,
        found,
    })))
}
