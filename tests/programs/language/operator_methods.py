"""Operators of classes: which methods are asked, in which order, how often, and what comes of it."""


class Asked:
    def __init__(self, name, answers=True):
        self.name = name
        self.answers = answers

    def answer(self, method, other):
        shown = getattr(other, "name", other)
        print(self.name, method, shown)
        return f"{self.name}.{method}" if self.answers else NotImplemented

    def __add__(self, other):
        return self.answer("add", other)

    def __radd__(self, other):
        return self.answer("radd", other)

    def __mul__(self, other=7):
        return self.answer("mul", other)

    def __pow__(self, other, modulo=None):
        return self.answer("pow", other)

    def __and__(self, other):
        return self.answer("and", other)

    def __getitem__(self, key):
        return self.answer("getitem", key)


class Other(Asked):
    def __add__(self, other):
        return self.answer("other add", other)


class Unrelated:
    name = "unrelated"

    def __radd__(self, other):
        print("unrelated radd", other.name)
        return 5


class Silent:
    name = "silent"

    def __add__(self, other):
        print("silent add")
        return NotImplemented

    def __radd__(self, other):
        print("silent radd")
        return NotImplemented


class Silent2(Silent):
    pass


def attempt(what):
    try:
        print("->", what())
    except TypeError as error:
        print("TypeError:", error)


yes, no = Asked("yes"), Asked("no", False)
attempt(lambda: yes + 1)
attempt(lambda: 1 + yes)
attempt(lambda: no + 1)
attempt(lambda: 1 + no)
attempt(lambda: no + no)
attempt(lambda: no + Asked("third"))
attempt(lambda: yes + Other("other"))
attempt(lambda: no + Other("other", False))
attempt(lambda: no + Unrelated())
attempt(lambda: Silent() + Silent())
attempt(lambda: Silent() + Unrelated())
attempt(lambda: Silent() + Asked("asked", False))
attempt(lambda: Silent() + Silent2())
attempt(lambda: yes * 3)
attempt(lambda: yes ** 2)
attempt(lambda: no ** 2)
attempt(lambda: yes & 3)
attempt(lambda: yes & yes)
attempt(lambda: yes[4])
attempt(lambda: no[4])


def inplace(thing, other):
    thing += other
    return thing


attempt(lambda: inplace(yes, 2))
attempt(lambda: inplace(no, 2))
attempt(lambda: inplace(no, "text"))
attempt(lambda: inplace(no, Unrelated()))


class Vector:
    def __init__(self, *parts):
        self.parts = parts

    def __add__(self, other):
        return Vector(*[a + b for a, b in zip(self.parts, other.parts)])

    def __sub__(self, other):
        return self + other * -1

    def __mul__(self, factor):
        return Vector(*(part * factor for part in self.parts))

    def __getitem__(self, at):
        return self.parts[at]

    def __repr__(self):
        return f"Vector{self.parts}"


def chain(vectors):
    total = Vector(0, 0)
    for vector in vectors:
        total = total + vector * 2 - vector
        yield total[0] + total[1]


print(*chain([Vector(1, 2), Vector(3, 4), Vector(5, 6)]))


class Lazy:
    def __add__(self, other):
        yield self
        yield other

    async def __sub__(self, other):
        return other


print(list(Lazy() + 3)[1])
coroutine = Lazy() - 3
print(type(coroutine).__name__)
coroutine.close()


class Broken:
    def __add__(self, other):
        raise ValueError(other)

    def __getitem__(self, key):
        return self.missing[key]


for broken in (lambda: Broken() + 9, lambda: 1 + (Broken() + "x")):
    try:
        broken()
    except ValueError as error:
        print("ValueError", error)
try:
    Broken()[1]
except AttributeError as error:
    print("AttributeError", error)


class Changing:
    def __add__(self, other):
        return "first"


changing = Changing()
for number in range(4):
    print(changing + number)
    if number == 1:
        Changing.__add__ = lambda self, other: ("second", other)
    if number == 2:
        del Changing.__add__
        Changing.__add__ = NotImplemented
        try:
            changing + 1
        except TypeError as error:
            print("TypeError", error)
        Changing.__add__ = len
        try:
            changing + 1
        except TypeError as error:
            print("TypeError", error)
        Changing.__add__ = staticmethod(lambda other: ("static", other))


class Deep:
    def __add__(self, other):
        return self + other


try:
    Deep() + 1
except RecursionError as error:
    print("RecursionError", str(error)[:32])
