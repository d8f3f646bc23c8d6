"""Queens that do not attack one another: by sets, by bits, and by permutations."""


def by_sets(size, row, columns, rising, falling):
    if row == size:
        return 1
    found = 0
    for column in range(size):
        if column in columns or row + column in rising or row - column in falling:
            continue
        columns.add(column)
        rising.add(row + column)
        falling.add(row - column)
        found += by_sets(size, row + 1, columns, rising, falling)
        columns.remove(column)
        rising.remove(row + column)
        falling.remove(row - column)
    return found


def by_bits(full, columns, rising, falling):
    if columns == full:
        return 1
    found = 0
    free = full & ~(columns | rising | falling)
    while free:
        queen = free & -free
        free ^= queen
        found += by_bits(full, columns | queen, (rising | queen) << 1, (falling | queen) >> 1)
    return found


def permutations(items):
    if not items:
        yield ()
        return
    for number, item in enumerate(items):
        for rest in permutations(items[:number] + items[number + 1:]):
            yield (item,) + rest


def by_permutations(size):
    found = 0
    for queens in permutations(tuple(range(size))):
        if (len({row + column for row, column in enumerate(queens)}) == size
                and len({row - column for row, column in enumerate(queens)}) == size):
            found += 1
    return found


print(by_sets(8, 0, set(), set(), set()), by_bits((1 << 11) - 1, 0, 0, 0), by_permutations(8))
print(by_sets(10, 0, set(), set(), set()))
