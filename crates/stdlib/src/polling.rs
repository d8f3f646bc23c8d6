//! The module `select`: waiting until a descriptor can be read or written.

use crate::posix::{descriptor, io, said};
use selvedge_interp::object::list::List;
use selvedge_interp::object::module::Module;
use selvedge_interp::object::native::{Args, NativeDef};
use selvedge_interp::object::tuple::Tuple;
use selvedge_interp::object::{downcast, exception, singletons};
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

macro_rules! numbers {
    ($($name:ident)+) => {
        &[$((stringify!($name), libc::$name as i64),)+]
    };
}

static EPOLL_NUMBERS: &[(&str, i64)] = numbers! {
    EPOLLERR EPOLLET EPOLLEXCLUSIVE EPOLLHUP EPOLLIN EPOLLMSG EPOLLONESHOT EPOLLOUT EPOLLPRI
    EPOLLRDBAND EPOLLRDHUP EPOLLRDNORM EPOLLWAKEUP EPOLLWRBAND EPOLLWRNORM EPOLL_CLOEXEC
    EPOLL_CTL_ADD EPOLL_CTL_DEL EPOLL_CTL_MOD
};

pub(crate) fn make(thread: &mut Thread) -> PyResult {
    let new = module_from_source(thread, "select", include_str!("polling.py"))?;
    let module = downcast::<Module>(&new).expect("modules are modules");
    module.define(thread, "select", FUNCTIONS);
    for (name, number) in EVENTS {
        module.set(thread, name, Ref::small(i64::from(*number)));
    }
    for (name, number) in EPOLL_NUMBERS {
        // Their highest bit is no sign.
        module.set(thread, name, Ref::small(*number & 0xffff_ffff));
    }
    module.set(thread, "error", exception::OS_ERROR.value().to_ref());
    Ok(new)
}

static FUNCTIONS: &[NativeDef] = &[
    NativeDef::function("_epoll_control", |thread, args| {
        let [this, what, fd, events] = args.exactly(thread, "_epoll_control")?;
        let (this, what) = (descriptor(thread, this)?, descriptor(thread, what)?);
        let fd = descriptor(thread, fd)?;
        let mut event = libc::epoll_event {
            events: operations::index(thread, events)? as u32,
            u64: u64::from(fd.unsigned_abs()),
        };
        io(thread, None, || {
            // SAFETY: the call reads an event where one is.
            said(unsafe { libc::epoll_ctl(this, what, fd, &raw mut event) })
        })?;
        Ok(singletons::none())
    }),
    NativeDef::function("_epoll_create", |thread, args| {
        let [] = args.exactly(thread, "_epoll_create")?;
        let fd = io(thread, None, || {
            // SAFETY: takes a number.
            said(unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) })
        })?;
        Ok(Ref::small(i64::from(fd)))
    }),
    NativeDef::function("_epoll_wait", |thread, args| {
        let [fd, most, milliseconds] = args.exactly(thread, "_epoll_wait")?;
        let (fd, most) = (descriptor(thread, fd)?, descriptor(thread, most)?);
        let milliseconds = descriptor(thread, milliseconds)?;
        let blank = libc::epoll_event { events: 0, u64: 0 };
        let mut events = vec![blank; usize::try_from(most).unwrap_or(0)];
        let count = io(thread, None, || {
            // SAFETY: there are as many events as said.
            said(unsafe { libc::epoll_wait(fd, events.as_mut_ptr(), most, milliseconds) })
        })?;
        let ready = events[..count as usize].iter().map(|event| {
            let (fd, events) = (event.u64, event.events);
            Tuple::pair(Ref::small(fd as i64), Ref::small(i64::from(events)))
        });
        Ok(List::from_refs(ready.collect()))
    }),
    NativeDef::function("_poll", poll),
];

/// `_poll(pairs of descriptors and events, milliseconds)`: the pairs that are ready.
fn poll(thread: &mut Thread, args: &Args<'_>) -> PyResult {
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
}
