"""Functions and operators that have short ways for common arguments agree with the long ways."""


class Number:
    def __init__(self, value):
        self.value = value

    def __abs__(self):
        return f"abs {self.value}"

    def __lt__(self, other):
        print("lt", self.value, other.value)
        return self.value < other.value

    def __gt__(self, other):
        print("gt", self.value, other.value)
        return self.value > other.value

    def __repr__(self):
        return f"Number({self.value})"


class Table(dict):
    def get(self, key, default="mine"):
        return default

    def __missing__(self, key):
        return key


def show(call):
    try:
        print(repr(call()))
    except Exception as error:
        print(type(error).__name__, error)


for value in (-3, 3, -2.5, -0.0, True, -2**62, -2**70, 3 + 4j, Number(1), "x"):
    show(lambda: abs(value))
for call in (lambda: abs(), lambda: abs(1, 2), lambda: abs(x=1), lambda: chr(97), lambda: chr(-1), lambda: chr("a"),
             lambda: chr(True), lambda: chr(0x110000), lambda: ord("é"), lambda: ord("ab"), lambda: ord(b"a"),
             lambda: ord(1), lambda: ord()):
    show(call)
for pair in ((1, 2), (2, 1), (1, True), (True, 1), (1.5, 1), (1, 1.5), ("a", "b"), (Number(1), Number(2)), (1, "a"),
             (float("nan"), 1), (1, float("nan")), ([1], [1, 2]), ((), None)):
    show(lambda: max(*pair))
    show(lambda: min(*pair))
show(lambda: max(1, 2, key=lambda item: -item))
show(lambda: max(1))
for arguments in ((3,), (1, 3), (1, 9, 3), (3, 1, -1), (2**70,), (0, 2**70, 2**69), (1.5,), ("a",), (1, 2, 0),
                  (True,), (0, True), (1, None), (), (1, 2, 3, 4), (-3,), (-2**62, 2**62 - 1)):
    show(lambda: range(*arguments))
print(list(range(3)), list(range(True)), list(range(5, 0, -2)), len(range(-2**62, 2**62 - 1)) if False else "")

truths = (True, False)
for left in (*truths, 3, -1, 2**62 - 1, 1.5):
    for right in (*truths, 2, -2**62):
        for operation in (lambda: left + right, lambda: left - right, lambda: right - left, lambda: left & right,
                          lambda: left | right, lambda: left ^ right, lambda: left * right):
            show(operation)
count = 0
for item in (1, 2, 3, 1):
    count += item in (1, 3)
    count -= item not in (1,)
    count |= item == 7
print(count)
flag = True
flag &= 3 > 2
flag ^= False
flag |= 4 > 5
print(flag)

items = [1, 2.0, True, "1", 3, Number(4)]
for wanted in (1, 2, 3, 4, True, 2.0, "1", 1.0, 2**70, 3 + 0j):
    print(wanted in items[:5], wanted not in items[:5])
    show(lambda: items[:5].index(wanted))


class Equal:
    def __eq__(self, other):
        print("asked", other)
        return other == 9


print(9 in [1, Equal(), 9], 8 in [1, Equal(), 8], 7 in [1, Equal()], 5 in [])
stack = [1, 2]
print(stack.pop(), stack.pop(), stack)
show(stack.pop)
show(lambda: list.pop())
show(lambda: list.pop(()))
table, mine = {1: "one", "k": "v", (1, 2): "pair"}, Table()
for key in (1, 1.0, True, "k", "K", (1, 2), 2, None):
    print(table.get(key), table.get(key, "other"), mine.get(key))
show(lambda: table.get([]))
show(lambda: table.get())
show(lambda: dict.get(mine, 5))
keys = {1, 2, "a"}
keys.discard(1)
keys.discard(7)
keys.remove("a")
print(keys)
show(lambda: keys.remove("gone"))
show(lambda: keys.remove([]))
show(lambda: keys.discard())
show(lambda: set.remove(keys))
for number in (0, 7, -7, 12345678901234567890, True):
    print(f"{number:5d}|{number:<5}|{number:^5}|{number:05}|{number:+d}|{number: }|{number:,}|{number:x}|{number:#o}|{number:*^9d}")
    print("%d|%5d|%-5d|%05d|%+d|% d|%.3d|%x" % ((number,) * 8))
for number in (0.5, 1.5, 2.5, 0.125, 2.675, 1e15, 1e16, 123456.789, 1 / 3, 1e-7, 1e22, 1e300, -0.0, -2.5, 999.9995):
    print(f"{number:.0f}|{number:.1f}|{number:.2f}|{number:10.3f}|{number:<10.3f}|{number:+.4f}|{number:,.2f}|{number:.19f}|{number:.25f}")
    print("%f|%.1f|%08.2f|%-9.1f|%+.0f|%#.0f" % ((number,) * 6))
for text in ("", "abc", "é\U0001f600z"):
    print(f"{text:5}|{text:>5}|{text:^6}|{text:.1}|{text:*<4.2}|{text:s}|", "%s|%5s|%-5s|%.2s|%r" % ((text,) * 5))
