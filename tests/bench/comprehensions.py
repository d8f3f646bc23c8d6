"""Lists, sets and dictionaries made by comprehensions, nested and filtered."""


class Widget:
    def __init__(self, number, owner):
        self.number = number
        self.owner = owner
        self.size = number * 37 % 101
        self.tags = [f"tag{number % 7}", f"tag{number % 5}"]


def summary(widgets):
    large = [widget for widget in widgets if widget.size > 50]
    by_owner = {owner: [widget.number for widget in large if widget.owner == owner]
                for owner in {widget.owner for widget in large}}
    tags = sorted({tag for widget in widgets for tag in widget.tags})
    counts = {tag: sum(1 for widget in large if tag in widget.tags) for tag in tags}
    return sum(len(numbers) for numbers in by_owner.values()) + sum(counts.values())


def multiply(a, b):
    columns = [[row[number] for row in b] for number in range(len(b[0]))]
    return [[sum([x * y for x, y in zip(row, column)]) for column in columns] for row in a]


def main():
    widgets = [Widget(number, f"owner{number % 9}") for number in range(400)]
    total = 0
    for _ in range(250):
        total += summary(widgets)
    matrix = [[(row * column) % 10 for column in range(60)] for row in range(60)]
    for _ in range(16):
        matrix = [[cell % 10 for cell in row] for row in multiply(matrix, matrix)]
    triples = [(a, b, c) for c in range(1, 200) for b in range(1, c) for a in range(1, b)
               if a * a + b * b == c * c]
    squares = {number: number * number for number in range(400_000)}
    kept = {key for key, value in squares.items() if value % 3 == 1}
    print(total, sum(map(sum, matrix)), len(triples), len(kept))


main()
