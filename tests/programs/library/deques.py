"""Deques by keyword, derived from, and sizes that no memory has."""
import struct
from collections import deque

print(deque([1, 2, 3], maxlen=2), deque([1, 2, 3], 2), deque(iterable="ab"))
bounded = deque(maxlen=2)
for number in range(5):
    bounded.append(number)
print(bounded, bounded.maxlen)
for bad in (-1, "x"):
    for make in (lambda: deque([], bad), lambda: deque(maxlen=bad)):
        try:
            print(make())
        except (TypeError, ValueError) as error:
            print(type(error).__name__, error)


class Plain(deque):
    pass


class Sized(deque):
    def __init__(self, size):
        super().__init__(maxlen=size)


class Three(deque):
    def __init__(self, a, b, c, *, keep):
        super().__init__([a, b, c], maxlen=keep)


print(Plain(iter([1, 2, 3])), Plain(maxlen=2).maxlen, Plain([1, 2], maxlen=1))
print(Sized(3), Sized(3).maxlen, Three(1, 2, 3, keep=2))

try:
    struct.pack("99999999999999s", b"x")
except MemoryError:
    print("no memory")
