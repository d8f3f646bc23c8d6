"""Iterators made of other iterators."""

import operator as _operator

_MISSING = object()


class _Iterator:
    """What the classes below share: an instance goes on where it was left."""

    __slots__ = ("_source",)

    def __iter__(self):
        return self

    def __next__(self):
        return next(self._source)


def _accumulate(iterator, function, total):
    if total is None:
        try:
            total = next(iterator)
        except StopIteration:
            return
    yield total
    for item in iterator:
        total = function(total, item)
        yield total


class accumulate(_Iterator):
    """Sums so far, or what another function of two arguments makes."""

    __slots__ = ()

    def __init__(self, iterable, func=None, *, initial=None):
        self._source = _accumulate(iter(iterable), func or _operator.add, initial)


def _batched(iterator, n, strict):
    while batch := tuple(islice(iterator, n)):
        if strict and len(batch) != n:
            raise ValueError("batched(): incomplete batch")
        yield batch


class batched(_Iterator):
    """Tuples of `n` items, the last one of what is left."""

    __slots__ = ()

    def __init__(self, iterable, n, *, strict=False):
        if n < 1:
            raise ValueError("n must be at least one")
        self._source = _batched(iter(iterable), n, strict)


def _chain(iterables):
    for iterable in iterables:
        yield from iterable


class chain(_Iterator):
    """The items of one iterable after the other."""

    __slots__ = ()

    def __init__(self, *iterables):
        self._source = _chain(iterables)

    @classmethod
    def from_iterable(cls, iterable):
        made = cls()
        made._source = _chain(iterable)
        return made


def _combinations(pool, r):
    n = len(pool)
    if r > n:
        return
    indices = list(range(r))
    yield tuple([pool[i] for i in indices])
    while True:
        at = r - 1
        while at >= 0 and indices[at] == at + n - r:
            at -= 1
        if at < 0:
            return
        indices[at] += 1
        for i in range(at + 1, r):
            indices[i] = indices[i - 1] + 1
        yield tuple([pool[i] for i in indices])


class combinations(_Iterator):
    """The ways to choose `r` items, in the order of their places."""

    __slots__ = ()

    def __init__(self, iterable, r):
        pool = tuple(iterable)
        if r < 0:
            raise ValueError("r must be non-negative")
        self._source = _combinations(pool, r)


def _combinations_with_replacement(pool, r):
    n = len(pool)
    if not n and r:
        return
    indices = [0] * r
    yield tuple([pool[i] for i in indices])
    while True:
        at = r - 1
        while at >= 0 and indices[at] == n - 1:
            at -= 1
        if at < 0:
            return
        indices[at:] = [indices[at] + 1] * (r - at)
        yield tuple([pool[i] for i in indices])


class combinations_with_replacement(_Iterator):
    """The ways to choose `r` items, each as often as wanted."""

    __slots__ = ()

    def __init__(self, iterable, r):
        pool = tuple(iterable)
        if r < 0:
            raise ValueError("r must be non-negative")
        self._source = _combinations_with_replacement(pool, r)


class compress(_Iterator):
    """The items whose selectors are true."""

    __slots__ = ()

    def __init__(self, data, selectors):
        self._source = (item for item, chosen in zip(data, selectors) if chosen)


class count:
    """Numbers from `start` on, `step` apart."""

    __slots__ = ("_next", "_step")

    def __init__(self, start=0, step=1):
        for number in (start, step):
            if not hasattr(number, "__add__") or not hasattr(number, "__sub__"):
                raise TypeError("a number is required")
        self._next = start
        self._step = step

    def __iter__(self):
        return self

    def __next__(self):
        number = self._next
        self._next = number + self._step
        return number

    def __repr__(self):
        if type(self._step) is int and self._step == 1:
            return f"count({self._next!r})"
        return f"count({self._next!r}, {self._step!r})"


def _cycle(iterator):
    seen = []
    for item in iterator:
        seen.append(item)
        yield item
    while seen:
        yield from seen


class cycle(_Iterator):
    """The items again and again."""

    __slots__ = ()

    def __init__(self, iterable):
        self._source = _cycle(iter(iterable))


def _dropwhile(predicate, iterator):
    for item in iterator:
        if not predicate(item):
            yield item
            break
    yield from iterator


class dropwhile(_Iterator):
    """The items from the first on that the predicate is false for."""

    __slots__ = ()

    def __init__(self, predicate, iterable):
        self._source = _dropwhile(predicate, iter(iterable))


class filterfalse(_Iterator):
    """The items that the predicate is false for."""

    __slots__ = ()

    def __init__(self, function, iterable):
        if function is None or function is bool:
            self._source = (item for item in iterable if not item)
        else:
            self._source = (item for item in iterable if not function(item))


class groupby:
    """Runs of items with equal keys: each key with an iterator of its items."""

    def __init__(self, iterable, key=None):
        self._iterator = iter(iterable)
        self._function = key
        self._item = self._key = self._target = _MISSING
        self._group = None

    def __iter__(self):
        return self

    def _advance(self):
        item = next(self._iterator)
        self._key = item if self._function is None else self._function(item)
        self._item = item

    def __next__(self):
        self._group = None
        while self._key is _MISSING or (self._target is not _MISSING and self._key == self._target):
            self._advance()
        self._target = self._key
        self._group = group = _Group(self, self._target)
        return self._key, group


class _Group:
    """The items of one run, which ends when the next run is asked for."""

    __slots__ = ("_parent", "_key")

    def __init__(self, parent, key):
        self._parent = parent
        self._key = key

    def __iter__(self):
        return self

    def __next__(self):
        parent = self._parent
        if parent._group is not self:
            raise StopIteration
        if parent._item is _MISSING:
            parent._advance()
        if parent._key != self._key:
            raise StopIteration
        item = parent._item
        parent._item = _MISSING
        return item


def _bound(value):
    if value is None:
        return None
    try:
        number = _operator.index(value)
    except TypeError:
        number = -1
    return number


def _islice(iterator, start, stop, step):
    wanted = start
    at = 0
    while stop is None or at < stop:
        try:
            item = next(iterator)
        except StopIteration:
            return
        if at == wanted:
            yield item
            wanted += step
            if stop is not None and wanted >= stop:
                # What lies between the last item and the end is taken too.
                for _ in range(at + 1, stop):
                    if next(iterator, _MISSING) is _MISSING:
                        return
                return
        at += 1


class islice(_Iterator):
    """The items that a slice of these bounds would have."""

    __slots__ = ()

    def __init__(self, iterable, *bounds):
        if not bounds:
            raise TypeError("islice expected at least 2 arguments, got 1")
        if len(bounds) > 3:
            raise TypeError(f"islice expected at most 4 arguments, got {len(bounds) + 1}")
        if len(bounds) == 1:
            start, stop, step = 0, _bound(bounds[0]), 1
            if stop is not None and stop < 0:
                raise ValueError(
                    "Stop argument for islice() must be None or an integer: 0 <= x <= sys.maxsize."
                )
        else:
            start, stop = _bound(bounds[0]), _bound(bounds[1])
            step = _bound(bounds[2]) if len(bounds) == 3 else 1
            if (start is not None and start < 0) or (stop is not None and stop < 0):
                raise ValueError(
                    "Indices for islice() must be None or an integer: 0 <= x <= sys.maxsize."
                )
            if step is not None and step < 1:
                raise ValueError("Step for islice() must be a positive integer or None.")
        self._source = _islice(iter(iterable), start or 0, stop, 1 if step is None else step)


def _pairwise(iterator):
    for before in iterator:
        for item in iterator:
            yield before, item
            before = item


class pairwise(_Iterator):
    """Each item with the one after it."""

    __slots__ = ()

    def __init__(self, iterable):
        self._source = _pairwise(iter(iterable))


def _permutations(pool, r):
    n = len(pool)
    if r > n:
        return
    indices = list(range(n))
    cycles = list(range(n, n - r, -1))
    yield tuple([pool[i] for i in indices[:r]])
    while n:
        for i in range(r - 1, -1, -1):
            cycles[i] -= 1
            if cycles[i]:
                j = n - cycles[i]
                indices[i], indices[j] = indices[j], indices[i]
                yield tuple([pool[i] for i in indices[:r]])
                break
            indices[i:] = indices[i + 1:] + indices[i:i + 1]
            cycles[i] = n - i
        else:
            return


class permutations(_Iterator):
    """The orders of `r` items."""

    __slots__ = ()

    def __init__(self, iterable, r=None):
        pool = tuple(iterable)
        if r is None:
            r = len(pool)
        elif not isinstance(r, int):
            raise TypeError("Expected int as r")
        if r < 0:
            raise ValueError("r must be non-negative")
        self._source = _permutations(pool, r)


def _product(pools):
    if not all(pools):
        return
    indices = [0] * len(pools)
    while True:
        yield tuple([pool[i] for pool, i in zip(pools, indices)])
        at = len(pools) - 1
        while at >= 0:
            indices[at] += 1
            if indices[at] < len(pools[at]):
                break
            indices[at] = 0
            at -= 1
        if at < 0:
            return


class product(_Iterator):
    """One item of each iterable, in all ways."""

    __slots__ = ()

    def __init__(self, *iterables, repeat=1):
        if repeat < 0:
            raise ValueError("repeat argument cannot be negative")
        self._source = _product([tuple(pool) for pool in iterables] * repeat)


class repeat:
    """The same object, for ever or a number of times."""

    __slots__ = ("_object", "_left")

    def __init__(self, object, times=None):
        self._object = object
        self._left = None if times is None else max(0, _operator.index(times))

    def __iter__(self):
        return self

    def __next__(self):
        if self._left is not None:
            if self._left == 0:
                raise StopIteration
            self._left -= 1
        return self._object

    def __length_hint__(self):
        if self._left is None:
            raise TypeError("len() of unsized object")
        return self._left

    def __repr__(self):
        if self._left is None:
            return f"repeat({self._object!r})"
        return f"repeat({self._object!r}, {self._left})"


class starmap(_Iterator):
    """What the function makes of the items, each a tuple of arguments."""

    __slots__ = ()

    def __init__(self, function, iterable):
        self._source = (function(*arguments) for arguments in iterable)


def _takewhile(predicate, iterator):
    for item in iterator:
        if not predicate(item):
            return
        yield item


class takewhile(_Iterator):
    """The items before the first that the predicate is false for."""

    __slots__ = ()

    def __init__(self, predicate, iterable):
        self._source = _takewhile(predicate, iter(iterable))


class _Shared:
    """What the iterators of one `tee` have read: links of an item and the next link."""

    __slots__ = ("item", "next")

    def __init__(self):
        self.item = self.next = _MISSING


class _tee:
    """One of several iterators over the same source."""

    __slots__ = ("_iterator", "_link")

    def __init__(self, iterable):
        self._iterator = iter(iterable)
        self._link = _Shared()

    def __iter__(self):
        return self

    def __copy__(self):
        other = _tee(())
        other._iterator, other._link = self._iterator, self._link
        return other

    def __next__(self):
        link = self._link
        if link.next is _MISSING:
            link.item = next(self._iterator)
            link.next = _Shared()
        self._link = link.next
        return link.item


def tee(iterable, n=2):
    """As many iterators over one source, each at its own pace."""
    if n < 0:
        raise ValueError("n must be >= 0")
    if n == 0:
        return ()
    iterator = iter(iterable)
    first = iterator.__copy__() if isinstance(iterator, _tee) else _tee(iterator)
    return (first, *[first.__copy__() for _ in range(n - 1)])


def _zip_longest(iterators, fillvalue):
    left = len(iterators)
    while left:
        items = []
        for at, iterator in enumerate(iterators):
            item = fillvalue
            if iterator is not None:
                item = next(iterator, _MISSING)
                if item is _MISSING:
                    left -= 1
                    if not left:
                        return
                    iterators[at] = None
                    item = fillvalue
            items.append(item)
        yield tuple(items)


class zip_longest(_Iterator):
    """One item of each iterable, until the longest ends."""

    __slots__ = ()

    def __init__(self, *iterables, fillvalue=None):
        self._source = _zip_longest([iter(iterable) for iterable in iterables], fillvalue)
