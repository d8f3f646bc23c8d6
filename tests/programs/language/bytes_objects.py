b = b"hello"
print(b, b[0], b[1:3], b[-1], len(b), list(b), b + b"!", b * 2, 104 in b, b"ll" in b, b == b"hello", b < b"help")
print(repr(b"a'b"), repr(b'"'), b"\x00\xff\n\t\\", bytes(3), bytes([1, 2]), bytes("é", "utf-8"), bytes(b"x"), bytes(range(5)), bytes())
print(b"a,b,,c".split(b","), b" a  b ".split(), b"a,b,c".rsplit(b",", 1), b"a b c".split(None, 1), b"a-b".partition(b"-"), b"a-b-c".rpartition(b"-"))
print(b"abc".find(b"c"), b"abc".find(99), b"abcabc".rfind(b"b"), b"abc".index(b"b"), b"aaa".count(b"a"), b"abc".startswith((b"x", b"a")), b"abc".endswith(b"c"))
print(b"abc".upper(), b"ABC".lower(), b"abc def".title(), b"abc".capitalize(), b"aBc".swapcase(), b"x".center(5, b"*"), b"x".ljust(3), b"x".rjust(3, b"."), b"-7".zfill(5))
print(b" x ".strip(), b"xax".strip(b"x"), b"abc".replace(b"b", b"ZZ"), b"abc".replace(b"", b"-"), b",".join([b"a", bytearray(b"b")]), b"a\tb".expandtabs(4), b"a\nb\r\nc".splitlines(), b"a\nb".splitlines(True))
print(b"abc".hex(), b"abcdef".hex(":"), b"abcdef".hex("-", 2), b"abcde".hex(" ", -2), bytes.fromhex("61 62 63"), bytearray.fromhex("ff"))
print(b"abc".isalpha(), b"a1".isalnum(), b"12".isdigit(), b" ".isspace(), b"AB".isupper(), b"ab".islower(), b"Ab".istitle(), b"\x80".isascii(), b"".isalpha())
print(b"abc".translate(bytes.maketrans(b"ab", b"xy")), b"abc".translate(None, b"b"), b"pre-x".removeprefix(b"pre-"), b"x.py".removesuffix(b".py"))
print(b"%s %d %b %c %x %r" % (b"a", 5, b"b", 65, 255, "é"), b"%5.2f|" % 3.14159, b"%(k)s" % {b"k": b"v"})
a = bytearray(b"abc")
a.append(100); a.extend(b"ef"); a.insert(0, 65); a += b"!"
print(a, a.pop(), a.pop(0), a, a[0], a[1:3])
a[0] = 122; a[1:3] = b"XYZ"; del a[-1]; del a[::2]
print(a, bytearray(3), bytearray("é", "utf-8"), bytearray([1, 2]), a == bytes(a), a.copy() is a)
a.reverse(); a.remove(a[0]); print(a); a *= 2; print(a); a.clear(); print(a, bool(a)); a.resize(2); print(a)
print({b"k": 1}[b"k"], hash(b"a") == hash(b"a"), b"" == "", b"abc"[::-1], b"a" in {b"a"}, bytes(bytearray(b"q")))
def attempt(*fs):
    for f in fs:
        try:
            print(f())
        except Exception as e:
            print(type(e).__name__, e)
attempt(lambda: b"a" + "a", lambda: b"a"[9], lambda: bytearray(b"a")[9], lambda: b"a"["x"], lambda: bytes("a"), lambda: bytes([256]), lambda: bytes(-1), lambda: bytes(1.5),
        lambda: bytes(["a"]), lambda: b"a".index(b"z"), lambda: b"".join(["a"]), lambda: b"a".split(b""), lambda: bytearray(b"").pop(), lambda: hash(bytearray()), lambda: bytes.fromhex("6"),
        lambda: bytes.fromhex("zz"), lambda: b"a".find("a"), lambda: "a" in b"a", lambda: 300 in b"a", lambda: bytearray(b"a").append(300), lambda: bytearray(b"a").remove(1), lambda: b"a".decode("ascii"),
        lambda: b"a" < "b", lambda: bytes(1, "a"), lambda: b"%d" % b"x", lambda: b"%b" % 1, lambda: b"a".startswith("a"), lambda: bytearray(b"ab").__setitem__(slice(0, 2, 1), 5))
