from ..leaf import NAME
from .. import loaded
