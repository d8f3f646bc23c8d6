print("a,b,,c".split(","), "a,b,,c".split(",", 1), " a  b c ".split(), " a  b c ".split(None, 1), "".split(), "".split(","))
print("a,b,,c".rsplit(","), "a,b,,c".rsplit(",", 1), " a  b c ".rsplit(None, 1), "x".rsplit(maxsplit=0), "  x y ".split(maxsplit=0))
print("a-b-c".partition("-"), "a-b-c".rpartition("-"), "abc".partition("x"), "abc".rpartition("x"))
print("hello world".title(), "they're bill's".title(), "ǆ ß ŉ".title(), "hELLO".capitalize(), "Hello".swapcase(), "ΑΣ ΑΣΑ".lower())
print("x".center(6) + "|", "xy".center(5, "*"), "x".ljust(3, "-"), "x".rjust(3, "-"), "-42".zfill(6), "+1".zfill(4), "abc".zfill(2))
print("Straße".casefold(), "ﬁ".casefold(), "İ".lower(), "ß".upper(), "ΟΔΟΣ".casefold())
print("banana".count("an"), "banana".count(""), "banana".count("a", 2), "banana".find("an", 2), "banana".rfind("an"), "banana".index("n", 3), "banana".find("x"))
print("banana".find("", 6), "banana".find("", 7), "banana".rfind(""), "aaa".count("aa"), "banana".count("a", -3, -1))
print("abc".startswith(("x", "ab")), "abc".endswith("bc", 1), "abc".startswith("b", 1), "abc".startswith("", 5), "abc".endswith(("c",), 0, 2))
print("a\nb\r\nc\x0bd\x85e\u2028f".splitlines(), "a\nb\n".splitlines(True), "\n".splitlines(), "".splitlines())
print("  x ".strip(), "xxabcxx".strip("x"), "abc".lstrip("ab"), "abc".rstrip("bc"), "\u3000x\x1c".strip())
print("ab".replace("", "-"), "aaaa".replace("aa", "b"), "aaa".replace("a", "b", 2), "äbä".replace("ä", "日"), "abc".replace("b", "", count=1))
print("abc".translate({97: "X", 98: None, 99: 100}), "abc".translate(str.maketrans("ab", "xy", "c")), str.maketrans({"a": 1}))
print("a\tbc\td".expandtabs(), "a\tb".expandtabs(4), "x\ny\tz".expandtabs(4))
print("prefix-x".removeprefix("prefix-"), "x.py".removesuffix(".py"), "x".removesuffix("xx"), "-".join(["a", "b"]), "".join([]), ",".join("é日"))
for s in ("abc", "ABC", "Abc", "a1", "12", "²", "½", "一", " \t", "", "a b", "Ab Cd", "x_1", "1x", "é", "\u0660", "ǅ"):
    print(ascii(s), *[int(getattr(s, "is" + n)()) for n in ("alnum", "alpha", "ascii", "decimal", "digit", "identifier", "lower", "numeric", "printable", "space", "title", "upper")])
print("{} {1}".format(1) if False else "{} {} {x}".format(1, "a", x=[1]), "{0}{1}{0}".format("a", "b"), "{0.real} {a[k]} {b[1]}".format(5, a={"k": 1}, b=[1, 2]))
print("{:>5}|{:<5}|{:^5}|{:*^7}|{!r:>6}|{:{w}.{p}f}".format(1, 2, 3, 4, "a", 3.14159, w=8, p=2), "{{}}".format(), "{!s} {!a}".format("é", "é"))
print("{x}-{y}".format_map({"x": 1, "y": 2}))
def attempt(*fs):
    for f in fs:
        try:
            print(f())
        except Exception as e:
            print(type(e).__name__, e)
attempt(lambda: "{} {0}".format(1, 2), lambda: "{0} {}".format(1, 2), lambda: "{}".format(), lambda: "{a}".format(), lambda: "{".format(1),
        lambda: "}".format(1), lambda: "{!x}".format(1), lambda: "{0[a}".format(1), lambda: "{:d}".format("a"), lambda: "{:.2d}".format(1),
        lambda: "a".split(""), lambda: "a".index("b"), lambda: "a".rindex("b"), lambda: "a".center(5, "ab"), lambda: "a".join([1]), lambda: "a".join(3),
        lambda: "a" + 1, lambda: 1 in "a", lambda: "abc"[5], lambda: "abc"["a"], lambda: "a".strip(1), lambda: "a".startswith(1), lambda: "a".startswith((1,)),
        lambda: "a".partition(""), lambda: "a".partition(1), lambda: "a".find(1), lambda: "a".upper(1), lambda: "a".replace("a"), lambda: str.upper(1),
        lambda: "a".split(1), lambda: "a".encode("nope"), lambda: "é".encode("ascii"), lambda: b"\xff".decode(), lambda: b"a\xe2\x28".decode(), lambda: "a".zfill("x"),
        lambda: chr(0x110000), lambda: ord("ab"), lambda: "a" * 2.0, lambda: "\ud800".encode(), lambda: "日本".encode("latin-1"))
print("é日😀".encode(), "é".encode("latin-1"), "aé".encode("ascii", "replace"), "aé".encode("ascii", "backslashreplace"), "é".encode("ascii", "xmlcharrefreplace"), "aé".encode("ascii", "ignore"))
print("a😀".encode("utf-16"), "a😀".encode("utf-16-be"), "a😀".encode("utf-32-le"), b"\xff\xfea\x00".decode("utf-16"), b"\x00a".decode("utf-16-be"))
print(b"a\xffb".decode("utf-8", "replace"), ascii(b"a\xffb".decode("utf-8", "surrogateescape")), b"a\xff".decode("utf-8", "ignore"), b"\xff".decode("latin-1"), b"a\xff".decode("ascii", "backslashreplace"))
print("abcdef"[::-1], "abcdef"[1:-1:2], "abc"[5:], "日本語"[1], "日本語"[-1:], "abc" < "abd", "a" * 3, 3 * "é", "" * 5)
print(repr("a'b"), repr('a"b'), repr("a'b\"c"), repr("\x00\x7f\xa0\u200b\ud800\U0001f600\xad\u0378"), str(b"x", "ascii"), str(), str(object=5))
print("%s %r %a %d %5d|%-5d|%05d %+d %x %X %#x %o %e %.3f %g %c %c %%" % ("s", "r", "é", 42, 42, 42, 42, 42, 255, 255, 255, 8, 12345.678, 3.14159, 1e10, "c", 100))
print("%(a)s %(b)05.1f" % {"a": 1, "b": 2.25}, "%*d|%-*d|%.*f" % (5, 1, 4, 2, 2, 3.14159), "%.2s" % "abc", "%5.3d" % 7, "%s" % (1,), "%s" % [1, 2])
attempt(lambda: "%d" % "a", lambda: "%s %s" % 1, lambda: "%s" % (1, 2), lambda: "%(a)s" % 1, lambda: "%q" % 1, lambda: "%" % 1, lambda: "%c" % "ab", lambda: "%x" % 1.5, lambda: "%(a" % {}, lambda: "a" % 1, lambda: "%f" % "x")
