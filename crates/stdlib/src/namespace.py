"""A class whose instances are their attributes; `sys.implementation` is one."""


class SimpleNamespace:
    """An object with the attributes that it is made with."""

    __module__ = "types"

    def __init__(self, mapping=(), /, **attributes):
        self.__dict__.update(mapping)
        self.__dict__.update(attributes)

    def __repr__(self):
        name = "namespace" if type(self) is SimpleNamespace else type(self).__name__
        shown = [f"{key}={value!r}" for key, value in self.__dict__.items()]
        return f"{name}({', '.join(shown)})"

    def __eq__(self, other):
        if isinstance(self, SimpleNamespace) and isinstance(other, SimpleNamespace):
            return self.__dict__ == other.__dict__
        return NotImplemented

    __hash__ = None

    def __reduce__(self):
        return type(self), (), self.__dict__

    def __replace__(self, /, **changes):
        return type(self)({**self.__dict__, **changes})
