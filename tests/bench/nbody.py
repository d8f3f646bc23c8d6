"""Five bodies that attract one another, stepped by a symplectic integrator."""

from math import pi, sqrt

SOLAR_MASS = 4 * pi * pi
YEAR = 365.24

# Position in astronomical units, velocity per day, mass in suns: the outer planets.
PLANETS = [
    ((4.84143144246472090, -1.16032004402742839, -0.103622044471123109),
     (0.00166007664274403694, 0.00769901118419740425, -0.0000690460016972063023),
     0.000954791938424326609),
    ((8.34336671824457987, 4.12479856412430479, -0.403523417114321381),
     (-0.00276742510726411880, 0.00499852801234917238, 0.0000230417297573763929),
     0.000285885980666130812),
    ((12.8943695621391310, -15.1111514016986312, -0.223307578892655734),
     (0.00296460137564761618, 0.00237847173959480950, -0.0000296589568540237556),
     0.0000436624404335156298),
    ((15.3796971148509165, -25.9193146099879641, 0.179258772950371181),
     (0.00268067772490389322, 0.00162824170038242295, -0.0000951592254519715870),
     0.0000515138902046611451),
]


class Body:
    def __init__(self, position, velocity, mass):
        self.x, self.y, self.z = position
        self.vx, self.vy, self.vz = (part * YEAR for part in velocity)
        self.mass = mass * SOLAR_MASS


def momentum_free(bodies):
    sun = bodies[0]
    for body in bodies[1:]:
        sun.vx -= body.vx * body.mass / SOLAR_MASS
        sun.vy -= body.vy * body.mass / SOLAR_MASS
        sun.vz -= body.vz * body.mass / SOLAR_MASS


def energy(bodies):
    total = 0.0
    for number, body in enumerate(bodies):
        total += 0.5 * body.mass * (body.vx ** 2 + body.vy ** 2 + body.vz ** 2)
        for other in bodies[number + 1:]:
            dx, dy, dz = body.x - other.x, body.y - other.y, body.z - other.z
            total -= body.mass * other.mass / sqrt(dx * dx + dy * dy + dz * dz)
    return total


def advance(bodies, pairs, dt):
    for one, two in pairs:
        dx = one.x - two.x
        dy = one.y - two.y
        dz = one.z - two.z
        square = dx * dx + dy * dy + dz * dz
        pull = dt / (square * sqrt(square))
        of_one = one.mass * pull
        of_two = two.mass * pull
        one.vx -= dx * of_two
        one.vy -= dy * of_two
        one.vz -= dz * of_two
        two.vx += dx * of_one
        two.vy += dy * of_one
        two.vz += dz * of_one
    for body in bodies:
        body.x += dt * body.vx
        body.y += dt * body.vy
        body.z += dt * body.vz


def main(steps):
    sun = Body((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), 1.0)
    bodies = [sun] + [Body(*planet) for planet in PLANETS]
    pairs = [(one, two) for i, one in enumerate(bodies) for two in bodies[i + 1:]]
    momentum_free(bodies)
    print(f"{energy(bodies):.9f}")
    for _ in range(steps):
        advance(bodies, pairs, 0.01)
    print(f"{energy(bodies):.9f}")


main(45_000)
