"""Files as objects: what `io` stands on. Files that `open` returns are native; here is what
programs derive from, streams in memory, and streams made of other streams."""

import codecs as _codecs
import posix as _posix

DEFAULT_BUFFER_SIZE = 128 * 1024
SEEK_SET, SEEK_CUR, SEEK_END = 0, 1, 2
BlockingIOError = BlockingIOError


def text_encoding(encoding, stacklevel=2, /):
    """The encoding, or the one that stands for its absence."""
    return "locale" if encoding is None else encoding


def open_code(path):
    """A file of code, as bytes."""
    return open(path, "rb")


class _IOBase:
    """What all streams share."""

    __closed = False

    def _unsupported(self, name):
        raise UnsupportedOperation(f"{type(self).__name__}.{name}() not supported")

    def seek(self, offset, whence=SEEK_SET):
        self._unsupported("seek")

    def tell(self):
        return self.seek(0, SEEK_CUR)

    def truncate(self, size=None):
        self._unsupported("truncate")

    def fileno(self):
        self._unsupported("fileno")

    def flush(self):
        self._checkClosed()

    def close(self):
        if not self.__closed:
            try:
                self.flush()
            finally:
                self.__closed = True

    @property
    def closed(self):
        return self.__closed

    def seekable(self):
        self._checkClosed()
        return False

    def readable(self):
        self._checkClosed()
        return False

    def writable(self):
        self._checkClosed()
        return False

    def isatty(self):
        self._checkClosed()
        return False

    def _checkClosed(self, message=None):
        if self.closed:
            raise ValueError(message or "I/O operation on closed file.")

    def _checkReadable(self, message=None):
        if not self.readable():
            raise UnsupportedOperation(message or "File or stream is not readable.")

    def _checkWritable(self, message=None):
        if not self.writable():
            raise UnsupportedOperation(message or "File or stream is not writable.")

    def _checkSeekable(self, message=None):
        if not self.seekable():
            raise UnsupportedOperation(message or "File or stream is not seekable.")

    def __enter__(self):
        self._checkClosed()
        return self

    def __exit__(self, *error):
        self.close()

    def __iter__(self):
        self._checkClosed()
        return self

    def __next__(self):
        line = self.readline()
        if not line:
            raise StopIteration
        return line

    def readline(self, size=-1, /):
        size = _limit(size)
        line = bytearray()
        while size < 0 or len(line) < size:
            byte = self.read(1)
            if not byte:
                break
            line += byte
            if line.endswith(b"\n"):
                break
        return bytes(line)

    def readlines(self, hint=None, /):
        if hint is None or hint <= 0:
            return list(self)
        lines, total = [], 0
        for line in self:
            lines.append(line)
            total += len(line)
            if total >= hint:
                break
        return lines

    def writelines(self, lines, /):
        self._checkClosed()
        for line in lines:
            self.write(line)

    def __del__(self):
        try:
            closed = self.closed
        except AttributeError:
            return
        if not closed:
            self.close()


class UnsupportedOperation(OSError, ValueError):
    """The stream cannot do that."""

    __module__ = "io"


def _limit(size):
    if size is None:
        return -1
    return size.__index__()


class _RawIOBase(_IOBase):
    """A stream of bytes without a buffer."""

    def read(self, size=-1, /):
        size = _limit(size)
        if size < 0:
            return self.readall()
        buffer = bytearray(size)
        count = self.readinto(buffer)
        if count is None:
            return None
        return bytes(buffer[:count])

    def readall(self):
        parts = []
        while part := self.read(DEFAULT_BUFFER_SIZE):
            parts.append(part)
        if parts or part is not None:
            return b"".join(parts)
        return None

    def readinto(self, buffer, /):
        self._unsupported("readinto")

    def write(self, data, /):
        self._unsupported("write")


class _BufferedIOBase(_IOBase):
    """A stream of bytes with a buffer."""

    def read(self, size=-1, /):
        self._unsupported("read")

    def read1(self, size=-1, /):
        self._unsupported("read1")

    def readinto(self, buffer, /):
        return self._read_into(buffer, self.read)

    def readinto1(self, buffer, /):
        return self._read_into(buffer, self.read1)

    def _read_into(self, buffer, read):
        view = memoryview(buffer).cast("B")
        data = read(len(view))
        view[: len(data)] = data
        return len(data)

    def write(self, data, /):
        self._unsupported("write")

    def detach(self):
        self._unsupported("detach")


class _TextIOBase(_IOBase):
    """A stream of text."""

    encoding = None
    newlines = None
    errors = None

    def read(self, size=-1, /):
        self._unsupported("read")

    def readline(self, size=-1, /):
        self._unsupported("readline")

    def write(self, text, /):
        self._unsupported("write")

    def detach(self):
        self._unsupported("detach")


class FileIO(_RawIOBase):
    """A file by its number, without a buffer."""

    __module__ = "_io"
    _fd = -1

    def __init__(self, file, mode="r", closefd=True, opener=None):
        if self._fd >= 0 and self._closefd:
            _posix.close(self._fd)
        self._fd = -1
        if isinstance(file, float):
            raise TypeError("integer argument expected, got float")
        kinds = [letter for letter in mode if letter in "rwax"]
        if set(mode) - set("rwaxb+") or len(set(mode)) != len(mode):
            raise ValueError(f"invalid mode: {mode}")
        if len(kinds) != 1:
            raise ValueError(
                "Must have exactly one of create/read/write/append mode and at most one plus"
            )
        kind, both = kinds[0], "+" in mode
        self._readable = kind == "r" or both
        self._writable = kind != "r" or both
        self._kind, self._closefd = kind, closefd
        flags = _posix.O_RDWR if both else _posix.O_RDONLY if kind == "r" else _posix.O_WRONLY
        flags |= {
            "r": 0,
            "w": _posix.O_CREAT | _posix.O_TRUNC,
            "a": _posix.O_CREAT | _posix.O_APPEND,
            "x": _posix.O_CREAT | _posix.O_EXCL,
        }[kind]
        self.name = file
        if isinstance(file, int):
            if file < 0:
                raise ValueError("negative file descriptor")
            _posix.fstat(file)
            self._fd = file
        else:
            if not closefd:
                raise ValueError("Cannot use closefd=False with file name")
            if opener is None:
                self._fd = _posix.open(file, flags | _posix.O_CLOEXEC, 0o666)
            else:
                self._fd = opener(file, flags)
                if not isinstance(self._fd, int):
                    raise TypeError("expected integer from opener")
                if self._fd < 0:
                    raise ValueError(f"opener returned {self._fd}")
            if kind == "a":
                _posix.lseek(self._fd, 0, SEEK_END)

    def __repr__(self):
        name = f"{type(self).__module__}.{type(self).__qualname__}"
        if self.closed:
            return f"<{name} [closed]>"
        return f"<{name} name={self.name!r} mode={self.mode!r} closefd={self._closefd}>"

    @property
    def mode(self):
        plus = "+" if self._readable and self._writable else ""
        return {"r": "rb", "w": "wb" if not plus else "rb", "a": "ab", "x": "xb"}[self._kind] + plus

    @property
    def closefd(self):
        return self._closefd

    def fileno(self):
        self._checkClosed()
        return self._fd

    def readable(self):
        self._checkClosed()
        return self._readable

    def writable(self):
        self._checkClosed()
        return self._writable

    def seekable(self):
        self._checkClosed()
        try:
            _posix.lseek(self._fd, 0, SEEK_CUR)
        except OSError:
            return False
        return True

    def isatty(self):
        self._checkClosed()
        return _posix.isatty(self._fd)

    def read(self, size=-1, /):
        self._checkClosed()
        self._checkReadable()
        size = _limit(size)
        if size < 0:
            return self.readall()
        return _posix.read(self._fd, size)

    def readall(self):
        self._checkClosed()
        self._checkReadable()
        parts = []
        while part := _posix.read(self._fd, DEFAULT_BUFFER_SIZE):
            parts.append(part)
        return b"".join(parts)

    def readinto(self, buffer, /):
        self._checkClosed()
        self._checkReadable()
        view = memoryview(buffer).cast("B")
        data = _posix.read(self._fd, len(view))
        view[: len(data)] = data
        return len(data)

    def write(self, data, /):
        self._checkClosed()
        self._checkWritable()
        return _posix.write(self._fd, data)

    def seek(self, offset, whence=SEEK_SET, /):
        self._checkClosed()
        return _posix.lseek(self._fd, offset, whence)

    def truncate(self, size=None, /):
        self._checkClosed()
        self._checkWritable()
        size = self.tell() if size is None else size
        _posix.ftruncate(self._fd, size)
        return size

    def close(self):
        if self.closed:
            return
        try:
            super().close()
        finally:
            fd, self._fd = self._fd, -1
            if fd >= 0 and self._closefd:
                _posix.close(fd)


class BytesIO(_BufferedIOBase):
    """Bytes in memory as a stream."""

    __module__ = "_io"
    _buffer = None

    def __init__(self, initial_bytes=b""):
        self._buffer = bytearray(initial_bytes if initial_bytes is not None else b"")
        self._at = 0

    def __getstate__(self):
        self._checkClosed()
        return self.getvalue(), self._at, None

    def __setstate__(self, state):
        value, self._at, attributes = state
        self._buffer = bytearray(value)
        if attributes:
            self.__dict__.update(attributes)

    def getvalue(self):
        """All bytes."""
        self._checkClosed()
        return bytes(self._buffer)

    def getbuffer(self):
        """A view of all bytes."""
        self._checkClosed()
        return memoryview(self._buffer)

    def close(self):
        super().close()
        self._buffer = None

    def readable(self):
        self._checkClosed()
        return True

    writable = seekable = readable

    def read(self, size=-1, /):
        self._checkClosed()
        size = _limit(size)
        end = len(self._buffer) if size < 0 else self._at + size
        data = bytes(self._buffer[self._at : end])
        self._at += len(data)
        return data

    read1 = read

    def readline(self, size=-1, /):
        self._checkClosed()
        size = _limit(size)
        end = self._buffer.find(b"\n", self._at) + 1 or len(self._buffer)
        if size >= 0:
            end = min(end, self._at + size)
        line = bytes(self._buffer[self._at : end])
        self._at += len(line)
        return line

    def write(self, data, /):
        self._checkClosed()
        if isinstance(data, str):
            raise TypeError("a bytes-like object is required, not 'str'")
        data = memoryview(data).tobytes()
        if not data:
            return 0
        if self._at > len(self._buffer):
            self._buffer.extend(bytes(self._at - len(self._buffer)))
        self._buffer[self._at : self._at + len(data)] = data
        self._at += len(data)
        return len(data)

    def seek(self, offset, whence=SEEK_SET, /):
        self._checkClosed()
        offset = offset.__index__()
        if whence == SEEK_SET:
            if offset < 0:
                raise ValueError(f"negative seek value {offset}")
            self._at = offset
        elif whence == SEEK_CUR:
            self._at = max(0, self._at + offset)
        elif whence == SEEK_END:
            self._at = max(0, len(self._buffer) + offset)
        else:
            raise ValueError(f"invalid whence ({whence}, should be 0, 1 or 2)")
        return self._at

    def tell(self):
        self._checkClosed()
        return self._at

    def truncate(self, size=None, /):
        self._checkClosed()
        size = self._at if size is None else size.__index__()
        if size < 0:
            raise ValueError(f"negative size value {size}")
        del self._buffer[size:]
        return size


def _seen(newlines):
    names = [name for bit, name in ((1, "\n"), (2, "\r"), (4, "\r\n")) if newlines & bit]
    # As a program sees them: in this order.
    names.sort(key=("\r", "\n", "\r\n").index)
    return None if not names else names[0] if len(names) == 1 else tuple(names)


class IncrementalNewlineDecoder(_codecs.IncrementalDecoder):
    """Makes one way of ending lines of three, in text that comes in pieces."""

    __module__ = "_io"

    def __init__(self, decoder, translate, errors="strict"):
        super().__init__(errors)
        self.translate, self.decoder = translate, decoder
        self._newlines, self._pending = 0, False

    def decode(self, input, final=False):
        text = input if self.decoder is None else self.decoder.decode(input, final=final)
        if self._pending and (text or final):
            text, self._pending = "\r" + text, False
        if text.endswith("\r") and not final:
            text, self._pending = text[:-1], True
        pairs = text.count("\r\n")
        returns = text.count("\r") - pairs
        lines = text.count("\n") - pairs
        self._newlines |= (lines and 1) | (returns and 2) | (pairs and 4)
        if self.translate:
            if pairs:
                text = text.replace("\r\n", "\n")
            if returns:
                text = text.replace("\r", "\n")
        return text

    def getstate(self):
        state = (b"", 0) if self.decoder is None else self.decoder.getstate()
        return state[0], state[1] << 1 | self._pending

    def setstate(self, state):
        buffer, flag = state
        self._pending = bool(flag & 1)
        if self.decoder is not None:
            self.decoder.setstate((buffer, flag >> 1))

    def reset(self):
        self._newlines, self._pending = 0, False
        if self.decoder is not None:
            self.decoder.reset()

    @property
    def newlines(self):
        return _seen(self._newlines)


class StringIO(_TextIOBase):
    """Text in memory as a stream."""

    __module__ = "_io"
    encoding = errors = None

    def __init__(self, initial_value="", newline="\n"):
        if newline not in (None, "", "\n", "\r", "\r\n"):
            if not isinstance(newline, str):
                raise TypeError(f"newline must be str or None, not {type(newline).__name__}")
            raise ValueError(f"illegal newline value: {newline!r}")
        self._newline = newline
        self._decoder = IncrementalNewlineDecoder(None, newline is None)
        self._parts, self._text, self._at = [], "", 0
        if initial_value is not None:
            if not isinstance(initial_value, str):
                kind = type(initial_value).__name__
                raise TypeError(f"initial_value must be str or None, not {kind}")
            self.write(initial_value)
            self._at = 0

    def _joined(self):
        if self._parts:
            self._text += "".join(self._parts)
            self._parts.clear()
        return self._text

    def __getstate__(self):
        self._checkClosed()
        return self.getvalue(), self._newline, self.tell(), None

    def __setstate__(self, state):
        value, newline, at, attributes = state
        self.__init__("", newline)
        self._text, self._at = value, at
        if attributes:
            self.__dict__.update(attributes)

    def getvalue(self):
        """All text."""
        self._checkClosed()
        return self._joined()

    def close(self):
        super().close()
        self._text = ""
        self._parts = []

    def readable(self):
        self._checkClosed()
        return True

    writable = seekable = readable

    @property
    def line_buffering(self):
        self._checkClosed()
        return False

    @property
    def newlines(self):
        self._checkClosed()
        return self._decoder.newlines

    def _length(self):
        return len(self._text) + sum(map(len, self._parts))

    def read(self, size=-1, /):
        self._checkClosed()
        size, text = _limit(size), self._joined()
        part = text[self._at :] if size < 0 else text[self._at : self._at + size]
        self._at += len(part)
        return part

    def readline(self, size=-1, /):
        self._checkClosed()
        size, text = _limit(size), self._joined()
        if self._at >= len(text):
            return ""
        if self._newline == "":
            ends = [text.find(end, self._at) for end in ("\n", "\r")]
            ends = [end for end in ends if end >= 0]
            end = min(ends) + 1 if ends else len(text)
            if text.startswith("\r\n", end - 1):
                end += 1
        else:
            mark = self._newline or "\n"
            end = text.find(mark, self._at)
            end = len(text) if end < 0 else end + len(mark)
        if size >= 0:
            end = min(end, self._at + size)
        line = text[self._at : end]
        self._at = end
        return line

    def write(self, text, /):
        self._checkClosed()
        if not isinstance(text, str):
            raise TypeError(f"string argument expected, got '{type(text).__name__}'")
        count = len(text)
        if self._newline in (None, ""):
            text = self._decoder.decode(text, final=True)
        elif self._newline != "\n":
            text = text.replace("\n", self._newline)
        if not text:
            return count
        if self._parts or self._at == len(self._text):
            if self._at == self._length():
                self._parts.append(text)
                self._at += len(text)
                return count
        whole = self._joined()
        if self._at > len(whole):
            whole += "\0" * (self._at - len(whole))
        self._text = whole[: self._at] + text + whole[self._at + len(text) :]
        self._at += len(text)
        return count

    def seek(self, offset, whence=SEEK_SET, /):
        self._checkClosed()
        if whence not in (0, 1, 2):
            raise ValueError(f"Invalid whence ({whence}, should be 0, 1 or 2)")
        if whence == SEEK_SET and offset < 0:
            raise ValueError(f"Negative seek position {offset}")
        if whence != SEEK_SET and offset:
            raise OSError("Can't do nonzero cur-relative seeks")
        if whence == SEEK_SET:
            self._at = offset
        elif whence == SEEK_END:
            self._at = self._length()
        return self._at

    def tell(self):
        self._checkClosed()
        return self._at

    def truncate(self, size=None, /):
        self._checkClosed()
        size = self._at if size is None else size.__index__()
        if size < 0:
            raise ValueError(f"Negative size value {size}")
        self._text = self._joined()[:size]
        return size


class _OfNative(type):
    """The class of classes that native files are instances of too."""

    def __instancecheck__(cls, value):
        return type.__instancecheck__(cls, value) or type(value) in cls._natives()

    def __subclasscheck__(cls, other):
        return type.__subclasscheck__(cls, other) or other in cls._natives()

    def _natives(cls):
        return _native_types.get(cls, ())


_native_types = {}


class _Buffered(_BufferedIOBase, metaclass=_OfNative):
    """A buffer around a raw stream."""

    def __init__(self, raw, buffer_size=DEFAULT_BUFFER_SIZE):
        if buffer_size <= 0:
            raise ValueError("buffer size must be strictly positive")
        self._check(raw)
        self.raw, self._size = raw, buffer_size
        self._ahead, self._pending = b"", bytearray()

    def __repr__(self):
        name = f"{type(self).__module__}.{type(self).__qualname__}"
        try:
            return f"<{name} name={self.name!r}>"
        except AttributeError:
            return f"<{name}>"

    @property
    def name(self):
        return self.raw.name

    @property
    def mode(self):
        return self.raw.mode

    @property
    def closed(self):
        return self.raw is None or self.raw.closed

    def fileno(self):
        return self.raw.fileno()

    def isatty(self):
        return self.raw.isatty()

    def seekable(self):
        return self.raw.seekable()

    def readable(self):
        return self.raw.readable()

    def writable(self):
        return self.raw.writable()

    def detach(self):
        if self.raw is None:
            raise ValueError("raw stream has been detached")
        self.flush()
        raw, self.raw = self.raw, None
        return raw

    def close(self):
        if self.raw is not None and not self.closed:
            try:
                self.flush()
            finally:
                self.raw.close()

    def flush(self):
        self._checkClosed("flush of closed file" if self._pending else None)
        while self._pending:
            count = self.raw.write(bytes(self._pending))
            if count is None:
                raise BlockingIOError(11, "write could not complete without blocking", 0)
            del self._pending[:count]

    def _fill(self):
        part = self.raw.read(self._size)
        if part:
            self._ahead += part
        return part

    def read(self, size=-1, /):
        size = _limit(size)
        if size < -1:
            raise ValueError("read length must be non-negative or -1")
        self._checkClosed("read of closed file")
        self.flush()
        if size < 0:
            parts = [self._ahead]
            self._ahead = b""
            while part := self.raw.read(self._size):
                parts.append(part)
            return b"".join(parts)
        while len(self._ahead) < size and self._fill():
            pass
        data, self._ahead = self._ahead[:size], self._ahead[size:]
        return data

    def read1(self, size=-1, /):
        self._checkClosed("read of closed file")
        self.flush()
        size = self._size if size < 0 else size
        if size and not self._ahead:
            self._ahead = self.raw.read(size) or b""
        data, self._ahead = self._ahead[:size], self._ahead[size:]
        return data

    def peek(self, size=0, /):
        self._checkClosed("peek of closed file")
        self.flush()
        if not self._ahead:
            self._fill()
        return self._ahead

    def readline(self, size=-1, /):
        size = _limit(size)
        self._checkClosed("readline of closed file")
        self.flush()
        start = 0
        while True:
            end = self._ahead.find(b"\n", start) + 1
            if end or 0 <= size <= len(self._ahead):
                break
            start = len(self._ahead)
            if not self._fill():
                end = len(self._ahead)
                break
        end = end or len(self._ahead)
        if size >= 0:
            end = min(end, size)
        line, self._ahead = self._ahead[:end], self._ahead[end:]
        return line

    def write(self, data, /):
        self._checkClosed("write to closed file")
        if isinstance(data, str):
            raise TypeError("can't write str to binary stream")
        data = memoryview(data).tobytes()
        if self._ahead:
            self.raw.seek(-len(self._ahead), SEEK_CUR)
            self._ahead = b""
        self._pending += data
        if len(self._pending) >= self._size:
            self.flush()
        return len(data)

    def seek(self, offset, whence=SEEK_SET, /):
        if whence not in (0, 1, 2):
            raise ValueError("invalid whence value")
        self._checkClosed("seek of closed file")
        self.flush()
        if whence == SEEK_CUR:
            offset -= len(self._ahead)
        at = self.raw.seek(offset, whence)
        self._ahead = b""
        return at

    def tell(self):
        return self.raw.tell() - len(self._ahead) + len(self._pending)

    def truncate(self, size=None, /):
        self.flush()
        return self.raw.truncate(self.tell() if size is None else size)


class BufferedReader(_Buffered):
    """A buffer around a raw stream that is read."""

    __module__ = "_io"

    def _check(self, raw):
        if not raw.readable():
            raise OSError("File or stream is not readable.")

    def writable(self):
        return False

    def write(self, data, /):
        self._unsupported("write")


class BufferedWriter(_Buffered):
    """A buffer around a raw stream that is written."""

    __module__ = "_io"

    def _check(self, raw):
        if not raw.writable():
            raise OSError("File or stream is not writable.")

    def readable(self):
        return False

    def read(self, size=-1, /):
        self._unsupported("read")

    read1 = peek = readline = read


class BufferedRandom(_Buffered):
    """A buffer around a raw stream that is read and written."""

    __module__ = "_io"

    def _check(self, raw):
        if not (raw.readable() and raw.writable() and raw.seekable()):
            raise UnsupportedOperation("File or stream is not seekable.")


class BufferedRWPair(_BufferedIOBase):
    """Two raw streams, one that is read and one that is written."""

    __module__ = "_io"

    def __init__(self, reader, writer, buffer_size=DEFAULT_BUFFER_SIZE):
        self.reader = BufferedReader(reader, buffer_size)
        self.writer = BufferedWriter(writer, buffer_size)
        for method in ("read", "read1", "peek", "readline", "readinto"):
            setattr(self, method, getattr(self.reader, method))
        self.write, self.flush = self.writer.write, self.writer.flush

    def readable(self):
        return self.reader.readable()

    def writable(self):
        return self.writer.writable()

    def close(self):
        try:
            self.writer.close()
        finally:
            self.reader.close()

    @property
    def closed(self):
        return self.writer.closed


class TextIOWrapper(_TextIOBase, metaclass=_OfNative):
    """Text on a stream of bytes."""

    __module__ = "_io"

    def __init__(
        self,
        buffer,
        encoding=None,
        errors=None,
        newline=None,
        line_buffering=False,
        write_through=False,
    ):
        if newline not in (None, "", "\n", "\r", "\r\n"):
            raise ValueError(f"illegal newline value: {newline}")
        if encoding in (None, "locale"):
            encoding = "utf-8"
        info = _codecs.lookup(encoding)
        if not info._is_text_encoding:
            raise LookupError(
                f"{encoding!r} is not a text encoding; use codecs.open() to handle arbitrary codecs"
            )
        self._buffer, self._encoding, self._errors = buffer, encoding, errors or "strict"
        self._newline = newline
        self._line_buffering, self._write_through = line_buffering, write_through
        decoder = info.incrementaldecoder(self._errors)
        if newline in (None, ""):
            decoder = IncrementalNewlineDecoder(decoder, newline is None)
        self._decoder, self._ahead = decoder, ""
        self._encoder = info.incrementalencoder(self._errors)

    def __repr__(self):
        shown = "<_io.TextIOWrapper"
        for name in ("name", "mode"):
            try:
                shown += f" {name}={getattr(self, name)!r}"
            except AttributeError:
                pass
        return f"{shown} encoding={self._encoding!r}>"

    encoding = property(lambda self: self._encoding)
    errors = property(lambda self: self._errors)
    buffer = property(lambda self: self._buffer)
    line_buffering = property(lambda self: self._line_buffering)
    write_through = property(lambda self: self._write_through)
    name = property(lambda self: self._buffer.name)
    newlines = property(lambda self: getattr(self._decoder, "newlines", None))

    @property
    def closed(self):
        return self._buffer is None or self._buffer.closed

    def reconfigure(self, *, encoding=None, errors=None, newline=..., line_buffering=None,
                    write_through=None):
        """Another way of writing text."""
        self.flush()
        self.__init__(
            self._buffer,
            encoding or self._encoding,
            errors or self._errors,
            self._newline if newline is ... else newline,
            self._line_buffering if line_buffering is None else line_buffering,
            self._write_through if write_through is None else write_through,
        )

    def fileno(self):
        return self._buffer.fileno()

    def isatty(self):
        return self._buffer.isatty()

    def readable(self):
        return self._buffer.readable()

    def writable(self):
        return self._buffer.writable()

    def seekable(self):
        return self._buffer.seekable()

    def detach(self):
        if self._buffer is None:
            raise ValueError("buffer is already detached")
        self.flush()
        buffer, self._buffer = self._buffer, None
        return buffer

    def flush(self):
        self._checkClosed()
        self._buffer.flush()

    def close(self):
        if self._buffer is not None and not self.closed:
            try:
                self.flush()
            finally:
                self._buffer.close()

    def write(self, text, /):
        self._checkClosed()
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        count, has_line = len(text), "\n" in text
        if self._newline in (None, "\r", "\r\n") and self._newline and has_line:
            text = text.replace("\n", self._newline)
        self._ahead = ""
        self._buffer.write(self._encoder.encode(text))
        if self._line_buffering and (has_line or "\r" in text) or self._write_through:
            self.flush()
        return count

    def _fill(self):
        read = getattr(self._buffer, "read1", self._buffer.read)
        data = read(8192)
        self._ahead += self._decoder.decode(data, not data)
        return bool(data)

    def read(self, size=-1, /):
        self._checkClosed()
        self._checkReadable("not readable")
        size = _limit(size)
        if size < 0:
            text = self._ahead + self._decoder.decode(self._buffer.read(), final=True)
            self._ahead = ""
            return text
        while len(self._ahead) < size and self._fill():
            pass
        text, self._ahead = self._ahead[:size], self._ahead[size:]
        return text

    def _line_end(self):
        text = self._ahead
        if self._newline == "":
            ends = [end for end in (text.find("\n"), text.find("\r")) if end >= 0]
            if not ends:
                return 0
            end = min(ends) + 1
            return end + 1 if text.startswith("\r\n", end - 1) else end
        mark = self._newline or "\n"
        end = text.find(mark)
        return 0 if end < 0 else end + len(mark)

    def readline(self, size=-1, /):
        self._checkClosed()
        self._checkReadable("not readable")
        size = _limit(size)
        while not (end := self._line_end()):
            if 0 <= size <= len(self._ahead) or not self._fill():
                end = self._line_end() or len(self._ahead)
                break
        if size >= 0:
            end = min(end, size)
        line, self._ahead = self._ahead[:end], self._ahead[end:]
        return line

    def seek(self, cookie, whence=SEEK_SET, /):
        self._checkClosed()
        if whence != SEEK_SET and cookie:
            kind = "cur" if whence == SEEK_CUR else "end"
            raise UnsupportedOperation(f"can't do nonzero {kind}-relative seeks")
        if whence == SEEK_CUR:
            cookie = self.tell()
            whence = SEEK_SET
        self.flush()
        at = self._buffer.seek(cookie, whence)
        self._ahead = ""
        self._decoder.reset()
        return at

    def tell(self):
        self._checkClosed()
        self.flush()
        ahead = len(self._ahead.encode(self._encoding, self._errors))
        return self._buffer.tell() - ahead

    def truncate(self, size=None, /):
        self.flush()
        return self._buffer.truncate(self.tell() if size is None else size)


def _open(file, mode, buffering, encoding, errors, newline, closefd, opener):
    """What `open` gives where the stream is not simply that of a named file."""
    text = "b" not in mode
    if not text and newline is not None:
        raise ValueError("binary mode doesn't take a newline argument")
    if not text and errors is not None:
        raise ValueError("binary mode doesn't take an errors argument")
    raw = FileIO(file, mode.replace("b", "").replace("t", ""), closefd, opener)
    try:
        if buffering == 0:
            if text:
                raise ValueError("can't have unbuffered text I/O")
            return raw
        line_buffering = text and (buffering == 1 or buffering < 0 and raw.isatty())
        size = buffering if buffering > 1 else DEFAULT_BUFFER_SIZE
        both = raw.readable() and raw.writable()
        kind = BufferedRandom if both else BufferedReader if raw.readable() else BufferedWriter
        buffer = kind(raw, size)
        if not text:
            return buffer
        wrapper = TextIOWrapper(buffer, encoding, errors, newline, line_buffering)
        wrapper.mode = mode
        return wrapper
    except:
        raw.close()
        raise


def _know_natives(text, reader, writer, random, streams):
    _native_types[TextIOWrapper] = (text, streams[0])
    _native_types[BufferedReader] = (reader,)
    _native_types[BufferedWriter] = (writer, streams[1])
    _native_types[BufferedRandom] = (random,)
