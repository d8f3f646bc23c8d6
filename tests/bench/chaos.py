"""A fern drawn by chance: points thrown through splines, counted on a grid."""

from math import sqrt


class Vector:
    def __init__(self, x=0.0, y=0.0, z=0.0):
        self.x = x
        self.y = y
        self.z = z

    def length(self):
        return sqrt(self.x ** 2 + self.y ** 2 + self.z ** 2)

    def __add__(self, other):
        return Vector(self.x + other.x, self.y + other.y, self.z + other.z)

    def __sub__(self, other):
        return Vector(self.x - other.x, self.y - other.y, self.z - other.z)

    def __mul__(self, factor):
        return Vector(self.x * factor, self.y * factor, self.z * factor)

    def between(self, other, share):
        return self * (1.0 - share) + other * share

    def __repr__(self):
        return f"Vector({self.x:.6f}, {self.y:.6f}, {self.z:.6f})"


class Spline:
    """A curve of degree three through control points, by de Boor's recursion."""

    def __init__(self, points):
        self.points = points
        inner = len(points) - 3
        self.knots = [0, 0, 0] + list(range(inner)) + [inner - 1] * 3

    def domain(self):
        return self.knots[2], self.knots[len(self.knots) - 3]

    def __call__(self, u):
        low, high = self.domain()
        u = min(max(u, low), high - 1e-9)
        place = 2
        while self.knots[place + 1] <= u:
            place += 1
        points = [self.points[place - 2 + number] for number in range(4)
                  if place - 2 + number < len(self.points)]
        for level in range(1, len(points)):
            for number in range(len(points) - 1, level - 1, -1):
                start = self.knots[place - 2 + number]
                end = self.knots[min(place + 1 + number - level, len(self.knots) - 1)]
                share = (u - start) / (end - start) if end > start else 0.5
                points[number] = points[number - 1].between(points[number], share)
        return points[-1]


class Dice:
    def __init__(self, seed):
        self.state = seed

    def roll(self, sides):
        self.state = (self.state * 1103515245 + 12345) % 2147483648
        return (self.state >> 8) % sides


class Game:
    def __init__(self, splines, thickness):
        self.splines = splines
        self.thickness = thickness
        self.dice = Dice(1234)
        points = [spline(low + (high - low) * step / 50)
                  for spline in splines
                  for low, high in [spline.domain()]
                  for step in range(51)]
        self.low = Vector(min(p.x for p in points), min(p.y for p in points))
        self.high = Vector(max(p.x for p in points), max(p.y for p in points))

    def move(self, point):
        spline = self.splines[self.dice.roll(len(self.splines))]
        low, high = spline.domain()
        share = (point.x - self.low.x) / (self.high.x - self.low.x)
        at = low + share * (high - low)
        on_curve = spline(at)
        ahead = spline(at + 1 / 5000)
        direction = ahead - on_curve
        length = direction.length() or 1.0
        away = (point.y - self.low.y) / (self.high.y - self.low.y) - 0.5
        target = on_curve + Vector(-direction.y, direction.x) * (away * self.thickness / length)
        return Vector(min(max(target.x, self.low.x), self.high.x),
                      min(max(target.y, self.low.y), self.high.y))

    def play(self, width, height, rounds):
        grid = [[0] * width for _ in range(height)]
        point = self.low.between(self.high, 0.5)
        for _ in range(rounds):
            point = self.move(point)
            column = int((point.x - self.low.x) / (self.high.x - self.low.x) * (width - 1))
            row = int((point.y - self.low.y) / (self.high.y - self.low.y) * (height - 1))
            grid[row][column] += 1
        return grid, point


def main():
    splines = [
        Spline([Vector(*place) for place in places]) for places in (
            [(1.6, 0.3), (1.5, 0.4), (1.3, 0.7), (1.2, 0.5), (0.9, 0.1), (0.2, 0.6)],
            [(2.8, 3.5), (2.4, 3.1), (1.8, 2.9), (1.1, 2.6), (0.7, 1.9)],
            [(2.2, 1.0), (1.9, 1.6), (0.4, 2.1), (0.6, 0.8), (1.4, 0.2)],
        )
    ]
    grid, point = Game(splines, 0.25).play(160, 120, 24_000)
    print(sum(1 for row in grid for cell in row if cell), max(map(max, grid)), point)


main()
