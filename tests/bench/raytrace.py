"""Light thrown back by balls over a chequered floor."""

from math import sqrt


class Vector:
    __slots__ = ("x", "y", "z")

    def __init__(self, x, y, z):
        self.x = x
        self.y = y
        self.z = z

    def dot(self, other):
        return self.x * other.x + self.y * other.y + self.z * other.z

    def __add__(self, other):
        return Vector(self.x + other.x, self.y + other.y, self.z + other.z)

    def __sub__(self, other):
        return Vector(self.x - other.x, self.y - other.y, self.z - other.z)

    def scale(self, factor):
        return Vector(self.x * factor, self.y * factor, self.z * factor)

    def normalized(self):
        return self.scale(1.0 / sqrt(self.dot(self)))

    def reflected(self, normal):
        return self - normal.scale(2.0 * self.dot(normal))


class Ray:
    def __init__(self, start, direction):
        self.start = start
        self.direction = direction.normalized()

    def at(self, distance):
        return self.start + self.direction.scale(distance)


class Surface:
    def __init__(self, color, diffuse=0.6, mirror=0.3):
        self.color = color
        self.diffuse = diffuse
        self.mirror = mirror

    def color_at(self, point):
        return self.color


class Chequered(Surface):
    def __init__(self, color, other, **rest):
        super().__init__(color, **rest)
        self.other = other

    def color_at(self, point):
        return self.color if (int(abs(point.x) + 0.5) + int(abs(point.z) + 0.5)) % 2 else self.other


class Ball:
    def __init__(self, center, radius, surface):
        self.center = center
        self.radius = radius
        self.surface = surface

    def meets(self, ray):
        towards = self.center - ray.start
        along = towards.dot(ray.direction)
        inside = self.radius * self.radius - (towards.dot(towards) - along * along)
        return along - sqrt(inside) if inside > 0 else None

    def normal_at(self, point):
        return (point - self.center).normalized()


class Floor:
    def __init__(self, height, surface):
        self.height = height
        self.surface = surface
        self.up = Vector(0.0, 1.0, 0.0)

    def meets(self, ray):
        fall = ray.direction.y
        if abs(fall) < 1e-9:
            return None
        return (self.height - ray.start.y) / fall

    def normal_at(self, point):
        return self.up


class Scene:
    def __init__(self):
        self.things = []
        self.lights = []

    def first_met(self, ray):
        nearest = best = None
        for thing in self.things:
            distance = thing.meets(ray)
            if distance is not None and distance > 1e-6 and (best is None or distance < best):
                nearest, best = thing, distance
        return nearest, best

    def is_lit(self, point, light):
        towards = light - point
        ray = Ray(point, towards)
        reach = sqrt(towards.dot(towards))
        for thing in self.things:
            distance = thing.meets(ray)
            if distance is not None and 1e-6 < distance < reach:
                return False
        return True

    def color(self, ray, depth):
        if depth > 3:
            return 0.0, 0.0, 0.0
        thing, distance = self.first_met(ray)
        if thing is None:
            return 0.2, 0.3, 0.5
        point = ray.at(distance)
        normal = thing.normal_at(point)
        surface = thing.surface
        reflected = self.color(Ray(point, ray.direction.reflected(normal)), depth + 1)
        brightness = 0.1
        for light in self.lights:
            if self.is_lit(point, light):
                brightness += max(0.0, normal.dot((light - point).normalized())) * surface.diffuse
        own = surface.color_at(point)
        return tuple(c * brightness + r * surface.mirror for c, r in zip(own, reflected))

    def render(self, width, height):
        sums = [0, 0, 0]
        eye = Vector(0.0, 1.8, 10.0)
        for row in range(height):
            for column in range(width):
                target = Vector((column / width - 0.5) * 6, (0.5 - row / height) * 4 + 1, 2.0)
                color = self.color(Ray(eye, target - eye), 0)
                for number, part in enumerate(color):
                    sums[number] += int(min(part, 1.0) * 255)
        return sums


def main():
    scene = Scene()
    scene.lights = [Vector(30.0, 30.0, 10.0), Vector(-10.0, 100.0, 30.0)]
    for number in range(6):
        color = (number / 6, 1 - number / 6, 0.5)
        scene.things.append(Ball(Vector(-3 + number * 1.2, 1 + number % 2, -number * 0.5), 0.8,
                                 Surface(color)))
    scene.things.append(Floor(0.0, Chequered((1.0, 1.0, 1.0), (0.0, 0.0, 0.0), mirror=0.2)))
    print(*scene.render(108, 80))


main()
