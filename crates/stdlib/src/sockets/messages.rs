//! Messages with something beside the data, such as descriptors that another process is given.

use super::{Address, data, room};
use crate::posix::{descriptor, io, said};
use selvedge_interp::object::bytes::Bytes;
use selvedge_interp::object::list::List;
use selvedge_interp::object::native::{Args, NativeDef};
use selvedge_interp::object::tuple::Tuple;
use selvedge_interp::object::{int, singletons};
use selvedge_interp::{PyResult, Ref, Thread, Value, operations};

pub(super) static FUNCTIONS: &[NativeDef] = &[
    NativeDef::function("_receive_message", receive),
    NativeDef::function("_send_message", send),
];

/// What comes before the data of each part: its length, level and kind.
const HEAD: usize = size_of::<libc::cmsghdr>();

/// Where the next part begins after one of `len` bytes with its head.
fn aligned(len: usize) -> usize {
    len.next_multiple_of(align_of::<libc::cmsghdr>())
}

/// A message without content.
fn blank() -> libc::msghdr {
    // SAFETY: all zero is a value of the type.
    unsafe { core::mem::zeroed() }
}

/// `_send_message(fd, data, [(level, kind, data)], flags, address)`
fn send(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [fd, given, beside, flags, address] = args.exactly(thread, "_send_message")?;
    let (fd, flags) = (descriptor(thread, fd)?, descriptor(thread, flags)?);
    let content = data(thread, &given)?;
    let mut control = control_of(thread, beside)?;
    let mut address = if singletons::is_none(address) {
        Vec::new()
    } else {
        data(thread, &address)?.into_owned()
    };
    let mut part = libc::iovec {
        iov_base: content.as_ptr().cast_mut().cast(),
        iov_len: content.len(),
    };
    let mut message = blank();
    message.msg_iov = &raw mut part;
    message.msg_iovlen = 1;
    if !address.is_empty() {
        message.msg_name = address.as_mut_ptr().cast();
        message.msg_namelen = address.len() as _;
    }
    if !control.is_empty() {
        message.msg_control = control.as_mut_ptr().cast();
        message.msg_controllen = control.len() * size_of::<u64>();
    }
    let sent = io(thread, None, || {
        // SAFETY: all that the message refers to is as long as said, and is only read.
        said(unsafe { libc::sendmsg(fd, &raw const message, flags | libc::MSG_NOSIGNAL) })
    })?;
    Ok(int::from_i64(sent as i64))
}

/// What goes beside the data, as the system lays it out: in whole words, which aligns it.
fn control_of(thread: &mut Thread, beside: Value) -> PyResult<Vec<u64>> {
    let mut bytes = Vec::new();
    for part in operations::collect(thread, beside)? {
        let part = operations::collect(thread, *part)?;
        let [level, kind, content] = &part[..] else {
            return Err(thread.type_error("[sendmsg] ancillary data items must be triples"));
        };
        let (level, kind) = (descriptor(thread, **level)?, descriptor(thread, **kind)?);
        let content = data(thread, content)?;
        bytes.extend((HEAD + content.len()).to_ne_bytes());
        bytes.extend(level.to_ne_bytes());
        bytes.extend(kind.to_ne_bytes());
        bytes.extend_from_slice(&content);
        bytes.resize(aligned(bytes.len()), 0);
    }
    let words = bytes.chunks_exact(size_of::<u64>());
    Ok(words
        .map(|word| u64::from_ne_bytes(word.try_into().expect("eight bytes")))
        .collect())
}

/// `_receive_message(fd, size, size beside, flags)`: data, `[(level, kind, data)]`, flags, address
fn receive(thread: &mut Thread, args: &Args<'_>) -> PyResult {
    let [fd, size, beside, flags] = args.exactly(thread, "_receive_message")?;
    let (fd, flags) = (descriptor(thread, fd)?, descriptor(thread, flags)?);
    let mut buffer = room(thread, size)?;
    let beside = room(thread, beside)?.len();
    let mut control = vec![0_u64; beside.div_ceil(size_of::<u64>())];
    let mut address = Address::default();
    let mut part = libc::iovec {
        iov_base: buffer.as_mut_ptr().cast(),
        iov_len: buffer.len(),
    };
    let mut message = blank();
    message.msg_name = address.pointer().cast();
    message.msg_namelen = address.len;
    message.msg_iov = &raw mut part;
    message.msg_iovlen = 1;
    message.msg_control = control.as_mut_ptr().cast();
    message.msg_controllen = beside;
    let flags = flags | libc::MSG_CMSG_CLOEXEC;
    let got = io(thread, None, || {
        // SAFETY: all that the message refers to is as long as said.
        said(unsafe { libc::recvmsg(fd, &raw mut message, flags) })
    })?;
    address.len = message.msg_namelen;
    let control: Vec<u8> = control.iter().flat_map(|word| word.to_ne_bytes()).collect();
    let filled = control.len().min(message.msg_controllen);
    let told = message.msg_flags & !libc::MSG_CMSG_CLOEXEC;
    let got = buffer.len().min(got as usize);
    Ok(Tuple::from_refs(vec![
        Bytes::new(&buffer[..got]),
        List::from_refs(parts_of(&control[..filled])),
        Ref::small(i64::from(told)),
        address.bytes(),
    ]))
}

/// The parts that came beside the data.
fn parts_of(mut control: &[u8]) -> Vec<Ref> {
    let mut parts = Vec::new();
    while let Some((head, _)) = control.split_at_checked(HEAD) {
        let (len, rest) = head.split_at(size_of::<usize>());
        let len = usize::from_ne_bytes(len.try_into().expect("a word"));
        let (level, kind) = rest.split_at(4);
        let number = |bytes: &[u8]| i32::from_ne_bytes(bytes.try_into().expect("four bytes"));
        // One that was cut off has as much as there is.
        let end = len.clamp(HEAD, control.len());
        parts.push(Tuple::from_refs(vec![
            Ref::small(i64::from(number(level))),
            Ref::small(i64::from(number(kind))),
            Bytes::new(&control[HEAD..end]),
        ]));
        control = control.get(aligned(end)..).unwrap_or_default();
    }
    parts
}
