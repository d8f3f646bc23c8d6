"""Weak references, proxies, callbacks, and what a dictionary of weak values needs."""
import _weakref
from _weakref import ref, proxy, getweakrefcount, getweakrefs


class C:
    def __init__(self, v=0):
        self.v = v

    def double(self):
        return self.v * 2

    def __len__(self):
        return self.v

    def __add__(self, other):
        return ("add", self.v, other)

    def __radd__(self, other):
        return ("radd", self.v, other)

    def __getitem__(self, key):
        return (self.v, key)

    def __eq__(self, other):
        return isinstance(other, C) and self.v == other.v

    def __hash__(self):
        return hash(("C", self.v))

    def __iter__(self):
        return iter(range(self.v))

    def __str__(self):
        return f"C {self.v}"


c = C(3)
r = ref(c)
print(r() is c, ref(c) is r, getweakrefcount(c), getweakrefs(c) == [r], type(r).__name__)
print(repr(r).split(" at ")[0], "to 'C'" in repr(r), r.__callback__)
hashed = hash(r) == hash(c)
del c
print(r(), hashed, hash(r) == hash(C(3)), repr(r).endswith("dead>"))
late = ref(C(1))
try:
    hash(late)
except TypeError as e:
    print(e)

# Callbacks: the newest first, with the reference, once.
log = []
c = C(5)
refs = [ref(c, lambda w, i=i: log.append((i, w() is None, w is refs[i]))) for i in range(3)]
print(getweakrefcount(c), refs[0] is refs[1], refs[0].__callback__ is not None)
gone = ref(c, lambda w: log.append("never"))
del gone
c = None
print(log, refs[0]())

# Equality by target while both live, by identity afterwards.
a, b = C(1), C(1)
ra, rb, rc = ref(a), ref(b), ref(C(2))
print(ra == rb, ra != rb, ra == rc, ra == 5, hash(ra) == hash(rb))
del a
print(ra == rb, ra == ra)

# What can and cannot be referred to.
class Slotted:
    __slots__ = ("a",)


class Weakly:
    __slots__ = ("a", "__weakref__")


class L(list):
    pass


class I(int):
    pass


for value in (5, "text", (1,), [1], {}, None, 1.5, Slotted(), I(5), object()):
    try:
        ref(value)
        print("referred to", type(value).__name__)
    except TypeError as e:
        print(e)


def function():
    pass


for value in (Weakly(), L(), function, C, {1}, frozenset({1}), C().double, len):
    print(ref(value) is not None, end=" ")
print()
f = ref(function)
print(f() is function, "function)" in repr(f))
print(ref(C().double)())

# Proxies.
c = C(4)
p = proxy(c)
print(p.v, p.double(), len(p), p + 1, 1 + p, p[7], list(p), str(p), bool(p), p == C(4), type(p).__name__)
p.v = 6
p.new = "n"
print(c.v, c.new, proxy(c) is p, isinstance(p, C), 3 in p)
del p.new
print(hasattr(c, "new"))
try:
    hash(p)
except TypeError as e:
    print(e)
call = proxy(function)
print(call(), type(call).__name__)
del c
for action in (lambda: p.v, lambda: len(p), lambda: p + 1, lambda: str(p), lambda: setattr(p, "v", 1)):
    try:
        action()
    except ReferenceError as e:
        print(e)


# Subclasses of ref.
class KeyedRef(ref):
    __slots__ = ("key",)

    def __new__(cls, target, callback, key):
        self = ref.__new__(cls, target, callback)
        self.key = key
        return self

    def __init__(self, target, callback, key):
        super().__init__(target, callback)


class WeakValues:
    def __init__(self):
        self.data = {}

        def remove(wr, selfref=ref(self)):
            self = selfref()
            if self is not None:
                _weakref._remove_dead_weakref(self.data, wr.key)

        self._remove = remove

    def __setitem__(self, key, value):
        self.data[key] = KeyedRef(value, self._remove, key)

    def __getitem__(self, key):
        value = self.data[key]()
        if value is None:
            raise KeyError(key)
        return value

    def __len__(self):
        return len(self.data)


w = WeakValues()
kept = [C(i) for i in range(4)]
for i, one in enumerate(kept):
    w[i] = one
print(len(w), w[2].v, isinstance(w.data[0], ref), w.data[0] is ref(kept[0]))
one = None
del kept[1:3]
print(sorted(w.data))
kept.clear()
print(len(w))


# __del__ sees the object through references; resurrection keeps them.
class D:
    def __del__(self):
        global saved
        print("del", w2() is self)
        saved = self


d = D()
w2 = ref(d)
del d
print(w2() is saved)
saved = None
print(w2())


# A callback that raises is shown, not raised.
def bad(w):
    print("called")


c = C()
x = ref(c, bad)
del c
print(x())
