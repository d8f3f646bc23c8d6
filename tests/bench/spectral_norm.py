"""The largest singular value of an infinite matrix, by the power method."""

from math import sqrt


def element(i, j):
    return 1.0 / ((i + j) * (i + j + 1) // 2 + i + 1)


def times(vector):
    size = len(vector)
    result = []
    for i in range(size):
        total = 0.0
        for j in range(size):
            total += element(i, j) * vector[j]
        result.append(total)
    return result


def transposed_times(vector):
    size = len(vector)
    return [sum(element(j, i) * vector[j] for j in range(size)) for i in range(size)]


def main(size, rounds):
    u = [1.0] * size
    for _ in range(rounds):
        v = transposed_times(times(u))
        u = transposed_times(times(v))
    dots = sum(a * b for a, b in zip(u, v))
    norm = sum(b * b for b in v)
    print(f"{sqrt(dots / norm):.9f}")


main(240, 9)
