# The code of a function, replaced; code objects with other names and flags.
import types
def f(x):
    return x + 1
def g(x): return x * 10
code = f.__code__
f.__code__ = g.__code__
print(f(3), f.__code__ is g.__code__, f.__name__)
f.__code__ = code
print(f(3))
c = code.replace(co_name="renamed", co_filename="elsewhere.py", co_firstlineno=40)
print(c.co_name, c.co_filename, c.co_firstlineno, c.co_argcount, code.co_name)
def outer():
    y = 1
    def inner(): return y
    return inner
try: f.__code__ = outer().__code__
except ValueError as e: print(e)
try: f.__code__ = 3
except TypeError as e: print(e)
def swap():
    swap.__code__ = g.__code__.replace(co_name="swap")
    return "still the first"
print(swap()); print(swap(2))
@types.coroutine
def ticks():
    got = yield "tick"
    return got
async def main():
    return await ticks()
m = main(); print(m.send(None))
try: m.send(5)
except StopIteration as e: print(e.value)
