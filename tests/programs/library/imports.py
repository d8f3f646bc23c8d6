"""Packages, relative names, circular imports, and the errors of those that fail."""
import sys


def attempt(statement, **names):
    try:
        exec(statement, names)
    except Exception as error:
        print(statement, "->", type(error).__name__, str(error).split(" (/")[0])
    else:
        print(statement, "-> fine")


import parcel

print(parcel.__name__, parcel.__package__, parcel.LEAF_NAME, parcel.leaf.PACKAGE)
print(type(parcel.__path__).__name__, parcel.__path__[0].endswith("parcel"), parcel.__doc__)
import parcel.inner.deep
from parcel.inner import deep as renamed, leaf

print(parcel.inner.deep is renamed, renamed.NAME, renamed.loaded, leaf is parcel.leaf)
print(sys.modules["parcel.inner.deep"] is renamed)
import parcel.first

print(parcel.first.VALUE, parcel.second is sys.modules["parcel.second"])
attempt("import parcel.nothing")
attempt("import parcel.leaf.more")
attempt("import no_such_module")
attempt("import no_such_module.inner")
attempt("from parcel import nothing")
attempt("from parcel.leaf import nothing")
attempt("import parcel.beyond")
attempt("from . import leaf")
attempt("from . import leaf", __name__="alone", __package__="")
attempt("from . import leaf", __name__="parcel.other", __package__="parcel")
attempt("from .inner import deep", __name__="parcel.other")
attempt("import parcel.failing")
print("parcel.failing" in sys.modules, hasattr(parcel, "failing"))
sys.modules["blocked"] = None
attempt("import blocked")
try:
    import parcel.missing
except ModuleNotFoundError as error:
    print(error.name, error.path, isinstance(error, ImportError))
try:
    from parcel import missing
except ImportError as error:
    print(error.name, error.name_from, error.path.endswith("__init__.py"))
print(__import__("parcel.inner").__name__, __import__("parcel.inner", fromlist=["deep"]).__name__)
print(__import__("inner", {"__package__": "parcel"}, None, ("deep",), 1).__name__)
from parcel.inner import *

print(deep is renamed)
