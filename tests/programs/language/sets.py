s = {3, 1, 2}
print(s, len(s), 2 in s, 5 in s)
print(set([10, 20, 40, 7, 100, 33]), set(), frozenset(), frozenset([1, 2]))
print({1, 2, 3} | {3, 4}, {1, 2, 3} & {2, 3, 9}, {1, 2, 3} - {2}, {1, 2, 3} ^ {3, 4})
print(frozenset([1]) | {2}, {2} | frozenset([1]))
print({1, 2} <= {1, 2, 3}, {1, 2} < {1, 2}, {1, 2, 3} >= {1}, {1} > {2}, {1} == frozenset([1]), {1} != {1})
s = set(range(5))
s.add(7); s.discard(0); s.discard(99); s.remove(1)
print(s)
try:
    s.remove(42)
except KeyError as e:
    print("KeyError", e)
s |= {100}; s &= {2, 3, 100, 7}; s -= {7}; s ^= {3, 8}
print(s)
s.update([1, 2], (5,), "a")
print(sorted(map(str, s)))
print({1, 2, 3}.union([4], (5,)), {1, 2, 3}.intersection([1, 2], {2}), {1, 2, 3}.difference([1], [2]))
print({1, 2}.symmetric_difference([2, 3]), {1, 2}.isdisjoint([3]), {1}.issubset([1, 2]), {1, 2}.issuperset([1]))
print({x * x for x in range(4)}, {*[1, 2], *(3,)})
print(hash(frozenset([1, 2, 3])) == hash(frozenset([3, 2, 1])), hash(frozenset([1, 2, 3])), hash((1, 2, 3)), hash(()))
d = {frozenset([1]): "one"}
print(d[frozenset([1])], {1} in {frozenset([1])})
for make in (lambda: {[]}, lambda: {1}.add({}), lambda: {1} | [1], lambda: set(1), lambda: {1} < 3,
             lambda: set().pop(), lambda: {}[[]], lambda: hash({1}), lambda: {1}.union(3), lambda: set(1, 2),
             lambda: {1}.add(), lambda: {1}.copy(1)):
    try:
        print(make())
    except Exception as e:
        print(type(e).__name__, e)
try:
    s = {1, 2}
    for x in s:
        s.add(x + 10)
except RuntimeError as e:
    print(e)
class K:
    def __init__(self, n): self.n = n
    def __hash__(self): return 1
    def __eq__(self, other): return self.n == other.n
s = {K(1), K(2), K(1), K(3)}
print(len(s), K(2) in s, K(9) in s)
s = set(range(1000)); t = set(s)
while s: t.discard(s.pop())
print(t, s, len(t))
print(set(range(0, 3000, 37)) == set(range(0, 3000, 37)), list(set(range(0, 400, 7)))[:12])
print(list(set([5, 3, 17, 9, 33, 1, 65])), list({-1, -2, 7, 8}), list({True, 2, 3.0, 4.5 - 0.5}))
