"""Files of descriptors, and what is buffered how."""

import io
import os


def tell(work):
    try:
        print(work())
    except Exception as error:
        print(type(error).__name__, error)


reader, writer = os.pipe()
with open(writer, "w", buffering=1) as lines, open(reader, "rb", buffering=0) as raw:
    print(type(lines), type(raw), lines.line_buffering, raw.fileno() == reader)
    print(lines.write("one\n"), raw.read(100))
    lines.write("two")
    lines.flush()
    print(raw.read(100), lines.mode, lines.name == writer)
tell(lambda: os.close(reader))

reader, writer = os.pipe()
with open(writer, "wb") as out:
    print(isinstance(out, io.BufferedWriter), out.write(b"first\r\nsecond\nthird"))
with open(reader, newline="") as text:
    print(text.readlines())

reader, writer = os.pipe()
with open(writer, "w", closefd=False) as out:
    out.write("kept open")
os.close(writer)
print(open(reader).read())

opened = []


def opener(path, flags):
    opened.append(path)
    return os.open(path, flags)


with open("/dev/null", opener=opener) as nothing:
    print(repr(nothing.read()), opened)
tell(lambda: open(-1))
tell(lambda: open(1.5))
tell(lambda: open("/dev/null", "r", 0))
tell(lambda: open("/dev/null", "rb", newline="\n"))
tell(lambda: open("/dev/null", newline="x"))
tell(lambda: open("/dev/null", closefd=False))
