"""Classes derived from int, float, str, tuple, list, dict, set, exceptions: content, attributes, __new__."""


class Celsius(float):
    def __new__(cls, value, label="C"):
        self = super().__new__(cls, value)
        self.label = label
        return self

    def shown(self):
        return f"{self:.1f}{self.label}"


c = Celsius(20.5)
print(c.shown(), c + 1, type(c + 1).__name__, c == 20.5, hash(c) == hash(20.5), type(c).__name__)


class Number(int):
    def __add__(self, other):
        return Number(int.__add__(self, other))

    def __repr__(self):
        return f"Number({int(self)})"


n = Number(5)
n.note = "five"
print(n, n + 1, n.note, n * 2, type(n * 2).__name__, [1, 2, 3, 4, 5, 6][n], {5: "x"}[n], n == 5)
print(Number("12"), isinstance(n, int), Number(10**30), n < 6, -n, bool(Number(0)), vars(n))
print(sum([Number(1), Number(2)]), max(Number(3), 2), range(n)[2], "ab" * Number(2))


class Name(str):
    def __new__(cls, text):
        return str.__new__(cls, text.upper())

    def greet(self):
        return "hello " + self


name = Name("bob")
name.extra = [1]
print(name, name.greet(), len(name), name == "BOB", {"BOB": 1}[name], name.extra, type(name).__name__)
print(name.lower(), type(name.lower()).__name__, name[0], repr(name), f"{name:>5}", name + "!")


class Pair(tuple):
    def __new__(cls, a, b):
        return super().__new__(cls, (a, b))

    @property
    def first(self):
        return self[0]


p = Pair(1, 2)
p.tag = "t"
a, b = p
print(p, p.first, a, b, p == (1, 2), len(p), p.tag, hash(p) == hash((1, 2)), p + (3,), isinstance(p, Pair))


class Closed(tuple):
    __slots__ = ()

    @property
    def first(self):
        return self[0]


c = Closed((1, 2))
print(c.first, c)
try:
    c.x = 1
except AttributeError as e:
    print(e)
try:
    class T(tuple):
        __slots__ = ("a",)
except TypeError as e:
    print(e)


class Stack(list):
    def __init__(self, *items, limit=3):
        super().__init__(items)
        self.limit = limit

    def push(self, x):
        if len(self) >= self.limit:
            raise OverflowError("full")
        self.append(x)


s = Stack(1, 2, limit=4)
s.push(3)
s.push(4)
print(s, s.limit, s == [1, 2, 3, 4], sorted(s, reverse=True), s.__dict__)
try:
    s.push(5)
except OverflowError as e:
    print(e)
s.__init__(9)
print(s, s.limit)


class Registry(dict):
    def __init__(self, default, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.default = default

    def __missing__(self, key):
        self[key] = made = self.default()
        return made


r = Registry(list, {"a": [1]}, b=[2])
r["c"].append(3)
print(r, r.default is list, len(r), "c" in r, r.get("d"))


class Tags(set):
    def __init__(self, *names):
        super().__init__(names)
        self.count = len(names)


t = Tags("x", "y", "x")
print(sorted(t), t.count, t | {"z"} == {"x", "y", "z"})


class Problem(Exception):
    def __init__(self, code, text):
        super().__init__(text)
        self.code = code


try:
    raise Problem(7, "bad")
except Problem as e:
    print(e, e.code, e.args, e.__dict__)


class Coded(ValueError):
    def __new__(cls, code):
        self = super().__new__(cls, code)
        self.code = code
        return self


print(Coded(3).code, repr(Coded(4)))


class Frozen(frozenset):
    label = "f"


f = Frozen([1, 2])
f.more = 1
print(sorted(f), f.label, f.more, hash(f) == hash(frozenset([1, 2])))


class Data(bytes):
    def head(self):
        return self[:2]


d = Data(b"hello")
d.x = 1
print(d.head(), d, d.x)


class Both(Number):
    pass


b = Both(3)
b.note = "n"
print(b + 4, b.note, b)
for i in range(3):
    n = Number(i)
    n.mark = i
print(n.mark, hasattr(Number(1), "mark"))


class Letter(str):
    pass


# One letter, of which the plain string may be shared.
for text in ("a", "é", ""):
    letter = Letter(text)
    letter.kept = text
    print(type(letter).__name__, letter == text, letter.kept, type(text).__name__)
