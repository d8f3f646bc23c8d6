"""Generators: resuming, sending, throwing, closing, delegating."""


def count(n):
    i = 0
    while i < n:
        yield i
        i += 1
    return "done"


print(list(count(5)))
g = count(3)
print(next(g), next(g), next(g))
try:
    next(g)
except StopIteration as e:
    print("stopped with", e.value)
print(next(g, "default"))


def echo():
    got = None
    while True:
        try:
            got = yield got
        except ValueError as e:
            got = f"caught {e}"


e = echo()
print(next(e), e.send(1), e.send("x"), e.throw(ValueError("bad")))
e.close()
try:
    e.send(1)
except StopIteration:
    print("closed")


def with_finally():
    try:
        yield 1
        yield 2
    finally:
        print("finally")


for x in with_finally():
    print(x)
    break
print("after break")
w = with_finally()
next(w)
del w
print("after del")
w = with_finally()
next(w)
print(w.close())
w = with_finally()
print(w.close())


def inner():
    a = yield "i1"
    print("inner got", a)
    try:
        b = yield "i2"
    except KeyError as error:
        b = repr(error)
    return ("inner result", a, b)


def outer():
    result = yield from inner()
    print("outer got", result)
    result = yield from [10, 20]
    print("list gives", result)
    return "outer result"


o = outer()
print(next(o))
print(o.send("A"))
print(o.throw(KeyError("k")))
print(next(o))
try:
    next(o)
except StopIteration as e:
    print(e.value)


def nested(n):
    if n:
        yield from nested(n - 1)
    yield n


print(list(nested(20)))


def stops():
    yield 1
    raise StopIteration("inside")


try:
    list(stops())
except RuntimeError as e:
    print(repr(e), repr(e.__cause__))


def again():
    yield next(me)


me = again()
try:
    next(me)
except ValueError as e:
    print(e)

try:
    count(1).send(5)
except TypeError as e:
    print(e)


def ignores():
    while True:
        try:
            yield 1
        except GeneratorExit:
            pass


i = ignores()
next(i)
try:
    i.close()
except RuntimeError as e:
    print(e)


def handles():
    try:
        raise ValueError("in generator")
    except ValueError:
        yield 1
        try:
            raise
        except ValueError as e:
            yield f"again {e}"


h = handles()
try:
    raise KeyError("outside")
except KeyError:
    print(next(h))
    try:
        raise
    except KeyError as e:
        print("still", e)
print(next(h))


def calls(*args, **kwargs):
    def helper(a, b=2, *c, d=4):
        return a + b + sum(c) + d

    for a in args:
        yield helper(a), helper(a, 1), helper(a, 1, 1, 1), helper(a, d=0)
    yield sorted(kwargs.items())
    yield [helper(x) for x in args]
    yield max((helper(x) for x in args), key=lambda v: -v)


print(list(calls(1, 2, z=1, y=2)))
print(sum(x * x for x in range(10)), tuple(x for x in "abc"))
print(dict((k, v) for k, v in [("a", 1), ("b", 2)]))


def fib():
    a, b = 0, 1
    while True:
        yield a
        a, b = b, a + b


def take(n, it):
    for _, x in zip(range(n), it):
        yield x


print(list(take(15, fib())))
g = fib()
print(g.gi_running, g.gi_suspended, g.gi_code.__class__.__name__, g.gi_yieldfrom, g.gi_frame is None)
next(g)
print(g.gi_suspended, g.__name__, g.__qualname__, type(g).__name__)
g.close()
print(g.gi_frame)


def sees_itself():
    print(s.gi_running)
    yield


s = sees_itself()
next(s)


def close_value():
    try:
        yield 1
    except GeneratorExit:
        return "closing"


c = close_value()
next(c)
print(c.close())


def thrown_first():
    print("never")
    yield


t = thrown_first()
try:
    t.throw(ValueError("at start"))
except ValueError as e:
    print(e)
print(list(t))


class Iterator:
    def __init__(self, n):
        self.n = n

    def __iter__(self):
        return self

    def __next__(self):
        if not self.n:
            raise StopIteration("python iterator")
        self.n -= 1
        return self.n

    def send(self, value):
        return ("sent", value)

    def throw(self, error):
        raise StopIteration(("thrown", repr(error)))


def delegates(it):
    return (yield from it)


def drive(it, *values):
    g = delegates(it)
    out = [next(g)]
    try:
        for v in values:
            out.append(g.throw(v) if isinstance(v, Exception) else g.send(v))
        out.extend(g)
    except StopIteration as e:
        out.append(("result", e.value))
    return out


print(drive(Iterator(3)))
print(drive(Iterator(3), "s", "t", ValueError("v")))
try:
    print(drive([1, 2, 3], 5))
except AttributeError as e:
    print(type(e).__name__)
try:
    iter_of_int = delegates(5)
    next(iter_of_int)
except TypeError as e:
    print(e)


def deep():
    yield from deep()


try:
    next(deep())
except RecursionError as e:
    print(e)
