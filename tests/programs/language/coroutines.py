"""Coroutines and asynchronous generators, driven by hand."""


class Suspend:
    def __init__(self, name):
        self.name = name

    def __await__(self):
        got = yield self.name
        return f"{self.name} got {got}"


def drive(coroutine, *answers):
    out = []
    answers = list(answers)
    try:
        value = coroutine.send(None)
        while True:
            out.append(value)
            value = coroutine.send(answers.pop(0) if answers else None)
    except StopIteration as e:
        out.append(("result", e.value))
    return out


async def leaf(n):
    return await Suspend(f"leaf{n}")


async def tree():
    a = await leaf(1)
    b = await leaf(2)
    return [a, b]


print(drive(tree(), "x", "y"))


async def failing():
    try:
        await Suspend("waiting")
    except ValueError as e:
        return f"caught {e}"
    finally:
        print("finally")


c = failing()
print(c.send(None), c.cr_running, c.cr_suspended, c.cr_await is not None, c.__name__)
try:
    c.throw(ValueError("thrown"))
except StopIteration as e:
    print(e.value)
try:
    c.send(None)
except RuntimeError as e:
    print(e)
c = failing()
c.send(None)
c.close()
try:
    leaf(1).send("x")
except TypeError as e:
    print(e)


class Manager:
    async def __aenter__(self):
        print("enter", await Suspend("aenter"))
        return "managed"

    async def __aexit__(self, kind, value, trace):
        print("exit", kind and kind.__name__, value, await Suspend("aexit"))
        return True


async def managed():
    async with Manager() as m:
        print(m)
    async with Manager():
        raise KeyError("suppressed")
    return "left"


print(drive(managed(), 1, 2, 3, 4))


async def numbers(n):
    try:
        for i in range(n):
            got = yield i
            if got is not None:
                print("sent", got)
            await Suspend(f"tick{i}")
    finally:
        print("numbers end")


async def consume():
    async for x in numbers(3):
        print("x", x)
    else:
        print("else")
    squares = [x * x async for x in numbers(3) if x != 1]
    pairs = {x: y async for x in numbers(2) for y in "ab"}
    waited = [await leaf(i) for i in range(2)]
    generator = (x + 1 async for x in numbers(2))
    last = [x async for x in generator]
    return squares, pairs, waited, last


print(drive(consume()))


class Countdown:
    def __init__(self, n):
        self.n = n

    def __aiter__(self):
        return self

    async def __anext__(self):
        if not self.n:
            raise StopAsyncIteration
        self.n -= 1
        return await leaf(self.n)


async def countdown():
    return [x async for x in Countdown(2)]


print(drive(countdown(), "p", "q"))


async def by_hand():
    g = numbers(5)
    print(await g.__anext__(), await g.asend("hello"))
    try:
        await g.athrow(ValueError("athrow"))
    except ValueError as e:
        print("athrow:", e)
    try:
        await g.__anext__()
    except StopAsyncIteration:
        print("over")
    g = numbers(5)
    await g.__anext__()
    await g.aclose()
    await g.aclose()
    step = g.asend(None)
    try:
        await step
    except StopAsyncIteration:
        pass
    try:
        await step
    except RuntimeError as e:
        print(e)


print(drive(by_hand()))


async def raises_stop():
    raise StopIteration("x")


try:
    raises_stop().send(None)
except RuntimeError as e:
    print(e)


async def agen_stop():
    yield 1
    raise StopAsyncIteration


async def run_agen_stop():
    try:
        async for _ in agen_stop():
            pass
    except RuntimeError as e:
        print(e)


drive(run_agen_stop())


async def wrong(what):
    if what == 0:
        await 5
    elif what == 1:
        async for _ in 5:
            pass
    elif what == 2:
        async with 5:
            pass
    elif what == 3:
        with Manager():
            pass


for what in range(4):
    try:
        drive(wrong(what))
    except TypeError as e:
        print(e)
wrapper = leaf(7).__await__()
print(next(wrapper), type(wrapper).__name__)
try:
    wrapper.send("w")
except StopIteration as e:
    print(e.value)


async def builtins():
    g = numbers(1)
    print(await anext(g), await anext(aiter(g), "default"), await anext(g, "again"))
    try:
        anext(5)
    except TypeError as e:
        print(e)


print(drive(builtins()))
