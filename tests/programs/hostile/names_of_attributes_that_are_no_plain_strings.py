"""An attribute is named by a string: one of a derived class is as good, anything else is an error."""


class Text(str):
    """A string of another class."""


class Plain:
    pass


plain = Plain()
setattr(plain, Text("a"), 1)
print(getattr(plain, Text("a")), plain.a, hasattr(plain, Text("b")), getattr(plain, Text("b"), None))
print(object.__getattribute__(plain, Text("a")), type(plain).__getattribute__(plain, Text("a")))
object.__setattr__(plain, Text("b"), 2)
delattr(plain, Text("a"))
print(vars(plain))
type.__setattr__(Plain, Text("shared"), 3)
print(plain.shared, type.__getattribute__(Plain, Text("shared")))
type.__delattr__(Plain, Text("shared"))
print(hasattr(Plain, "shared"))

for name in 5, None, b"a", [], ("a",):
    for attempt in (
        lambda: object.__getattribute__(plain, name),
        lambda: object.__setattr__(plain, name, 1),
        lambda: object.__delattr__(plain, name),
        lambda: type.__getattribute__(Plain, name),
        lambda: type.__setattr__(Plain, name, 1),
        lambda: type.__delattr__(Plain, name),
        lambda: getattr(plain, name),
        lambda: setattr(plain, name, 1),
        lambda: delattr(plain, name),
        lambda: hasattr(plain, name),
        lambda: super(Plain, plain).__getattribute__(name),
    ):
        try:
            print(attempt())
        except TypeError as error:
            print(error)
