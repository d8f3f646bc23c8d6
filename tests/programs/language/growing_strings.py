"""Strings that grow where they are, while others still see what they were."""


def grow(pieces):
    text = ""
    seen = []
    for piece in pieces:
        text += piece
        if len(seen) < 3:
            seen.append(text)
    return text, seen


print(grow(["a", "bc", "def", "", "ghij"]))
print(grow(["a", "é", "ü", "z"]))
print(grow(["a", "é", "€", "z", "😀", "q"]))


def twice():
    text = "".join(["x", "y"])
    text += text
    text = text + text
    return text


print(twice(), twice())


def as_key():
    table = {}
    key = "".join(["k", "e"])
    key += "y"
    table[key] = 1
    key += "s"
    table[key] = 2
    key += "t"
    return table, hash(key) == hash("keyst"), key in table, "keys" in table


print(as_key())


def hashed_before():
    text = "".join(["a", "b", "c"])
    before = hash(text)
    text += "d"
    return before == hash("abc"), hash(text) == hash("abcd"), text in {"abcd"}


print(hashed_before())


def long_one():
    text, count = "", 0
    for number in range(3000):
        text += str(number)
        count += len(str(number))
    return len(text) == count, text[:12], text[-8:], text.count("99"), text.isascii()


print(long_one())


class Text(str):
    pass


def derived():
    text = Text("ab")
    text += "c"
    return type(text).__name__, text


print(derived())


def captured():
    text = "".join(["p", "q"])

    def show():
        return text
    text += "r"
    return show(), text


print(captured())


def kept():
    text = "".join(["1", "2"])
    other = text
    text += "3"
    pair = (text, text)
    text += "4"
    return other, pair, text


print(kept())


def failing():
    text = "".join(["1", "2"])
    try:
        text += 3
    except TypeError as error:
        return text, str(error)


print(failing())
