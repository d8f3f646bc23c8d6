"""Hooks that are told of asynchronous generators."""

import sys


async def numbers(count):
    try:
        for at in range(count):
            yield at
    finally:
        print("left")


def step(awaitable):
    try:
        awaitable.send(None)
    except StopIteration as stopped:
        return stopped.value
    except StopAsyncIteration:
        return "over"


begun, ended = [], []
print(sys.get_asyncgen_hooks())
sys.set_asyncgen_hooks(begun.append, finalizer=lambda generator: ended.append(generator))
print(sys.get_asyncgen_hooks().firstiter == begun.append, len(sys.get_asyncgen_hooks()))
one = numbers(3)
print(begun)
print(step(one.__anext__()), begun == [one], step(one.asend(None)), len(begun))
begun.clear()
del one
print(len(ended), ended[0].ag_running)
sys.set_asyncgen_hooks(finalizer=None)
print(step(ended[0].aclose()))
ended.clear()

# One that has ended is of no interest, nor one that never began.
sys.set_asyncgen_hooks(finalizer=ended.append)
short = numbers(0)
print(step(short.__anext__()), len(begun))
del short
begun.clear()
numbers(2)
print(begun, ended)

# The hook of the first step counts, not the one of the end.
sys.set_asyncgen_hooks(None, None)
plain = numbers(2)
print(step(plain.__anext__()))
sys.set_asyncgen_hooks(finalizer=ended.append)
plain = None
print(ended)
for wrong in (1, "x"):
    try:
        sys.set_asyncgen_hooks(firstiter=wrong)
    except TypeError as error:
        print(error)


def refuses(generator):
    raise ValueError("not this one")


sys.set_asyncgen_hooks(refuses, None)
try:
    numbers(1).__anext__()
except ValueError as error:
    print(error)
