"""Exceptions raised, caught near and far, chained, with finally and context managers."""


class Refused(Exception):
    def __init__(self, amount):
        super().__init__(amount)
        self.amount = amount


class Guard:
    def __init__(self, log):
        self.log = log

    def __enter__(self):
        self.log[0] += 1
        return self

    def __exit__(self, kind, value, traceback):
        self.log[1] += 1
        return kind is KeyError


def withdraw(amount, balance):
    if amount > balance:
        raise Refused(amount)
    return balance - amount


def deep(levels, number):
    if levels == 0:
        if number % 2:
            raise ValueError(number)
        return number
    try:
        return deep(levels - 1, number)
    finally:
        number += 1


def parse(text):
    try:
        return int(text)
    except ValueError:
        return None


def chained(number):
    try:
        try:
            {}[number]
        except KeyError as error:
            raise RuntimeError(number) from error
    except RuntimeError as error:
        return error.__cause__.args[0]


def main():
    refused = balance = 0
    for number in range(400_000):
        try:
            balance = withdraw(number % 7, balance) + 2
        except Refused as refusal:
            refused += refusal.amount
    caught = 0
    for number in range(40_000):
        try:
            deep(10, number)
        except ValueError:
            caught += 1
    log, items = [0, 0], {}
    for number in range(160_000):
        with Guard(log):
            items[number % 5 == 0]
    parsed = sum(parse(text) or 0 for text in ("12", "x", "7", "y1") * 40_000)
    total = sum(chained(number) for number in range(80_000))
    attempts = 0
    for number in range(200_000):
        try:
            [1, 2, 3][number % 5]
        except IndexError:
            attempts += 1
        else:
            attempts += 2
        finally:
            attempts += 1
    print(refused, balance, caught, log, parsed, total, attempts)


main()
