"""match: every kind of pattern."""


class Point:
    __match_args__ = ("x", "y")

    def __init__(self, x, y):
        self.x = x
        self.y = y


class Bare:
    pass


def what(v):
    match v:
        case None:
            return "none"
        case True | False as b:
            return f"bool {b}"
        case 0 | 1:
            return "small"
        case -1:
            return "minus one"
        case int(n) if n > 1000:
            return f"big {n}"
        case int():
            return "int"
        case float(f):
            return f"float {f}"
        case "hello" | "world":
            return "greeting"
        case str() as s:
            return f"str {s}"
        case []:
            return "empty"
        case [x]:
            return f"one {x}"
        case [1, 2, *rest]:
            return f"one two {rest}"
        case (Point(x=0, y=0), Point(0, y)):
            return f"points {y}"
        case [first, *_, last]:
            return f"{first}..{last}"
        case {"type": "a", "value": [a, b]}:
            return f"a {a} {b}"
        case {"type": t, **rest}:
            return f"type {t} {rest}"
        case {}:
            return "mapping"
        case Point(0, 0):
            return "origin"
        case Point(x, 0) | Point(0, x):
            return f"axis {x}"
        case Point(x=px, y=py):
            return f"point {px} {py}"
        case _:
            return "other"


for v in [None, True, 0, 1, -1, 5, 5000, 1.5, "hello", "x", [], [7], (1, 2), [1, 2, 3, 4], [3, 4, 5],
          (Point(0, 0), Point(0, 9)), {"type": "a", "value": (1, 2)}, {"type": "b", "k": 1}, {}, {"z": 1},
          Point(0, 0), Point(3, 0), Point(0, 4), Point(1, 2), Bare(), range(3)]:
    print(what(v))


def errors(v, n):
    match v:
        case Point(1, 2, 3) if n == 0:
            pass
        case Bare(1) if n == 1:
            pass
        case Point(1, x=1) if n == 2:
            pass


for n, v in enumerate([Point(1, 1), Bare(), Point(1, 1)]):
    try:
        errors(v, n)
    except TypeError as e:
        print(e)
