d = {"a": 1, "b": 2, "c": 3}
print(d.keys(), d.values(), d.items())
print(type(d.keys()).__name__, type(d.values()).__name__, type(d.items()).__name__, type(iter(d)).__name__)
print(type(iter(d.values())).__name__, type(iter(d.items())).__name__, type(reversed(d)).__name__)
print(list(reversed(d)), list(reversed(d.items())), list(reversed(d.values())))
print(sorted(d.keys() & ["a", "x"]), sorted(d.keys() | ["x"]), sorted(d.keys() - {"a"}), sorted(d.keys() ^ {"a", "z"}))
print(d.keys() == {"a", "b", "c"}, d.keys() >= {"a"}, ("a", 1) in d.items(), ("a", 2) in d.items(), 2 in d.values())
print(d.keys().isdisjoint(["q"]), d.items() <= {("a", 1), ("b", 2), ("c", 3), ("d", 4)})
print(dict.fromkeys("ab"), dict.fromkeys([1, 2], 0), d | {"a": 9, "z": 0})
d |= [("k", 5)]
print(d, len(d.items()))
for step in (lambda: [d.pop(k) for k in d], lambda: [d.__setitem__(k * 2, 1) for k in d],
             lambda: {}.popitem(), lambda: {1: 2}.pop(3), lambda: {[]: 1}, lambda: {}.get({}), lambda: d.keys(1),
             lambda: dict([1]), lambda: dict([(1, 2, 3)]), lambda: d | 3, lambda: hash({}), lambda: d["nope"]):
    try:
        print(step())
    except Exception as e:
        print(type(e).__name__, e)
k = {}.keys()
print(k, {}.values(), {}.items(), bool(k))
x = {}
x["self"] = x
print(x, x.values())
print({1: "a", 1.0: "b", True: "c"})
it = iter({1: 2})
print(it.__length_hint__(), next(it), it.__length_hint__())
