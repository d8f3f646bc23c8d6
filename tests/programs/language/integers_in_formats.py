"""Integers by `%` and by format specifications: every flag, base, width and grouping."""

INTEGERS = [0, 7, -42, 255, -256, -123456789, 2**61, -2**62, 2**63, True]


def shown(function, *arguments):
    try:
        return repr(function(*arguments))
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def percents(number):
    for flags in ("", "-", "+", " ", "#", "0", "-0", "+0", "#0", " 0", "#-", "+#0"):
        for width in ("", "5", "12"):
            for precision in ("", ".0", ".3"):
                for kind in "diuxXo":
                    yield "%" + flags + width + precision + kind


def specifications(number):
    for align in ("", "<", ">", "^", "=", "*<", "\xe9^", "0="):
        for sign in ("", "+", "-", " "):
            for rest in ("", "#", "0", "#0"):
                for width in ("", "4", "13"):
                    for grouping in ("", ",", "_"):
                        for kind in ("", "d", "x", "X", "o", "b", "n", "c", "s"):
                            yield align + sign + rest + width + grouping + kind


def sample(values, step):
    return [value for place, value in enumerate(values) if place % step == 0]


for place, number in enumerate(INTEGERS):
    for percent in sample(percents(number), 41 + place):
        print(number, percent, shown(lambda: percent % number))
    for spec in sample(specifications(number), 397 + 2 * place):
        print(number, spec, shown(format, number, spec))

print(shown(lambda: "\xe9%d|%s|%5x" % (1, "\xfc", 255)), shown(lambda: "%(\xe9)d%%" % {"\xe9": 3}))
print(shown(lambda: b"\xff%d|%5x|%s|%i" % (1, 255, b"\xfe", -3)), shown(lambda: b"%(a)d" % {b"a": 1}))
print(shown(lambda: "%(a)s %(b)5d" % {"a": 1, "b": 2}), shown(lambda: "%*d|%-*d|" % (5, 1, 5, 2)))
for percent, arguments in (
    ("%d", 1.9), ("%x", 1.5), ("%", ()), ("%d %d", 1), ("%d", (1, 2)), ("%q", 1), ("abc%", 1),
    ("%d", "x"), ("%(a)d", 1), ("%(a", {}), ("%d", None), ("%99999999999999999999d", 1),
):
    print(percent, arguments, shown(lambda: percent % arguments))
