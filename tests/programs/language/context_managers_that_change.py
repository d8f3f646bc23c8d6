"""A context manager's methods are its class's at the moment, and what raises passes every place."""

import traceback


class Guard:
    def __enter__(self):
        return "entered"

    def __exit__(self, kind, value, trace):
        return kind is KeyError


def use(guard, error=None):
    with guard as entered:
        if error:
            raise error
    return entered


guard = Guard()
print([use(guard) for _ in range(3)], use(guard, KeyError()))
Guard.__enter__ = lambda self: "otherwise"
print(use(guard))
guard.__enter__ = lambda: "of the instance"
print(use(guard))
Guard.__exit__ = lambda self, *about: print("leaving", about[0].__name__ if about[0] else None)
print(use(guard))
try:
    use(guard, KeyError("out"))
except KeyError as error:
    print(repr(error))


class Bound:
    def __init__(self, name):
        self.name = name

    def __call__(self, *about):
        return (self.name, len(about))


Guard.__enter__ = Bound("enter")
Guard.__exit__ = Bound("exit")
print(use(guard), use(guard, ValueError("swallowed, as a tuple is true")) if False else "")
Guard.__exit__ = staticmethod(lambda *about: len(about))
print(use(guard))
del Guard.__enter__
try:
    use(guard)
except TypeError as error:
    print(error)
Guard.__enter__ = classmethod(lambda cls: cls.__name__)
del Guard.__exit__
try:
    use(guard)
except TypeError as error:
    print(error)


def down(levels):
    if levels == 0:
        raise LookupError("below")
    down(levels - 1)


def places(error):
    return [place.name for place in traceback.extract_tb(error.__traceback__)]


for levels in (0, 1, 4):
    try:
        down(levels)
    except LookupError as error:
        kept = error
        print(places(error))
    try:
        raise kept
    except LookupError as error:
        print(places(error), len(places(error)))
kept = kept.with_traceback(None)
print(kept.__traceback__)
try:
    raise kept
except LookupError as error:
    print(places(error))
