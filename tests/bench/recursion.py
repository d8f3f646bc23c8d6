"""Calls that call: Fibonacci numbers, Ackermann's function, the Towers of Hanoi."""


def fib(n):
    if n < 2:
        return n
    return fib(n - 1) + fib(n - 2)


def ackermann(m, n):
    if m == 0:
        return n + 1
    if n == 0:
        return ackermann(m - 1, 1)
    return ackermann(m - 1, ackermann(m, n - 1))


def hanoi(discs, source, target, spare, pegs):
    if discs == 0:
        return 0
    moves = hanoi(discs - 1, source, spare, target, pegs)
    pegs[target] += discs
    pegs[source] -= discs
    return moves + 1 + hanoi(discs - 1, spare, target, source, pegs)


def main():
    pegs = [171, 0, 0]
    print(fib(32), ackermann(2, 420), hanoi(18, 0, 2, 1, pegs), pegs)


main()
