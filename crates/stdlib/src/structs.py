"""Tuples whose items have names, as `sys` and `os` give them."""


def struct_sequence(name, module, fields, hidden=()):
    """A class of tuples whose items have these names; `hidden` ones are no items."""

    count = len(fields)

    def __new__(cls, sequence=(), dict=None):
        values = tuple(sequence)
        least, most = count, count + len(hidden)
        if not least <= len(values) <= most:
            kind = "at least " if hidden else ""
            if len(values) > most:
                kind, least = ("at most " if hidden else ""), most
            raise TypeError(
                f"{module}.{name}() takes an {kind}{least}-sequence "
                f"({len(values)}-sequence given)"
            )
        self = tuple.__new__(cls, values[:count])
        extra = values[count:]
        for at, field in enumerate(hidden):
            value = extra[at] if at < len(extra) else (dict or {}).get(field)
            self.__dict__[field] = value
        return self

    def __repr__(self):
        shown = (f"{field}={value!r}" for field, value in zip(fields, self))
        shown_name = name if module == "builtins" else f"{module}.{name}"
        return f"{shown_name}({', '.join(shown)})"

    def __reduce__(self):
        return type(self), (tuple(self), dict(self.__dict__))

    def __replace__(self, /, **changes):
        values = [changes.pop(field, value) for field, value in zip(fields, self)]
        extra = {**self.__dict__, **changes}
        return type(self)(values, extra)

    namespace = {
        "__module__": module,
        "__new__": __new__,
        "__repr__": __repr__,
        "__reduce__": __reduce__,
        "__replace__": __replace__,
        "__match_args__": tuple(fields),
        "n_fields": count + len(hidden),
        "n_sequence_fields": count,
        "n_unnamed_fields": 0,
    }
    for at, field in enumerate(fields):
        namespace[field] = property(lambda self, at=at: self[at])
    return type(name, (tuple,), namespace)
