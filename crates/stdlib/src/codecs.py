"""The codecs: by name, from functions that programs register."""

_search_functions = []
_known = {}
_error_handlers = {}


def register(search_function, /):
    """Adds a function that finds codecs by name."""
    if not callable(search_function):
        raise TypeError("argument must be callable")
    _search_functions.append(search_function)


def unregister(search_function, /):
    """Takes a function away that finds codecs by name."""
    if search_function in _search_functions:
        _search_functions.remove(search_function)
        _known.clear()


def lookup(encoding, /):
    """The codec of this name."""
    if not isinstance(encoding, str):
        raise TypeError(f"lookup() argument must be str, not {type(encoding).__name__}")
    if "\0" in encoding:
        raise ValueError("embedded null character")
    name = encoding.lower().replace(" ", "-")
    if name in _known:
        return _known[name]
    if not _search_functions:
        import encodings
    for function in _search_functions:
        found = function(name)
        if found is not None:
            if not isinstance(found, tuple) or len(found) != 4:
                raise TypeError("codec search functions must return 4-tuples")
            _known[name] = found
            return found
    raise LookupError(f"unknown encoding: {encoding}")


def _forget_codec(encoding, /):
    _known.pop(encoding, None)


def encode(obj, encoding="utf-8", errors="strict"):
    """What the codec makes of `obj`."""
    return lookup(encoding)[0](obj, errors)[0]


def decode(obj, encoding="utf-8", errors="strict"):
    """What the codec makes of bytes."""
    return lookup(encoding)[1](obj, errors)[0]


def register_error(name, handler, /):
    """Adds a way of treating what cannot be encoded or decoded."""
    if not callable(handler):
        raise TypeError("handler must be callable")
    _error_handlers[name] = handler


def lookup_error(name, /):
    """The way of this name of treating what cannot be encoded or decoded."""
    try:
        return _error_handlers[name]
    except KeyError:
        raise LookupError(f"unknown error handler name '{name}'") from None


def _parts(error):
    if not isinstance(error, UnicodeError):
        raise TypeError(f"codec must pass exception instance")
    return error.object[error.start : error.end]


def _strict(error):
    if isinstance(error, Exception):
        raise error
    raise TypeError("codec must pass exception instance")


def _ignore(error):
    _parts(error)
    return "", error.end


def _replace(error):
    count = len(_parts(error))
    if isinstance(error, UnicodeEncodeError):
        return "?" * count, error.end
    if isinstance(error, UnicodeDecodeError):
        return "\ufffd", error.end
    return "\ufffd" * count, error.end


def _xmlcharrefreplace(error):
    if not isinstance(error, UnicodeEncodeError):
        raise TypeError(f"don't know how to handle {type(error).__name__} in error callback")
    return "".join(f"&#{ord(c)};" for c in _parts(error)), error.end


def _backslashreplace(error):
    part = _parts(error)
    if isinstance(part, bytes):
        return "".join(f"\\x{byte:02x}" for byte in part), error.end
    return "".join(ascii(c)[1:-1] if ord(c) > 127 else f"\\x{ord(c):02x}" for c in part), error.end


def _namereplace(error):
    if not isinstance(error, UnicodeEncodeError):
        raise TypeError(f"don't know how to handle {type(error).__name__} in error callback")
    from unicodedata import name

    out = []
    for c in _parts(error):
        shown = name(c, None)
        out.append(f"\\N{{{shown}}}" if shown else ascii(c)[1:-1])
    return "".join(out), error.end


def _surrogateescape(error):
    part = _parts(error)
    if isinstance(error, UnicodeEncodeError):
        if all("\udc80" <= c <= "\udcff" for c in part):
            return bytes(ord(c) - 0xDC00 for c in part), error.end
    elif isinstance(error, UnicodeDecodeError):
        high = [byte for byte in part if byte >= 128]
        if len(high) == len(part):
            return "".join(chr(0xDC00 + byte) for byte in high), error.end
    else:
        raise TypeError(f"don't know how to handle {type(error).__name__} in error callback")
    raise error


def _surrogatepass(error):
    part = _parts(error)
    if isinstance(error, UnicodeEncodeError):
        return part.encode(error.encoding, "surrogatepass"), error.end
    if isinstance(error, UnicodeDecodeError):
        return part.decode(error.encoding, "surrogatepass"), error.end
    raise TypeError(f"don't know how to handle {type(error).__name__} in error callback")


for _name, _handler in {
    "strict": _strict,
    "ignore": _ignore,
    "replace": _replace,
    "xmlcharrefreplace": _xmlcharrefreplace,
    "backslashreplace": _backslashreplace,
    "namereplace": _namereplace,
    "surrogateescape": _surrogateescape,
    "surrogatepass": _surrogatepass,
}.items():
    register_error(_name, _handler)


def _pair(name):
    def encoder(string, errors="strict", /):
        return string.encode(name, errors or "strict"), len(string)

    def decoder(data, errors="strict", final=False, /):
        data = bytes(data)
        if final or errors not in (None, "strict"):
            return data.decode(name, errors or "strict"), len(data)
        try:
            return data.decode(name), len(data)
        except UnicodeDecodeError as error:
            # What breaks off at the end may go on in the next piece.
            if error.end < len(data) or not _is_unfinished(error):
                raise
            return data[: error.start].decode(name), error.start

    # Where classes have them, they are not to become methods.
    return staticmethod(encoder), staticmethod(decoder)


def _is_unfinished(error):
    return "unexpected end" in error.reason or "truncated" in error.reason


utf_8_encode, utf_8_decode = _pair("utf-8")
utf_16_encode, utf_16_decode = _pair("utf-16")
utf_16_le_encode, utf_16_le_decode = _pair("utf-16-le")
utf_16_be_encode, utf_16_be_decode = _pair("utf-16-be")
utf_32_encode, utf_32_decode = _pair("utf-32")
utf_32_le_encode, utf_32_le_decode = _pair("utf-32-le")
utf_32_be_encode, utf_32_be_decode = _pair("utf-32-be")
ascii_encode, ascii_decode = _pair("ascii")
latin_1_encode, latin_1_decode = _pair("latin-1")


def _ex_decoder(little, big, unit):
    def decode(data, errors="strict", order=0, final=False, /):
        data = bytes(data)
        start = 0
        if order == 0:
            marks = {b"\xff\xfe" + b"\0" * (unit - 2): -1, b"\0" * (unit - 2) + b"\xfe\xff": 1}
            order = marks.get(data[:unit], 0)
            start = unit if order else 0
        text, used = (big if order > 0 else little)(data[start:], errors, final)
        return text, used + start, order

    return staticmethod(decode)


utf_16_ex_decode = _ex_decoder(utf_16_le_decode, utf_16_be_decode, 2)
utf_32_ex_decode = _ex_decoder(utf_32_le_decode, utf_32_be_decode, 4)


@staticmethod
def charmap_build(decoding_table, /):
    """The characters of a table, by their places."""
    return {ord(c): place for place, c in enumerate(decoding_table) if c != "\ufffe"}


@staticmethod
def charmap_decode(data, errors="strict", mapping=None, /):
    """Text of bytes that a table maps."""
    data = bytes(data)
    if mapping is None:
        return data.decode("latin-1"), len(data)
    out = []
    for place, byte in enumerate(data):
        try:
            c = mapping[byte]
        except LookupError:
            c = None
        if isinstance(c, int):
            c = chr(c)
        if c is None or c == "\ufffe":
            error = UnicodeDecodeError(
                "charmap", data, place, place + 1, "character maps to <undefined>"
            )
            c, _ = lookup_error(errors)(error)
        out.append(c)
    return "".join(out), len(data)


@staticmethod
def charmap_encode(text, errors="strict", mapping=None, /):
    """Bytes of text that a table maps."""
    if mapping is None:
        return text.encode("latin-1", errors), len(text)
    out = bytearray()

    def put(c):
        try:
            value = mapping[ord(c)]
        except LookupError:
            return False
        if value is None:
            return False
        out.extend(value if isinstance(value, bytes) else (value,))
        return True

    for place, c in enumerate(text):
        if put(c):
            continue
        error = UnicodeEncodeError(
            "charmap", text, place, place + 1, "character maps to <undefined>"
        )
        replacement, _ = lookup_error(errors)(error)
        if isinstance(replacement, bytes):
            out.extend(replacement)
        elif not all(map(put, replacement)):
            raise error
    return bytes(out), len(text)


@staticmethod
def escape_encode(data, errors="strict", /):
    """Bytes as they stand in a literal."""
    shown = repr(bytes(data)).encode("ascii")
    quote = shown[1:2]
    body = shown[2:-1]
    if quote == b'"':
        body = body.replace(b"'", b"\\'")
    return body, len(data)


@staticmethod
def readbuffer_encode(data, errors="strict", /):
    """The bytes of anything that has some."""
    data = data.encode() if isinstance(data, str) else bytes(data)
    return data, len(data)


@staticmethod
def unicode_escape_encode(text, errors="strict", /):
    """Text as it stands in a literal."""
    out = []
    for c in text:
        point = ord(c)
        if c in "\\\t\r\n":
            out.append({"\\": "\\\\", "\t": "\\t", "\r": "\\r", "\n": "\\n"}[c])
        elif 32 <= point < 127:
            out.append(c)
        elif point < 256:
            out.append(f"\\x{point:02x}")
        elif point < 0x10000:
            out.append(f"\\u{point:04x}")
        else:
            out.append(f"\\U{point:08x}")
    return "".join(out).encode("ascii"), len(text)


@staticmethod
def raw_unicode_escape_encode(text, errors="strict", /):
    """Text as it stands in a raw literal."""
    out = bytearray()
    for c in text:
        point = ord(c)
        if point < 256:
            out.append(point)
        else:
            out += (f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}").encode("ascii")
    return bytes(out), len(text)


_SIMPLE = {
    "\\": "\\", "'": "'", '"': '"', "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r",
    "t": "\t", "v": "\v", "\n": "",
}
_DIGITS = {"x": 2, "u": 4, "U": 8}


def _unescape(data, errors, kinds, codec, simple):
    text = data if isinstance(data, str) else bytes(data).decode("latin-1")
    out, at = [], 0
    while at < len(text):
        c = text[at]
        if c != "\\" or at + 1 == len(text):
            if c == "\\" and simple:
                raise UnicodeDecodeError(
                    codec, text.encode("latin-1"), at, at + 1, "\\ at end of string"
                )
            out.append(c)
            at += 1
            continue
        kind = text[at + 1]
        if kind in kinds:
            width = _DIGITS[kind]
            digits = text[at + 2 : at + 2 + width]
            try:
                if len(digits) < width:
                    raise ValueError
                out.append(chr(int(digits, 16)))
            except ValueError:
                raise UnicodeDecodeError(
                    codec,
                    text.encode("latin-1"),
                    at,
                    at + 2 + len(digits),
                    f"truncated \\{kind}{'X' * width} escape",
                ) from None
            at += 2 + width
        elif simple and kind in _SIMPLE:
            out.append(_SIMPLE[kind])
            at += 2
        elif simple and kind in "01234567":
            end = at + 1
            while end < at + 4 and text[end : end + 1] in tuple("01234567"):
                end += 1
            out.append(chr(int(text[at + 1 : end], 8)))
            at = end
        else:
            out.append(text[at : at + 2])
            at += 2
    return "".join(out), len(text)


@staticmethod
def unicode_escape_decode(data, errors="strict", final=True, /):
    """Text that stands in a literal."""
    return _unescape(data, errors, "xuU", "unicodeescape", True)


@staticmethod
def raw_unicode_escape_decode(data, errors="strict", final=True, /):
    """Text that stands in a raw literal."""
    return _unescape(data, errors, "uU", "rawunicodeescape", False)


@staticmethod
def escape_decode(data, errors="strict", /):
    """Bytes that stand in a literal."""
    text, used = _unescape(data, errors, "x", "escape", True)
    return text.encode("latin-1"), used
