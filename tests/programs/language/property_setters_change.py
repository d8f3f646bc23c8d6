"""One statement sets properties of several classes, which change meanwhile."""


class Plain:
    pass


class Logged:
    @property
    def value(self):
        return self.kept

    @value.setter
    def value(self, new):
        self.kept = "logged", new


class Derived(Logged):
    pass


class ReadOnly:
    value = property(lambda self: "read")


class Slotted:
    __slots__ = ("kept",)
    value = property(lambda self: self.kept, lambda self, new: setattr(self, "kept", [new]))


def store(thing, new):
    thing.value = new


def show(thing, new):
    try:
        store(thing, new)
    except AttributeError as error:
        return str(error)
    return thing.value


def all_of(things):
    return [show(thing, number) for number, thing in enumerate(things)]


things = [Plain(), Logged(), Derived(), ReadOnly(), Slotted()]
for _ in range(3):
    print(all_of(things))
Logged.value = property(lambda self: self.kept, lambda self, new: setattr(self, "kept", -new))
print(all_of(things))
Derived.value = 7
print(all_of(things))
del Logged.value
print(all_of(things), things[1].__dict__)


def value(self):
    return "again"


Logged.value = property(value)
print(all_of(things))
ReadOnly.__setattr__ = lambda self, name, new: print("set", name, new)
Slotted.__setattr__ = lambda self, name, new: print("set", name, new)
print(all_of(things))


def read(thing):
    return thing.value


print([read(thing) for thing in things])
Slotted.value = property(lambda self: "other")
ReadOnly.value = "plain"
print([read(thing) for thing in things])


def failing(self, new):
    raise ValueError(new)


Logged.value = property(lambda self: self.missing, failing)
for attempt in (store, show):
    try:
        print(attempt(things[1], 3))
    except ValueError as error:
        print("ValueError", error)
try:
    read(things[1])
except AttributeError as error:
    print(error)
