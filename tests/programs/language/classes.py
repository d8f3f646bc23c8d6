"""Metaclasses, class keywords, descriptors, slots, super objects, subscripted classes."""


class Meta(type):
    def __prepare__(name, bases, **kwargs):
        print("prepare", name, bases, kwargs)
        return {"prepared": True}

    __prepare__ = classmethod(lambda mcs, name, bases, **kw: {"prepared": sorted(kw)})

    def __new__(mcs, name, bases, namespace, **kwargs):
        print("new", name, sorted(kwargs))
        return super().__new__(mcs, name, bases, namespace)

    def __init__(cls, name, bases, namespace, **kwargs):
        super().__init__(name, bases, namespace)
        cls.registry = kwargs.get("tag")

    def __call__(cls, *args):
        print("calling", cls.__name__)
        return super().__call__(*args)

    def __instancecheck__(cls, value):
        return value == "instance" or super().__instancecheck__(value)

    @property
    def described(cls):
        return f"described {cls.__name__}"

    def helper(cls):
        return cls.__name__ + " helped"


class A(metaclass=Meta, tag="t"):
    def __init__(self, x=0):
        self.x = x


class B(A, tag="u"):
    pass


print(A.prepared, A.registry, B.registry, type(B).__name__, B(5).x)
print(isinstance("instance", A), isinstance(B(), A), isinstance(5, A))
print(A.described, B.helper(), Meta.__mro__[1])


class Base:
    def __init_subclass__(cls, /, flavour=None, **kwargs):
        super().__init_subclass__(**kwargs)
        cls.flavour = flavour

    def __class_getitem__(cls, item):
        return (cls.__name__, item)


class Sub(Base, flavour="sweet"):
    pass


print(Sub.flavour, Sub[3])
try:
    class Wrong(Base, other=1):
        pass
except TypeError as e:
    print(e)


class Descriptor:
    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, instance, owner):
        if instance is None:
            return f"class {self.name}"
        return instance.__dict__.get(self.name, "unset")

    def __set__(self, instance, value):
        instance.__dict__[self.name] = value * 2

    def __delete__(self, instance):
        del instance.__dict__[self.name]


class NonData:
    def __get__(self, instance, owner):
        return "non-data"


class Holder:
    d = Descriptor()
    n = NonData()


h = Holder()
print(h.d, Holder.d, h.n)
h.d = 21
print(h.d, h.__dict__)
del h.d
print(h.d)
h.n = "own"
print(h.n)


class Slotted:
    __slots__ = ("a", "b")


s = Slotted()
s.a = 1
print(s.a)
for action in ("s.c = 1", "s.b", "s.__dict__"):
    try:
        if action == "s.c = 1":
            s.c = 1
        elif action == "s.b":
            s.b
        else:
            s.__dict__
    except AttributeError as e:
        print(e)


class Watched:
    def __getattribute__(self, name):
        if name == "secret":
            return "revealed"
        return super().__getattribute__(name)

    def __getattr__(self, name):
        return f"missing {name}"

    visible = 1


w = Watched()
print(w.secret, w.visible, w.nothing)


class P:
    def hello(self):
        return "P.hello"

    @classmethod
    def make(cls):
        return cls.__name__


class Q(P):
    def hello(self):
        s = super(Q, self)
        return "Q+" + s.hello()

    @classmethod
    def make(cls):
        return "Q+" + super().make()


print(Q().hello(), Q.make(), super(Q, Q()).hello())


class New:
    def __new__(cls, *args):
        self = super().__new__(cls)
        self.args = args
        return self


print(New(1, 2).args)


class Dead:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        print("del", self.name)


d = Dead("one")
del d
print("after")


def local():
    d = Dead("two")
    print("in local")


local()
T = type("T", (P,), {"x": 5})
print(T.__name__, T.x, T().hello(), T.__base__.__name__, issubclass(T, (int, P)))
try:
    class Conflict(A, metaclass=type("Other", (type,), {})):
        pass
except TypeError as e:
    print(e)
print([c.__name__ for c in Q.mro()])


class Entry:
    def __mro_entries__(self, bases):
        return (P,)


class FromEntry(Entry()):
    pass


print(FromEntry.__mro__[1].__name__, len(FromEntry.__orig_bases__))


class Cat:
    def speak(self):
        return "meow"


class Dog:
    def speak(self):
        return "woof"


pet = Cat()
pet.__class__ = Dog
print(pet.speak(), type(pet).__name__, Q.__bases__ == (P,), int.__bases__ == (object,))
try:
    pet.__class__ = 5
except TypeError as e:
    print(e)
