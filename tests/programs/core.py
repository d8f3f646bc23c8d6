"""A walk through the core of the language: functions, classes, exceptions, containers."""


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def collect(first, *rest, key=None, **options):
    return first, rest, key, options


def counter():
    count = 0

    def step(by=1):
        nonlocal count
        count += by
        return count

    return step


class Shape:
    sides = 0

    def __init__(self, name):
        self.name = name

    def __repr__(self):
        return f"{type(self).__name__}({self.name!r})"

    @property
    def title(self):
        return self.name.upper()

    @classmethod
    def make(cls, name):
        return cls(name)

    @staticmethod
    def unit():
        return "cm"


class Square(Shape):
    sides = 4

    def __init__(self, name, edge):
        super().__init__(name)
        self.edge = edge

    def __add__(self, other):
        return Square(self.name + other.name, self.edge + other.edge)

    def __eq__(self, other):
        return self.edge == other.edge

    def __getitem__(self, index):
        if index >= self.sides:
            raise IndexError(index)
        return self.edge


def divide(left, right):
    try:
        return left / right
    except ZeroDivisionError as error:
        return f"caught {error}"
    finally:
        print("divided")


print([fib(n) for n in range(15)])
print(collect(1), collect(1, 2, 3, key=4, other=5), collect(*[1, 2], **{"z": 3}))
step = counter()
print(step(), step(10), step(by=100))
square = Square("a", 3) + Square("b", 4)
print(square, square.title, square.edge, list(square), Shape.make("s"), Shape.unit(), square == Square("x", 7))
print(divide(1, 4), divide(1, 0))
print({"one": 1, 2: [3, (4,)], None: True}, {k: v for k, v in zip("abc", range(3))})
first, *middle, last = range(6)
print(first, middle, last, middle[::-1], "selvedge"[2:-2], [1, 2, 3, 4][1::2])
print(2**200, -7 // 2, -7 % 3, 7 / 2, 1e16, 0.1 + 0.2, 10**20 // 3, -(2**70), 5 & 3 | 8 ^ 1)
print(1 < 2 < 3, 1 < 3 > 5, not 0, None is None, 3 in [1, 2, 3], "x" not in "abc", 1 and [] or "end")
print(f"{3.14159:.2f} {42:>6} {255:#x} {'mid':*^9} {1234567:,} {True!r:>6}", "%s is %d%%" % ("half", 50))
print(sorted(["pear", "fig", "apple"], key=len, reverse=True), max(3, 9, 4), sum(range(101)), min("hello"))
for number in range(2, 12):
    for divisor in range(2, number):
        if number % divisor == 0:
            break
    else:
        print(number, end=" ")
print()
try:
    try:
        {}["missing"]
    except KeyError as error:
        raise RuntimeError("no luck") from error
except RuntimeError as error:
    print(repr(error), repr(error.__cause__))
try:
    square.nothing
except AttributeError as error:
    print(error)
try:
    collect()
except TypeError as error:
    print(error)


class Guard:
    def __enter__(self):
        print("enter")
        return self

    def __exit__(self, kind, error, trace):
        print("exit", kind.__name__ if kind else None)
        return kind is ValueError


with Guard() as guard:
    raise ValueError("swallowed")
with Guard():
    print("inside")
