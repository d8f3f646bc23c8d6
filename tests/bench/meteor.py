"""Tiles a rectangle with pentominoes, by bit masks: every way, each piece once."""

WIDTH, HEIGHT = 5, 7
PIECES = {
    "F": ((0, 1), (0, 2), (1, 0), (1, 1), (2, 1)),
    "L": ((0, 0), (1, 0), (2, 0), (3, 0), (3, 1)),
    "N": ((0, 1), (1, 1), (2, 0), (2, 1), (3, 0)),
    "P": ((0, 0), (0, 1), (1, 0), (1, 1), (2, 0)),
    "T": ((0, 0), (0, 1), (0, 2), (1, 1), (2, 1)),
    "U": ((0, 0), (0, 2), (1, 0), (1, 1), (1, 2)),
    "V": ((0, 0), (1, 0), (2, 0), (2, 1), (2, 2)),
    "W": ((0, 0), (1, 0), (1, 1), (2, 1), (2, 2)),
    "Y": ((0, 1), (1, 0), (1, 1), (2, 1), (3, 1)),
    "Z": ((0, 0), (0, 1), (1, 1), (2, 1), (2, 2)),
}


def turned(cells):
    return tuple((column, -row) for row, column in cells)


def flipped(cells):
    return tuple((row, -column) for row, column in cells)


def settled(cells):
    top = min(row for row, _ in cells)
    left = min(column for _, column in cells)
    return tuple(sorted((row - top, column - left) for row, column in cells))


def shapes(cells):
    found = set()
    for _ in range(2):
        for _ in range(4):
            found.add(settled(cells))
            cells = turned(cells)
        cells = flipped(cells)
    return sorted(found)


def placements(cells):
    """The masks of all ways to put a piece, by the first place that each covers."""
    by_first = [[] for _ in range(WIDTH * HEIGHT)]
    for shape in shapes(cells):
        for row in range(HEIGHT):
            for column in range(WIDTH):
                places = [(row + r) * WIDTH + column + c for r, c in shape
                          if row + r < HEIGHT and column + c < WIDTH]
                if len(places) == 5:
                    mask = 0
                    for place in places:
                        mask |= 1 << place
                    by_first[min(places)].append(mask)
    return by_first


def flood_ok(board, full):
    """Whether every hole holds a multiple of five places."""
    free = full & ~board
    left_edge = sum(1 << row * WIDTH for row in range(HEIGHT))
    right_edge = left_edge << (WIDTH - 1)
    while free:
        hole, grown = 0, free & -free
        while grown != hole:
            hole = grown
            grown |= (hole & ~right_edge) << 1 | (hole & ~left_edge) >> 1
            grown |= hole << WIDTH | hole >> WIDTH
            grown &= free
        if hole.bit_count() % 5:
            return False
        free &= ~hole
    return True


def solve(board, full, left, tables, used, found):
    if board == full:
        found.append("".join(sorted(used)))
        return
    place = ((board + 1) & ~board).bit_length() - 1
    for name in left:
        for mask in tables[name][place]:
            if board & mask == 0 and flood_ok(board | mask, full):
                used.append(name)
                solve(board | mask, full, [other for other in left if other != name], tables,
                      used, found)
                used.pop()


def main():
    tables = {name: placements(cells) for name, cells in PIECES.items()}
    found = []
    solve(0, (1 << WIDTH * HEIGHT) - 1, sorted(PIECES), tables, [], found)
    counts = {}
    for pieces in found:
        counts[pieces] = counts.get(pieces, 0) + 1
    print(len(found), max(counts.items(), key=lambda item: (item[1], item[0])))


main()
