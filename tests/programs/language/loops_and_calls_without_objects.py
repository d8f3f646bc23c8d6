"""Loops that keep a position instead of an iterator; getters and context managers that are called
where the instruction is."""

import traceback


class Own:
    def __init__(self, count):
        self.count = count

    def __iter__(self):
        return (number * 10 for number in range(self.count))


def several(*iterables):
    seen = []
    for iterable in iterables:
        for item in iterable:
            seen.append(item)
        else:
            seen.append("-")
    return seen


# One loop runs over everything, so that what one leaves behind is there for the next.
print(several([1, 2, 3], Own(2), (4, 5), {6: 7}, [], Own(3), "ab", iter([8, 9]), [True]))
print([(a, b) for a in [1, 2] for b in (a, "x")], [a for a in Own(2) for _ in [0] if a])
print([[b for b in [a, a + 1]] for a in (1, 2)], {a for a in [1, 1, 2]}, {a: b for a, b in [(1, 2)]})
print(list(a + b for a in [1, 2] for b in (10, 20)), sum(x for x in (x for x in [1, 2, 3])))


def changing():
    growing = [0]
    for item in growing:
        if item < 4:
            growing.append(item + 1)
    shrinking = [1, 2, 3, 4, 5, 6]
    for item in shrinking:
        shrinking.remove(item)
    cleared, rounds = [1, 2, 3], 0
    for item in cleared:
        rounds += 1
        cleared.clear()
    rebound = [1, 2]
    for item in rebound:
        rebound = None
    return growing, shrinking, rounds, item, rebound


print(changing())


def leaving(items):
    for outer in items:
        for inner in items:
            if inner == 2:
                continue
            if outer == 2:
                break
            try:
                if inner == 3:
                    raise ValueError(inner)
                yield outer, inner
            except ValueError as error:
                yield error.args
            finally:
                yield "finally"
            if outer == 3 and inner == 3:
                return


print(list(leaving([1, 2, 3])), list(leaving((3, 2, 1))))


class Freed:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        print("freed", self.name)


def freed_after_loop():
    for thing in [Freed("one"), Freed("two")]:
        print("round", thing.name)
        del thing
    print("behind the loop")
    for thing in (Freed("three"),):
        break
    del thing
    print("end")


freed_after_loop()


class Computed:
    scale = 2

    @property
    def area(self):
        return self.scale * 3

    @property
    def failing(self):
        return self.absent.area

    @property
    def deep(self):
        return self.deep

    @property
    def made(self):
        return Computed()

    @property
    def steps(self):
        yield from (self.area, self.scale)

    def __len__(self):
        return self.area


class Asked(Computed):
    def __getattr__(self, name):
        if name.startswith("no_"):
            raise AttributeError(name)
        return name, self.scale


def use(thing, rounds):
    for _ in range(rounds):
        total = thing.area + thing.made.area + thing.made.made.area + len(thing.made)
        total += sum(thing.made.steps) + sum(part for part in thing.steps)
    return total, thing.area


def ask(thing, rounds):
    for _ in range(rounds):
        found = thing.some, Asked().other, getattr(thing, "no_such", "none")
        try:
            thing.no_thing
        except AttributeError as error:
            found += (str(error),)
    return found


def generate(thing):
    for _ in range(3):
        yield thing.area
        yield thing.made.area
        try:
            yield thing.failing
        except AttributeError as error:
            yield str(error)


print(use(Computed(), 3), ask(Asked(), 3), list(generate(Computed())))
for attempt in range(3):
    try:
        Computed().failing
    except AttributeError as error:
        passed = traceback.extract_tb(error.__traceback__)
        print([(place.name, place.lineno) for place in passed], error)
    try:
        Computed().deep
    except RecursionError as error:
        print(type(error).__name__)


class Manager:
    def __init__(self, how, log):
        self.how = how
        self.log = log

    def __enter__(self):
        self.log.append("enter " + self.how)
        if self.how == "refuses":
            raise KeyError("entering")
        return self.how

    def __exit__(self, kind, value, traceback):
        self.log.append(("exit", kind and kind.__name__, str(value)))
        if self.how == "fails":
            raise RuntimeError("leaving")
        return self.how == "swallows"


def managed(how, raising):
    log = []
    try:
        with Manager(how, log) as name:
            log.append(name)
            if raising:
                raise ValueError("inside")
        log.append("behind")
    except Exception as error:
        log.append((type(error).__name__, str(error), type(error.__context__).__name__))
    return log


def leaving_managers(log):
    for number in [1, 2, 3]:
        with Manager("swallows", log), Manager("plain", log):
            if number == 1:
                continue
            if number == 2:
                raise ValueError(number)
            return number


def generating(log):
    with Manager("plain", log) as name:
        yield name
    with Manager("swallows", log):
        yield 1
        raise ValueError


for how in ("plain", "swallows", "fails", "refuses"):
    for raising in (False, True):
        for _ in range(2):
            outcome = managed(how, raising)
        print(outcome)
log = []
print(leaving_managers(log), log)
log = []
print(list(generating(log)), log)
