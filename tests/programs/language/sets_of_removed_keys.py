"""Sets find, add and remove keys between places of keys that were removed, in CPython's order."""


class Key:
    """Equal by name to keys of the same hash, by Python code."""

    compared = 0

    def __init__(self, name, place):
        self.name = name
        self.place = place

    def __hash__(self):
        return self.place

    def __eq__(self, other):
        Key.compared += 1
        return isinstance(other, Key) and self.name == other.name

    def __repr__(self):
        return self.name


def churn(size, rounds, stride):
    keys, state = set(), 1
    for _ in range(rounds):
        state = (state * 1103515245 + 12345) % 2147483648
        key = state // 65536 % size * stride
        if key in keys:
            keys.remove(key)
        else:
            keys.add(key)
        keys.discard(key + 1)
    return keys


for size, stride in ((5, 1), (9, 8), (17, 1), (30, 16), (100, 3), (700, 64)):
    left = churn(size, 2000, stride)
    print(size, stride, len(left), list(left)[:12], sum(key in left for key in range(size * stride)))

queue = set(range(8))
for turn in range(40):
    queue.add(turn + 8)
    queue.remove(turn)
    assert turn not in queue and turn + 8 in queue
print(sorted(queue), queue.pop() in range(40, 48), len(queue))

alike = [Key(name, 3) for name in "abcdefghijklmnop"]
some = set(alike)
for key in alike[::2]:
    some.discard(Key(key.name, 3))
print(sorted(map(repr, some)), Key("a", 3) in some, Key("b", 3) in some, Key("b", 4) in some)
for key in alike[::2]:
    some.add(key)
    some.add(Key(key.name, 3))
print(len(some), Key.compared > 100)

mixed = {1, 1.0, True, "1", (1,), None}
mixed -= {1.0}
print(len(mixed), 1 in mixed, True in mixed, "1" in mixed, (1,) in mixed)
mixed |= {float("inf"), -1, -2, 2**61 - 1, 2**61 - 2}
print(-1 in mixed, -2 in mixed, 0 in mixed, 2**61 - 2 in mixed, float("inf") in mixed)
