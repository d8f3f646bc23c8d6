"""Slots: members in place of a dictionary."""


class P:
    __slots__ = ("x", "y", "__private")

    def __init__(self, x, y):
        self.x = x
        self.y = y
        self.__private = 1

    def private(self):
        return self.__private


p = P(1, 2)
for _ in range(3):
    p.x += 1
print(p.x, p.y, p.private(), p._P__private)
for action in (
    lambda: p.z,
    lambda: setattr(p, "z", 1),
    lambda: p.__dict__,
    lambda: delattr(p, "y"),
    lambda: p.y,
    lambda: delattr(p, "y"),
    lambda: P.x.__get__(5),
    lambda: P.x.__set__(5, 6),
    lambda: setattr(p, "private", 1),
):
    try:
        print("did", action())
    except (AttributeError, TypeError) as e:
        print(type(e).__name__, e)
print(P.x, P.x.__name__, P.x.__objclass__ is P, type(P.x).__name__)
P.x.__set__(p, "by descriptor")
print(P.x.__get__(p), p.x, P.x.__get__(None, P) is P.x)


class Q(P):
    __slots__ = ("z",)


q = Q(3, 4)
q.z = 5
print(q.x, q.y, q.z)
try:
    q.w = 1
except AttributeError as e:
    print(e)


class R(Q):
    pass


r = R(5, 6)
r.z = 7
r.w = 8
print(r.x, r.y, r.z, r.w, r.__dict__)
del r.z
print(hasattr(r, "z"), hasattr(r, "w"))


class WithDict:
    __slots__ = ["a", "__dict__"]


w = WithDict()
w.a = 1
w.b = 2
print(w.a, w.__dict__)


class One:
    __slots__ = "only"


o = One()
o.only = 1
print(o.only)


class Empty:
    __slots__ = ()


class Mixed(Empty, P):
    __slots__ = ()


m = Mixed(1, 2)
print(m.x, m.y)
try:
    class Conflict(P, One):
        pass
except TypeError as e:
    print(e)
try:
    class Variable:
        __slots__ = ("a",)
        a = 1
except ValueError as e:
    print(e)
for bad in ((1,), ("not identifier",)):
    try:
        type("Bad", (), {"__slots__": bad})
    except TypeError as e:
        print(e)
# Default from a base's class variable is hidden by the slot.
class Default:
    v = "default"


class Hides(Default):
    __slots__ = ("v",)


h = Hides()
try:
    print(h.v)
except AttributeError as e:
    print(e)
h.v = 2
print(h.v, Hides.__slots__)
