"""Builtin functions, properties and class methods as objects, and classes that derive from them."""

import types


class Lazy(property):
    def __get__(self, instance, owner=None):
        if instance is None:
            return "of the class"
        return ("lazy", super().__get__(instance, owner))


class Logged(classmethod):
    note = "logged"


class Thing:
    @Lazy
    def value(self):
        """its value"""
        return 3

    @Logged
    def make(cls, n=1):
        return cls, n

    @property
    def plain(self):
        return self._plain

    @plain.setter
    def plain(self, new):
        self._plain = new

    @staticmethod
    def twice(x):
        return 2 * x


thing = Thing()
print(Thing.value, thing.value, Thing.make(2)[1], Thing.__dict__["make"].note)
thing.plain = 4
print(thing.plain, Thing.plain.fget(thing), Thing.plain.__get__(thing), Thing.plain.__name__, Thing.twice(2), Thing.__dict__["twice"](3), Thing.__dict__["twice"].__wrapped__(4))
for broken in (lambda: setattr(thing, "value", 1), lambda: delattr(thing, "plain"), lambda: str.join(), lambda: str.join(5, []), lambda: setattr(len, "x", 1), lambda: setattr(3, "real", 1)):
    try:
        broken()
    except (AttributeError, TypeError) as error:
        print(type(error).__name__, error)


def function(a, b=2, *, c=3):
    """doc"""
    return a, b, c


function.__defaults__ = (5,)
function.__kwdefaults__ = {"c": 6}
function.__name__ = function.__qualname__ = "renamed"
function.tag = 1
print(function(1), function.__name__, function.__dict__, function.__doc__, function.__module__, function.__code__.co_varnames, function.__code__.co_argcount)
again = types.FunctionType(function.__code__, {}, "other", (7,), None, {"c": 8})
print(again(0), again.__name__, function.__get__(thing)(9)[1:], types.MethodType(function, 1)())
print(str.join, int.real, [].append == [].append, len.__self__.__name__, len.__module__, str.join.__objclass__, dict.fromkeys.__self__, "a".upper.__qualname__)
Thing.__name__, Thing.__module__ = "Renamed", "elsewhere"
print(Thing, Thing.__qualname__, Thing.__mro__[1], type.__dict__["__mro__"].__get__(Thing)[0] is Thing, Thing.__dict__.get("nothing"), "make" in Thing.__dict__)


class Namespace(dict):
    def __setitem__(self, key, value):
        if not key.startswith("__"):
            print("set", key)
        super().__setitem__(key, value)


class Meta(type):
    @classmethod
    def __prepare__(mcls, name, bases):
        return Namespace()


class Watched(metaclass=Meta):
    a = 1

    def b(self): ...


print(range(2**70)[5:7], len(range(0, 2**80, 2**78)), 2**79 in range(0, 2**80, 2**78), list(range(2**65, 2**65 + 2)), range(5).index(3), range(3) == range(0, 3, 1), range(1, 9, 2).stop)
print(slice(1, -1, 2).indices(10), slice(None, None, -1).indices(3), slice(1) == slice(1), list(reversed(range(0, 10, 3))))
cell = (lambda: thing).__closure__ or types.CellType(3)
print(types.CellType(3).cell_contents, types.CellType(1) < types.CellType(2))
