"""The order in which garbage goes: weak references, finalisers, destruction; and who comes back."""
import gc
import weakref

gc.disable()


class Named:
    def __init__(self, name):
        self.name = name

    def __repr__(self):
        return f"<{self.name}>"


class Final(Named):
    def __del__(self):
        print("finalised", self.name, sorted(vars(self)))


def circle(*nodes):
    for node, other in zip(nodes, nodes[1:] + nodes[:1]):
        node.other = other
    return nodes


# Weak references are dead when finalisers run, and their callbacks have been called.
class Looks(Named):
    def __del__(self):
        print("finaliser sees", self.mine(), self.other)


looks, other = circle(Looks("looks"), Named("other"))
looks.mine = weakref.ref(looks)
outer = weakref.ref(looks, lambda reference: print("callback", reference() is None))
second = weakref.ref(looks, lambda reference: print("second callback"))
other.inner = weakref.ref(other, lambda reference: print("never: garbage calls nobody"))
del looks, other
print("collected", gc.collect() > 0, outer(), second())

# A finaliser runs once, though what it belongs to comes back.
saved = []


class Comes(Named):
    def __del__(self):
        print("saves", self.name)
        saved.append(self)


comes, along = circle(Comes("comes"), Named("along"))
late = weakref.ref(along)
del comes, along
gc.collect()
print(saved, saved[0].other.other is saved[0], late(), gc.is_finalized(saved[0]))
fresh = weakref.ref(saved[0])
saved.clear()
print(fresh() is not None)
gc.collect()
print(fresh(), saved)

# What a finaliser saves keeps what it refers to, and nothing else.
kept, lost = circle(Comes("kept"), Named("inside")), circle(Named("lost"), Named("alone"))
gone = [weakref.ref(node) for node in lost]
del kept, lost
gc.collect()
print(saved, saved[0].other, [reference() for reference in gone])
saved.clear()
gc.collect()


# A finaliser that fails tells, and the others run all the same.
class Fails(Named):
    def __del__(self):
        raise RuntimeError(self.name)


fails, fine = circle(Fails("fails"), Named("fine"))
reference = weakref.ref(fine)
del fails, fine
gc.collect()
print(reference())


# A suspended generator is closed.
def generate():
    try:
        me = yield
        yield
    finally:
        print("closed", me is not None)


generator = generate()
next(generator)
generator.send(generator)
del generator
gc.collect()


# A finaliser that makes more garbage.
class Makes(Named):
    def __del__(self):
        circle(Final("made"), Named("with it"))
        print("makes")


circle(Makes("makes"), Named("x"))
gc.collect()
gc.collect()


# A finaliser that collects.
class Collects(Named):
    def __del__(self):
        print("within", gc.collect())


circle(Collects("collects"), Named("y"))
gc.collect()


# What is outside of the circle and goes with it.
class Holder(Named):
    pass


holder, friend = circle(Holder("holder"), Named("friend"))
holder.held = Final("held")
del holder, friend
gc.collect()


# A class that is garbage is nobody's subclass any more.
class Base:
    pass


def make():
    class Derived(Base):
        def __del__(self):
            print("finaliser sees", len(Base.__subclasses__()))

    Derived.only = Derived()


make()
print(len(Base.__subclasses__()))
gc.collect()
print(len(Base.__subclasses__()))
