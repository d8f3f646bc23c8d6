"""Generators: trees walked by delegation, pipelines, sieves, values sent in."""


class Tree:
    def __init__(self, left, value, right):
        self.left = left
        self.value = value
        self.right = right

    def __iter__(self):
        if self.left is not None:
            yield from self.left
        yield self.value
        if self.right is not None:
            yield from self.right


def tree(low, high):
    if low >= high:
        return None
    middle = (low + high) // 2
    return Tree(tree(low, middle), middle, tree(middle + 1, high))


def numbers(limit):
    number = 0
    while number < limit:
        yield number
        number += 1


def without_multiples(source, factor):
    for number in source:
        if number % factor:
            yield number


def primes(limit):
    source = numbers(limit)
    next(source), next(source)
    while True:
        prime = next(source, None)
        if prime is None:
            return
        yield prime
        source = without_multiples(source, prime)


def averages():
    total, count, average = 0.0, 0, None
    while True:
        value = yield average
        total += value
        count += 1
        average = total / count


def pipeline(limit):
    squares = (number * number for number in numbers(limit))
    odd = (square for square in squares if square & 1)
    return sum(number % 7 for number in odd)


def main():
    walked = 0
    root = tree(0, 40_000)
    for _ in range(3):
        for value in root:
            walked += value
    found = list(primes(5_000))
    averaging = averages()
    next(averaging)
    last = 0
    for number in range(800_000):
        last = averaging.send(number)
    print(walked, len(found), found[-1], last, pipeline(1_500_000))


main()
