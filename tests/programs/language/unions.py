"""Unions of types: X | Y."""
print(int | str, int | None, None | int, int | str | None, list[int] | str)
print(int | int, int | str | int, (int | str) | (str | float))
print(int | str == str | int, int | str != int | float, hash(int | str) == hash(str | int))
print((int | None).__args__, type(int | str).__name__)
print(isinstance(1, int | str), isinstance("a", int | str), isinstance(1.5, int | str), isinstance(None, int | None))
print(issubclass(bool, int | str), issubclass(float, int | str))


class Own:
    pass


print(Own | int, isinstance(Own(), Own | int), int.__or__(1, 2), type.__or__(int, str))
for broken in (lambda: int | 1, lambda: 1 | int, lambda: int & str):
    try:
        broken()
    except TypeError as error:
        print(error)
