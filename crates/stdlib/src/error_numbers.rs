//! The module `errno`.

use selvedge_interp::object::dict::Dict;
use selvedge_interp::object::module::Module;
use selvedge_interp::object::str::Str;
use selvedge_interp::object::{downcast, int};
use selvedge_interp::{PyResult, Thread};

macro_rules! numbers {
    ($($name:ident)+) => {
        &[$((stringify!($name), libc::$name),)+]
    };
}

/// Where two names have a number, the one that a number is shown by comes last.
static NUMBERS: &[(&str, i32)] = numbers! {
    E2BIG EACCES EADDRINUSE EADDRNOTAVAIL EADV EAFNOSUPPORT EALREADY EBADE EBADF EBADFD EBADMSG
    EBADR EBADRQC EBADSLT EBFONT EBUSY ECANCELED ECHILD ECHRNG ECOMM ECONNABORTED ECONNREFUSED
    ECONNRESET EDEADLOCK EDEADLK EDESTADDRREQ EDOM EDOTDOT EDQUOT EEXIST EFAULT EFBIG EHOSTDOWN
    EHOSTUNREACH EHWPOISON EIDRM EILSEQ EINPROGRESS EINTR EINVAL EIO EISCONN EISDIR EISNAM
    EKEYEXPIRED EKEYREJECTED EKEYREVOKED EL2HLT EL2NSYNC EL3HLT EL3RST ELIBACC ELIBBAD ELIBEXEC
    ELIBMAX ELIBSCN ELNRNG ELOOP EMEDIUMTYPE EMFILE EMLINK EMSGSIZE EMULTIHOP ENAMETOOLONG ENAVAIL
    ENETDOWN ENETRESET ENETUNREACH ENFILE ENOANO ENOBUFS ENOCSI ENODATA ENODEV ENOENT ENOEXEC
    ENOKEY ENOLCK ENOLINK ENOMEDIUM ENOMEM ENOMSG ENONET ENOPKG ENOPROTOOPT ENOSPC ENOSR ENOSTR
    ENOSYS ENOTBLK ENOTCONN ENOTDIR ENOTEMPTY ENOTNAM ENOTRECOVERABLE ENOTSOCK EOPNOTSUPP ENOTSUP
    ENOTTY ENOTUNIQ ENXIO EOVERFLOW EOWNERDEAD EPERM EPFNOSUPPORT EPIPE EPROTO EPROTONOSUPPORT
    EPROTOTYPE ERANGE EREMCHG EREMOTE EREMOTEIO ERESTART ERFKILL EROFS ESHUTDOWN ESOCKTNOSUPPORT
    ESPIPE ESRCH ESRMNT ESTALE ESTRPIPE ETIME ETIMEDOUT ETOOMANYREFS ETXTBSY EUCLEAN EUNATCH
    EUSERS EWOULDBLOCK EAGAIN EXDEV EXFULL
};

pub(crate) fn make(thread: &mut Thread) -> PyResult {
    let new = Module::new(thread, "errno", &[]);
    let module = downcast::<Module>(&new).expect("just made");
    let codes = Dict::new();
    let names = downcast::<Dict>(&codes).expect("just made");
    for (name, number) in NUMBERS {
        let number = int::from_i64(i64::from(*number));
        module.set(thread, name, number.clone());
        names.set(thread, number, Str::new(name))?;
    }
    module.set(thread, "errorcode", codes);
    Ok(new)
}
