"""Loops over what has `__getitem__` only, over bytes, and over what changes meanwhile."""


class Numbers:
    def __init__(self, count):
        self.count = count
        self.asked = []

    def __getitem__(self, at):
        self.asked.append(at)
        if at >= self.count:
            raise IndexError(at)
        return at * 10


for count in (0, 1, 4):
    numbers = Numbers(count)
    print([number for number in numbers], numbers.asked)
    iterator = iter(numbers)
    for number in iterator:
        print(number, end=" ")
    print(list(iterator), next(iterator, "none"))

for sequence in (b"abc", bytearray(b"abcd"), "aé€", [1, 2, 3], (4, 5), range(3)):
    seen = []
    for item in sequence:
        seen.append(item)
    print(seen, list(sequence), sum(1 for _ in sequence))

growing = [1]
for item in growing:
    if item < 5:
        growing.append(item + 1)
print(growing)
iterator = iter(growing)
print(list(iterator))
growing.append(6)
print(list(iterator), next(iterator, "none"))
shrinking = [1, 2, 3, 4, 5, 6]
for item in shrinking:
    shrinking.pop()
print(item, shrinking)


class Letters(str):
    def __getitem__(self, at):
        return "?"


class Listed(list):
    pass


print([letter for letter in Letters("abc")], [item for item in Listed([7, 8])])
