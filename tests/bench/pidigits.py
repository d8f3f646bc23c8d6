"""Digits of pi by an unbounded spigot, and other integers far beyond a word."""


def digits(count):
    found = []
    numerator, denominator, accumulated, k = 1, 1, 0, 0
    while len(found) < count:
        k += 1
        odd = 2 * k + 1
        accumulated = (accumulated + 2 * numerator) * odd
        numerator *= k
        denominator *= odd
        if numerator > accumulated:
            continue
        digit = (numerator * 3 + accumulated) // denominator
        if (numerator * 4 + accumulated) // denominator == digit:
            found.append(digit)
            accumulated = (accumulated - denominator * digit) * 10
            numerator *= 10
    return found


def factorial(n):
    product = 1
    for factor in range(2, n + 1):
        product *= factor
    return product


def main():
    found = digits(3_500)
    text = "".join(map(str, found))
    checksum = 0
    for digit in found:
        checksum = (checksum * 31 + digit) % 1000003
    fibonacci, following = 0, 1
    for _ in range(16_000):
        fibonacci, following = following, fibonacci + following
    big = factorial(2_500)
    prime = 2 ** 521 - 1
    power = pow(3, prime - 1, prime)
    print(text[:20], checksum, len(str(fibonacci)), len(str(big // 10 ** 4_000)), power, big % (10 ** 9 + 7),
          hash(fibonacci * big), (fibonacci ^ big).bit_count())


main()
