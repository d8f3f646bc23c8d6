# `re`: patterns of every construct, on strings of every width and on bytes.
import re

CASES = [
    (r"a", "xaya"), (r"a*", "aab"), (r"(a|b)*c", "ababc"), (r"(a)|(b)", "b"),
    (r"(?P<y>\d{4})-(?P<m>\d\d)", "on 2024-07 it"), (r"^\w+$", "one\ntwo"), (r"(?m)^\w+$", "one\ntwo"),
    (r"\bfoo\b", "a foo b"), (r"\Bfoo", "afoo"), (r"(?i)HeLLo", "hEllO"), (r"(?s)a.b", "a\nb"), (r"a.b", "a\nb"),
    (r"(\w)\1", "abccd"), (r"(?P<q>['\"]).*?(?P=q)", "x 'it' \"y\""), (r"a{2,3}", "aaaa"), (r"a{2,3}?", "aaaa"),
    (r"(?:ab)+", "ababx"), (r"(?:ab)+?b", "abb"), (r"(?=ab)a", "ab"), (r"(?!ab)a", "abac"), (r"(?<=a)b", "ab"), (r"(?<!a)b", "abcb"),
    (r"(a)?(?(1)b|c)", "ab"), (r"(a)?(?(1)b|c)", "c"), (r"(?>a+)b", "aaab"), (r"(?>a+)ab", "aaab"), (r"a++b", "aab"), (r"a*+a", "aaa"),
    (r"(?:a|b)*+c", "ababc"), (r"[^a-c]+", "abcxyz"), (r"[\d_-]+", "a-1_2"), (r"[\u4e00-\u9fff]+", "汉字 abc"), (r"\d+", "٣٤ 12"), (r"(?a)\d+", "٣٤ 12"),
    (r"(?i)straße", "STRASSE straße"), (r"(?i)[а-я]+", "ПРИВЕТ"), (r"(?i)é", "É"), (r"😀+", "x😀😀y"), (r"(a+)+b", "aaaaaaaab"), (r"((a)|b)*", "ab"),
    (r"(?:(a)|b)*", "ab"), (r"(a*)*", "aa"), (r"(a*)+", "b"), (r"(|a)+", "aaa"), (r"x*", "axb"), (r"\Aab\Z", "ab"), (r"$", "a\n"), (r"(?x) a b # c", "ab"),
    (r"[]]", "]"), (r"[\w.+-]+@[\w-]+\.[\w.]+", "me@x.org, you@y.com"), (r"(\d+)(?:px|em)(?=;)", "12px; 3em;"), (r"(?i:a)B", "aB AB"), (r"(?-i:a)b", "ab"),
    (r"\s*(?:,\s*)*", "  , ,x"), (r"(.)(.)(.)?", "ab"), (r"[a-z]*?$", "abc"), (r"(?:x(?:y|$))+", "xyxyx"), (r"(ab|a)(bc|c)?", "abc"),
]
for pattern, text in CASES:
    compiled = re.compile(pattern)
    print(pattern, [(m.span(), m.groups(), m.lastindex) for m in compiled.finditer(text)])
    print("   ", compiled.findall(text), compiled.split(text), compiled.match(text), compiled.fullmatch(text), compiled.search(text, 1))

m = re.match(r"(?P<first>\w+) (?P<second>\w+)?", "Isaac ")
print(m, m.groupdict(), m.groupdict("?"), m["first"], m.lastgroup, m.regs, m.span("second"), m.start(), m.end(1), m.expand(r"\g<first>-\2!"))
print(m.re, m.string, m.pos, m.endpos, m.group(0, 1))
for bad in ("no", 7):
    try:
        m.group(bad)
    except IndexError as error:
        print(error)

print(re.sub(r"(\w+) (\w+)", r"\2 \1", "hello world, good day"), re.sub("a", lambda m: m.group().upper(), "banana", count=2))
print(re.subn("x*", "-", "abxd"), re.sub("", "-", "ab"), re.sub(b"a", rb"\g<0>!", b"bab"), re.sub("é", "汉", "née"))
print(re.split(r"(,)\s*", "a, b,c", maxsplit=1), re.split("", "abc"), re.escape("a.b*c"), re.findall(r"(\w)(\d)?", "a1b"))
print(re.compile("a", re.I | re.M), re.compile(b"x", re.A), repr(re.compile("x" * 3, re.X)), re.compile("a") == re.compile("a"), re.compile("(?P<n>a)").groupindex)
print(re.compile(r"\d").sub("#", "a1b22"), re.fullmatch("a|ab", "ab"), re.match("(a)(b)?", "a").groups("-"))
scanner = re.compile(r"\w").scanner("ab c")
print(scanner.match(), scanner.match(), scanner.match(), re.purge())
for pattern in ["(", "[", "a**", "(?P<1>a)", r"\1", "(?<=a*)b", "a{3,1}", "(?z)"]:
    try:
        re.compile(pattern)
    except re.error as error:
        print(pattern, "->", error, error.pos)
for call in (lambda: re.search("a", b"a"), lambda: re.search(b"a", "a"), lambda: re.search("a", 3)):
    try:
        call()
    except TypeError as error:
        print(error)
print(len(re.match(r"(?:a|b)*", "ab" * 50000).group()), re.match(r"(a?)*?b", "a" * 500 + "b").end())
