"""Attributes of instances: slots by shape, dictionaries on demand, caches that notice changes."""


class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y

    def norm(self):
        return self.x * self.x + self.y * self.y


def total(points):
    result = 0
    for p in points:
        result += p.norm() + p.x
    return result


points = [Point(i, i + 1) for i in range(5)]
print(total(points))

# The same instruction sees different shapes.
odd = Point(1, 2)
odd.z = 3
late = Point.__new__(Point)
late.y = 1
late.x = 2
print(total([odd, late] + points), sorted(vars(odd)), list(late.__dict__))

# An attribute of the instance comes before a method, and a data descriptor before both.
odd.norm = lambda: 100
print(total([odd]))
Point.norm = property(lambda self: (lambda: 7))
print(total([odd]), total(points))


def norm(self):
    return 1


Point.norm = norm
print(total([odd]), total(points))
del Point.norm
try:
    total(points)
except AttributeError as e:
    print(e)
print(total([odd]))


# Changing a base is seen through the derived class.
class Base:
    kind = "base"

    def who(self):
        return "base"


class Derived(Base):
    pass


def ask(value):
    return value.kind, value.who()


d = Derived()
for step in range(4):
    if step == 1:
        Base.kind = "changed"
    if step == 2:
        Base.who = lambda self: "changed too"
    if step == 3:
        Derived.kind = "own"
    print(ask(d), Derived.kind)
del Derived.kind
print(ask(d))

# Class attributes that count.
class Counter:
    count = 0
    items = []

    def __init__(self):
        Counter.count += 1
        self.number = self.count


print([Counter().number for _ in range(5)], Counter.count)

# Deleting, in and out of order.
p = Point(1, 2)
p.z = 3
del p.z
print(vars(p))
p = Point(1, 2)
del p.x
print(p.__dict__, hasattr(p, "x"))
p.x = 5
print(p.__dict__, p.x, p.y)
for name in ("x", "nothing"):
    try:
        delattr(p, name)
        print("deleted", name)
    except AttributeError as e:
        print(e)

# The dictionary and the attributes are the same.
p = Point(1, 2)
d = p.__dict__
d["w"] = 4
p.v = 5
print(p.w, d, p.__dict__ is d)
p.__dict__ = {"x": "new"}
print(p.x, hasattr(p, "y"), d)
try:
    p.__dict__ = 5
except TypeError as e:
    print(e)
vars(p).update(a=1, b=2)
print(p.a + p.b, getattr(p, "a"), getattr(p, "c", "none"))
setattr(p, "not a name", 1)
print(getattr(p, "not" + " a name"), sorted(vars(p)))


# More attributes than fit, and many different ones.
class Big:
    pass


big = Big()
for i in range(100):
    setattr(big, f"a{i}", i)
print(sum(getattr(big, f"a{i}") for i in range(100)), len(vars(big)))
many = []
for i in range(40):
    one = Big()
    setattr(one, f"first{i}", i)
    one.common = i
    many.append(one)
print(sum(one.common for one in many), many[39].first39, many[0].first0)
for one in many:
    one.common = one.common + 1
print(sum(one.common for one in many))


# Changing the class keeps the attributes.
class Other:
    def norm(self):
        return f"other {self.x}"


p = Point(1, 2)
p.__class__ = Other
print(p.norm(), vars(p), type(p).__name__)
p.q = 3
print(p.q, p.x)


# __getattr__ is asked for what is missing only.
class Lazy:
    def __init__(self):
        self.known = 1

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return f"made {name}"


lazy = Lazy()
for _ in range(3):
    print(lazy.known, lazy.other)
lazy.other = "set"
print(lazy.other)


class Loud:
    def __setattr__(self, name, value):
        print("set", name)
        object.__setattr__(self, name, value)

    def __delattr__(self, name):
        print("del", name)
        super().__delattr__(name)


loud = Loud()
for i in range(3):
    loud.x = i
print(loud.x)
del loud.x
print(hasattr(loud, "x"))
