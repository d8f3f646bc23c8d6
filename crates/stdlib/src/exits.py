"""Functions that run when the interpreter ends."""

_functions = []


def register(func, /, *args, **kwargs):
    """Has `func` called at the end, before those that were registered earlier."""
    if not callable(func):
        raise TypeError("the first argument must be callable")
    _functions.append((func, args, kwargs))
    return func


def unregister(func, /):
    """Has `func` not called."""
    _functions[:] = [entry for entry in _functions if entry[0] != func]


def _clear():
    _functions.clear()


def _ncallbacks():
    return len(_functions)


def _run_exitfuncs():
    import sys

    while _functions:
        func, args, kwargs = _functions.pop()
        try:
            func(*args, **kwargs)
        except Exception as error:
            print(f"Exception ignored in atexit callback {func!r}:", file=sys.stderr)
            sys.excepthook(type(error), error, error.__traceback__)
