"""Go played out at random on a small board: groups, liberties, captures, the score of many games."""

SIZE = 9
EMPTY, BLACK, WHITE = 0, 1, 2
CELLS = SIZE * SIZE
PASS = -1


class Dice:
    def __init__(self, seed):
        self.state = seed

    def below(self, limit):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) & 0xFFFFFFFFFFFFFFFF
        return (self.state >> 33) % limit


def neighbours_of(cell):
    row, column = divmod(cell, SIZE)
    found = []
    for dr, dc in ((0, 1), (1, 0), (0, -1), (-1, 0)):
        if 0 <= row + dr < SIZE and 0 <= column + dc < SIZE:
            found.append((row + dr) * SIZE + column + dc)
    return tuple(found)


NEIGHBOURS = [neighbours_of(cell) for cell in range(CELLS)]


class Group:
    __slots__ = ("color", "stones", "liberties")

    def __init__(self, color, cell, liberties):
        self.color = color
        self.stones = {cell}
        self.liberties = liberties

    def absorb(self, other, cell):
        self.stones |= other.stones
        self.liberties |= other.liberties
        self.liberties.discard(cell)


class Board:
    def __init__(self):
        self.groups = [None] * CELLS
        self.empty = list(range(CELLS))
        self.place_of = list(range(CELLS))
        self.ko = None
        self.captured = [0, 0, 0]

    def take_from_empty(self, cell):
        place, last = self.place_of[cell], self.empty.pop()
        if last != cell:
            self.empty[place] = last
            self.place_of[last] = place

    def give_to_empty(self, cell):
        self.place_of[cell] = len(self.empty)
        self.empty.append(cell)

    def is_own_eye(self, cell, color):
        for near in NEIGHBOURS[cell]:
            group = self.groups[near]
            if group is None or group.color != color:
                return False
        return True

    def is_allowed(self, cell, color):
        if cell == self.ko or self.is_own_eye(cell, color):
            return False
        for near in NEIGHBOURS[cell]:
            group = self.groups[near]
            if group is None:
                return True
            if group.color == color:
                if len(group.liberties) > 1:
                    return True
            elif len(group.liberties) == 1:
                return True
        return False

    def play(self, cell, color):
        groups = self.groups
        self.take_from_empty(cell)
        mine = Group(color, cell, {near for near in NEIGHBOURS[cell] if groups[near] is None})
        groups[cell] = mine
        captured = []
        for near in NEIGHBOURS[cell]:
            group = groups[near]
            if group is None or group is mine:
                continue
            if group.color == color:
                if len(group.stones) > len(mine.stones):
                    mine, group = group, mine
                mine.absorb(group, cell)
                for stone in group.stones:
                    groups[stone] = mine
            else:
                group.liberties.discard(cell)
                if not group.liberties and group not in captured:
                    captured.append(group)
        for group in captured:
            self.remove(group)
            self.captured[color] += len(group.stones)
        self.ko = None
        if len(captured) == 1 and len(captured[0].stones) == 1 and len(mine.stones) == 1:
            self.ko = next(iter(captured[0].stones))

    def remove(self, group):
        for stone in group.stones:
            self.groups[stone] = None
            self.give_to_empty(stone)
        for stone in group.stones:
            for near in NEIGHBOURS[stone]:
                other = self.groups[near]
                if other is not None:
                    other.liberties.add(stone)

    def choose(self, color, dice):
        count = len(self.empty)
        start = dice.below(count) if count else 0
        for offset in range(count):
            cell = self.empty[(start + offset) % count]
            if self.is_allowed(cell, color):
                return cell
        return PASS

    def score(self):
        totals = [0, 0, 0]
        for cell, group in enumerate(self.groups):
            if group is not None:
                totals[group.color] += 1
            else:
                colors = {self.groups[near].color for near in NEIGHBOURS[cell] if self.groups[near]}
                if len(colors) == 1:
                    totals[colors.pop()] += 1
        return totals[BLACK] - totals[WHITE]


def game(dice):
    board, color, passes, moves = Board(), BLACK, 0, 0
    while passes < 2 and moves < 300:
        cell = board.choose(color, dice)
        if cell == PASS:
            passes += 1
        else:
            passes = 0
            board.play(cell, color)
        color = BLACK + WHITE - color
        moves += 1
    return board.score(), moves, board.captured


def main(games):
    dice = Dice(20)
    total = moves = captures = wins = 0
    for _ in range(games):
        score, played, captured = game(dice)
        total += score
        moves += played
        wins += score > 0
        captures += sum(captured)
    print(total, wins, moves, captures)


main(500)
