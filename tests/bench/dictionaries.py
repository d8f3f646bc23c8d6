"""Dictionaries: counting, grouping, memories of pairs, merging, keys of every kind."""


def words(count):
    state, made = 7, []
    for _ in range(count):
        state = (state * 1103515245 + 12345) % 2147483648
        made.append("w" + str((state >> 12) % 4096))
    return made


def count(items):
    counts = {}
    for item in items:
        counts[item] = counts.get(item, 0) + 1
    return counts


def group(items):
    groups = {}
    for number, item in enumerate(items):
        if item in groups:
            groups[item].append(number)
        else:
            groups[item] = [number]
    return groups


def paths(rows, columns, known):
    if rows == 0 or columns == 0:
        return 1
    key = rows, columns
    if key not in known:
        known[key] = paths(rows - 1, columns, known) + paths(rows, columns - 1, known)
    return known[key]


def collatz(limit):
    lengths = {1: 1}
    longest = 1
    for start in range(2, limit):
        number, steps = start, 0
        while number not in lengths:
            number = number // 2 if number % 2 == 0 else 3 * number + 1
            steps += 1
        lengths[start] = steps = steps + lengths[number]
        if steps > lengths[longest]:
            longest = start
    return longest, lengths[longest]


def life(alive, generations):
    for _ in range(generations):
        near = {}
        for row, column in alive:
            for dr in (-1, 0, 1):
                for dc in (-1, 0, 1):
                    if dr or dc:
                        cell = row + dr, column + dc
                        near[cell] = near.get(cell, 0) + 1
        alive = {cell for cell, n in near.items() if n == 3 or (n == 2 and cell in alive)}
    return len(alive)


def records(count):
    total = 0
    for number in range(count):
        record = {"id": number, "name": "x", "price": number * 3, "stock": number & 15}
        record["price"] += 5
        record["total"] = record["price"] * record["stock"]
        total += record["total"] + len(record)
        del record["name"]
    return total


def main():
    text = words(200_000)
    counts, groups = count(text), group(text)
    assert {word: len(places) for word, places in groups.items()} == counts
    top = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:2]
    merged = {**counts, **{word.upper(): number for word, number in counts.items()}}
    alive = {(row, column) for row in range(40) for column in range(40) if row * column % 3 == 1}
    print(top, len(merged), paths(150, 150, {}) % 1000007, collatz(100_000), life(alive, 12),
          records(200_000))


main()
