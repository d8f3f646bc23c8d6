"""Annotations evaluated when asked for; what classes say about themselves."""


class A:
    """doc of A"""

    x: int = 1
    y: "str"

    def f(self, a: int, b: "B" = 2) -> str: ...


print(A.__annotations__, A.f.__annotations__, A.__annotations__ is A.__annotations__)
print(A.__annotate__(1))


def g():
    pass


print(g.__annotations__, g.__annotate__)
g.__annotations__ = {"set": 1}
print(g.__annotations__)
try:
    g.__annotations__ = 5
except TypeError as e:
    print(e)


class B(A):
    pass


print(B.__doc__, B.__annotations__, B.__annotate__, A.__doc__, A().__doc__)


class Late:
    later: Defined


try:
    Late.__annotations__
except NameError as e:
    print(e)
Defined = 5
print(Late.__annotations__)


def show(cls):
    return cls.__annotations__


print([sorted(show(cls)) for cls in (A, B, Late, A)])
B.__annotations__ = {"b": int}
print(B.__annotations__, A.__annotations__)


class Outer:
    class Inner:
        def method(self): ...


print(Outer.Inner.__qualname__, Outer.Inner, Outer.Inner.__name__, Outer.Inner.method.__qualname__)
print(repr(Outer.Inner()).split(" at ")[0])
print([n for n in A.__dict__ if n in ("x", "f", "__doc__", "__qualname__")], type(A.__dict__).__name__)
try:
    A.__dict__["z"] = 1
except TypeError as e:
    print(e)
print(A.__dict__["x"], "y" in A.__dict__, A.__dict__.get("y"), A.__module__)
print([n for n in dir(A()) if not n.startswith("__")])


class Dir:
    def __dir__(self):
        return ["b", "a"] + [n for n in super().__dir__() if n == "own"]


d = Dir()
d.own = 1
print(dir(d), "__dir__" in dir(object()), [n for n in object().__dir__() if n == "__init__"])
a, b = A(), A()
print(a.f == a.f, a.f == b.f, a.f != a.f, hash(a.f) == hash(a.f), {a.f: 1}[a.f], a.f.__func__ is A.f)
