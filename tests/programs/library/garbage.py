"""The module gc."""
import gc

gc.disable()
gc.collect()
print(gc.isenabled())
gc.enable()
print(gc.isenabled())
gc.disable()

print(gc.get_threshold())
gc.set_threshold(700, 5)
print(gc.get_threshold())
gc.set_threshold(0)
print(gc.get_threshold()[0])
for wrong in ((), ("x",), (1, 2, 3, 4)):
    try:
        gc.set_threshold(*wrong)
    except TypeError as error:
        print(type(error).__name__)
print([len(gc.get_count()), [type(count).__name__ for count in gc.get_count()]])


class Node:
    pass


def circle(size=1):
    nodes = [Node() for _ in range(size)]
    for node, other in zip(nodes, nodes[1:] + nodes[:1]):
        node.other = other


# What collect returns.
gc.collect()
print(gc.collect())
circle()
print(gc.collect())
circle(10)
print(gc.collect(2), gc.collect(), gc.collect(0), gc.collect(1), gc.collect(generation=2))
for wrong in (-1, 3):
    try:
        gc.collect(wrong)
    except ValueError as error:
        print(error)
try:
    gc.collect("all")
except TypeError as error:
    print(error)

# Statistics.
before = gc.get_stats()
print(len(before), sorted(before[2]))
circle(3)
gc.collect()
after = gc.get_stats()
print(after[2]["collections"] - before[2]["collections"])
print(after[2]["collected"] - before[2]["collected"], after[2]["uncollectable"])

# Callbacks.
seen = []


def callback(phase, info):
    seen.append((phase, dict(info)))


gc.callbacks.append(callback)
circle(2)
gc.collect()
gc.callbacks.remove(callback)
gc.collect()
for phase, info in seen:
    print(phase, sorted(info.items()))

# What is looked at.
class Slotted:
    __slots__ = ("a",)


class Number(int):
    pass


def function():
    yield


for value in (
    None, 1, 1 << 100, 1.5, 1j, "text", b"bytes", bytearray(), range(3), object(), (), (1, 2), iter(range(3)),
    [], {}, {1: 2}, set(), frozenset([1]), (1, []), Node(), Node, Slotted(), Number(5), function, function(), len,
    [].append, Node.__dict__, slice(1), {}.keys(), property(), Exception(), memoryview(b""), gc,
    function.__code__, lambda: 0, Ellipsis, NotImplemented,
):
    print(type(value).__name__, gc.is_tracked(value))

# Who refers to whom.
inner, text = [], "text"
outer = [inner, text, 7]
referents = gc.get_referents(outer)
print(sorted(map(repr, referents)), any(value is inner for value in referents))
print(gc.get_referents(1, "x"), gc.get_referents())
node = Node()
node.held = inner
print(sorted(type(value).__name__ for value in gc.get_referents(node)))
referrers = gc.get_referrers(inner)
print(any(value is outer for value in referrers), any(value is globals() for value in referrers))
print(gc.get_referrers([]))


def closure():
    cell = inner
    return lambda: cell


held = closure()
print(any(type(value).__name__ == "cell" for value in gc.get_referrers(inner)))
print(any(value is Node for value in gc.get_referents(node)))

# All there is.
marker = Node()
print(any(value is marker for value in gc.get_objects()))
print(any(value is marker for value in gc.get_objects(generation=None)))
for wrong in (-1, 3):
    try:
        gc.get_objects(wrong)
    except ValueError as error:
        print(error)


# What is finalised.
class Final:
    def __del__(self):
        global back
        back = self


final = Final()
print(gc.is_finalized(final), gc.is_finalized(1))
del final
print(gc.is_finalized(back))

# What is set apart.
print(gc.get_freeze_count())
import weakref

frozen = Node()
frozen.me = frozen
reference = weakref.ref(frozen)
gc.freeze()
print(gc.get_freeze_count() > 0)
del frozen
gc.collect()
print(reference() is not None)
gc.unfreeze()
print(gc.get_freeze_count())
gc.collect()
print(reference())

# What is kept.
print(gc.garbage, gc.get_debug())
gc.set_debug(gc.DEBUG_SAVEALL)
circle(2)
print(gc.collect(), [type(value).__name__ for value in gc.garbage], gc.get_debug() == gc.DEBUG_SAVEALL)
gc.set_debug(0)
gc.garbage.clear()
print(gc.collect())
print([(name, getattr(gc, name)) for name in dir(gc) if name.startswith("DEBUG")])
