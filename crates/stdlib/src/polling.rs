//! The module `select`: waiting until a descriptor can be read or written.

use crate::posix::{descriptor, io, said};
use selvedge_interp::object::list::List;
use selvedge_interp::object::module::Module;
use selvedge_interp::object::native::NativeDef;
use selvedge_interp::object::tuple::Tuple;
use selvedge_interp::object::{downcast, exception};
use selvedge_interp::{PyResult, Ref, Thread, module_from_source, operations};

macro_rules! events {
    ($($name:ident)+) => {
        &[$((stringify!($name), libc::$name),)+]
    };
}

static EVENTS: &[(&str, i16)] = events! {
    POLLIN POLLPRI POLLOUT POLLERR POLLHUP POLLNVAL POLLRDNORM POLLRDBAND POLLWRNORM POLLWRBAND
    POLLRDHUP
};

pub(crate) fn make(thread: &mut Thread) -> PyResult {
    let new = module_from_source(thread, "select", include_str!("polling.py"))?;
    let module = downcast::<Module>(&new).expect("modules are modules");
    module.define(thread, "select", FUNCTIONS);
    for (name, number) in EVENTS {
        module.set(thread, name, Ref::small(i64::from(*number)));
    }
    module.set(thread, "error", exception::OS_ERROR.value().to_ref());
    Ok(new)
}

static FUNCTIONS: &[NativeDef] = &[NativeDef::function("_poll", |thread, args| {
    let [waited, milliseconds] = args.exactly(thread, "_poll")?;
    let milliseconds = descriptor(thread, milliseconds)?;
    let mut entries = Vec::new();
    for pair in operations::collect(thread, waited)? {
        let pair = operations::collect(thread, *pair)?;
        let [fd, events] = &pair[..] else {
            return Err(thread.type_error("_poll() takes pairs"));
        };
        entries.push(libc::pollfd {
            fd: descriptor(thread, **fd)?,
            events: operations::index(thread, **events)? as i16,
            revents: 0,
        });
    }
    io(thread, None, || {
        // SAFETY: there are as many entries as said.
        said(unsafe { libc::poll(entries.as_mut_ptr(), entries.len() as _, milliseconds) })
    })?;
    let ready = entries.iter().filter(|entry| entry.revents != 0);
    let ready = ready.map(|entry| {
        Tuple::pair(
            Ref::small(i64::from(entry.fd)),
            Ref::small(i64::from(entry.revents)),
        )
    });
    Ok(List::from_refs(ready.collect()))
})];
