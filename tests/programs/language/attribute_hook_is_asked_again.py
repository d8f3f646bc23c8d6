"""`__getattr__` is asked for what is not found, however often, and whatever changes between."""


class Hook:
    kind = "class"

    def __getattr__(self, name):
        if name.startswith("no"):
            raise AttributeError(name)
        return f"<{name}>"


def read(thing):
    return thing.spare


def call(thing):
    try:
        return thing.spare()
    except TypeError as error:
        return str(error)


def absent(thing):
    try:
        return thing.nothing
    except AttributeError as error:
        return repr(error)


one, two = Hook(), Hook()
print([read(one) for _ in range(4)], [call(one) for _ in range(3)], [absent(one) for _ in range(3)])
one.spare = 1
print(read(one), read(two), call(one), call(two))
Hook.spare = lambda self=None: "from the class"
print(read(one), read(two)(), call(two))
del Hook.spare
print(read(one), read(two), call(two))
del one.spare
print(read(one), call(one))
Hook.__getattr__ = lambda self, name: ("other", name)
print(read(one), absent(one), call(two))


def of_generator(self, name):
    yield name


Hook.__getattr__ = of_generator
print(list(read(one)), list(absent(two)))
Hook.__getattr__ = lambda self, name, more="default": (name, more)
print(read(one), absent(two))
Hook.__getattr__ = lambda self: self
for again in range(2):
    try:
        read(one)
    except TypeError as error:
        print(str(error).replace("Hook.", ""))
Hook.__getattribute__ = lambda self, name: "first of all"
print(read(one), absent(two))
del Hook.__getattribute__
del Hook.__getattr__
print(absent(one), getattr(two, "spare", "default"), hasattr(one, "spare"))


class Late:
    @property
    def broken(self):
        raise AttributeError("in the property")

    @property
    def works(self):
        return "property"

    def __getattr__(self, name):
        return f"instead of {name}"


def both(thing):
    return thing.broken, thing.works, thing.__dict__, thing.__class__.__name__


late = Late()
print([both(late) for _ in range(3)])


class Slotted:
    __slots__ = ("held",)

    def __getattr__(self, name):
        return f"no {name}"


def held(thing):
    return thing.held, thing.other


slotted = Slotted()
print([held(slotted) for _ in range(3)])
slotted.held = 1
print([held(slotted) for _ in range(3)])
del slotted.held
print(held(slotted))


class Deep(Hook):
    def __getattr__(self, name):
        return getattr(self, name[1:]) if len(name) > 1 else name


def deep(thing):
    return thing.abcdef


print([deep(Deep()) for _ in range(3)])


class Endless:
    def __getattr__(self, name):
        return self.other


try:
    Endless().first
except RecursionError as error:
    print("too deep")


class Numbers(int):
    def __getattr__(self, name):
        return name, int(self)


def numbers(thing):
    return thing.what, thing.real


print([numbers(Numbers(3)) for _ in range(3)])
number = Numbers(4)
number.what = "own"
print(numbers(number), numbers(Numbers(5)))


def trace(thing):
    return thing.missing


class Raising:
    def __getattr__(self, name):
        raise LookupError(name)


for again in range(2):
    try:
        trace(Raising())
    except LookupError as error:
        where = error.__traceback__
        while where:
            print(where.tb_frame.f_code.co_name, end=" ")
            where = where.tb_next
        print(error)
