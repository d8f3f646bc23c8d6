"""Iterators are copied and pickled where they are."""

import copy
import operator
import pickle


def show(iterator):
    state = pickle.dumps(iterator)
    twin = copy.copy(iterator)
    deep = copy.deepcopy(iterator)
    print(list(pickle.loads(state)), list(deep), list(twin), list(iterator))


def forward(iterator, steps=1):
    for _ in range(steps):
        next(iterator)
    return iterator


class Numbered:
    def __getitem__(self, index):
        if index >= 4:
            raise IndexError
        return index * 10


entries = {"a": 1, "b": 2, "c": 3}
for make in (
    lambda: iter([1, 2, 3]), lambda: iter((1, 2, 3)), lambda: iter("abc"), lambda: iter("aé→"),
    lambda: iter(b"abc"), lambda: iter(bytearray(b"abc")),
    lambda: iter(range(3)), lambda: iter(range(1 << 70, (1 << 70) + 3)),
    lambda: enumerate("abc"), lambda: enumerate("abc", 5), lambda: enumerate("abc", 1 << 80),
    lambda: zip("abc", range(3)), lambda: zip("abc", range(4), [4, 5, 6]),
    lambda: zip("abc", [1, 2, 3], strict=True), lambda: zip("abc"),
    lambda: map(abs, [-1, -2, -3]), lambda: map(pow, [2, 3, 4], [1, 2, 3], strict=True),
    lambda: map(operator.add, "abc", "def"),
    lambda: filter(None, [1, 0, 2, 3]), lambda: filter(str.isalpha, "a1bc"),
    lambda: reversed([1, 2, 3]), lambda: reversed("abc"), lambda: reversed(range(3)),
    lambda: iter(entries), lambda: iter(entries.values()), lambda: iter(entries.items()),
    lambda: reversed(entries), lambda: reversed(entries.values()), lambda: reversed(entries.items()),
    lambda: iter({1}), lambda: iter(frozenset([1, 2])),
):
    show(make())
    show(forward(make()))
    if operator.length_hint(make(), -1) > 1:
        show(forward(make(), 2))
    every = make()
    list(every)
    show(every)

numbered = iter(Numbered())
next(numbered)
print(list(copy.copy(numbered)), list(numbered), list(copy.copy(numbered)))

# What is called goes on where it was; it is shared.
rest = [3, 2, 1, 0, -1]
calls = iter(rest.pop, 1)
print(next(calls), copy.copy(calls).__reduce__()[1] == calls.__reduce__()[1])
print(list(calls), calls.__reduce__()[1], list(copy.copy(calls)))

# An uneven end is an error still.
try:
    list(copy.copy(zip("ab", "c", strict=True)))
except ValueError as error:
    print(error)
try:
    list(copy.copy(map(pow, [1, 2], [3], strict=True)))
except ValueError as error:
    print(error)

# Positions can be set.
items = [1, 2, 3, 4]
there = iter(items)
there.__setstate__(2)
print(there.__length_hint__(), list(there), there.__length_hint__())
there.__setstate__(0)
print(list(there))
beyond, before = iter("abc"), iter((1, 2))
beyond.__setstate__(9)
before.__setstate__(-5)
print(list(beyond), list(before))
back = reversed(items)
back.__setstate__(1)
print(back.__length_hint__(), list(back), back.__reduce__()[1])
back = reversed(items)
items.clear()
print(back.__length_hint__(), list(back))


class Counted(enumerate):
    pass


kept = Counted("xy")
next(kept)
print(type(copy.copy(kept)).__name__, list(copy.copy(kept)))
