"""Exception groups and except*."""


def run(exception):
    try:
        raise exception
    except* ValueError as e:
        print("values", repr(e), e.exceptions)
    except* (TypeError, KeyError) as e:
        print("types", repr(e))
    else:
        print("else")
    finally:
        print("finally")


run(ExceptionGroup("g", [ValueError(1), TypeError("t"), KeyError("k")]))
run(ValueError("naked"))
try:
    run(ExceptionGroup("g", [ValueError(1), OSError("left"), ExceptionGroup("in", [ValueError(2), OSError("in")])]))
except ExceptionGroup as e:
    print("left", repr(e))
g = ExceptionGroup("outer", [ValueError(1), ExceptionGroup("inner", [TypeError(2), ValueError(3)])])
print(str(g), g.message, g.args)
print(g.split(ValueError))
print(g.subgroup(lambda e: isinstance(e, TypeError)))
print(type(BaseExceptionGroup("b", [ValueError()])).__name__, type(BaseExceptionGroup("b", [KeyboardInterrupt()])).__name__)
print(isinstance(g, Exception), ExceptionGroup.__mro__)
for args in [("x",), ("x", []), (1, [ValueError()]), ("x", [1]), ("x", [KeyboardInterrupt()]), ("x", 5)]:
    try:
        ExceptionGroup(*args)
    except (TypeError, ValueError) as e:
        print(type(e).__name__, e)


class MyGroup(ExceptionGroup):
    def derive(self, excs):
        return MyGroup(self.message, excs)


print(repr(MyGroup("m", [ValueError(1), TypeError(2)]).split(TypeError)))
try:
    try:
        raise ExceptionGroup("again", [ValueError(1), TypeError(2)])
    except* ValueError:
        raise KeyError("new")
except ExceptionGroup as e:
    print(repr(e), [type(x).__name__ for x in e.exceptions])
try:
    try:
        raise ExceptionGroup("again", [ValueError(1), TypeError(2)])
    except* ValueError:
        raise
except ExceptionGroup as e:
    print(repr(e))
try:
    try:
        raise ValueError
    except* ExceptionGroup:
        pass
except TypeError as e:
    print(e)
e = ValueError("noted")
e.add_note("one")
print(e.__notes__)
try:
    e.add_note(1)
except TypeError as t:
    print(t)
print(OSError(2, "No such file", "name"), type(OSError(2, "x")).__name__, OSError(2, "x").errno)
print(SystemExit(3).code, SystemExit().code, StopIteration(5).value, KeyError("a"), ImportError("m", name="n").name)
print(NameError("x", name="y").name, AttributeError("x", name="y", obj=1).obj)


class Own(Exception):
    def __init__(self, a, b=2):
        super().__init__(a)
        self.b = b


try:
    raise Own(1, b=5)
except Own as e:
    print(e, e.args, e.b, repr(e), e.__traceback__.tb_lineno, e.__traceback__.tb_next)
