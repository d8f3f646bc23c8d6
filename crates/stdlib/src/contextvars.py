"""Variables whose value depends on the context."""

from _thread import get_ident as _get_ident

_MISSING = object()
_current = {}


def _context():
    me = _get_ident()
    context = _current.get(me)
    if context is None:
        context = _current[me] = Context()
    return context


def copy_context():
    """A copy of the context that is current."""
    return _context().copy()


class Context:
    """The values of variables."""

    __module__ = "_contextvars"
    __slots__ = ("_values", "_outer", "_entered")

    def __init__(self):
        self._values, self._outer, self._entered = {}, None, False

    def run(self, callable, /, *args, **kwargs):
        """Calls with this context current."""
        if self._entered:
            raise RuntimeError(f"cannot enter context: {self!r} is already entered")
        me = _get_ident()
        outer = _current.get(me)
        self._entered = True
        _current[me] = self
        try:
            return callable(*args, **kwargs)
        finally:
            self._entered = False
            if outer is None:
                del _current[me]
            else:
                _current[me] = outer

    def copy(self):
        """A context with the same values."""
        context = Context()
        context._values = self._values.copy()
        return context

    def __getitem__(self, variable):
        _check(variable)
        return self._values[variable]

    def __contains__(self, variable):
        _check(variable)
        return variable in self._values

    def get(self, variable, default=None, /):
        """The variable's value, or `default`."""
        _check(variable)
        return self._values.get(variable, default)

    def __iter__(self):
        return iter(self._values)

    def __len__(self):
        return len(self._values)

    def keys(self):
        """The variables."""
        return self._values.keys()

    def values(self):
        """Their values."""
        return self._values.values()

    def items(self):
        """The variables with their values."""
        return self._values.items()

    def __eq__(self, other):
        if not isinstance(other, Context):
            return NotImplemented
        return self._values == other._values

    __hash__ = None


def _check(variable):
    if not isinstance(variable, ContextVar):
        kind = type(variable).__name__
        raise TypeError(f"a ContextVar key was expected, got {variable!r}")


class ContextVar:
    """A variable whose value depends on the context."""

    __module__ = "_contextvars"
    __slots__ = ("_name", "_default")

    def __init__(self, name, *, default=_MISSING):
        if not isinstance(name, str):
            raise TypeError("context variable name must be a str")
        self._name, self._default = name, default

    def __class_getitem__(cls, item):
        from types import GenericAlias

        return GenericAlias(cls, item)

    @property
    def name(self):
        return self._name

    def get(self, default=_MISSING, /):
        """The value in the context that is current."""
        value = _context()._values.get(self, _MISSING)
        if value is not _MISSING:
            return value
        if default is not _MISSING:
            return default
        if self._default is not _MISSING:
            return self._default
        raise LookupError(self)

    def set(self, value, /):
        """Sets the value in the context that is current; a token tells what it was before."""
        context = _context()
        token = Token(context, self, context._values.get(self, Token.MISSING))
        context._values = {**context._values, self: value}
        return token

    def reset(self, token, /):
        """Makes the value what it was before the call that gave `token`."""
        if not isinstance(token, Token):
            raise TypeError(f"expected an instance of Token, got {token!r}")
        if token._used:
            raise RuntimeError(f"{token!r} has already been used once")
        if token._var is not self:
            raise ValueError(f"{token!r} was created by a different ContextVar")
        context = _context()
        if token._context is not context:
            raise ValueError(f"{token!r} was created in a different Context")
        token._used = True
        values = dict(context._values)
        if token._old is Token.MISSING:
            values.pop(self, None)
        else:
            values[self] = token._old
        context._values = values

    def __repr__(self):
        default = "" if self._default is _MISSING else f" default={self._default!r}"
        return f"<ContextVar name={self._name!r}{default} at {id(self):#x}>"


class _Missing:
    def __repr__(self):
        return "<Token.MISSING>"


class Token:
    """What a variable was before it was set."""

    __module__ = "_contextvars"
    __slots__ = ("_context", "_var", "_old", "_used")
    MISSING = _Missing()

    def __init__(self, context, var, old):
        self._context, self._var, self._old, self._used = context, var, old, False

    def __class_getitem__(cls, item):
        from types import GenericAlias

        return GenericAlias(cls, item)

    @property
    def var(self):
        return self._var

    @property
    def old_value(self):
        return self._old

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._var.reset(self)

    def __repr__(self):
        used = " used" if self._used else ""
        return f"<Token{used} var={self._var!r} at {id(self):#x}>"
