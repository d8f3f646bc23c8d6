//! Numbers that the system's calls know.

macro_rules! numbers {
    ($($name:ident)+) => {
        &[$((stringify!($name), libc::$name),)+]
    };
}

pub(super) static NUMBERS: &[(&str, i32)] = numbers! {
    F_OK R_OK W_OK X_OK
    O_RDONLY O_WRONLY O_RDWR O_CREAT O_EXCL O_TRUNC O_APPEND O_NONBLOCK O_NDELAY O_SYNC O_DSYNC
    O_RSYNC O_NOCTTY O_CLOEXEC O_DIRECTORY O_NOFOLLOW O_ASYNC O_ACCMODE
    EX_OK EX_USAGE EX_DATAERR EX_NOINPUT EX_NOUSER EX_NOHOST EX_UNAVAILABLE EX_SOFTWARE EX_OSERR
    EX_OSFILE EX_CANTCREAT EX_IOERR EX_TEMPFAIL EX_PROTOCOL EX_NOPERM EX_CONFIG
    WNOHANG WUNTRACED WCONTINUED WEXITED WSTOPPED WNOWAIT
};

/// The C library's numbers, and those of its header of exit codes.
mod libc {
    pub(super) use ::libc::*;
    pub(super) const EX_OK: i32 = 0;
    pub(super) const EX_USAGE: i32 = 64;
    pub(super) const EX_DATAERR: i32 = 65;
    pub(super) const EX_NOINPUT: i32 = 66;
    pub(super) const EX_NOUSER: i32 = 67;
    pub(super) const EX_NOHOST: i32 = 68;
    pub(super) const EX_UNAVAILABLE: i32 = 69;
    pub(super) const EX_SOFTWARE: i32 = 70;
    pub(super) const EX_OSERR: i32 = 71;
    pub(super) const EX_OSFILE: i32 = 72;
    pub(super) const EX_CANTCREAT: i32 = 73;
    pub(super) const EX_IOERR: i32 = 74;
    pub(super) const EX_TEMPFAIL: i32 = 75;
    pub(super) const EX_PROTOCOL: i32 = 76;
    pub(super) const EX_NOPERM: i32 = 77;
    pub(super) const EX_CONFIG: i32 = 78;
}

macro_rules! system_names {
    ($($name:ident = $number:ident)+) => {
        &[$((stringify!($name), libc::$number),)+]
    };
}

/// What `sysconf` tells.
pub(super) static SYSTEM_NAMES: &[(&str, i32)] = system_names! {
    SC_ARG_MAX = _SC_ARG_MAX
    SC_AVPHYS_PAGES = _SC_AVPHYS_PAGES
    SC_CHILD_MAX = _SC_CHILD_MAX
    SC_CLK_TCK = _SC_CLK_TCK
    SC_HOST_NAME_MAX = _SC_HOST_NAME_MAX
    SC_IOV_MAX = _SC_IOV_MAX
    SC_LINE_MAX = _SC_LINE_MAX
    SC_NGROUPS_MAX = _SC_NGROUPS_MAX
    SC_NPROCESSORS_CONF = _SC_NPROCESSORS_CONF
    SC_NPROCESSORS_ONLN = _SC_NPROCESSORS_ONLN
    SC_OPEN_MAX = _SC_OPEN_MAX
    SC_PAGESIZE = _SC_PAGESIZE
    SC_PAGE_SIZE = _SC_PAGESIZE
    SC_PHYS_PAGES = _SC_PHYS_PAGES
    SC_SEM_NSEMS_MAX = _SC_SEM_NSEMS_MAX
    SC_SEM_VALUE_MAX = _SC_SEM_VALUE_MAX
    SC_SYMLOOP_MAX = _SC_SYMLOOP_MAX
    SC_THREAD_STACK_MIN = _SC_THREAD_STACK_MIN
    SC_VERSION = _SC_VERSION
};
