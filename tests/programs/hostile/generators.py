# Generators that are entered twice, that end while they run, and that nest deep.
def attempt(name, action):
    try:
        print(name, action())
    except BaseException as error:
        print(name, type(error).__name__, error)

def reentered():
    def run():
        yield next(g)
    g = run()
    return next(g)

def closes_itself():
    def run():
        g.close()
        yield 1
    g = run()
    return next(g)

def throws_into_itself():
    def run():
        yield 1
        g.throw(ValueError("v"))
    g = run()
    return list(g)

def yields_on_close():
    def run():
        try:
            yield 1
        except GeneratorExit:
            yield 2
    g = run()
    next(g)
    g.close()

def stops_inside():
    def run():
        yield 1
        raise StopIteration(2)
    return list(run())

def recursive(n):
    if n:
        yield from recursive(n - 1)
    yield n

def recursive_for(n):
    if n:
        for x in recursive_for(n - 1):
            yield x
    yield n

def endless():
    yield from endless()

def delegates_to_itself():
    def run():
        yield 1
        yield from g
    g = run()
    return list(g)

def comprehension_of_itself():
    g = (x for x in iter(lambda: next(g), None))
    return list(g)

def send_first():
    def run():
        yield 1
    return run().send(5)

def throw_first():
    def run():
        yield 1
    g = run()
    try:
        g.throw(KeyError("k"))
    except KeyError:
        return list(g)

def bad_throw():
    return (x for x in [1]).throw(5)

def exhausted():
    g = (x for x in ())
    return list(g), next(g, "end"), list(g)

async def coroutine():
    return 1

def awaits_twice():
    c = coroutine()
    try:
        c.send(None)
    except StopIteration as error:
        print(error.value)
    c.send(None)

for name, action in dict(
    reentered=reentered, closes_itself=closes_itself, throws_into_itself=throws_into_itself,
    yields_on_close=yields_on_close, stops_inside=stops_inside,
    deep=lambda: sum(recursive(300)), deep_for=lambda: sum(recursive_for(300)),
    delegates_to_itself=delegates_to_itself, comprehension_of_itself=comprehension_of_itself,
    send_first=send_first, throw_first=throw_first, bad_throw=bad_throw, exhausted=exhausted,
    awaits_twice=awaits_twice,
).items():
    attempt(name, action)
try:
    list(endless())
except RecursionError:
    print("endless RecursionError")
