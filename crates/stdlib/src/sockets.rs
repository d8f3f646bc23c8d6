//! The module `_socket`: what `socket` stands on. Here the system is asked; addresses pass as the
//! bytes that it knows, and what they say to programs is in the Python code beside.

mod messages;
mod names;

use crate::posix::{descriptor, io, said};
use selvedge_interp::object::bytes::{Bytes, bytes_of};
use selvedge_interp::object::module::Module;
use selvedge_interp::object::native::NativeDef;
use selvedge_interp::object::tuple::{Tuple, check_size};
use selvedge_interp::object::{downcast, int, singletons};
use selvedge_interp::{PyResult, Ref, Thread, Value, module_from_source, operations};
use std::borrow::Cow;

macro_rules! numbers {
    ($($name:ident)+) => {
        &[$((stringify!($name), libc::$name as i64),)+]
    };
}

static NUMBERS: &[(&str, i64)] = numbers! {
    AF_INET AF_INET6 AF_NETLINK AF_PACKET AF_UNIX AF_UNSPEC
    AI_ADDRCONFIG AI_ALL AI_CANONNAME AI_NUMERICHOST AI_NUMERICSERV AI_PASSIVE AI_V4MAPPED
    EAI_AGAIN EAI_BADFLAGS EAI_FAIL EAI_FAMILY EAI_MEMORY EAI_NODATA EAI_NONAME EAI_OVERFLOW
    EAI_SERVICE EAI_SOCKTYPE EAI_SYSTEM
    INADDR_ANY INADDR_BROADCAST INADDR_LOOPBACK INADDR_NONE
    IPPROTO_AH IPPROTO_DSTOPTS IPPROTO_EGP IPPROTO_ESP IPPROTO_FRAGMENT IPPROTO_GRE
    IPPROTO_HOPOPTS IPPROTO_ICMP IPPROTO_ICMPV6 IPPROTO_IDP IPPROTO_IGMP IPPROTO_IP IPPROTO_IPIP
    IPPROTO_IPV6 IPPROTO_NONE IPPROTO_PIM IPPROTO_PUP IPPROTO_RAW IPPROTO_ROUTING IPPROTO_RSVP
    IPPROTO_SCTP IPPROTO_TCP IPPROTO_TP IPPROTO_UDP IPPROTO_UDPLITE
    IPV6_MULTICAST_HOPS IPV6_MULTICAST_IF IPV6_MULTICAST_LOOP
    IPV6_UNICAST_HOPS IPV6_V6ONLY
    IP_ADD_MEMBERSHIP IP_DROP_MEMBERSHIP IP_HDRINCL IP_MULTICAST_IF IP_MULTICAST_LOOP
    IP_MULTICAST_TTL IP_OPTIONS IP_RECVTOS IP_TOS IP_TTL
    MSG_CMSG_CLOEXEC MSG_CONFIRM MSG_CTRUNC MSG_DONTROUTE MSG_DONTWAIT MSG_EOR MSG_ERRQUEUE
    MSG_FASTOPEN MSG_MORE MSG_NOSIGNAL MSG_OOB MSG_PEEK MSG_TRUNC MSG_WAITALL
    NI_DGRAM NI_MAXHOST NI_NAMEREQD NI_NOFQDN NI_NUMERICHOST NI_NUMERICSERV
    SCM_CREDENTIALS SCM_RIGHTS SHUT_RD SHUT_RDWR SHUT_WR
    SOCK_CLOEXEC SOCK_DGRAM SOCK_NONBLOCK SOCK_RAW SOCK_RDM SOCK_SEQPACKET SOCK_STREAM
    SOL_SOCKET SOL_TCP SOL_UDP SOMAXCONN
    SO_ACCEPTCONN SO_BINDTODEVICE SO_BROADCAST SO_DEBUG SO_DOMAIN SO_DONTROUTE SO_ERROR
    SO_INCOMING_CPU SO_KEEPALIVE SO_LINGER SO_MARK SO_OOBINLINE SO_PASSCRED SO_PEERCRED
    SO_PRIORITY SO_PROTOCOL SO_RCVBUF SO_RCVLOWAT SO_RCVTIMEO SO_REUSEADDR SO_REUSEPORT SO_SNDBUF
    SO_SNDLOWAT SO_SNDTIMEO SO_TYPE
    TCP_CONGESTION TCP_CORK TCP_DEFER_ACCEPT TCP_FASTOPEN TCP_INFO TCP_KEEPCNT TCP_KEEPIDLE
    TCP_KEEPINTVL TCP_LINGER2 TCP_MAXSEG TCP_NODELAY TCP_QUICKACK TCP_SYNCNT TCP_USER_TIMEOUT
    TCP_WINDOW_CLAMP
};

pub(crate) fn make(thread: &mut Thread) -> PyResult {
    let new = module_from_source(thread, "_socket", include_str!("sockets.py"))?;
    let module = downcast::<Module>(&new).expect("modules are modules");
    for functions in [FUNCTIONS, messages::FUNCTIONS, names::FUNCTIONS] {
        module.define(thread, "_socket", functions);
    }
    for (name, number) in NUMBERS {
        module.set(thread, name, int::from_i64(*number));
    }
    for (name, number) in [
        ("IPV6_JOIN_GROUP", libc::IPV6_ADD_MEMBERSHIP),
        ("IPV6_LEAVE_GROUP", libc::IPV6_DROP_MEMBERSHIP),
        ("SOL_IP", libc::IPPROTO_IP),
    ] {
        module.set(thread, name, Ref::small(i64::from(number)));
    }
    Ok(new)
}

static FUNCTIONS: &[NativeDef] = &[
    NativeDef::function("_accept", |thread, args| {
        let [fd] = args.exactly(thread, "_accept")?;
        let fd = descriptor(thread, fd)?;
        let mut address = Address::default();
        let new = io(thread, None, || {
            // SAFETY: the address is as long as said.
            said(unsafe {
                libc::accept4(
                    fd,
                    address.pointer(),
                    &raw mut address.len,
                    libc::SOCK_CLOEXEC,
                )
            })
        })?;
        Ok(Tuple::pair(Ref::small(i64::from(new)), address.bytes()))
    }),
    NativeDef::function("_bind", |thread, args| {
        let [fd, address] = args.exactly(thread, "_bind")?;
        let (fd, address) = (descriptor(thread, fd)?, data(thread, &address)?);
        io(thread, None, || {
            // SAFETY: the address is as long as said, and the system checks it.
            said(unsafe { libc::bind(fd, address.as_ptr().cast(), address.len() as _) })
        })?;
        Ok(singletons::none())
    }),
    NativeDef::function("_connect", |thread, args| {
        let [fd, address] = args.exactly(thread, "_connect")?;
        let (fd, address) = (descriptor(thread, fd)?, data(thread, &address)?);
        io(thread, None, || {
            // SAFETY: as above.
            said(unsafe { libc::connect(fd, address.as_ptr().cast(), address.len() as _) })
        })?;
        Ok(singletons::none())
    }),
    NativeDef::function("_get_option", |thread, args| {
        let [fd, level, option, size] = args.exactly(thread, "_get_option")?;
        let [fd, level, option] = three(thread, [fd, level, option])?;
        let mut value = room(thread, size)?;
        let mut len = value.len() as libc::socklen_t;
        io(thread, None, || {
            let place = value.as_mut_ptr().cast();
            // SAFETY: the value is as long as said.
            said(unsafe { libc::getsockopt(fd, level, option, place, &raw mut len) })
        })?;
        Ok(Bytes::new(&value[..len as usize]))
    }),
    NativeDef::function("_listen", |thread, args| {
        let [fd, backlog] = args.exactly(thread, "_listen")?;
        let (fd, backlog) = (descriptor(thread, fd)?, descriptor(thread, backlog)?);
        // SAFETY: the system refuses what is no socket.
        io(thread, None, || said(unsafe { libc::listen(fd, backlog) }))?;
        Ok(singletons::none())
    }),
    NativeDef::function("_name", |thread, args| {
        let [fd] = args.exactly(thread, "_name")?;
        let fd = descriptor(thread, fd)?;
        let mut address = Address::default();
        io(thread, None, || {
            // SAFETY: the address is as long as said.
            said(unsafe { libc::getsockname(fd, address.pointer(), &raw mut address.len) })
        })?;
        Ok(address.bytes())
    }),
    NativeDef::function("_open", |thread, args| {
        let numbers = args.exactly(thread, "_open")?;
        let [family, kind, protocol] = three(thread, numbers)?;
        let fd = io(thread, None, || {
            // SAFETY: the system checks the numbers.
            said(unsafe { libc::socket(family, kind | libc::SOCK_CLOEXEC, protocol) })
        })?;
        Ok(Ref::small(i64::from(fd)))
    }),
    NativeDef::function("_pair", |thread, args| {
        let numbers = args.exactly(thread, "_pair")?;
        let [family, kind, protocol] = three(thread, numbers)?;
        let mut both = [0; 2];
        io(thread, None, || {
            let kind = kind | libc::SOCK_CLOEXEC;
            // SAFETY: there is room for two numbers.
            said(unsafe { libc::socketpair(family, kind, protocol, both.as_mut_ptr()) })
        })?;
        let [one, other] = both.map(|fd| Ref::small(i64::from(fd)));
        Ok(Tuple::pair(one, other))
    }),
    NativeDef::function("_peer", |thread, args| {
        let [fd] = args.exactly(thread, "_peer")?;
        let fd = descriptor(thread, fd)?;
        let mut address = Address::default();
        io(thread, None, || {
            // SAFETY: the address is as long as said.
            said(unsafe { libc::getpeername(fd, address.pointer(), &raw mut address.len) })
        })?;
        Ok(address.bytes())
    }),
    NativeDef::function("_receive", |thread, args| {
        let [fd, size, flags] = args.exactly(thread, "_receive")?;
        let (fd, flags) = (descriptor(thread, fd)?, descriptor(thread, flags)?);
        let mut buffer = room(thread, size)?;
        let mut address = Address::default();
        let got = io(thread, None, || {
            let (place, len) = (buffer.as_mut_ptr().cast(), buffer.len());
            let (from, from_len) = (address.pointer(), &raw mut address.len);
            // SAFETY: buffer and address are as long as said.
            said(unsafe { libc::recvfrom(fd, place, len, flags, from, from_len) })
        })?;
        // With `MSG_TRUNC` it is told how long the whole is.
        let got = buffer.len().min(got as usize);
        Ok(Tuple::pair(Bytes::new(&buffer[..got]), address.bytes()))
    }),
    NativeDef::function("_send", |thread, args| {
        let [fd, given, start, flags, address] = args.exactly(thread, "_send")?;
        let (fd, flags) = (descriptor(thread, fd)?, descriptor(thread, flags)?);
        let start = operations::index(thread, start)? as usize;
        let whole = data(thread, &given)?;
        let part = whole.get(start..).unwrap_or_default();
        let address = if singletons::is_none(address) {
            Cow::Borrowed(&[][..])
        } else {
            data(thread, &address)?
        };
        let to = if address.is_empty() {
            core::ptr::null()
        } else {
            address.as_ptr().cast()
        };
        let (to_len, flags) = (address.len() as _, flags | libc::MSG_NOSIGNAL);
        let sent = io(thread, None, || {
            // SAFETY: data and address are as long as said.
            said(unsafe { libc::sendto(fd, part.as_ptr().cast(), part.len(), flags, to, to_len) })
        })?;
        Ok(int::from_i64(sent as i64))
    }),
    NativeDef::function("_set_option", |thread, args| {
        let [fd, level, option, value] = args.exactly(thread, "_set_option")?;
        let [fd, level, option] = three(thread, [fd, level, option])?;
        let value = data(thread, &value)?;
        io(thread, None, || {
            let (place, len) = (value.as_ptr().cast(), value.len() as _);
            // SAFETY: the value is as long as said.
            said(unsafe { libc::setsockopt(fd, level, option, place, len) })
        })?;
        Ok(singletons::none())
    }),
    NativeDef::function("_shutdown", |thread, args| {
        let [fd, how] = args.exactly(thread, "_shutdown")?;
        let (fd, how) = (descriptor(thread, fd)?, descriptor(thread, how)?);
        // SAFETY: the system refuses what is no socket.
        io(thread, None, || said(unsafe { libc::shutdown(fd, how) }))?;
        Ok(singletons::none())
    }),
];

fn three(thread: &mut Thread, values: [Value; 3]) -> PyResult<[i32; 3]> {
    let [a, b, c] = values;
    Ok([
        descriptor(thread, a)?,
        descriptor(thread, b)?,
        descriptor(thread, c)?,
    ])
}

/// So many bytes as the program asks for.
fn room(thread: &mut Thread, size: Value) -> PyResult<Vec<u8>> {
    let size = operations::index(thread, size)? as usize;
    check_size(thread, size, 1, 1)?;
    Ok(vec![0; size])
}

/// The bytes that a value has.
fn data<'a>(thread: &mut Thread, value: &'a Value) -> PyResult<Cow<'a, [u8]>> {
    bytes_of(value).ok_or_else(|| {
        let got = value.ty().name();
        thread.type_error(format!("a bytes-like object is required, not '{got}'"))
    })
}

/// Room for an address of any kind, and how much of it is one.
struct Address {
    room: libc::sockaddr_storage,
    len: libc::socklen_t,
}

impl Default for Address {
    fn default() -> Self {
        Self {
            // SAFETY: all zero is a value of the type.
            room: unsafe { core::mem::zeroed() },
            len: size_of::<libc::sockaddr_storage>() as libc::socklen_t,
        }
    }
}

impl Address {
    fn pointer(&mut self) -> *mut libc::sockaddr {
        (&raw mut self.room).cast()
    }

    fn bytes(&self) -> Ref {
        let len = size_of::<libc::sockaddr_storage>().min(self.len as usize);
        // SAFETY: the room was all zero at first, so every byte of it has a value.
        Bytes::new(unsafe { core::slice::from_raw_parts((&raw const self.room).cast(), len) })
    }
}
