# `map`, `filter`, `zip`, `enumerate` and `reversed` are types, and may be derived from.

for ty in (map, filter, zip, enumerate, reversed):
    print(ty, ty.__mro__, type(ty) is type)

print(type(map(str, [])), isinstance(zip(), zip), type(reversed((1, 2))), type(iter(int, 1)))
print(list(map(lambda a, b: a + b, [1, 2], [3, 4], strict=True)))
try:
    list(map(pow, [1, 2], [3], strict=True))
except ValueError as error:
    print(error)
try:
    list(zip([1], [2, 3], strict=True))
except ValueError as error:
    print(error)
for call in (lambda: map(), lambda: map(str), lambda: zip([], wrong=1), lambda: reversed({1})):
    try:
        call()
    except TypeError as error:
        print(error)

print(list(enumerate("ab", 2**70)), enumerate[int])


class Doubled(map):
    def __next__(self):
        return super().__next__() * 2


class Named(enumerate):
    pass


print(list(Doubled(len, ["a", "bc"])), list(Named("xy", start=1)))
print(isinstance(Doubled(len, []), map), type(Named("")).__name__)
