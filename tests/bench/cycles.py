"""Objects that refer to one another in circles, made and dropped."""


class Node:
    def __init__(self, name):
        self.name = name
        self.next = self
        self.previous = self
        self.parent = None
        self.children = []

    def insert(self, node):
        node.next, node.previous = self.next, self
        self.next.previous = node
        self.next = node

    def adopt(self, child):
        child.parent = self
        self.children.append(child)


def ring(size):
    first = Node(0)
    for name in range(1, size):
        first.insert(Node(name))
    total, node = first.name, first.next
    while node is not first:
        total += node.name
        node = node.next
    return total


def family(depth):
    root = Node(depth)
    if depth:
        for _ in range(3):
            root.adopt(family(depth - 1))
    return root


def closures(count):
    def make(number):
        def self_aware():
            return number + len(both)

        both = [self_aware]
        return self_aware

    return sum(make(number)() for number in range(count))


def main():
    total = 0
    for size in range(6_000):
        total += ring(size % 60 + 2)
    for _ in range(120):
        total += sum(child.name for child in family(6).children)
    print(total, closures(300_000))


main()
