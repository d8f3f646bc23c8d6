"""Attributes: read, written, inherited, computed, in slots, of classes and through properties."""


class Shape:
    kinds = 0
    scale = 2

    def __init__(self, width, height):
        self.width = width
        self.height = height
        self.moved = 0
        Shape.kinds += 1

    @property
    def area(self):
        return self.width * self.height

    @area.setter
    def area(self, value):
        self.height = value // self.width

    @classmethod
    def square(cls, side):
        return cls(side, side)

    @staticmethod
    def larger(one, two):
        return one if one.area > two.area else two

    def move(self, by):
        self.moved += by
        return self

    def scaled(self):
        return self.width * self.scale


class Box(Shape):
    scale = 3

    def __init__(self, width, height, depth):
        super().__init__(width, height)
        self.depth = depth

    @property
    def volume(self):
        return self.area * self.depth

    def move(self, by):
        return super().move(by + 1)


class Point:
    __slots__ = ("x", "y")

    def __init__(self, x, y):
        self.x = x
        self.y = y


class Flexible:
    def __getattr__(self, name):
        if name.startswith("data_"):
            return len(name)
        raise AttributeError(name)


def shapes(rounds):
    one, two = Shape.square(4), Box(2, 3, 4)
    total = 0
    for number in range(rounds):
        shape = two if number % 3 else one
        total += shape.move(1).scaled() + shape.area
        one.area = 16 + number % 8
        total += two.volume + Shape.larger(one, two).width
    return total, one.moved, two.moved, Shape.kinds


def points(rounds):
    ring = [Point(number, -number) for number in range(50)]
    for _ in range(rounds):
        for point in ring:
            point.x, point.y = point.y + 1, point.x - 1
    return sum(point.x * 3 + point.y for point in ring)


def flexible(rounds):
    thing, total = Flexible(), 0
    for number in range(rounds):
        total += thing.data_one + hasattr(thing, "other") + getattr(thing, "data_x", 5)
        setattr(thing, "count", number)
        total += thing.count
    return total


print(shapes(300_000), points(16_000), flexible(120_000))
