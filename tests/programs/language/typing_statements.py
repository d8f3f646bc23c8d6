"""Type parameters, type aliases, annotations, t-strings."""


def identity[T](x: T) -> T:
    return x


print(identity(5), identity.__type_params__)


class Box[T]:
    item: T

    def get(self) -> T:
        return self.item


print(Box.__type_params__, Box[int].__origin__ is Box, Box.__mro__[1].__name__)
type Alias[X] = list[X]
print(Alias, Alias.__type_params__)
type Plain = int
print(Plain.__value__)
name, n = "World", 42
t = t"Hello {name!r:>10} and {n}"
print(t.strings, t.values)
print(t.interpolations[0].expression, t.interpolations[0].conversion, t.interpolations[0].format_spec)
print(t)
print(list(t"{n}x"))
