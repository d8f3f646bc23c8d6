"""A puzzle of numbered hexagons: each number says how many neighbours its place has. Solved by search."""

EMPTY = 7


class Cells:
    """The places of a hexagonal board, and which are next to which."""

    def __init__(self, radius):
        self.places = [(q, r) for q in range(-radius, radius + 1)
                       for r in range(-radius, radius + 1) if abs(q + r) <= radius]
        number_of = {place: number for number, place in enumerate(self.places)}
        self.near = [
            [number_of[q + dq, r + dr]
             for dq, dr in ((1, 0), (0, 1), (-1, 1), (-1, 0), (0, -1), (1, -1))
             if (q + dq, r + dr) in number_of]
            for q, r in self.places
        ]

    def __len__(self):
        return len(self.places)


class Possible:
    """For each place, the tiles that it may still hold."""

    def __init__(self, count, tiles, cells=None):
        self.cells = cells or [list(tiles) for _ in range(count)]

    def copy(self):
        return Possible(0, (), [cell[:] for cell in self.cells])

    def set(self, place, tile):
        self.cells[place] = [tile]

    def remove(self, place, tile):
        cell = self.cells[place]
        if tile in cell:
            cell.remove(tile)
            return True
        return False

    def is_set(self, place):
        return len(self.cells[place]) == 1

    def undecided(self, order):
        best, size = None, 99
        for place in order:
            options = len(self.cells[place])
            if 1 < options < size:
                best, size = place, options
        return best


class Contradiction(Exception):
    pass


def prune(cells, possible, tiles):
    """Strikes what cannot be, until nothing changes."""
    changed = True
    while changed:
        changed = False
        left = tiles[:]
        for place in range(len(cells)):
            options = possible.cells[place]
            if not options:
                raise Contradiction(place)
            if len(options) == 1:
                left[options[0]] -= 1
                if left[options[0]] < 0:
                    raise Contradiction(place)
        for place in range(len(cells)):
            if possible.is_set(place):
                continue
            for tile in [tile for tile in possible.cells[place] if left[tile] == 0]:
                changed |= possible.remove(place, tile)
            filled, open_places = 0, 0
            for near in cells.near[place]:
                options = possible.cells[near]
                if len(options) > 1:
                    open_places += EMPTY in options
                    filled += EMPTY not in options
                elif options and options[0] != EMPTY:
                    filled += 1
            for tile in possible.cells[place][:]:
                if tile != EMPTY and not filled <= tile <= filled + open_places:
                    changed |= possible.remove(place, tile)
        for place in range(len(cells)):
            options = possible.cells[place]
            if len(options) != 1 or options[0] == EMPTY:
                continue
            wanted = options[0]
            filled = [near for near in cells.near[place] if EMPTY not in possible.cells[near]]
            unsure = [near for near in cells.near[place]
                      if EMPTY in possible.cells[near] and len(possible.cells[near]) > 1]
            if len(filled) > wanted or len(filled) + len(unsure) < wanted:
                raise Contradiction(place)
            if unsure and len(filled) == wanted:
                for near in unsure:
                    possible.set(near, EMPTY)
                changed = True
            elif unsure and len(filled) + len(unsure) == wanted:
                for near in unsure:
                    possible.remove(near, EMPTY)
                changed = True


def solve(cells, possible, tiles, order, count):
    try:
        prune(cells, possible, tiles)
    except Contradiction:
        count[0] += 1
        return None
    place = possible.undecided(order)
    if place is None:
        return possible
    for tile in possible.cells[place]:
        attempt = possible.copy()
        attempt.set(place, tile)
        solved = solve(cells, attempt, tiles, order, count)
        if solved is not None:
            return solved
    return None


def puzzle(cells, seed):
    """A board that has a solution: some places filled by chance, and the tiles that they make."""
    state, filled = seed, []
    for _ in range(len(cells)):
        state = (state * 1103515245 + 12345) % 2147483648
        filled.append((state >> 16) % 100 < 62)
    tiles, given = [0] * 8, {}
    for place, full in enumerate(filled):
        tile = sum(filled[near] for near in cells.near[place]) if full else EMPTY
        tiles[tile] += 1
        if place % 7 == seed % 7:
            given[place] = tile
    return tiles, given


def main():
    checksum, counted = 0, [0]
    cells = Cells(2)
    for seed in range(SEEDS):
        tiles, given = puzzle(cells, seed)
        possible = Possible(len(cells), [tile for tile in range(8) if tiles[tile]])
        for place, tile in given.items():
            possible.set(place, tile)
        order = sorted(range(len(cells)), key=lambda place: -len(cells.near[place]))
        solved = solve(cells, possible, tiles, order, counted)
        for place, cell in enumerate(solved.cells):
            checksum = (checksum * 31 + place * cell[0]) % 1000003
    print(checksum, counted[0])


SEEDS = 200
main()
