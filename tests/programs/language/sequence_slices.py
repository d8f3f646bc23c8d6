"""Slices of lists, tuples and strings: read, assigned, deleted, with every kind of bound and step."""

bounds = (None, 0, 1, 3, -1, -2, -9, 9, 10**30, -(10**30))
steps = (None, 1, 2, -1, -2, 3, -5, 10**20, -(10**20), 2**62 - 1, -(2**63))
items = [0, 1, 2, 3, 4]
checksum = 0
for start in bounds:
    for stop in bounds:
        for step in steps:
            got = items[start:stop:step]
            assert tuple(items)[start:stop:step] == tuple(got)
            assert "01234"[start:stop:step] == "".join(map(str, got))
            expected = [items[at] for at in range(*slice(start, stop, step).indices(5))] \
                if hasattr(slice, "indices") else got
            assert got == expected
            checksum = (checksum * 31 + len(got) * 7 + sum(got)) % 1000003
print(checksum)

cards = [3, 1, 2, 0]
cards[:4] = cards[3::-1]
print(cards)
cards[1:3] = cards[1:3]
cards[0:2] = "xyz"
print(cards)
cards[10:] = (7, 8)
cards[-1:-3] = [9]
print(cards)
cards[::2] = [0] * len(cards[::2])
print(cards)
try:
    cards[::2] = [1]
except ValueError as error:
    print(error)
del cards[1:4]
del cards[::2]
print(cards)
same = [1, 2, 3]
same[:] = same
same[1:1] = same
print(same)


class Noisy:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        print("gone", self.name, len(holder))


holder = [Noisy("a"), Noisy("b"), Noisy("c")]
holder[0:2] = [1, 2]
holder[2:] = []
print(holder)


class Equal:
    def __init__(self, answer):
        self.answer = answer

    def __eq__(self, other):
        print("compared with", other)
        return self.answer


mixed = [1, 2.0, "three", None, Equal(False), (4,), float("nan"), 7]
print(2 in mixed, "three" in mixed, True in mixed)
print(7.0 in mixed)
print("four" in mixed)
print(mixed.index(7), mixed.count(1), mixed.index(1.0))
nan = mixed[6]
print(nan in mixed, float("nan") in [nan], (4,) in mixed[5:])
