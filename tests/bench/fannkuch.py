"""Turns prefixes of every permutation over until 1 is in front; counts how often that takes."""


def turns(permutation):
    cards = permutation[:]
    count = 0
    while (first := cards[0]) != 0:
        cards[:first + 1] = cards[first::-1]
        count += 1
    return count


def fannkuch(n):
    permutation = list(range(n))
    counters = [0] * n
    most = checksum = 0
    even = True
    while True:
        if permutation[0] != 0:
            count = turns(permutation)
            if count > most:
                most = count
            checksum += count if even else -count
        even = not even
        # The next permutation: rotate ever longer prefixes, as an odometer turns.
        width = 1
        while True:
            if width == n:
                return checksum, most
            first = permutation[0]
            for place in range(width):
                permutation[place] = permutation[place + 1]
            permutation[width] = first
            counters[width] += 1
            if counters[width] <= width:
                break
            counters[width] = 0
            width += 1


print(*fannkuch(9))
