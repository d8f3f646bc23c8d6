"""Iterators of ranges are copied as what is left of them."""

import copy
import operator
import pickle

for numbers in (range(10), range(10, 0, -3), range(0), range(2**70, 2**70 + 5), range(2**70, 0, -2**69)):
    iterator = iter(numbers)
    next(iterator, None)
    print(iterator.__reduce__()[1:], operator.length_hint(iterator))
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        other = pickle.loads(pickle.dumps(iterator, protocol))
        print(list(other) == list(copy.copy(iterator)), end=" ")
    for place in (-1, 1, 2, 2**40):
        other = copy.copy(iterator)
        other.__setstate__(place)
        print(list(other), end=" ")
    print(len(list(iterator)), list(iterator), operator.length_hint(iterator))
try:
    iter(range(3)).__setstate__("x")
except TypeError as error:
    print(error)
