"""Sockets: what the module `socket` stands on, over functions that ask the system."""

import os as _os
import posix as _posix
import select as _select
import struct as _struct
import time as _time

error = OSError
timeout = TimeoutError
has_ipv6 = True

_default_timeout = None


class herror(OSError):
    """An address whose host is not known."""

    __module__ = "socket"


class gaierror(OSError):
    """A name that is not found."""

    __module__ = "socket"


def _seconds(value):
    if value is None:
        return None
    if isinstance(value, str):
        raise TypeError("'str' object cannot be interpreted as an integer")
    value = float(value)
    if value < 0:
        raise ValueError("Timeout value out of range")
    if value != value:
        raise ValueError("Invalid value NaN (not a number)")
    if value > 9223372036.0:
        raise OverflowError("timeout doesn't fit into C timeval")
    return value


def getdefaulttimeout():
    return _default_timeout


def setdefaulttimeout(timeout, /):
    global _default_timeout
    _default_timeout = _seconds(timeout)


def _found(code, answer):
    if code:
        raise gaierror(code, _lookup_message(code))
    return answer


def _host_name(host):
    return host.encode("ascii" if host.isascii() else "idna")


def _host(family, host):
    """The bytes of a host's address, as the system wants them."""
    if isinstance(host, (bytes, bytearray)):
        host = bytes(host).decode("ascii")
    elif not isinstance(host, str):
        raise TypeError(f"str, bytes or bytearray expected, not {type(host).__name__}")
    if family == AF_INET:
        if host == "<broadcast>":
            return b"\xff" * 4
        size, start, flags = 4, 4, 0
    else:
        size, start, flags = 16, 8, 0
    if not host:
        return bytes(size)
    packed = _parse_address(family, host)
    if packed is None:
        found = _found(*_lookup(_host_name(host), None, family, SOCK_STREAM, 0, flags))
        packed = found[0][4][start : start + size]
    return packed


def _port(port, caller):
    if not isinstance(port, int):
        raise TypeError(f"{type(port).__name__!r} object cannot be interpreted as an integer")
    if not 0 <= port <= 0xFFFF:
        raise OverflowError(f"{caller}: port must be 0-65535.")
    return port


def _unix(address):
    path = _os.fsencode(address) if isinstance(address, str) else bytes(address)
    abstract = path[:1] == b"\0"
    if len(path) + (not abstract) > 108:
        raise OSError("AF_UNIX path too long")
    return _struct.pack("=H", AF_UNIX) + path + (b"" if abstract or not path else b"\0")


def _pack(family, address, caller):
    """An address as the system wants it."""
    caller += "()"
    if family == AF_UNIX:
        return _unix(address)
    names = {AF_INET: ("AF_INET", 2, 2), AF_INET6: ("AF_INET6", 2, 4)}
    if family not in names:
        raise OSError(f"{caller}: bad family")
    name, least, most = names[family]
    if not isinstance(address, tuple):
        got = type(address).__name__
        raise TypeError(f"{caller}: {name} address must be tuple, not {got}")
    if not least <= len(address) <= most:
        wanted = "pair (host, port)" if most == 2 else "tuple (host, port[, flowinfo[, scopeid]])"
        raise TypeError(f"{name} address must be a {wanted}")
    host, port = _host(family, address[0]), _port(address[1], caller)
    if family == AF_INET:
        return _struct.pack("=H", family) + _struct.pack("!H4s8x", port, host)
    flow, scope = (address[2:] + (0, 0))[:2]
    if not 0 <= flow <= 0xFFFFF:
        raise OverflowError(f"{caller}: flowinfo must be 0-1048575.")
    text = _struct.pack("=H", family) + _struct.pack("!HI16s", port, flow, host)
    return text + _struct.pack("=I", scope)


def _unpack(packed):
    """An address as programs want it."""
    if len(packed) < 2:
        return None
    (family,) = _struct.unpack_from("=H", packed)
    if family == AF_INET:
        port, host = _struct.unpack_from("!H4s", packed, 2)
        return inet_ntop(family, host), port
    if family == AF_INET6:
        port, flow, host = _struct.unpack_from("!HI16s", packed, 2)
        (scope,) = _struct.unpack_from("=I", packed, 24)
        return inet_ntop(family, host), port, flow, scope
    if family == AF_UNIX:
        path = packed[2:]
        return path if path[:1] == b"\0" else _os.fsdecode(path.split(b"\0", 1)[0])
    return family, packed[2:]


class socket:
    """One end of a connection, or of none."""

    __module__ = "_socket"
    __slots__ = ("_fd", "_family", "_type", "_proto", "_timeout")

    def __new__(cls, *args, **kwargs):
        self = object.__new__(cls)
        self._fd, self._timeout = -1, None
        self._family = self._type = self._proto = 0
        return self

    def __init__(self, family=-1, type=-1, proto=-1, fileno=None):
        if fileno is None:
            family = AF_INET if family == -1 else family
            type = SOCK_STREAM if type == -1 else type
            proto = 0 if proto == -1 else proto
            fileno = _open(family, type, proto)
        else:
            if isinstance(fileno, float) or not isinstance(fileno, int):
                got = fileno.__class__.__name__
                raise TypeError(f"{got!r} object cannot be interpreted as an integer")
            if fileno < 0:
                raise ValueError("negative file descriptor")
            name = _name(fileno)
            if family == -1:
                (family,) = _struct.unpack_from("=H", name)
            if type == -1:
                type = self._number(fileno, SO_TYPE)
            if proto == -1:
                proto = self._number(fileno, SO_PROTOCOL)
        self._fd = fileno
        self._family, self._proto = family, proto
        self._type = type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)
        if type & SOCK_NONBLOCK:
            self._timeout = 0.0
        else:
            self._timeout = _default_timeout
            if _default_timeout is not None:
                _posix.set_blocking(fileno, False)

    @staticmethod
    def _number(fileno, option):
        return _struct.unpack("=i", _get_option(fileno, SOL_SOCKET, option, 4))[0]

    family = property(lambda self: self._family, doc="the socket family")
    type = property(lambda self: self._type, doc="the socket type")
    proto = property(lambda self: self._proto, doc="the socket protocol")
    timeout = property(lambda self: self._timeout, doc="the socket timeout")

    def __repr__(self):
        return (f"<socket object, fd={self._fd}, family={self._family}, type={self._type}, "
                f"proto={self._proto}>")

    def __del__(self):
        if self._fd != -1:
            import warnings

            warnings.warn(f"unclosed {self!r}", ResourceWarning, source=self)
            self.close()

    def __getstate__(self):
        raise TypeError(f"cannot pickle {type(self).__name__!r} object")

    def close(self):
        fd, self._fd = self._fd, -1
        if fd != -1:
            try:
                _posix.close(fd)
            except ConnectionResetError:
                # What was on its way is lost, the descriptor is closed.
                pass

    def detach(self):
        fd, self._fd = self._fd, -1
        return fd

    def fileno(self):
        return self._fd

    def settimeout(self, timeout, /):
        self._timeout = _seconds(timeout)
        _posix.set_blocking(self._fd, self._timeout is None)

    def gettimeout(self):
        return self._timeout

    def setblocking(self, flag, /):
        self.settimeout(None if flag else 0.0)

    def getblocking(self):
        return self._timeout != 0

    def _wait(self, events, until):
        """Waits until the socket is ready, or for what is left of its _time."""
        left = None if until is None else until - _time.monotonic()
        if left is not None and left <= 0 or not _select._wait([(self._fd, events)], left):
            raise TimeoutError("timed out")

    def _until(self):
        return _time.monotonic() + self._timeout if self._timeout else None

    def _try(self, events, work, until=...):
        """Does `work` once the socket is ready for it, within its _time."""
        until = self._until() if until is ... else until
        while True:
            if self._timeout:
                self._wait(events, until)
            try:
                return work()
            except InterruptedError:
                continue
            except BlockingIOError:
                if not self._timeout:
                    raise

    def _accept(self):
        fd, address = self._try(_select.POLLIN, lambda: _accept(self._fd))
        return fd, _unpack(address)

    def bind(self, address, /):
        _bind(self._fd, _pack(self._family, address, "bind"))

    def _finish_connecting(self, until):
        self._wait(_select.POLLOUT, until)
        number = self._number(self._fd, SO_ERROR)
        if number:
            raise OSError(number, _os.strerror(number))

    def _connect(self, address, caller):
        packed, until = _pack(self._family, address, caller), self._until()
        try:
            _connect(self._fd, packed)
        except (BlockingIOError, InterruptedError) as error:
            if self._timeout == 0 and isinstance(error, BlockingIOError):
                raise
            self._finish_connecting(until)

    def connect(self, address, /):
        self._connect(address, "connect")

    def connect_ex(self, address, /):
        try:
            self._connect(address, "connect_ex")
        except TimeoutError as error:
            return error.errno or 11
        except gaierror:
            raise
        except OSError as error:
            if error.errno is None:
                raise
            return error.errno
        return 0

    def getpeername(self):
        return _unpack(_peer(self._fd))

    def getsockname(self):
        return _unpack(_name(self._fd))

    def listen(self, backlog=128, /):
        _listen(self._fd, max(backlog, 0))

    def shutdown(self, how, /):
        _shutdown(self._fd, how)

    def getsockopt(self, level, option, buflen=0, /):
        if not buflen:
            return _struct.unpack("=i", _get_option(self._fd, level, option, 4))[0]
        if not 0 < buflen <= 1024:
            raise OSError("getsockopt buflen out of range")
        return _get_option(self._fd, level, option, buflen)

    def setsockopt(self, level, option, value, optlen=None, /):
        if optlen is not None:
            if value is not None:
                got = type(value).__name__
                raise TypeError(f"setsockopt() argument 3 must be None, not {got}")
            value = bytes(optlen)
        elif isinstance(value, int):
            value = _struct.pack("=i", value)
        _set_option(self._fd, level, option, bytes(value))

    def _received(self, size, flags, caller):
        if size < 0:
            raise ValueError(f"negative buffersize in {caller}")
        return self._try(_select.POLLIN, lambda: _receive(self._fd, size, flags))

    def recv(self, bufsize, flags=0, /):
        return self._received(bufsize, flags, "recv")[0]

    def recvfrom(self, bufsize, flags=0, /):
        data, address = self._received(bufsize, flags, "recvfrom")
        return data, _unpack(address)

    def _received_into(self, buffer, size, flags, caller):
        view = memoryview(buffer).cast("B")
        if view.readonly:
            got = type(buffer).__name__
            raise TypeError(f"{caller}() argument 1 must be read-write bytes-like object, not {got}")
        if size < 0:
            raise ValueError(f"negative buffersize in {caller}")
        if size > len(view):
            raise ValueError("buffer too small for requested bytes")
        data, address = self._received(size or len(view), flags, caller)
        view[: len(data)] = data
        return len(data), address

    def recv_into(self, buffer, nbytes=0, flags=0):
        return self._received_into(buffer, nbytes, flags, "recv_into")[0]

    def recvfrom_into(self, buffer, nbytes=0, flags=0):
        count, address = self._received_into(buffer, nbytes, flags, "recvfrom_into")
        return count, _unpack(address)

    def recvmsg(self, bufsize, ancbufsize=0, flags=0, /):
        if bufsize < 0:
            raise ValueError("negative buffer size in recvmsg()")
        if ancbufsize < 0:
            raise ValueError("invalid ancillary data buffer length")
        data, ancillary, flags, address = self._try(
            _select.POLLIN, lambda: _receive_message(self._fd, bufsize, ancbufsize, flags))
        return data, ancillary, flags, _unpack(address)

    def recvmsg_into(self, buffers, ancbufsize=0, flags=0, /):
        views = [memoryview(buffer).cast("B") for buffer in buffers]
        data, *rest = self.recvmsg(sum(map(len, views)), ancbufsize, flags)
        count, at = len(data), 0
        for view in views:
            part = data[at : at + len(view)]
            view[: len(part)] = part
            at += len(part)
        return count, *rest

    def _bytes(self, data):
        if isinstance(data, str):
            raise TypeError("a bytes-like object is required, not 'str'")
        return data if type(data) is bytes else bytes(memoryview(data).cast("B"))

    def send(self, data, flags=0, /):
        data = self._bytes(data)
        return self._try(_select.POLLOUT, lambda: _send(self._fd, data, 0, flags, None))

    def sendall(self, data, flags=0, /):
        data, sent, until = self._bytes(data), 0, self._until()
        while sent < len(data):
            sent += self._try(
                _select.POLLOUT, lambda: _send(self._fd, data, sent, flags, None), until)

    def sendto(self, data, flags, address=None, /):
        if address is None:
            flags, address = 0, flags
        data, packed = self._bytes(data), _pack(self._family, address, "sendto")
        return self._try(_select.POLLOUT, lambda: _send(self._fd, data, 0, flags, packed))

    def sendmsg(self, buffers, ancdata=(), flags=0, address=None, /):
        data = b"".join(map(self._bytes, buffers))
        ancillary = [(level, kind, self._bytes(part)) for level, kind, part in ancdata]
        packed = None if address is None else _pack(self._family, address, "sendmsg")
        return self._try(
            _select.POLLOUT, lambda: _send_message(self._fd, data, ancillary, flags, packed))


SocketType = socket


def close(fd, /):
    _posix.close(fd)


def dup(fd, /):
    return _posix.dup(fd)


def socketpair(family=None, type=None, proto=0, /):
    family = AF_UNIX if family is None else family
    type = SOCK_STREAM if type is None else type
    return tuple(socket(family, type, proto, fd) for fd in _pair(family, type, proto))


def CMSG_LEN(length, /):
    if not 0 <= length <= 0x7FFF_FFEF:
        raise OverflowError("CMSG_LEN() argument out of range")
    return 16 + length


def CMSG_SPACE(length, /):
    if not 0 <= length <= 0x7FFF_FFE8:
        raise OverflowError("CMSG_SPACE() argument out of range")
    return 16 + (length + 7 & ~7)


def _text(part):
    if part is None or isinstance(part, bytes):
        return part
    if isinstance(part, int):
        return str(part).encode()
    if isinstance(part, str):
        return part.encode("utf-8")
    raise OSError("Int or String expected")


def getaddrinfo(host, port, family=0, type=0, proto=0, flags=0):
    if host is not None and not isinstance(host, (str, bytes)):
        raise TypeError("getaddrinfo() argument 1 must be string or None")
    host = _host_name(host) if isinstance(host, str) else host
    found = _found(*_lookup(host, _text(port), family, type, proto, flags))
    return [(*entry[:4], _unpack(entry[4])) for entry in found]


def getnameinfo(sockaddr, flags, /):
    if not isinstance(sockaddr, tuple):
        raise TypeError("getnameinfo() argument 1 must be a tuple")
    host, port, *rest = sockaddr
    numeric = AI_NUMERICHOST if isinstance(host, str) else 0
    found = _found(*_lookup(_text(host), _text(port), 0, SOCK_DGRAM, 0, numeric))
    if len(found) != 1:
        raise OSError("sockaddr resolved to multiple addresses")
    return _found(*_name_info(found[0][4], flags))


def gethostname():
    return _posix.uname().nodename


def gethostbyname(hostname, /):
    return inet_ntop(AF_INET, _host(AF_INET, hostname))


def gethostbyname_ex(hostname, /):
    entries = getaddrinfo(hostname, None, AF_INET, SOCK_STREAM, 0, AI_CANONNAME)
    return entries[0][3] or hostname, [], [entry[4][0] for entry in entries]


def gethostbyaddr(host, /):
    try:
        address = getaddrinfo(host, None, 0, SOCK_STREAM)[0][4]
        return getnameinfo(address, NI_NAMEREQD)[0], [], [address[0]]
    except gaierror as error:
        if error.errno == EAI_NONAME:
            raise herror(1, "Unknown host") from None
        raise


def getservbyname(servicename, protocolname=None, /):
    kind = SOCK_DGRAM if protocolname == "udp" else SOCK_STREAM
    code, found = _lookup(None, servicename.encode(), AF_INET, kind, 0, 0)
    if code or servicename.isdigit():
        raise OSError("service/proto not found")
    return _unpack(found[0][4])[1]


def getservbyport(port, protocolname=None, /):
    if not 0 <= port <= 0xFFFF:
        raise OverflowError("getservbyport: port must be 0-65535.")
    packed = _pack(AF_INET, ("0.0.0.0", port), "getservbyport")
    flags = NI_NUMERICHOST | (NI_DGRAM if protocolname == "udp" else 0)
    name = _found(*_name_info(packed, flags))[1]
    if name.isdigit():
        raise OSError("port/proto not found")
    return name


def getprotobyname(name, /):
    with open("/etc/protocols", encoding="utf-8") as protocols:
        for line in protocols:
            words = line.partition("#")[0].split()
            if len(words) > 1 and name in (words[0], *words[2:]):
                return int(words[1])
    raise OSError("protocol not found")


def _swapped(kind, bits, name):
    def convert(x, /):
        if not isinstance(x, int):
            raise TypeError(f"{type(x).__name__!r} object cannot be interpreted as an integer")
        if x < 0:
            raise ValueError("Cannot convert negative int")
        if x >> bits:
            raise OverflowError(f"Python int too large for C uint{bits}_t")
        return _struct.unpack("=" + kind, _struct.pack("!" + kind, x))[0]

    convert.__name__ = convert.__qualname__ = name
    return convert


htons = _swapped("H", 16, "htons")
ntohs = _swapped("H", 16, "ntohs")
htonl = _swapped("I", 32, "htonl")
ntohl = _swapped("I", 32, "ntohl")


def inet_pton(address_family, ip_string, /):
    if address_family not in (AF_INET, AF_INET6):
        raise OSError(97, "Address family not supported by protocol")
    packed = _parse_address(address_family, ip_string)
    if packed is None:
        raise OSError("illegal IP address string passed to inet_pton")
    return packed


def inet_ntop(address_family, packed_ip, /):
    sizes = {AF_INET: 4, AF_INET6: 16}
    if address_family not in sizes:
        raise ValueError(f"unknown address family {address_family}")
    packed_ip = bytes(packed_ip)
    if len(packed_ip) != sizes[address_family]:
        raise ValueError("invalid length of packed IP address string")
    return _show_address(packed_ip)


def inet_aton(ip_addr, /):
    parts = ip_addr.split(".")
    try:
        numbers = [int(part, 8 if part[:1] == "0" and part[1:].isdigit() else 0) for part in parts]
        *first, last = numbers
        if len(parts) > 4 or any(not 0 <= number < 256 for number in first) or last < 0:
            raise ValueError
        return bytes(first) + last.to_bytes(4 - len(first), "big")
    except (ValueError, OverflowError):
        raise OSError("illegal IP address string passed to inet_aton") from None


def inet_ntoa(packed_ip, /):
    packed_ip = bytes(packed_ip)
    if len(packed_ip) != 4:
        raise OSError("packed IP wrong length")
    return _show_address(packed_ip)
