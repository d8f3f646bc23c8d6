"""Dictionaries that make what is missing."""


class defaultdict(dict):
    """A dictionary that asks a function for the values of keys that are missing."""

    __slots__ = ("default_factory",)
    __module__ = "collections"

    def __init__(self, default_factory=None, /, *args, **kwargs):
        if default_factory is not None and not callable(default_factory):
            raise TypeError("first argument must be callable or None")
        self.default_factory = default_factory
        super().__init__(*args, **kwargs)

    def __missing__(self, key):
        if self.default_factory is None:
            raise KeyError(key)
        value = self.default_factory()
        self[key] = value
        return value

    def __repr__(self):
        return f"{type(self).__name__}({_shown_factory(self)}, {dict.__repr__(self)})"

    def copy(self):
        """A copy with the same function."""
        return type(self)(self.default_factory, self)

    __copy__ = copy

    def __reduce__(self):
        arguments = () if self.default_factory is None else (self.default_factory,)
        return type(self), arguments, None, None, iter(self.items())

    def __or__(self, other):
        if not isinstance(other, dict):
            return NotImplemented
        result = type(self)(self.default_factory, self)
        result.update(other)
        return result

    def __ror__(self, other):
        if not isinstance(other, dict):
            return NotImplemented
        result = type(self)(self.default_factory, other)
        result.update(self)
        return result


_shown = []


def _shown_factory(mapping):
    if any(other is mapping for other in _shown):
        return "..."
    _shown.append(mapping)
    try:
        return repr(mapping.default_factory)
    finally:
        _shown.pop()
