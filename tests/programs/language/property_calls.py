"""Properties: their functions run, raise, recurse, suspend, and see what the class has become."""

import sys


class Box:
    def __init__(self, width):
        self._width = width
        self.log = []

    @property
    def width(self):
        self.log.append("get")
        return self._width

    @width.setter
    def width(self, value):
        if value < 0:
            raise ValueError(f"negative: {value}")
        self.log.append(("set", value))
        self._width = value
        return "ignored"

    @width.deleter
    def width(self):
        self.log.append("del")
        self._width = 0

    @property
    def doubled(self):
        return self.width + self.width

    @property
    def parts(self):
        yield self.width
        yield self.doubled

    @property
    def endless(self):
        return self.endless

    @property
    def with_default(self, factor=3):
        return self._width * factor

    @property
    def failing(self):
        return self.nothing

    unreadable = property(None, lambda self, value: None)
    read_only = property(lambda self: 11)
    native = property(len)


class Wide(Box):
    @property
    def width(self):
        return super().width * 10


def use(box):
    box.width = 5
    box.width += 2
    total = 0
    for _ in range(3):
        total += box.width + box.doubled
    print(total, list(box.parts), box.with_default, box.read_only)
    del box.width
    print(box.width, box.log)


use(Box(1))
wide = Wide(4)
print(wide.width, wide.doubled)
for name in ("endless", "failing", "unreadable", "native"):
    try:
        getattr(Box(2), name)
    except (RecursionError, AttributeError, TypeError) as error:
        print(type(error).__name__, str(error)[:60])
try:
    Box(2).endless
except RecursionError:
    print("too deep")
for value in (3, -1):
    box = Box(1)
    try:
        box.width = value
        print("set", box.width)
    except ValueError as error:
        print("ValueError", error)
try:
    Box(1).read_only = 5
except AttributeError as error:
    print("AttributeError", error)


def gather(boxes):
    for box in boxes:
        got = yield box.width
        if got:
            box.width = got


walk = gather([Box(1), Box(2)])
print(next(walk), walk.send(7))


class Changing:
    @property
    def now(self):
        return "before"


changing = Changing()
for step in range(4):
    print(changing.now)
    if step == 1:
        Changing.now = property(lambda self: "after")
    if step == 2:
        Changing.now = "plain"


class Tracing:
    @property
    def caller(self):
        frame = sys.exc_info()
        try:
            raise KeyError("inside")
        except KeyError as error:
            return frame, type(error).__name__


print(Tracing().caller)
try:
    raise IndexError("outside")
except IndexError:
    print(Tracing().caller[0][0].__name__)
