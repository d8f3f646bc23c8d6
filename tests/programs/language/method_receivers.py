"""The object whose method is called stays, whatever the arguments and the method do meanwhile."""


class Keeper:
    def __init__(self, name):
        self.name = name

    def show(self, *rest):
        return self.name, rest

    def one(self, argument):
        return self.name, argument

    def suspended(self):
        yield self.name
        yield self

    async def later(self):
        return self.name

    def rebinding(self):
        self = Keeper("another")
        return self.name

    def deleting(self):
        name = self.name
        del self
        return name

    def inner(self):
        return lambda: self.name

    def itself(self):
        return self

    def __del__(self):
        print("gone:", self.name)


def rebound():
    keeper = Keeper("first")
    print(keeper.one(keeper := Keeper("second"))[0])
    return keeper.show((keeper := None), keeper)


def returned():
    keeper = Keeper("returned")
    return keeper.itself().itself().name


def outlived():
    keeper = Keeper("outlived")
    generator, function, coroutine = keeper.suspended(), keeper.inner(), keeper.later()
    del keeper
    print(next(generator), function(), next(generator).name)
    try:
        coroutine.send(None)
    except StopIteration as end:
        print(end.value)


def changed_inside():
    keeper = Keeper("changed")
    print(keeper.rebinding(), keeper.deleting(), keeper.name)
    items = [3]
    items.append(items := [4])
    print(items)


def unbound():
    try:
        print(missing.method(print("not reached")))
    except UnboundLocalError as error:
        print(error)
    missing = None


def of_globals():
    global shared
    shared = Keeper("shared")

    def forget(_):
        global shared
        del shared
        return "forgotten"

    print(shared.one(forget(None)))


print(rebound())
print(returned())
outlived()
changed_inside()
unbound()
of_globals()
for position in range(3):
    print(Keeper(str(position)).itself().one(position))
