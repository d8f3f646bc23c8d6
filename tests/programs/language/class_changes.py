"""Classes that change after they were made: special methods, subclasses, properties."""


class A:
    def __init__(self, v):
        self.v = v


a = A(3)


def try_len(value):
    try:
        return len(value)
    except TypeError as e:
        return str(e)


print(try_len(a))
A.__len__ = lambda self: self.v
print(try_len(a), bool(a), bool(A(0)))
A.__repr__ = lambda self: f"A({self.v})"
A.__eq__ = lambda self, other: self.v == other.v
A.__lt__ = lambda self, other: self.v < other.v
A.__add__ = lambda self, other: A(self.v + other.v)
A.__call__ = lambda self, *args: (self.v, args)
A.__getitem__ = lambda self, key: key * self.v
print(a, a == A(3), a < A(4), a + A(1), a(1, 2), a[5], [a])


class B(A):
    pass


b = B(2)
print(b, b + a)
B.__repr__ = lambda self: f"B({self.v})"
print(b, a)
del B.__repr__
print(b)
del A.__len__
print(try_len(a), try_len(b))
A.__getattr__ = lambda self, name: f"no {name}"
print(a.nothing, b.nothing)
del A.__getattr__
try:
    a.nothing
except AttributeError as e:
    print(e)
print([c.__name__ for c in A.__subclasses__()], B.__subclasses__())


class C(A):
    pass


print([c.__name__ for c in A.__subclasses__()])
del C
A.__init__ = lambda self, v=0, w=1: setattr(self, "v", v + w)
print(A(5), A(), B(1, 2))


class Temperature:
    def __init__(self, degrees):
        self._degrees = degrees

    @property
    def degrees(self):
        return self._degrees

    @degrees.setter
    def degrees(self, value):
        if value < 0:
            raise ValueError("too cold")
        self._degrees = value

    @degrees.deleter
    def degrees(self):
        print("deleted")

    @staticmethod
    def zero():
        return 0

    @classmethod
    def of(cls, value):
        return cls(value)


def use(t):
    t.degrees += 1
    return t.degrees, t.zero(), Temperature.zero(), type(t).of(5).degrees, Temperature.of(6).degrees


t = Temperature(20)
for _ in range(3):
    print(use(t))
try:
    t.degrees = -1
except ValueError as e:
    print(e, t.degrees)
del t.degrees


class ReadOnly:
    @property
    def x(self):
        return 1

    y = property()


for action in (
    lambda: setattr(ReadOnly(), "x", 2),
    lambda: delattr(ReadOnly(), "x"),
    lambda: ReadOnly().y,
):
    try:
        action()
    except AttributeError as e:
        print(e)


# Calling a class: with and without __init__, with wrong arguments.
class Plain:
    pass


class Init:
    def __init__(self, a, b=2, *rest, key=None, **more):
        self.all = (a, b, rest, key, more)


class Simple:
    def __init__(self, a, b=2):
        self.sum = a + b


class Bad:
    def __init__(self):
        return 5


class Raises:
    def __init__(self, x):
        raise ValueError(x)


def make(cls, *args, **kwargs):
    try:
        return vars(cls(*args, **kwargs))
    except (TypeError, ValueError) as e:
        return str(e)


def direct(n):
    out = []
    for i in range(n):
        s = Simple(i)
        t = Simple(i, i)
        out.append(s.sum + t.sum)
        try:
            Simple()
        except TypeError as e:
            out.append(str(e))
        try:
            Raises(i)
        except ValueError as e:
            out.append(e.args)
        try:
            Bad()
        except TypeError as e:
            out.append(str(e))
    return out


print(make(Plain), make(Plain, 1))
print(make(Init), make(Init, 1), make(Init, 1, 3, 4, key=5, other=6))
print(make(Simple, 1), make(Simple), make(Simple, 1, 2, 3), make(Simple, b=1, a=1))
print(make(Bad), make(Raises, 7))
print(direct(2))


class Rebinds:
    def __init__(self, n):
        kept = self
        self = None
        kept.n = n
        if n:
            kept.inner = Rebinds(n - 1)


print(Rebinds(3).inner.inner.n)


def generator(n):
    for i in range(n):
        yield Simple(i).sum


print(list(generator(3)))


class Deep:
    def __init__(self, n):
        self.n = n
        self.next = Deep(n + 1)


try:
    Deep(0)
except RecursionError as e:
    print("RecursionError")


class Outer:
    class Inner:
        def __init__(self, v):
            self.v = v

    def make(self, v):
        return self.Inner(v)


o = Outer()
print([o.make(i).v for i in range(3)])


class Pretends:
    @property
    def __class__(self):
        return Plain


class Asked:
    def __getattribute__(self, name):
        if name == "__class__":
            return Simple
        raise AttributeError(name)


print(isinstance(Pretends(), Plain), isinstance(Pretends(), Pretends), isinstance(Pretends(), Init))
print(isinstance(Asked(), Simple), isinstance(Asked(), Init), isinstance(5, Init), isinstance(Plain(), Init))
