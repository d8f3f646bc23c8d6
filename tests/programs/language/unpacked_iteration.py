"""Pairs that are unpacked while iterating, and slices that are used at once."""


def pairs():
    for number, item in enumerate("ab", 5):
        print(number, item)
    for left, right in zip([1, 2, 3], (4, 5)):
        print(left, right)
    for key, value in {"x": 1, "y": 2}.items():
        print(key, value)
    for (number, (left, right)) in enumerate(zip("ab", "cd")):
        print(number, left, right)
    for first, *rest in enumerate([7]):
        print(first, rest)
    for one, two in [(1, 2), "ab", [3, 4]]:
        print(one, two)
    print([number * item for number, item in enumerate([3, 4])], {a: b for a, b in zip("xy", "zw")})


def wrong():
    for iterable in (enumerate("a"), zip("a", "b"), {1: 2}.items()):
        try:
            for a, b, c in iterable:
                print("never")
        except ValueError as error:
            print(error)
    for iterable in (enumerate("a"), zip("a", "b"), {1: 2}.items()):
        try:
            for (a,) in iterable:
                print("never")
        except ValueError as error:
            print(error)
    table = {1: 2, 3: 4}
    try:
        for key, value in table.items():
            table[key + 10] = value
    except RuntimeError as error:
        print(error)
    try:
        for a, b in zip([1, 2], (1 // (2 - n) for n in range(5))):
            print(a, b)
        for a, b in zip([1, 2, 3], (1 // (2 - n) for n in range(5))):
            print(a, b)
    except ZeroDivisionError as error:
        print(error)


def kept():
    made = list(enumerate("ab"))
    first = made[0]
    for pair in zip([1], [2]):
        print(pair, type(pair).__name__)
    it = zip([1, 2, 3], [4, 5, 6])
    for a, b in it:
        print(a, b, next(it))
        break
    print(list(it), first)
    source = [1, 2, 3]
    walker = iter(source)
    print(next(walker), next(walker), next(walker), next(walker, "end"))
    source.append(4)
    print(next(walker, "still at the end"))
    for item in source:
        if item < 6:
            source.append(item + 3)
    print(source)


class Index:
    def __index__(self):
        return 2


class Whole:
    def __getitem__(self, key):
        return key

    def __setitem__(self, key, value):
        print(key, value)


def slices():
    items, row, text = [0, 1, 2, 3, 4, 5], (0, 1, 2, 3, 4, 5), "a\u00e9\u0416\U0001f600z"
    start, stop = 1, 4
    for sequence in (items, row, text):
        print(sequence[start:stop], sequence[:stop], sequence[start:], sequence[:])
        print(sequence[stop:start], sequence[-2:], sequence[:-2], sequence[-99:99], sequence[99:])
        print(sequence[::2], sequence[stop:start:-1], sequence[::-1], sequence[1::-1], sequence[-1:0:-2])
        print(sequence[Index():], sequence[None:Index()], sequence[True:], sequence[:10**30], sequence[-10**30:1])
        try:
            sequence[start:stop:0]
        except ValueError as error:
            print(error)
        try:
            sequence["a":]
        except TypeError as error:
            print(error)
    whole = Whole()
    print(whole[start:stop], whole[start:stop:2])
    whole[start:stop] = items[start:stop]
    items[start:stop] = [7, 8, 9]
    print(items)
    items[start:stop] = items
    print(items)
    items[stop:start] = ["in"]
    print(items)
    items[2:-2] = []
    print(items)
    items[1:3] = "xyz"
    items[::2] = [0] * len(items[::2])
    print(items)
    items[:start] += [5]
    print(items)
    try:
        items[::-1] = [1]
    except ValueError as error:
        print(error)
    try:
        items[1:2] = 3
    except TypeError as error:
        print(error)
    try:
        missing[start:stop]
        missing = 1
    except UnboundLocalError as error:
        print(error)
    del items[1:]
    print(items)


def natives():
    class Sized:
        def __len__(self):
            return 3

    class Mine(list):
        def append(self, item):
            super().append((item, item))

    mine = Mine()
    mine.append(1)
    list.append(mine, 2)
    print(mine, len(mine), len(Sized()), len("ab"), isinstance(mine, list), isinstance(mine, (int, str)))
    for call in (lambda: len(), lambda: len(1), lambda: len([], []), lambda: isinstance(1),
                 lambda: isinstance(1, 1), lambda: list.append([]), lambda: list.append((), 1),
                 lambda: [].append(), lambda: [].append(1, 2), lambda: set().add(), lambda: set().add([]),
                 lambda: set.add([], 1)):
        try:
            print(call())
        except TypeError as error:
            print(error)
    print(True | False, True & False, True ^ True, True | 2, False & 6, (True | False) is True)


pairs()
wrong()
kept()
slices()
natives()


class Unwilling:
    def __init__(self, error):
        self.error = error

    def __iter__(self):
        raise self.error


def assigned():
    items = [1, 2, 3]
    for new in (3, Unwilling(TypeError("mine")), Unwilling(ValueError("mine")), (1 // 0 for _ in "a")):
        for step in (None, 2):
            try:
                items[::step] = new
            except (TypeError, ValueError, ZeroDivisionError) as error:
                print(type(error).__name__, error)
    print(items)


assigned()
