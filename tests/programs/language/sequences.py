l = [3, 1, 2]
print(l.index(1), l.index(2, 1), l.index(3, -3, 2), (1, 2, 1).index(1, 1), (1, 2, 1).count(1), list(reversed(l)), l.__reversed__().__next__())
l.sort(); print(l); l.sort(key=lambda v: -v); print(l); l.sort(reverse=True); print(l)
l.extend("ab"); l.insert(-1, "x"); l.insert(100, "end"); print(l, l.pop(), l.pop(0), l.count("a"))
l[1:3] = [9, 9, 9]; del l[0]; l[::2] = [0] * len(l[::2]); print(l, l * 2, l + [1], [1] < [1, 2], [1, 2] == [1, 2], (1,) * 3, (1,) + (2,))
l += (7,); l *= 2; l.reverse(); l.remove(7); print(l, 7 in l, l.copy() == l); l.clear(); print(l)
t = ([],); t[0].append(t); print(t, (1,), ())
def attempt(*fs):
    for f in fs:
        try:
            print(f())
        except Exception as e:
            print(type(e).__name__, e)
attempt(lambda: [].append(), lambda: [].append(1, 2), lambda: [].insert(1), lambda: [].pop(), lambda: [1].pop(5), lambda: [1].index(2), lambda: [1].remove(2), lambda: [1, "a"].sort(), lambda: [].sort(1), lambda: [].sort(k=1),
        lambda: [] + (), lambda: () + [], lambda: [1] * "a", lambda: [1][1], lambda: [1]["a"], lambda: (1,)[3], lambda: [1][::0], lambda: [1][1.5:], lambda: list(1), lambda: tuple(1), lambda: list(1, 2), lambda: (1).__len__(), lambda: (1,).index(5), lambda: [].copy(1),
        lambda: [1, 2, 3].__setitem__(slice(None, None, 2), [1]), lambda: [1].__delitem__(5), lambda: [].extend(1), lambda: [1] < (1,), lambda: [1] < 1, lambda: [].clear(1), lambda: [1, 2].index(1, 1))
m = [3, 2, 1]
attempt(lambda: m.sort(key=lambda v: m.append(v) or v))
print(m)
