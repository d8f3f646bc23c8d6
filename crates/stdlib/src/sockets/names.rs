//! Names of hosts and services, and addresses as text.

use super::data;
use crate::posix::descriptor;
use selvedge_interp::object::bytes::Bytes;
use selvedge_interp::object::list::List;
use selvedge_interp::object::native::{Args, NativeDef};
use selvedge_interp::object::singletons;
use selvedge_interp::object::str::Str;
use selvedge_interp::object::tuple::Tuple;
use selvedge_interp::{PyResult, Ref, Thread, Value, operations};
use std::ffi::{CStr, CString};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

pub(super) static FUNCTIONS: &[NativeDef] = &[
    NativeDef::function("_lookup", lookup),
    NativeDef::function("_lookup_message", |thread, args| {
        let [code] = args.exactly(thread, "_lookup_message")?;
        let code = descriptor(thread, code)?;
        // SAFETY: the library keeps the texts for good.
        let text = unsafe { CStr::from_ptr(libc::gai_strerror(code)) };
        Ok(Str::new(&text.to_string_lossy()))
    }),
    NativeDef::function("_name_info", |thread, args| {
        let [address, flags] = args.exactly(thread, "_name_info")?;
        let (address, flags) = (data(thread, &address)?, descriptor(thread, flags)?);
        let (mut host, mut service) = ([0; libc::NI_MAXHOST as usize], [0; 32]);
        let code = thread.detach(|| {
            // SAFETY: all three are as long as said.
            unsafe {
                libc::getnameinfo(
                    address.as_ptr().cast(),
                    address.len() as _,
                    host.as_mut_ptr(),
                    host.len() as _,
                    service.as_mut_ptr(),
                    service.len() as _,
                    flags,
                )
            }
        });
        let text = |text: &[libc::c_char]| {
            let text = text.iter().take_while(|unit| **unit != 0);
            let text: Vec<u8> = text.map(|unit| *unit as u8).collect();
            Str::new(&String::from_utf8_lossy(&text))
        };
        let names = Tuple::pair(text(&host), text(&service));
        Ok(Tuple::pair(Ref::small(i64::from(code)), names))
    }),
    NativeDef::function("_parse_address", |thread, args| {
        let [family, text] = args.exactly(thread, "_parse_address")?;
        let family = descriptor(thread, family)?;
        let text = operations::text(thread, text, "inet_pton() argument 2")?;
        let packed = if family == libc::AF_INET {
            text.parse()
                .ok()
                .map(|ip: Ipv4Addr| Bytes::new(&ip.octets()))
        } else {
            text.parse()
                .ok()
                .map(|ip: Ipv6Addr| Bytes::new(&ip.octets()))
        };
        Ok(packed.unwrap_or_else(singletons::none))
    }),
    NativeDef::function("_show_address", |thread, args| {
        let [packed] = args.exactly(thread, "_show_address")?;
        let packed = data(thread, &packed)?;
        let address = match <[u8; 4]>::try_from(&packed[..]) {
            Ok(four) => IpAddr::from(four),
            Err(_) => match <[u8; 16]>::try_from(&packed[..]) {
                Ok(sixteen) => IpAddr::from(sixteen),
                Err(_) => return Err(thread.value_error("invalid length of packed IP address")),
            },
        };
        Ok(Str::new(&address.to_string()))
    }),
    NativeDef::function("if_indextoname", |thread, args| {
        let [index] = args.exactly(thread, "if_indextoname")?;
        let index = operations::index(thread, index)?;
        let mut name = [0; libc::IF_NAMESIZE];
        let index = u32::try_from(index).unwrap_or(0);
        crate::posix::io(thread, None, || {
            // SAFETY: there is room for a name.
            if unsafe { libc::if_indextoname(index, name.as_mut_ptr()) }.is_null() {
                Err(std::io::Error::last_os_error())
            } else {
                Ok(())
            }
        })?;
        // SAFETY: the call wrote a text that ends in a zero.
        let name = unsafe { CStr::from_ptr(name.as_ptr()) };
        Ok(Str::new(&name.to_string_lossy()))
    }),
    NativeDef::function("if_nametoindex", |thread, args| {
        let [name] = args.exactly(thread, "if_nametoindex")?;
        let name = operations::text(thread, name, "if_nametoindex() argument 1")?;
        let name = CString::new(name).map_err(|_| thread.value_error("embedded null character"))?;
        let index = crate::posix::io(thread, None, || {
            // SAFETY: a text that ends in a zero.
            match unsafe { libc::if_nametoindex(name.as_ptr()) } {
                0 => Err(std::io::Error::last_os_error()),
                index => Ok(index),
            }
        })?;
        Ok(Ref::small(i64::from(index)))
    }),
];

/// A name that may be absent, as the C library wants it.
fn optional_text(thread: &mut Thread, value: Value) -> PyResult<Option<CString>> {
    if singletons::is_none(value) {
        return Ok(None);
    }
    let text = data(thread, &value)?.into_owned();
    match CString::new(text) {
        Ok(text) => Ok(Some(text)),
        Err(_) => Err(thread.value_error("embedded null character")),
    }
}

/// What `getaddrinfo` finds, freed at the end.
struct Found(*mut libc::addrinfo);

impl Drop for Found {
    fn drop(&mut self) {
        if !self.0.is_null() {
            // SAFETY: the library made the list, and nothing refers to it any more.
            unsafe { libc::freeaddrinfo(self.0) };
        }
    }
}

/// `_lookup(host, service, family, type, protocol, flags)`: what it says, and what it finds.
fn lookup(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [host, service, numbers @ ..] = args.exactly::<6>(thread, "_lookup")?;
    let host = optional_text(thread, host)?;
    let service = optional_text(thread, service)?;
    // SAFETY: all zero is a value of the type.
    let mut hints: libc::addrinfo = unsafe { core::mem::zeroed() };
    hints.ai_family = descriptor(thread, numbers[0])?;
    hints.ai_socktype = descriptor(thread, numbers[1])?;
    hints.ai_protocol = descriptor(thread, numbers[2])?;
    hints.ai_flags = descriptor(thread, numbers[3])?;
    let pointer =
        |text: &Option<CString>| text.as_ref().map_or(core::ptr::null(), |it| it.as_ptr());
    let mut found = Found(core::ptr::null_mut());
    let code = thread.detach(|| {
        let (host, service) = (pointer(&host), pointer(&service));
        // SAFETY: the texts end in zeros or are absent, and the list is written where one fits.
        unsafe { libc::getaddrinfo(host, service, &raw const hints, &raw mut found.0) }
    });
    let mut entries = Vec::new();
    let mut next = found.0;
    while !next.is_null() {
        // SAFETY: an entry of the list, which is not freed yet.
        let entry = unsafe { &*next };
        let name = if entry.ai_canonname.is_null() {
            Str::new("")
        } else {
            // SAFETY: a text that ends in a zero.
            Str::new(&unsafe { CStr::from_ptr(entry.ai_canonname) }.to_string_lossy())
        };
        let address = entry.ai_addr.cast::<u8>();
        // SAFETY: the address is as long as said.
        let address = unsafe { core::slice::from_raw_parts(address, entry.ai_addrlen as usize) };
        let mut parts: Vec<Ref> = [entry.ai_family, entry.ai_socktype, entry.ai_protocol]
            .iter()
            .map(|number| Ref::small(i64::from(*number)))
            .collect();
        parts.extend([name, Bytes::new(address)]);
        entries.push(Tuple::from_refs(parts));
        next = entry.ai_next;
    }
    Ok(Tuple::pair(
        Ref::small(i64::from(code)),
        List::from_refs(entries),
    ))
}
