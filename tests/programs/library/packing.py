# `struct`, `memoryview`, `binascii`, and streams of bytes in memory.
import base64, binascii, io, struct

for format, values in [("<bBhHiIlLqQ", (-1, 255, -2, 65535, -3, 2**32 - 1, -4, 5, -6, 2**64 - 1)), (">if?d", (7, 1.5, True, -2.25)), ("@bhilq", (1, 2, 3, 4, 5)), ("3s2p4xc", (b"abcd", b"xyz", b"q")), ("=2h e", (1, -1, 0.5)), ("!Q", (1,))]:
    data = struct.pack(format, *values)
    print(format, struct.calcsize(format), data, struct.unpack(format, data))
buffer = bytearray(8)
struct.pack_into(">H", buffer, 3, 0x1234)
print(buffer, struct.unpack_from("<H", buffer, 3), list(struct.iter_unpack("<HH", buffer)), struct.Struct("2i").size)
for bad in (lambda: struct.pack("b", 200), lambda: struct.pack("i", "x"), lambda: struct.unpack("i", b"abc"), lambda: struct.pack("2i", 1), lambda: struct.calcsize("z"), lambda: struct.pack("<h", 40000)):
    try:
        bad()
    except struct.error as error:
        print(error)

view = memoryview(buffer)
view[0] = 65
view[1:3] = b"BC"
print(buffer, view[3], view[3:5].tobytes(), view[::2].tolist(), len(view), view.readonly, view.format, view.itemsize, view.shape, view.strides, view.ndim)
print(view == buffer, view[:3] == b"ABC", memoryview(b"ab") == memoryview(b"ab"), hash(memoryview(b"ab")) == hash(b"ab"), bytes(view[:2]), view.hex())
print(view.cast("H").tolist(), view.cast("I").format, view.toreadonly().readonly, b"".join([view[:1], b"x"]), 65 in view, view.obj is buffer)
for bad in (lambda: memoryview(b"a").__setitem__(0, 1), lambda: view[9], lambda: view.__setitem__(0, 300), lambda: memoryview(3), lambda: view.cast("z"), lambda: view.__setitem__(slice(0, 2), b"abc")):
    try:
        bad()
    except (TypeError, ValueError, IndexError) as error:
        print(type(error).__name__, error)
with memoryview(b"abc") as short:
    print(short[0])
try:
    short[0]
except ValueError as error:
    print(error)
print(sum(memoryview(b"\x01\x02")), list(reversed(memoryview(b"ab"))), memoryview(b"abcab").index(98), memoryview(b"abcab").count(97))

for data in (b"", b"a", b"ab", b"abc", bytes(range(40))):
    text = base64.b64encode(data)
    print(text, base64.b64decode(text) == data, binascii.hexlify(data), binascii.crc32(data))
print(base64.b32encode(b"hello"), base64.b85encode(b"hello"), base64.urlsafe_b64decode("-_8="), binascii.unhexlify("00fF"))
for bad in ("abc", "a"):
    try:
        base64.b64decode(bad)
    except binascii.Error as error:
        print(error)

stream = io.BytesIO(b"one\ntwo\nthree")
print(stream.readline(), stream.read(2), stream.tell(), stream.seek(-3, 2), stream.read(), stream.write(b"!"), stream.getvalue(), stream.truncate(4), stream.getvalue())
stream.seek(6)
stream.write(b"x")
print(stream.getvalue(), io.BytesIO(b"a\nb").readlines(), stream.closed, stream.close(), stream.closed)
text = io.StringIO("a\nb\r\nc", newline=None)
print(text.readlines(), text.newlines, text.getvalue(), text.seek(0), text.read(3), text.tell())
text = io.StringIO()
print(text.write("héllo"), text.seek(1), text.write("E"), text.getvalue(), text.truncate(2), text.getvalue(), isinstance(text, io.TextIOBase))
wrapped = io.TextIOWrapper(io.BytesIO("zwölf\r\nBoxkämpfer\n".encode()), encoding="utf-8")
print(list(wrapped), wrapped.encoding, wrapped.newlines)
reader = io.BufferedReader(io.BytesIO(b"abcdef"))
print(reader.peek(2)[:2], reader.read(3), reader.read1(), isinstance(reader, io.BufferedIOBase))
try:
    text.read(1, 2)
except TypeError as error:
    print("TypeError")
