"""An exception that nobody handles."""


def inner(values):
    return values["a"] + values["b"]


def outer():
    try:
        inner({"a": 1})
    except KeyError as error:
        raise ValueError("no b") from error


outer()
