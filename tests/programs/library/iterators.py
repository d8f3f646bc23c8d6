"""The module itertools."""
from itertools import *
import itertools
import operator

print(list(accumulate([1, 2, 3, 4])), list(accumulate([1, 2, 3], operator.mul, initial=10)))
print(list(batched("abcdefg", 3)), list(chain("ab", [1], ())), list(chain.from_iterable(["xy", "z"])))
print(list(combinations("abcd", 2)), list(combinations([], 0)), list(combinations("ab", 3)))
print(list(combinations_with_replacement("abc", 2)))
print(list(compress("abcdef", [1, 0, 1, 0, 1])))
counter = count(10, 5)
print(next(counter), next(counter), counter, count(3), next(count(0.5)))
print(list(islice(cycle("abc"), 8)), list(islice(cycle([]), 3)))
print(list(dropwhile(lambda x: x < 3, [1, 2, 3, 1])), list(takewhile(lambda x: x < 3, [1, 2, 3, 1])))
print(list(filterfalse(lambda x: x % 2, range(8))), list(filterfalse(None, [0, 1, "", "a"])))
print([(key, list(group)) for key, group in groupby("aaabbca")])
print([(key, list(group)) for key, group in groupby([1, 3, 2, 4, 5], key=lambda x: x % 2)])
print([key for key, group in groupby("aabbb")])
groups = groupby("aab")
key, old = next(groups)
next(groups)
print(key, list(old))
source = iter(range(10))
print(list(islice(source, 1, 6, 2)), list(source))
print(list(islice("abcdefg", 2)), list(islice("abcdefg", 2, None)), list(islice("abc", None)))
print(list(pairwise("abcd")), list(pairwise("a")))
print(list(permutations("abc")), list(permutations(range(3), 2)), list(permutations("", 0)))
print(list(product("ab", [1, 2])), list(product([0, 1], repeat=3)), list(product()), list(product("a", "")))
print(list(repeat("x", 3)), repeat(5), repeat(5, 2), operator.length_hint(repeat(1, 4)))
print(list(starmap(pow, [(2, 3), (3, 2)])))
left, right = tee([1, 2, 3])
print(next(left), list(right), list(left))
print(list(zip_longest("abc", [1], fillvalue="-")), list(zip_longest()))
for broken in (
    lambda: islice([], -1),
    lambda: islice([], 0, 5, 0),
    lambda: batched("abc", 0),
    lambda: list(batched("abc", 2, strict=True)),
    lambda: combinations("a", -1),
    lambda: product("a", repeat=-1),
    lambda: tee([], -1),
    lambda: permutations("a", "b"),
):
    try:
        broken()
    except Exception as error:
        print(type(error).__name__, error)
