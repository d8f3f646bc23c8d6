"""Strings: split, joined, searched, replaced, formatted, compared, looked at letter by letter."""


def text(count):
    state, parts = 11, []
    for number in range(count):
        state = (state * 1103515245 + 12345) % 2147483648
        length = 2 + (state >> 16) % 7
        parts.append("".join(chr(97 + (state >> shift) % 26) for shift in range(length)))
        if number % 12 == 11:
            parts[-1] += "."
    return " ".join(parts)


def caesar(line, shift):
    out = []
    for letter in line:
        if "a" <= letter <= "z":
            out.append(chr((ord(letter) - 97 + shift) % 26 + 97))
        else:
            out.append(letter)
    return "".join(out)


def is_palindrome(word):
    return word == word[::-1]


def tokens(source):
    found, place = [], 0
    while place < len(source):
        char = source[place]
        if char.isspace():
            place += 1
        elif char.isdigit():
            end = place
            while end < len(source) and source[end].isdigit():
                end += 1
            found.append(("number", int(source[place:end])))
            place = end
        elif char.isalpha() or char == "_":
            end = place
            while end < len(source) and (source[end].isalnum() or source[end] == "_"):
                end += 1
            found.append(("name", source[place:end]))
            place = end
        else:
            found.append(("sign", char))
            place += 1
    return found


def main():
    story = text(60_000)
    sentences = [sentence.strip() for sentence in story.split(".")]
    titled = [sentence.capitalize() + "." for sentence in sentences if sentence]
    lines = [f"{number:05d}|{len(sentence):>4}|{sentence[:12]:<12}|{len(sentence) / 7:.3f}"
             for number, sentence in enumerate(sentences)]
    report = "\n".join(lines)
    fields = [line.split("|") for line in report.split("\n")]
    total = sum(int(field[1]) for field in fields)
    words = story.replace(".", "").split()
    mirrors = [word for word in words if is_palindrome(word)]
    secret = caesar(story, 3)
    assert caesar(secret, 23) == story
    upper = sum(1 for word in words if word.upper().startswith(("A", "QU", "TH")))
    numbers = ",".join([str(number) for number in range(200_000)])
    back = sum(map(int, numbers.split(",")))
    built = ""
    for word in words:
        built += word
        built += "-"
    percent = sum(len("%s=%d" % (word, len(word))) for word in words)
    program = "total = total_2 + 17 * (rate - 3) / count_of_all;\n" * 1_500
    found = tokens(program)
    digits = sum(built.count(letter) for letter in "aeiou")
    print(len(titled), total, len(mirrors), upper, back, len(built), percent, len(found), digits,
          story.find("zz"), sum(map(ord, secret)))


main()
