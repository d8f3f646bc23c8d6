try:
    from .first import VALUE
except ImportError as error:
    print(type(error).__name__, str(error).split(" (/")[0], error.name)
import parcel.first

try:
    parcel.first.VALUE
except AttributeError as error:
    print(error)
