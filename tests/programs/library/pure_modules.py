"""Modules of the library that are Python code: they come from the archive in the binary."""
import bisect
import colorsys
import heapq
import keyword
import operator
import reprlib
import stat

heap = [5, 1, 4, 2]
heapq.heapify(heap)
heapq.heappush(heap, 3)
print([heapq.heappop(heap) for _ in range(5)], heapq.nlargest(2, [1, 9, 5]), list(heapq.merge([1, 4], [2, 3])))
print(bisect.bisect([1, 3, 5], 3), bisect.bisect_left([1, 3, 5], 3), keyword.iskeyword("for"))
print(operator.itemgetter(1, 0)("ab"), operator.attrgetter("real")(3), operator.methodcaller("upper")("a"))
print(colorsys.rgb_to_hsv(1, 0, 0), stat.filemode(0o100644), reprlib.repr(list(range(20))))
