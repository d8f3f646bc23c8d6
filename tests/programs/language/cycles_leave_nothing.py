"""Memory stays flat however many circles come and go."""
import gc


class Node:
    def __init__(self):
        self.me = self
        self.items = [self, {"me": self}, (self,)]


def generate():
    me = yield
    yield me


def make():
    node = Node()

    class Local:
        def method(self):
            return __class__

    Local.node = Local()

    def function():
        return function, node

    generator = generate()
    next(generator)
    generator.send(generator)
    try:
        raise ValueError(node)
    except ValueError as error:
        node.error = error


def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1])


for _ in range(3_000):
    make()
before, objects = resident(), len(gc.get_objects())
for _ in range(20_000):
    make()
gc.collect()
grown = resident() - before
print(grown < 1_000 or grown, abs(len(gc.get_objects()) - objects) < 20_000)
