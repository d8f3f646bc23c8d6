# Modules made by hand.
import sys
import types

made = types.ModuleType("made", "what it is for")
print(made, made.__name__, made.__doc__, made.__package__, made.__loader__, made.__spec__)
exec("def double(x): return 2 * x", made.__dict__)
sys.modules["made"] = made
import made as again

print(again.double(4), again is made, types.ModuleType("bare").__doc__)
try:
    types.ModuleType(3)
except TypeError as error:
    print(error)
try:
    made.missing
except AttributeError as error:
    print(error)


class Lazy(types.ModuleType):
    def __getattr__(self, name):
        return name.upper()


print(Lazy("lazy").shout, Lazy("lazy").__name__)
