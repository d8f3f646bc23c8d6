# Finalisers that raise, bring their object back, or run at awkward times.
import sys

class Raises:
    def __del__(self):
        raise ValueError("from __del__")

kept = []
class Returns:
    def __del__(self):
        kept.append(self)

class Deep:
    def __del__(self):
        recurse()

def recurse():
    return recurse()

class Drops:
    def __init__(self, target):
        self.target = target
    def __del__(self):
        self.target.clear()

def attempt(name, action):
    try:
        print(name, action())
    except BaseException as error:
        print(name, type(error).__name__, error)

class Quiet:
    def write(self, text):
        pass
    def flush(self):
        pass

def returns():
    Returns()
    kept.pop()
    return len(kept)

def drops():
    items = []
    items.extend([Drops(items), 1, 2])
    del items[0]
    return items

def drops_slice():
    items = []
    items.extend([Drops(items), 1, 2, 3])
    items[:2] = [5, 6]
    return items

def drops_key():
    table = {}
    table[1] = Drops(table)
    table[1] = 2
    return table

def drops_value():
    table = {}
    table.update({1: Drops(table), 2: 2})
    del table[1]
    return table

def in_loop():
    items = []
    items.extend([Drops(items), 1])
    for item in items:
        items[0] = None
        del item
    return items

def generator():
    def run():
        try:
            yield 1
        finally:
            kept.append("closed")
    g = run()
    next(g)
    del g
    return kept.pop()

def generator_that_goes_on():
    def run():
        while True:
            try:
                yield 1
            except GeneratorExit:
                kept.append("ignored")
                return
    g = run()
    next(g)
    g.close()
    return kept.pop()

def chain():
    class Link:
        def __init__(self, next):
            self.next = next
        def __del__(self):
            kept.append(1)
    link = None
    for _ in range(50_000):
        link = Link(link)
    del link
    count = len(kept)
    kept.clear()
    return count

for name, action in dict(
    returns=returns, drops=drops, drops_slice=drops_slice, drops_key=drops_key,
    drops_value=drops_value, in_loop=in_loop, generator=generator,
    generator_that_goes_on=generator_that_goes_on, chain=chain,
).items():
    attempt(name, action)

def swap(items):
    class Swaps:
        def __del__(self):
            items[:] = [1]
    items.append(Swaps())
    items.clear()
    return items
attempt("swap", lambda: swap([]))
def pop_in_del(items):
    class Pops:
        def __del__(self):
            if items:
                items.pop()
    items.extend(Pops() for _ in range(1000))
    del items[:]
    return items
attempt("pop", lambda: pop_in_del([]))
class Attribute:
    def __del__(self):
        self.other = 1
        del self.other
attempt("attribute", lambda: Attribute() is None)
